"""The cross of all choices that make sense for a family of claims, and which of it is run."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.multiverse.inputs import Inputs
from analysis.multiverse.specification import Family, Specification


@dataclass(frozen=True)
class Cross:
    """All combinations that make sense for ``family``; ``main`` is the one the verdict stands on.

    ``n`` says how many there are, without making them.
    """

    family: Family
    main: Specification
    n: int


def main_specification(inputs: Inputs, family: Family) -> Specification:
    """The choices that the published verdict on the family's claims stands on."""
    raise NotImplementedError


def cross(inputs: Inputs, family: Family) -> Cross:
    """The combinations that make sense for ``family`` with these data."""
    raise NotImplementedError


def drawn(crossed: Cross, *, n: int, seed: int) -> list[Specification]:
    """The main specification, those one choice away from it, then others at random without replacement, ``n`` in all
    (0: every one)."""
    raise NotImplementedError
