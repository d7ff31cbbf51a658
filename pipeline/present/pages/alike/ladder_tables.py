"""The ladders of invariance in figures: every step of all of them, the cut-offs, and the latent means they allow."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import pandas as pd

from pipeline.present.absent import untold
from pipeline.present.bundle import is_hidden
from pipeline.present.context import Context, capital
from pipeline.present.drawing.colours import DIM, SURE, UNSURE
from pipeline.present.drawing.dots import Axis, Dots, Key, Row, Section, axis_over, draw_dots, ends_of, mark_from
from pipeline.present.markup.figures import add_figure
from pipeline.present.markup.markdown import Column, plain
from pipeline.present.markup.tables import count, decimal, interval, numbered_table, pvalue
from pipeline.present.parts import Parts
from pipeline.present.words.effects import lowered
from pipeline.present.words.groups import (
    coded,
    group_label,
    group_title,
    measured_confidence,
    primary_scales,
    questions,
    variable_title,
)
from pipeline.present.words.numbers import in_words
from pipeline.present.words.people import range_of_n

SMALLEST = 0.2
"""Cohen's (1988) small difference, in standard deviations."""
MEAN = ("mean", "ci_lower", "ci_upper")


def ladders_table(context: Context) -> str:
    """Every step of every ladder, grouped by scale, variable and how the answers were seen."""
    rows, groups = [], []
    for _, ladder in context.bundle.tables["invariance"].groupby(["scale", "variable", "answers"], sort=False):
        always = _said_of_all(ladder)
        heading = " · ".join(filter(None, (_heading(context, ladder.iloc[0]), _messages(context, always))))
        for _, row in ladder.iterrows():
            remarks = _remarks(context, row, but=always)
            rows.append([_step(context, row), *_figures(context, row), _holds(context, row), remarks])
            groups.append(heading)
    columns = [Column(context.say("head step"), figures=False), Column(context.say("head chisq"))]
    columns += [Column(name) for name in ("CFI", "RMSEA", "SRMR", "Δχ² (df)", "p", "ΔCFI", "ΔRMSEA", "ΔSRMR")]
    columns += [
        Column(context.say("head p projects", units=context.units)),
        Column(context.say("head holds"), figures=False),
    ]
    columns.append(Column(context.say("head remarks"), figures=False))
    caption = context.say("caption ladders")
    return numbered_table(context, "tbl-ladders", caption, columns, rows, groups=groups)


def _step(context: Context, row: pd.Series) -> str:
    name = context.say(f"step {row['step']}")
    return context.say("step partial", step=name) if row["partial"] == "true" else name


def _heading(context: Context, row: pd.Series) -> str:
    text = f"{context.scale(str(row['scale']))} · {variable_title(context, str(row['variable']))}"
    text += f" · {context.say('answers ' + str(row['answers']))}"
    if pd.notna(row["n_obs"]) and pd.notna(row["n_smallest"]):
        n, least = context.numbers.count(row["n_obs"]), context.numbers.count(row["n_smallest"])
        text += context.say("ladder n", n=n, groups=count(context, row, "n_groups"), least=least)
    return text


def _figures(context: Context, row: pd.Series) -> list[str]:
    """Figures of a step that was fitted; empty cells where it was refused or has nothing to be compared with."""
    if row["refused"] and not is_hidden(row, "chisq"):
        return [""] * 10
    first = row["step"] == "configural"
    chisq = decimal(context, row, "chisq", 1)
    shown = f"{chisq} ({context.numbers.count(row['df'])})" if pd.notna(row["chisq"]) and pd.notna(row["df"]) else chisq
    cells = [shown, *(decimal(context, row, name, 3) for name in ("cfi", "rmsea", "srmr"))]
    if first:
        return [*cells, *[""] * 6]
    change = decimal(context, row, "chisq_diff", 1)
    if pd.notna(row["chisq_diff"]) and pd.notna(row["df_diff"]):
        change += f" ({context.numbers.count(row['df_diff'])})"
    cells += [change, pvalue(context, row, "pvalue_diff")]
    cells += [decimal(context, row, name, 3, signed=True) for name in ("cfi_diff", "rmsea_diff", "srmr_diff")]
    return [*cells, pvalue(context, row, "pvalue_projects") if pd.notna(row["pvalue_projects"]) else ""]


def _holds(context: Context, row: pd.Series) -> str:
    if row["refused"] or is_hidden(row, "chisq"):
        return ""
    return context.say("category true" if row["holds"] == "true" else "category false")


