"""lavaan's model syntax to statements.

Understood: ``=~`` (measured by), ``~`` (regressed on), ``~~`` ((co)variance), ``:=`` (defined parameter); one modifier
a term: a label (``a*x``), a fixed number (``0.5*x``) or ``NA*x`` (free); ``#`` and ``!`` comments; ``;`` or a new line
between statements; a statement goes on where a line ends in an operator or the next begins with ``+`` or ``*``.
Whatever else lavaan knows is refused by name, never skipped.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from analysis.sem.errors import ModelError

OPERATORS = ("=~", "~", "~~", ":=")
_TOKEN = re.compile(
    r"(?P<comment>[#!][^\n]*)|(?P<newline>\n)|(?P<space>[ \t\r]+)|(?P<semicolon>;)"
    r"|(?P<op>=~|~~|~\*~|:=|==|~|<~|<|>|\|)"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d][\w.]*)"
    r"|(?P<sign>[-+*/^(),])"
)


@dataclass(frozen=True)
class Term:
    """One right-hand term: a variable with at most one modifier (``label``, ``fixed``, or ``freed`` by ``NA*``)."""

    name: str
    label: str = ""
    fixed: float | None = None
    freed: bool = False

    def __str__(self) -> str:
        modifier = self.label or ("NA" if self.freed else "" if self.fixed is None else repr(self.fixed))
        return f"{modifier}*{self.name}" if modifier else self.name


@dataclass(frozen=True)
class Statement:
    """``lhs op terms``, or for ``:=`` a parameter defined by ``expression``; ``line`` counts from 1."""

    lhs: str
    op: str
    terms: tuple[Term, ...]
    line: int
    expression: str = ""

    def __str__(self) -> str:
        return f"{self.lhs} {self.op} {self.expression or ' + '.join(map(str, self.terms))}"


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    line: int
    column: int


def parse(model: str) -> list[Statement]:
    """The statements of a model in lavaan syntax, in order; ``a + b ~ c`` becomes two statements.

    Raises ``ModelError`` with line, column and the offending text.
    """
    statements: list[Statement] = []
    for tokens in _split(_tokens(model)):
        statements.extend(_statement(tokens))
    if not statements:
        raise ModelError("The model is empty: expected at least one statement such as `HS =~ hs1 + hs2 + hs3`.")
    return statements


def without_terms(model: str, names: Collection[str]) -> str:
    """``model`` without every right-hand term on ``names`` and every statement about them.

    Statements left empty go, and so do defined parameters that use a label gone with a term. For a subgroup in which
    the covariates ``names`` do not vary. Raises ``ModelError`` as ``parse`` does, or when nothing is left.
    """
    kept: list[Statement] = []
    lost: set[str] = set()
    for s in parse(model):
        gone = [t for t in s.terms if s.lhs in names or t.name in names]
        lost |= {t.label for t in gone if t.label}
        terms = tuple(t for t in s.terms if t not in gone)
        if s.op == ":=" or terms:
            kept.append(Statement(s.lhs, s.op, terms, s.line, s.expression))
    lost -= {t.label for s in kept for t in s.terms}
    left: list[Statement] = []
    for s in kept:
        if s.op == ":=" and lost & set(re.findall(r"[^\W\d][\w.]*", s.expression)):
            lost.add(s.lhs)
        else:
            left.append(s)
    if not left:
        raise ModelError("Nothing is left of the model once the constant covariates are taken out.")
    return "\n".join(map(str, left)) + "\n"


def _tokens(model: str) -> Iterator[_Token]:
    position, line, start = 0, 1, 0
    while position < len(model):
        match = _TOKEN.match(model, position)
        if match is None:
            raise ModelError(f"line {line}, column {position - start + 1}: cannot read {model[position]!r}.")
        kind, text = str(match.lastgroup), match.group()
        if kind not in ("space", "comment"):
            yield _Token(kind, text, line, position - start + 1)
        position = match.end()
        if kind == "newline":
            line, start = line + 1, position


def _split(tokens: Iterator[_Token]) -> list[list[_Token]]:
    """Tokens grouped by statement."""
    groups: list[list[_Token]] = [[]]
    pending = False  # a line end that closes the statement unless the next line carries it on
    for token in tokens:
        current = groups[-1]
        if token.kind == "newline":
            pending = bool(current)
            continue
        carries_on = bool(current) and (
            current[-1].kind == "op" or current[-1].text in "+-*/^(," or token.text in ("+", "*", ")")
        )
        if token.kind == "semicolon" or (pending and not carries_on):
            groups.append([])
        pending = False
        if token.kind != "semicolon":
            groups[-1].append(token)
    return [group for group in groups if group]


def _statement(tokens: list[_Token]) -> list[Statement]:
    """One statement's tokens to a statement for every left-hand name."""
    at = next((i for i, token in enumerate(tokens) if token.kind == "op"), None)
    if at is None:
        raise _error(tokens[0], "expected an operator (=~ ~ ~~ :=) in this statement, found none after")
    operator = tokens[at]
    if operator.text not in OPERATORS:
        raise _error(operator, "operator not supported (supported: =~ ~ ~~ :=):")
    left, right = tokens[:at], tokens[at + 1 :]
    if not left:
        raise _error(operator, "expected a variable before")
    if not right:
        raise _error(operator, "expected a term after")
    lhs = _names(left)
    if operator.text == ":=":
        expression = "".join(token.text for token in right)
        return [Statement(lhs[0], ":=", (), operator.line, expression)]
    terms = _terms(right)
    return [Statement(name, operator.text, terms, operator.line) for name in lhs]


