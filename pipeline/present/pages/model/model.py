"""Parts of the page on the models: diagrams, coefficients, fit, and what went wrong."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import pandas as pd

from pipeline.declare import Trait
from pipeline.present.bundle import is_hidden
from pipeline.present.context import Context, as_code, capital
from pipeline.present.markup.figures import add_figure, add_picture
from pipeline.present.markup.markdown import Column, fenced, floating, note, plain, slug
from pipeline.present.markup.tables import count, decimal, interval, numbered_table, pvalue
from pipeline.present.pages.model.path_layout import PathGraph, graph_of
from pipeline.present.pages.model.paths import PathEstimates, draw_paths, estimates_of
from pipeline.present.pages.scales.scales import chi_square
from pipeline.present.parts import Parts

STD = ("std_all", "std_all_ci_lower", "std_all_ci_upper")


@dataclass(frozen=True)
class Diagram:
    """One group's diagram: its estimates, or (``trouble``) why there are none."""

    shown: PathEstimates | None
    trouble: str = ""


def model_parts(context: Context) -> Parts:
    """``model-summary``, ``figure-paths``, ``figures-paths-groups``, ``table-coefficients``,
    ``table-latent-correlations``, ``table-loadings``, ``table-model-fit``, ``model-problems``,
    ``model-syntax``."""
    parts = Parts()
    main = main_model(context)
    graph = graph_of(context.bundle.overall("parameters", model=main)) if main else None
    if graph is not None and not graph.arrows:
        graph = None
    names = variable_names(context, main) if main else {}
    parts.texts["model-summary"] = plain(summary(context, main)) + "\n"
    parts.texts["figure-paths"] = paths_figure(parts, context, main, graph, names)
    parts.texts["figures-paths-groups"] = group_figures(parts, context, main, graph, names)
    parts.texts["table-coefficients"] = coefficients_table(context, main, graph, names)
    measurement = measurement_model(context)
    parts.texts["table-latent-correlations"] = correlations_table(context, measurement)
    parts.texts["table-loadings"] = loadings_table(context, measurement or main)
    parts.texts["table-model-fit"] = fit_table(context)
    parts.texts["model-problems"] = problems(context)
    parts.texts["model-syntax"] = "\n".join(fenced(context.study.models[m], "r") for m in context.study.params.models)
    return parts


def main_model(context: Context) -> str | None:
    """The model with arrows that most claims live in; the first with arrows when none does."""
    table = context.bundle.tables["parameters"]
    with_arrows = [m for m in context.study.params.models if ((table["model"] == m) & (table["op"] == "~")).any()]
    claims = [claim.model for claim in context.study.claims.claims]
    return max(with_arrows, key=claims.count) if with_arrows else None


def measurement_model(context: Context) -> str | None:
    """The first model in which constructs only covary."""
    for model in context.study.params.models:
        rows = context.bundle.overall("parameters", model=model)
        if len(rows) and not (rows["op"] == "~").any() and rows.loc[rows["op"] == "=~", "lhs"].nunique() > 1:
            return model
    return None


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


def diagram(context: Context, model: str, graph: PathGraph, trait: str = "all", level: str = "all") -> Diagram:
    """What can be drawn of a model in one group."""
    row = fit_row(context, model, trait, level)
    if not usable(row):
        return Diagram(None, trouble(context, row))
    found = estimates_of(graph, context.bundle.rows("parameters", model=model, trait=trait, level=level))
    return Diagram(found) if found.arrows else Diagram(None, context.say("no diagram"))


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


def summary(context: Context, main: str | None) -> str:
    """Whether the main model fits."""
    row = fit_row(context, main) if main else None
    if row is None or not usable(row):
        return trouble(context, row)
    columns = {name: _chosen(row, name, f"{name}_robust") for name in ("cfi", "rmsea")} | {"srmr": "srmr"}
    # Hu and Bentler (1999, p. 27): CFI close to .95, RMSEA close to .06, SRMR close to .08
    good = row[columns["cfi"]] >= 0.95 and row[columns["rmsea"]] <= 0.06 and row["srmr"] <= 0.08
    figures = {name: decimal(context, row, column) for name, column in columns.items()}
    return context.say(
        "model summary good" if good else "model summary poor", n=count(context, row, "n_obs"), **figures
    )


