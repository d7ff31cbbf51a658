"""Curves that rise: how often each claim is supported by waves of more and more projects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.present.context import Context
from pipeline.present.drawing.colours import CARD, DIM, LINE, SURE, UNSURE
from pipeline.present.drawing.dots import Key, draw_keys
from pipeline.present.drawing.svg import Drawing, n, wrapped

LEFT, HEIGHT, GAP, BELOW = 40.0, 128.0, 26.0, 54.0
TITLE, LEADING, TITLE_LINES = 13.0, 1.25, 2
NARROW_BELOW = 500
TICKS = (0.0, 0.5, 1.0)
CLOSE = 0.12
"""Nearer to a tick the target has no number of its own beside the axis."""
DASHES = ' stroke-dasharray="5 4"'


@dataclass(frozen=True)
class Curve:
    """Shares supported by number of projects, with their intervals; ``effects``: how strong, in words."""

    effects: str
    sizes: Sequence[int]
    shares: Sequence[float]
    lower: Sequence[float]
    upper: Sequence[float]


@dataclass(frozen=True)
class Panel:
    """One claim."""

    title: str
    curves: Sequence[Curve]


def draw_power(context: Context, panels: Sequence[Panel], target: float, width: float) -> Drawing:
    """The panels two beside each other, or below each other on a telephone."""
    drawing = Drawing(width, 0, context.say("figure power"), described(context, panels, target))
    slim = width < NARROW_BELOW
    top = draw_keys(drawing, _keys(context, panels, target), width) + 10
    across = 1 if slim else 2
    room = (width - GAP * (across - 1)) / across
    head = TITLE_LINES * TITLE * LEADING + 16
    step = head + HEIGHT + BELOW
    for i, panel in enumerate(panels):
        corner = ((i % across) * (room + GAP), top + (i // across) * step)
        _draw_panel(context, drawing, panel, target, corner, (room, head))
    drawing.height = top + -(-len(panels) // across) * step - 8
    return drawing


def _keys(context: Context, panels: Sequence[Panel], target: float) -> list[Key]:
    keys = [
        Key(context.say("key power", effects=curve.effects), _style(i)[0], "dot" if i == 0 else "ring")
        for i, curve in enumerate(panels[0].curves)
    ]
    return [*keys, Key(context.say("key target", target=context.numbers.share(target)), DIM, "dash")]


def _style(curve: int) -> tuple[tuple[str, str], str]:
    """Colour and dashes: the first curve solid, the others dashed."""
    return (SURE, "") if curve == 0 else (UNSURE, DASHES)


def _draw_panel(
    context: Context, drawing: Drawing, panel: Panel, target: float, corner: tuple[float, float],
    size: tuple[float, float],
) -> None:  # fmt: skip
    (left, top), (room, head) = corner, size
    lines = wrapped(panel.title, width=room, size=TITLE, lines=TITLE_LINES)
    drawing.lines(left, top + TITLE, lines, size=TITLE, leading=LEADING, bold=True)
    start, end, ceiling, floor = left + LEFT, left + room - 10, top + head, top + head + HEIGHT
    sizes = sorted({k for curve in panel.curves for k in curve.sizes})
    span = max(sizes[-1] - sizes[0], 1)

    def at(k: int, share: float) -> tuple[float, float]:
        return start + 8 + (k - sizes[0]) / span * (end - start - 16), floor - share * (floor - ceiling)

    for tick in TICKS:
        y = at(sizes[0], tick)[1]
        drawing.line((start, y), (end, y), DIM if tick == 0 else LINE)
        drawing.note(start - 7, y + 4, context.numbers.share(tick), size=12, anchor="end")
    y = at(sizes[0], target)[1]
    drawing.line((start, y), (end, y), DIM, extra=' stroke-dasharray="4 3"')
    if min(abs(target - tick) for tick in TICKS) > CLOSE:
        drawing.note(start - 7, y + 4, context.numbers.share(target), size=12, anchor="end")
    for i in reversed(range(len(panel.curves))):
        _draw_curve(drawing, panel.curves[i], i, at)
    for k in sizes:
        drawing.note(at(k, 0)[0], floor + 17, context.numbers.count(k), size=12, anchor="middle")
    drawing.note((start + end) / 2, floor + 33, context.say("power axis", units=context.units), size=12,
                 anchor="middle")  # fmt: skip


def _draw_curve(drawing: Drawing, curve: Curve, place: int, at: Callable[[int, float], tuple[float, float]]) -> None:
    """``at``: where a number of projects and a share stand in the picture."""
    colour, dashes = _style(place)
    points = [at(k, share) for k, share in zip(curve.sizes, curve.shares, strict=True)]
    joined = " ".join(f"{n(x)},{n(y)}" for x, y in points)
    drawing.add(f'<polyline points="{joined}" stroke-width="1.8" {drawing.paint(stroke=colour)}{dashes}/>')
    for k, low, high, (x, y) in zip(curve.sizes, curve.lower, curve.upper, points, strict=True):
        drawing.line((x, at(k, low)[1]), (x, at(k, high)[1]), colour, width=1.4)
        drawing.dot(x, y, colour, radius=3.6, hollow=None if place == 0 else CARD)


def described(context: Context, panels: Sequence[Panel], target: float) -> str:
    """Every share of every curve in words."""
    details = []
    for panel in panels:
        lines = [
            context.say(
                "alt power line", effects=curve.effects,
                shares=", ".join(
                    context.say("alt power share", share=context.numbers.share(share), k=context.numbers.count(k))
                    for k, share in zip(curve.sizes, curve.shares, strict=True)
                ),
            )
            for curve in panel.curves
        ]  # fmt: skip
        details.append(context.say("alt power claim", claim=panel.title, lines="; ".join(lines)))
    shown = context.numbers.share(target)
    return context.say("alt power", target=shown, units=context.units, details=" ".join(details))
