"""Pieces of Markdown, as pandoc reads them."""

from __future__ import annotations

import json
import re

import pypandoc
import pytest

from pipeline.present.drawing.svg import wrapped
from pipeline.present.markup.html_table import _made as html_table_made
from pipeline.present.markup.markdown import Column, floating, picture, plain, slug, table


def said(markdown: str) -> str:
    """The text of ``markdown`` as a reader sees it, on one line."""
    return pypandoc.convert_text(markdown, "plain", format="markdown", extra_args=["--wrap=none"]).strip()


@pytest.mark.parametrize(
    "text",
    [
        "C1 < C2 & C3 > 0", "*stars* and _lines_", "a | b", "$5 @name #1", "it's \"so\"", "[x](y) {z}", "~~ =~ ^2",
        "3. three", "a) one", "(i) two", "- minus", "+ plus", ": colon", "1 : 2", "back\\slash `code`", "<1", "≥20",
    ],
)  # fmt: skip
def test_plain_text_stays_what_it_is(text: str) -> None:
    assert said(plain(text)) == text


def test_a_table_has_a_heading_for_every_row_and_column() -> None:
    markdown = table([Column("", figures=False), Column("n <")], [["a & b", "1"], ["c", "x"]], groups=["G", "G"])
    assert markdown.count('<th scope="col"') == 1
    assert "<thead><tr><td></td><th" in markdown  # the corner heads nothing
    assert markdown.count('<th scope="row"') == 2
    assert markdown.count('<th scope="colgroup" colspan="2">') == 1
    assert '<td class="num">1</td>' in markdown
    assert "a &amp; b" in markdown
    assert "n &lt;" in markdown


def test_a_table_carries_no_style_and_no_id_and_is_the_same_twice() -> None:
    columns = [Column("q", figures=False), Column("n", over="Wave 1"), Column("p", over="Wave 1"), Column("more")]
    markdown = table(columns, [["a", "1", "2", "3"]])
    assert not re.search(r"style|gt_| id=|headers=|<script|<style", markdown)
    assert '<th scope="colgroup" colspan="2">Wave 1</th><th scope="col" rowspan="2" class="num">more</th>' in markdown
    assert '<tr><th scope="col" class="num">n</th><th scope="col" class="num">p</th></tr>' in markdown
    html_table_made.cache_clear()
    assert table(columns, [["a", "1", "2", "3"]]) == markdown


def test_groups_of_rows_keep_their_order_even_when_one_comes_back() -> None:
    markdown = table(
        [Column("a", figures=False), Column("b")], [["x", "1"], ["y", "2"], ["z", "3"]], groups=["G", "H", "G"]
    )
    assert re.findall(r"<strong>(\w)</strong>|row\">(\w)<", markdown) == [
        ("G", ""),
        ("", "x"),
        ("H", ""),
        ("", "y"),
        ("G", ""),
        ("", "z"),
    ]


def test_a_cell_may_hold_a_link_of_our_own_and_a_number_that_looks_like_a_group() -> None:
    columns = [Column("", figures=False), Column("to", figures=False, markup=True)]
    markdown = table(columns, [["0", '<a href="x.csv">x</a>']], groups=["G"])
    assert '<th scope="row">0</th><td><a href="x.csv">x</a></td>' in markdown


def test_an_interval_may_go_below_its_estimate_but_is_not_broken_itself() -> None:
    markdown = table([Column("a", figures=False), Column("b", intervals=True)], [["x", "0,47 [0,39; 0,55]"]])
    assert '<td class="num interval">0,47 [0,39;\u00a00,55]</td>' in markdown


def test_a_row_that_is_too_short_is_a_defect() -> None:
    with pytest.raises(ValueError, match="not 2 cells"):
        table([Column("a"), Column("b")], [["only one"]])


def test_a_float_is_one_block_with_its_identifier() -> None:
    blocks = json.loads(
        pypandoc.convert_text(floating("tbl-x", table([Column("a")], [["1"]]), "Said."), "json", "markdown")
    )
    (block,) = blocks["blocks"]
    assert block["t"] == "Div"
    assert block["c"][0][0] == "tbl-x"
    assert [inner["t"] for inner in block["c"][1]] == ["RawBlock", "Para"]


def test_a_picture_has_both_widths_and_an_alternative() -> None:
    markup = picture("../../files/p/nl", "flow", 'says "so" & more')
    assert 'srcset="../../files/p/nl/flow-narrow.svg"' in markup
    assert 'src="../../files/p/nl/flow.svg"' in markup
    assert 'alt="says &quot;so&quot; &amp; more"' in markup


def test_identifiers() -> None:
    assert slug("means", "SC_neighbourhood") == "means-sc-neighbourhood"


def test_wrapping_keeps_every_word_unless_cut_short() -> None:
    text = "one two three four five six seven"
    assert " ".join(wrapped(text, width=60, size=12)) == text
    cut = wrapped(text, width=60, size=12, lines=2)
    assert len(cut) == 2
    assert cut[-1].endswith("…")


def test_a_no_break_space_is_no_place_to_break() -> None:
    assert wrapped("a long title (6\u00a0with)", width=110, size=12) == ["a long title", "(6\u00a0with)"]
