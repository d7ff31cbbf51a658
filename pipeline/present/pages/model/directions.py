"""Parts of the page on the models that ask which way an arrow points, and what runs through something else."""

from __future__ import annotations

import functools

import pandas as pd

from pipeline.present.absent import untold
from pipeline.present.bundle import is_hidden
from pipeline.present.context import Context, capital
from pipeline.present.drawing.colours import SURE, UNSURE
from pipeline.present.drawing.dots import Dots, Key, Mark, Row, Section, axis_over, draw_dots, ends_of, mark_from
from pipeline.present.markup.figures import add_figure
from pipeline.present.markup.markdown import Column, plain
from pipeline.present.markup.tables import chi_square, count, decimal, interval, numbered_table, pvalue
from pipeline.present.pages.model.fit import (
    chi_square_shown,
    fit_row,
    measure,
    pvalue_shown,
    usable,
    variable_names,
)
from pipeline.present.pages.model.model import STD, main_model
from pipeline.present.parts import Parts
from pipeline.present.words.numbers import in_words
from pipeline.present.words.people import range_of_n

DRAWN = ("std_all", "ci_lower", "ci_upper")
DELTA = ("std_all", "delta_ci_lower", "delta_ci_upper")


def directions_parts(context: Context) -> Parts:
    """``directions-summary``, ``table-directions``, ``indirect-summary``, ``figure-indirect``, ``table-indirect``."""
    parts = Parts()
    parts.texts["directions-summary"] = "\n\n".join(map(plain, directions_summary(context))) + "\n"
    parts.texts["indirect-summary"] = plain(indirect_summary(context)) + "\n"
    parts.texts["table-directions"] = directions_table(context)
    parts.texts["figure-indirect"] = indirect_figure(parts, context)
    parts.texts["table-indirect"] = indirect_table(context)
    return parts


def _names(context: Context) -> dict[str, str]:
    """What the main model calls its variables."""
    main = main_model(context)
    return variable_names(context, main) if main else {}


def path_in_words(context: Context, path: str) -> str:
    """``SC ~ HS`` as ``Housing satisfaction → Social cohesion``; of several (``; ``) each."""
    names = _names(context)
    told = []
    for one in path.split("; "):
        lhs, op, rhs = one.split(" ", 2)
        a, b = (names.get(name, context.variable(name)) for name in (lhs, rhs))
        told.append(f"{b} → {a}" if op == "~" else f"{a} ↔ {b}")
    return "; ".join(told)


def chain_in_words(context: Context, path: str) -> str:
    """``dummy -> A -> B`` in words; an expression as it stands."""
    if " -> " not in path:
        return path
    names = _names(context)
    return " → ".join(names.get(name, context.variable(name)) for name in path.split(" -> "))


def directions_summary(context: Context) -> list[str]:
    """Paragraphs: how many directions fit equally well, and why the main model is not among them."""
    table = context.bundle.tables["directions"]
    if table.empty:
        return [context.say("directions none")]
    shown = table[(table["equivalent"] != "") & table["chisq"].notna()]
    if shown.empty:
        return [untold(context, "directions not fitted")]
    sizes = shown["equivalent"].value_counts(sort=False)
    if sizes.max() < 2:
        return [context.say("directions apart")]
    same = shown[shown["equivalent"] == sizes.idxmax()]
    paths = context.listed([path_in_words(context, str(path)) for path in same["path"]])
    all_of_them = len(same) == len(table)
    n = in_words(len(same), context.language)
    told = context.say(
        "directions all" if all_of_them else "directions some", n=n if all_of_them else capital(n), paths=paths,
        chisq=chi_square(context, same.iloc[0], "chisq"),
    )  # fmt: skip
    beside = _main_beside(context, same.iloc[0])
    return [told, beside] if beside else [told]


