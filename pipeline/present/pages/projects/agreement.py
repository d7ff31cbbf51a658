"""Parts of the page on project types that say what its pictures show: whether the ways of counting point the same way,
and whether one project makes a difference."""

from __future__ import annotations

import pandas as pd

from pipeline.present.absent import untold
from pipeline.present.bundle import is_hidden
from pipeline.present.context import Context
from pipeline.present.markup.markdown import plain
from pipeline.present.pages.projects.left_out import NOBODY
from pipeline.present.parts import Parts
from pipeline.present.words.contrasts import NAIVE, Pair, claimed_pairs, heading
from pipeline.present.words.numbers import in_words


def agreement_parts(context: Context) -> Parts:
    """``methods-summary``, ``left-out-summary``."""
    parts = Parts()
    pairs = claimed_pairs(context)
    lines = [f"- **{plain(heading(context, pair))}**: {plain(ways_told(context, pair))}" for pair in pairs]
    parts.texts["methods-summary"] = ("\n".join(lines) or plain(context.say("agree nothing"))) + "\n"
    parts.texts["left-out-summary"] = plain(left_out_told(context, pairs)) + "\n"
    return parts


def ways_told(context: Context, pair: Pair) -> str:
    """Whether all ways of counting a difference point one way, and how many that allow for projects are clear."""
    table = pair.rows(context, "trait_contrasts")
    table = table[table["effect_size"].notna()]
    honest = table[~table["method"].isin(NAIVE) & table["pvalue"].notna()]
    if honest.empty:
        hidden = any(is_hidden(row, "effect_size") for _, row in pair.rows(context, "trait_contrasts").iterrows())
        return f"{context.say('cell hidden')}." if hidden else context.say("agree unknown")
    positive, negative = int((table["effect_size"] > 0).sum()), int((table["effect_size"] < 0).sum())
    same = len(table) in (positive, negative)
    way = context.say("agree all" if same else "agree not", n=len(table), positive=positive, negative=negative)
    alpha = context.study.params.judge.alpha
    clear = int((honest["pvalue"] < alpha).sum())
    key = "all" if clear == len(honest) else "some" if clear else "none"
    told = context.say(
        f"agree clear {key}", n=clear, total=len(honest), alpha=context.numbers.number(alpha), units=context.units
    )
    return f"{way}. {told}"


def left_out_told(context: Context, pairs: list[Pair]) -> str:
    """Whether a difference turns round, or is no longer clear, without one of the projects."""
    alpha = context.study.params.judge.alpha
    turned, unclear, was_clear, n = [], [], False, 0
    for pair in pairs:
        table = pair.rows(context, "contrast_left_out")
        whole, without = (_shown(table[(table["left_out"] == NOBODY) == one]) for one in (True, False))
        if len(whole) != 1 or without.empty:
            continue
        n += 1
        said = context.say("contrast quoted", heading=heading(context, pair))
        if (without["effect_size"] * float(whole["effect_size"].iloc[0]) <= 0).any():
            turned.append(said)
        if whole["pvalue"].iloc[0] < alpha:
            was_clear = True
            if (without["pvalue"] >= alpha).any():
                unclear.append(said)
    if not n:
        return untold(context, "left out unknown", unit=context.unit)
    words = {
        "unit": context.unit,
        "units": context.units,
        "alpha": context.numbers.number(alpha),
        "n": in_words(n, context.language),
    }
    stays = "left out stays" if n > 1 else "left out stays one"
    told = [
        context.say("left out turns", found=context.listed(turned), **words) if turned else context.say(stays, **words)
    ]
    if unclear:
        told.append(context.say("left out less clear", found=context.listed(unclear), **words))
    elif was_clear:
        told.append(context.say("left out clear", **words))
    return " ".join(told)


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["effect_size"].notna() & table["pvalue"].notna()]
