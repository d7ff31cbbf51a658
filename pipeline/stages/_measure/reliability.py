"""Tables on reliability: scales by group, items, one-factor models, correlations of scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.measurement.items import complete_answers, item_columns
from analysis.measurement.reliability import (
    FIT_MEASURES,
    LOADING_COLUMNS,
    ScaleReliability,
    scale_reliability,
    score_correlations,
)
from analysis.measurement.scoring import Scale
from pipeline.stages._measure.inputs import Measured, Tables, groups

Group = tuple[str, str]
"""A trait and one of its levels."""


def reliability_tables(measured: Measured) -> Tables:
    """``reliability``, ``item_statistics``, ``factor_fit``, ``score_correlations``."""
    analysed, params = measured.analysed, measured.params
    members = {(trait, level): member for trait, level, member in groups(measured.study, measured.instrument, analysed)}
    scales, items = {}, []
    for scale in measured.scales:
        answers = analysed[[*scale.item_names, scale.name]]
        by_group = {group: answers[member] for group, member in members.items()}
        scales[scale.name] = {
            group: scale_reliability(
                mine, mine[scale.name], scale, minimum_n=params.minimum_n, confidence=params.confidence
            )
            for group, mine in by_group.items()
        }
        items += [
            item_rows(
                complete_answers(mine, scale), scale, group, scales[scale.name][group], minimum_n=params.minimum_n
            )
            for group, mine in by_group.items()
        ]
    return {
        "reliability": reliability_table(scales),
        "item_statistics": pd.DataFrame({name: np.concatenate([rows[name] for rows in items]) for name in items[0]}),
        "factor_fit": factor_table({name: by_group["all", "all"] for name, by_group in scales.items()}),
        "score_correlations": score_correlations(
            analysed[[scale.name for scale in measured.scales]],
            minimum_n=params.minimum_n,
            confidence=params.confidence,
        ),
    }


def reliability_table(by_scale: dict[str, dict[Group, ScaleReliability]]) -> pd.DataFrame:
    """The table ``reliability``."""
    return pd.DataFrame(
        [
            {
                "scale": name, "trait": trait, "level": level, "n_obs": r.n_obs, "n_scored": r.n_scored,
                "n_items": r.n_items, "alpha": r.alpha, "alpha_ci_lower": r.alpha_ci_lower,
                "alpha_ci_upper": r.alpha_ci_upper, "omega": r.factor.omega, "omega_ci_lower": r.factor.omega_ci_lower,
                "omega_ci_upper": r.factor.omega_ci_upper, "alpha_ordinal": r.ordinal.alpha,
                "omega_ordinal": r.ordinal.omega, "mean": r.mean, "sd": r.sd,
                "floor_share": r.floor_share, "ceiling_share": r.ceiling_share, "problem": ";".join(r.problems),
            }
            for name, by_group in by_scale.items()
            for (trait, level), r in by_group.items()
        ]
    )  # fmt: skip


def item_rows(
    complete: pd.DataFrame, scale: Scale, group: Group, found: ScaleReliability, *, minimum_n: int
) -> dict[str, Any]:
    """The columns of the table ``item_statistics`` for one scale in one group, from complete answers; loadings from the
    models of ``found``."""
    columns = item_columns(complete, scale, minimum_n=minimum_n)
    k = len(scale.items)
    loadings = found.factor.loadings.reindex(index=scale.item_names, columns=LOADING_COLUMNS).to_numpy(dtype=float)
    ordinal = found.ordinal.loadings.reindex(scale.item_names).to_numpy(dtype=float)
    return {
        **columns, **dict(zip(LOADING_COLUMNS, loadings.T, strict=True)), "loading_ordinal": ordinal,
        "scale": [scale.name] * k, "trait": [group[0]] * k, "level": [group[1]] * k,
        "reversed": ["true" if item.reversed else "false" for item in scale.items],
    }  # fmt: skip


def factor_table(everybody: dict[str, ScaleReliability]) -> pd.DataFrame:
    """The table ``factor_fit``."""
    words = {True: "true", False: "false", None: ""}
    return pd.DataFrame(
        [
            {
                "scale": name, "n_obs": r.n_obs, "converged": words[r.factor.converged],
                "admissible": words[r.factor.admissible], "df": r.factor.df, "message": r.factor.message,
                **{measure: r.factor.measures.get(measure) for measure in FIT_MEASURES},
            }
            for name, r in everybody.items()
        ]
    )  # fmt: skip
