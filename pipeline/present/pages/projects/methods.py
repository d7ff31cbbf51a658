"""Parts of the page on project types: the same differences counted in every way, and what they rest on."""

from __future__ import annotations

import functools

import pandas as pd

from pipeline.present.bundle import is_hidden
from pipeline.present.claims import smallest_effect
from pipeline.present.context import Context, capital
from pipeline.present.drawing.colours import INK, SURE, UNSURE
from pipeline.present.drawing.dots import Dots, Key, Row, Section, axis_over, draw_dots, ends_of, mark_from
from pipeline.present.markup.figures import add_figure
from pipeline.present.markup.markdown import Column, plain
from pipeline.present.markup.tables import count, decimal, interval, numbered_table, pvalue
from pipeline.present.pages.projects.agreement import agreement_parts
from pipeline.present.pages.projects.comparisons import honest_method
from pipeline.present.pages.projects.left_out import left_out_figure, left_out_range
from pipeline.present.parts import Parts
from pipeline.present.words.contrasts import NAIVE, Pair, claimed_pairs, heading, heading_with_sizes, method
from pipeline.present.words.people import n_told

EFFECT = ("effect_size", "effect_size_ci_lower", "effect_size_ci_upper")


def methods_parts(context: Context) -> Parts:
    """``contrast-warnings``, ``methods-summary``, ``figure-methods``, ``table-contrasts``, ``table-contrasts-other``,
    ``left-out-summary``, ``figure-left-out``, ``table-designs``."""
    parts = agreement_parts(context)
    parts.texts["contrast-warnings"] = plain(warnings_told(context)) + "\n"
    parts.texts["figure-methods"] = methods_figure(parts, context)
    parts.texts["table-contrasts"] = contrasts_table(context)
    parts.texts["table-contrasts-other"] = other_contrasts_table(context)
    parts.texts["figure-left-out"] = left_out_figure(parts, context)
    parts.texts["table-designs"] = designs_table(context)
    return parts


def warnings_told(context: Context) -> str:
    """Which of the contrasts that claims are about stand on traits that nearly coincide, or on few projects."""
    pairs = claimed_pairs(context)
    if not any("-" in pair.trait or _of_units(context, pair) for pair in pairs):
        return context.say("warnings absent", units=context.units)
    near, few = [], []
    for pair in pairs:
        design = context.bundle.row("contrast_designs", outcome=pair.outcome, trait=pair.trait)
        codes = [] if design is None else str(design["warning"]).split(";")
        if "nearly_confounded" in codes:
            near.append(heading(context, pair))
        if "few_projects" in codes:
            few.append(pair)
    told = []
    if near:
        told.append(context.say("warnings confounded", found="; ".join(near), units=context.units))
    told += _few_told(context, few)
    return " ".join(told) or context.say("warnings none", units=context.units)


def _few_told(context: Context, few: list[Pair]) -> list[str]:
    """A sentence for every smallest possible p, and one for those without."""
    by_p: dict[str, list[str]] = {}
    for pair in few:
        row = context.bundle.row("trait_contrasts", outcome=pair.outcome, trait=pair.trait, method="permutation")
        known = row is not None and pd.notna(row["minimum_pvalue"])
        p = context.numbers.pvalue(float(row["minimum_pvalue"])) if known and row is not None else ""
        by_p.setdefault(p, []).append(context.say("contrast quoted", heading=heading(context, pair)))
    return [
        context.say(
            "warnings few" if p else "warnings few sides", found=context.listed(found), p=p, units=context.units
        )
        for p, found in by_p.items()
    ]


def _of_units(context: Context, pair: Pair) -> bool:
    trait = context.trait_or_none(pair.trait)
    return trait is None or trait.of == "unit"


