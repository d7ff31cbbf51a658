"""Spoil a declaration on purpose, and see what is said about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.declare import DeclarationError, Problem, load_study


def spoil(folder: Path, file: str, old: str, new: str) -> int:
    """Replace the only ``old`` in ``file`` by ``new``; return the line (from 1) the change starts on."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file} holds {old!r} {text.count(old)} times"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def problems_of(folder: Path) -> Sequence[Problem]:
    """What loading the study at ``folder`` says."""
    with pytest.raises(DeclarationError) as caught:
        load_study(folder)
    return caught.value.problems


def only_problem(folder: Path) -> Problem:
    """The one problem of the study at ``folder``."""
    problems = problems_of(folder)
    assert len(problems) == 1, "\n".join(problem.in_language("en") for problem in problems)
    return problems[0]
