"""Parallel analysis against psych and lavaan, on answers whose dimensions are known, and with the classic traps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.measurement.parallel import (
    Method,
    correlations_of,
    eigenvalues_of,
    leading,
    parallel_analysis,
    shuffles,
    squared_multiple_correlations,
)

ORACLES = Path(__file__).parents[2] / "oracles"
REFERENCE: dict[str, Any] = json.loads((ORACLES / "exploratory" / "parallel.json").read_text())
SEED = np.random.SeedSequence([20211, 7])


def data(name: str) -> pd.DataFrame:
    """The answers a reference was made of, incomplete ones included."""
    if name == "attitude":
        return pd.DataFrame(json.loads((ORACLES / "exploratory" / "exploratory.json").read_text())["attitude"]["data"])
    if name == "holzinger":
        return pd.read_csv(ORACLES / "lavaan" / "holzinger.csv")[[f"x{j}" for j in range(1, 10)]]
    return pd.read_csv(ORACLES / "exploratory" / f"{name}.csv")


def analyse(given: pd.DataFrame, **changed: Any):  # type: ignore[no-untyped-def]
    return parallel_analysis(given, **{"minimum_n": 10, "quantile": 0.95, "draws": 200, "seed": SEED, **changed})


def factors(n: int, loadings: np.ndarray, *, seed: int = 3) -> pd.DataFrame:
    """``n`` persons' answers 1 to 5 to the items with these ``loadings`` on uncorrelated factors."""
    rng = np.random.default_rng(seed)
    k, m = loadings.shape
    rest = np.sqrt(1 - (loadings**2).sum(axis=1))
    latent = rng.normal(size=(n, m)) @ loadings.T + rest * rng.normal(size=(n, k))
    return pd.DataFrame(np.clip(np.round(3 + 1.2 * latent), 1, 5), columns=[f"i{j}" for j in range(k)])


TWO_FACTORS = np.kron(np.eye(2), np.full((4, 1), 0.7))


@pytest.mark.parametrize("name", ["bfi", "ordinal", "holzinger", "attitude"])
@pytest.mark.parametrize("method", ["components", "factors"])
def test_eigenvalues_are_those_of_psych(name: str, method: str) -> None:
    found = analyse(data(name))[method]
    np.testing.assert_allclose(found.eigenvalues, REFERENCE[name][method], atol=1e-6)


@pytest.mark.parametrize("name", ["bfi", "ordinal", "holzinger", "attitude"])
@pytest.mark.parametrize("method", ["components", "factors"])
def test_random_reference_is_that_of_psych_within_the_error_of_its_draws(name: str, method: str) -> None:
    """psych resamples each column with replacement, we shuffle it: the same some two of
    psych's Monte Carlo errors (200 draws)."""
    found = analyse(data(name), draws=400)[method]
    np.testing.assert_allclose(found.reference_mean, REFERENCE[name][f"resampled_{method}"], atol=0.03)
    assert found.n_kept == REFERENCE[name][f"n_{method}"]


@pytest.mark.parametrize("method", ["components", "factors"])
def test_given_shuffles_have_the_eigenvalues_that_r_finds(method: Method) -> None:
    shuffled = np.array(REFERENCE["shuffled"]["answers"], dtype=float).swapaxes(1, 2)
    values = eigenvalues_of(correlations_of(shuffled, "continuous"), method)
    np.testing.assert_allclose(values.mean(axis=0), REFERENCE["shuffled"][method]["mean"], atol=1e-6)
    np.testing.assert_allclose(np.quantile(values, 0.95, axis=0), REFERENCE["shuffled"][method]["quantile"], atol=1e-6)


def test_polychoric_correlations_are_those_of_lavaan() -> None:
    """Items of two to seven categories, one of which nobody chose; only complete answers."""
    complete = data("ordinal").dropna().to_numpy(dtype=float).T
    np.testing.assert_allclose(
        correlations_of(complete[None], "ordered")[0], REFERENCE["ordered"]["correlations"], atol=1e-6
    )
    found = analyse(data("ordinal"), answers="ordered", draws=20)
    for method in ("components", "factors"):
        np.testing.assert_allclose(found[method].eigenvalues, REFERENCE["ordered"][method], atol=1e-6)
        assert found[method].n_kept == 3


def test_polychoric_correlations_of_shuffles_are_those_of_each_on_its_own() -> None:
    answers = factors(60, TWO_FACTORS[:3, :1]).to_numpy().T
    together = next(shuffles(answers, 4, np.random.default_rng(1)))
    alone = [correlations_of(one[None], "ordered")[0] for one in together]
    np.testing.assert_allclose(correlations_of(together, "ordered"), alone, atol=1e-9)


def test_two_items_by_hand() -> None:
    """r = .5: eigenvalues 1 ± r; with r² in the diagonal r² ± r."""
    values = correlations_of(np.array([[[1.0, 2, 3], [1, 3, 2]]]), "continuous")
    np.testing.assert_allclose(eigenvalues_of(values, "components"), [[1.5, 0.5]])
    np.testing.assert_allclose(eigenvalues_of(values, "factors"), [[0.75, -0.25]])
    np.testing.assert_allclose(squared_multiple_correlations(values), [[0.25, 0.25]])


