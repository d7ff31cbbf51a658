"""Differences between groups on every outcome: a dot and a line, honest beside naive, in the colours of the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import pandas as pd

from pipeline.present.claims import smallest_effect
from pipeline.present.context import Context
from pipeline.present.drawing.charts import PER_INCH, SETTINGS, as_svg
from pipeline.present.drawing.colours import BAND, DIM, INK, LINE, SURE, UNSURE
from pipeline.present.drawing.svg import text_width, wrapped

HONEST, NAIVE = "honest", "naive"
NARROW_BELOW = 500
LABELS, VALUES, EDGE = 236, 54, 14
"""Room for the names of outcomes and for the figures at the end of a row; on a telephone, names stand above."""
LANE, ROW, LINE_HEIGHT, TITLE, FOOT = 13, 36, 17, 18, 38
KEY, LETTER = 20, 12.5


@dataclass(frozen=True)
class EffectsChart:
    """What is drawn: a row per outcome, facet (trait) and way of counting; ``description`` tells it in words."""

    frame: pd.DataFrame
    description: str


@dataclass(frozen=True)
class EffectsRow:
    """Where an outcome stands in its facet, in dots from the top: its name from ``top``, its marks at ``middle``."""

    outcome: str
    lines: list[str]
    top: float
    middle: float
    bottom: float

    @property
    def ground(self) -> tuple[float, float]:
        """Where the band stands behind the marks: as far below their middle as above it."""
        return 2 * self.middle - self.bottom, self.bottom


def honest_method(context: Context, trait: str) -> tuple[str, ...]:
    """The methods that count a trait as it should be, best first: units for traits of units, else persons in units."""
    declared = context.trait_or_none(trait)
    return ("mixed", "persons") if declared is not None and declared.of == "person" else ("project_means",)


def effects_frame(context: Context) -> pd.DataFrame:
    """Effect sizes with intervals: ``trait outcome counted effect lower upper``; figures that are shown only."""
    table = context.bundle.tables["trait_contrasts"]
    rows = []
    for (trait, outcome), group in table.groupby(["trait", "outcome"], sort=False):
        by_method = {str(row["method"]): row for _, row in group.iterrows() if pd.notna(row["effect_size"])}
        honest = next((m for m in honest_method(context, str(trait)) if m in by_method), None)
        chosen = [(HONEST, honest)] if honest else []
        if honest != "persons" and "persons" in by_method:
            chosen.append((NAIVE, "persons"))
        for counted, method in chosen:
            row = by_method[str(method)]
            ends = (float(row["effect_size_ci_lower"]), float(row["effect_size_ci_upper"]))
            rows.append((str(trait), str(outcome), counted, float(row["effect_size"]), *ends))
    return pd.DataFrame(rows, columns=["trait", "outcome", "counted", "effect", "lower", "upper"])


def effects_chart(context: Context) -> EffectsChart | None:
    """The chart's data and description; None when there is nothing to show."""
    frame = effects_frame(context)
    if frame.empty:
        return None
    told = []
    for trait, group in frame[frame["counted"] == HONEST].groupby("trait", sort=False):
        values = group[["effect", "lower", "upper"]].to_numpy(dtype=float)
        shown = "; ".join(
            f"{context.scale(str(outcome))} {context.numbers.estimate(value, lower, upper, signed=True)}"
            for outcome, (value, lower, upper) in zip(group["outcome"], values.tolist(), strict=True)
        )
        told.append(f"{context.trait(str(trait))}: {shown}.")
    return EffectsChart(frame, context.say("alt effects", details=" ".join(told)))


def kinds_of_traits(context: Context) -> str:
    """Whose the study's traits are: ``methods`` (of units alone), ``persons``, or ``both``."""
    kinds = {trait.of for trait in context.study.declaration.traits}
    return {frozenset({"unit"}): "methods", frozenset({"person"}): "persons"}.get(frozenset(kinds), "both")


