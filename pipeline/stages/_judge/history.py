"""Verdicts wave by wave: the main specification on each wave alone, and on the waves so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast, get_args

import numpy as np
import pandas as pd

from analysis.claims import Evidence, Reason, Statement, family_adjusted, verdict
from pipeline.artefacts import table_contracts
from pipeline.declare import Claim, Study

_STATUS: Mapping[str, Reason] = {
    "inadmissible": "model_inadmissible",
    "not_converged": "model_not_fitted",
    "refused": "too_few_persons",
    "failed": "model_not_fitted",
}
_CHOICES = (
    "score",
    "estimator",
    "missing",
    "careless",
    "residents",
    "covariates",
    "alternative",
    "clustering",
    "left_out",
)


def verdict_history(
    study: Study,
    pool: str,
    *,
    statements: Mapping[str, Statement],
    evidence: Mapping[str, Evidence],
    quality: Mapping[str, tuple[str, ...]],
    specifications: pd.DataFrame,
) -> pd.DataFrame:
    """The table ``verdict_history``.

    ``evidence`` is of all waves together and stands in the last row of every claim. The rows before come from
    ``specifications``, where there are any: the main specification with other waves. The rules are those of the verdict
    without the curve; p-values are adjusted among the claims of the same waves, an exploratory effect for all outcomes
    there are (Bonferroni). How well scales measure, and how well a model fits, is known of all waves together and taken
    from there.
    """
    waves = [wave.wave for wave in study.waves_of(pool)]
    steps = [(wave, "alone", wave) for wave in waves] if len(waves) > 1 else []
    steps += [(wave, "so_far", wave if i == 0 else f"until:{wave}") for i, wave in enumerate(waves[:-1])]
    rows = []
    for wave, scope, chosen in steps:
        found = _of_waves(study, statements, evidence, specifications, chosen)
        rows += [_row(study, claim, statements, found, quality, wave, scope) for claim in _judged(study, found)]
    for wave in waves[-1:]:
        rows += [_row(study, claim, statements, evidence, quality, wave, "so_far") for claim in study.claims.claims]
    order = {claim.id: place for place, claim in enumerate(study.claims.claims)}
    rows.sort(key=lambda row: (order[str(row["claim"])], waves.index(str(row["wave"])), row["scope"]))
    return pd.DataFrame(rows, columns=list(table_contracts()["verdict_history"].columns))


def _judged(study: Study, found: Mapping[str, Evidence]) -> list[Claim]:
    return [claim for claim in study.claims.claims if claim.id in found]


def _of_waves(
    study: Study,
    statements: Mapping[str, Statement],
    evidence: Mapping[str, Evidence],
    specifications: pd.DataFrame,
    waves: str,
) -> dict[str, Evidence]:
    """By claim: its main specification with these ``waves``, adjusted among them; claims without one are left out."""
    kinds = {claim.id: claim.kind for claim in study.claims.claims}
    found = {}
    for claim in study.claims.claims:
        of_claim = specifications[specifications["claim"] == claim.id]
        main = of_claim[of_claim["main"] == "true"]
        if main.empty:
            continue
        alike = (of_claim[[*_CHOICES]] == main.iloc[0][[*_CHOICES]]).all(axis="columns")
        rows = of_claim[alike & (of_claim["waves"] == waves)]
        if len(rows):
            found[claim.id] = _of_specification(rows.iloc[0], evidence[claim.id], len(study.declaration.outcomes))
    return family_adjusted(found, kinds=kinds, statements=statements)


def _of_specification(row: pd.Series, main: Evidence, n_outcomes: int) -> Evidence:
    """One specification as evidence; what is not of these waves is that of ``main``, all waves together."""
    empty = Evidence(
        main.metric, main.units, main.method, float(row["n_obs"]), float(row["n_projects"]), errors=main.errors
    )
    if row["status"] != "ok":
        told = row["reason"] in get_args(Reason)
        return replace(empty, problem=cast(Reason, row["reason"]) if told else _STATUS[str(row["status"])])
    return replace(
        empty,
        estimate=float(row["estimate"]),
        se=float(row["se"]),
        df=float(row["df"]),
        ci_lower=float(row["ci_lower"]),
        ci_upper=float(row["ci_upper"]),
        pvalue=float(row["pvalue"]),
        pvalue_adjusted=min(1.0, n_outcomes * float(row["pvalue"])),
        fits_badly=main.fits_badly,
    )


def _row(
    study: Study,
    claim: Claim,
    statements: Mapping[str, Statement],
    evidence: Mapping[str, Evidence],
    quality: Mapping[str, tuple[str, ...]],
    wave: str,
    scope: str,
) -> dict[str, object]:
    """One row of ``verdict_history``."""
    found = evidence[claim.id]
    decided, reason = verdict(
        found,
        sign=statements[claim.id].sign,
        smallest_effect=claim.smallest_effect,
        alpha=study.params.judge.alpha,
        quality=quality[claim.id],
    )
    return {
        "claim": claim.id, "wave": wave, "scope": scope, "verdict": decided, "reason": reason,
        "n_obs": 0.0 if np.isnan(found.n_obs) else found.n_obs, "n_projects": found.n_projects,
        "estimate": found.estimate, "ci_lower": found.ci_lower, "ci_upper": found.ci_upper,
    }  # fmt: skip
