"""How the instrument's items are scored, as analysis knows it."""

from __future__ import annotations

from analysis.measurement.scoring import Difference, Item, Scale
from pipeline.declare import Instrument
from pipeline.stages._answers import code_range


def items_of(instrument: Instrument) -> list[Item]:
    """The instrument's items as analysis knows them, in questionnaire order."""
    return [
        Item(field.name, *code_range(instrument, field), reversed=field.reversed)
        for field in instrument.with_role("item")
    ]


def scales_of(instrument: Instrument) -> list[Scale]:
    """The instrument's constructs as analysis scores them, in order."""
    items = {item.name: item for item in items_of(instrument)}
    return [
        Scale(
            name=c.name, items=tuple(items[name] for name in c.items), rule=c.rule, multiply=c.multiply,
            minimum_answered=c.minimum_answered, lower=c.lower, upper=c.upper,
        )
        for c in instrument.constructs
    ]  # fmt: skip


def differences_of(instrument: Instrument) -> list[Difference]:
    """The instrument's derived scores as analysis computes them, in order."""
    return [Difference(d.name, tuple(d.plus), tuple(d.minus)) for d in instrument.derived]
