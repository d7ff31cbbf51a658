"""How alike two texts are: for proposing, never for deciding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from rapidfuzz import fuzz, process

from pipeline.intake.text import fold

T = TypeVar("T")

ALIKE = 80.0
"""From here on (of 100) one text may be a spelling of another."""


def nearest(text: str, named: Mapping[str, T], *, at_least: float = ALIKE) -> tuple[T, float] | None:
    """What ``named`` has under the name most like ``text``, and how alike they are (0 to 100); ``None`` when nothing
    reaches ``at_least`` or two different things are equally near.

    Similarity: RapidFuzz's ``ratio`` of the folded texts (normalised insertions and deletions).
    """
    found = process.extract(
        fold(text), {name: fold(name) for name in named}, scorer=fuzz.ratio, score_cutoff=at_least, limit=5
    )
    if not found:
        return None
    best = found[0][1]
    things = [named[name] for _, score, name in found if score == best]
    return (things[0], best) if all(thing == things[0] for thing in things) else None
