"""Whether a difference hangs on one project: the same comparison without each of them in turn."""

from __future__ import annotations

import functools

import pandas as pd

from pipeline.present.claims import smallest_effect
from pipeline.present.context import Context
from pipeline.present.drawing.colours import INK, SURE
from pipeline.present.drawing.dots import Dots, Key, Mark, Row, Section, axis_over, draw_dots, ends_of, mark_from
from pipeline.present.markup.figures import add_figure
from pipeline.present.parts import Parts
from pipeline.present.words.contrasts import Pair, claimed_pairs, heading
from pipeline.present.words.people import n_told

NOBODY = "(none)"
EFFECT = ("effect_size", "ci_lower", "ci_upper")


def left_out_figure(parts: Parts, context: Context) -> str:
    """``fig-left-out``: a row a difference; its estimate, and below it those without each project in turn."""
    rows = [row for pair in claimed_pairs(context) if (row := _row(context, pair)) is not None]
    caption = context.say(
        "caption left out", unit=context.unit, units=context.units,
        confidence=context.numbers.number(100 * context.study.params.compare.confidence, 0),
    )  # fmt: skip
    bases = [pair.rows(context, "contrast_left_out")["n_obs"] for pair in claimed_pairs(context)]
    caption += n_told(context, pd.concat(bases)) if bases else ""
    drawn = any(row.marks for row in rows)
    draw = functools.partial(draw_dots, context, _dots(context, [Section("", rows)])) if drawn else None
    return add_figure(parts, context, "fig-left-out", caption, draw)


def _row(context: Context, pair: Pair) -> Row | None:
    """The row of one difference; none for a trait of persons, which no project makes or breaks."""
    table = pair.rows(context, "contrast_left_out")
    if table.empty:
        return None
    shown = table[table["effect_size"].notna()]
    whole = shown[shown["left_out"] == NOBODY]
    marks = [mark_from(row, EFFECT) for _, row in whole.iterrows()]
    without = shown[shown["left_out"] != NOBODY]
    marks += [
        Mark(float(value), colour=INK, lane=1 if len(whole) else 0, small=True) for value in without["effect_size"]
    ]
    return Row(heading(context, pair), marks, None if len(whole) else context.say("absent"))


def _dots(context: Context, sections: list[Section]) -> Dots:
    told = "; ".join(
        f"{row.label}: {context.numbers.number(min(values), signed=True)} – "
        f"{context.numbers.number(max(values), signed=True)}"
        for section in sections
        for row in section.rows
        if (values := [mark.value for mark in row.marks if mark.small])
    )
    keys = [Key(context.say("key everybody"), SURE), Key(context.say("key left out", unit=context.unit), INK, "small")]
    smallest = smallest_effect(context)
    axis = axis_over(ends_of(sections), include=(-smallest, smallest), band=(-smallest, smallest), signed=True)
    title = context.say("figure left out", units=context.units)
    return Dots(title, context.say("alt figure left-out", units=context.units, details=told), sections, axis, keys)


def left_out_range(context: Context, pair: Pair) -> tuple[str, str]:
    """``+0.81 to +0.91`` without one project, and the largest p-value then; empty for traits of persons."""
    table = pair.rows(context, "contrast_left_out")
    if table.empty:
        return "", ""
    without = table[(table["left_out"] != NOBODY) & table["effect_size"].notna()]
    if without.empty:
        refused = (table["left_out"] != NOBODY) & (table["refused"] != "")
        key = "left out too few" if refused.any() else "hidden"
        return context.say(key, units=context.units), ""
    low, high = (context.numbers.number(float(end), signed=True) for end in _ends(without["effect_size"]))
    said = context.say("left out between", low=low, high=high)
    return said, context.numbers.pvalue(float(without["pvalue"].max()))


def _ends(values: pd.Series) -> tuple[float, float]:
    return float(values.min()), float(values.max())
