"""The joint test: worked by hand, exact over a whole group of draws, and towards one side alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.multiverse.joint import NO_TEST, JointTest, joint_test, share_at_least, shares_at_least, statistics
from analysis.multiverse.outcome import Array, Found
from analysis.multiverse.signs import sign_vectors
from analysis.multiverse.specification import Specification

FOUND = Found("C5", Specification(), "ok")


def judged(found: list[Found], *, sign: int = 1, n_draws: int = 1000, all_permuted: bool = True) -> JointTest:
    """The joint test at five per cent."""
    return joint_test(found, sign=sign, alpha=0.05, n_draws=n_draws, seed=1, all_permuted=all_permuted)


def permuted(*columns: list[float]) -> list[Found]:
    """A specification for each column of estimates, the one found first."""
    return [replace(FOUND, permuted=np.array(column)) for column in columns]


def test_statistics_by_hand() -> None:
    draws = np.array([[3.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])
    median, share, stouffer = statistics(draws, alpha=0.5)
    assert median == pytest.approx([2.0, 0.0, 0.0, -1.0])
    # at most a quarter of a column at least as large: 3 is alone at the top, the two ones share half of theirs
    assert share == pytest.approx([0.5, 0.0, 0.0, 0.0])
    # root mean squares: sqrt(12 / 4) and 1
    assert stouffer == pytest.approx((draws @ np.array([1 / np.sqrt(3), 1.0])) / np.sqrt(2))


def test_p_values_by_hand() -> None:
    result = judged(permuted([3.0, -1.0, 1.0, -1.0], [1.0, 1.0, -1.0, -1.0]))
    # no other row has a median or a Stouffer's z as large; no share can be significant with four rows
    assert (result.pvalue_median, result.pvalue_share, result.pvalue_stouffer) == (0.25, 1.0, 0.25)
    assert (result.minimum_pvalue, result.n_draws, result.n_joint, result.scheme) == (0.25, 4, 2, "permutation")
    against = judged(permuted([3.0, -1.0, 1.0, -1.0], [1.0, 1.0, -1.0, -1.0]), sign=-1)
    assert (against.pvalue_median, against.pvalue_stouffer) == (1.0, 1.0)


def test_equal_values_count_as_at_least_as_large() -> None:
    assert share_at_least(np.array([0.3, 0.1 + 0.2, 0.2, 0.1])) == 0.5
    assert shares_at_least(np.array([0.3, 0.1 + 0.2, 0.2, 0.4])) == pytest.approx([0.75, 0.75, 1.0, 0.25])


@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_exact_over_the_whole_group(alpha: float) -> None:
    """Whichever of all combinations of signs were the one found: p at most a in no more than a share a of them."""
    shares = np.random.default_rng(4).normal(size=(7, 5)) + np.random.default_rng(5).normal(size=(7, 1))
    flips = sign_vectors(list("abcdefg"), n=128, seed=1).flips
    by_row = np.array([pvalues(flips @ (flips[row][:, None] * shares), alpha) for row in range(128)])
    for p in by_row.T:
        for level in np.unique(p):
            assert np.mean(p <= level) <= level + 1e-12
    assert by_row.min() == 1 / 128


def pvalues(draws: Array, alpha: float) -> list[float]:
    """Of the three statistics."""
    return [share_at_least(statistic) for statistic in statistics(draws, alpha=alpha)]


def test_signs_of_projects_where_nothing_was_permuted() -> None:
    found = [replace(FOUND, influence={f"p{i}": 0.1 + 0.01 * i for i in range(9)}) for _ in range(3)]
    result = judged(found)
    assert (result.scheme, result.exact, result.n_draws, result.n_joint) == ("signs", "yes", 512, 3)
    assert result.pvalue_median == result.pvalue_stouffer == 1 / 512
    # specifications that agree throughout are significant together, in as many draws as the level allows: 2.5 of 100
    assert result.pvalue_share == 12 / 512
    assert judged(found, sign=-1).pvalue_median == 1.0
    drawn = judged(found, n_draws=200)
    assert (drawn.exact, drawn.n_draws) == ("no", 200)


def test_only_what_can_be_drawn_takes_part() -> None:
    usable = permuted([1.0, 0.0, -1.0])
    beside = [
        FOUND,
        replace(FOUND, status="failed", permuted=np.array([9.0, 0.0, 0.0])),
        replace(FOUND, permuted=np.array([np.nan, 1.0, 0.0])),
        replace(FOUND, influence={"p": 1.0}),
    ]
    result = judged([*usable, *beside], all_permuted=False)
    assert (result.n_joint, result.exact, result.pvalue_median) == (1, "no", pytest.approx(1 / 3))


def test_a_draw_is_judged_by_the_estimates_it_has() -> None:
    draws = np.array([[2.0, 1.0, 3.0], [-2.0, np.nan, 1.0], [np.nan, np.nan, np.nan], [np.nan, -1.0, np.nan]])
    median, share, stouffer = statistics(draws, alpha=1.0)
    assert median == pytest.approx([2.0, -0.5, 0.0, -1.0])
    # half of each column's own estimates at least as large
    assert share == pytest.approx([1.0, 0.0, 0.0, 0.0])
    z = draws / np.array([2.0, 1.0, np.sqrt(5)])
    assert stouffer == pytest.approx([z[0].sum() / np.sqrt(3), (z[1, 0] + z[1, 2]) / np.sqrt(2), 0.0, -1.0])


def test_no_test_without_draws() -> None:
    assert judged([FOUND]) == NO_TEST
    assert judged([]) == NO_TEST
    assert judged(permuted([1.0])) == NO_TEST
