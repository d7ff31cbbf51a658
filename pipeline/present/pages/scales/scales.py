"""Parts of the page on the scales: what they measure, how well, what people answered, how they hang together."""

from __future__ import annotations

import functools

import pandas as pd

from pipeline.declare import Construct, DerivedScore
from pipeline.present.absent import all_hidden, scale_unasked, unasked_told
from pipeline.present.context import Context, capital
from pipeline.present.markup.figures import add_figure
from pipeline.present.markup.markdown import Column, note, plain, slug
from pipeline.present.markup.tables import chi_square, count, decimal, interval, numbered_table, pvalue, share
from pipeline.present.pages.scales.items import draw_items, item_figure, items_told
from pipeline.present.pages.scales.reliability_figure import GOOD_ENOUGH
from pipeline.present.parts import Parts
from pipeline.present.words.numbers import in_words
from pipeline.present.words.people import range_of_n


def scales_parts(context: Context) -> Parts:
    """``scales-summary``, ``scales-list``, ``scales-list-other``, ``table-reliability``,
    ``table-reliability-groups``, ``figures-items``, ``figures-items-other``, ``table-items``, ``table-factor-fit``,
    ``table-correlations``."""
    parts = Parts()
    primary = [scale for scale in context.instrument.constructs if scale.primary]
    parts.texts["scales-summary"] = plain(summary(context, primary)) + "\n"
    parts.texts["scales-list"] = scales_list(context, primary=True)
    parts.texts["scales-list-other"] = scales_list(context, primary=False)
    parts.texts["table-reliability"] = reliability_table(context)
    parts.texts["table-reliability-groups"] = reliability_by_group(context)
    others = [scale for scale in context.instrument.constructs if not scale.primary]
    parts.texts["figures-items"] = _item_figures(parts, context, primary)
    parts.texts["figures-items-other"] = _item_figures(parts, context, others)
    parts.texts["table-items"] = items_table(context)
    parts.texts["table-factor-fit"] = factor_fit_table(context)
    parts.texts["table-correlations"] = correlations_table(context)
    return parts


def summary(context: Context, primary: list[Construct]) -> str:
    """Whether the primary scales are consistent enough to compare groups, and which of the others are not."""
    lowest = {scale.name: _lowest_reliability(context, scale.name) for scale in context.instrument.constructs}
    weak = {name for name, value in lowest.items() if value is not None and value < GOOD_ENOUGH}
    names = [scale.name for scale in primary]
    if weak & set(names):
        verdict = context.say("scales some weak", scales=_scales_named(context, [n for n in names if n in weak]))
    else:
        unknown = any(lowest[name] is None for name in names)
        key = "scales hidden" if all_hidden(context) else "scales unknown"
        verdict = context.say(key if unknown else "scales all good")
    others = [name for name in lowest if name in weak and name not in names]
    if others:
        key = "scales others weak one" if len(others) == 1 else "scales others weak"
        verdict += context.say(key, scales=_scales_named(context, others))
    said = context.say("scales summary", n=in_words(len(primary), context.language), verdict=verdict)
    return " ".join(filter(None, [said, unasked_told(context)]))


def _lowest_reliability(context: Context, scale: str) -> float | None:
    """The lower of alpha and omega among everybody; None when neither is known or shown."""
    row = context.bundle.row("reliability", scale=scale, trait="all", level="all")
    known = [] if row is None else [float(row[name]) for name in ("alpha", "omega") if pd.notna(row[name])]
    return min(known, default=None)


def _scales_named(context: Context, names: list[str]) -> str:
    return context.listed([context.scale(name).lower() for name in names])


def scales_list(context: Context, *, primary: bool) -> str:
    """The scales that the study is about (``primary``), or the others and derived scores, as definitions: what each
    means and how it is scored."""
    scales = [scale for scale in context.instrument.constructs if scale.primary == primary]
    entries = [_scale_entry(context, scale) for scale in scales]
    if not primary:
        entries += [_derived_entry(context, derived) for derived in context.instrument.derived]
    listed = "\n".join(f"{plain(term)}\n:   {plain(text)}\n" for term, text in entries)
    return listed or note(plain(context.say("no other scales")))


