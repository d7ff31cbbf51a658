"""What a claim asserts, read from text and checked against what there is.

Grammar of a statement (white space is free)::

    statement  = quantity (">" | "<") ("0" | effect)
    quantity   = path | correlation | effect
    path       = NAME "~" NAME                      SWB ~ HS         a standardised coefficient of the claim's model
    correlation = "cor(" NAME "," NAME ")"          cor(HS, SC)      a correlation in the claim's model
    effect     = "effect(" TRAIT "," OUTCOME ")"    effect(location, HS)   high minus low, in sd of the outcome

Only an effect may stand on the right, of another trait on the same outcome: the claim is then about the difference.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from analysis.sem.table import ParameterTable

_STATEMENT = re.compile(
    r"\s*(?:"
    r"(?P<outcome>[A-Za-z]\w*)\s*~\s*(?P<predictor>[A-Za-z]\w*)"
    r"|cor\s*\(\s*(?P<a>[A-Za-z]\w*)\s*,\s*(?P<b>[A-Za-z]\w*)\s*\)"
    r"|effect\s*\(\s*(?P<trait>[A-Za-z][\w-]*)\s*,\s*(?P<score>[A-Za-z]\w*)\s*\)"
    r")\s*"
)
_DIRECTION = re.compile(r"(?P<direction>[<>])\s*")
_AGAINST = re.compile(r"(?:0|effect\s*\(\s*(?P<trait>[A-Za-z][\w-]*)\s*,\s*(?P<score>[A-Za-z]\w*)\s*\))\s*$")


class ClaimError(ValueError):
    """A statement cannot be read, or speaks of something its model or study does not have; says where and what."""


@dataclass(frozen=True)
class Statement:
    """What a claim asserts: a ``kind`` of quantity between two names, and the side of zero it lies on.

    ``names`` are (outcome, predictor) of a path, the two variables of a correlation, (trait, outcome) of an effect, or
    (trait, other trait, outcome) of a difference. ``sign`` is 1 for ``>`` and -1 for ``<``.
    """

    kind: Literal["path", "correlation", "effect", "difference"]
    names: tuple[str, ...]
    sign: Literal[1, -1]

    @property
    def about_model(self) -> bool:
        """True when the evidence is a parameter of a model."""
        return self.kind in ("path", "correlation")


def parse_statement(text: str) -> Statement:
    """Read a claim's statement; raises ``ClaimError`` with the position (from 1) and what was expected."""
    quantity = _STATEMENT.match(text)
    if quantity is None:
        raise _unreadable(text, 0, "expected `Y ~ X`, `cor(A, B)` or `effect(trait, outcome)`")
    direction = _DIRECTION.match(text, quantity.end())
    if direction is None:
        raise _unreadable(text, quantity.end(), "expected > or <")
    against = _AGAINST.match(text, direction.end())
    if against is None:
        raise _unreadable(text, direction.end(), "expected 0 or `effect(trait, outcome)`, and nothing after it")
    sign: Literal[1, -1] = 1 if direction["direction"] == ">" else -1
    if against["trait"]:
        if not quantity["trait"]:
            raise _unreadable(text, direction.end(), "only an effect can be compared with an effect; expected 0")
        if against["score"] != quantity["score"]:
            raise _unreadable(text, against.start("score"), f"expected the same outcome, {quantity['score']}")
        if against["trait"] == quantity["trait"]:
            raise _unreadable(text, against.start("trait"), "expected another trait")
        return Statement("difference", (quantity["trait"], against["trait"], quantity["score"]), sign)
    if quantity["trait"]:
        return Statement("effect", (quantity["trait"], quantity["score"]), sign)
    if quantity["a"]:
        return Statement("correlation", (quantity["a"], quantity["b"]), sign)
    return Statement("path", (quantity["outcome"], quantity["predictor"]), sign)


def _unreadable(text: str, position: int, expected: str) -> ClaimError:
    found = text[position : position + 20].strip() or "the end"
    return ClaimError(f"statement {text!r}, position {position + 1}: {expected}; found {found!r}")


def check_statement(
    statement: Statement,
    *,
    table: ParameterTable | None,
    unit_traits: Collection[str],
    person_traits: Collection[str],
    outcomes: Collection[str],
) -> None:
    """Raise ``ClaimError`` when ``statement`` speaks of what is not there: a path or correlation of the claim's model
    (``table``; ``None``: the claim names none), a trait or an outcome of the study."""
    if statement.about_model:
        if table is None:
            raise ClaimError("a path or correlation lives in a model; name it under `model`")
        _check_parameter(statement, table)
        return
    *traits, outcome = statement.names
    unknown = [trait for trait in traits if trait not in unit_traits and trait not in person_traits]
    if unknown:
        known = ", ".join([*unit_traits, *person_traits])
        raise ClaimError(f"the study has no trait {unknown[0]} (traits: {known})")
    if outcome not in outcomes:
        raise ClaimError(f"{outcome} is not among the study's outcomes ({', '.join(outcomes)})")
    if statement.kind == "difference" and not all(trait in unit_traits for trait in traits):
        raise ClaimError(f"effects of {' and '.join(traits)} can only be compared when both are traits of units")


def _check_parameter(statement: Statement, table: ParameterTable) -> None:
    a, b = statement.names
    if statement.kind == "path":
        if not any(r.op == "~" and (r.lhs, r.rhs) == (a, b) for r in table.rows):
            raise ClaimError(f"the model has no path {a} ~ {b}")
        return
    explained = sorted({a, b} & {r.lhs for r in table.rows if r.op == "~"})
    if explained:
        raise ClaimError(
            f"cor({a}, {b}): the model regresses {' and '.join(explained)} on something, so that covariance is one of"
            " residuals; name a model that leaves both unexplained"
        )
    if a == b or not any(r.op == "~~" and {r.lhs, r.rhs} == {a, b} for r in table.rows):
        raise ClaimError(f"the model has no covariance {a} ~~ {b}")
