"""What other people answered to the same items: declared values beside published shares.

A share is only set beside one of elsewhere when every answer in it may be shown. The people differ and were asked
otherwise, so nothing is tested: the two numbers stand beside each other, with their population, year and source.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import pandas as pd

from pipeline.declare import InstrumentField, Reference
from pipeline.present.bundle import ALL
from pipeline.present.context import Context, as_code, capital
from pipeline.present.drawing.colours import LEVELS
from pipeline.present.drawing.dots import Axis, Dots, Key, Mark, Row, Section, draw_dots
from pipeline.present.markup.figures import add_figure
from pipeline.present.markup.markdown import Column, plain
from pipeline.present.markup.tables import numbered_table
from pipeline.present.parts import Parts
from pipeline.present.words.numbers import in_words
from pipeline.present.words.people import range_of_n

ELSEWHERE = LEVELS[1]
"""The colour of what comes from elsewhere."""
_AXIS = Axis(0.0, 1.0, [0.0, 0.25, 0.5, 0.75, 1.0], percent=True)


@dataclass(frozen=True)
class Compared:
    """An item in one group: the share here that gave the answers of ``reference`` (None: not shown), of ``base``."""

    item: str
    reference: Reference
    share: float | None
    base: float | None


def referenced_items(context: Context) -> list[InstrumentField]:
    """Items that say what others answered, as far as any answers to them were published."""
    asked = set(context.bundle.tables["item_distribution"]["item"])
    return [field for field in context.instrument.with_role("item") if field.reference and field.name in asked]


def compared(context: Context, field: InstrumentField, trait: str = ALL, level: str = ALL) -> list[Compared]:
    """``field`` in one group beside each of its references."""
    rows = context.bundle.rows("item_distribution", item=field.name, trait=trait, level=level)
    rows = rows[rows["scale"] == rows["scale"].iloc[0]] if len(rows) else rows
    bases = rows["base"].dropna()
    base = float(bases.iloc[0]) if len(bases) and bases.iloc[0] > 0 else None
    shares = dict(zip(rows["category"].astype(str), rows["share"].astype(float), strict=True))
    return [
        Compared(field.name, reference, None if base is None else _share(shares, reference), base)
        for reference in field.reference
    ]


def _share(shares: dict[str, float], reference: Reference) -> float | None:
    """The share of the answers that ``reference`` counts; None when one of them is hidden."""
    together = sum(shares.get(as_code(code), 0.0) for code in reference.categories)
    return None if math.isnan(together) else together


def told(context: Context, one: Compared) -> str:
    """Both shares in a sentence."""
    here = context.say("hidden") if one.share is None else context.numbers.share(one.share)
    return context.say(
        "alt reference",
        item=context.question(one.item).rstrip(".?"),
        here=here,
        there=context.numbers.share(one.reference.value),
        what=context.text(one.reference.what),
    )


def populations(context: Context, fields: list[InstrumentField]) -> list[str]:
    """Who the others are, each once: population, year, source."""
    return list(
        dict.fromkeys(context.say("reference who", **who(context, r)) for field in fields for r in field.reference)
    )


def who(context: Context, reference: Reference) -> dict[str, str]:
    """The words of a reference: ``population``, ``year``, ``source``, ``what``."""
    return {
        "population": context.text(reference.population),
        "year": str(reference.year),
        "source": asked_by(context, context.instrument.sources[reference.source].citation),
        "what": context.text(reference.what),
    }


def asked_by(context: Context, citation: str) -> str:
    """Who a citation begins with, in the reader's language where ``words/sources.yaml`` has it."""
    key = f"declared {citation}"
    return (context.say(key) if context.knows(key) else citation).split(":")[0]


def references_parts(context: Context) -> Parts:
    """``references-summary``, ``figure-references``, ``table-references``."""
    parts = Parts()
    fields = referenced_items(context)
    parts.texts["references-summary"] = plain(summary(context, fields)) + "\n"
    bases = [one.base for field in fields for one in compared(context, field)]
    n = range_of_n(context, pd.Series(bases, dtype="float64"))
    caption = context.say("caption figure references", people=context.people, n=n)
    figure = dots(context, fields) if any(base is not None for base in bases) else None
    draw = functools.partial(draw_dots, context, figure) if figure else None
    parts.texts["figure-references"] = add_figure(parts, context, "fig-references", caption, draw)
    parts.texts["table-references"] = references_table(context, fields)
    return parts


def summary(context: Context, fields: list[InstrumentField]) -> str:
    """How far the shares that agree lie from those elsewhere at most, and what that is worth."""
    pairs = [one for field in fields for one in compared(context, field)]
    shown = [one for one in pairs if one.share is not None]
    if not shown:
        return context.say("references hidden" if pairs else "references none")
    most = max(abs(float(one.share or 0) - one.reference.value) for one in shown)
    return context.say(
        "references summary", n=in_words(len(shown), context.language), people=context.people,
        most=context.numbers.number(100 * most, 1),
    )  # fmt: skip


def groups(context: Context) -> list[tuple[str, str]]:
    """Everybody, then every level of every trait that answers were published of."""
    table = context.bundle.tables["item_distribution"]
    found = table[["trait", "level"]].drop_duplicates().itertuples(index=False, name=None)
    return sorted(((str(t), str(v)) for t, v in found), key=lambda group: group[0] != ALL)


def dots(context: Context, fields: list[InstrumentField]) -> Dots:
    """A section per item, a row per group: a dot for the share here, a ring for the share elsewhere."""
    sections = []
    for field in fields:
        rows = [
            _row(context, context.level(trait, level), one)
            for trait, level in groups(context)
            for one in compared(context, field, trait, level)
        ]
        sections.append(Section(f"{context.question(field.name)} {_marked(context, field)}".strip(), rows))
    keys = [Key(context.say("key reference here"))]
    keys += [Key(who, colour=ELSEWHERE, kind="ring") for who in populations(context, fields)]
    details = " ".join(told(context, one) for field in fields for one in compared(context, field))
    description = context.say("alt references", details=details)
    return Dots(context.say("figure references"), description, sections, _AXIS, keys)


def _marked(context: Context, field: InstrumentField) -> str:
    return f"({context.say('reversed')})" if field.reversed else ""


def _row(context: Context, label: str, one: Compared) -> Row:
    marks = [Mark(one.reference.value, colour=ELSEWHERE, hollow=True)]
    if one.share is None:
        return Row(capital(label), marks, said=context.say("hidden"))
    return Row(capital(label), [Mark(one.share), *marks], said=context.numbers.share(one.share))


def references_table(context: Context, fields: list[InstrumentField]) -> str:
    """A row per item and reference: who agreed here, elsewhere, and who they are."""
    rows = []
    for field in fields:
        for one in compared(context, field):
            words = who(context, one.reference)
            rows.append(
                [
                    context.question(field.name),
                    words["what"],
                    context.say("hidden") if one.share is None else context.numbers.share(one.share, 1),
                    context.say("hidden") if one.base is None else context.numbers.count(one.base),
                    context.numbers.share(one.reference.value, 1),
                    f"{words['population']}, {words['year']}",
                    words["source"],
                ]
            )
    here, there = context.say("head here"), context.say("head elsewhere")
    columns = [
        Column(context.say("head item"), figures=False),
        Column(context.say("head answers counted"), figures=False),
        Column(context.say("head share"), over=here),
        Column(context.say("head n"), over=here),
        Column(context.say("head share"), over=there),
        Column(context.say("head population"), figures=False, over=there),
        Column(context.say("head source"), figures=False, over=there),
    ]
    return numbered_table(context, "tbl-references", context.say("caption references"), columns, rows)
