"""Which column of a file answers which variable, by the crosswalk and by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from pipeline.declare import CrosswalkRow, Instrument, InstrumentField, Registry, Wave
from pipeline.declare.names import NOT_ASKED
from pipeline.intake.problems import Problem, UnreadableError, place
from pipeline.intake.source import Cell, SourceColumn, SourceTable
from pipeline.intake.text import Mark, fold, number_in
from pipeline.intake.values import Outcome, Reader, Recode, field_reader


@dataclass(frozen=True)
class VariablePlan:
    """How one variable is had: from ``column``, or from none for the reason ``absent``."""

    field: InstrumentField
    column: SourceColumn | None
    absent: str
    reader: Reader
    recodes: tuple[Recode, ...] = ()


@dataclass(frozen=True)
class Plan:
    """``variables`` in questionnaire order; ``unmapped``: columns that no variable is had from; ``problems``: what the
    file or the crosswalk lacks."""

    variables: tuple[VariablePlan, ...]
    unmapped: tuple[SourceColumn, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class _Lines:
    """The crosswalk's lines for one variable."""

    sources: tuple[str, ...]
    absent: str
    values: tuple[CrosswalkRow, ...]


def make_plan(
    table: SourceTable, crosswalk: list[CrosswalkRow], instrument: Instrument, *, wave: Wave | None, registry: Registry
) -> Plan:
    """Find a column for every variable of ``instrument``.

    The crosswalk decides; a variable it does not mention is had from the column of that name. A variable without a
    column is missing, and an error, unless it is optional or the crosswalk says why it is not there. Raises
    ``UnreadableError`` when no column is known at all.
    """
    by_name = _by_name(table)
    lines = _lines_by_variable(crosswalk)
    problems: list[Problem] = []
    plans, missing = [], []
    for field in instrument.fields:
        reader = field_reader(field, instrument, decimal=table.format.decimal, wave=wave, registry=registry)
        own = lines.get(field.name)
        column, found = _column(field, own, by_name)
        problems += found
        recodes, n_wrong = _recodes(own, reader) if own else ((), 0)
        problems += [Problem("crosswalk_value_unknown", variable=field.name, count=n_wrong)] if n_wrong else []
        if column is None and _must_be_there(field, own):
            missing.append(field)
        plans.append(VariablePlan(field, column, (own.absent if own else "") or NOT_ASKED, reader, recodes))
    used = {plan.column.position for plan in plans if plan.column}
    left_out = {fold(row.var_name_orig) for row in crosswalk if row.var_name_orig and not row.var_name_target}
    left_out |= {fold(name) for name in wave.only} if wave else set()
    unmapped = tuple(column for column in table.columns if column.position not in used)
    # a second column of the same name has a problem of its own
    named = left_out | {fold(plan.column.name) for plan in plans if plan.column}
    unknown = [column for column in unmapped if fold(column.name) not in named]
    if not used:
        _refuse(table, problems)
    problems += _missing_and_unknown(missing, unknown)
    return Plan(tuple(plans), unmapped, tuple(problems))


def columns_of_numbers(table: SourceTable, crosswalk: list[CrosswalkRow], instrument: Instrument) -> list[SourceColumn]:
    """The columns whose cells are read as numbers where they hold one: those of quantities and of answer codes."""
    by_name = _by_name(table)
    lines = _lines_by_variable(crosswalk)
    fields = [
        field
        for field in instrument.fields
        if field.role not in ("project", "source_id")
        and (field.type in ("integer", "number") or instrument.categories_of(field))
    ]
    found = {column.position: column for f in fields if (column := _column(f, lines.get(f.name), by_name)[0])}
    return list(found.values())


def _by_name(table: SourceTable) -> dict[str, SourceColumn]:
    """The columns by folded heading; of two with the same heading the first."""
    return {fold(column.name): column for column in reversed(table.columns)}


def _must_be_there(field: InstrumentField, lines: _Lines | None) -> bool:
    """Whether ``field`` cannot be without a column: always when it is required, else unless it is optional or the
    crosswalk speaks of it."""
    if lines is not None and lines.sources:
        return False  # the crosswalk names a column, and that it is not there is a problem of its own
    return field.required or (lines is None and not field.optional and field.role != "source_id")


