"""Claims as data: what a statement says, where its evidence stands, and the rules of the verdict."""

from analysis.claims.codes import Kind, Reason, Verdict
from analysis.claims.evidence import Evidence, contrast_evidence, family_adjusted, model_evidence
from analysis.claims.statement import ClaimError, Statement, check_statement, parse_statement
from analysis.claims.verdict import RULES_VERSION, verdict

__all__ = [
    "RULES_VERSION",
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
