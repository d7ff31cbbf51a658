"""Parts of the pages of single projects and corporations, ``<slug>/<part>``, for every one that takes part.

Their results stand beside those of others and from wave to wave; nobody is ranked. What a page may not show, it says.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from html import escape

import pandas as pd

from pipeline.present.bundle import is_hidden
from pipeline.present.context import Context, capital
from pipeline.present.drawing.colours import UNSURE
from pipeline.present.drawing.dots import Key
from pipeline.present.drawing.svg import Drawing
from pipeline.present.markup.figures import add_picture
from pipeline.present.markup.markdown import Column, floating, html, note, plain
from pipeline.present.markup.tables import numbered_table
from pipeline.present.pages.units.entries import CORPORATION, PROJECT, units_of
from pipeline.present.pages.units.facts import about, components_of, members
from pipeline.present.pages.units.figures import Beside, Lane, Panel, draw_beside, draw_trend, range_of
from pipeline.present.pages.units.results import (
    OWN,
    Estimate,
    Unit,
    others_estimate,
    others_of,
    outcomes_of,
    own_estimate,
    wave_labels,
    wave_names,
    waves_shown,
)
from pipeline.present.pages.units.words import beside_kinds, lead, trend
from pipeline.present.parts import Parts

Draw = Callable[[float], Drawing]


def units_parts(context: Context) -> Parts:
    """The parts of every project and corporation, in folders of their own."""
    parts = Parts()
    for unit in units_of(context.bundle):
        for name, text in _parts_of(parts, context, unit).items():
            parts.texts[f"{unit.slug}/{name}"] = text
    return parts


def _parts_of(parts: Parts, context: Context, unit: Unit) -> dict[str, str]:
    texts = {
        "unit-lead": plain(lead(context, unit)) + "\n",
        "unit-facts": facts(context, unit),
        "unit-about": about(context, unit),
        "figure-unit-results": results_figure(parts, context, unit),
        "table-unit-results": results_table(context, unit),
        "unit-trend": plain(trend(context, unit)) + "\n",
        "figure-unit-trend": trend_figure(parts, context, unit),
        "table-unit-trend": trend_table(context, unit),
        "table-unit-response": response_table(context, unit),
    }
    if unit.kind == PROJECT:
        return texts | {
            "unit-kinds": plain(beside_kinds(context, unit)) + "\n",
            "unit-components": components_of(context, unit),
        }
    return texts | {"unit-members": members(context, unit)}


def confidence_of(context: Context) -> str:
    """Confidence of the intervals of comparisons, in per cent."""
    return context.numbers.number(100 * context.study.params.compare.confidence, 0)


# --- who took part


def facts(context: Context, unit: Unit) -> str:
    """Up to four figures: dwellings or projects, usable questionnaires, response, the analysed."""
    numbers = context.numbers
    usable, invited = _total(context, unit, "received"), _total(context, unit, "invited")
    rate = numbers.share(usable / invited) if usable is not None and invited else None
    shown = [
        _size(context, unit),
        (None if usable is None else numbers.count(usable), context.say("unit fact usable")),
        (rate, context.say("unit fact rate")) if invited else None,
        (_analysed(context, unit), context.say("unit fact people", people=context.people)),
    ]
    cells = "".join(
        f"<div><b>{escape(context.say('unit fact hidden') if figure is None else figure)}</b>"
        f"<span>{escape(said)}</span></div>"
        for figure, said in filter(None, shown)
    )
    return html(f'<div class="facts">{cells}</div>')


def _size(context: Context, unit: Unit) -> tuple[str | None, str] | None:
    if unit.kind == CORPORATION:
        return context.numbers.count(len(unit.projects)), context.say("unit fact units", units=context.units)
    row = context.bundle.row("projects", project=unit.key)
    if row is None or pd.isna(row["dwellings"]):
        return None
    return context.numbers.count(float(row["dwellings"])), context.say("unit fact dwellings")


def _total(context: Context, unit: Unit, column: str) -> float | None:
    """The sum over the unit's projects and waves; None where one of them is hidden or not known."""
    rows = context.bundle.tables["response_by_project"]
    figures = rows.loc[rows["project"].isin(unit.projects), column]
    return None if figures.empty or figures.isna().any() else float(figures.sum())


def _analysed(context: Context, unit: Unit) -> str | None:
    rows = [
        context.bundle.row("composition", population="analysed", dimension="project", category=project)
        for project in unit.projects
    ]
    if any(row is None or pd.isna(row["n"]) for row in rows):
        return None
    return context.numbers.count(sum(float(row["n"]) for row in rows if row is not None))


