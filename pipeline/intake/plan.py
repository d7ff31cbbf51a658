"""Which column of a file answers which variable: by the crosswalk, by name, by the question's exact words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.declare import CrosswalkRow, Instrument, InstrumentField, Registry, Wave
from pipeline.declare.names import NOT_ASKED
from pipeline.intake.columns import Columns, Match, by_name_or_words, told_once
from pipeline.intake.dates import date_order
from pipeline.intake.outcome import Outcome, Reader
from pipeline.intake.problems import Problem, UnreadableError, place
from pipeline.intake.similar import nearest
from pipeline.intake.source import Cell, SourceColumn, SourceTable
from pipeline.intake.text import Mark, as_text, fold, number_in
from pipeline.intake.values import CODE_OR_LABEL, Recode, field_reader


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

    The crosswalk decides. A variable it does not mention is had from the column of that name, or from the only one that
    has exactly its question as heading (``columns.by_name_or_words``). A variable without a column is missing, and an
    error, unless it is optional or the crosswalk says why it is not there. Raises ``UnreadableError`` when no column is
    known at all.
    """
    columns = Columns(table)
    lines = _lines_by_variable(crosswalk)
    left_out = _left_out(crosswalk, columns)
    matches = _matches(instrument, lines, columns, left_out)
    problems: list[Problem] = told_once(matches.values(), sheet=table.format.sheet)
    plans, missing = [], []
    for field in instrument.fields:
        own, match = lines.get(field.name), matches[field.name]
        reader = field_reader(
            field, instrument, decimal=table.format.decimal, wave=wave, registry=registry,
            order=date_order(_cells(table, match.column) if field.type == "date" else ()),
        )  # fmt: skip
        recodes, n_wrong = _recodes(own, reader) if own else ((), 0)
        problems += [Problem("crosswalk_value_unknown", variable=field.name, count=n_wrong)] if n_wrong else []
        if match.column is None and match.problem is None and _must_be_there(field, own):
            missing.append(field)
        plans.append(VariablePlan(field, match.column, (own.absent if own else "") or NOT_ASKED, reader, recodes))
    used = {plan.column.position for plan in plans if plan.column}
    unmapped = tuple(c for c in table.columns if c.position not in used and c.made_from is None)
    if not used:
        _refuse(table, problems)
    told = {p for problem in problems for p in problem.columns}
    named = {fold(name) for name in wave.only} if wave else set()
    # a second column of the same name has a problem of its own
    named |= {fold(plan.column.name) for plan in plans if plan.column}
    named |= {fold(column.name) for column in table.columns if column.position in left_out}
    of_options = {plan.column.made_from for plan in plans if plan.column}
    unknown = [
        column
        for column in unmapped
        if not column.own
        and column.position not in of_options
        and fold(column.name) not in named
        and place(column) not in told
    ]
    options = {column.position for column in unknown if _is_an_option(column, list(_cells(table, column)))}
    problems += _missing_and_unknown(missing, unknown, options)
    return Plan(tuple(plans), unmapped, tuple(problems))


def _matches(
    instrument: Instrument, lines: dict[str, _Lines], columns: Columns, left_out: set[int]
) -> dict[str, Match]:
    """The column of every variable, or why it has none."""
    by_crosswalk = {name: _by_crosswalk(name, own, columns) for name, own in lines.items()}
    spoken_for = left_out | {match.column.position for match in by_crosswalk.values() if match.column}
    others = [field for field in instrument.fields if field.name not in lines]
    return by_crosswalk | by_name_or_words(others, columns, spoken_for=spoken_for)


def _by_crosswalk(variable: str, lines: _Lines, columns: Columns) -> Match:
    """The column that the crosswalk names for ``variable``, and a problem when it is not there."""
    if lines.absent or not lines.sources:
        return Match(None)
    match = columns.named_in_crosswalk(lines.sources[0], variable)
    if match.column:
        return match
    return Match(None, match.problem or Problem("crosswalk_column_missing", variable=variable))


def _left_out(crosswalk: Iterable[CrosswalkRow], columns: Columns) -> set[int]:
    """Positions of the columns that the crosswalk leaves out."""
    names = {row.var_name_orig for row in crosswalk if row.var_name_orig and not row.var_name_target}
    found = [columns.named_in_crosswalk(name).column for name in names]
    return {column.position for column in found if column}


def _cells(table: SourceTable, column: SourceColumn | None) -> Iterable[Cell]:
    """The different cells of ``column``."""
    return table.cells_by_row[column.position].cat.categories if column else ()


def columns_of_numbers(table: SourceTable, crosswalk: list[CrosswalkRow], instrument: Instrument) -> list[SourceColumn]:
    """The columns whose cells are read as numbers where they hold one: those of quantities and of answer codes."""
    columns = Columns(table)
    matches = _matches(instrument, _lines_by_variable(crosswalk), columns, _left_out(crosswalk, columns))
    fields = [
        field
        for field in instrument.fields
        if field.role not in ("project", "source_id")
        and (field.type in ("integer", "number") or instrument.categories_of(field))
    ]
    found = {column.position: column for field in fields if (column := matches[field.name].column)}
    return list(found.values())


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
        if outcome == CODE_OR_LABEL and candidate == number:
            return Outcome(number)  # the crosswalk says that it is the code
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


def _is_an_option(column: SourceColumn, cells: list[Cell]) -> bool:
    """Whether ``column`` is one answer of a question that has a column for each: its cells are the end of its heading,
    or empty. Under the variable's name it would be that answer alone."""
    return len(cells) == 1 and fold(column.name).endswith(f"/{fold(as_text(cells[0]))}")


def _missing_and_unknown(
    missing: list[InstrumentField], unknown: list[SourceColumn], options: set[int]
) -> list[Problem]:
    """A missing variable and the unknown column that is probably it make one problem, not two. ``options``: positions
    of columns that are no variable by themselves."""
    left = {fold(column.name): column for column in unknown}
    problems = []
    for field in missing:
        whole = {name: column for name, column in left.items() if column.position not in options}
        similar = _similar(field, missing, whole)
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
    is nearly the question or nearly the variable's name."""
    if len(missing) == 1 and len(unknown) == 1:
        return next(iter(unknown.values()))
    words = {text: column for column in unknown.values() for text in column.wordings}
    names = {code: column for column in unknown.values() for code in (column.name, *column.codes) if len(code) <= 60}
    for text, named in (*((title, words) for title in field.title.values()), (field.name, names)):
        if found := nearest(text, named):
            return found[0]
    return None


__all__ = ["Plan", "VariablePlan", "columns_of_numbers", "make_plan"]
