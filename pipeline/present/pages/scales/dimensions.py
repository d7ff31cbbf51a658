"""How many things the questions measure: eigenvalues against chance, exploratory factors beside confirmatory ones."""

from __future__ import annotations

import functools

import pandas as pd

from pipeline.present.absent import untold
from pipeline.present.context import Context, capital
from pipeline.present.markup.figures import add_figure
from pipeline.present.markup.markdown import Column, note, plain
from pipeline.present.markup.tables import count, decimal, numbered_table, share
from pipeline.present.pages.scales.scree import Panel, draw_scree
from pipeline.present.parts import Parts
from pipeline.present.words.groups import coded, measured_confidence, primary_scales
from pipeline.present.words.numbers import in_words
from pipeline.present.words.people import range_of_n

ALL_ITEMS = "all"
CROSS_LOADING = 0.32
"""Tabachnick and Fidell's rule of thumb (Costello and Osborne 2005, p. 4): at .32 an item shares 10 % of variance."""
METHODS = ("components", "factors")


def dimensions_parts(context: Context) -> Parts:
    """``dimensions-summary``, ``figure-scree``, ``table-parallel``, ``table-exploratory``,
    ``table-exploratory-other``, ``table-exploratory-fit``, ``table-exploratory-correlations``."""
    parts = Parts()
    parts.texts["dimensions-summary"] = plain(dimensions_summary(context)) + "\n"
    panels = scree_panels(context)
    bases = context.bundle.rows("parallel_analysis", set=ALL_ITEMS)["n_obs"]
    caption = context.say(
        "caption scree", confidence=measured_confidence(context), n=range_of_n(context, bases), people=context.people
    )
    draw = functools.partial(draw_scree, context, panels) if panels else None
    parts.texts["figure-scree"] = add_figure(parts, context, "fig-scree", caption, draw)
    parts.texts["table-parallel"] = parallel_table(context)
    parts.texts["table-exploratory"] = exploratory_table(context, ALL_ITEMS, "declared", "tbl-exploratory")
    parts.texts["table-exploratory-other"] = other_solutions(context)
    parts.texts["table-exploratory-fit"] = exploratory_fit_table(context)
    parts.texts["table-exploratory-correlations"] = factor_correlations_table(context)
    return parts


def kept(context: Context, name: str, method: str, answers: str = "continuous") -> int | None:
    """How many dimensions of a set stand above chance; None when that is not known or not shown."""
    rows = context.bundle.rows("parallel_analysis", set=name, method=method, answers=answers)
    if rows.empty or rows["eigenvalue"].isna().any():
        return None
    return int((rows["kept"] == "true").sum())


def dimensions_summary(context: Context) -> str:
    """Whether the items of the primary scales fall apart in as many things as there are scales."""
    scales = primary_scales(context)
    found = kept(context, ALL_ITEMS, "factors")
    if found is None:
        return untold(context, "dimensions unknown")
    words = {"found": in_words(found, context.language), "n": in_words(len(scales), context.language)}
    text = context.say("dimensions as many" if found == len(scales) else "dimensions other", **words)
    crossing = cross_loading_items(context)
    if crossing is None:
        return text
    if not crossing:
        return f"{text} {context.say('dimensions no crossing')}"
    listed = context.listed([f"‘{context.question(item).rstrip('.')}’" for item in crossing])
    return f"{text} {context.say('dimensions crossing', items=listed)}"


def cross_loading_items(context: Context) -> list[str] | None:
    """Items of the declared solution that load on another scale's factor; None where there is no solution to see."""
    rows = context.bundle.rows("exploratory_loadings", set=ALL_ITEMS, solution="declared")
    rows = rows[rows["loading"].notna()]
    if rows.empty:
        return None
    away = (rows["factor_scale"] != rows["scale"]) & (rows["loading"].abs() >= CROSS_LOADING)
    return list(dict.fromkeys(rows.loc[away, "item"]))


def scree_panels(context: Context) -> list[Panel]:
    """A panel per method: eigenvalues of all primary items together, and those of chance."""
    panels = []
    for method in METHODS:
        rows = context.bundle.rows("parallel_analysis", set=ALL_ITEMS, method=method, answers="continuous")
        rows = rows[rows["eigenvalue"].notna() & rows["reference"].notna()]
        if len(rows) > 1:
            panels.append(
                Panel(
                    context.say(f"method {method}"),
                    rows["eigenvalue"].astype(float).tolist(),
                    rows["reference"].astype(float).tolist(),
                    int((rows["kept"] == "true").sum()),
                )
            )
    return panels


def parallel_table(context: Context) -> str:
    """How many dimensions every set of items has, by method and kind of correlation."""
    table = context.bundle.tables["parallel_analysis"]
    rows, groups = [], []
    for name in dict.fromkeys(table["set"]):
        for answers in dict.fromkeys(table.loc[table["set"] == name, "answers"]):
            of_set = table[(table["set"] == name) & (table["answers"] == answers)]
            first = of_set.iloc[0]
            cells = [
                context.say(f"answers {answers}"),
                count(context, first, "n_obs"),
                count(context, first, "n_items"),
            ]
            for method in METHODS:
                number = kept(context, str(name), method, str(answers))
                unknown = context.say("hidden" if pd.isna(first["n_obs"]) else "absent")
                cells.append(unknown if number is None else context.numbers.count(number))
            codes = dict.fromkeys(code for codes in of_set["problem"] for code in str(codes).split(";"))
            rows.append([*cells, coded(context, "problem", ";".join(codes))])
            groups.append(context.say("set all") if name == ALL_ITEMS else context.scale(str(name)))
    columns = [Column(context.say("head answers"), figures=False)]
    columns += [Column(context.say(f"head {name}")) for name in ("n", "items", "kept components", "kept factors")]
    columns.append(Column(context.say("head remarks"), figures=False))
    caption = context.say("caption parallel", confidence=measured_confidence(context))
    return numbered_table(context, "tbl-parallel", caption, columns, rows, groups=groups)


