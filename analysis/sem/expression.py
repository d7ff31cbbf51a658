"""Arithmetic on labels (``a*b + exp(c)``): read by a small parser of its own, never by ``eval``.

The text comes from anybody, so what it may cost is bounded: its length, and how deep its parentheses go. Reading turns
it into a list of steps in postfix order (Dijkstra's shunting yard), so that neither reading nor evaluating recurses.
Precedence is R's: ``^`` binds to the right and before a minus sign (``-2^2`` is -4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.sem.errors import ModelError
from analysis.sem.tokens import Token, at, tokens_of

MAX_TOKENS = 2_000
MAX_DEPTH = 100
_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "negative": 3, "positive": 3, "^": 4}
_PREFIX = {"-": "negative", "+": "positive"}
_NOTHING = complex(float("nan"), float("nan"))
# θ or a stack of θ, complex where a derivative is taken by a complex step
Number = npt.NDArray[np.complexfloating[Any, Any]]
Step = tuple[str, str | float]  # what to do, and on what: ("number", 2.0), ("label", "a"), ("binary", "+"), …


@dataclass(frozen=True)
class Expression:
    """``steps`` in postfix order; ``labels`` are the tokens of the labels used, in order of appearance."""

    text: str
    steps: tuple[Step, ...]
    labels: tuple[Token, ...]

    def value(self, values: Mapping[str, complex | Number]) -> Number:
        """The value for labels' ``values``, numbers or arrays of one shape (a stack of θ); the shape is theirs.

        Not a number outside a function's real domain (``sqrt`` and ``log`` of a negative number, a broken power of
        one, division by nil). Complex values carry a complex step through. Every label must be among ``values``.
        """
        stack: list[Number] = []
        with np.errstate(all="ignore"):
            for kind, what in self.steps:
                match kind:
                    case "number":
                        stack.append(np.asarray(what, dtype=complex))
                    case "label":
                        stack.append(np.asarray(values[str(what)], dtype=complex))
                    case "binary":
                        right = stack.pop()
                        stack.append(_BINARY[str(what)](stack.pop(), right))
                    case _:
                        stack.append(_UNARY[str(what)](stack.pop()))
        return stack.pop()


@lru_cache(maxsize=1024)
def expression_of(text: str) -> Expression:
    """``text`` read. Raises ``ModelError`` with line, column and the offending text."""
    tokens = [token for token in tokens_of(text) if token.kind != "newline"]
    if not tokens:
        raise ModelError("expected labels, numbers and + - * / ^ ( ), found nothing.")
    return read(tokens)


def read(tokens: Sequence[Token]) -> Expression:
    """The expression ``tokens`` (at least one) spell. Raises ``ModelError`` at the token that does not fit."""
    if len(tokens) > MAX_TOKENS:
        raise at(tokens[MAX_TOKENS], f"an expression may hold at most {MAX_TOKENS} labels and signs; too long at")
    return _Reader().read(tokens)


class _Reader:
    """A shunting yard: ``steps`` is what came out, ``waiting`` the operators and parentheses still open."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.waiting: list[tuple[str, Token]] = []
        self.labels: list[Token] = []
        self.depth = 0

    def read(self, tokens: Sequence[Token]) -> Expression:
        wants_operand = True
        following = [*tokens[1:], None]
        for token, after in zip(tokens, following, strict=True):
            wants_operand = self._operand(token, after) if wants_operand else self._operator(token)
        if wants_operand:
            raise at(tokens[-1], "expected a label or a number after")
        while self.waiting:
            what, token = self.waiting.pop()
            if what == "(":
                raise at(token, "expected ) to close")
            self._out(what)
        return Expression("".join(token.text for token in tokens), tuple(self.steps), tuple(self.labels))

    def _operand(self, token: Token, after: Token | None) -> bool:
        """Take a token where an operand may stand; whether one is still wanted."""
        if token.kind == "number":
            self.steps.append(("number", float(token.text)))
            return False
        if token.kind == "name" and after is not None and after.text == "(":
            if token.text not in _FUNCTIONS:
                raise at(token, f"only the functions {', '.join(sorted(_FUNCTIONS))} are understood, not")
            self.waiting.append((token.text, token))
            return True
        if token.kind == "name":
            self.steps.append(("label", token.text))
            self.labels.append(token)
            return False
        if token.text == "(":
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise at(token, f"parentheses may go {MAX_DEPTH} deep; too deep at")
            self.waiting.append(("(", token))
            return True
        if token.text in _PREFIX:
            self.waiting.append((_PREFIX[token.text], token))
            return True
        raise at(token, "expected a label or a number, found")

    def _operator(self, token: Token) -> bool:
        """Take a token where an operator may stand; whether an operand is wanted after it."""
        if token.text == ")":
            self._close(token)
            return False
        if token.text not in ("+", "-", "*", "/", "^"):
            raise at(token, "expected + - * / ^ or ), found")
        mine = _PRECEDENCE[token.text]
        while self.waiting and (held := _PRECEDENCE.get(self.waiting[-1][0], 0)):
            if held < mine or (held == mine and token.text == "^"):
                break
            self._out(self.waiting.pop()[0])
        self.waiting.append((token.text, token))
        return True

    def _close(self, token: Token) -> None:
        while self.waiting and self.waiting[-1][0] != "(":
            self._out(self.waiting.pop()[0])
        if not self.waiting:
            raise at(token, "expected ( before")
        self.waiting.pop()
        self.depth -= 1
        if self.waiting and self.waiting[-1][0] in _FUNCTIONS:
            self._out(self.waiting.pop()[0])

    def _out(self, what: str) -> None:
        self.steps.append(("binary" if what in _BINARY else "unary", what))


def _within(domain: npt.NDArray[np.bool_], value: Number) -> Number:
    return np.where(domain, value, _NOTHING)


def _quotient(a: Number, b: Number) -> Number:
    return _within(b.real != 0, np.divide(a, np.where(b.real == 0, 1, b)))


def _power(base: Number, exponent: Number) -> Number:
    """Whole exponents by multiplication, so that a negative base has one; others by the logarithm."""
    whole = exponent.ravel()[0].real if exponent.size else np.nan
    if np.all(exponent == whole) and float(whole).is_integer() and abs(whole) <= 1024:
        return _whole_power(base, int(whole))
    is_nil = (base == 0) & (exponent.real > 0)
    found = np.exp(exponent * np.log(np.where(base.real > 0, base, 1)))
    return np.where(is_nil, 0, _within(base.real > 0, found))


def _whole_power(base: Number, exponent: int) -> Number:
    found, square, left = np.ones_like(base), base, abs(exponent)
    while left:
        found = found * square if left & 1 else found
        square, left = square * square, left >> 1
    return _quotient(np.ones_like(base), found) if exponent < 0 else found


def _root(value: Number) -> Number:
    return _within(value.real >= 0, np.sqrt(value))


def _logarithm(value: Number) -> Number:
    return _within(value.real > 0, np.log(np.where(value.real > 0, value, 1)))


def _absolute(value: Number) -> Number:
    return np.where(value.real < 0, -value, value)


_BINARY: dict[str, Callable[[Number, Number], Number]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": _quotient, "^": _power,
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[[Number], Number]] = {
    "sqrt": _root, "exp": np.exp, "log": _logarithm, "abs": _absolute,
}  # fmt: skip
_UNARY: dict[str, Callable[[Number], Number]] = {
    "negative": np.negative, "positive": np.positive, **_FUNCTIONS,
}  # fmt: skip
