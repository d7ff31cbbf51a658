"""Microsoft Forms and Google Forms: questions as headings, several answers in a cell."""

from __future__ import annotations

from collections.abc import Mapping

from intake_help import checked, codes, expectation
from tool_help import cells_of, column_of, csv_of, table_of, xlsx_of

from pipeline.intake.messages import answer
from pipeline.intake.words import LANGUAGES

MICROSOFT = ["Id", "Begintijd", "Tijd van voltooien", "E-mail", "Naam"]
WHO = ["1", "2025-01-31 10:00:00", "2025-01-31 10:05:00", "anonymous", ""]
QUESTIONS = ["Huis", "een", "twee", "cijfer", "Geslacht", "Jaren"]


def test_microsoft_forms_in_dutch_and_english() -> None:
    english = ["ID", "Start time", "Completion time", "Email", "Name"]
    for own in (MICROSOFT, english):
        table, problems = table_of(xlsx_of([[*own, "Wat hebt u?\xa0"], [*WHO, "tuin;lift;"], [*WHO, "lift;"]]))
        assert (table.format.tool, problems) == ("microsoft_forms", [])
        assert cells_of(table, "Wat hebt u?/tuin") == ["true", "false"]
        assert cells_of(table, "Wat hebt u?/lift") == ["true", "true"]


def test_an_answer_with_a_semicolon_is_no_list() -> None:
    table, _ = table_of(csv_of([[*MICROSOFT, "Waarom?"], [*WHO, "mooi; en stil"]]))
    assert all(column.made_from is None for column in table.columns)


def test_questions_as_headings_are_the_questionnaires() -> None:
    rows = [[*WHO, "ash", "mee oneens", "mee eens", "7", "vrouw", "2"]]
    outcome = checked(xlsx_of([[*MICROSOFT, *QUESTIONS], *rows]), "antwoorden.xlsx")
    assert outcome.ingested_by_person is not None
    assert outcome.ingested_by_person["a2"].tolist() == [3.0]
    assert not any(p.code in ("column_missing", "column_ambiguous", "unreadable") for p in outcome.problems)


def test_a_crosswalk_names_an_option_of_a_joined_answer() -> None:
    rows = [[*WHO, "ash", "mee oneens", "mee eens", "7", "2", text] for text in ("vrouw;stad;", "stad;")]
    crosswalk: list[Mapping[str, str]] = [
        {"var_name_orig": "Bent u?/vrouw", "var_name_target": "gender"},
        {
            "var_name_orig": "Bent u?/vrouw",
            "val_label_orig": "true",
            "var_name_target": "gender",
            "val_label_target": "woman",
        },
        {
            "var_name_orig": "Bent u?/vrouw",
            "val_label_orig": "false",
            "var_name_target": "gender",
            "val_label_target": "man",
        },
    ]
    heading = [*MICROSOFT, "Huis", "een", "twee", "cijfer", "Jaren", "Bent u?"]
    outcome = checked(xlsx_of([heading, *rows]), "antwoorden.xlsx", expectation(crosswalk))
    assert outcome.ingested_by_person is not None
    assert outcome.ingested_by_person["gender"].tolist() == ["woman", "man"]
    unknown = [name for p in outcome.problems if p.code == "column_unknown" for _, name in p.columns]
    assert "Bent u?" not in unknown


def test_google_forms_with_a_grid_and_options_that_hold_commas() -> None:
    heading = ["Tijdstempel", "Hoe tevreden bent u? [De huur]", "Wat hebt u?"]
    rows = [
        ["31-1-2025 10:00:00", "3", text]
        for text in ("tuin, balkon, of terras, lift", "lift", "tuin, balkon, of terras")
    ]
    table, problems = table_of(csv_of([heading, *rows]), known=frozenset({"wat hebt u?/tuin, balkon, of terras"}))
    assert (table.format.tool, problems) == ("google_forms", [])
    assert "De huur" in column_of(table, heading[1]).wordings
    made = [column.name for column in table.columns if column.made_from is not None]
    assert made == ["Wat hebt u?/lift", "Wat hebt u?/tuin, balkon, of terras"]
    assert cells_of(table, made[1]) == ["true", "false", "true"]


def test_a_file_that_begins_with_a_moment_is_not_googles_for_that_alone() -> None:
    table, _ = table_of(csv_of([["timestamp", "house", "a1"], ["1", "ash", "1"]]))
    assert table.format.tool == ""


def test_two_columns_with_one_question_and_one_column_with_two_questions_are_refused() -> None:
    row = ["ash", "1", "2", "7", "vrouw", "2", "3"]
    twice = checked(csv_of([["house", "een", "One", "cijfer", "gender", "years", "a2"], row]))
    assert [(p.code, p.variable, [n for _, n in p.columns]) for p in twice.problems] == [
        ("column_ambiguous", "a1", ["een", "One"])
    ]
    assert twice.ingested_by_person is not None
    assert twice.ingested_by_person["a1__reason"].tolist() == ["not_asked"]
    code, *_ = codes(twice)
    assert code == "column_ambiguous"


def test_no_option_is_named_in_what_is_told_or_written() -> None:
    # the options are cells, and what looks like a list may be somebody's own words
    rows = [[*WHO[:3], "ash", "1", "2", "7", "vrouw", "2", text] for text in ("bij zqx;", "bij zqx;tuin;")]
    outcome = checked(csv_of([[*MICROSOFT[:3], *QUESTIONS, "Waar?"], *rows]))
    assert outcome.table is not None
    assert "Waar?/bij zqx" in [column.name for column in outcome.table.columns]
    for language in LANGUAGES:
        assert "zqx" not in answer(outcome.problems, language)
    assert "zqx" not in str([problem.as_json() for problem in outcome.problems])
    assert [(p.code, [name for _, name in p.columns]) for p in outcome.problems] == [("column_unknown", ["Waar?"])]
