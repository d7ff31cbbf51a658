"""Whether it matters how one calculates: every claim under every defensible choice."""

from __future__ import annotations

import functools

import pandas as pd

from pipeline.declare import Claim
from pipeline.present.bundle import is_hidden
from pipeline.present.context import Context, capital
from pipeline.present.drawing.colours import SURE, UNSURE
from pipeline.present.drawing.dots import Dots, Key, Mark, Row, Section, axis_over, draw_dots, ends_of
from pipeline.present.markup.figures import add_figure
from pipeline.present.markup.markdown import Column, floating, note, plain, slug
from pipeline.present.markup.tables import count, decimal, interval, numbered_table, pvalue, share
from pipeline.present.pages.robustness.curve_figure import draw_curve
from pipeline.present.pages.robustness.curves import axis_title, choice_title, curve_of, metric_of, shown_of, sign_of
from pipeline.present.parts import Parts
from pipeline.present.words.groups import coded

MATTER_MOST = 3
"""How many choices of a claim the table of choices names."""
RANGE = ("median", "lower", "upper")


def robustness_parts(context: Context) -> Parts:
    """``robustness-summary``, ``figure-curves``, ``figures-curves``, ``table-curves``, ``table-curves-joint``,
    ``table-curves-without``, ``table-choices``."""
    parts = Parts()
    parts.texts["robustness-summary"] = summary(context)
    parts.texts["figure-curves"] = overview_figure(parts, context)
    parts.texts["figures-curves"] = "\n".join(claim_figure(parts, context, claim) for claim in declared(context))
    parts.texts["table-curves"] = counts_table(context)
    parts.texts["table-curves-joint"] = joint_table(context)
    parts.texts["table-curves-without"] = without_table(context)
    parts.texts["table-choices"] = choices_table(context)
    return parts


def declared(context: Context) -> list[Claim]:
    """The claims, confirmatory ones first."""
    return [c for kind in ("confirmatory", "exploratory") for c in context.study.claims.claims if c.kind == kind]


def summary(context: Context) -> str:
    """In a sentence how many claims stand whatever one chooses, then one line a claim."""
    curves = context.bundle.tables["specification_curves"]
    if curves.empty:
        return plain(context.say("robustness nothing")) + "\n"
    minimum = context.study.params.judge.minimum_share
    lead = context.say(
        "robustness lead", total=context.numbers.count(curves["n_run"].sum()), claims=len(context.study.claims.claims),
        n=int((curves["share_claimed"] >= minimum).sum()), share=context.numbers.share(minimum),
    )  # fmt: skip
    lines = []
    for claim in declared(context):
        row = context.bundle.row("specification_curves", claim=claim.id)
        if row is not None:
            heading = plain(context.text(claim.text.heading))
            lines.append(f"- **{heading}.** {plain(claim_sentence(context, row, short=True))}")
    return f"::: {{.lead}}\n{plain(lead)}\n:::\n\n" + "\n".join(lines) + "\n"


def claim_sentence(context: Context, row: pd.Series, *, short: bool = False) -> str:
    """What the curve of one claim says, in plain words; ``short``: the shares alone."""
    numbers = context.numbers
    if is_hidden(row, "median"):
        return context.say("robustness claim hidden")
    if pd.isna(row["median"]) or pd.isna(row["share_claimed"]):
        return context.say("robustness claim none")
    key = "robustness claim short" if short else "robustness claim"
    shares = {name: numbers.share(row[f"share_{name}"]) for name in ("claimed", "significant")}
    sentences = [
        context.say(key, total=numbers.count(row["n_ok"]), share=shares["claimed"], significant=shares["significant"])
    ]
    if short:
        return sentences[0]
    if pd.notna(row["pvalue_median"]):
        clear = row["pvalue_median"] < context.study.params.judge.alpha
        value = context.say("robustness p", value=as_p(context, row["pvalue_median"]))
        sentences.append(context.say("robustness claim clear" if clear else "robustness claim unclear", pvalue=value))
    without = row["n_run"] - row["n_ok"]
    if without:
        sentences.append(context.say("robustness claim failed", n=numbers.count(without)))
    return " ".join(sentences)