def _main_beside(context: Context, other: pd.Series) -> str:
    """What the main model leaves out that ``other`` has, and whether it is missed; empty where that cannot be told."""
    main = main_model(context)
    row = fit_row(context, main) if main else None
    if main is None or row is None or not usable(row):
        return ""
    figures = (row["bic"], other["bic"], row["df"], other["df"])
    # BIC compares fits to the same persons alone
    if any(map(pd.isna, figures)) or row["df"] <= other["df"] or row["n_obs"] != other["n_obs"]:
        return ""
    fewer = int(row["df"] - other["df"])
    return context.say(
        "directions main one" if fewer == 1 else "directions main more", main=context.model(main),
        n=in_words(fewer, context.language), df=context.numbers.count(row["df"]),
        other_df=context.numbers.count(other["df"]), bic=decimal(context, row, "bic", 1),
        other_bic=decimal(context, other, "bic", 1),
        better=context.say("directions main better" if row["bic"] < other["bic"] else "directions main worse"),
    )  # fmt: skip


def directions_table(context: Context) -> str:
    """A row per direction, those that fit equally well together; the main model below them."""
    table = context.bundle.tables["directions"]
    sizes = table["equivalent"].value_counts()
    several = (sizes.drop("", errors="ignore") > 1).sum() > 1
    rows, groups = [], []
    for _, row in table.sort_values(
        "equivalent", key=lambda letters: letters.replace("", "~"), kind="stable"
    ).iterrows():
        letter = str(row["equivalent"])
        rows.append([
            path_in_words(context, str(row["path"])), interval(context, row, STD), chi_square(context, row, "chisq"),
            pvalue(context, row, "pvalue"), decimal(context, row, "cfi"), decimal(context, row, "rmsea"),
            decimal(context, row, "bic", 1), count(context, row, "n_obs"),
        ])  # fmt: skip
        key = "directions no letter" if not letter else "directions alone" if sizes[letter] < 2 else "directions equal"
        key += " lettered" if several and key == "directions equal" else ""
        groups.append(context.say(key, letter=letter))
    main = main_model(context)
    fit = fit_row(context, main) if main and len(table) else None
    if main is not None and fit is not None and usable(fit):
        rows.append([
            context.model(main), "", chi_square_shown(context, fit), pvalue_shown(context, fit),
            measure(context, fit, "cfi"), measure(context, fit, "rmsea").split(" ")[0], decimal(context, fit, "bic", 1),
            count(context, fit, "n_obs"),
        ])  # fmt: skip
        groups.append(context.say("directions for comparison"))
    columns = [
        Column(context.say("head direction"), figures=False),
        Column(context.say("head standardised"), intervals=True),
    ]
    columns += [Column(context.say("head chisq")), Column(context.say("head p")), Column("CFI"), Column("RMSEA")]
    columns += [Column("BIC"), Column(context.say("head n"))]
    caption = context.say("caption directions", confidence=_confidence(context))
    return numbered_table(context, "tbl-directions", caption, columns, rows, groups=groups)


def _confidence(context: Context) -> str:
    return context.numbers.number(100 * context.study.params.structure.confidence, 0)


def _model_heading(context: Context, model: str) -> str:
    """The arrow that makes this model another than the others."""
    row = context.bundle.row("directions", model=model)
    if row is None or not row["path"]:
        return context.model(model)
    return context.say("indirect in model", path=path_in_words(context, str(row["path"])))


def indirect_figure(parts: Parts, context: Context) -> str:
    """``fig-indirect``: the interval of draws, and below it that of the delta method."""
    table = context.bundle.tables["indirect_effects"]
    table = table[table["message"] != "not_defined"]  # of a kind that is not here: the table says so
    sections = []
    for model, group in table.groupby("model", sort=False):
        rows = [_indirect_row(context, row) for _, row in group.iterrows()]
        sections.append(Section(_model_heading(context, str(model)), rows))
    caption = context.say(
        "caption figure indirect", confidence=_confidence(context), n=range_of_n(context, table["n_obs"])
    )
    drawn = any(row.marks for section in sections for row in section.rows)
    draw = functools.partial(draw_dots, context, _indirect_dots(context, table, sections)) if drawn else None
    return add_figure(parts, context, "fig-indirect", caption, draw)


