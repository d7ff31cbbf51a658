"""What a cell comes to: a value, or the reason for having none."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pipeline.intake.source import Cell

Value = float | str


class Outcome(NamedTuple):
    """A value, or a reason for having none; ``problem`` is the code under which the cell is reported."""

    value: Value | None
    reason: str | None = None
    problem: str | None = None

    @property
    def understood(self) -> bool:
        """Whether the cell meant something, be it a reason for not answering."""
        return self.problem is None


UNREADABLE = Outcome(None, "unreadable", "unreadable")
OUT_OF_RANGE = Outcome(None, "out_of_range", "out_of_range")

Reader = Callable[[Cell], Outcome]
