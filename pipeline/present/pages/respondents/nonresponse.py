"""Questions without an answer: by language, project and wave, in patterns, and what they do to the results."""

from __future__ import annotations

import functools

import pandas as pd

from pipeline.present.absent import untold
from pipeline.present.bundle import ALL, is_hidden
from pipeline.present.context import Context, capital
from pipeline.present.drawing.dots import Axis, Dots, Mark, Row, Section, axis_over, draw_dots, ends_of
from pipeline.present.markup.figures import add_figure
from pipeline.present.markup.markdown import Column, note, plain
from pipeline.present.markup.tables import count, decimal, figure, interval, numbered_table, pvalue, share
from pipeline.present.parts import Parts
from pipeline.present.words.groups import LANGUAGE, coded, group_label, group_title, measured_confidence, variable_title
from pipeline.present.words.numbers import in_words
from pipeline.present.words.people import range_of_n

ALL_ITEMS = "all"
ESTIMATE = ("estimate", "ci_lower", "ci_upper")


def nonresponse_parts(context: Context) -> Parts:
    """``nonresponse-summary``, ``figure-nonresponse``, ``table-missing-groups``, ``table-missing-languages``,
    ``table-missing-patterns``, ``table-missing-tests``, ``table-missing-methods``."""
    parts = Parts()
    parts.texts["nonresponse-summary"] = plain(nonresponse_summary(context)) + "\n"
    parts.texts["figure-nonresponse"] = nonresponse_figure(parts, context)
    parts.texts["table-missing-groups"] = groups_table(context)
    parts.texts["table-missing-languages"] = languages_table(context)
    parts.texts["table-missing-patterns"] = patterns_table(context)
    parts.texts["table-missing-tests"] = tests_table(context)
    parts.texts["table-missing-methods"] = methods_table(context)
    return parts


def all_items(context: Context) -> pd.DataFrame:
    """The rates over all items, a row per group."""
    return context.bundle.rows("missing_by_group", scale=ALL_ITEMS)


def nonresponse_summary(context: Context) -> str:
    """In which language most and fewest questions were left open; else between which rates all groups lie."""
    table = all_items(context)
    table = table[table["rate"].notna()]
    languages = table[table["variable"] == LANGUAGE]
    if len(languages) > 1:
        rates = languages["rate"].to_numpy()
        most, fewest = languages.iloc[int(rates.argmax())], languages.iloc[int(rates.argmin())]
        return context.say(
            "nonresponse languages",
            most=context.numbers.share(float(most["rate"])),
            most_language=group_title(context, LANGUAGE, str(most["level"])),
            fewest=context.numbers.share(float(fewest["rate"])),
            fewest_language=group_title(context, LANGUAGE, str(fewest["level"])),
        )
    if table.empty:
        return untold(context, "nonresponse unknown")
    low, high = (context.numbers.share(float(end)) for end in (table["rate"].min(), table["rate"].max()))
    return context.say("nonresponse groups", low=low, high=high)


def nonresponse_figure(parts: Parts, context: Context) -> str:
    """``fig-nonresponse``: the share of questions left open in every group."""
    table = all_items(context)
    sections = []
    for variable, rows in table.groupby("variable", sort=False):
        if variable != ALL and len(rows) == 1:  # one group only: everybody again
            continue
        shown = []
        for _, row in rows.iterrows():
            label = group_label(context, str(variable), str(row["level"]))
            if pd.isna(row["rate"]):
                shown.append(Row(label, [], context.say("hidden" if is_hidden(row, "rate") else "absent")))
            else:
                shown.append(Row(label, [Mark(float(row["rate"]))]))
        heading = "" if variable == ALL else variable_title(context, str(variable))
        sections.append(Section(heading, shown))
    caption = context.say("caption figure nonresponse", people=context.people, n=range_of_n(context, table["n_obs"]))
    drawn = any(row.marks for section in sections for row in section.rows)
    draw = functools.partial(draw_dots, context, nonresponse_dots(context, sections)) if drawn else None
    return add_figure(parts, context, "fig-nonresponse", caption, draw)