def _lines_by_variable(crosswalk: Iterable[CrosswalkRow]) -> dict[str, _Lines]:
    """The crosswalk by variable. That its lines do not contradict each other was seen to when it was read."""
    rows: dict[str, list[CrosswalkRow]] = defaultdict(list)
    for row in crosswalk:
        if row.var_name_target:
            rows[row.var_name_target].append(row)
    lines = {}
    for name, own in rows.items():
        values = tuple(row for row in own if row.val_numeric_orig or row.val_label_orig)
        sources = tuple(dict.fromkeys(fold(row.var_name_orig) for row in own if row.var_name_orig))
        absent = [row.na_label_target for row in own if row.na_label_target and row not in values]
        lines[name] = _Lines(sources, absent[0] if absent else "", values)
    return lines


def _column(
    field: InstrumentField, lines: _Lines | None, by_name: dict[str, SourceColumn]
) -> tuple[SourceColumn | None, list[Problem]]:
    """The column ``field`` is had from, and a problem when the crosswalk names one that is not there."""
    if lines is None:
        return by_name.get(fold(field.name)), []
    if lines.absent or not lines.sources:
        return None, []
    column = by_name.get(lines.sources[0])
    return column, [] if column else [Problem("crosswalk_column_missing", variable=field.name)]


def _recodes(lines: _Lines, reader: Reader) -> tuple[tuple[Recode, ...], int]:
    """The recodes of single values, and how many lines say a code or category that is none."""
    recodes, n_wrong = [], 0
    for row in lines.values:
        number = _number(row.val_numeric_orig)
        outcome = _target(row, reader)
        if outcome is None or (row.val_numeric_orig and number is None):
            n_wrong += 1
        else:
            recodes.append(Recode(number, fold(row.val_label_orig), outcome))
    return tuple(recodes), n_wrong


def _target(row: CrosswalkRow, reader: Reader) -> Outcome | None:
    """What a line's source value becomes; ``None`` when the variable has no such code or category."""
    if row.na_label_target:
        return Outcome(None, row.na_label_target)
    number = _number(row.val_numeric_target)
    candidates: list[Cell] = [number] if number is not None else []
    candidates += [text for text in (row.val_label_target, row.val_numeric_target) if text]
    for candidate in candidates:
        outcome = reader(candidate)
        if outcome.understood:
            return outcome
    return None


def _number(text: str) -> float | None:
    decimal: Mark = "," if "," in text else "."
    return number_in(text, decimal) if text else None


def _refuse(table: SourceTable, before: list[Problem]) -> None:
    """Stop: either the first row holds answers instead of headings, or this is another questionnaire."""
    numbers = sum(number_in(c.name, ",") is not None or number_in(c.name, ".") is not None for c in table.columns)
    code = "headings_missing" if numbers * 2 >= len(table.columns) else "no_known_columns"
    raise UnreadableError(Problem(code, count=len(table.columns)), before)


def _missing_and_unknown(missing: list[InstrumentField], unknown: list[SourceColumn]) -> list[Problem]:
    """A missing variable and the unknown column that is probably it make one problem, not two."""
    left = {fold(column.name): column for column in unknown}
    problems = []
    for field in missing:
        similar = _similar(field, missing, left)
        details = dict(zip(("column_letter", "column_name"), place(similar), strict=True)) if similar else {}
        problems.append(Problem("column_missing", variable=field.name, count=1, details=details))
        if similar:
            del left[fold(similar.name)]
    if left:
        places = tuple(place(column) for column in unknown if fold(column.name) in left)
        problems.append(Problem("column_unknown", columns=places, count=len(places)))
    return problems


def _similar(
    field: InstrumentField, missing: list[InstrumentField], unknown: dict[str, SourceColumn]
) -> SourceColumn | None:
    """The unknown column that ``field`` probably is: the only one left for the only one missing, or one whose heading
    is the question or nearly the variable's name."""
    if len(missing) == 1 and len(unknown) == 1:
        return next(iter(unknown.values()))
    for title in field.title.values():
        if fold(title) in unknown:
            return unknown[fold(title)]
    close = get_close_matches(fold(field.name), [name for name in unknown if len(name) <= 60], n=1, cutoff=0.75)
    return unknown[close[0]] if close else None


__all__ = ["Plan", "VariablePlan", "columns_of_numbers", "make_plan"]
