"""What the stages that read person frames share: columns, codes as text, ranges of codes, the population."""

from __future__ import annotations

import pandas as pd

from pipeline.declare import Instrument, InstrumentField, Study

SOURCE_ROLES = ("source_id",)
"""Fields that have no column of their own in person frames (the hash in ``source`` stands for them)."""


def reason_column(variable: str) -> str:
    """Name of the column that says why ``variable`` has no value."""
    return f"{variable}__reason"


def frame_fields(instrument: Instrument) -> list[InstrumentField]:
    """The fields that have a column in person frames, in questionnaire order."""
    return [field for field in instrument.fields if field.role not in SOURCE_ROLES]


def is_numeric(field: InstrumentField) -> bool:
    """Whether the field's column holds numbers (codes or a measured quantity); text otherwise."""
    return field.type in ("integer", "number")


def code_text(code: float | str | bool) -> str:
    """A code as text, as declarations write it: ``2``, ``2.5``, ``rent``, ``true``."""
    if isinstance(code, bool):
        return str(code).lower()
    return code if isinstance(code, str) else f"{code:.10g}"


def as_text(values: pd.Series) -> pd.Series[str]:
    """Values as text (``code_text``), missing where missing."""
    return values.map(code_text, na_action="ignore").astype("str")


def in_population(study: Study, frame: pd.DataFrame) -> pd.Series[bool]:
    """Whether each person belongs to the population the claims are about; everybody where none is declared."""
    population = study.declaration.population
    if population.variable is None:
        return pd.Series(True, index=frame.index)
    return (as_text(frame[population.variable]) == population.equals).fillna(False).astype(bool)


def code_range(instrument: Instrument, field: InstrumentField) -> tuple[float, float]:
    """Lowest and highest code of an item's answer scale (an item's codes are numbers)."""
    codes = [float(category.value) for category in instrument.categories_of(field)]
    return min(codes), max(codes)
