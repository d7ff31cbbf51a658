"""The conclusions under test, as data: ``analysis/claims.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from pipeline.declare.base import ClaimName, Declaration, Line, Linked, Name, Number, Parts, Text, Whole, repeated
from pipeline.declare.problems import Finding, found


class ClaimText(Declaration):
    """How a claim reads to everybody: a heading and one sentence."""

    heading: Text
    sentence: Text


class Claim(Declaration):
    """One claim.

    ``statement`` is an expression over model parameters or trait effects (grammar: ``analysis/claims.py``):
    ``SWB ~ HS > 0`` · ``cor(HS, SC) > 0`` · ``effect(location, HS) > 0`` ·
    ``effect(location, HS) > effect(construction, HS)``. ``smallest_effect`` is the smallest effect of interest, in the
    estimate's standardised metric.
    """

    id: ClaimName
    text: ClaimText
    statement: Line
    model: Name | None = None
    """The model the parameter lives in; unset for statements about trait effects."""
    kind: Literal["confirmatory", "exploratory"]
    smallest_effect: Number = Field(gt=0)


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
