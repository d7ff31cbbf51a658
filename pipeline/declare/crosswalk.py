"""Crosswalks: ``surveys/crosswalks/<wave>.csv`` read and held against the instrument.

A crosswalk may hold values of the source, so its problems name line and column and never a source value. One that was
proposed (``intake/mapping``) and edited in a spreadsheet has two columns more, and may be separated by semicolons.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.declare.crosswalk_cells import from_cell
from pipeline.declare.documents import read_text
from pipeline.declare.instrument import Instrument, InstrumentField
from pipeline.declare.names import NOT_ASKED
from pipeline.declare.problems import DeclarationError, Problem, found, suggestion
from pipeline.declare.wave import CrosswalkRow, Wave

COLUMNS = tuple(CrosswalkRow.model_fields)
"""The header of every crosswalk."""

CERTAINTY, WHY = "certainty", "why"
"""Columns of a proposed crosswalk: how sure each line is, and why. They say nothing of the wave and are not stored."""

UNCHECKED = frozenset({"controleer", "check"})
"""What ``certainty`` says of a line that somebody has to look at; deleting the word says that it was done."""

_DELIMITERS = ",;\t"
_SOURCE_VALUES = ("val_numeric_orig", "val_label_orig")
_TARGET_VALUES = ("val_numeric_target", "val_label_target", "na_label_target")


@dataclass(frozen=True)
class CrosswalkLine:
    """A row of a crosswalk and the line of the file it starts on (from 1; the header is line 1).

    ``certainty``: how sure a proposed line is, as its column says; empty where it was looked at.
    """

    line: int
    row: CrosswalkRow
    certainty: str = ""

    @property
    def unchecked(self) -> bool:
        """Whether the line is a proposal that nobody has looked at."""
        return self.certainty.strip(" .!?*").casefold() in UNCHECKED


def read_crosswalk(path: Path) -> list[CrosswalkLine]:
    """The lines of a crosswalk; comma, semicolon or tab separated, UTF-8.

    Raises ``DeclarationError`` with all problems of its form, and when the file does not exist: the ingest stage
    depends on it, and a header alone says "every column is called as in the instrument".
    """
    if not path.exists():
        raise DeclarationError([Problem(path, None, "", "crosswalk_absent", {"expected": ",".join(COLUMNS)})])
    return crosswalk_lines(read_text(path), path)


def crosswalk_lines(text: str, path: Path) -> list[CrosswalkLine]:
    """The lines of the crosswalk that ``text`` is; ``path`` is what its problems call it.

    Raises ``DeclarationError`` with all problems of its form.
    """
    header, _, _ = text.lstrip("\ufeff").partition("\n")
    delimiter = max(_DELIMITERS, key=header.count)  # spreadsheets with a decimal comma write ;
    try:
        table = list(_numbered_rows(text.lstrip("\ufeff"), delimiter))
    except csv.Error as error:
        raise DeclarationError([Problem(path, None, "", "csv_unreadable", {"reason": str(error)})]) from None
    names = _without_empty_end(table[0][1]) if table else []
    problems = [*_header_problems(path, names)]
    if problems:
        raise DeclarationError(problems)
    rows = [(line, [from_cell(cell) for cell in _of_width(cells, len(names))]) for line, cells in table[1:]]
    problems = [
        Problem(path, line, "", "crosswalk_width", {"found": len(cells), "expected": len(names)})
        for line, cells in rows
        if len(cells) != len(names) and any(cells)
    ]
    if problems:
        raise DeclarationError(problems)
    return [_line(line, dict(zip(names, cells, strict=True))) for line, cells in rows if any(cells)]


def _line(line: int, cells: Mapping[str, str]) -> CrosswalkLine:
    row = CrosswalkRow(**{name: cell for name, cell in cells.items() if name in COLUMNS})
    return CrosswalkLine(line, row, cells.get(CERTAINTY, ""))


def _without_empty_end(cells: Sequence[str]) -> list[str]:
    """``cells`` without empty ones at the end: spreadsheets write those for columns that once held something."""
    n = len(cells)
    while n and not cells[n - 1].strip():
        n -= 1
    return [cell.strip() for cell in cells[:n]]


def _of_width(cells: Sequence[str], width: int) -> list[str]:
    """``cells`` cut to ``width`` where all that is beyond it is empty."""
    return list(cells) if any(cell.strip() for cell in cells[width:]) else list(cells[:width])


def _numbered_rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line each starts on; blank lines are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    for cells in reader:
        if cells:
            yield start, cells
        start = reader.line_num + 1


def _header_problems(path: Path, names: Sequence[str]) -> Iterator[Problem]:
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield Problem(path, 1, "", "crosswalk_column_twice", {"found": found(name)})
    missing = [name for name in COLUMNS if name not in names]
    unknown = [found(name) for name in names if name not in (*COLUMNS, CERTAINTY, WHY)]
    if missing or unknown:
        details: dict[str, Any] = {"missing": missing, "unknown": unknown, "expected": ",".join(COLUMNS)}
        yield Problem(path, 1, "", "crosswalk_columns", details)


def crosswalk_problems(
    path: Path, lines: Sequence[CrosswalkLine], *, instrument: Instrument, wave: Wave | None = None
) -> list[Problem]:
    """Everything in a crosswalk that ``instrument`` (and the projects of ``wave``) cannot place."""
    fields = {field.name: field for field in instrument.fields}
    problems = [problem for line in lines for problem in _row_problems(path, line, instrument, fields, wave)]
    problems += _between_rows(path, lines)
    unchecked = [line.line for line in lines if line.unchecked]
    if unchecked:
        details: dict[str, Any] = {"count": len(unchecked), "lines": _first(unchecked)}
        problems.append(Problem(path, unchecked[0], CERTAINTY, "crosswalk_unchecked", details))
    return sorted(problems, key=lambda problem: problem.line or 0)


def _first(lines: Sequence[int], most: int = 10) -> str:
    """The first few of ``lines``, in words."""
    return ", ".join(map(str, lines[:most])) + (" …" if len(lines) > most else "")


def _row_problems(
    path: Path, at: CrosswalkLine, instrument: Instrument, fields: Mapping[str, InstrumentField], wave: Wave | None
) -> Iterator[Problem]:
    row = at.row
    from_values = [name for name in _SOURCE_VALUES if getattr(row, name)]
    to_values = [name for name in _TARGET_VALUES if getattr(row, name)]

    def problem(column: str, code: str, **details: Any) -> Problem:
        return Problem(path, at.line, column, code, details)

    if not row.var_name_orig and not row.var_name_target:
        yield problem("", "crosswalk_nothing")
        return
    if row.var_name_target and row.var_name_target not in fields:
        details: dict[str, Any] = {
            "found": found(row.var_name_target),
            "suggestion": suggestion(row.var_name_target, fields),
        }
        yield problem("var_name_target", "crosswalk_target", instrument=instrument.id, **details)
    if not row.var_name_orig:
        if from_values or to_values != ["na_label_target"]:
            yield problem("var_name_orig", "crosswalk_no_column")
    elif not row.var_name_target:
        if from_values or to_values:
            yield problem("var_name_target", "crosswalk_no_target")
    elif from_values and len(to_values) != 1:
        yield problem(to_values[-1] if to_values else "val_numeric_target", "crosswalk_one_target_value")
    elif to_values and not from_values:
        yield problem("val_numeric_orig", "crosswalk_no_source_value")
    if row.val_numeric_orig and _number(row.val_numeric_orig) is None:
        yield problem("val_numeric_orig", "crosswalk_source_number")
    reasons = [NOT_ASKED, *(missing.reason for missing in instrument.missing_values)]
    if row.na_label_target and row.na_label_target not in reasons:
        details = {"found": found(row.na_label_target), "expected": list(dict.fromkeys(reasons))}
        yield problem("na_label_target", "crosswalk_reason", **details)
    if row.var_name_target in fields:
        field = fields[row.var_name_target]
        yield from (
            problem(column, code, **details) for column, code, details in _target_value(row, field, instrument, wave)
        )


def _target_value(
    row: CrosswalkRow, field: InstrumentField, instrument: Instrument, wave: Wave | None
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Column, code and details for a target value that is no answer of ``field``."""
    known = [category.value for category in instrument.categories_of(field)]
    if row.val_numeric_target:
        value = _number(row.val_numeric_target)
        if value is None:
            yield "val_numeric_target", "crosswalk_number", {"found": found(row.val_numeric_target)}
        elif not _is_code(value, field, instrument):
            details: dict[str, Any] = {"found": value, "variable": field.name, "expected": known or _bounds(field)}
            yield "val_numeric_target", "crosswalk_code", details
    if row.val_label_target:
        named = [value for value in known if isinstance(value, str)]
        labels = {label.casefold() for c in instrument.categories_of(field) for label in c.label.values()}
        if field.role == "project":
            named = list(wave.projects) if wave else [row.val_label_target]
        free = field.type in ("string", "date") and not known and field.role != "project"
        if not free and row.val_label_target not in named and row.val_label_target.casefold() not in labels:
            details = {
                "found": found(row.val_label_target),
                "variable": field.name,
                "expected": named or known,
            }
            yield "val_label_target", "crosswalk_category", details


