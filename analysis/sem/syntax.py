"""Model text in lavaan syntax to statements.

Understood: ``=~`` (is measured by), ``~`` (regressed on; ``~ 1`` and ``~ 0`` are intercepts), ``~~`` ((co)variance),
``|`` (thresholds), ``~*~`` (scale of an ordered variable), ``:=`` (defined parameter), ``== < >`` (constraints).
Modifiers, several to a term: a number or arithmetic on numbers, ``NA``, a label, ``c(…)`` with one for each group,
``start()``, ``label()``, ``equal()``. ``#`` and ``!`` start comments; ``;`` or a new line ends a statement, which goes
on where a line ends in an operator or the next begins with one. Whatever else lavaan knows is refused by name, never
skipped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from analysis.sem.errors import ModelError
from analysis.sem.expression import read
from analysis.sem.tokens import Token, at, tokens_of

OPERATORS = ("=~", "~", "~~", "~1", "|", "~*~", ":=", "==", "<", ">")
_CALLS = ("c", "start", "label", "equal")
_NUMERIC = ("sqrt", "exp", "log", "abs")
_ARITHMETIC = (":=", "==", "<", ">")
Value = float | str | None


@dataclass(frozen=True)
class Modifier:
    """What stands before ``*``: ``kind`` is ``value`` (fixed numbers, ``None`` is NA: free), ``label``, ``start`` or
    ``equal``; one value for every group, or one a group."""

    kind: str
    values: tuple[Value, ...]

    def __str__(self) -> str:
        shown = [_written(value, quoted=self.kind == "equal") for value in self.values]
        inner = shown[0] if len(shown) == 1 else f"c({', '.join(shown)})"
        return f"{self.kind}({inner})" if self.kind in ("start", "equal") else inner


def _written(value: Value, *, quoted: bool) -> str:
    if value is None:
        return "NA"
    if isinstance(value, float):
        return repr(value)
    return f'"{value}"' if quoted or not re.fullmatch(r"[^\W\d][\w.]*", value) else value


@dataclass(frozen=True)
class Term:
    """One right-hand term: a variable (``1`` for an intercept) and its modifiers; ``line`` and ``column`` from 1."""

    name: str
    modifiers: tuple[Modifier, ...] = ()
    column: int = 0
    line: int = 0

    @property
    def labels(self) -> frozenset[str]:
        """The labels it has in any group."""
        return frozenset(v for m in self.modifiers if m.kind == "label" for v in m.values if isinstance(v, str))

    @property
    def label(self) -> str:
        """The label when the same one holds in every group, else empty."""
        return next(iter(self.labels)) if len(self.labels) == 1 else ""

    def __str__(self) -> str:
        return " + ".join(f"{m}*{self.name}" for m in self.modifiers) or self.name


@dataclass(frozen=True)
class Statement:
    """``lhs op terms``; for ``:=`` and constraints ``lhs op expression``, with ``labels`` the tokens of its labels.
    ``line`` counts from 1."""

    lhs: str
    op: str
    terms: tuple[Term, ...]
    line: int
    expression: str = ""
    labels: tuple[Token, ...] = field(default=(), compare=False, repr=False)

    def __str__(self) -> str:
        if self.op == "~1":
            return f"{self.lhs} ~ {self.terms[0]}"
        return f"{self.lhs} {self.op} {self.expression or ' + '.join(map(str, self.terms))}"


@lru_cache(maxsize=256)
def _parsed(model: str) -> tuple[Statement, ...]:
    statements: list[Statement] = []
    for tokens in _split(tokens_of(model)):
        statements.extend(_statement(tokens))
    if not statements:
        raise ModelError("The model is empty: expected at least one statement such as `HS =~ hs1 + hs2 + hs3`.")
    return tuple(statements)


def parse(model: str) -> list[Statement]:
    """The statements of a model in lavaan syntax, in order; ``a + b ~ c`` becomes two statements.

    Raises ``ModelError`` with line, column and the offending text.
    """
    return list(_parsed(model))


def without_terms(model: str, names: Collection[str]) -> str:
    """``model`` without every right-hand term on ``names`` and every statement about them.

    Statements left empty go, and so do defined parameters and constraints that use a label gone with a term. For a
    subgroup in which the covariates ``names`` do not vary. Raises ``ModelError`` as ``parse`` does, or when nothing is
    left.
    """
    kept: list[Statement] = []
    lost: set[str] = set()
    for s in parse(model):
        gone = [t for t in s.terms if s.lhs in names or t.name in names]
        lost = lost.union(*(t.labels for t in gone))
        terms = tuple(t for t in s.terms if t not in gone)
        if s.op in _ARITHMETIC or terms:
            kept.append(Statement(s.lhs, s.op, terms, s.line, s.expression, s.labels))
    lost = lost.difference(*(t.labels for s in kept for t in s.terms))
    left: list[Statement] = []
    for s in kept:
        if lost.isdisjoint(token.text for token in s.labels):
            left.append(s)
        elif s.op == ":=":
            lost.add(s.lhs)
    if not left:
        raise ModelError("Nothing is left of the model once the constant covariates are taken out.")
    return "\n".join(map(str, left)) + "\n"


def _split(tokens: Iterator[Token]) -> list[list[Token]]:
    """Tokens grouped by statement."""
    groups: list[list[Token]] = [[]]
    pending = False  # a line end that closes the statement unless the next line carries it on
    for token in tokens:
        current = groups[-1]
        if token.kind == "newline":
            pending = bool(current)
            continue
        carries_on = bool(current) and (
            current[-1].kind == "op" or current[-1].text in "+-*/^(," or token.text in ("+", "*", ")", ",")
            or token.kind == "op"
        )  # fmt: skip
        if token.kind == "semicolon" or (pending and not carries_on):
            groups.append([])
        pending = False
        if token.kind != "semicolon":
            groups[-1].append(token)
    return [group for group in groups if group]


def _statement(tokens: list[Token]) -> list[Statement]:
    """One statement's tokens to a statement for every left-hand name."""
    operators = [i for i, token in enumerate(tokens) if token.kind == "op"]
    if not operators:
        what = tokens[1].text if len(tokens) > 1 else ""
        if what == ":":
            raise at(tokens[0], "blocks of a model (group: level: efa) are not supported:")
        raise at(tokens[0], "expected an operator (=~ ~ ~~ | ~*~ := == < >) in this statement, found none after")
    place = operators[0]
    operator = tokens[place]
    if len(operators) > 1:
        raise at(tokens[operators[1]], "expected one operator a statement, found a second:")
    if operator.text == "<~":
        raise at(operator, "formative variables are not supported; write a regression (~) instead of")
    left, right = tokens[:place], tokens[place + 1 :]
    if not left:
        raise at(operator, "expected a variable before")
    if not right:
        raise at(operator, "expected a term after")
    if operator.text in _ARITHMETIC:
        return [_arithmetic(left, operator, right)]
    terms = _terms(right)
    found: list[Statement] = []
    for name in _names(left):
        if operator.text == "~":
            found += _regression(name, terms, operator)
        else:
            _refuse_constants(terms)
            found.append(Statement(name, operator.text, terms, operator.line))
    return found


