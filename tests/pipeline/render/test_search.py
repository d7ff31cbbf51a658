"""The search index: what it holds of a page, what it leaves out, and that nothing else is in it."""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from bs4 import BeautifulSoup

from pipeline.render.links import references
from pipeline.render.search import write_indexes

PAGE = """<!doctype html><html><body><nav><a href="x.html">Menu</a></nav>
<dialog id="search" data-index="../../search/nl-p.js"><p>Zoek</p></dialog>
<main><header><h1>De schalen</h1></header><div class="text"><p>Vooraf <em>al</em> iets.</p>
<section id="een"><h2>Eén<a href="#een" class="anchorjs-link"></a></h2><p>Onder één.</p>
<figure id="fig-a"><div class="scroll"><svg><text>0,42</text></svg></div>
<figcaption id="fig-a-caption">Figuur 1: Boog.</figcaption></figure>
<figure id="tbl-a"><figcaption>Tabel 1: Cijfers.</figcaption><table><tbody><tr><td>12</td></tr></tbody></table></figure>
<figure id="tbl-b"><table><caption>Tabel 2: Meer.</caption>
<thead><tr><th>n</th></tr></thead><tbody></tbody></table></figure>
<details><summary>Diep</summary><h3 id="diep">Dieper</h3><ul><li>punt a<br>b</li></ul></details>
<div class="made"><p>Cijfers (CSV): waves</p></div>
<details class="reproduce"><summary>Namaken</summary><p>a</p></details>
<p>Na de figuren.</p></section>
<article class="claim" id="c1"><p>C1</p><h3>Bewering</h3><p>Uitleg.</p></article><pre>x ~ y</pre></div></main>
<footer><p>Onder</p></footer></body></html>"""
SECTIONS = [
    ("", "", ["Vooraf al iets."]),
    ("#een", "Eén", ["Onder één.", "Diep", "Na de figuren."]),
    ("#fig-a", "Figuur 1: Boog.", []),
    ("#tbl-a", "Tabel 1: Cijfers.", []),
    ("#tbl-b", "Tabel 2: Meer.", []),
    ("#diep", "Dieper", ["punt a b"]),
    ("#c1", "Bewering", ["Uitleg."]),
]


def index_of(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("window.reportIndex = ")
    return json.loads(text.removeprefix("window.reportIndex = ").removesuffix(";\n"))


def test_what_a_page_says_part_by_part() -> None:
    outline = references(PAGE).outline
    assert outline.title == "De schalen"
    assert outline.index == "../../search/nl-p.js"
    found = [(one.anchor, one.heading, one.texts) for one in outline.sections]
    # what an article says before its heading belongs to what came before it
    assert found == [("", "", ["Vooraf al iets.", "C1"]), *SECTIONS[1:]]


def test_pages_of_one_index_share_their_texts(tmp_path: Path) -> None:
    other = PAGE.replace("De schalen", "Twee").replace("Uitleg.", "Anders.")
    pages = {PurePosixPath("nl/p/a.html"): references(PAGE), PurePosixPath("nl/p/b.html"): references(other)}
    write_indexes(tmp_path, pages)
    index = index_of(tmp_path / "search" / "nl-p.js")
    assert index["pages"] == [["a.html", "De schalen"], ["b.html", "Twee"]]
    assert sorted(index["texts"]) == sorted(set(index["texts"]))
    assert {"Uitleg.", "Anders."} < set(index["texts"])
    assert [section[0] for section in index["sections"]] == [0] * 7 + [1] * 7


def test_pages_that_name_no_index_get_none(tmp_path: Path) -> None:
    write_indexes(tmp_path, {PurePosixPath("a.html"): references("<main><h1>A</h1></main>")})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("pool", ["simulated", "simulated-null"])
def test_nothing_but_what_the_pages_say_is_in_it(small_site: Path, language: str, pool: str) -> None:
    index = index_of(small_site / "search" / f"{language}-{pool}.js")
    said = {}
    for path in sorted((small_site / language / pool).glob("*.html")):
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for line_break in soup.find_all("br"):
            line_break.replace_with(" ")
        said[path.name] = (re.sub(r"\s+", " ", soup.main.get_text()), {one["id"] for one in soup.select("[id]")})
    assert sorted(address for address, _ in index["pages"]) == sorted(said)
    for page, anchor, heading, places in index["sections"]:
        address, title = index["pages"][page]
        text, identifiers = said[address]
        assert not anchor or anchor[1:] in identifiers
        for one in [title, heading, *(index["texts"][place] for place in places)]:
            assert one in text


def test_cells_of_tables_are_not_in_it(small_site: Path) -> None:
    index = json.dumps(index_of(small_site / "search" / "nl-simulated.js"), ensure_ascii=False)
    assert "0,86" in (small_site / "nl" / "simulated" / "scales.html").read_text(encoding="utf-8")
    assert "0,86" not in index
    assert "Alfa per taal" in index
