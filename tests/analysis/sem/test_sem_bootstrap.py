"""The bootstrap: by hand where it can be, each resample against a fit of its own, and against lavaan's refits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.sem import ModelError, fit
from analysis.sem.admissible import inadmissible
from analysis.sem.bootstrap import Bootstrap, bollen_stine, bootstrap, fitting
from analysis.sem.estimate import Estimated
from analysis.sem.fit import estimated_by, prepared
from analysis.sem.intervals import acceleration, percentile
from analysis.sem.observed import Array, GroupSample, Moments
from analysis.sem.options import Options
from analysis.sem.resample import Draws, Resampler
from analysis.sem.resolve import Resolver
from analysis.sem.standardise import reported_table

ORACLES = Path(__file__).parents[2] / "oracles"
REFITS = json.loads((ORACLES / "bootstrap/refits.json").read_text(encoding="utf-8"))
TWO_FACTORS = "F =~ a1 + a2 + a3 + a4\nG =~ b1 + b2 + b3 + b4\nG ~ b*F"


def answers(n: int = 160, seed: int = 1, strength: float = 0.8) -> pd.DataFrame:
    """Two factors of four items, a covariate ``x``, two groups, ten clusters inside them."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    f = 0.5 * x + rng.normal(size=n)
    g = 0.6 * f + rng.normal(size=n)
    items = {f"a{k}": strength * f + rng.normal(size=n) for k in range(1, 5)}
    items |= {f"b{k}": strength * g + rng.normal(size=n) for k in range(1, 5)}
    unit = np.arange(n) % 10
    return pd.DataFrame({"x": x, **items, "unit": unit, "place": np.where(unit < 4, "here", "there")})


def with_gaps(frame: pd.DataFrame, seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    items = [name for name in frame.columns if name[0] in "ab"]
    frame = frame.copy()
    frame[items] = frame[items].mask(rng.random((len(frame), len(items))) < 0.08)
    return frame


def solved(model: str, data: pd.DataFrame, **asked: Any) -> Estimated:
    options = Options.checked(**asked)
    table, sample = prepared(model, data, options)
    return estimated_by(table, sample, options)


def some_counts(estimated: Estimated, size: int, seed: int = 5, by: Any = "case") -> list[Array]:
    return Draws(estimated.sample, by=by, seed=seed).next(size)


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


# ---------------------------------------------------------------- solutions


def test_a_regression_in_every_resample_is_least_squares() -> None:
    frame = answers(60)
    estimated = solved("a1 ~ x + a2", frame)
    counts = some_counts(estimated, 20)
    found = Resolver(Resampler(estimated)).solve(counts)
    for b in range(20):
        again = frame.iloc[np.repeat(np.arange(60), counts[0][b].astype(int))]
        X = np.column_stack([np.ones(60), again["x"], again["a2"]])
        beta, rest, *_ = np.linalg.lstsq(X, again["a1"], rcond=None)
        np.testing.assert_allclose(found.theta[b, :3], [*beta[1:], rest[0] / 60], rtol=1e-5)
        # the covariates' own moments follow, as they are in this resample
        np.testing.assert_allclose(found.theta[b, 3:], np.cov(X[:, 1:].T, bias=True)[[0, 1, 1], [0, 0, 1]], rtol=1e-12)


CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("two groups, equal", TWO_FACTORS, {"group": "place", "group_equal": ["loadings", "intercepts"]}),
    ("covariate", TWO_FACTORS + "\nF ~ x", {}),
    ("covariate, means", TWO_FACTORS + "\nF ~ x", {"means": True, "group": "place", "cluster": "unit"}),
    ("residual covariance", TWO_FACTORS + "\na1 ~~ a2", {}),
    ("equality", TWO_FACTORS + "\nF ~ c*x\nc == 2*b - 0.3", {}),
    ("curved equality", TWO_FACTORS + "\nF ~ c*x\nc == b^2 + 0.1", {}),
    ("inequality", TWO_FACTORS + "\nF ~ c*x\nb > 0.55", {}),
    ("bounds", "F =~ a1 + a2 + a3 + a4\nG =~ b1 + b2\nG ~ F", {"bounds": True}),
    ("gls", TWO_FACTORS + "\nF ~ x", {"estimator": "gls", "group": "place", "means": True}),
    ("uls", TWO_FACTORS, {"estimator": "uls", "group": "place"}),
    ("uls, means", TWO_FACTORS, {"estimator": "uls", "means": True}),
    ("dwls", TWO_FACTORS, {"estimator": "dwls"}),
    ("dwls, means", TWO_FACTORS, {"estimator": "dwls", "means": True}),
    ("fiml", TWO_FACTORS + "\nF ~ x", {"missing": "fiml", "group": "place", "group_equal": ["loadings"]}),
    (
        "ordered",
        "F =~ a1 + a2 + a3 + a4",
        {"estimator": "wlsmv", "ordered": ["a1", "a2", "a3", "a4"], "group": "place"},
    ),
    ("path model", "a1 ~ x + a2\na2 ~ x\na1 ~~ b1\nb1 ~ x", {}),
]