def paths_figure(
    parts: Parts, context: Context, main: str | None, graph: PathGraph | None, names: dict[str, str]
) -> str:
    """``fig-paths``: everybody together."""
    group = context.say("group everybody")
    if main is None or graph is None:
        return _empty("fig-paths", context.say("no diagram"), context.say("figure paths", group=group))
    found = diagram(context, main, graph)
    if found.shown is None:
        return _empty("fig-paths", found.trouble, context.say("figure paths", group=group))
    row = fit_row(context, main)
    n_units = (
        ""
        if row is None or pd.isna(row["n_projects"]) or not row["n_projects"]
        else context.say("caption paths n units", n=count(context, row, "n_projects"), units=context.units)
    )
    n = "" if row is None else count(context, row, "n_obs")
    confidence = context.numbers.number(100 * context.study.params.structure.confidence, 0)
    caption = context.say("caption paths", group=group, n=n, n_units=n_units, confidence=confidence)
    draw = functools.partial(draw_paths, context, graph, found.shown, names, group)
    return add_figure(parts, context, "fig-paths", caption, draw)


def group_figures(
    parts: Parts, context: Context, main: str | None, graph: PathGraph | None, names: dict[str, str]
) -> str:
    """``fig-paths-<trait>``: both levels below each other."""
    return "\n".join(
        _trait_figure(parts, context, trait, main, graph, names) for trait in context.study.declaration.traits
    )


def _trait_figure(
    parts: Parts, context: Context, trait: Trait, main: str | None, graph: PathGraph | None, names: dict[str, str]
) -> str:
    identifier = f"fig-{slug('paths', trait.name)}"
    caption = context.say("caption paths groups", trait=context.text(trait.title))
    if main is None or graph is None:
        return _empty(identifier, context.say("no diagram"), caption)
    pictures = []
    diagrams = {level.value: diagram(context, main, graph, trait.name, level.value) for level in trait.levels}
    last = [level for level, found in diagrams.items() if found.shown is not None][-1:]  # one legend for all, below
    for level in trait.levels:
        label = capital(context.text(level.label))
        found = diagrams[level.value]
        row = fit_row(context, main, trait.name, level.value)
        n = "" if row is None else f" (n = {count(context, row, 'n_obs')})"
        pictures.append(f"**{plain(label)}**{n}\n")
        if found.shown is None:
            pictures.append(note(plain(found.trouble)))
        else:
            draw = functools.partial(draw_paths, context, graph, found.shown, names, label, legend=level.value in last)
            pictures.append(add_picture(parts, context, f"{identifier}-{slug(level.value)}", draw))
    return floating(identifier, "\n".join(pictures), plain(caption))


def _empty(identifier: str, text: str, caption: str) -> str:
    return floating(identifier, note(plain(text)), plain(caption))


def coefficients_table(context: Context, main: str | None, graph: PathGraph | None, names: dict[str, str]) -> str:
    """A row per arrow and per pair, a column per group."""
    confidence = context.numbers.number(100 * context.study.params.structure.confidence, 0)
    caption = context.say("caption coefficients", confidence=confidence)
    if main is None or graph is None:
        return numbered_table(context, "tbl-coefficients", caption, [], [])
    groups = [("all", "all"), *((t.name, level.value) for t in context.study.declaration.traits for level in t.levels)]
    groups = [g for g in groups if fit_row(context, main, *g) is not None]
    rows = []
    for op, arrow, pairs in (("~", " → ", graph.arrows), ("~~", " ↔ ", graph.pairs)):
        for a, b in pairs:
            cells = [_coefficient(context, main, group, op, a, b) for group in groups]
            rows.append([f"{names[a]}{arrow}{names[b]}", *cells])
    columns = [Column(context.say("head path"), figures=False)]
    columns += [Column(capital(context.level(trait, level)), intervals=True) for trait, level in groups]
    return numbered_table(context, "tbl-coefficients", caption, columns, rows)


