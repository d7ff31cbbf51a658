"""Whether the scales measure different things: correlations of the constructs against one, and what they share."""

from __future__ import annotations

import functools

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
from pipeline.present.words.groups import coded, measured_confidence
from pipeline.present.words.numbers import in_words
from pipeline.present.words.people import range_of_n

CLOSE = (0.85, 0.90)
"""Henseler, Ringle and Sarstedt (2015): cut-offs of .85 and of .90 for constructs that are to be kept apart."""
SAME = 1.0
LATENT = ("r_latent", "r_latent_ci_lower", "r_latent_ci_upper")
HTMT = ("htmt", "htmt_ci_lower", "htmt_ci_upper")
HTMT2 = ("htmt2", "htmt2_ci_lower", "htmt2_ci_upper")


def validity_parts(context: Context) -> Parts:
    """``discriminant``, ``figure-discriminant``, ``table-discriminant``, ``table-convergent``, ``table-shared``."""
    parts = Parts()
    parts.texts["discriminant"] = discriminant(context)
    parts.texts["figure-discriminant"] = discriminant_figure(parts, context)
    parts.texts["table-discriminant"] = discriminant_table(context)
    parts.texts["table-convergent"] = convergent_table(context)
    parts.texts["table-shared"] = shared_table(context)
    return parts


def pairs(context: Context) -> list[pd.Series]:
    """The pairs of primary scales, closest first; what is not known or shown last."""
    table = context.bundle.tables["discriminant_validity"]
    order = table["r_latent"].abs().sort_values(ascending=False, kind="stable", na_position="last").index
    return [table.loc[i] for i in order]


def pair_title(context: Context, row: pd.Series) -> str:
    """``Housing satisfaction and social cohesion``."""
    names = [context.scale(str(row[side])) for side in ("scale_a", "scale_b")]
    return context.say("pair", a=names[0], b=names[1][:1].lower() + names[1][1:])


def discriminant(context: Context) -> str:
    """A line per pair with its verdict, the closest pair first; a sentence where every pair is distinct."""
    found, lines = pairs(context), []
    if len(found) > 2 and all(str(row["verdict"]) == "distinct" and pd.notna(row["r_latent"]) for row in found):
        figures, pair = interval(context, found[0], LATENT), pair_title(context, found[0])
        n = in_words(len(found), context.language)
        told = context.say("discriminant all", n=n, pair=pair[:1].lower() + pair[1:], estimate=figures)
        return plain(told) + "\n"
    if found and all(is_hidden(row, "r_latent") for row in found):
        return plain(context.say("discriminant hidden")) + "\n"
    for row in found:
        hidden = is_hidden(row, "r_latent")
        key = "hidden" if hidden else str(row["verdict"]) or "unknown"
        figures = ""
        if pd.notna(row["r_latent"]):
            figures = context.say("discriminant figures", estimate=interval(context, row, LATENT))
        lines.append(f"- **{plain(pair_title(context, row))}**: {plain(context.say(f'discriminant {key}') + figures)}")
    return ("\n".join(lines) or plain(untold(context, "discriminant none"))) + "\n"


def discriminant_figure(parts: Parts, context: Context) -> str:
    """``fig-discriminant``: latent correlation, HTMT and HTMT2 of every pair against one."""
    rows = []
    for row in pairs(context):
        marks = [
            mark_from(row, names, colour=colour, hollow=hollow, lane=lane)
            for lane, (names, colour, hollow) in enumerate(
                ((LATENT, SURE, False), (HTMT, UNSURE, False), (HTMT2, UNSURE, True))
            )
            if pd.notna(row[names[0]])
        ]
        said = None if pd.notna(row["r_latent"]) else context.say("hidden" if is_hidden(row, "r_latent") else "absent")
        rows.append(Row(pair_title(context, row), marks, said))
    sections = [Section("", rows)]
    table = context.bundle.tables["discriminant_validity"]
    caption = context.say(
        "caption figure discriminant", confidence=measured_confidence(context), n=range_of_n(context, table["n_obs"])
    )
    drawn = any(row.marks for row in rows)
    draw = functools.partial(draw_dots, context, discriminant_dots(context, sections)) if drawn else None
    return add_figure(parts, context, "fig-discriminant", caption, draw)


