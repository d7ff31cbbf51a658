"""Parts of the page on the models that compare paths between kinds of projects: one model in both levels at once."""

from __future__ import annotations

import pandas as pd

from pipeline.declare import Trait
from pipeline.present.absent import untold
from pipeline.present.context import Context
from pipeline.present.markup.markdown import Column, plain
from pipeline.present.markup.tables import count, decimal, figure, interval, numbered_table, pvalue
from pipeline.present.pages.model.fit import (
    chi_square_shown,
    measure,
    pvalue_shown,
    usable_solution,
    variable_names,
)
from pipeline.present.pages.model.model import main_model
from pipeline.present.parts import Parts


def joint_parts(context: Context) -> Parts:
    """``differences-summary``, ``table-path-differences``, ``table-joint-fit``."""
    parts = Parts()
    parts.texts["differences-summary"] = plain(differences_summary(context)) + "\n"
    parts.texts["table-path-differences"] = differences_table(context)
    parts.texts["table-joint-fit"] = joint_fit_table(context)
    return parts


def main_differences(context: Context) -> pd.DataFrame:
    """Rows of the main model's paths that may be shown."""
    table = context.bundle.rows("path_differences", model=main_model(context) or "")
    return table[table["difference"].notna()]


def differences_summary(context: Context) -> str:
    """Which paths differ between the levels of a trait, after adjustment."""
    table = main_differences(context)
    if table.empty:
        return untold(context, "path differences unknown")
    alpha = context.study.params.judge.alpha
    sure = table[table["pvalue_adjusted"] < alpha]
    if sure.empty:
        return context.say("path differences none")
    names = variable_names(context, str(table["model"].iloc[0]))
    told = []
    for _, row in sure.iterrows():
        trait = context.trait_or_none(str(row["trait"]))
        if trait is None:
            continue
        level = trait.high if row["difference"] > 0 else trait.low
        path = f"{names[str(row['rhs'])]} → {names[str(row['lhs'])]}"
        told.append(context.say("path differs", path=path, level=context.text(level.label)))
    return context.say("path differences some", found="; ".join(told))


def differences_table(context: Context) -> str:
    """A row per path and trait: both levels, the difference with its interval, the adjusted p-value."""
    confidence = context.numbers.number(100 * context.study.params.structure.confidence, 0)
    caption = context.say("caption path differences", confidence=confidence)
    main = main_model(context)
    table = context.bundle.rows("path_differences", model=main or "")
    names = variable_names(context, main) if main else {}
    rows, groups = [], []
    for _, row in table.iterrows():
        rows.append([
            f"{names[str(row['rhs'])]} → {names[str(row['lhs'])]}",
            decimal(context, row, "est_high"), decimal(context, row, "est_low"),
            interval(context, row, ("difference", "ci_lower", "ci_upper"), signed=True),
            decimal(context, row, "df_t", 1), pvalue(context, row, "pvalue_adjusted"),
        ])  # fmt: skip
        groups.append(_trait_heading(context, str(row["trait"])))
    columns = [Column(context.say("head path"), figures=False)]
    columns += [Column(context.say(f"head {name}")) for name in ("first", "second", "difference")]
    columns += [Column("df"), Column(context.say("head p adjusted"))]
    return numbered_table(context, "tbl-path-differences", caption, columns, rows, groups=groups)


def _trait_heading(context: Context, name: str) -> str:
    """``Location: in a neighbourhood minus isolated``."""
    trait: Trait | None = context.trait_or_none(name)
    if trait is None:
        return name
    labels = {"high": context.text(trait.high.label), "low": context.text(trait.low.label)}
    return context.say("levels compared", trait=context.text(trait.title), **labels)


def joint_fit_table(context: Context) -> str:
    """Every model in both levels of every trait, with what is held equal and what that costs."""
    rows, groups = [], []
    for _, row in context.bundle.tables["joint_fit"].iterrows():
        good = usable_solution(row, "n_obs_high")
        cells = [context.say(f"equal {row['equal']}")]
        cells += [count(context, row, f"n_obs_{level}") for level in ("high", "low")]
        if good:
            cells += [
                chi_square_shown(context, row), pvalue_shown(context, row),
                measure(context, row, "cfi"), measure(context, row, "rmsea"),
                *_difference(context, row), "",
            ]  # fmt: skip
        else:
            hidden = pd.isna(row["n_obs_high"])
            cells += [context.say("hidden" if hidden else "absent")] * 6
            cells.append("" if hidden else context.say("model trouble"))
        rows.append(cells)
        groups.append(f"{context.model(str(row['model']))}. {_trait_heading(context, str(row['trait']))}")
    columns = [Column(context.say("head equal"), figures=False)]
    columns += [Column(context.say(f"head {name}")) for name in ("n first", "n second", "chisq", "p")]
    columns += [Column("CFI"), Column("RMSEA")]
    columns += [Column(context.say(f"head {name}")) for name in ("difference chisq", "p")]
    columns.append(Column(context.say("head remarks"), figures=False))
    caption = context.say("caption joint fit", units=context.units)
    return numbered_table(context, "tbl-joint-fit", caption, columns, rows, groups=groups)


def _difference(context: Context, row: pd.Series) -> tuple[str, str]:
    """``18,2 (15)`` and its p-value; nothing for the step that is compared with none."""
    if row["equal"] == "configural":
        return "", ""
    shown, p = decimal(context, row, "difference_chisq", 1), pvalue(context, row, "difference_pvalue")
    if pd.isna(row["difference_chisq"]):
        return shown, p
    return f"{shown} ({figure(context, row, 'difference_df', context.numbers.count)})", p