def _coefficient(context: Context, model: str, group: tuple[str, str], op: str, a: str, b: str) -> str:
    trait, level = group
    fit = fit_row(context, model, trait, level)
    if fit is not None and is_hidden(fit, "n_obs"):
        return context.say("hidden")
    if not usable(fit):
        return context.say("absent")
    rows = context.bundle.rows("parameters", model=model, trait=trait, level=level, op=op)
    ends = (rows["lhs"] == b) & (rows["rhs"] == a)
    if op == "~~":
        ends |= (rows["lhs"] == a) & (rows["rhs"] == b)
    return interval(context, rows[ends].iloc[0], STD) if ends.any() else context.say("inapplicable")


def latent_correlations(context: Context, model: str) -> pd.DataFrame:
    """Rows of the correlations between constructs, when the model can be shown."""
    if not usable(fit_row(context, model)):
        return context.bundle.tables["parameters"].iloc[:0]
    rows = context.bundle.overall("parameters", model=model)
    latent = set(rows.loc[rows["op"] == "=~", "lhs"])
    both = rows["lhs"].isin(latent) & rows["rhs"].isin(latent)
    return rows[(rows["op"] == "~~") & both & (rows["lhs"] != rows["rhs"])]


def correlations_table(context: Context, model: str | None) -> str:
    """Correlations of the constructs, the lower half of a square."""
    confidence = context.numbers.number(100 * context.study.params.structure.confidence, 0)
    caption = context.say("caption latent correlations", confidence=confidence)
    table = latent_correlations(context, model) if model else None
    if model is None or table is None or table.empty:
        return numbered_table(context, "tbl-latent-correlations", caption, [], [])
    names = variable_names(context, model)
    rows_of_model = context.bundle.overall("parameters", model=model)
    latent = list(dict.fromkeys(rows_of_model.loc[rows_of_model["op"] == "=~", "lhs"]))
    found = {frozenset((row["lhs"], row["rhs"])): row for _, row in table.iterrows()}
    rows = []
    for i, a in enumerate(latent[1:], start=1):
        cells = [
            interval(context, found[pair], STD) if (pair := frozenset((a, b))) in found else context.say("inapplicable")
            for b in latent[:i]
        ]
        rows.append([names[a], *cells, *([""] * (len(latent) - 1 - i))])
    columns = [Column("", figures=False), *(Column(names[name]) for name in latent[:-1])]
    return numbered_table(context, "tbl-latent-correlations", caption, columns, rows)


def loadings_table(context: Context, model: str | None) -> str:
    """Standardised loadings among everybody, grouped by construct."""
    confidence = context.numbers.number(100 * context.study.params.structure.confidence, 0)
    caption = context.say("caption loadings", confidence=confidence)
    if model is None or not usable(fit_row(context, model)):
        return numbered_table(context, "tbl-loadings", caption, [], [])
    names = variable_names(context, model)
    table = context.bundle.overall("parameters", model=model, op="=~")
    rows = [[context.question(str(row["rhs"])), interval(context, row, STD)] for _, row in table.iterrows()]
    groups = [names[str(name)] for name in table["lhs"]]
    columns = [Column(context.say("head item"), figures=False), Column(context.say("head loading"))]
    return numbered_table(context, "tbl-loadings", caption, columns, rows, groups=groups)


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
    """Which models gave no solution that can be true, and what the estimator says of it."""
    told = []
    for _, row in context.bundle.tables["model_fit"].iterrows():
        if usable(row) or is_hidden(row, "n_obs"):
            continue
        group = context.level(str(row["trait"]), str(row["level"]))
        message = f": {row['message']}" if row["message"] else ""
        told.append(f"- {plain(as_code(str(row['model'])))}, {plain(group)}{plain(message)}")
    if not told:
        return plain(context.say("model problems none")) + "\n"
    return plain(context.say("model problems")) + "\n\n" + "\n".join(told) + "\n"
