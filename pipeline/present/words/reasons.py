"""Why a verdict is what it is, in plain words: the deciding reason, how sure it is, and how it came about."""

from __future__ import annotations

import math

import pandas as pd

from analysis.claims.quality import FAULTS
from pipeline.declare import Claim
from pipeline.present.absent import alike_told
from pipeline.present.bundle import is_hidden
from pipeline.present.context import Context, capital
from pipeline.present.words.numbers import in_words, share_in_words, size_of_effect

_TELLS_POWER, _TELLS_SHARE = ("too_imprecise", "lies_between"), ("depends_on_choices",)
"""Reasons whose sentence names the power, or the share of the analyses, itself."""
_OPEN = ("leaning", "cannot_tell")
"""Verdicts that may come with ways of calculating which nearly all point one way, but hardly any clearly."""


def reason_of(context: Context, claim: Claim, estimate: float, *, short: bool = False) -> str:
    """The reason that decided; ``estimate``: what may be shown of it (NaN: nothing).

    ``short``: in a few words, without the figures that stand elsewhere in the row of the claim.
    """
    row = context.bundle.row("verdicts", claim=claim.id)
    if row is None:
        return context.say("reason no_data")
    if is_hidden(row, "estimate"):
        return context.say("reason hidden")
    if row["verdict"] == "cannot_tell" and (alike := alike_told(context, claim)):
        return alike
    key = _key(context, row, "why") if short else ""
    if not context.knows(key):
        key = _key(context, row)
    if not context.knows(key):
        return ""
    n_units = 0 if pd.isna(row["n_projects"]) else int(row["n_projects"])
    metric = str(row["metric"]) if row["metric"] in ("std_all", "sd") else "sd"
    return context.say(
        key,
        size=context.say(f"size {metric} {size_of_effect(estimate, metric)}"),
        unit=context.unit,
        units=context.units,
        n_units=n_units,
        n_units_capital=capital(in_words(n_units, context.language)),
        smallest=context.numbers.number(claim.smallest_effect),
        about=about_quality(context, str(row["reason"]), str(row["quality"])),
        **_of_curve(context, row),
        power=_share(context, row["power"]),
    )


def _key(context: Context, row: pd.Series, kind: str = "reason") -> str:
    """The phrase of a reason: of this verdict where it has one of its own, then of claims about units, else of all."""
    reason = f"{kind} {row['reason']}"
    own = [f"{reason} {row['verdict']}", *([f"{reason} projects"] if row["units"] == "projects" else [])]
    return next((key for key in own if context.knows(key)), reason)


def _of_curve(context: Context, row: pd.Series) -> dict[str, str]:
    """What phrases say of the specification curve. ``other_share``: of the analyses against the claim."""
    n, pvalue = row["n_specifications"], row["curve_pvalue"]
    return {
        "n_specifications": context.say("unknown") if pd.isna(n) else context.numbers.count(float(n)),
        "share": _share(context, row["curve_share"]),
        "other_share": _share(context, 1 - row["curve_share"]),
        "minimum_share": _share(context, context.study.params.judge.minimum_share),
        "curve_pvalue": context.say("unknown") if pd.isna(pvalue) else context.numbers.pvalue(float(pvalue)),
    }


def _share(context: Context, value: float) -> str:
    return context.say("unknown") if pd.isna(value) else context.numbers.share(float(value))


def about_quality(context: Context, reason: str, quality: str) -> str:
    """The scales that the faults behind ``reason`` are about, by their titles; empty for another reason."""
    codes = [code.partition(":") for code in quality.split(";") if code]
    places = [place.split("-") for code, _, place in codes if FAULTS.get(code) == reason]
    scales = [scale for place in places for scale in (place if reason == "not_distinct" else place[:1])]
    return context.listed([context.scale(scale) for scale in dict.fromkeys(scales)])


def sureness_of(context: Context, claim: Claim) -> str:
    """How sure a verdict is: the share of the defensible analyses on the claimed side (or that there are none), and
    the power of the test. Empty where nothing was estimated or may be shown."""
    row = context.bundle.row("verdicts", claim=claim.id)
    if row is None or pd.isna(row["estimate"]):
        return ""
    curve = "sure no curve" if pd.isna(row["curve_share"]) else "sure share"
    told = [] if row["reason"] in _TELLS_SHARE else [context.say(curve, **_of_curve(context, row))]
    found = context.bundle.row("specification_curves", claim=claim.id)
    if found is not None and found["minimum_pvalue"] >= context.study.params.judge.alpha:
        told.append(context.say("sure untestable", units=context.units))
    if row["reason"] not in _TELLS_POWER and not pd.isna(row["power"]):
        told.append(context.say("sure power", power=_share(context, row["power"])))
    return " ".join(told)


def ways_of(context: Context, claim: Claim) -> str:
    """How many of the defensible ways of calculating say what the claim says, in words; empty where none is known."""
    row = context.bundle.row("verdicts", claim=claim.id)
    if row is None or row[["estimate", "curve_share", "n_specifications"]].isna().any():
        return ""
    share = float(row["curve_share"])
    bounds = ((share >= 1, "all"), (share > 0.95, "nearly"), (share <= 0, "none"), (share < 0.05, "hardly"))
    key = next((name for holds, name in bounds if holds), "some")
    n = context.numbers.count(float(row["n_specifications"]))
    told = [context.say(f"ways {key}", n=n, share=share_in_words(share, context.language))]
    found = context.bundle.row("specification_curves", claim=claim.id)
    if found is not None and row["verdict"] in _OPEN and share >= 0.05:
        told.append(_clear_ways(context, found["share_significant"]))
    if found is not None and found["minimum_pvalue"] >= context.study.params.judge.alpha:
        told.append(context.say("sure untestable", units=context.units))
    return " ".join(filter(None, told))


def _clear_ways(context: Context, share: float) -> str:
    """How many of the ways of calculating are also clear: pointing somewhere is not yet finding something."""
    if math.isnan(share):
        return ""
    key = "ways clear none" if share <= 0 else "ways clear all" if share >= 1 else "ways clear"
    return context.say(key, share=share_in_words(float(share), context.language))


def again_of(context: Context, claim: Claim) -> str:
    """In how many of the waves alone the verdict is the same; empty of one wave, or with nothing to repeat."""
    verdict = context.bundle.row("verdicts", claim=claim.id)
    alone = context.bundle.rows("verdict_history", claim=claim.id, scope="alone")["verdict"]
    if verdict is None or verdict["verdict"] == "cannot_tell" or len(alone) < 2:
        return ""
    same = int((alone == verdict["verdict"]).sum())
    key = "none" if not same else "all" if same == len(alone) else "some"
    n, total = (in_words(number, context.language) for number in (same, len(alone)))
    return context.say(f"again {key}", n=n, total=total, verb=context.say("say one" if same == 1 else "say more"))
