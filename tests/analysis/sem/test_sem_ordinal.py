"""Thresholds, polychoric correlations and Γ: closed forms, lavaan's moments, resamples, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.special import ndtr, ndtri

from analysis.sem import ModelError, fit
from analysis.sem.bivariate_normal import density, log_density_slope, moved, probability, probability_slope
from analysis.sem.ordinal import OrdinalMoments, ordinal_moments, resampled_moments

Array = npt.NDArray[Any]
HERE = Path(__file__).parents[2] / "oracles" / "ordinal"
LAVAAN: list[dict[str, Any]] = json.loads((HERE / "moments.json").read_text())


# --- the bivariate normal distribution
def by_quadrature(h: float, k: float, r: float) -> float:
    """P(X ≤ h, Y ≤ k) as ∫ φ(x) Φ((k - rx)/√(1-r²)) dx."""
    s = np.sqrt(1 - r * r)
    value, _ = quad(
        lambda x: np.exp(-x * x / 2) / np.sqrt(2 * np.pi) * ndtr((k - r * x) / s), -12, h,
        epsabs=1e-14, epsrel=1e-13, limit=400, points=[min(max(k / r, -11.9), h) if r else 0.0] if h > -12 else None,
    )  # fmt: skip
    return float(value)


@pytest.mark.parametrize("r", [-0.998, -0.9, -0.4, 0.0, 0.2, 0.84, 0.86, 0.95, 0.998])
def test_probability_agrees_with_quadrature(r: float) -> None:
    points = [-2.5, -0.7, 0.0, 0.4, 1.9]
    h, k = (x.ravel() for x in np.meshgrid(points, points))
    wanted = [by_quadrature(a, b, r) for a, b in zip(h, k, strict=True)]
    np.testing.assert_allclose(probability(h, k, np.array(r)), wanted, atol=1e-13)


def test_probability_at_the_origin_and_at_infinity() -> None:
    r = np.array([-0.9, 0.0, 0.5])
    np.testing.assert_allclose(probability(0.0 * r, 0.0 * r, r), 0.25 + np.arcsin(r) / (2 * np.pi), atol=1e-16)
    inf, k = np.array(np.inf), np.array([-1.3, 0.0, 0.8])
    np.testing.assert_allclose(probability(inf, k, r), ndtr(k), atol=1e-16)
    np.testing.assert_allclose(probability(k, inf, r), ndtr(k), atol=1e-16)
    np.testing.assert_array_equal(probability(-inf, k, r), 0.0)


def test_a_probability_is_moved_to_another_correlation() -> None:
    rng = np.random.default_rng(5)
    h, k = rng.normal(size=(2, 40, 3, 4))
    before, after = rng.uniform(-0.95, 0.95, (2, 40))
    after[:20] = before[:20] + 0.05 * np.sign(-before[:20])
    value = probability(h, k, before[:, None, None])
    wanted = probability(h, k, after[:, None, None])
    np.testing.assert_allclose(moved(value, h, k, before, after), wanted, atol=1e-14)


def test_derivatives_agree_with_differences() -> None:
    rng = np.random.default_rng(6)
    h, k = rng.normal(size=(2, 30))
    r, e = rng.uniform(-0.8, 0.8, 30), 1e-5

    def central(function: Any, x: Array) -> Array:
        return np.asarray(
            (8 * (function(x + e) - function(x - e)) - function(x + 2 * e) + function(x - 2 * e)) / (12 * e)
        )

    np.testing.assert_allclose(density(h, k, r), central(lambda x: probability(h, k, x), r), atol=1e-9)
    np.testing.assert_allclose(
        log_density_slope(h, k, r), central(lambda x: np.log(density(h, k, x)), r), rtol=1e-7, atol=1e-7
    )
    np.testing.assert_allclose(probability_slope(h, k, r), central(lambda x: probability(x, k, r), h), atol=1e-9)


# --- moments one can check by hand
def of_table(table: list[list[int]]) -> Array:
    """Codes of the persons of a contingency table."""
    rows = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return np.array(rows, dtype=np.intp)


def test_a_table_cut_at_the_medians_has_the_closed_form() -> None:
    """With both items cut at nil the tetrachoric correlation is sin(2π(p₁₁ - ¼)) (Sheppard 1899)."""
    moments = ordinal_moments(of_table([[40, 10], [10, 40]]), ["a", "b"])
    np.testing.assert_allclose(moments.thresholds, 0.0, atol=1e-15)
    assert moments.correlations[0] == pytest.approx(np.sin(2 * np.pi * (0.4 - 0.25)), rel=1e-12)
    # the delta method on p₁₁ given thresholds that are known to be nil by symmetry
    np.testing.assert_allclose(np.diag(moments.gamma)[:2], 0.25 * 2 * np.pi, rtol=1e-12)


def test_thresholds_are_quantiles_with_multinomial_errors() -> None:
    codes = of_table([[10, 20], [25, 5], [15, 25]])
    moments = ordinal_moments(codes, ["a", "b"])
    p = np.array([0.3, 0.6])
    np.testing.assert_allclose(moments.thresholds[:2], ndtri(p), atol=1e-14)
    slope = np.exp(-(ndtri(p) ** 2) / 2) / np.sqrt(2 * np.pi)
    wanted = np.array([[0.21, 0.12], [0.12, 0.24]]) / np.outer(slope, slope)
    np.testing.assert_allclose(moments.gamma[:2, :2], wanted, rtol=1e-12)
    assert moments.threshold_item.tolist() == [0, 0, 1]


def test_a_tetrachoric_reproduces_its_table_and_its_delta_method_error() -> None:
    """Three moments of a 2 by 2 table with three free shares: Γ is the multinomial's through the inverse Jacobian."""
    table = [[30, 12], [25, 33]]
    moments = ordinal_moments(of_table(table), ["a", "b"])
    (h, k), r = moments.thresholds, moments.correlations[0]
    assert float(probability(h, k, r)) == pytest.approx(0.30, abs=1e-12)
    shares = np.array(table).ravel() / 100
    # P(a=0), P(b=0), P(a=0, b=0) from the cells, and their derivatives to thresholds and correlation
    margins = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 0]], dtype=float)
    covariance = margins @ (np.diag(shares) - np.outer(shares, shares)) @ margins.T
    phi = np.exp(-(np.array([h, k]) ** 2) / 2) / np.sqrt(2 * np.pi)
    jacobian = np.array([
        [phi[0], 0, 0], [0, phi[1], 0],
        [float(probability_slope(h, k, r)), float(probability_slope(k, h, r)), float(density(h, k, r))],
    ])  # fmt: skip
    inverse = np.linalg.inv(jacobian)
    # lavaan's order of the pair's items and ours agree: thresholds of a, of b, then the correlation
    np.testing.assert_allclose(moments.gamma, inverse @ covariance @ inverse.T, rtol=1e-9)


