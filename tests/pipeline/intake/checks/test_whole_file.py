"""Checks of a file as a whole: each where it fires and where it just does not."""

from __future__ import annotations

import pytest
from checks_help import ITEMS, ONE, TWO, check, codes, expectation, found, person, persons

from pipeline.intake.messages import explain


def test_a_good_wave_has_nothing_to_tell() -> None:
    assert codes(check(persons())) == []


def test_ingest_asks_nothing_of_the_study() -> None:
    rows = [*persons(11, kind=""), person(3)]
    assert codes(check(rows, expectation(study=None))) == []


@pytest.mark.parametrize(("column", "code"), [("kind", "role"), ("tongue", "language")])
def test_what_must_be_known_of_everybody(column: str, code: str) -> None:
    blank = {column: ""}
    missing = check(persons(), without=[column])
    assert [(p.code, p.variable, p.structural) for p in missing.problems] == [(f"{code}_missing", column, True)]
    half = check([*persons(6, **blank), *(person(i) for i in range(6, 12))])
    assert [(p.code, p.severity, p.count) for p in half.problems] == [(f"{code}_blank", "warning", 6)]
    most = check([*persons(7, **blank), *(person(i) for i in range(7, 12))])
    assert [(p.code, p.severity) for p in most.problems] == [(f"{code}_mostly_blank", "error")]
    assert most.problems[0].rows == tuple(range(2, 9))


def test_rows_without_a_project_are_told() -> None:
    some = check([*persons(), person(20, house=""), person(21, house="")])
    assert [(p.code, p.severity, p.rows) for p in some.problems] == [("required_blank", "warning", (14, 15))]
    assert codes(check([*persons(), person(20, house="Nergens")])) == ["project_unknown"]


def test_a_crosswalk_may_leave_the_language_out_but_not_the_role() -> None:
    left_out = [{"var_name_target": name, "na_label_target": "not_asked"} for name in ("kind", "tongue")]
    outcome = check(persons(), expectation(crosswalk=left_out), without=["kind", "tongue"])
    assert codes(outcome) == ["role_mostly_blank"]
    assert "12 van de 12 rijen" in explain(outcome.problems[0], "nl")["what"]


def test_the_column_that_is_meant_is_named_once() -> None:
    rows = [{("kinds" if k == "kind" else k): v for k, v in row.items()} for row in persons()]
    outcome = check(rows)
    assert codes(outcome) == ["role_missing"]
    assert "(kinds)" in explain(outcome.problems[0], "en")["what"]


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("2025-01-01", None), ("2024-12-25", None), ("2024-12-24", "date_outside_fieldwork"),
        ("2025-02-08", None), ("2025-02-09", "date_outside_fieldwork"), ("2025-06-01", "date_outside_fieldwork"),
        ("2025-06-02", "date_in_future"), ("2024-01-02", "date_outside_fieldwork"),
        ("2024-01-01", "date_before_fieldwork"), ("1990-05-05", "date_before_fieldwork"), ("", None),
    ],
)  # fmt: skip
def test_dates_around_fieldwork(day: str, code: str | None) -> None:
    outcome = check([*persons(), person(20, day=day)])
    assert [(p.code, p.rows) for p in outcome.problems] == ([(code, (14,))] if code else [])


@pytest.mark.parametrize(
    ("begin", "end", "rows"),
    [
        ("2025-01-02 10:00:00", "2025-01-02 09:59:59", (2,)), ("2025-01-02 10:00:00", "2025-01-02 10:00:00", ()),
        ("02-01-2025 10:00", "01-02-2025 09:00", ()), ("2-1-2025", "1-1-2025", (2,)), ("", "2025-01-01", ()),
        ("2021-07-05T11:22:14.739+03:00", "2021-07-05T11:22:10.000+03:00", (2,)), ("nooit", "2025-01-01", ()),
    ],
)  # fmt: skip
def test_questionnaires_that_ended_before_they_began(begin: str, end: str, rows: tuple[int, ...]) -> None:
    outcome = check(
        [person(0) | {"StartDate": begin, "EndDate": end}, *(p | {"StartDate": "", "EndDate": ""} for p in persons())]
    )
    assert [p.rows for p in found(outcome, "end_before_start")] == ([rows] if rows else [])


