"""Counting what is left open, on frames one can count by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.measurement.missing import NONE, OTHER, open_by_group, open_rates, patterns

# persons down; the second item was not asked of the last person
ANSWERED = pd.DataFrame({"b": [True, True, False, False], "a": [True, False, False, False]})
ASKED = pd.DataFrame({"b": [True] * 4, "a": [True, True, True, False]})
MEMBERS = {
    "all": pd.Series([True] * 4),
    "nl": pd.Series([True, True, False, False]),
    "ti": pd.Series([False, False, False, True]),
}


def test_whoever_was_not_asked_left_nothing_open() -> None:
    found = open_by_group(ANSWERED, ASKED, MEMBERS)
    assert list(found.itertuples(index=False, name=None)) == [
        ("b", "all", 2, 4, 0.5), ("b", "nl", 0, 2, 0.0), ("b", "ti", 1, 1, 1.0),
        # nobody of `ti` was asked `a`: no row, rather than a share of nobody
        ("a", "all", 2, 3, pytest.approx(2 / 3)), ("a", "nl", 1, 2, 0.5),
    ]  # fmt: skip


def test_rates_are_over_answers_that_were_asked() -> None:
    found = open_rates(ANSWERED, ASKED, [*MEMBERS.values(), pd.Series([False] * 4)])
    assert found["n_obs"].to_list() == [4, 2, 1, 0]
    assert found["n_items"].to_list() == [2, 2, 1, 0]
    assert found["rate"].to_list()[:3] == [pytest.approx(4 / 7), 0.25, 1.0]
    assert pd.isna(found["rate"].iloc[3])


def test_patterns_go_from_none_over_frequent_to_all_rare_ones_together() -> None:
    rows = [[0, 0]] * 3 + [[0, 1]] * 2 + [[1, 1]] * 4 + [[1, 0]] * 1
    left_open = pd.DataFrame(rows, columns=["HS", "SC"]).astype(bool)
    found = patterns(left_open, minimum_n=2)
    assert list(found.itertuples(index=False, name=None)) == [
        (NONE, 3, 10, 0.3), ("HS;SC", 4, 10, 0.4), ("SC", 2, 10, 0.2), (OTHER, 1, 10, 0.1),
    ]  # fmt: skip
    # nothing open is never a rare pattern
    assert patterns(left_open, minimum_n=4)["pattern"].to_list() == [NONE, "HS;SC", OTHER]


def test_nobody_has_no_patterns() -> None:
    assert patterns(pd.DataFrame({"HS": pd.Series([], dtype=bool)}), minimum_n=2).empty


@given(st.lists(st.tuples(*[st.booleans()] * 3), min_size=1, max_size=40), st.integers(1, 6))
def test_everybody_has_one_pattern(rows: list[tuple[bool, ...]], minimum_n: int) -> None:
    found = patterns(pd.DataFrame(rows, columns=["a", "b", "c"]), minimum_n=minimum_n)
    assert found["n"].sum() == len(rows)
    assert found["share"].sum() == pytest.approx(1)
    named = found[~found["pattern"].isin([NONE, OTHER])]
    assert (named["n"] >= minimum_n).all()
    assert found["pattern"].is_unique
