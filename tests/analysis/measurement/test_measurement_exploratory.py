"""Exploratory factors against psych, by hand, and with the classic traps; and what of factor_analyzer is not used."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from factor_analyzer import FactorAnalyzer, Rotator
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.measurement.exploratory import BOUND, degrees_of_freedom, exploratory_factors, explore
from analysis.measurement.rotation import canonical, quartimin, rotated
from analysis.measurement.side_by_side import SALIENT, congruence, factor_scales, item_problems

ORACLES = Path(__file__).parents[2] / "oracles"
REFERENCE: dict[str, Any] = json.loads((ORACLES / "exploratory" / "exploratory.json").read_text())
SOLUTIONS = [(name, solution) for name, of in REFERENCE.items() if name != "versions" for solution in of["solutions"]]


def case(name: str, solution: dict[str, Any]) -> Any:
    """A case of a parametrised test with a name one can read."""
    return pytest.param(
        name, solution, id=f"{name}-{solution['n_factors']}-{solution['method']}-{solution['rotation']}"
    )


CASES = [case(*found) for found in SOLUTIONS]
OBLIMIN = [case(*found) for found in SOLUTIONS if found[1]["rotation"] == "oblimin"]


def correlations(name: str) -> np.ndarray:
    """The correlations of complete answers a reference was made of."""
    if "correlations" in REFERENCE[name]:
        return np.array(REFERENCE[name]["correlations"])
    if name == "attitude":
        return pd.DataFrame(REFERENCE[name]["data"]).corr().to_numpy()
    if name == "holzinger":
        return pd.read_csv(ORACLES / "lavaan" / "holzinger.csv")[[f"x{j}" for j in range(1, 10)]].corr().to_numpy()
    return pd.read_csv(ORACLES / "exploratory" / f"{name}.csv").dropna().corr().to_numpy()


def of(matrix: np.ndarray, n_factors: int, *, n_obs: int = 200, method: str = "minres", rotation: str = "oblimin"):  # type: ignore[no-untyped-def]
    items = tuple(f"i{j}" for j in range(len(matrix)))
    return explore(matrix, items=items, n_obs=n_obs, n_factors=n_factors, method=method, rotation=rotation)  # type: ignore[arg-type]


def likert(n: int = 300, *, seed: int = 3) -> pd.DataFrame:
    """``n`` persons answering 1 to 5 to four items of each of two factors that correlate .4."""
    rng = np.random.default_rng(seed)
    both = rng.normal(size=(n, 2)) @ np.linalg.cholesky([[1, 0.4], [0.4, 1]]).T
    latent = np.repeat(both, 4, axis=1) * 0.75 + 0.66 * rng.normal(size=(n, 8))
    return pd.DataFrame(
        np.clip(np.round(3 + 1.2 * latent), 1, 5), columns=[f"a{j}" for j in range(4)] + [f"b{j}" for j in range(4)]
    )


def explored(answers: pd.DataFrame, **changed: Any):  # type: ignore[no-untyped-def]
    return exploratory_factors(answers, **{"n_factors": 2, "minimum_n": 30, "method": "minres", **changed})


@pytest.mark.parametrize(("name", "expected"), CASES)
def test_solutions_are_those_of_psych(name: str, expected: dict[str, Any]) -> None:
    """psych's own code, stopped where its criterion is least (see exploratory.R)."""
    found = of(
        correlations(name), expected["n_factors"], n_obs=REFERENCE[name]["n"], method=expected["method"],
        rotation=expected["rotation"],
    )  # fmt: skip
    shape = found.loadings.shape
    np.testing.assert_allclose(found.loadings, np.reshape(expected["exact"], shape), atol=1e-6)
    np.testing.assert_allclose(found.correlations, np.reshape(expected["phi"], found.correlations.shape), atol=1e-6)
    np.testing.assert_allclose(found.uniquenesses, expected["uniquenesses"], atol=1e-6)
    figures = [found.explained, found.rmsr, found.chisq, found.rmsea, found.tli]
    names = ["explained", "rms", "statistic", "rmsea", "tli"]
    np.testing.assert_allclose(figures, [expected[name] for name in names], rtol=1e-6, atol=1e-8)
    assert found.df == expected["dof"]
    assert ("heywood" in found.problems) == (name == "heywood")


