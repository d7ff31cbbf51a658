"""Claims as data: what a statement says, where its evidence stands, and the rules of the verdict.

``statement`` reads a claim; ``contrasts`` and ``models`` find its figures in the tables (``evidence``); ``quality``
asks whether what it speaks of was measured well enough, ``power`` what its test can tell; ``verdict`` has the rules.
"""

from analysis.claims.codes import Kind, Reason, Verdict
from analysis.claims.contrasts import contrast_evidence
from analysis.claims.evidence import Evidence, family_adjusted
from analysis.claims.models import difference_evidence, direction_evidence, model_evidence
from analysis.claims.power import power_to_find
from analysis.claims.quality import Subject, quality_of, subject_of
from analysis.claims.statement import ClaimError, Statement, check_statement, parse_statement
from analysis.claims.verdict import RULES_VERSION, Curve, verdict

__all__ = [
    "RULES_VERSION",
    "ClaimError",
    "Curve",
    "Evidence",
    "Kind",
    "Reason",
    "Statement",
    "Subject",
    "Verdict",
    "check_statement",
    "contrast_evidence",
    "difference_evidence",
    "direction_evidence",
    "family_adjusted",
    "model_evidence",
    "parse_statement",
    "power_to_find",
    "quality_of",
    "subject_of",
    "verdict",
]
