"""The solution of each resample: by hand, that of a fit of its own, lavaan's, or none."""

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
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.sem import ModelError
from analysis.sem.admissible import inadmissible
from analysis.sem.bootstrap import Bootstrap, bollen_stine, bootstrap
from analysis.sem.estimate import Estimated
from analysis.sem.fit import estimated_by, prepared
from analysis.sem.moments import Moments
from analysis.sem.observed import Array
from analysis.sem.options import Options
from analysis.sem.resample import Resampler
from analysis.sem.resolve import Resolver
from analysis.sem.standardise import reported_table

ORACLES = Path(__file__).parents[2] / "oracles"
REFITS = json.loads((ORACLES / "bootstrap/refits.json").read_text(encoding="utf-8"))


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
    idle = solved("F =~ 0*a1 + 0*a2 + 0*a3\na1 ~~ a2\nF ~~ start(1)*F", answers())
    with pytest.raises(ModelError, match="not identified"):
        bootstrap(replace(idle, converged=True), draws=2, seed=1)
    with pytest.raises(ModelError, match="nothing to bootstrap"):
        bootstrap(replace(estimated, converged=False), draws=2, seed=1)
    with pytest.raises(ModelError, match="at least one"):
        bootstrap(estimated, draws=0, seed=1)
    none = bootstrap(estimated, draws=1, seed=1)
    with pytest.raises(ModelError, match="1 of 1"):
        none.summary()


def test_a_model_without_free_parameters_has_draws_without_errors() -> None:
    model = "F =~ 1*a1 + 1*a2 + 1*a3\nF ~~ 0.6*F\na1 ~~ 1*a1\na2 ~~ 1*a2\na3 ~~ 1*a3"
    estimated = solved(model, answers())
    drawn = bootstrap(estimated, draws=5, seed=1)
    assert drawn.theta.shape == (5, 0) and drawn.n_converged == 5
    assert np.isnan(drawn.summary().se).all() and np.isnan(drawn.summary("std_all", kind="bca").upper).all()
    test = bollen_stine(estimated, draws=200, seed=1)
    assert test.draws.mean() == pytest.approx(6, rel=0.15)  # all six moments are tested


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
