-- Puts the values of {{< var >}} where shortcodes.py left tokens: as Markdown in text, as plain text everywhere else.

local shared = dofile(pandoc.path.join({ pandoc.path.directory(PANDOC_SCRIPT_FILE), "shared.lua" }))

local TOKEN = "\u{e000}%d+\u{e001}"

local function inlines_of(token)
  local blocks = pandoc.read(shared.context.values[token], "markdown").blocks
  return pandoc.utils.blocks_to_inlines(blocks)
end

local function plain(text)
  return (text:gsub(TOKEN, function(token) return pandoc.utils.stringify(inlines_of(token)) end))
end

local function set_in(el)
  if el.text:find(TOKEN) then
    el.text = plain(el.text)
    return el
  end
end

local function set_in_raw(el)
  if el.text:find(TOKEN) then
    el.text = el.text:gsub(TOKEN, function(token)
      return shared.escape(pandoc.utils.stringify(inlines_of(token)))
    end)
    return el
  end
end

local function set_in_attributes(el)
  for key, value in pairs(el.attributes) do
    if value:find(TOKEN) then
      el.attributes[key] = plain(value)
    end
  end
  return el
end

local function set_in_text(el)
  if not el.text:find(TOKEN) then
    return nil
  end
  local result, position = pandoc.Inlines({}), 1
  while true do
    local first, last = el.text:find(TOKEN, position)
    if first == nil then
      break
    end
    if first > position then
      result:insert(pandoc.Str(el.text:sub(position, first - 1)))
    end
    result:extend(inlines_of(el.text:sub(first, last)))
    position = last + 1
  end
  if position <= #el.text then
    result:insert(pandoc.Str(el.text:sub(position)))
  end
  return result
end

local function set_in_target(el)
  set_in_attributes(el)
  local key = el.t == "Image" and "src" or "target"
  el[key] = plain(el[key])
  return el
end

return {
  {
    Str = set_in_text,
    Code = set_in,
    CodeBlock = set_in,
    Math = set_in,
    RawInline = set_in_raw,
    RawBlock = set_in_raw,
    Link = set_in_target,
    Image = set_in_target,
    Div = set_in_attributes,
    Span = set_in_attributes,
    Header = set_in_attributes,
  },
}
