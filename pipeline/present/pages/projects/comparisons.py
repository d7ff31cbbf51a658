"""Differences between groups on every outcome: a dot and a line, honest beside naive, in the colours of the report."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import pandas as pd

from pipeline.present.context import Context
from pipeline.present.drawing.charts import PER_INCH, SETTINGS, as_svg
from pipeline.present.drawing.colours import BAND, DIM, INK, LINE, SURE, UNSURE

HONEST, NAIVE = "honest", "naive"
ROW, ROW_SLIM, FOOT = 36, 50, 30
LINE_HEIGHT = 15
HEAD, HEAD_SLIM = 56, 78
LABELS, LABELS_SLIM = 236, 138
LETTERS, LETTERS_SLIM = 31, 19
"""Letters that a line of an outcome's name may have."""


@dataclass(frozen=True)
class EffectsChart:
    """What is drawn: a row per outcome, facet (trait) and way of counting; ``description`` tells it in words."""

    frame: pd.DataFrame
    description: str


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


def smallest_effect(context: Context) -> float:
    """The smallest difference that matters: that of the claims about differences, else 0.2 (Cohen's small)."""
    sizes = [c.smallest_effect for c in context.study.claims.claims if "effect(" in c.statement]
    return min(sizes, default=0.2)


def draw_effects(context: Context, chart: EffectsChart, width: float) -> str:
    """The chart as SVG in ``width``: a facet per trait, below each other on one axis, so that they can be compared."""
    import seaborn.objects as so
    from matplotlib.figure import Figure

    traits = list(dict.fromkeys(chart.frame["trait"]))
    outcomes = list(dict.fromkeys(chart.frame["outcome"]))
    slim = width < 500
    labels = {name: textwrap.fill(context.scale(name), LETTERS_SLIM if slim else LETTERS) for name in outcomes}
    frame = chart.frame.assign(outcome=chart.frame["outcome"].map(labels))
    head = HEAD_SLIM if slim else HEAD
    lines = max((name.count("\n") + 1 for name in labels.values()), default=1)
    row = max(ROW_SLIM if slim else ROW, LINE_HEIGHT * lines + 6)
    height = (head + row * len(outcomes) + FOOT) * len(traits)
    apart = so.Dodge(empty="keep", gap=0.1, by=["color"])
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(width / PER_INCH, height / PER_INCH))
        (
            so.Plot(frame, x="effect", y="outcome", xmin="lower", xmax="upper", color="counted")
            .facet(row="trait", order=traits)
            .add(so.Range(linewidth=2.6), apart, legend=False)
            .add(
                so.Dot(pointsize=9, stroke=2.2),
                so.Dodge(empty="keep", gap=0.1, by=["color"]),
                fill="counted",
                legend=False,
            )
            .scale(
                color=so.Nominal({HONEST: SURE[0], NAIVE: UNSURE[0]}, order=[HONEST, NAIVE]),
                fill=so.Nominal({HONEST: True, NAIVE: False}, order=[HONEST, NAIVE]),
                y=so.Nominal(order=list(labels.values())),
            )
            .label(x="", y="", title=lambda _: "")
            .layout(engine=None)
            .theme(SETTINGS)
            .on(figure)
            .plot()
        )
        figure.subplots_adjust(**_margins(len(traits), width, height, slim=slim))
        for trait, ax in zip(traits, figure.axes, strict=True):
            _finish(context, ax, trait, room=42 if slim else 96, start=(-(LABELS_SLIM if slim else LABELS), head - 16))
    return as_svg(figure, title=context.say("figure effects"), description=chart.description)


def _margins(facets: int, width: float, height: float, *, slim: bool) -> dict[str, float]:
    """Room for outcomes at the left, for the words above and the numbers below every facet; in shares."""
    labels = LABELS_SLIM if slim else LABELS
    head = HEAD_SLIM if slim else HEAD
    inner = height / facets - head - FOOT
    return {
        "left": labels / width,
        "right": 1 - 16 / width,
        "top": 1 - head / height,
        "bottom": FOOT / height,
        "hspace": (head + FOOT) / inner,
    }


def _finish(context: Context, ax: Any, trait: str, *, room: int, start: tuple[float, float]) -> None:
    """Band, zero and words of one facet; ``room``: letters a line may have; ``start``: where the first begins."""
    smallest = smallest_effect(context)
    ax.axvspan(-smallest, smallest, color=BAND[0], zorder=0, linewidth=0)
    ax.axvline(0, color=DIM[0], linewidth=1, zorder=1)
    low, high = _sides(context, trait)
    title = textwrap.wrap(context.trait(trait), room + 2)
    sides = _sides_told(low, high, room) if low else []
    words = [*((line, 13.5, INK[0], "bold") for line in title), *((line, 12, DIM[0], "normal") for line in sides)]
    for i, (line, size, colour, weight) in enumerate(words):
        offset = (start[0], start[1] - 16 * i)
        place = {"xy": (0, 1), "xycoords": "axes fraction", "xytext": offset, "textcoords": "offset points"}
        ax.annotate(line, **place, fontsize=size, color=colour, fontweight=weight, annotation_clip=False)
    ax.xaxis.set_major_locator(mpl.ticker.MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(lambda value, _: context.numbers.number(value, 0 if round(value, 6) % 1 == 0 else 1))
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(LINE[0])
    ax.tick_params(axis="x", length=0, labelsize=12)
    ax.tick_params(axis="y", length=0, labelsize=12.5)
    ax.grid(visible=False)


def _sides_told(low: str, high: str, room: int) -> list[str]:
    """What left and right of zero mean: on one line where it fits."""
    together = f"← {low}   → {high}"
    return (
        [together] if len(together) <= room else [*textwrap.wrap(f"← {low}", room), *textwrap.wrap(f"→ {high}", room)]
    )


def _sides(context: Context, trait: str) -> tuple[str, str]:
    """What left and right of zero mean."""
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
