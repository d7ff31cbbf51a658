"""Parts of the page on the models that say how they were estimated, and what another program makes of them."""

from __future__ import annotations

import pandas as pd

from pipeline.present.absent import all_hidden
from pipeline.present.bundle import is_hidden
from pipeline.present.context import Context, capital
from pipeline.present.markup.markdown import Column, plain
from pipeline.present.markup.tables import count, numbered_table
from pipeline.present.parts import Parts
from pipeline.present.words.numbers import NO_BREAK
from pipeline.published import decimals_of


def estimation_parts(context: Context) -> Parts:
    """``table-estimation``, ``second-opinion``."""
    parts = Parts()
    parts.texts["table-estimation"] = estimation_table(context)
    parts.texts["second-opinion"] = plain(second_opinion(context)) + "\n"
    return parts


def estimation_table(context: Context) -> str:
    """Estimator, persons, projects, errors and degrees of freedom of every model in every group."""
    rows, groups = [], []
    for _, row in context.bundle.tables["model_fit"].iterrows():
        shown = pd.notna(row["n_obs"])
        rows.append([
            capital(context.level(str(row["trait"]), str(row["level"]))),
            f"{row['estimator']}, {context.say('missing ' + str(row['missing']))}",
            count(context, row, "n_obs"),
            count(context, row, "n_projects") if shown else context.say("hidden"),
            errors_in_words(context, row),
            degrees_of_freedom(context, row),
        ])  # fmt: skip
        groups.append(context.model(str(row["model"])))
    columns = [Column(context.say("head group"), figures=False), Column(context.say("head estimator"), figures=False)]
    columns += [Column(context.say("head n")), Column(capital(context.units))]
    columns += [Column(context.say("head errors"), figures=False), Column("df")]
    caption = context.say("caption estimation", units=context.units)
    return numbered_table(context, "tbl-estimation", caption, columns, rows, groups=groups)


def errors_in_words(context: Context, row: pd.Series) -> str:
    """The kind of standard errors of a model, and why it is not the one asked for."""
    told = [context.say(f"errors {row['errors']}", unit=context.unit, units=context.units)]
    codes = filter(None, str(row["note"]).split(";"))
    told += [context.say(f"fitting {code}", unit=context.unit, units=context.units) for code in codes]
    return "; ".join(told)


def degrees_of_freedom(context: Context, row: pd.Series) -> str:
    """Lowest and highest degrees of freedom of a group's standardised estimates; a dash for a normal reference."""
    if is_hidden(row, "n_obs"):
        return context.say("hidden")
    keys = {name: str(row[name]) for name in ("model", "trait", "level")}
    found = context.bundle.rows("parameters", **keys)["std_all_df_t"].dropna()
    if row["admissible"] != "true":
        return context.say("absent")
    if found.empty:
        return context.say("inapplicable")
    low, high = (context.numbers.number(end, 1) for end in (found.min(), found.max()))
    return low if low == high else context.say("df between", low=low, high=high)


def second_opinion(context: Context) -> str:
    """How far semopy's estimates lie from ours, over all models it was asked about."""
    table = context.bundle.tables["second_opinions"]
    shown = table[table["n_obs"].notna()]
    available = shown[shown["available"] == "true"]
    if available.empty:
        return context.say("opinion hidden" if all_hidden(context) else "opinion none")
    numbers = context.numbers
    figures = {
        name: _largest(context, available[column])
        for name, column in (("estimate", "estimate_difference"), ("se", "se_difference"))
    }
    program = str(available["program"].iloc[0])
    fits = context.bundle.tables["model_fit"]
    same = ((fits["estimator"] == "ML") & (fits["missing"] == "listwise")).all()
    key = "opinion same" if same else "opinion complete"
    said = context.say(key, program=program, n=numbers.count(len(available)), **figures)
    stopped = int((available["converged"] != "true").sum())
    refused = len(shown) - len(available)
    if stopped:
        said += " " + context.say("opinion stopped", n=numbers.count(stopped))
    if refused:
        said += " " + context.say("opinion refused", n=numbers.count(refused))
    return said


def _largest(context: Context, differences: pd.Series) -> str:
    """The largest difference to the decimals it is published with; ``< 0,00001`` where that would be nothing."""
    decimals = decimals_of("second_opinions", str(differences.name))
    value = float(differences.max())
    if value < 10.0**-decimals / 2:
        return f"<{NO_BREAK}{context.numbers.number(10.0**-decimals, decimals)}"
    return context.numbers.number(value, decimals)
