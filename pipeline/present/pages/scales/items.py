"""Answers to the items of a scale as stacked bars that diverge from the middle category.

The left is the low end of the scale. Where every item of a scale is reversed (1 is the best answer), the order is
turned, so that left is the unfavourable end in every figure; a single reversed item keeps the order it was asked in and
is marked. What is hidden is one hatched stretch: how many that are together follows from the base. At both ends of a
bar stands how many answered below and above the middle; below it, where that is known, how many others did.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipeline.present.context import Context
from pipeline.present.drawing.colours import CARD, DIM, HATCH, INK, answer_colours, readable_on
from pipeline.present.drawing.svg import Colour, Drawing, n, text_width, wrapped
from pipeline.present.pages.scales.references import compared, told, who

BAR, TEXT, ENDS = 24.0, 13.5, 42.0
DIVERGING_UP_TO = 7


@dataclass(frozen=True)
class Segment:
    """A stretch of a bar: the category's place in the legend (None: hidden ones together) and its share."""

    category: int | None
    share: float


@dataclass(frozen=True)
class Elsewhere:
    """The share of others that gave the answers at one end of the bar, and all about them in a sentence."""

    share: float
    low_end: bool
    who: str
    told: str


@dataclass(frozen=True)
class Bar:
    """One item: what was asked, whether it is reversed against its scale, its stretches (None: nothing to show)."""

    label: str
    reversed: bool
    segments: list[Segment] | None
    base: float | None
    elsewhere: Elsewhere | None = None

    @property
    def has_hidden(self) -> bool:
        """Whether some answers are not shown apart."""
        return any(s.category is None for s in self.segments or [])


@dataclass(frozen=True)
class ItemFigure:
    """A scale's items and the labels of its categories, low end first."""

    scale: str
    categories: list[str]
    bars: list[Bar]

    @property
    def diverging(self) -> bool:
        """Whether the bars stand around their middle."""
        return len(self.categories) <= DIVERGING_UP_TO

    @property
    def has_hidden(self) -> bool:
        """Whether some answers are not shown apart."""
        return any(bar.has_hidden for bar in self.bars)

    @property
    def has_elsewhere(self) -> bool:
        """Whether others' answers stand beside some of them."""
        return any(bar.elsewhere for bar in self.bars)


def item_figure(context: Context, scale: str) -> ItemFigure | None:
    """The items of ``scale`` among everybody analysed; None when nothing may be shown."""
    rows = context.bundle.overall("item_distribution", scale=scale)
    if rows.empty:
        return None
    turned = bool((rows["reversed"] == "true").all())
    codes = sorted({float(code) for code in rows["category"]}, reverse=turned)
    first = str(rows["item"].iloc[0])
    labels = [context.category(first, f"{code:.10g}") for code in codes]
    bars = []
    for item, group in rows.groupby("item", sort=False):
        shares = dict(zip(group["category"].astype(float), group["share"], strict=True))
        base = group["base"].dropna()
        is_reversed = bool((group["reversed"] == "true").any()) and not turned
        segments = segments_of([shares.get(code, 0.0) for code in codes]) if len(base) and base.iloc[0] > 0 else None
        shown = float(base.iloc[0]) if len(base) else None
        beside = _elsewhere(context, str(item), codes) if segments else None
        bars.append(Bar(context.question(str(item)), is_reversed, segments, shown, beside))
    drawn = any(bar.segments for bar in bars)
    return ItemFigure(context.scale(scale), labels, bars) if drawn else None


def _elsewhere(context: Context, item: str, codes: list[float]) -> Elsewhere | None:
    """Others' answers to ``item``: of those that can be drawn, at one end of the bar, the first."""
    field = context.instrument.field_named(item)
    for one in compared(context, field):
        n_counted = len(one.reference.categories)
        counted = {float(code) for code in one.reference.categories}
        low_end = counted == set(codes[:n_counted])
        if one.share is not None and (low_end or counted == set(codes[-n_counted:])):
            words = context.say("reference who", **who(context, one.reference))
            return Elsewhere(one.reference.value, low_end, words, told(context, one))
    return None


def segments_of(shares: list[float]) -> list[Segment] | None:
    """Stretches from the low end; all hidden categories as one, where the first of them stands."""
    if all(math.isnan(share) for share in shares):
        return None
    hidden = max(1.0 - sum(share for share in shares if not math.isnan(share)), 0.0)
    segments: list[Segment] = []
    for place, share in enumerate(shares):
        if math.isnan(share):
            if not any(s.category is None for s in segments):
                segments.append(Segment(None, hidden))
        elif share > 0:
            segments.append(Segment(place, float(share)))
    return segments


