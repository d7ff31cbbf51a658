"""The table ``component_evidence``, made of tables that have passed the gate: it tells nothing they do not."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.clusters.component_evidence import EvidenceSettings, component_evidence, sd_of_everybody
from pipeline.artefacts import empty_table
from pipeline.declare import Study
from pipeline.published import MARK


def evidence_table(study: Study, published: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Projects with every component and condition beside those without, from the ``published`` tables alone.

    Means of projects from ``group_results``, what projects have from ``project_components`` and ``project_traits``, the
    standard deviation of persons from ``trait_means``.
    """
    means, components = published["group_results"], published["project_components"]
    if components.empty or means.empty:
        return empty_table("component_evidence").assign(**{MARK: ""})
    params = study.params.compare
    of_projects = means[(means["division"] == "project") & (means["wave"] == "all")]
    table = component_evidence(
        of_projects.rename(columns={"group": "project"})[["outcome", "project", "mean"]],
        components,
        _levels(study, published["project_traits"]),
        sd=sd_by_outcome(published["trait_means"]),
        settings=EvidenceSettings(
            minimum_units=params.minimum_units,
            confidence=params.confidence,
            adjust=params.adjust,
            draws=params.draws,
            seed=params.seed,
        ),
    )
    return table.assign(**{MARK: ""})


def sd_by_outcome(trait_means: pd.DataFrame) -> dict[str, float]:
    """The standard deviation of persons by outcome, put together from the levels of the first trait that shows them."""
    found: dict[str, float] = {}
    for (outcome, _), levels in trait_means.groupby(["outcome", "trait"], sort=False):
        n_obs, mean, sd = (levels[name].to_numpy(dtype=float) for name in ("n_obs", "mean", "sd"))
        value = sd_of_everybody(n_obs, mean, sd)
        if str(outcome) not in found and not np.isnan(value):
            found[str(outcome)] = value
    return found


def _levels(study: Study, project_traits: pd.DataFrame) -> pd.DataFrame:
    """``trait project high`` of the traits of projects: 1 at the higher level, 0 at the lower one."""
    frames = [pd.DataFrame(columns=["trait", "project", "high"])]
    for trait in study.declaration.traits:
        known = project_traits[
            (project_traits["trait"] == trait.name) & project_traits["level"].isin([one.value for one in trait.levels])
        ]
        if trait.of == "unit" and len(known):
            high = (known["level"] == trait.high.value).astype(float)
            frames.append(pd.DataFrame({"trait": trait.name, "project": known["project"], "high": high}))
    return pd.concat(frames[1:] or frames, ignore_index=True)
