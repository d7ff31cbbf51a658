"""What is wrong with the declaration, as things to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pipeline.declare.problems import Problem
from pipeline.intake.places import number, runs
from pipeline.intake.words import Language, catalogue

_TOLD = 2
"""How many of the same kind are told in full."""


def declared_things(problems: Iterable[Problem], language: Language) -> list[str]:
    """A sentence for each thing to do: problems of one kind in one file are one, the first of them told in full."""
    together: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        together.setdefault((str(problem.path), problem.code), []).append(problem)
    told = []
    for same in together.values():
        if all(problem.key and not problem.line and not problem.details for problem in same):
            # cells of one sheet with the same thing wrong: one sentence that names them all
            first = same[0]
            keys = ", ".join([first.key, *(problem.key.rpartition("!")[2] for problem in same[1:])])
            told.append(replace(first, key=keys).in_language(language))
            continue
        sentences = [problem.in_language(language) for problem in same[:_TOLD]]
        if left := same[_TOLD:]:
            lines = ", ".join(
                str(first) if first == last else f"{first}–{last}"
                for first, last in runs(problem.line for problem in left if problem.line)[:10]
            )
            key = "declared_more" if lines else "declared_more_without_lines"
            more: str = catalogue()["answer"][language][key]
            sentences.append(more.format(count=number(len(left), language), lines=lines))
        told.append(" ".join(sentences))
    return told