def indirect_summary(context: Context) -> str:
    """How many effects through something else have an interval without zero, and which."""
    told: dict[str, bool] = {}
    for _, row in context.bundle.tables["indirect_effects"].iterrows():
        lower, upper = DRAWN[1:] if pd.notna(row["ci_lower"]) else DELTA[1:]
        if pd.notna(row["std_all"]) and pd.notna(row[lower]):
            name = f"{chain_in_words(context, str(row['path']))} ({_model_heading(context, str(row['model']))})"
            told[name] = bool(row[lower] > 0 or row[upper] < 0)
    if not told:
        return untold(context, "indirect unknown")
    sure = [name for name, is_sure in told.items() if is_sure]
    key = "indirect sure none" if not sure else "indirect all" if len(sure) == len(told) else "indirect some"
    if len(sure) == len(told) == 2:
        key = "indirect both"
    n, total = (in_words(len(some), context.language) for some in (sure, told))
    return context.say(key, n=n, total=total, found="; ".join(sure))


def _indirect_row(context: Context, row: pd.Series) -> Row:
    label = chain_in_words(context, str(row["path"]))
    if pd.isna(row["std_all"]):
        return Row(label, [], context.say("hidden" if is_hidden(row, "std_all") else "absent"))
    marks: list[Mark] = []
    if pd.notna(row["ci_lower"]):
        marks.append(mark_from(row, DRAWN))
    if pd.notna(row["delta_ci_lower"]):
        marks.append(mark_from(row, DELTA, colour=UNSURE, hollow=True, lane=len(marks)))
    return Row(label, marks)


def _indirect_dots(context: Context, table: pd.DataFrame, sections: list[Section]) -> Dots:
    told = "; ".join(
        f"{row.label}: {context.numbers.estimate(row.marks[0].value, row.marks[0].lower, row.marks[0].upper)}"
        for section in sections
        for row in section.rows
        if row.marks
    )
    drawn = table[table["ci_lower"].notna()]
    keys = [
        Key(context.say(f"indirect key {units}", units=context.units), SURE) for units in dict.fromkeys(drawn["units"])
    ]
    keys.append(Key(context.say("indirect key delta"), UNSURE, "ring"))
    description = context.say("alt indirect", details=told)
    axis = axis_over(ends_of(sections), include=(0.0,))
    return Dots(context.say("figure indirect"), description, sections, axis, keys)


def indirect_table(context: Context) -> str:
    """A row per effect, by the model that defines it."""
    table = context.bundle.tables["indirect_effects"]
    rows, groups = [], []
    for _, row in table.iterrows():
        rows.append([
            chain_in_words(context, str(row["path"])), _by_draws(context, row), interval(context, row, DELTA),
            _draws(context, row), count(context, row, "n_obs"), count(context, row, "n_projects"),
        ])  # fmt: skip
        groups.append(_model_heading(context, str(row["model"])))
    head = "head by persons" if set(table["units"]) == {"persons"} else "head by projects"
    columns = [
        Column(context.say("head path"), figures=False),
        Column(context.say(head, units_capital=capital(context.units)), intervals=True),
        Column(context.say("head by formula"), intervals=True), Column(context.say("head draws"), figures=False),
        Column(context.say("head n")), Column(context.say("head units", units_capital=capital(context.units))),
    ]  # fmt: skip
    caption = context.say("caption indirect", confidence=_confidence(context))
    return numbered_table(context, "tbl-indirect", caption, columns, rows, groups=groups)


def _by_draws(context: Context, row: pd.Series) -> str:
    """The effect with the interval of draws, or why there is none."""
    if not row["message"] or is_hidden(row, "std_all"):
        return interval(context, row, DRAWN)
    key = f"indirect {row['message']}"
    return context.say(key if context.knows(key) else "indirect no solution", units=context.units)


def _draws(context: Context, row: pd.Series) -> str:
    """``1000``, with how many of them had no solution."""
    if is_hidden(row, "std_all") or not row["n_draws"] or pd.isna(row["n_draws"]):
        return ""
    n = context.numbers.count(row["n_draws"])
    failed = context.numbers.count(row["n_failed"])
    return context.say("indirect failed", n=n, failed=failed) if row["n_failed"] else n