def as_p(context: Context, value: float) -> str:
    """``< 0,001`` or ``= 0,042``."""
    text = context.numbers.pvalue(float(value))
    return text if text[0] in "<>" else f"= {text}"


def overview_figure(parts: Parts, context: Context) -> str:
    """``fig-curves``: the median and the range of every claim's estimates, by metric."""
    by_metric: dict[str, list[Row]] = {}
    told = []
    for claim in declared(context):
        row = context.bundle.row("specification_curves", claim=claim.id)
        if row is None:
            continue
        marks: list[Mark] = []
        said = context.say("hidden" if is_hidden(row, "median") else "absent")
        heading = context.text(claim.text.heading)
        if pd.notna(row["median"]):
            median, lower, upper = (float(row[name]) for name in RANGE)
            main = shown_of(context, claim, main="true")["estimate"]
            marks = [Mark(median, lower, upper, colour=SURE)]
            marks += [Mark(float(value), colour=UNSURE, hollow=True, lane=1) for value in main[:1]]
            said = context.numbers.share(row["share_claimed"])
            written = [context.numbers.number(value) for value in (median, lower, upper)]
            told.append(
                context.say(
                    "alt curves claim", claim=heading, median=written[0], lower=written[1], upper=written[2], share=said
                )
            )
        by_metric.setdefault(metric_of(context, claim), []).append(Row(f"{claim.id} {heading}", marks, said))
    sections = [Section(context.say(f"section {metric}"), rows) for metric, rows in by_metric.items()]
    caption = context.say(
        "caption figure curves", n=people_of(context, context.bundle.tables["specifications"]).strip()
    )
    axis = axis_over(ends_of(sections), include=(0.0,))
    keys = [Key(context.say("key median")), Key(context.say("key main"), UNSURE, "ring")]
    dots = Dots(context.say("figure curves"), context.say("alt curves", details="; ".join(told)), sections, axis, keys)
    draw = functools.partial(draw_dots, context, dots) if told else None
    return add_figure(parts, context, "fig-curves", caption.strip(), draw)


def claim_figure(parts: Parts, context: Context, claim: Claim) -> str:
    """``fig-curve-<claim>``: its specification curve, headed by its sentence."""
    identifier = f"fig-curve-{slug(claim.id)}"
    heading = context.text(claim.text.heading)
    row = context.bundle.row("specification_curves", claim=claim.id)
    curve = curve_of(context, claim)
    n_shown = 0 if curve is None else len(curve.estimates)
    rows = context.bundle.rows("specifications", claim=claim.id)
    failed = int((rows["status"] != "ok").sum())
    hidden = int(((rows["status"] == "ok") & rows["estimate"].isna()).sum())
    missing = "".join(
        context.say(f"curve missing {why}", n=context.numbers.count(n))
        for why, n in (("failed", failed), ("hidden", hidden))
        if n
    )
    caption = context.say(
        "caption figure curve", claim=claim.id, heading=heading, n_shown=context.numbers.count(n_shown),
        metric=context.say(f"metric {metric_of(context, claim)}"), people=people_of(context, rows), missing=missing,
    )  # fmt: skip
    draw = None if curve is None else functools.partial(draw_curve, context, curve)
    told = "" if row is None else plain(claim_sentence(context, row)) + "\n\n"
    figure = add_figure(parts, context, identifier, caption, draw)
    return f"### {plain(heading)} {{#sec-curve-{slug(claim.id)}}}\n\n{told}{figure}"


def people_of(context: Context, rows: pd.DataFrame) -> str:
    """Between how many people the calculations are about; empty when no number may be shown."""
    sizes = rows["n_obs"].astype("float64").dropna()
    sizes = sizes[sizes > 0]
    if sizes.empty:
        return ""
    low, high = context.numbers.count(sizes.min()), context.numbers.count(sizes.max())
    return context.say("curve people same" if low == high else "curve people", low=low, high=high)


