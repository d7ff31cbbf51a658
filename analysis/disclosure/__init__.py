"""Statistical disclosure control of aggregate tables: what may be shown, and whether what is hidden stays hidden.

Four steps, one module each: ``groups`` hides whole rows that stand on too few persons (and the rows that would give
them away), ``ledger`` writes every count as a cell in a set of linear relations an outsider knows, ``protect`` hides
further cells until no hidden one can be worked out, ``gate`` puts it together and audits the result from the published
figures alone.

Which of the hidden figures was the small one is never told: a mark that did would narrow down the others.

Not closed here: scale means together with item distributions when nobody skipped an item, and differences with
reports published earlier or between groups that overlap without being parts of one whole.
"""

from analysis.disclosure.gate import DisclosureError, Protected, audit, protect_tables
from analysis.disclosure.rules import Levels, Links, Moment, Sum, TableRule, Term, Thresholds, Tie

__all__ = [
    "DisclosureError", "Levels", "Links", "Moment", "Protected", "Sum", "TableRule", "Term", "Thresholds", "Tie",
    "audit", "protect_tables",
]  # fmt: skip
