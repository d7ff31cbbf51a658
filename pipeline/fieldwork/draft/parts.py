"""What a draft is made of: questions, their answers, columns that stay out, and remarks for whoever looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipeline.declare.items import FieldRole

Kind = Literal["closed", "boolean", "integer", "number", "date", "id", "language", "project"]
"""How a question is answered; ``id``, ``language`` and ``project`` are no questions, but are told by a column."""


@dataclass(frozen=True)
class Remark:
    """Something to look at: key of a sentence under ``instrument_draft`` in the catalogue, and what fills it."""

    key: str
    details: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Option:
    """One answer: its code and its words by language."""

    value: float | str
    labels: Mapping[str, str]

    def __hash__(self) -> int:
        return hash((self.value, tuple(sorted(self.labels.items()))))


@dataclass(frozen=True)
class Question:
    """One field of the draft.

    ``titles``: its words by language. ``group``: what questions of one grid have in common; empty where it is in none.
    ``declared``: whether the file says what the answers are, or they were seen in it. ``ordered``: whether the codes
    are known to run from little to much. ``list_name``: what the form calls the answers. ``column``: where in the file
    it stands.
    """

    name: str
    titles: Mapping[str, str]
    kind: Kind
    role: FieldRole = "background"
    options: tuple[Option, ...] = ()
    group: str = ""
    declared: bool = False
    ordered: bool = True
    list_name: str = ""
    column: str = ""
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """A column that is no field. ``reason``: key of a sentence under ``instrument_draft: left_out``."""

    column: str
    reason: str


@dataclass(frozen=True)
class Missing:
    """A code that says why there is no answer."""

    value: float | str
    reason: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Draft:
    """All of it. ``languages``: those that there are words in, the file's own first."""

    languages: tuple[str, ...]
    questions: tuple[Question, ...]
    left_out: tuple[LeftOut, ...]
    missing: tuple[Missing, ...] = ()
    other_languages: tuple[str, ...] = ()
    """Languages that a column names and that there are no words in."""
