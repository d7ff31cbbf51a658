"""The page with the answer to a file, in a real Chromium: desktop and phone width, both languages, light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from browser_looking import WIDTHS, Watch, faint_text, page_faults, served

from pipeline.intake.answer import html_page
from pipeline.intake.check import Checked
from pipeline.intake.problems import Problem
from pipeline.intake.words import LANGUAGES, Language

pytestmark = pytest.mark.browser

LONG = "In welke mate bent u het eens met de volgende stelling over het wonen in dit gebouw en in deze buurt? <b>x</b>"


def outcome() -> Checked:
    """Something of everything: many columns, many rows, whole questions as headings."""
    columns = tuple((letter, LONG) for letter in "ABCDEFGHIJKLMNOPQ")
    return Checked(
        (
            *(Problem("column_missing", variable=f"hs{i}", count=1) for i in range(40)),
            Problem("personal_email", (("R", "e-mail"),), tuple(range(2, 200)), 198),
            Problem("no_known_columns", count=348),
            Problem("column_unknown", columns, count=len(columns)),
            Problem("rows_blank", rows=tuple(range(3, 90, 3)), count=29),
        )
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("answers")
    for language in LANGUAGES:
        text = html_page(outcome(), language, command="magical-housing check antwoorden.xlsx --declaration wave.yaml")
        (folder / f"{language}.html").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_fault_at_either_width(site: Path, browser: Any, language: Language) -> None:
    with served(site) as origin:
        for width in WIDTHS:
            page = browser.new_page(viewport={"width": width, "height": 844})
            assert page_faults(page, Watch(page, origin), f"{origin}/{language}.html", language) == []
            page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read(site: Path, browser: Any, scheme: Literal["light", "dark"]) -> None:
    with served(site) as origin:
        page = browser.new_page(color_scheme=scheme)
        assert faint_text(page, f"{origin}/nl.html") == []
        page.close()


def test_with_the_keyboard_alone(site: Path, browser: Any) -> None:
    with served(site) as origin:
        page = browser.new_page()
        page.goto(f"{origin}/nl.html")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.type") == "checkbox"
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.keyboard.press("Space")
        assert page.evaluate("document.activeElement.checked")
        line = "getComputedStyle(document.querySelector('.thing label')).textDecorationLine"
        assert page.evaluate(line) == "line-through"
        page.close()
