"""How strongly each question reflects what its scale measures: confirmatory beside exploratory."""

from __future__ import annotations

import functools

import pandas as pd

from pipeline.present.absent import untold
from pipeline.present.bundle import is_hidden
from pipeline.present.context import Context
from pipeline.present.drawing.colours import DIM, SURE, UNSURE
from pipeline.present.drawing.dots import Axis, Dots, Key, Mark, Row, Section, axis_over, draw_dots, ends_of
from pipeline.present.markup.figures import add_figure
from pipeline.present.markup.markdown import plain
from pipeline.present.parts import Parts
from pipeline.present.words.groups import measured_confidence, primary_scales
from pipeline.present.words.people import range_of_n

STRONG = 0.40
"""Stevens (2002), Applied multivariate statistics: from .40 (15 % of variance) on, interpret a loading."""


def loadings_parts(context: Context) -> Parts:
    """``loadings-summary``, ``figure-loadings``."""
    parts = Parts()
    sections = loading_sections(context)
    parts.texts["loadings-summary"] = plain(loadings_summary(context, sections)) + "\n"
    items = context.bundle.overall("item_statistics")
    bases = items.loc[items["scale"].isin(primary_scales(context)), "n_obs"]
    caption = context.say(
        "caption figure loadings", confidence=measured_confidence(context), n=range_of_n(context, bases)
    )
    drawn = any(row.marks for section in sections for row in section.rows)
    draw = functools.partial(draw_dots, context, loading_dots(context, sections)) if drawn else None
    parts.texts["figure-loadings"] = add_figure(parts, context, "fig-loadings", caption, draw)
    return parts


def loadings_summary(context: Context, sections: list[Section]) -> str:
    """Whether every question is strong enough, and which is weakest; else which are not."""
    rows = [row for section in sections for row in section.rows if row.marks and row.said is None]
    known = [(row.marks[0].value, row.label.removesuffix(" ↺").rstrip(".")) for row in rows]
    if not known:
        return untold(context, "loadings unknown")
    limit = context.numbers.number(STRONG)
    weak = [f"‘{label}’ ({context.numbers.number(value)})" for value, label in sorted(known) if value < STRONG]
    if weak:
        return context.say("loadings some weak", limit=limit, items=context.listed(weak))
    low, item = min(known)
    return context.say("loadings all strong", limit=limit, item=item, low=context.numbers.number(low))


def exploratory(context: Context, scale: str, item: str) -> tuple[list[float], list[float]]:
    """Loadings of ``item`` in the declared solution of all items: on the factor of ``scale``, and on the others."""
    rows = context.bundle.rows("exploratory_loadings", set="all", solution="declared", scale=scale, item=item)
    rows = rows[rows["loading"].notna()]
    own = rows["factor_scale"] == scale
    return rows.loc[own, "loading"].tolist(), rows.loc[~own, "loading"].tolist()


def loading_sections(context: Context) -> list[Section]:
    """A section per primary scale, a row per question."""
    return [
        Section(
            context.scale(scale),
            [_row(context, row) for _, row in context.bundle.overall("item_statistics", scale=scale).iterrows()],
        )
        for scale in primary_scales(context)
    ]


def _row(context: Context, row: pd.Series) -> Row:
    item = str(row["item"])
    label = context.question(item) + (" ↺" if row["reversed"] == "true" else "")
    marks = []
    if pd.notna(row["loading"]):
        marks.append(Mark(float(row["loading"]), float(row["loading_ci_lower"]), float(row["loading_ci_upper"])))
    own, others = exploratory(context, str(row["scale"]), item)
    marks += [Mark(value, colour=UNSURE, lane=1, small=True) for value in others]
    marks += [Mark(value, colour=UNSURE, lane=1, hollow=True) for value in own]
    if pd.notna(row["loading"]):
        return Row(label, marks)
    return Row(label, marks, context.say("hidden" if is_hidden(row, "loading") else "absent"))


def loading_dots(context: Context, sections: list[Section]) -> Dots:
    """The picture; its description names the weakest question of each scale."""
    told = []
    for section in sections:
        known = [(row.marks[0].value, row.label) for row in section.rows if row.marks and row.said is None]
        if known:
            low, high = min(known), max(known)
            told.append(
                context.say(
                    "alt loading",
                    scale=section.heading,
                    lowest=low[1].rstrip("."),
                    low=context.numbers.number(low[0]),
                    high=context.numbers.number(high[0]),
                )
            )
    keys = [
        Key(context.say("key confirmatory"), SURE), Key(context.say("key exploratory"), UNSURE, "ring"),
        Key(context.say("key other factors"), UNSURE, "small"), Key(context.say("key strong"), DIM, "dash"),
    ]  # fmt: skip
    over = axis_over(ends_of(sections), include=(0.0, 1.0))
    axis = Axis(over.lower, over.upper, over.ticks, references=(STRONG,))
    return Dots(
        context.say("figure loadings"), context.say("alt loadings", details=" ".join(told)), sections, axis, keys
    )
