"""Model text in lavaan syntax to statements.

Understood: ``=~`` (is measured by), ``~`` (regressed on; ``~ 1`` and ``~ 0`` are intercepts), ``~~`` ((co)variance),
``|`` (thresholds), ``~*~`` (scale of an ordered variable), ``:=`` (defined parameter), ``== < >`` (constraints). Modifiers,
several to a term: a number, ``NA``, a label, ``c(…)`` with one for each group, ``start()``, ``label()``, ``equal()``.
``#`` and ``!`` start comments; ``;`` or a new line ends a statement, which goes on where a line ends in an operator or
the next begins with one. Whatever else lavaan knows is refused by name, never skipped.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from analysis.sem.errors import ModelError

OPERATORS = ("=~", "~", "~~", "~1", "|", "~*~", ":=", "==", "<", ">")
_TOKEN = re.compile(
    r"(?P<comment>[#!][^\n]*)|(?P<newline>\n)|(?P<space>[ \t\r\f]+)|(?P<semicolon>;)"
    r"|(?P<op>=~|~\*~|~~|:=|==|<~|~|<|>|\|)"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d][\w.]*)"
    r"|(?P<string>\"[^\"\n]*\"|'[^'\n]*')|(?P<sign>[-+*/^(),:])"
)
_CALLS = ("c", "start", "label", "equal")
_ARITHMETIC = (":=", "==", "<", ">")
Value = float | str | None


@dataclass(frozen=True)
class Modifier:
    """What stands before ``*``: ``kind`` is ``value`` (fixed numbers, ``None`` is NA: free), ``label``, ``start`` or
    ``equal``; one value for every group, or one a group."""

    kind: str
    values: tuple[Value, ...]

    def __str__(self) -> str:
        shown = ["NA" if v is None else f"{v!r}" if isinstance(v, float) else v for v in self.values]
        if self.kind == "equal":
            return f'equal("{shown[0]}")'
        inner = shown[0] if len(shown) == 1 else f"c({', '.join(shown)})"
        return f"start({inner})" if self.kind == "start" else inner


@dataclass(frozen=True)
class Term:
    """One right-hand term: a variable (``1`` for an intercept) and its modifiers; ``column`` counts from 1."""

    name: str
    modifiers: tuple[Modifier, ...] = ()
    column: int = 0

    @property
    def label(self) -> str:
        """The label when the same one holds in every group, else empty."""
        labels = {v for m in self.modifiers if m.kind == "label" for v in m.values}
        return str(next(iter(labels))) if len(labels) == 1 else ""

    def __str__(self) -> str:
        return " + ".join(f"{m}*{self.name}" for m in self.modifiers) or self.name


@dataclass(frozen=True)
class Statement:
    """``lhs op terms``; for ``:=`` and constraints ``lhs op expression``. ``line`` counts from 1."""

    lhs: str
    op: str
    terms: tuple[Term, ...]
    line: int
    expression: str = ""

    def __str__(self) -> str:
        if self.op == "~1":
            return f"{self.lhs} ~ {self.terms[0]}"
        return f"{self.lhs} {self.op} {self.expression or ' + '.join(map(str, self.terms))}"


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    line: int
    column: int


@lru_cache(maxsize=256)
def _parsed(model: str) -> tuple[Statement, ...]:
    statements: list[Statement] = []
    for tokens in _split(_tokens(model)):
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
        lost |= {t.label for t in gone if t.label}
        terms = tuple(t for t in s.terms if t not in gone)
        if s.op in _ARITHMETIC or terms:
            kept.append(Statement(s.lhs, s.op, terms, s.line, s.expression))
    lost -= {t.label for s in kept for t in s.terms}
    left: list[Statement] = []
    for s in kept:
        used = s.expression if s.op == ":=" else f"{s.lhs} {s.expression}"
        if s.op in _ARITHMETIC and lost & set(re.findall(r"[^\W\d][\w.]*", used)):
            if s.op == ":=":
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
            current[-1].kind == "op" or current[-1].text in "+-*/^(," or token.text in ("+", "*", ")", ",")
            or token.kind == "op"
        )  # fmt: skip
        if token.kind == "semicolon" or (pending and not carries_on):
            groups.append([])
        pending = False
        if token.kind != "semicolon":
            groups[-1].append(token)
    return [group for group in groups if group]


def _statement(tokens: list[_Token]) -> list[Statement]:
    """One statement's tokens to a statement for every left-hand name."""
    operators = [i for i, token in enumerate(tokens) if token.kind == "op"]
    if not operators:
        what = tokens[1].text if len(tokens) > 1 else ""
        if what == ":":
            raise _error(tokens[0], "blocks of a model (group: level: efa) are not supported:")
        raise _error(tokens[0], "expected an operator (=~ ~ ~~ | ~*~ := == < >) in this statement, found none after")
    at = operators[0]
    operator = tokens[at]
    if len(operators) > 1:
        raise _error(tokens[operators[1]], "expected one operator a statement, found a second:")
    if operator.text == "<~":
        raise _error(operator, "formative variables are not supported; write a regression (~) instead of")
    left, right = tokens[:at], tokens[at + 1 :]
    if not left:
        raise _error(operator, "expected a variable before")
    if not right:
        raise _error(operator, "expected a term after")
    if operator.text in _ARITHMETIC:
        return [_arithmetic(left, operator, right)]
    terms = _terms(right)
    found: list[Statement] = []
    for name in _names(left):
        if operator.text == "~":
            found += _regression(name, terms, operator)
        else:
            _refuse_constants(terms, operator)
            found.append(Statement(name, operator.text, terms, operator.line))
    return found