def _said_of_all(ladder: pd.DataFrame) -> list[str]:
    """Codes that every tested step of a ladder has: said once, above it."""
    tested = [str(message).split(";") for message in ladder.loc[ladder["pvalue_diff"].notna(), "message"]]
    return [code for code in tested[0] if code and all(code in one for one in tested)] if len(tested) > 1 else []


def _messages(context: Context, codes: Sequence[str]) -> str:
    return coded(context, "ladder", ";".join(codes), units=context.units)


def _remarks(context: Context, row: pd.Series, *, but: Sequence[str]) -> str:
    """Why a step was refused, what was set free, and its codes ``but`` those said above the ladder."""
    told = [context.say(f"ladder {row['refused']}")] if row["refused"] else []
    if row["freed"]:
        told.append(context.say("freed", items=context.listed(questions(context, str(row["freed"])))))
    told.append(_messages(context, [code for code in str(row["message"]).split(";") if code not in but]))
    return "; ".join(filter(None, told))


def cutoffs_list(context: Context) -> str:
    """The cut-offs that the ladders were held against, each with its source."""
    table = context.bundle.tables["invariance"]
    table = table[table["cutoff_source"] != ""]
    names = ["cutoff_cfi", "cutoff_rmsea", "cutoff_srmr"]
    lines: dict[tuple[str, ...], list[str]] = {}
    for _, row in table.iterrows():
        limits = ["" if pd.isna(row[name]) else context.numbers.number(float(row[name]), 3) for name in names]
        steps = lines.setdefault((str(row["cutoff_source"]), *limits), [])
        steps.append(context.say(f"step {row['step']}"))
    told = []
    for (source, *values), steps in lines.items():
        measures = [
            context.say(f"cutoff {name}", value=value)
            for name, value in zip(("cfi", "rmsea", "srmr"), values, strict=True)
            if value
        ]
        key = f"source {source}"
        by = context.say(key) if context.knows(key) else str(source)
        which = capital(context.listed(list(dict.fromkeys(steps))))
        told.append(f"- {plain(f'{which}: {context.listed(measures)} ({by}).')}")
    return ("\n".join(told) or plain(context.say("cutoffs none"))) + "\n"


def _mean_row(context: Context, row: pd.Series, *, alone: bool) -> Row:
    """``alone``: there is one group to compare, which the heading names."""
    level = group_title(context, str(row["variable"]), str(row["level"]))
    label = context.scale(str(row["scale"])) + ("" if alone else f": {level}")
    if pd.isna(row["mean"]):
        return Row(label, [], context.say("hidden" if is_hidden(row, "mean") else "absent"))
    allowed = row["allowed"] == "true"
    return Row(label, [mark_from(row, MEAN, colour=SURE if allowed else UNSURE, hollow=not allowed)])


def compared_means(context: Context) -> pd.DataFrame:
    """Latent means of the primary scales, but those of the group the others are compared with: zero by choice."""
    table = context.bundle.tables["latent_means"]
    table = table[(table["level"] != table["reference"]) & table["scale"].isin(primary_scales(context))]
    # of a scale with a model that allows the comparison, the model that does not is left to the table
    allowed = table["allowed"] == "true"
    better = pd.MultiIndex.from_frame(table.loc[allowed, ["scale", "variable", "level"]])
    return table[allowed | ~pd.MultiIndex.from_frame(table[["scale", "variable", "level"]]).isin(better)]


def _mean_sections(context: Context) -> list[Section]:
    """A section per variable, headed by which groups are compared."""
    sections = []
    for variable, rows in compared_means(context).groupby("variable", sort=False):
        first = group_title(context, str(variable), str(rows["reference"].iloc[0]))
        levels = list(dict.fromkeys(rows["level"]))
        alone = len(levels) == 1
        who = group_title(context, str(variable), str(levels[0])) if alone else context.say("every other group")
        heading = context.say("compared with", variable=variable_title(context, str(variable)), who=who, level=first)
        sections.append(Section(heading, [_mean_row(context, row, alone=alone) for _, row in rows.iterrows()]))
    return sections


