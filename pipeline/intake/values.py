"""What one cell means for one variable: a value, or the reason why there is none.

Every different cell of a column is looked up once; ``recode`` spreads the outcomes over the rows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from pipeline.declare import Instrument, InstrumentField, Registry, Wave
from pipeline.intake.source import Cell, SourceColumn
from pipeline.intake.text import Mark, as_text, fold, number_in

Value = float | str


class Outcome(NamedTuple):
    """A value, or a reason for having none; ``problem`` is the code under which the cell is reported."""

    value: Value | None
    reason: str | None = None
    problem: str | None = None

    @property
    def understood(self) -> bool:
        """Whether the cell meant something, be it a reason for not answering."""
        return self.problem is None


EMPTY = Outcome(None, "empty")
UNREADABLE = Outcome(None, "unreadable", "unreadable")
OUT_OF_RANGE = Outcome(None, "out_of_range", "out_of_range")
CONTRADICTED = Outcome(None, "unreadable", "labels_contradict")
USER_MISSING = "user_missing"
"""Reason of a code that the sender's file declares missing without saying why."""

_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_DUTCH_DATE = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?: .*)?")
_NO_ID = frozenset({"", "-", "na", "n/a", "nan", "null", "none", "nvt", "n.v.t."})
_TRUE, _FALSE = frozenset({"true", "1", "ja", "yes", "waar"}), frozenset({"false", "0", "nee", "no", "onwaar"})

Reader = Callable[[Cell], Outcome]


@dataclass(frozen=True)
class Recode:
    """A line of the crosswalk: source cells with this number or this (folded) text have this outcome."""

    number: float | None
    text: str
    outcome: Outcome


def cell_reader(reader: Reader, column: SourceColumn, recodes: Iterable[Recode], decimal: Mark) -> Reader:
    """``reader`` with all that stands before it: the crosswalk's recodes, the codes the file declares missing, and the
    labels the file gives to its codes.

    A code whose label names another category than the code does is nobody's to guess: the cell is unreadable and
    reported as ``labels_contradict``.
    """
    by_number = {r.number: r.outcome for r in recodes if r.number is not None}
    by_text = {r.text: r.outcome for r in recodes if r.text}

    def read(cell: Cell) -> Outcome:
        label = column.value_labels.get(cell, "")
        number = number_in(cell, decimal)
        if number is not None and number in by_number:
            return by_number[number]
        for text in (as_text(cell), label):
            if text and fold(text) in by_text:
                return by_text[fold(text)]
        direct = reader(cell)
        labelled = reader(label) if label else UNREADABLE
        if column.declares_missing(cell):
            reasons = [o.reason for o in (direct, labelled) if o.understood and o.value is None]
            return Outcome(None, reasons[0] if reasons else USER_MISSING)
        if direct.understood and labelled.understood and direct != labelled:
            return CONTRADICTED
        return direct if direct.understood or not labelled.understood else labelled

    return read


def source_id(cell: Cell, instrument: Instrument) -> str | None:
    """The source's own id of a row; ``None`` where the cell says that there is none. Numbers are ids, also those that
    are missing codes elsewhere."""
    missing = [m.value for m in instrument.missing_values if isinstance(m.value, str)]
    labels = [label for m in instrument.missing_values for label in m.label.values()]
    text = as_text(cell)
    return None if fold(text) in _NO_ID or fold(text) in map(fold, [*missing, *labels]) else text


def field_reader(
    field: InstrumentField,
    instrument: Instrument,
    *,
    decimal: Mark,
    wave: Wave | None,
    registry: Registry,
) -> Reader:
    """The reader of ``field``'s own codes and labels."""
    missing = _missing_reader(instrument, decimal=decimal)
    if field.role == "project":
        return _project_reader(missing, wave=wave, registry=registry)
    if instrument.categories_of(field):
        return _category_reader(field, instrument, missing, decimal=decimal)
    if field.role == "language":
        return _language_reader(missing, {*instrument.languages, *(wave.languages if wave else ())})
    readers: Mapping[str, Reader] = {
        "integer": _quantity_reader(field, decimal=decimal),
        "number": _quantity_reader(field, decimal=decimal),
        "date": _date,
        "boolean": _boolean,
    }
    own = readers.get(field.type, _free_text)
    return lambda cell: missing(cell) or own(cell)