def _regression(name: str, terms: tuple[Term, ...], operator: _Token) -> list[Statement]:
    """Predictors and intercept apart: ``y ~ 1 + x`` is two statements."""
    predictors = tuple(t for t in terms if t.name not in ("0", "1"))
    found = [Statement(name, "~", predictors, operator.line)] if predictors else []
    for t in terms:
        if t.name == "1":
            found.append(Statement(name, "~1", (t,), operator.line))
        elif t.name == "0":
            found.append(Statement(name, "~1", (Term("1", (Modifier("value", (0.0,)),), t.column),), operator.line))
    return found


def _refuse_constants(terms: tuple[Term, ...], operator: _Token) -> None:
    for t in terms:
        if t.name in ("0", "1"):
            message = f"line {operator.line}, column {t.column}: expected a variable, found {t.name!r}."
            raise ModelError(message)


def _arithmetic(left: list[_Token], operator: _Token, right: list[_Token]) -> Statement:
    """A defined parameter or a constraint."""
    for token in (*left, *right):
        if token.kind == "string" or token.text == ":":
            raise _error(token, "expected labels, numbers and + - * / ^ ( ), found")
    if operator.text == ":=" and (len(left) != 1 or left[0].kind != "name"):
        raise _error(left[0], "expected one name before :=, found")
    expressions = ["".join(token.text for token in side) for side in (left, right)]
    return Statement(expressions[0], operator.text, (), operator.line, expressions[1])


def _names(tokens: list[_Token]) -> list[str]:
    """The names of ``a + b``."""
    for i, token in enumerate(tokens):
        if (token.kind != "name") if i % 2 == 0 else (token.text != "+"):
            raise _error(token, "expected variables joined by + before the operator, found")
    if len(tokens) % 2 == 0:
        raise _error(tokens[-1], "expected a variable after")
    return [token.text for token in tokens[::2]]