def methods_figure(parts: Parts, context: Context) -> str:
    """``fig-methods``: a row a method, grouped by what claims are about."""
    sections = []
    for pair in claimed_pairs(context):
        main = main_method(context, pair)
        rows = [_method_row(context, row, main) for _, row in pair.rows(context, "trait_contrasts").iterrows()]
        sections.append(Section(heading(context, pair), _said_once(context, rows)))
    caption = context.say(
        "caption methods", confidence=confidence(context), smallest=context.numbers.number(smallest_effect(context))
    )
    bases = [pair.rows(context, "trait_contrasts")["n_obs"] for pair in claimed_pairs(context)]
    caption += n_told(context, pd.concat(bases)) if bases else ""
    drawn = any(row.marks for section in sections for row in section.rows)
    draw = functools.partial(draw_dots, context, _methods_dots(context, sections)) if drawn else None
    return add_figure(parts, context, "fig-methods", caption, draw)


def main_method(context: Context, pair: Pair) -> str:
    """The method that counts for claims: the first of ``honest_method`` that there is, and was not refused if any."""
    table = pair.rows(context, "trait_contrasts")
    refused = dict(zip(table["method"], table["refused"], strict=True))
    there = [name for name in honest_method(context, pair.trait) if name in refused]
    return next((name for name in there if not refused[name]), next(iter(there), ""))


def _said_once(context: Context, rows: list[Row]) -> list[Row]:
    """One row for all methods where each has the same instead of a figure."""
    said = {(bool(row.marks), row.said) for row in rows}
    if len(rows) > 1 and len(said) == 1 and not rows[0].marks:
        return [Row(context.say("methods all"), [], rows[0].said)]
    return rows


def _method_row(context: Context, row: pd.Series, main: str) -> Row:
    name = str(row["method"])
    label = method(context, name)
    if pd.isna(row["effect_size"]):
        said = context.say("hidden" if is_hidden(row, "effect_size") else "absent")
        return Row(label, [], _refused(context, row) or said)
    naive = name in NAIVE
    colour = UNSURE if naive else SURE if name == main else INK
    return Row(label, [mark_from(row, EFFECT, colour=colour, hollow=naive)])


def _refused(context: Context, row: pd.Series) -> str:
    """Why a contrast was not computed; empty where it was, or is hidden."""
    code = str(row["refused"])
    if not code or is_hidden(row, "effect_size"):
        return ""
    key = f"refused {code}"
    return context.say(key, units=context.units) if context.knows(key) else code


def _methods_dots(context: Context, sections: list[Section]) -> Dots:
    told = " ".join(
        f"{section.heading}: "
        + "; ".join(
            f"{row.label} {context.numbers.number(row.marks[0].value, signed=True)}"
            for row in section.rows
            if row.marks
        )
        + "."
        for section in sections
    )
    keys = [
        Key(context.say("key method main"), SURE), Key(context.say("key method other", units=context.units), INK),
        Key(context.say("key method naive", unit=context.unit), UNSURE, "ring"),
    ]  # fmt: skip
    smallest = smallest_effect(context)
    axis = axis_over(ends_of(sections), include=(-smallest, smallest), band=(-smallest, smallest), signed=True)
    return Dots(context.say("figure methods"), context.say("alt methods", details=told), sections, axis, keys)


def contrasts_table(context: Context) -> str:
    """What claims are about, by every method; every contrast by its main method where no claim is about one."""
    pairs = claimed_pairs(context)
    rows, groups = [], []
    for pair in pairs:
        table = pair.rows(context, "trait_contrasts")
        title = heading_with_sizes(context, pair, _largest(table))
        reasons = {_refused(context, row) for _, row in table.iterrows()}
        if len(table) > 1 and len(reasons) == 1 and "" not in reasons:
            rows.append([context.say("methods all"), *_figures(context, table.iloc[0])])
            groups.append(title)
            continue
        for _, row in table.iterrows():
            name = method(context, str(row["method"]))
            said = context.say("contrast too sure", method=name) if row["method"] in NAIVE else name
            rows.append([said, *_figures(context, row)])
            groups.append(title)
    caption = context.say("caption contrasts claims", confidence=confidence(context), units=context.units)
    columns = [Column(context.say("head method"), figures=False), *_columns(context)]
    return numbered_table(context, "tbl-contrasts", caption, columns, rows, groups=groups)


