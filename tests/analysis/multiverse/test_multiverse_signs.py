"""Projects' shares of an estimate, and their signs flipped."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from analysis.multiverse.answers import standardised
from analysis.multiverse.influence import shares
from analysis.multiverse.model_frames import ModelData, ModelFrames
from analysis.multiverse.models import estimate_models, model_tasks
from analysis.multiverse.signs import sign_vectors, units_of
from analysis.multiverse.solutions import Solution
from analysis.multiverse.solving import solve
from analysis.multiverse.specification import Specification
from analysis.sem.clusters import cluster_sums
from analysis.sem.standardise import delta_se
from tests.analysis.multiverse.model_study import MAIN, family, inputs, persons


def test_all_signs_where_there_are_few() -> None:
    signs = sign_vectors(("a", "b", "c"), n=8, seed=1)
    assert signs.exact and signs.flips[0].tolist() == [1.0, 1.0, 1.0]
    assert sorted(map(tuple, signs.flips.tolist())) == sorted(product((-1.0, 1.0), repeat=3))


def test_drawn_signs_start_with_none_flipped_and_are_the_same_for_a_seed() -> None:
    signs, again = (sign_vectors([f"p{k}" for k in range(20)], n=500, seed=7) for _ in range(2))
    assert not signs.exact and (signs.flips[0] == 1).all() and (signs.flips == again.flips).all()
    assert set(np.unique(signs.flips)) == {-1.0, 1.0}
    assert abs(signs.flips[1:].mean()) < 0.05


def test_signs_need_units_and_draws() -> None:
    with pytest.raises(ValueError, match="at least one unit"):
        sign_vectors((), n=10, seed=1)


def test_a_unit_keeps_its_sign_over_specifications_and_adds_nothing_where_it_is_absent() -> None:
    influences = [{"a": 1.0, "b": 2.0, "c": 4.0}, {"a": 1.0, "c": 4.0}]
    signs = sign_vectors(units_of(influences), n=100, seed=1)
    estimates = signs.estimates(influences)
    assert estimates.shape == (8, 2) and estimates[0].tolist() == [7.0, 5.0]
    assert ((estimates[:, 0] - estimates[:, 1]) == 2.0 * signs.flips[:, 1]).all()


def test_shares_of_a_slope_are_cross_products_by_project() -> None:
    """Four projects of two persons with predictors of one size and errors of one size: by hand."""
    x = np.array([1.0, -1, 1, -1, 1, -1, 1, -1])
    error = np.array([1.0, 1, -1, -1, 1, 1, -1, -1])
    y = 0.5 * x + error
    influence = x * (y - 0.5 * x) / (x @ x)
    found = shares(influence[:, None], np.array([0.5]), np.array([0, 0, 0, 1, 1, 1, 2, 2]), n_units=4)[0]
    assert found == pytest.approx([*(np.bincount([0, 0, 0, 1, 1, 1, 2, 2], x * y) / 8), 0.0], abs=1e-15)


def _solved(specification: Specification) -> tuple[Solution, ModelData]:
    data = ModelFrames(inputs(), "model").of(specification, of_known_projects=False)
    way = {"wlsmv": "WLSMV", "sam": "SAM"}.get(specification.estimator, "ML")
    return solve(data, way=way)[0], data


WAYS = [
    MAIN,
    MAIN.choosing(missing="listwise"),
    MAIN.choosing(score="mean", missing="listwise"),
    MAIN.choosing(estimator="sam", missing="listwise"),
    MAIN.choosing(score="ordinal", estimator="wlsmv", missing="listwise"),
]


@pytest.mark.parametrize("specification", WAYS, ids=lambda s: f"{s.score} {s.estimator} {s.missing}")
def test_squared_moves_are_the_errors(specification: Specification) -> None:
    """Persons' moves give the robust error; projects' sums of them one near CR2, which undoes their adaptation."""
    solution, data = _solved(specification)
    quantities = standardised(solution, range(len(solution.estimated.table.rows)))
    robust = delta_se(quantities.jacobian, solution.by_persons(robust=True).vcov)
    varies = np.isfinite(robust)
    moves = solution.moves @ quantities.jacobian[varies].T
    assert np.sqrt((moves**2).sum(axis=0)) == pytest.approx(robust[varies], rel=1e-8)
    assert abs(moves.sum(axis=0)).max() < 1e-4 * robust[varies].max()
    cr2 = delta_se(quantities.jacobian, solution.by_clusters().vcov)[varies]
    cr0 = np.sqrt((cluster_sums(moves, data.units()[0]) ** 2).sum(axis=0))
    assert 0.9 < np.median(cr0 / cr2) < 1.0


@pytest.mark.parametrize("specification", WAYS, ids=lambda s: f"{s.score} {s.estimator} {s.missing}")
def test_a_move_is_what_the_estimate_loses_without_the_person(specification: Specification) -> None:
    solution, data = _solved(specification)
    row = next(n for n, r in enumerate(solution.estimated.table.rows) if (r.lhs, r.op, r.rhs) == ("C", "~", "A"))
    whole = standardised(solution, [row])
    moves = (solution.moves @ whole.jacobian.T)[:, 0]
    pulls = int(np.argmax(np.abs(moves)))
    frame = inputs().persons.drop(index=data.rows[pulls]).reset_index(drop=True)
    without = ModelFrames(inputs(frame), "model").of(specification, of_known_projects=False)
    way = {"wlsmv": "WLSMV", "sam": "SAM"}.get(specification.estimator, "ML")
    refitted = standardised(solve(without, way=way)[0], [row])
    assert float(whole.values[0] - refitted.values[0]) == pytest.approx(moves[pulls], rel=0.35)


def test_shares_leave_a_project_out_of_specifications_that_lack_it() -> None:
    of = inputs(persons(n_projects=6))
    (task,) = model_tasks(family(of), [MAIN, MAIN.choosing(left_out="p2")])
    every, without = (one for one in estimate_models(of, task) if one.claim == "path")
    assert set(every.influence) - set(without.influence) == {"p2"}
    signs = sign_vectors(units_of([every.influence, without.influence]), n=64, seed=1)
    drawn = signs.estimates([every.influence, without.influence])
    assert drawn[0] == pytest.approx([every.estimate, without.estimate], abs=1e-12)
    assert pd.DataFrame(drawn).corr().iloc[0, 1] > 0.7
