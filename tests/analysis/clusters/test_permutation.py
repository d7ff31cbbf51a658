"""Permutations that can be counted by hand."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from analysis.clusters.assignments import assignments, minimum_pvalue, n_assignments
from analysis.clusters.permutation import permutation_test, permuted_coefficients


def permute(means: list[float], labels: list[int], *, confidence: float = 0.95) -> tuple[float, float, float, float]:
    """One trait alone: Welch's t of the data, p, and the interval."""
    k = len(means)
    label = np.array(labels, dtype=float)
    permuted = assignments(label, np.zeros((k, 0)), draws=9999, seed=0)
    found = permutation_test(np.array(means), label, np.ones((k, 1)), permuted, confidence=confidence)
    return found.estimate / found.se, found.pvalue, found.ci_lower, found.ci_upper


def test_two_against_two() -> None:
    # 8 9 | 1 2: of the six ways to name two high, this one and its mirror image are furthest apart
    t, p, lower, upper = permute([8, 9, 1, 2], [1, 1, 0, 0])
    assert t == pytest.approx(7 / np.sqrt(0.5 / 2 + 0.5 / 2))
    assert p == pytest.approx(2 / 6)
    assert np.isnan(lower) and np.isnan(upper)  # no effect, however large, has a p of .05 or less
    # 8 2 | 1 9 (equal means): every way is at least as far apart
    assert permute([8, 2, 1, 9], [1, 1, 0, 0])[1] == 1.0


def test_three_against_three() -> None:
    # differences of means of 1 2 4 | 8 16 32: a power of two each, so that no two ways tie but mirror images. The sum
    # of the high ones tells the way: 56 is the largest of 20, 7 the smallest
    assert permute([1, 2, 4, 8, 16, 32], [0, 0, 0, 1, 1, 1])[1] == pytest.approx(2 / 20)
    # equal numbers a side: |t| rises with |difference|. 52 = 4 16 32: only 56 and the mirror images of both are as far
    assert permute([1, 2, 4, 8, 16, 32], [0, 0, 1, 0, 1, 1])[1] == pytest.approx(4 / 20)
    # 50 = 2 16 32, next in line
    assert permute([1, 2, 4, 8, 16, 32], [0, 1, 0, 0, 1, 1])[1] == pytest.approx(6 / 20)


def test_four_against_four() -> None:
    means = [1.0, 2, 3, 4, 5, 6, 7, 8]
    # 5+6+7+8 = 26 of 36: the one way to 26, and its mirror image, of 70
    assert permute(means, [0, 0, 0, 0, 1, 1, 1, 1])[1] == pytest.approx(2 / 70)
    # 4+6+7+8 = 25: one way to 25; with 26 and the mirror images four
    assert permute(means, [0, 0, 0, 1, 0, 1, 1, 1])[1] == pytest.approx(4 / 70)
    # 24: 3 6 7 8 and 4 5 7 8; with 25 and 26 four, with the mirror images eight
    assert permute(means, [0, 0, 1, 0, 0, 1, 1, 1])[1] == pytest.approx(8 / 70)


def test_two_against_three_counts_welch_and_not_the_difference() -> None:
    means, labels = [0.0, 10.0, 4.0, 5.0, 6.0], [1, 1, 0, 0, 0]
    # the ten ways, by scipy's own t
    ways = [(i, j) for i in range(5) for j in range(i + 1, 5)]
    statistics = [
        abs(ttest_ind([means[i] for i in w], [means[i] for i in range(5) if i not in w], equal_var=False).statistic)
        for w in ways
    ]
    assert statistics[0] == pytest.approx(0.0)
    assert permute(means, labels)[1] == 1.0
    for way, statistic in zip(ways, statistics, strict=True):
        label = [int(i in way) for i in range(5)]
        t, p, *_ = permute(means, label)
        assert abs(t) == pytest.approx(statistic)
        assert p == pytest.approx(np.mean([s >= statistic - 1e-9 for s in statistics]))


