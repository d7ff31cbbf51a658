"""``magical-housing invariance``: is the same thing measured in every group?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from pipeline.artefacts import write_json
from pipeline.commands.answers import listed, model_text, numbers_by_person
from pipeline.commands.common import out, print_json, working
from pipeline.commands.fit import ClusterOption, EstimatorOption, MissingOption, OrderedOption, as_json, plain
from pipeline.errors import InputError

if TYPE_CHECKING:
    from analysis.sem.invariance import Ladder

EXAMPLE = (
    "Voorbeeld / Example:  magical-housing invariance analysis/models/measurement.lav data.csv --group location"
    " --estimator mlr --missing fiml"
)
_NUMBERS = ("chisq", "df", "cfi", "rmsea", "srmr", "chisq_diff", "df_diff", "pvalue_diff", "cfi_diff", "rmsea_diff")


def invariance(
    model: Annotated[Path, typer.Argument(metavar="MODEL.lav", help="het meetmodel / the measurement model")],
    data: Annotated[Path, typer.Argument(metavar="DATA", help="een rij per persoon / one row per person")],
    group: Annotated[str, typer.Option("--group", metavar="COL", help="kolom met groepen / column of groups")],
    json_out: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="schrijf het resultaat als JSON (- is het scherm)")
    ] = None,
    estimator: EstimatorOption = "ml",
    missing: MissingOption = "listwise",
    group_partial: Annotated[
        str | None, typer.Option(metavar='"x3~1, f=~x2"', help="niet gelijk gehouden / not held equal")
    ] = None,
    ordered: OrderedOption = None,
    cluster: ClusterOption = None,
    alpha: Annotated[float, typer.Option(min=0, max=1, help="grens van de toets / level of the test")] = 0.05,
    method: Annotated[
        str,
        typer.Option(
            help="default, standard, satorra_2000, satorra_bentler_2001, satorra_bentler_2010: toets van het verschil"
        ),
    ] = "default",
) -> None:
    """Meet een model in elke groep hetzelfde? / Is the same thing measured in every group?"""
    asked = {
        "estimator": estimator, "missing": missing, "group_partial": listed(group_partial), "cluster": cluster,
        "alpha": alpha, "method": method, "group": group,
    }  # fmt: skip
    with working(f"invariance {model.name}"):
        ladder = _ladder(model, data, ordered=ordered, asked=asked)
    content = ladder_as_json(ladder)
    if json_out is not None and str(json_out) == "-":
        print_json(content)
        return
    if json_out is not None:
        write_json(json_out, content)
    _print(out(), ladder)


def _ladder(model: Path, data: Path, *, ordered: str | None, asked: dict[str, Any]) -> Ladder:
    from analysis.sem import ModelError, observed_variables
    from analysis.sem.invariance import invariance as climb

    text, frame = model_text(model), numbers_by_person(data)
    try:
        names = observed_variables(text) if ordered == "all" else listed(ordered)
        return climb(text, frame, ordered=names, **asked)
    except ModelError as error:
        raise InputError(f"{model} on {data}: {error}") from None


def ladder_as_json(ladder: Ladder) -> dict[str, Any]:
    """The steps, and each step's fit in the contract of ``magical-housing fit``."""
    steps = [
        {
            name: (bool(value) if isinstance(value, bool) else plain(value))
            for name, value in row.items()
            if value is not None and value == value  # a number that does not exist is absent
        }
        for row in ladder.steps.astype(object).to_dict("records")
    ]
    return {
        "steps": steps,
        "cutoffs": {"cfi": ladder.cutoffs.cfi, "rmsea": ladder.cutoffs.rmsea},
        "fits": {name: as_json(result) for name, result in ladder.results.items()},
    }


def _print(console: Console, ladder: Ladder) -> None:
    if not console.is_terminal:
        console.width = 160
    table = Table(box=None, pad_edge=False)
    for name in ("step", *_NUMBERS, "test", "fit"):
        table.add_column(name, justify="left" if name == "step" else "right")
    for row in ladder.steps.astype(object).to_dict("records"):
        verdicts = [_verdict(row["holds_by_test"]), _verdict(row["holds_by_fit"])]
        table.add_row(str(row["step"]), *(_shown(name, row[name]) for name in _NUMBERS), *verdicts)
    console.print(table)
    console.print(
        f"A step holds by fit where CFI falls by at most {ladder.cutoffs.cfi:.3f} and RMSEA rises by at most"
        f" {ladder.cutoffs.rmsea:.3f} (Chen 2007)."
    )
    for row in ladder.steps.to_dict("records"):
        if isinstance(row["message"], str) and row["message"]:
            console.print(f"{row['step']}: {row['message']}", style="bold red")


def _verdict(value: Any) -> str:
    return {True: "holds", False: "fails"}.get(value, "") if isinstance(value, bool) else ""


def _shown(name: str, value: Any) -> str:
    if value is None or value != value:
        return ""
    return f"{value:.0f}" if name.startswith("df") else f"{value:.3f}"
