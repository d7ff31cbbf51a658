"""Parts of the page that compares project types (or other groups): differences, means, how alike neighbours are."""

from __future__ import annotations

import functools

import pandas as pd

from pipeline.declare import Trait
from pipeline.present.absent import lone_told, untold
from pipeline.present.context import Context, capital
from pipeline.present.markup.figures import SLIM, WIDE, add_figure, folder_of
from pipeline.present.markup.markdown import Column, floating, note, picture, plain, slug
from pipeline.present.markup.tables import count, decimal, interval, numbered_table
from pipeline.present.pages.projects.comparisons import (
    EffectsChart,
    draw_effects,
    effects_chart,
    honest_method,
)
from pipeline.present.pages.projects.means import draw_means, mean_rows
from pipeline.present.parts import Parts
from pipeline.present.words.effects import lowered, points_said
from pipeline.present.words.numbers import in_words
from pipeline.present.words.people import n_told


def projects_parts(context: Context) -> Parts:
    """``comparison-summary``, ``figure-effects``, ``figures-means``, ``table-means``, ``table-projects``."""
    parts = Parts()
    parts.texts["comparison-summary"] = summary(context) + "\n"
    parts.texts["figure-effects"] = effects_figure(parts, context)
    parts.texts["figures-means"] = means_figures(parts, context)
    parts.texts["table-means"] = means_table(context)
    parts.texts["table-projects"] = projects_table(context)
    return parts


def summary(context: Context) -> str:
    """What is clear, and by which traits nothing can be compared; of the latter alone where there is no other."""
    lone = plain(lone_told(context))
    return "\n\n".join(filter(None, [_clear_told(context) if context.traits else "", lone]))


def _clear_told(context: Context) -> str:
    """Which differences are clear (adjusted p-value below alpha), a line per trait; or that none is, or why."""
    table = context.bundle.tables["trait_contrasts"]
    traits = [context.text(trait.title).lower() for trait in context.traits]
    n_outcomes = in_words(table["outcome"].nunique(), context.language)
    opening = context.say("comparison summary", n=n_outcomes, traits=context.listed(traits))
    honest = [row for _, row in table.iterrows() if row["method"] == honest_method(context, str(row["trait"]))[0]]
    refused = [str(row["refused"]) for row in honest if row["refused"]]
    if honest and len(refused) == len(honest):
        key = f"reason {max(set(refused), key=refused.count)}"
        return plain(opening + context.say("comparison refused", reason=context.say(key, units=context.units)))
    tested = [row for row in honest if context.trait_or_none(str(row["trait"])) and pd.notna(_adjusted(row))]
    if not tested:
        return plain(opening + untold(context, "comparison unknown"))
    clear = [row for row in tested if _adjusted(row) < context.study.params.judge.alpha]
    if not clear:
        return plain(opening + context.say("comparison none"))
    key = "all" if len(clear) == len(tested) else "one" if len(clear) == 1 else "some"
    n, total = (in_words(len(rows), context.language) for rows in (clear, tested))
    lines = [plain(opening + context.say(f"comparison {key}", n=capital(n), total=total)), ""]
    lines += [line for trait in context.traits if (line := _clear_differences(context, trait, clear))]
    return "\n".join([*lines, *(["", plain(context.say("comparison rest"))] if key != "all" else [])])


def _adjusted(row: pd.Series) -> float:
    return float(row["pvalue_adjusted"] if pd.notna(row["pvalue_adjusted"]) else row["pvalue"])


def _clear_differences(context: Context, trait: Trait, clear: list[pd.Series]) -> str:
    """What the higher level of a trait clearly scores higher on, and what lower, as an entry of a list."""
    told: list[str] = []
    for key, sign in (("comparison higher", 1), ("comparison lower", -1)):
        outcomes = [
            lowered(context.scale(str(row["outcome"])))
            + points_said(context, trait.name, str(row["outcome"]), str(row["method"]))
            for row in clear
            if row["trait"] == trait.name and row["effect_size"] * sign > 0
        ]
        levels = {"level": context.text(trait.high.label), "other": context.text(trait.low.label)}
        key += " too" if told else ""
        told += [context.say(key, outcomes=context.listed(outcomes), **levels)] if outcomes else []
    return f"- **{plain(context.text(trait.title))}**: {plain(' '.join(told))}" if told else ""


