"""Project types side by side, by every method, in a copy of the tiny study."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.clusters.contrast import METHODS
from pipeline.artefacts import read_table, write_persons
from pipeline.declare import Study, load_study
from pipeline.stages import compare

TINY = Path(__file__).resolve().parents[2] / "fixtures" / "tiny_study"
POOL = "tiny"
# of eight projects of five persons each: those in the centre have means 2, 2, 4 and 4, those at the edge 1, 1, 3 and 3
MEANS = [2.0, 1.0, 2.0, 1.0, 4.0, 3.0, 4.0, 3.0]


def persons_of(means: list[float]) -> pd.DataFrame:
    """Five persons in every project, a step apart around its mean; every other project in the centre."""
    cluster = np.repeat(np.arange(len(means)), 5)
    central = (cluster % 2 == 0).astype(float)
    sat = np.repeat(means, 5) + np.tile([-1.0, -0.5, 0.0, 0.5, 1.0], len(means))
    owner = np.tile([1.0, 0.0, 1.0, 0.0, 1.0], len(means))
    return pd.DataFrame({
        "respondent": [f"{i:016x}" for i in range(len(cluster))], "wave": "tiny-2020", "analysed": True,
        "project": [f"project-{c}" for c in cluster], "place": np.where(central == 1, "centre", "edge"),
        "central": central, "tenure": np.where(owner == 1, "own", "rent"), "owner": owner, "SAT": sat,
        "TIES": sat[::-1],
    })  # fmt: skip


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A copy of the tiny study with the persons above, compared."""
    study = load_study(Path(shutil.copytree(TINY, tmp_path / "study")))
    write_persons(study.root, "persons", persons_of(MEANS), pool=POOL)
    compare.run(study, pool=POOL)
    return study


def test_every_method_is_there_for_a_trait_of_projects(study: Study) -> None:
    table = read_table(study.root, "trait_contrasts", pool=POOL)
    place = table[(table["outcome"] == "SAT") & (table["trait"] == "place")].set_index("method")
    assert list(place.index) == list(METHODS)
    # (2 + 2 + 4 + 4) / 4 less (1 + 1 + 3 + 3) / 4, whoever asks
    np.testing.assert_allclose(place["estimate"].astype(float), 1.0, atol=1e-8)
    # 70 ways to choose four of eight; the best two differ by 2 both ways, so the data's own lie among the rest
    assert (place.loc["permutation", "n_draws"], place.loc["permutation", "exact"]) == (70, "yes")
    assert place.loc["permutation", "minimum_pvalue"] == pytest.approx(2 / 70)
    # means of projects: sd 2/√3 in either level, so an error of √(2 · 4/3 / 4) with six degrees of freedom
    assert place.loc["project_means", "se"] == pytest.approx(np.sqrt(2 / 3), abs=1e-8)
    assert place.loc["project_means", "df"] == 6


def test_what_a_comparison_rests_on(study: Study) -> None:
    designs = read_table(study.root, "contrast_designs", pool=POOL).set_index(["outcome", "trait"])
    place = designs.loc[("SAT", "place")]
    assert (place["n_obs"], place["n_projects_high"], place["n_projects_low"]) == (40, 4, 4)
    # equal projects: 1 + (5 - 1) icc, and the persons divided by it
    assert place["design_effect"] == pytest.approx(1 + 4 * place["icc"], abs=1e-6)
    assert place["effective_n"] == pytest.approx(40 / place["design_effect"], abs=1e-6)
    assert "few_projects" in place["warning"]
    assert np.isnan(designs.loc[("SAT", "tenure"), "overlap"])


def test_without_each_project_in_turn(study: Study) -> None:
    table = read_table(study.root, "contrast_left_out", pool=POOL)
    table = table[table["outcome"] == "SAT"].set_index("left_out")
    assert set(table["trait"]) == {"place"}
    assert list(table.index) == ["(none)", *(f"project-{i}" for i in range(8))]
    assert table.loc["(none)", "n_obs"] == 40
    assert (table.loc["project-3", "n_left_out"], table.loc["project-3", "n_obs"]) == (5, 35)
    # four a side is the minimum: three are not compared
    assert set(table["refused"].drop("(none)")) == {"too_few_projects"}


def test_a_study_without_traits_of_projects_leaves_nothing_out(study: Study) -> None:
    traits = [trait for trait in study.declaration.traits if trait.of == "person"]
    alone = replace(study, declaration=study.declaration.model_copy(update={"traits": traits}))
    compare.run(alone, pool=POOL)
    assert read_table(study.root, "contrast_left_out", pool=POOL).empty
    methods = set(read_table(study.root, "trait_contrasts", pool=POOL)["method"])
    assert methods <= set(METHODS)
    assert {"persons", "mixed"} <= methods


def test_the_same_seed_gives_the_same_bytes(study: Study) -> None:
    path = study.root / "build" / "compare" / POOL / "trait_contrasts.csv"
    before = path.read_bytes()
    compare.run(study, pool=POOL)
    assert path.read_bytes() == before


def test_results_of_every_project_corporation_and_type_by_wave(tmp_path: Path) -> None:
    study = load_study(Path(shutil.copytree(TINY, tmp_path / "study")))
    # the first two projects of the registry are in the centre; the first is the only one of a corporation
    persons = persons_of(MEANS)
    names = [project.id for project in study.registry.projects]
    persons["project"] = [names[int(code.split("-")[1])] for code in persons["project"]]
    persons.loc[::5, "wave"] = "tiny-2022"
    write_persons(study.root, "persons", persons, pool=POOL)
    compare.run(study, pool=POOL)
    table = read_table(study.root, "group_results", pool=POOL)
    sat = table[table["outcome"] == "SAT"].set_index(["division", "group", "wave"])
    assert set(table["division"]) == {
        "all",
        "project",
        "corporation",
        "place",
    }  # a trait of persons divides no projects
    assert list(sat.loc["corporation"].index.get_level_values("group").unique()) == ["Nobody"]
    assert (sat.loc[("corporation", "Nobody", "all"), "mean"], sat.loc[("project", "ash", "all"), "mean"]) == (2.0, 2.0)
    # means 2, 2, 4 and 4 of four projects: each counts once
    assert (sat.loc[("place", "centre", "all"), "n_obs"], sat.loc[("place", "centre", "all"), "mean"]) == (20, 3.0)
    # everyone's first person, a step below the mean, answered in the later wave
    assert (sat.loc[("project", "ash", "tiny-2022"), "n_obs"], sat.loc[("project", "ash", "tiny-2022"), "mean"]) == (
        1,
        1,
    )
    assert np.isnan(sat.loc[("project", "ash", "tiny-2022"), "ci_lower"])