def _regression(name: str, terms: tuple[Term, ...], operator: Token) -> list[Statement]:
    """Predictors and intercept apart: ``y ~ 1 + x`` is two statements."""
    predictors = tuple(t for t in terms if t.name not in ("0", "1"))
    found = [Statement(name, "~", predictors, operator.line)] if predictors else []
    for t in terms:
        if t.name == "1":
            found.append(Statement(name, "~1", (t,), operator.line))
        elif t.name == "0":
            nil = Term("1", (Modifier("value", (0.0,)),), t.column, t.line)
            found.append(Statement(name, "~1", (nil,), operator.line))
    return found


def _refuse_constants(terms: tuple[Term, ...]) -> None:
    for t in terms:
        if t.name in ("0", "1"):
            raise ModelError(f"line {t.line}, column {t.column}: expected a variable, found {t.name!r}.")


def _arithmetic(left: list[Token], operator: Token, right: list[Token]) -> Statement:
    """A defined parameter or a constraint."""
    value = read(right)
    if operator.text == ":=":
        if len(left) != 1 or left[0].kind != "name":
            raise at(left[0] if left[0].kind != "name" else left[1], "expected one name before :=, found")
        return Statement(left[0].text, operator.text, (), operator.line, value.text, value.labels)
    limit = read(left)
    return Statement(limit.text, operator.text, (), operator.line, value.text, (*limit.labels, *value.labels))


def _names(tokens: list[Token]) -> list[str]:
    """The names of ``a + b``."""
    for i, token in enumerate(tokens):
        if (token.kind != "name") if i % 2 == 0 else (token.text != "+"):
            raise at(token, "expected variables joined by + before the operator, found")
    if len(tokens) % 2 == 0:
        raise at(tokens[-1], "expected a variable after")
    return [token.text for token in tokens[::2]]


def _terms(tokens: list[Token]) -> tuple[Term, ...]:
    """The terms of ``x + a*y + c(1, NA)*z``; a variable named twice gathers its modifiers."""
    groups: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "+" and depth == 0:
            if not groups[-1]:
                raise at(token, "expected a term before")
            groups.append([])
        else:
            groups[-1].append(token)
    if not groups[-1]:
        raise at(tokens[-1], "expected a term after")
    terms: dict[str, Term] = {}
    for group in groups:
        term = _term(group)
        if term.name in terms:
            if not (term.modifiers or terms[term.name].modifiers):
                raise at(group[-1], "this variable stands here twice:")
            first = terms[term.name]
            term = Term(term.name, (*first.modifiers, *term.modifiers), first.column, first.line)
        _refuse_contradictions(term, group[-1])
        terms[term.name] = term
    return tuple(terms.values())