def response_table(context: Context, unit: Unit) -> str:
    """Invited and usable: of a project by wave, of a corporation by project."""
    table = context.bundle.tables["response_by_project"]
    mine = table[table["project"].isin(unit.projects)]
    by_wave = unit.kind == PROJECT
    names = context.bundle.tables["projects"].set_index("project")["name"]
    rows, labels = [], wave_labels(context)
    for group, found in mine.groupby("wave" if by_wave else "project", sort=False):
        hidden = any(is_hidden(row, "received") for _, row in found.iterrows())
        figures = [found[column].sum(min_count=len(found)) for column in ("invited", "received")]
        cells = [context.say("absent") if pd.isna(value) else context.numbers.count(float(value)) for value in figures]
        invited, received = figures
        cells.append(context.numbers.share(received / invited) if invited > 0 else context.say("absent"))
        if hidden:
            cells[1:] = [context.say("hidden")] * 2
        rows.append([labels.get(str(group), str(group)) if by_wave else str(names.get(group, group)), *cells])
    first = context.say("head wave") if by_wave else capital(context.unit)
    columns = [Column(first, figures=False)]
    columns += [Column(context.say(f"head {name}")) for name in ("invited", "usable", "response")]
    key = "caption unit response waves" if by_wave else "caption unit response units"
    caption = context.say(key, name=unit.name, unit=context.unit)
    return numbered_table(context, "tbl-unit-response", caption, columns, rows)


# --- results beside others


def results_figure(parts: Parts, context: Context, unit: Unit) -> str:
    """``fig-unit-results``: every outcome that is shown, beside others."""
    others = others_of(context, unit)
    rows, told = [], []
    for outcome in outcomes_of(context):
        own = own_estimate(context, unit, outcome)
        beside = [(one, others_estimate(context, one, outcome)) for one in others]
        lanes = [Lane(own, OWN, own=True), *(Lane(estimate, one.colour) for one, estimate in beside)]
        rows.append(Beside(context.scale(outcome), range_of(context, outcome), lanes))
        if own.shown:
            words = [f"{one.label} {in_figures(context, found)}" for one, found in beside if found.shown]
            key = "alt unit results row" if words else "alt unit results row only"
            told.append(context.say(
                key, outcome=context.scale(outcome), name=unit.name, own=in_figures(context, own),
                others=context.listed(words),
            ))  # fmt: skip
    keys = [Key(unit.name, OWN)]
    keys += [Key(context.say("unit key others", others=o.label, n=len(o.projects)), o.colour, "ring") for o in others]
    said = (
        context.say("figure unit results", name=unit.name),
        context.say("alt unit results", lead=lead(context, unit), details=" ".join(told)),
    )
    draw = functools.partial(draw_beside, context, rows, keys, said) if told else None
    caption = context.say(
        "caption unit results" if others else "caption unit results only",
        name=unit.name, unit=context.unit, units=context.units,
        confidence=confidence_of(context), n=_range_of_n(context, unit),
    )  # fmt: skip
    hidden = any(own_estimate(context, unit, outcome).hidden for outcome in outcomes_of(context))
    return _figure(parts, context, unit, "results", caption, draw, "figure hidden" if hidden else "nothing to show")


def _figure(parts: Parts, context: Context, unit: Unit, which: str, caption: str, draw: Draw | None, why: str) -> str:
    """A numbered figure whose files bear the unit's name; the phrase ``why`` in its place where there is none."""
    if draw is None:
        content = note(plain(context.say(why)))
    else:
        content = add_picture(parts, context, f"{unit.slug}-{which}", draw)
    return floating(f"fig-unit-{which}", content, plain(caption))


def _range_of_n(context: Context, unit: Unit) -> str:
    sizes = [own_estimate(context, unit, outcome).n for outcome in outcomes_of(context)]
    found = pd.Series(sizes, dtype=float).dropna()
    if found.empty:
        return ""
    low, high = context.numbers.count(found.min()), context.numbers.count(found.max())
    return context.say("n is", n=low) if low == high else context.say("n between", low=low, high=high)


def in_figures(context: Context, estimate: Estimate, decimals: int = 2) -> str:
    """A mean with its interval where it has one; the sign of what is hidden or absent."""
    if not estimate.shown:
        return context.say("hidden" if estimate.hidden else "absent")
    if math.isnan(estimate.lower):
        return context.numbers.number(estimate.mean, decimals)
    return context.numbers.estimate(estimate.mean, estimate.lower, estimate.upper, decimals)


