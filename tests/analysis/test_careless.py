"""Careless-response indices on frames of a few persons that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.careless import (
    OpposedItems,
    careless_flags,
    contradiction_share,
    intra_individual_sd,
    longest_run_share,
    repeated_answers,
)

NAN = float("nan")
SIX = [f"a{n}" for n in range(1, 7)]
FIVE_POINTS = dict.fromkeys(SIX, (1.0, 5.0))


def test_longest_run_counts_equal_answers_in_the_order_asked() -> None:
    answers = pd.DataFrame(
        [
            [3, 3, 3, 3, 3, 3],  # one run of six
            [1, 2, 2, 2, 3, 1],  # three twos
            [1, 2, 1, 2, 1, 2],  # never twice
        ],
        columns=SIX,
    )
    assert longest_run_share(answers).tolist() == [1.0, 3 / 6, 1 / 6]


def test_longest_run_skips_items_without_an_answer() -> None:
    names = [*SIX, "a7"]
    answers = pd.DataFrame(
        [
            [4, 4, NAN, 4, 4, 1, 4],  # 4 4 4 4 | 1 | 4: four of six answers
            [4, NAN, NAN, 4, 4, 4, 4],  # five answers are too few to say
        ],
        columns=names,
    )
    share = longest_run_share(answers)
    assert share[0] == pytest.approx(4 / 6)
    assert np.isnan(share[1])


def test_spread_is_measured_in_points_of_a_five_point_scale() -> None:
    # the last two items are asked 0 to 10: 0 is like 1 of 5, 10 like 5 of 5
    ranges = FIVE_POINTS | {"a5": (0.0, 10.0), "a6": (0.0, 10.0)}
    answers = pd.DataFrame(
        [
            [1, 5, 1, 5, 0, 10],  # 1 5 1 5 1 5: squares of deviations 6 x 4, over 5
            [5, 5, 5, 5, 10, 10],  # always the last answer
            [3, NAN, 3, 3, 5, 5],  # five answers are too few to say
        ],
        columns=SIX,
    )
    sd = intra_individual_sd(answers, ranges)
    assert sd[0] == pytest.approx(np.sqrt(24 / 5))
    assert sd[1] == 0
    assert np.isnan(sd[2])


def test_a_reversed_item_answered_like_the_others_is_a_contradiction() -> None:
    answers = pd.DataFrame(
        [
            [5, 4, 5],  # agrees with both kinds
            [1, 2, 2],  # disagrees with both kinds
            [5, 4, 1],  # means it
            [3, 3, 3],  # in the middle: no sign of anything
            [4, 4, 3],  # the reversed one in the middle
            [NAN, NAN, 5],  # nothing to compare with
            [5, 3, 4],  # mean of the straight ones 4, the reversed one 4
        ],
        columns=["a1", "a2", "a3"],
    )
    share = contradiction_share(answers, FIVE_POINTS, [OpposedItems(("a1", "a2"), ("a3",))])
    assert share.fillna(-1).tolist() == [1, 1, 0, 0, 0, -1, 1]


def test_one_contradiction_of_two_flags_nobody() -> None:
    answers = pd.DataFrame(
        [[5, 5, 5, 5], [5, 5, 5, 1], [5, 5, 5, NAN]],  # both pairs, one of two, the only one there is
        columns=["a1", "a2", "a3", "a4"],
    )
    flags = careless_flags(
        answers,
        ranges=FIVE_POINTS,
        runs=[],
        opposed=[OpposedItems(("a1",), ("a2",)), OpposedItems(("a3",), ("a4",))],
        longstring_share=1.0,
        minimum_irv=0.0,
    )
    assert flags["flag_contradiction"].tolist() == [True, False, True]


def test_careless_takes_two_indices_that_agree() -> None:
    answers = pd.DataFrame(
        [
            [4, 4, 4, 4, 4, 4],  # straight through the reversed item: all three
            [3, 3, 3, 3, 3, 3],  # long string and no spread, but the middle contradicts nothing
            [4, 5, 4, 5, 4, 5],  # contradicts alone
            [4, 4, 2, 4, 5, 4],  # means it
            [NAN, NAN, NAN, NAN, NAN, 3],  # nothing can be said
        ],
        columns=SIX,
    )
    flags = careless_flags(
        answers,
        ranges=FIVE_POINTS,
        runs=[SIX],
        opposed=[OpposedItems(("a1", "a2", "a4", "a5", "a6"), ("a3",))],
        longstring_share=0.9,
        minimum_irv=0.3,
    )
    assert flags.to_numpy().tolist() == [
        [True, True, True, True],
        [True, True, False, True],
        [False, False, True, False],
        [False, False, False, False],
        [False, False, False, False],
    ]
    assert [str(kind) for kind in flags.dtypes] == ["bool"] * 4


def test_a_long_string_in_one_block_is_enough() -> None:
    answers = pd.DataFrame([[1, 2, 3, 4, 5, 1, *[2] * 6]], columns=[*SIX, *(f"b{n}" for n in range(6))])
    ranges = dict.fromkeys(answers, (1.0, 5.0))
    blocks = [list(answers.columns[:6]), list(answers.columns[6:])]
    flags = careless_flags(answers, ranges=ranges, runs=blocks, opposed=[], longstring_share=0.9, minimum_irv=0.0)
    assert flags["flag_longstring"].tolist() == [True]


def test_the_same_answers_twice_keep_the_first() -> None:
    answers = pd.DataFrame(
        [[1, 2, 3], [1, 2, 3], [1, 2, 3], [1, 2, NAN], [1, 2, NAN], [4, 4, 4], [4, 4, 4]],
        columns=["a1", "a2", "a3"],
    )
    background = pd.DataFrame({"age": ["20", "20", "30", "20", "20", "20", "20"]})
    # person 3 is somebody else; persons 4 and 5 answered too little, 6 and 7 without difference, to be sure
    assert repeated_answers(answers, background, minimum_answers=3).tolist() == [False, True, *[False] * 5]
    # with two answers asked for, a blank equals a blank
    assert repeated_answers(answers, background, minimum_answers=2).tolist() == [
        False, True, False, False, True, False, False,
    ]  # fmt: skip


cells = st.lists(st.lists(st.sampled_from([1, 2, 3, 4, 5, NAN]), min_size=6, max_size=6), min_size=1, max_size=8)


@given(cells, st.randoms(use_true_random=False))
def test_flags_do_not_depend_on_the_order_of_persons(rows: list[list[float]], random: object) -> None:
    answers = pd.DataFrame(rows, columns=SIX, dtype=float)
    order = list(range(len(answers)))
    random.shuffle(order)  # type: ignore[attr-defined]

    def flags(frame: pd.DataFrame) -> pd.DataFrame:
        return careless_flags(
            frame,
            ranges=FIVE_POINTS,
            runs=[SIX],
            opposed=[OpposedItems(("a1", "a2"), ("a3",))],
            longstring_share=0.9,
            minimum_irv=0.3,
        )

    pd.testing.assert_frame_equal(flags(answers).iloc[order], flags(answers.iloc[order]))