def nonresponse_dots(context: Context, sections: list[Section]) -> Dots:
    """The picture, from nought per cent on."""
    over = axis_over(ends_of(sections), include=(0.0, 0.05))
    axis = Axis(over.lower, over.upper, over.ticks, percent=True)
    told = " ".join(
        (f"{section.heading}: " if section.heading else "")
        + "; ".join(f"{row.label} {context.numbers.share(row.marks[0].value)}" for row in section.rows if row.marks)
        + "."
        for section in sections
        if any(row.marks for row in section.rows)
    )
    return Dots(context.say("figure nonresponse"), context.say("alt nonresponse", details=told), sections, axis)


def _percent(context: Context, row: pd.Series, column: str) -> str:
    return figure(context, row, column, lambda value: context.numbers.share(value, 1))


def groups_table(context: Context) -> str:
    """Groups down, scales across: the share of questions left open. Groups known over all scales alone, which the table
    by language shows question by question, and a variable's only group are left out."""
    table = context.bundle.tables["missing_by_group"]
    scales = list(dict.fromkeys(table["scale"]))
    several = {str(v) for v, of in table.groupby("variable")["level"] if v == ALL or of.nunique() > 1}
    rows, groups = [], []
    for variable, level in dict.fromkeys(table[["variable", "level"]].itertuples(index=False, name=None)):
        cells = []
        found = [context.bundle.row("missing_by_group", scale=s, variable=variable, level=level) for s in scales]
        by_scale = any(row is not None and s != ALL_ITEMS for s, row in zip(scales, found, strict=True))
        if variable not in several or not by_scale:
            continue
        for row in found:
            cells.append(context.say("inapplicable") if row is None else share(context, row, "rate"))
        first = next(row for row in found if row is not None)
        everybody = variable == ALL
        label = capital(context.people) if everybody else group_label(context, variable, level)
        rows.append([label, count(context, first, "n_obs"), *cells])
        groups.append(variable_title(context, variable))
    columns = [Column(context.say("head group"), figures=False), Column(context.say("head n"))]
    columns += [Column(context.say("set every") if s == ALL_ITEMS else context.scale(str(s))) for s in scales]
    caption = context.say("caption missing groups")
    return numbered_table(context, "tbl-missing-groups", caption, columns, rows, groups=groups)


def languages_table(context: Context) -> str:
    """Items down, languages across: who left the item open; above them how many people, and all questions together."""
    table = context.bundle.tables["missing_by_language"]
    languages = list(dict.fromkeys(table["language"]))
    rows, groups = [], []
    over_all = [_over_all_items(context, str(language)) for language in languages]
    if any(row is not None for row in over_all):
        for key, write, column in (("people", count, "n_obs"), ("all", share, "rate")):
            cells = [context.say("inapplicable") if row is None else write(context, row, column) for row in over_all]
            rows.append([context.say(f"languages {key}"), *cells])
            groups.append(context.say("set every"))
    for scale, item in dict.fromkeys(table[["scale", "item"]].itertuples(index=False, name=None)):
        cells = []
        for language in languages:
            row = context.bundle.row("missing_by_language", scale=scale, item=item, language=language)
            cells.append(context.say("inapplicable") if row is None else _percent(context, row, "share"))
        rows.append([context.question(item), *cells])
        groups.append(context.scale(scale) if scale else context.say("other scale"))
    columns = [Column(context.say("head item"), figures=False)]
    columns += [Column(capital(group_title(context, LANGUAGE, str(language)))) for language in languages]
    caption = context.say("caption missing languages")
    return numbered_table(context, "tbl-missing-languages", caption, columns, rows, groups=groups)


def _over_all_items(context: Context, language: str) -> pd.Series | None:
    """The rate of all items together in ``language``, or of everybody."""
    variable = ALL if language == ALL else LANGUAGE
    return context.bundle.row("missing_by_group", scale=ALL_ITEMS, variable=variable, level=language)


