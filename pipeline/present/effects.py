"""The small picture of one claim: dot, interval, zero, and the band of differences too small to matter."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from pipeline.present.context import Context
from pipeline.present.svg import n, text_width

WIDTH, HEIGHT = 260, 46
MARGIN = 8


@dataclass(frozen=True)
class Effect:
    """What a claim stands on; ``sign`` -1 for a claim that something is lower, so that right means as claimed."""

    estimate: float
    lower: float
    upper: float
    smallest: float
    sign: int


@dataclass(frozen=True)
class Axis:
    """Lowest and highest value shown, the same for all claims of a page."""

    lower: float
    upper: float

    def at(self, value: float) -> float:
        """Where ``value`` stands; beyond the ends, at the end."""
        share = (min(max(value, self.lower), self.upper) - self.lower) / (self.upper - self.lower)
        return MARGIN + share * (WIDTH - 2 * MARGIN)


def shared_axis(effects: list[Effect]) -> Axis:
    """An axis that holds every interval, zero and the bands, but nothing beyond two either way."""
    ends = [end * effect.sign for effect in effects for end in (effect.lower, effect.upper)]
    bands = [effect.smallest * 1.4 for effect in effects]
    lower = min([-max(bands, default=0.25), *ends])
    upper = max([max(bands, default=0.25), 0.6, *ends])
    return Axis(max(lower, -2.0), min(upper, 2.0))


def effect_picture(context: Context, verdict: str, effect: Effect | None, smallest: float, axis: Axis) -> str:
    """An inline picture in the colour of the verdict; the empty axis when there is no estimate."""
    band = f'<rect class="band" x="{n(axis.at(-smallest))}" y="4" height="24"'
    band += f' width="{n(axis.at(smallest) - axis.at(-smallest))}"/>'
    zero = f'<line class="zero" x1="{n(axis.at(0))}" y1="2" x2="{n(axis.at(0))}" y2="30"/>'
    if effect is None:
        label = context.say("effect none")
        return _svg(verdict, label, band + zero + _label(f'<tspan class="dim">{label}</tspan>', label, axis.at(0)))
    numbers = context.numbers
    ends = sorted((effect.lower * effect.sign, effect.upper * effect.sign))
    line = f'<line class="interval" x1="{n(axis.at(ends[0]))}" y1="16" x2="{n(axis.at(ends[1]))}" y2="16"/>'
    place = axis.at(effect.estimate * effect.sign)
    dot = f'<circle class="estimate" cx="{n(place)}" cy="16" r="6"/>'
    estimate = numbers.number(effect.estimate, signed=True)
    interval = numbers.interval(effect.lower, effect.upper, signed=True)
    figures = _label(f'{estimate} <tspan class="dim">{interval}</tspan>', f"{estimate} {interval}", place)
    label = context.say(
        "effect label",
        estimate=estimate,
        confidence=context.confidence,
        lower=numbers.number(effect.lower, signed=True),
        upper=numbers.number(effect.upper, signed=True),
    )
    return _svg(verdict, label, band + zero + line + dot + figures)


def _label(content: str, text: str, place: float) -> str:
    """The figures below their dot, moved inwards where they would run out of the picture."""
    half = text_width(text, 13) / 2
    inside = min(max(place, half), WIDTH - half)
    return f'<text class="num" x="{n(inside)}" y="42" text-anchor="middle">{content}</text>'


def _svg(verdict: str, label: str, content: str) -> str:
    return (
        f'<svg class="effect {verdict}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
        f"{content}</svg>"
    )
