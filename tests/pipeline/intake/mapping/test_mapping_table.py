"""The table that a person edits: what was proposed comes back, and nothing in it is a formula or somebody's answer."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_help import INSTRUMENT, REGISTRY
from mapping_help import column_line, proposal_of, table_of

from pipeline.declare import CrosswalkRow
from pipeline.declare.crosswalk import COLUMNS, crosswalk_lines, crosswalk_problems
from pipeline.declare.documents import text_of
from pipeline.intake.mapping.lines import ProposedLine, Why
from pipeline.intake.mapping.table_file import crosswalk_bytes
from pipeline.intake.mapping.written import HEADER, crosswalk_csv, crosswalk_workbook
from pipeline.intake.messages import RefusedError
from pipeline.intake.plan import make_plan
from pipeline.intake.words import LANGUAGES, Language

PATH = Path("omzettabel.csv")
CELL = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp")), max_size=20).map(
    lambda text: " ".join(text.split())
)


def line_of(**cells: str) -> ProposedLine:
    return ProposedLine(CrosswalkRow(**cells), "column", "sure", (Why("same_wording"),))


@given(heading=CELL.filter(bool), label=CELL, language=st.sampled_from(LANGUAGES))
@settings(max_examples=200)
def test_whatever_a_heading_is_it_comes_back(heading: str, label: str, language: Language) -> None:
    line = line_of(var_name_orig=heading, var_label_orig=label, var_name_target="a1")
    (back,) = crosswalk_lines(text_of(crosswalk_csv([line], language), PATH), PATH)
    assert back.row == line.row


@pytest.mark.parametrize(
    "heading", ["=cmd|' /C calc'!A0", "+1", "-x", "@SUM(1;2)", "'s avonds", "1-2", "Vraag;1", 'a "b"']
)
def test_what_a_spreadsheet_would_run_or_change_is_kept_from_it(heading: str) -> None:
    line = line_of(var_name_orig=heading, var_name_target="a1")
    data = crosswalk_csv([line], "nl")
    cells = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))[1]
    assert all(cell[:1] not in ("=", "+", "@") for cell in cells)
    book = crosswalk_bytes(crosswalk_workbook([line], INSTRUMENT, "nl"), Path("x.xlsx"))
    (from_book,) = crosswalk_lines(book.decode(), PATH)
    (from_csv,) = crosswalk_lines(text_of(data, PATH), PATH)
    assert from_book.row == from_csv.row == line.row


def test_excel_opens_it_as_it_is_meant() -> None:
    data = crosswalk_csv([line_of(var_name_orig="Café", var_label_orig="أوافق", var_name_target="a1")], "nl")
    assert data.startswith(b"\xef\xbb\xbf" + ";".join(HEADER).encode() + b"\r\n")
    assert data.endswith(b"zeker;De vraagtekst is dezelfde\r\n")


def test_the_workbook_has_choices_and_no_formula() -> None:
    from openpyxl import load_workbook

    proposal = proposal_of({"house": ["ash"] * 6, "een": [1, 2, 3] * 2, "twee": [1, 2, 4] * 2})
    book = load_workbook(io.BytesIO(crosswalk_workbook(proposal.lines, INSTRUMENT, "nl")))
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]] == list(HEADER)
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    ranges = {str(v.sqref).split("2:")[0]: v.formula1 for v in sheet.data_validations.dataValidation}
    assert ranges["E"] == f"'Variabelen'!$A$1:$A${len(INSTRUMENT.fields)}"
    assert "controleer" in ranges["I"] and "not_asked" in ranges["H"]


def test_a_proposal_that_was_looked_at_can_be_used() -> None:
    columns: dict[str, Sequence[object]] = {
        "Huis": ["Huize Ash", "Huize Elm"] * 3, "een": [1, 2, 3] * 2, "twee": ["eens", "oneens", 8] * 2,
        "cijfer": [7.5, 8, 10] * 2, "Geslacht": ["V", "M"] * 3, "jaren": [1, 2, 3] * 2, "wat": ["x", "y"] * 3,
    }  # fmt: skip
    proposal = proposal_of(columns)
    assert proposal.found == 6
    lines = crosswalk_lines(text_of(crosswalk_csv(proposal.lines, "nl"), PATH), PATH)
    assert crosswalk_problems(PATH, [line for line in lines if not line.unchecked], instrument=INSTRUMENT) == []
    rows = [line.row for line in lines]
    plan = make_plan(table_of(columns), rows, INSTRUMENT, wave=None, registry=REGISTRY)
    assert {v.field.name: v.column.name for v in plan.variables if v.column} == {
        "house": "Huis", "a1": "een", "a2": "twee", "m1": "cijfer", "gender": "Geslacht", "years": "jaren",
    }  # fmt: skip


def test_a_workbook_without_a_crosswalk_is_refused_by_name() -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.worksheets[0].append(["a", "b"])
    book.worksheets[0].append(["1", "2"])
    data = io.BytesIO()
    book.save(data)
    with pytest.raises(RefusedError, match="no crosswalk found") as caught:
        crosswalk_bytes(data.getvalue(), Path("/somewhere/else/tabel.xlsx"))
    assert "somewhere" not in caught.value.in_language("nl")


def test_a_csv_stays_as_it_is() -> None:
    assert crosswalk_bytes(b"a;b\r\n", PATH) == b"a;b\r\n"


# --- privacy


def written(columns: dict[str, Sequence[object]]) -> str:
    return crosswalk_csv(proposal_of(columns).lines, "en").decode("utf-8-sig")


def base(n: int) -> dict[str, Sequence[object]]:
    return {"house": ["ash"] * n, "a1": ([1, 2, 3] * n)[:n], "a2": ([1, 2, 3] * n)[:n]}


def test_ids_quantities_and_free_text_are_never_written() -> None:
    texts = [f"Mijn buurman op nummer {i} is altijd heel vriendelijk" for i in range(30)]
    ids, years = [f"id-{i}" for i in range(30)], [i + 0.25 for i in range(30)]
    columns = base(30) | {"number": ids, "years": years, "wat": texts}
    text = written(columns)
    assert "id-" not in text
    assert "buurman" not in text
    assert "0.25" not in text
    assert "wat;;;;;" in text, "the column itself is named"


def test_an_answer_that_a_few_gave_in_their_own_words_is_not_written() -> None:
    own = ["woman"] * 20 + ["man"] * 20 + ["Fatima Haddad"] + ["liever iets anders"] * 4
    assert "Fatima" not in written(base(45) | {"gender": own})
    assert "liever iets" not in written(base(45) | {"gender": own})
    often = ["woman"] * 20 + ["man"] * 20 + ["x-gender"] * 5
    assert "x-gender" in written(base(45) | {"gender": often})


@pytest.mark.parametrize("cell", ["fatima@example.org", "06-12345678", "31612345678"])
def test_what_leads_to_a_person_is_not_written_however_often(cell: str) -> None:
    assert cell not in written(base(45) | {"gender": ["woman"] * 30 + [cell] * 15})


def test_a_column_of_many_different_answers_is_not_listed() -> None:
    words = [f"antwoord {chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(60)]
    proposal = proposal_of(base(60) | {"gender": words})
    assert not [line for line in proposal.of_kind("value") if line.row.var_name_target == "gender"]
    assert column_line(proposal, "gender").certainty == "check"


def test_personal_columns_are_named_as_to_be_refused() -> None:
    proposal = proposal_of(base(12) | {"E-mailadres": [f"p{i}@example.org" for i in range(12)]})
    line = column_line(proposal, "E-mailadres")
    assert (line.kind, line.row.var_name_target) == ("personal", "")
    assert "persoonsgegevens" in line.said("nl")


def test_a_heading_that_leads_to_a_person_is_not_repeated() -> None:
    assert "jan@example.org" not in written(base(12) | {"jan@example.org": ["x"] * 12})


def test_the_header_has_retroharmonizes_columns_first() -> None:
    assert HEADER[: len(COLUMNS)] == COLUMNS
