"""How alike two texts are: for proposing, never for deciding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from rapidfuzz import fuzz, process

from pipeline.intake.text import fold

T = TypeVar("T")

ALIKE = 80.0
"""From here on (of 100) one text may be a spelling of another."""
CLEAR = 3.0
"""By so much (of 100) the nearest has to be nearer than the next, or neither is said to be meant."""
_NEGATIONS = frozenset({"niet", "geen", "nooit", "not", "no", "never", "don't", "لا", "ليس", "غير"})


def alike(one: str, other: str) -> float:
    """How alike two texts are, from 0 to 100: RapidFuzz's ``ratio`` of the folded texts, the normalised number of
    letters that must be put in or taken out (Indel distance)."""
    return fuzz.ratio(fold(one), fold(other))


def nearest(text: str, named: Mapping[str, T], *, at_least: float = ALIKE) -> tuple[T, float] | None:
    """What ``named`` has under the name most like ``text``, and how alike they are (``alike``).

    ``None`` when nothing reaches ``at_least``, when something else is nearly as near (``CLEAR``), or when one of the
    two denies and the other does not: a letter more or less must not turn an answer into its opposite.
    """
    wanted = fold(text)
    names = {name: folded for name in named if denies(folded := fold(name)) == denies(wanted)}
    found = process.extract(wanted, names, scorer=fuzz.ratio, score_cutoff=max(at_least - CLEAR, 0.0), limit=None)
    if not found or found[0][1] < at_least:
        return None
    _, best, name = found[0]
    close = [named[other] for _, score, other in found if best - score < CLEAR]
    return (named[name], best) if all(thing == named[name] for thing in close) else None


def denies(folded: str) -> bool:
    """Whether a folded text holds an odd number of words like "not"."""
    return sum(word in _NEGATIONS for word in folded.replace(",", " ").split()) % 2 == 1