def _scale_entry(context: Context, scale: Construct) -> tuple[str, str]:
    name = f"rule {scale.rule}" + (" times" if scale.rule == "sum" and scale.multiply != 1 else "")
    rule = context.say(name, n=len(scale.items), times=context.numbers.number(scale.multiply, 0))
    ends = [context.numbers.number(end, 0 if float(end).is_integer() else 1) for end in (scale.lower, scale.upper)]
    score = context.say("scale score", rule=rule, lower=ends[0], upper=ends[1])
    return context.scale(scale.name), f"{context.text(scale.meaning)} {score}"


def _derived_entry(context: Context, derived: DerivedScore) -> tuple[str, str]:
    plus, minus = (
        context.say("derived mean", scales=_scales_named(context, names))
        if len(names) > 1
        else _scales_named(context, names)
        for names in (derived.plus, derived.minus)
    )
    score = context.say("derived score", plus=plus, minus=minus) if derived.minus else f"{capital(plus)}."
    return context.scale(derived.name), f"{context.text(derived.meaning)} {score}"


def reliability_table(context: Context) -> str:
    """A row per scale, among everybody analysed."""
    rows = []
    for _, row in context.bundle.overall("reliability").iterrows():
        rows.append(
            [
                context.scale(str(row["scale"])),
                count(context, row, "n_items"),
                count(context, row, "n_obs"),
                *(interval(context, row, (x, f"{x}_ci_lower", f"{x}_ci_upper")) for x in ("alpha", "omega")),
                decimal(context, row, "alpha_ordinal"),
                decimal(context, row, "omega_ordinal"),
                decimal(context, row, "mean"),
                decimal(context, row, "sd"),
                share(context, row, "floor_share"),
                share(context, row, "ceiling_share"),
                problems(context, str(row["problem"])),
            ]
        )
    columns = [Column(context.say("head scale"), figures=False)]
    columns += [Column(context.say(f"head {name}")) for name in ("items", "n")]
    columns += [Column(context.say(f"head {name}"), intervals=True) for name in ("alpha", "omega")]
    names = ("alpha ordinal", "omega ordinal", "mean", "sd", "lowest score", "highest score")
    columns += [Column(context.say(f"head {name}")) for name in names]
    columns.append(Column(context.say("head remarks"), figures=False))
    caption = context.say("caption reliability", people_capital=capital(context.people))
    return numbered_table(context, "tbl-reliability", caption, columns, rows)


def problems(context: Context, codes: str) -> str:
    """Codes of what is the matter, in words; a sentence of the estimator is left to the CSV."""
    told = []
    for code in filter(None, codes.split(";")):
        told.append(context.say(f"problem {code}" if context.knows(f"problem {code}") else "problem other"))
    return ", ".join(dict.fromkeys(told))


def reliability_by_group(context: Context) -> str:
    """Omega (alpha where there is none) of every scale in every group: a column per level."""
    table = context.bundle.tables["reliability"]
    groups = [
        (str(trait), str(level))
        for trait, level in table[["trait", "level"]].drop_duplicates().itertuples(index=False, name=None)
        if trait != "all"
    ]
    rows = []
    for scale in dict.fromkeys(table["scale"]):
        cells = []
        for trait, level in groups:
            row = context.bundle.row("reliability", scale=scale, trait=trait, level=level)
            if row is None:
                cells.append(context.say("inapplicable"))
                continue
            known = "omega" if pd.notna(row["omega"]) else "alpha"
            shown = decimal(context, row, known)
            cells.append(f"{shown} ({context.numbers.count(row['n_obs'])})" if pd.notna(row[known]) else shown)
        rows.append([context.scale(str(scale)), *cells])
    columns = [Column(context.say("head scale"), figures=False)]
    columns += [Column(capital(context.level(trait, level))) for trait, level in groups]
    caption = context.say("caption reliability groups")
    return numbered_table(context, "tbl-reliability-groups", caption, columns, rows if groups else [])