def results_table(context: Context, unit: Unit) -> str:
    """``tbl-unit-results``: the same in figures; how many others there are stands above, where it is always as many."""
    outcomes, others = outcomes_of(context), others_of(context, unit)
    beside = [[others_estimate(context, one, outcome) for outcome in outcomes] for one in others]
    counts = [{found.n for found in column if found.shown} for column in beside]
    rows = []
    for i, outcome in enumerate(outcomes):
        own = own_estimate(context, unit, outcome)
        cells = [
            _counted(context, in_figures(context, column[i]), column[i].n if len(several) > 1 else math.nan)
            for column, several in zip(beside, counts, strict=True)
        ]
        rows.append([context.scale(outcome), in_figures(context, own), _n(context, own), *cells])
    columns = [Column(context.say("head unit outcome"), figures=False), Column(unit.name, intervals=True)]
    columns.append(Column(context.say("head n")))
    for one, several in zip(others, counts, strict=True):
        n = next(iter(several)) if len(several) == 1 else math.nan
        columns.append(Column(_counted(context, capital(one.label), n), intervals=True))
    caption = context.say(
        "caption unit results table", name=unit.name, units=context.units, confidence=confidence_of(context)
    )
    return numbered_table(context, "tbl-unit-results", caption, columns, rows)


def _counted(context: Context, text: str, n: float) -> str:
    """``text`` with a number of projects behind it, where there is one to tell."""
    return text if math.isnan(n) else context.say("unit key others", others=text, n=context.numbers.count(n))


def _n(context: Context, estimate: Estimate) -> str:
    if estimate.shown:
        return context.numbers.count(estimate.n)
    return context.say("hidden" if estimate.hidden else "absent")


# --- from wave to wave


def trend_figure(parts: Parts, context: Context, unit: Unit) -> str:
    """``fig-unit-trend``: outcomes of which at least two waves are shown."""
    labels, waves = wave_labels(context), wave_names(context)
    others = others_of(context, unit)[-1:]
    panels, told, sizes = [], [], []
    for outcome in outcomes_of(context):
        shown = waves_shown(context, unit, outcome)
        if len(shown) < 2:
            continue
        own = [own_estimate(context, unit, outcome, wave) for wave in waves]
        rest = [others_estimate(context, one, outcome, wave) for one in others for wave in waves]
        panels.append(
            Panel(context.scale(outcome), range_of(context, outcome), own, rest or [Estimate() for _ in waves])
        )
        details = [f"{labels[wave]} {in_figures(context, found)}" for wave, found in shown]
        sizes += [found.n for _, found in shown]
        told.append(context.say("alt unit trend row", outcome=context.scale(outcome), told=", ".join(details)))
    keys = [Key(unit.name, OWN), *(Key(one.label, UNSURE, "ring") for one in others)]
    said = (
        context.say("figure unit trend", name=unit.name),
        context.say("alt unit trend", lead=trend(context, unit), details=" ".join(told)),
    )
    names = [labels[wave] for wave in waves]
    draw = functools.partial(draw_trend, context, panels, names, keys, said) if panels else None
    n = ""
    if sizes:
        low, high = context.numbers.count(min(sizes)), context.numbers.count(max(sizes))
        n = context.say("n is", n=low) if low == high else context.say("n between", low=low, high=high)
    key = "caption unit trend" if others else "caption unit trend only"
    caption = context.say(key, name=unit.name, units=context.units, confidence=confidence_of(context), n=n)
    outcomes = outcomes_of(context)
    hidden = any(own_estimate(context, unit, outcome, wave).hidden for outcome in outcomes for wave in waves)
    why = "figure one wave" if len(waves) < 2 else "figure hidden" if hidden else "nothing to show"
    return _figure(parts, context, unit, "trend", caption, draw, why)


def trend_table(context: Context, unit: Unit) -> str:
    """``tbl-unit-trend``: every wave in figures."""
    labels = wave_labels(context)
    others = others_of(context, unit)[-1:]
    rows, groups = [], []
    for outcome in outcomes_of(context):
        for wave in wave_names(context):
            own = own_estimate(context, unit, outcome, wave)
            if not own.shown and not own.hidden:
                continue
            beside = [in_figures(context, others_estimate(context, one, outcome, wave)) for one in others]
            rows.append([labels[wave], in_figures(context, own), _n(context, own), *beside])
            groups.append(context.scale(outcome))
    columns = [Column(context.say("head wave"), figures=False), Column(unit.name, intervals=True)]
    columns.append(Column(context.say("head n")))
    columns += [Column(capital(one.label), intervals=True) for one in others]
    caption = context.say(
        "caption unit trend table", name=unit.name, units=context.units, confidence=confidence_of(context)
    )
    return numbered_table(context, "tbl-unit-trend", caption, columns, rows, groups=groups)
