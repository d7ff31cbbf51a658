"""Parts of the page on the next wave: what so many projects would tell of each claim, by simulation."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import pandas as pd

from pipeline.declare import Claim
from pipeline.present.claims import metric_of
from pipeline.present.context import Context, capital
from pipeline.present.markup.figures import add_figure
from pipeline.present.markup.markdown import Column, plain
from pipeline.present.markup.tables import decimal, numbered_table, share
from pipeline.present.pages.planning.power_figure import Curve, Panel, draw_power
from pipeline.present.parts import Parts
from pipeline.present.words.numbers import in_words

VERDICTS = ("leaning", "not_supported", "contradicted", "cannot_tell")
NEEDED = ("needed", "needed_lower", "needed_upper")


def planning_parts(context: Context) -> Parts:
    """``planning-summary``, ``planning-few``, ``figure-power``, ``table-needed``, ``table-power``."""
    parts = Parts()
    parts.texts["planning-summary"] = planning_summary(context)
    parts.texts["planning-few"] = planning_few(context)
    parts.texts["figure-power"] = power_figure(parts, context)
    parts.texts["table-needed"] = needed_table(context)
    parts.texts["table-power"] = power_table(context)
    return parts


def planning_summary(context: Context) -> str:
    """How many projects are enough: a paragraph for each strength of the effects, the first one leading."""
    table = context.bundle.tables["power_needed"]
    if table.empty:
        return plain(context.say("planning none")) + "\n"
    first, *others = (plain(_strength(context, table, effects)) for effects in dict.fromkeys(table["effects"]))
    return "\n\n".join([f"::: {{.lead}}\n{first}\n:::", *others]) + "\n"


def _strength(context: Context, table: pd.DataFrame, effects: str) -> str:
    """How many projects show how many of the claims, with effects that strong, and why not the others."""
    rows = _first_size(table[table["effects"] == effects])
    reached = rows[rows["status"] == "reached"]
    words = _words(context) | {
        "effects": effects_in_words(context, effects), "n": str(rows["n_per_project"].iloc[0]),
        "target": context.numbers.share(float(rows["target"].iloc[0])), "most": str(_sizes(context)[-1]),
    }  # fmt: skip
    if reached.empty:
        return context.say("planning no claim", **words)
    words["k"] = context.numbers.count(float(reached["needed"].max()))
    if len(reached) == len(rows):
        return context.say("planning all", **words)
    counts = {"some": in_words(len(reached), context.language), "all": in_words(len(rows), context.language)}
    told = [context.say("planning some", **counts, **words)]
    for status in ("beyond", "never"):
        if count := int((rows["status"] == status).sum()):
            told.append(context.say(f"planning some {status}", count=in_words(count, context.language), **words))
    return " ".join(told)


def planning_few(context: Context) -> str:
    """Of which claims waves of few projects tell nothing; empty where all sizes can tell."""
    if context.bundle.tables["power"].empty:
        return plain(context.say("planning none")) + "\n"
    claims, least = _too_few(context)
    if least is None:
        return ""
    said = plain(context.say("planning too few", k=least, **_words(context)))
    return "\n".join([said, "", *(f"- {plain(claim_title(context, claim))}" for claim in claims), ""])


def _too_few(context: Context) -> tuple[list[str], int | None]:
    """The claims of which waves of few projects tell nothing, and the smallest wave that tells of one of them."""
    table = context.bundle.tables["power"]
    refused = table["n_failed"] == table["replications"]
    claims = [str(claim) for claim in dict.fromkeys(table.loc[refused, "claim"])]
    told = [int(k) for k in table.loc[~refused & table["claim"].isin(claims), "n_projects"]]
    return claims, min(told, default=None)


def power_figure(parts: Parts, context: Context) -> str:
    """``fig-power``: a panel a claim, a curve for each strength of the effects, the target as a line."""
    table = context.bundle.tables["power"]
    if table.empty:
        return add_figure(parts, context, "fig-power", context.say("planning none"), None)
    rows = _first_size(table)
    panels = [Panel(claim_title(context, claim), _curves(context, rows, claim)) for claim in _claims(rows)]
    target = float(context.bundle.tables["power_needed"]["target"].iloc[0])
    _, least = _too_few(context)
    few = "" if least is None else context.say("caption figure power few", k=least, **_words(context))
    caption = context.say(
        "caption figure power", few=few, replications=context.numbers.count(float(rows["replications"].iloc[0])),
        n=rows["n_per_project"].iloc[0], confidence=context.confidence, **_words(context),
    )  # fmt: skip
    draw = functools.partial(draw_power, context, panels, target)
    return add_figure(parts, context, "fig-power", caption, draw)


def _curves(context: Context, rows: pd.DataFrame, claim: str) -> list[Curve]:
    curves = []
    for effects in dict.fromkeys(rows["effects"]):
        of_curve = rows[(rows["claim"] == claim) & (rows["effects"] == effects)]
        of_curve = of_curve.iloc[of_curve["n_projects"].astype(int).argsort(kind="stable")]
        curves.append(
            Curve(
                effects_in_words(context, effects),
                [int(k) for k in of_curve["n_projects"]],
                *([float(value) for value in of_curve[n]] for n in ("supported", "supported_lower", "supported_upper")),
            )
        )
    return curves


def needed_table(context: Context) -> str:
    """Claims down; for each strength of the effects what there is to find, and how many projects show it."""
    table = context.bundle.tables["power_needed"]
    strengths = list(dict.fromkeys(table["effects"]))
    several = table["n_per_project"].nunique() > 1
    metrics = {claim: _metric(context, claim) for claim in _claims(table)}
    rows, groups = [], []
    for n in dict.fromkeys(table["n_per_project"]):
        of_size = table[table["n_per_project"] == n]
        for claim in sorted(metrics, key=lambda claim: list(metrics.values()).index(metrics[claim])):
            rows.append(_needed_row(context, of_size[of_size["claim"] == claim], strengths))
            label = context.say(f"section {metrics[claim]}")
            groups.append(f"{label} · {n} {context.people}" if several else label)
    columns = [Column(context.say("head planning claim"), figures=False)]
    for effects in strengths:
        over = context.say("head planning over", effects=effects_in_words(context, effects))
        columns.append(Column(context.say("head planning effect"), over=over))
        needed = context.say("head planning needed", units_capital=capital(context.units))
        columns.append(Column(needed, intervals=True, over=over))
    caption = _needed_caption(context, table, _sizes(context))
    return numbered_table(context, "tbl-needed", caption, columns, rows, groups=groups)


def _needed_row(context: Context, found: pd.DataFrame, strengths: Sequence[str]) -> list[str]:
    """A claim with, for every strength, its effect and the projects needed."""
    claim, power = str(found["claim"].iloc[0]), context.bundle.tables["power"]
    cells = [claim_title(context, claim)]
    for effects in strengths:
        truth = power[(power["claim"] == claim) & (power["effects"] == effects)].iloc[0]
        needed = _needed(context, found[found["effects"] == effects].iloc[0], _sizes(context))
        cells += [decimal(context, truth, "true_effect"), needed]
    return cells


def _metric(context: Context, claim: str) -> str:
    """What a claim's effect is measured in; differences where the study no longer has the claim."""
    found = _declared(context, claim)
    return "sd" if found is None else metric_of(context, found)