def draw_effects(context: Context, chart: EffectsChart, width: float) -> str:
    """The chart as SVG in ``width``: a facet per trait, below each other on one axis, so that they can be compared."""
    import seaborn.objects as so
    from matplotlib.figure import Figure

    traits = list(dict.fromkeys(chart.frame["trait"]))
    rows = laid_out(context, list(dict.fromkeys(chart.frame["outcome"])), width)
    inner, slim = rows[-1].bottom, width < NARROW_BELOW
    keys, below = keys_placed(context, chart, width)
    heads = {trait: _head(context, trait, width) for trait in traits}
    head = max(TITLE * len(lines) for lines in heads.values()) + 10
    height = below + (head + inner + FOOT) * len(traits) - 10
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(width / PER_INCH, height / PER_INCH))
        (
            so.Plot(chart.frame.assign(y=_heights(chart.frame, rows)), x="effect", y="y", xmin="lower", xmax="upper")
            .facet(row="trait", order=traits)
            .add(so.Range(linewidth=2.6), color="counted", orient="y", legend=False)
            .add(so.Dot(pointsize=9, stroke=2.2), color="counted", fill="counted", legend=False)
            .scale(
                color=so.Nominal({HONEST: SURE[0], NAIVE: UNSURE[0]}, order=[HONEST, NAIVE]),
                fill=so.Nominal({HONEST: True, NAIVE: False}, order=[HONEST, NAIVE]),
            )
            .limit(y=(inner, 0))
            .label(x="", y="", title=lambda _: "")
            .layout(engine=None)
            .theme(SETTINGS)
            .on(figure)
            .plot()
        )
        figure.subplots_adjust(
            left=(EDGE if slim else LABELS) / width, right=1 - VALUES / width,
            top=1 - (below + head) / height, bottom=(FOOT - 10) / height, hspace=(head + FOOT) / inner,
        )  # fmt: skip
        page = Page(figure, height)
        for kind, text, x, y in keys:
            page.key(kind, x, y)
            page.write(text, x + KEY, y, size=LETTER)
        for i, (trait, ax) in enumerate(zip(traits, figure.axes, strict=True)):
            top = below + i * (head + inner + FOOT)
            page.heading(heads[trait], top + 14)
            _finish(context, ax, rows)
            page.rows(context, rows, chart.frame[chart.frame["trait"] == trait], top + head, width)
    return as_svg(figure, title=context.say("figure effects"), description=chart.description)


def laid_out(context: Context, outcomes: list[str], width: float) -> list[EffectsRow]:
    """A row per outcome: its name beside its marks, or above them on a telephone."""
    rows, top = [], 0.0
    for outcome in outcomes:
        name = context.scale(outcome)
        if width < NARROW_BELOW:
            lines = wrapped(name, width=width, size=13.5)
            middle = top + LINE_HEIGHT * len(lines) + 17
            bottom = middle + 14
        else:
            lines = wrapped(name, width=LABELS - 18, size=13.5)
            tall = max(ROW, LINE_HEIGHT * len(lines) + 6)
            middle, bottom = top + tall / 2, top + tall
        rows.append(EffectsRow(outcome, lines, top, middle, bottom))
        top = bottom
    return rows


def keys_placed(
    context: Context, chart: EffectsChart, width: float
) -> tuple[list[tuple[str, str, float, float]], float]:
    """The legend, ``(kind, text, x, y)`` by line, and where it ends."""
    kinds = [k for k in (HONEST, NAIVE) if (chart.frame["counted"] == k).any()]
    words = {
        HONEST: context.say(f"key effects {kinds_of_traits(context)}", units=context.units),
        NAIVE: context.say("key effects naive"),
        "band": context.say("key effects band", smallest=context.numbers.number(smallest_effect(context))),
    }
    found, x, y = [], 0.0, 13.0
    for kind in [*kinds, "band"]:
        lines = wrapped(words[kind], width=width - KEY - 4, size=LETTER)
        room = KEY + max(text_width(line, LETTER) for line in lines)
        if x and x + room > width:
            x, y = 0.0, y + 20
        for i, line in enumerate(lines):
            found.append(("" if i else kind, line, x, y))
            y += 16.5 if i < len(lines) - 1 else 0
        x += room + 16
    return found, y + 18


def _heights(frame: pd.DataFrame, rows: list[EffectsRow]) -> list[float]:
    """Where each mark stands: the two ways of counting below each other, one alone in the middle of its row."""
    middle = {row.outcome: row.middle for row in rows}
    both = frame.groupby(["trait", "outcome"])["counted"].transform("size") > 1
    lanes = frame["counted"].map({HONEST: -0.5, NAIVE: 0.5}).where(both, 0.0)
    return [middle[str(o)] + LANE * float(lane) for o, lane in zip(frame["outcome"], lanes, strict=True)]


def _head(context: Context, trait: str, width: float) -> list[tuple[str, bool]]:
    """The lines above a facet, and whether they are its title: what it compares, what left and right of zero mean."""
    title = [(line, True) for line in wrapped(context.trait(trait), width=width, size=13.5)]
    low, high = _sides(context, trait)
    if not low:
        return title
    both = f"← {low} · {high} →"
    apart = [both] if text_width(both, 12) < width else [f"← {low}", f"→ {high}"]
    return title + [(line, False) for side in apart for line in wrapped(side, width=width, size=12)]


