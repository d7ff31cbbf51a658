"""Every ladder in one picture: a flight of steps per scale and variable, filled as far as it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.present.context import Context, capital
from pipeline.present.drawing.colours import BAND, CARD, DIM, INK, SURE
from pipeline.present.drawing.svg import Drawing, n, text_width, wrapped
from pipeline.present.words.groups import variable_title

if TYPE_CHECKING:
    from pipeline.present.pages.alike.ladders import Climbed

STEP, APART, LOW, RISE = 13.0, 3.0, 8.0, 6.0
LABELS, LEAST_CELL = 132.0, 112.0
SMALL = 12.0


def draw_ladders(context: Context, ladders: Sequence[Climbed], width: float) -> Drawing:
    """The picture: variables down, scales across; on a telephone one below the other."""
    drawing = Drawing(width, 0, context.say("figure ladders"), _described(context, ladders))
    scales = list(dict.fromkeys(one.scale for one in ladders))
    top = _legend(context, drawing, width) + 10
    cell = (width - LABELS) / max(len(scales), 1)
    drawing.height = _grid(context, drawing, ladders, scales, top, cell) if cell >= LEAST_CELL else _list(
        context, drawing, ladders, top
    )  # fmt: skip
    return drawing


def tallest(ladders: Sequence[Climbed]) -> float:
    """Height of the longest flight."""
    return LOW + RISE * (max((len(one.steps) for one in ladders), default=1) - 1)


def _legend(context: Context, drawing: Drawing, width: float) -> float:
    x, y = 0.0, 13.0
    for status in ("yes", "partly", "no"):
        text = context.say(f"step {status}")
        if x and x + 22 + text_width(text, 12.5) > width:
            x, y = 0.0, y + 20
        _step(drawing, status, x, y + 1, 12)
        drawing.text(x + 20, y, text, size=12.5)
        x += 20 + text_width(text, 12.5) + 16
    return y + 4


def _step(drawing: Drawing, status: str, x: float, floor: float, height: float) -> None:
    """One step: filled, filled to half its height, or an empty frame."""
    box = f'x="{n(x + 0.75)}" width="{n(STEP - 1.5)}"'
    if status == "yes":
        drawing.rect(x, floor - height, STEP, height, SURE, radius=1.5)
        return
    frame = SURE if status == "partly" else DIM
    dashes = "" if status in ("partly", "no") else ' stroke-dasharray="2 2"'
    drawing.add(
        f'<rect {box} y="{n(floor - height + 0.75)}" height="{n(height - 1.5)}" rx="1.5" stroke-width="1.5"'
        f" {drawing.paint(fill=CARD, stroke=frame)}{dashes}/>"
    )
    if status == "partly":
        drawing.rect(x, floor - height / 2, STEP, height / 2, SURE, radius=1.5)


def _flight(drawing: Drawing, one: Climbed, x: float, floor: float) -> None:
    for i, status in enumerate(one.steps.values()):
        _step(drawing, status, x + i * (STEP + APART), floor, LOW + RISE * i)


def in_short(context: Context, one: Climbed) -> str:
    """What a ladder allows, or why there is none, in a few words."""
    if one.refused:
        return context.say(f"ladder {one.refused}")
    return context.say(f"short {one.allows or 'nothing'}")


def _grid(
    context: Context, drawing: Drawing, ladders: Sequence[Climbed], scales: Sequence[str], top: float, cell: float
) -> float:
    heads = [wrapped(context.scale(scale), width=cell - 10, size=12.5, lines=3) for scale in scales]
    deepest = max(len(head) for head in heads)
    for i, head in enumerate(heads):
        drawing.lines(LABELS + i * cell, top + 12, head, size=12.5, bold=True)
    top += deepest * 12.5 * 1.3 + 8
    height = tallest(ladders)
    by_place = {(one.variable, one.scale): one for one in ladders}
    for j, variable in enumerate(dict.fromkeys(one.variable for one in ladders)):
        said = {
            scale: wrapped(in_short(context, by_place[variable, scale]), width=cell - 12, size=SMALL, lines=3)
            for scale in scales
            if (variable, scale) in by_place
        }
        room = height + max(len(lines) for lines in said.values()) * SMALL * 1.25 + 22
        if j % 2 == 0:
            drawing.parts.insert(0, _ground(drawing, top, room))
        label = wrapped(variable_title(context, variable), width=LABELS - 16, size=13, lines=4)
        drawing.lines(6, top + room / 2 - (len(label) - 1) * 8 + 4, label, size=13, leading=1.22)
        for i, scale in enumerate(scales):
            one = by_place.get((variable, scale))
            if one is None:
                continue
            x = LABELS + i * cell
            if one.steps:
                _flight(drawing, one, x, top + 8 + height)
            colour = INK if one.steps else DIM
            drawing.lines(x, top + height + 22, said[scale], size=SMALL, leading=1.25, colour=colour)
        top += room
    return top + 2


def _ground(drawing: Drawing, top: float, height: float) -> str:
    box = f'x="0" y="{n(top)}" width="{n(drawing.width)}" height="{n(height)}" rx="3"'
    return f'<rect {box} opacity=".45" {drawing.paint(fill=BAND)}/>'


def _list(context: Context, drawing: Drawing, ladders: Sequence[Climbed], top: float) -> float:
    height = tallest(ladders)
    for variable in dict.fromkeys(one.variable for one in ladders):
        lines = wrapped(variable_title(context, variable), width=drawing.width, size=13.5)
        drawing.lines(0, top + 16, lines, size=13.5, bold=True)
        top += 8 + len(lines) * 13.5 * 1.3
        here = [one for one in ladders if one.variable == variable]
        aside = max((len(one.steps) for one in here), default=0) * (STEP + APART) + 12
        for one in here:
            name = wrapped(context.scale(one.scale), width=drawing.width - aside, size=13)
            said = wrapped(in_short(context, one), width=drawing.width - aside, size=SMALL)
            drawing.lines(aside, top + 16, name, size=13)
            beneath = top + 16 + len(name) * 13 * 1.3
            drawing.lines(aside, beneath - 1, said, size=SMALL, colour=INK if one.steps else DIM)
            bottom = max(beneath + (len(said) - 1) * SMALL * 1.3 + 6, top + 6 + height)
            _flight(drawing, one, 0, bottom)
            top = bottom + 6
        top += 6
    return top


def _described(context: Context, ladders: Sequence[Climbed]) -> str:
    told = []
    for variable in dict.fromkeys(one.variable for one in ladders):
        each = "; ".join(
            f"{context.scale(one.scale)} – {in_short(context, one)}" for one in ladders if one.variable == variable
        )
        told.append(f"{capital(variable_title(context, variable))}: {each}.")
    return context.say("alt ladders", n=len(ladders), details=" ".join(told))
