"""What a comparison of units rests on: how far its traits coincide, how few units there are, and a plain warning.

**Overlap** of two traits is their correlation phi over units. ``nearly_confounded`` where

- ``|phi| ≥ .7``: half of a trait's variation over units is then told by the other, and the variance of its effect in
  their common model is at least twice what it would be (``1 / (1 - phi²)``); or
- the estimate stands on single units: no level of the other trait has two units of either level of this one, or, for
  the difference of two effects, there are not two units with the one trait alone and two with the other alone. One
  unit's peculiarities cannot be told from the trait's then.

**few_projects** where

- a level has fewer than two units above the minimum, so that leaving out one leaves hardly enough; or
- permuting the trait cannot give a p-value of ``1 - confidence`` or below: no finding could be called significant
  without assuming normal unit means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import get_args

import numpy as np

from analysis.clusters.contrast import Array, Warned

NEARLY = 0.7
"""|phi| from which two traits are nearly confounded."""
SPARE_UNITS = 2
"""Units a level should have above the minimum."""


@dataclass(frozen=True)
class Overlap:
    """One question's footing: ``phi`` with the trait it overlaps most with, ``n_apart`` units that tell them apart.

    ``carried``: the fewest units that one side of the estimate stands on; ``n_side``: units of the smaller level. NaN
    where there is no other trait that varies.
    """

    phi: float
    n_apart: float
    carried: float
    n_side: int


def overlaps(levels: Array) -> list[Overlap]:
    """Of each trait, then of each pair (their difference), in the order of ``design.Question``; ``levels`` k by t."""
    columns = list(levels.T)
    of_traits = [_of_trait(a, [b for i, b in enumerate(columns) if i != j]) for j, a in enumerate(columns)]
    return of_traits + [_of_difference(a, b) for a, b in combinations(columns, 2)]


def phi(a: Array, b: Array) -> float:
    """Correlation of two traits (k, 0 or 1) over units; NaN where one does not vary."""
    if len(np.unique(a)) < 2 or len(np.unique(b)) < 2:
        return np.nan
    return float(np.corrcoef(a, b)[0, 1])


def n_apart(a: Array, b: Array) -> int:
    """Units whose level of ``a`` (k) is not told by ``b`` (k): the fewer of those where they differ and where not."""
    return min(int((a == b).sum()), int((a != b).sum()))


def warnings(found: Overlap, *, minimum_pvalue: float, minimum_units: int, confidence: float) -> str:
    """The codes of ``Warned`` that apply, joined by ``;``; ``minimum_pvalue`` that of the permutation (NaN: none)."""
    nearly = abs(found.phi) >= NEARLY or found.carried < 2
    few = found.n_side < minimum_units + SPARE_UNITS or minimum_pvalue > 1 - confidence + 1e-12
    codes: dict[Warned, bool] = {"nearly_confounded": bool(nearly), "few_projects": bool(few)}
    return ";".join(code for code in get_args(Warned) if codes[code])


def _of_trait(a: Array, others: Sequence[Array]) -> Overlap:
    known = [(b, r) for b in others if not np.isnan(r := phi(a, b))]
    if not known:
        return Overlap(np.nan, np.nan, np.nan, _smaller(a))
    most, r = max(known, key=lambda pair: abs(pair[1]))
    return Overlap(r, n_apart(a, most), min(_carried(a, b) for b, _ in known), _smaller(a))


def _of_difference(a: Array, b: Array) -> Overlap:
    r = phi(a, b)
    if np.isnan(r):
        return Overlap(np.nan, np.nan, np.nan, min(_smaller(a), _smaller(b)))
    alone = min(int(((a == 1) & (b == 0)).sum()), int(((a == 0) & (b == 1)).sum()))
    return Overlap(r, n_apart(a, b), alone, min(_smaller(a), _smaller(b)))


def _carried(a: Array, b: Array) -> int:
    """How many units of either level of ``a`` can be compared within one level of ``b``: the best level's."""
    return max(min(int((a[b == level] == side).sum()) for side in (0, 1)) for level in (0, 1))


def _smaller(a: Array) -> int:
    return min(int((a == 1).sum()), int((a == 0).sum()))
