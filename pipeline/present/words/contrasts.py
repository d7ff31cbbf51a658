"""Which contrasts claims speak of, and what a contrast and its methods are called."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from pipeline.present.context import Context, capital
from pipeline.present.markup.tables import count
from pipeline.present.words.effects import lowered

NAIVE = ("persons", "ols")
"""Methods that take persons for independent of each other."""


@dataclass(frozen=True, order=True)
class Pair:
    """An outcome and a trait (or the difference ``a-b`` of two) by which it is compared."""

    outcome: str
    trait: str

    def rows(self, context: Context, table: str) -> pd.DataFrame:
        """Its rows of a published table."""
        return context.bundle.rows(table, outcome=self.outcome, trait=self.trait)


def claimed_pairs(context: Context) -> list[Pair]:
    """The contrasts that claims are about, in the claims' order: of two effects compared, each and the difference."""
    names = [trait.name for trait in context.study.declaration.traits]
    known = {f"{a}-{b}" for a, b in combinations(names, 2)}
    pairs: dict[Pair, None] = {}
    for claim in context.study.claims.claims:
        effects = [(trait, outcome) for trait, outcome in claim.effects if outcome is not None]
        pairs.update(dict.fromkeys(Pair(outcome, trait) for trait, outcome in effects))
        for (a, outcome), (b, _) in combinations(effects, 2):
            pairs[Pair(outcome, f"{a}-{b}" if f"{a}-{b}" in known else f"{b}-{a}")] = None
    return [pair for pair in pairs if len(pair.rows(context, "trait_contrasts"))]


def heading(context: Context, pair: Pair) -> str:
    """``Housing satisfaction: in a neighbourhood minus isolated``."""
    outcome, trait = context.scale(pair.outcome), context.trait_or_none(pair.trait)
    if trait is None:
        difference = lowered(context.trait(pair.trait))
        return context.say("contrast heading difference", outcome=outcome, difference=difference)
    levels = {"high": context.text(trait.high.label), "low": context.text(trait.low.label)}
    return context.say("contrast heading", outcome=outcome, **levels)


def heading_with_sizes(context: Context, pair: Pair, row: pd.Series) -> str:
    """The heading with persons and projects of ``row``."""
    said, n = heading(context, pair), count(context, row, "n_obs")
    if pd.isna(row["n_projects_high"]) or pd.isna(row["n_projects_low"]):
        return context.say("contrast sizes persons", heading=said, n=n)
    high, low = (context.numbers.count(row[f"n_projects_{side}"]) for side in ("high", "low"))
    return context.say("contrast sizes", heading=said, n=n, high_units=high, low_units=low, units=context.units)


def method(context: Context, name: str) -> str:
    """What a method is called, with a capital."""
    return capital(context.say(f"method {name}", units=context.units, unit=context.unit))
