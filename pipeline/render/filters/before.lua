-- Everything that is done before citations are, as one filter: each filter file costs a Lua of its own.

local folder = pandoc.path.directory(PANDOC_SCRIPT_FILE)
local filters = {}
for _, name in ipairs({ "shortcodes.lua", "components.lua", "crossrefs.lua" }) do
  for _, filter in ipairs(dofile(pandoc.path.join({ folder, name }))) do
    table.insert(filters, filter)
  end
end
return filters
