"""Full-information maximum likelihood against plain computations, closed forms and lavaan."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.sem import expectation
from analysis.sem.errors import ModelError
from analysis.sem.fiml import (
    MissingData,
    casewise_loglik,
    casewise_scores,
    check_coverage,
    expected_information,
    saturated,
    saturated_information,
    saturated_scores,
    value_and_seeds,
)

ORACLES = Path(__file__).parents[2] / "oracles" / "fiml"


def incomplete(seed: int = 1, n: int = 60, p: int = 5, share: float = 0.2) -> np.ndarray:
    rng = np.random.default_rng(seed)
    data = rng.normal(size=(n, p)) @ rng.normal(size=(p, p)) + rng.normal(size=p)
    data[rng.random((n, p)) < share] = np.nan
    return data[~np.isnan(data).all(axis=1)]


def moments(seed: int, p: int, shape: tuple[int, ...] = ()) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(*shape, p, p + 4))
    return root @ np.swapaxes(root, -1, -2) / p, rng.normal(size=(*shape, p))


def plain_loglik(data: np.ndarray, sigma: np.ndarray, mu: np.ndarray) -> np.ndarray:
    """Person by person, from the definition."""
    found = []
    for row in data:
        o = ~np.isnan(row)
        z, block = (row - mu)[o], sigma[np.ix_(o, o)]
        found.append(-0.5 * (o.sum() * np.log(2 * np.pi) + np.linalg.slogdet(block)[1] + z @ np.linalg.solve(block, z)))
    return np.array(found)


def plain_objective(data: np.ndarray, sigma: np.ndarray, mu: np.ndarray, weights: np.ndarray | None = None) -> float:
    w = np.ones(len(data)) if weights is None else weights
    constant = (~np.isnan(data)).sum(axis=1) * np.log(2 * np.pi)
    return float(w @ (-2 * plain_loglik(data, sigma, mu) - constant) / w.sum())


def spread(p: int) -> np.ndarray:
    """The p p by p* matrix that writes a lower triangle into a symmetric matrix."""
    i, j = np.tril_indices(p)
    found = np.zeros((p, p, len(i)))
    found[i, j, np.arange(len(i))] = found[j, i, np.arange(len(i))] = 1.0
    return found


def factors(p: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The saturated model's parameters, means first, as ``l``, ``r`` and ``m``."""
    i, j = np.tril_indices(p)
    eye, zero = np.eye(p), np.zeros
    left = np.concatenate([zero((p, p)), eye[:, i] * np.where(i == j, 0.5, 1.0)], axis=1)
    right = np.concatenate([zero((p, p)), eye[:, j]], axis=1)
    return left, right, np.concatenate([eye, zero((p, len(i)))], axis=1)


DATA = [
    incomplete(),
    incomplete(2, 40, 6, 0.5),
    incomplete(3, 300, 4, 0.3),
    incomplete(4, 25, 3, 0.0),
    incomplete(5, 9, 1, 0),
]


@pytest.mark.parametrize("data", DATA)
def test_value_is_that_of_the_definition(data: np.ndarray) -> None:
    sigma, mu = moments(7, data.shape[1])
    missing = MissingData(data)
    value, dsigma, _ = value_and_seeds(missing, sigma, mu)
    assert value.shape == ()
    assert float(value) == pytest.approx(plain_objective(data, sigma, mu), rel=1e-12)
    assert np.array_equal(dsigma, dsigma.T)
    assert casewise_loglik(missing, sigma, mu) == pytest.approx(plain_loglik(data, sigma, mu), rel=1e-12)


def test_complete_data_give_the_ordinary_loss() -> None:
    data = incomplete(8, 50, 4, 0.0)
    sigma, mu = moments(9, 4)
    s, m = np.cov(data.T, bias=True), data.mean(axis=0)
    k = np.linalg.inv(sigma)
    expected = np.linalg.slogdet(sigma)[1] + np.trace(s @ k) + (m - mu) @ k @ (m - mu)
    value, dsigma, dmu = value_and_seeds(MissingData(data), sigma, mu)
    assert float(value) == pytest.approx(expected, rel=1e-13)
    assert dmu == pytest.approx(-2 * k @ (m - mu), rel=1e-11)
    assert dsigma == pytest.approx(k - k @ (s + np.outer(m - mu, m - mu)) @ k, rel=1e-10)


