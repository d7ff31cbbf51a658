"""Dots with their intervals, row by row against one axis: the picture of most estimates in the report.

Beside a label on a wide page, below it on a telephone. What a row cannot show it says in words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

import pandas as pd

from pipeline.present.context import Context
from pipeline.present.drawing.colours import BAND, CARD, DIM, INK, LINE, SURE
from pipeline.present.drawing.svg import Colour, Drawing, text_width, wrapped

LABELS, VALUES = 236.0, 46.0
TEXT, SMALL = 13.5, 12.0
LANE, ABOVE = 13.0, 9.0
NARROW_BELOW = 500


@dataclass(frozen=True)
class Mark:
    """An estimate: a dot, ring or square, with its interval where it has one; ``lane``: the row's line it stands on."""

    value: float
    lower: float = math.nan
    upper: float = math.nan
    colour: Colour = SURE
    hollow: bool = False
    lane: int = 0
    small: bool = False
    square: bool = False


@dataclass(frozen=True)
class Row:
    """A label, its marks, and words in place of a value at the end of the row (``None``: the first mark's value)."""

    label: str
    marks: Sequence[Mark]
    said: str | None = None


@dataclass(frozen=True)
class Section:
    """Rows below a heading (empty: none)."""

    heading: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class Key:
    """An entry of the legend: what a dot, ring, square, small dot, dashed line or the shaded band is."""

    text: str
    colour: Colour = SURE
    kind: str = "dot"


@dataclass(frozen=True)
class Axis:
    """What the marks are measured by. ``references``: dashed lines; ``band``: values of no interest, shaded."""

    lower: float
    upper: float
    ticks: Sequence[float]
    references: Sequence[float] = ()
    band: tuple[float, float] | None = None
    decimals: int = 2
    signed: bool = False
    percent: bool = False

    def label(self, context: Context, value: float) -> str:
        """``value`` as the end of a row shows it."""
        if self.percent:
            return context.numbers.share(value)
        return context.numbers.number(value, self.decimals, signed=self.signed)

    def tick(self, context: Context, value: float) -> str:
        """``value`` as the axis shows it, without needless decimals."""
        if self.percent:
            return context.numbers.share(value)
        decimals = next(d for d in range(4) if d == 3 or math.isclose(value, round(value, d), abs_tol=1e-9))
        return context.numbers.number(value, decimals)


@dataclass(frozen=True)
class Dots:
    """The whole picture, in any width."""

    title: str
    description: str
    sections: Sequence[Section]
    axis: Axis
    keys: Sequence[Key] = field(default_factory=tuple)


def mark_from(
    row: pd.Series, names: tuple[str, str, str], *, colour: Colour = SURE, hollow: bool = False, lane: int = 0
) -> Mark:
    """The mark of a published row: estimate and ends of the interval in the columns ``names``."""
    value, lower, upper = (float(row[name]) for name in names)
    return Mark(value, lower, upper, colour=colour, hollow=hollow, lane=lane)


def axis_over(values: Sequence[float], *, include: Sequence[float] = (), **more: object) -> Axis:
    """An axis with round ticks over all ``values`` (NaN is passed over) and what it must ``include``."""
    known = [value for value in (*values, *include) if not math.isnan(value)] or [0.0, 1.0]
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    step = next(s for s in _steps(span / 6) if span / s <= 6.0001)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = [round(i * step, 10) for i in range(first, last + 1)]
    return Axis(ticks[0], ticks[-1], ticks, **more)  # type: ignore[arg-type]


def _steps(about: float) -> Iterator[float]:
    power = 10.0 ** math.floor(math.log10(about))
    for scale in (power, power * 10, power * 100):
        yield from (scale, 2 * scale, 2.5 * scale, 5 * scale)


def ends_of(sections: Sequence[Section]) -> list[float]:
    """Every number that an axis must hold."""
    marks = [mark for section in sections for row in section.rows for mark in row.marks]
    return list(chain.from_iterable((mark.value, mark.lower, mark.upper) for mark in marks))


def draw_dots(context: Context, dots: Dots, width: float) -> Drawing:
    """The picture in ``width``."""
    drawing = Drawing(width, 0, dots.title, dots.description)
    slim = width < NARROW_BELOW
    start, end = (14.0 if slim else LABELS), width - VALUES - 8
    top = draw_keys(drawing, dots.keys, width)
    ground: list[tuple[float, float]] = []
    for section in dots.sections:
        if section.heading:
            lines = wrapped(section.heading, width=width, size=TEXT)
            drawing.lines(0, top + 16, lines, size=TEXT, bold=True)
            top += 22 + (len(lines) - 1) * TEXT * 1.3
        begin = top
        for row in section.rows:
            below, top = _row(context, drawing, dots.axis, row, (start, end), top, slim=slim)
            if slim:  # lines through the labels would make them hard to read
                ground.append((below, top))
        if not slim:
            ground.append((begin, top))
        top += 4
    _axis(context, drawing, dots.axis, (start, end), ground)
    drawing.height = (ground[-1][1] if ground else top) + 22
    return drawing


