"""What components go with, made of protected tables: the same figures, and no more than they tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.artefacts import table_contracts
from pipeline.declare import Study, load_study
from pipeline.published import MARK
from pipeline.stages._evidence import evidence_table, sd_by_outcome

TINY = Path(__file__).resolve().parents[2] / "fixtures" / "tiny_study"
PROJECTS = ["ash", "birch", "cedar", "elm", "fir", "hazel", "larch", "oak"]
MEANS = [5.0, 6.0, 7.0, 6.0, 1.0, 2.0, 3.0, 2.0]


def published() -> dict[str, pd.DataFrame]:
    """A garden in the first four projects, which are in the centre."""
    groups = [("project", project, "all", mean) for project, mean in zip(PROJECTS, MEANS, strict=True)]
    groups += [
        ("all", "all", "all", 99.0),
        ("corporation", "Nobody", "all", 99.0),
        ("project", "ash", "tiny-2020", 99.0),
    ]
    results = pd.DataFrame(groups, columns=["division", "group", "wave", "mean"]).assign(outcome="SAT")
    has = ["yes"] * 4 + ["no"] * 4
    components = pd.DataFrame({"project": PROJECTS, "component": "garden", "kind": "component", "has": has})
    level = ["centre"] * 4 + ["edge"] * 4
    traits = pd.DataFrame({"project": PROJECTS, "trait": "place", "level": level})
    means = pd.DataFrame(
        {"outcome": "SAT", "trait": "place", "level": ["centre", "edge"], "n_obs": 50, "mean": [6.0, 2.0], "sd": 1.0}
    )
    return {"group_results": results, "project_components": components, "project_traits": traits, "trait_means": means}


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study(TINY)


def test_it_is_made_of_the_means_of_projects_over_all_waves(study: Study) -> None:
    table = evidence_table(study, published())
    assert set(table.columns) == {*table_contracts()["component_evidence"].columns, MARK}
    assert len(table) == 1
    row = table.iloc[0]
    assert (row["n_with"], row["n_without"], row["mean_with"], row["mean_without"]) == (4, 4, 6.0, 2.0)
    # within levels 98 squares, between them 100 of 4: an sd of √(498 / 99)
    assert row["effect_size"] == pytest.approx(4 / np.sqrt(498 / 99))
    assert (row["alike"], row["phi"]) == ("place", pytest.approx(1.0))


def test_a_hidden_project_is_left_out_and_a_hidden_spread_leaves_no_size(study: Study) -> None:
    tables = published()
    tables["group_results"].loc[0, "mean"] = np.nan
    assert evidence_table(study, tables).iloc[0]["refused"] == "too_few_projects"
    tables = published()
    tables["trait_means"].loc[0, "sd"] = np.nan
    row = evidence_table(study, tables).iloc[0]
    assert row["difference"] == pytest.approx(4.0)
    assert np.isnan(row["effect_size"])


def test_the_spread_comes_from_the_first_trait_that_shows_it() -> None:
    means = published()["trait_means"]
    other = means.assign(trait="tenure", sd=2.0)
    assert sd_by_outcome(pd.concat([means.assign(sd=np.nan), other]))["SAT"] == pytest.approx(np.sqrt(792 / 99))
    assert sd_by_outcome(means.assign(sd=np.nan)) == {}


@pytest.mark.parametrize("missing", ["group_results", "project_components"])
def test_without_results_or_toolbox_there_are_no_rows(study: Study, missing: str) -> None:
    tables = published()
    tables[missing] = tables[missing].iloc[:0]
    assert evidence_table(study, tables).empty
