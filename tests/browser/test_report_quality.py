"""The report measured: WCAG 2.2 AA by axe-core, valid HTML, the keyboard's way, weight, search, colours, no scripts.

By itself on the small report (one pool: the other has the same pages); with ``MAGICAL_HOUSING_SITE`` on every page of
the site it names.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_looking import Watch, served
from page_quality import axe_violations, html_faults, keyboard_faults, pages_of
from PIL import Image

pytestmark = pytest.mark.browser
POOL = None if os.environ.get("MAGICAL_HOUSING_SITE") else "simulated"
FIRST_PAGE_BYTES = 300_000


@pytest.fixture(scope="module")
def origin(built_site: Path) -> Iterator[str]:
    with served(built_site) as address:
        yield address


@pytest.fixture(scope="module")
def small_origin(small_site: Path) -> Iterator[str]:
    with served(small_site) as address:
        yield address


@pytest.fixture
def scales(browser: Any, small_origin: str) -> Iterator[Any]:
    """The small report's page on scales, light, at desktop width."""
    context = browser.new_context(viewport={"width": 1280, "height": 844}, color_scheme="light")
    page = context.new_page()
    page.goto(f"{small_origin}/nl/simulated/scales.html")
    yield page
    context.close()


def faults_of(looking: Any, page: Any, site: Path, origin: str) -> dict[str, list[str]]:
    found = {name: looking(page, f"{origin}/{name}") for name in pages_of(site, POOL)}
    return {name: faults for name, faults in found.items() if faults}


def test_no_page_goes_against_wcag_in_either_theme(built_site: Path, origin: str, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 844})
    assert faults_of(axe_violations, page, built_site, origin) == {}
    page.close()


def test_the_folded_menu_and_the_search_do_not_go_against_wcag(small_origin: str, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740})
    # the looking itself opens the page, so what is opened by hand is opened when it has loaded
    page.add_init_script("addEventListener('load', () => document.querySelector('.menu-fold').open = true)")
    assert axe_violations(page, f"{small_origin}/nl/simulated/kade.html") == []
    page.add_init_script("addEventListener('load', () => document.querySelector('#search').showModal())")
    assert axe_violations(page, f"{small_origin}/nl/simulated/kade.html") == []
    page.close()


def test_every_page_is_valid_html(built_site: Path) -> None:
    found = {name: html_faults((built_site / name).read_text(encoding="utf-8")) for name in pages_of(built_site)}
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_the_keyboard_reaches_everything_in_order_and_is_seen(built_site: Path, origin: str, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 844})
    assert faults_of(keyboard_faults, page, built_site, origin) == {}
    page.close()


def test_the_keyboard_goes_through_a_telephones_page_too(small_origin: str, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740})
    assert keyboard_faults(page, f"{small_origin}/nl/simulated/scales.html") == []
    page.close()


def test_first_pages_are_light_and_load_no_index(built_site: Path, origin: str, browser: Any) -> None:
    names = [name for name in pages_of(built_site, POOL) if name.endswith("index.html")]
    assert len(names) >= 2
    for name in names:
        page = browser.new_context().new_page()
        loaded: dict[str, int] = {}
        page.on("response", lambda response, loaded=loaded: loaded.update({response.url: len(response.body())}))
        page.goto(f"{origin}/{name}", wait_until="networkidle")
        assert sum(loaded.values()) < FIRST_PAGE_BYTES, loaded
        assert not any("/search/" in url for url in loaded)
        page.context.close()


# search -------------------------------------------------------------------------------------------------------------


def test_searching_by_keyboard_leads_to_the_part(scales: Any, small_origin: str) -> None:
    scales.locator(".search-open").focus()
    scales.keyboard.press("Enter")
    scales.keyboard.type("ALFÁ taal")
    scales.locator("#search-found li").first.wait_for(timeout=5000)
    assert scales.locator("#search-count").inner_text() == "1 vindplaats"
    assert scales.locator("#search-found mark").all_inner_texts() == ["Alfa", "taal"]
    scales.keyboard.press("ArrowDown")
    assert scales.evaluate("document.activeElement.closest('#search-found') !== null")
    scales.keyboard.press("ArrowUp")
    assert scales.evaluate("document.activeElement.id") == "search-words"
    scales.keyboard.press("Enter")
    scales.wait_for_url(f"{small_origin}/nl/simulated/scales.html#tbl-language", timeout=5000)
    assert not scales.locator("#search").is_visible()


def test_headings_come_before_texts_and_nothing_is_said_to_be_nothing(scales: Any) -> None:
    scales.locator(".search-open").click()
    # a word in a heading, and the beginning of one that has an accent in the text
    for words in ("alfa per taal", "schalen", "dele"):
        scales.fill("#search-words", words)
        scales.locator("#search-found li").first.wait_for(timeout=5000)
        first = scales.locator("#search-found li").first
        in_heading = words != "dele"
        assert first.locator("a mark" if in_heading else "p mark").count() >= 1
    scales.fill("#search-words", "xyzzy")
    assert scales.locator("#search-count").inner_text().startswith("Niets gevonden")
    assert scales.locator("#search-found li").count() == 0
    scales.keyboard.press("Escape")
    scales.locator("#search").wait_for(state="hidden", timeout=5000)
    assert scales.evaluate("document.activeElement.className").startswith("search-open")


