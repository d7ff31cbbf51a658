"""Every comparison of units once more without each unit in turn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.clusters.contrast import Contrast, TraitColumns
from analysis.clusters.design import People, compared
from analysis.clusters.units import Settings, unit_contrasts

NOBODY = "(none)"
"""``left_out`` of the comparison with everybody."""


def without_each(
    found: People, traits: Sequence[TraitColumns], *, minimum_units: int, settings: Settings
) -> list[dict[str, object]]:
    """The rows of ``contrast_left_out`` of one outcome, by unit means: everybody, then without each unit in turn.

    ``found`` are the persons with the outcome, ``traits`` those of units. The effect size is over the standard
    deviation of the persons who stay. Refused as the comparison itself would be, had the unit never been there.
    """
    placed = found.keep((found.clusters != "") & ~np.isnan(found.levels).any(axis=1))
    units = placed.clusters.astype(str)
    rows: list[dict[str, object]] = []
    for unit in [NOBODY, *np.unique(units).tolist()]:
        stay = placed.keep(units != unit)
        data = compared(stay, traits, minimum_units=minimum_units)
        n_left_out = len(placed.y) - len(stay.y)
        rows += [_row(c, unit, n_left_out, len(data.units)) for c in unit_contrasts(data, ["project_means"], settings)]
    return rows


def _row(c: Contrast, unit: str, n_left_out: int, n_units: int) -> dict[str, object]:
    return {
        "outcome": c.outcome, "trait": c.trait, "left_out": unit, "n_left_out": n_left_out, "n_obs": c.n_obs,
        "n_projects": n_units, "effect_size": c.effect_size, "ci_lower": c.effect_size_ci_lower,
        "ci_upper": c.effect_size_ci_upper, "pvalue": c.pvalue, "refused": c.refused,
    }  # fmt: skip