@pytest.mark.parametrize("case", LAVAAN, ids=lambda c: "+".join(c["items"]) + c["group"])
def test_moments_agree_with_lavaan(case: dict[str, Any]) -> None:
    """Items of 2 to 7 categories, and a 2 by 2 table with an empty cell."""
    frame = pd.read_csv(HERE / "answers.csv")
    frame = frame[frame["group"] == case["group"]] if case["group"] else frame
    frame = frame[case["items"]].dropna()
    codes = np.column_stack([np.unique(frame[name], return_inverse=True)[1] for name in case["items"]])
    assert len(codes) == case["n"]
    moments = ordinal_moments(codes, case["items"])
    np.testing.assert_allclose(moments.thresholds, case["thresholds"], atol=1e-11)
    np.testing.assert_allclose(moments.correlation_matrix, case["correlation"], atol=2e-8)
    i, j = np.tril_indices(len(case["items"]), -1)
    t = len(moments.thresholds)
    by_column = np.concatenate([np.arange(t), t + np.lexsort((i, j))])
    gamma = moments.gamma[np.ix_(by_column, by_column)]
    np.testing.assert_allclose(gamma, case["gamma"], rtol=1e-6, atol=2e-6)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(2, 7), columns=st.integers(2, 7))
def test_a_correlation_is_where_the_likelihood_is_highest(seed: int, rows: int, columns: int) -> None:
    """Beside a search without derivatives, on tables with and without empty cells."""
    rng = np.random.default_rng(seed)
    r = rng.uniform(-0.9, 0.9)
    a, b = rng.multivariate_normal([0, 0], [[1, r], [r, 1]], 150).T
    codes = np.column_stack([
        np.unique(np.digitize(x, np.quantile(x, np.sort(rng.uniform(0.1, 0.9, k - 1)))), return_inverse=True)[1]
        for x, k in ((a, rows), (b, columns))
    ])  # fmt: skip
    table = np.zeros(codes.max(axis=0) + 1)
    np.add.at(table, (codes[:, 0], codes[:, 1]), 1)
    assume(table.shape != (2, 2) or (table > 0).all())
    shares = [np.cumsum(table.sum(axis=1 - k))[:-1] / table.sum() for k in (0, 1)]
    edges = [np.concatenate([[-np.inf], ndtri(share), [np.inf]]) for share in shares]

    def lost(r: float) -> float:
        below = probability(edges[0][:, None], edges[1][None, :], np.array(r))
        cells = np.diff(np.diff(below, axis=0), axis=1)
        return -float((table[table > 0] * np.log(np.maximum(cells[table > 0], 1e-300))).sum())

    found = minimize_scalar(lost, bounds=(-0.9989, 0.9989), method="bounded", options={"xatol": 1e-9})
    # tables whose likelihood has no highest point inside are refused (see below)
    assume(min(lost(-0.9989), lost(0.9989)) > found.fun + 1e-3)
    moments = ordinal_moments(codes, ["a", "b"])
    assert moments.correlations[0] == pytest.approx(found.x, abs=1e-5)
    assert lost(float(moments.correlations[0])) <= found.fun + 1e-9


