"""Scale scores worked out by hand, and what must hold for any answers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.measurement.scoring import (
    Difference,
    Item,
    Scale,
    difference_score,
    reverse,
    reversed_where_declared,
    scale_score,
    scores,
)

NAN = float("nan")
ORACLES = Path(__file__).resolve().parents[2] / "oracles" / "scoring"
PSYCH: dict[str, Any] = json.loads((ORACLES / "scoring.json").read_text(encoding="utf-8"))
ANSWERS = pd.read_csv(ORACLES / "answers.csv")


def scale(
    n: int,
    *,
    rule: Literal["mean", "sum"] = "mean",
    minimum: Literal["all", "half"] | int = "half",
    multiply: float = 1.0,
    codes: tuple[float, float] = (1.0, 5.0),
) -> Scale:
    """A scale of ``n`` items ``i1 …`` on one answer scale; its range as the rule gives it."""
    items = tuple(Item(f"i{k}", *codes) for k in range(1, n + 1))
    times = multiply * (n if rule == "sum" else 1)
    return Scale("S", items, rule, multiply, minimum, codes[0] * times, codes[1] * times)


def answers(*rows: list[float]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=[f"i{k}" for k in range(1, len(rows[0]) + 1)], dtype=float)


def test_reversal_counts_from_the_other_end() -> None:
    assert reverse(pd.Series([1.0, 2.0, 5.0]), lower=1, upper=5).tolist() == [5, 4, 1]
    # a scale that starts at nought, and half points
    assert reverse(pd.Series([0.0, 5.0, 2.5]), lower=0, upper=5).tolist() == [5, 0, 2.5]


def test_only_reversed_items_are_turned_round() -> None:
    frame = pd.DataFrame({"a": [1.0, NAN], "b": [1.0, 2.0], "other": ["x", "y"]})
    turned = reversed_where_declared(frame, [Item("a", 1, 5), Item("b", 1, 7, reversed=True)])
    assert turned["a"].tolist()[0] == 1
    assert np.isnan(turned["a"].tolist()[1])
    assert turned["b"].tolist() == [7, 6]
    assert list(turned.columns) == ["a", "b"]


@pytest.mark.parametrize(("n", "minimum", "required"), [(4, "half", 2), (5, "half", 3), (5, "all", 5), (5, 4, 4)])
def test_how_many_items_must_be_answered(n: int, minimum: Literal["all", "half"] | int, required: int) -> None:
    assert scale(n, minimum=minimum).n_required == required


def test_a_mean_is_over_the_answered_items() -> None:
    frame = answers([1, 2, 3, 4], [5, 5, NAN, NAN], [5, NAN, NAN, NAN], [NAN] * 4)
    # 10 / 4; 10 / 2; one of four is less than half; nothing
    assert scale_score(frame, scale(4)).fillna(-1).tolist() == [2.5, 5, -1, -1]


def test_a_sum_that_needs_all_items_is_never_prorated() -> None:
    frame = answers([1, 2, 3, 4, 5], [7, 7, 7, 7, NAN])
    assert scale_score(frame, scale(5, rule="sum", minimum="all", codes=(1, 7))).fillna(-1).tolist() == [15, -1]


def test_a_sum_is_prorated_where_items_may_be_missing() -> None:
    frame = answers([2, 4, NAN, NAN])
    # 6 over 2 answers, times 4 items
    assert scale_score(frame, scale(4, rule="sum")).tolist() == [12]


def test_a_sum_is_multiplied() -> None:
    frame = answers([0, 1, 2, 3, 4], [5] * 5)
    assert scale_score(frame, scale(5, rule="sum", minimum="all", multiply=4, codes=(0, 5))).tolist() == [40, 100]


def test_half_points_count() -> None:
    assert scale_score(answers([7.5, 8, 10]), scale(3, codes=(1, 10))).tolist() == [8.5]


def test_a_complete_sum_is_a_whole_number() -> None:
    rows = np.random.default_rng(0).integers(1, 8, size=(500, 5)).tolist()
    found = scale_score(answers(*rows), scale(5, rule="sum", minimum="all", codes=(1, 7)))
    assert found.tolist() == [float(sum(row)) for row in rows]


def test_the_mean_of_equal_answers_is_that_answer() -> None:
    # 49 times 1/49 is not quite one
    for n in range(1, 60):
        for code in (1.0, 2.5, 3.0, 4.0, 10.0):
            assert scale_score(answers([code] * n), scale(n, codes=(1, 10))).tolist() == [code]


@pytest.mark.parametrize(
    ("row", "score"),
    [
        ([1, 1, 1, 1, 1], 5),
        ([7, 7, 7, 7, 7], 35),
        ([4, 4, 4, 4, 4], 20),
        ([5, 6, 6, 3, 2], 22),
        ([5, 6, 6, 3, NAN], None),
        ([NAN] * 5, None),
    ],
)
def test_satisfaction_with_life_is_the_sum_of_five_answers_from_one_to_seven(
    row: list[float], score: float | None
) -> None:
    swls = scale(5, rule="sum", minimum="all", codes=(1, 7))
    (found,) = scale_score(answers(row), swls)
    assert (None if np.isnan(found) else found) == score


@pytest.mark.parametrize(
    ("row", "score"),
    [([0] * 5, 0), ([5] * 5, 100), ([3, 2, 3, 3, 2], 52), ([2, 3, 3, 2, 2], 48), ([3, 2, 3, 3, NAN], None)],
)
def test_well_being_is_four_times_the_sum_of_five_answers_from_nought_to_five(
    row: list[float], score: float | None
) -> None:
    who5 = scale(5, rule="sum", minimum="all", multiply=4, codes=(0, 5))
    (found,) = scale_score(answers(row), who5)
    assert (None if np.isnan(found) else found) == score


def test_a_prorated_and_multiplied_sum_by_hand() -> None:
    # 3 + 2 + 3 + 3 of four answers: 11/4 an item, five items, times four
    who5 = scale(5, rule="sum", minimum=4, multiply=4, codes=(0, 5))
    assert scale_score(answers([3, 2, 3, 3, NAN]), who5).tolist() == [55]
    assert scale_score(answers([3, 2, 3, NAN, NAN]), who5).isna().all()


def test_an_item_nobody_was_asked_counts_as_not_answered() -> None:
    frame = answers([2, NAN, 4], [5, NAN, NAN])
    assert scale_score(frame, scale(3)).fillna(-1).tolist() == [3, -1]
    assert scale_score(frame, scale(3, minimum="all")).isna().all()


def test_no_persons_no_scores() -> None:
    frame = answers([1.0, 2.0]).iloc[:0]
    found = scores(frame, [scale(2)], [Difference("D", ("S",), ())])
    assert found.shape == (0, 2)


@pytest.mark.parametrize("name", [*PSYCH["keys"], "halves"])
def test_scores_are_those_of_psych(name: str) -> None:
    """Where psych's rule is ours: means of the answered items; sums of complete answers (scoring.R)."""
    halves = name == "halves"
    keys = (PSYCH["half_keys"] if halves else PSYCH["keys"])[name]
    low, high = (0.0, 5.0) if halves else (1.0, 6.0)
    items = tuple(Item(key.lstrip("-"), low, high, reversed=key.startswith("-")) for key in keys)
    persons = ANSWERS.iloc[200:] if halves else ANSWERS.iloc[:200]
    turned = reversed_where_declared(persons, items)
    at = 0 if halves else list(PSYCH["keys"]).index(name)
    theirs = np.array(PSYCH["half_means" if halves else "means"], dtype=float)[:, at]
    found = scale_score(turned, Scale(name, items, "mean", 1.0, 1, low, high))
    np.testing.assert_allclose(found, theirs, atol=1e-9)
    if not halves:
        complete = persons.iloc[:, :25].notna().all(axis=1)
        assert complete.sum() == 100
        sums = scale_score(turned[complete], Scale(name, items, "sum", 1.0, "all", 5 * low, 5 * high))
        assert sums.tolist() == np.array(PSYCH["sums"], dtype=float)[:, at].tolist()


