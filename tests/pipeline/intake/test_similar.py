"""The one measure of likeness."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.intake.similar import alike, denies, nearest
from pipeline.intake.text import fold

SCALE = {"mee oneens": 1, "neutraal": 2, "mee eens": 3}


@pytest.mark.parametrize(("text", "code"), [("neutral", 2), ("Neutraall", 2), ("mee onens", 1), ("meeeens", 3)])
def test_a_spelling_is_near_one(text: str, code: int) -> None:
    found = nearest(text, SCALE)
    assert found is not None and found[0] == code and 80 <= found[1] < 100


@pytest.mark.parametrize("text", ["zeer tevreden", "", "3", "niet mee eens", "mee"])
def test_what_is_near_none_or_near_two_is_neither(text: str) -> None:
    assert nearest(text, SCALE) is None


def test_two_names_of_one_thing_do_not_compete() -> None:
    assert nearest("colour", {"color": 1, "colours": 1}) is not None
    assert nearest("colour", {"colou": 1, "coloura": 2}) is None


def test_a_denial_is_never_near_what_it_denies() -> None:
    assert nearest("niet tevreden", {"tevreden": 1}, at_least=50) is None
    assert denies("niet mee eens") and not denies("mee eens") and not denies("niet eens, niet oneens")


@given(st.text(max_size=30), st.text(max_size=30))
def test_likeness_is_the_same_both_ways_and_whole_for_the_same(one: str, other: str) -> None:
    assert alike(one, other) == pytest.approx(alike(other, one))
    assert alike(one, one) == 100
    assert (alike(one, other) == 100) == (fold(one) == fold(other))
