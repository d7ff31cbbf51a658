"""What passes the gate, against an attacker who solves it as a linear system; and that the attacker is one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from attacker import Attacker, declared, told_means
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pools import PLACE, RANGES, WAVES, Frames, persons_of, tables_of

from analysis.disclosure import Thresholds, audit, protect_tables
from pipeline.published import links_between, members_of, published_contracts, table_rule
from pipeline.stages.disclose import coarsen, publishable

LIMITS = Thresholds(minimum_group=10, minimum_cell=5)
BY_DESIGN = ("place",)


def published(truth: Frames) -> Frames:
    """What the gate lets through of the tables, as the stage writes it."""
    contracts = published_contracts()
    rules = {name: table_rule(contracts[name], by_design=BY_DESIGN) for name in truth}
    links = links_between(truth["project_traits"], truth["projects"], RANGES)
    protected = protect_tables(truth, rules, links, LIMITS)
    audit(protected, LIMITS)
    coarsen(protected.tables, truth, links, minimum_group=LIMITS.minimum_group)
    return {name: publishable(table, contracts[name]) for name, table in protected.tables.items()}


def members(truth: Frames) -> dict[tuple[str, str], set[str]]:
    return {key: set(of) for key, of in members_of(truth["project_traits"], truth["projects"]).items()}


def attack(shown: Frames, truth: Frames) -> Attacker:
    return Attacker(shown, truth, members(truth), by_design=BY_DESIGN)


def secret_means(truth: Frames) -> set[tuple[str, ...]]:
    """Groups of too few, or of mostly one person."""
    full = truth["group_results"]
    few = full[(full["n_obs"] < LIMITS.minimum_group) | (full["largest_share"] > 0.5)]
    return {tuple(map(str, key)) for key in few[["outcome", "division", "group", "wave"]].to_numpy()}


sizes = st.fixed_dictionaries(
    {(project, wave): st.sampled_from([0, 3, 7, 9, 10, 11, 14, 19, 26]) for project in PLACE for wave in WAVES}
)


@settings(
    max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
@given(sizes, st.integers(0, 10_000))
def test_whoever_solves_the_published_tables_is_left_with_the_declared_ranges(
    sizes: dict[tuple[str, str], int], seed: int
) -> None:
    persons = persons_of(sizes, seed)
    if persons["analysed"].sum() < 2 * LIMITS.minimum_group:
        return
    truth = tables_of(persons)
    shown = published(truth)
    too_close = [told for told in attack(shown, truth).told() if not told.wide]
    assert not too_close
    width = declared("links.yaml")["means"]["width"]
    ranges = told_means(shown, truth, members(truth), RANGES)
    for key in secret_means(truth):
        low, high = ranges[key]  # type: ignore[index]
        assert high - low >= width * (RANGES["S"][1] - RANGES["S"][0]) - 1e-5, key


@pytest.fixture(scope="module")
def pool() -> Frames:
    """A pool with a project of few in its second wave."""
    sizes = {(project, wave): 22 for project in PLACE for wave in WAVES} | {("p2", "w2"): 7, ("p4", "w1"): 3}
    return tables_of(persons_of(sizes, 5))


@pytest.fixture(scope="module")
def shown(pool: Frames) -> Frames:
    return published(pool)


def test_something_is_hidden_and_something_is_not(pool: Frames, shown: Frames) -> None:
    assert len(secret_means(pool)) >= 2
    assert shown["group_results"]["mean"].notna().sum() > 10
    assert len(attack(shown, pool).told()) > 10


@pytest.mark.parametrize("name", ["composition", "item_distribution", "response_by_project", "response_flow"])
def test_the_attacker_finds_a_figure_that_should_have_stayed_hidden(name: str, pool: Frames, shown: Frames) -> None:
    """Every figure that was hidden for another's sake, shown again: the other is found out."""
    contract = published_contracts()[name]
    open_again = shown[name].copy()
    columns = contract.with_role("count", "base")
    secret = {told.figure for told in attack(shown, pool).told()}
    for column in columns:
        for row in open_again.index[open_again[column].isna()]:
            if (name, row, column) not in secret:
                open_again.loc[row, column] = pool[name].loc[row, column]
    assert (open_again[columns].notna() & shown[name][columns].isna()).any(axis=None)
    assert any(not told.wide for told in attack({**shown, name: open_again}, pool).told())


def test_the_attacker_finds_a_mean_from_the_waves_and_from_the_other_projects(pool: Frames, shown: Frames) -> None:
    keys = ["outcome", "division", "group", "wave"]
    secret, full = secret_means(pool), pool["group_results"]
    named = [tuple(key) for key in full[keys].astype(str).to_numpy()]
    rows = [row for row, key in enumerate(named) if key not in secret]
    open_again = shown["group_results"].copy()
    open_again.loc[rows, "mean"] = full.loc[rows, "mean"].round(2)
    found = told_means({**shown, "group_results": open_again}, pool, members(pool), RANGES)
    truth = dict(zip(named, full["mean"], strict=True))
    few = ("S", "project", "p2", "w2")
    assert found[few][0] - 0.01 <= truth[few] <= found[few][1] + 0.01
    assert found[few][1] - found[few][0] < 0.2


def test_what_the_attacker_knows_is_true(pool: Frames, shown: Frames) -> None:
    """No equation of his is wrong: with everything in the open they all hold (`told` refuses contradictions)."""
    contracts: dict[str, Any] = {name: published_contracts()[name] for name in pool}
    bare = {
        name: publishable(frame.assign(suppressed=""), contracts[name]).astype(
            dict.fromkeys(contracts[name].with_role("base", "count"), "float64")
        )
        for name, frame in pool.items()
    }
    told = attack(bare, pool).told()
    assert told and all(one.low == one.high for one in told)
    assert np.isfinite([one.low for one in told]).all()
    assert isinstance(shown["composition"], pd.DataFrame)
