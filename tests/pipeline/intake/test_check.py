"""Bad files: one clear problem each, all at once, with row and column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from intake_help import GOOD, HEADING, PARAMS, codes, csv_bytes, expectation
from intake_help import checked as check

from pipeline.intake import table
from pipeline.intake.check import Checked, check_file
from pipeline.intake.messages import answer, explain, verdict
from pipeline.intake.problems import Problem

CheckBytes = Callable[..., Checked]


@pytest.fixture
def on_disk(tmp_path: Path) -> CheckBytes:
    def check_it(data: bytes, name: str = "answers.csv") -> Checked:
        path = tmp_path / name
        path.write_bytes(data)
        return check_file(path, expectation())

    return check_it


def changed(**cells: str) -> list[str]:
    return [cells.get(name, cell) for name, cell in zip(HEADING, GOOD, strict=True)]


def renamed(old: str, new: str) -> list[str]:
    return [new if name == old else name for name in HEADING]


def test_a_good_file_has_no_problem(on_disk: CheckBytes) -> None:
    outcome = on_disk(csv_bytes(GOOD))
    assert outcome.acceptable
    assert verdict(outcome.problems, "nl") == "Deze golf kan worden ingediend"


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "answers.csv", "file_empty"),
        (b"", "answers.xlsx", "file_empty"),
        (b"", "answers.sav", "file_empty"),
        (b" \n\n", "answers.csv", "file_empty"),
        (b"\0" * 5000, "answers.bin", "file_empty"),
        (bytes(range(256)) * 40, "answers.csv", "binary_file"),
        (bytes(range(256)) * 40, "answers.xlsx", "workbook_unreadable"),
        (b"x" * 1_000_001, "answers.csv", "file_too_large"),
        (csv_bytes(), "answers.csv", "no_rows"),
        (csv_bytes(GOOD, heading=GOOD), "answers.csv", "headings_missing"),
        (csv_bytes(["a", "b"], heading=["x", "y"]), "answers.csv", "no_known_columns"),
        (csv_bytes(GOOD, heading=[*HEADING[:-1], "a1"]), "answers.csv", "column_duplicated"),
        (csv_bytes(changed(house="Nergens")), "answers.csv", "project_unknown"),
        (csv_bytes(changed(house="oak")), "answers.csv", "project_not_in_wave"),
        (csv_bytes(changed(a1="7")), "answers.csv", "out_of_range"),
        (csv_bytes(changed(gender="x")), "answers.csv", "unreadable"),
        (csv_bytes([*GOOD, "jan@voorbeeld.nl"], heading=[*HEADING, "contact"]), "answers.csv", "personal_email"),
        (csv_bytes(*[GOOD] * 1001), "answers.csv", "too_many_rows"),
    ],
)
def test_a_bad_file_is_told_in_one_problem(on_disk: CheckBytes, data: bytes, name: str, code: str) -> None:
    outcome = on_disk(data, name)
    errors = [problem.code for problem in outcome.problems if problem.severity == "error"]
    expected = [code, "column_missing"] if code == "column_duplicated" else [code]
    assert sorted(errors) == sorted(expected)
    assert not outcome.acceptable


def test_personal_data_are_told_by_letter_where_no_column_is_known() -> None:
    rows = [[f"naam{i}@voorbeeld.nl", "7"] for i in range(3)]
    outcome = check(csv_bytes(*rows, heading=["Postbus van mij", "x"]))
    assert [(p.code, p.columns) for p in outcome.problems] == [
        ("no_known_columns", ()), ("personal_email", (("A", ""),)),
    ]  # fmt: skip
    assert "Postbus" not in str([explain(p, "nl") for p in outcome.problems])


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert codes(check_file(tmp_path / "nothing.csv", expectation())) == ["file_missing"]
    assert codes(check_file(tmp_path, expectation())) == ["file_no_file"]


def test_a_renamed_column_is_one_problem_that_says_which_column_it_may_be() -> None:
    for new in ("a_2", "twe", "iets heel anders"):
        outcome = check(csv_bytes(GOOD, heading=renamed("a2", new)))
        assert codes(outcome) == ["column_missing"]
        assert f"Is het misschien kolom D ({new})?" in explain(outcome.problems[0], "nl")["what"]


def test_one_option_of_a_question_is_not_what_is_missing() -> None:
    rows = [[*GOOD[:5], *cells, GOOD[6]] for cells in (["vrouw", ""], ["", "man"], ["vrouw", ""])]
    heading = [*HEADING[:5], "Geslacht/vrouw", "Geslacht/man", HEADING[6]]
    outcome = check(csv_bytes(*rows, heading=heading))
    assert codes(outcome) == ["column_missing", "column_unknown"]
    assert "misschien" not in explain(outcome.problems[0], "nl")["what"]


def test_columns_nobody_asked_for_are_one_warning() -> None:
    outcome = check(csv_bytes([*GOOD, "x", "y"], heading=[*HEADING, "apparaat", "duur"]))
    assert codes(outcome) == ["column_unknown"]
    assert outcome.problems[0].columns == (("H", "apparaat"), ("I", "duur"))
    assert outcome.acceptable
    assert verdict(outcome.problems, "nl") == "Deze golf kan worden ingediend"


def test_what_the_crosswalk_leaves_out_is_known() -> None:
    crosswalk = [{"var_name_orig": "Apparaat"}, {"var_name_target": "a2", "na_label_target": "not_asked"}]
    heading = renamed("a2", "apparaat")
    outcome = check(csv_bytes(GOOD, heading=heading), expected=expectation(crosswalk))
    assert codes(outcome) == []
    assert outcome.ingested_by_person is not None
    assert outcome.ingested_by_person["a2__reason"].tolist() == ["not_asked"]


def test_a_crosswalk_may_name_a_column_that_is_not_there() -> None:
    crosswalk = [{"var_name_orig": "vraag 2", "var_name_target": "a2"}]
    outcome = check(csv_bytes(GOOD), expected=expectation(crosswalk))
    assert codes(outcome) == ["crosswalk_column_missing", "column_unknown"]
    assert outcome.problems[0].variable == "a2"


def test_the_crosswalk_cannot_do_without_what_a_wave_must_have() -> None:
    crosswalk = [{"var_name_target": name, "na_label_target": "not_asked"} for name in ("house", "a1")]
    outcome = check(csv_bytes(GOOD), expected=expectation(crosswalk))
    assert [(p.code, p.variable) for p in outcome.problems] == [("column_missing", "house"), ("column_unknown", "")]


def test_rows_beyond_what_is_looked_at_are_never_left_out_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MOST_CELLS", 70)
    params = {"max_rows": 10, "max_columns": 7}
    assert codes(check(csv_bytes(*[GOOD] * 10), expected=expectation(params=params))) == []
    assert codes(check(csv_bytes(*[GOOD] * 11), expected=expectation(params=params))) == ["too_many_rows"]
    assert codes(check(csv_bytes(*[GOOD] * 12), expected=expectation(params=params))) == ["too_many_cells"]


def test_all_problems_are_told_at_once_worst_first() -> None:
    rows = [GOOD, changed(a1="8", gender="?"), changed(a1="9", house="oak"), changed(years="-1")]
    outcome = check(csv_bytes(*[[*row, "06-12345678"] for row in rows], heading=[*renamed("m1", "vraag9"), "bel"]))
    assert codes(outcome) == [
        "column_missing", "project_not_in_wave", "out_of_range", "unreadable", "out_of_range", "personal_phone",
        "column_unknown",
    ]  # fmt: skip
    assert verdict(outcome.problems, "nl") == "Nog niet: 6 dingen aanpassen"
    assert verdict(outcome.problems, "en") == "Not yet: 6 things to change"
    by_variable = {p.variable: p for p in outcome.problems if p.code == "out_of_range"}
    assert (by_variable["a1"].columns, by_variable["a1"].rows) == ((("C", "a1"),), (3, 4))


def test_thousands_of_the_same_make_one_problem_with_a_count_and_the_first_rows() -> None:
    outcome = check(csv_bytes(*[changed(a1="7")] * 900))
    assert codes(outcome) == ["out_of_range"]
    problem = outcome.problems[0]
    assert (problem.count, problem.shown_rows) == (900, tuple(range(2, 12)))
    said = explain(problem, "nl")["what"]
    assert said.startswith("Kolom C (a1), rij 2–901: 900 antwoorden")


def test_more_answers_than_people_and_too_few() -> None:
    few = expectation(params={"minimum_answers": 3}, projects={"ash": {"invited": 1}})
    outcome = check(csv_bytes(GOOD, GOOD), expected=few)
    assert codes(outcome) == ["more_rows_than_invited", "too_few_rows"]
    unknown = expectation(projects={"ash": {}})
    assert codes(check(csv_bytes(GOOD, GOOD), expected=unknown)) == []


def test_too_many_rows_do_not_keep_the_other_checks_from_running() -> None:
    outcome = check(csv_bytes(*[GOOD] * 1000, changed(a1="7")))
    assert codes(outcome) == ["out_of_range", "too_many_rows"]
    assert outcome.problems[1].count == 1001


def test_without_a_wave_any_registered_project_will_do() -> None:
    expected = expectation()
    alone = type(expected)(expected.instrument, expected.registry, PARAMS)
    assert codes(check(csv_bytes(changed(house="oak")), expected=alone)) == []
    assert codes(check(csv_bytes(changed(house="beech")), expected=alone)) == ["project_unknown"]


def test_headings_that_may_be_answers_are_not_shown() -> None:
    # a file without headings: its first person's answers would stand in every message
    for first in (["7", "8", "7", "9", "", "3", "2"], ["mee eens", "x", "mee eens", "nooit", "", "ja", "ja"]):
        outcome = check(csv_bytes(GOOD, heading=first))
        assert len(outcome.problems) == 1
        said = answer(outcome.problems, "nl") + str(outcome.problems[0].as_json())
        assert not any(cell in said.replace("7 kolommen", "") for cell in ("mee eens", "nooit", "8"))


def test_a_heading_that_names_a_person_is_not_shown() -> None:
    outcome = check(csv_bytes([*GOOD, "x"], heading=[*HEADING, "opmerking van jan@voorbeeld.nl"]))
    assert "jan@" not in answer(outcome.problems, "nl") + str([p.as_json() for p in outcome.problems])


def test_a_problem_has_a_known_code() -> None:
    with pytest.raises(ValueError, match="unknown problem code"):
        Problem("something")