@pytest.mark.parametrize("data", DATA[:4])
@pytest.mark.parametrize("weighted", [False, True])
def test_derivatives_are_those_of_finite_differences(data: np.ndarray, weighted: bool) -> None:
    n, p = data.shape
    sigma, mu = moments(11, p)
    w = np.random.default_rng(0).integers(0, 4, n).astype(float) if weighted else None
    _, dsigma, dmu = value_and_seeds(MissingData(data), sigma, mu, w)
    step = 1e-5
    for j in range(p):
        e = step * np.eye(p)[j]
        slope = (plain_objective(data, sigma, mu + e, w) - plain_objective(data, sigma, mu - e, w)) / (2 * step)
        assert dmu[j] == pytest.approx(slope, abs=1e-7)
    for direction in np.moveaxis(spread(p), -1, 0):
        up, down = (plain_objective(data, sigma + s * step * direction, mu, w) for s in (1, -1))
        assert np.sum(dsigma * direction) == pytest.approx((up - down) / (2 * step), abs=1e-7)


def test_complex_steps_give_the_derivatives_of_the_seeds() -> None:
    data = DATA[1]
    p = data.shape[1]
    sigma, mu = moments(12, p)
    missing = MissingData(data)
    rng = np.random.default_rng(3)
    d_sigma, d_mu = rng.normal(size=(2, p, p)), rng.normal(size=(2, p))
    d_sigma = d_sigma + np.swapaxes(d_sigma, 1, 2)
    value, *exact = value_and_seeds(missing, sigma + 1e-30j * d_sigma, mu + 1e-30j * d_mu, value=False)
    assert not value.any()
    h = 1e-5
    up = value_and_seeds(missing, sigma + h * d_sigma, mu + h * d_mu)[1:]
    down = value_and_seeds(missing, sigma - h * d_sigma, mu - h * d_mu)[1:]
    for z, a, b in zip(exact, up, down, strict=True):
        assert z.imag / 1e-30 == pytest.approx((a - b) / (2 * h), rel=1e-6, abs=1e-7)
    single = value_and_seeds(missing, sigma + 1e-30j * d_sigma[0], mu + 1e-30j * d_mu[0], value=False)
    assert single[1].imag == pytest.approx(exact[0][0].imag, rel=1e-11)


def test_complex_steps_of_the_objective_through_the_determinant() -> None:
    """The gradient is that of an independent complex evaluation of the definition, to rounding."""
    data = DATA[0]
    p = data.shape[1]
    sigma, mu = moments(13, p)
    _, dsigma, dmu = value_and_seeds(MissingData(data), sigma, mu)

    def value(s: np.ndarray, m: np.ndarray) -> complex:
        total = 0j
        for row in data:
            o = ~np.isnan(row)
            z = np.where(o, row, 0)[o] - m[o]
            block = s[np.ix_(o, o)]
            total += np.log(np.linalg.det(block)) + z @ np.linalg.solve(block, z)
        return total / len(data)

    for j in range(p):
        assert value(sigma, mu + 1e-30j * np.eye(p)[j]).imag / 1e-30 == pytest.approx(dmu[j], rel=1e-11)
    for direction in np.moveaxis(spread(p), -1, 0):
        assert value(sigma + 1e-30j * direction, mu + 0j).imag / 1e-30 == pytest.approx(
            np.sum(dsigma * direction), rel=1e-9
        )