def test_projects_of_another_corporation() -> None:
    both = {"ash": {"invited": 5000}, "oak": {"invited": 50}}
    rows = [*persons(), person(20, house="oak"), person(21, house="oak")]
    outcome = check(rows, expectation(projects=both))
    assert [(p.rows, p.details["projects"]) for p in found(outcome, "project_not_corporations")] == [((14, 15), "oak")]
    assert not found(check(rows, expectation(projects=both, origin="simulated")), "project_not_corporations")
    assert not found(check(persons()), "project_not_corporations")  # Wonen and wonen are the same


def test_projects_that_were_not_open() -> None:
    projects = {"ash": {"invited": 5000}, "elm": {"invited": 50}, "oak": {"invited": 5}}
    rows = [person(i, house=house) for i, house in enumerate(["ash", "elm", "oak"] * 2)]
    outcome = check(rows, expectation(projects=projects, origin="public"))
    assert [(p.code, p.details["projects"]) for p in outcome.problems] == [
        ("project_closed", "elm"), ("project_not_open", "oak"),
    ]  # fmt: skip


def test_how_many_answered_in_each_project() -> None:
    projects = {"ash": {"invited": 12}, "elm": {}}  # three dwellings in elm
    twelve, four = persons(), [person(i, house="elm") for i in range(20, 24)]
    assert [
        p.details["projects"] for p in found(check(twelve, expectation(projects=projects)), "project_without_rows")
    ] == ["elm"]
    outcome = check([*twelve, *four], expectation(projects=projects))
    assert [p.details["projects"] for p in found(outcome, "project_more_rows_than_invited")] == ["elm"]
    assert not found(check([*twelve, *four[:3]], expectation(projects=projects)), "project_more_rows_than_invited")
    outcome = check([*twelve, four[0]], expectation(projects=projects))
    assert [(p.details["projects"], p.details["limit"]) for p in found(outcome, "project_below_minimum")] == [
        ("elm", 2)
    ]


def test_the_same_number_twice() -> None:
    outcome = check([*persons(), person(30, number="3"), person(31, number="3"), person(32, number="4")])
    (twice,) = outcome.problems
    assert (twice.code, twice.severity, twice.rows) == ("respondent_twice", "error", (5, 6, 14, 15, 16))
    assert twice.details["persons"] == 2
    assert not found(check([*persons(), person(30, number=""), person(31, number="")]), "respondent_twice")


def test_rows_that_agree_in_everything() -> None:
    outcome = check([*persons(), person(3, number="x")])
    assert [(p.code, p.rows) for p in outcome.problems] == [("rows_alike", (5, 14))]
    assert codes(check([*persons(), person(3, number="x", kind="host")])) == []
    few = dict.fromkeys(ITEMS[3:], "")  # nine answers: two people may simply agree
    assert codes(check([*persons(), person(3, number="x", **few), person(3, number="y", **few)])) == []


def test_persons_who_answered_hardly_anything() -> None:
    nearly = dict.fromkeys(ITEMS[2:], "")
    two = [person(i, **nearly) for i in (50, 51)]
    outcome = check([*persons(), *two])
    assert [(p.code, p.rows, p.details["share"]) for p in outcome.problems] == [("rows_nearly_empty", (14, 15), 14)]
    assert codes(check([*persons(18), *two])) == []


def test_questions_that_nobody_answered() -> None:
    outcome = check(persons(12, **dict.fromkeys(TWO, "")))
    assert [(p.code, p.count, p.details["block"]) for p in outcome.problems] == [("block_empty", 6, "two")]
    assert [name for _, name in outcome.problems[0].columns] == TWO
    outcome = check(persons(12, b1="", b2=""))
    assert [(p.code, p.variable, p.severity) for p in outcome.problems] == [
        ("item_empty", "b1", "warning"), ("item_empty", "b2", "warning"),
    ]  # fmt: skip
    none = dict.fromkeys(TWO, "")
    outcome = check([*persons(11, **none), person(11, **none | {"c1": "99"})])
    assert codes(outcome) == ["item_empty"] * 5


def test_a_block_that_was_not_asked_is_not_empty() -> None:
    crosswalk = [{"var_name_target": name, "na_label_target": "not_asked"} for name in TWO]
    assert codes(check(persons(), expectation(crosswalk=crosswalk), without=TWO)) == []


def test_straight_lines() -> None:
    straight = dict.fromkeys(ONE, "4")
    outcome = check([*persons(11), *(person(i, **straight) for i in range(20, 24))])
    assert [(p.code, p.count, p.details["share"]) for p in outcome.problems] == [("straightlining", 4, 27)]
    assert codes(check([*persons(12), *(person(i, **straight) for i in range(20, 24))])) == []
    few = [person(i, **straight) for i in range(9)]
    assert codes(check(few)) == []
