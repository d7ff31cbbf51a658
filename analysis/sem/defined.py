"""Defined parameters (``ind := a*b``): arithmetic on labels, a later one on earlier ones too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analysis.sem.errors import ModelError
from analysis.sem.expression import Number, expression_of
from analysis.sem.syntax import Statement


def evaluate(name: str, expression: str, values: Mapping[str, complex]) -> complex:
    """The value of ``expression`` (``+ - * / ^ ( )``, ``sqrt exp log abs``, labels) at the labels' ``values``.

    Works on complex numbers, so that derivatives can be taken by a complex step; not a number where the expression has
    no real value. Raises ``ModelError`` naming the defined parameter when the expression cannot be read or uses a label
    the model does not have.
    """
    try:
        compiled = expression_of(expression)
    except ModelError as error:
        raise ModelError(f"{name} := {expression}: {error}") from None
    for token in compiled.labels:
        if token.text not in values:
            raise ModelError(f"{name} := {expression}: no parameter has the label {token.text!r}.")
    return complex(compiled.value(values))


def chained(defined: Mapping[str, str], values: Mapping[str, Number]) -> dict[str, Number]:
    """Every defined parameter in order, for labels' ``values`` of any one shape (a stack of θ).

    ``defined`` maps names to expressions that have been checked (``read_defined``).
    """
    known: dict[str, complex | Number] = dict(values)
    found: dict[str, Number] = {}
    for name, expression in defined.items():
        known[name] = found[name] = expression_of(expression).value(known)
    return found


def read_defined(statements: Iterable[Statement], labels: Iterable[str]) -> dict[str, str]:
    """``:=`` names and expressions among ``statements``, in order, checked against the model's ``labels``.

    Raises ``ModelError`` with line and column for a name defined twice and a label nothing has.
    """
    defined: dict[str, str] = {}
    known = set(labels)
    for s in statements:
        if s.op == ":=":
            if s.lhs in known:
                raise ModelError(f"line {s.line}: the name {s.lhs} is defined twice, or is a label already.")
            check_labels(s, known)
            known.add(s.lhs)
            defined[s.lhs] = s.expression
    return defined


def check_labels(statement: Statement, known: Iterable[str]) -> None:
    """Raise ``ModelError`` with line and column for a label of ``statement`` that is not ``known``."""
    names = set(known)
    for token in statement.labels:
        if token.text not in names:
            raise ModelError(
                f"line {token.line}, column {token.column}: no parameter has the label {token.text!r}, which"
                f" `{statement}` uses."
            )