# --- what should not matter, and what should
def answers(n: int = 200, seed: int = 1, sizes: tuple[int, ...] = (2, 3, 5, 4)) -> Array:
    """Category codes of one factor's items; every category chosen by somebody."""
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=n)
    cuts = [np.linspace(-1, 1, size - 1) if size > 2 else np.array([0.2]) for size in sizes]
    return np.column_stack([np.digitize(factor + rng.normal(size=n), c) for c in cuts]).astype(np.intp)


def moments_of(codes: Array) -> OrdinalMoments:
    return ordinal_moments(codes, [f"u{k}" for k in range(codes.shape[1])])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), data=st.data())
def test_the_order_of_items_and_persons_does_not_matter(seed: int, data: st.DataObject) -> None:
    codes = answers(seed=seed)
    order = np.array(data.draw(st.permutations(range(4))))
    one, other = moments_of(codes), moments_of(codes[np.random.default_rng(seed).permutation(len(codes))][:, order])
    np.testing.assert_allclose(other.correlation_matrix, one.correlation_matrix[np.ix_(order, order)], atol=1e-10)
    spread, reordered = (
        [np.diag(m.gamma)[: len(m.thresholds)][m.threshold_item == v] for v in items]
        for m, items in ((one, order), (other, np.arange(4)))
    )
    for a, b in zip(spread, reordered, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_turning_an_item_around_changes_signs_alone(seed: int) -> None:
    codes = answers(seed=seed)
    turned = codes.copy()
    turned[:, 2] = 4 - turned[:, 2]
    one, other = moments_of(codes), moments_of(turned)
    sign = np.array([1, 1, -1, 1])
    np.testing.assert_allclose(other.correlation_matrix, one.correlation_matrix * np.outer(sign, sign), atol=1e-10)
    item = one.threshold_item == 2
    np.testing.assert_allclose(other.thresholds[item], -one.thresholds[item][::-1], atol=1e-12)


def test_everybody_twice_leaves_the_moments_and_gamma() -> None:
    codes = answers()
    one, other = moments_of(codes), moments_of(np.repeat(codes, 2, axis=0))
    np.testing.assert_allclose(other.correlations, one.correlations, atol=1e-12)
    np.testing.assert_allclose(other.gamma, one.gamma, rtol=1e-10, atol=1e-12)


def test_gamma_is_what_resampling_finds() -> None:
    """The spread of √n times the moments over 1,500 bootstrap draws: to sampling error of a variance, about 4 %."""
    codes = answers(n=500, sizes=(2, 3, 4))
    rng = np.random.default_rng(8)
    weights = rng.multinomial(len(codes), np.full(len(codes), 1 / len(codes)), 1500).astype(float)
    drawn = resampled_moments(codes, weights)
    spread = len(codes) * np.cov(np.concatenate([drawn.thresholds, drawn.correlations], axis=1).T)
    np.testing.assert_allclose(np.diag(spread), np.diag(moments_of(codes).gamma), rtol=0.15)


def test_resamples_are_what_their_persons_give() -> None:
    codes = answers(n=120, sizes=(2, 2, 3, 5, 7))
    rng = np.random.default_rng(2)
    weights = rng.multinomial(len(codes), np.full(len(codes), 1 / len(codes)), 40).astype(float)
    drawn = resampled_moments(codes, weights, gamma_diagonal=True)
    assert drawn.gamma_diagonal is not None
    whole = np.flatnonzero(~np.isnan(drawn.correlations[:, 0]))
    assert len(whole) > 10
    for b in whole[:10]:
        alone = moments_of(np.repeat(codes, weights[b].astype(int), axis=0))
        np.testing.assert_allclose(drawn.thresholds[b], alone.thresholds, atol=1e-13)
        np.testing.assert_allclose(drawn.correlations[b], alone.correlations, atol=1e-11)
        np.testing.assert_allclose(drawn.gamma_diagonal[b], np.diag(alone.gamma), rtol=1e-9)


def test_a_resample_without_a_category_has_no_moments() -> None:
    codes = answers(n=60)
    weights = np.ones((2, len(codes)))
    weights[1, codes[:, 2] == 4] = 0
    drawn = resampled_moments(codes, weights, gamma_diagonal=True)
    assert drawn.gamma_diagonal is not None
    assert np.isfinite(drawn.correlations[0]).all() and np.isfinite(drawn.gamma_diagonal[0]).all()
    for part in (drawn.thresholds, drawn.correlations, drawn.gamma_diagonal):
        assert np.isnan(part[1]).all()
    assert resampled_moments(codes, weights[:0]).correlations.shape == (0, 6)


def test_one_item_has_thresholds_and_no_correlation() -> None:
    moments = ordinal_moments(answers()[:, 2:3], ["u"])
    assert moments.correlations.shape == (0,)
    assert moments.gamma.shape == (4, 4)


# --- what is refused, and how it is said
def test_a_category_nobody_chose_is_named_with_item_and_group() -> None:
    codes = np.array([[0, 0], [1, 1], [2, 3], [0, 1]])
    with pytest.raises(ModelError, match=r"Nobody in group south chose 3 on the ordered item b.*Merge it"):
        ordinal_moments(codes, ["a", "b"], categories=[[1, 2, 3], [1, 2, 3, 4]], group="south")
    with pytest.raises(ModelError, match=r"chose 5, 6 on the ordered item a.*Merge them"):
        ordinal_moments(codes[:, :1], ["a"], categories=[[1, 2, 3, 5, 6]])


def test_an_item_that_does_not_vary_is_named() -> None:
    with pytest.raises(ModelError, match="b does not vary"):
        ordinal_moments(np.array([[0, 1], [1, 1]]), ["a", "b"], categories=[[0, 1], [0, 1]])


@pytest.mark.parametrize("table", [[[20, 0], [0, 30]], [[0, 20], [30, 0]], [[10, 0, 0], [5, 9, 0], [0, 0, 20]]])
def test_a_perfect_correlation_is_named(table: list[list[int]]) -> None:
    with pytest.raises(ModelError, match=r"a and b is beyond ±0\.999"):
        ordinal_moments(of_table(table), ["a", "b"])


def test_one_empty_cell_of_two_by_two_takes_half_an_answer() -> None:
    """As lavaan's defaults: margins, and so thresholds, stay; the correlation is that of the table with half moved."""
    moments = ordinal_moments(of_table([[20, 15], [0, 25]]), ["a", "b"])
    (h, k), r = moments.thresholds, moments.correlations[0]
    np.testing.assert_allclose([h, k], ndtri([35 / 60, 20 / 60]), atol=1e-14)
    assert float(probability(h, k, r)) == pytest.approx(19.5 / 60, abs=1e-12)
    (remark,) = moments.remarks
    assert "a and b" in remark and "half an answer" in remark


def test_what_was_done_to_the_answers_is_told_with_the_result() -> None:
    frame = pd.read_csv(HERE / "answers.csv")
    items = ("e1", "e2", "b1", "b4")
    result = fit("F =~ e1 + e2 + b1 + b4", frame, estimator="WLSMV", ordered=items)
    assert [note for note in result.notes if "e1 and e2: half an answer" in note]
    assert not fit("F =~ b1 + b2 + b3", frame, estimator="WLSMV", ordered=("b1", "b2", "b3")).notes


@pytest.mark.parametrize(("seed", "positive"), [(3, False), (13, True)])
def test_correlations_that_cannot_hold_together_are_remarked_on(seed: int, *, positive: bool) -> None:
    """24 persons and nine items: pair by pair correlations are possible that together are not."""
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=24)
    codes = np.column_stack([np.digitize(1.5 * factor + rng.normal(size=24), [-0.7, 0.7]) for _ in range(9)])
    moments = moments_of(codes)
    assert bool(np.linalg.eigvalsh(moments.correlation_matrix)[0] > 0) == positive
    assert any("not positive definite" in remark for remark in moments.remarks) != positive


