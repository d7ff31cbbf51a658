-- Numbers figures, tables, equations and sections, and resolves @fig-, @tbl-, @eq- and @sec- as Quarto does.

local shared = dofile(pandoc.path.join({ pandoc.path.directory(PANDOC_SCRIPT_FILE), "shared.lua" }))

local NBSP = "\u{a0}"
local KINDS = { fig = true, tbl = true, eq = true, sec = true }

--- The number of everything that can be referred to, by id.
local numbers = {}
local counts = { fig = 0, tbl = 0, eq = 0 }

local function kind_of(id)
  local kind = id:match("^(%a+)%-.")
  kind = kind and kind:lower()
  return KINDS[kind] and kind or nil
end

local function register(id, number)
  if numbers[id] then
    shared.problem("label " .. id .. " is given twice")
  end
  numbers[id] = number
end

local function next_number(id, kind)
  counts[kind] = counts[kind] + 1
  register(id, tostring(counts[kind]))
  return numbers[id]
end

-- sections -----------------------------------------------------------------------------------------------------------

local function topmost_level(doc)
  local level = 6
  doc:walk({ Header = function(el) level = math.min(level, el.level) end })
  return level
end

--- A function that numbers headings in turn: 1, 1.1, 1.2, 2 … counted from `top`, the topmost level of the page.
local function section_counter(top)
  local counter = {}
  return function(level)
    for deeper = level + 1, 6 do
      counter[deeper] = 0
    end
    counter[level] = (counter[level] or 0) + 1
    local parts = {}
    for one = top, level do
      table.insert(parts, tostring(counter[one] or 0))
    end
    return table.concat(parts, ".")
  end
end

local function number_sections(doc)
  local next_section = section_counter(topmost_level(doc))
  local show, depth = shared.context.number_sections, shared.context.number_depth
  local headings = {
    traverse = "topdown",
    Header = function(el)
      if el.classes:includes("unnumbered") then
        return el
      end
      local number = next_section(el.level)
      if kind_of(el.identifier) == "sec" then
        register(el.identifier, number)
      end
      if show and el.level <= depth then
        el.content:insert(1, pandoc.Space())
        el.content:insert(1, pandoc.Span({ pandoc.Str(number) }, pandoc.Attr("", { "header-section-number" })))
      end
      return el
    end,
  }
  return doc:walk(headings)
end

-- equations ----------------------------------------------------------------------------------------------------------

--- The id of the equation at `position` and where its label stands: `$$…$$ {#eq-id}`.
local function equation_label(inlines, position)
  if inlines[position].t ~= "Math" or inlines[position].mathtype ~= "DisplayMath" then
    return nil
  end
  local at = position + 1
  while inlines[at] and (inlines[at].t == "Space" or inlines[at].t == "SoftBreak") do
    at = at + 1
  end
  if inlines[at] and inlines[at].t == "Str" then
    local id, rest = inlines[at].text:match("^{#(eq%-[^}%s]+)}(.*)$")
    return id, at, rest
  end
end

local function number_equations(inlines)
  local result, position = pandoc.Inlines({}), 1
  while position <= #inlines do
    local one = inlines[position]
    local id, at, rest = equation_label(inlines, position)
    if id then
      one.text = one.text:gsub("%s*$", "") .. " \\qquad(" .. next_number(id, "eq") .. ")"
      result:insert(pandoc.Span({ one }, pandoc.Attr(id, { "equation" })))
      if rest ~= "" then
        result:insert(pandoc.Str(rest))
      end
      position = at + 1
    else
      result:insert(one)
      position = position + 1
    end
  end
  return result
end

-- figures and tables -------------------------------------------------------------------------------------------------

local function numbered_caption(id, kind, caption)
  local result = pandoc.Inlines({ pandoc.Str(shared.word(kind) .. NBSP .. next_number(id, kind)) })
  if #caption > 0 then
    result[1].text = result[1].text .. ":"
    result:insert(pandoc.Space())
    result:extend(caption)
  else
    shared.problem("@" .. id .. " has no caption")
  end
  return result
end

--- A box that scrolls sideways when its content is wider than the page.
local function scrolling(content, label)
  -- pairs, because a table of keys has no order and the page must be the same bytes every time
  local name = label.by and { "aria-labelledby", label.by } or { "aria-label", label.text }
  local attributes = { { "role", "region" }, { "tabindex", "0" }, name }
  return pandoc.Div(content, pandoc.Attr("", { "scroll" }, attributes))
end

--- Quarto numbers figures within a figure (a), (b) …; this renderer does not, and must not number them otherwise.
local function refuse_parts(content)
  local function refuse(el)
    if kind_of(el.identifier) == "fig" then
      shared.problem("sub-figure " .. el.identifier .. " is more than the embedded renderer can do")
    end
  end
  pandoc.Blocks(content):walk({ Div = refuse, Figure = refuse, Image = refuse })
end

--- A table with its caption as the table's own, which names it for whoever cannot see that it stands above.
local function captioned(content, id, caption)
  local block = content[1]
  if #content ~= 1 then
    return nil
  end
  if block.t == "Table" then
    block.caption = { long = { pandoc.Plain({ pandoc.Span(caption, pandoc.Attr(id)) }) } }
    return { block }
  end
  if block.t ~= "RawBlock" or block.format ~= "html" then
    return nil
  end
  local open, rest = block.text:match("^%s*(<table[^>]*>)(.*)$")
  if open == nil then
    return nil
  end
  return {
    shared.html(open .. '<caption><span id="' .. id .. '">'),
    pandoc.Plain(caption),
    shared.html("</span></caption>" .. rest),
  }
