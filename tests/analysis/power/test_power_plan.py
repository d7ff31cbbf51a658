"""Sizes of a wave, how projects spread over the traits, and the draw of its residents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.measurement.scoring import scores
from analysis.power import Cell, PlanError, PowerInputs, batches, spread
from analysis.power.draw import population, residents
from analysis.simulate import without_effects

TRAITS = ["place", "building"]


@pytest.mark.parametrize(
    ("n", "high", "joint"),
    [(4, [2, 2], 1), (6, [3, 3], 1), (8, [4, 4], 2), (12, [6, 6], 3), (7, [4, 4], 2), (9, [5, 5], 3)],
)
def test_projects_spread_as_evenly_as_they_can(n: int, high: list[int], joint: int) -> None:
    levels = spread(n, TRAITS, {})
    assert levels.sum(axis=0).tolist() == high
    assert levels.prod(axis=1).sum() == joint


def test_a_trait_is_spread_over_the_other_in_proportion() -> None:
    levels = spread(12, TRAITS, {"place": 8, "building": 6})
    assert levels.sum(axis=0).tolist() == [8, 6]
    assert levels.prod(axis=1).sum() == 4
    assert spread(12, TRAITS, {"place": 12})[:, 0].tolist() == [1.0] * 12


def test_more_projects_than_there_are_cannot_have_a_trait() -> None:
    with pytest.raises(PlanError, match="place: 9 of 8 projects"):
        spread(8, TRAITS, {"place": 9})


def test_batches_hold_every_replication_once_largest_waves_first() -> None:
    cells = [Cell(6, 10, 1.0), Cell(20, 10, 0.5)]
    tasks = batches(cells, replications=25, size=10)
    assert [(task["n_projects"], task["first"], task["replications"]) for task in tasks] == [
        (20, 0, 10), (20, 10, 10), (20, 20, 5), (6, 0, 10), (6, 10, 10), (6, 20, 5),
    ]  # fmt: skip


def drawn(inputs: PowerInputs, cell: Cell, replication: int = 0) -> pd.DataFrame:
    return residents(inputs, cell, population(inputs.parameters, cell), replication=replication)


def test_a_wave_has_the_planned_people_in_the_planned_projects(inputs: PowerInputs) -> None:
    persons = drawn(inputs, Cell(8, 15, 1.0))
    assert persons["project"].value_counts().tolist() == [15] * 8
    assert persons.groupby("project")["placed"].nunique().tolist() == [1] * 8
    assert persons[["placed", "built"]].mean().tolist() == [0.5, 0.5]
    assert set(np.unique(persons[["a1", "a4", "b1"]])) <= {1.0, 2.0, 3.0, 4.0, 5.0}


def test_the_same_replication_is_the_same_wave_whatever_is_drawn_besides(inputs: PowerInputs) -> None:
    cell = Cell(8, 15, 1.0)
    pd.testing.assert_frame_equal(drawn(inputs, cell, 3), drawn(inputs, cell, 3))
    assert not drawn(inputs, cell, 3)["a1"].equals(drawn(inputs, cell, 4)["a1"])
    assert not drawn(inputs, cell, 3)["a1"].equals(drawn(replace(inputs, seed=8), cell, 3)["a1"])


def test_scores_are_those_of_the_answers_given(inputs: PowerInputs) -> None:
    given = drawn(replace(inputs, answers="as_given"), Cell(8, 30, 1.0))
    complete = drawn(inputs, Cell(8, 30, 1.0))
    expected = scores(given, inputs.scales, inputs.differences)
    pd.testing.assert_frame_equal(given[list(expected.columns)], expected, check_dtype=False)
    pd.testing.assert_frame_equal(complete[list(expected.columns)], expected, check_dtype=False)
    items = [item.name for item in inputs.items]
    left_open = given[items].isna()
    assert 0.03 < left_open.to_numpy().mean() < 0.2
    assert complete[items].notna().all(axis=None)
    assert complete[items].where(~left_open).equals(given[items])


def test_answers_have_the_declared_shares_and_the_reversed_item_points_the_same_way(inputs: PowerInputs) -> None:
    persons = drawn(inputs, Cell(40, 100, 1.0))
    assert (persons["a1"] >= 4).mean() == pytest.approx(0.55, abs=0.06)
    assert (persons["a4"] <= 2).mean() == pytest.approx(0.4, abs=0.06)
    assert persons[["a1", "a4"]].corr().iloc[0, 1] > 0.3


def test_only_the_analysed_are_drawn(inputs: PowerInputs) -> None:
    everybody = replace(inputs, analysed={})
    wide = Cell(40, 100, 1.0)
    assert drawn(everybody, wide)["A"].mean() < drawn(inputs, wide)["A"].mean() - 0.1


def test_without_effects_there_are_none(inputs: PowerInputs) -> None:
    cell = Cell(60, 60, 1.0)
    drawn_from = population(without_effects(inputs.parameters), cell)
    persons = residents(inputs, cell, drawn_from, replication=0)
    assert persons.groupby("placed")["A"].mean().diff().iloc[1] == pytest.approx(0, abs=0.08)
    assert drawn(inputs, cell).groupby("placed")["A"].mean().diff().iloc[1] > 0.4
