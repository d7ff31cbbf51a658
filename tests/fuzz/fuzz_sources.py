"""The whole files that are damaged: the real ones, and the tiny study's answers in every format."""

from __future__ import annotations

import csv
import io
import re
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Literal

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "pipeline" / "intake"))
from ods_help import table_as_ods  # noqa: E402
from real_help import FILES  # noqa: E402

Form = Literal["csv", "xlsx", "ods", "xls", "sav"]
REAL = ROOT.parent / "shared" / "data"
TINY = ROOT / "tests" / "fixtures" / "tiny_study"
FIXTURES = ROOT / "tests" / "fixtures" / "intake"
_MOST_TIMES_WHOLE = 0.03
"""How often a large real file is used as a whole and not a few dozen rows of it."""


@dataclass(frozen=True)
class Source:
    """A whole file. ``study`` says whose questionnaire it answers: a key of ``fuzz_judge.expectations``."""

    name: str
    form: Form
    data: bytes
    study: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    """Its table, where the file was made of one."""


@cache
def sources() -> tuple[Source, ...]:
    """Every file there is to damage; without ``../shared/data`` the tiny study's alone."""
    return (*_tiny(), *_workbooks_of_real(), *_real())


def some_of(source: Source, chance: Random) -> bytes:
    """The bytes of ``source``; of a large text file, most of the time, the heading and a few rows."""
    if source.form != "csv" or len(source.data) < 20_000 or chance.random() < _MOST_TIMES_WHOLE:
        return source.data
    rows = _rows(source.data)
    body = rows[4:]
    kept = [*rows[:4], *chance.sample(body, min(len(body), chance.randrange(1, 40)))]
    return _as_csv(kept)


def _tiny() -> list[Source]:
    found = []
    for wave in ("tiny-2020", "tiny-2022"):
        data = (TINY / "surveys" / "waves" / wave / "responses.csv").read_bytes()
        rows = _rows(data)
        table = tuple(map(tuple, rows))
        found += [
            Source(f"{wave}.csv", "csv", data, "tiny"),
            Source(f"{wave}-semicolons.csv", "csv", data.replace(b",", b";").replace(b".", b","), "tiny"),
            Source(f"{wave}.xlsx", "xlsx", as_xlsx(rows), "tiny", table),
            Source(f"{wave}.ods", "ods", as_ods(rows), "tiny", table),
            Source(f"{wave}.sav", "sav", _as_sav(rows), "tiny"),
        ]
    found += [Source(path.name, "xls", path.read_bytes(), "tiny") for path in sorted(FIXTURES.glob("*.xls"))]
    return found


def _real() -> list[Source]:
    found = []
    for path in sorted(REAL.glob("*")) if REAL.is_dir() else []:
        if path.suffix in (".csv", ".sav"):
            form: Form = "csv" if path.suffix == ".csv" else "sav"
            found.append(Source(path.name, form, path.read_bytes(), study_of(path.name)))
    return found


def _workbooks_of_real() -> list[Source]:
    """Real files as a person who opened them in a spreadsheet would save them."""
    found = []
    for path in sorted(REAL.glob("*.csv")) if REAL.is_dir() else []:
        rows = _rows(path.read_bytes())[:40]
        table, study = tuple(map(tuple, rows)), study_of(path.name)
        found.append(Source(f"{path.stem}.xlsx", "xlsx", as_xlsx(rows), study, table))
        found.append(Source(f"{path.stem}.ods", "ods", as_ods(rows), study, table))
    return found


def study_of(file: str) -> str:
    """The study that declares a real file; empty when none does."""
    if file.startswith("somerville"):
        return "somerville"
    return next((study for real, study, _ in FILES.values() if real == file), "")


def as_xlsx(rows: list[list[str]], name: str = "Antwoorden") -> bytes:
    """``rows`` as a workbook, numbers as numbers."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(name)
    head, *others = rows
    sheet.append([_allowed(cell) for cell in head])
    for row in others:
        sheet.append([_number(cell) for cell in row])
    stream = io.BytesIO()
    book.save(stream)
    return _without_times(stream)


def _without_times(workbook: io.BytesIO) -> bytes:
    """The same workbook for the same cells, whenever it is made."""
    stream = io.BytesIO()
    with zipfile.ZipFile(workbook) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2025-01-01T00:00:00Z", old.read(name))
            new.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def as_ods(rows: list[list[str]]) -> bytes:
    """``rows`` as a spreadsheet, numbers as numbers."""
    head, *others = rows
    return table_as_ods([[_allowed(cell) for cell in head], *(map(_number, row) for row in others)])


def _number(text: str) -> str | float | None:
    try:
        return float(text)
    except ValueError:
        return _allowed(text) or None


def _allowed(text: str) -> str:
    """``text`` without what a workbook cannot hold."""
    return ILLEGAL_CHARACTERS_RE.sub("", text)[:30_000]


def _as_sav(rows: list[list[str]]) -> bytes:
    import pandas as pd
    import pyreadstat

    frame = pd.DataFrame(rows[1:], columns=rows[0])
    for name in frame:
        numbers = pd.to_numeric(frame[name], errors="coerce")
        if numbers.notna().sum() > len(frame) / 2:
            frame[name] = numbers
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.sav"
        pyreadstat.write_sav(frame, path, variable_value_labels={"sat1": {1.0: "one", 5.0: "five"}})
        return path.read_bytes()


def _rows(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig", errors="replace"), newline="")))


def _as_csv(rows: list[list[str]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode()
