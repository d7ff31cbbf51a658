"""Every gradient, Jacobian and Hessian of the engine beside finite differences, on one θ and on stacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.stats import multivariate_normal

from analysis.sem.effects import values_and_jacobians
from analysis.sem.estimate import Estimated, estimate
from analysis.sem.fit import prepared
from analysis.sem.loss import NormalLoss, QuadraticLoss, hessian
from analysis.sem.options import Options
from analysis.sem.scores import expected_information, observed_information, person_scores
from analysis.sem.standardise import Metric, Reported

Array = npt.NDArray[Any]

TWO_FACTORS = "F =~ i1 + i2 + i3\nG =~ i4 + i5 + i6"
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "factors": (TWO_FACTORS, {}),
    "paths, covariate, outcome": (
        "F =~ i1 + i2 + i3\nG =~ i4 + i5 + i6\nG ~ a*F + x\ny ~ b*G\nF ~ x\nind := a*b",
        {"means": True},
    ),
    "higher order and residual covariance": ("F =~ i1 + i2\nG =~ i3 + i4\nH =~ i5 + i6\nT =~ F + G + H\ni1 ~~ i3", {}),
    "constraints": (
        "F =~ i1 + a*i2 + b*i3\nG =~ i4 + c*i5 + d*i6\na == b*c\nd > 0.1\nr := a/b\nr == d^2 + exp(c)/5",
        {"means": True},
    ),
    "shared labels": ("F =~ i1 + a*i2 + a*i3\nG =~ i4 + a*i5 + i6", {"means": True}),
    "indicator with a cause of its own": ("F =~ i1 + i2 + i3\nF ~ x\ni3 ~ x", {"means": True}),
    "two groups, scalar": (TWO_FACTORS, {"group": "g", "group_equal": ("loadings", "intercepts")}),
    "two groups, regressions": (
        TWO_FACTORS + "\nG ~ F",
        {"group": "g", "group_equal": ("loadings", "intercepts", "regressions")},
    ),
    "missing": (TWO_FACTORS, {"missing": "fiml", "group": "g"}),
    "gls": (TWO_FACTORS, {"estimator": "GLS"}),
    "uls": (TWO_FACTORS, {"estimator": "ULS", "means": True}),
    "dwls, continuous": (TWO_FACTORS, {"estimator": "DWLS", "means": True}),
    "ordered, delta": ("F =~ o1 + o2 + o3 + o4", {"estimator": "WLSMV", "ordered": ("o1", "o2", "o3", "o4")}),
    "ordered, std_lv": (
        "F =~ o1 + o2 + o3 + o4", {"estimator": "WLSMV", "ordered": ("o1", "o2", "o3", "o4"), "std_lv": True},
    ),
    "ordered, groups, equal": (
        "F =~ o1 + o2 + o3 + o4",
        {
            "estimator": "WLSMV", "ordered": ("o1", "o2", "o3", "o4"), "group": "g",
            "group_equal": ("thresholds", "loadings"),
        },
    ),
    "ordered, theta": (
        "F =~ o1 + o2 + o3 + o4",
        {
            "estimator": "WLSMV", "ordered": ("o1", "o2", "o3", "o4"), "group": "g", "parameterization": "theta",
            "group_equal": ("thresholds", "loadings"),
        },
    ),
}  # fmt: skip


def persons(n: int = 240, seed: int = 3, *, missing: bool = False) -> pd.DataFrame:
    """Six items of two factors, a covariate, an outcome, four ordered items and two groups."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    f = 0.4 * x + rng.normal(size=n)
    g = 0.5 * f + rng.normal(size=n)
    frame = pd.DataFrame({"x": x, "y": 0.4 * g + rng.normal(size=n), "g": np.where(np.arange(n) % 2, "a", "b")})
    for k in range(1, 7):
        frame[f"i{k}"] = 0.8 * (f if k <= 3 else g) + rng.normal(size=n) + 0.1 * k
    for k in range(1, 5):
        frame[f"o{k}"] = np.digitize(f + rng.normal(size=n), [-0.8, 0.3, 1.2]).astype(float)
    if missing:
        for k in range(1, 7):
            frame.loc[rng.random(n) < 0.15, f"i{k}"] = np.nan
    return frame


LIKELIHOODS = [name for name, (_, asked) in MODELS.items() if "estimator" not in asked]


