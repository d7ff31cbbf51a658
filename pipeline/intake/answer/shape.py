"""The answer for a program: a shape that does not change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pipeline.declare.problems import Problem as DeclarationProblem
from pipeline.intake.answer.declared import declared_things
from pipeline.intake.answer.next_step import next_step, step_in_words
from pipeline.intake.check import Checked
from pipeline.intake.messages import explain_thing, verdict
from pipeline.intake.problems import CODES, Problem
from pipeline.intake.source import FileFormat
from pipeline.intake.things import Thing, things_in
from pipeline.intake.words import Language


def as_json(
    checked: Checked,
    language: Language,
    *,
    declared: Sequence[DeclarationProblem] = (),
    of_wave: bool = True,
    left_out: Sequence[tuple[str, str]] = (),
    command: str = "",
) -> dict[str, Any]:
    """The whole answer. Holds no answer of a resident, no respondent's id and no file name; headings only where they
    are concerned, and not where a heading would name a person.

    Keys are always there; those that do not apply hold ``null``, ``""`` or an empty list.

    ``schema``
        1; counts up when a key goes or changes its meaning. New keys may come.
    ``language``, ``acceptable``, ``verdict``
        ``nl`` or ``en``; whether it can be submitted; the sentence that says so.
    ``sha256``, ``format``, ``rows``, ``columns``
        Checksum of the bytes; ``source.FileFormat`` as an object; the size of the table of answers. ``null`` where the
        file could not be read.
    ``left_out``
        Refused columns that this check did without: ``{"letter", "name"}`` each.
    ``things``
        What the verdict counts, errors first: ``number`` (from 1, errors and warnings apart), ``code``, ``severity``
        (``error`` | ``warning``), ``kind`` (``problems.CODES``), ``what``, ``where`` (a list of lines), ``expected``
        and ``fix`` (sentences), ``columns`` (``{"letter", "name"}``; the letter is empty for SPSS, the name where it
        would name a person), ``variables``, ``count``.
    ``problems``
        Each problem by itself: ``thing`` (its place in ``things``, from 0), ``code``, ``severity``, ``kind``,
        ``variable``, ``sheet``, ``columns``, ``rows`` (the first ten, as the sender's program numbers them), ``count``
        (all of them), ``expected``, ``details`` (numbers and declared names).
    ``declaration_problems``
        What is wrong with the declaration: ``code``, ``line`` (or ``null``), ``key``, ``what``. Those of
        one code in one file count as one thing to do.
    ``next``
        ``step`` (``next_step.Step``), ``say`` and ``command`` (empty where there is no command line).
    """
    found = checked.table.format if checked.table else None
    things, n_declared = things_in(checked.problems), len(declared_things(declared, language))
    place = {id(problem): i for i, thing in enumerate(things) for problem in thing.problems}
    step = next_step(checked, n_declared=n_declared, of_wave=of_wave)
    return {
        "schema": 1,
        "language": language,
        "acceptable": checked.acceptable and not declared,
        "verdict": verdict(checked.problems, language, of_wave=of_wave, n_declared=n_declared),
        "sha256": checked.received.sha256 if checked.received else None,
        "format": asdict(found) if found else None,
        "rows": len(checked.table.cells_by_row) if checked.table else None,
        "columns": checked.table.n_columns if checked.table else None,
        "left_out": _columns(left_out),
        "things": _things(things, language, found),
        "problems": [_problem(problem, place[id(problem)]) for problem in checked.problems],
        "declaration_problems": [
            {"code": p.code, "line": p.line, "key": p.key, "what": p.in_language(language)} for p in declared
        ],
        "next": {"step": step, "say": step_in_words(step, language, with_command=bool(command)), "command": command},
    }


def _things(things: Sequence[Thing], language: Language, found: FileFormat | None) -> list[dict[str, Any]]:
    counts = {"error": 0, "warning": 0}
    told = []
    for thing in things:
        counts[thing.severity] += 1
        said = explain_thing(thing, language, found)
        told.append(
            {
                "number": counts[thing.severity],
                "code": thing.code,
                "severity": thing.severity,
                "kind": thing.kind,
                "what": said.what,
                "where": list(said.where),
                "expected": said.expected,
                "fix": said.fix,
                "columns": _columns(thing.columns),
                "variables": list(thing.variables),
                "count": thing.count,
            }
        )
    return told


def _problem(problem: Problem, thing: int) -> dict[str, Any]:
    return {
        "thing": thing,
        "code": problem.code,
        "severity": problem.severity,
        "kind": CODES[problem.code],
        "variable": problem.variable,
        "sheet": problem.sheet,
        "columns": _columns(problem.columns),
        "rows": list(problem.shown_rows),
        "count": problem.count,
        "expected": problem.expected,
        "details": dict(problem.details),
    }


def _columns(columns: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"letter": letter, "name": name} for letter, name in columns]
