"""The small picture of one claim: dot, interval, zero, and the band of differences too small to matter."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from pipeline.present.context import Context
from pipeline.present.drawing.svg import n, text_width

WIDTH, HEIGHT = 340, 54
MARGIN = 10
MIDDLE = 19
"""At which height dot and interval stand."""


@dataclass(frozen=True)
class Effect:
    """What a claim stands on; ``sign`` -1 for a claim that something is lower, so that right means as claimed."""

    estimate: float
    lower: float
    upper: float
    smallest: float
    sign: int

    @property
    def as_claimed(self) -> tuple[float, float, float]:
        """Estimate, lower and upper end as they are drawn and read: above zero is what the claim says."""
        ends = sorted((self.lower * self.sign, self.upper * self.sign))
        return self.estimate * self.sign, ends[0], ends[1]


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


def effect_picture(
    context: Context, verdict: str, effect: Effect, smallest: float, axis: Axis, *, metric: str = "sd"
) -> str:
    """An inline picture in the colour of the verdict.

    ``metric``: ``sd`` for a difference, ``std_all`` for a relation; it says what zero is.
    """
    ground = _ground(smallest, axis, context.say(f"effect zero {metric}"))
    ends = sorted((effect.lower * effect.sign, effect.upper * effect.sign))
    left, right = (n(axis.at(end)) for end in ends)
    line = f'<line class="interval" x1="{left}" y1="{MIDDLE}" x2="{right}" y2="{MIDDLE}"/>'
    beyond = "".join(_arrow(end, axis) for end in ends if not axis.lower <= end <= axis.upper)
    place = axis.at(effect.estimate * effect.sign)
    dot = f'<circle class="estimate" cx="{n(place)}" cy="{MIDDLE}" r="7"/>'
    return _svg(verdict, figures_in_words(context, effect), ground + line + beyond + dot)


def figures_in_words(context: Context, effect: Effect) -> str:
    """The estimate with the ends of its interval, as a sentence."""
    estimate, lower, upper = (context.numbers.number(value, signed=True) for value in effect.as_claimed)
    return context.say("effect label", estimate=estimate, confidence=context.confidence, lower=lower, upper=upper)


def _ground(smallest: float, axis: Axis, label: str) -> str:
    """The band, zero, and below it what zero is (``label``)."""
    left, zero = n(axis.at(-smallest)), n(axis.at(0))
    band = f'<rect class="band" x="{left}" y="3" height="32" width="{n(axis.at(smallest) - axis.at(-smallest))}"/>'
    mark = f'<line class="zero" x1="{zero}" y1="0" x2="{zero}" y2="38"/>'
    half = text_width(label, 13) / 2
    inside = min(max(axis.at(0), half), WIDTH - half)
    return f'{band}{mark}<text class="num dim" x="{n(inside)}" y="51" text-anchor="middle">{escape(label)}</text>'


def _arrow(end: float, axis: Axis) -> str:
    """The head of an arrow where the interval goes on beyond the axis."""
    tip, back = (0, 9) if end < axis.lower else (WIDTH, WIDTH - 9)
    return f'<path class="estimate" d="M{tip} {MIDDLE}L{back} {MIDDLE - 6}L{back} {MIDDLE + 6}z"/>'


def _svg(verdict: str, label: str, content: str) -> str:
    return (
        f'<svg class="effect {verdict}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
        f"{content}</svg>"
    )
