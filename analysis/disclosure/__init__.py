"""Statistical disclosure control of aggregate tables: what may be shown, and whether what is hidden stays hidden.

Counts, in four steps, one module each: ``groups`` hides whole rows that stand on too few persons (and the rows that
would give them away), ``ledger`` writes every count as a cell in a set of linear relations an outsider knows,
``protect`` hides further cells until no hidden one can be worked out (``ranges`` solves for all of them at once,
``reach`` for those of a large group, ``choose`` takes the cell that costs the reader least), ``gate`` puts it together
and audits the result from the published figures alone.

Means: ``dominance`` hides those that mostly one person makes, ``means`` solves those of groups that overlap (project,
corporation, type, wave) together, and ``nearly`` rounds those of nearly the same persons in two tables until nothing
follows of the few by whom they differ. ``scopes`` and ``left_out`` say which results from some of the persons, or
without a project, would tell of the few by whom two such results differ; ``earlier`` and ``earlier_cells`` set this
report beside those published before it.

Which of the hidden figures was the small one is never told: a mark that did would narrow down the others.

Closed against whoever solves the published sums and rounded means as a linear system (``tests/analysis/attacker.py``
does). Not closed: what is not linear. The errors, intervals and intraclass correlations of several projects tell how
unequal these are, and so of two hidden ones something of their distance (not which is which); intervals of groups with
a hidden project are left out for that reason, those of contrasts and models are not. Of a scale score in bands and its
mean, of correlations of pairs with nearly the same persons, and of estimates of models (whose persons differ by few
between groups) nothing is worked out. A difference told by many specifications is bounded as the average of their
rounding errors, with 95 per cent and not for certain.
"""

from analysis.disclosure.coarse import around, roughly, sizes_of_choice
from analysis.disclosure.earlier import Earlier, Follow, History, Rough, WaveColumn
from analysis.disclosure.gate import DisclosureError, Protected, audit, protect_tables
from analysis.disclosure.left_out import projects_to_hide, rows_without_few
from analysis.disclosure.nearly import HIDE, decimals_beside
from analysis.disclosure.patterns import rows_beside_merged
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
from analysis.disclosure.scopes import Columns, Rounding, Scopes, Sizes, curves_to_hide, medians_to_hide

__all__ = [
    "HIDE", "Beside", "Columns", "DisclosureError", "Earlier", "Follow", "GroupMeans", "History", "Levels", "Links",
    "Moment", "Nearly", "Protected", "Rough", "Rounding", "SameMeans", "Scopes", "Sizes", "Sum", "TableRule", "Term",
    "Thresholds", "Tie", "WaveColumn", "around", "audit", "curves_to_hide", "decimals_beside", "medians_to_hide",
    "projects_to_hide", "protect_tables", "roughly", "rows_beside_merged", "rows_without_few", "sizes_of_choice",
]  # fmt: skip