@pytest.mark.parametrize(("size", "cache"), [(3, 1 << 20), (40, 1 << 20), (40, 30_000)])
def test_a_stack_is_what_its_members_are(size: int, cache: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expectation, "_CACHE", cache)
    data = DATA[1]
    n, p = data.shape
    sigma, mu = moments(14, p, (size,))
    w = np.random.default_rng(1).multinomial(n, np.full(n, 1 / n), size=size).astype(float)
    missing = MissingData(data)
    whole = value_and_seeds(missing, sigma, mu, w)
    prepared = missing.weighted(w)
    again = value_and_seeds(missing, sigma, mu, prepared)
    unweighted = value_and_seeds(missing, sigma, mu)
    for b in (0, 1, size - 1):
        for part, kept, one in zip(whole, again, value_and_seeds(missing, sigma[b], mu[b], w[b]), strict=True):
            assert part[b] == pytest.approx(one, rel=1e-11, abs=1e-12)
            assert np.array_equal(part, kept)
        for part, one in zip(unweighted, value_and_seeds(missing, sigma[b], mu[b]), strict=True):
            assert part[b] == pytest.approx(one, rel=1e-11, abs=1e-12)
    some = np.arange(size) % 2 == 0
    for part, few in zip(whole, value_and_seeds(missing, sigma[some], mu[some], prepared.take(some)), strict=True):
        assert part[some] == pytest.approx(few, rel=1e-12, abs=1e-13)


def test_variables_that_everybody_answered() -> None:
    data = DATA[0].copy()
    data[:, [0, 3]] = np.nan_to_num(data[:, [0, 3]])
    sigma, mu = moments(26, 5, (4,))
    value, dsigma, _ = value_and_seeds(MissingData(data), sigma, mu)
    for b in range(4):
        assert float(value[b]) == pytest.approx(plain_objective(data, sigma[b], mu[b]), rel=1e-12)
        alone = value_and_seeds(MissingData(data), sigma[b], mu[b])[1]
        assert dsigma[b] == pytest.approx(alone, rel=1e-11, abs=1e-12)


def test_leading_dimensions_broadcast() -> None:
    data = DATA[0]
    n, p = data.shape
    sigma, mu = moments(15, p, (2, 3))
    w = np.random.default_rng(1).integers(0, 3, (3, n)).astype(float)
    missing = MissingData(data)
    value, dsigma, dmu = value_and_seeds(missing, sigma[0, 0], mu, np.broadcast_to(w, (2, 3, n)))
    assert (value.shape, dsigma.shape, dmu.shape) == ((2, 3), (2, 3, p, p), (2, 3, p))
    assert float(value[1, 2]) == pytest.approx(plain_objective(data, sigma[0, 0], mu[1, 2], w[2]), rel=1e-12)
    value, _, _ = value_and_seeds(missing, sigma[0, 0], mu[0, 0], w)
    assert float(value[1]) == pytest.approx(plain_objective(data, sigma[0, 0], mu[0, 0], w[1]), rel=1e-12)
    value, _, _ = value_and_seeds(missing, sigma, mu, w[1])
    assert float(value[1, 0]) == pytest.approx(plain_objective(data, sigma[1, 0], mu[1, 0], w[1]), rel=1e-12)


def test_weights_are_repeated_persons() -> None:
    data = DATA[2]
    n, p = data.shape
    w = np.random.default_rng(6).integers(0, 4, n)
    sigma, mu = moments(16, p)
    repeated = MissingData(np.repeat(data, w, axis=0))
    missing = MissingData(data)
    for a, b in zip(
        value_and_seeds(missing, sigma, mu, w.astype(float)), value_and_seeds(repeated, sigma, mu), strict=True
    ):
        assert a == pytest.approx(b, rel=1e-11, abs=1e-12)
    one, other = saturated(missing, w.astype(float)), saturated(repeated)
    assert one.cov == pytest.approx(other.cov, rel=1e-8)
    assert float(one.loglik) == pytest.approx(float(other.loglik), rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6), st.floats(0.05, 0.6))