end

--- A figure or table with its caption; a table's stands above it.
local function float(id, kind, classes, content, caption)
  refuse_parts(content)
  local caption_id = id .. "-caption"
  local numbered = numbered_caption(id, kind, caption)
  local named = kind == "tbl" and captioned(content, caption_id, numbered) or nil
  local inner = scrolling(named or content, { by = caption_id })
  local figcaption = named and {} or {
    shared.html('<figcaption id="' .. caption_id .. '">'),
    pandoc.Plain(numbered),
    shared.html("</figcaption>"),
  }
  local all = table.concat({ "float", "float-" .. kind, table.unpack(classes) }, " ")
  local result = pandoc.Blocks({ shared.html('<figure id="' .. id .. '" class="' .. shared.escape(all) .. '">') })
  if kind == "tbl" then
    result:extend(figcaption)
    result:insert(inner)
  else
    result:insert(inner)
    result:extend(figcaption)
  end
  result:insert(shared.html("</figure>"))
  return result
end

--- ::: {#fig-id} or ::: {#tbl-id}: the last paragraph is the caption.
local function number_div(el)
  local kind = kind_of(el.identifier)
  if kind ~= "fig" and kind ~= "tbl" then
    return nil
  end
  local content, caption = el.content, pandoc.Inlines({})
  if #content > 1 and content[#content].t == "Para" then
    caption = content[#content].content
    content:remove(#content)
  elseif #content == 1 and content[1].t == "Table" then
    caption = pandoc.utils.blocks_to_inlines(content[1].caption.long)
    content[1].caption = { long = {} }
  elseif #content == 1 and content[1].t == "Figure" then
    caption = pandoc.utils.blocks_to_inlines(content[1].caption.long)
    content = content[1].content
  end
  return float(el.identifier, kind, el.classes, content, caption), false
end

local function number_figure(el)
  if kind_of(el.identifier) ~= "fig" then
    return nil
  end
  local caption = pandoc.utils.blocks_to_inlines(el.caption.long)
  return float(el.identifier, "fig", el.classes, el.content, caption), false
end

local function number_table(el)
  local caption = pandoc.utils.blocks_to_inlines(el.caption.long)
  if kind_of(el.identifier) ~= "tbl" then
    local label = #caption > 0 and pandoc.utils.stringify(caption) or shared.word("table")
    return scrolling({ el }, { text = label }), false
  end
  local id = el.identifier
  el.identifier, el.caption = "", { long = {} }
  return float(id, "tbl", el.classes, { el }, caption), false
end

--- An image without a caption, or in the midst of a paragraph, is no figure to pandoc, so it would have no number.
local function refuse_image(el)
  if kind_of(el.identifier) == "fig" then
    shared.problem("@" .. el.identifier .. " is no figure: an image needs a caption and a paragraph of its own")
  end
end

-- references ---------------------------------------------------------------------------------------------------------

--- One reference: prefix (its own, the kind's word, or none after a minus sign) and number, as one link.
local function reference(citation, id, kind)
  local content = pandoc.Inlines({})
  if #citation.prefix > 0 then
    content:extend(citation.prefix)
    content:insert(pandoc.Str(NBSP .. numbers[id]))
  elseif citation.mode == "SuppressAuthor" then
    content:insert(pandoc.Str(numbers[id]))
  else
    content:insert(pandoc.Str(shared.word(kind) .. NBSP .. numbers[id]))
  end
  return pandoc.Link(content, "#" .. id, "", pandoc.Attr("", { "quarto-xref" }))
end

local function resolve(cite)
  local result = pandoc.Inlines({})
  for _, citation in ipairs(cite.citations) do
    local id = citation.id:sub(1, 1):lower() .. citation.id:sub(2)
    local kind = kind_of(id)
    if kind == nil then
      if #result > 0 then
        shared.problem("@" .. citation.id .. " stands in one bracket with cross-references")
      end
      return #result > 0 and result or nil
    end
    if #result > 0 then
      result:extend({ pandoc.Str(","), pandoc.Space() })
    end
    if numbers[id] then
      result:insert(reference(citation, id, kind))
    else
      shared.problem("unresolved cross-reference @" .. citation.id)
      result:insert(pandoc.Strong({ pandoc.Str("?@" .. citation.id) }))
    end
  end
  return result
end

--- A link to itself behind each heading that has an id; the theme shows it when the heading is pointed at.
local function anchor(el)
  if el.identifier ~= "" and el.level > 1 then
    local attributes = { ["aria-label"] = shared.word("anchor") }
    el.content:insert(pandoc.Link({}, "#" .. el.identifier, "", pandoc.Attr("", { "anchorjs-link" }, attributes)))
  end
  return el
end

local function whole(doc)
  doc = number_sections(doc)
  doc = doc:walk({ traverse = "topdown", Inlines = number_equations })
  doc = doc:walk({ traverse = "topdown", Div = number_div, Figure = number_figure, Table = number_table, Image = refuse_image })
  doc = doc:walk({ Cite = resolve })
  return doc:walk({ Header = anchor })
end

return { { Pandoc = whole } }