def _needed_caption(context: Context, table: pd.DataFrame, sizes: Sequence[int]) -> str:
    if table.empty:
        return context.say("planning none")
    return context.say(
        "caption needed", n=context.listed(list(dict.fromkeys(table["n_per_project"]))), confidence=context.confidence,
        target=context.numbers.share(float(table["target"].iloc[0])), least=sizes[0], most=sizes[-1], **_words(context),
    )  # fmt: skip


def _needed(context: Context, row: pd.Series, sizes: Sequence[int]) -> str:
    """``14 [12 to 20]``, or in words why there is no number; fewer than the least simulated were not tried."""
    most = sizes[-1]
    if row["status"] != "reached":
        return context.say(f"planning {row['status']}", most=most)
    k, lower, upper = (row[name] for name in NEEDED)
    words = {"k": context.numbers.count(float(k)), "lower": context.numbers.count(float(lower))}
    if pd.isna(upper):
        return context.say("planning reached open", most=most, **words)
    if lower == upper:
        return context.say("planning reached least", **words) if k == sizes[0] else words["k"]
    return context.say("planning reached", upper=context.numbers.count(float(upper)), **words)


def power_table(context: Context) -> str:
    """Every cell: how waves of that size would judge each claim; effects of one strength together."""
    table = context.bundle.tables["power"]
    rows, groups = [], []
    several = table["n_per_project"].nunique() > 1
    order = {effects: i for i, effects in enumerate(dict.fromkeys(table["effects"]))}
    places = {claim: i for i, claim in enumerate(_claims(table))}
    together = table["claim"].map(places) * len(order) + table["effects"].map(order)
    for _, row in table.iloc[together.argsort(kind="stable")].iterrows():
        rows.append(
            [
                str(row["n_projects"]),
                str(row["n_per_project"]) if several else "",
                _supported(context, row),
                *(share(context, row, name) for name in VERDICTS),
                decimal(context, row, "half_width"),
            ]
        )
        effects = context.say("key power", effects=effects_in_words(context, str(row["effects"])))
        groups.append(f"{claim_title(context, str(row['claim']))} ({effects})")
    names = {"units_capital": capital(context.units), "people_capital": capital(context.people), "unit": context.unit}
    columns = [
        Column(context.say("head planning size", **names)), Column(context.say("head planning people", **names)),
        Column(context.say("head planning supported"), intervals=True),
        *(Column(context.say(f"head planning {name}")) for name in VERDICTS),
        Column(context.say("head planning half_width")),
    ]  # fmt: skip
    if table.empty:
        caption = context.say("planning none")
    else:
        replications = context.numbers.count(float(table["replications"].iloc[0]))
        caption = context.say("caption power", replications=replications, confidence=context.confidence)
    return numbered_table(context, "tbl-power", caption, columns, rows, groups=groups)