@pytest.mark.parametrize("answers", ["continuous", "ordered"])
def test_as_many_dimensions_as_made_the_answers(answers: str) -> None:
    assert {m: a.n_kept for m, a in analyse(factors(300, TWO_FACTORS), answers=answers).items()} == {
        "components": 2, "factors": 2
    }  # fmt: skip


def test_items_that_have_nothing_to_do_with_each_other_have_no_dimension() -> None:
    """At the 95th percentile one noise in twenty keeps something: of 40 at most six (binomial p < .02)."""
    kept = [analyse(factors(80, np.zeros((6, 1)), seed=s), draws=100)["components"].n_kept for s in range(40)]
    assert sum(n > 0 for n in kept) <= 6


def test_only_leading_dimensions_are_kept() -> None:
    assert leading(np.array([True, True, False, True])).tolist() == [True, True, False, False]
    assert leading(np.array([False, True])).tolist() == [False, False]


def test_shuffles_keep_every_items_answers_and_break_what_they_have_in_common() -> None:
    values = np.arange(200.0).reshape(2, 100) % 7
    drawn = np.concatenate(list(shuffles(values, 500, np.random.default_rng(1))))
    assert drawn.shape == (500, 2, 100)
    np.testing.assert_array_equal(np.sort(drawn, axis=-1), np.broadcast_to(np.sort(values, axis=-1), drawn.shape))
    r = correlations_of(drawn, "continuous")[:, 0, 1]
    assert abs(r.mean()) < 0.02
    assert r.std() == pytest.approx(1 / np.sqrt(99), rel=0.1)


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, again = (analyse(data("attitude"))["factors"] for _ in range(2))
    assert first.reference.tobytes() == again.reference.tobytes()


def test_reversing_an_item_or_changing_its_units_changes_no_eigenvalue() -> None:
    answers = data("attitude")
    changed = answers.copy()
    changed[0], changed[3] = 100 - answers[0], answers[3] / 7
    np.testing.assert_allclose(analyse(changed)["factors"].eigenvalues, analyse(answers)["factors"].eigenvalues)


class TestTraps:
    """What stands in the way is named, and nothing raises."""

    def test_too_few_persons(self) -> None:
        for found in analyse(factors(9, TWO_FACTORS)).values():
            assert (found.problems, found.n_kept, len(found.eigenvalues), found.n_obs) == (("too_few",), None, 0, 9)

    def test_nobody_answered_an_item(self) -> None:
        found = analyse(factors(50, TWO_FACTORS).assign(i2=np.nan))["factors"]
        assert (found.problems, found.n_obs) == (("too_few",), 0)

    def test_a_constant_item_is_left_out(self) -> None:
        answers = factors(100, TWO_FACTORS)
        found = analyse(answers.assign(i0=4.0))
        assert found["factors"].problems == ("constant_item",)
        assert found["factors"].n_items == 7
        without = analyse(answers.drop(columns="i0"))
        np.testing.assert_allclose(found["factors"].eigenvalues, without["factors"].eigenvalues)

    def test_one_item_that_varies(self) -> None:
        found = analyse(factors(50, TWO_FACTORS[:2]).assign(i0=1.0))["components"]
        assert (found.problems, found.n_kept) == (("few_items", "constant_item"), None)

    def test_two_items(self) -> None:
        found = analyse(factors(200, TWO_FACTORS[:2]))
        assert found["factors"].problems == ("two_items",)
        assert found["factors"].n_kept == 1

    def test_perfect_correlation_leaves_components_and_no_factors(self) -> None:
        answers = factors(100, TWO_FACTORS)
        found = analyse(answers.assign(i1=answers["i0"]))
        assert (found["factors"].problems, found["factors"].n_kept) == (("singular",), None)
        assert found["components"].problems == ()
        assert found["components"].eigenvalues[-1] == pytest.approx(0, abs=1e-12)

    def test_perfect_correlation_of_ordered_answers(self) -> None:
        answers = factors(100, TWO_FACTORS)
        for found in analyse(answers.assign(i1=answers["i0"]), answers="ordered", draws=5).values():
            assert (found.problems, found.n_kept) == (("perfect_correlation",), None)

    def test_fewer_persons_than_items(self) -> None:
        rng = np.random.default_rng(4)
        found = analyse(pd.DataFrame(rng.normal(size=(12, 15))))
        assert found["factors"].problems == ("singular",)
        assert len(found["components"].eigenvalues) == 15

    def test_an_answer_in_many_categories(self) -> None:
        answers = pd.DataFrame(np.random.default_rng(4).normal(size=(50, 3)))
        assert analyse(answers, answers="ordered")["factors"].problems == ("many_categories",)
        assert analyse(answers)["factors"].problems == ()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 7))
def test_eigenvalues_add_up_to_the_diagonal(seed: int, k: int) -> None:
    values = np.random.default_rng(seed).normal(size=(1, k, 30))
    matrices = correlations_of(values, "continuous")
    assert eigenvalues_of(matrices, "components").sum() == pytest.approx(k)
    shares = squared_multiple_correlations(matrices)
    assert eigenvalues_of(matrices, "factors").sum() == pytest.approx(shares.sum())
    # the share of variance that a regression on the others explains
    centred = values[0] - values[0].mean(axis=1, keepdims=True)
    left = np.linalg.lstsq(centred[1:].T, centred[0], rcond=None)[1][0]
    assert shares[0, 0] == pytest.approx(1 - left / (centred[0] ** 2).sum())
