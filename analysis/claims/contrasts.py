"""Evidence on effects of traits: where it stands in the tables of contrasts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.claims.evidence import Evidence, Units, with_interval
from analysis.claims.statement import Statement


def contrast_evidence(
    statement: Statement,
    *,
    contrasts: pd.DataFrame,
    n_projects_by_outcome: Mapping[str, float],
    unit_traits: Collection[str],
    confidence: float,
) -> Evidence:
    """The contrast an effect or difference speaks of, in standard deviations of the outcome among persons.

    ``contrasts`` has the rows of ``analysis.clusters.contrasts.trait_contrasts``. A trait of units is judged on
    ``project_means``; a trait of persons on ``mixed``, or on ``persons`` where no units are known.
    ``n_projects_by_outcome`` says how many units persons with the outcome live in.
    """
    *traits, outcome = statement.names
    of_units = all(trait in unit_traits for trait in traits)
    sign, name = _contrast_name(traits, contrasts)
    here = contrasts[contrasts["outcome"] == outcome]
    rows = here[here["trait"] == name]
    method = "project_means" if of_units else "mixed"
    if not of_units and (rows.loc[rows["method"] == "mixed", "refused"] == "no_clusters").any():
        method = "persons"
    units: Units = "projects" if of_units else "persons"
    chosen = rows[rows["method"] == method]
    if chosen.empty:
        return Evidence("sd", units, method, problem="no_data")
    row = chosen.iloc[0]
    n_projects = n_projects_by_outcome.get(outcome, np.nan)
    empty = Evidence("sd", units, method, float(row["n_obs"]), n_projects, minimum_pvalue=float(row["minimum_pvalue"]))
    if row["refused"]:
        return replace(empty, problem=row["refused"])
    measured = replace(
        empty,
        estimate=sign * float(row["effect_size"]),
        se=_effect_size_se(row),
        df=float(row["df"]),
        pvalue_adjusted=float(row["pvalue_adjusted"]),
    )
    return with_interval(measured, confidence, pvalue=float(row["pvalue"]))


def _contrast_name(traits: list[str], contrasts: pd.DataFrame) -> tuple[int, str]:
    """The contrast's name in the table; a difference may stand there the other way round."""
    name, mirrored = "-".join(traits), "-".join(reversed(traits))
    if name not in set(contrasts["trait"]) and mirrored in set(contrasts["trait"]):
        return -1, mirrored
    return 1, name


def _effect_size_se(row: pd.Series) -> float:
    """Standard error of the effect size: that of the estimate, scaled as the intervals are."""
    scale = (row["effect_size_ci_upper"] - row["effect_size_ci_lower"]) / (row["ci_upper"] - row["ci_lower"])
    return float(row["se"] * scale)
