"""Alpha and omega with their intervals, of every scale and of every group."""

from __future__ import annotations

import functools

import pandas as pd

from pipeline.present.absent import untold
from pipeline.present.bundle import ALL, is_hidden
from pipeline.present.context import Context, capital
from pipeline.present.drawing.colours import DIM, SURE, UNSURE
from pipeline.present.drawing.dots import Axis, Dots, Key, Mark, Row, Section, axis_over, draw_dots, ends_of
from pipeline.present.markup.figures import add_figure
from pipeline.present.markup.markdown import plain
from pipeline.present.parts import Parts
from pipeline.present.words.effects import lowered
from pipeline.present.words.groups import group_title, measured_confidence, primary_scales
from pipeline.present.words.people import range_of_n

GOOD_ENOUGH = 0.70
"""Nunnally and Bernstein (1994), Psychometric theory, p. 264: .70 suffices for comparing groups."""
LANES = (("omega", SURE), ("alpha", UNSURE))


def reliability_figures(context: Context) -> Parts:
    """``figure-reliability``, ``reliability-groups-summary`` and ``figure-reliability-groups``."""
    parts = Parts()
    parts.texts["reliability-groups-summary"] = plain(groups_summary(context)) + "\n"
    overall = context.bundle.overall("reliability")
    sections = [
        Section("", [reliability_row(context, row, context.scale(str(row["scale"]))) for _, row in overall.iterrows()])
    ]
    groups = _group_sections(context)
    for name, shown, rows in (
        ("reliability", sections, overall),
        ("reliability-groups", groups, context.bundle.tables["reliability"]),
    ):
        caption = context.say(
            f"caption figure {name}", confidence=measured_confidence(context), n=range_of_n(context, rows["n_obs"]),
            people_capital=capital(context.people),
        )  # fmt: skip
        drawn = any(row.marks for section in shown for row in section.rows)
        draw = functools.partial(draw_dots, context, reliability_dots(context, name, shown)) if drawn else None
        parts.texts[f"figure-{name}"] = add_figure(parts, context, f"fig-{name}", caption, draw)
    return parts


def groups_summary(context: Context) -> str:
    """Between which values the primary scales lie in the groups: omega, alpha where there is none."""
    known = []
    for scale in primary_scales(context):
        for _, row in context.bundle.rows("reliability", scale=scale).iterrows():
            value = row["omega"] if pd.notna(row["omega"]) else row["alpha"]
            if row["trait"] != ALL and pd.notna(value):
                group = group_title(context, str(row["trait"]), str(row["level"]))
                known.append((float(value), context.say("group of scale", scale=context.scale(scale), group=group)))
    if len(known) < 2:
        return untold(context, "groups range unknown")
    (low, least), (high, most) = min(known), max(known)
    number = context.numbers.number
    return context.say("groups range", low=number(low), least=lowered(least), high=number(high), most=lowered(most))


def reliability_row(context: Context, row: pd.Series, label: str) -> Row:
    """Omega and alpha below it; where the ordinal one is, a ring on the same line."""
    marks = []
    for lane, (name, colour) in enumerate(LANES):
        if pd.notna(row[name]):
            ends = (float(row[f"{name}_ci_lower"]), float(row[f"{name}_ci_upper"]))
            marks.append(Mark(float(row[name]), *ends, colour=colour, lane=lane))
        if pd.notna(row[f"{name}_ordinal"]):
            marks.append(Mark(float(row[f"{name}_ordinal"]), colour=colour, lane=lane, hollow=True))
    known = [mark for mark in marks if not mark.hollow]
    if not known:
        hidden = any(is_hidden(row, name) for name, _ in LANES)
        return Row(label, [], context.say("hidden" if hidden else "absent"))
    return Row(label, [*known, *(mark for mark in marks if mark.hollow)])


def _group_sections(context: Context) -> list[Section]:
    """A section per primary scale, a row per group."""
    sections = []
    for scale in primary_scales(context):
        rows = [
            reliability_row(context, row, capital(group_title(context, str(row["trait"]), str(row["level"]))))
            for _, row in context.bundle.rows("reliability", scale=scale).iterrows()
        ]
        if len(rows) > 1:
            sections.append(Section(context.scale(scale), rows))
    return sections


def reliability_dots(context: Context, name: str, sections: list[Section]) -> Dots:
    """The picture of ``sections``; its description tells the lowest and the highest."""
    told = []
    for section in sections:
        known = [(row.marks[0].value, row.label) for row in section.rows if row.marks]
        if known:
            shown = "; ".join(f"{label} {context.numbers.number(value)}" for value, label in sorted(known))
            told.append(f"{section.heading}: {shown}." if section.heading else f"{shown}.")
    keys = [Key(context.say(f"key {lane}"), colour) for lane, colour in LANES]
    keys += [Key(context.say("key ordinal"), DIM, "ring"), Key(context.say("key good enough"), DIM, "dash")]
    over = axis_over(ends_of(sections), include=(GOOD_ENOUGH, 1.0))
    axis = Axis(max(over.lower, -1.0), 1.0, over.ticks, references=(GOOD_ENOUGH,))
    description = context.say("alt reliability", details=" ".join(told))
    return Dots(context.say(f"figure {name}"), description, sections, axis, keys)
