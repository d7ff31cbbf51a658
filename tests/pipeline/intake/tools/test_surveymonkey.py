"""SurveyMonkey: two rows of headings, the first of which goes on to the right."""

from __future__ import annotations

import pytest
from tool_help import cells_of, column_of, csv_of, table_of, xlsx_of

OWN = ["Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address"]
ROW = ["118", "446", "01/31/2025 10:00:00 AM", "01/31/2025 10:05:00 AM", ""]
QUESTIONS = ["Woont u hier graag?", "Hoe tevreden bent u?", "", "Wat hebt u?", "", "", "Waarom?"]
BELOW = ["Response", "De huur", "Het geluid", "Tuin", "Lift", "Anders (geef nadere toelichting)", "Open-Ended Response"]
ROWS = [
    [*OWN, *QUESTIONS],
    [""] * 5 + BELOW,
    [*ROW, "Ja", "3", "4", "Tuin", "", "", "x"],
    [*ROW, "Nee", "2", "1", "", "Lift", "", ""],
]
NAMES = ["Woont u hier graag?", "Hoe tevreden bent u?/De huur", "Hoe tevreden bent u?/Het geluid", "Wat hebt u?/Tuin",
         "Wat hebt u?/Lift", "Wat hebt u?/Anders (geef nadere toelichting)", "Waarom?"]  # fmt: skip


@pytest.mark.parametrize("write", [csv_of, xlsx_of])
def test_two_rows_name_the_columns(write: object) -> None:
    assert callable(write)
    table, problems = table_of(write(ROWS))
    assert (table.format.tool, table.format.heading_rows, problems) == ("surveymonkey", 2, [])
    assert [c.name for c in table.columns] == [*OWN, *NAMES]
    assert "De huur" in column_of(table, NAMES[1]).wordings
    assert cells_of(table, NAMES[3]) == ["Tuin", None]
    assert table.cells_by_row.index.tolist() == [3, 4]


def test_merged_cells_are_how_it_writes_a_question_over_several_columns() -> None:
    table, problems = table_of(xlsx_of(ROWS, merged=["G1:H1", "I1:K1"]))
    assert problems == []
    assert [c.name for c in table.columns] == [*OWN, *NAMES]


def test_the_word_for_an_answer_in_another_language_is_no_option() -> None:
    rows = [[*OWN, "Een?", "Twee?", "Drie?"], [""] * 5 + ["Odpowiedź", "Odpowiedź", "Odpowiedź"], [*ROW, "1", "2", "3"]]
    table, _ = table_of(csv_of(rows))
    assert [c.name for c in table.columns][5:] == ["Een?", "Twee?", "Drie?"]


def test_columns_of_the_collector_do_not_make_it_an_export_of_qualtrics() -> None:
    own = [*OWN, "Email Address", "First Name", "Last Name", "Custom Data 1"]
    rows = [[*own, "Een?", "Twee?", ""], [""] * 9 + ["Response", "a", "b"], [*ROW, "", "", "", "", "1", "2", "3"]]
    table, problems = table_of(csv_of(rows))
    assert (table.format.tool, table.format.heading_rows, problems) == ("surveymonkey", 2, [])
    assert [c.name for c in table.columns][9:] == ["Een?", "Twee?/a", "Twee?/b"]


def test_headings_on_one_row() -> None:
    table, problems = table_of(csv_of([[*OWN, "Een?"], [*ROW, "1"]]))
    assert (table.format.tool, table.format.heading_rows, problems) == ("surveymonkey", 1, [])


def test_dutch() -> None:
    own = ["Respondent-id", "Collector-id", "Begindatum", "Einddatum", "IP-adres"]
    table, _ = table_of(csv_of([[*own, "Een?", "Twee?", ""], [""] * 5 + ["Antwoord", "a", "b"], [*ROW, "1", "2", "3"]]))
    assert [c.name for c in table.columns][5:] == ["Een?", "Twee?/a", "Twee?/b"]
