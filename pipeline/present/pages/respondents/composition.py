"""Who took part, as a picture: for every background variable the share of each category, analysed beside others."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from pipeline.present.context import Context
from pipeline.present.drawing.colours import CARD, DIM, LINE, SURE
from pipeline.present.drawing.svg import Drawing, wrapped

ROW, TWO_LINES, HEAD, GAP = 23.0, 33.0, 30.0, 14.0
LABEL_SHARE = 0.47
MISSING = "(missing)"
MOST_TOLD = 3
"""In how many things the summary says that the analysed and the others differ, the most telling first."""
CLEAR = 0.10
"""From this difference between two shares on, the summary tells it."""
_BANDS = (
    ("below", re.compile(r"<(?P<upper>[\d.]+)")),
    ("between", re.compile(r"(?P<lower>[\d.]+)–<(?P<upper>[\d.]+)")),
    ("from", re.compile(r"≥(?P<lower>[\d.]+)")),
)
"""How a quantity's bands are written in the tables (``analysis/describe.py``)."""


@dataclass(frozen=True)
class Panel:
    """One background variable: its title, and per category the shares (None: not shown)."""

    title: str
    rows: list[tuple[str, float | None, float | None]]


@dataclass(frozen=True)
class Layout:
    """A panel's title and labels in lines as they fit ``room``."""

    panel: Panel
    title: list[str]
    labels: list[list[str]]

    @property
    def height(self) -> float:
        """How much room it takes."""
        rows = sum(ROW if len(label) == 1 else TWO_LINES for label in self.labels)
        return HEAD + (len(self.title) - 1) * 18 + rows + GAP


def laid_out(panel: Panel, room: float) -> Layout:
    """``panel`` in a column of ``room``."""
    labels = [wrapped(name, width=room * LABEL_SHARE - 12, size=13, lines=2) for name, *_ in panel.rows]
    return Layout(panel, wrapped(panel.title, width=room, size=14), labels)


def dimensions(context: Context) -> list[str]:
    """Background variables and the questionnaire language, without what defines who is analysed."""
    instrument = context.instrument
    names = [field.name for field in instrument.with_role("background", "language")]
    present = set(context.bundle.tables["composition"]["dimension"])
    population = context.study.declaration.population.variable
    return [name for name in names if name in present and name != population]


def category_title(context: Context, variable: str, category: str) -> str:
    """An answer in words; a band of a quantity (``1–<2``) as one would say it."""
    for key, pattern in _BANDS:
        found = pattern.fullmatch(category)
        if found:
            ends = {name: end.replace(".", context.numbers.decimal) for name, end in found.groupdict().items()}
            return context.say(f"band {key}", **ends)
    return context.category(variable, category)


def left_out(context: Context) -> list[str]:
    """Background variables of which no share at all is shown."""
    drawn = {panel.title for panel in panels(context)}
    return [title for name in dimensions(context) if (title := context.question(name)) not in drawn]


def composition_summary(context: Context) -> str:
    """In what the analysed and the others differ most; with nobody else, the commonest answers."""
    found = panels(context)
    if not context.has_others:
        told = [_commonest(context, panel) for panel in found]
        return context.say("composition commonest", told="; ".join(filter(None, told[:MOST_TOLD]))) if any(told) else ""
    gaps = []
    for panel in found:
        both = [(abs(a - b), label, a, b) for label, a, b in panel.rows if a is not None and b is not None]
        if both:
            gaps.append((*max(both, key=lambda row: row[0]), panel.title))
    told = [
        context.say(
            "composition gap", title=f"‘{title}’", label=label,
            analysed=context.numbers.share(a), others=context.numbers.share(b),
        )
        for gap, label, a, b, title in sorted(gaps, key=lambda row: -row[0])[:MOST_TOLD]
        if gap >= CLEAR
    ]  # fmt: skip
    people = {"people": context.people, "others": context.others}
    if not gaps:
        return context.say("composition unknown", **people)
    return (
        context.say("composition gaps", told="; ".join(told), **people)
        if told
        else context.say("composition alike", **people)
    )


