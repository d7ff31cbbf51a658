"""What a claim asserts, read from text and checked against what there is.

Grammar (white space is free)::

    statement   = quantity (">" | "<") ("0" | effect)
    quantity    = path | correlation | defined | effect | difference
    path        = NAME "~" NAME                          SWB ~ HS              a standardised coefficient
    correlation = "cor(" NAME "," NAME ")"               cor(HS, SC)
    defined     = NAME                                   HS_SC_SWB             what the model defines with :=
    effect      = "effect(" TRAIT ["," OUTCOME] ")"      effect(location, HS)  high minus low, in sd of the outcome
    difference  = "difference(" path "," TRAIT ")"       difference(SWB ~ HS, location)    the path in the high level
                                                                               minus that in the low one

Paths, correlations, what is defined and differences live in the claim's model; a path may come from an observed
covariate (``Y ~ dummy``). Only an effect may stand on the right, of another trait on the same outcome: the
claim is then about the difference. ``effect(trait)`` leaves the outcome to the claim (``outcome:``). There is no other
number than 0 to compare with: how large something must be to matter is the claim's smallest effect.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from analysis.sem.table import ParameterTable

Sign = Literal[1, -1]

_NAME, _TRAIT = r"[A-Za-z]\w*", r"[A-Za-z][\w-]*"
_PATH = rf"({_NAME})\s*~\s*({_NAME})"
_EFFECT = re.compile(rf"effect\s*\(\s*({_TRAIT})\s*(?:,\s*({_NAME})\s*)?\)\s*")
_FORMS = {
    "effect": (_EFFECT, "`effect(trait, outcome)`"),
    "cor": (re.compile(rf"cor\s*\(\s*({_NAME})\s*,\s*({_NAME})\s*\)\s*"), "`cor(A, B)`"),
    "difference": (
        re.compile(rf"difference\s*\(\s*{_PATH}\s*,\s*({_TRAIT})\s*\)\s*"),
        "`difference(Y ~ X, trait)`",
    ),
}
_CALL = re.compile(rf"({_NAME})\s*\(")
_PLAIN_PATH = re.compile(_PATH + r"\s*")
_DEFINED = re.compile(rf"({_NAME})\s*")
_DIRECTION = re.compile(r"([<>])\s*")
_NOTHING = re.compile(r"0\s*$")
_EXPECTED = "`Y ~ X`, `cor(A, B)`, `effect(trait, outcome)`, `difference(Y ~ X, trait)` or what the model defines"


class ClaimError(ValueError):
    """A statement cannot be read, or speaks of something its model or study does not have; says where and what."""


@dataclass(frozen=True)
class Statement:
    """What a claim asserts: a ``kind`` of quantity, and the side of zero it lies on (``sign``: 1 for ``>``).

    ``names`` by kind: (outcome, predictor) of a path, the two variables of a correlation, the (name) of what a model
    defines, (outcome, predictor, trait) of a path difference, (trait, outcome) of an effect, (trait, other trait,
    outcome) of a difference of two effects.
    """

    kind: Literal["path", "correlation", "defined", "path_difference", "effect", "difference"]
    names: tuple[str, ...]
    sign: Sign

    @property
    def about_model(self) -> bool:
        """True when the evidence stands in the tables of a model."""
        return self.kind not in ("effect", "difference")


def parse_statement(text: str, *, outcome: str | None = None) -> Statement:
    """Read a claim's statement; ``outcome`` is that of effects which name none.

    Raises ``ClaimError`` with the position (from 1) and what was expected.
    """
    start = len(text) - len(text.lstrip())
    kind, names, end = _quantity(text, start, outcome)
    direction = _DIRECTION.match(text, end)
    if direction is None:
        raise _unreadable(text, end, "expected > or <")
    sign: Sign = 1 if direction[1] == ">" else -1
    if _NOTHING.match(text, direction.end()):
        return Statement(kind, names, sign)
    return _compared(text, direction.end(), names if kind == "effect" else None, sign, outcome)


def _quantity(
    text: str, start: int, outcome: str | None
) -> tuple[Literal["path", "correlation", "defined", "path_difference", "effect"], tuple[str, ...], int]:
    """Kind and names of what stands at ``start``, and where it ends."""
    call = _CALL.match(text, start)
    if call is not None:
        pattern, form = _FORMS.get(call[1], (None, _EXPECTED))
        found = pattern.match(text, start) if pattern else None
        if found is None:
            raise _unreadable(text, start, f"expected {form}")
        if call[1] == "effect":
            return "effect", _effect(text, found, outcome), found.end()
        return ("correlation" if call[1] == "cor" else "path_difference"), found.groups(), found.end()
    if path := _PLAIN_PATH.match(text, start):
        return "path", path.groups(), path.end()
    name = _DEFINED.match(text, start)
    if name and not text.startswith("~", name.end()):
        return "defined", name.groups(), name.end()
    raise _unreadable(text, start, f"expected {_EXPECTED}")


def _effect(text: str, found: re.Match[str], outcome: str | None) -> tuple[str, str]:
    """(trait, outcome) of an effect."""
    named = found[2] or outcome
    if named is None:
        raise _unreadable(text, found.start(), "expected an outcome, here or in the claim: `effect(trait, outcome)`")
    return found[1], named


def _compared(text: str, start: int, left: tuple[str, ...] | None, sign: Sign, outcome: str | None) -> Statement:
    """The difference between the effect ``left`` (``None``: it is none) and the effect at ``start``."""
    found = _EFFECT.match(text, start)
    if found is None or found.end() < len(text):
        raise _unreadable(text, start, "expected 0 or `effect(trait, outcome)`, and nothing after it")
    if left is None:
        raise _unreadable(text, start, "only an effect can be compared with an effect; expected 0")
    trait, of = _effect(text, found, outcome)
    if of != left[1]:
        raise _unreadable(text, found.start(2) if found[2] else start, f"expected the same outcome, {left[1]}")
    if trait == left[0]:
        raise _unreadable(text, found.start(1), "expected another trait")
    return Statement("difference", (left[0], trait, of), sign)


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
    """Raise ``ClaimError`` when ``statement`` speaks of what is not there: something of the claim's model (``table``;
    ``None``: the claim names none), a trait or an outcome of the study."""
    if statement.about_model:
        if table is None:
            raise ClaimError("what it speaks of lives in a model; name it under `model`")
        _check_parameter(statement, table)
    traits = {"effect": statement.names[:1], "difference": statement.names[:2], "path_difference": statement.names[2:]}
    named = traits.get(statement.kind, ())
    unknown = [trait for trait in named if trait not in unit_traits and trait not in person_traits]
    if unknown:
        known = ", ".join([*unit_traits, *person_traits])
        raise ClaimError(f"the study has no trait {unknown[0]} (traits: {known})")
    if statement.about_model:
        return
    if statement.names[-1] not in outcomes:
        raise ClaimError(f"{statement.names[-1]} is not among the study's outcomes ({', '.join(outcomes)})")
    if statement.kind == "difference" and not all(trait in unit_traits for trait in named):
        raise ClaimError(f"effects of {' and '.join(named)} can only be compared when both are traits of units")


def _check_parameter(statement: Statement, table: ParameterTable) -> None:
    """Raise ``ClaimError`` when the model does not have what ``statement`` speaks of."""
    if statement.kind == "defined":
        if statement.names[0] not in table.defined:
            known = ", ".join(table.defined) or "nothing"
            raise ClaimError(f"the model does not define {statement.names[0]} with := (it defines {known})")
        return
    a, b, *_ = statement.names
    if statement.kind != "correlation":
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