def draw_items(context: Context, figure: ItemFigure, width: float, *, alternative: str = "alt items") -> Drawing:
    """The picture in ``width``: legend, then each item's wording above its bar; ``alternative``: its description."""
    described = _described(context, figure, alternative)
    drawing = Drawing(width, 0, context.say("figure items", scale=figure.scale), described)
    colours = answer_colours(len(figure.categories))
    drawing.definitions.append(
        '<pattern id="h" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect width="6" height="6" {drawing.paint(fill=HATCH)}/>'
        f'<line x1="0" y1="0" x2="0" y2="6" stroke-width="2" {drawing.paint(stroke=DIM)}/></pattern>'
    )
    top = _legend(context, drawing, figure, colours, width) + 14
    ends = ENDS if figure.diverging else 0.0
    left_most = max((_left_of_middle(figure, bar) for bar in figure.bars), default=0.5)
    right_most = max((1 - _left_of_middle(figure, bar) for bar in figure.bars), default=0.5)
    scale = (width - 2 * ends) / (left_most + right_most) if figure.diverging else width
    middle = ends + left_most * scale if figure.diverging else 0.0
    for bar in figure.bars:
        label = f"{bar.label} ({context.say('reversed')})" if bar.reversed else bar.label
        lines = wrapped(label, width=width - 4, size=TEXT, lines=4)
        drawing.lines(0, top + 14, lines, size=TEXT)
        top += len(lines) * TEXT * 1.3 + 4
        start = middle - _left_of_middle(figure, bar) * scale if figure.diverging else 0.0
        if bar.segments is None:
            drawing.note(0, top + 16, context.say("nobody asked"))
            top += BAR + 15
            continue
        x = start
        for segment in bar.segments:
            _draw_segment(context, drawing, segment, colours, (x, top), segment.share * scale)
            x += segment.share * scale
        if figure.diverging:
            _draw_ends(context, drawing, figure, bar, (start, x), top)
            # the middle, without a line through what stands in the bar or above it
            drawing.line((middle, top + BAR + 1), (middle, top + BAR + 5), INK, width=1.4)
        if bar.elsewhere:
            _draw_elsewhere(context, drawing, bar.elsewhere, (start, x), scale, top + BAR + 6)
            top += 14
        top += BAR + 15
    drawing.height = _who_else(context, drawing, figure, top, width) - 6
    return drawing


def _draw_ends(
    context: Context, drawing: Drawing, figure: ItemFigure, bar: Bar, ends: tuple[float, float], top: float
) -> None:
    """How many answered below and above the middle; nothing where some of these answers are hidden."""
    if bar.has_hidden or len(figure.categories) == 2:  # of two answers each end is one stretch, which says it
        return
    below, above = around_middle(figure, bar)
    drawing.text(ends[0] - 6, top + 17, context.numbers.share(below), size=13, anchor="end")
    drawing.text(ends[1] + 6, top + 17, context.numbers.share(above), size=13)


def around_middle(figure: ItemFigure, bar: Bar) -> tuple[float, float]:
    """Shares of the answers shown below and above the middle of the scale."""
    half = len(figure.categories) / 2
    shown = [(s.category, s.share) for s in bar.segments or [] if s.category is not None]
    below = sum(share for category, share in shown if category < math.floor(half))
    return below, sum(share for category, share in shown if category >= math.ceil(half))


def items_told(context: Context, figure: ItemFigure) -> str:
    """The item that most answered above the middle and the one that fewest did; a reversed item is no match for the
    others. Empty where nothing of the kind can be told."""
    known = [
        (around_middle(figure, bar)[1], bar.label.rstrip("."))
        for bar in figure.bars
        if bar.segments and not bar.has_hidden and not bar.reversed
    ]
    if not known or not figure.diverging or len(figure.categories) == 2:
        return ""
    (low, least), (high, most) = min(known), max(known)
    share = context.numbers.share
    if share(low) == share(high):
        return context.say("items highest", most=most, high=share(high))
    return context.say("items highest and lowest", most=most, high=share(high), least=least, low=share(low))


def _draw_elsewhere(
    context: Context, drawing: Drawing, other: Elsewhere, ends: tuple[float, float], scale: float, y: float
) -> None:
    """A line from the end of the bar as long as the share of others, with a diamond where it stops."""
    length = other.share * scale
    start, stop = (ends[0], ends[0] + length) if other.low_end else (ends[1], ends[1] - length)
    drawing.line((start, y + 4), (stop, y + 4), INK, width=2)
    _diamond(drawing, stop, y + 4)
    shown = context.numbers.share(other.share)
    drawing.text(
        stop + (9 if other.low_end else -9), y + 8.5, shown, size=12.5, anchor="start" if other.low_end else "end"
    )


