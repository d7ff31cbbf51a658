"""Each cluster's part of the expected information."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.sem.cluster_information import cluster_information
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