def counts_table(context: Context) -> str:
    """How many specifications there are of every claim, and what became of those that were fitted."""
    rows = []
    for claim in declared(context):
        row = context.bundle.row("specification_curves", claim=claim.id)
        if row is None:
            continue
        found = context.bundle.rows("specifications", claim=claim.id)
        hidden = int(((found["status"] == "ok") & found["estimate"].isna()).sum())
        columns = ("n_cross", "n_run", "n_ok", "n_inadmissible", "n_failed")
        rows.append([claim.id, *(count(context, row, name) for name in columns), context.numbers.count(hidden)])
    names = ("ways in cross", "ways run", "ways ok", "ways inadmissible", "ways failed", "ways hidden")
    heads = [Column(context.say("head claim"), figures=False), *(Column(context.say(f"head {n}")) for n in names)]
    caption = context.say("caption table curves")
    return numbered_table(context, "tbl-curves", caption, heads, rows)


def joint_table(context: Context) -> str:
    """The median, the shares and the joint tests of every claim's curve."""
    rows = []
    for claim in declared(context):
        row = context.bundle.row("specification_curves", claim=claim.id)
        if row is None:
            continue
        shares = [share(context, row, f"share_{name}") for name in ("claimed", "significant", "matters")]
        tests = [pvalue(context, row, f"pvalue_{name}") for name in ("median", "share", "stouffer")]
        rows.append([claim.id, interval(context, row, RANGE), *shares, *tests, pvalue(context, row, "minimum_pvalue")])
    heads = [Column(context.say("head claim"), figures=False), Column(context.say("head median range"), intervals=True)]
    names = ["share claimed", "share significant", "share matters"]
    names += ["joint median", "joint share", "joint stouffer", "joint smallest"]
    heads += [Column(context.say(f"head {name}")) for name in names]
    alpha = context.numbers.number(context.study.params.judge.alpha)
    caption = context.say("caption table joint", units=context.units, alpha=alpha)
    return numbered_table(context, "tbl-curves-joint", caption, heads, rows)


def without_table(context: Context) -> str:
    """The specifications without a usable result: what happened, why, how many of which claim."""
    found = context.bundle.tables["specifications"]
    found = found[found["status"] != "ok"]
    rows, groups = [], []
    tally = found.groupby(["claim", "status", "reason"], sort=True).size().rename("n").reset_index()
    for claim, status, reason, n in tally.itertuples(index=False, name=None):
        why = coded(context, "ways reason", str(reason), units=context.units)
        rows.append([context.say(f"status {status}"), why, context.numbers.count(n)])
        groups.append(str(claim))
    heads = [
        Column(context.say("head what"), figures=False), Column(context.say("head why"), figures=False),
        Column(context.say("head ways")),
    ]  # fmt: skip
    caption = context.say("caption table without")
    if not rows and len(context.bundle.tables["specifications"]):
        return floating("tbl-curves-without", note(plain(context.say("every way usable"))), plain(caption))
    return numbered_table(context, "tbl-curves-without", caption, heads, rows, groups=groups)


def choices_table(context: Context) -> str:
    """The choices that explain most of the differences between the estimates of each claim."""
    rows, groups = [], []
    for claim in declared(context):
        found = context.bundle.rows("specification_choices", claim=claim.id)
        found = found[found["explained"].notna() & found["median"].notna()]
        found = found[found.groupby("axis")["choice"].transform("size") > 1]
        explained = found.groupby("axis", sort=False)["explained"].first().sort_values(ascending=False, kind="stable")
        for axis in explained.index[:MATTER_MOST]:
            made = found[found["axis"] == axis].sort_values("median", kind="stable")
            ends = [
                f"{choice_title(context, str(axis), str(row['choice']))}: {decimal(context, row, 'median')}"
                for row in (made.iloc[0], made.iloc[-1])
            ]
            title = capital(axis_title(context, str(axis)))
            rows.append([title, context.numbers.share(float(explained[axis])), *ends])
            groups.append(f"{claim.id} {context.text(claim.text.heading)} ({sign_words(context, claim)})")
    heads = [
        Column(context.say("head choice"), figures=False), Column(context.say("head explains")),
        Column(context.say("head choice lowest"), figures=False),
        Column(context.say("head choice highest"), figures=False),
    ]  # fmt: skip
    caption = context.say("caption table choices")
    return numbered_table(context, "tbl-choices", caption, heads, rows, groups=groups)


def sign_words(context: Context, claim: Claim) -> str:
    """On which side of zero the claim lies."""
    return context.say("side below" if sign_of(claim) < 0 else "side above")