def test_order_of_persons_and_variables_does_not_matter(seed: int, p: int, share: float) -> None:
    data = incomplete(seed, 30, p, share)
    sigma, mu = moments(seed + 1, p)
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(len(data)), rng.permutation(p)
    value, dsigma, dmu = value_and_seeds(MissingData(data), sigma, mu)
    assert float(value) == pytest.approx(plain_objective(data, sigma, mu), rel=1e-9)
    moved = value_and_seeds(MissingData(data[rows][:, columns]), sigma[np.ix_(columns, columns)], mu[columns])
    assert float(moved[0]) == pytest.approx(float(value), rel=1e-10)
    assert moved[1] == pytest.approx(dsigma[np.ix_(columns, columns)], rel=1e-7, abs=1e-8)
    assert moved[2] == pytest.approx(dmu[columns], rel=1e-7, abs=1e-8)


@pytest.mark.parametrize(
    "bad", [-np.eye(4), np.diag([1.0, -1.0, -1.0, 1.0]), np.ones((4, 4)), np.full((4, 4), np.nan), np.zeros((4, 4))]
)
def test_no_likelihood_outside_the_parameter_space(bad: np.ndarray) -> None:
    data = DATA[2]
    sigma, mu = moments(17, 4, (3,))
    missing = MissingData(data)
    whole = value_and_seeds(missing, sigma, mu)
    sigma[1] = bad
    value, dsigma, dmu = value_and_seeds(missing, sigma, mu)
    assert np.isposinf(value[1])
    assert not dsigma[1].any()
    assert not dmu[1].any()
    for part, before in zip((value, dsigma, dmu), whole, strict=True):
        assert part[[0, 2]] == pytest.approx(before[[0, 2]], rel=1e-12)
    mu[2] = np.inf
    assert list(np.isinf(value_and_seeds(missing, sigma, mu)[0])) == [False, True, True]


def test_singular_covariance_without_value_is_an_error() -> None:
    with pytest.raises(np.linalg.LinAlgError):
        value_and_seeds(MissingData(DATA[2]), np.zeros((4, 4)), np.zeros(4), value=False)


def test_scores_add_up_to_the_gradient() -> None:
    for data in DATA:
        p = data.shape[1]
        sigma, mu = moments(19, p)
        missing = MissingData(data)
        scores = saturated_scores(missing, mu, sigma)
        _, dsigma, dmu = value_and_seeds(missing, sigma, mu)
        gradient = np.concatenate([dmu, np.tensordot(dsigma, spread(p), axes=2)])
        assert -2 * scores.mean(axis=0) == pytest.approx(gradient, rel=1e-8, abs=1e-10)
        assert casewise_scores(missing, sigma, mu, *factors(p)) == pytest.approx(scores, rel=1e-9, abs=1e-10)
        step = 1e-6
        for a, direction in enumerate(np.moveaxis(spread(p), -1, 0)):
            up, down = (casewise_loglik(missing, sigma + s * step * direction, mu) for s in (1, -1))
            assert scores[:, p + a] == pytest.approx((up - down) / (2 * step), rel=1e-5, abs=1e-6)


def test_observed_information_is_the_derivative_of_the_scores() -> None:
    for data in DATA:
        p = data.shape[1]
        sigma, mu = moments(20, p)
        missing = MissingData(data)
        q = p + p * (p + 1) // 2
        steps = 1e-30j * np.eye(q)
        stack = sigma + np.einsum("aq,ijq->aij", steps[:, p:], spread(p))
        _, dsigma, dmu = value_and_seeds(missing, stack, mu + steps[:, :p], value=False)
        exact = np.concatenate([dmu, np.tensordot(dsigma, spread(p), axes=2)], axis=1).imag / 1e-30 / 2
        assert saturated_information(missing, mu, sigma) == pytest.approx(exact, rel=1e-9, abs=1e-11)


