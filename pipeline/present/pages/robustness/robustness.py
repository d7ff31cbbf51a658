"""Whether it matters how one calculates: every claim under every defensible choice."""

from __future__ import annotations

import functools
from html import escape

import pandas as pd

from pipeline.declare import Claim
from pipeline.present.absent import alike_told
from pipeline.present.bundle import is_hidden
from pipeline.present.claims import metric_of, sign_of
from pipeline.present.context import Context
from pipeline.present.drawing.colours import SURE, UNSURE
from pipeline.present.drawing.dots import Dots, Key, Mark, Row, Section, axis_over, draw_dots, ends_of
from pipeline.present.markup.figures import add_figure
from pipeline.present.markup.markdown import floating, html, note, plain, slug
from pipeline.present.pages.robustness.curve_figure import draw_curve
from pipeline.present.pages.robustness.curve_tables import (
    RANGE,
    choices_table,
    counts_table,
    joint_table,
    shares_table,
    without_table,
)
from pipeline.present.pages.robustness.curves import claim_name, curve_of, declared, shown_of
from pipeline.present.parts import Parts
from pipeline.present.words.numbers import NO_BREAK


def robustness_parts(context: Context) -> Parts:
    """``robustness-summary``, ``figure-curves``, ``table-curves-shares``, ``figures-curves``, ``table-curves``,
    ``table-curves-joint``, ``table-curves-without``, ``table-choices``."""
    parts = Parts()
    parts.texts["robustness-summary"] = summary(context)
    parts.texts["figure-curves"] = overview_figure(parts, context)
    parts.texts["table-curves-shares"] = shares_table(context)
    parts.texts["figures-curves"] = "\n".join(claim_figure(parts, context, claim) for claim in declared(context))
    parts.texts["table-curves"] = counts_table(context)
    parts.texts["table-curves-joint"] = joint_table(context)
    parts.texts["table-curves-without"] = without_table(context)
    parts.texts["table-choices"] = choices_table(context)
    return parts


def summary(context: Context) -> str:
    """For how many claims nearly all ways point the same way, and for how many clearly so."""
    curves = context.bundle.tables["specification_curves"]
    if curves.empty:
        return plain(context.say("robustness nothing")) + "\n"
    hidden = sum(is_hidden(row, "median") for _, row in curves.iterrows())
    judge, total = context.study.params.judge, len(context.study.claims.claims) - hidden
    lead = context.say("robustness lead", total=context.numbers.count(curves["n_run"].sum()))
    if not total:
        return f"::: {{.lead}}\n{plain(lead + ' ' + context.say('robustness all hidden'))}\n:::\n"
    share = context.numbers.share(judge.minimum_share)
    # one without a result is on no side, as for the verdict
    ran = curves["n_ok"] / curves["n_run"]
    agree, clear = (int((curves[f"share_{n}"] * ran >= judge.minimum_share).sum()) for n in ("claimed", "significant"))
    sentences = [
        lead,
        context.say(f"robustness agree {_part(agree, total)}", n=agree, claims=total, share=share),
    ]
    if agree:
        sentences.append(context.say(f"robustness clear {_part(clear, agree)}", n=clear, share=share))
    if hidden:
        sentences.append(context.say("robustness some hidden", n=hidden))
    if without := int((curves["n_ok"] == 0).sum()):
        sentences.append(context.say("robustness some failed", n=without))
    return f"::: {{.lead}}\n{plain(' '.join(sentences))}\n:::\n"


def _part(n: int, of: int) -> str:
    """``none``, ``all`` or ``some``."""
    return "none" if n == 0 else "all" if n == of else "some"


def claim_sentence(context: Context, row: pd.Series) -> str:
    """What the curve of one claim says, in one sentence."""
    numbers = context.numbers
    if is_hidden(row, "median"):
        return context.say("robustness claim hidden")
    if pd.isna(row["median"]) or pd.isna(row["share_claimed"]):
        return context.say("robustness claim none")
    shares = {name: numbers.share(row[f"share_{name}"]) for name in ("claimed", "significant")}
    lower, upper = (numbers.number(float(row[name])) for name in ("lower", "upper"))
    return context.say(
        "robustness claim", total=numbers.count(row["n_ok"]), share=shares["claimed"],
        significant=shares["significant"], lower=lower, upper=upper,
    )  # fmt: skip


