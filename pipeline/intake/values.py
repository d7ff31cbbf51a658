"""What one cell means for one variable: a value, or the reason why there is none.

Every different cell of a column is looked up once; ``recode`` spreads the outcomes over the rows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pipeline.declare import Instrument, InstrumentField, Registry, Wave
from pipeline.declare.names import NOT_ASKED
from pipeline.intake.dates import DateOrder, date_reader
from pipeline.intake.outcome import OUT_OF_RANGE, UNREADABLE, Outcome, Reader, Value
from pipeline.intake.similar import nearest
from pipeline.intake.source import Cell, SourceColumn
from pipeline.intake.text import Mark, as_text, fold, number_in

EMPTY = Outcome(None, "empty")
CONTRADICTED = Outcome(None, "unreadable", "labels_contradict")
CODE_OR_LABEL = Outcome(None, "unreadable", "code_or_label")
SPELLING_VARIANT = Outcome(None, "unreadable", "spelling_variant")
NOT_SHOWN = Outcome(None, NOT_ASKED)
USER_MISSING = "user_missing"
"""Reason of a code that the sender's file declares missing without saying why."""

_CODE = r"(?P<code>[+-]?\d{1,9}(?:[.,]\d{1,3})?)"
_CODE_AND_LABEL = (
    re.compile(rf"\(?{_CODE}\)?\s*(?:[-–—.:=)|]\s*)?(?P<label>.*[^\W\d_].*)", re.DOTALL),
    re.compile(rf"(?P<label>.*[^\W\d_].*?)\s*[(\[]{_CODE}[)\]]", re.DOTALL),
)
"""``1 - disagree``, ``1. disagree``, ``(1) disagree``, ``1 (disagree)``; ``disagree (1)``."""
_NO_ID = frozenset({"", "-", "na", "n/a", "nan", "null", "none", "nvt", "n.v.t."})
_TRUE = frozenset({"true", "1", "ja", "yes", "waar", "j", "y", "نعم", "እወ"})
_FALSE = frozenset({"false", "0", "nee", "no", "onwaar", "n", "لا"})
_LONGEST_ANSWER = 300
_LANGUAGE_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]+)+")
_LANGUAGE_NAMES: Mapping[str, tuple[str, ...]] = {
    "nl": ("Nederlands", "Dutch"), "en": ("Engels", "English"), "ar": ("Arabisch", "Arabic", "العربية"),
    "ti": ("Tigrinya", "Tigrigna", "ትግርኛ"),
}  # fmt: skip
_MOST_SPELLINGS = 200
"""In a column with more different cells that cannot be read nobody misspelt an answer: it holds something else."""


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
    reported as ``labels_contradict``. What a survey tool writes where a question was not shown is not asked, unless it
    is an answer.
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
        found = direct if direct.understood or not labelled.understood else labelled
        return NOT_SHOWN if not found.understood and fold(as_text(cell)) in column.not_shown else found

    return read


def misspelt(field: InstrumentField, instrument: Instrument, unreadable: Iterable[Cell]) -> list[bool]:
    """Which of the different cells that cannot be read are nearly, not exactly, an answer to ``field`` or a reason for
    not answering: for a person to decide, never to be taken for it."""
    cells = list(unreadable)
    categories = instrument.categories_of(field)
    if not categories or len(cells) > _MOST_SPELLINGS:
        return [False] * len(cells)
    labels = {label: str(c.value) for c in categories for label in c.label.values()}
    labels |= {label: missing.reason for missing in instrument.missing_values for label in missing.label.values()}
    labels |= {str(c.value): str(c.value) for c in categories if isinstance(c.value, str)}
    known = {label: value for label, value in labels.items() if not label.isdigit()}
    return [isinstance(cell, str) and nearest(cell, known) is not None for cell in cells]


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
    order: DateOrder = "unclear",
) -> Reader:
    """The reader of ``field``'s own codes and labels. ``order``: of day and month in the column's dates, if it is one
    of dates."""
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
        "date": date_reader(order),
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
    """Reads codes, labels in any language, a code and its label together, and steps between the codes where the scale
    allows them.

    A number that is one answer's code and another's label is nobody's to guess (``code_or_label``); nor is a code
    beside another answer's label (``labels_contradict``).
    """
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

    def exactly(cell: Cell) -> Outcome | None:
        number = number_in(cell, decimal)
        text = fold(as_text(cell))
        meant = labels.get(text, set())
        found = codes.get(number) if numeric and number is not None else codes.get(text)
        if found and meant - {found}:
            return CODE_OR_LABEL
        if found or (found := missing(cell)):
            return found
        return next(iter(meant)) if len(meant) == 1 else None

    def read(cell: Cell) -> Outcome:
        if found := exactly(cell):
            return found
        number = number_in(cell, decimal)
        if number is None:
            return _code_and_label(cell, exactly) or UNREADABLE
        if not numeric:
            return UNREADABLE
        if steps and values[0] <= number <= values[-1] and _whole((number - values[0]) / steps):
            return Outcome(number)
        return OUT_OF_RANGE

    return read


def _code_and_label(cell: Cell, exactly: Callable[[Cell], Outcome | None]) -> Outcome | None:
    """What a cell means that has both a code and a label; ``None`` when it has not."""
    text = as_text(cell)
    # no answer is longer, and looking through longer ones takes the square of their length
    for form in _CODE_AND_LABEL if len(text) <= _LONGEST_ANSWER else ():
        if match := form.fullmatch(text):
            label = match["label"].strip()
            if label.startswith("(") and label.endswith(")"):
                label = label[1:-1]
            by_code, by_label = exactly(match["code"]), exactly(label)
            if by_code and by_label:
                return by_code if by_code == by_label else CONTRADICTED
    return None


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
    """Reads a language by its code, as survey tools write it (``nl``, ``NL``, ``nl-informal``), or by its name."""
    by_text = {fold(name): Outcome(language) for language in languages for name in _LANGUAGE_NAMES.get(language, ())}
    by_text |= {fold(language): Outcome(language) for language in languages}

    def read(cell: Cell) -> Outcome:
        text = fold(as_text(cell))
        found = by_text.get(text) or missing(cell)
        if not found and (tag := _LANGUAGE_TAG.fullmatch(text)):
            found = by_text.get(tag[1])
        return found or UNREADABLE

    return read


def _free_text(_: Cell) -> Outcome:
    """Text without categories may hold anything anybody wrote: none of it is kept."""
    return UNREADABLE


def _boolean(cell: Cell) -> Outcome:
    text = fold(as_text(cell))
    if text in _TRUE:
        return Outcome("true")
    return Outcome("false") if text in _FALSE else UNREADABLE


__all__ = [
    "CODE_OR_LABEL", "CONTRADICTED", "EMPTY", "OUT_OF_RANGE", "SPELLING_VARIANT", "UNREADABLE", "USER_MISSING",
    "Outcome", "Reader", "Recode", "cell_reader", "field_reader", "misspelt", "source_id",
]  # fmt: skip
