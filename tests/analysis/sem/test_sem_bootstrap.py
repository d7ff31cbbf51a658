"""The bootstrap: what is drawn, and what errors, intervals and the test of fit are made of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bootstrap_samples import TWO_FACTORS, answers, solved, some_counts, with_gaps

from analysis.sem import ModelError, fit
from analysis.sem.bootstrap import bollen_stine, bootstrap, fitting, where_it_holds
from analysis.sem.intervals import acceleration, percentile
from analysis.sem.observed import Array, GroupSample
from analysis.sem.resample import Draws, Resampler
from analysis.sem.resolve import Resolver

ORACLES = Path(__file__).parents[2] / "oracles"
EQUAL = {"group": "place", "group_equal": ["loadings", "intercepts"]}

# ---------------------------------------------------------------- draws


def test_the_same_seed_gives_the_same_draws_however_many_at_a_time() -> None:
    sample = solved(TWO_FACTORS, answers(), group="place").sample
    together = Draws(sample, by="case", seed=4).next(6)
    source = Draws(sample, by="case", seed=4)
    parts = [source.next(2), source.next(4)]
    for g in range(2):
        np.testing.assert_array_equal(together[g], np.concatenate([part[g] for part in parts]))
        np.testing.assert_array_equal(together[g].sum(axis=1), sample.groups[g].n)
    assert not np.array_equal(together[0], Draws(sample, by="case", seed=5).next(6)[0])


def test_clusters_are_drawn_whole_and_within_their_group() -> None:
    sample = solved(TWO_FACTORS, answers(), group="place", cluster="unit").sample
    for counts, group in zip(Draws(sample, by="cluster", seed=1).next(20), sample.groups, strict=True):
        codes = np.unique(group.cluster, return_inverse=True)[1]
        of_cluster = np.column_stack([counts[:, codes == c] for c in range(codes.max() + 1)][0:1])
        assert (of_cluster == of_cluster[:, :1]).all()
        drawn = np.column_stack([counts[:, codes == c][:, 0] for c in range(codes.max() + 1)])
        assert (drawn.sum(axis=1) == codes.max() + 1).all()


def test_clusters_must_be_there_and_more_than_one_in_each_group() -> None:
    frame = answers()
    with pytest.raises(ModelError, match="column of clusters"):
        bootstrap(solved(TWO_FACTORS, frame), draws=2, seed=1, by="cluster")
    sample = solved(TWO_FACTORS, frame, group="place", cluster="unit").sample
    alone = replace(sample.groups[0], cluster=np.zeros(sample.groups[0].n, dtype=np.intp))
    with pytest.raises(ModelError, match="one cluster in group here"):
        Draws(replace(sample, groups=(alone, sample.groups[1])), by="cluster", seed=1)


def test_a_bootstrap_is_the_same_twice_and_in_any_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    estimated = solved(TWO_FACTORS, answers())
    first, again = (bootstrap(estimated, draws=40, seed=9) for _ in range(2))
    assert first.theta.tobytes() == again.theta.tobytes()
    monkeypatch.setattr(Resolver, "at_once", 7)
    np.testing.assert_allclose(bootstrap(estimated, draws=40, seed=9).theta, first.theta, atol=1e-6)


# ---------------------------------------------------------------- summaries


def test_bca_of_a_mean_has_the_acceleration_of_its_skewness() -> None:
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"y": rng.exponential(size=80), "z": rng.normal(size=80)})
    drawn = bootstrap(solved("y ~~ z", frame, means=True), draws=50, seed=1)
    centred = frame["y"] - frame["y"].mean()
    at = next(n for n, row in enumerate(drawn.resolver.resampler.table.rows) if row.name == "y ~1")
    jacobian = drawn.resolver.reported.jacobian(drawn.resolver.resampler.theta)
    a = acceleration(drawn.influence @ jacobian[at])
    assert float(a) == pytest.approx(float((centred**3).sum() / (6 * (centred**2).sum() ** 1.5)), rel=1e-9)


@pytest.mark.parametrize(("by", "asked"), [("case", {}), ("cluster", {}), ("case", {"missing": "fiml"})])
def test_influence_is_what_leaving_out_a_little_does(by: Any, asked: dict[str, Any]) -> None:
    frame = with_gaps(answers()) if asked else answers()
    estimated = solved(TWO_FACTORS + "\nF ~ x", frame, group="place", cluster="unit", **asked)
    drawn = bootstrap(estimated, draws=3, seed=1, by=by)
    units = Draws(estimated.sample, by=by, seed=1).units[0]
    n_units = units.max() + 1
    # a twentieth of a unit less: a step so small that it is straight, and far longer than what a solution is precise to
    less = 1 - 0.05 * (units == np.arange(n_units)[:, None])
    moved = drawn.resolver.solve([less, np.ones((n_units, estimated.sample.groups[1].n))]).theta
    exact = (moved.mean(axis=0) - moved) / 0.05
    found = drawn.influence[:n_units]
    scale = exact.std(axis=0)
    assert (found[:, scale < 1e-6] ** 2 < 1e-10).all()  # the other group's parameters stay where they are
    error = np.abs(found - exact)[:, scale >= 1e-6] / scale[scale >= 1e-6]
    assert np.median(error) < 0.02
    assert np.quantile(error, 0.99) < 0.15


def test_errors_and_intervals_agree_with_theory_and_with_the_table() -> None:
    frame = answers(400)
    result = fit(TWO_FACTORS + "\nF ~ c*x\ncb := c*b", frame, bootstrap=400, errors="bootstrap", seed=3)
    plain = fit(TWO_FACTORS + "\nF ~ c*x\ncb := c*b", frame)
    drawn = result.bootstrap
    assert drawn is not None and drawn.n_converged == 400 and drawn.notes == ()
    has_error = plain.parameters["se"].notna()
    np.testing.assert_allclose(result.parameters["se"][has_error], plain.parameters["se"][has_error], rtol=0.25)
    assert result.parameters["std_all_se"][1] == pytest.approx(plain.parameters["std_all_se"][1], rel=0.25)
    # fixed loadings and covariates' moments have no error
    assert result.parameters["se"].isna().equals(plain.parameters["se"].isna())
    at = int(np.flatnonzero(result.parameters["op"] == ":=")[0])
    names = {row.label: row.index for row in result.estimated.table.rows if row.label}
    product = drawn.theta[:, names["c"]] * drawn.theta[:, names["b"]]  # type: ignore[index]
    assert result.parameters["se"][at] == pytest.approx(product.std(ddof=1), rel=1e-12)
    lower, upper = percentile(product[:, None], 0.95)
    assert (result.parameters["ci_lower"][at], result.parameters["ci_upper"][at]) == (lower[0], upper[0])
    accelerated = drawn.summary(kind="bca")
    assert accelerated.lower[at] != lower[0]
    np.testing.assert_allclose(accelerated.lower[at], lower[0], atol=0.5 * product.std())


def test_a_fit_shows_what_was_asked_of_its_draws() -> None:
    result = fit(TWO_FACTORS, answers(), bootstrap=60, interval="bca", bollen_stine=True)
    assert result.errors == "bootstrap" and result.bootstrap is not None and result.bollen_stine is not None
    accelerated = result.bootstrap.summary(kind="bca")
    np.testing.assert_array_equal(result.parameters["ci_lower"], accelerated.lower)
    np.testing.assert_array_equal(result.parameters["se"], result.bootstrap.summary().se)
    assert result.fit["pvalue_bollen_stine"] == result.bollen_stine.pvalue
    # errors asked for stay; the draws are there to be read
    robust = fit(TWO_FACTORS, answers(), bootstrap=10, errors="robust")
    assert robust.errors == "robust" and robust.bootstrap is not None and robust.bollen_stine is None
    with pytest.raises(ModelError, match="choose from percentile, bca"):
        fit(TWO_FACTORS, answers(), bootstrap=10, interval="normal")
    with pytest.raises(ModelError, match="--bootstrap 1000"):
        fit(TWO_FACTORS, answers(), bollen_stine=True)


def test_without_an_identified_solution_nothing_is_drawn() -> None:
    loose = fit("F =~ NA*a1 + a2 + a3 + a4", answers(), bootstrap=10)
    assert not loose.identified and loose.bootstrap is None


def test_too_few_solutions_leave_the_errors_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    solve = Resolver.solve

    def none(self: Resolver, counts: Sequence[Array], *, statistic: bool = False) -> Any:
        found = solve(self, counts, statistic=statistic)
        return replace(found, converged=np.zeros_like(found.converged))

    monkeypatch.setattr(Resolver, "solve", none)
    result = fit(TWO_FACTORS, answers(), bootstrap=10, errors="bootstrap", bollen_stine=True)
    assert result.errors == "standard"
    assert np.isnan(result.fit["pvalue_bollen_stine"])
    assert "10 of 10 draws of the Bollen-Stine test" in result.notes[-2]
    assert "0 of 10 bootstrap draws converged" in result.notes[-1]


def test_sam_is_drawn_one_by_one() -> None:
    frame = answers(80)
    result, plain = fit(TWO_FACTORS, frame, estimator="sam", bootstrap=30), fit(TWO_FACTORS, frame, estimator="sam")
    drawn = result.bootstrap
    assert drawn is not None and drawn.n_converged == 30
    at = int(np.flatnonzero(plain.parameters["label"] == "b")[0])
    assert result.parameters["se"][at] == pytest.approx(plain.parameters["se"][at], rel=0.4)
    counts = some_counts(result.estimated, 1, seed=result.estimated.options.seed)[0][0]
    again = fit(TWO_FACTORS, frame.iloc[np.repeat(np.arange(80), counts.astype(int))], estimator="sam")
    np.testing.assert_allclose(drawn.theta[0], again.estimated.theta, atol=1e-8)
    accelerated = drawn.summary(kind="bca")
    assert accelerated.lower[at] < plain.parameters["est"][at] < accelerated.upper[at]
    with pytest.raises(ModelError, match="sam does not have"):
        bollen_stine(plain.estimated, draws=2, seed=1)


def test_errors_by_cluster_see_what_clusters_have_in_common() -> None:
    rng = np.random.default_rng(2)
    shift = np.repeat(rng.normal(size=40), 10)
    frame = pd.DataFrame({"y": shift + rng.normal(size=400), "z": rng.normal(size=400), "unit": np.arange(400) // 10})
    means = frame["y"].groupby(frame["unit"]).mean()
    by_cluster = bootstrap(solved("y ~~ z", frame, means=True, cluster="unit"), draws=800, seed=1, by="cluster")
    by_case = bootstrap(solved("y ~~ z", frame, means=True, cluster="unit"), draws=800, seed=1, by="case")
    at = next(n for n, row in enumerate(by_case.resolver.resampler.table.rows) if row.name == "y ~1")
    assert by_cluster.summary().se[at] == pytest.approx(means.std(ddof=0) / np.sqrt(40), rel=0.1)
    assert by_case.summary().se[at] == pytest.approx(frame["y"].std(ddof=0) / np.sqrt(400), rel=0.1)


# ---------------------------------------------------------------- Bollen-Stine


def test_transformed_answers_have_the_moments_asked_for() -> None:
    rng = np.random.default_rng(4)
    data = rng.normal(size=(30, 3)) @ rng.normal(size=(3, 3))
    group = GroupSample("", 30, data.mean(axis=0), np.cov(data.T, bias=True), data)
    half = rng.normal(size=(3, 3))
    moved = fitting(group, half @ half.T, np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(moved.answers.mean(axis=0), [1, 2, 3])
    np.testing.assert_allclose(np.cov(moved.answers.T, bias=True), half @ half.T)
    np.testing.assert_allclose(fitting(group, group.cov, group.mean).answers, data)


@pytest.mark.parametrize("asked", [{}, EQUAL, {"estimator": "gls"}])
def test_a_true_model_has_draws_like_its_chi_square(asked: dict[str, Any]) -> None:
    estimated = solved(TWO_FACTORS, answers(400, seed=7), **asked)
    test = bollen_stine(estimated, draws=300, seed=2)
    assert test.n_converged == test.n_draws == 300
    assert test.statistic == pytest.approx(estimated.n * estimated.objective)
    assert test.draws.mean() == pytest.approx(estimated.df, rel=0.15)
    assert (test.draws > 0).all()
    expected = (1 + (test.draws >= test.statistic).sum()) / 301
    assert test.pvalue == expected > 0.05


def test_draws_of_the_test_are_those_of_lavaan() -> None:
    r = json.loads((ORACLES / "bootstrap/bollen_stine.json").read_text(encoding="utf-8"))
    data = pd.read_csv(ORACLES / r["data"])
    estimated = solved(r["model"], data, **r["options"])
    assert estimated.n * estimated.objective == pytest.approx(r["statistic"], abs=1e-4)
    drawn = np.array([np.bincount(np.array(d["rows"]) - 1, minlength=len(data)) for d in r["draws"]], float)
    counts = [drawn[:, data["construction"] == group.name] for group in estimated.sample.groups]
    found = Resolver(Resampler(where_it_holds(estimated))).solve(counts, statistic=True)
    np.testing.assert_allclose(found.statistic, [d["statistic"] for d in r["draws"]], atol=1e-4)


def test_a_wrong_model_is_found_out() -> None:
    estimated = solved("F =~ a1 + a2 + a3 + a4 + b1 + b2 + b3 + b4", answers(300))
    test = bollen_stine(estimated, draws=99, seed=2)
    assert test.pvalue == 1 / (1 + test.n_converged)


def test_bollen_stine_refuses_what_cannot_be_transformed() -> None:
    with pytest.raises(ModelError, match="complete answers"):
        bollen_stine(solved(TWO_FACTORS, with_gaps(answers()), missing="fiml"), draws=2, seed=1)
    coded = answers()[["a1", "a2", "a3"]].gt(0).astype(int)
    with pytest.raises(ModelError, match="continuous answers"):
        bollen_stine(solved("F =~ a1 + a2 + a3", coded, estimator="wlsmv", ordered=["a1", "a2", "a3"]), draws=2, seed=1)
