"""Parts of the page on the models: diagrams, coefficients, fit, and what went wrong."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import pandas as pd

from pipeline.declare import Trait
from pipeline.present.absent import lone_told
from pipeline.present.bundle import is_hidden
from pipeline.present.context import Context, capital
from pipeline.present.markup.figures import add_figure, add_picture
from pipeline.present.markup.markdown import Column, fenced, floating, note, plain, slug
from pipeline.present.markup.tables import count, interval, numbered_table
from pipeline.present.pages.model.fit import fit_row, fit_table, fit_told, problems, trouble, usable, variable_names
from pipeline.present.pages.model.path_estimates import PathEstimates, estimates_of
from pipeline.present.pages.model.path_layout import PathGraph, graph_of
from pipeline.present.pages.model.paths import draw_paths
from pipeline.present.parts import Parts
from pipeline.present.words.numbers import in_words

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
    parts.texts["model-summary"] = summary(context, main, graph, names) + "\n"
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


def diagram(context: Context, model: str, graph: PathGraph, trait: str = "all", level: str = "all") -> Diagram:
    """What can be drawn of a model in one group."""
    row = fit_row(context, model, trait, level)
    if not usable(row):
        return Diagram(None, trouble(context, row))
    found = estimates_of(graph, context.bundle.rows("parameters", model=model, trait=trait, level=level))
    return Diagram(found) if found.arrows else Diagram(None, context.say("no diagram"))


def summary(context: Context, main: str | None, graph: PathGraph | None, names: dict[str, str]) -> str:
    """How many relations of the main model are clear and which is strongest; whether it fits."""
    row = fit_row(context, main) if main else None
    if main is None or row is None or not usable(row):
        return plain(trouble(context, row))
    found = diagram(context, main, graph).shown if graph is not None else None
    arrows = [plain(arrows_told(context, found, names))] if found is not None else []
    return "\n\n".join([*arrows, plain(fit_told(context, row))])


def arrows_told(context: Context, found: PathEstimates, names: dict[str, str]) -> str:
    """How many arrows and pairs have an interval without zero, and the strongest of these."""
    told = {f"{names[a]} → {names[b]}": estimate for (a, b), estimate in found.arrows.items()}
    told |= {f"{names[a]} ↔ {names[b]}": estimate for (a, b), estimate in found.pairs.items()}
    sure = {path: estimate for path, estimate in told.items() if estimate.sure}
    key = "none" if not sure else "all" if len(sure) == len(told) else "one" if len(sure) == 1 else "some"
    n, total = (in_words(len(some), context.language) for some in (sure, told))
    sentence = context.say(f"model arrows {key}", n=capital(n) if key == "some" else n, total=total)
    if not sure:
        return sentence
    path, most = max(sure.items(), key=lambda one: abs(one[1].value))
    estimate = f"{context.numbers.number(most.value)} {most.interval(context)}".strip()
    return (
        f"{sentence} {context.say('model only' if key == 'one' else 'model strongest', path=path, estimate=estimate)}"
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
    """``fig-paths-<trait>``: both levels below each other; by which traits there is nothing to compare."""
    figures = [_trait_figure(parts, context, trait, main, graph, names) for trait in context.traits]
    return "\n".join([*figures, *([f"{plain(told)}\n"] if (told := lone_told(context)) else [])])


def _trait_figure(
    parts: Parts, context: Context, trait: Trait, main: str | None, graph: PathGraph | None, names: dict[str, str]
) -> str:
    identifier = f"fig-{slug('paths', trait.name)}"
    caption = context.say("caption paths groups", trait=context.text(trait.title))
    if main is None or graph is None:
        return _empty(identifier, context.say("no diagram"), caption)
    pictures = []
    diagrams = {level.value: diagram(context, main, graph, trait.name, level.value) for level in trait.levels}
    troubles = {found.trouble for found in diagrams.values()}
    if len(troubles) == 1 and all(found.shown is None for found in diagrams.values()):
        trouble_of_both = troubles.pop()
        if trouble_of_both != context.say("no diagram hidden"):
            trouble_of_both = context.say("no diagram both", trouble=trouble_of_both)
        return _empty(identifier, trouble_of_both, caption)
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
    groups = [("all", "all"), *((t.name, level.value) for t in context.traits for level in t.levels)]
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


def _hidden(context: Context, model: str | None) -> str:
    """That nothing of a model may be shown; empty where that is not why there is nothing."""
    row = None if model is None else fit_row(context, model)
    return context.say("table hidden") if row is not None and is_hidden(row, "n_obs") else ""


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
        return numbered_table(context, "tbl-latent-correlations", caption, [], [], otherwise=_hidden(context, model))
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
        return numbered_table(context, "tbl-loadings", caption, [], [], otherwise=_hidden(context, model))
    names = variable_names(context, model)
    table = context.bundle.overall("parameters", model=model, op="=~")
    rows = [[context.question(str(row["rhs"])), interval(context, row, STD)] for _, row in table.iterrows()]
    groups = [names[str(name)] for name in table["lhs"]]
    columns = [Column(context.say("head item"), figures=False), Column(context.say("head loading"))]
    return numbered_table(context, "tbl-loadings", caption, columns, rows, groups=groups)
