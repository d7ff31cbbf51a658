"""The pictures of one project or corporation: results beside others, and how they went from wave to wave."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.present.context import Context
from pipeline.present.drawing.colours import CARD, DIM, LINE, UNSURE
from pipeline.present.drawing.dots import Key, draw_keys
from pipeline.present.drawing.svg import Colour, Drawing, text_width, wrapped
from pipeline.present.pages.units.results import OWN, Estimate
from pipeline.present.words.effects import score_range

LANE, TITLE = 12.0, 13.5
NARROW_BELOW = 500
LABELS, VALUES = 222.0, 46.0


@dataclass(frozen=True)
class Lane:
    """One line of a row or panel: an estimate, in which colour, whether it is the unit's own."""

    estimate: Estimate
    colour: Colour = UNSURE
    own: bool = False


@dataclass(frozen=True)
class Beside:
    """One outcome: its label, the ends of its scale, and the unit's own lane with those of others below it."""

    label: str
    ends: tuple[float, float]
    lanes: Sequence[Lane]


def draw_beside(
    context: Context, rows: Sequence[Beside], keys: Sequence[Key], said: tuple[str, str], width: float
) -> Drawing:
    """Every outcome on its own scale; ``said``: title and description."""
    drawing = Drawing(width, 0, *said)
    slim = width < NARROW_BELOW
    top = draw_keys(drawing, keys, width) + 4
    for row in rows:
        start = 10.0 if slim else LABELS
        lines = wrapped(row.label, width=width if slim else LABELS - 22, size=TITLE, lines=4)
        if slim:
            drawing.lines(0, top + 13, lines, size=TITLE)
            top += len(lines) * TITLE * 1.3 + 2
        else:
            middle = top + 7 + (len(row.lanes) * LANE) / 2
            drawing.lines(0, middle - (len(lines) - 1) * TITLE * 0.65 + 2, lines, size=TITLE)
        bottom = top + 6 + LANE * len(row.lanes)
        _scale(context, drawing, row.ends, (start, width - VALUES), bottom)
        for i, lane in enumerate(row.lanes):
            _lane(context, drawing, row, lane, (start, width - VALUES), top + 7 + LANE * i)
        top = max(bottom + 23, top + (0 if slim else len(lines) * TITLE * 1.3 + 12))
    drawing.height = top - 6
    return drawing


def _scale(
    context: Context, drawing: Drawing, ends: tuple[float, float], room: tuple[float, float], bottom: float
) -> None:
    """The line of a scale with its two ends, and zero where it lies between them."""
    drawing.line((room[0], bottom), (room[1], bottom), LINE, width=1.5)
    for value, x in zip(ends, room, strict=True):
        drawing.note(x, bottom + 14, _end(context, value), size=12, anchor="middle")
    if ends[0] < 0 < ends[1]:
        x = _at(0.0, ends, room)
        drawing.line((x, bottom - LANE), (x, bottom + 3), DIM)
        drawing.note(x, bottom + 14, "0", size=12, anchor="middle")


def _lane(context: Context, drawing: Drawing, row: Beside, lane: Lane, room: tuple[float, float], y: float) -> None:
    found = lane.estimate
    if not found.shown:
        if lane.own:
            words = context.say("unit not shown" if found.hidden else "unit no result")
            drawing.text(room[0] + 2, y + 4.4, words, size=13, colour=DIM)
        return
    if not math.isnan(found.lower):
        left, right = _at(found.lower, row.ends, room), _at(found.upper, row.ends, room)
        extra = ' stroke-linecap="round"'
        drawing.line((left, y), (right, y), lane.colour, width=3.2 if lane.own else 2, extra=extra)
    x = _at(found.mean, row.ends, room)
    drawing.dot(x, y, lane.colour, radius=5.4 if lane.own else 4.6, hollow=None if lane.own else CARD)
    if lane.own:
        drawing.text(drawing.width, y + 4.6, _value(context, found.mean, row.ends), size=13, anchor="end")


def _at(value: float, ends: tuple[float, float], room: tuple[float, float]) -> float:
    share = (min(max(value, ends[0]), ends[1]) - ends[0]) / (ends[1] - ends[0])
    return room[0] + share * (room[1] - room[0])


def _end(context: Context, value: float) -> str:
    return context.numbers.number(value, 0 if float(value).is_integer() else 1)


def _value(context: Context, value: float, ends: tuple[float, float]) -> str:
    return context.numbers.number(value, 1 if ends[1] - ends[0] > 10 else 2)


@dataclass(frozen=True)
class Panel:
    """One outcome over waves: its label, the ends of its scale, the unit's own means and those of others by wave."""

    label: str
    ends: tuple[float, float]
    own: Sequence[Estimate]
    others: Sequence[Estimate]


PLOT = 86.0


