"""Reassigned traits: the assignments, and estimates that are those of a regression made anew."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.claims import parse_statement
from analysis.clusters.unit_means import adjusted_means
from analysis.multiverse.effects import effect_tasks, estimate_effects
from analysis.multiverse.imputing import with_imputations
from analysis.multiverse.inputs import ClaimAsked
from analysis.multiverse.permuting import Reassigned, collapsed, permuted_estimates, reassigned
from analysis.multiverse.specification import Specification
from tests.analysis.multiverse import made

INPUTS = made.inputs()
ALONE = made.MAIN.choosing(clustering="ignored")


def anew(asked: Reassigned, y: np.ndarray, covariates: np.ndarray, names: np.ndarray) -> np.ndarray:
    """Every assignment as a regression of persons."""
    at = np.searchsorted(asked.projects, names)
    found = []
    for levels in asked.levels:
        X = np.column_stack([np.ones(len(y)), levels[at], covariates])
        found.append(np.linalg.lstsq(X, y, rcond=None)[0][1 : 1 + len(asked.weights)] @ asked.weights)
    return np.array(found)


def analysed(outcome: str = "HS"):
    frame = INPUTS.persons[INPUTS.persons["analysed"] & INPUTS.persons[outcome].notna()]
    return frame[outcome].to_numpy(), frame["project"].to_numpy().astype(str), frame


def results(s: Specification, inputs=INPUTS):
    return {f.claim: f for task in effect_tasks(made.UNIT, [s]) for f in estimate_effects(inputs, task)}


def test_a_trait_is_permuted_within_levels_of_the_other() -> None:
    asked = reassigned(INPUTS.claim("A"), INPUTS)
    assert asked is not None and asked.exact
    assert asked.levels.shape == (20 * 20, 12, 2)  # three of six, twice
    assert len({row.tobytes() for row in asked.levels}) == 400
    assert (asked.levels[:, :, 1] == asked.levels[0, :, 1]).all()
    for other in (0.0, 1.0):
        inside = asked.levels[0, :, 1] == other
        assert (asked.levels[:, inside, 0].sum(axis=1) == 3).all()
    frame = INPUTS.persons.groupby("project")[["inside", "old"]].first()
    assert (asked.levels[0] == frame.to_numpy()).all()


def test_labels_of_projects_with_one_of_two_traits_are_exchanged_for_a_difference() -> None:
    asked = reassigned(INPUTS.claim("C"), INPUTS)
    assert asked is not None and asked.exact
    assert len(asked.levels) == 20
    one = asked.levels[0].sum(axis=1) == 1
    assert (asked.levels[:, ~one] == asked.levels[0, ~one]).all()
    assert set(np.unique(asked.levels)) == {0.0, 1.0}
    assert (asked.levels[:, one].sum(axis=2) == 1).all()
    assert asked.weights.tolist() == [1.0, -1.0]


def test_too_many_assignments_are_drawn_with_the_seed() -> None:
    few = replace(INPUTS, permutations=50)
    asked, again = reassigned(few.claim("A"), few), reassigned(few.claim("A"), few)
    assert asked is not None and again is not None
    assert not asked.exact
    assert len(asked.levels) == 51
    assert (asked.levels == again.levels).all()
    other = reassigned(few.claim("A"), replace(few, seed=99))
    assert other is not None and (other.levels[0] == asked.levels[0]).all()
    assert (other.levels != asked.levels).any()


def test_a_case_by_hand() -> None:
    """Four projects of two persons, one trait; means 1, 2, 3, 6; levels 1, 1, 0, 0. Differences of means of the six
    assignments: ±3 (1, 2 against 3, 6), ±1 (1, 3 against 2, 6: 2 - 4 = -2), ..."""
    frame = INPUTS.persons.iloc[:8].assign(
        project=np.repeat(["a", "b", "c", "d"], 2), inside=np.repeat([1.0, 1.0, 0.0, 0.0], 2), old=1.0,
        HS=[0.0, 2.0, 2.0, 2.0, 3.0, 3.0, 5.0, 7.0], analysed=True, careless=False,
    )  # fmt: skip
    inputs = replace(
        INPUTS, persons=frame, traits=made.TRAITS[:1], minimum_units=2,
        claims=(ClaimAsked("A", parse_statement("effect(place, HS) > 0")),),
    )  # fmt: skip
    family = replace(made.UNIT, claims=("A",))
    (task,) = effect_tasks(family, [made.MAIN])
    (f,) = estimate_effects(inputs, task)
    sd = frame["HS"].std()
    by_hand = sorted([-3.0, -2.0, 1.0, -1.0, 2.0, 3.0])
    assert f.estimate * sd == pytest.approx(-3.0)
    assert f.permuted is not None
    assert f.permuted[0] == pytest.approx(f.estimate)
    assert np.sort(f.permuted * sd) == pytest.approx(by_hand)


@pytest.mark.parametrize("claim", ["A", "B", "C"])
@pytest.mark.parametrize("adjusted", [False, True])
def test_estimates_are_those_of_regressions_made_anew(claim: str, adjusted: bool) -> None:
    y, names, frame = analysed()
    covariates = frame[["time", "owner"]].to_numpy(dtype=float) if adjusted else np.empty((len(y), 0))
    covariates = covariates - covariates.mean(axis=0) if adjusted else covariates
    asked = reassigned(INPUTS.claim(claim), INPUTS)
    assert asked is not None
    codes = np.searchsorted(asked.projects, names)
    data = collapsed(y[None], covariates, codes, means=False, places=np.arange(12))
    assert permuted_estimates(data, asked) == pytest.approx(anew(asked, y, covariates, names), abs=1e-9)


def test_means_of_projects_are_those_of_a_regression_of_means() -> None:
    y, names, frame = analysed()
    covariates = frame[["time"]].to_numpy(dtype=float)
    asked = reassigned(INPUTS.claim("A"), INPUTS)
    assert asked is not None
    codes = np.searchsorted(asked.projects, names)
    data = collapsed(y[None], covariates - covariates.mean(), codes, means=True, places=np.arange(12))
    means = adjusted_means(y, covariates, codes)
    expected = anew(asked, means, np.empty((12, 0)), np.array(asked.projects))
    assert permuted_estimates(data, asked) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    "s",
    [
        made.MAIN, ALONE, made.MAIN.choosing(covariates="adjusted"), ALONE.choosing(covariates="adjusted"),
        ALONE.choosing(score="sum", waves="w2", left_out="p04"), made.MAIN.choosing(missing="imputation"),
        made.MAIN.choosing(score="latent", estimator="sam"),
        ALONE.choosing(
            score="ordinal", estimator="wlsmv", missing="imputation", residents="all", covariates="adjusted"
        ),
    ],
    ids=lambda s: s.key,
)  # fmt: skip
def test_as_it_is_the_estimate_is_the_estimate(s: Specification) -> None:
    inputs = with_imputations(INPUTS) if s.missing == "imputation" else INPUTS
    for f in results(s, inputs).values():
        assert f.permuted is not None
        assert f.permuted[0] == pytest.approx(f.estimate, abs=1e-9)


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
def test_joint_models_are_permuted_by_scores_of_their_own_measurement(missing: str) -> None:
    for f in results(ALONE.choosing(score="latent", estimator="mlr", missing=missing)).values():
        assert f.permuted is not None
        assert f.permuted[0] == pytest.approx(f.estimate, abs=0.05)
        assert f.permuted[0] != f.estimate


def test_the_permutation_p_is_that_of_every_regression_made_anew() -> None:
    """Two-sided p of one specification, by brute force over all 400 assignments of the three of six labels."""
    y, names, _ = analysed()
    f = results(ALONE)["B"]
    levels = INPUTS.persons.groupby("project")[["inside", "old"]].first()
    sizes, estimates = levels["inside"].to_numpy(), []
    strata = [np.flatnonzero(sizes == level) for level in (0.0, 1.0)]
    codes = np.searchsorted(levels.index.to_numpy().astype(str), names)
    for first in combinations(strata[0], 3):
        for second in combinations(strata[1], 3):
            labels = np.zeros(12)
            labels[[*first, *second]] = 1.0
            X = np.column_stack([np.ones(len(y)), sizes[codes], labels[codes]])
            estimates.append(np.linalg.lstsq(X, y, rcond=None)[0][2] / y.std(ddof=1))
    expected = np.mean(np.abs(estimates) >= abs(f.estimate) - 1e-12)
    assert f.permuted is not None
    assert np.mean(np.abs(f.permuted) >= abs(f.estimate) - 1e-12) == pytest.approx(expected, abs=1e-12)


def test_a_project_left_out_has_no_label() -> None:
    f = results(ALONE.choosing(left_out="p05"))["A"]
    asked = reassigned(INPUTS.claim("A"), INPUTS)
    assert asked is not None and f.permuted is not None
    y, names, _ = analysed()
    here = names != "p05"
    expected = anew(asked, y[here], np.empty((here.sum(), 0)), names[here]) / y[here].std(ddof=1)
    assert f.permuted == pytest.approx(expected, abs=1e-9)


def test_assignments_that_do_not_tell_traits_apart_have_no_estimate() -> None:
    levels = np.array(
        [[[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0], [1.0, 1.0], [0.0, 0.0]]]
    )
    asked = Reassigned(levels, ("a", "b", "c", "d"), np.array([1.0, 0.0]), exact=False)
    y = np.array([1.0, 2.0, 0.0, 5.0])
    data = collapsed(y[None], np.empty((4, 0)), np.arange(4), means=False, places=np.arange(4))
    found = permuted_estimates(data, asked)
    assert found[0] == pytest.approx(-1.0)  # (1 + 2)/2 - (0 + 5)/2
    assert np.isnan(found[1])


def test_a_trait_with_one_value_has_no_assignments() -> None:
    inputs = replace(INPUTS, persons=INPUTS.persons.assign(inside=1.0))
    assert reassigned(inputs.claim("A"), inputs) is None
    assert reassigned(inputs.claim("C"), inputs) is None


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(-5, 5, allow_subnormal=False), min_size=24, max_size=24),
    st.floats(-100, 100),
    st.floats(0.1, 10),
)
def test_a_constant_is_nothing_and_a_factor_a_factor(values: list[float], constant: float, factor: float) -> None:
    asked = reassigned(INPUTS.claim("C"), INPUTS)
    assert asked is not None
    codes = np.repeat(np.arange(12), 2)
    y, nobody = np.array(values), np.empty((24, 0))
    plain, moved = (
        permuted_estimates(collapsed(v[None], nobody, codes, means=False, places=np.arange(12)), asked)
        for v in (y, factor * y + constant)
    )
    assert moved == pytest.approx(factor * plain, abs=1e-8)
