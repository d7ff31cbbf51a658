"""How many people, in how many projects, of how many waves: what the front page and captions say of them."""

from __future__ import annotations

import pandas as pd

from pipeline.present.context import Context
from pipeline.present.words.numbers import NO_BREAK, about_count, share_in_words


def n_analysed(context: Context) -> float | None:
    """How many persons the results are about; None when that may not be shown."""
    steps = context.bundle.rows("response_flow", step="analysed")["n"]
    if len(steps) and steps.notna().all():
        return float(steps.sum())
    bases = context.bundle.rows("composition", population="analysed", dimension="wave")["base"].dropna()
    return float(bases.iloc[0]) if len(bases) else None


def step_total(context: Context, step: str) -> float | None:
    """Questionnaires at a step of the flow, all waves together; None when a wave's number is unknown or hidden."""
    waves = context.bundle.tables["waves"]["wave"]
    steps = context.bundle.rows("response_flow", step=step)
    if set(waves) - set(steps["wave"]) or steps.empty or steps["n"].isna().any():
        return None
    return float(steps["n"].sum())


def years(context: Context) -> str:
    """The years of fieldwork, ``2021 to 2025``."""
    starts = sorted(str(date)[:4] for date in context.bundle.tables["waves"]["start"])
    ends = sorted(str(date)[:4] for date in context.bundle.tables["waves"]["end"])
    if not starts:
        return context.say("unknown")
    if starts[0] == ends[-1]:
        return starts[0]
    return context.say("years between", first=starts[0], last=ends[-1])


def n_units(context: Context) -> int:
    """How many projects take part."""
    return len(context.bundle.tables["projects"])


def fewer_than_shown(context: Context) -> str:
    """``< 10``: what stands where a number of persons is hidden because it is small."""
    return f"< {context.numbers.count(float(context.bundle.about['minimum_group']))}"


def people_facts(context: Context) -> list[tuple[str, str]]:
    """Four facts, each a figure (people rounded, in words) and what it counts."""
    analysed = n_analysed(context)
    waves = len(context.bundle.tables["waves"])
    people = fewer_than_shown(context) if analysed is None else about_count(analysed, context.language)
    return [
        (people, context.say("fact people", people=context.people)),
        (context.numbers.count(n_units(context)), _units_by_level(context)),
        (context.numbers.count(waves), context.say("fact wave" if waves == 1 else "fact waves", years=years(context))),
        _response(context),
    ]


def _response(context: Context) -> tuple[str, str]:
    """The part of the invited that took part; else how many questionnaires came back, or could be used."""
    invited, received = step_total(context, "invited"), step_total(context, "received")
    if invited and received is not None:
        return share_in_words(received / invited, context.language), context.say("fact response")
    if received is not None:
        return about_count(received, context.language), context.say("fact received")
    kept = step_total(context, "kept")
    hidden = context.bundle.rows("response_flow", step="kept")["n"].isna().any()
    instead = context.say("unit fact hidden" if hidden else "unknown")
    shown = instead if kept is None else about_count(kept, context.language)
    return shown, context.say("fact kept")


def _units_by_level(context: Context) -> str:
    """``projects: 6 in a neighbourhood, 6 isolated``, by the first trait that projects have."""
    traits = context.bundle.tables["project_traits"]
    for trait in context.study.declaration.traits:
        here = traits[(traits["trait"] == trait.name) & (traits["level"] != "")]
        if trait.of == "unit" and len(here):
            tally = here["level"].value_counts()
            if len(tally) == 1:
                level = context.level(trait.name, str(tally.index[0]))
                return context.say("fact units alike", units=context.units, level=level)
            levels = ", ".join(
                f"{int(tally.get(level.value, 0))}{NO_BREAK}{context.text(level.label)}" for level in trait.levels
            )
            return context.say("fact units by level", units=context.units, levels=levels)
    return context.say("fact units", units=context.units)


def range_of_n(context: Context, bases: pd.Series) -> str:
    """`` (n = 612 to 640)`` for a caption; empty when no number may be shown."""
    shown = bases.dropna()
    if shown.empty:
        return ""
    low, high = context.numbers.count(shown.min()), context.numbers.count(shown.max())
    return context.say("n is", n=low) if low == high else context.say("n between", low=low, high=high)


def n_told(context: Context, bases: pd.Series) -> str:
    """`` n = 612 tot 640.`` as a sentence of a caption; empty when no number may be shown."""
    told = range_of_n(context, bases).strip(" ()")
    return f" {told}." if told else ""
