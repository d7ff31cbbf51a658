"""Answers beside those of an earlier wave: small samples by hand, chance by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from analysis.wave_shift import Sample, icc_between, item_rest, shift_between, turned_items, units_of

CODES = [1, 2, 3, 4, 5]


def sample(*values: float, units: list[str] | None = None) -> Sample:
    return Sample.of(
        pd.Series(values, dtype=float), units_of(pd.Series(units or [f"p{i}" for i in range(len(values))], dtype="str"))
    )


def test_kish_design_effect_by_hand() -> None:
    # two projects of 2 and 4: a person is in a project of (4 + 16) / 6 on average
    found = sample(1, 2, 3, 4, 5, 1, units=["a", "a", "b", "b", "b", "b"])
    assert found.effective_n(0.0) == 6
    assert found.effective_n(0.3) == pytest.approx(6 / (1 + (20 / 6 - 1) * 0.3))
    assert sample().effective_n(0.1) == 0


def test_missing_answers_do_not_count_and_persons_without_a_project_stand_alone() -> None:
    found = Sample.of(pd.Series([1.0, np.nan, 3.0, 4.0]), units_of(pd.Series(["a", "a", None, None], dtype="str")))
    assert found.values.tolist() == [1.0, 3.0, 4.0]
    assert found.effective_n(0.5) == 3


def test_a_project_that_is_in_both_waves_is_compared_with_itself() -> None:
    new, old = sample(1, 2, 3, 4, units=["a", "a", "b", "c"]), sample(1, 2, units=["a", "b"])
    assert icc_between(new, old, icc=0.05, icc_same_project=0.01) == pytest.approx(0.75 * 0.01 + 0.25 * 0.05)
    assert icc_between(old, sample(1), icc=0.05, icc_same_project=0.01) == 0.05


def test_distances_by_hand() -> None:
    found = shift_between(sample(1, 1, 2, 2), sample(2, 2, 4, 4), codes=CODES, icc=0)
    assert found.variation == 0.5  # half of them would have to move from 1 to 4
    assert found.mirrored == 0.5  # 5 5 4 4 beside 2 2 4 4
    assert found.mean == pytest.approx(-1.5 / np.sqrt((4 * 0.25 + 4 * 1) / 6))
    mirror = shift_between(sample(1, 1, 2, 2), sample(5, 5, 4, 4), codes=CODES, icc=0)
    assert (mirror.variation, mirror.mirrored) == (1.0, 0.0)


def test_the_table_is_tested_as_pearson_does() -> None:
    new, old = [1] * 30 + [2] * 40 + [3] * 30, [1] * 60 + [2] * 100 + [3] * 40
    found = shift_between(sample(*new), sample(*old), codes=[1, 2, 3], icc=0)
    table = [[30, 40, 30], [60, 100, 40]]
    of_means = np.mean(new) - np.mean(old)
    assert abs(of_means) < 0.11
    assert found.pvalue == pytest.approx(2 * chi2_contingency(table, correction=False).pvalue, rel=1e-9)


def test_everybody_the_same_is_no_shift() -> None:
    found = shift_between(sample(*[3] * 20), sample(*[3] * 30), codes=CODES, icc=0.05)
    assert (found.mean, found.variation, found.pvalue) == (0.0, 0.0, 1.0)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=40), st.lists(st.integers(1, 5), min_size=1, max_size=40))
def test_the_distance_is_one_and_symmetric(a: list[int], b: list[int]) -> None:
    there = shift_between(sample(*a), sample(*b), codes=CODES, icc=0.05)
    back = shift_between(sample(*b), sample(*a), codes=CODES, icc=0.05)
    assert 0 <= there.variation <= 1
    assert 0 <= there.pvalue <= 1
    assert there.variation == pytest.approx(back.variation)
    assert there.pvalue == pytest.approx(back.pvalue)


def one_factor(n: int, k: int, loading: float = 0.7, seed: int = 1) -> pd.DataFrame:
    """Answers from 1 to 5 to ``k`` items of one scale."""
    dice = np.random.default_rng(seed)
    common = dice.normal(size=(n, 1))
    latent = loading * common + np.sqrt(1 - loading**2) * dice.normal(size=(n, k))
    return pd.DataFrame(np.clip(np.round(3 + 1.1 * latent), 1, 5), columns=[f"i{i}" for i in range(k)])


def test_item_rest_correlations_are_numpys() -> None:
    answers = one_factor(50, 4)
    answers.iloc[0, 1] = np.nan
    rest = answers[["i1", "i2", "i3"]].mean(axis=1)
    assert item_rest(answers, alpha=0.05)["i0"].r == pytest.approx(np.corrcoef(answers["i0"], rest)[0, 1])


def test_a_turned_item_is_found_and_the_others_are_not_blamed() -> None:
    answers = one_factor(200, 6)
    ends = dict.fromkeys(answers.columns, 6.0)
    assert turned_items(answers, alpha=0.001, ends=ends) == []
    for names in (["i2"], ["i0", "i4"]):
        turned = answers.copy()
        turned[names] = 6 - turned[names]
        assert sorted(turned_items(turned, alpha=0.001, ends=ends)) == names


def test_what_cannot_be_told_is_not_said() -> None:
    two = one_factor(200, 2)
    two["i1"] = 6 - two["i1"]
    assert turned_items(two, alpha=0.05, ends=dict.fromkeys(two.columns, 6.0)) == []
    four = one_factor(200, 4)
    four[["i0", "i1"]] = 6 - four[["i0", "i1"]]  # or is it the other two?
    assert turned_items(four, alpha=0.05, ends=dict.fromkeys(four.columns, 6.0)) == []
    few = one_factor(9, 6)
    few["i0"] = 6 - few["i0"]
    assert turned_items(few, alpha=0.05, ends=dict.fromkeys(few.columns, 6.0)) == []
