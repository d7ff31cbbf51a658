"""Which cells of the sender's table a problem is about, and what the comment on each says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.declare import in_language
from pipeline.intake.check import Checked
from pipeline.intake.expectation import Expectation
from pipeline.intake.messages import explain_thing
from pipeline.intake.problems import Problem, Severity
from pipeline.intake.similar import nearest
from pipeline.intake.source import Cell, FileFormat, Grid
from pipeline.intake.text import as_text
from pipeline.intake.things import Thing
from pipeline.intake.words import Language, catalogue

Place = tuple[int, int]
"""Row and column in the copy, both from 1."""
_SPELLINGS = frozenset({"spelling_variant", "unreadable", "project_unknown"})
"""Cells for which an answer of the questionnaire may be proposed."""


@dataclass
class Marks:
    """What is marked: cells with the problems they are concerned by, and rows that are concerned as a whole."""

    by_place: dict[Place, list[Problem]] = field(default_factory=lambda: defaultdict(list))
    by_row: dict[int, list[Problem]] = field(default_factory=lambda: defaultdict(list))

    def severity(self, row: int, column: int) -> Severity | None:
        """The worst that is said of a cell; ``None`` where nothing is."""
        problems = [*self.by_place.get((row, column), ()), *self.by_row.get(row, ())]
        if not problems:
            return None
        return "error" if any(problem.severity == "error" for problem in problems) else "warning"


def row_in_copy(row: int, found: FileFormat) -> int:
    """Where the copy has the sender's ``row``: the same, but an SPSS case stands one lower, below the names."""
    return row + 1 if found.kind == "sav" else row


def columns_in_copy(grid: Grid) -> list[int]:
    """Where the copy has each column of ``grid``: under its own letter."""
    return [_index(column.letter) if column.letter else column.position + 1 for column in grid.columns]


def _index(letter: str) -> int:
    index = 0
    for character in letter:
        index = index * 26 + ord(character) - ord("A") + 1
    return index


def marks_of(problems: Iterable[Problem], grid: Grid) -> Marks:
    """Every cell concerned. A problem of a column as a whole marks its heading, one of rows alone those rows; a column
    that must go is marked from its heading down."""
    found = grid.format
    places = columns_in_copy(grid)
    by_letter = {column.letter or column.name: at for column, at in zip(grid.columns, places, strict=True)}
    heading = heading_row_in_copy(grid)
    marks = Marks()
    for problem in problems:
        columns = [by_letter[key] for letter, name in problem.columns if (key := letter or name) in by_letter]
        rows = [row_in_copy(row, found) for row in problem.rows]
        for column in columns:
            for row in [heading, *rows] if problem.refuses_column or not rows else rows:
                marks.by_place[row, column].append(problem)
        if not columns:
            for row in rows:
                marks.by_row[row].append(problem)
    return marks


def heading_row_in_copy(grid: Grid) -> int:
    """The row with the headings."""
    return 1 if grid.format.kind == "sav" else grid.heading_row


class Comments:
    """What is said of a cell. ``expected`` gives the answers that a spelling may have meant."""

    def __init__(self, checked: Checked, expected: Expectation, found: FileFormat, language: Language) -> None:
        self._language, self._found = language, found
        self._said: dict[int, str] = {}
        fields = {v.field.name: v.field for v in checked.plan.variables} if checked.plan else {}
        self._answers = {name: _answers(name, expected, language) for name in fields}

    def of(self, problems: Iterable[Problem], cell: Cell | None) -> str:
        """The comment on a cell with ``problems``."""
        told = [self._sentences(problem) + self._proposal(problem, cell) for problem in problems]
        return "\n\n".join(dict.fromkeys(told))

    def _sentences(self, problem: Problem) -> str:
        """What is wrong, expected and to be done; the same for every cell of the problem."""
        if id(problem) not in self._said:
            texts = catalogue()["verdict"][self._language]
            said = explain_thing(Thing((problem,)), self._language, self._found)
            parts = [said.what]
            parts += [f"{texts[name]}: {text}" for name in ("expected", "fix") if (text := getattr(said, name))]
            self._said[id(problem)] = "\n".join(parts)
        return self._said[id(problem)]

    def _proposal(self, problem: Problem, cell: Cell | None) -> str:
        """Which answer is probably meant; empty where none is near."""
        answers = self._answers.get(problem.variable, {})
        if problem.code not in _SPELLINGS or not isinstance(cell, str) or not answers:
            return ""
        near = nearest(cell, answers)
        if near is None:
            return ""
        proposal: str = catalogue()["answer"][self._language]["proposal"]
        return "\n" + proposal.format(answer=near[0])


def _answers(variable: str, expected: Expectation, language: Language) -> Mapping[str, str]:
    """Every way to write an answer to ``variable``, and the answer as it is proposed."""
    instrument = expected.instrument
    declared = instrument.field_named(variable)
    if declared.role == "project":
        projects = [p for p in expected.registry.projects if not expected.wave or p.id in expected.wave.projects]
        return {text: f"{p.id} ({p.name})" for p in projects for text in (p.id, p.name)}
    answers: dict[str, str] = {}
    for category in instrument.categories_of(declared):
        code, label = as_text(category.value), in_language(category.label, language)
        shown = code if code == label else f"{code} ({label})"
        answers |= dict.fromkeys((code, *category.label.values()), shown)
    return answers
