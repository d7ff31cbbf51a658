"""The built report in a real Chromium: every page, at desktop and at phone width, light and dark."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_looking import WIDTHS, Watch, faint_text, language_of, page_faults, page_names, served

pytestmark = pytest.mark.browser
GIVEN = "MAGICAL_HOUSING_SITE" in os.environ


@pytest.fixture(scope="module")
def origin(built_site: Path) -> Iterator[str]:
    with served(built_site) as address:
        yield address


@pytest.fixture(scope="module")
def small_origin(small_site: Path) -> Iterator[str]:
    with served(small_site) as address:
        yield address


def report_pages(site: Path) -> list[str]:
    """The pages of the report, without the first page that only offers languages and data.

    Of the small report those of one pool and language suffice: the others are made in the same way.
    """
    pages = [name for name in page_names(site) if name.count("/") == 2]
    return pages if GIVEN else [name for name in pages if name.startswith("nl/simulated/")]


def test_no_page_has_a_fault_at_either_width(built_site: Path, wrong_in_browser: Callable[[Path], list[str]]) -> None:
    assert len(report_pages(built_site)) >= 1
    assert wrong_in_browser(built_site) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_language_switch_stays_on_the_page(built_site: Path, origin: str, browser: Any, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 844})
    for name in report_pages(built_site):
        page.goto(f"{origin}/{name}")
        links = page.locator(".languages a")
        for number in range(links.count()):
            language = links.nth(number).get_attribute("hreflang")
            links.nth(number).click()
            page.wait_for_url(f"{origin}/{language}/{name.split('/', 1)[1]}", timeout=5000)
            assert page.evaluate("document.documentElement.lang") == language
            page.goto(f"{origin}/{name}")
    page.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_menu_marks_the_page_one_is_on(built_site: Path, origin: str, browser: Any, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 844})
    for name in report_pages(built_site):
        page.goto(f"{origin}/{name}")
        folded = page.locator(".menu-fold summary")
        if folded.is_visible():
            folded.click()
        current = page.locator(".pages a[aria-current]:visible")
        assert current.count() == 1
        # a page of one project is reached from the overview, which is then marked in its place
        above = page.locator(".above a").first
        here = above.evaluate("link => link.href") if above.count() else f"{origin}/{name}"
        assert current.first.evaluate("link => link.href") == here
    page.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_simulated_data_are_announced_on_the_first_screen(
    small_site: Path, small_origin: str, browser: Any, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 844})
    for name in report_pages(small_site):
        page.goto(f"{small_origin}/{name}")
        box = page.locator(".bar").bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] < 200
        assert "imul" in page.locator("footer").inner_text()
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(built_site: Path, origin: str, browser: Any, scheme: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 844}, color_scheme=scheme)
    faint = {name: faint_text(page, f"{origin}/{name}") for name in page_names(built_site)}
    page.close()
    assert {name: found for name, found in faint.items() if found} == {}


def test_dark_is_the_readers_own_setting(small_origin: str, browser: Any) -> None:
    colours = {}
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto(f"{small_origin}/nl/simulated/index.html")
        colours[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.close()
    assert colours == {"light": "rgb(251, 250, 247)", "dark": "rgb(20, 24, 29)"}


def test_the_report_opens_from_a_folder_too(small_site: Path, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="light")
    watch = Watch(page, "file://")
    assert page_faults(page, watch, f"file://{small_site}/nl/simulated/scales.html#deep", "nl") == []
    # style and script are obeyed: the paper has its colour, and the closed callout around the target has opened
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(251, 250, 247)"
    assert page.evaluate("document.getElementById('deep').closest('details').open") is True
    page.close()


def test_a_link_to_a_heading_opens_what_is_folded_below_it(small_origin: str, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 844})
    page.goto(f"{small_origin}/nl/simulated/scales.html")
    folded = '<details class="fold"><summary>a</summary><p>b</p></details>'
    page.evaluate(
        "html => document.querySelector('main').insertAdjacentHTML('beforeend', html)",
        f'<h3 id="one">One</h3>{folded}<section id="two"><h3>Two</h3>{folded}</section>',
    )
    opened = "[...document.querySelectorAll('details.fold')].map((details) => details.open)"
    for target, expected in (("one", [True, False]), ("two", [True, True])):
        page.evaluate("id => { location.hash = id }", target)
        page.wait_for_function(f"String({opened}) === '{str(expected).lower()[1:-1].replace(' ', '')}'", timeout=5000)
    page.close()


def test_tabs_and_callouts_work_without_javascript(small_origin: str, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{small_origin}/nl/simulated/scales.html")
    assert page.get_by_text("Eerste tab.").is_visible()
    assert not page.get_by_text("Tweede tab.").is_visible()
    page.locator(".panel-tabset label", has_text="Herbestemd").click()
    assert page.get_by_text("Tweede tab.").is_visible()
    assert not page.get_by_text("Eerste tab.").is_visible()
    page.keyboard.press("ArrowLeft")
    assert page.get_by_text("Eerste tab.").is_visible()
    assert page.url.endswith("scales.html")
    page.locator("main summary").click()
    assert page.get_by_text("de uitkomsten").is_visible()
    context.close()


def test_a_wide_table_scrolls_in_its_own_box(small_origin: str, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.goto(f"{small_origin}/nl/simulated/scales.html")
    wide = page.locator("#tbl-reliability .scroll")
    assert wide.evaluate("box => box.scrollWidth > box.clientWidth")
    assert wide.get_attribute("tabindex") == "0"
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.close()


def test_the_first_thing_on_the_keyboards_way_skips_to_the_text(small_origin: str, browser: Any) -> None:
    page = browser.new_page()
    page.goto(f"{small_origin}/en/simulated/index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.wait_for_url("**/index.html#quarto-document-content", timeout=5000)
    page.close()


FAULTS = {
    "elsewhere.html": ('<img src="http://127.0.0.1:1/x.png" alt="x">', "asks elsewhere"),
    "unnamed.html": ('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">', "without alternative text"),
    "missing.html": ('<img src="none.png" alt="x">', "404"),
    "wide.html": ('<div style="width:3000px">x</div>', "scrolls sideways"),
    "script.html": ("<script>throw new Error('no')</script>", "script error"),
    "drawing.html": ("<main><svg></svg></main>", "drawings without a name"),
    "nl/language.html": ("<p>x</p>", "lang is en"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_looking_itself_finds_faults(tmp_path: Path, browser: Any, name: str) -> None:
    body, fault = FAULTS[name]
    (tmp_path / "nl").mkdir()
    (tmp_path / name).write_text(f'<!doctype html><html lang="en"><title>x</title><body>{body}</body></html>')
    with served(tmp_path) as address:
        page = browser.new_page(viewport={"width": 390, "height": 844})
        watch = Watch(page, address)
        faults = page_faults(page, watch, f"{address}/{name}", language_of(name))
        page.close()
    assert any(fault in one for one in faults), faults


def test_the_looking_finds_faint_text(tmp_path: Path, browser: Any) -> None:
    style = "p { background: #fff } .faint { color: #999 } .plain { color: #666 }"
    (tmp_path / "x.html").write_text(f"<style>{style}</style><p class=faint>a</p><p class=plain>b</p>")
    with served(tmp_path) as address:
        page = browser.new_page()
        assert faint_text(page, f"{address}/x.html") == ["p.faint: 2.85"]
        page.close()
