"""Scores: their documented bands as bars, factor scores, and whether reversed questions were turned round."""

from __future__ import annotations

import functools

import pandas as pd

from pipeline.declare.instrument import Band, Construct
from pipeline.present.absent import scale_unasked
from pipeline.present.bundle import ALL
from pipeline.present.context import Context, capital
from pipeline.present.markup.figures import add_figure
from pipeline.present.markup.markdown import Column, note, plain, slug
from pipeline.present.markup.tables import count, decimal, interval, numbered_table
from pipeline.present.pages.scales.items import Bar, ItemFigure, draw_items, segments_of
from pipeline.present.parts import Parts
from pipeline.present.words.effects import lowered
from pipeline.present.words.groups import coded, group_title, measured_confidence, questions
from pipeline.present.words.people import range_of_n

OUTSIDE = "(none)"
"""The band of scores below the first or above the last."""


def scores_parts(context: Context) -> Parts:
    """``figures-bands``, ``table-factor-scores``, ``table-reversal``."""
    parts = Parts()
    banded = [scale for scale in context.instrument.constructs if scale.bands]
    figures = []
    for scale in banded:
        told = f"**{plain(context.scale(scale.name))}.** {plain(bands_told(context, scale))}"
        figures += [told.rstrip() + "\n", _bands_figure(parts, context, scale)]
    parts.texts["figures-bands"] = "\n".join(figures) or note(plain(context.say("bands none")))
    parts.texts["table-factor-scores"] = factor_scores_table(context)
    parts.texts["table-reversal"] = reversal_table(context)
    return parts


def bands_figure(context: Context, scale: Construct) -> ItemFigure | None:
    """A bar per group, a stretch per band, low end first; None when nothing may be shown."""
    table = context.bundle.rows("score_bands", scale=scale.name)
    if table.empty:
        return None
    labels = {f"{band.lower:g}-{band.upper:g}": _band_title(context, band) for band in scale.bands}
    codes = list(labels)
    if (table["band"] == OUTSIDE).any():
        codes.append(OUTSIDE)
        labels[OUTSIDE] = context.say("band outside")
    bars = []
    for trait, level in dict.fromkeys(table[["trait", "level"]].itertuples(index=False, name=None)):
        rows = table[(table["trait"] == trait) & (table["level"] == level)]
        shares = dict(zip(rows["band"], rows["share"].astype(float), strict=True))
        base = rows["base"].dropna()
        shown = segments_of([shares.get(code, 0.0) for code in codes]) if len(base) and base.iloc[0] > 0 else None
        label = capital(group_title(context, trait, level)) + range_of_n(context, base)
        bars.append(Bar(label, False, shown, float(base.iloc[0]) if len(base) else None))
    drawn = any(bar.segments for bar in bars)
    return ItemFigure(context.scale(scale.name), [labels[code] for code in codes], bars) if drawn else None


def _band_title(context: Context, band: Band) -> str:
    """``low (0–50)``."""
    ends = [context.numbers.number(end, 0 if float(end).is_integer() else 1) for end in (band.lower, band.upper)]
    key = "band with one end" if ends[0] == ends[1] else "band with ends"
    return context.say(key, label=context.text(band.label), lower=ends[0], upper=ends[1])


def bands_told(context: Context, scale: Construct) -> str:
    """In which band most people fall, and between which shares the groups lie; empty where a hidden band may be larger.

    The first bar is everybody, the others are groups (the order of the table).
    """
    figure = bands_figure(context, scale)
    whole = [s for s in figure.bars[0].segments or [] if s.category is not None] if figure else []
    if figure is None or not whole:
        return ""
    largest = max(whole, key=lambda segment: segment.share)
    if largest.share < 1 - sum(segment.share for segment in whole):
        return ""
    place = largest.category or 0
    known = [
        (segment.share, lowered(bar.label.partition(" (n = ")[0]))
        for bar in figure.bars[1:]
        for segment in bar.segments or []
        if segment.category == place
    ]
    share = context.numbers.share
    label = figure.categories[place].rpartition(" (")[0] or figure.categories[place]
    words = {"label": label, "share": share(largest.share), "people": context.people}
    key = "bands told" if largest.share > 0.5 else "bands largest"
    if len(known) < 2:
        return context.say(key, **words)
    (low, least), (high, most) = min(known), max(known)
    return context.say(f"{key} groups", low=share(low), least=least, high=share(high), most=most, **words)


def _bands_figure(parts: Parts, context: Context, scale: Construct) -> str:
    figure = bands_figure(context, scale)
    bases = context.bundle.rows("score_bands", scale=scale.name, trait=ALL, level=ALL)["base"]
    caption = context.say(
        "caption bands", scale=context.scale(scale.name), people=context.people, n=range_of_n(context, bases)
    )
    if figure is not None and figure.has_hidden:
        caption += context.say("caption item hidden")
    draw = functools.partial(draw_items, context, figure, alternative="alt bands") if figure else None
    identifier, unasked = f"fig-{slug('bands', scale.name)}", scale_unasked(context, scale.name)
    return add_figure(parts, context, identifier, caption, draw, otherwise=unasked)


def factor_scores_table(context: Context) -> str:
    """How sure factor scores are, by scale and method."""
    rows, groups = [], []
    for _, row in context.bundle.tables["factor_scores"].iterrows():
        rows.append(
            [
                context.say(f"score {row['method']}"),
                count(context, row, "n_obs"),
                *(decimal(context, row, name) for name in ("se", "determinacy", "r_scale")),
                coded(context, "problem", str(row["problem"])),
            ]
        )
        groups.append(context.scale(str(row["scale"])))
    columns = [Column(context.say("head method"), figures=False)]
    columns += [Column(context.say(f"head {name}")) for name in ("n", "score se", "determinacy", "r scale")]
    columns.append(Column(context.say("head remarks"), figures=False))
    caption = context.say("caption factor scores")
    return numbered_table(context, "tbl-factor-scores", caption, columns, rows, groups=groups)


def reversal_table(context: Context) -> str:
    """Every scale with reversed questions, with and without turning them round."""
    rows = []
    for _, row in context.bundle.tables["reversal_checks"].iterrows():
        noticed = str(row["noticed"])
        other = str(row["other"])
        shown = interval(context, row, ("r_other", "r_other_ci_lower", "r_other_ci_upper"), signed=True)
        rows.append(
            [
                context.scale(str(row["scale"])),
                context.say("every item")
                if row["all_reversed"] == "true"
                else " ".join(questions(context, str(row["items"]))),
                count(context, row, "n_obs"),
                _two(context, row, "alpha", "alpha_unreversed"),
                _two(context, row, "lowest_item_rest", "lowest_item_rest_unreversed"),
                f"{context.scale(other)}: {shown}" if other else "",
                context.say(f"category {noticed}") if noticed in ("true", "false") else context.say("absent"),
                coded(context, "problem", str(row["problem"])),
            ]
        )
    columns = [Column(context.say("head scale"), figures=False), Column(context.say("head reversed"), figures=False)]
    columns += [Column(context.say(f"head {name}")) for name in ("n", "alpha both", "item rest both")]
    columns += [Column(context.say(f"head {name}"), figures=False) for name in ("r other", "noticed", "remarks")]
    caption = context.say("caption reversal", confidence=measured_confidence(context))
    return numbered_table(context, "tbl-reversal", caption, columns, rows)


def _two(context: Context, row: pd.Series, right: str, wrong: str) -> str:
    """``0,81 → 0,24``: as it is, and as it would be without turning round."""
    return f"{decimal(context, row, right)} → {decimal(context, row, wrong)}"
