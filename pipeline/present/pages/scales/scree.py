"""Eigenvalues in a row against those of answers that hang together by chance alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.present.context import Context
from pipeline.present.drawing.colours import CARD, DIM, LINE, SURE, UNSURE
from pipeline.present.drawing.dots import Key, axis_over, draw_keys
from pipeline.present.drawing.svg import Drawing, n

LEFT, HEIGHT, GAP = 34.0, 190.0, 40.0
NARROW_BELOW = 500


@dataclass(frozen=True)
class Panel:
    """One way of computing eigenvalues: those found, those of chance, how many stand above it."""

    title: str
    found: Sequence[float]
    chance: Sequence[float]
    kept: int


def draw_scree(context: Context, panels: Sequence[Panel], width: float) -> Drawing:
    """The panels beside each other, or below each other on a telephone."""
    drawing = Drawing(width, 0, context.say("figure scree"), _described(context, panels))
    keys = [
        Key(context.say("key eigenvalue kept"), SURE), Key(context.say("key eigenvalue"), UNSURE, "ring"),
        Key(context.say("key chance"), DIM, "dash"),
    ]  # fmt: skip
    top = draw_keys(drawing, keys, width) + 8
    slim = width < NARROW_BELOW
    across = 1 if slim else len(panels)
    room = (width - GAP * (across - 1)) / across
    for i, panel in enumerate(panels):
        left = 0.0 if slim else i * (room + GAP)
        at = top + (i * (HEIGHT + 66) if slim else 0.0)
        _draw_panel(context, drawing, panel, (left, at), room)
    drawing.height = top + (HEIGHT + 66) * (len(panels) if slim else 1) - 14
    return drawing


def _draw_panel(context: Context, drawing: Drawing, panel: Panel, corner: tuple[float, float], room: float) -> None:
    left, top = corner
    drawing.text(left, top + 12, panel.title, size=13.5, bold=True)
    start, end, ceiling, floor = left + LEFT, left + room - 8, top + 28, top + 28 + HEIGHT
    axis = axis_over([*panel.found, *panel.chance], include=(0.0,))
    step = (end - start) / max(len(panel.found) - 1, 1)

    def at(position: int, value: float) -> tuple[float, float]:
        return start + position * step, floor - (value - axis.lower) / (axis.upper - axis.lower) * (floor - ceiling)

    for tick in axis.ticks:
        y = at(0, tick)[1]
        drawing.line((start - 4, y), (end + 4, y), DIM if tick == 0 else LINE)
        drawing.note(start - 8, y + 4, axis.tick(context, tick), size=12, anchor="end")
    for values, colour, dashes in ((panel.chance, DIM, ' stroke-dasharray="4 3"'), (panel.found, UNSURE, "")):
        points = " ".join(f"{n(x)},{n(y)}" for x, y in (at(i, value) for i, value in enumerate(values)))
        drawing.add(f'<polyline points="{points}" stroke-width="1.5" {drawing.paint(stroke=colour)}{dashes}/>')
    for i, value in enumerate(panel.found):
        above = i < panel.kept
        drawing.dot(*at(i, value), SURE if above else UNSURE, radius=4.6, hollow=None if above else CARD)
    every = 1 if step >= 16 else 2
    for i in range(0, len(panel.found), every):
        drawing.note(at(i, 0)[0], floor + 17, context.numbers.count(i + 1), size=12, anchor="middle")


def _described(context: Context, panels: Sequence[Panel]) -> str:
    told = []
    for panel in panels:
        pairs = [
            f"{context.numbers.number(value)} ({context.numbers.number(chance)})"
            for value, chance in list(zip(panel.found, panel.chance, strict=True))[: panel.kept + 1]
        ]
        told.append(context.say("alt scree panel", method=panel.title, kept=panel.kept, values="; ".join(pairs)))
    return context.say("alt scree", details=" ".join(told))
