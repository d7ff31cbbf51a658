"""From pydantic's words for a wrong value to ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

from pydantic_core import ErrorDetails

from pipeline.declare.base import Declaration
from pipeline.declare.problems import Phrase, catalogue, found, suggestion

_CODES = {
    "string_type": "text_expected",
    "string_too_short": "text_length",
    "string_too_long": "text_length",
    "int_type": "whole_expected",
    "int_from_float": "whole_expected",
    "int_parsing": "whole_expected",
    "float_type": "number_expected",
    "float_parsing": "number_expected",
    "finite_number": "number_expected",
    "bool_type": "yes_no_expected",
    "bool_parsing": "yes_no_expected",
    "list_type": "list_expected",
    "dict_type": "mapping_expected",
    "model_type": "mapping_expected",
    "model_attributes_type": "mapping_expected",
    "mapping_type": "mapping_expected",
}
_BOUNDS = {
    "greater_than_equal": ("at_least", "ge"),
    "less_than_equal": ("at_most", "le"),
    "greater_than": ("above", "gt"),
    "less_than": ("below", "lt"),
}


def details_of(error: ErrorDetails, model: type[Declaration]) -> tuple[str, Mapping[str, Any]]:
    """The message code and details for one of pydantic's errors about a ``model``."""
    kind, context = error["type"], error.get("ctx", {})
    shown = found(error["input"])
    if kind in catalogue():  # one of our own: a validator raised it
        return kind, context["details"]
    if kind == "missing":
        return "key_missing", {"name": error["loc"][-1]}
    if kind == "extra_forbidden":
        name, known = str(error["loc"][-1]), sorted(_keys(_at(model, error["loc"][:-1])))
        return "key_unknown", {"name": name, "suggestion": suggestion(name, known), "expected": known}
    if kind == "literal_error":
        return "choice_expected", {"found": shown, "expected": re.findall(r"'([^']*)'", context["expected"])}
    if kind in _BOUNDS:
        phrase, key = _BOUNDS[kind]
        return "bound", {"found": shown, "bound": Phrase(phrase, {"limit": context[key]})}
    if kind == "too_short":
        return "nothing_in_it", {"least": context["min_length"]}
    if kind in _CODES:
        return _CODES[kind], {"found": shown}
    return "other", {"found": shown, "reason": error["msg"].removeprefix("Value error, ")}


def _keys(model: type[Declaration] | None) -> set[str]:
    return {info.alias or name for name, info in model.model_fields.items()} if model else set()


def _at(model: type[Declaration] | None, location: tuple[int | str, ...]) -> type[Declaration] | None:
    """The declaration that stands at ``location`` in a ``model``; positions and mapping keys lead to none."""
    for step in location:
        fields = {info.alias or name: info for name, info in model.model_fields.items()} if model else {}
        if step in fields:
            model = _declaration_in(fields[str(step)].annotation)
    return model


def _declaration_in(annotation: Any) -> type[Declaration] | None:
    if isinstance(annotation, type) and issubclass(annotation, Declaration):
        return annotation
    inside = (_declaration_in(part) for part in get_args(annotation))
    return next((part for part in inside if part is not None), None)
