"""Means of the levels of one trait on every outcome, each on the outcome's own scale: dot and interval."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from pipeline.declare import Trait
from pipeline.present.context import Context, capital
from pipeline.present.drawing.colours import DIM, INK, LINE, level_colours
from pipeline.present.drawing.dots import draw_square
from pipeline.present.drawing.svg import Colour, Drawing, text_width, wrapped
from pipeline.present.words.effects import score_range


@dataclass(frozen=True)
class MeanRow:
    """One outcome: the ends of its scale, and by level (high, low) mean, lower and upper end of the interval."""

    label: str
    lower: float
    upper: float
    levels: list[tuple[float, float, float] | None]


def mean_rows(context: Context, trait: Trait) -> list[MeanRow]:
    """Outcomes of which at least one level may be shown."""
    rows = []
    for outcome in context.study.declaration.outcomes:
        levels = []
        for level in trait.levels:
            row = context.bundle.row("trait_means", outcome=outcome, trait=trait.name, level=level.value)
            known = row is not None and pd.notna(row["mean"])
            levels.append(_triple(row) if known and row is not None else None)
        ends = score_range(context, outcome)
        if ends is not None and any(levels):
            rows.append(MeanRow(context.scale(outcome), *ends, levels))
    return rows


def _triple(row: pd.Series) -> tuple[float, float, float]:
    mean = float(row["mean"])
    lower, upper = (mean if pd.isna(row[name]) else float(row[name]) for name in ("ci_lower", "ci_upper"))
    return mean, lower, upper


def draw_level(drawing: Drawing, place: int, x: float, y: float, colour: Colour) -> None:
    """The mark of a trait's level: a dot for the high one, a square for the low one."""
    if place:
        draw_square(drawing, x, y, colour)
    else:
        drawing.dot(x, y, colour, radius=5)


def draw_means(context: Context, trait: Trait, rows: list[MeanRow], width: float) -> Drawing:
    """The picture in ``width``: a row per outcome, the low level below the high one."""
    drawing = Drawing(width, 0, context.text(trait.title), _described(context, trait, rows))
    place = [t.name for t in context.study.declaration.traits].index(trait.name)
    colours = level_colours(trait, place)
    slim = width < 500
    label = 0.0 if slim else 230.0
    top = _legend(context, drawing, trait, colours, width) + 16
    for row in rows:
        if slim:
            lines = wrapped(row.label, width=width, size=13.5)
            drawing.lines(0, top + 12, lines, size=13.5)
            top += len(lines) * 18
        else:
            lines = wrapped(row.label, width=label - 20, size=13.5, lines=3)
            drawing.lines(0, top + 22 - (len(lines) - 1) * 9, lines, size=13.5)
        _draw_row(context, drawing, row, colours, label, top, width)
        top += 58
    drawing.height = top
    return drawing


def _legend(context: Context, drawing: Drawing, trait: Trait, colours: list[Colour], width: float) -> float:
    x, y = 0.0, 13.0
    for i, (level, colour) in enumerate(zip(trait.levels, colours, strict=True)):
        text = capital(context.text(level.label))
        if x and x + 18 + text_width(text, 13) > width:
            x, y = 0.0, y + 21
        draw_level(drawing, i, x + 6, y - 4.5, colour)
        drawing.text(x + 18, y, text, size=13, colour=INK)
        x += 18 + text_width(text, 13) + 20
    return y


def _draw_row(
    context: Context, drawing: Drawing, row: MeanRow, colours: list[Colour], left: float, top: float, width: float
) -> None:
    ends = [context.numbers.number(end, 0 if float(end).is_integer() else 1) for end in (row.lower, row.upper)]
    room = width - 46
    start = left + 8

    def at(value: float) -> float:
        share = (min(max(value, row.lower), row.upper) - row.lower) / (row.upper - row.lower)
        return start + share * (room - start)

    drawing.line((start, top + 36), (room, top + 36), LINE, width=2)
    drawing.note(start, top + 51, ends[0], size=12, anchor="middle")
    drawing.note(room, top + 51, ends[1], size=12, anchor="middle")
    if row.lower < 0 < row.upper:
        drawing.line((at(0), top + 2), (at(0), top + 40), DIM)
        drawing.note(at(0), top + 51, "0", size=12, anchor="middle")
    for i, (level, colour) in enumerate(zip(row.levels, colours, strict=True)):
        y = top + 10 + 15 * i
        if level is None:
            drawing.text(width, y + 4.5, context.say("hidden"), size=13, anchor="end", colour=DIM)
            continue
        mean, lower, upper = level
        drawing.line((at(lower), y), (at(upper), y), colour, width=2.6, extra=' stroke-linecap="round"')
        draw_level(drawing, i, at(mean), y, colour)
        decimals = 1 if row.upper - row.lower > 10 else 2
        drawing.text(width, y + 4.5, context.numbers.number(mean, decimals), size=13, anchor="end")


def _described(context: Context, trait: Trait, rows: list[MeanRow]) -> str:
    details = []
    for row in rows:
        told = [
            f"{context.text(level.label)} "
            + (context.say("hidden") if values is None else context.numbers.estimate(*values))
            for level, values in zip(trait.levels, row.levels, strict=True)
        ]
        details.append(f"{row.label}: {', '.join(told)}.")
    return context.say("alt means", details=" ".join(details))