def _finish(context: Context, ax: Any, rows: list[EffectsRow]) -> None:
    """Band, zero and axis of one facet; behind the marks alone, so that names can be read."""
    smallest = smallest_effect(context)
    stretches: list[tuple[float, float]] = []
    for top, bottom in (row.ground for row in rows):
        if stretches and stretches[-1][1] >= top:
            stretches[-1] = (stretches[-1][0], bottom)
        else:
            stretches.append((top, bottom))
    for top, bottom in stretches:
        ax.fill_betweenx([top, bottom], -smallest, smallest, color=BAND[0], zorder=0, linewidth=0)
        ax.plot([0, 0], [top, bottom], color=DIM[0], linewidth=1, zorder=1)
    ax.xaxis.set_major_locator(mpl.ticker.MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(lambda value, _: context.numbers.number(value, 0 if round(value, 6) % 1 == 0 else 1))
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(LINE[0])
    ax.tick_params(axis="x", length=0, labelsize=12, labelbottom=True)
    ax.tick_params(axis="y", length=0, labelleft=False)
    ax.grid(visible=False)


def _sides(context: Context, trait: str) -> tuple[str, str]:
    """What left and right of zero mean: a level of the trait, or the trait that matters more."""
    declared = context.trait_or_none(trait)
    if declared is not None:
        low, high = (context.text(level.label) for level in (declared.low, declared.high))
        return context.say("axis higher", level=low), context.say("axis higher", level=high)
    names = [t.name for t in context.study.declaration.traits]
    pairs = [(a, b) for a in names for b in names if trait == f"{a}-{b}"]
    if not pairs:
        return "", ""
    a, b = (context.trait(name).lower() for name in pairs[0])
    return context.say("axis matters more", trait=b), context.say("axis matters more", trait=a)


class Page:
    """Writes on a figure in dots from its upper left corner; every line is a text of its own, whatever the font."""

    def __init__(self, figure: Any, height: float) -> None:
        from matplotlib.transforms import IdentityTransform

        self.figure, self.height, self.as_is = figure, height, IdentityTransform()

    def write(
        self, text: str, x: float, y: float, *, size: float, colour: str = INK[0], end: bool = False, bold: bool = False
    ) -> None:
        """One line of text that begins (``end``: ends) at ``x``, on the line ``y``."""
        self.figure.text(
            x, self.height - y, text, transform=self.as_is, fontsize=size, color=colour, ha="right" if end else "left",
            va="baseline", fontweight="bold" if bold else "normal",
        )  # fmt: skip

    def heading(self, lines: list[tuple[str, bool]], y: float) -> None:
        """The lines above a facet."""
        for i, (line, title) in enumerate(lines):
            size, colour = (13.5, INK[0]) if title else (12, DIM[0])
            self.write(line, 0, y + TITLE * i, size=size, colour=colour, bold=title)

    def key(self, kind: str, x: float, y: float) -> None:
        """The sign of a line of the legend; nothing for its second line."""
        from matplotlib.lines import Line2D
        from matplotlib.patches import Rectangle

        if kind == "band":
            self.figure.add_artist(
                Rectangle((x, self.height - y - 1), 15, 12, color=BAND[0], linewidth=0, transform=self.as_is)
            )
        elif kind:
            colour, fill = (SURE[0], SURE[0]) if kind == HONEST else (UNSURE[0], "none")
            self.figure.add_artist(
                Line2D([x + 7], [self.height - y + 4.5], marker="o", markersize=9, color=colour, linestyle="none",
                       markerfacecolor=fill, markeredgewidth=2.2, transform=self.as_is)
            )  # fmt: skip

    def rows(self, context: Context, rows: list[EffectsRow], frame: pd.DataFrame, top: float, width: float) -> None:
        """The names of the outcomes, and at the end of each row the effect that counts."""
        shown = {str(outcome): float(e) for outcome, e in zip(frame["outcome"], frame["effect"], strict=True)}
        shown |= {str(r["outcome"]): float(r["effect"]) for _, r in frame[frame["counted"] == HONEST].iterrows()}
        for row in rows:
            above = row.top + 13 if width < NARROW_BELOW else row.middle - (len(row.lines) - 1) * LINE_HEIGHT / 2 + 4.6
            for i, line in enumerate(row.lines):
                self.write(line, 0, top + above + LINE_HEIGHT * i, size=13.5)
            if row.outcome in shown:
                value = context.numbers.number(shown[row.outcome], signed=True)
                self.write(value, width - 1, top + row.middle + 4.6, size=13, end=True)