@pytest.mark.parametrize(("name", "expected"), OBLIMIN)
def test_psych_as_it_stops_is_as_near_as_it_stops(name: str, expected: dict[str, Any]) -> None:
    """What ``psych::fa`` prints is up to 5e-5 from the minimum."""
    found = of(correlations(name), expected["n_factors"], n_obs=REFERENCE[name]["n"], method=expected["method"])
    np.testing.assert_allclose(found.loadings, expected["psych"], atol=5e-5)


def test_one_factor_by_hand() -> None:
    """Loadings .8, .6, .5 make the correlations .48, .40, .30, and nothing is left."""
    loadings = np.array([0.8, 0.6, 0.5])
    matrix = np.outer(loadings, loadings)
    np.fill_diagonal(matrix, 1)
    for method in ("minres", "ml"):
        found = of(matrix, 1, method=method)
        np.testing.assert_allclose(found.loadings[:, 0], loadings, atol=1e-6)
        np.testing.assert_allclose(found.uniquenesses, 1 - loadings**2, atol=1e-6)
        assert found.explained == pytest.approx((loadings**2).mean())
        assert found.rmsr == pytest.approx(0, abs=1e-7)
        assert (found.df, found.problems) == (0, ())
        assert np.isnan(found.rmsea)
        assert np.isnan(found.tli)


@pytest.mark.parametrize("rotation", ["none", "oblimin", "varimax", "promax"])
def test_rotation_leaves_what_the_factors_explain_together(rotation: str) -> None:
    matrix = correlations("holzinger")
    found, unrotated = of(matrix, 3, rotation=rotation), of(matrix, 3, rotation="none")
    implied = found.loadings @ found.correlations @ found.loadings.T
    np.testing.assert_allclose(implied, unrotated.loadings @ unrotated.loadings.T, atol=1e-8)
    np.testing.assert_allclose(np.diag(found.correlations), 1)
    assert (found.loadings.sum(axis=0) >= 0).all()
    shares = np.diag(found.correlations @ found.loadings.T @ found.loadings)
    assert (np.diff(shares) <= 0).all()


