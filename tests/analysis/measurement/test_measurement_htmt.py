"""HTMT by hand, against semTools, and with the classic traps."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.measurement.htmt import LEAST_PROJECTS, PairHtmt, expanded_level, htmt, htmt_of_pair, sign_problems
from analysis.measurement.item_correlations import item_correlations
from analysis.sem import ModelError

ORACLES = Path(__file__).parents[2] / "oracles"
CASES: list[dict[str, Any]] = json.loads((ORACLES / "validity" / "htmt.json").read_text())
FRAMES = {"holzinger": "lavaan/holzinger.csv", "bfi": "validity/bfi.csv", "ordered": "validity/ordered.csv"}

# items a1 a2 (.64), b1 b2 (.25); between them .3 .2 .4 .1
BY_HAND = np.array([[1, 0.64, 0.3, 0.2], [0.64, 1, 0.4, 0.1], [0.3, 0.4, 1, 0.25], [0.2, 0.1, 0.25, 1]])
PAIR = [[0, 1], [2, 3]]
FIRST, SECOND = ["a1", "a2", "a3"], ["b1", "b2", "b3"]


def answers(n: int = 240, *, r: float = 0.5, seed: int = 3) -> pd.DataFrame:
    """``n`` persons answering three items of each of two factors that correlate ``r``, in codes from 1 to 5."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n, 2)) @ np.linalg.cholesky([[1, r], [r, 1]]).T
    values = np.repeat(factors, 3, axis=1) + 0.7 * rng.normal(size=(n, 6))
    return pd.DataFrame(np.clip(np.round(3 + values), 1, 5), columns=FIRST + SECOND)


def of_pair(frame: pd.DataFrame, **changes: Any) -> PairHtmt:
    """HTMT of the two scales of ``answers``."""
    asked: dict[str, Any] = {"minimum_n": 10, "draws": 200, "confidence": 0.95, "seed": 5} | changes
    return htmt_of_pair(frame, FIRST, SECOND, **asked)


@cache
def correlations_of(data: str, items: tuple[str, ...], missing: Any, kind: str) -> np.ndarray:
    """Correlations of a data set's items."""
    frame = pd.read_csv(ORACLES / FRAMES[data])[list(items)]
    return item_correlations(frame, missing=missing, ordered=kind == "ordered")


def test_ratios_by_hand() -> None:
    assert htmt(BY_HAND, PAIR)[0, 1] == pytest.approx(0.25 / 0.4)
    assert htmt(BY_HAND, PAIR, geometric=True)[0, 1] == pytest.approx((0.3 * 0.2 * 0.4 * 0.1) ** 0.25 / 0.4)
    assert htmt(BY_HAND, PAIR).diagonal().tolist() == [1, 1]


def test_signs_count_only_where_asked() -> None:
    # the second item of the first scale the other way round
    turned = BY_HAND * np.outer([1, -1, 1, 1], [1, -1, 1, 1])
    assert htmt(turned, PAIR)[0, 1] == pytest.approx(0.625)
    assert np.isnan(htmt(turned, PAIR, absolute=False)[0, 1])  # √(-.64 · .25)
    assert np.isnan(htmt(turned, PAIR, geometric=True, absolute=False)[0, 1])
    # the second scale the other way round
    opposed = BY_HAND * np.outer([1, 1, -1, -1], [1, 1, -1, -1])
    assert htmt(opposed, PAIR, absolute=False)[0, 1] == pytest.approx(-0.625)
    assert sign_problems(turned, *PAIR) == ["negative_within", "mixed_signs"]
    assert sign_problems(opposed, *PAIR) == sign_problems(BY_HAND, *PAIR) == []


def test_a_single_item_has_no_ratio_and_a_shared_one_is_not_compared_with_itself() -> None:
    single = htmt(BY_HAND, [[0], [2, 3]])
    assert np.isnan(single[0]).all() and single[1, 1] == 1
    # scales a1 a2 and a2 b1: between them r(a1, a2), r(a1, b1), r(a2, b1)
    assert htmt(BY_HAND, [[0, 1], [1, 2]])[0, 1] == pytest.approx((0.64 + 0.3 + 0.4) / 3 / np.sqrt(0.64 * 0.4))


