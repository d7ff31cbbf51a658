"""Projects with each component of the toolbox beside projects without it: one picture, and the table below it."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pandas as pd

from pipeline.declare.study import ToolboxPart
from pipeline.present.claims import smallest_effect, verdict_of
from pipeline.present.context import Context, capital
from pipeline.present.drawing.colours import SURE, UNSURE
from pipeline.present.drawing.dots import Dots, Key, Mark, Row, Section, axis_over, draw_dots, ends_of
from pipeline.present.markup.figures import add_figure
from pipeline.present.markup.markdown import Column, plain
from pipeline.present.markup.tables import count, decimal, interval, numbered_table, pvalue
from pipeline.present.parts import Parts
from pipeline.present.words.components import (
    claim_on,
    confidence_of,
    hidden_units,
    outcome_of,
    shown_units,
    title_of,
)
from pipeline.present.words.effects import lowered
from pipeline.present.words.numbers import in_words
from pipeline.present.words.people import n_units

SIZE = ("effect_size", "effect_size_ci_lower", "effect_size_ci_upper")
DIFFERENCE = ("difference", "ci_lower", "ci_upper")


def components_figure(parts: Parts, context: Context) -> str:
    """``fig-evidence``: the difference in the outcome by component, grouped as the toolbox is; below it, those of which
    there is none are named."""
    found = [
        (heading, [(part, row_of(context, part, kind)) for part in group]) for heading, kind, group in groups(context)
    ]
    compared = [
        Section(heading, [_row(context, part, row) for part, row in members if row is not None and has_figures(row)])
        for heading, members in found
    ]
    sections = [section for section in compared if section.rows]
    pairs = [pair for _, members in found for pair in members]
    told, rest = _finding(context, pairs), _not_compared(context, pairs)
    if not sections:
        return told + add_figure(parts, context, "fig-evidence", _caption(context), None) + rest
    band = smallest_effect(context)
    axis = axis_over(ends_of(sections), include=(-0.5, 0.5), band=(-band, band), signed=True)
    keys = [
        Key(context.say("key clear"), SURE), Key(context.say("key may be chance"), UNSURE, "ring"),
        Key(context.say("legend band"), kind="band"),
    ]  # fmt: skip
    description = _described(context, pairs)
    dots = Dots(context.say("figure components"), description, sections, axis, keys)
    draw = functools.partial(draw_dots, context, dots)
    return told + add_figure(parts, context, "fig-evidence", _caption(context), draw) + rest


def _finding(context: Context, pairs: list[tuple[ToolboxPart, pd.Series | None]]) -> str:
    """What the picture shows, in a sentence or two: how many parts can be compared, and which differences are clear."""
    known = [(part, row) for part, row in pairs if row is not None and has_figures(row)]
    if not pairs:
        return ""
    left = []
    if hidden_units(context) and not shown_units(context):
        return plain(context.say("found hidden all", units=context.units)) + "\n\n"
    if hidden_units(context):
        shown, units = context.numbers.count(shown_units(context)), context.numbers.count(n_units(context))
        left = [context.say("found hidden", n=shown, total=units, units=context.units)]
    if not known:
        return plain(" ".join([*left, context.say("found none compared", units=context.units)])) + "\n\n"
    n, total = (capital(in_words(len(known), context.language)), context.numbers.count(len(pairs)))
    told = [*left, context.say("found compared", n=n, total=total)]
    clear = [(part, row) for part, row in known if is_clear(context, part, row)]
    rest = [(part, row) for part, row in known if not is_clear(context, part, row)]
    for key, some in (("clear", clear), ("chance", rest)):
        if some:
            named = context.listed([f"‘{title_of(context, part.name)}’" for part, _ in some])
            told.append(context.say(f"found {key}", named=named))
        if key == "clear" and len(alike := {str(row["alike"]) for _, row in some}) == 1 and (trait := alike.pop()):
            told.append(context.say("found alike", trait=context.trait(trait).lower()))
    return plain(" ".join(told)) + "\n\n"


def _caption(context: Context) -> str:
    return context.say(
        "caption toolbox", outcome=lowered(context.scale(outcome_of(context))), confidence=confidence_of(context),
        n=context.numbers.count(n_units(context)), units=context.units,
        smallest=context.numbers.number(smallest_effect(context)),
    )  # fmt: skip


def _not_compared(context: Context, pairs: list[tuple[ToolboxPart, pd.Series | None]]) -> str:
    """The parts that could not be compared, with how many projects have them and have not."""
    named = [_counted(context, part, row) for part, row in pairs if row is None or not has_figures(row)]
    if not named:
        return ""
    if len(named) == len(pairs) and not shown_units(context):
        return ""  # said above: of no project may it be shown
    lines = "\n".join(f"- {plain(name)}" for name in named)
    return f"\n{plain(context.say('not compared', units=context.units))}\n\n::: {{.columns-list}}\n{lines}\n:::\n"


def groups(context: Context) -> Iterator[tuple[str, str, list[ToolboxPart]]]:
    """Heading, kind and members of every group of components, then the conditions."""
    toolbox = context.study.declaration.toolbox
    if toolbox is None:
        return
    for group in toolbox.groups:
        yield context.text(group.title), "component", [part for part in toolbox.components if part.group == group.name]
    rest = [part for part in toolbox.components if part.group is None]
    if rest:
        yield "", "component", rest
    if toolbox.conditions:
        yield context.say("heading conditions"), "condition", toolbox.conditions


def row_of(context: Context, part: ToolboxPart, kind: str) -> pd.Series | None:
    """What is published of a part; None where nothing is."""
    return context.bundle.row("component_evidence", component=part.name, kind=kind, outcome=outcome_of(context))


def has_figures(row: pd.Series) -> bool:
    """Whether projects with it and without it could be compared."""
    return not row["refused"] and pd.notna(row["effect_size"])


def is_clear(context: Context, part: ToolboxPart, row: pd.Series) -> bool:
    """Whether the difference is probably not chance.

    Of what a claim is about, as the claim was judged: it was written down beforehand, among few. Else with all
    components considered.
    """
    claim = claim_on(context, part)
    if claim is not None:
        return verdict_of(context, claim) in ("supported", "contradicted")
    return bool(row["pvalue_adjusted"] < context.study.params.judge.alpha)


def _row(context: Context, part: ToolboxPart, row: pd.Series) -> Row:
    value, lower, upper = (float(row[name]) for name in SIZE)
    clear = is_clear(context, part, row)
    return Row(
        _counted(context, part, row), [Mark(value, lower, upper, colour=SURE if clear else UNSURE, hollow=not clear)]
    )


def _counted(context: Context, part: ToolboxPart, row: pd.Series | None) -> str:
    """A part's title with how many projects have it and have not."""
    title = capital(title_of(context, part.name))
    if row is None or not row["n_with"] + row["n_without"] > 0:
        return context.say("row hidden" if _is_registered(context, part) else "row unknown", title=title)
    n_with, n_without = (context.numbers.count(row[name]) for name in ("n_with", "n_without"))
    return context.say("row components", title=title, n_with=n_with, n_without=n_without)


