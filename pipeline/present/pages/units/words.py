"""In sentences: where one project or corporation lies beside others, and what changed from wave to wave."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.present.bundle import ALL
from pipeline.present.context import Context
from pipeline.present.pages.units.results import (
    Others,
    Side,
    Unit,
    others_estimate,
    others_of,
    outcomes_of,
    own_estimate,
    side_of,
    sorted_by_side,
    wave_labels,
    wave_names,
    waves_shown,
)
from pipeline.present.words.numbers import in_words

SIDES_APART: tuple[Side, ...] = ("higher", "lower")


def lead(context: Context, unit: Unit) -> str:
    """Whether a unit lies above or below the others, or cannot be told from them; what is hidden, and why."""
    own = {outcome: own_estimate(context, unit, outcome) for outcome in outcomes_of(context)}
    shown = [outcome for outcome, estimate in own.items() if estimate.shown]
    hidden = [outcome for outcome, estimate in own.items() if estimate.hidden]
    if not shown:
        minimum = context.bundle.about["minimum_group"]
        key = "unit lead hidden" if hidden else "unit lead nobody"
        return context.say(key, name=unit.name, group=context.numbers.count(float(minimum)))
    sentences = _beside_all(context, unit, shown)
    if hidden:
        told = _named(context, hidden)
        sentences.append(context.say("unit lead part hidden", outcomes=n_outcomes(context, len(hidden)), found=told))
    return " ".join(sentences)


def sides(context: Context, unit: Unit, others: Others, outcomes: Sequence[str]) -> list[tuple[str, Side]]:
    """On which side of ``others`` the unit lies, by outcome."""
    return [
        (outcome, side_of(own_estimate(context, unit, outcome), others_estimate(context, others, outcome)))
        for outcome in outcomes
    ]


def _beside_all(context: Context, unit: Unit, shown: Sequence[str]) -> list[str]:
    others = next((one for one in others_of(context, unit) if one.kind == ALL), None)
    if others is None:
        return [context.say("unit lead only", units=context.units, name=unit.name)]
    found = sides(context, unit, others, shown)
    known = [pair for pair in found if pair[1] != "unknown"]
    if not known:
        return [context.say("unit lead alone", units=context.units, name=unit.name)]
    apart = [(side, sorted_by_side(known, side)) for side in SIDES_APART]
    alike = sorted_by_side(known, "alike")
    sentences: list[str] = []
    for side, outcomes in apart:
        if outcomes:
            key = f"unit lead {side} too" if sentences else f"unit lead {side}"
            sentences.append(context.say(key, name=unit.name, units=context.units, found=_named(context, outcomes)))
    if alike:
        if sentences:
            key = "unit lead rest one" if len(alike) == 1 else "unit lead rest"
        else:
            key = "unit lead all alike" if 1 < len(alike) == len(found) else "unit lead alike"
        n = n_outcomes(context, len(alike))
        sentences.append(context.say(key, name=unit.name, units=context.units, outcomes=n))
    if len(known) < len(found):
        n = n_outcomes(context, len(found) - len(known))
        sentences.append(context.say("unit lead unknown", outcomes=n))
    return sentences


def beside_kinds(context: Context, unit: Unit) -> str:
    """The same beside the projects of each of its kinds alone; that there are too few, where that is so."""
    shown = [outcome for outcome in outcomes_of(context) if own_estimate(context, unit, outcome).shown]
    alike: list[str] = []
    apart: dict[str, list[str]] = {}  # what was found, by kind
    for others in others_of(context, unit):
        known = [pair for pair in sides(context, unit, others, shown) if pair[1] != "unknown"]
        if others.kind == ALL or not known:
            continue
        level = context.level(others.kind, others.level)
        named = {side: sorted_by_side(known, side) for side in SIDES_APART}
        told = [context.say(f"unit kind {side}", found=_named(context, them)) for side, them in named.items() if them]
        if told:
            found = context.say("unit kind both", higher=told[0], lower=told[-1]) if len(told) > 1 else told[0]
            apart.setdefault(found, []).append(level)
        else:
            alike.append(level)
    between = context.say("unit kinds between")
    sentences = [
        context.say("unit kind", name=unit.name, units=context.units, levels=between.join(levels), found=found)
        for found, levels in apart.items()
    ]
    if alike:
        sentences.append(context.say("unit kinds alike", units=context.units, levels=between.join(alike)))
    return " ".join(sentences) or context.say("unit kinds none", units=context.units)


def trend(context: Context, unit: Unit) -> str:
    """What rose, fell or stayed within chance between the first and the last wave shown."""
    if len(wave_names(context)) < 2:
        return context.say("trend one wave")
    labels = wave_labels(context)
    by_period: dict[tuple[str, str], list[tuple[str, Side]]] = {}
    for outcome in outcomes_of(context):
        waves = waves_shown(context, unit, outcome)
        if len(waves) > 1:
            (first, before), (last, after) = waves[0], waves[-1]
            by_period.setdefault((labels[first], labels[last]), []).append((outcome, side_of(after, before)))
    sides_found = [side for found in by_period.values() for _, side in found]
    if len(sides_found) > 1 and set(sides_found) == {"alike"}:
        return context.say("trend all alike", outcomes=n_outcomes(context, len(sides_found)))
    sentences: list[str] = []
    for (first, last), found in by_period.items():
        if outcomes := sorted_by_side(found, "higher"):
            sentences.append(context.say("trend rose", first=first, last=last, found=_named(context, outcomes)))
        if outcomes := sorted_by_side(found, "lower"):
            sentences.append(context.say("trend fell", first=first, last=last, found=_named(context, outcomes)))
        if alike := sorted_by_side(found, "alike"):
            n = n_outcomes(context, len(alike))
            sentences.append(context.say("trend alike", first=first, last=last, outcomes=n))
    return " ".join(sentences) or context.say("trend hidden")


def n_outcomes(context: Context, n: int) -> str:
    """``nine outcomes``."""
    return context.say("unit outcome" if n == 1 else "unit outcomes", n=in_words(n, context.language))


def _named(context: Context, outcomes: Sequence[str]) -> str:
    return context.listed([uncapital(context.scale(outcome)) for outcome in outcomes])


def uncapital(text: str) -> str:
    """``text`` inside a sentence: a small first letter, but that of an abbreviation stays."""
    return text if text[1:2].isupper() or text[1:2].isdigit() else text[:1].lower() + text[1:]
