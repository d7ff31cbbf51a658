"""Which column a variable is had from: crosswalk, name or code, exact question; two of anything are refused."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from intake_help import GOOD, HEADING, codes, csv_bytes, expectation
from intake_help import checked as check
from tool_help import csv_of

from pipeline.intake.check import Checked
from pipeline.intake.messages import explain


def renamed(**names: str) -> list[str]:
    return [names.get(name, name) for name in HEADING]


def had_from(outcome: Checked) -> dict[str, str]:
    """Heading of the column by variable."""
    assert outcome.plan is not None
    return {v.field.name: v.column.name for v in outcome.plan.variables if v.column}


@pytest.mark.parametrize("title", ["twee", "TWO", " Two "])
def test_a_heading_that_is_exactly_the_question_is_that_question(title: str) -> None:
    outcome = check(csv_bytes(GOOD, heading=renamed(a2=title)))
    assert codes(outcome) == []
    assert had_from(outcome)["a2"] == " ".join(title.split())


@pytest.mark.parametrize("heading", ["twee?", "2. twee", "tweede"])
def test_a_heading_that_is_nearly_the_question_is_not(heading: str) -> None:
    outcome = check(csv_bytes(GOOD, heading=renamed(a2=heading)))
    assert codes(outcome) == ["column_missing"]
    assert outcome.problems[0].details["column_name"] == heading


def test_a_name_goes_before_a_question() -> None:
    # the question of a1 is the heading of another column, but a1 is there by name
    outcome = check(csv_bytes([*GOOD, "3"], heading=[*HEADING, "een"]))
    assert had_from(outcome)["a1"] == "a1"
    assert codes(outcome) == ["column_unknown"]


def test_two_columns_for_one_question_are_refused_with_both_named() -> None:
    outcome = check(csv_bytes([*GOOD, "3"], heading=[*renamed(a2="twee"), "Two"]))
    problem = outcome.problems[0]
    assert [p.code for p in outcome.problems] == ["column_ambiguous"]
    assert (problem.variable, problem.columns, problem.structural) == ("a2", (("D", "twee"), ("H", "Two")), True)
    assert "a2" in explain(problem, "nl")["what"]
    crosswalk: list[Mapping[str, str]] = [
        {"var_name_orig": "Two", "var_name_target": "a2"}, {"var_name_orig": "twee"}
    ]  # fmt: skip
    settled = check(csv_bytes([*GOOD, "3"], heading=[*renamed(a2="twee"), "Two"]), expected=expectation(crosswalk))
    assert codes(settled) == []
    assert had_from(settled)["a2"] == "Two"


def test_one_column_for_two_questions_is_refused_with_both_named() -> None:
    asked = expectation()
    one = asked.instrument.field_named("a2").model_copy(update={"title": {"nl": "een"}})
    fields = [one if field.name == "a2" else field for field in asked.instrument.fields]
    asked = type(asked)(
        asked.instrument.model_copy(update={"fields": fields}), asked.registry, asked.params, asked.wave, ()
    )
    outcome = check(csv_bytes(["1", "ash", "1", "7", "woman", "2"],
                              heading=["number", "house", "een", "m1", "gender", "years"]), expected=asked)  # fmt: skip
    assert [(p.code, p.columns, p.details) for p in outcome.problems] == [
        ("title_ambiguous", (("C", "een"),), {"variables": "a1, a2"})
    ]


def test_a_column_that_is_known_twice_over_counts_once() -> None:
    own = ["id", "submitdate", "lastpage", "startlanguage"]
    heading = [*own, "house", "q[a1]", "q[a2]", "m1", "gender", "years"]
    outcome = check(csv_of([heading, ["1", "2025-01-31", "3", "nl", "ash", "1", "2", "7", "woman", "3"]]))
    # of the array q every row has its own code
    assert (had_from(outcome)["a1"], had_from(outcome)["a2"]) == ("q[a1]", "q[a2]")
    # and nobody has to take out what every export has
    assert codes(outcome) == []


def test_a_code_that_two_columns_have_is_refused() -> None:
    own = ["_id", "_uuid", "_submission_time"]
    heading = ["house", "before/a1", "after/a1", "a2", "m1", "gender", "years", *own]
    outcome = check(csv_of([heading, ["ash", "1", "2", "2", "7", "woman", "3", "1", "x", "y"]]))
    ambiguous = [p for p in outcome.problems if p.code == "column_ambiguous"]
    assert [(p.variable, p.columns) for p in ambiguous] == [("a1", (("B", "before/a1"), ("C", "after/a1")))]


def test_a_crosswalk_may_name_a_column_by_its_code() -> None:
    own = ["_id", "_uuid", "_submission_time"]
    heading = ["house", "home/first", "a2", "m1", "gender", "years", *own]
    crosswalk: list[Mapping[str, str]] = [
        {"var_name_orig": "first", "var_name_target": "a1"}, *({"var_name_orig": name} for name in own)
    ]  # fmt: skip
    outcome = check(
        csv_of([heading, ["ash", "1", "2", "7", "woman", "3", "1", "x", "y"]]), expected=expectation(crosswalk)
    )
    assert had_from(outcome)["a1"] == "home/first"


def test_what_a_crosswalk_has_a_use_for_is_no_answer_to_another_question() -> None:
    crosswalk: list[Mapping[str, str]] = [{"var_name_orig": "een", "var_name_target": "a2"}]
    outcome = check(csv_bytes(["1", "ash", "2", "7", "woman", "3"],
                              heading=["number", "house", "een", "m1", "gender", "years"]),
                    expected=expectation(crosswalk))  # fmt: skip
    assert had_from(outcome)["a2"] == "een"
    assert [(p.code, p.variable) for p in outcome.problems] == [("column_missing", "a1")]
