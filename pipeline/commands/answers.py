"""What the commands that fit models read: a model's text, a file with one row per person, published moments."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import typer

from pipeline.artefacts import write_json
from pipeline.commands.common import print_json
from pipeline.errors import InputError
from pipeline.intake.messages import explain
from pipeline.intake.problems import UnreadableError
from pipeline.intake.reading.read import read_source, receive
from pipeline.intake.source import Cell, SourceTable
from pipeline.intake.table import Bounds
from pipeline.intake.text import Mark, number_in

if TYPE_CHECKING:
    from analysis.sem import Moments

_BOUNDS = Bounds(max_bytes=2_000_000_000, max_rows=1_000_000, max_columns=20_000)
_MAX_MODEL_BYTES = 1_000_000
_MAX_MOMENTS_BYTES = 50_000_000
_NOT_THERE = frozenset({"", "na", "nan", "null", "."})
_LARGEST = 1e50
_WHOLE = re.compile(r"(\d+)[.,]0+")
"""A whole number as programs write it that know none."""
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d{1,3}")


def listed(value: str | None) -> tuple[str, ...]:
    """``a, b,c`` as names; nothing for nothing."""
    return tuple(part.strip() for part in (value or "").split(",") if part.strip())


def check_options(**asked: Any) -> None:
    """Raise ``typer.BadParameter`` (wrong usage) for options of a fit that do not exist or do not go together."""
    from analysis.sem import ModelError
    from analysis.sem.options import Options

    try:
        Options.checked(**asked)
    except ModelError as error:
        raise typer.BadParameter(str(error)) from None


def write_result(path: Path | None, content: dict[str, Any]) -> bool:
    """Write ``content`` as JSON to ``path``, or on the screen for ``-``; whether the screen is free for a summary.

    Raises ``InputError`` when the file cannot be written.
    """
    if path is None:
        return True
    if str(path) == "-":
        print_json(content)
        return False
    try:
        write_json(path, content)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({type(error).__name__})") from None
    return True


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A frame's rows as dictionaries."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def model_text(path: Path) -> str:
    """The text of a model file; raises ``InputError`` when it cannot be read as text."""
    try:
        if path.stat().st_size > _MAX_MODEL_BYTES:
            raise InputError(f"{path}: larger than {_MAX_MODEL_BYTES} bytes; expected a model in lavaan syntax")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: the model cannot be read ({type(error).__name__}); expected a text file") from None


def moments_from(path: Path) -> Moments:
    """Published moments from JSON; raises ``InputError`` naming what is missing."""
    from analysis.sem import ModelError, Moments

    try:
        if path.stat().st_size > _MAX_MOMENTS_BYTES:
            raise InputError(f"{path}: larger than {_MAX_MOMENTS_BYTES} bytes")
        return Moments.from_dict(json.loads(path.read_text(encoding="utf-8-sig")))
    except ModelError as error:
        raise InputError(f"{path}: {error}") from None
    except (OSError, ValueError, RecursionError) as error:  # not UTF-8, no JSON, numbers without end, too deep
        raise InputError(f"{path}: cannot be read as JSON ({type(error).__name__})") from None


def numbers_by_person(path: Path, *, named: Collection[str] = ()) -> pd.DataFrame:
    """The file's columns as numbers; a column with anything else in it stays text, fit only to name groups.

    So does a column of ``named`` (it holds names, such as those of projects) in which two names are one number:
    ``01`` and ``1``, ``1e1`` and ``10``, or more digits than a number keeps. ``1`` and ``1.0`` are one name.
    """
    try:
        table, problems = read_source(receive(path, _BOUNDS), _BOUNDS)
    except UnreadableError as stop:
        problems = stop.problems
    wrong = [problem for problem in problems if problem.severity == "error"]
    if wrong:
        raise InputError("\n".join(f"{path}: {explain(problem, 'en')['what']}" for problem in wrong))
    return pd.DataFrame(
        {column.name: _numbers(table, column.position, named=column.name in named) for column in table.columns}
    )


def _numbers(table: SourceTable, position: int, *, named: bool) -> pd.Series[Any]:
    cells = table.cells_by_row[position].reset_index(drop=True)
    categories = list(cells.cat.categories)
    absent = [isinstance(cell, str) and cell.strip().lower() in _NOT_THERE for cell in categories]
    numbers = [_number(cell, table.format.decimal) for cell in categories]
    text = [None if gone else str(cell).strip() for cell, gone in zip(categories, absent, strict=True)]
    if named:
        text = [whole[1] if name and (whole := _WHOLE.fullmatch(name)) else name for name in text]
    merged = named and len({*numbers} - {None}) < len({*text} - {None})
    if merged or any(number is None and not gone for number, gone in zip(numbers, absent, strict=True)):
        return cells.cat.codes.map(lambda code: None if code < 0 else text[code]).astype(object)
    lookup = [math.nan if number is None else number for number in numbers]
    return cells.cat.codes.map(lambda code: math.nan if code < 0 else lookup[code]).astype(float)


def _number(cell: Cell, mark: Mark) -> float | None:
    """The number in a cell, none for one that squares and sums cannot hold; programs also write ``1.5e-05``, which
    people who answer do not."""
    number = number_in(cell, mark)
    if number is None and isinstance(cell, str) and _SCIENTIFIC.fullmatch(cell.strip()):
        number = float(cell.replace(",", "."))
    return None if number is None or abs(number) > _LARGEST else number