def _item_figures(parts: Parts, context: Context, scales: list[Construct]) -> str:
    """A numbered figure per scale, ``fig-items-<scale>``."""
    texts = []
    for scale in scales:
        figure = item_figure(context, scale.name)
        bases = context.bundle.overall("item_distribution", scale=scale.name)["base"]
        caption = context.say(
            "caption item figure", scale=context.scale(scale.name), people=context.people, n=range_of_n(context, bases)
        )
        if figure is not None:
            told = (("ends", figure.diverging), ("hidden", figure.has_hidden), ("reference", figure.has_elsewhere))
            caption += "".join(context.say(f"caption item {name}") for name, so in told if so)
        draw = functools.partial(draw_items, context, figure) if figure else None
        finding = items_told(context, figure) if figure else ""
        texts.append(f"**{plain(context.scale(scale.name))}.** {plain(finding)}".rstrip() + "\n")
        identifier, unasked = f"fig-{slug('items', scale.name)}", scale_unasked(context, scale.name)
        texts.append(add_figure(parts, context, identifier, caption, draw, otherwise=unasked))
    return "\n".join(texts) or note(plain(context.say("no other scales")))


def items_table(context: Context) -> str:
    """Every item of every scale, grouped by scale."""
    rows, groups = [], []
    for _, row in context.bundle.overall("item_statistics").iterrows():
        mark = " ↺" if row["reversed"] == "true" else ""
        rows.append(
            [
                context.question(str(row["item"])) + mark,
                count(context, row, "n_obs"),
                decimal(context, row, "mean"),
                decimal(context, row, "sd"),
                share(context, row, "floor_share"),
                share(context, row, "ceiling_share"),
                decimal(context, row, "item_rest"),
                decimal(context, row, "alpha_if_dropped"),
                interval(context, row, ("loading", "loading_ci_lower", "loading_ci_upper")),
                decimal(context, row, "loading_ordinal"),
                problems(context, str(row["problem"])),
            ]
        )
        groups.append(context.scale(str(row["scale"])))
    columns = [Column(context.say("head item"), figures=False)]
    names = ("n", "mean", "sd", "floor", "ceiling", "item_rest", "alpha_if_dropped", "loading", "loading ordinal")
    columns += [Column(context.say(f"head {name}"), intervals=name == "loading") for name in names]
    columns.append(Column(context.say("head remarks"), figures=False))
    caption = context.say("caption items")
    return numbered_table(context, "tbl-items", caption, columns, rows, groups=groups)


def factor_fit_table(context: Context) -> str:
    """The one-factor model of each scale."""
    rows = []
    for _, row in context.bundle.tables["factor_fit"].iterrows():
        rows.append(
            [
                context.scale(str(row["scale"])),
                count(context, row, "n_obs"),
                chi_square(context, row),
                pvalue(context, row, "pvalue"),
                decimal(context, row, "cfi"),
                decimal(context, row, "tli"),
                interval(context, row, ("rmsea", "rmsea_ci_lower", "rmsea_ci_upper")),
                decimal(context, row, "srmr"),
                problems(context, str(row["message"])),
            ]
        )
    columns = [Column(context.say("head scale"), figures=False)]
    columns += [Column(context.say(f"head {name}")) for name in ("n", "chisq", "p")]
    columns += [Column(name) for name in ("CFI", "TLI", "RMSEA", "SRMR")]
    columns.append(Column(context.say("head remarks"), figures=False))
    caption = context.say("caption factor fit")
    return numbered_table(context, "tbl-factor-fit", caption, columns, rows)


def correlations_table(context: Context) -> str:
    """Correlations of every pair of primary scale scores, the lower half of a square."""
    primary = [scale.name for scale in context.instrument.constructs if scale.primary]
    table = context.bundle.tables["score_correlations"]
    found = {
        frozenset((a, b)): row
        for (a, b), row in zip(
            table[["scale_a", "scale_b"]].itertuples(index=False, name=None),
            (row for _, row in table.iterrows()),
            strict=True,
        )
    }
    names = ("r", "ci_lower", "ci_upper")
    rows = []
    for i, a in enumerate(primary[1:], start=1):
        cells = [
            interval(context, found[pair], names)
            if (pair := frozenset((a, b))) in found
            else context.say("inapplicable")
            for b in primary[:i]
        ]
        rows.append([context.scale(a), *cells, *([""] * (len(primary) - 1 - i))])
    columns = [Column("", figures=False), *(Column(context.scale(name)) for name in primary[:-1])]
    of_primary = table[table["scale_a"].isin(primary) & table["scale_b"].isin(primary)]
    caption = context.say(
        "caption correlations", confidence=context.confidence, people=context.people,
        n=range_of_n(context, of_primary["n_obs"]),
    )  # fmt: skip
    return numbered_table(context, "tbl-correlations", caption, columns, rows)
