"""Missing answers filled in once for all specifications: the same imputations, whatever else is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.measurement.imputation import DONORS, impute
from analysis.multiverse.inputs import Imputed, Inputs, families
from analysis.sem.syntax import parse
from analysis.sem.table import build_table

BURN_IN = 6
"""Cycles before the first imputation; fewer than by default, since most answers are there
and each item is predicted by its whole scale."""

THIN = 2
_UNKNOWN = "(unknown)"


def with_imputations(inputs: Inputs) -> Inputs:
    """``inputs`` with the answers of the analysed, and where they are asked for of all, filled in."""
    if "imputation" not in inputs.choices.get("missing", ()):
        return inputs
    sets = ["analysed"]
    if "all" in inputs.choices.get("residents", ()) and not inputs.persons["analysed"].astype(bool).all():
        sets.append("all")
    return replace(inputs, imputed={residents: impute_answers(inputs, residents=residents) for residents in sets})


def impute_answers(inputs: Inputs, *, residents: str) -> Imputed:
    """The answers of ``residents`` (``analysed`` or ``all``) of all waves, filled in ``inputs.imputations`` times.

    Each item is predicted by all others that the claims need, by project, wave and what is adjusted for, so that
    nothing a specification asks is unknown to the imputation. The same ``inputs.seed`` gives the same answers. Items
    that hardly anybody answered are left out.
    """
    chosen = np.ones(len(inputs.persons), bool) if residents == "all" else inputs.persons["analysed"].to_numpy(bool)
    rows = np.flatnonzero(chosen)
    persons = inputs.persons.iloc[rows].reset_index(drop=True)
    items = [item for item in items_needed(inputs) if item in persons and persons[item].notna().sum() >= DONORS]
    if not items or not rows.size:
        return Imputed(rows, (), np.empty((inputs.imputations, len(rows), 0)))
    filled = impute(
        persons[items],
        predictors(persons, [inputs.cluster, "wave", inputs.role, *inputs.adjusted_for]),
        imputations=inputs.imputations,
        rng=np.random.default_rng([inputs.seed, int(residents == "all")]),
        burn_in=BURN_IN,
        thin=THIN,
    )
    return Imputed(rows, tuple(items), filled)


def items_needed(inputs: Inputs) -> tuple[str, ...]:
    """Items of everything the claims speak of, of what may take its place, and of the claims' models."""
    names: dict[str, None] = {}
    for family in families(inputs):
        names |= dict.fromkeys(family.constructs)
        for exchange in inputs.alternatives.values():
            names |= {new: None for old, new in exchange.items() if old in family.constructs}
    items = {item: None for name in names if name in inputs.scales for item in inputs.scales[name].item_names}
    known = {item for scale in inputs.scales.values() for item in scale.item_names}
    for model in dict.fromkeys(claim.model for claim in inputs.claims if claim.model):
        observed = build_table(parse(inputs.models[model])).observed
        items |= {name: None for name in observed if name in known}
    return tuple(items)


def predictors(persons: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Complete columns of numbers that say what ``columns`` say of ``persons``, those there are.

    Of a category a dummy each but the first, with not known as a category of its own; of a number itself, its mean
    where it is not known, and whether it is known.
    """
    found: dict[str, pd.Series] = {}
    for column in dict.fromkeys(column for column in columns if column in persons.columns):
        values = persons[column]
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            numbers = values.astype(float)
            if numbers.notna().any():
                found[column] = numbers.fillna(numbers.mean())
                found[f"{column} known"] = numbers.notna().astype(float)
            continue
        text = values.astype("str").where(values.notna(), _UNKNOWN)
        for category in sorted(text.unique())[1:]:
            found[f"{column}={category}"] = (text == category).astype(float)
    varying = {name: values for name, values in found.items() if values.nunique() > 1}
    return pd.DataFrame(varying, index=persons.index)
