"""What was published of a claim: its verdict, its effect, what that is measured in, and how small is too small."""

from __future__ import annotations

from pipeline.declare import Claim
from pipeline.present.context import Context
from pipeline.present.drawing.effects import Effect

METRICS = ("std_all", "sd")
SIZED = ("supported", "leaning", "contradicted")
"""Verdicts of which it makes sense to say how large the effect is."""


def verdict_of(context: Context, claim: Claim) -> str:
    """The claim's verdict; ``cannot_tell`` when it was not judged."""
    row = context.bundle.row("verdicts", claim=claim.id)
    return "cannot_tell" if row is None else str(row["verdict"])


def effect_of(context: Context, claim: Claim) -> Effect | None:
    """What the claim stands on, when there is an estimate and it may be shown."""
    row = context.bundle.row("verdicts", claim=claim.id)
    if row is None or row[["estimate", "ci_lower", "ci_upper"]].isna().any():
        return None
    estimate, lower, upper = (float(row[name]) for name in ("estimate", "ci_lower", "ci_upper"))
    return Effect(estimate, lower, upper, claim.smallest_effect, sign_of(claim))


def metric_of(context: Context, claim: Claim) -> str:
    """What the claim's estimates are measured in."""
    row = context.bundle.row("verdicts", claim=claim.id)
    metric = "" if row is None else str(row["metric"])
    return metric if metric in METRICS else ("sd" if claim.model is None else "std_all")


def smallest_effect(context: Context) -> float:
    """The smallest difference that matters: that of the claims about differences, else 0.2 (Cohen's small)."""
    sizes = [c.smallest_effect for c in context.study.claims.claims if "effect(" in c.statement]
    return min(sizes, default=0.2)


def sign_of(claim: Claim) -> int:
    """-1 for a claim that something is lower."""
    return -1 if "<" in claim.statement else 1
