"""Crosswalks: their form, and whether the questionnaire can place what they say."""

from __future__ import annotations

from pathlib import Path

import pytest
from declare_help import only_problem, problems_of, spoil

from pipeline.declare import CrosswalkRow, DeclarationError, load_study, read_crosswalk

HEADER = ",".join(CrosswalkRow.model_fields)
FILE = "surveys/crosswalks/tiny-2020.csv"


def write(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / FILE
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def test_a_header_alone_says_that_names_match(tiny_folder: Path) -> None:
    assert read_crosswalk(write(tiny_folder)) == []
    assert load_study(tiny_folder).crosswalks["tiny-2020"] == []


def test_lines_that_can_be_placed(tiny_folder: Path) -> None:
    write(
        tiny_folder,
        "Vraag 1,,,,sat1,,,",
        "Vraag 1,,6,,sat1,5,,",
        "Vraag 1,,,weet niet,sat1,,,dont_know",
        "Vraag 1,,,eens,sat1,,eens,",
        '"Vraag 2, over ""banden""",,,,tie1,,,',
        "Waar,,1,,project,,ash,",
        "Wie,,1,,role,,resident,",
        "Jaren,,,kort,years,0.5,,",
        "Taal,,,,language,,,",
        ",,,,tie3,,,not_asked",
        "Opmerkingen,,,,,,,",
        ",,,,,,,",
    )
    rows = load_study(tiny_folder).crosswalks["tiny-2020"]
    assert len(rows) == 11
    assert rows[4].var_name_orig == 'Vraag 2, over "banden"'


def test_one_column_may_feed_two_variables(tiny_folder: Path) -> None:
    write(tiny_folder, "Vraag 1,,,,sat1,,,", "Vraag 1,,,,sat2,,,")
    assert len(load_study(tiny_folder).crosswalks["tiny-2020"]) == 2


def test_semicolons_and_a_byte_order_mark_as_spreadsheets_write_them(tiny_folder: Path) -> None:
    path = tiny_folder / FILE
    path.write_bytes(b"\xef\xbb\xbf" + (HEADER.replace(",", ";") + "\r\nVraag 1;;;;years;0,5;;\r\n").encode())
    (row,) = read_crosswalk(path)
    assert (row.var_name_orig, row.val_numeric_target) == ("Vraag 1", "0,5")


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ("Vraag 1,,,,sat9,,,", "var_name_target", "crosswalk_target"),
        (",,3,,,,,", "", "crosswalk_nothing"),
        (",,,,sat1,,,", "var_name_orig", "crosswalk_no_column"),
        (",,3,,sat1,,,not_asked", "var_name_orig", "crosswalk_no_column"),
        ("Vraag 1,,3,,,3,,", "var_name_target", "crosswalk_no_target"),
        ("Vraag 1,,,,sat1,3,,", "val_numeric_orig", "crosswalk_no_source_value"),
        ("Vraag 1,,3,,sat1,,,", "val_numeric_target", "crosswalk_one_target_value"),
        ("Vraag 1,,3,,sat1,3,eens,", "val_label_target", "crosswalk_one_target_value"),
        ("Vraag 1,,drie,,sat1,3,,", "val_numeric_orig", "crosswalk_source_number"),
        ("Vraag 1,,3,,sat1,drie,,", "val_numeric_target", "crosswalk_number"),
        ("Vraag 1,,3,,sat1,nan,,", "val_numeric_target", "crosswalk_number"),
        ("Vraag 1,,3,,sat1,6,,", "val_numeric_target", "crosswalk_code"),
        ("Vraag 1,,3,,sat1,2.5,,", "val_numeric_target", "crosswalk_code"),
        ("Vraag 1,,3,,years,41,,", "val_numeric_target", "crosswalk_code"),
        ("Vraag 1,,3,,role,1,,", "val_numeric_target", "crosswalk_code"),
        ("Vraag 1,,3,,role,,ghost,", "val_label_target", "crosswalk_category"),
        ("Vraag 1,,3,,sat1,,tevreden,", "val_label_target", "crosswalk_category"),
        ("Vraag 1,,3,,project,,palm,", "val_label_target", "crosswalk_category"),
        ("Vraag 1,,3,,sat1,,,dont_knwo", "na_label_target", "crosswalk_reason"),
    ],
)
def test_a_line_that_cannot_be_placed(tiny_folder: Path, line: str, column: str, code: str) -> None:
    write(tiny_folder, "Vraag 0,,,,sat2,,,", line)
    problem = only_problem(tiny_folder)
    assert (problem.path, problem.line, problem.key, problem.code) == (tiny_folder / FILE, 3, column, code)


def test_half_points_only_where_the_scale_has_steps(tiny_folder: Path) -> None:
    write(tiny_folder, "Vraag 1,,3,,sat1,2.5,,", "Vraag 1,,4,,sat1,2.25,,")
    spoil(tiny_folder, "surveys/instruments/tiny@1.yaml", "  agree5:\n", "  agree5:\n    steps: 0.5\n")
    problem = only_problem(tiny_folder)
    assert (problem.line, problem.code) == (3, "crosswalk_code")


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (("Vraag 1,,,,sat1,,,", "vraag  1,,,,sat1,,,"), "crosswalk_twice"),
        (("Vraag 1,,3,,sat1,3,,", "Vraag 1,,3,,sat1,4,,"), "crosswalk_twice"),
        (("Vraag 1,,,,sat1,,,", "Vraag 2,,,,sat1,,,"), "crosswalk_two_columns"),
        (("Vraag 1,,,,sat1,,,", ",,,,sat1,,,not_asked"), "crosswalk_asked_and_not"),
    ],
)
def test_lines_that_contradict_each_other(tiny_folder: Path, lines: tuple[str, str], code: str) -> None:
    write(tiny_folder, *lines)
    problem = only_problem(tiny_folder)
    assert (problem.line, problem.code, problem.details["line"]) == (3, code, 2)


def test_all_lines_are_told_and_numbered_as_an_editor_numbers_them(tiny_folder: Path) -> None:
    write(tiny_folder, '"Vraag\n1",,,,sat9,,,', "", "Vraag 2,,,,sat8,,,")
    assert [p.line for p in problems_of(tiny_folder)] == [2, 5]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "crosswalk_columns"),
        ("var_name_orig,target\n", "crosswalk_columns"),
        (f"{HEADER},extra\n", "crosswalk_columns"),
        (f"{HEADER},var_name_orig\n", "crosswalk_column_twice"),
        (f"{HEADER}\nVraag 1,sat1\n", "crosswalk_width"),
        (f'{HEADER}\n"Vraag 1,,,,sat1,,,\n', "csv_unreadable"),
    ],
)
def test_a_file_that_is_no_crosswalk(tiny_folder: Path, content: str, code: str) -> None:
    path = tiny_folder / FILE
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DeclarationError) as caught:
        read_crosswalk(path)
    assert code in [problem.code for problem in caught.value.problems]


def test_an_absent_crosswalk_is_an_error_with_the_header_to_copy(tiny_folder: Path) -> None:
    (tiny_folder / FILE).unlink()
    problem = only_problem(tiny_folder)
    assert problem.code == "crosswalk_absent"
    assert HEADER in problem.in_language("nl")


def test_no_value_of_the_source_is_repeated(tiny_folder: Path) -> None:
    typed = "Jan Jansen"
    write(tiny_folder, f"Vraag 1,,{typed},{typed},sat1,9,,", f"Vraag 1,,,{typed},sat9,,,x")
    for problem in problems_of(tiny_folder):
        assert typed not in problem.in_language("nl") + problem.in_language("en")