def _supported(context: Context, row: pd.Series) -> str:
    """The share in per cent with its interval."""
    value, lower, upper = (100 * float(row[name]) for name in ("supported", "supported_lower", "supported_upper"))
    return context.numbers.estimate(value, lower, upper, 0)


def effects_in_words(context: Context, effects: str) -> str:
    """``1`` as *as large as declared*, ``0.5`` as *half as large*."""
    factor = float(effects)
    key = {1.0: "as declared", 0.5: "half"}.get(factor, "times")
    decimals = 0 if factor == int(factor) else 2
    return context.say(f"planning effects {key}", factor=context.numbers.number(factor, decimals))


def _declared(context: Context, claim: str) -> Claim | None:
    return next((c for c in context.study.claims.claims if c.id == claim), None)


def claim_heading(context: Context, claim: str) -> str:
    """What a claim is called; its id where the study no longer has it."""
    found = _declared(context, claim)
    return claim if found is None else context.text(found.text.heading)


def claim_title(context: Context, claim: str) -> str:
    """``C5 Living in a neighbourhood is better``."""
    heading = claim_heading(context, claim)
    return heading if heading == claim else f"{claim} {heading}"


def _claims(rows: pd.DataFrame) -> list[str]:
    return [str(claim) for claim in dict.fromkeys(rows["claim"])]


def _first_size(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the first number of people per project: what sentences and the picture speak of."""
    found: pd.DataFrame = rows[rows["n_per_project"] == rows["n_per_project"].iloc[0]]
    return found


def _sizes(context: Context) -> list[int]:
    return sorted({int(k) for k in context.bundle.tables["power"]["n_projects"]})


def _words(context: Context) -> dict[str, str]:
    return {"units": context.units, "people": context.people}
