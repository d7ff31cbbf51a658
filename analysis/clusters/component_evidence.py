"""Projects with a component beside those without it: what their published means tell, and what goes with it.

The units are projects, each with one mean: the difference of the unweighted means of two groups of project means.

**Its size** is in standard deviations of persons, as every other difference in the report, so that a difference too
small to matter means the same thing here. (In standard deviations of project means, which vary far less than persons
do, a difference that nobody would notice looks large.)

**The test** permutes the component over the projects: all ways, or as many as are drawn where there are too many, by
the studentised difference (``permutation.py``, Chung & Romano 2013). **The interval** has the differences that this
test does not reject, so that interval and p-value never contradict each other. Its coverage is that of Welch's t of the
project means, or a little more with four projects on a side, where there are few ways to permute them
(``tests/benchmarks/README.md``). It has no end where even the smallest p-value there can be is not small enough.

**What goes with it.** Components are not given to projects by lot. ``alike`` names the trait of projects that the
component nearly coincides with (|phi| over projects of ``overlap.NEARLY`` or more): what is found of the one cannot be
told from the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.clusters.assignments import assignments
from analysis.clusters.contrast import Array
from analysis.clusters.overlap import NEARLY, phi
from analysis.clusters.permutation import permutation_test
from analysis.clusters.units import drawn_by
from analysis.multiplicity import Adjustment, adjusted

COLUMNS = [
    "component", "kind", "outcome", "n_with", "n_without", "mean_with", "mean_without", "difference", "ci_lower",
    "ci_upper", "effect_size", "effect_size_ci_lower", "effect_size_ci_upper", "pvalue", "pvalue_adjusted", "alike",
    "phi", "refused",
]  # fmt: skip
YES, NO = "yes", "no"
_ROUNDING = 1e-9
"""An error below this is nil: published means have few decimals."""


@dataclass(frozen=True)
class EvidenceSettings:
    """``minimum_units``: projects a side needs; the rest as in ``params.yaml: compare``."""

    minimum_units: int
    confidence: float
    adjust: Adjustment
    draws: int
    seed: int


def component_evidence(
    project_means: pd.DataFrame,
    components: pd.DataFrame,
    traits: pd.DataFrame,
    *,
    sd: Mapping[str, float],
    settings: EvidenceSettings,
) -> pd.DataFrame:
    """A row a component and outcome, in the order of the frames.

    ``project_means``: ``outcome project mean``, a mean missing where it may not be shown. ``components``: ``component
    kind project has`` (``yes``, ``no``; anything else is not known and counts on neither side). ``traits``: ``trait
    project high`` (1, 0). ``sd``: of persons, by outcome; effect sizes are missing where it is not known.

    ``refused``: ``empty`` (no mean of a project of which it is known), ``too_few_projects`` on a side, or
    ``no_variation`` (means alike on either side); such rows have no figures but how many projects there are.
    """
    known = project_means[project_means["mean"].notna()]
    of_outcome = {
        outcome: known[known["outcome"] == outcome].set_index("project")["mean"].astype(float)
        for outcome in project_means["outcome"].unique()
    }
    rows = []
    for (component, kind), registered in components.groupby(["component", "kind"], sort=False):
        has = registered[registered["has"].isin([YES, NO])].set_index("project")["has"].eq(YES).astype(float)
        trait, r = nearly_the_same(has, traits)
        for outcome, means in of_outcome.items():
            with_mean = has[has.index.isin(means.index)]
            found = _compared(means.loc[with_mean.index].to_numpy(), with_mean.to_numpy(), str(component), settings)
            key = {"component": component, "kind": kind, "outcome": outcome, "alike": trait, "phi": r}
            rows.append(key | _in_sds(found, sd.get(str(outcome), np.nan)))
    table = pd.DataFrame(rows, columns=COLUMNS)
    tested = table["pvalue"].notna()
    table.loc[tested, "pvalue_adjusted"] = adjusted(table.loc[tested, "pvalue"].to_list(), method=settings.adjust)
    return table


def nearly_the_same(has: pd.Series, traits: pd.DataFrame) -> tuple[str, float]:
    """The trait that ``has`` (0 or 1 by project) nearly coincides with, and phi over the projects of which both are
    known; no name where there is none, the phi of the nearest one all the same (NaN where nothing varies)."""
    found: list[tuple[str, float]] = []
    for trait, levels in traits.groupby("trait", sort=False):
        high = levels.set_index("project")["high"].astype(float)
        both = has.index.intersection(high.index)
        r = phi(has.loc[both].to_numpy(), high.loc[both].to_numpy())
        if not np.isnan(r):
            found.append((str(trait), r))
    if not found:
        return "", np.nan
    trait, r = max(found, key=lambda pair: abs(pair[1]))
    return trait if abs(r) >= NEARLY else "", r


def _compared(means: Array, has: Array, component: str, settings: EvidenceSettings) -> dict[str, float | str]:
    """The figures of one row, in points of the scale."""
    n_with, n_without = int((has == 1).sum()), int((has == 0).sum())
    found: dict[str, float | str] = {"n_with": n_with, "n_without": n_without, "refused": ""}
    if not len(has):
        return found | {"refused": "empty"}
    if min(n_with, n_without) < settings.minimum_units:
        return found | {"refused": "too_few_projects"}
    alike = np.zeros(len(has))
    permuted = assignments(has, alike, draws=settings.draws, seed=drawn_by(settings.seed, "component", component))
    test = permutation_test(means, has, np.ones((len(has), 1)), permuted, confidence=settings.confidence)
    if not test.se > _ROUNDING:
        return found | {"refused": "no_variation"}
    sides = {"mean_with": float(means[has == 1].mean()), "mean_without": float(means[has == 0].mean())}
    interval = {"ci_lower": test.ci_lower, "ci_upper": test.ci_upper}
    return found | sides | {"difference": test.estimate, "pvalue": test.pvalue} | interval


def _in_sds(found: dict[str, float | str], sd: float) -> dict[str, float | str]:
    """``found`` with the difference and its interval in standard deviations of persons beside it."""
    names = {"effect_size": "difference", "effect_size_ci_lower": "ci_lower", "effect_size_ci_upper": "ci_upper"}
    return found | {name: float(found[of]) / sd for name, of in names.items() if of in found and sd > 0}


def sd_of_everybody(n_obs: Array, means: Array, sds: Array) -> float:
    """The sd of all persons of groups (g) with these sizes, means and sds; NaN where any is not known.

    Where the means are those of projects of different sizes and not of persons, very nearly.
    """
    if len(n_obs) < 2 or np.isnan([n_obs, means, sds]).any():
        return float("nan")
    centre = float(np.average(means, weights=n_obs))
    squares = float(((n_obs - 1) * sds**2 + n_obs * (means - centre) ** 2).sum())
    return float(np.sqrt(squares / (n_obs.sum() - 1)))