def test_the_other_trait_is_respected() -> None:
    # the other trait moves the means by 100; within its levels 1 2 | 3 4 and 101 102 | 103 104
    other = np.array([0.0, 0, 0, 0, 1, 1, 1, 1])
    label = np.array([0.0, 0, 1, 1, 0, 0, 1, 1])
    means = 100 * other + np.array([1.0, 2, 3, 4, 1, 2, 3, 4])
    permuted = assignments(label, other, draws=9999, seed=0)
    assert len(permuted.labels) == 6 * 6
    assert (permuted.labels[:, :4].sum(axis=1) == 2).all()
    found = permutation_test(means, label, np.column_stack([np.ones(8), other]), permuted, confidence=0.9)
    assert found.estimate == pytest.approx(2.0)
    assert found.pvalue == pytest.approx(2 / 36)  # the highest two of each level, or the lowest two of each
    assert found.ci_lower < 2.0 < found.ci_upper


def test_a_difference_of_effects_exchanges_the_units_that_have_one_trait_alone() -> None:
    # two units have both traits, two neither, three a alone, three b alone
    a = np.array([1.0, 1, 0, 0, 1, 1, 1, 0, 0, 0])
    b = np.array([1.0, 1, 0, 0, 0, 0, 0, 1, 1, 1])
    permuted = assignments((a - b) / 2, a + b, draws=9999, seed=0)
    assert permuted.exact and permuted.n_draws == 20
    assert (permuted.labels[:, :4] == 0).all()
    others = np.column_stack([np.ones(10), a + b])
    means = np.array([50.0, -3, 7, 80, 8, 16, 32, 1, 2, 4])  # those that say nothing may be anything
    found = permutation_test(means, (a - b) / 2, others, permuted, confidence=0.95)
    assert found.estimate == pytest.approx(56 / 3 - 7 / 3)
    assert found.pvalue == pytest.approx(2 / 20)
    assert minimum_pvalue((a - b) / 2, a + b) == pytest.approx(2 / 20)
    assert np.isnan(found.ci_lower)


def test_drawn_assignments_keep_strata_and_come_near_all_of_them() -> None:
    label, strata = np.array([1.0, 0] * 7), np.array([0.0, 0, 1, 1] * 3 + [0, 1])
    rng = np.random.default_rng(5)
    means = rng.normal(size=14) + 0.8 * label
    n_all = n_assignments(label, strata)
    others = np.column_stack([np.ones(14), strata])
    everything = assignments(label, strata, draws=n_all, seed=1)
    drawn = assignments(label, strata, draws=n_all - 1, seed=1)
    assert everything.exact and len(everything.labels) == n_all == len(np.unique(everything.labels, axis=0))
    assert not drawn.exact and len(drawn.labels) == n_all == drawn.n_draws + 1
    assert (drawn.labels[0] == label).all()
    for stratum in (0.0, 1.0):
        inside = strata == stratum
        assert (drawn.labels[:, inside].sum(axis=1) == label[inside].sum()).all()
    p, q = (permuted_coefficients(means, label, others, one.labels).pvalue() for one in (everything, drawn))
    assert q == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / n_all))
    again = assignments(label, strata, draws=n_all - 1, seed=1)
    np.testing.assert_array_equal(again.labels, drawn.labels)


def test_the_number_of_assignments_by_hand() -> None:
    label = np.array([1.0, 1, 1, 0, 0, 0, 1, 0])
    assert n_assignments(label, np.zeros((8, 0))) == comb(8, 4)
    # strata of three ones and one nought, and of one and three
    assert n_assignments(label, np.array([0, 0, 0, 0, 1, 1, 1, 1])) == 4 * 4
    assert n_assignments(label, np.column_stack([[0] * 4 + [1] * 4, [0, 1] * 4])) == comb(2, 2) * 2 * 2 * comb(2, 0)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_effect_is_as_good_as_any_other_assignment(seed: int) -> None:
    """Exactness: over all assignments as the data, at most a share q of them has a p-value of q or less."""
    rng = np.random.default_rng(seed)
    means, other = rng.normal(size=8), np.array([0.0, 0, 0, 0, 1, 1, 1, 1])
    others = np.column_stack([np.ones(8), other])
    ways = assignments(np.array([1.0, 0, 1, 0, 1, 0, 0, 0]), other, draws=9999, seed=0).labels
    p = np.array([
        permuted_coefficients(means, way, others, assignments(way, other, draws=9999, seed=0).labels).pvalue()
        for way in ways
    ])  # fmt: skip
    for q in np.unique(p):
        assert (p <= q + 1e-12).mean() <= q + 1e-12