def pattern_title(context: Context, pattern: str) -> str:
    """What is open in a pattern."""
    if pattern in ("(none)", "(other)"):
        return context.say(f"pattern {pattern}")
    return capital(context.listed([context.scale(scale).lower() for scale in pattern.split(";")]))


def patterns_table(context: Context) -> str:
    """In which scales people left something open, together; of patterns that few people have, how many there are."""
    table = context.bundle.tables["missing_patterns"]
    shown = table[table["n"].notna()]
    n_rare = int((table["n"].isna() & (table["pattern"] != "(other)")).sum()) if len(shown) else 0
    rows = [
        [pattern_title(context, str(row["pattern"])), count(context, row, "n"), share(context, row, "share")]
        for _, row in (shown if len(shown) else table).iterrows()
    ]
    columns = [Column(context.say("head pattern"), figures=False), Column(context.say("head n"))]
    columns.append(Column(context.say("head share")))
    caption = context.say("caption missing patterns")
    text = numbered_table(context, "tbl-missing-patterns", caption, columns, rows)
    if not n_rare:
        return text
    key = "patterns rare one" if n_rare == 1 else "patterns rare"
    return f"{text}\n{note(plain(context.say(key, n=in_words(n_rare, context.language))))}"


def tests_table(context: Context) -> str:
    """Little's test of every set of items."""
    rows = []
    for _, row in context.bundle.tables["missing_tests"].iterrows():
        shown = decimal(context, row, "chisq", 1)
        if pd.notna(row["chisq"]) and pd.notna(row["df"]):
            shown += f" ({context.numbers.count(row['df'])})"
        rows.append(
            [
                context.say("set all") if row["set"] == ALL_ITEMS else context.scale(str(row["set"])),
                count(context, row, "n_obs"),
                count(context, row, "n_patterns"),
                shown,
                pvalue(context, row, "pvalue"),
                coded(context, "missing", str(row["problem"])),
            ]
        )
    columns = [Column(context.say("head scale"), figures=False)]
    columns += [Column(context.say(f"head {name}")) for name in ("n", "patterns", "chisq", "p")]
    columns.append(Column(context.say("head remarks"), figures=False))
    caption = context.say("caption missing tests")
    return numbered_table(context, "tbl-missing-tests", caption, columns, rows)


def methods_table(context: Context) -> str:
    """Every quantity in every way of dealing with open answers, side by side."""
    table = context.bundle.tables["missing_methods"]
    methods = list(dict.fromkeys(table["method"]))
    rows, groups = [], []
    for scale, quantity in dict.fromkeys(table[["scale", "quantity"]].itertuples(index=False, name=None)):
        found = {m: context.bundle.row("missing_methods", scale=scale, quantity=quantity, method=m) for m in methods}
        cells = [
            context.say("inapplicable") if row is None else interval(context, row, ESTIMATE) for row in found.values()
        ]
        shared = [row for row in found.values() if row is not None and pd.notna(row["missing_information"])]
        problems = ";".join(str(row["problem"]) for row in found.values() if row is not None and row["problem"])
        rows.append(
            [
                _quantity_title(context, str(quantity)),
                *cells,
                share(context, shared[0], "missing_information") if shared else context.say("absent"),
                coded(context, "missing", problems, units=context.units),
            ]
        )
        groups.append(context.scale(scale))
    columns = [Column(context.say("head quantity"), figures=False)]
    columns += [Column(context.say(f"dealing {m}"), intervals=True) for m in methods]
    columns += [Column(context.say("head missing information")), Column(context.say("head remarks"), figures=False)]
    caption = context.say("caption missing methods", confidence=measured_confidence(context))
    return numbered_table(context, "tbl-missing-methods", caption, columns, rows, groups=groups)


def _quantity_title(context: Context, quantity: str) -> str:
    """The mean, or which two levels of a trait are compared."""
    if quantity == "mean":
        return context.say("quantity mean")
    trait = context.trait_or_none(quantity)
    if trait is None:
        return context.trait(quantity)
    levels = {"high": context.text(trait.high.label), "low": context.text(trait.low.label)}
    return context.say("quantity contrast", title=context.trait(quantity), **levels)
