"""Which columns a variable can be had from: by a crosswalk, by name or code, by the question's exact words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from pipeline.declare import InstrumentField
from pipeline.intake.problems import Problem, place
from pipeline.intake.source import SourceColumn, SourceTable
from pipeline.intake.text import fold

ByPosition = dict[int, SourceColumn]


@dataclass(frozen=True)
class Match:
    """What was found for a variable: the one column, or the reason why none can be taken."""

    column: SourceColumn | None
    problem: Problem | None = None


NOTHING = Match(None)


@dataclass(frozen=True)
class Columns:
    """The columns of a file by all that they are called."""

    table: SourceTable

    @cached_property
    def by_heading(self) -> dict[str, SourceColumn]:
        """By folded heading; of two with the same heading, which is a problem of its own, the first."""
        return {fold(column.name): column for column in reversed(self.table.columns)}

    @cached_property
    def by_name(self) -> dict[str, ByPosition]:
        """By folded heading or code. A column with several names for one thing is one column."""
        found: dict[str, ByPosition] = defaultdict(dict)
        for name, column in self.by_heading.items():
            found[name][column.position] = column
        for column in self.table.columns:
            for code in column.codes:
                if self.by_heading[fold(column.name)] is column:
                    found[fold(code)][column.position] = column
        return found

    @cached_property
    def by_wording(self) -> dict[str, ByPosition]:
        """By the question's folded words."""
        found: dict[str, ByPosition] = defaultdict(dict)
        for column in self.by_heading.values():
            for words in column.wordings:
                found[fold(words)][column.position] = column
        return found

    def with_name(self, name: str) -> Collection[SourceColumn]:
        """The columns whose heading or code is ``name``."""
        return self.by_name.get(fold(name), {}).values()

    def named_in_crosswalk(self, name: str, variable: str = "") -> Match:
        """The column that a crosswalk's line for ``variable`` means: by heading, else by a code that only one has."""
        if column := self.by_heading.get(fold(name)):
            return Match(column)
        return _only(self.with_name(name), variable)


def _only(columns: Collection[SourceColumn], variable: str) -> Match:
    """The one column of ``columns``; a problem that names them when there are more."""
    if len(columns) <= 1:
        return Match(next(iter(columns), None))
    places = tuple(place(column) for column in columns)
    return Match(None, Problem("column_ambiguous", columns=places, count=len(places), variable=variable))


def by_name_or_words(
    fields: Iterable[InstrumentField], columns: Columns, *, spoken_for: Collection[int]
) -> dict[str, Match]:
    """For every variable that no crosswalk speaks of, the column it is had from, by the variable's name.

    First by name: the column whose heading, or whose code in the survey tool, is the variable's name. Then by words:
    the column whose heading or label is exactly (folded) the question in one of its languages, unless the crosswalk
    has a use for the column (``spoken_for``: positions) or a variable has it by name. Two columns for one variable, or
    two variables for one column, are a problem that names them: none is taken.
    """
    fields = list(fields)
    matches = {field.name: _only(columns.with_name(field.name), field.name) for field in fields}
    taken = {*spoken_for, *(m.column.position for m in matches.values() if m.column)}
    open_fields = [field for field in fields if matches[field.name] == NOTHING]
    fits = {field.name: _with_words(field, columns, taken) for field in open_fields}
    wanted_by: dict[int, list[str]] = defaultdict(list)
    for name, found in fits.items():
        for position in found:
            wanted_by[position].append(name)
    for name, found in fits.items():
        match = _only(found.values(), name)
        if match.column and len(wanted_by[match.column.position]) > 1:
            match = Match(None, _words_of_several(match.column, wanted_by[match.column.position]))
        matches[name] = match
    return matches


def _with_words(field: InstrumentField, columns: Columns, taken: Collection[int]) -> ByPosition:
    found: ByPosition = {}
    for title in field.title.values():
        found |= columns.by_wording.get(fold(title), {})
    return {position: column for position, column in found.items() if position not in taken}


def _words_of_several(column: SourceColumn, variables: list[str]) -> Problem:
    return Problem(
        "title_ambiguous", columns=(place(column),), count=len(variables), details={"variables": ", ".join(variables)}
    )


def told_once(matches: Iterable[Match], *, sheet: str) -> list[Problem]:
    """The problems of ``matches``, each once though it concerns several variables."""
    problems = [replace(match.problem, sheet=sheet) for match in matches if match.problem]
    return [problem for i, problem in enumerate(problems) if problem not in problems[:i]]