def _missing_reader(instrument: Instrument, *, decimal: Mark) -> Callable[[Cell], Outcome | None]:
    """Reads the instrument's missing codes and their labels in any language."""
    numbers: dict[float, Outcome] = {}
    texts: dict[str, Outcome] = {}
    for missing in instrument.missing_values:
        outcome = Outcome(None, missing.reason)
        if isinstance(missing.value, str):
            texts[fold(missing.value)] = outcome
        else:
            numbers[float(missing.value)] = outcome
        texts |= {fold(label): outcome for label in missing.label.values()}

    def read(cell: Cell) -> Outcome | None:
        number = number_in(cell, decimal)
        if number is not None and number in numbers:
            return numbers[number]
        return texts.get(fold(as_text(cell)))

    return read


def _category_reader(
    field: InstrumentField,
    instrument: Instrument,
    missing: Callable[[Cell], Outcome | None],
    *,
    decimal: Mark,
) -> Reader:
    """Reads codes, labels in any language, and steps between the codes where the scale allows them."""
    scale = instrument.scales[field.scale] if field.scale else None
    categories = instrument.categories_of(field)
    numeric = all(not isinstance(category.value, str) for category in categories)
    codes: dict[Value, Outcome] = {_code(c.value): Outcome(_kept(c.value)) for c in categories}
    labels: dict[str, set[Outcome]] = {}
    for category in categories:
        for label in category.label.values():
            labels.setdefault(fold(label), set()).add(Outcome(_kept(category.value)))
    steps = scale.steps if scale else None
    values = sorted(float(c.value) for c in categories) if numeric else []

    def read(cell: Cell) -> Outcome:
        number = number_in(cell, decimal)
        text = fold(as_text(cell))
        found = codes.get(number) if numeric and number is not None else codes.get(text)
        if found or (found := missing(cell)):
            return found
        if len(meant := labels.get(text, ())) == 1:
            return next(iter(meant))
        if not numeric or number is None:
            return UNREADABLE
        if steps and values[0] <= number <= values[-1] and _whole((number - values[0]) / steps):
            return Outcome(number)
        return OUT_OF_RANGE

    return read


def _code(value: float | str) -> Value:
    return fold(value) if isinstance(value, str) else float(value)


def _kept(value: float | str) -> Value:
    return value if isinstance(value, str) else float(value)


def _whole(number: float) -> bool:
    return math.isclose(number, round(number), abs_tol=1e-9)


def _quantity_reader(field: InstrumentField, *, decimal: Mark) -> Reader:
    lower = -math.inf if field.minimum is None else field.minimum
    upper = math.inf if field.maximum is None else field.maximum

    def read(cell: Cell) -> Outcome:
        number = number_in(cell, decimal)
        if number is None:
            return UNREADABLE
        if not lower <= number <= upper or (field.type == "integer" and not _whole(number)):
            return OUT_OF_RANGE
        return Outcome(number)

    return read


def _project_reader(missing: Callable[[Cell], Outcome | None], *, wave: Wave | None, registry: Registry) -> Reader:
    """Reads a project's id or name; a project that is not the wave's is set aside and reported."""
    known: dict[str, set[str]] = {}
    for project in registry.projects:
        for name in (project.id, project.name):
            known.setdefault(fold(name), set()).add(project.id)

    def read(cell: Cell) -> Outcome:
        ids = known.get(fold(as_text(cell)), set())
        if wave is not None:
            ids_here = ids & set(wave.projects)
            if ids and not ids_here:
                return Outcome(None, "unknown_project", "project_not_in_wave")
            ids = ids_here
        if len(ids) == 1:
            return Outcome(next(iter(ids)))
        return missing(cell) or Outcome(None, "unknown_project", "project_unknown")

    return read


def _language_reader(missing: Callable[[Cell], Outcome | None], languages: set[str]) -> Reader:
    by_text = {fold(language): Outcome(language) for language in languages}
    return lambda cell: by_text.get(fold(as_text(cell))) or missing(cell) or UNREADABLE


def _free_text(_: Cell) -> Outcome:
    """Text without categories may hold anything anybody wrote: none of it is kept."""
    return UNREADABLE


def _date(cell: Cell) -> Outcome:
    """ISO dates, and day-month-year as it is written here; never month-day-year."""
    text = as_text(cell)
    if match := _ISO_DATE.fullmatch(text):
        year, month, day = map(int, match.groups())
    elif match := _DUTCH_DATE.fullmatch(text):
        day, month, year = map(int, match.groups())
    else:
        return UNREADABLE
    try:
        return Outcome(date(year, month, day).isoformat())
    except ValueError:
        return OUT_OF_RANGE


def _boolean(cell: Cell) -> Outcome:
    text = fold(as_text(cell))
    if text in _TRUE:
        return Outcome("true")
    return Outcome("false") if text in _FALSE else UNREADABLE
