"""What the answer would be without the columns that must not come in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from pipeline.intake.check import Checked
from pipeline.intake.problems import Problem, UnreadableError
from pipeline.intake.refused import refused_columns
from pipeline.intake.source import SourceTable

Columns = tuple[tuple[str, str], ...]
"""Letter and heading of each column."""


def without_refused(checked: Checked, cut_and_check: Callable[[Checked], Checked]) -> tuple[Checked, Columns]:
    """The answer to the file without its refused columns, and which those are; the same answer where there are none.

    The places are those of the sender's own file, which has all of its columns still. ``cut_and_check`` leaves the
    columns out and checks what is left; what it cannot cut is a problem.
    """
    refused = dict.fromkeys(p for problem in checked.problems if problem.refuses_column for p in problem.columns)
    if not refused or checked.received is None or checked.table is None:
        return checked, ()
    try:
        fresh = cut_and_check(checked)
    except UnreadableError as stop:
        return replace(checked, problems=(*stop.problems, *checked.problems)), ()
    own = _own_letters(checked.table, fresh.table, {*refused_columns(checked)})
    problems = tuple(_at_home(problem, own) for problem in fresh.problems)
    return replace(fresh, problems=problems, received=checked.received, table=checked.table), tuple(refused)


def _own_letters(before: SourceTable, after: SourceTable | None, left_out: set[int]) -> dict[str, str]:
    """What the sender's file calls each column of the file without some: nothing where they cannot be matched."""
    if after is None:
        return {}
    gone = {column.letter for column in before.columns if column.position in left_out}
    kept = list(dict.fromkeys(column.letter for column in before.columns if column.letter not in gone))
    now = list(dict.fromkeys(column.letter for column in after.columns))
    return dict(zip(now, kept, strict=True)) if len(now) == len(kept) else {}


def _at_home(problem: Problem, own: Mapping[str, str]) -> Problem:
    """``problem`` with the letters of the sender's file."""
    details = dict(problem.details)
    if "column_letter" in details:
        details["column_letter"] = own.get(str(details["column_letter"]), details["column_letter"])
    columns = tuple((own.get(letter, letter), name) for letter, name in problem.columns)
    return replace(problem, columns=columns, details=details)
