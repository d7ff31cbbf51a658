"""The page: whole, escaped, nothing of any other host, read by a person who sees it or hears it."""

from __future__ import annotations

import base64
import hashlib
import re
from itertools import pairwise

import pytest
from bs4 import BeautifulSoup
from intake_help import GOOD, HEADING, csv_bytes
from intake_help import checked as check

from pipeline.intake.answer import html_fragment, html_page
from pipeline.intake.check import Checked
from pipeline.intake.problems import Problem
from pipeline.intake.words import Language

WILD = "<script>alert('x')</script><img src=http://elsewhere>"


def changed(**cells: str) -> list[str]:
    return [cells.get(name, cell) for name, cell in zip(HEADING, GOOD, strict=True)]


def outcome() -> Checked:
    rows = [[*GOOD, "x"], [*changed(a1="8"), "y"], [*changed(gender="?"), "z"]]
    return check(csv_bytes(*rows, heading=[*HEADING, WILD], delimiter=";"))


def page(language: Language = "nl") -> BeautifulSoup:
    return BeautifulSoup(html_page(outcome(), language, command="magical-housing check a.csv"), "html.parser")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_landmarks_language_and_headings_in_order(language: Language) -> None:
    soup = page(language)
    assert soup.html is not None
    assert soup.html["lang"] == language
    assert [len(soup.find_all(name)) for name in ("main", "header", "footer", "h1")] == [1, 1, 1, 1]
    levels = [int(heading.name[1]) for heading in soup.find_all(re.compile("^h[1-6]$"))]
    assert all(now <= before + 1 for before, now in pairwise(levels))
    ids = [element["id"] for element in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    labelled = [element["aria-labelledby"] for element in soup.find_all(attrs={"aria-labelledby": True})]
    assert {name for names in labelled for name in str(names).split()} <= set(ids)
    assert all(heading["scope"] == "row" for heading in soup.find_all("th"))


def test_the_verdict_comes_first_and_each_thing_can_be_ticked_off() -> None:
    soup = page()
    assert soup.h1 is not None
    assert soup.h1.get_text(strip=True) == "Nog niet: 2 dingen aanpassen"
    boxes = soup.find_all("input", type="checkbox")
    assert [box["id"] for box in boxes] == [label["for"] for label in soup.find_all("label")]
    assert len(boxes) == 2
    assert "magical-housing check a.csv" in soup.get_text()


def test_headings_are_text_and_nothing_is_fetched() -> None:
    text = html_page(outcome(), "nl")
    soup = BeautifulSoup(text, "html.parser")
    assert soup.find_all(["script", "img", "link", "iframe", "form", "object"]) == []
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    attributes = {(name, str(value)) for element in soup.find_all(True) for name, value in element.attrs.items()}
    assert not any("//" in value or name == "style" or name.startswith("on") for name, value in attributes)


def test_the_policy_allows_this_style_and_nothing_else() -> None:
    soup = page()
    assert soup.style is not None
    policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert policy is not None
    digest = base64.b64encode(hashlib.sha256(soup.style.get_text().encode()).digest()).decode()
    assert policy["content"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def test_the_picture_is_told_in_words() -> None:
    soup = page()
    svg = soup.find("svg", role="img")
    assert svg is not None
    said = svg.find("desc")
    assert said is not None
    assert "Aan te passen: kolommen C, F, rij 3, 4." in said.get_text()
    assert "Om naar te kijken: kolom H." in said.get_text()


def test_no_picture_where_nothing_has_a_place() -> None:
    assert BeautifulSoup(html_page(check(csv_bytes(GOOD)), "nl"), "html.parser").find("svg", role="img") is None
    missing = html_page(Checked((Problem("file_missing"),)), "en")
    assert "Not yet: 1 thing to change" in missing


def test_the_same_answer_is_the_same_bytes() -> None:
    assert html_page(outcome(), "nl") == html_page(outcome(), "nl")


def test_the_fragment_is_what_stands_in_the_page() -> None:
    assert html_fragment(outcome(), "nl") in html_page(outcome(), "nl")