def _diamond(drawing: Drawing, x: float, y: float) -> None:
    points = " ".join(f"{n(px)},{n(py)}" for px, py in ((x - 5, y), (x, y - 5), (x + 5, y), (x, y + 5)))
    drawing.add(f'<polygon points="{points}" stroke-width="1.5" {drawing.paint(fill=INK, stroke=CARD)}/>')


def _who_else(context: Context, drawing: Drawing, figure: ItemFigure, top: float, width: float) -> float:
    """The legend of the lines with a diamond: who the others are; returns where it ends."""
    for words in dict.fromkeys(bar.elsewhere.who for bar in figure.bars if bar.elsewhere):
        lines = wrapped(context.say("key bar reference", who=words), width=width - 34, size=12.5)
        drawing.line((0, top + 5), (18, top + 5), INK, width=2)
        _diamond(drawing, 18, top + 5)
        drawing.lines(32, top + 9.5, lines, size=12.5)
        top += len(lines) * 12.5 * 1.3 + 8
    return top


def _left_of_middle(figure: ItemFigure, bar: Bar) -> float:
    """Share of a bar that stands left of the middle of the scale; half of the middle category does."""
    middle = (len(figure.categories) - 1) / 2
    left = 0.0
    for segment in bar.segments or []:
        # a hidden stretch stands where its first category stands
        place = _place(bar, segment)
        left += segment.share * (1.0 if place < middle else 0.5 if place == middle else 0.0)
    return left if bar.segments else 0.5


def _place(bar: Bar, segment: Segment) -> float:
    if segment.category is not None:
        return segment.category
    segments = bar.segments or []
    at = segments.index(segment)
    before = segments[at - 1].category if at else None
    after = segments[at + 1].category if at + 1 < len(segments) else None
    if before is None:
        return 0.0 if after is None else after - 1.0
    return before + 1.0


def _draw_segment(
    context: Context,
    drawing: Drawing,
    segment: Segment,
    colours: list[Colour],
    corner: tuple[float, float],
    length: float,
) -> None:
    x, y = corner
    if segment.category is None:
        box = f'x="{n(x)}" y="{n(y)}" width="{n(max(length, 0))}" height="{n(BAR)}"'
        drawing.add(f'<rect {box} fill="url(#h)" stroke-width="1" {drawing.paint(stroke=DIM, empty=False)}/>')
        return
    # a hair of the ground between stretches: they are told apart without their colours
    drawing.rect(x, y, max(length - 1, min(length, 0.6)), BAR, colours[segment.category])
    label = context.numbers.share(segment.share)
    if length > text_width(label, 12.5) + 6:
        colour = readable_on(colours[segment.category])
        drawing.text(x + length / 2, y + 16.5, label, size=12.5, anchor="middle", colour=colour)


def _legend(context: Context, drawing: Drawing, figure: ItemFigure, colours: list[Colour], width: float) -> float:
    """Colours and their labels, in as many lines as they need; returns where they end."""
    entries: list[tuple[str, Colour | None]] = list(zip(figure.categories, colours, strict=True))
    if figure.has_hidden:
        entries.append((context.say("not apart"), None))
    x, y = 0.0, 13.0
    for label, colour in entries:
        room = 18 + text_width(label, 12.5) + 16
        if x and x + room - 16 > width:
            x, y = 0.0, y + 21
        if colour is None:
            drawing.add(f'<rect x="{n(x)}" y="{n(y - 11)}" width="12" height="12" fill="url(#h)"/>')
        else:
            drawing.rect(x, y - 11, 12, 12, colour)
        drawing.text(x + 18, y, label, size=12.5, colour=INK)
        x += room
    return y


def _described(context: Context, figure: ItemFigure, alternative: str) -> str:
    details = []
    for bar in figure.bars:
        told = [
            context.say(
                "alt answer",
                share=context.numbers.share(segment.share),
                category=context.say("not apart") if segment.category is None else figure.categories[segment.category],
            )
            for segment in bar.segments or []
        ]
        answers = ", ".join(told) or context.say("nobody asked")
        details.append(context.say("alt item", item=bar.label.rstrip(".?"), answers=answers))
        if bar.elsewhere:
            details.append(bar.elsewhere.told)
    return context.say(alternative, n=len(figure.bars), details=" ".join(details))
