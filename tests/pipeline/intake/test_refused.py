"""Columns that may not come in are cut out of a file of any format, and all else stays."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment

from pipeline.intake.problems import UnreadableError
from pipeline.intake.reading.read import read_grid, read_source
from pipeline.intake.refused import without_columns, without_rows
from pipeline.intake.source import FileFormat, Received, SourceTable
from pipeline.intake.table import Bounds

BOUNDS = Bounds(10_000_000, 20_000, 1_000)
DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


def table_of(received: Received) -> SourceTable:
    return read_source(received, BOUNDS)[0]


def cells(table: SourceTable, names: list[str]) -> list[list[Any]]:
    positions = {column.name: column.position for column in table.columns}
    frame = table.cells_by_row[[positions[name] for name in names]].astype("object")
    return frame.where(frame.notna(), None).to_numpy().tolist()


def workbook() -> bytes:
    book = Workbook()
    book.properties.creator = "Jan de Vries"
    book.properties.title = "Van Jan"
    sheet = book.active
    sheet.title = "Antwoorden"
    rows: list[list[Any]] = [
        ["nr", "naam", "a1", "wanneer", "klok"],
        [1, "Jan", "=1+1", datetime(2025, 3, 4, 12, 30, 15), time(9, 30)],
        [2, "Piet", True, date(2025, 3, 5), None],
        [3.5, "Marie", "@nu", None, None],
    ]
    for row in rows:
        sheet.append(row)
    sheet["C2"].data_type = "s"
    sheet["A2"].comment = Comment("van Jan", "Jan")
    book.create_sheet("Namen")["A1"] = "Jan de Vries"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_of_a_workbook_only_the_answers_are_left() -> None:
    received = Received("antwoorden.xlsx", workbook())
    grid, _ = read_grid(received, BOUNDS, sheet="Antwoorden")
    table = SourceTable(received, grid.format, grid.columns, grid.cells_by_row)
    cut = without_columns(received, table, [1])
    assert cut.name == "antwoorden.xlsx"
    left = table_of(cut)
    names = ["nr", "a1", "wanneer", "klok"]
    assert [column.name for column in left.columns] == names
    assert cells(left, names) == cells(table, names)
    assert list(left.cells_by_row.index) == list(table.cells_by_row.index)
    book = load_workbook(io.BytesIO(cut.data))
    assert book.sheetnames == ["Antwoorden"]
    assert book["Antwoorden"]["B2"].data_type == "s"
    assert book["Antwoorden"]["B2"].value == "=1+1"
    with zipfile.ZipFile(io.BytesIO(cut.data)) as members:
        assert not [name for name in members.namelist() if "comment" in name.lower()]
        assert b"Jan" not in b"".join(map(members.read, members.namelist()))
    assert without_columns(received, table, [1]).data == cut.data


def test_rows_of_a_workbook_go_and_those_below_move_up() -> None:
    received = Received("antwoorden.xlsx", workbook())
    cut = without_rows(received, FileFormat("xlsx", sheet="Antwoorden"), [3])
    assert [row[0] for row in cells(table_of(cut), ["nr"])] == [1.0, 3.5]


def spss(path: Path, **more: Any) -> bytes:
    frame = pd.DataFrame(
        {
            "nr": [1.0, 2.0, 3.0],
            "naam": ["Joris", "Piet", "Maríe"],
            "hs1": [1.0, 9.0, None],
            "dag": [13.5e9, None, 13.6e9],
            "plaats": ["x", "", "ü"],
        }
    )
    pyreadstat.write_sav(
        frame, path, file_label="Golf", column_labels={"hs1": "Tevreden?", "naam": "Uw naam"},
        variable_value_labels={"hs1": {1.0: "ja", 9.0: "weet niet"}},
        missing_ranges={"hs1": [{"lo": 8, "hi": 9}]},
        variable_measure={"hs1": "ordinal", "nr": "scale", "plaats": "nominal"},
        variable_format={"dag": "DATE11", "hs1": "F2.0", "nr": "F8.0"}, note=["een", "twee"], **more,
    )  # fmt: skip
    return path.read_bytes()


@pytest.mark.parametrize("compress", [False, True])
def test_an_spss_file_keeps_what_its_codes_mean(compress: bool, tmp_path: Path) -> None:
    received = Received("golf.sav", spss(tmp_path / "golf.sav", compress=compress))
    table = table_of(received)
    cut = without_columns(received, table, [1])
    left = table_of(cut)
    names = ["nr", "hs1", "dag", "plaats"]
    assert [column.name for column in left.columns] == names
    assert cells(left, names) == cells(table, names)
    kept = {column.name: column for column in table.columns}
    for column in left.columns:
        before = kept[column.name]
        assert (column.label, column.value_labels, column.missing_ranges) == (
            before.label, before.value_labels, before.missing_ranges,
        )  # fmt: skip
    _, about = pyreadstat.read_sav(io.BytesIO(cut.data))
    assert (about.file_label, about.notes) == ("Golf", ["een", "twee"])
    assert about.variable_measure["hs1"] == "ordinal"
    assert about.original_variable_types["dag"] == "DATE11"
    assert cut.data.startswith(b"$FL3" if compress else b"$FL2")
    for name in ("Joris", "Piet", "Uw naam"):
        assert name.encode() not in cut.data


def test_a_case_goes_out_of_an_spss_file(tmp_path: Path) -> None:
    received = Received("golf.sav", spss(tmp_path / "golf.sav"))
    cut = without_rows(received, FileFormat("sav"), [2])
    assert cells(table_of(cut), ["nr", "naam"]) == [[1.0, "Joris"], [3.0, "Maríe"]]


@pytest.mark.parametrize("kind", ["sav", "xlsx", "xls", "ods"])
def test_what_cannot_be_written_again_is_not_cut(kind: Any) -> None:
    with pytest.raises(UnreadableError) as stop:
        without_rows(Received(f"x.{kind}", b"$FL2 and then nothing"), FileFormat(kind, sheet="Blad1"), [1])
    assert [problem.code for problem in stop.value.problems] == ["cannot_cut"]


@pytest.mark.parametrize("kind", ["xlsx", "sav"])
def test_nothing_is_written_to_a_temporary_folder(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    found = FileFormat(kind, sheet="Antwoorden" if kind == "xlsx" else "")  # type: ignore[arg-type]
    data = workbook() if kind == "xlsx" else spss(tmp_path / "golf.sav")
    before = folder.stat().st_mtime_ns  # which changes with every file that comes or goes
    without_rows(Received(f"golf.{kind}", data), found, [2])
    assert folder.stat().st_mtime_ns == before


@pytest.mark.skipif(not DATA.is_dir(), reason="no ../shared/data")
@pytest.mark.parametrize(
    "name", ["darktriad.sav", "haven_datetime.sav", "kobo_raw.csv", "limesurvey_rse_2017_nl.csv",
             "qualtrics_legitimacy_text_masked.csv", "somerville_happiness_2011_2013_2015.csv"],
)  # fmt: skip
def test_real_files_lose_a_column_and_nothing_else(name: str) -> None:
    received = Received(name, (DATA / name).read_bytes())
    grid, _ = read_grid(received, BOUNDS)
    table = SourceTable(received, grid.format, grid.columns, grid.cells_by_row)
    left, _ = read_grid(without_columns(received, table, [1, 2]), BOUNDS)
    before, after = (f.astype("object").fillna("") for f in (grid.cells_by_row.drop(columns=[1, 2]), left.cells_by_row))
    assert left.format.encoding in (grid.format.encoding, "UTF-8", "ascii")
    assert [c.name for c in left.columns] == [c.name for c in grid.columns if c.position not in (1, 2)]
    assert (before.to_numpy() == after.to_numpy()).all()
