"""What groups and the variables that make them are called: a trait, a language, a wave, a project, who is analysed."""

from __future__ import annotations

from pipeline.present.bundle import ALL
from pipeline.present.context import Context, capital
from pipeline.present.words.history import wave_labels

LANGUAGE, PROJECT, WAVE = "language", "project", "wave"


def variable_title(context: Context, variable: str) -> str:
    """The title of what groups are made by."""
    if variable == PROJECT:
        return capital(context.unit)
    if variable == WAVE:
        return context.say("head wave")
    population = context.study.declaration.population.variable
    if variable == population:
        return capital(context.say("variable population", people=context.people, others=context.others))
    return capital(context.trait(variable))


def group_title(context: Context, variable: str, level: str) -> str:
    """The label of one group."""
    if variable == PROJECT:
        found = context.bundle.row("projects", project=level)
        return level if found is None else str(found["name"])
    if variable == WAVE:
        return wave_labels(context).get(level, level)
    if variable in (LANGUAGE, ALL) or context.trait_or_none(variable) is not None:
        return context.level(variable, level)
    return context.category(variable, level)


def group_label(context: Context, variable: str, level: str) -> str:
    """The label of one group at the start of a row; the name of a wave or project stays as it is."""
    title = group_title(context, variable, level)
    return title if variable in (WAVE, PROJECT) else capital(title)


def measured_confidence(context: Context) -> str:
    """Confidence of the intervals of measurement, in per cent."""
    return context.numbers.number(100 * context.study.params.measure.confidence, 0)


def coded(context: Context, prefix: str, codes: str, **values: object) -> str:
    """Codes joined by ``;`` in words; one that has no words is left to the CSV, and said to be."""
    told = []
    for code in filter(None, codes.split(";")):
        key = f"{prefix} {code}"
        told.append(context.say(key, **values) if context.knows(key) else context.say("problem other"))
    return ", ".join(dict.fromkeys(told))


def primary_scales(context: Context) -> list[str]:
    """Names of the scales that the study is about, in the questionnaire's order."""
    return [scale.name for scale in context.instrument.constructs if scale.primary]


def questions(context: Context, items: str) -> list[str]:
    """The wordings of items joined by ``;``, in quotation marks."""
    marks = ("‘", "’")
    return [f"{marks[0]}{context.question(item).rstrip('.')}{marks[1]}" for item in items.split(";") if item]
