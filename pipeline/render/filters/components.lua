-- Callouts, tabsets and alternative texts: what Quarto's Markdown has and pandoc's has not.

local shared = dofile(pandoc.path.join({ pandoc.path.directory(PANDOC_SCRIPT_FILE), "shared.lua" }))

local CALLOUTS = { "note", "tip", "warning", "important", "caution" }

local function callout_type(div)
  for _, name in ipairs(CALLOUTS) do
    if div.classes:includes("callout-" .. name) then
      return name
    end
  end
end

--- The title: the attribute, else a heading that comes first (taken out of the div), else the type's own word.
local function callout_title(div, name)
  if div.attributes.title then
    return pandoc.utils.blocks_to_inlines(pandoc.read(div.attributes.title, "markdown").blocks)
  end
  local first = div.content[1]
  if first and first.t == "Header" then
    div.content:remove(1)
    return first.content
  end
  return pandoc.Inlines({ pandoc.Str(shared.word(name)) })
end

local function callout(div, name)
  local title = callout_title(div, name)
  local collapse = div.attributes.collapse
  local id = div.identifier ~= "" and (' id="' .. shared.escape(div.identifier) .. '"') or ""
  local classes = ' class="callout callout-' .. name .. '"'
  local body = pandoc.Div(div.content, pandoc.Attr("", { "callout-body" }))
  if collapse == nil then
    local header = pandoc.Div({ pandoc.Plain(title) }, pandoc.Attr("", { "callout-header" }))
    return { shared.html("<div" .. id .. classes .. ">"), header, body, shared.html("</div>") }
  end
  local open = collapse == "false" and " open" or ""
  return {
    shared.html("<details" .. id .. classes .. open .. ">"),
    shared.html('<summary class="callout-header">'),
    pandoc.Plain(title),
    shared.html("</summary>"),
    body,
    shared.html("</details>"),
  }
end

--- The tabs of a tabset: each heading of the first heading's level, with what follows it.
local function tabs_of(div)
  local tabs, level = pandoc.List({}), nil
  for _, block in ipairs(div.content) do
    if block.t == "Header" and (level == nil or block.level == level) then
      level = block.level
      tabs:insert({ title = block.content, content = pandoc.Blocks({}) })
    elseif #tabs == 0 then
      shared.problem("a tabset begins with something that is no heading")
      return tabs
    else
      tabs[#tabs].content:insert(block)
    end
  end
  return tabs
end

local n_tabsets = 0

--- Radio buttons and labels, so that it works without JavaScript. The link in a label is Quarto's, so that the page's
--- links are the same under both renderers; it takes neither pointer nor keyboard (theme: `pointer-events: none`).
local function tabset(div)
  n_tabsets = n_tabsets + 1
  local name = "tabset-" .. n_tabsets
  local result = pandoc.Blocks({ shared.html('<div class="panel-tabset" id="' .. name .. '">') })
  for number, tab in ipairs(tabs_of(div)) do
    local id = name .. "-" .. number
    local label = shared.escape(pandoc.utils.stringify(tab.title))
    local checked = number == 1 and " checked" or ""
    result:extend({
      shared.html('<input type="radio" name="' .. name .. '" id="' .. id .. '" aria-label="' .. label .. '"' .. checked .. ">"),
      shared.html('<label for="' .. id .. '"><a href="" tabindex="-1" aria-hidden="true">'),
      pandoc.Plain(tab.title),
      shared.html('</a></label><div class="tab-pane" role="group" aria-label="' .. label .. '">'),
    })
    result:extend(tab.content)
    result:insert(shared.html("</div>"))
  end
  result:insert(shared.html("</div>"))
  return result
end

local function div(el)
  local name = callout_type(el)
  if name then
    return callout(el, name)
  elseif el.classes:includes("panel-tabset") then
    return tabset(el)
  end
end

--- Quarto's `fig-alt` as pandoc's alternative text.
local function image(el)
  local alt = el.attributes["fig-alt"]
  if alt then
    el.attributes["fig-alt"] = nil
    el.caption = pandoc.Inlines({ pandoc.Str(alt) })
  end
  return el
end

--- `fig-alt` on a figure div is meant for its image.
local function pass_alt_on(el)
  local alt = el.attributes["fig-alt"]
  if alt == nil then
    return nil
  end
  el.attributes["fig-alt"] = nil
  return el:walk({
    Image = function(img)
      img.attributes["fig-alt"] = img.attributes["fig-alt"] or alt
      return img
    end,
  })
end

return {
  { Div = pass_alt_on },
  { Image = image },
  { Div = div },
}