def chance_sentences(context: Context, row: pd.Series) -> str:
    """Whether all ways together may be chance, and how many gave no result; may be empty."""
    sentences = []
    alpha = context.study.params.judge.alpha
    if pd.notna(row["pvalue_median"]) and not is_hidden(row, "median"):
        could_tell = row["minimum_pvalue"] < alpha
        clear = row["pvalue_median"] < alpha
        key = "clear" if clear else "unclear" if could_tell else "untested"
        value = context.say("robustness p", value=as_p(context, row["pvalue_median"]))
        least = context.numbers.pvalue(float(row["minimum_pvalue"]))
        sentences.append(context.say(f"robustness claim {key}", pvalue=value, least=least, units=context.units))
    if row["n_ok"] and (without := row["n_run"] - row["n_ok"]):
        sentences.append(context.say("robustness claim failed", n=context.numbers.count(without)))
    return " ".join(sentences)


def as_p(context: Context, value: float) -> str:
    """``< 0,001`` or ``= 0,042``."""
    text = context.numbers.pvalue(float(value))
    return text if text[0] in "<>" else f"={NO_BREAK}{text}"


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
        by_metric.setdefault(metric_of(context, claim), []).append(Row(claim_name(context, claim), marks, said))
    sections = [Section(context.say(f"section {metric}"), rows) for metric, rows in by_metric.items()]
    below = [claim_name(context, claim) for claim in declared(context) if sign_of(claim) < 0]
    caption = context.say(
        "caption figure curves", n=people_of(context, context.bundle.tables["specifications"]).strip(),
        below=context.say("caption figure curves below", claims="; ".join(below)) if below else "",
    )  # fmt: skip
    axis = axis_over(ends_of(sections), include=(0.0,))
    keys = [Key(context.say("key median")), Key(context.say("key main"), UNSURE, "ring")]
    dots = Dots(context.say("figure curves"), context.say("alt curves", details="; ".join(told)), sections, axis, keys)
    draw = functools.partial(draw_dots, context, dots) if told else None
    return add_figure(parts, context, "fig-curves", caption.strip(), draw)


def claim_figure(parts: Parts, context: Context, claim: Claim) -> str:
    """``fig-curve-<claim>``: its specification curve, folded below its sentence."""
    row = context.bundle.row("specification_curves", claim=claim.id)
    figure = _curve_figure(parts, context, claim)
    heading = f"### {plain(claim_name(context, claim))} {{#sec-curve-{slug(claim.id)}}}"
    if row is None:
        return f"{heading}\n\n{figure}"
    summary_line = escape(claim_sentence(context, row), quote=False)
    opened = html(f'<details class="fold">\n<summary>{summary_line}</summary>')
    told = [chance] if (chance := plain(chance_sentences(context, row))) else []
    return "\n\n".join([heading, opened, *told, figure, html("</details>")])


def _curve_figure(parts: Parts, context: Context, claim: Claim) -> str:
    """The picture with its caption."""
    identifier = f"fig-curve-{slug(claim.id)}"
    curve = curve_of(context, claim)
    rows = context.bundle.rows("specifications", claim=claim.id)
    failed = int((rows["status"] != "ok").sum())
    hidden = int(((rows["status"] == "ok") & rows["estimate"].isna()).sum())
    if curve is None:
        why = "nothing to show" if rows.empty else "curve all hidden" if hidden else "curve all failed"
        reason = alike_told(context, claim)
        told = " ".join(filter(None, [context.say(why, n=context.numbers.count(failed)), reason]))
        return floating(identifier, note(plain(told)), plain(claim_name(context, claim)))
    missing = "".join(
        context.say(f"curve missing {why}", n=context.numbers.count(n))
        for why, n in (("failed", failed), ("hidden", hidden))
        if n
    )
    caption = context.say(
        "caption figure curve", claim=claim_name(context, claim), n_shown=context.numbers.count(len(curve.estimates)),
        metric=context.say(f"metric {metric_of(context, claim)}"), people=people_of(context, rows), missing=missing,
    )  # fmt: skip
    return add_figure(parts, context, identifier, caption, functools.partial(draw_curve, context, curve))


def people_of(context: Context, rows: pd.DataFrame) -> str:
    """Between how many people the calculations are about; empty when no number may be shown."""
    sizes = rows["n_obs"].astype("float64").dropna()
    sizes = sizes[sizes > 0]
    if sizes.empty:
        return ""
    low, high = context.numbers.count(sizes.min()), context.numbers.count(sizes.max())
    return context.say("curve people same" if low == high else "curve people", low=low, high=high)