@pytest.mark.parametrize("case", CASES, ids=lambda c: "-".join(str(c[k]) for k in list(c)[:5]))
def test_ratios_are_those_of_semtools(case: dict[str, Any]) -> None:
    items = [item for own in case["scales"].values() for item in own]
    r = correlations_of(case["data"], tuple(items), case["missing"], case["answers"])
    scales = [[items.index(item) for item in own] for own in case["scales"].values()]
    found = htmt(r, scales, geometric=case["geometric"], absolute=case["absolute"])
    expected = np.array([[np.nan if x is None else x for x in row] for row in case["htmt"]], dtype=float)
    if case["geometric"] and not case["absolute"]:
        # semTools takes sizes all the same; a geometric mean of numbers of which some are negative does not exist
        involved = [[i for k in {a, b} for i in scales[k]] for a in range(len(scales)) for b in range(len(scales))]
        negative = np.array([(r[np.ix_(i, i)] < 0).any() for i in involved]).reshape(expected.shape)
        expected[negative & ~np.eye(len(scales), dtype=bool)] = np.nan
    apart = ~np.eye(len(scales), dtype=bool)
    np.testing.assert_allclose(found[apart], expected[apart], rtol=0, atol=1e-7)


def test_a_stack_of_correlations_gives_a_stack_of_ratios() -> None:
    stack = np.stack([BY_HAND, np.eye(4) * 0.5 + BY_HAND * 0.5])
    np.testing.assert_allclose(htmt(stack, PAIR), [htmt(one, PAIR) for one in stack])


@given(st.integers(0, 5), st.floats(0.1, 10), st.floats(-5, 5))
def test_units_and_direction_of_an_item_change_nothing(item: int, times: float, plus: float) -> None:
    frame = answers()
    other = frame.copy()
    other.iloc[:, item] = plus - times * other.iloc[:, item]
    for geometric in (False, True):
        found = [htmt(item_correlations(f), [[0, 1, 2], [3, 4, 5]], geometric=geometric) for f in (frame, other)]
        np.testing.assert_allclose(found[0], found[1], rtol=1e-10)


def test_intervals_are_percentiles_of_resampled_persons() -> None:
    frame = answers(40, r=0.8)
    counts = np.random.default_rng(5).multinomial(40, np.full(40, 1 / 40), size=200)
    drawn = [
        htmt(np.corrcoef(np.repeat(frame.to_numpy(), count, axis=0).T), [[0, 1, 2], [3, 4, 5]])[0, 1]
        for count in counts
    ]
    tail = stats.norm.cdf(-np.sqrt(40 / 39) * stats.t.ppf(0.975, 39))
    found = of_pair(frame)
    assert (found.n_obs, found.n_units, found.resampled, found.problems) == (40, 40, "persons", ())
    assert [found.htmt.ci_lower, found.htmt.ci_upper] == pytest.approx(np.quantile(drawn, [tail, 1 - tail]))


def test_projects_are_resampled_as_wholes() -> None:
    frame = answers(60)
    projects = pd.Series([f"p{i % 10}" for i in range(60)])
    counts = np.random.default_rng(5).multinomial(10, np.full(10, 0.1), size=200)
    drawn = [
        htmt(np.corrcoef(np.repeat(frame.to_numpy(), count[np.arange(60) % 10], axis=0).T), [[0, 1, 2], [3, 4, 5]])[
            0, 1
        ]
        for count in counts
    ]
    found = of_pair(frame, projects=projects)
    assert (found.n_units, found.resampled) == (10, "projects")
    tail = expanded_level(10, 0.95)
    assert [found.htmt.ci_lower, found.htmt.ci_upper] == pytest.approx(np.quantile(drawn, [tail, 1 - tail]))


def test_persons_whose_project_is_not_known_are_left_out_and_few_projects_are_not_resampled() -> None:
    frame = answers(60)
    projects = pd.Series([f"p{i % 10}" for i in range(60)]).where(np.arange(60) > 0)
    found = of_pair(frame, projects=projects)
    assert (found.n_obs, found.resampled, found.problems) == (59, "projects", ("project_unknown",))
    few = pd.Series([f"p{i % (LEAST_PROJECTS - 1)}" for i in range(60)]).where(np.arange(60) > 0)
    found = of_pair(frame, projects=few)
    assert (found.n_obs, found.n_units, found.resampled, found.problems) == (60, 60, "persons", ())