def set_title(context: Context, name: str) -> str:
    """What a set of items is called."""
    if name == ALL_ITEMS:
        return context.say("set all")
    return capital(context.listed([context.scale(scale).lower() for scale in name.split(";")]))


def factor_title(context: Context, factor: str, scale: str) -> str:
    """A factor by the scale whose items it has; by its number where that is not clear."""
    return context.scale(scale) if scale else context.say("factor", number=factor)


def exploratory_table(context: Context, name: str, solution: str, identifier: str) -> str:
    """Items by factors, beside the confirmatory loading; what loads elsewhere is marked."""
    table = context.bundle.rows("exploratory_loadings", set=name, solution=solution)
    factors = list(dict.fromkeys(table["factor"]))
    rows, groups = [], []
    for (scale, item), of_item in table.groupby(["scale", "item"], sort=False):
        by_factor = {str(row["factor"]): row for _, row in of_item.iterrows()}
        cells = [
            loading_cell(context, by_factor[f], str(scale)) if f in by_factor else context.say("inapplicable")
            for f in factors
        ]
        own = of_item[of_item["factor_scale"] == scale]
        confirmatory = decimal(context, own.iloc[0], "confirmatory") if len(own) else context.say("inapplicable")
        first = of_item.iloc[0]
        remarks = coded(context, "problem", str(first["problem"]))
        rows.append([context.question(str(item)), *cells, decimal(context, first, "uniqueness"), confirmatory, remarks])
        groups.append(context.scale(str(scale)))
    owners = {str(f): str(s) for f, s in zip(table["factor"], table["factor_scale"], strict=True)}
    columns = [Column(context.say("head item"), figures=False)]
    columns += [Column(factor_title(context, str(f), owners[str(f)])) for f in factors]
    columns += [Column(context.say("head uniqueness")), Column(context.say("head confirmatory"))]
    columns.append(Column(context.say("head remarks"), figures=False))
    key = "caption exploratory" if solution == "declared" else "caption exploratory suggested"
    caption = context.say(
        key, set=set_title(context, name).lower(), n=range_of_n(context, table["n_obs"]),
        limit=context.numbers.number(CROSS_LOADING),
    )  # fmt: skip
    return numbered_table(context, identifier, caption, columns, rows, groups=groups)


def loading_cell(context: Context, row: pd.Series, scale: str) -> str:
    """A pattern loading, with a mark where it is one on another scale's factor."""
    shown = decimal(context, row, "loading")
    value = row["loading"]
    crossing = pd.notna(value) and abs(value) >= CROSS_LOADING and str(row["factor_scale"]) not in ("", scale)
    return f"{shown} ◄" if crossing else shown


def other_solutions(context: Context) -> str:
    """Every solution but the declared one of all items: the number of factors suggested, the two closest scales."""
    table = context.bundle.tables["exploratory_loadings"]
    pairs = dict.fromkeys(table[["set", "solution"]].itertuples(index=False, name=None))
    texts = [
        exploratory_table(context, str(name), str(solution), f"tbl-exploratory-{number}")
        for number, (name, solution) in enumerate(pairs, start=1)
        if (name, solution) != (ALL_ITEMS, "declared")
    ]
    return "\n".join(texts) or note(plain(context.say("exploratory no other")))


def exploratory_fit_table(context: Context) -> str:
    """How well every exploratory solution describes the correlations."""
    rows, groups = [], []
    for _, row in context.bundle.tables["exploratory_fit"].iterrows():
        rows.append(
            [
                context.say(f"solution {row['solution']}"),
                context.say(f"extraction {row['method']}"),
                count(context, row, "n_factors"),
                count(context, row, "n_obs"),
                share(context, row, "explained"),
                *(
                    decimal(context, row, name) if name == "rmsr" or row["method"] == "ml" else ""
                    for name in ("rmsr", "rmsea", "tli")
                ),
                coded(context, "problem", str(row["problem"])),
            ]
        )
        groups.append(set_title(context, str(row["set"])))
    columns = [Column(context.say("head solution"), figures=False), Column(context.say("head method"), figures=False)]
    columns += [Column(context.say(f"head {name}")) for name in ("n factors", "n", "explained")]
    columns += [Column(name) for name in ("RMSR", "RMSEA", "TLI")]
    columns.append(Column(context.say("head remarks"), figures=False))
    caption = context.say("caption exploratory fit")
    return numbered_table(context, "tbl-exploratory-fit", caption, columns, rows, groups=groups)


def factor_correlations_table(context: Context) -> str:
    """Correlations of the factors, exploratory beside confirmatory."""
    rows, groups = [], []
    for _, row in context.bundle.tables["exploratory_correlations"].iterrows():
        sides = [factor_title(context, str(row[f"factor_{s}"]), str(row[f"factor_scale_{s}"])) for s in ("a", "b")]
        rows.append([" – ".join(sides), decimal(context, row, "r"), decimal(context, row, "confirmatory")])
        groups.append(f"{set_title(context, str(row['set']))}: {context.say('solution ' + str(row['solution']))}")
    columns = [Column(context.say("head factors"), figures=False)]
    columns += [Column(context.say(f"head {name}")) for name in ("exploratory", "confirmatory")]
    caption = context.say("caption factor correlations")
    return numbered_table(context, "tbl-exploratory-correlations", caption, columns, rows, groups=groups)
