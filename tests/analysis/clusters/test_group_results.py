"""Means of groups in waves, on frames that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.clusters.contrast import TraitColumns
from analysis.clusters.group_results import COLUMNS, group_mean, group_results
from analysis.clusters.means import trait_means

# three projects, two waves; nobody answered in c in the second wave; the corporation of c is not known
PERSONS = pd.DataFrame(
    {
        "project": ["a", "a", "a", "b", "b", "b", "c", "c", "c"],
        "wave": ["w1", "w1", "w2", "w1", "w2", "w2", "w1", "w1", "w2"],
        "place": ["edge"] * 3 + ["centre"] * 6,
        "y": [1.0, 3.0, 5.0, 4.0, 2.0, 3.0, 8.0, 8.0, np.nan],
    }
)
OWNER = PERSONS["project"].map({"a": "Anna", "b": "Anna"})


def results(**changed: object) -> pd.DataFrame:
    arguments: dict[str, object] = {
        "outcomes": ["y"], "cluster": "project", "wave": "wave", "confidence": 0.95, "lowest": {"y": 0.0},
        "divisions": {"project": PERSONS["project"], "corporation": OWNER, "place": PERSONS["place"]},
    } | changed  # fmt: skip
    return group_results(PERSONS, **arguments)  # type: ignore[arg-type]


def row(found: pd.DataFrame, division: str, group: str, wave: str = "all") -> pd.Series:
    keyed = found.set_index(["division", "group", "wave"])
    return keyed.loc[(division, group, wave)]


def test_every_group_and_wave_in_which_somebody_answered() -> None:
    found = results()
    assert list(found.columns) == COLUMNS
    assert not found.duplicated(["outcome", "division", "group", "wave"]).any()
    keys = set(found[["division", "group", "wave"]].itertuples(index=False, name=None))
    assert {("all", "all", wave) for wave in ("all", "w1", "w2")} <= keys
    assert ("project", "c", "w1") in keys
    assert ("project", "c", "w2") not in keys
    assert {group for division, group, _ in keys if division == "corporation"} == {"Anna"}


def test_several_projects_count_once_each_and_give_the_interval() -> None:
    # project means 3, 3 and 8 (not the mean of eight persons, 4.25), sd 5/√3, t with two degrees of freedom
    everybody = row(results(), "all", "all")
    assert (everybody["n_obs"], everybody["mean"]) == (8, pytest.approx(14 / 3))
    half = stats.t.ppf(0.975, 2) * (5 / np.sqrt(3)) / np.sqrt(3)
    assert everybody["ci_lower"] == pytest.approx(14 / 3 - half)
    assert everybody["ci_upper"] == pytest.approx(14 / 3 + half)
    # Anna's projects both have 3: no width, and nothing of c
    anna = row(results(), "corporation", "Anna")
    assert (anna["n_obs"], anna["mean"], anna["ci_lower"], anna["ci_upper"]) == (6, 3.0, 3.0, 3.0)


def test_within_one_project_persons_give_the_interval() -> None:
    # 1, 3, 5: mean 3, sd 2, two degrees of freedom
    a = row(results(), "project", "a")
    half = stats.t.ppf(0.975, 2) * 2 / np.sqrt(3)
    assert (a["n_obs"], a["mean"]) == (3, 3.0)
    assert (a["ci_lower"], a["ci_upper"]) == (pytest.approx(3 - half), pytest.approx(3 + half))
    # the trait level that is one project has that project's row
    pd.testing.assert_series_equal(a, row(results(), "place", "edge"), check_names=False)


def test_one_person_gives_a_mean_and_no_interval() -> None:
    one = row(results(), "project", "a", "w2")
    assert (one["n_obs"], one["mean"]) == (1, 5.0)
    assert np.isnan(one["ci_lower"])
    assert np.isnan(one["ci_upper"])


def test_the_largest_share_is_one_persons_of_the_sum() -> None:
    assert row(results(), "project", "a")["largest_share"] == pytest.approx(5 / 9)
    assert np.isnan(row(results(lowest={}), "project", "a")["largest_share"])


def test_nobody_and_nothing() -> None:
    assert results(outcomes=["z"]).empty
    assert list(results(outcomes=[]).columns) == COLUMNS
    nobody = pd.Series(np.nan, index=PERSONS.index, dtype=object)
    assert set(results(divisions={"corporation": nobody})["division"]) == {"all"}


def test_persons_of_an_unknown_project() -> None:
    values = pd.Series([2.0, 4.0, 9.0])
    # 9 is in no known project: counted, and not in the mean of those whose project is known
    assert group_mean(values, pd.Series(["a", "b", None]), confidence=0.95).mean == 3.0
    assert group_mean(values, pd.Series([None] * 3, dtype=object), confidence=0.95).mean == 5.0


def test_levels_of_a_trait_have_the_means_and_intervals_of_the_other_table() -> None:
    rng = np.random.default_rng(3)
    persons = pd.DataFrame(
        {"project": np.repeat([f"p{i}" for i in range(6)], 5), "wave": "w1", "y": rng.normal(size=30)}
    )
    persons["place"] = np.where(persons["project"].isin(["p0", "p1", "p2"]), "centre", "edge")
    persons["central"] = (persons["place"] == "centre").astype(float)
    trait = TraitColumns("place", "unit", "central", "centre", "edge")
    lowest = {"y": -9.0}
    means = trait_means(
        persons, outcomes=["y"], traits=[trait], cluster="project", confidence=0.9, lowest=lowest
    ).set_index("level")
    found = group_results(
        persons, outcomes=["y"], divisions={"place": persons["place"]}, cluster="project", wave="wave",
        confidence=0.9, lowest=lowest,
    )  # fmt: skip
    for level in ("centre", "edge"):
        mine = row(found, "place", level)
        for column in ("n_obs", "mean", "ci_lower", "ci_upper"):
            assert mine[column] == pytest.approx(means.loc[level, column], abs=1e-12)
