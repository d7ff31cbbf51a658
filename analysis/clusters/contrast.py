"""What a comparison of two levels of a trait is made of: traits, methods, codes, and one contrast as it is reported."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from analysis.distributions import t as t_distribution

Array = npt.NDArray[np.floating[Any]]
Codes = npt.NDArray[np.intp]
Method = Literal["persons", "ols", "project_means", "mixed", "cr2", "cr3", "permutation", "wild"]
Refusal = Literal[
    "", "too_few_persons", "too_few_projects", "no_clusters", "confounded", "no_variation", "not_converged"
]
Warned = Literal["nearly_confounded", "few_projects"]
METHODS: tuple[Method, ...] = get_args(Method)
NAIVE: tuple[Method, ...] = ("persons", "ols")
"""The methods that take persons for independent of each other: never refused for having few projects, and wrong."""


@dataclass(frozen=True)
class TraitColumns:
    """A two-level trait in the persons frame: column ``name`` holds the level, column ``dummy`` 1 for ``high``."""

    name: str
    of: Literal["unit", "person"]
    dummy: str
    high: str
    low: str


@dataclass(frozen=True)
class Contrast:
    """High minus low of one trait on one outcome by one method; NaN where ``refused`` says why nothing was computed.

    ``effect_size``: for ``persons`` Hedges' g (pooled sd of the two levels); for the others ``estimate`` over the sd of
    the persons compared (``n_obs``: both levels together), and its interval likewise (that sd taken as known).
    ``n_draws`` and ``exact`` (``yes``, ``no``): of ``permutation`` and ``wild``, how many assignments were looked at
    and whether those are all there are. Their interval is NaN where it has no end: where even the smallest p-value that
    can be had does not reach one minus the confidence.
    """

    outcome: str
    trait: str
    method: Method
    n_obs: int
    n_projects_high: float = np.nan
    n_projects_low: float = np.nan
    estimate: float = np.nan
    se: float = np.nan
    statistic: float = np.nan
    df: float = np.nan
    pvalue: float = np.nan
    ci_lower: float = np.nan
    ci_upper: float = np.nan
    effect_size: float = np.nan
    effect_size_ci_lower: float = np.nan
    effect_size_ci_upper: float = np.nan
    minimum_pvalue: float = np.nan
    n_draws: float = np.nan
    exact: Literal["", "yes", "no"] = ""
    refused: Refusal = ""


def with_t_test(c: Contrast, *, estimate: float, se: float, df: float, confidence: float, sd: float) -> Contrast:
    """``c`` with its t test and interval, the effect size in units of ``sd``; refused where nothing varies."""
    if not se > 1e-12 * sd:
        return replace(c, refused="no_variation")
    half = half_width(se, df, confidence)
    pvalue = float(2 * t_distribution.sf(abs(estimate / se), df))
    tested = replace(c, estimate=estimate, se=se, statistic=estimate / se, df=df, pvalue=pvalue)
    return with_interval(tested, lower=estimate - half, upper=estimate + half, sd=sd)


def with_interval(c: Contrast, *, lower: float, upper: float, sd: float) -> Contrast:
    """``c``, whose estimate is known, with its interval, and both in units of ``sd``."""
    return replace(
        c, ci_lower=lower, ci_upper=upper, effect_size=c.estimate / sd,
        effect_size_ci_lower=lower / sd, effect_size_ci_upper=upper / sd,
    )  # fmt: skip


def half_width(se: float, df: float, confidence: float) -> float:
    """Half of a t interval; NaN without degrees of freedom."""
    return float(t_distribution.ppf(0.5 + confidence / 2, df)) * se if df > 0 else np.nan