def latent_means_summary(context: Context) -> str:
    """Of how many differences that may be compared the interval excludes zero, and which of these is largest."""
    found = [
        (section, row, mark)
        for section in _mean_sections(context)
        for row in section.rows
        for mark in row.marks
        if not mark.hollow and not math.isnan(mark.lower)
    ]
    if not found:
        return untold(context, "latent means unknown")
    sure = [one for one in found if one[2].lower > 0 or one[2].upper < 0]
    total = in_words(len(found), context.language)
    if not sure:
        return context.say("latent means none", total=total)
    section, row, mark = max(sure, key=lambda one: abs(one[2].value))
    return context.say(
        "latent means told", n=in_words(len(sure), context.language), total=total,
        row=lowered(row.label), heading=lowered(section.heading),
        estimate=context.numbers.estimate(mark.value, mark.lower, mark.upper, signed=True),
    )  # fmt: skip


def latent_means_figure(parts: Parts, context: Context) -> str:
    """``fig-latent-means``: every group against the first of its variable."""
    table, sections = compared_means(context), _mean_sections(context)
    caption = context.say(
        "caption figure latent means", confidence=measured_confidence(context), n=range_of_n(context, table["n_obs"])
    )
    caption += context.say("caption latent means ring") if _any_ring(sections) else ""
    drawn = any(row.marks for section in sections for row in section.rows)
    draw = functools.partial(draw_dots, context, means_dots(context, sections)) if drawn else None
    return add_figure(parts, context, "fig-latent-means", caption, draw)


def means_dots(context: Context, sections: list[Section]) -> Dots:
    """The picture; its description gives every difference."""
    told = []
    for section in sections:
        shown = "; ".join(
            f"{row.label} {context.numbers.estimate(mark.value, mark.lower, mark.upper, signed=True)}"
            if not math.isnan(mark.lower)
            else f"{row.label} {context.numbers.number(mark.value, signed=True)}"
            for row in section.rows
            for mark in row.marks
        )
        told.append(f"{section.heading}: {shown}." if shown else "")
    keys = [Key(context.say("key mean allowed"), SURE)]
    keys += [Key(context.say("key mean not allowed"), UNSURE, "ring")] if _any_ring(sections) else []
    over = axis_over(ends_of(sections), include=(-SMALLEST, SMALLEST))
    axis = Axis(over.lower, over.upper, over.ticks, band=(-SMALLEST, SMALLEST), signed=True)
    title, text = (
        context.say("figure latent means"),
        context.say("alt latent means", details=" ".join(filter(None, told))),
    )
    return Dots(title, text, sections, axis, [*keys, Key(context.say("key small"), DIM, "band")])


def _any_ring(sections: list[Section]) -> bool:
    """Whether a difference is drawn that may not be compared."""
    return any(mark.hollow for section in sections for row in section.rows for mark in row.marks)


def latent_means_table(context: Context) -> str:
    """Latent means by scale, variable and group, and whether the ladder allows them to be compared."""
    rows, groups = [], []
    table = context.bundle.tables["latent_means"]
    kinds = {str(errors) for errors in table["errors"]} - {""}
    for _, row in table.iterrows():
        reference = row["level"] == row["reference"]
        allowed = str(row["allowed"])
        rows.append(
            [
                group_label(context, str(row["variable"]), str(row["level"])),
                count(context, row, "n_obs"),
                context.say("reference group") if reference else interval(context, row, MEAN, signed=True),
                decimal(context, row, "df_t", 1) if pd.notna(row["df_t"]) else "",
                context.say(f"mean model {row['model']}"),
                _errors(context, str(row["errors"])) if row["errors"] and len(kinds) > 1 else "",
                context.say(f"category {allowed}") if allowed in ("true", "false") else "",
            ]
        )
        variable = str(row["variable"])
        with_whom = group_title(context, variable, str(row["reference"]))
        names = {"scale": context.scale(str(row["scale"])), "variable": variable_title(context, variable)}
        groups.append(context.say("group compared", level=with_whom, **names))
    columns = [Column(context.say("head group"), figures=False)]
    columns += [Column(context.say("head n")), Column(context.say("head latent mean")), Column("df")]
    columns += [Column(context.say(f"head {name}"), figures=False) for name in ("equal", "errors", "allowed")]
    caption = context.say("caption latent means", confidence=measured_confidence(context))
    if len(kinds) == 1:  # one kind of errors is said once, not row by row
        caption += context.say("latent means errors", errors=_errors(context, *kinds))
    return numbered_table(context, "tbl-latent-means", caption, columns, rows, groups=groups)


def _errors(context: Context, kind: str) -> str:
    return context.say(f"errors {kind}", unit=context.unit, units=context.units)
