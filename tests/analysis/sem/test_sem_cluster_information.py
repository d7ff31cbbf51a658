"""Each cluster's part of the expected information."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.sem.cluster_information import cluster_information
from analysis.sem.clusters import Kind, cluster_covariance
from analysis.sem.fit import estimated_by, prepared
from analysis.sem.options import Options
from analysis.sem.scores import expected_information
from analysis.sem.standardise import Array


def _residents(rng: np.random.Generator) -> pd.DataFrame:
    """Twelve clusters; z differs between and within them."""
    unit = np.repeat(np.arange(12), 20)
    z = rng.normal(size=12)[unit] + rng.normal(size=240)
    f = 0.5 * z + rng.normal(size=240)
    items = {f"y{k}": f + rng.normal(size=240) for k in range(4)}
    return pd.DataFrame({"unit": unit, "z": z, **items})


@pytest.fixture
def frame() -> pd.DataFrame:
    return _residents(np.random.default_rng(5))


def _parts(model: str, frame: pd.DataFrame) -> tuple[Array, Array]:
    options = Options.checked(estimator="ml", cluster="unit")
    estimated = estimated_by(*prepared(model, frame, options), options)
    return cluster_information(estimated), expected_information(estimated) * estimated.n


@pytest.mark.parametrize("model", ["f =~ y0 + y1 + y2 + y3", "f =~ y0 + y1 + y2 + y3\nf ~ z"])
def test_parts_add_up_to_the_information(model: str, frame: pd.DataFrame) -> None:
    parts, whole = _parts(model, frame)
    assert parts.sum(axis=0) == pytest.approx(whole, abs=1e-9 * np.abs(whole).max())


def test_clusters_without_covariates_have_the_share_of_their_persons(frame: pd.DataFrame) -> None:
    parts, whole = _parts("f =~ y0 + y1 + y2 + y3", frame.iloc[:-10])
    assert parts[0] == pytest.approx(whole * 20 / 230, abs=1e-9 * np.abs(whole).max())
    assert parts[-1] == pytest.approx(whole * 10 / 230, abs=1e-9 * np.abs(whole).max())


def test_of_a_regression_they_are_those_of_least_squares(frame: pd.DataFrame) -> None:
    parts, _ = _parts("y0 ~ z", frame)
    options = Options.checked(estimator="ml", cluster="unit")
    estimated = estimated_by(*prepared("y0 ~ z", frame, options), options)
    place = {row.name: row.index for row in estimated.table.rows if row.index is not None}
    at = [place["y0 ~1"], place["y0 ~ z"], place["y0 ~~ y0"]]
    variance = estimated.theta[at[2]]
    for unit, part in enumerate(parts):
        own = frame.loc[frame["unit"] == unit, "z"].to_numpy()
        design = np.column_stack([np.ones(len(own)), own])
        by_hand = np.zeros((3, 3))
        by_hand[:2, :2] = design.T @ design / variance
        by_hand[2, 2] = len(own) / (2 * variance**2)
        assert part[np.ix_(at, at)] == pytest.approx(by_hand, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("kind", ["CR2", "CR3"])
def test_clusters_that_differ_in_size_alone_are_the_limit_of_those_that_differ(kind: Kind) -> None:
    rng = np.random.default_rng(1)
    root = rng.normal(size=(4, 4))
    information, share = root @ root.T, np.array([0.1, 0.2, 0.3, 0.4])
    scores, clusters = rng.normal(size=(40, 4)), np.repeat(np.arange(4), 10)
    moved = np.diag([1e-9, 0.0, 0.0, 0.0]) * np.array([1.0, -1.0, 1.0, -1.0])[:, None, None]
    alike, other = (
        cluster_covariance(
            scores=scores, clusters=clusters, bread=np.linalg.inv(information), basis=np.eye(4), parts=parts, kind=kind
        )
        for parts in (share[:, None, None] * information, share[:, None, None] * information + moved)
    )
    power = -0.5 if kind == "CR2" else -1.0
    np.testing.assert_allclose(alike.adjustments, ((1 - share) ** power)[:, None, None] * np.eye(4), rtol=1e-14)
    assert not (other.adjustments[:, ~np.eye(4, dtype=bool)] == 0).all()
    np.testing.assert_allclose(other.adjustments, alike.adjustments, atol=1e-6)
    np.testing.assert_allclose(other.vcov, alike.vcov, rtol=1e-6)
