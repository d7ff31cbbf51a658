"""The two levels of a trait side by side: means, differences by several methods, multiplicity.

A trait of units (projects) does not vary within a unit, so a comparison of its levels has as many independent
observations as there are units, however many persons answered. Three methods are given beside each other:

``persons``
    Welch's t on persons: what an analysis that ignores the units prints. Right for a trait of persons only where units
    do not matter.
``project_means``
    Ordinary least squares of the unit means on all unit traits together; every unit counts once; t with
    k - traits - 1 degrees of freedom. Exact for normal unit means of equal variance. What claims about unit traits
    stand on.
``mixed``
    Random intercept per unit (restricted maximum likelihood) on all unit traits together, or on one trait of persons.
    Wald t with k - traits - 1 degrees of freedom for unit traits and n - k - 1 for a trait of persons (the
    between-within rule; Pinheiro & Bates 2000, p. 91), because the normal reference of the software is too narrow with
    few units.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import t as t_distribution

from analysis.clusters.mixed import random_intercept
from analysis.multiplicity import Adjustment, adjusted

Array = npt.NDArray[np.floating[Any]]
Method = Literal["persons", "project_means", "mixed"]
Refusal = Literal[
    "", "too_few_persons", "too_few_projects", "no_clusters", "confounded", "no_variation", "not_converged"
]
METHODS: tuple[Method, ...] = ("persons", "project_means", "mixed")


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
    exact: str = ""
    refused: Refusal = ""


def trait_contrasts(
    persons: pd.DataFrame,
    *,
    outcomes: Sequence[str],
    traits: Sequence[TraitColumns],
    cluster: str,
    minimum_units: int,
    confidence: float,
    adjust: Adjustment,
    methods: Collection[Method] = METHODS,
) -> pd.DataFrame:
    """Every contrast of every outcome that has data: a row an outcome, trait and method (of ``methods``).

    ``persons`` has a row a person, with the outcomes, the traits' columns and ``cluster`` (null: not known). Two unit
    traits a and b also give a row ``a-b``: the difference between their effects in the same model. A contrast is
    refused with a code: fewer than ``minimum_units`` units in a level, or too few for the model
    (``too_few_projects``), traits that coincide over units (``confounded``), too few persons in a level
    (``too_few_persons``), fewer than two known units (``no_clusters``), an outcome without variation
    (``no_variation``).
    ``pvalue_adjusted`` is over outcomes, within trait and method.
    """
    contrasts: list[Contrast] = []
    for outcome in _with_data(persons, outcomes):
        frame = persons[persons[outcome].notna()]
        for trait in traits:
            if "persons" in methods:
                contrasts.append(_persons_contrast(frame, outcome, trait, cluster, confidence))
            if trait.of == "person" and "mixed" in methods:
                contrasts.append(_mixed_person_trait(frame, outcome, trait, cluster, confidence))
        unit_traits = [trait for trait in traits if trait.of == "unit"]
        if unit_traits:
            asked = [method for method in METHODS[1:] if method in methods]
            contrasts += _unit_contrasts(frame, outcome, unit_traits, cluster, minimum_units, confidence, asked)
    columns = [*Contrast.__dataclass_fields__]
    table = pd.DataFrame([vars(c) for c in contrasts], columns=columns)
    return _in_order(_with_adjusted_pvalues(table, adjust), outcomes, traits)


def trait_means(
    persons: pd.DataFrame, *, outcomes: Sequence[str], traits: Sequence[TraitColumns], cluster: str, confidence: float
) -> pd.DataFrame:
    """Mean of every outcome in both levels of every trait, with its t interval; a row an outcome, trait and level.

    For a unit trait the mean and its interval are those of the unit means (each unit counts once), for a trait of
    persons those of persons. ``sd`` is always that of persons. No interval from a single unit or person.
    """
    rows = []
    for outcome in _with_data(persons, outcomes):
        for trait in traits:
            for level in (trait.high, trait.low):
                frame = persons[persons[outcome].notna() & (persons[trait.name] == level)]
                if frame.empty:
                    continue
                values = frame[outcome].astype(float)
                units = values.groupby(frame[cluster].astype("str").where(frame[cluster].notna())).mean()
                basis = units if trait.of == "unit" else values
                mean, se = float(np.mean(basis)), float(np.asarray(basis.sem()))
                half = _half_width(se, len(basis) - 1, confidence)
                rows.append({
                    "outcome": outcome, "trait": trait.name, "level": level, "n_obs": len(frame),
                    "n_projects": len(units), "mean": mean, "sd": float(values.std()),
                    "ci_lower": mean - half, "ci_upper": mean + half,
                })  # fmt: skip
    columns = ["outcome", "trait", "level", "n_obs", "n_projects", "mean", "sd", "ci_lower", "ci_upper"]
    return pd.DataFrame(rows, columns=columns)


def minimum_pvalue(high: Array, strata: Sequence[tuple[float, ...]]) -> float:
    """The smallest two-sided p that permuting a trait over units can give.

    ``high`` (k) is 1 for units with the high level; ``strata`` (k) are the units' levels of the other traits, within
    which labels are exchanged. One over the number of assignments; twice that when every assignment has a mirror image
    (as many high as low in every stratum), whose difference is equally large.
    """
    assignments, mirrored = 1, True
    for stratum in sorted(set(strata)):
        inside = np.array([h for h, s in zip(high, strata, strict=True) if s == stratum])
        n_high = int(inside.sum())
        assignments *= comb(len(inside), n_high)
        mirrored &= 2 * n_high == len(inside)
    return min(1.0, (2 if mirrored else 1) / assignments)


def _with_data(persons: pd.DataFrame, outcomes: Iterable[str]) -> list[str]:
    return [outcome for outcome in outcomes if outcome in persons.columns and persons[outcome].notna().any()]


def _half_width(se: float, df: float, confidence: float) -> float:
    return float(t_distribution.ppf(0.5 + confidence / 2, df)) * se if df > 0 else np.nan


def _with_test(c: Contrast, *, estimate: float, se: float, df: float, confidence: float, sd: float) -> Contrast:
    """``c`` with its t test and interval, the effect size in units of ``sd``; refused where nothing varies."""
    if se <= 1e-12 * sd:
        return replace(c, refused="no_variation")
    statistic = estimate / se
    half = _half_width(se, df, confidence)
    pvalue = float(2 * t_distribution.sf(abs(statistic), df))
    return replace(
        c, estimate=estimate, se=se, statistic=statistic, df=df, pvalue=pvalue,
        ci_lower=estimate - half, ci_upper=estimate + half, effect_size=estimate / sd,
        effect_size_ci_lower=(estimate - half) / sd, effect_size_ci_upper=(estimate + half) / sd,
    )  # fmt: skip


def _counted(frame: pd.DataFrame, outcome: str, trait: TraitColumns, cluster: str, method: Method) -> Contrast:
    """A contrast without numbers yet: persons with a level, and units in each level."""
    known = frame[frame[trait.dummy].notna()]
    n_units = known.groupby(trait.dummy)[cluster].nunique()
    return Contrast(outcome, trait.name, method, len(known), float(n_units.get(1.0, 0)), float(n_units.get(0.0, 0)))


def _persons_contrast(
    frame: pd.DataFrame, outcome: str, trait: TraitColumns, cluster: str, confidence: float
) -> Contrast:
    """Welch's t with Hedges' g (Hedges & Olkin 1985; pingouin)."""
    c = _counted(frame, outcome, trait, cluster, "persons")
    high, low = (frame.loc[frame[trait.dummy] == level, outcome].to_numpy(dtype=float) for level in (1.0, 0.0))
    if min(len(high), len(low)) < 2:
        return replace(c, refused="too_few_persons")
    parts = np.array([high.var(ddof=1) / len(high), low.var(ddof=1) / len(low)])
    if parts.sum() == 0:
        return replace(c, refused="no_variation")
    from pingouin import compute_effsize, compute_esci

    df = float(parts.sum() ** 2 / (parts**2 / np.array([len(high) - 1, len(low) - 1])).sum())
    estimate = float(high.mean() - low.mean())
    tested = _with_test(c, estimate=estimate, se=float(np.sqrt(parts.sum())), df=df, confidence=confidence, sd=1.0)
    g = float(compute_effsize(high, low, eftype="hedges"))
    lower, upper = compute_esci(g, nx=len(high), ny=len(low), eftype="hedges", confidence=confidence, decimals=12)
    return replace(tested, effect_size=g, effect_size_ci_lower=float(lower), effect_size_ci_upper=float(upper))


@dataclass(frozen=True)
class _Linear:
    """A fitted linear model: coefficients (intercept first) and their covariance, residual degrees of freedom."""

    beta: Array
    covariance: Array
    df: float


def _mixed_person_trait(
    frame: pd.DataFrame, outcome: str, trait: TraitColumns, cluster: str, confidence: float
) -> Contrast:
    """Random intercept per unit; persons whose unit is not known are left out (``n_obs`` counts who is in)."""
    known = frame[frame[trait.dummy].notna() & frame[cluster].notna()]
    c = _counted(known, outcome, trait, cluster, "mixed")
    n_units = known[cluster].nunique()
    if n_units < 2:
        return replace(c, refused="no_clusters")
    n_by_level = known.groupby(trait.dummy).size().reindex([0.0, 1.0], fill_value=0)
    if n_by_level.min() < 2 or len(known) <= n_units + 1:
        return replace(c, refused="too_few_persons")
    if known[outcome].nunique() < 2:
        return replace(c, refused="no_variation")
    model = _random_intercept(known, outcome, [trait.dummy], cluster, df=len(known) - n_units - 1)
    sd, se = float(known[outcome].std()), float(np.sqrt(model.covariance[1, 1]))
    return _with_test(c, estimate=float(model.beta[1]), se=se, df=model.df, confidence=confidence, sd=sd)


def _unit_contrasts(
    frame: pd.DataFrame,
    outcome: str,
    traits: Sequence[TraitColumns],
    cluster: str,
    minimum_units: int,
    confidence: float,
    methods: Sequence[Method],
) -> list[Contrast]:
    """Unit traits by ``methods`` that respect units, and the differences between their effects."""
    placed = frame[frame[cluster].notna() & frame[[trait.dummy for trait in traits]].notna().all(axis=1)]
    units = placed.groupby(placed[cluster].astype("str"), sort=True).agg(
        {outcome: "mean", **{trait.dummy: "first" for trait in traits}}
    )
    varying = [trait for trait in traits if units[trait.dummy].nunique() == 2]
    refused = _refusals(units, traits, varying, outcome, minimum_units)
    sd = float(placed[outcome].std())
    result: list[Contrast] = []
    for method in methods:
        model = None
        if varying and any(not code for code in refused.values()):
            model = _unit_model(method, units, placed, outcome, [trait.dummy for trait in varying], cluster)
        for weights, c, code in _questions(units, placed, outcome, traits, varying, cluster, method, refused):
            if model is None or code:
                result.append(replace(c, refused=code))
                continue
            se = float(np.sqrt(weights @ model.covariance @ weights))
            estimate = float(weights @ model.beta)
            result.append(_with_test(c, estimate=estimate, se=se, df=model.df, confidence=confidence, sd=sd))
    return result


def _refusals(
    units: pd.DataFrame,
    traits: Sequence[TraitColumns],
    varying: Sequence[TraitColumns],
    outcome: str,
    minimum_units: int,
) -> dict[str, Refusal]:
    """Why each trait cannot be compared over units; empty text where it can."""
    design = np.column_stack([np.ones(len(units)), *(units[trait.dummy].to_numpy(dtype=float) for trait in varying)])
    coincide = bool(varying) and np.linalg.matrix_rank(design) < design.shape[1]
    codes: dict[str, Refusal] = {}
    for trait in traits:
        n_high = int((units[trait.dummy] == 1).sum())
        if min(n_high, len(units) - n_high) < minimum_units or len(units) <= design.shape[1]:
            codes[trait.name] = "too_few_projects"
        elif coincide:
            codes[trait.name] = "confounded"
        else:
            codes[trait.name] = "no_variation" if units[outcome].nunique() < 2 else ""
    return codes


def _questions(
    units: pd.DataFrame,
    placed: pd.DataFrame,
    outcome: str,
    traits: Sequence[TraitColumns],
    varying: Sequence[TraitColumns],
    cluster: str,
    method: Method,
    refused: dict[str, Refusal],
) -> Iterable[tuple[Array, Contrast, Refusal]]:
    """Each trait, then each pair: weights on the coefficients (intercept first), the empty contrast, why refused."""
    place = {trait.name: 1 + i for i, trait in enumerate(varying)}
    unit = np.eye(1 + len(varying))
    for trait in traits:
        others = [other.dummy for other in traits if other is not trait]
        strata = [tuple(row) for row in units[others].to_numpy(dtype=float)]
        c = _counted(placed, outcome, trait, cluster, method)
        if not refused[trait.name]:
            c = replace(c, minimum_pvalue=minimum_pvalue(units[trait.dummy].to_numpy(dtype=float), strata))
        yield unit[place.get(trait.name, 0)], c, refused[trait.name]
    for a, b in combinations(traits, 2):
        c = Contrast(outcome, f"{a.name}-{b.name}", method, len(placed))
        code = refused[a.name] or refused[b.name]
        yield unit[place.get(a.name, 0)] - unit[place.get(b.name, 0)], c, code


def _unit_model(
    method: Method, units: pd.DataFrame, placed: pd.DataFrame, outcome: str, dummies: list[str], cluster: str
) -> _Linear:
    """The joint model of all unit traits by ``method``."""
    df = len(units) - len(dummies) - 1
    if method == "mixed":
        return _random_intercept(placed, outcome, dummies, cluster, df=df)
    from statsmodels.regression.linear_model import OLS

    design = np.column_stack([np.ones(len(units)), units[dummies].to_numpy(dtype=float)])
    fitted = OLS(units[outcome].to_numpy(dtype=float), design).fit()
    return _Linear(np.asarray(fitted.params), np.asarray(fitted.cov_params()), df)


def _random_intercept(frame: pd.DataFrame, outcome: str, dummies: list[str], cluster: str, *, df: float) -> _Linear:
    """Random intercept per ``cluster``; the outcome is centred first, which only moves the intercept."""
    design = np.column_stack([np.ones(len(frame)), frame[dummies].to_numpy(dtype=float)])
    values = frame[outcome].to_numpy(dtype=float)
    fitted = random_intercept(values - values.mean(), design, frame[cluster].astype("str").to_numpy(dtype=object))
    return _Linear(fitted.beta, fitted.covariance, df)


def _with_adjusted_pvalues(table: pd.DataFrame, adjust: Adjustment) -> pd.DataFrame:
    """``table`` with ``pvalue_adjusted``: over the outcomes of a trait and method that have a p-value."""
    table = table.assign(pvalue_adjusted=np.nan)
    for _, family in table[table["pvalue"].notna()].groupby(["trait", "method"], sort=False):
        table.loc[family.index, "pvalue_adjusted"] = adjusted(family["pvalue"].to_numpy(dtype=float), method=adjust)
    return table


def _in_order(table: pd.DataFrame, outcomes: Sequence[str], traits: Sequence[TraitColumns]) -> pd.DataFrame:
    """Rows by outcome, trait (differences last) and method, as declared."""
    names = [trait.name for trait in traits]
    names += [f"{a}-{b}" for a, b in combinations(names, 2)]
    orders: dict[str, Sequence[str]] = {"outcome": outcomes, "trait": names, "method": METHODS}
    rank = pd.DataFrame(
        {key: table[key].map({name: i for i, name in enumerate(order)}) for key, order in orders.items()}
    )
    return table.loc[rank.sort_values(list(orders), kind="stable").index].reset_index(drop=True)
