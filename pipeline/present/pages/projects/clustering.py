"""How much people of one project are alike, and what that makes of the number of people."""

from __future__ import annotations

import functools

import pandas as pd

from pipeline.present.absent import untold
from pipeline.present.bundle import is_hidden
from pipeline.present.context import Context, capital
from pipeline.present.drawing.colours import SURE, UNSURE
from pipeline.present.drawing.dots import Axis, Dots, Key, Row, Section, axis_over, draw_dots, ends_of, mark_from
from pipeline.present.markup.figures import add_figure
from pipeline.present.markup.markdown import Column, plain
from pipeline.present.markup.tables import count, decimal, interval, numbered_table
from pipeline.present.parts import Parts
from pipeline.present.words.groups import coded, group_title, measured_confidence, primary_scales
from pipeline.present.words.people import range_of_n

LOWEST = -0.5
"""Where the picture ends to the left."""
ICC = ("icc", "icc_ci_lower", "icc_ci_upper")
ICC2 = ("icc2", "icc2_ci_lower", "icc2_ci_upper")
DESIGN = ("design_effect", "design_effect_ci_lower", "design_effect_ci_upper")
EFFECTIVE = ("effective_n", "effective_n_ci_lower", "effective_n_ci_upper")


def clustering_parts(context: Context) -> Parts:
    """``clustering-summary``, ``figure-clustering``, ``table-clustering``, ``table-clustering-projects``."""
    parts = Parts()
    parts.texts["clustering-summary"] = plain(clustering_summary(context)) + "\n"
    parts.texts["figure-clustering"] = clustering_figure(parts, context)
    parts.texts["table-clustering"] = clustering_table(context)
    parts.texts["table-clustering-projects"] = projects_table(context)
    return parts


def clustering_summary(context: Context) -> str:
    """The outcome in which people of one project are most alike, and what its number of people is worth."""
    table = context.bundle.tables["clustering"]
    table = table[table["icc"].notna() & table["effective_n"].notna() & table["n_obs"].notna()]
    if table.empty:
        return untold(context, "clustering unknown", units=context.units)
    row = table.iloc[int(table["icc"].to_numpy().argmax())]
    return context.say(
        "clustering summary", unit=context.unit, units=context.units,
        outcome=context.scale(str(row["outcome"])).lower(),
        share=context.numbers.share(max(float(row["icc"]), 0.0)), n=context.numbers.count(row["n_obs"]),
        effective=context.numbers.count(row["effective_n"]),
    )  # fmt: skip


def clustering_figure(parts: Parts, context: Context) -> str:
    """``fig-clustering``: how alike people are (ICC(1)), and how well project means tell projects apart (ICC(2))."""
    table = context.bundle.tables["clustering"]
    rows = []
    for _, row in table.iterrows():
        marks = [
            mark_from(row, names, colour=colour, lane=lane)
            for lane, (names, colour) in enumerate(((ICC, SURE), (ICC2, UNSURE)))
            if pd.notna(row[names[0]])
        ]
        said = None if pd.notna(row["icc"]) else context.say("hidden" if is_hidden(row, "icc") else "absent")
        rows.append(Row(context.scale(str(row["outcome"])), marks, said))
    sections = [Section("", rows)]
    caption = context.say(
        "caption figure clustering", unit=context.unit, units=context.units, confidence=measured_confidence(context),
        n=range_of_n(context, table["n_obs"]),
    )  # fmt: skip
    drawn = any(row.marks for row in rows)
    draw = functools.partial(draw_dots, context, clustering_dots(context, sections)) if drawn else None
    return add_figure(parts, context, "fig-clustering", caption, draw)


def clustering_dots(context: Context, sections: list[Section]) -> Dots:
    """The picture; its description gives every ICC(1)."""
    told = "; ".join(
        f"{row.label} {context.numbers.number(row.marks[0].value)}"
        for section in sections
        for row in section.rows
        if row.marks and row.said is None
    )
    keys = [
        Key(context.say("key icc", unit=context.unit), SURE), Key(context.say("key icc2", units=context.units), UNSURE),
    ]  # fmt: skip
    over = axis_over(ends_of(sections), include=(0.0, 1.0))
    # an interval far below nought says no more than one just below it, and would press the rest together
    lower = max(over.lower, LOWEST)
    axis = Axis(lower, over.upper, [tick for tick in over.ticks if tick >= lower])
    title = context.say("figure clustering", unit=context.unit)
    return Dots(title, context.say("alt clustering", unit=context.unit, details=told), sections, axis, keys)


def clustering_table(context: Context) -> str:
    """Both intraclass correlations, the design effect and the effective n, by outcome."""
    rows = []
    for _, row in context.bundle.tables["clustering"].iterrows():
        rows.append(
            [
                context.scale(str(row["outcome"])),
                count(context, row, "n_obs"),
                count(context, row, "n_projects"),
                *(interval(context, row, names) for names in (ICC, ICC2)),
                interval(context, row, DESIGN, 1),
                interval(context, row, EFFECTIVE, 0),
                coded(context, "clustering", str(row["problem"]), unit=context.unit, units=context.units),
            ]
        )
    columns = [Column(context.say("head outcome"), figures=False), Column(context.say("head n"))]
    columns.append(Column(context.say("head units", units_capital=capital(context.units))))
    columns += [
        Column(context.say(f"head {n}"), intervals=True) for n in ("icc", "icc2", "design_effect", "effective_n")
    ]
    columns.append(Column(context.say("head remarks"), figures=False))
    caption = context.say("caption clustering", unit=context.unit, confidence=measured_confidence(context))
    return numbered_table(context, "tbl-clustering", caption, columns, rows)


def projects_table(context: Context) -> str:
    """Projects down, primary scales across: effective n, and how reliable the project's mean is."""
    table = context.bundle.tables["clustering_by_project"]
    outcomes = [name for name in primary_scales(context) if (table["outcome"] == name).any()]
    rows = []
    for project in dict.fromkeys(table["project"]):
        found = [context.bundle.row("clustering_by_project", outcome=o, project=project) for o in outcomes]
        known = [row for row in found if row is not None]
        cells = [context.say("inapplicable") if row is None else _worth(context, row) for row in found]
        n = count(context, known[0], "n_obs") if known else context.say("inapplicable")
        rows.append([group_title(context, "project", str(project)), n, *cells])
    columns = [Column(capital(context.unit), figures=False), Column(context.say("head n"))]
    columns += [Column(context.scale(name)) for name in outcomes]
    caption = context.say("caption clustering projects", unit=context.unit)
    return numbered_table(context, "tbl-clustering-projects", caption, columns, rows if outcomes else [])


def _worth(context: Context, row: pd.Series) -> str:
    shown = count(context, row, "effective_n")
    if pd.isna(row["effective_n"]) or pd.isna(row["mean_reliability"]):
        return shown
    return f"{shown} ({decimal(context, row, 'mean_reliability')})"