def draw_trend(
    context: Context, panels: Sequence[Panel], waves: Sequence[str], keys: Sequence[Key], said: tuple[str, str],
    width: float,
) -> Drawing:  # fmt: skip
    """A small picture an outcome, side by side; all panels show as large a part of their scale."""
    drawing = Drawing(width, 0, *said)
    columns = 2 if width < NARROW_BELOW else 3
    gap = 22.0
    room = (width - gap * (columns - 1)) / columns
    top = draw_keys(drawing, keys, width) + 6
    share = max(map(_share, panels), default=0.5)
    for first in range(0, len(panels), columns):
        line = panels[first : first + columns]
        titles = [wrapped(panel.label, width=room, size=13, lines=4) for panel in line]
        height = max(map(len, titles)) * 13 * 1.25
        for i, (panel, title) in enumerate(zip(line, titles, strict=True)):
            left = i * (room + gap)
            drawing.lines(left, top + 11, title, size=13, leading=1.25)
            _panel(context, drawing, panel, waves, share, (left, left + room, top + height + 6))
        top += height + PLOT + 44
    drawing.height = top - 10
    return drawing


def _panel(
    context: Context, drawing: Drawing, panel: Panel, waves: Sequence[str], share: float,
    place: tuple[float, float, float],
) -> None:  # fmt: skip
    """One panel in ``place`` (left, right, top)."""
    low, high = _window(panel, share)
    left, right, top = place
    labels = [context.numbers.number(value, _decimals(value)) for value in (low, high)]
    start = left + max(text_width(label, 12) for label in labels) + 8
    for value, label in zip((low, high), labels, strict=True):
        y = top + PLOT - (value - low) / (high - low) * PLOT
        drawing.line((start, y), (right, y), LINE)
        drawing.note(start - 6, y + 4, label, size=12, anchor="end")
    step = (right - start) / max(len(waves), 1)
    xs = [start + step * (i + 0.5) for i in range(len(waves))]
    for x, wave in zip(xs, waves, strict=True):
        drawing.note(x, top + PLOT + 17, wave, size=12, anchor="middle")

    def y_of(value: float) -> float:
        return top + PLOT - (min(max(value, low), high) - low) / (high - low) * PLOT

    _series(drawing, [x + 4 for x in xs], panel.others, y_of, UNSURE, own=False)
    _series(drawing, [x - 4 for x in xs], panel.own, y_of, OWN, own=True)


def _series(
    drawing: Drawing, xs: Sequence[float], estimates: Sequence[Estimate], y_of: Callable[[float], float],
    colour: Colour, *, own: bool,
) -> None:  # fmt: skip
    """Means joined from wave to wave (a hidden one breaks the line), the unit's own with their intervals."""
    points = [(x, y_of(e.mean)) if e.shown else None for x, e in zip(xs, estimates, strict=True)]
    for one, next_one in pairwise(points):
        if one and next_one:
            extra = "" if own else ' stroke-dasharray="4 3"'
            drawing.line(one, next_one, colour, width=1.8 if own else 1.5, extra=extra)
    for point, estimate in zip(points, estimates, strict=True):
        if point is None:
            continue
        if own and not math.isnan(estimate.lower):
            ends = ((point[0], y_of(estimate.lower)), (point[0], y_of(estimate.upper)))
            drawing.line(*ends, colour, width=2.2, extra=' stroke-linecap="round"')
        drawing.dot(*point, colour, radius=4.4 if own else 3.8, hollow=None if own else CARD)


def _decimals(value: float) -> int:
    """As many decimals as a round number needs, two at most."""
    return next(d for d in range(3) if d == 2 or math.isclose(value, round(value, d), abs_tol=1e-6))


def _values(panel: Panel) -> list[float]:
    numbers = [value for e in panel.own for value in (e.mean, e.lower, e.upper)] + [e.mean for e in panel.others]
    return [value for value in numbers if not math.isnan(value)]


SHARES = (0.1, 0.2, 0.25, 0.4, 0.5, 0.75, 1.0)
"""How large a part of its scale a panel may show."""


def _share(panel: Panel) -> float:
    """The smallest of ``SHARES`` that holds all of a panel's figures."""
    values = _values(panel)
    return next(
        (share for share in SHARES if not values or _holds(_window(panel, share), min(values), max(values))), 1.0
    )


def _holds(window: tuple[float, float], lowest: float, highest: float) -> bool:
    return window[0] <= lowest and highest <= window[1]


def _window(panel: Panel, share: float) -> tuple[float, float]:
    """Lower and upper end of what a panel shows: ``share`` of its scale around its figures, from a round number on."""
    values, (least, most) = _values(panel), panel.ends
    size = share * (most - least)
    step = 10.0 ** math.floor(math.log10((most - least) / 20))
    middle = (max(values) + min(values)) / 2 if values else (least + most) / 2
    low = round(round((middle - size / 2) / step) * step, 10)
    low = min(max(low, least), most - size)
    return low, low + size


def range_of(context: Context, outcome: str) -> tuple[float, float]:
    """The ends of an outcome's scale; zero to one where nothing is declared."""
    return score_range(context, outcome) or (0.0, 1.0)
