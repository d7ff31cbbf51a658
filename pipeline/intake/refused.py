"""A file without the columns that must not come in, and without the rows of somebody who is to be gone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from pipeline.intake.check import Checked
from pipeline.intake.checks.of_submission import check_submission
from pipeline.intake.cut.csv_cut import cut_csv
from pipeline.intake.reading.apart import run_apart
from pipeline.intake.source import FileFormat, Received, SourceTable
from pipeline.intake.submission import Submission, with_responses

_CUT = Path(__file__).with_name("cut")


@dataclass(frozen=True)
class LeftOut:
    """A submission without what was refused, checked again. ``columns``: what the receipt calls what was cut out."""

    submission: Submission
    checked: Checked
    columns: tuple[str, ...]


def leave_out_refused(submission: Submission, checked: Checked, *, language: str) -> LeftOut:
    """``submission`` without the columns that may not come in; of a workbook only the sheet of answers is kept, for
    what is refused may stand elsewhere in it. As it is when nothing is refused.

    Raises ``UnreadableError`` when they cannot be cut out without losing anything else.
    """
    if checked.received is None or checked.table is None or not any(p.refuses_column for p in checked.problems):
        return LeftOut(submission, checked, ())
    found = refused_columns(checked)
    cut = without_columns(checked.received, checked.table, found.keys())
    if checked.table.format.kind in ("xls", "ods"):
        submission = with_responses(submission, "responses.xlsx", language=language)
    return LeftOut(submission, check_submission(submission, cut), tuple(found.values()))


def refused_columns(checked: Checked) -> dict[int, str]:
    """Positions of the columns that may not come in, in order, and what the receipt calls each: its letter, an SPSS
    variable's number. Its name may be a person's.

    A column that a reader made of another (an option of a multiple answer) counts as the one it was made of.
    """
    if checked.table is None:
        return {}
    refused = {place for problem in checked.problems if problem.refuses_column for place in problem.columns}
    own: dict[str, int] = {}
    for column in checked.table.columns:
        own[column.letter] = min(own.get(column.letter, column.position), column.position)
    found: dict[int, str] = {}
    for column in checked.table.columns:
        if any(letter == column.letter if letter else name == column.name for letter, name in refused):
            position = own[column.letter] if column.letter else column.position
            found[position] = column.letter or str(position + 1)
    return dict(sorted(found.items()))


def without_columns(received: Received, table: SourceTable, positions: Collection[int]) -> Received:
    """The file without the columns at ``positions`` of ``table``, to be checked again.

    Of delimited text every other byte stays. Of a workbook only the sheet that was read is kept, as an XLSX file of
    values. An SPSS file keeps its labels, codes, missing values, formats and measures. Raises ``UnreadableError`` when
    anything else would be lost.
    """
    return _without(received, table.format, columns=positions, rows=(), strict=True)


def without_rows(received: Received, found: FileFormat, rows: Collection[int]) -> Received:
    """The file without ``rows``, numbered as the sender's program numbers them; otherwise as ``without_columns``, but
    that an SPSS file may lose what says nothing of answers: a person has to go."""
    return _without(received, found, columns=(), rows=rows, strict=False)


def _without(
    received: Received, found: FileFormat, *, columns: Collection[int], rows: Collection[int], strict: bool
) -> Received:
    if found.kind == "csv":
        return Received(received.name, cut_csv(received.data, found.delimiter, columns=set(columns), rows=set(rows)))
    request = {"columns": sorted(columns), "rows": sorted(rows)}
    if found.kind == "sav":
        worker, request_of = _CUT / "sav_cut_worker.py", {**request, "all": strict}
        name = received.name
    else:
        worker, request_of = _CUT / "workbook_cut_worker.py", {**request, "sheet": found.sheet}
        name = f"{Path(received.name).stem}.xlsx"
    _, data = run_apart(worker, request_of, received.data, unreadable="cannot_cut", too_large="cannot_cut")
    return Received(name, data)
