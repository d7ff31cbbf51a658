"""Tables on scores: documented bands, whether reversals would be missed, and factor scores."""

from __future__ import annotations

import pandas as pd

from analysis.measurement.bands import Band, band_counts
from analysis.measurement.reversal import ReversalCheck, reversal_check
from analysis.measurement.scale_factor import factor_score_summary
from pipeline.stages._measure.inputs import LANGUAGE, Measured, Tables, groups


def score_tables(measured: Measured) -> Tables:
    """``score_bands``, ``reversal_checks``, ``factor_scores``."""
    return {
        "score_bands": band_table(measured),
        "reversal_checks": reversal_table(measured),
        "factor_scores": factor_score_table(measured),
    }


def band_table(measured: Measured) -> pd.DataFrame:
    """The table ``score_bands``: scales with bands, in each level of each trait.

    Not by language: a rare language would have fewer persons than there are bands, most of which the disclosure gate
    would hide, and neighbouring cells with them.
    """
    analysed = measured.analysed
    frames = [
        band_counts(
            analysed.loc[member, construct.name], [Band(band.lower, band.upper) for band in construct.bands]
        ).assign(scale=construct.name, trait=trait, level=level)
        for construct in measured.instrument.constructs if construct.bands
        for trait, level, member in groups(measured.study, measured.instrument, analysed) if trait != LANGUAGE
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def reversal_table(measured: Measured) -> pd.DataFrame:
    """The table ``reversal_checks``: scales with reversed items."""
    scales = {scale.name: scale for scale in measured.scales}
    agrees_with = {construct.name: construct.agrees_with for construct in measured.instrument.constructs}
    rows = []
    for name, scale in scales.items():
        if any(item.reversed for item in scale.items):
            other = agrees_with[name]
            check = reversal_check(
                measured.analysed, scale, other=None if other is None else scales[other],
                minimum_n=measured.params.minimum_n, confidence=measured.params.confidence,
            )  # fmt: skip
            rows.append({"scale": name, "other": other or "", **_row(check)})
    return pd.DataFrame(rows)


def _row(check: ReversalCheck) -> dict[str, object]:
    """The columns of ``reversal_checks`` that the check gives."""
    agreement = check.agreement
    return {
        "items": ";".join(check.items), "n_obs": check.n_obs, "alpha": check.now.alpha,
        "alpha_unreversed": check.unreversed.alpha, "lowest_item_rest": check.now.lowest_item_rest,
        "lowest_item_rest_unreversed": check.unreversed.lowest_item_rest,
        "all_reversed": "true" if check.all_reversed else "false",
        "n_obs_other": None if agreement is None else agreement.n_obs,
        "r_other": None if agreement is None else agreement.r,
        "r_other_ci_lower": None if agreement is None else agreement.ci_lower,
        "r_other_ci_upper": None if agreement is None else agreement.ci_upper,
        "noticed": "true" if check.noticed_by else "false", "noticed_by": check.noticed_by,
        "problem": ";".join(check.problems),
    }  # fmt: skip


def factor_score_table(measured: Measured) -> pd.DataFrame:
    """The table ``factor_scores``."""
    analysed = measured.analysed
    frames = [
        factor_score_summary(
            analysed, analysed[scale.name], scale, minimum_n=measured.params.minimum_n
        ).assign(scale=scale.name)
        for scale in measured.scales
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
