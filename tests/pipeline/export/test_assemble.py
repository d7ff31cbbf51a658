"""Pages in one document: unique ids, links that stay in it, nothing of the site's own."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from types import SimpleNamespace

import pytest

from pipeline.errors import InputError
from pipeline.export.assemble import Assembled, assemble, headings, shift_headings
from pipeline.export.pages import Selection, SitePage, select
from pipeline.export.tree import Element, parse, write
from pipeline.intake.messages import RefusedError


def made_up(tmp_path: Path, **pages: str) -> Assembled:
    """Pages ``nl/p/<name>.html`` with these texts, put together; files/p/t.csv and files/p/x.svg are there."""
    (tmp_path / "files" / "p").mkdir(parents=True)
    for name in ("t.csv", "x.svg", "x-narrow.svg"):
        (tmp_path / "files" / "p" / name).write_text("<svg/>")
    site_pages = []
    for name, html in pages.items():
        main = parse(f'<main><header id="title-block-header"><h1>T</h1></header>{html}</main>').find("main")
        title = main.find("h1") if main else None
        assert main is not None
        assert title is not None
        site_pages.append(SitePage(PurePosixPath(f"nl/p/{name}.html"), title, name, main))
    return assemble(Selection(tmp_path, SimpleNamespace(), "p", "nl", tuple(site_pages)))  # type: ignore[arg-type]


def body(assembled: Assembled, place: int = 0) -> str:
    return write(assembled.sections[place].body).removeprefix('<div class="text">').removesuffix("</div>")


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ('<p id="x">a</p>', '<p id="a--x">a</p>'),
        ('<p id="x"><a href="#x">b</a></p>', '<p id="a--x"><a href="#a--x">b</a></p>'),
        ('<a href="b.html#y">c</a>', '<a href="#b--y">c</a>'),
        ('<a href="../../nl/p/b.html">c</a>', '<a href="#page-b">c</a>'),
        ('<a href="b.html#none">c</a>', '<a href="#page-b">c</a>'),
        ('<a href="../q/b.html">c <em>d</em></a>', '<span class="not-here">c <em>d</em></span>'),
        ('<a href="../../files/p/t.csv" download>c</a>', '<a href="#file-files-p-t.csv">c</a>'),
        ('<a href="https://example.org/">c</a>', '<a href="https://example.org/">c</a>'),
        ('<a href="mailto:a@example.org">c</a>', '<a href="mailto:a@example.org">c</a>'),
        ('<th id="h"></th><td headers="h g">1</td>', '<th id="a--h"></th><td headers="a--h a--g">1</td>'),
        ('<input type="radio" name="t" id="i"><label for="i">l</label>',
         '<input type="radio" name="a--t" id="a--i"><label for="a--i">l</label>'),
        ('<div aria-labelledby="s t"></div>', '<div aria-labelledby="a--s a--t"></div>'),
        ('<svg><line marker-end="url(#m)" style="fill:url(\'#g\')"></line><use href="#u"></use></svg>',
         '<svg><line marker-end="url(#a--m)" style="fill:url(#a--g)"></line><use href="#a--u"></use></svg>'),
        ('<picture><source srcset="../../files/p/x-narrow.svg"><img src="../../files/p/x.svg" alt="x"></picture>',
         '<picture><source srcset="files/p/x-narrow.svg"><img src="files/p/x.svg" alt="x"></picture>'),
        ('<nav id="TOC">n</nav><script>s</script><h2>H<a class="anchorjs-link" href="#H"></a></h2>', "<h2>H</h2>"),
    ],
)  # fmt: skip
def test_ids_and_links(tmp_path: Path, written: str, becomes: str) -> None:
    assert body(made_up(tmp_path, a=written, b='<p id="y"></p>')) == becomes


def test_a_file_is_offered_once(tmp_path: Path) -> None:
    link = '<a href="../../files/p/t.csv">c</a>'
    assert made_up(tmp_path, a=link + link, b=link).downloads == (PurePosixPath("files/p/t.csv"),)


@pytest.mark.parametrize("source", ["none.svg", "https://example.org/x.svg", "../../../x.svg"])
def test_a_picture_that_is_no_file_of_the_report_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(InputError, match=r"nl/p/a\.html: the picture .* is not a file of the report"):
        made_up(tmp_path, a=f'<img src="{source}" alt="x">')


def test_headings_go_down_and_stop_at_the_sixth() -> None:
    tree = Element("div", {}, [Element("h1"), Element("h2"), Element("h5"), Element("h6"), Element("hr")])
    shift_headings(tree)
    assert [child.tag for child in tree.children if isinstance(child, Element)] == ["h2", "h3", "h6", "h6", "hr"]


def test_a_heading_stands_for_the_section_it_opens() -> None:
    tree = parse('<section id="s"><h2>A</h2></section><h2 id="b">B</h2><h2>no place to go</h2>')
    assert [(one.get("href"), one.text()) for one in headings(tree, "h2")] == [("#s", "A"), ("#b", "B")]


def test_pages_stand_in_reading_order_with_the_stamped_ones(selection: Selection, small_site: Path) -> None:
    slugs = [page.slug for page in selection.pages]
    assert slugs[0] == "index"
    assert sorted(slugs) == sorted(path.stem for path in (small_site / "nl" / "simulated").glob("*.html"))
    units = [entry.slug for entries in selection.site.pools["simulated"].each.values() for entry in entries]
    place = slugs.index("places") + 1
    assert slugs[place : place + len(units)] == units == ["kade", "erf"]


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ({"pool": "residents", "language": "nl"}, "no_such_pool"),
        ({"pool": None, "language": "fr"}, "not_in_this_language"),
        ({"pool": None, "language": "nl", "only": ["none"]}, "no_such_page"),
    ],
)
def test_what_the_report_has_not_is_refused(small_root: Path, asked: dict[str, object], key: str) -> None:
    with pytest.raises(RefusedError) as refused:
        select(small_root, **asked)  # type: ignore[arg-type]
    assert refused.value.key == key
    assert refused.value.in_language("nl") != refused.value.in_language("en")


def test_without_a_report_there_is_nothing_to_put_together(tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as refused:
        select(tmp_path, pool=None, language="nl")
    assert refused.value.key == "no_report_yet"


def test_of_a_report_without_waves_there_is_nothing_to_put_together(tmp_path: Path) -> None:
    site = tmp_path / "build" / "report-parts" / "site.yml"
    site.parent.mkdir(parents=True)
    site.write_text("languages: [nl]\ntitle: {nl: Klein}\npools: {}\n", encoding="utf-8")
    index = tmp_path / "reports" / "_site" / "index.html"
    index.parent.mkdir(parents=True)
    index.touch()
    with pytest.raises(RefusedError) as refused:
        select(tmp_path, pool=None, language="nl")
    assert refused.value.key == "nothing_in_report"


def test_only_the_pages_asked_for(small_root: Path) -> None:
    chosen = select(small_root, pool=None, language="en", only=["scales"])
    assert [page.slug for page in chosen.pages] == ["scales"]
    assert chosen.pool == "simulated"