@cache
def solved(name: str) -> Estimated:
    model, asked = MODELS[name]
    options = Options.checked(**asked)
    table, sample = prepared(model, persons(missing=options.missing == "fiml"), options)
    return estimate(table, sample, options)


def near(theta: Array) -> Array:
    """A point near the solution, where nothing cancels."""
    rng = np.random.default_rng(11)
    return np.asarray(theta + 0.02 * rng.normal(size=len(theta)))


@pytest.fixture(scope="module", params=MODELS)
def estimated(request: pytest.FixtureRequest) -> Estimated:
    return solved(request.param)


@pytest.fixture
def theta(estimated: Estimated) -> Array:
    return near(estimated.theta)


def differences(function: Callable[[Array], Array], theta: Array) -> Array:
    """Central differences of fourth order, (…, n_free)."""
    h = 1e-4
    columns = []
    for unit in np.eye(len(theta)):
        near = function(theta + h * unit) - function(theta - h * unit)
        far = function(theta + 2 * h * unit) - function(theta - 2 * h * unit)
        columns.append((8 * near - far) / (12 * h))
    return np.stack(columns, axis=-1)


def test_the_solution_is_a_minimum(estimated: Estimated) -> None:
    assert estimated.converged
    gradient = estimated.basis.T @ estimated.loss.gradient(estimated.theta)
    assert np.abs(gradient).max() < 1e-6
    if estimated.constraints is None:
        assert np.linalg.eigvalsh(hessian(estimated.loss, estimated.theta))[0] > 0


def test_gradient(estimated: Estimated, theta: Array) -> None:
    _, gradient = estimated.loss.value_and_gradient(theta)
    expected = differences(lambda t: np.asarray(estimated.loss.value_and_gradient(t)[0]), theta)
    np.testing.assert_allclose(gradient, expected, atol=1e-7)
    np.testing.assert_allclose(estimated.loss.gradient(theta), gradient, rtol=1e-12, atol=1e-14)


def test_jacobian_of_the_moments(estimated: Estimated, theta: Array) -> None:
    np.testing.assert_allclose(
        estimated.implied.jacobian(theta), differences(estimated.implied.vector, theta), atol=1e-7
    )


def test_hessian(estimated: Estimated, theta: Array) -> None:
    expected = differences(lambda t: np.asarray(estimated.loss.value_and_gradient(t)[1]), theta)
    np.testing.assert_allclose(hessian(estimated.loss, theta), expected, atol=1e-7 * max(1, np.abs(expected).max()))


@pytest.mark.parametrize("metric", ["est", "std_lv", "std_all"])
def test_jacobian_of_what_is_reported(estimated: Estimated, theta: Array, metric: Metric) -> None:
    reported = Reported(estimated.implied)
    expected = differences(lambda t: reported.values(t, metric), theta)
    np.testing.assert_allclose(reported.jacobian(theta, metric), expected, atol=1e-7)


def test_a_stack_is_what_its_members_are(estimated: Estimated, theta: Array) -> None:
    stack = np.stack([theta, estimated.theta, theta * 1.01])
    values, gradients = estimated.loss.value_and_gradient(stack)
    for n, one in enumerate(stack):
        value, gradient = estimated.loss.value_and_gradient(one)
        assert values[n] == pytest.approx(float(value), rel=1e-12, abs=1e-14)
        np.testing.assert_allclose(gradients[n], gradient, rtol=1e-10, atol=1e-13)
    vectors = estimated.implied.vector(stack)
    np.testing.assert_allclose(vectors[1], estimated.implied.vector(stack[1]), rtol=1e-12)
    rows = Reported(estimated.implied).rows(stack, "std_all")
    np.testing.assert_allclose(rows[2], Reported(estimated.implied).rows(stack[2], "std_all"), rtol=1e-12)


def test_curvature_is_the_expected_hessian(estimated: Estimated) -> None:
    """Where the sample's moments are the model's own, expected and exact Hessian are one."""
    moments = estimated.implied.moments(estimated.theta)
    loss = NormalLoss(estimated.implied, [s for s, _ in moments], [m for _, m in moments], estimated.sample.shares)
    exact = hessian(loss, estimated.theta)
    np.testing.assert_allclose(loss.curvature(estimated.theta), exact, atol=1e-9 * np.abs(exact).max())


# --- scores and information
@pytest.fixture(scope="module", params=LIKELIHOODS)
def likely(request: pytest.FixtureRequest) -> Estimated:
    """A likelihood's solution moved to a point where nothing cancels."""
    estimated = solved(request.param)
    return replace(estimated, theta=near(estimated.theta))