def draw_keys(drawing: Drawing, keys: Sequence[Key], width: float) -> float:
    """The legend, in as many lines as it needs; returns where it ends."""
    x, y = 0.0, 13.0
    for key in keys:
        lines = wrapped(key.text, width=width - 22, size=12.5)
        room = 22 + max(text_width(line, 12.5) for line in lines)
        if x and x + room > width:
            x, y = 0.0, y + 20
        _sign(drawing, key, x, y)
        drawing.lines(x + 20, y, lines, size=12.5)
        y += (len(lines) - 1) * 12.5 * 1.3
        x += room + 16
    return y + 12 if keys else 0.0


def _sign(drawing: Drawing, key: Key, x: float, y: float) -> None:
    if key.kind == "dash":
        drawing.line((x, y - 4.5), (x + 15, y - 4.5), key.colour, width=1.5, extra=' stroke-dasharray="4 3"')
    elif key.kind == "band":
        drawing.rect(x, y - 11, 15, 12, BAND)
    elif key.kind == "square":
        draw_square(drawing, x + 7, y - 4.5, key.colour)
    else:
        small = key.kind == "small"
        hollow = CARD if key.kind == "ring" else None
        drawing.dot(x + 7, y - 4.5, key.colour, radius=2.6 if small else 5, hollow=hollow)


def _row(
    context: Context, drawing: Drawing, axis: Axis, row: Row, ends: tuple[float, float], top: float, *, slim: bool
) -> tuple[float, float]:
    """Draw a row from ``top`` down; returns where its marks begin and where it ends."""
    lanes = 1 + max((mark.lane for mark in row.marks), default=0)
    if slim:
        lines = wrapped(row.label, width=drawing.width, size=TEXT)
        drawing.lines(0, top + 14, lines, size=TEXT)
        top += len(lines) * TEXT * 1.3 + 1
        height = ABOVE + lanes * LANE
        middle = top + height / 2 - 1
    else:
        lines = wrapped(row.label, width=LABELS - 18, size=TEXT, lines=4)
        height = max(ABOVE + lanes * LANE, len(lines) * TEXT * 1.25 + 7)
        middle = top + height / 2
        drawing.lines(0, middle - (len(lines) - 1) * TEXT * 0.625 + 4.6, lines, size=TEXT, leading=1.25)
    for mark in row.marks:
        _mark(drawing, axis, mark, ends, middle + (mark.lane - (lanes - 1) / 2) * LANE)
    said = row.said
    if said is None:
        said = axis.label(context, row.marks[0].value) if row.marks else context.say("absent")
    if not row.marks and text_width(said, 12.5) > VALUES:
        drawing.lines(ends[0] + 4, middle + 4.4, wrapped(said, width=ends[1] + VALUES - ends[0], size=12.5, lines=1),
                      size=12.5, colour=DIM)  # fmt: skip
    else:
        drawing.text(drawing.width, middle + 4.6, said, size=13, anchor="end", colour=INK if row.marks else DIM)
    return top, top + height


def _mark(drawing: Drawing, axis: Axis, mark: Mark, ends: tuple[float, float], y: float) -> None:
    if math.isnan(mark.value):
        return
    if not (math.isnan(mark.lower) or math.isnan(mark.upper)):
        left, right = place(axis, mark.lower, ends), place(axis, mark.upper, ends)
        drawing.line((left, y), (right, y), mark.colour, width=2.4, extra=' stroke-linecap="round"')
    if mark.square:
        draw_square(drawing, place(axis, mark.value, ends), y, mark.colour)
        return
    radius = 2.6 if mark.small else 4.8
    drawing.dot(place(axis, mark.value, ends), y, mark.colour, radius=radius, hollow=CARD if mark.hollow else None)


def draw_square(drawing: Drawing, x: float, y: float, colour: Colour, *, half: float = 4.6) -> None:
    """A square round a point: the second of two groups, told apart from a dot without its colour too."""
    drawing.rect(x - half, y - half, 2 * half, 2 * half, colour, radius=1)


def place(axis: Axis, value: float, ends: tuple[float, float]) -> float:
    """Where ``value`` stands; what lies beyond the axis stands at its end."""
    share = (min(max(value, axis.lower), axis.upper) - axis.lower) / (axis.upper - axis.lower)
    return ends[0] + share * (ends[1] - ends[0])


def _axis(
    context: Context, drawing: Drawing, axis: Axis, ends: tuple[float, float], ground: Sequence[tuple[float, float]]
) -> None:
    """Band, grid and dashed lines behind every section; the numbers below the last."""
    behind = Drawing(drawing.width, 0, "", "", colours=drawing.colours)
    for top, bottom in ground:
        if axis.band is not None:
            left, right = (place(axis, value, ends) for value in axis.band)
            behind.rect(left, top, right - left, bottom - top, BAND)
        for tick in axis.ticks:
            behind.line((place(axis, tick, ends), top), (place(axis, tick, ends), bottom), DIM if tick == 0 else LINE)
        for value in axis.references:
            x = place(axis, value, ends)
            behind.line((x, top), (x, bottom), DIM, width=1.5, extra=' stroke-dasharray="4 3"')
    drawing.parts[:0] = behind.parts
    if ground:
        room = (ends[1] - ends[0]) / max(len(axis.ticks) - 1, 1)
        every = 1 if max(text_width(axis.tick(context, t), SMALL) for t in axis.ticks) + 4 < room else 2
        for tick in axis.ticks[::every]:
            drawing.note(
                place(axis, tick, ends), ground[-1][1] + 15, axis.tick(context, tick), size=SMALL, anchor="middle"
            )