def _is_registered(context: Context, part: ToolboxPart) -> bool:
    """Whether it is known of any project that it has the part, or has not."""
    return bool(context.bundle.rows("project_components", component=part.name)["has"].isin(["yes", "no"]).any())


def _described(context: Context, pairs: list[tuple[ToolboxPart, pd.Series | None]]) -> str:
    """Which differences are clear, which may be chance, and how many could not be told."""
    known = [(part, row) for part, row in pairs if row is not None and has_figures(row)]
    told = []
    for key, wanted in (("clear", True), ("chance", False)):
        named = [
            f"{title_of(context, part.name)} {_size(context, row)}"
            for part, row in known
            if is_clear(context, part, row) is wanted
        ]
        if named:
            told.append(context.say(f"alt components {key}", named="; ".join(named)))
        elif key == "clear":
            told.append(context.say("alt components none"))
    if len(known) < len(pairs):
        told.append(context.say("alt components rest", n=context.numbers.count(len(pairs) - len(known))))
    return " ".join(told)


def _size(context: Context, row: pd.Series) -> str:
    value, lower, upper = (float(row[name]) for name in SIZE)
    return context.numbers.estimate(value, lower, upper, signed=True)


def components_table(context: Context) -> str:
    """``tbl-evidence``: means with and without, difference, effect size, p, and what to mind."""
    rows, labels = [], []
    for heading, kind, members in groups(context) if shown_units(context) or not hidden_units(context) else ():
        for part in members:
            row = row_of(context, part, kind)
            if row is not None:
                rows.append(_cells(context, part, row))
                labels.append(heading)
    columns = [Column(context.say("head component"), figures=False)]
    heads = [
        Column(capital(context.say(f"head {name}", units=context.units)))
        for name in ("with", "without", "mean with", "mean without")
    ]
    # what to mind stands before the figures: where there are none, it says why
    columns += [*heads[:2], Column(context.say("head mind"), figures=False), *heads[2:]]
    columns += [
        Column(context.say("head difference"), intervals=True),
        Column(context.say("head effect"), intervals=True),
    ]
    columns += [Column(context.say("head p adjusted"))]
    caption = context.say(
        "caption toolbox table", outcome=lowered(context.scale(outcome_of(context))), confidence=confidence_of(context)
    )
    hidden = "" if rows or not hidden_units(context) else context.say("table hidden")
    return numbered_table(context, "tbl-evidence", caption, columns, rows, groups=labels, otherwise=hidden)


def _cells(context: Context, part: ToolboxPart, row: pd.Series) -> list[str]:
    refused = str(row["refused"])
    if refused == "empty" and _is_registered(context, part):
        refused = "hidden"
    mind = [context.say(f"cell {refused}", units=context.units)] if refused else []
    if row["alike"]:
        mind.append(context.say("cell alike", trait=context.trait(str(row["alike"])).lower()))
    claim = claim_on(context, part)
    if claim is not None and not row["refused"]:
        mind.append(context.say("cell claim", claim=claim.id))
    minded = "; ".join(mind)
    figures = [count(context, row, "n_with"), count(context, row, "n_without")]
    if row["refused"]:
        return [capital(title_of(context, part.name)), *figures, minded, "", "", "", "", ""]
    return [
        capital(title_of(context, part.name)), *figures, minded, decimal(context, row, "mean_with"),
        decimal(context, row, "mean_without"), interval(context, row, DIFFERENCE, signed=True),
        interval(context, row, SIZE, signed=True), pvalue(context, row, "pvalue_adjusted"),
    ]  # fmt: skip
