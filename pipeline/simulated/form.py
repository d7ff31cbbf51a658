"""From the instrument's variables and codes back to a source's columns and values: a crosswalk, read backwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd
from pydantic import model_validator

from pipeline.declare import CrosswalkRow, Instrument, InstrumentField, in_language
from pipeline.declare.base import Declaration

EMPTY = "empty"
Cell = str | int | float | None


class FileFormat(Declaration):
    """How a wave's file looks. ``labels``: write answers as labels in this language (in SPSS files: value labels)."""

    kind: Literal["csv", "xlsx", "sav"]
    delimiter: str = ","
    decimal: Literal[".", ","] = "."
    encoding: str = "utf-8"
    sheet: str = "Sheet1"
    labels: str | None = None

    @model_validator(mode="after")
    def _decimal_is_not_the_delimiter(self) -> FileFormat:
        if self.kind == "csv" and self.delimiter == self.decimal:
            raise ValueError(f"delimiter and decimal mark are both {self.decimal!r}")
        return self


@dataclass(frozen=True)
class SourceColumn:
    """One column of the source file.

    ``values``: how each code or category of ``variable`` is written (others are written as they are). ``reasons``: how
    each reason for having no answer is written. ``labels``: what a numeric code means, for files that can say so.
    """

    name: str
    variable: str
    title: str
    values: Mapping[str | float, Cell] = field(default_factory=dict)
    reasons: Mapping[str, Cell] = field(default_factory=dict)
    labels: Mapping[int | float, str] = field(default_factory=dict)


def source_columns(
    instrument: Instrument, crosswalk: Sequence[CrosswalkRow], file_format: FileFormat, *, names: Mapping[str, str]
) -> list[SourceColumn]:
    """Columns of a source that ``crosswalk`` maps on ``instrument``, in questionnaire order.

    A variable that the crosswalk declares as not in the wave has no column; one it does not mention keeps its name.
    ``names``: labels of named values that are not categories (projects by id).
    """
    absent = {row.var_name_target for row in crosswalk if not row.var_name_orig and row.na_label_target}
    return [
        _source_column(instrument, variable, [row for row in crosswalk if row.var_name_target == variable.name],
                       file_format, names)
        for variable in instrument.fields
        if variable.name not in absent
    ]  # fmt: skip


def _source_column(
    instrument: Instrument,
    variable: InstrumentField,
    rows: Sequence[CrosswalkRow],
    file_format: FileFormat,
    names: Mapping[str, str],
) -> SourceColumn:
    values = _written_categories(instrument, variable, file_format)
    reasons = _written_reasons(instrument, variable, file_format)
    for row in rows:
        original = row.val_label_orig or _cell(row.val_numeric_orig)
        if original is None:
            continue
        if row.na_label_target:
            reasons[row.na_label_target] = original
        else:
            values[row.val_label_target or float(row.val_numeric_target)] = original
    language = file_format.labels or ""
    meanings = {
        category.value: in_language(category.label, language) for category in instrument.categories_of(variable)
    }
    meanings |= {missing.reason: in_language(missing.label, language) for missing in instrument.missing_values}
    written = [*values.items(), *reasons.items()]
    return SourceColumn(
        name=next((row.var_name_orig for row in rows if row.var_name_orig), variable.name),
        variable=variable.name,
        title=in_language(variable.title, language),
        values=values,
        reasons=reasons,
        labels={
            code: meanings.get(what, names.get(str(what), str(what)))
            for what, code in written
            if isinstance(code, int | float)
        },
    )


def _written_categories(
    instrument: Instrument, variable: InstrumentField, file_format: FileFormat
) -> dict[str | float, Cell]:
    """How categories are written where the crosswalk says nothing: as labels, or as their codes."""
    return {
        category.value: in_language(category.label, file_format.labels or "")
        if _writes_text(file_format)
        else _cell(str(category.value))
        for category in instrument.categories_of(variable)
    }


def _written_reasons(instrument: Instrument, variable: InstrumentField, file_format: FileFormat) -> dict[str, Cell]:
    """How reasons are written where the crosswalk says nothing: blank, or as the instrument's missing values."""
    if variable.role in ("project", "source_id"):
        return {EMPTY: None}
    written: dict[str, Cell] = {EMPTY: None}
    for missing in instrument.missing_values:
        text = in_language(missing.label, file_format.labels or "")
        written[missing.reason] = text if _writes_text(file_format) else _cell(str(missing.value))
    return written


def _writes_text(file_format: FileFormat) -> bool:
    return file_format.labels is not None and file_format.kind != "sav"


def _cell(text: str) -> Cell:
    """A code as the number it is, else as text; ``None`` for nothing."""
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


def source_frame(columns: Sequence[SourceColumn], answers: pd.DataFrame, reasons: pd.DataFrame) -> pd.DataFrame:
    """The cells of the file, one row a questionnaire, from ``answers`` and ``reasons`` by variable.

    Raises ``KeyError`` for a reason that a column has no way to write.
    """
    cells = {}
    for column in columns:
        pairs = zip(answers[column.variable], reasons[column.variable], strict=True)
        cells[column.name] = [
            column.values.get(value, value) if pd.isna(reason) else column.reasons[reason] for value, reason in pairs
        ]
    return pd.DataFrame(cells, dtype=object)
