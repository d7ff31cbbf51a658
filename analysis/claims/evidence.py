"""What a verdict stands on: where the figures of a statement stand in the tables of models and contrasts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import norm
from scipy.stats import t as t_distribution

from analysis.claims.codes import Kind, Reason
from analysis.claims.statement import Statement
from analysis.multiplicity import adjusted

MAXIMUM_RMSEA = 0.10
MINIMUM_CFI = 0.90


@dataclass(frozen=True)
class Evidence:
    """What a verdict stands on, in the metric of the claim; NaN and ``problem`` where there is nothing to judge.

    ``df`` is NaN for a normal reference. ``pvalue`` is two-sided. ``fits_badly`` is of the model, ``errors`` the kind
    of its standard errors (empty for a contrast). ``units`` are what is compared: persons also where the errors allow
    for their projects.
    """

    metric: Literal["std_all", "sd"]
    units: Literal["persons", "projects"]
    method: str
    n_obs: float = np.nan
    n_projects: float = np.nan
    estimate: float = np.nan
    se: float = np.nan
    df: float = np.nan
    ci_lower: float = np.nan
    ci_upper: float = np.nan
    pvalue: float = np.nan
    pvalue_adjusted: float = np.nan
    minimum_pvalue: float = np.nan
    problem: Reason | None = None
    fits_badly: bool = False
    errors: str = ""


def model_evidence(
    statement: Statement, *, parameters: pd.DataFrame, model_fit: Mapping[str, float | bool | str], confidence: float
) -> Evidence:
    """The standardised parameter a path or correlation speaks of, with an interval from its own (delta-method) error:
    t with ``std_all_df_t`` degrees of freedom, normal where that is NaN.

    ``parameters`` (rows ``lhs op rhs std_all std_all_se std_all_df_t``) and ``model_fit`` (``n_obs n_projects cfi
    rmsea`` and where there are any ``cfi_robust rmsea_robust``; ``converged admissible`` as booleans; ``estimator
    errors`` as text) are of the claim's model for everybody. A path that was left out because its covariate does not
    vary in these data is ``no_variation``.
    """
    method, errors = str(model_fit["estimator"]).lower(), str(model_fit["errors"])
    n_obs, n_projects = float(model_fit["n_obs"]), float(model_fit["n_projects"])
    empty = Evidence("std_all", "persons", method, n_obs, n_projects, errors=errors)
    if not model_fit["converged"]:
        return replace(empty, problem="model_not_fitted")
    if not model_fit["admissible"]:
        return replace(empty, problem="model_inadmissible")
    a, b = statement.names
    if statement.kind == "path":
        wanted = (parameters["op"] == "~") & (parameters["lhs"] == a) & (parameters["rhs"] == b)
    else:
        pair = parameters["lhs"].isin([a, b]) & parameters["rhs"].isin([a, b])
        wanted = (parameters["op"] == "~~") & pair & (parameters["lhs"] != parameters["rhs"])
    if not wanted.any():
        return replace(empty, problem="no_variation")
    row = parameters.loc[wanted].iloc[0]
    measured = replace(
        empty,
        estimate=float(row["std_all"]),
        se=float(row["std_all_se"]),
        df=float(row["std_all_df_t"]),
        fits_badly=_robust(model_fit, "rmsea") > MAXIMUM_RMSEA or _robust(model_fit, "cfi") < MINIMUM_CFI,
    )
    return _with_interval(measured, confidence)


def _robust(model_fit: Mapping[str, float | bool | str], name: str) -> float:
    """The robust form of a measure; the plain one where there is none."""
    robust = float(model_fit.get(f"{name}_robust", np.nan))
    return float(model_fit[name]) if np.isnan(robust) else robust


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
    units: Literal["projects", "persons"] = "projects" if of_units else "persons"
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
    return _with_interval(measured, confidence, pvalue=float(row["pvalue"]))


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


def _with_interval(evidence: Evidence, confidence: float, *, pvalue: float | None = None) -> Evidence:
    """``evidence`` with its interval, and its p-value unless given; t with ``df``, normal where that is NaN."""
    normal = np.isnan(evidence.df)
    quantile = norm.ppf(0.5 + confidence / 2) if normal else t_distribution.ppf(0.5 + confidence / 2, evidence.df)
    half = float(quantile) * evidence.se
    if pvalue is None:
        size = abs(evidence.estimate / evidence.se)
        pvalue = float(2 * (norm.sf(size) if normal else t_distribution.sf(size, evidence.df)))
    return replace(evidence, ci_lower=evidence.estimate - half, ci_upper=evidence.estimate + half, pvalue=pvalue)


def family_adjusted(
    evidence: Mapping[str, Evidence], *, kinds: Mapping[str, Kind], statements: Mapping[str, Statement]
) -> dict[str, Evidence]:
    """``evidence`` by claim with ``pvalue_adjusted`` over what was looked at together (Holm).

    Confirmatory claims form one family, exploratory claims about models another; an exploratory effect keeps the
    adjustment over outcomes that its contrast came with. A claim without a p-value is in no family.
    """
    families = [
        [name for name in evidence if kinds[name] == "confirmatory"],
        [name for name in evidence if kinds[name] == "exploratory" and statements[name].about_model],
    ]
    result = dict(evidence)
    for family in families:
        tested = [name for name in family if np.isfinite(evidence[name].pvalue)]
        pvalues = adjusted([evidence[name].pvalue for name in tested], method="holm")
        for name, pvalue in zip(tested, pvalues, strict=True):
            result[name] = replace(evidence[name], pvalue_adjusted=float(pvalue))
    return result