@pytest.mark.parametrize(("model", "asked"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_solution_is_that_of_the_resample_fitted_alone(model: str, asked: dict[str, Any]) -> None:
    frame = answers(320)
    frame = with_gaps(frame) if asked.get("missing") == "fiml" else frame
    for name in asked.get("ordered", ()):
        frame[name] = pd.cut(frame[name], [-9, -0.7, 0.6, 9], labels=False)
    estimated = solved(model, frame, **asked)
    resampler = Resampler(estimated)
    counts = some_counts(estimated, 4, by="cluster" if "cluster" in asked else "case")
    found = Resolver(resampler).solve(counts)
    assert found.converged.all()
    q = estimated.table.n_free
    for b in range(4):
        again = estimated_by(estimated.table, resampler.one([c[b] for c in counts]), estimated.options)
        assert again.converged
        np.testing.assert_allclose(found.theta[b, :q], again.theta, atol=1e-6)
        assert found.admissible[b] == (not inadmissible(again))
        given_covariates = [row for row in resampler.table.rows if row.index is not None and row.index >= q]
        assert len(given_covariates) == resampler.n_covariates


@pytest.mark.parametrize("asked", [case[2] for case in CASES[:3] + CASES[8:14]])
def test_the_loss_of_resamples_is_the_loss_of_a_sample(asked: dict[str, Any]) -> None:
    """Whoever changes the one without the other hears of it here: value, gradient and shares at everybody once."""
    frame = with_gaps(answers()) if asked.get("missing") == "fiml" else answers()
    estimated = solved(TWO_FACTORS + "\nF ~ x", frame, **asked)
    r = Resampler(estimated)
    once = r.resamples([np.ones((2, group.n)) for group in estimated.sample.groups])
    theta = np.tile(r.theta, (2, 1))
    theta[1, : r.n_free] *= 1.01
    value, gradient = r.loss.value_and_gradient(once.parts, once.shares, theta)
    value = value + r.loss.constant(once.parts, once.shares)
    for b in range(2):
        expected, slope = estimated.loss.value_and_gradient(theta[b, : r.n_free])
        assert value[b] == pytest.approx(float(expected), rel=1e-9)
        np.testing.assert_allclose(gradient[b, : r.n_free], slope, rtol=1e-8, atol=1e-9)


def reference_counts(reference: dict[str, Any], data: pd.DataFrame, estimated: Estimated) -> list[Array]:
    group = reference["options"].get("group")
    drawn = np.array([np.bincount(np.array(d["rows"]) - 1, minlength=len(data)) for d in reference["draws"]], float)
    return [drawn if group is None else drawn[:, data[group] == g.name] for g in estimated.sample.groups]


@pytest.mark.parametrize("reference", REFITS, ids=[r["id"] for r in REFITS])
def test_refits_are_those_of_lavaan(reference: dict[str, Any]) -> None:
    """lavaan stops some 1e-5 from the minimum where there are 94 parameters; each solution here is that of a single fit
    to 1e-6 (above), which is what decides."""
    data = pd.read_csv(ORACLES / reference["data"])
    data["in_neighbourhood"] = (data["location"] == "in_neighbourhood").astype(float)
    estimated = solved(reference["model"], data, **reference["options"])
    resolver = Resolver(Resampler(estimated))
    found = resolver.solve(reference_counts(reference, data, estimated))
    assert found.converged.all()
    group_of = {name: g + 1 for g, name in enumerate(estimated.table.groups)}
    draws = Bootstrap("case", found.theta, found.converged, found.admissible, resolver, found.theta)
    for metric, column in (("est", "est"), ("std_all", "std.all")):
        values = draws.values(metric)  # type: ignore[arg-type]
        for b, draw in enumerate(reference["draws"]):
            mine: dict[tuple[Any, ...], float] = {}
            for (name, lhs, op, rhs, *_), value in zip(reported_table(estimated.table), values[b], strict=True):
                key = (0, lhs, op, "") if op == ":=" else (group_of[name], *sorted((lhs, rhs)), op)
                mine[key] = value
            for p in draw["parameters"]:
                key = (p["group"], *sorted((p["lhs"], p["rhs"])), p["op"])
                key = (0, p["lhs"], ":=", "") if p["op"] == ":=" else key
                assert mine[key] == pytest.approx(p[column], abs=3e-5), key


# ---------------------------------------------------------------- what goes wrong


def test_draws_without_a_solution_are_counted_and_left_out() -> None:
    estimated = solved("F =~ a1 + a2 + a3 + a4", answers(30, seed=3, strength=0.4))
    drawn = bootstrap(estimated, draws=30, seed=1)
    assert 2 < drawn.n_converged < drawn.n_draws == 30
    assert np.isnan(drawn.theta[~drawn.converged]).all() and np.isfinite(drawn.theta[drawn.converged]).all()
    assert not drawn.admissible[~drawn.converged].any()
    assert 0 < drawn.n_inadmissible < drawn.n_converged
    summary = drawn.summary()
    kept = drawn.theta[drawn.converged]
    np.testing.assert_allclose(summary.se[1:4], kept.std(axis=0, ddof=1)[:3], rtol=1e-12)
    assert (summary.n_draws == drawn.n_converged).all()
    assert f"{30 - drawn.n_converged} of 30 bootstrap draws did not converge" in drawn.notes[0]
    assert f"{drawn.n_inadmissible} of 30" in drawn.notes[1]
    # what a negative variance standardises does not exist in that draw
    assert (drawn.summary("std_all").n_draws <= drawn.n_converged).all()


def test_draws_are_judged_as_single_fits_are() -> None:
    estimated = solved("F =~ a1 + a2 + a3\nG =~ b1 + b2 + b3\nF ~~ G\na1 ~~ b1", answers(80, seed=1, strength=0.6))
    resampler = Resampler(estimated)
    counts = some_counts(estimated, 20)
    found = Resolver(resampler).solve(counts)
    assert 0 < found.admissible[found.converged].sum() < found.converged.sum()
    for b in np.flatnonzero(found.converged):
        again = estimated_by(estimated.table, resampler.one([c[b] for c in counts]), estimated.options)
        if again.converged:
            assert found.admissible[b] == (not inadmissible(again))


def test_a_resample_without_a_category_has_no_solution() -> None:
    frame = answers(90)
    ordered = pd.DataFrame({name: pd.cut(frame[name], [-9, -0.5, 0.7, 9], labels=False) for name in ("a1", "a2", "a3")})
    ordered.loc[0, "a1"] = 3
    estimated = solved("F =~ a1 + a2 + a3", ordered, estimator="wlsmv", ordered=["a1", "a2", "a3"])
    counts = np.ones((2, 90))
    counts[1, 0], counts[1, 1] = 0, 2
    found = Resolver(Resampler(estimated)).solve([counts])
    np.testing.assert_array_equal(found.converged, [True, False])
    np.testing.assert_allclose(found.theta[0], estimated.theta, atol=1e-6)


def test_a_resample_with_a_constant_item_has_no_solution() -> None:
    frame = answers(60)[["a1", "a2", "a3", "a4"]]
    frame["a1"] = (np.arange(60) < 12).astype(float)
    for estimator in ("gls", "dwls", "ml"):
        estimated = solved("F =~ a2 + a3 + a1 + a4", frame, estimator=estimator)
        counts = np.stack([np.ones(60), np.r_[np.zeros(12), np.ones(36), np.full(12, 2.0)]])
        found = Resolver(Resampler(estimated)).solve([counts])
        np.testing.assert_array_equal(found.converged, [True, False])


def test_no_bootstrap_without_persons_or_identification() -> None:
    moments = {"n": 50, "names": ["a1", "a2", "a3"], "cov": [[1.0], [0.4, 1.0], [0.4, 0.4, 1.0]]}
    estimated = solved("F =~ a1 + a2 + a3", answers())
    table, sample = prepared("F =~ a1 + a2 + a3", Moments.from_dict(moments), Options())
    with pytest.raises(ModelError, match="persons' answers"):
        bootstrap(estimated_by(table, sample, Options()), draws=2, seed=1)
    loose = solved("F =~ NA*a1 + a2 + a3 + a4", answers())
    with pytest.raises(ModelError, match="not identified"):
        bootstrap(loose, draws=2, seed=1)
    with pytest.raises(ModelError, match="nothing to bootstrap"):
        bootstrap(replace(estimated, converged=False), draws=2, seed=1)
    none = bootstrap(estimated, draws=1, seed=1)
    with pytest.raises(ModelError, match="1 of 1"):
        none.summary()


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


@pytest.mark.parametrize("asked", [{}, CASES[0][2], {"estimator": "gls"}])
def test_a_true_model_has_draws_like_its_chi_square(asked: dict[str, Any]) -> None:
    estimated = solved(TWO_FACTORS, answers(400, seed=7), **asked)
    test = bollen_stine(estimated, draws=300, seed=2)
    assert test.n_converged == test.n_draws == 300
    assert test.statistic == pytest.approx(estimated.n * estimated.objective)
    assert test.draws.mean() == pytest.approx(estimated.df, rel=0.15)
    assert (test.draws > 0).all()
    expected = (1 + (test.draws >= test.statistic).sum()) / 301
    assert test.pvalue == expected > 0.05


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


# ---------------------------------------------------------------- what must not matter


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.sampled_from([0.01, 3.0, 250.0]), order=st.permutations(range(4)))
def test_order_of_persons_and_units_of_items_change_nothing_else(seed: int, scale: float, order: Sequence[int]) -> None:
    frame = answers(80)
    model = "F =~ a1 + " + " + ".join(f"b{k + 1}" for k in order)
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(80)
    moved = frame.iloc[shuffled].reset_index(drop=True)
    moved["b2"] *= scale
    first, second = solved("F =~ a1 + b1 + b2 + b3 + b4", frame), solved(model, moved)
    counts = rng.multinomial(80, np.full(80, 1 / 80), size=3).astype(float)
    one = Resolver(Resampler(first)).solve([counts])
    two = Resolver(Resampler(second)).solve([counts[:, shuffled]])
    np.testing.assert_array_equal(one.converged, two.converged)
    place = {row.name: n for n, row in enumerate(second.table.rows)}
    std_one = Resolver(Resampler(first)).reported.rows(one.theta, "std_all")
    std_two = Resolver(Resampler(second)).reported.rows(two.theta, "std_all")
    at = [place[row.name] for row in first.table.rows]
    np.testing.assert_allclose(std_one, std_two[:, at], atol=5e-6)