def test_the_level_of_the_expanded_interval() -> None:
    # 9 degrees of freedom: t = 2.2622, times √(10/9) 2.3845, below which .00855 of the normal distribution lies
    assert expanded_level(10, 0.95) == pytest.approx(0.00855, abs=5e-6)
    assert expanded_level(10**6, 0.95) == pytest.approx(0.025, abs=1e-5)


def test_the_same_seed_gives_the_same_interval() -> None:
    assert of_pair(answers()) == of_pair(answers())
    assert of_pair(answers(), seed=6).htmt.ci_lower != of_pair(answers()).htmt.ci_lower


def test_an_unreversed_item_is_told_and_changes_no_size() -> None:
    frame = answers(r=0.7)
    turned = of_pair(frame.assign(a2=6 - frame["a2"]))
    assert turned.htmt.est == pytest.approx(of_pair(frame).htmt.est)
    assert turned.problems == ("negative_within", "mixed_signs")
    assert np.isnan([turned.htmt2.est, turned.htmt2.ci_lower, turned.htmt2.ci_upper]).all()


def test_scales_that_say_the_opposite_have_both_ratios() -> None:
    found = of_pair(answers(r=-0.7))
    assert found.problems == () and 0.5 < found.htmt2.est < 0.9


def test_traps_have_a_name_beside_an_empty_figure() -> None:
    frame = answers()
    constant = of_pair(frame.assign(a2=3.0))
    assert constant.problems == ("constant_item",) and np.isfinite(constant.htmt.est)  # two items are enough
    single = of_pair(frame.assign(a2=3.0, a3=np.nan).assign(a3=3.0))
    assert single.problems == ("single_item", "constant_item") and np.isnan(single.htmt.est)
    assert htmt_of_pair(frame, FIRST[:1], SECOND, minimum_n=10, draws=100, confidence=0.9, seed=1).problems == (
        "single_item",
    )
    nobody = of_pair(frame.assign(a2=np.nan))
    assert (nobody.n_obs, nobody.problems) == (0, ("few_complete",)) and np.isnan(nobody.htmt.est)
    assert of_pair(frame.iloc[:9]).problems == ("few_complete",)


def test_copies_of_the_same_items_have_a_ratio_of_at_least_one() -> None:
    frame = answers()
    frame[SECOND] = frame[FIRST].to_numpy()
    found = of_pair(frame)
    assert found.htmt.est > 1 and found.htmt2.est > 1 and found.htmt.ci_lower > 1


def test_a_rare_answer_that_most_resamples_lack_leaves_no_interval() -> None:
    frame = answers(12, seed=1)
    frame["a1"] = [4.0] + [3.0] * 11
    found = htmt_of_pair(frame, ["a1", "a2"], SECOND, minimum_n=10, draws=200, confidence=0.95, seed=1)
    # a third of the resamples do not have that person, and then no correlation with a1
    assert "few_draws" in found.problems
    assert np.isfinite(found.htmt.est) and np.isnan([found.htmt.ci_lower, found.htmt.ci_upper]).all()


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(ModelError, match="listwise, pairwise, fiml"):
        item_correlations(answers(), missing="mean")  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="Polychoric"):
        item_correlations(answers(), missing="fiml", ordered=True)


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("missing", ["listwise", "pairwise"])
def test_correlations_with_an_item_that_does_not_vary_are_empty(missing: Any, ordered: bool) -> None:
    r = item_correlations(answers().assign(b3=2.0), missing=missing, ordered=ordered)
    assert np.isnan(r[5]).all() and np.isfinite(r[:5, :5]).all()


def test_a_perfect_polychoric_correlation_is_empty() -> None:
    frame = answers()[["a1", "a2"]].assign(a3=lambda f: f["a1"])
    r = item_correlations(frame, ordered=True)
    assert np.isnan(r[0, 2]) and np.isfinite(r[0, 1])
