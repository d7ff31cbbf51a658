"""Where the figures of a path diagram stand: on or beside their lines, over neither a node nor each other."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from pipeline.present.context import Context
from pipeline.present.drawing.colours import CARD, INK, SURE, UNSURE
from pipeline.present.drawing.svg import Drawing, text_width
from pipeline.present.pages.model.path_estimates import Estimate
from pipeline.present.pages.model.path_layout import NARROW_BELOW, Node, Point

PLACES_ON_LINE = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74)
CHIP, SMALL = 14.0, 12.0
HIDES = 0.45
"""The part of its line that a figure may hide."""


def draw_chip(
    context: Context,
    drawing: Drawing,
    line: tuple[Point, Point, Point],
    estimate: Estimate,
    taken: list[tuple[float, float, float, float]],
    nodes: list[Node],
) -> None:
    """The estimate on its line, where it covers neither a node nor another chip."""
    label = context.numbers.number(estimate.value)
    between = "" if drawing.width < NARROW_BELOW else estimate.interval(context)
    half = max(text_width(label, CHIP), text_width(between, SMALL) * 0.92) / 2 + 5
    tall = 18.0 if between else 11.0
    start, bend, end = line
    boxes = taken + [(v.x - v.half_width, v.y - v.half_height, v.x + v.half_width, v.y + v.half_height) for v in nodes]
    best: tuple[float, Point] | None = None
    for (aside, above), t in _places(start, end, half, tall):
        x, y = _on_curve(start, bend, end, t)
        x, y = min(max(x + aside, half), drawing.width - half), min(max(y - above, tall), drawing.height - tall)
        overlap = sum(_overlap((x - half, y - tall, x + half, y + tall), box) for box in boxes)
        if best is None or overlap < best[0]:
            best = (overlap, (x, y))
        if overlap == 0:
            break
    x, y = best[1] if best else bend
    taken.append((x - half, y - tall, x + half, y + tall))
    drawing.rect(x - half, y - tall, 2 * half, 2 * tall, CARD, radius=min(tall, 11))
    colour = SURE if estimate.sure else UNSURE
    drawing.text(x, y + (-2.5 if between else 4.8), label, size=CHIP, bold=True, anchor="middle", colour=colour)
    if between:
        drawing.text(x, y + 12.5, between, size=SMALL, anchor="middle", colour=INK)


def _places(start: Point, end: Point, half: float, tall: float) -> Iterator[tuple[Point, float]]:
    """How far from its line and where along it a figure may stand, best first.

    On a line that it would hide for a good part a figure stands beside it: a broken line must be seen to be broken.
    """
    across, down = abs(start[0] - end[0]), abs(start[1] - end[1])
    hides = min(2 * half / max(across, 1e-9), 2 * tall / max(down, 1e-9)) > HIDES
    beside = [(half + 5, 0.0), (-half - 5, 0.0)] if across < down else [(0.0, tall + 5), (0.0, -tall - 9)]
    shifts = beside if hides else [(0.0, 0.0), (0.0, 2 * tall), (0.0, -2 * tall)]
    if hides:
        yield from itertools.product(shifts, PLACES_ON_LINE)
        shifts = [(0.0, 0.0)]
    yield from ((shift, t) for t, shift in itertools.product(PLACES_ON_LINE, shifts))


def _on_curve(start: Point, bend: Point, end: Point, t: float) -> Point:
    straight = math.isclose(bend[0], (start[0] + end[0]) / 2) and math.isclose(bend[1], (start[1] + end[1]) / 2)
    if straight:
        return start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1])
    a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
    return a * start[0] + b * bend[0] + c * end[0], a * start[1] + b * bend[1] + c * end[1]


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return width * height if width > 0 and height > 0 else 0.0