def _refuse_contradictions(term: Term, token: Token) -> None:
    """Refuse what would have to be decided for the author: two labels, two values or two starting values."""
    kinds = ["label" if m.kind == "equal" else m.kind for m in term.modifiers]
    for kind, what in (("label", "two labels"), ("value", "two fixed values"), ("start", "two starting values")):
        if kinds.count(kind) > 1:
            raise at(token, f"one parameter cannot have {what}:")


def _term(tokens: list[Token]) -> Term:
    """One term: factors joined by ``*``, the last of them the variable."""
    factors: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "*" and depth == 0:
            factors.append([])
        else:
            factors[-1].append(token)
    *modifiers, variable = factors
    if not variable:
        raise at(tokens[-1], "expected a variable after")
    if len(variable) != 1 or not (variable[0].kind == "name" or variable[0].text in ("0", "1")):
        raise at(variable[0], "expected a variable, found")
    if not all(modifiers):
        raise at(tokens[0], "expected `modifier*variable`, found")
    read_modifiers = _numbers_joined([_modifier(factor) for factor in modifiers])
    return Term(variable[0].text, read_modifiers, variable[0].column, variable[0].line)


def _numbers_joined(modifiers: list[Modifier]) -> tuple[Modifier, ...]:
    """Numbers that multiply each other (``2*0.5*x``) as one."""
    joined: list[Modifier] = []
    for modifier in modifiers:
        last = joined[-1] if joined else modifier
        if joined and _is_number(last) and _is_number(modifier):
            joined[-1] = Modifier("value", (float(last.values[0] or 0) * float(modifier.values[0] or 0),))
        else:
            joined.append(modifier)
    return tuple(joined)


def _is_number(modifier: Modifier) -> bool:
    return modifier.kind == "value" and len(modifier.values) == 1 and isinstance(modifier.values[0], float)


def _modifier(tokens: list[Token]) -> Modifier:
    """One modifier: a number, NA, a label, a quoted label, or a call."""
    is_call = len(tokens) > 1 and tokens[0].kind == "name" and tokens[1].text == "("
    if is_call and tokens[0].text not in _NUMERIC:
        return _call(tokens)
    value = _value(tokens)
    return Modifier("label" if isinstance(value, str) else "value", (value,))


def _call(tokens: list[Token]) -> Modifier:
    """``c(…)``, ``start(…)``, ``label(…)``, ``equal("…")``."""
    head = tokens[0]
    if head.text not in _CALLS:
        raise at(head, f"this modifier is not supported (supported: {', '.join(_CALLS)}, a number, NA, a label):")
    if tokens[-1].text != ")":
        raise at(tokens[-1], "expected ) after")
    inner = tokens[2:-1]
    if head.text != "c" and len(inner) > 1 and inner[0].text == "c" and inner[1].text == "(":
        if inner[-1].text != ")":
            raise at(inner[-1], "expected ) after")
        inner = inner[2:-1]
    if not inner:
        raise at(head, "expected something between the parentheses of")
    values = _values(inner)
    texts = [v for v in values if isinstance(v, str)]
    if head.text == "equal":
        if len(texts) < len(values):
            raise at(head, 'expected a quoted parameter, such as equal("f=~x1"), in')
        return Modifier("equal", values)
    if head.text == "label" or (head.text == "c" and texts):
        if len(texts) < len(values):
            raise at(head, "labels cannot be mixed with numbers or NA (give the label in a term of its own) in")
        return Modifier("label", values)
    if texts:
        raise at(head, "expected numbers in")
    return Modifier("start" if head.text == "start" else "value", values)


def _values(tokens: list[Token]) -> tuple[Value, ...]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.text == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    if not all(parts):
        raise at(tokens[0], "expected values separated by commas, found")
    return tuple(_value(part) for part in parts)


def _value(tokens: list[Token]) -> Value:
    """A number (arithmetic on numbers too), a label, or ``None`` for NA."""
    first = tokens[0]
    if len(tokens) == 1 and first.kind == "string":
        text = re.sub(r"\s+", "", first.text[1:-1])
        if not text:
            raise at(first, "expected a label between the quotes, found")
        return text
    if len(tokens) == 1 and first.kind == "name":
        return None if first.text == "NA" else first.text
    expression = read(tokens)
    if expression.labels:
        raise at(expression.labels[0], "expected a number, NA or one label before *, found")
    number = float(expression.value({}).real)
    if not math.isfinite(number):
        raise at(first, "expected a finite number, found")
    return number
