"""What a verdict stands on, and its adjustment for what was looked at together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from analysis.claims.codes import Kind, Reason
from analysis.claims.statement import Statement
from analysis.distributions import norm
from analysis.distributions import t as t_distribution
from analysis.multiplicity import adjusted

Units = Literal["persons", "projects"]


@dataclass(frozen=True)
class Evidence:
    """What a verdict stands on, in the metric of the claim; NaN and ``problem`` where there is nothing to judge.

    ``df`` is NaN for a normal reference. ``pvalue`` is two-sided. ``fits_badly`` is of the model, ``errors`` the kind
    of its standard errors (empty for a contrast). ``units`` are what is compared: persons also where the errors allow
    for their projects.
    """

    metric: Literal["std_all", "sd"]
    units: Units
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


def with_interval(evidence: Evidence, confidence: float, *, pvalue: float | None = None) -> Evidence:
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