def test_expected_information_is_that_of_each_pattern() -> None:
    for data in DATA:
        p = data.shape[1]
        sigma, _ = moments(21, p)
        left, right, mean = factors(p)
        basis = np.concatenate([np.zeros((p, p, p)), spread(p)], axis=2)
        plain = 0.0
        for row in data:
            o = np.flatnonzero(~np.isnan(row))
            q = np.zeros((p, p))
            q[np.ix_(o, o)] = np.linalg.inv(sigma[np.ix_(o, o)])
            moved = np.einsum("ij,jka->ika", q, basis)
            plain += 0.5 * np.einsum("ija,jib->ab", moved, moved) + mean.T @ q @ mean
        found = expected_information(MissingData(data), sigma, left, right, mean)
        assert found == pytest.approx(plain / len(data), rel=1e-9, abs=1e-11)


def test_monotone_data_have_a_closed_form() -> None:
    """Anderson (1957, section 2): where y is missing its regression on x among the others is combined with all x."""
    rng = np.random.default_rng(22)
    x = rng.normal(2, 3, 40)
    y = 1 + 0.5 * x + rng.normal(size=40)
    y[25:] = np.nan
    slope, *_ = np.polyfit(x[:25], y[:25], 1)
    intercept = y[:25].mean() - slope * x[:25].mean()
    left_over = np.mean((y[:25] - intercept - slope * x[:25]) ** 2)
    fit = saturated(MissingData(np.column_stack([x, y])))
    assert bool(fit.converged)
    assert fit.mean == pytest.approx([x.mean(), intercept + slope * x.mean()], rel=1e-10)
    covariance = slope * x.var()
    assert fit.cov == pytest.approx(
        np.array([[x.var(), covariance], [covariance, left_over + slope**2 * x.var()]]), rel=1e-9
    )
    loglik = plain_loglik(np.column_stack([x, y]), fit.cov, fit.mean).sum()
    assert float(fit.loglik) == pytest.approx(loglik, rel=1e-12)


def test_saturated_moments_of_complete_data_are_the_sample_moments() -> None:
    fit = saturated(MissingData(DATA[3]))
    assert bool(fit.converged)
    assert fit.mean == pytest.approx(DATA[3].mean(axis=0), rel=1e-12)
    assert fit.cov == pytest.approx(np.cov(DATA[3].T, bias=True), rel=1e-11)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6])
def test_saturated_moments_have_no_slope(share: float) -> None:
    data = incomplete(23, 400, 6, share)
    scale = np.nanstd(data, axis=0)
    missing = MissingData(data / scale)
    fit = saturated(missing)
    _, dsigma, dmu = value_and_seeds(missing, fit.cov, fit.mean)
    assert bool(fit.converged)
    assert max(np.abs(dsigma).max(), np.abs(dmu).max()) < 1e-8
    units = 10.0 ** np.arange(-6, 6, 2)
    rescaled = saturated(MissingData(data / scale * units + 1e3 * units))
    assert rescaled.mean == pytest.approx((fit.mean + 1e3) * units, rel=1e-8)
    assert rescaled.cov == pytest.approx(fit.cov * np.outer(units, units), rel=1e-6, abs=0)
    other = saturated(missing, start=(fit.mean + 0.1, 2 * fit.cov))
    assert other.cov == pytest.approx(fit.cov, rel=1e-6, abs=1e-8)


def test_saturated_moments_of_many_resamples_together() -> None:
    data = incomplete(24, 120, 4, 0.25)
    n = len(data)
    w = np.random.default_rng(2).multinomial(n, np.full(n, 1 / n), size=(2, 20)).astype(float)
    missing = MissingData(data)
    whole = saturated(missing)
    fits = saturated(missing, w, (whole.mean, whole.cov))
    assert (fits.mean.shape, fits.cov.shape, fits.loglik.shape) == ((2, 20, 4), (2, 20, 4, 4), (2, 20))
    assert fits.converged.all()
    for b in (0, 7):
        alone = saturated(missing, w[1, b])
        assert fits.mean[1, b] == pytest.approx(alone.mean, rel=1e-6, abs=1e-8)
        assert fits.cov[1, b] == pytest.approx(alone.cov, rel=1e-6, abs=1e-8)
        assert float(fits.loglik[1, b]) == pytest.approx(w[1, b] @ plain_loglik(data, alone.cov, alone.mean), rel=1e-11)


