"""What somebody sent, in one shape whatever the format: columns, cells, and how the sender's program names each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import pandas as pd

Kind = Literal["csv", "xlsx", "xls", "ods", "sav"]
Tool = Literal["", "qualtrics", "limesurvey", "kobo", "microsoft_forms", "google_forms", "surveymonkey"]
"""The survey tool whose export a file is; empty when it is nobody's in particular."""
Cell = str | float
"""A cell that is not empty: text as it stands, or a number where the format has numbers. Dates are ISO text."""


@dataclass(frozen=True)
class Received:
    """The bytes of a file, read once, so that what is checked is what is stored."""

    name: str
    data: bytes = field(repr=False)

    @cached_property
    def sha256(self) -> str:
        """Checksum of the bytes, as the report prints it."""
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def identity_key(self) -> bytes:
        """Key of the respondents' ids: from the bytes, so that it cannot be had from the published checksum."""
        return hashlib.sha256(b"respondents of this file\0" + self.data).digest()


@dataclass(frozen=True)
class FileFormat:
    """What was found out about a file. Fields that do not apply to a format are empty."""

    kind: Kind
    encoding: str = ""
    byte_order_mark: bool = False
    delimiter: str = ""
    decimal: Literal[".", ","] = "."
    """Decimal mark of numbers that are written as text."""
    sheet: str = ""
    tool: Tool = ""
    heading_rows: int = 1
    """How many rows name the columns."""


@dataclass(frozen=True)
class SourceColumn:
    """One column.

    ``letter`` is the spreadsheet's (A, B … AA), empty for SPSS. ``name`` is the heading, white space collapsed, or the
    SPSS variable's name. ``codes``: what the survey tool calls the question besides (``hs1`` of ``group/hs1`` and of
    ``housing[hs1]. I am satisfied``); ``label``: the question's words, where they are not the heading.
    ``value_labels`` and ``missing_ranges`` (both ends included) are SPSS's; fixed codes of a survey tool have labels
    too.
    ``not_shown``: folded texts that the tool writes where a question was not put to somebody. ``made_from``: position
    of the column whose joined answers this one was taken from (``question/option``, true or false). ``own``: whether it
    is the survey tool's (a moment, a status, how long somebody took), and no question.
    """

    position: int
    letter: str
    name: str
    label: str = ""
    codes: tuple[str, ...] = ()
    value_labels: Mapping[Cell, str] = field(default_factory=dict)
    missing_ranges: tuple[tuple[Cell, Cell], ...] = ()
    not_shown: frozenset[str] = frozenset()
    made_from: int | None = None
    own: bool = False

    @property
    def wordings(self) -> tuple[str, ...]:
        """The question's words in every form the file has them: heading, label, and the row of a grid alone (``b`` of
        ``a [b]`` and of ``a - b``)."""
        full = [text for text in (self.name, self.label) if text]
        rows = [row for text in full if (row := _row_of_grid(text))]
        return tuple(dict.fromkeys([*full, *rows]))

    def declares_missing(self, cell: Cell) -> bool:
        """Whether the sender's program counts ``cell`` as missing."""
        return any(
            isinstance(cell, str) == isinstance(low, str) and low <= cell <= high  # type: ignore[operator]
            for low, high in self.missing_ranges
        )


def _row_of_grid(text: str) -> str:
    """What stands in the brackets at the end of ``text``, or after its last dash; empty when there is neither."""
    if text.endswith("]"):
        depth = 0
        for i in range(len(text) - 1, -1, -1):
            depth += (text[i] == "]") - (text[i] == "[")
            if depth == 0:
                return text[i + 1 : -1].strip()
    return text.rpartition(" - ")[2].strip() if " - " in text else ""


@dataclass(frozen=True)
class Grid:
    """A file as its reader finds it, before anything is known of headings: what ``arrange`` makes a table of.

    ``columns``: every position, with the cells of the heading row as names (white space kept, empty where the cell
    is). ``heading_row``: that row's number. ``cells_by_row``: all that stands below, as in ``SourceTable``.
    ``merged``: merged ranges of cells, as (first row, first column position, last row, last column position), counted
    as ``heading_row`` and ``columns`` are.
    """

    received: Received
    format: FileFormat
    heading_row: int
    columns: tuple[SourceColumn, ...]
    cells_by_row: pd.DataFrame
    merged: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True)
class SourceTable:
    """A file as a table.

    ``cells_by_row``: one column per ``SourceColumn`` (labelled by its position), categorical, a category being a
    ``Cell``; empty cells are missing. The index is each row's number as the sender's program shows it. Columns made of
    joined answers come after the file's own.
    """

    received: Received
    format: FileFormat
    columns: tuple[SourceColumn, ...]
    cells_by_row: pd.DataFrame

    @property
    def n_columns(self) -> int:
        """How many columns of the file itself there are."""
        return sum(column.made_from is None for column in self.columns)


def column_letter(position: int) -> str:
    """A spreadsheet's name of the column at ``position`` (from 0): A … Z, AA …"""
    letters = ""
    number = position + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