def _commonest(context: Context, panel: Panel) -> str:
    """The answer that most gave; empty where a hidden one may have been given more often."""
    known = [(a, label) for label, a, _ in panel.rows if a is not None]
    share, label = max(known, default=(0.0, ""), key=lambda row: row[0])
    if not known or share < 1 - sum(a for a, _ in known):
        return ""
    return f"‘{panel.title}’ {label} ({context.numbers.share(share)})"


def panels(context: Context) -> list[Panel]:
    """A panel per background variable; categories nobody chose anywhere are left out."""
    found = []
    for name in dimensions(context):
        shares = {p: _shares(context, name, p) for p in ("analysed", "others")}
        categories = list(dict.fromkeys([*shares["analysed"], *shares["others"]]))
        rows = [
            (category_title(context, name, c), shares["analysed"].get(c), shares["others"].get(c))
            for c in categories
            if c != MISSING
        ]
        if any(value is not None for _, *values in rows for value in values):
            found.append(Panel(context.question(name), rows))
    return found


def _shares(context: Context, dimension: str, population: str) -> dict[str, float | None]:
    rows = context.bundle.rows("composition", dimension=dimension, population=population)
    return {
        str(category): None if pd.isna(share) else float(share)
        for category, share in zip(rows["category"], rows["share"], strict=True)
    }


def draw_composition(context: Context, width: float) -> Drawing:
    """The picture in ``width``: panels in two columns where there is room."""
    found = panels(context)
    columns = 2 if width >= 600 else 1
    room = (width - 40 * (columns - 1)) / columns
    drawing = Drawing(width, 0, context.say("caption composition").split(":")[0], _described(context, found))
    heights = [0.0] * columns
    for layout in (laid_out(panel, room) for panel in found):
        column = heights.index(min(heights))
        _draw_panel(context, drawing, layout, left=column * (room + 40), top=heights[column], room=room)
        heights[column] += layout.height
    drawing.height = max([*heights, 20.0])
    return drawing


def _draw_panel(context: Context, drawing: Drawing, layout: Layout, *, left: float, top: float, room: float) -> None:
    drawing.lines(left, top + 15, layout.title, size=14, bold=True)
    y = top + HEAD + (len(layout.title) - 1) * 18
    label, end = room * LABEL_SHARE, room - 46
    highest = max([v for _, *values in layout.panel.rows for v in values if v is not None], default=1.0)
    scale = (end - label) / max(highest, 0.01)
    for lines, (_, analysed, others) in zip(layout.labels, layout.panel.rows, strict=True):
        height = ROW if len(lines) == 1 else TWO_LINES
        middle = y + height / 2 - 3
        drawing.lines(left, middle + 4.5 - (len(lines) - 1) * 7.5, lines, size=13, leading=1.15)
        drawing.line((left + label, middle), (left + end, middle), LINE)
        places = [left + label + v * scale for v in (analysed, others) if v is not None]
        if len(places) == 2:
            drawing.line((min(places), middle), (max(places), middle), DIM, width=2)
        if others is not None:
            drawing.dot(left + label + others * scale, middle, DIM, hollow=CARD)
        if analysed is not None:
            drawing.dot(left + label + analysed * scale, middle, SURE)
        shown = context.say("hidden") if analysed is None else context.numbers.share(analysed)
        drawing.text(left + room, middle + 4.5, shown, size=13, anchor="end")
        y += height


def _described(context: Context, found: list[Panel]) -> str:
    details = []
    for panel in found:
        shares = [
            f"{category} {context.say('hidden') if analysed is None else context.numbers.share(analysed)}"
            for category, analysed, _ in panel.rows
        ]
        details.append(f"{panel.title}: {', '.join(shares)}.")
    return context.say("alt composition", details=" ".join(details))