def _is_code(value: float, field: InstrumentField, instrument: Instrument) -> bool:
    """Whether ``value`` can be an answer to ``field``: a code, a step between codes, or within the bounds."""
    codes = [category.value for category in instrument.categories_of(field)]
    if field.scale is not None:
        scale = instrument.scales[field.scale]
        numbers = [code for code in codes if isinstance(code, float)]
        if scale.steps is not None and min(numbers) <= value <= max(numbers):
            return math.isclose((value - min(numbers)) / scale.steps % 1, 0, abs_tol=1e-9)
        return value in numbers
    if field.type not in ("integer", "number"):
        return value in codes
    lower = -math.inf if field.minimum is None else field.minimum
    upper = math.inf if field.maximum is None else field.maximum
    return lower <= value <= upper


def _bounds(field: InstrumentField) -> str:
    ends = ["…" if end is None else f"{end:g}" for end in (field.minimum, field.maximum)]
    return "–".join(ends)


def _between_rows(path: Path, lines: Sequence[CrosswalkLine]) -> Iterator[Problem]:
    """Lines that say the same twice, or different things about one variable."""
    seen: dict[tuple[str, ...], int] = {}
    column_of: dict[str, tuple[str, int]] = {}
    for at in lines:
        row = at.row
        source = _folded(row.var_name_orig)
        key = (source, row.var_name_target, row.val_numeric_orig, row.val_label_orig)
        if key in seen:
            yield Problem(path, at.line, "", "crosswalk_twice", {"line": seen[key]})
            continue
        seen[key] = at.line
        if not row.var_name_target:
            continue
        column, line = column_of.setdefault(row.var_name_target, (source, at.line))
        if column != source:
            code = "crosswalk_two_columns" if column and source else "crosswalk_asked_and_not"
            details: dict[str, Any] = {"found": found(row.var_name_target), "line": line}
            yield Problem(path, at.line, "var_name_target", code, details)


def _folded(name: str) -> str:
    """A column's name as it is compared: headings differ in spaces and capitals only by accident."""
    return " ".join(name.split()).casefold()


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
