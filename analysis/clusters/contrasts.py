"""The two levels of a trait side by side: differences by several methods, multiplicity.

A trait of units (projects) does not vary within a unit, so a comparison of its levels has as many independent
observations as there are units, however many persons answered. Beside each other:

``persons`` Welch's t on persons, and ``ols`` the regression of persons on all traits of units (or on one of persons)
    What an analysis that ignores units prints. For a trait of units wrong, and how wrong is the warning: never refused
    for having few units.
``project_means`` (``unit_means``)
    Ordinary least squares of the unit means on all unit traits together; every unit counts once; t with
    k - traits - 1 degrees of freedom. Exact for normal unit means of equal variance. What claims about unit traits
    stand on.
``mixed`` (``mixed``, ``kenward_roger``)
    Random intercept per unit (restricted maximum likelihood). Traits of units: errors and degrees of freedom by
    Kenward and Roger, which for units of equal size are k - traits - 1 (the between-within rule), and allow for unequal
    ones, with which that rule rejects up to 10 per cent at 5 and the normal reference of the software 16 (8 projects;
    tests/benchmarks/README.md). A trait of persons: n - k - 1 (the between-within rule; Pinheiro & Bates 2000, p. 91).
``cr2``, ``cr3`` (``robust``)
    The regression of ``ols`` with errors by unit, reduced in bias, and Satterthwaite degrees of freedom.
``permutation`` (``permutation``)
    Of the trait over units, within levels of the other traits; of unit means; for traits of units alone.
``wild`` (``wild``)
    Wild cluster bootstrap of the regression of ``ols``.

With covariates every method but ``persons`` adjusts for them and has only persons who have them all; the two of unit
means by the two steps of ``unit_means.adjusted_means``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.clusters.assignments import minimum_pvalue
from analysis.clusters.contrast import METHODS, NAIVE, Contrast, Method, Refusal, TraitColumns
from analysis.clusters.design import compared, people
from analysis.clusters.means import trait_means, with_data
from analysis.clusters.persons import OF_PERSONS, person_trait_contrasts, welch_contrast
from analysis.clusters.units import Settings, unit_contrasts
from analysis.multiplicity import Adjustment, adjusted

__all__ = [
    "METHODS", "NAIVE", "Contrast", "Method", "Refusal", "TraitColumns", "minimum_pvalue", "trait_contrasts",
    "trait_means",
]  # fmt: skip


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
    adjust_for: Sequence[str] = (),
    draws: int = 9999,
    seed: int = 0,
) -> pd.DataFrame:
    """Every contrast of every outcome that has data: a row an outcome, trait and method (of ``methods``).

    ``persons`` has a row a person, with the outcomes, the traits' columns, ``cluster`` (null: not known) and the
    covariates ``adjust_for`` (numbers). Two unit traits a and b also give a row ``a-b``: the difference between their
    effects in the same model. A contrast is refused with a code: fewer than ``minimum_units`` units in a level, or too
    few for the model (``too_few_projects``), traits that coincide over units or follow from the covariates
    (``confounded``), too few persons in a level (``too_few_persons``), fewer than two known units (``no_clusters``), an
    outcome without variation (``no_variation``). ``draws``, ``seed``: of ``permutation`` and ``wild``.
    ``pvalue_adjusted`` is over outcomes, within trait and method.
    """
    asked = [method for method in METHODS if method in methods]
    settings = Settings(confidence, draws, seed)
    contrasts: list[Contrast] = []
    for outcome in with_data(persons, outcomes):
        for trait in traits:
            if "persons" in asked:
                everybody = people(persons, outcome, [trait], cluster=cluster, adjust_for=[])
                contrasts.append(welch_contrast(everybody, trait, confidence=confidence))
            if trait.of == "person":
                found = people(persons, outcome, [trait], cluster=cluster, adjust_for=adjust_for)
                by = [method for method in asked if method in OF_PERSONS]
                contrasts += person_trait_contrasts(found, trait, by, settings)
        of_units = [trait for trait in traits if trait.of == "unit"]
        if of_units:
            found = people(persons, outcome, of_units, cluster=cluster, adjust_for=adjust_for)
            data = compared(found, of_units, minimum_units=minimum_units)
            contrasts += unit_contrasts(data, [method for method in asked if method != "persons"], settings)
    table = pd.DataFrame([vars(c) for c in contrasts], columns=[*Contrast.__dataclass_fields__])
    return _in_order(_with_adjusted_pvalues(table, adjust), outcomes, traits)


def in_order(table: pd.DataFrame, orders: dict[str, Sequence[str]]) -> pd.DataFrame:
    """Rows of ``table`` sorted by its columns, each in the order given (values of it that are not there: last)."""
    rank = pd.DataFrame(
        {key: table[key].map({name: i for i, name in enumerate(order)}) for key, order in orders.items()}
    )
    return table.loc[rank.sort_values(list(orders), kind="stable").index].reset_index(drop=True)


def trait_names(traits: Sequence[TraitColumns]) -> list[str]:
    """Names of ``traits``, and of the differences between any two, in the order of the tables."""
    names = [trait.name for trait in traits]
    return names + [f"{a}-{b}" for a, b in combinations(names, 2)]


def _with_adjusted_pvalues(table: pd.DataFrame, adjust: Adjustment) -> pd.DataFrame:
    """``table`` with ``pvalue_adjusted``: over the outcomes of a trait and method that have a p-value."""
    table = table.assign(pvalue_adjusted=np.nan)
    for _, family in table[table["pvalue"].notna()].groupby(["trait", "method"], sort=False):
        table.loc[family.index, "pvalue_adjusted"] = adjusted(family["pvalue"].to_numpy(dtype=float), method=adjust)
    return table


def _in_order(table: pd.DataFrame, outcomes: Sequence[str], traits: Sequence[TraitColumns]) -> pd.DataFrame:
    """Rows by outcome, trait (differences last) and method, as declared."""
    return in_order(table, {"outcome": outcomes, "trait": trait_names(traits), "method": METHODS})
