"""Defined parameters (``ind := a*b``): arithmetic on labels, evaluated without ``eval``."""

from __future__ import annotations

import ast
import cmath
import operator
from collections.abc import Callable, Mapping
from typing import Any

from analysis.sem.errors import ModelError

_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[[complex], complex]] = {"sqrt": cmath.sqrt, "exp": cmath.exp, "log": cmath.log}


def evaluate(name: str, expression: str, values: Mapping[str, complex]) -> complex:
    """The value of ``expression`` (``+ - * / ^ ( )``, ``sqrt exp log``, labels) at the labels' ``values``.

    Works on complex numbers, so that derivatives can be taken by a complex step. Raises ``ModelError`` naming the
    defined parameter when the expression cannot be read or uses a label the model does not have.
    """
    try:
        tree = ast.parse(expression.replace("^", "**"), mode="eval").body
    except SyntaxError:
        raise ModelError(f"{name} := {expression}: cannot read this expression.") from None
    return _value(name, expression, tree, values)


def _value(name: str, expression: str, node: ast.expr, values: Mapping[str, complex]) -> complex:
    match node:
        case ast.Constant(value=int() | float() as number):
            return complex(number)
        case ast.Name(id=label) if label in values:
            return values[label]
        case ast.Name(id=label):
            raise ModelError(f"{name} := {expression}: no parameter has the label {label!r}.")
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(name, expression, operand, values)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            a, b = _value(name, expression, left, values), _value(name, expression, right, values)
            try:
                return complex(_BINARY[type(op)](a, b))
            except ZeroDivisionError:
                return complex("nan")
        case ast.Call(func=ast.Name(id=function), args=[argument], keywords=[]) if function in _FUNCTIONS:
            return _FUNCTIONS[function](_value(name, expression, argument, values))
    raise ModelError(f"{name} := {expression}: only + - * / ^ ( ) sqrt exp log, numbers and labels are understood.")
