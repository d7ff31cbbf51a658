"""The conclusions under test, as data: ``analysis/claims.yaml``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.declare.base import Declaration, Text


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

    id: str = Field(pattern=r"^[A-Z][A-Za-z0-9]*$")
    text: ClaimText
    statement: str
    model: str | None = None
    """The model the parameter lives in; unset for statements about trait effects."""
    kind: Literal["confirmatory", "exploratory"]
    smallest_effect: float = Field(gt=0)


class Claims(Declaration):
    """``analysis/claims.yaml``."""

    version: int = Field(ge=1)
    claims: list[Claim] = Field(min_length=1)
