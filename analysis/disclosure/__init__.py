"""Statistical disclosure control of aggregate tables: what may be shown, and whether what is hidden stays hidden.

Four steps, one module each: ``groups`` hides whole rows that stand on too few persons (and the rows that would give
them away), ``ledger`` writes every count as a cell in a set of linear relations an outsider knows, ``protect`` hides
further cells until no hidden one can be worked out, ``gate`` puts it together and audits the result from the published
figures alone. Before them ``scopes`` and ``left_out`` say which results from some of the persons, or without a project,
would tell of the few by whom two such results differ.

Which of the hidden figures was the small one is never told: a mark that did would narrow down the others.

``earlier`` and ``earlier_cells`` set this report beside those published before it.

Not closed here: scale means together with item distributions when nobody skipped an item, and differences between
groups that overlap without being parts of one whole.
"""

from analysis.disclosure.coarse import around, roughly, sizes_of_choice
from analysis.disclosure.earlier import Earlier, Follow, History, Rough, WaveColumn
from analysis.disclosure.gate import DisclosureError, Protected, audit, protect_tables
from analysis.disclosure.left_out import projects_to_hide, rows_without_few
from analysis.disclosure.nearly import HIDE, decimals_beside
from analysis.disclosure.rules import (
    Beside,
    GroupMeans,
    Levels,
    Links,
    Moment,
    Nearly,
    SameMeans,
    Sum,
    TableRule,
    Term,
    Thresholds,
    Tie,
)
from analysis.disclosure.scopes import Columns, Rounding, Scopes, Sizes, medians_to_hide

__all__ = [
    "HIDE", "Beside", "Columns", "DisclosureError", "Earlier", "Follow", "GroupMeans", "History", "Levels", "Links",
    "Moment", "Nearly", "Protected", "Rough", "Rounding", "SameMeans", "Scopes", "Sizes", "Sum", "TableRule", "Term",
    "Thresholds", "Tie", "WaveColumn", "around", "audit", "decimals_beside", "medians_to_hide", "projects_to_hide",
    "protect_tables", "roughly", "rows_without_few", "sizes_of_choice",
]  # fmt: skip
