"""HTML read as a tree and written again."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.export.tree import Element, parse, write


@pytest.mark.parametrize(
    "html",
    [
        '<p class="a b">x &lt; y &amp; z<br>é <em>n</em></p>',
        '<input type="radio" checked><p>after</p>',
        '<svg viewBox="0 0 1 1"><path d="M0 0"></path><clipPath id="c"></clipPath></svg>',
        "<script>if (a < b && c) {}</script><style>a > b {}</style>",
        '<a title="&quot;x&quot;">y</a>',
    ],
)
def test_what_is_read_is_written_again(html: str) -> None:
    assert write(parse(html)) == html


def test_what_closes_itself_holds_nothing() -> None:
    svg = parse("<svg><rect/><text>t</text></svg>").find("svg")
    assert svg is not None
    assert [child.tag for child in svg.children if isinstance(child, Element)] == ["rect", "text"]


def test_a_missing_end_is_closed_with_what_it_stands_in() -> None:
    assert write(parse("<ul><li>a<li>b</ul><p>c</p>")) == "<ul><li>a<li>b</li></li></ul><p>c</p>"


def test_without_leaves_the_original_alone() -> None:
    tree = parse("<div><nav>x</nav><p>y <nav>z</nav></p></div>")
    assert write(tree.without(lambda one: one.tag == "nav")) == "<div><p>y </p></div>"
    assert "<nav>" in write(tree)


def test_every_page_of_a_site_keeps_its_words_ids_and_attributes(small_site: Path) -> None:
    for path in sorted(small_site.rglob("*.html")):
        tree = parse(path.read_text(encoding="utf-8"))
        assert parse(write(tree)) == tree