def test_refusals_reach_the_person_who_fits() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(answers(n=160, sizes=(3, 3, 4, 4)) + 1, columns=["u1", "u2", "u3", "u4"])
    frame["g"] = np.where(rng.random(160) < 0.5, "a", "b")
    frame.loc[(frame["g"] == "b") & (frame["u3"] == 4), "u3"] = 3
    asked: dict[str, Any] = {"estimator": "WLSMV", "ordered": ("u1", "u2", "u3", "u4"), "group": "g"}
    with pytest.raises(ModelError, match="Nobody in group b chose 4 on the ordered item u3"):
        fit("F =~ u1 + u2 + u3 + u4", frame, **asked)
    constant = frame.assign(u3=2)
    with pytest.raises(ModelError, match="u3 does not vary"):
        fit("F =~ u1 + u2 + u3 + u4", constant, **asked)


def test_rows_with_an_open_answer_take_no_part() -> None:
    frame = pd.DataFrame(answers(n=200), columns=["u1", "u2", "u3", "u4"]).astype(float)
    holes = frame.copy()
    holes.loc[:14, "u2"] = np.nan
    asked: dict[str, Any] = {"estimator": "WLSMV", "ordered": tuple(frame.columns)}
    ours, theirs = fit("F =~ u1 + u2 + u3 + u4", holes, **asked), fit("F =~ u1 + u2 + u3 + u4", frame[15:], **asked)
    assert (ours.n_by_group, ours.n_left_out) == ((185,), 15)
    np.testing.assert_allclose(ours.parameters["est"], theirs.parameters["est"], rtol=1e-9)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000))
