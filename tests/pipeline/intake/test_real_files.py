"""Files that survey tools really wrote."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pipeline.intake.problems import Problem
from pipeline.intake.reading.read import read_source, receive
from pipeline.intake.source import SourceTable
from pipeline.intake.table import Bounds

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
BOUNDS = Bounds(max_bytes=20_000_000, max_rows=20_000, max_columns=1_000)
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not beside this checkout")


def read(name: str) -> tuple[SourceTable, list[Problem]]:
    return read_source(receive(DATA / name, BOUNDS), BOUNDS)


@pytest.mark.parametrize(
    ("name", "codec", "encoding", "skipped"),
    [
        ("somerville_happiness_2011_2013_2015.csv", "utf-8", "ascii", 0),
        ("limesurvey_rse_2017_nl.csv", "utf-8", "ascii", 0),
        # two more rows of headings, and 22 people who did not finish
        ("qualtrics_legitimacy_text_masked.csv", "utf-8", "ascii", 24),
        ("qualtrics_legitimacy_codes_masked.csv", "utf-8", "ascii", 24),
        ("kobo_raw.csv", "utf-8-sig", "utf-8", 0),
        ("kobo_survey_sheet.csv", "utf-8", "utf-8", 0),
        ("kobo_choices_sheet.csv", "utf-8", "utf-8", 1),
    ],
)
def test_every_cell_of_a_csv_is_the_one_python_reads(name: str, codec: str, encoding: str, skipped: int) -> None:
    found, _ = read(name)
    with (DATA / name).open(encoding=codec, newline="") as stream:
        heading, *rows = list(csv.reader(stream))
    assert (found.format.delimiter, found.format.encoding) == (",", encoding)
    assert len(found.cells_by_row) == len(rows) - skipped
    columns = [column for column in found.columns if column.made_from is None]
    assert [c.name for c in columns] == [" ".join(h.split()) for h in heading if h.strip()]
    for column in columns:
        cells = found.cells_by_row[column.position]
        read_by_python = [rows[row - 2][column.position] for row in cells.index]
        assert cells.astype(object).where(cells.notna(), "").tolist() == [
            t if t.strip() else "" for t in read_by_python
        ]


def test_row_numbers_that_r_wrote_are_no_column() -> None:
    found, problems = read("limesurvey_rse_2017_nl.csv")
    assert (found.columns[0].letter, problems) == ("B", [])


def test_spss_files_keep_labels_umlauts_dates_and_missing_codes() -> None:
    umlauts, _ = read("haven_umlauts.sav")
    assert umlauts.columns[0].label == "This is an ä-umlaut"
    assert umlauts.columns[0].value_labels[2.0] == "the ü umlaut"
    missing, _ = read("haven_labelled-num-na.sav")
    assert missing.columns[0].declares_missing(9.0)
    assert not missing.columns[0].declares_missing(1.0)
    texts, _ = read("haven_labelled-str.sav")
    assert dict(texts.columns[0].value_labels) == {"F": "Female", "M": "Male"}
    dates, _ = read("haven_datetime.sav")
    assert dates.cells_by_row[0].tolist() == ["2014-09-22", "2014-09-23"]
    # the first of these lies beyond every calendar, and stays the number it is
    assert isinstance(dates.cells_by_row[1].tolist()[0], float)
    assert dates.cells_by_row[1].tolist()[1].startswith("2014-09-23 ")
    persons, problems = read("darktriad.sav")
    assert (persons.cells_by_row.shape, problems) == ((90, 60), [])
    assert persons.columns[1].name == "DG"
