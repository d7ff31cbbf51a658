"""The questionnaire on paper and as a table for translators."""

from __future__ import annotations

import io
import zipfile

import pytest
from docx import Document
from docx.oxml.ns import qn
from fieldwork_help import form, instrument
from openpyxl import load_workbook

from pipeline.fieldwork.paper import BOX, paper
from pipeline.fieldwork.review import review_table


def words(data: bytes) -> str:
    document = Document(io.BytesIO(data))
    cells = [c.text for table in document.tables for row in table.rows for c in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


@pytest.fixture(scope="module")
def dutch() -> bytes:
    return paper(form("nl"))


@pytest.fixture(scope="module")
def arabic() -> bytes:
    return paper(form("ar"))


def test_the_same_form_gives_the_same_bytes(dutch: bytes) -> None:
    assert paper(form("nl")) == dutch
    assert {member.date_time for member in zipfile.ZipFile(io.BytesIO(dutch)).infolist()} == {(2000, 1, 1, 0, 0, 0)}


def test_everything_that_is_asked_stands_there_with_its_codes(dutch: bytes) -> None:
    text = words(dutch)
    for question in form("nl").asked:
        assert question.titles["nl"].text in text
        assert question.name in text
    assert f"{BOX}  statushouder   status_holder" in text
    assert "niet gevraagd" not in text


def test_a_box_for_every_answer(dutch: bytes) -> None:
    tables = Document(io.BytesIO(dutch)).tables
    assert len(tables) == 13
    assert sum(cell.text == BOX for row in tables[0].rows for cell in row.cells) == 4 * 7


def test_how_to_fill_in_to_return_and_to_be_erased(dutch: bytes) -> None:
    text = words(dutch)
    for part in ("Zet een kruis", "envelop en geef die af bij Woonstichting Voorbeeld", "Code van dit formulier",
                 "knip het af", "Hiermee kunt u uw antwoorden laten wissen"):  # fmt: skip
        assert part in text


def test_pages_are_numbered_and_named(dutch: bytes) -> None:
    section = Document(io.BytesIO(dutch)).sections[0]
    assert "magic-mix@1" in section.header.paragraphs[0].text
    fields = [field.get(qn("w:instr")) for field in section.footer._element.iter(qn("w:fldSimple"))]
    assert fields == ["PAGE", "NUMPAGES"]


def test_drafts_are_marked_and_the_sources_own_words_are_not(dutch: bytes) -> None:
    paragraphs = [p.text for p in Document(io.BytesIO(dutch)).paragraphs]
    parts = {text: paragraphs[place + 1] for place, text in enumerate(paragraphs) if text.startswith("Deel ")}
    assert parts["Deel 2 van 15"] == "[concepttekst – niet getoetst]"
    assert parts["Deel 6 van 15"] != "[concepttekst – niet getoetst]"  # the statements of Statistics Netherlands


def test_arabic_runs_from_right_to_left(arabic: bytes) -> None:
    document = Document(io.BytesIO(arabic))
    assert all(table._tbl.tblPr.find(qn("w:bidiVisual")) is not None for table in document.tables)
    answer = next(p for p in document.paragraphs if "نعم" in p.text)
    assert answer._p.pPr.find(qn("w:bidi")) is not None
    assert any(run._r.rPr.find(qn("w:rtl")) is not None for run in answer.runs)
    dutch = next(p for p in document.paragraphs if p.text.startswith("Meedoen mag"))
    assert dutch._p.pPr is None or dutch._p.pPr.find(qn("w:bidi")) is None  # Dutch words keep their direction
    assert "[لا يوجد نص بالعربية – النص: Nederlands]" in words(arabic)


def test_tigrinya_names_a_letter_that_has_its_signs() -> None:
    document = Document(io.BytesIO(paper(form("ti"))))
    answer = next(p for p in document.paragraphs if "እወ" in p.text)
    fonts = {run._r.rPr.rFonts.get(qn("w:ascii")) for run in answer.runs if "እወ" in run.text}
    assert fonts == {"Noto Sans Ethiopic"}


def test_languages_stand_after_each_other_and_one_project_is_printed() -> None:
    text = words(paper(form("nl", "en", projects=("sim-p01",))))
    assert text.index("Vindt u het goed") < text.index("Do you agree that we use")
    assert "Dit formulier is voor: De Denkbeeldige School" in text


def test_the_table_has_every_text_with_its_status() -> None:
    data = review_table(form("nl", "ar"), "nl")
    assert review_table(form("nl", "ar"), "nl") == data
    book = load_workbook(io.BytesIO(data))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert rows[0][:7] == ("soort", "variabele", "code", "blok", "verplicht", "Nederlands (nl)", "stand nl")
    questions = [row for row in rows[1:] if row[0] == "vraag"]
    assert [row[1] for row in questions] == [question.name for question in form("nl", "ar").questions]
    first = next(row for row in questions if row[1] == "hs1")
    assert first[6] == "draft [concepttekst – niet getoetst]"
    assert not first[7]  # nothing is made up
    assert str(first[8]).startswith("absent [لا يوجد")
    answers = [row for row in rows if row[1] == "hs1" and row[0] == "antwoord"]
    assert [row[2] for row in answers] == [c.value for c in instrument().scales["agree5"].categories]
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