def test_a_difference_needs_every_score_in_it() -> None:
    frame = pd.DataFrame({"A": [1.0, 1.0, NAN], "B": [3.0, NAN, 3.0], "C": [0.5, 0.5, 0.5]})
    assert difference_score(frame, Difference("D", ("A", "B"), ("C",))).fillna(-9).tolist() == [1.5, -9, -9]
    assert difference_score(frame, Difference("D", ("C",), ())).tolist() == [0.5] * 3


def test_scores_hold_scales_then_differences() -> None:
    frame = answers([1, 3], [4, 4])
    one, two = replace(scale(1), name="ONE"), replace(scale(2, rule="sum"), name="TWO")
    found = scores(frame, [one, two], [Difference("LESS", ("TWO",), ("ONE",))])
    assert found.to_dict("list") == {"ONE": [1, 4], "TWO": [4, 8], "LESS": [3, 4]}


half_points = st.integers(2, 20).map(lambda doubled: doubled / 2)
rows_of_five = st.lists(st.lists(st.one_of(half_points, st.just(NAN)), min_size=5, max_size=5), min_size=1, max_size=6)
rules = st.sampled_from([
    scale(5, rule=rule, minimum=minimum, multiply=multiply, codes=(1, 10))
    for rule in ("mean", "sum") for minimum in ("all", "half", 1) for multiply in (1.0, 4.0)
])  # fmt: skip


@given(st.lists(half_points, min_size=1))
def test_reversing_twice_changes_nothing(codes: list[float]) -> None:
    values = pd.Series(codes)
    assert reverse(reverse(values, lower=1, upper=10), lower=1, upper=10).tolist() == codes


@given(rows_of_five, rules)
def test_a_score_lies_within_the_range_and_exists_where_enough_is_answered(
    rows: list[list[float]], made: Scale
) -> None:
    frame = answers(*rows)
    found = scale_score(frame, made)
    assert found.dropna().between(made.lower - 1e-9, made.upper + 1e-9).all()
    assert (found.notna() == (frame.notna().sum(axis=1) >= made.n_required)).all()


@given(rows_of_five, rules, st.randoms(use_true_random=False))
def test_scores_do_not_depend_on_the_order_of_persons(rows: list[list[float]], made: Scale, random: object) -> None:
    frame = answers(*rows)
    order = list(range(len(frame)))
    random.shuffle(order)  # type: ignore[attr-defined]
    pd.testing.assert_series_equal(scale_score(frame, made).iloc[order], scale_score(frame.iloc[order], made))
