"""Claims as data: what a statement says, where its evidence stands, and the rules of the verdict."""

from analysis.claims.verdict import (
    ClaimError,
    Evidence,
    Kind,
    Reason,
    Statement,
    Verdict,
    check_statement,
    contrast_evidence,
    family_adjusted,
    model_evidence,
    parse_statement,
    verdict,
)

__all__ = [
    "ClaimError",
    "Evidence",
    "Kind",
    "Reason",
    "Statement",
    "Verdict",
    "check_statement",
    "contrast_evidence",
    "family_adjusted",
    "model_evidence",
    "parse_statement",
    "verdict",
]