def discriminant_dots(context: Context, sections: list[Section]) -> Dots:
    """The picture; its description gives every pair's correlation."""
    told = "; ".join(
        f"{row.label} {context.numbers.estimate(mark.value, mark.lower, mark.upper)}"
        if pd.notna(mark.lower) and pd.notna(mark.upper)
        else f"{row.label} {context.numbers.number(mark.value)}"
        for section in sections
        for row in section.rows
        if row.said is None and row.marks
        for mark in row.marks[:1]
    )
    keys = [
        Key(context.say("key latent"), SURE), Key("HTMT", UNSURE), Key("HTMT2", UNSURE, "ring"),
        Key(context.say("key close"), DIM, "dash"),
    ]  # fmt: skip
    over = axis_over(ends_of(sections), include=(0.0, SAME))
    axis = Axis(over.lower, over.upper, over.ticks, references=(*CLOSE, SAME))
    return Dots(context.say("figure discriminant"), context.say("alt discriminant", details=told), sections, axis, keys)


def discriminant_table(context: Context) -> str:
    """Every pair by every criterion."""
    rows = []
    for _, row in context.bundle.tables["discriminant_validity"].iterrows():
        verdict = str(row["verdict"])
        kept_apart = str(row["fornell_larcker"])
        rows.append(
            [
                pair_title(context, row),
                count(context, row, "n_obs"),
                interval(context, row, LATENT),
                pvalue(context, row, "pvalue_diff"),
                interval(context, row, HTMT),
                interval(context, row, HTMT2),
                decimal(context, row, "ave_smaller"),
                decimal(context, row, "r_squared"),
                context.say(f"category {kept_apart}") if kept_apart in ("true", "false") else context.say("absent"),
                coded(context, "apart", verdict),
                coded(context, "problem", str(row["problem"])),
            ]
        )
    columns = [Column(context.say("head pair"), figures=False), Column(context.say("head n"))]
    columns.append(Column(context.say("head latent r"), intervals=True))
    columns.append(Column(context.say("head p against one")))
    columns += [Column(name, intervals=True) for name in ("HTMT", "HTMT2")]
    columns += [Column(context.say(f"head {name}")) for name in ("smaller ave", "r squared")]
    columns += [Column(context.say(f"head {n}"), figures=False) for n in ("fornell larcker", "verdict", "remarks")]
    caption = context.say("caption discriminant", confidence=measured_confidence(context))
    return numbered_table(context, "tbl-discriminant", caption, columns, rows)


def convergent_table(context: Context) -> str:
    """Average variance extracted and composite reliability of the primary scales."""
    rows = []
    for _, row in context.bundle.tables["convergent_validity"].iterrows():
        rows.append(
            [
                context.scale(str(row["scale"])),
                count(context, row, "n_obs"),
                *(
                    interval(context, row, (name, f"{name}_ci_lower", f"{name}_ci_upper"))
                    for name in ("ave", "ave_std", "composite_reliability")
                ),
                decimal(context, row, "composite_reliability_observed"),
                coded(context, "problem", str(row["problem"])),
            ]
        )
    columns = [Column(context.say("head scale"), figures=False), Column(context.say("head n"))]
    columns += [Column(context.say(f"head {n}"), intervals=True) for n in ("ave", "ave std", "composite")]
    columns.append(Column(context.say("head composite observed")))
    columns.append(Column(context.say("head remarks"), figures=False))
    caption = context.say("caption convergent", confidence=measured_confidence(context))
    return numbered_table(context, "tbl-convergent", caption, columns, rows)


def shared_table(context: Context) -> str:
    """What single questions of the closest pair may share with the other scale."""
    table = context.bundle.rows("shared_content", closest="true")
    rows, groups = [], []
    for _, row in table.iterrows():
        other = str(row["other"])
        crossing = row["kind"] == "cross_loading"
        rows.append(
            [
                context.question(str(row["item"])),
                context.say(
                    f"shared {row['kind']}", other=context.scale(other) if crossing else context.question(other)
                ),
                decimal(context, row, "mi", 1),
                pvalue(context, row, "pvalue"),
                decimal(context, row, "epc_std", signed=True),
                decimal(context, row, "r_latent_without"),
            ]
        )
        groups.append(capital(pair_title(context, row)))
    columns = [Column(context.say("head item"), figures=False), Column(context.say("head shared"), figures=False)]
    columns += [Column(context.say(f"head {name}")) for name in ("score test", "p", "epc", "latent r without")]
    caption = context.say("caption shared")
    return numbered_table(context, "tbl-shared", caption, columns, rows, groups=groups)