def _names(tokens: list[_Token]) -> list[str]:
    """The names of ``a + b``."""
    for i, token in enumerate(tokens):
        if (token.kind != "name") if i % 2 == 0 else (token.text != "+"):
            raise _error(token, "expected variables joined by + before the operator, found")
    if len(tokens) % 2 == 0:
        raise _error(tokens[-1], "expected a variable after")
    return [token.text for token in tokens[::2]]


def _terms(tokens: list[_Token]) -> tuple[Term, ...]:
    """The terms of ``x + a*y + 0.5*z``."""
    groups: list[list[_Token]] = [[]]
    for token in tokens:
        if token.text == "+":
            if not groups[-1]:
                raise _error(token, "expected a term before")
            groups.append([])
        else:
            groups[-1].append(token)
    if not groups[-1]:
        raise _error(tokens[-1], "expected a term after")
    return tuple(_term(group) for group in groups)


def _term(tokens: list[_Token]) -> Term:
    """One term: ``x``, ``label*x``, ``NA*x``, ``0.5*x`` or ``-0.5*x``."""
    *modifier, variable = tokens
    if variable.kind != "name":
        if variable.text in ("0", "1") and not modifier:
            raise _error(variable, "intercepts (~1) are not supported: this engine fits covariances only; found")
        raise _error(variable, "expected a variable, found")
    if not modifier:
        return Term(variable.text)
    if modifier[-1].text != "*" or len(modifier) < 2:
        raise _error(modifier[0], "expected `label*variable` or `number*variable`, found")
    sign = -1.0 if modifier[0].text == "-" else 1.0
    core = modifier[1:-1] if modifier[0].text == "-" else modifier[:-1]
    if len(core) == 1 and core[0].kind == "number":
        return Term(variable.text, fixed=sign * float(core[0].text))
    if len(core) == 1 and core[0].kind == "name" and sign > 0:
        return Term(variable.text, freed=True) if core[0].text == "NA" else Term(variable.text, label=core[0].text)
    raise _error(modifier[0], "modifier not supported (supported: one label, one number or NA):")


def _error(token: _Token, what: str) -> ModelError:
    return ModelError(f"line {token.line}, column {token.column}: {what} {token.text!r}.")