def _terms(tokens: list[_Token]) -> tuple[Term, ...]:
    """The terms of ``x + a*y + c(1, NA)*z``; a variable named twice gathers its modifiers."""
    groups: list[list[_Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "+" and depth == 0:
            if not groups[-1]:
                raise _error(token, "expected a term before")
            groups.append([])
        else:
            groups[-1].append(token)
    if not groups[-1]:
        raise _error(tokens[-1], "expected a term after")
    terms: dict[str, Term] = {}
    for group in groups:
        term = _term(group)
        if term.name in terms:
            if not (term.modifiers or terms[term.name].modifiers):
                raise _error(group[-1], "this variable stands here twice:")
            term = Term(term.name, (*terms[term.name].modifiers, *term.modifiers), terms[term.name].column)
        terms[term.name] = term
    return tuple(terms.values())


def _term(tokens: list[_Token]) -> Term:
    """One term: factors joined by ``*``, the last of them the variable."""
    factors: list[list[_Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "*" and depth == 0:
            factors.append([])
        else:
            factors[-1].append(token)
    *modifiers, variable = factors
    if not variable:
        raise _error(tokens[-1], "expected a variable after")
    if len(variable) != 1 or not (variable[0].kind == "name" or variable[0].text in ("0", "1")):
        raise _error(variable[0], "expected a variable, found")
    for factor in modifiers:
        if not factor:
            raise _error(tokens[0], "expected `modifier*variable`, found")
    return Term(variable[0].text, tuple(_modifier(factor) for factor in modifiers), variable[0].column)


def _modifier(tokens: list[_Token]) -> Modifier:
    """One modifier: a number, NA, a label, a quoted label, or a call."""
    head = tokens[0]
    if len(tokens) > 1 and tokens[1].text == "(":
        return _call(tokens)
    value = _value(tokens)
    if isinstance(value, str):
        return Modifier("label", (value,))
    if head.text == "NA" or isinstance(value, float):
        return Modifier("value", (value,))
    raise _error(head, "expected a number, NA or a label before *, found")


def _call(tokens: list[_Token]) -> Modifier:
    """``c(…)``, ``start(…)``, ``label(…)``, ``equal("…")``."""
    head = tokens[0]
    if head.text not in _CALLS:
        raise _error(head, f"this modifier is not supported (supported: {', '.join(_CALLS)}, a number, NA, a label):")
    if tokens[-1].text != ")":
        raise _error(tokens[-1], "expected ) after")
    inner = tokens[2:-1]
    if not inner:
        raise _error(head, "expected something between the parentheses of")
    if head.text != "c" and len(inner) > 1 and inner[0].text == "c" and inner[1].text == "(":
        if inner[-1].text != ")":
            raise _error(inner[-1], "expected ) after")
        inner = inner[2:-1]
    values = _values(inner)
    if head.text == "equal":
        if len(values) != 1 or not isinstance(values[0], str):
            raise _error(head, 'expected one quoted parameter, such as equal("f=~x1"), in')
        return Modifier("equal", values)
    texts = [v for v in values if isinstance(v, str)]
    if head.text == "label" or (head.text == "c" and texts):
        if len(texts) < len(values):
            raise _error(head, "labels and numbers cannot be mixed in")
        return Modifier("label", values)
    if texts:
        raise _error(head, "expected numbers in")
    return Modifier("start" if head.text == "start" else "value", values)


def _values(tokens: list[_Token]) -> tuple[Value, ...]:
    parts: list[list[_Token]] = [[]]
    for token in tokens:
        if token.text == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    if any(not part for part in parts):
        raise _error(tokens[0], "expected values separated by commas, found")
    return tuple(_value(part) for part in parts)


def _value(tokens: list[_Token]) -> Value:
    """A number, a label, or ``None`` for NA."""
    sign, rest = (-1.0, tokens[1:]) if tokens[0].text == "-" else (1.0, tokens[1:] if tokens[0].text == "+" else tokens)
    if len(rest) == 1 and rest[0].kind == "number":
        return sign * float(rest[0].text)
    if len(tokens) == 1 and tokens[0].kind == "string":
        return re.sub(r"\s+", "", tokens[0].text[1:-1])
    if len(tokens) == 1 and tokens[0].kind == "name":
        return None if tokens[0].text == "NA" else tokens[0].text
    raise _error(tokens[0], "expected a number, NA or a label, found")


def _error(token: _Token, what: str) -> ModelError:
    return ModelError(f"line {token.line}, column {token.column}: {what} {token.text!r}.")
