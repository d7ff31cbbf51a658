"""Clustering and places within persons as tables: how they are made, and that what they hide stays hidden."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.disclosure import DisclosureError, Protected, Thresholds, audit, protect_tables
from pipeline.artefacts import TableContract, read_table, table_contracts
from pipeline.declare import Study, load_study
from pipeline.declare.study import Profile
from pipeline.published import MARK, decimals_of, links_between, published_contracts, table_rule
from pipeline.stages import _closing, compare, measure
from pipeline.stages._measure.levels import level_tables
from pipeline.stages.compare import clustering_by_project, clustering_table

LIMITS = Thresholds(minimum_group=10, minimum_cell=5)
LEVEL_TABLES = ("level_profiles", "level_differences", "level_contrasts")
SHIPPED = Path(__file__).resolve().parents[3]


@pytest.fixture
def profiled(measured: Study) -> Study:
    """The tiny study with a profile of its two scales: a mean and a sum, whose difference means nothing."""
    places = [
        {"name": name, "score": score, "label": {"en": name}}
        for name, score in {"here": "SAT", "there": "TIES"}.items()
    ]
    profile = Profile.model_validate({"name": "content", "title": {"en": "Content"}, "places": places})
    return replace(measured, declaration=measured.declaration.model_copy(update={"profiles": [profile]}))


@pytest.fixture
def tables(profiled: Study) -> dict[str, pd.DataFrame]:
    return level_tables(measure.prepare(profiled, "tiny"))


def test_tables_have_the_columns_of_their_contracts(tables: dict[str, pd.DataFrame]) -> None:
    assert set(tables) == set(LEVEL_TABLES)
    for name, table in tables.items():
        assert set(table.columns) == set(table_contracts()[name].columns), name
        assert len(table), name


def test_everybody_and_both_levels_of_every_trait(profiled: Study, tables: dict[str, pd.DataFrame]) -> None:
    groups = [("all", "all"), *((t.name, level.value) for t in profiled.declaration.traits for level in t.levels)]
    for name in LEVEL_TABLES[:2]:
        of_first = tables[name].drop_duplicates(["trait", "level"])
        assert list(of_first[["trait", "level"]].itertuples(index=False, name=None)) == groups
    assert tables["level_contrasts"]["trait"].tolist() == ["place", "tenure"]
    assert tables["level_contrasts"]["method"].tolist() == ["project_means", "mixed"]


def test_figures_are_those_of_the_analysed_with_both_scores(profiled: Study, tables: dict[str, pd.DataFrame]) -> None:
    analysed = measure.prepare(profiled, "tiny").analysed
    both = analysed[analysed["SAT"].notna() & analysed["TIES"].notna() & analysed["project"].notna()]
    row = tables["level_differences"].iloc[0]
    assert row["n_obs"] == len(both) < len(analysed)
    by_project = (both["SAT"] - both["TIES"]).groupby(both["project"]).mean()
    assert row["difference"] == pytest.approx(by_project.mean())
    assert (row["n_projects"], row["units"]) == (len(by_project), "projects")
    means = tables["level_profiles"].query("trait == 'all'")["mean"].to_numpy(dtype=float)
    assert means[0] - means[1] == pytest.approx(row["difference"])


def test_a_study_without_profiles_has_empty_tables(measured: Study) -> None:
    for name, table in level_tables(measure.prepare(measured, "tiny")).items():
        assert table.empty and set(table.columns) == set(table_contracts()[name].columns), name


def test_the_shipped_study_compares_every_place_it_declares() -> None:
    profiles = load_study(SHIPPED).declaration.profiles
    assert {profile.name: len(profile.places) for profile in profiles} == {"cohesion": 2, "bonds": 3, "bridges": 3}


# --- clustering


def persons(**by_project: list[float]) -> pd.DataFrame:
    rows = [(project, value) for project, values in by_project.items() for value in values]
    return pd.DataFrame(rows, columns=["project", "SAT"])


def test_every_scale_has_its_clustering_whether_or_not_it_is_compared(measured: Study) -> None:
    declared = measured.declaration.model_copy(update={"outcomes": ["TIES"]})
    compare.run(replace(measured, declaration=declared), pool="tiny")
    assert set(read_table(measured.root, "trait_means", pool="tiny")["outcome"]) == {"TIES"}
    clustering = read_table(measured.root, "clustering", pool="tiny")
    assert list(clustering["outcome"]) == ["TIES", "SAT", "balance"]
    by_project = read_table(measured.root, "clustering_by_project", pool="tiny")
    assert set(by_project["outcome"]) <= {"TIES", "SAT", "balance"}


def test_clustering_says_why_there_is_nothing() -> None:
    frame = persons(a=[1.0, 2, 3], b=[4.0, 4, 6]).assign(same=2.0, nobody=np.nan)
    table = clustering_table(frame, outcomes=["SAT", "same", "nobody", "unheard"], confidence=0.95)
    assert table["outcome"].tolist() == ["SAT", "same"]
    assert table["problem"].tolist() == ["", "no_variation"]
    assert table.loc[1, "icc":"effective_n_ci_upper"].isna().all()
    assert clustering_table(frame.assign(project=None), outcomes=["SAT"], confidence=0.95).empty
    assert set(table.columns) == set(table_contracts()["clustering"].columns)


def test_a_project_counts_all_its_analysed_whether_they_have_a_score_or_not() -> None:
    frame = persons(a=[1.0, 2, 3, np.nan], b=[4.0, 4, 6])
    clustering = clustering_table(frame, outcomes=["SAT"], confidence=0.95)
    table = clustering_by_project(frame, clustering)
    icc = clustering["icc"].iloc[0]
    assert set(table.columns) == set(table_contracts()["clustering_by_project"].columns)
    assert dict(zip(table["project"], table["n_obs"], strict=True)) == {"a": 4, "b": 3}
    assert table["effective_n"].tolist() == pytest.approx([n / (1 + (n - 1) * icc) for n in (4, 3)])
    assert table["mean_reliability"].tolist() == pytest.approx([n * icc / (1 + (n - 1) * icc) for n in (4, 3)])


def test_no_project_is_worth_anything_where_the_icc_is_not_known() -> None:
    frame = persons(a=[2.0, 2], b=[2.0, 2])
    table = clustering_by_project(frame, clustering_table(frame, outcomes=["SAT"], confidence=0.95))
    assert table.empty and set(table.columns) == set(table_contracts()["clustering_by_project"].columns)


# --- what is hidden stays hidden


def empty(contract: TableContract) -> pd.DataFrame:
    numbers = contract.with_role("base", "count", "share", "statistic", "design", "dominant")
    return pd.DataFrame({name: pd.Series(dtype=float if name in numbers else "str") for name in contract.columns})


def gated(study: Study, **given: pd.DataFrame) -> Protected:
    """``given`` tables through the gate as the stage sets it up; every other table is empty."""
    frames = {name: given.get(name, empty(table_contracts()[name])) for name in published_contracts()}
    rules = {name: table_rule(contract) for name, contract in published_contracts().items()}
    links = links_between(frames["project_traits"])
    protected = protect_tables(frames, rules, links, LIMITS, _closing.ties_between(study, frames))
    audit(protected, LIMITS)
    return protected


def test_a_hidden_level_takes_everything_along_that_gives_it_away(
    profiled: Study, tables: dict[str, pd.DataFrame]
) -> None:
    for name in LEVEL_TABLES[:2]:
        table = tables[name]
        table.loc[table["level"] == "edge", "n_obs"] = 7
        table.loc[table["level"] == "all", "n_obs"] = 7 + table.loc[table["level"] == "centre", "n_obs"].iloc[0]
    shown = gated(profiled, **tables).tables
    for name in LEVEL_TABLES:
        table = shown[name].set_index("trait")
        # neither the seven, nor those whose figures beside everybody's give theirs, nor the difference between the two
        figures = published_contracts()[name].with_role("base", "statistic")
        assert table.loc[["place"], figures].isna().all(axis=None), name
        assert set(table.loc[["place"], MARK]) == {"group"}, name
        assert (table.loc[["tenure"], MARK] == "").all(), name


def test_without_the_tie_the_contrast_would_give_the_level_away(
    profiled: Study, tables: dict[str, pd.DataFrame]
) -> None:
    frames = {name: tables.get(name, empty(contract)) for name, contract in table_contracts().items()}
    ties = _closing.ties_between(profiled, frames)
    of_contrasts = [tie for tie in ties if tie.table == "level_contrasts"]
    assert {tie.row["trait"] for tie in of_contrasts} == {"place", "tenure"}
    assert all(tie.source == "level_differences" and tie.source_row == tie.row for tie in of_contrasts)


def composition(**n_by_project: int) -> pd.DataFrame:
    total = sum(n_by_project.values())
    rows = [("analysed", "project", project, n, total, n / total) for project, n in n_by_project.items()]
    return pd.DataFrame(rows, columns=["population", "dimension", "category", "n", "base", "share"])


def by_project(**n_by_project: int) -> pd.DataFrame:
    rows = [(outcome, project, n, n / 1.5, 0.5) for outcome in ("A", "B") for project, n in n_by_project.items()]
    return pd.DataFrame(rows, columns=list(table_contracts()["clustering_by_project"].columns))


def test_a_project_hidden_in_the_composition_is_hidden_here(measured: Study) -> None:
    sizes = {"a": 40, "b": 3, "c": 30, "d": 20}
    shown = gated(measured, composition=composition(**sizes), clustering_by_project=by_project(**sizes)).tables
    counted = shown["composition"].set_index("category")["n"]
    assert counted.isna().sum() == 2 and np.isnan(counted["b"])  # the three, and another for their sake
    for _, table in shown["clustering_by_project"].groupby("outcome"):
        hidden = table.set_index("project")[["n_obs", "effective_n", "mean_reliability"]].isna()
        assert hidden.eq(counted.isna(), axis=0).all(axis=None)


def test_a_small_project_hides_nothing_where_its_number_may_be_told(measured: Study) -> None:
    sizes = {"a": 40, "b": 7, "c": 30, "d": 20}
    shown = gated(measured, composition=composition(**sizes), clustering_by_project=by_project(**sizes)).tables
    assert shown["composition"]["n"].notna().all()
    assert shown["clustering_by_project"].groupby("project")["n_obs"].count().to_dict() == {
        "a": 2,
        "b": 0,
        "c": 2,
        "d": 2,
    }


def test_the_audit_notices_a_number_that_is_shown_for_one_outcome(measured: Study) -> None:
    sizes = {"a": 40, "b": 3, "c": 30, "d": 20}
    protected = gated(measured, composition=composition(**sizes), clustering_by_project=by_project(**sizes))
    other = protected.tables["composition"].set_index("category")["n"].drop("b").isna().idxmax()
    table = protected.tables["clustering_by_project"]
    row = table.index[(table["outcome"] == "B") & (table["project"] == other)]
    table.loc[row, "n_obs"] = float(sizes[str(other)])
    table.loc[row, MARK] = "cell"
    with pytest.raises(DisclosureError, match="follows by subtraction"):
        audit(protected, LIMITS)


@pytest.mark.parametrize("sizes", [(6, 6), (2, 10), (11, 1)])
def test_the_design_effect_is_too_coarse_to_tell_two_hidden_projects_apart(sizes: tuple[int, int]) -> None:
    """An attacker knows the other ten projects and what the two hidden ones add up to, and tries every split."""
    known = [15, 18, 20, 12, 16, 22, 14, 19, 17, 25]
    icc, decimals = 0.2123, {name: decimals_of("clustering", name) for name in ("icc2", "design_effect", "effective_n")}

    def published(pair: tuple[int, int]) -> tuple[float, ...]:
        n = np.array([*known, *pair], dtype=float)
        n0 = (n.sum() - (n**2).sum() / n.sum()) / (len(n) - 1)
        effect = 1 + ((n**2).sum() / n.sum() - 1) * icc
        figures = {"icc2": n0 * icc / (1 + (n0 - 1) * icc), "design_effect": effect, "effective_n": n.sum() / effect}
        return tuple(round(value, decimals[name]) for name, value in figures.items())

    fitting = [(a, 12 - a) for a in range(1, 12) if published((a, 12 - a)) == published(sizes)]
    assert len(fitting) >= LIMITS.minimum_cell
