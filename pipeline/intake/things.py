"""Things to do: problems that are mended in the same way are one of them, however many columns they concern."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.intake.problems import CODES, Problem, Severity
from pipeline.intake.words import catalogue


@dataclass(frozen=True)
class Thing:
    """One thing to change or to look at: ``problems`` (at least one), all with the same code and the same remedy."""

    problems: tuple[Problem, ...]

    @property
    def code(self) -> str:
        """The code of all of them."""
        return self.problems[0].code

    @property
    def kind(self) -> str:
        """What follows from it (``problems.CODES``)."""
        return CODES[self.code]

    @property
    def severity(self) -> Severity:
        """``error`` stops a submission, ``warning`` does not."""
        return self.problems[0].severity

    @property
    def sheet(self) -> str:
        """The sheet, empty where the file has none."""
        return self.problems[0].sheet

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Letter and heading of every column concerned, each once."""
        return tuple(dict.fromkeys(column for problem in self.problems for column in problem.columns))

    @property
    def variables(self) -> tuple[str, ...]:
        """The questionnaire's names concerned, each once."""
        return tuple(dict.fromkeys(problem.variable for problem in self.problems if problem.variable))

    @property
    def rows(self) -> tuple[int, ...]:
        """Every row concerned, in order."""
        return tuple(sorted({row for problem in self.problems for row in problem.rows}))

    @property
    def count(self) -> int:
        """How many there are, of all problems together."""
        return sum(problem.count for problem in self.problems)


def things_in(problems: Iterable[Problem]) -> list[Thing]:
    """``problems`` as things to do, in the order of the first of each."""
    together: dict[tuple[object, ...], list[Problem]] = {}
    for problem in problems:
        together.setdefault(_remedy(problem), []).append(problem)
    return [Thing(tuple(same)) for same in together.values()]


def _remedy(problem: Problem) -> tuple[object, ...]:
    """What two problems must share to be one thing to do: the code, and every number and name in the sentences.

    Which column and variable it is does not count. A code that has sentences for ``several`` counts as one whatever the
    numbers are, unless they say what was expected.
    """
    anything = "several" in catalogue()["problems"][problem.code] and not problem.expected
    details = {} if anything else problem.details
    shared = sorted((name, value) for name, value in details.items() if not name.startswith("column_"))
    return (problem.code, problem.sheet, problem.expected, tuple(shared))