def test_searching_works_from_a_folder(small_site: Path, browser: Any) -> None:
    page = browser.new_page()
    watch = Watch(page, "file://")
    page.goto(f"file://{small_site}/en/simulated/erf.html")
    page.locator(".search-open").click()
    page.keyboard.type("people took part")
    page.locator("#search-found li").first.wait_for(timeout=5000)
    assert page.locator("#search-found a").all_inner_texts() == ["The Yard", "De Kade"]
    assert watch.taken() == []
    page.close()


# colours ------------------------------------------------------------------------------------------------------------

LIGHT, DARK = "rgb(251, 250, 247)", "rgb(20, 24, 29)"
PAPER = "getComputedStyle(document.body).backgroundColor"


def inks(page: Any) -> tuple[int, int]:
    """Darkest and lightest grey of the picture's number, whose ink follows the theme."""
    shot = page.locator("#fig-curve img").screenshot()
    picture = Image.open(io.BytesIO(shot)).convert("L")
    shades = picture.crop((36, 190, 75, 210)).tobytes()
    return min(shades), max(shades)


def choose(page: Any, colours: str) -> None:
    page.locator(f".colours input[value={colours}]").check()


def test_the_chosen_colours_hold_for_pictures_and_later_pages(scales: Any, small_origin: str) -> None:
    assert scales.evaluate(PAPER) == LIGHT
    assert inks(scales)[0] < 60
    choose(scales, "dark")
    assert scales.evaluate(PAPER) == DARK
    assert inks(scales)[1] > 200
    scales.goto(f"{small_origin}/en/simulated/index.html")
    assert scales.evaluate(PAPER) == DARK
    assert scales.locator(".colours input:checked").get_attribute("value") == "dark"
    scales.emulate_media(media="print")
    assert scales.evaluate(PAPER) == "rgb(255, 255, 255)"
    assert scales.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    assert not scales.locator(".pages, .tools, .next").first.is_visible()
    assert scales.locator("footer").is_visible()
    scales.emulate_media(media="screen", color_scheme="dark")
    choose(scales, "light")
    assert scales.evaluate(PAPER) == LIGHT
    choose(scales, "auto")
    assert scales.evaluate(PAPER) == DARK
    scales.reload()
    assert scales.locator(".colours input:checked").get_attribute("value") == "auto"


def test_the_choice_is_there_before_the_page_is_drawn(scales: Any) -> None:
    # the script stands before the style and waits for nothing, so no page is drawn in the other colours first
    assert scales.evaluate("[...document.head.children].filter(e => e.matches('script,[rel=stylesheet]')).map(e => "
                           "[(e.src || e.href).split('/').pop(), e.defer === true])") == [
        ["early.js", False], ["report.css", False], ["report.js", True],
    ]  # fmt: skip


# without scripts ----------------------------------------------------------------------------------------------------


def test_without_scripts_everything_can_be_read_and_reached(small_site: Path, small_origin: str, browser: Any) -> None:
    plain, scripted = browser.new_context(java_script_enabled=False), browser.new_context()
    page, same = plain.new_page(), scripted.new_page()
    for name in [one for one in pages_of(small_site, "simulated") if one.startswith("nl/")]:
        for one in (page, same):
            one.set_viewport_size({"width": 1280, "height": 844})
            one.goto(f"{small_origin}/{name}")
        assert page.locator("main").inner_text() == same.locator("main").inner_text()
        assert page.locator("#TOC a:visible").count() == same.locator("#TOC a").count()
        assert page.locator(".languages a").is_visible()
        assert not page.locator(".search-open, .colours").first.is_visible()
        assert page.locator(".without-script").get_attribute("href") == "glossary.html"
        assert page.locator(".without-script").is_visible()
        assert page.locator(".pages a:visible").count() == 4
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.locator(".pages a:visible").count() == 0
        page.locator(".menu-fold summary").click()
        assert page.locator(".pages a:visible").count() == 4
    plain.close()
    scripted.close()


# the looking itself -----------------------------------------------------------------------------------------------


INVALID = {
    "<p>a<div>b</div></p>": "unexpected-end-tag",
    "<span><div>a</div></span>": "div in span",
    "<a href=x><button>a</button></a>": "button in a",
    "<ul><div>a</div></ul>": "div directly in ul",
    "<div><li>a</li></div>": "li directly in div",
    "<table><tr><td>a</table></table>": "unexpected-end-tag",
    "<td>a</td>": "unexpected",
    "<p id=a></p><p id=a></p>": "id a is given twice",
    "<p aria-describedby=none>a</p>": "names none",
    "<table align=left></table>": "obsolete attribute align",
    "<img src=x>": "img without alt",
    "<p>a &nothing; b</p>": "entity",
}


@pytest.mark.parametrize("body", INVALID)
def test_the_looking_finds_invalid_html(body: str) -> None:
    page = "<!doctype html><html lang=en><head><title>x</title></head><body>{}</body></html>"
    assert html_faults(page.format("<p>a</p>")) == []
    assert any(INVALID[body] in one for one in html_faults(page.format(body))), html_faults(page.format(body))


def test_the_looking_finds_what_axe_and_the_keyboard_trip_over(tmp_path: Path, browser: Any) -> None:
    (tmp_path / "x.html").write_text(
        "<!doctype html><html lang=en><title>x</title><main><h1>x</h1><input style='outline:0'>"
        "<a href='#' tabindex=1>late</a><p style='color:#999'>faint</p></main></html>"
    )
    with served(tmp_path) as address:
        page = browser.new_page()
        rules = {one.split(": ")[1] for one in axe_violations(page, f"{address}/x.html")}
        assert {"label", "color-contrast"} <= rules
        assert any("in the order of the page" in one for one in keyboard_faults(page, f"{address}/x.html"))
        page.close()
