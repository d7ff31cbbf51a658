"""Tables on reliability: scales by group, items, one-factor models, correlations of scores."""

from __future__ import annotations

import pandas as pd

from analysis.measurement.reliability import (
    FIT_MEASURES,
    ScaleReliability,
    item_statistics,
    scale_reliability,
    score_correlations,
)
from pipeline.stages._measure.inputs import Measured, Tables, groups


def reliability_tables(measured: Measured) -> Tables:
    """``reliability``, ``item_statistics``, ``factor_fit``, ``score_correlations``."""
    analysed, params = measured.analysed, measured.params
    by_scale = {
        scale.name: {
            (trait, level): scale_reliability(
                analysed[member], analysed.loc[member, scale.name], scale,
                minimum_n=params.minimum_n, confidence=params.confidence,
            )
            for trait, level, member in groups(measured.study, measured.instrument, analysed)
        }
        for scale in measured.scales
    }  # fmt: skip
    everybody = {name: groups_of_scale["all", "all"] for name, groups_of_scale in by_scale.items()}
    return {
        "reliability": reliability_table(by_scale),
        "item_statistics": item_table(measured, by_scale),
        "factor_fit": factor_table(everybody),
        "score_correlations": score_correlations(
            analysed[[scale.name for scale in measured.scales]],
            minimum_n=params.minimum_n,
            confidence=params.confidence,
        ),
    }


def reliability_table(by_scale: dict[str, dict[tuple[str, str], ScaleReliability]]) -> pd.DataFrame:
    """The table ``reliability``."""
    return pd.DataFrame(
        [
            {
                "scale": name, "trait": trait, "level": level, "n_obs": r.n_obs, "n_scored": r.n_scored,
                "n_items": r.n_items, "alpha": r.alpha, "alpha_ci_lower": r.alpha_ci_lower,
                "alpha_ci_upper": r.alpha_ci_upper, "omega": r.factor.omega, "mean": r.mean, "sd": r.sd,
                "floor_share": r.floor_share, "ceiling_share": r.ceiling_share, "problem": ";".join(r.problems),
            }
            for name, by_group in by_scale.items()
            for (trait, level), r in by_group.items()
        ]
    )  # fmt: skip


def item_table(measured: Measured, by_scale: dict[str, dict[tuple[str, str], ScaleReliability]]) -> pd.DataFrame:
    """The table ``item_statistics``; loadings from the factor models of ``by_scale``."""
    loading_columns = ["loading", "loading_ci_lower", "loading_ci_upper"]
    frames = []
    for scale in measured.scales:
        for trait, level, member in groups(measured.study, measured.instrument, measured.analysed):
            items = item_statistics(measured.analysed[member], scale, minimum_n=measured.params.minimum_n)
            items = items.set_index("item")
            loadings = by_scale[scale.name][trait, level].factor.loadings
            items[loading_columns] = loadings.reindex(index=items.index, columns=loading_columns).astype(float)
            items[["scale", "trait", "level"]] = scale.name, trait, level
            items["reversed"] = ["true" if item.reversed else "false" for item in scale.items]
            frames.append(items.reset_index())
    return pd.concat(frames, ignore_index=True)


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
