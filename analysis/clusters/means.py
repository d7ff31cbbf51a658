"""Means of the two levels of a trait, with the interval that its units (or persons) give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.clusters.contrast import TraitColumns, half_width
from analysis.clusters.largest import largest_share


def with_data(persons: pd.DataFrame, outcomes: Iterable[str]) -> list[str]:
    """Those of ``outcomes`` that are a column of ``persons`` with any value."""
    return [outcome for outcome in outcomes if outcome in persons.columns and persons[outcome].notna().any()]


def trait_means(
    persons: pd.DataFrame,
    *,
    outcomes: Sequence[str],
    traits: Sequence[TraitColumns],
    cluster: str,
    confidence: float,
    lowest: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Mean of every outcome in both levels of every trait, with its t interval; a row an outcome, trait and level.

    For a unit trait the mean and its interval are those of the unit means (each unit counts once), for a trait of
    persons those of persons. ``sd`` is always that of persons. No interval from a single unit or person.
    ``lowest``: the lowest possible value by outcome, for ``largest_share``; NaN where it is not given.
    """
    rows = []
    for outcome in with_data(persons, outcomes):
        for trait in traits:
            for level in (trait.high, trait.low):
                frame = persons[persons[outcome].notna() & (persons[trait.name] == level)]
                if frame.empty:
                    continue
                values = frame[outcome].astype(float)
                units = values.groupby(frame[cluster].astype("str").where(frame[cluster].notna())).mean()
                basis = units if trait.of == "unit" else values
                mean, se = float(np.mean(basis)), float(np.asarray(basis.sem()))
                half = half_width(se, len(basis) - 1, confidence)
                rows.append({
                    "outcome": outcome, "trait": trait.name, "level": level, "n_obs": len(frame),
                    "n_projects": len(units), "mean": mean, "sd": float(values.std()),
                    "ci_lower": mean - half, "ci_upper": mean + half,
                    "largest_share": largest_share(values, (lowest or {}).get(outcome, np.nan)),
                })  # fmt: skip
    columns = [
        "outcome",
        "trait",
        "level",
        "n_obs",
        "n_projects",
        "mean",
        "sd",
        "ci_lower",
        "ci_upper",
        "largest_share",
    ]
    return pd.DataFrame(rows, columns=columns)