def effects_figure(parts: Parts, context: Context) -> str:
    """``fig-effects``: the seaborn chart in two widths."""
    chart = effects_chart(context)
    caption = effects_caption(context) + n_told(context, context.bundle.tables["trait_contrasts"]["n_obs"])
    if chart is None:
        return floating("fig-effects", note(plain(untold(context, "nothing to show"))), plain(caption))
    return floating("fig-effects", _chart_files(parts, context, chart), plain(caption))


def _chart_files(parts: Parts, context: Context, chart: EffectsChart) -> str:
    parts.files["effects.svg"] = draw_effects(context, chart, WIDE)
    parts.files["effects-narrow.svg"] = draw_effects(context, chart, SLIM)
    return picture(folder_of(context), "effects", chart.description)


def effects_caption(context: Context) -> str:
    """What is compared, in which unit, and which figure is printed; the legend says the rest."""
    return context.say(
        "caption effects", confidence=context.numbers.number(100 * context.study.params.compare.confidence, 0)
    )


def means_figures(parts: Parts, context: Context) -> str:
    """``fig-means-<trait>`` for every trait."""
    texts = []
    confidence = context.numbers.number(100 * context.study.params.compare.confidence, 0)
    for trait in context.traits:
        rows = mean_rows(context, trait)
        caption = context.say("caption means", trait=context.text(trait.title), confidence=confidence)
        caption += context.say("means of units", unit=context.unit) if trait.of == "unit" else ""
        caption += n_told(context, context.bundle.rows("trait_means", trait=trait.name)["n_obs"])
        draw = functools.partial(draw_means, context, trait, rows) if rows else None
        texts.append(add_figure(parts, context, f"fig-{slug('means', trait.name)}", caption, draw))
    return "\n".join(texts)


def means_table(context: Context) -> str:
    """Mean and spread of every outcome in every level."""
    rows, groups = [], []
    for _, row in context.bundle.tables["trait_means"].iterrows():
        level = context.level(str(row["trait"]), str(row["level"]))
        rows.append(
            [
                capital(level),
                interval(context, row, ("mean", "ci_lower", "ci_upper")),
                decimal(context, row, "sd"),
                count(context, row, "n_obs"),
                count(context, row, "n_projects"),
            ]
        )
        groups.append(context.scale(str(row["outcome"])))
    columns = [Column(context.say("head group"), figures=False)]
    columns += [Column(context.say(f"head {name}")) for name in ("mean", "sd", "n")]
    columns.append(Column(context.say("head units", units_capital=capital(context.units))))
    caption = context.say("caption means table", units=context.units)
    return numbered_table(context, "tbl-means", caption, columns, rows, groups=groups)


def projects_table(context: Context) -> str:
    """What is registered of the projects: facts, nothing from residents."""
    table = context.bundle.tables["projects"]
    traits = [trait for trait in context.study.declaration.traits if trait.of == "unit"]
    rows = []
    for _, row in table.iterrows():
        levels = []
        for trait in traits:
            found = context.bundle.row("project_traits", project=str(row["project"]), trait=trait.name)
            known = found is not None and found["level"]
            levels.append(context.level(trait.name, str(found["level"])) if known and found is not None else "")
        dwellings = "" if pd.isna(row["dwellings"]) else context.numbers.count(row["dwellings"])
        tenure = context.say(f"tenure {row['tenure']}") if context.knows(f"tenure {row['tenure']}") else ""
        rows.append([str(row["name"]), str(row["municipality"]), *levels, dwellings, tenure])
    columns = [Column(capital(context.unit), figures=False), Column(context.say("head municipality"), figures=False)]
    columns += [Column(context.text(trait.title), figures=False) for trait in traits]
    columns += [Column(context.say("head dwellings")), Column(context.say("head tenure"), figures=False)]
    caption = context.say("caption projects", units=context.units)
    return numbered_table(context, "tbl-projects", caption, columns, rows)
