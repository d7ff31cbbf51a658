"""What the figure of a claim is measured in, and which way round it is told."""

from __future__ import annotations

from analysis.claims.statement import Statement, parse_statement
from pipeline.declare import Claim
from pipeline.present.context import Context
from pipeline.present.drawing.effects import Effect


def measure_of(context: Context, claim: Claim) -> str:
    """A correlation, a standardised path, or standard deviations: and of what less what, as the claim has it."""
    statement = parse_statement(claim.statement, outcome=claim.outcome)
    if statement.kind == "effect":
        return _of_levels(context, "measure levels", statement, turned=statement.sign < 0)
    if statement.kind == "difference":
        first, second = (context.trait(name).lower() for name in statement.names[:2])
        names = (second, first) if statement.sign < 0 else (first, second)
        return context.say("measure levels", first=names[0], second=names[1])
    return context.say(f"measure {statement.kind}")


def turned_said(context: Context, claim: Claim, effect: Effect) -> str:
    """Of a claim that something is lower: that the tables have it the other way round, and the figure they show."""
    if effect.sign > 0:
        return ""
    estimate = context.numbers.number(effect.estimate, signed=True)
    statement = parse_statement(claim.statement, outcome=claim.outcome)
    if statement.kind == "effect" and context.trait_or_none(statement.names[0]) is not None:
        return _of_levels(context, "measure turned levels", statement, turned=False, estimate=estimate)
    return context.say("measure turned", estimate=estimate)


def _of_levels(context: Context, key: str, statement: Statement, *, turned: bool, **values: str) -> str:
    """``key`` with the levels of the trait that an effect is about: the higher less the lower, or ``turned``."""
    trait = context.trait_or_none(statement.names[0])
    if trait is None:
        return context.say("measure sd")
    first, second = (trait.low, trait.high) if turned else (trait.high, trait.low)
    return context.say(key, first=context.text(first.label), second=context.text(second.label), **values)