def test_what_the_codes_are_called_does_not_matter(seed: int) -> None:
    frame = pd.DataFrame(answers(seed=seed), columns=["u1", "u2", "u3", "u4"])
    asked: dict[str, Any] = {"estimator": "ULSMV", "ordered": tuple(frame.columns)}
    model = "F =~ u1 + u2 + u3 + u4"
    one, other = fit(model, frame, **asked), fit(model, 10 * frame + 3, **asked)
    np.testing.assert_allclose(one.parameters["est"], other.parameters["est"], rtol=1e-10, atol=1e-12)
    assert one.fit["chisq_scaled"] == pytest.approx(other.fit["chisq_scaled"], rel=1e-9)


def test_an_item_explained_wholly_is_negative_under_delta_and_without_end_under_theta() -> None:
    rng = np.random.default_rng(60_011)
    f = rng.normal(size=60)
    h = 0.5 * f + 0.8 * rng.normal(size=60)
    names = [f"u{k}" for k in range(1, 9)]
    frame = pd.DataFrame({
        name: np.digitize(0.9 * (f if k < 4 else h) + rng.normal(size=60), [-1, -0.2, 0.6, 1.5][: 2 + k % 3])
        for k, name in enumerate(names)
    })  # fmt: skip
    model = "F =~ u1 + u2 + u3 + u4\nH =~ u5 + u6 + u7 + u8\nH ~ F"
    asked: dict[str, Any] = {"estimator": "WLSMV", "ordered": tuple(names)}
    delta, theta = (fit(model, frame, parameterization=p, **asked) for p in ("delta", "theta"))
    assert not delta.admissible and "u2 ~~ u2" in delta.message
    assert not theta.admissible and "--parameterization delta shows which" in theta.message
