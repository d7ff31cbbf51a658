"""What is wrong with a file, as data: a stable code, how bad it is, where it is. Never an answer, never an id.

The files in ``words/`` hold the sentences and what follows from each code; ``messages.py`` puts them together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipeline.intake.identifiers import is_personal
from pipeline.intake.source import SourceColumn
from pipeline.intake.words import catalogue

Severity = Literal["error", "warning"]
_TURNING = re.compile("[\u200b\u200e\u200f\u061c\u202a-\u202e\u2060\u2066-\u2069\ufeff\x00-\x08\x0e-\x1f\x7f]")
SHOWN_ROWS = 10
"""How many rows a sentence or JSON names; the count says how many there are."""

CODES: dict[str, str] = {code: entry["kind"] for code, entry in catalogue()["problems"].items()}
"""Every code and what follows from it: ``stops_reading``, ``stops_ingest``, ``stops_submission``, ``refuses_column`` or
``warning``."""


@dataclass(frozen=True)
class Problem:
    """One thing to change (or, for a warning, to look at).

    ``columns``: (letter, heading) of each column concerned. ``rows``: every row concerned, as the sender's
    program numbers them; ``count``: how many there are. ``variable``: the instrument's name. ``expected``: key of a
    sentence under ``expected`` in the catalogue. ``details``: numbers and declared names that fill the sentences.
    """

    code: str
    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[int, ...] = ()
    count: int = 0
    variable: str = ""
    sheet: str = ""
    expected: str = ""
    details: Mapping[str, str | int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"unknown problem code {self.code!r}")

    @property
    def severity(self) -> Severity:
        """``error`` stops a submission, ``warning`` does not."""
        return "warning" if CODES[self.code] == "warning" else "error"

    @property
    def structural(self) -> bool:
        """Whether a stored wave with this problem cannot be ingested."""
        return CODES[self.code] in ("stops_reading", "stops_ingest")

    @property
    def refuses_column(self) -> bool:
        """Whether leaving the columns out would be enough."""
        return CODES[self.code] == "refuses_column"

    @property
    def shown_rows(self) -> tuple[int, ...]:
        """The first few rows."""
        return self.rows[:SHOWN_ROWS]

    def as_json(self) -> dict[str, Any]:
        """For ``--json`` and ``<wave>.problems.json``."""
        letter, name = self.columns[0] if self.columns else ("", "")
        content: dict[str, Any] = {"code": self.code, "severity": self.severity}
        optional = {
            "column": name, "letter": letter, "variable": self.variable, "sheet": self.sheet,
            "rows": list(self.shown_rows), "count": self.count, "details": dict(self.details),
        }  # fmt: skip
        if len(self.columns) > 1:
            optional["columns"] = [{"letter": letter, "name": name} for letter, name in self.columns]
        return content | {key: value for key, value in optional.items() if value}


class UnreadableError(Exception):
    """Reading stops here: one problem that leaves nothing else to look at, and what was found before it."""

    def __init__(self, problem: Problem, before: Iterable[Problem] = ()) -> None:
        super().__init__(problem.code)
        self.problems = [*before, problem]


def place(column: SourceColumn) -> tuple[str, str]:
    """How the sender finds ``column`` back: letter and heading, unless the heading would name a person. Marks that
    are not seen and turn the text after them around are left out."""
    return column.letter, "" if is_personal(column.name) else _TURNING.sub("", column.name)
