"""The conclusions under test, as data: ``analysis/claims.yaml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from pipeline.declare.base import (
    ClaimName,
    ConstructName,
    Declaration,
    Line,
    Linked,
    Name,
    Number,
    Parts,
    Text,
    Whole,
    repeated,
)
from pipeline.declare.problems import Finding, found

# finds the names in a statement; its grammar is judged by `analysis.claims`, whose imports every stage would pay for
_EFFECT = re.compile(r"effect\s*\(\s*([\w-]+)\s*(?:,\s*(\w+)\s*)?\)")
_DIFFERENCE = re.compile(r"difference\s*\([^,]*,\s*([\w-]+)\s*\)")


class ClaimText(Declaration):
    """How a claim reads to everybody: a heading and one sentence."""

    heading: Text
    sentence: Text


class Claim(Declaration):
    """One claim.

    ``statement`` is an expression over model parameters or trait effects (grammar: ``analysis/claims/statement.py``):
    ``SWB ~ HS > 0`` · ``HS ~ in_neighbourhood > 0`` · ``cor(HS, SC) > 0`` · ``HS_SC_SWB > 0`` (what the model
    defines) · ``difference(SWB ~ HS, location) > 0`` · ``effect(location, HS) > 0`` ·
    ``effect(location, HS) > effect(construction, HS)``. Effects without an outcome are on ``outcome``.
    ``smallest_effect`` is the smallest effect of interest, in the estimate's standardised metric.
    """

    id: ClaimName
    text: ClaimText
    statement: Line
    model: Name | None = None
    """The model the parameter lives in, of ``params.yaml: models`` or ``directions.models``; unset for statements about
    trait effects."""
    outcome: ConstructName | None = None
    """The outcome of effects that name none: ``effect(location) > effect(construction)``."""
    kind: Literal["confirmatory", "exploratory"]
    smallest_effect: Number = Field(gt=0)

    @property
    def effects(self) -> list[tuple[str, str | None]]:
        """(trait, outcome) of every effect in the statement; ``None`` where neither it nor the claim names one."""
        return [(trait, outcome or self.outcome) for trait, outcome in _EFFECT.findall(self.statement)]

    @property
    def differing(self) -> list[str]:
        """Traits between whose levels the statement compares a path."""
        return _DIFFERENCE.findall(self.statement)


class Claims(Linked):
    """``analysis/claims.yaml``."""

    parts: ClassVar[Mapping[str, type[Declaration]]] = {"claims": Claim}

    version: Whole = Field(ge=1)
    claims: list[Claim] = Field(min_length=1)

    @classmethod
    def findings(cls, parts: Parts) -> list[Finding]:
        """Claims of one name."""
        claims = parts.all("claims", Claim)
        again = repeated((("claims", i, "id"), claim.id) for i, claim in claims.items())
        return [Finding(place, "twice", {"found": found(value)}) for place, value in again]
