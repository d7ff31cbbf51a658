"""The specification curve of one claim: every estimate, sorted, above the choices that each of them made.

Hundreds of estimates are a handful of paths: the band of intervals, the significant and the other estimates, and one
path for each choice. A significant estimate is a dot, another a ring.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.present.context import Context
from pipeline.present.drawing.colours import BAND, CARD, DIM, INK, LINE, SURE, UNSURE
from pipeline.present.drawing.dots import NARROW_BELOW, Axis, Key, axis_over, draw_keys, place
from pipeline.present.drawing.svg import Colour, Drawing, n, wrapped

AGAINST: Colour = ("#b45309", "#e8924a")
LABELS, SLIM_LABELS = 250.0, 122.0
HEIGHT, SLIM_HEIGHT = 240.0, 200.0
ROW, HEADING = 14.0, 17.0
SMALL, LEADING = 12.0, 1.05
REACH = 0.03
"""The axis leaves out this share of the furthest ends of intervals, which would press the rest together."""


@dataclass(frozen=True)
class Choice:
    """A choice on an axis; ``made``: (n,) which of the estimates made it, in the order of the curve."""

    label: str
    made: np.ndarray


@dataclass(frozen=True)
class Choices:
    """The choices of one axis."""

    heading: str
    rows: Sequence[Choice]


@dataclass(frozen=True)
class Curve:
    """One claim: (n,) estimates from low to high with their intervals, and which are significant.

    ``main``: the place of the main analysis, None where it has no estimate. ``sign``: -1 for a claim that something is
    lower. ``smallest``: the smallest effect of interest, above zero.
    """

    title: str
    description: str
    estimates: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    significant: np.ndarray
    main: int | None
    sign: int
    smallest: float
    dashboard: Sequence[Choices]

    @property
    def against(self) -> np.ndarray:
        """Which estimates are significant on the other side."""
        return self.significant & (self.estimates * self.sign < 0)


def draw_curve(context: Context, curve: Curve, width: float) -> Drawing:
    """The picture in ``width``."""
    drawing = Drawing(width, 0, curve.title, curve.description)
    slim = width < NARROW_BELOW
    left, right = (SLIM_LABELS if slim else LABELS), width - 6
    alpha = context.numbers.number(context.study.params.judge.alpha)
    keys = [
        Key(context.say("key significant", alpha=alpha), SURE),
        Key(context.say("key not significant"), UNSURE, "ring"),
    ]
    if curve.against.any():
        keys.append(Key(context.say("key significant against"), AGAINST))
    keys += [
        Key(context.say("key intervals", confidence=context.confidence), kind="band"),
        Key(context.say("key smallest"), DIM, "dash"),
    ]
    top = draw_keys(drawing, keys, width) + 18
    bottom = top + (SLIM_HEIGHT if slim else HEIGHT)
    _estimates(context, drawing, curve, (left, right), (top, bottom))
    drawing.height = _dashboard(drawing, curve, (left, right), bottom + 10, slim=slim)
    _main(context, drawing, curve, (left, right), (top, drawing.height))
    drawing.height += 6
    return drawing


def _estimates(
    context: Context, drawing: Drawing, curve: Curve, ends: tuple[float, float], rise: tuple[float, float]
) -> None:
    """Grid, band, lines and estimates; ``ends``: left and right, ``rise``: top and bottom."""
    axis = axis_of(curve)
    top, bottom = rise
    across = _places(len(curve.estimates), ends)

    def at(values: np.ndarray) -> np.ndarray:
        return np.asarray([place(axis, float(value), (bottom, top)) for value in values])

    known = np.flatnonzero(np.isfinite(curve.lower) & np.isfinite(curve.upper))
    if len(known) > 1:
        there, back = at(curve.upper[known]), at(curve.lower[known])[::-1]
        edge = _path(np.concatenate([across[known], across[known][::-1]]), np.concatenate([there, back]), join="l")
        drawing.add(f'<path d="{edge}z" {drawing.paint(fill=BAND)}/>')
    for tick, y in zip(axis.ticks, at(np.asarray(axis.ticks)), strict=True):
        drawing.line((ends[0] - 4, y), (ends[1], y), DIM if tick == 0 else LINE, width=1.4 if tick == 0 else 1)
        drawing.note(ends[0] - 8, y + 4, axis.tick(context, tick), size=SMALL, anchor="end")
    y = float(at(np.asarray([curve.sign * curve.smallest]))[0])
    drawing.line((ends[0], y), (ends[1], y), DIM, width=1.5, extra=' stroke-dasharray="4 3"')
    down = at(curve.estimates)
    for which, colour, hollow in (
        (~curve.significant, UNSURE, True), (curve.significant & ~curve.against, SURE, False),
        (curve.against, AGAINST, False),
    ):  # fmt: skip
        if which.any():
            spots = _path(across[which], down[which], join="m", after="h0")
            size = 5.2 if len(down) < 120 else 3.6
            for stroke, wide in ((colour, size), (CARD, size - 2)) if hollow else ((colour, size),):
                paint = drawing.paint(stroke=stroke)
                drawing.add(f'<path d="{spots}" stroke-width="{n(wide)}" stroke-linecap="round" {paint}/>')


def axis_of(curve: Curve) -> Axis:
    """An axis over all estimates, zero, the smallest effect, and nearly all ends of intervals."""
    low, high = curve.lower[np.isfinite(curve.lower)], curve.upper[np.isfinite(curve.upper)]
    ends = [float(np.quantile(low, REACH)), float(np.quantile(high, 1 - REACH))] if len(low) and len(high) else []
    return axis_over([*curve.estimates.tolist(), *ends], include=(0.0, curve.sign * curve.smallest))


def _places(count: int, ends: tuple[float, float]) -> np.ndarray:
    """Where the estimates stand from left to right."""
    return ends[0] + (np.arange(count) + 0.5) * (ends[1] - ends[0]) / max(count, 1)


def _path(x: np.ndarray, y: np.ndarray, *, join: str, after: str = "") -> str:
    """Points as a path in steps from one to the next, to a tenth of a unit; steps are rounded so that they add up."""
    xs, ys = np.round(x, 1), np.round(y, 1)
    steps = [f"M{n(float(xs[0]))} {n(float(ys[0]))}{after}"]
    for dx, dy in zip(np.diff(xs), np.diff(ys), strict=True):
        steps.append(f"{join}{n(float(dx))} {n(float(dy))}{after}")
    return "".join(steps)


def _dashboard(drawing: Drawing, curve: Curve, ends: tuple[float, float], top: float, *, slim: bool) -> float:
    """The choices below the estimates, a row each; returns where they end."""
    step = (ends[1] - ends[0]) / max(len(curve.estimates), 1)
    for choices in curve.dashboard:
        if slim:
            heading = wrapped(choices.heading, width=drawing.width, size=SMALL, lines=1)
            drawing.lines(0, top + 12, heading, size=SMALL, bold=True)
            top += HEADING
        else:
            drawing.lines(
                0, top + 11, wrapped(choices.heading, width=92, size=SMALL), size=SMALL, bold=True, leading=1.2
            )
        begin = top
        for choice in choices.rows:
            room = ends[0] - 8 - (0 if slim else 96)
            label = wrapped(choice.label, width=room, size=SMALL, lines=3)
            drawing.lines(ends[0] - 8, top + 11, label, size=SMALL, colour=DIM, anchor="end", leading=LEADING)
            drawing.line((ends[0], top + ROW / 2), (ends[1], top + ROW / 2), LINE)
            if choice.made.any():
                where = f'transform="translate({n(ends[0])} {n(top + ROW / 2)}) scale({step:.5f} 1)"'
                drawing.add(f'<path d="{_runs(choice.made)}" {where} stroke-width="8" {drawing.paint(stroke=INK)}/>')
            top += ROW + (len(label) - 1) * LEADING * SMALL
        if not slim:
            top = max(top, begin + 12 + 1.2 * SMALL * len(wrapped(choices.heading, width=92, size=SMALL)))
        top += 5
    return top


def _runs(made: np.ndarray) -> str:
    """Which of the places in a row are taken, as a path in which a place is one unit wide."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], made.astype(int), [0]])))
    starts, stops = edges[::2], edges[1::2]
    gaps = starts - np.concatenate([[0], stops[:-1]])
    return "M0 0" + "".join(f"m{gap} 0h{stop - start}" for gap, start, stop in zip(gaps, starts, stops, strict=True))


def _main(
    context: Context, drawing: Drawing, curve: Curve, ends: tuple[float, float], rise: tuple[float, float]
) -> None:
    """A line through the choices of the main analysis, up to its name above the plot."""
    if curve.main is None:
        return
    x = float(_places(len(curve.estimates), ends)[curve.main])
    drawing.line((x, rise[0] - 4), (x, rise[1] - 5), INK, width=1.2)
    axis, bottom = axis_of(curve), rise[0] + (SLIM_HEIGHT if drawing.width < NARROW_BELOW else HEIGHT)
    y = place(axis, float(curve.estimates[curve.main]), (bottom, rise[0]))
    drawing.add(
        f'<path d="M{n(x)} {n(y - 7)}l7 7l-7 7l-7 -7z" stroke-width="1.5" {drawing.paint(fill=INK, stroke=CARD)}/>'
    )
    anchor = "start" if x < ends[0] + 60 else "end" if x > ends[1] - 60 else "middle"
    drawing.text(x, rise[0] - 8, context.say("main analysis"), size=12.5, bold=True, anchor=anchor)
