"""Fits beside lavaan's: every estimate, error, standardised value and fit measure of the models in lavaan/fits.json."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.sem import FitResult, fit

HERE = Path(__file__).parent / "lavaan"
CASES: dict[str, dict[str, Any]] = {
    case["id"]: case for case in json.loads((HERE / "fits.json").read_text(encoding="utf-8"))
}
# |ours - theirs| <= tolerance * max(1, |theirs|): wider where the references themselves stop early
TOLERANCE = {"est": 5e-4, "se": 1e-3, "std_lv": 1e-3, "std_all": 1e-3}
MEASURES = {"df": 1e-9, "npar": 1e-9, "logl": 1e-4, "aic": 1e-4, "bic": 1e-4, "chisq": 1e-3}
MEASURE = 2e-3


@cache
def _reference(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((HERE / "fits" / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


@cache
def _data(name: str) -> pd.DataFrame:
    return pd.read_csv(HERE / name)


@cache
def _fitted(name: str) -> FitResult:
    case = CASES[name]
    return fit(case["model"], _data(case["data"]), **case["options"])


def _key(row: dict[str, Any]) -> tuple[str, str, str, str]:
    lhs, op, rhs = row["lhs"], row["op"], row["rhs"]
    if op == "~~" and rhs < lhs:
        lhs, rhs = rhs, lhs
    return ("", lhs, op, "") if op == ":=" else (row["group"], lhs, op, rhs)


def _close(ours: Any, theirs: float, tolerance: float) -> bool:
    return ours is not None and bool(abs(ours - theirs) <= tolerance * max(1.0, abs(theirs)))


def _is_structural(row: dict[str, Any], latent: set[str]) -> bool:
    return row["op"] == "~" or (row["op"] == "~~" and row["lhs"] in latent)


@pytest.mark.parametrize("name", CASES)
def test_parameters(name: str) -> None:
    reference, result = _reference(name), _fitted(name)
    theirs = [dict(zip(reference["columns"], row, strict=True)) for row in reference["parameters"]]
    ours = {_key(row): row for row in result.parameters.to_dict("records")}
    compared = TOLERANCE
    if CASES[name]["options"]["estimator"] == "sam":
        # lavaan's table of sam() holds the measurement part of its blocks: compared is what sam() is about
        latent = {row["lhs"] for row in theirs if row["op"] == "=~"}
        theirs = [row for row in theirs if _is_structural(row, latent)]
        compared = {column: TOLERANCE[column] for column in ("est", "se")}
    assert {_key(row) for row in theirs} <= set(ours)
    wrong = [
        (*_key(row), column, ours[_key(row)][column], row[column])
        for row in theirs
        for column, tolerance in compared.items()
        if row[column] is not None and (row["op"] != ":=" or column != "std_lv")
        and not _close(ours[_key(row)][column], row[column], tolerance)
    ]  # fmt: skip
    assert wrong == []


@pytest.mark.parametrize("name", [name for name in CASES if _reference(name)["fit"]])
def test_fit_measures(name: str) -> None:
    theirs, ours = _reference(name)["fit"], _fitted(name).fit
    wrong = [
        (measure, ours.get(measure), value)
        for measure, value in theirs.items()
        if not _close(ours.get(measure), value, MEASURES.get(measure, MEASURE))
    ]
    assert wrong == []


@pytest.mark.parametrize("name", CASES)
def test_converged_with_the_same_persons_and_groups(name: str) -> None:
    reference, result = _reference(name), _fitted(name)
    assert result.converged
    assert (list(result.groups), list(result.n_by_group)) == (reference["groups"], reference["n"])


def test_every_case_has_a_reference_and_every_reference_a_case() -> None:
    assert {path.stem for path in (HERE / "fits").iterdir()} == set(CASES)
