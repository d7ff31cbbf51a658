"""Tables on reliability: scales by group, items, one-factor models, correlations of scores."""

from __future__ import annotations

import pandas as pd

from analysis.measurement.reliability import (
    FIT_MEASURES,
    LOADING_COLUMNS,
    ScaleReliability,
    item_statistics,
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
            item_rows(mine, scale, group, scales[scale.name][group], minimum_n=params.minimum_n)
            for group, mine in by_group.items()
        ]
    return {
        "reliability": reliability_table(scales),
        "item_statistics": pd.concat(items, ignore_index=True),
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
    answers_by_person: pd.DataFrame, scale: Scale, group: Group, found: ScaleReliability, *, minimum_n: int
) -> pd.DataFrame:
    """The rows of the table ``item_statistics`` for one scale in one group; loadings from the models of ``found``."""
    items = item_statistics(answers_by_person, scale, minimum_n=minimum_n)
    loadings = found.factor.loadings.reindex(index=items["item"], columns=LOADING_COLUMNS)
    return items.assign(
        **{name: loadings[name].to_numpy(dtype=float) for name in LOADING_COLUMNS},
        loading_ordinal=found.ordinal.loadings.reindex(items["item"]).to_numpy(dtype=float),
        scale=scale.name, trait=group[0], level=group[1],
        reversed=["true" if item.reversed else "false" for item in scale.items],
    )  # fmt: skip


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
