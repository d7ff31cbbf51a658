"""``magical-housing fit``: one model in lavaan syntax on one file."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer
from rich.table import Table

from pipeline.artefacts import write_json
from pipeline.commands.common import out, print_json, working
from pipeline.errors import InputError
from pipeline.intake.messages import explain
from pipeline.intake.problems import UnreadableError
from pipeline.intake.read import read_source, receive
from pipeline.intake.source import Cell, SourceTable
from pipeline.intake.table import Bounds
from pipeline.intake.text import Mark, number_in

if TYPE_CHECKING:
    from analysis.sem import FitResult

EXAMPLE = "Voorbeeld / Example:  magical-housing fit analysis/models/measurement.lav data.csv --json fit.json"
_BOUNDS = Bounds(max_bytes=2_000_000_000, max_rows=1_000_000, max_columns=20_000)
_NOT_THERE = frozenset({"", "na", "nan", "null", "."})
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d{1,3}")
_SHOWN = ("est", "se", "z", "pvalue", "ci_lower", "ci_upper", "std_all")


def fit(
    model: Annotated[Path, typer.Argument(metavar="MODEL.lav", help="het model / the model, in lavaan syntax")],
    data: Annotated[Path, typer.Argument(metavar="DATA.csv", help="een rij per persoon / one row per person")],
    json_out: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="schrijf het resultaat als JSON (- is het scherm)")
    ] = None,
    estimator: Annotated[str, typer.Option(help="ml")] = "ml",
    missing: Annotated[str, typer.Option(help="listwise")] = "listwise",
    group: Annotated[str | None, typer.Option(metavar="COL", hidden=True)] = None,
    group_equal: Annotated[str | None, typer.Option(hidden=True)] = None,
    group_partial: Annotated[str | None, typer.Option(hidden=True)] = None,
    ordered: Annotated[str | None, typer.Option(hidden=True)] = None,
    cluster: Annotated[str | None, typer.Option(metavar="COL", hidden=True)] = None,
    se: Annotated[str | None, typer.Option(hidden=True)] = None,
    bootstrap: Annotated[int | None, typer.Option(metavar="N", hidden=True)] = None,
    bounds: Annotated[bool, typer.Option("--bounds", hidden=True)] = False,
    seed: Annotated[int | None, typer.Option(metavar="N", hidden=True)] = None,
) -> None:
    """Pas een model toe op een bestand. / Fit a model to a file: one group, complete rows, maximum likelihood."""
    asked = {
        "--group": group, "--group-equal": group_equal, "--group-partial": group_partial, "--ordered": ordered,
        "--cluster": cluster, "--se": se, "--bootstrap": bootstrap, "--bounds": bounds or None, "--seed": seed,
    }  # fmt: skip
    _refuse_what_is_not_there(asked, estimator=estimator, missing=missing)
    with working(f"fit {model.name}"):
        result = _fitted(_model_text(model), _numbers_by_person(data), model=model, data=data)
    content = as_json(result)
    if json_out is not None and str(json_out) == "-":
        print_json(content)
        return
    if json_out is not None:
        write_json(json_out, content)
    _print_summary(result)


def _refuse_what_is_not_there(asked: dict[str, Any], *, estimator: str, missing: str) -> None:
    """Raise ``InputError`` for options that would change the numbers and are not built yet: better none than others."""
    refused = [name for name, value in asked.items() if value is not None]
    if estimator.lower() != "ml":
        refused.append(f"--estimator {estimator}")
    if missing.lower() != "listwise":
        refused.append(f"--missing {missing}")
    if refused:
        raise InputError(
            f"fit: {', '.join(refused)} cannot be done yet. This version fits one group to complete rows by maximum"
            " likelihood (--estimator ml --missing listwise); leave the option out, or fit the groups one by one."
        )


def _model_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: the model cannot be read ({type(error).__name__}); expected a text file") from None


def _numbers_by_person(path: Path) -> pd.DataFrame:
    """The file's columns as numbers; a column with anything else in it stays text, and no model can use it."""
    try:
        table, problems = read_source(receive(path, _BOUNDS), _BOUNDS)
    except UnreadableError as stop:
        problems = stop.problems
    wrong = [problem for problem in problems if problem.severity == "error"]
    if wrong:
        raise InputError("\n".join(f"{path}: {explain(problem, 'en')['what']}" for problem in wrong))
    return pd.DataFrame({column.name: _numbers(table, column.position) for column in table.columns})


def _numbers(table: SourceTable, position: int) -> pd.Series[Any]:
    cells = table.cells_by_row[position].reset_index(drop=True)
    categories = list(cells.cat.categories)
    absent = [isinstance(cell, str) and cell.strip().lower() in _NOT_THERE for cell in categories]
    numbers = [_number(cell, table.format.decimal) for cell in categories]
    if any(number is None and not gone for number, gone in zip(numbers, absent, strict=True)):
        return cells.astype(str)
    lookup = [math.nan if number is None else number for number in numbers]
    return cells.cat.codes.map(lambda code: math.nan if code < 0 else lookup[code]).astype(float)


def _number(cell: Cell, mark: Mark) -> float | None:
    """The number in a cell; programs also write ``1.5e-05``, which people who answer do not."""
    number = number_in(cell, mark)
    if number is None and isinstance(cell, str) and _SCIENTIFIC.fullmatch(cell.strip()):
        number = float(cell.replace(",", "."))
    return number


def _fitted(text: str, frame: pd.DataFrame, *, model: Path, data: Path) -> FitResult:
    from analysis.sem import ModelError
    from analysis.sem import fit as fit_model

    try:
        return fit_model(text, frame)
    except ModelError as error:
        raise InputError(f"{model} on {data}: {error}") from None


def as_json(result: FitResult) -> dict[str, Any]:
    """The result in the command's contract; a number that does not exist is null."""

    def plain(value: Any) -> Any:
        if isinstance(value, str | bool):
            return value
        number = float(value)
        return number if math.isfinite(number) else None

    parameters = [
        {"group": "all"} | {name: plain(value) for name, value in row.items()}
        for row in result.parameters.assign(free=result.parameters["free"].astype(object)).to_dict("records")
    ]
    return {
        "converged": bool(result.converged),
        "admissible": bool(result.admissible),
        "message": result.message,
        "estimator": result.estimator,
        "missing": "listwise",
        "groups": ["all"],
        "n": [int(result.n_obs)],
        "parameters": parameters,
        "fit": {name: plain(value) for name, value in result.fit.items()},
    }


def _print_summary(result: FitResult) -> None:
    console = out()
    if not console.is_terminal:
        console.width = 160
    state = "converged" if result.converged else "did not converge"
    console.print(f"{result.estimator}, {result.n_obs} complete rows, {state}", style="bold")
    if result.message:
        console.print(result.message, style="bold red")
    measures = "  ".join(f"{name} {value:.4g}" for name, value in result.fit.items() if math.isfinite(value))
    console.print(measures)
    table = Table(box=None, pad_edge=False)
    table.add_column("parameter")
    table.add_column("label")
    for name in _SHOWN:
        table.add_column(name, justify="right")
    for row in result.parameters.to_dict("records"):
        numbers = ["" if not math.isfinite(row[name]) else f"{row[name]:.3f}" for name in _SHOWN]
        table.add_row(f"{row['lhs']} {row['op']} {row['rhs']}", str(row["label"]), *numbers)
    console.print(table)
