"""The decimal mark is that of the answers; a file that contradicts itself is refused, not guessed at."""

from __future__ import annotations

import pytest
from intake_help import HEADING, codes, csv_bytes
from intake_help import checked as check

from pipeline.intake.check import Checked
from pipeline.intake.messages import explain
from pipeline.intake.text import mark_of_fraction


def answers(*, years: list[str], marks: list[str] | None = None, version: str = "", delimiter: str = ";") -> Checked:
    """A file with these ``years``, marks (scale with half steps) and, in a column of the survey tool, ``version``."""
    heading = [*HEADING, "versie"] if version else HEADING
    rows = [
        [str(i), "ash", "1", "2", marks[i] if marks else "7", "woman", cell, *([version] if version else [])]
        for i, cell in enumerate(years)
    ]
    return check(csv_bytes(*rows, heading=heading, delimiter=delimiter))


def values(outcome: Checked, name: str) -> list[float]:
    assert outcome.ingested_by_person is not None
    return [float(value) for value in outcome.ingested_by_person[name]]


def mark(outcome: Checked) -> str:
    assert outcome.table is not None
    return outcome.table.format.decimal


@pytest.mark.parametrize("version", ["1.0", "2.5"])
@pytest.mark.parametrize(
    "years", [["1,5"] * 4, ["1,5", "2,5", "weet ik niet", "3"], ["1,5", "R", "98", "geen antwoord"]]
)
def test_a_column_that_is_no_question_does_not_decide(version: str, years: list[str]) -> None:
    outcome = answers(years=years, version=version)
    assert codes(outcome) == ["column_unknown"]
    assert mark(outcome) == ","
    assert values(outcome, "years")[0] == 1.5


def test_a_column_that_is_no_question_does_not_decide_between_commas_either() -> None:
    outcome = answers(years=["1.5", "weet ik niet"], version='"1,0"', delimiter=",")
    assert codes(outcome) == ["column_unknown"]
    assert mark(outcome) == "."


def test_a_delimiter_is_not_held_against_a_point() -> None:
    outcome = answers(years=["1.5", "weet ik niet", "geen antwoord"])
    assert codes(outcome) == []
    assert values(outcome, "years")[0] == 1.5


def test_a_stray_mark_is_a_cell_that_cannot_be_read() -> None:
    outcome = answers(years=["1,5", "2,5", "3.5", "1,5", "7.5"])
    assert codes(outcome) == ["unreadable"]
    assert (outcome.problems[0].rows, outcome.problems[0].structural) == ((4, 6), False)
    assert values(outcome, "years")[:2] == [1.5, 2.5]
    # so is one in a column of its own, as when two boxes were ticked
    outcome = answers(years=["1.5", "2.5"], marks=["1,5", "7"])
    assert codes(outcome) == ["unreadable"]
    assert (outcome.problems[0].variable, mark(outcome)) == ("m1", ".")


def test_columns_that_contradict_each_other_are_refused() -> None:
    outcome = answers(years=["1,5", "2,5", "3,5"], marks=["7.5", "6.5", "7"])
    assert codes(outcome) == ["decimal_marks_differ"]
    problem = outcome.problems[0]
    assert problem.structural
    assert (problem.columns, problem.rows, problem.count) == ((("E", "m1"),), (2, 3), 2)
    said = explain(problem, "en")
    assert said["what"].endswith(
        "2 numbers in this column have ‘.’ as the decimal mark; other numbers in the file have ‘,’."
    )


def test_a_column_that_contradicts_itself_is_refused() -> None:
    outcome = answers(years=["1,5", "2,5", "3.5", "4.5", "een tijdje"])
    # what else cannot be read is still told
    assert codes(outcome) == ["decimal_marks_differ", "unreadable"]
    assert (outcome.problems[0].rows, outcome.problems[1].rows) == ((4, 5), (4, 5, 6))


def test_what_may_part_thousands_is_no_evidence() -> None:
    outcome = answers(years=["1.000", "2.500", "1,5", "0"])
    assert mark(outcome) == ","
    assert codes(outcome) == ["unreadable"]
    assert outcome.problems[0].rows == (2, 3)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,5", ","), ("1.5", "."), (" −0.25 ", "."), ("+1,50", ","), ("0.125", "."), ("1.0000", "."),
        ("1.000", None), ("12,500", None), ("15", None), ("1.5.0", None), ("1.000,5", None), ("1,5 jaar", None),
        (",5", None),
    ],
)  # fmt: skip
def test_the_mark_of_a_fraction(text: str, found: str | None) -> None:
    assert mark_of_fraction(text) == found


@pytest.mark.parametrize(("delimiter", "version", "expected"), [(";", "1.0", ","), (",", '"1,5"', ".")])
def test_columns_that_nothing_is_had_from_do_not_tell_the_mark(delimiter: str, version: str, expected: str) -> None:
    # the answers show no fraction that could tell
    assert mark(answers(years=["12", "3"], version=version, delimiter=delimiter)) == expected


def test_three_decimals_behind_a_comma_are_a_fraction_where_a_column_of_versions_has_points() -> None:
    assert values(answers(years=["12,000", "3,500"], version="1.0"), "years") == [12.0, 3.5]
