"""The optimiser of many functions at once, and the short way to the normal likelihood."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.sem.fit import prepared
from analysis.sem.implied import ImpliedMoments
from analysis.sem.loss import NormalLoss
from analysis.sem.observed import Array
from analysis.sem.options import Options
from analysis.sem.stacked import minimise
from analysis.sem.stacked_normal import StackedMoments, normal_value_and_gradient


class Bowls:
    """Σ (z - c)⁴/4 + ½ (z - c)'A(z - c), one a row."""

    def __init__(self, centre: Array, a: Array) -> None:
        self.centre, self.a = centre, a

    def value_and_gradient(self, z: Array) -> tuple[Array, Array]:
        d = z - self.centre
        ad = np.einsum("bij,bj->bi", self.a, d)
        return (d**4).sum(1) / 4 + 0.5 * (d * ad).sum(1), d**3 + ad

    def take(self, index: Any) -> Bowls:
        return Bowls(self.centre[index], self.a[index])


def test_every_bowl_of_a_stack_is_found() -> None:
    rng = np.random.default_rng(3)
    centre, half = rng.normal(size=(50, 6)), 0.2 * rng.normal(size=(50, 6, 6))
    found = minimise(Bowls(centre, np.eye(6) + half @ np.swapaxes(half, 1, 2)), np.zeros((50, 6)), tolerance=1e-18)
    assert found.converged.all()
    np.testing.assert_allclose(found.z, centre, atol=1e-8)
    np.testing.assert_allclose(found.value, 0, atol=1e-14)


class Slide:
    """exp(-z), which has no minimum, and ½ z², which has one; the third has no value."""

    def __init__(self, kind: Array) -> None:
        self.kind = kind

    def value_and_gradient(self, z: Array) -> tuple[Array, Array]:
        values = np.stack([np.exp(-z[:, 0]), 0.5 * z[:, 0] ** 2, np.full(len(z), np.nan)])
        slopes = np.stack([-np.exp(-z[:, 0]), z[:, 0], np.full(len(z), np.nan)])
        at = np.arange(len(z))
        return values[self.kind, at], slopes[self.kind, at][:, None]

    def take(self, index: Any) -> Slide:
        return Slide(self.kind[index])


def test_what_has_no_minimum_does_not_converge_and_holds_up_nobody() -> None:
    found = minimise(Slide(np.array([0, 1, 2, 1])), np.ones((4, 1)), tolerance=1e-40, maximum_steps=30)
    np.testing.assert_array_equal(found.converged, [False, True, False, True])


class Singular(Bowls):
    """Bowls of which those beyond ten cannot be computed, and take the whole stack with them."""

    def value_and_gradient(self, z: Array) -> tuple[Array, Array]:
        if (np.abs(self.centre) > 10).any():
            raise np.linalg.LinAlgError("Singular matrix")
        return super().value_and_gradient(z)

    def take(self, index: Any) -> Singular:
        return Singular(self.centre[index], self.a[index])


def test_a_singular_matrix_stops_nobody_else() -> None:
    centre = np.array([[1.0], [2.0], [11.0], [0.5], [-2.0]])
    found = minimise(Singular(centre, np.ones((5, 1, 1))), np.zeros((5, 1)), tolerance=1e-18)
    np.testing.assert_array_equal(found.converged, [True, True, False, True, True])
    np.testing.assert_allclose(found.z[found.converged], centre[found.converged], atol=1e-8)


MODELS = ["F =~ a + b + c + d", "F =~ a + b\nG =~ c + d\nG ~ F", "F =~ a + b + c\nF ~ d",
          "F =~ a + b + c + d\na ~~ b", "a ~ b + c\nb ~ d", "F =~ a + w*b + w*c + d"]  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("means", [False, True])
def test_the_short_way_is_the_long_way(model: str, means: bool) -> None:
    """Residual variances of every size: usual ones go the short way; tiny, nil and negative ones the long one."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(60, 4)) + rng.normal(size=(60, 1)), columns=list("abcd"))
    table, sample = prepared(model, frame, Options(means=means))
    implied = ImpliedMoments(table, sample)
    theta = np.tile(np.abs(rng.normal(size=table.n_free)) + 0.5, (4, 1)) + 0.1 * rng.random((4, table.n_free))
    at = next(row.index for row in table.rows if row.name == "a ~~ a")
    theta[:, at] = [0.8, 1e-4, 0.0, -0.05]
    theta[:, [row.index for row in table.rows if row.name == "a ~~ b" and row.index is not None]] = 0.005
    group = sample.groups[0]
    cov, mean = np.tile(group.cov, (4, 1, 1)), np.tile(group.mean, (4, 1))
    cov[1:] *= 1.5
    share = np.array([[1.0], [1.0], [0.5], [1.0]])
    value, gradient = normal_value_and_gradient(implied, [StackedMoments(mean, cov)], share, theta)
    loss = NormalLoss(implied, [cov], [mean], share)
    expected, slope = loss.value_and_gradient(theta)
    np.testing.assert_allclose(value, expected + loss.constant, rtol=1e-9)
    proper = np.isfinite(value)
    assert proper[:2].all()
    np.testing.assert_allclose(gradient[proper], slope[proper], rtol=1e-7, atol=1e-9)


def test_no_value_where_the_determinant_is_not_positive() -> None:
    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(60, 3)), columns=list("abc"))
    table, sample = prepared("F =~ a + b + c", frame, Options())
    group = sample.groups[0]
    theta = np.array([[1.0, 1.0, 1.0, 1.0, 1.0, 0.5], [1.0, 1.0, -0.1, 1.0, 1.0, 0.01], [1.0, 1.0, 0.0, 0.0, 1.0, 0.5]])
    moments = StackedMoments(np.tile(group.mean, (3, 1)), np.tile(group.cov, (3, 1, 1)))
    value, _ = normal_value_and_gradient(ImpliedMoments(table, sample), [moments], np.ones((3, 1)), theta)
    np.testing.assert_array_equal(np.isfinite(value), [True, False, False])
