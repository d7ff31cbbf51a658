"""What a path diagram shows: an estimate with its interval for every arrow and every pair of a group."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from pipeline.present.context import Context
from pipeline.present.pages.model.path_layout import PathGraph


@dataclass(frozen=True)
class Estimate:
    """A standardised estimate, whether its interval leaves out zero, and the ends of that."""

    value: float
    sure: bool
    lower: float = math.nan
    upper: float = math.nan

    def interval(self, context: Context) -> str:
        """``[0,39; 0,55]``; empty where there is none."""
        if math.isnan(self.lower) or math.isnan(self.upper):
            return ""
        return context.numbers.interval(self.lower, self.upper)


@dataclass(frozen=True)
class PathEstimates:
    """What a diagram shows of one group: an estimate per arrow and per pair; those left out of the model are absent."""

    arrows: dict[tuple[str, str], Estimate]
    pairs: dict[tuple[str, str], Estimate]


def estimates_of(graph: PathGraph, parameters: pd.DataFrame) -> PathEstimates:
    """The standardised estimates of ``graph`` in one group's parameter rows."""
    arrows = {}
    for source, target in graph.arrows:
        row = parameters[(parameters["op"] == "~") & (parameters["lhs"] == target) & (parameters["rhs"] == source)]
        if found := _estimate(row):
            arrows[source, target] = found
    pairs = {}
    covariances = parameters[parameters["op"] == "~~"]
    for a, b in graph.pairs:
        both = covariances["lhs"].isin([a, b]) & covariances["rhs"].isin([a, b])
        if found := _estimate(covariances[both & (covariances["lhs"] != covariances["rhs"])]):
            pairs[a, b] = found
    return PathEstimates(arrows, pairs)


def _estimate(rows: pd.DataFrame) -> Estimate | None:
    if rows.empty or pd.isna(rows["std_all"].iloc[0]):
        return None
    row = rows.iloc[0]
    lower, upper = float(row["std_all_ci_lower"]), float(row["std_all_ci_upper"])
    return Estimate(float(row["std_all"]), lower > 0 or upper < 0, lower, upper)
