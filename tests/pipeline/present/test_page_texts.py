"""The page texts of the shipped study: the glossary is in order, and what is advised is marked as advice."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

PAGES = Path(__file__).resolve().parents[3] / "reports" / "pages"


def text_of(language: str, slug: str) -> str:
    return (PAGES / language / f"{slug}.qmd").read_text(encoding="utf-8")


def terms(language: str) -> dict[str, str]:
    """Words of the glossary by anchor, in the order of the page."""
    found = re.findall(r"^\[(.+?)\]\{#(term-[\w-]+)\}$", text_of(language, "glossary"), flags=re.MULTILINE)
    return {anchor: word for word, anchor in found}


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_glossary_is_in_alphabetical_order_and_explains_every_word(language: str) -> None:
    words = [unicodedata.normalize("NFKD", word).lower() for word in terms(language).values()]
    assert words == sorted(words)
    assert len(words) == len(set(words)) == text_of(language, "glossary").count("\n:   ")


def test_the_glossary_has_the_same_words_in_both_languages() -> None:
    assert set(terms("nl")) == set(terms("en"))
    assert {"term-statushouder", "term-magic-mix", "term-interval", "term-eenheid", "term-icc", "term-curve"} <= set(
        terms("nl")
    )


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_link_to_the_glossary_leads_to_a_word(language: str) -> None:
    linked = {
        anchor
        for page in PAGES.joinpath(language).glob("*.qmd")
        for anchor in re.findall(r"\((?:glossary\.qmd)?#(term-[\w-]+)\)", page.read_text(encoding="utf-8"))
    }
    assert len(linked) > 4
    assert linked <= set(terms(language))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_booklets_numbers_stand_in_its_own_frame(language: str) -> None:
    """5 %, 160 dwellings and clusters of 8 are advice: nowhere on the page outside a frame that says so."""
    text = text_of(language, "new-project")
    framed = re.findall(r"^::: \{\.booklet\}\n(.*?)\n:::$", text, flags=re.MULTILINE | re.DOTALL)
    assert len(framed) == 3
    label = {"nl": "**Advies uit het boekje:", "en": "**Advice from the booklet:"}[language]
    assert all(frame.startswith(label) for frame in framed)
    rest = re.sub(r"^::: \{\.booklet\}\n.*?\n:::$", "", text.split("---", 2)[2], flags=re.MULTILINE | re.DOTALL)
    assert re.findall(r"\b\d+ ?%|\b160\b|\b8 (?:huishoudens|households)", rest) == []


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_limit_leads_to_where_it_can_be_seen(language: str) -> None:
    limits = text_of(language, "limitations").split("\n## ")[1:]
    assert len(limits) >= 10
    assert [limit.split(" {#")[0] for limit in limits if not re.search(r"\]\([\w-]+\.qmd#[\w-]+\)", limit)] == []
