"""One column for one variable, as a whole; sequences; what makes a line doubtful."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapping_help import column_line, proposal_of

from pipeline.intake.mapping.assign import assign, increasing
from pipeline.intake.mapping.evidence import says_nothing
from pipeline.intake.mapping.places import align, between, runs, stem_of


class NoPlaces:
    """Columns of which the place says nothing."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape

    def scores(self, columns: list[int], fields: list[int]) -> np.ndarray:
        return np.zeros((len(columns), len(fields)))


def pairs_of(best: list[list[float]]) -> list[tuple[int, int]]:
    matrix = np.array(best)
    found = assign(matrix, lambda *_: 1.0, NoPlaces(matrix.shape), lambda *_: False)  # type: ignore[arg-type]
    return [(pair.i, pair.j) for pair in found]


def test_the_first_column_does_not_take_what_the_second_fits_alone() -> None:
    assert pairs_of([[0.95, 0.90], [0.94, 0.0]]) == [(0, 1), (1, 0)]


def test_one_that_is_the_same_outweighs_two_that_are_alike() -> None:
    assert pairs_of([[1.0, 0.7], [0.7, 0.0]]) == [(0, 0)]


def test_what_is_hardly_alike_is_not_proposed() -> None:
    assert pairs_of([[0.55]]) == []


@given(st.permutations(range(7)))
def test_the_longest_run_increases_and_none_is_longer(order: list[int]) -> None:
    pairs = list(enumerate(order))
    run = increasing(pairs)
    assert all(a < c and b < d for (a, b), (c, d) in itertools.pairwise(run))
    longest = max(
        len(some)
        for n in range(1, 8)
        for some in itertools.combinations(pairs, n)
        if all(b < d for (_, b), (_, d) in itertools.pairwise(some))
    )
    assert len(run) == longest


@given(
    st.lists(st.lists(st.sampled_from([0.1, 0.4, 0.7]), min_size=3, max_size=3), min_size=1, max_size=4),
)
def test_alignment_is_in_order_and_possible(rows: list[list[float]]) -> None:
    found = align(np.array(rows), lambda i, j: (i + j) % 3 != 0)
    assert all(a < c and b < d for (a, b), (c, d) in itertools.pairwise(found))
    assert all((i + j) % 3 and rows[i][j] > 0.1 for i, j in found)


def test_what_is_left_between_neighbours_is_paired_where_as_many_are_left() -> None:
    assert between([(0, 0), (3, 3)], (4, 4), lambda *_: True) == [(1, 1), (2, 2)]
    assert between([(0, 0), (3, 2)], (4, 4), lambda *_: True) == []


def test_runs_of_names() -> None:
    found = [(run.place, run.length) for run in runs(["a", "a", "", "", "b"])]
    assert found == [(0, 2), (1, 2), (0, 1), (0, 1), (0, 1)]
    assert [stem_of(name) for name in ("leven_1", "leven_12", "hs1", "geslacht")] == ["leven", "leven", "hs", ""]


@pytest.mark.parametrize(("name", "nothing"), [("V12", True), ("q3_1", True), ("Vraag 5", False), ("hs1", False)])
def test_names_that_may_be_anything(name: str, nothing: bool) -> None:
    assert says_nothing(name) is nothing or name == "Vraag 5"


def test_two_columns_for_one_variable_say_so() -> None:
    proposal = proposal_of({"house": ["ash"] * 6, "groep1/a1": [1, 2, 3] * 2, "groep2/a1": [1, 2, 3] * 2})
    doubtful = [line for line in proposal.lines if line.row.var_name_target == "a1"]
    assert [line.certainty for line in doubtful] == ["check"]
    assert "groep2/a1" in doubtful[0].said("nl")


def test_answers_that_do_not_fit_make_a_name_doubtful() -> None:
    proposal = proposal_of({"house": ["ash"] * 6, "a1": ["rood", "groen", "blauw"] * 2, "a2": [1, 2, 3] * 2})
    line = column_line(proposal, "a1")
    assert line.certainty == "check"
    assert "100% van de antwoorden past niet" in line.said("nl")


def test_a_question_without_a_column_is_only_proposed_as_not_asked() -> None:
    proposal = proposal_of({"house": ["ash"] * 6, "a1": [1, 2, 3] * 2})
    absent = {line.row.var_name_target: line for line in proposal.of_kind("absent")}
    assert absent["a2"].row.na_label_target == "not_asked"
    assert absent["a2"].certainty == "check"
    assert absent["day"].certainty == "likely", "may be left out"
    assert absent["a2"].said("nl").startswith("geen kolom gevonden")


def test_a_column_that_is_left_out_but_might_be_an_answer_is_to_be_looked_at() -> None:
    known = {"house": ["ash"] * 6, "a1": [1, 2, 3] * 2, "gender": ["man", "woman"] * 3, "years": range(6)}
    proposal = proposal_of({"raar": [1, 3] * 3, **known})
    assert column_line(proposal, "raar").certainty == "check"
    assert "a2" in column_line(proposal, "raar").said("nl")


def test_what_limesurvey_exports_for_r_has_the_question_in_front() -> None:
    own = {"id": [1, 2], "submitdate": ["2026-03-03", "2026-03-04"], "lastpage": [3, 3], "startlanguage": ["nl", "nl"]}
    items = {"blok1_a2": [1, 3], "blok2_a1": [3, 2], "house": ["ash", "elm"], "gender": ["woman", "man"]}
    proposal = proposal_of(own | items)
    assert column_line(proposal, "blok1_a2").row.var_name_target == "a2"
    assert column_line(proposal, "blok2_a1").row.var_name_target == "a1"
