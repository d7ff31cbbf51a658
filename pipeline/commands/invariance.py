"""``magical-housing invariance``: is the same thing measured in every group?"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from pipeline.commands.answers import check_options, listed, model_text, numbers_by_person, write_result
from pipeline.commands.common import out, working
from pipeline.commands.fit import ClusterOption, EstimatorOption, MissingOption, OrderedOption, as_json, plain
from pipeline.commands.invariance_summary import print_ladder
from pipeline.errors import InputError

if TYPE_CHECKING:
    from analysis.sem.invariance import Ladder

EXAMPLE = (
    "Voorbeeld / Example:  magical-housing invariance analysis/models/measurement.lav data.csv --group location"
    " --estimator mlr --missing fiml"
)


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
    if write_result(json_out, ladder_as_json(ladder)):
        print_ladder(out(), ladder)


def _ladder(model: Path, data: Path, *, ordered: str | None, asked: dict[str, Any]) -> Ladder:
    from analysis.sem import ModelError, observed_variables
    from analysis.sem.difference import Method
    from analysis.sem.invariance import invariance as climb

    options = {name: value for name, value in asked.items() if name not in ("alpha", "method")}
    check_options(ordered=listed(ordered), **options)
    if asked["method"] not in get_args(Method):
        raise typer.BadParameter(f"method {asked['method']!r} is not known: choose from {', '.join(get_args(Method))}.")
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
        "cutoffs": asdict(ladder.cutoffs),
        "fits": {name: as_json(result) for name, result in ladder.results.items()},
    }
