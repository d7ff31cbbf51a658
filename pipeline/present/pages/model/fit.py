"""How well models fit, which of them have a solution that can be true, and why the others have none."""

from __future__ import annotations

import pandas as pd

from pipeline.present.bundle import is_hidden
from pipeline.present.context import Context, capital
from pipeline.present.markup.markdown import Column, plain
from pipeline.present.markup.tables import chi_square, count, decimal, interval, numbered_table, pvalue
from pipeline.present.words.fitting import message_in_words


def variable_names(context: Context, model: str) -> dict[str, str]:
    """The variables of a model in words; a latent variable with the items of a scale is called as the scale is."""
    rows = context.bundle.rows("parameters", model=model)
    names = {str(name): context.variable(str(name)) for name in (*rows["lhs"], *rows["rhs"])}
    loadings = rows[rows["op"] == "=~"]
    for latent, group in loadings.groupby("lhs", sort=False):
        items = set(group["rhs"])
        for scale in context.instrument.constructs:
            if names[str(latent)] == latent and set(scale.items) == items:
                names[str(latent)] = context.scale(scale.name)
    return names


def usable(row: pd.Series | None) -> bool:
    """Whether a fit found a solution that can be true and may be shown."""
    return row is not None and usable_solution(row, "n_obs")


def usable_solution(row: pd.Series, base: str) -> bool:
    """The same of a row whose persons stand in column ``base``."""
    return bool(row["converged"] == "true" and row["admissible"] == "true" and pd.notna(row[base]))


def _chosen(row: pd.Series, name: str, other: str) -> str:
    """The column of a measure of fit: its robust or scaled form ``other`` where the estimator has one."""
    return other if pd.notna(row[other]) else name


def measure(context: Context, row: pd.Series, name: str) -> str:
    """CFI, TLI or RMSEA: the robust form, or else the plain one (RMSEA then with its interval)."""
    column = _chosen(row, name, f"{name}_robust")
    if column == "rmsea":
        return interval(context, row, ("rmsea", "rmsea_ci_lower", "rmsea_ci_upper"))
    return decimal(context, row, column)


def chi_square_shown(context: Context, row: pd.Series) -> str:
    """χ² with its degrees of freedom, scaled where the estimator scales it."""
    return chi_square(context, row, _chosen(row, "chisq", "chisq_scaled"))


def pvalue_shown(context: Context, row: pd.Series) -> str:
    """The p-value of that χ²."""
    return pvalue(context, row, _chosen(row, "pvalue", "pvalue_scaled"))


def fit_row(context: Context, model: str, trait: str = "all", level: str = "all") -> pd.Series | None:
    """The fit of a model in one group."""
    return context.bundle.row("model_fit", model=model, trait=trait, level=level)


def trouble(context: Context, row: pd.Series | None) -> str:
    """Why a model has no estimates in a group."""
    if row is None:
        return context.say("no diagram")
    if is_hidden(row, "n_obs"):
        return context.say("no diagram hidden")
    if row["converged"] != "true" and pd.isna(row["npar"]):
        few = context.say("no diagram few", n=count(context, row, "n_obs"))
        return context.say("no diagram fit", message=few)
    return context.say("no diagram fit", message=context.say("no diagram trouble"))


def fit_told(context: Context, row: pd.Series) -> str:
    """Whether a model fits, by its measures of fit."""
    columns = {name: _chosen(row, name, f"{name}_robust") for name in ("cfi", "rmsea")} | {"srmr": "srmr"}
    # Hu and Bentler (1999, p. 27): CFI close to .95, RMSEA close to .06, SRMR close to .08
    good = row[columns["cfi"]] >= 0.95 and row[columns["rmsea"]] <= 0.06 and row["srmr"] <= 0.08
    figures = {name: decimal(context, row, column) for name, column in columns.items()}
    return context.say(
        "model summary good" if good else "model summary poor", n=count(context, row, "n_obs"), **figures
    )


def fit_table(context: Context) -> str:
    """Every model in every group."""
    rows, groups = [], []
    for _, row in context.bundle.tables["model_fit"].iterrows():
        good = usable(row)
        cells = [count(context, row, "n_obs")]
        if good:
            cells += [
                chi_square_shown(context, row),
                pvalue_shown(context, row),
                measure(context, row, "cfi"),
                measure(context, row, "tli"),
                measure(context, row, "rmsea"),
                decimal(context, row, "srmr"),
                "",
            ]
        else:
            hidden = is_hidden(row, "n_obs")
            why = "" if hidden else context.say("model few" if pd.isna(row["npar"]) else "model trouble")
            cells += [context.say("hidden" if hidden else "absent")] * 6 + [why]
        rows.append([capital(context.level(str(row["trait"]), str(row["level"]))), *cells])
        groups.append(context.model(str(row["model"])))
    columns = [Column(context.say("head group"), figures=False)]
    columns += [Column(context.say(f"head {name}")) for name in ("n", "chisq", "p")]
    columns += [Column(name) for name in ("CFI", "TLI", "RMSEA", "SRMR")]
    columns.append(Column(context.say("head remarks"), figures=False))
    caption = context.say("caption model fit")
    return numbered_table(context, "tbl-model-fit", caption, columns, rows, groups=groups)


def problems(context: Context) -> str:
    """Which models gave no solution that can be true, and why not; nothing of what is hidden."""
    told, n_hidden, table = [], 0, context.bundle.tables["model_fit"]
    for _, row in table.iterrows():
        n_hidden += is_hidden(row, "n_obs")
        if usable(row) or is_hidden(row, "n_obs"):
            continue
        model = str(row["model"])
        group = context.level(str(row["trait"]), str(row["level"]))
        message = message_in_words(context, str(row["message"]), variable_names(context, model))
        told.append(f"- {plain(context.model(model))}, {plain(group)}{plain(f': {message}' if message else '')}")
    if not told:
        key = (
            " absent" if table.empty else "" if not n_hidden else " hidden" if n_hidden == len(table) else " none shown"
        )
        return plain(context.say(f"model problems{key or ' none'}")) + "\n"
    return plain(context.say("model problems")) + "\n\n" + "\n".join(told) + "\n"
