"""The answer for programs: its keys, and that what was found is in it once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from intake_help import GOOD, HEADING, csv_bytes
from intake_help import checked as check

from pipeline.declare.problems import Problem as DeclarationProblem
from pipeline.intake.answer import as_json, next_step
from pipeline.intake.answer.declared import declared_things
from pipeline.intake.answer.left_out import without_refused
from pipeline.intake.check import Checked
from pipeline.intake.problems import Problem
from pipeline.intake.refused import refused_columns, without_columns
from pipeline.intake.words import Language


def cut_and_check(checked: Checked) -> Checked:
    assert checked.received is not None
    assert checked.table is not None
    return check(without_columns(checked.received, checked.table, refused_columns(checked)).data)


KEYS = {
    "schema", "language", "acceptable", "verdict", "sha256", "format", "rows", "columns", "left_out", "things",
    "problems", "declaration_problems", "next",
}  # fmt: skip
OF_THING = {
    "number", "code", "severity", "kind", "what", "where", "expected", "fix", "columns", "variables", "count",
}  # fmt: skip
OF_PROBLEM = {
    "thing", "code", "severity", "kind", "variable", "sheet", "columns", "rows", "count", "expected", "details",
}  # fmt: skip


def changed(**cells: str) -> list[str]:
    return [cells.get(name, cell) for name, cell in zip(HEADING, GOOD, strict=True)]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_shape(language: Language) -> None:
    outcome = check(csv_bytes(*[[*changed(a1="8", a2="9"), "x"]] * 30, heading=[*HEADING, "extra"]))
    told = as_json(outcome, language, command="magical-housing check a.csv")
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert set(told) == KEYS
    assert told["schema"] == 1
    assert all(set(thing) == OF_THING for thing in told["things"])
    assert all(set(problem) == OF_PROBLEM for problem in told["problems"])
    first = told["things"][0]
    assert (first["number"], first["code"], first["kind"]) == (1, "out_of_range", "stops_submission")
    assert first["columns"] == [{"letter": "C", "name": "a1"}, {"letter": "D", "name": "a2"}]
    assert (first["count"], first["variables"]) == (60, ["a1", "a2"])
    one = told["problems"][0]
    assert (one["rows"], one["count"], one["thing"]) == ([*range(2, 12)], 30, 0)
    assert told["next"]["step"] == "correct"
    assert told["next"]["command"] == "magical-housing check a.csv"


def test_nothing_readable_has_the_same_keys() -> None:
    told = as_json(Checked((Problem("file_missing"),)), "nl")
    assert set(told) == KEYS
    assert (told["format"], told["rows"], told["sha256"], told["acceptable"]) == (None, None, None, False)


def test_what_is_wrong_with_the_declaration_counts() -> None:
    wrong = DeclarationProblem(Path("wave.yaml"), 3, "projects", "found_nothing")
    told = as_json(Checked(()), "nl", declared=[wrong])
    assert told["verdict"] == "Nog niet: 1 ding aanpassen"
    assert not told["acceptable"]
    assert told["declaration_problems"][0]["line"] == 3


def test_cells_that_were_left_empty_are_one_thing_that_names_them_all() -> None:
    empty = [DeclarationProblem(Path("l.xlsx"), None, f"Golf!B{row}", "cell_empty") for row in (5, 12, 13, 14)]
    (told,) = declared_things(empty, "nl")
    assert told.startswith("l.xlsx: Golf!B5, B12, B13, B14: deze cel is leeg")
    assert told.count("[cell_empty]") == 1


def test_what_to_do_next() -> None:
    assert next_step(check(csv_bytes(GOOD))) == "submit"
    assert next_step(check(csv_bytes(GOOD)), of_wave=False) == "declare"
    assert next_step(check(csv_bytes(GOOD)), n_declared=1) == "correct"
    assert next_step(check(csv_bytes(changed(a1="7")))) == "correct"
    assert next_step(check(csv_bytes(["a", "b"], heading=["x", "y"]))) == "map"
    wrong = Problem("crosswalk_column_missing", variable="a1", count=1)
    assert next_step(Checked((wrong, Problem("column_missing", variable="a2", count=1)))) == "correct"
    mail = csv_bytes([*GOOD, "jan@voorbeeld.nl"], heading=[*HEADING, "contact"])
    assert next_step(check(mail)) == "drop_refused"


def test_without_refused_columns_places_are_still_the_senders() -> None:
    rows = [["jan@voorbeeld.nl", *changed(a1="8"), "06-12345678"], ["", *GOOD, ""]]
    outcome = check(csv_bytes(*rows, heading=["contact", *HEADING, "bel"]))
    without, left_out = without_refused(outcome, cut_and_check)
    assert left_out == (("A", "contact"), ("I", "bel"))
    assert [problem.code for problem in without.problems] == ["out_of_range"]
    assert without.problems[0].columns == (("D", "a1"),)
    assert as_json(without, "nl", left_out=left_out)["left_out"][0] == {"letter": "A", "name": "contact"}


def test_nothing_to_leave_out() -> None:
    outcome = check(csv_bytes(GOOD))
    assert without_refused(outcome, cut_and_check) == (outcome, ())


def test_eighty_of_the_same_in_a_declaration_are_one_thing() -> None:
    missing = [DeclarationProblem(Path("a.yaml"), i, f"fields[{i}]", "found_nothing") for i in range(4, 84)]
    told = as_json(Checked(()), "nl", declared=missing)
    assert told["verdict"] == "Nog niet: 1 ding aanpassen"
    assert len(told["declaration_problems"]) == 80
    sentence = declared_things(missing, "nl")[0]
    assert sentence.endswith("En nog 78 keer hetzelfde in dit bestand, in regel 6–83.")
