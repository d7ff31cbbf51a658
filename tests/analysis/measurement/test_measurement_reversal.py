"""Reversals that were forgotten, or made twice, are noticed; where they cannot be, that is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.measurement.reversal import REVERSAL_PROBLEMS, Agreement, ReversalCheck, reversal_check
from analysis.measurement.scoring import Item, Scale, reversed_where_declared

NAN = float("nan")


def scale_of(*items: str, name: str = "S", turned: tuple[str, ...] = (), codes: tuple[float, float] = (1, 5)) -> Scale:
    made = tuple(Item(item, *codes, reversed=item in turned) for item in items)
    return Scale(name, made, "mean", 1.0, "half", *codes)


def check(answers: pd.DataFrame, scale: Scale, other: Scale | None = None, *, minimum_n: int = 5) -> ReversalCheck:
    return reversal_check(answers, scale, other=other, minimum_n=minimum_n, confidence=0.95)


def agreement(found: ReversalCheck) -> Agreement:
    assert found.agreement is not None
    return found.agreement


# three who agree and three who do not, after reversal: a and b the same, c off by one once
BY_HAND = pd.DataFrame({"a": [5.0, 4, 4, 2, 2, 1], "b": [5.0, 4, 4, 2, 2, 1], "c": [5.0, 4, 3, 2, 2, 1]})


def like(n: int, *loadings: float, seed: int = 1, names: str = "abcdef") -> pd.DataFrame:
    """Five-point answers after reversal: items of one factor, the first column of noise shared by nobody."""
    random = np.random.default_rng(seed)
    normal = random.normal(size=n)[:, None] * loadings + random.normal(size=(n, len(loadings))) * 0.7
    return pd.DataFrame(np.clip(np.round(normal + 3), 1, 5), columns=list(names[: len(loadings)]))


def test_a_scale_without_its_one_reversal_by_hand() -> None:
    found = check(BY_HAND, scale_of("a", "b", "c", turned=("c",)))
    assert found.items == ("c",)
    assert (found.n_obs, found.all_reversed, found.noticed_by, found.problems) == (6, False, "items", ())
    assert found.now.lowest_item_rest == pytest.approx(np.corrcoef(BY_HAND["c"], 2 * BY_HAND["a"])[0, 1])
    assert found.unreversed.lowest_item_rest == pytest.approx(-np.corrcoef(BY_HAND["c"], 2 * BY_HAND["a"])[0, 1])
    backwards = BY_HAND.assign(c=6 - BY_HAND["c"])
    of_items, of_sum = backwards.var().sum(), backwards.sum(axis=1).var()
    assert found.unreversed.alpha == pytest.approx(3 / 2 * (1 - of_items / of_sum))
    assert found.unreversed.alpha < 0 < found.now.alpha


@pytest.mark.parametrize("turned", ["a", "ab", "abc", "abd", "ad", "bcd"])
def test_any_part_of_a_scale_that_was_not_reversed_is_noticed(turned: str) -> None:
    found = check(like(300, 0.8, 0.7, 0.6, 0.7), scale_of(*"abcd", turned=tuple(turned)))
    assert found.noticed_by == "items"
    assert found.problems == ()
    assert found.unreversed.alpha < found.now.alpha


def test_two_items_one_of_them_reversed() -> None:
    found = check(like(300, 0.8, 0.7), scale_of("a", "b", turned=("b",)))
    assert found.noticed_by == "items"
    assert found.unreversed.lowest_item_rest == pytest.approx(-found.now.lowest_item_rest)


def test_what_the_sender_had_reversed_already_goes_against_the_others() -> None:
    scale = scale_of(*"abcd", turned=("c",))
    as_sent = like(300, 0.8, 0.7, 0.6, 0.7)  # c runs with the others already
    found = check(reversed_where_declared(as_sent, scale.items), scale)
    assert found.problems == ("negative_item_rest",)
    assert found.now.lowest_item_rest < 0 < found.unreversed.lowest_item_rest
    # without the reversal nothing would be wrong, so that nothing would be noticed
    assert found.noticed_by == ""


# --- every item reversed


ALL = scale_of("a", "b", turned=("a", "b"))
OTHER = scale_of("c", "d", "e", name="OTHER")


def test_items_cannot_tell_where_all_are_reversed() -> None:
    found = check(like(300, 0.8, 0.7), ALL)
    assert found.all_reversed
    assert (found.noticed_by, found.problems, found.agreement) == ("", (), None)
    assert found.now.alpha == pytest.approx(found.unreversed.alpha)
    assert found.now.lowest_item_rest == pytest.approx(found.unreversed.lowest_item_rest)


def test_another_scale_tells() -> None:
    answers = like(300, 0.8, 0.7, 0.6, 0.7, 0.6)
    found = check(answers, ALL, OTHER)
    assert found.noticed_by == "other"
    assert found.problems == ()
    assert agreement(found).n_obs == 300
    assert agreement(found).r == pytest.approx(
        answers[["a", "b"]].mean(axis=1).corr(answers[["c", "d", "e"]].mean(axis=1))
    )
    assert 0 < agreement(found).ci_lower < agreement(found).r < agreement(found).ci_upper


def test_a_scale_wholly_reversed_by_the_sender_goes_against_the_other() -> None:
    as_sent = like(300, 0.8, 0.7, 0.6, 0.7, 0.6)
    found = check(reversed_where_declared(as_sent, [*ALL.items, *OTHER.items]), ALL, OTHER)
    assert found.problems == ("against_other",)
    assert found.noticed_by == ""


def test_another_scale_that_has_nothing_to_do_with_it_tells_nothing() -> None:
    # every answer to one scale beside every answer to the other
    answers = pd.DataFrame([[i, i, j, j, j] for i in range(1, 6) for j in range(1, 6)], columns=list("abcde"))
    found = check(answers, ALL, OTHER)
    assert agreement(found).r == pytest.approx(0)
    assert agreement(found).ci_lower < 0 < agreement(found).ci_upper
    assert (found.noticed_by, found.problems) == ("", ("other_unclear",))


def test_two_scales_wholly_reversed_do_not_tell_on_each_other() -> None:
    other = scale_of("c", "d", "e", name="OTHER", turned=("c", "d", "e"))
    found = check(like(300, 0.8, 0.7, 0.6, 0.7, 0.6), ALL, other)
    assert agreement(found).r > 0.5
    assert found.noticed_by == ""


def test_the_other_scale_counts_those_who_have_both_scores() -> None:
    answers = like(300, 0.8, 0.7, 0.6, 0.7, 0.6)
    answers.loc[:99, ["c", "d"]] = NAN  # one of three is less than half
    answers.loc[200:, "a"] = NAN  # one of two is half
    found = check(answers, ALL, OTHER)
    assert (found.n_obs, agreement(found).n_obs) == (200, 200)


# --- traps


def test_too_few() -> None:
    found = check(BY_HAND, scale_of("a", "b", "c", turned=("c",)), minimum_n=7)
    assert found.problems == ("too_few",)
    assert np.isnan([found.now.alpha, found.now.lowest_item_rest, found.unreversed.alpha]).all()
    assert found.noticed_by == ""
    found = check(like(30, 0.8, 0.7).assign(c=NAN, d=NAN, e=NAN), ALL, OTHER, minimum_n=10)
    assert found.problems == ("too_few",)
    assert np.isnan(agreement(found).r)


def test_one_item() -> None:
    answers = like(300, 0.8, 0.7, 0.6, 0.7, 0.6)
    one = scale_of("a", turned=("a",))
    assert check(answers, one).problems == ("single_item",)
    assert check(answers, one).all_reversed
    assert check(answers, one, OTHER).noticed_by == "other"


def test_a_constant_item() -> None:
    answers = like(300, 0.8, 0.7, 0.6).assign(c=5.0)
    found = check(answers, scale_of("a", "b", "c", turned=("b", "c")))
    assert found.problems == ("constant_item",)
    assert found.noticed_by == "items"
    found = check(answers, scale_of("a", "c", turned=("c",)))
    assert found.problems == ("constant_item",)
    assert np.isnan(found.now.alpha)
    assert found.noticed_by == ""


def test_nobody_answered() -> None:
    found = check(BY_HAND * NAN, scale_of("a", "b", "c", turned=("c",)))
    assert (found.n_obs, found.problems) == (0, ("too_few",))


def test_items_that_cancel_out() -> None:
    """Two identical items, one of them not reversed: their sum does not vary."""
    found = check(BY_HAND, scale_of("a", "b", turned=("b",)))
    assert found.unreversed.lowest_item_rest == pytest.approx(-1)
    assert found.noticed_by == "items"


@given(st.integers(0, 10**6), st.sets(st.sampled_from("abcd"), min_size=1, max_size=3), st.booleans())
def test_reversal_undone_twice_is_the_check_of_the_mirror(seed: int, turned: set[str], half_points: bool) -> None:
    """What the check calls unreversed is what it calls now for the answers as asked."""
    random = np.random.default_rng(seed)
    answers = pd.DataFrame(random.integers(2, 11, size=(40, 4)) / (2 if half_points else 1), columns=list("abcd"))
    answers[random.random((40, 4)) < 0.05] = np.nan
    scale = scale_of(*"abcd", turned=tuple(turned), codes=(1, 5) if half_points else (2, 10))
    here, there = check(answers, scale), check(reversed_where_declared(answers, scale.items), scale)
    for one, other in ((here.now, there.unreversed), (here.unreversed, there.now)):
        np.testing.assert_allclose(
            [one.alpha, one.lowest_item_rest], [other.alpha, other.lowest_item_rest], atol=1e-9
        )  # fmt: skip
    assert set(here.problems) <= set(REVERSAL_PROBLEMS)
