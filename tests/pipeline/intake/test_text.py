"""When two texts are the same answer, and what is a number in any script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.intake.text import fold, mark_of_fraction, number_in


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mee  Eens\n", "mee eens"),
        ("don’t know", "don't know"),
        ("don`t know", "don't know"),
        ("Niet mee eens – niet oneens", "niet mee eens - niet oneens"),
        ("mee\u00a0eens", "mee eens"),
        ("e\u0301e\u0301n", "één"),
        ("ＭＥＥ ＥＥＮＳ ３", "mee eens 3"),
        # Arabic: vowel signs, tatweel, hamza on alef, direction marks, digits
        ("راضٍ جدًا", "راض جدا"),
        ("راضٍ جداً", "راضٍ جدًا"),
        ("لا أوافـــق", "لا أوافق"),
        ("لا اوافق", "لا أوافق"),
        ("\u200fإلى حد ما\u200e", "الى حد ما"),
        ("٣ أوافق", "3 أوافق"),
        ("۳", "3"),
        # Tigrinya: the mark between words
        ("ብጣዕሚ፡ይስማዕማዕ", "ብጣዕሚ ይስማዕማዕ"),
    ],
)
def test_ways_of_writing_one_answer(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mee eens", "meeeens"),
        ("een", "één"),
        ("مدرسة", "مدرسه"),
        ("علي", "على"),
        ("أوافق", "لا أوافق"),
        ("ዕጉብ", "ዘይዕጉብ"),
    ],
)
def test_other_words_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("cell", "number"),
    [("٣", 3.0), ("۱۲", 12.0), ("３", 3.0), ("٧٫٥", 7.5), ("−1", -1.0), ("7.5", 7.5), ("7,5", None), ("٣ سنوات", None),
     ("½", None), ("²", None), ("፫", None), ("٬٣", None)],
)  # fmt: skip
def test_numbers_in_every_script(cell: str, number: float | None) -> None:
    assert number_in(cell, ".") == number


def test_an_arabic_decimal_mark_is_one_in_any_file() -> None:
    assert number_in("٧٫٥", ",") == 7.5
    assert mark_of_fraction("٧٫٥") is None
    assert mark_of_fraction("٧,٥") == ","