def other_contrasts_table(context: Context) -> str:
    """The contrasts that no claim is about, by the method that would count."""
    claimed = set(claimed_pairs(context))
    rows, groups = [], []
    table = context.bundle.tables["trait_contrasts"]
    for (outcome, trait), _ in table.groupby(["outcome", "trait"], sort=False):
        pair = Pair(str(outcome), str(trait))
        row = context.bundle.row(
            "trait_contrasts", outcome=pair.outcome, trait=pair.trait, method=main_method(context, pair)
        )
        if pair in claimed or row is None:
            continue
        n = [count(context, row, "n_obs"), _units(context, row)]
        rows.append([context.trait(pair.trait), *_figures(context, row), *n])
        groups.append(context.scale(pair.outcome))
    columns = [Column(context.say("head trait"), figures=False), *_columns(context), Column(context.say("head n"))]
    columns.append(Column(context.say("head units", units_capital=capital(context.units))))
    caption = context.say("caption contrasts other", confidence=confidence(context))
    return numbered_table(context, "tbl-contrasts-other", caption, columns, rows, groups=groups)


def _columns(context: Context) -> list[Column]:
    # with the interval below its estimate the table fits beside the list of contents
    heads = [Column(context.say("head effect"), intervals=True)]
    return heads + [Column(context.say(f"head {name}")) for name in ("p", "p adjusted", "p minimum")]


def _figures(context: Context, row: pd.Series) -> list[str]:
    """Effect, p, adjusted p and the smallest p that can be; in place of the effect why there is none."""
    refused = _refused(context, row)
    return [
        refused or interval(context, row, EFFECT, signed=True),
        "" if refused else pvalue(context, row, "pvalue"),
        pvalue(context, row, "pvalue_adjusted") if pd.notna(row["pvalue_adjusted"]) else "",
        pvalue(context, row, "minimum_pvalue") if pd.notna(row["minimum_pvalue"]) else "",
    ]


def _units(context: Context, row: pd.Series) -> str:
    """``6 + 6``: projects with the higher and with the lower level."""
    if pd.isna(row["n_projects_high"]) or pd.isna(row["n_projects_low"]):
        return ""
    return f"{context.numbers.count(row['n_projects_high'])} + {context.numbers.count(row['n_projects_low'])}"


def _largest(table: pd.DataFrame) -> pd.Series:
    """The row with most persons: methods that need a project leave out who has none."""
    known = table["n_obs"].fillna(-1)
    return table.iloc[int(known.to_numpy().argmax())]


def designs_table(context: Context) -> str:
    """What the differences that claims are about rest on."""
    rows = []
    for pair in claimed_pairs(context):
        row = context.bundle.row("contrast_designs", outcome=pair.outcome, trait=pair.trait)
        if row is None:
            continue
        said, largest = left_out_range(context, pair)
        rows.append([
            heading(context, pair), count(context, row, "n_obs"), _units(context, row),
            decimal(context, row, "design_effect", 1), count(context, row, "effective_n"),
            decimal(context, row, "overlap") if pd.notna(row["overlap"]) else "", said, largest, _warned(context, row),
        ])  # fmt: skip
    columns = [Column(context.say("head outcome"), figures=False), Column(context.say("head n"))]
    columns.append(Column(context.say("head units", units_capital=capital(context.units))))
    columns += [Column(context.say(f"head {name}")) for name in ("design_effect", "effective_n", "overlap")]
    columns.append(Column(context.say("head without one", unit=context.unit)))
    columns += [Column(context.say("head largest p")), Column(context.say("head remarks"), figures=False)]
    caption = context.say(
        "caption designs", units=context.units, unit=context.unit, units_capital=capital(context.units)
    )
    return numbered_table(context, "tbl-designs", caption, columns, rows)


def _warned(context: Context, row: pd.Series) -> str:
    keys = {"nearly_confounded": "warning near", "few_projects": "warning few"}
    codes = filter(None, str(row["warning"]).split(";"))
    return ", ".join(context.say(keys[code], units=context.units) for code in codes if code in keys)


def confidence(context: Context) -> str:
    """Confidence of the intervals of comparisons, in per cent."""
    return context.numbers.number(100 * context.study.params.compare.confidence, 0)
