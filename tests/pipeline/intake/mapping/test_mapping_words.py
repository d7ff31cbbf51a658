"""What is said of a proposal: in both languages, for every reason, and no reason without a sentence."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from pipeline.intake.mapping import summary
from pipeline.intake.mapping.answer_words import answer_words
from pipeline.intake.words import catalogue

FOLDER = Path(summary.__file__).parent
TEXTS = catalogue()["mapping"]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(TEXTS["nl"]["why"]))
def test_a_reason_says_the_same_in_both_languages_and_is_given_by_somebody(key: str) -> None:
    assert placeholders(TEXTS["nl"]["why"][key]) == placeholders(TEXTS["en"]["why"][key])
    code = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py"))
    assert f'"{key}"' in code


def test_both_languages_have_the_same_keys() -> None:
    assert set(TEXTS["nl"]) == set(TEXTS["en"])
    assert set(TEXTS["nl"]["why"]) == set(TEXTS["en"]["why"])
    assert set(TEXTS["nl"]["draft"]) == set(TEXTS["en"]["draft"])


def test_every_reason_in_the_code_has_a_sentence() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py"))
    assert set(re.findall(r'Why\("(\w+)"', code)) <= set(TEXTS["nl"]["why"])


def test_no_word_stands_for_two_opposite_answers() -> None:
    words = answer_words()
    yes, no = words.like("ja"), words.like("nee")
    assert not yes & no
    assert not words.like("mee eens") & words.like("mee oneens")
    assert not words.like("tevreden") & words.like("ontevreden")