def test_factor_analyzer_forgets_the_order_of_the_factors_correlations() -> None:
    """Its loadings are sorted and its correlations of factors are not: together they imply other correlations of the
    items than before the rotation. That is why rotation, order and signs are done here.
    """
    matrix = correlations("bfi")
    analyzer = FactorAnalyzer(5, rotation="oblimin", method="minres", is_corr_matrix=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        analyzer.fit(matrix)
    implied = analyzer.loadings_ @ analyzer.phi_ @ analyzer.loadings_.T
    found = of(matrix, 5)
    assert np.abs(implied - found.loadings @ found.correlations @ found.loadings.T).max() > 0.01


@pytest.mark.parametrize(("name", "n_factors"), [("bfi", 5), ("holzinger", 3), ("harman74", 4)])
def test_no_start_of_the_rotation_leads_lower(name: str, n_factors: int) -> None:
    loadings = of(correlations(name), n_factors, rotation="none").loadings
    reached = quartimin(rotated(loadings, "oblimin").loadings)
    rng = np.random.default_rng(99)
    for _ in range(4):
        start = np.linalg.qr(rng.normal(size=(n_factors, n_factors)))[0]
        elsewhere = Rotator(method="oblimin", tol=1e-6).fit_transform(loadings @ start)
        assert reached <= quartimin(elsewhere) * (1 + 1e-9)


def test_a_slow_rotation_is_given_the_steps_it_needs() -> None:
    """Loadings without a simple structure: 300 steps end 6 per cent above the minimum, and not unnoticed."""
    loadings = np.array(
        [[0, 0.2, 0.7], [-0.2, 0.2, -0.1], [0.5, 0.2, -0.3], [0.1, -0.3, -0.5], [-0.4, -0.1, -0.6], [0.5, 0.5, -0.6],
         [0.1, 0, 0]]
    )  # fmt: skip
    short = quartimin(Rotator(method="oblimin", max_iter=300).fit_transform(loadings))
    found = rotated(loadings, "oblimin")
    assert found.converged
    assert quartimin(found.loadings) < 0.95 * short
    np.testing.assert_allclose(found.loadings @ found.correlations @ found.loadings.T, loadings @ loadings.T, atol=1e-8)


def test_canonical_order_and_signs_go_with_the_correlations() -> None:
    loadings = np.array([[0.1, -0.9], [0.0, -0.8], [0.7, 0.1]])
    found = canonical(loadings, np.array([[1, -0.3], [-0.3, 1]]), converged=True)
    np.testing.assert_allclose(found.loadings, [[0.9, 0.1], [0.8, 0.0], [-0.1, 0.7]])
    np.testing.assert_allclose(found.correlations, [[1, 0.3], [0.3, 1]])


def test_no_warning_of_other_libraries_comes_through(recwarn: pytest.WarningsRecorder) -> None:
    of(correlations("heywood"), 2, method="ml")
    assert [str(w.message) for w in recwarn] == []


class TestTraps:
    """What stands in the way is named, and nothing raises."""

    def test_too_few_persons(self) -> None:
        found = explored(likert(29))
        assert (found.problems, found.n_obs, found.known) == (("too_few",), 29, False)
        assert np.isnan(found.explained)

    def test_nobody_answered_an_item(self) -> None:
        found = explored(likert().assign(a0=np.nan))
        assert (found.problems, found.n_obs) == (("too_few",), 0)

    @pytest.mark.parametrize("method", ["minres", "ml"])
    def test_a_constant_item_is_left_out(self, method: str) -> None:
        found = explored(likert().assign(a0=3.0), method=method)
        assert found.problems == ("constant_item",)
        assert found.items == ("a1", "a2", "a3", "b0", "b1", "b2", "b3")
        without = explored(likert().drop(columns="a0"), method=method)
        np.testing.assert_allclose(found.loadings, without.loadings)

    @pytest.mark.parametrize("method", ["minres", "ml"])
    def test_perfect_correlation(self, method: str) -> None:
        answers = likert()
        found = explored(answers.assign(a1=6 - answers["a0"]), method=method)
        assert (found.problems, found.known, np.isnan(found.rmsr)) == (("singular",), False, True)

    def test_fewer_persons_than_items(self) -> None:
        answers = pd.DataFrame(np.random.default_rng(1).normal(size=(32, 40)))
        assert explored(answers).problems == ("singular",)

    def test_two_items_and_a_factor(self) -> None:
        found = explored(likert()[["a0", "a1"]], n_factors=1)
        assert (found.problems, found.known) == (("too_many_factors",), False)

    def test_only_constant_items(self) -> None:
        found = explored(likert()[["a0"]].assign(a0=1.0), n_factors=1)
        assert (found.problems, found.known) == (("too_many_factors", "constant_item"), False)

    def test_no_factor(self) -> None:
        assert explored(likert(), n_factors=0).problems == ("no_factor",)

    def test_an_item_explained_entirely_is_named(self) -> None:
        found = of(correlations("heywood"), 2, n_obs=60)
        assert found.problems == ("heywood",)
        assert found.heywood.sum() == 1
        assert found.uniquenesses[found.heywood] < 2 * BOUND

    def test_an_unreversed_item_loads_the_other_way(self) -> None:
        answers = likert()
        found, turned = explored(answers), explored(answers.assign(a0=6 - answers["a0"]))
        factor = np.abs(found.loadings[0]).argmax()
        assert turned.loadings[0, factor] == pytest.approx(-found.loadings[0, factor])
        assert turned.loadings[0, factor] < -SALIENT


def test_degrees_of_freedom_by_hand() -> None:
    assert [degrees_of_freedom(9, 3), degrees_of_freedom(3, 1), degrees_of_freedom(4, 2)] == [12, 0, -1]


class TestSideBySide:
    """Which factor is which scale's."""

    SCALES = {"A": ["a0", "a1"], "B": ["b0", "b1", "b2"]}  # noqa: RUF012
    ITEMS = ("a0", "a1", "b0", "b1", "b2")

    def test_factors_are_paired_with_scales(self) -> None:
        loadings = np.array([[0.1, 0.7], [0.0, 0.6], [0.8, 0.1], [0.7, 0.0], [-0.6, 0.1]])
        assert factor_scales(loadings, self.ITEMS, self.SCALES) == ["B", "A"]

    def test_a_scale_without_a_factor_of_its_own_gets_none(self) -> None:
        loadings = np.array([[0.6, 0.1], [0.6, 0.0], [0.8, 0.1], [0.7, 0.0], [0.7, 0.2]])
        names = factor_scales(loadings, self.ITEMS, self.SCALES)
        assert names == ["B", ""]
        problems = item_problems(loadings, self.ITEMS, self.SCALES, factor_scale=names, heywood=np.zeros(5, bool))
        assert problems == {
            "a0": ("other_factor",), "a1": ("other_factor",), "b0": (), "b1": (), "b2": ()
        }  # fmt: skip

    def test_more_factors_than_scales(self) -> None:
        loadings = np.column_stack([[0.1, 0, 0.5, 0.6, 0.6], [0.1, 0.0, 0.6, 0.1, 0.2], [0.7, 0.6, 0, 0, 0]])
        assert factor_scales(loadings, self.ITEMS, self.SCALES) == ["B", "", "A"]

    def test_items_that_do_not_fit_in_are_named(self) -> None:
        loadings = np.array([[0.7, 0.4], [0.6, -0.1], [0.31, 0.3], [0.5, 0.4], [0.0, 0.99]])
        problems = item_problems(
            loadings, self.ITEMS, self.SCALES, factor_scale=["A", "B"], heywood=np.array([False] * 4 + [True])
        )
        assert problems == {
            "a0": ("cross_loading",), "a1": (), "b0": ("other_factor", "weak_loading"),
            "b1": ("other_factor", "cross_loading"), "b2": ("heywood",),
        }  # fmt: skip

    def test_congruence_by_hand(self) -> None:
        assert congruence(np.array([0.8, 0.6]), np.array([0.6, 0.8])) == pytest.approx(0.96)
        assert congruence(np.array([0.8, 0.6]), np.array([-1.6, -1.2])) == pytest.approx(-1)
        assert np.isnan(congruence(np.array([0.8, 0.6]), np.zeros(2)))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_a_simple_structure_is_found_again(seed: int) -> None:
    """Correlations made of three items on each of three oblique factors give these loadings, in any order of items."""
    rng = np.random.default_rng(seed)
    loadings = np.kron(np.eye(3), np.ones((3, 1))) * rng.uniform(0.5, 0.9, size=(9, 1))
    phi = np.full((3, 3), rng.uniform(0.1, 0.5))
    np.fill_diagonal(phi, 1)
    order = rng.permutation(9)
    matrix = (loadings @ phi @ loadings.T)[np.ix_(order, order)]
    np.fill_diagonal(matrix, 1)
    found = of(matrix, 3)
    at = np.abs(found.loadings).argmax(axis=1)
    assert found.loadings[range(9), at] == pytest.approx(loadings.sum(axis=1)[order], abs=1e-6)
    assert found.correlations[np.triu_indices(3, 1)] == pytest.approx(phi[0, 1], abs=1e-6)
