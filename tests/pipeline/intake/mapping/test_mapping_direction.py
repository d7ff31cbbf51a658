"""A question that the file has the other way round, without words to tell it by."""

from __future__ import annotations

import numpy as np
import pytest
from mapping_help import column_line, table_of

from pipeline.declare import Study
from pipeline.intake.mapping.propose import Proposal, propose

ITEMS = ("scb1", "scb2", "scb3", "scb4", "scb5", "scb6")


def proposal_for(shipped: Study, *, turned: tuple[str, ...] = (), related: float = 1.5, n: int = 80) -> Proposal:
    """Six items of one scale, the fourth asked the other way; ``turned`` are coded the other way than declared."""
    rng = np.random.default_rng(3)
    level = rng.normal(size=n) * related
    columns = {"project": ["sim-p01"] * n}
    for item in ITEMS:
        side = -1 if (item == "scb4") != (item in turned) else 1
        answers = np.clip(np.round(3 + side * 0.7 * level + rng.normal(size=n) * 0.6), 1, 5)
        columns[item] = [f"{value:g}" for value in answers]
    return propose(table_of(columns), next(iter(shipped.instruments.values())), shipped.registry)


def test_a_scale_as_declared_needs_no_look(shipped: Study) -> None:
    proposal = proposal_for(shipped)
    assert [column_line(proposal, item).certainty for item in ITEMS] == ["sure"] * 6


@pytest.mark.parametrize("turned", ["scb2", "scb4"])
def test_the_item_that_runs_against_the_others_is_to_be_looked_at(shipped: Study, turned: str) -> None:
    proposal = proposal_for(shipped, turned=(turned,))
    assert {item for item in ITEMS if column_line(proposal, item).certainty == "check"} == {turned}
    assert "staat deze vraag andersom?" in column_line(proposal, turned).said("nl")


def test_where_half_runs_against_half_nobody_is_blamed(shipped: Study) -> None:
    proposal = proposal_for(shipped, turned=("scb1", "scb2", "scb3"))
    assert all(column_line(proposal, item).certainty == "sure" for item in ITEMS)


def test_answers_without_relation_and_few_rows_say_nothing(shipped: Study) -> None:
    for proposal in (proposal_for(shipped, related=0.0), proposal_for(shipped, turned=("scb2",), n=20)):
        assert all(column_line(proposal, item).certainty == "sure" for item in ITEMS)