def densities(estimated: Estimated, theta: Array) -> Array:
    """Each person's log density, group by group, without a mean structure about the sample's means."""
    found = []
    for (sigma, mu), group in zip(estimated.implied.moments(theta), estimated.sample.groups, strict=True):
        assert group.data is not None
        centre = mu if estimated.table.means else group.mean
        for pattern in np.unique(np.isnan(group.data), axis=0):
            mine = group.data[(np.isnan(group.data) == pattern).all(axis=1)][:, ~pattern]
            dense = multivariate_normal(centre[~pattern], sigma[np.ix_(~pattern, ~pattern)])
            found.append(np.atleast_1d(dense.logpdf(mine.reshape(len(mine), -1))))
    return np.concatenate(found)


def by_pattern(estimated: Estimated, scores: list[Array]) -> Array:
    """Scores in the order of ``densities``."""
    found = []
    for group, part in zip(estimated.sample.groups, scores, strict=True):
        assert group.data is not None
        gone = np.isnan(group.data)
        found += [part[(gone == pattern).all(axis=1)] for pattern in np.unique(gone, axis=0)]
    return np.concatenate(found)


def test_scores_are_derivatives_of_each_persons_density(likely: Estimated) -> None:
    scores = by_pattern(likely, person_scores(likely))
    np.testing.assert_allclose(scores, differences(lambda t: densities(likely, t), likely.theta), atol=1e-7)


def test_scores_add_up_to_the_gradient(likely: Estimated) -> None:
    total = sum(part.sum(axis=0) for part in person_scores(likely))
    expected = -likely.n / 2 * likely.loss.gradient(likely.theta)
    np.testing.assert_allclose(total, expected, atol=1e-9 * likely.n)


def test_observed_information_is_the_slope_of_the_scores(likely: Estimated) -> None:
    def mean_score(t: Array) -> Array:
        return np.asarray(sum(part.sum(axis=0) for part in person_scores(replace(likely, theta=t))) / likely.n)

    slope = -differences(mean_score, likely.theta)
    np.testing.assert_allclose(observed_information(likely), slope, atol=1e-7 * max(1.0, np.abs(slope).max()))


@pytest.mark.parametrize("name", [name for name in MODELS if name != "missing"])  # that one is in test_fiml.py
def test_expected_information_is_the_slope_of_the_score_where_moments_are_the_models(name: str) -> None:
    """Half the Hessian of the discrepancy from the model's own moments, for least squares too."""
    estimated = solved(name)
    point, shares = estimated.theta, estimated.sample.shares
    loss: NormalLoss | QuadraticLoss
    if isinstance(estimated.loss, QuadraticLoss):
        targets = [model.vector(point) for model in estimated.implied.groups]
        loss = QuadraticLoss(estimated.implied, targets, estimated.loss.weights, shares)
    else:
        moments = estimated.implied.moments(point)
        loss = NormalLoss(estimated.implied, [s for s, _ in moments], [m for _, m in moments], shares)
    slope = differences(loss.gradient, point) / 2
    np.testing.assert_allclose(expected_information(estimated), slope, atol=1e-7 * max(1.0, np.abs(slope).max()))


# --- constraints
def test_constraints() -> None:
    estimated = solved("constraints")
    constraints, theta = estimated.constraints, near(estimated.theta)
    assert constraints is not None
    assert constraints.n_equality == 2 and constraints.n_inequality == 1
    for function, jacobian in (
        (constraints.equality, constraints.equality_jacobian),
        (constraints.inequality, constraints.inequality_jacobian),
    ):
        np.testing.assert_allclose(jacobian(theta), differences(function, theta), atol=1e-7)
    np.testing.assert_allclose(constraints.equality(estimated.theta), 0, atol=1e-9)
    np.testing.assert_allclose(constraints.equality_jacobian(estimated.theta) @ estimated.basis, 0, atol=1e-9)


# --- effects
def test_effects(estimated: Estimated, theta: Array) -> None:
    latent = estimated.table.latent
    target = estimated.table.observed[-1]
    for group in estimated.implied.groups:
        for metric, jacobian in enumerate(values_and_jacobians(group, theta, latent[0], target)[1]):

            def at(t: Array, group: Any = group, metric: int = metric) -> Array:
                return np.asarray(values_and_jacobians(group, t, latent[0], target)[0][metric])

            np.testing.assert_allclose(jacobian, differences(at, theta), atol=1e-7)
