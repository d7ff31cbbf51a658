"""What a pool has nothing of: traits of which every project is the same kind, scales that no wave asked about.

Their rows hold no figure. They are left out of what pages read, so that a page can say once, and not on every line,
that there is nothing to compare or that nobody was asked. The files for downloading keep them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from pipeline.declare import Claim, Trait
from pipeline.present.bundle import Bundle
from pipeline.present.context import Context
from pipeline.present.words.people import n_analysed, n_units

_BY_TRAIT, _BY_SCALE = ("trait", "variable", "quantity"), "scale"
_KEPT = ("project_traits", "missing_by_item")
"""Facts of the projects, and how often each question was asked: what is absent is known from these."""


def without_absent(context: Context) -> Context:
    """``context`` without the rows of traits that set nobody apart, and of scales that nobody was asked about."""
    tables, bundle = dict(context.bundle.tables), context.bundle
    lone = {trait.name for trait in lone_traits(context)}
    names = [trait.name for trait in context.study.declaration.traits]
    lone |= {f"{a}-{b}" for a in names for b in names if {a, b} & lone}
    not_asked = set(unasked_scales(bundle))
    if not lone and not not_asked:
        return context
    for name, table in tables.items():
        if name not in _KEPT:
            absent = pd.Series(data=False, index=table.index)
            for column in set(_BY_TRAIT) & set(table):
                absent |= table[column].isin(lone)
            if _BY_SCALE in table:
                absent |= table[_BY_SCALE].isin(not_asked)
            tables[name] = table[~absent].reset_index(drop=True)
    return replace(context, bundle=Bundle(bundle.pool, tables, bundle.about))


def untold(context: Context, key: str, **names: object) -> str:
    """The phrase ``key``, which says that something cannot be told; that it is hidden where all is, down to how many
    persons the results are about."""
    return context.say("result hidden" if all_hidden(context) else key, **names)


def all_hidden(context: Context) -> bool:
    """Whether all results are hidden, down to how many persons they are about."""
    flow = context.bundle.tables.get("response_flow")
    return flow is not None and not flow.empty and n_analysed(context) is None


def lone_traits(context: Context) -> list[Trait]:
    """The declared traits of which only one level is here."""
    return [trait for trait in context.study.declaration.traits if trait not in context.traits]


def unasked_scales(bundle: Bundle) -> list[str]:
    """Scales of which no question was in a questionnaire."""
    rows = bundle.tables["missing_by_item"]
    asked: Mapping[str, bool] = {}
    if len(rows):
        never = (rows["reason"] == "not_asked") & (rows["n"] == rows["base"]) & (rows["base"] > 0)
        asked = {str(scale): not never[group.index].any() for scale, group in rows.groupby("scale", sort=False)}
    return [scale for scale, any_asked in asked.items() if not any_asked]


def lone_told(context: Context) -> str:
    """For every trait of which only one level is here: that nothing can be compared, and what it takes. Else empty."""
    told = []
    for trait in lone_traits(context):
        [level] = context.bundle.levels_here(trait)
        other = next(one for one in trait.levels if one is not level)
        told.append(
            context.say(
                "lone unit" if trait.of == "unit" else "lone person",
                trait=context.text(trait.title).lower(), level=context.text(level.label),
                other=context.text(other.label), n=context.numbers.count(n_units(context)), units=context.units,
                people=context.people,
            )
        )  # fmt: skip
    return " ".join(told)


def alike_told(context: Context, claim: Claim) -> str:
    """That a claim compares kinds of which only one is here; empty where it does not."""
    names = {*(trait for trait, _ in claim.effects), *claim.differing}
    for trait in lone_traits(context):
        if trait.name in names:
            level = context.text(context.bundle.levels_here(trait)[0].label)
            key = "reason one_kind" if trait.of == "unit" else "reason one_group"
            return context.say(key, units=context.units, people=context.people, level=level)
    return ""


def unasked_told(context: Context) -> str:
    """Which scales nobody was asked about; empty where every scale was."""
    names = [context.scale(scale).lower() for scale in unasked_scales(context.bundle)]
    return context.say("scales unasked", scales=context.listed(names)) if names else ""


def scale_unasked(context: Context, scale: str) -> str:
    """That nobody was asked the questions of a scale; empty where somebody was."""
    return context.say("scale unasked") if scale in unasked_scales(context.bundle) else ""
