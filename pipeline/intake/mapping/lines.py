"""A line of a proposed crosswalk: what it says, how sure it is, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from pipeline.declare import CrosswalkRow
from pipeline.intake.words import Language, catalogue

Certainty = Literal["sure", "likely", "check"]
CERTAINTIES: tuple[Certainty, ...] = ("sure", "likely", "check")
Kind = Literal["column", "value", "left_out", "personal", "absent"]
"""A column answers a variable; one of its values is recoded; a column answers nothing; it must not come in either; no
column answers a variable."""


@dataclass(frozen=True)
class Why:
    """A reason: key of a sentence under ``mapping`` in the catalogue, and what fills it (names and numbers)."""

    key: str
    details: Mapping[str, str | int] = field(default_factory=dict)

    def said(self, language: Language) -> str:
        """The sentence in ``language``."""
        text: str = catalogue()["mapping"][language]["why"][self.key]
        return text.format(**self.details)


@dataclass(frozen=True)
class ProposedLine:
    """One line. ``why``: every reason, the first the strongest."""

    row: CrosswalkRow
    kind: Kind
    certainty: Certainty
    why: tuple[Why, ...]

    def at_most(self, certainty: Certainty, *why: Why) -> ProposedLine:
        """The line, no surer than ``certainty``, with reasons more."""
        return replace(self, certainty=least_sure([self.certainty, certainty]), why=(*self.why, *why))

    def said(self, language: Language) -> str:
        """All reasons in one sentence."""
        return "; ".join(why.said(language) for why in self.why)


def least_sure(certainties: Iterable[Certainty]) -> Certainty:
    """The least sure of ``certainties``; ``sure`` of none."""
    return max(certainties, key=CERTAINTIES.index, default="sure")
