-- After citeproc: the list of references under a heading of its own.

local shared = dofile(pandoc.path.join({ pandoc.path.directory(PANDOC_SCRIPT_FILE), "shared.lua" }))

return {
  {
    Div = function(el)
      if el.identifier ~= "refs" then
        return nil
      end
      if #el.content == 0 then
        return {}
      end
      local heading = '<h2 class="quarto-appendix-heading">' .. shared.escape(shared.word("references")) .. "</h2>"
      return { shared.html('<section class="appendix">' .. heading), el, shared.html("</section>") }
    end,
  },
}
