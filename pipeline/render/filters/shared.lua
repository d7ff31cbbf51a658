-- What the filters share: the page's context (written by pandoc.py) and how problems are told.

local shared = {}

local function read_context()
  local file = assert(io.open(assert(os.getenv("RENDER_CONTEXT"), "RENDER_CONTEXT is not set"), "r"))
  local text = file:read("a")
  file:close()
  return pandoc.json.decode(text, false)
end

--- Words in the page's language, the variables' values by token, and the page's settings.
shared.context = read_context()

--- A word of the renderer's own, in the page's language.
function shared.word(name)
  return assert(shared.context.words[name], "no word for " .. name)
end

--- Tell a problem; the renderer gathers them from pandoc's log and refuses the page.
function shared.problem(message)
  pandoc.log.warn(message)
end

--- `text` as it must stand in HTML.
function shared.escape(text)
  return (text:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub(">", "&gt;"):gsub('"', "&quot;"))
end

--- A piece of HTML between blocks.
function shared.html(text)
  return pandoc.RawBlock("html", text)
end

return shared
