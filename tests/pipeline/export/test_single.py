"""The report as one HTML file."""

from __future__ import annotations

import base64
import hashlib
import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import html5lib
import pytest
from browser_looking import Watch
from bs4 import BeautifulSoup

from pipeline.errors import InputError
from pipeline.export.embed import data_uri, with_lower_headings
from pipeline.export.pages import Selection, select
from pipeline.export.single import GENERATOR, single_file


@pytest.fixture(scope="module")
def soup(one_file: str) -> BeautifulSoup:
    return BeautifulSoup(one_file, "html.parser")


def bytes_of(address: str) -> bytes:
    """What a ``data:`` address holds."""
    head, _, content = address.partition(",")
    return base64.b64decode(content) if head.endswith(";base64") else unquote_to_bytes(content)


def test_every_page_is_a_section_and_in_the_contents(soup: BeautifulSoup, selection: Selection) -> None:
    sections = [section["id"] for section in soup.select("main > section.page")]
    assert sections == [*(f"page-{page.slug}" for page in selection.pages), "files"]
    assert [link["href"] for link in soup.select("#contents > ol > li > a")] == [f"#{one}" for one in sections]


def test_nothing_leads_out_of_the_file_but_to_the_web(soup: BeautifulSoup) -> None:
    ids = [element["id"] for element in soup.select("[id]")]
    assert len(ids) == len(set(ids))
    for link in soup.select("a[href]"):
        if link["href"].startswith("#"):
            assert link["href"][1:] in ids, link
        else:
            assert re.match(r"https?:|mailto:|data:", link["href"]), link
    for name in ("aria-labelledby", "aria-describedby", "for", "headers"):
        for element in soup.select(f"[{name}]"):
            assert set(element[name] if isinstance(element[name], list) else element[name].split()) <= set(ids), element
    fetched = [one[name] for one in soup.select("[src], [srcset]") for name in ("src", "srcset") if one.has_attr(name)]
    assert fetched
    assert all(address.startswith("data:image/svg+xml") for address in fetched)
    assert not soup.select("link[rel=stylesheet], script[src], iframe, object")


def test_pictures_and_files_are_the_sites_own(soup: BeautifulSoup, small_site: Path) -> None:
    files = small_site / "files" / "simulated"
    shown = {bytes_of(image["src"]) for image in soup.select("img")}
    assert (files / "nl" / "curve.svg").read_bytes() in shown
    for link in soup.select("#files a[download]"):
        assert bytes_of(link["href"]) == (files / link["download"]).read_bytes()
        assert link["href"].startswith("data:text/csv")
    assert soup.select("#files a[download]")


def test_one_title_and_no_level_left_out(soup: BeautifulSoup) -> None:
    levels = [int(heading.name[1]) for heading in soup.select("h1, h2, h3, h4, h5, h6")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_simulated_data_say_so_first_and_last(soup: BeautifulSoup) -> None:
    bars = soup.select(".bar")
    assert [bar.text for bar in bars] == ["Gesimuleerde gegevens. Er is geen bewoner ondervraagd."] * 2
    assert bars[0].find_previous("main") is None
    assert bars[1].find_parent("footer") is not None


def test_only_our_script_may_run(soup: BeautifulSoup) -> None:
    policy = soup.select_one("meta[http-equiv=Content-Security-Policy]")
    scripts = soup.select("script")
    assert policy is not None
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].string.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy["content"]
    assert "default-src 'none'" in policy["content"]
    assert "unsafe" not in policy["content"].replace("style-src 'unsafe-inline'", "")


def test_it_says_every_word_of_the_pages(soup: BeautifulSoup, small_site: Path, selection: Selection) -> None:
    for page in selection.pages:
        original = BeautifulSoup((small_site / page.path).read_text(encoding="utf-8"), "html.parser")
        text = original.select_one("main .text")
        copy = soup.select_one(f"#page-{page.slug} .text")
        assert text is not None
        assert copy is not None
        assert copy.text.split() == text.text.split()


def test_it_is_valid_html(one_file: str) -> None:
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(one_file)
    # the radio buttons of tabs and what stands in tables are the renderer's; the parser's words for them are none
    assert [error for error in parser.errors if "eof" in error[1] or "unexpected" in error[1]] == []


def test_the_same_bytes_twice(small_root: Path, theme: Path, one_file: str) -> None:
    assert single_file(select(small_root, pool="simulated", language="nl"), theme=theme) == one_file
    assert GENERATOR in one_file


def test_a_part_says_that_it_is_one(small_root: Path, theme: Path) -> None:
    html = single_file(select(small_root, pool=None, language="en", only=["scales"]), theme=theme, partial=True)
    found = BeautifulSoup(html, "html.parser")
    assert "This file is a part of the report." in found.text
    assert "the whole report" not in found.text
    assert [one.text for one in found.select(".not-here")]
    assert not found.select("a[href^='#page-index']")


@pytest.mark.parametrize(
    ("css", "lower"),
    [
        ("h1, h2 + p { x: 1 }", "h2, h3 + p { x: 1 }"),
        (":is(h2, h3):hover a { }", ":is(h3, h4):hover a { }"),
        (".h1 #h2 { w: h3-x } /* h1 */", ".h1 #h2 { w: h3-x } "),
    ],
)
def test_style_follows_the_headings(css: str, lower: str) -> None:
    assert with_lower_headings(css) == lower


@pytest.mark.parametrize("css", ["@import 'x.css';", "a { background: url(x.png) }", "a { src: url('http://x/y') }"])
def test_a_style_sheet_that_fetches_is_refused(css: str) -> None:
    with pytest.raises(InputError, match="fetches another file"):
        with_lower_headings(css)


@pytest.mark.parametrize("content", ["a,b\n1,<2>\n", 'x;"é #%&"\n' * 50, ""])
def test_an_address_holds_the_file(tmp_path: Path, content: str) -> None:
    for name in ("x.csv", "x.svg", "x.bin"):
        (tmp_path / name).write_text(content, encoding="utf-8")
        address = data_uri(tmp_path / name)
        assert bytes_of(address) == content.encode()
        assert not set(address) & set(' "<>#\n')


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_a_browser_opens_it_from_a_folder_and_asks_for_nothing(
    browser: Any, one_file: str, tmp_path: Path, width: int, scheme: str
) -> None:
    path = tmp_path / "report.html"
    path.write_text(one_file, encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    watch = Watch(page, "file://")
    page.goto(path.as_uri())
    page.wait_for_load_state()
    assert watch.faults == []
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", dark)[:3])) < 200) == (scheme == "dark")
    page.click('#contents a[href="#page-scales"]')
    assert page.evaluate("location.hash") == "#page-scales"
    assert page.evaluate("Math.abs(document.getElementById('page-scales').getBoundingClientRect().top) < 60")
    # a link to something inside a closed part opens it
    page.goto(f"{path.as_uri()}#scales--deep")
    page.wait_for_function("document.getElementById('scales--deep').getBoundingClientRect().height > 0")
    page.close()


@pytest.mark.browser
def test_axe_finds_nothing(browser: Any, one_file: str, tmp_path: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    path = tmp_path / "report.html"
    path.write_text(one_file, encoding="utf-8")
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme, bypass_csp=True)
        page = context.new_page()
        page.goto(path.as_uri())
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found.response["violations"]] == []
        context.close()
