"""Parameter tables beside lavaan's, row by row: what is free, what is fixed to what, what is one parameter, labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analysis.sem import parse
from analysis.sem.table import ParameterTable, build_table

HERE = Path(__file__).parent / "partable"
MODELS: list[dict[str, Any]] = json.loads((HERE / "models.json").read_text(encoding="utf-8"))
LAVAAN: dict[str, list[list[Any]]] = json.loads((HERE / "partable.json").read_text(encoding="utf-8"))
# (group, lhs, op, rhs) to (number of its free parameter or 0, value, from the sample, label)
Table = dict[tuple[Any, ...], tuple[int, float | None, bool, str]]


def _key(group: int, lhs: str, op: str, rhs: str) -> tuple[Any, ...]:
    if op == "~~" and rhs < lhs:
        lhs, rhs = rhs, lhs
    return (group, lhs, op, rhs)


def _lavaan(rows: list[list[Any]]) -> Table:
    return {
        _key(group, lhs, op, rhs): (same, None if value is None else round(value, 8), bool(exo), label)
        for group, lhs, op, rhs, same, value, exo, label in rows
        if op != ":="
    }


def _ours(case: dict[str, Any]) -> Table:
    table = _built(case)
    found: Table = {}
    for row in table.rows:
        value = row.start if row.fixed is None else row.fixed
        found[_key(row.group + 1, row.lhs, row.op, row.rhs)] = (
            0 if row.index is None else row.index + 1,
            None if row.from_sample or value is None else round(value, 8),
            row.from_sample,
            row.label,
        )
    return found


def _built(case: dict[str, Any]) -> ParameterTable:
    ordered = case.get("ordered", {})
    return build_table(
        parse(case["model"]), groups=tuple("abc"[: case.get("groups", 1)]), ordered=tuple(ordered), categories=ordered,
        group_equal=case.get("group_equal", ()), group_partial=case.get("group_partial", ()), means=case.get("means"),
        std_lv=case.get("std_lv", False), fixed_x=case.get("fixed_x", True),
        parameterization=case.get("parameterization", "delta"),
    )  # fmt: skip


def _shared(table: Table) -> set[frozenset[tuple[Any, ...]]]:
    """Which parameters are one, whatever their numbers."""
    members: dict[int, set[tuple[Any, ...]]] = {}
    for key, (number, *_) in table.items():
        if number:
            members.setdefault(number, set()).add(key)
    return {frozenset(keys) for keys in members.values()}


@pytest.mark.parametrize("case", MODELS, ids=[case["id"] for case in MODELS])
def test_the_table_is_lavaans(case: dict[str, Any]) -> None:
    theirs, ours = _lavaan(LAVAAN[case["id"]]), _ours(case)
    assert set(ours) == set(theirs)
    assert {key: row[1:] for key, row in ours.items()} == {key: row[1:] for key, row in theirs.items()}
    assert _shared(ours) == _shared(theirs)


def test_every_model_has_a_reference() -> None:
    assert [case["id"] for case in MODELS] == list(LAVAAN)
    assert len(MODELS) > 90