def test_no_saturated_moments_where_there_are_none() -> None:
    data = incomplete(25, 30, 3, 0.2)
    w = np.zeros((2, 30))
    w[0] = 1.0
    w[1, 0] = 30.0  # one person, drawn thirty times
    fits = saturated(MissingData(data), w)
    assert list(fits.converged) == [True, False]
    constant = data.copy()
    constant[:, 1] = 3.0
    assert not saturated(MissingData(constant)).converged


def test_coverage_names_what_cannot_be_estimated() -> None:
    data = np.array([[1.0, np.nan, 2.0], [2.0, np.nan, np.nan], [np.nan, 3.0, 1.0], [np.nan, 1.0, 4.0]])
    missing = MissingData(data)
    assert missing.coverage() == pytest.approx(np.array([[2, 0, 1], [0, 2, 2], [1, 2, 3]]) / 4)
    with pytest.raises(ModelError, match=r"both joy and calm in group north: .* covariance"):
        check_coverage(missing, ("joy", "calm", "pride"), " in group north")
    with pytest.raises(ModelError, match="Nobody answered calm: leave it out"):
        check_coverage(MissingData(data[:2]), ("joy", "calm", "pride"))
    check_coverage(MissingData(DATA[0]), tuple("abcde"))


def test_patterns_are_ordered_whatever_the_order_of_persons() -> None:
    data = DATA[0]
    forwards, backwards = MissingData(data), MissingData(data[::-1])
    assert np.array_equal(forwards.patterns, backwards.patterns)
    assert np.array_equal(forwards.pattern_of, backwards.pattern_of[::-1])
    assert np.array_equal(forwards.patterns[forwards.pattern_of], np.isnan(data))


@pytest.mark.parametrize("name", ["saturated-holzinger", "saturated-study"])
def test_saturated_model_is_that_of_lavaan(name: str) -> None:
    """Moments, log-likelihood and the information matrices of Yuan-Bentler scaling, lavaan 0.6-14."""
    reference = json.loads((ORACLES / f"{name}.json").read_text(encoding="utf-8"))
    data = pd.read_csv(ORACLES / reference["data"])[reference["items"]].to_numpy(float)
    missing = MissingData(data)
    p = missing.p
    fit = saturated(missing)
    assert bool(fit.converged)
    assert fit.mean == pytest.approx(np.array(reference["mean"]), rel=1e-8)
    assert fit.cov == pytest.approx(np.array(reference["cov"]), rel=1e-7, abs=1e-9)
    assert float(fit.loglik) == pytest.approx(reference["loglik"], abs=1e-8)
    assert missing.coverage() == pytest.approx(np.array(reference["coverage"]), abs=1e-10)

    column_by_column = np.zeros((p, p), dtype=int)  # lavaan writes lower triangles column by column
    column_by_column[np.tril_indices(p)] = np.arange(p * (p + 1) // 2)
    order = np.concatenate([np.arange(p), p + column_by_column.T[np.triu_indices(p)]])
    observed = saturated_information(missing, fit.mean, fit.cov)
    scores = saturated_scores(missing, fit.mean, fit.cov)
    first = scores.T @ scores / missing.n
    expected = expected_information(missing, fit.cov, *factors(p))
    assert np.trace(np.linalg.solve(observed, first)) == pytest.approx(reference["trace"], rel=1e-9)
    for matrix, key in ((observed, "observed"), (first, "first"), (expected, "expected")):
        assert np.diag(matrix)[order] == pytest.approx(np.array(reference[f"{key}_diagonal"]), rel=1e-7)
    assert observed[0][order] == pytest.approx(np.array(reference["observed_first_row"]), rel=1e-7, abs=1e-8)
    assert observed[order[-1]][order] == pytest.approx(np.array(reference["observed_last_row"]), rel=1e-7, abs=1e-8)
