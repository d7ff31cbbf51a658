"""Fits beside lavaan's, of models unlike those in lavaan/fits.json: found by trying random models on random answers."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.sem import FitResult, fit

HERE = Path(__file__).parent / "examined"
CASES: dict[str, dict[str, Any]] = {
    case["id"]: case for case in json.loads((HERE / "cases.json").read_text(encoding="utf-8"))
}
REFERENCES: dict[str, dict[str, Any]] = json.loads((HERE / "examined.json").read_text(encoding="utf-8"))
# |ours - theirs| <= tolerance * max(1, |theirs|), as in test_lavaan_fits.py
TOLERANCE = {"est": 5e-4, "se": 1e-3, "std_all": 1e-3}
MEASURES = {"df": 1e-9, "npar": 1e-9, "logl": 1e-4, "aic": 1e-4, "bic": 1e-4, "chisq": 1e-3}
MEASURE = 2e-3


@cache
def _fitted(name: str) -> FitResult:
    case = CASES[name]
    return fit(case["model"], pd.read_csv(HERE / f"{name}.csv"), **case["options"])


def _key(group: str, lhs: str, op: str, rhs: str) -> tuple[str, str, str, str]:
    if op == "~~" and rhs < lhs:
        lhs, rhs = rhs, lhs
    return ("", lhs, op, "") if op == ":=" else (group, lhs, op, rhs)


def _close(ours: Any, theirs: float, tolerance: float) -> bool:
    return ours is not None and bool(abs(ours - theirs) <= tolerance * max(1.0, abs(theirs)))


def test_every_case_has_a_reference_and_answers() -> None:
    assert set(CASES) == set(REFERENCES) == {path.stem for path in HERE.glob("*.csv")}


@pytest.mark.parametrize("name", CASES)
def test_parameters(name: str) -> None:
    result = _fitted(name)
    assert result.converged and result.identified
    rows = result.parameters.to_dict("records")
    ours = {_key(row["group"], row["lhs"], row["op"], row["rhs"]): row for row in rows}
    wrong = []
    for group, lhs, op, rhs, *numbers in REFERENCES[name]["parameters"]:
        row = ours[_key(group, lhs, op, rhs)]
        for (column, tolerance), theirs in zip(TOLERANCE.items(), numbers, strict=True):
            if theirs is not None and not _close(row[column], theirs, tolerance):
                wrong.append((group, lhs, op, rhs, column, row[column], theirs))
    assert wrong == []


@pytest.mark.parametrize("name", CASES)
def test_measures(name: str) -> None:
    theirs, ours = REFERENCES[name]["fit"], _fitted(name).fit
    wrong = [
        (measure, ours.get(measure), value)
        for measure, value in theirs.items()
        if not _close(ours.get(measure), value, MEASURES.get(measure, MEASURE))
    ]
    assert wrong == []
    assert list(_fitted(name).n_by_group) == REFERENCES[name]["n"]
