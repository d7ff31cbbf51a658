"""``magical-housing fit``: one model in lavaan syntax on one file."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.commands.answers import check_options, listed, model_text, moments_from, numbers_by_person, write_result
from pipeline.commands.common import out, working
from pipeline.commands.fit_summary import print_summary
from pipeline.errors import InputError

if TYPE_CHECKING:
    from analysis.sem import FitResult

EXAMPLE = "Voorbeeld / Example:  magical-housing fit analysis/models/measurement.lav data.csv --json fit.json"

GroupOption = Annotated[str | None, typer.Option("--group", metavar="COL", help="kolom met groepen / column of groups")]
OrderedOption = Annotated[
    str | None,
    typer.Option("--ordered", metavar="A,B,C", help="ordinale items, of all / ordered items, or all"),
]
ClusterOption = Annotated[
    str | None, typer.Option("--cluster", metavar="COL", help="kolom met clusters (projecten) / column of clusters")
]
EstimatorOption = Annotated[str, typer.Option("--estimator", help="ml, mlr, mlm, gls, uls, ulsmv, dwls, wlsmv, sam")]
MissingOption = Annotated[str, typer.Option("--missing", help="listwise, fiml")]


def fit(
    model: Annotated[Path, typer.Argument(metavar="MODEL.lav", help="het model / the model, in lavaan syntax")],
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA", help="een rij per persoon, of momenten als .json / a row per person, or moments as .json"
        ),
    ],
    json_out: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="schrijf het resultaat als JSON (- is het scherm)")
    ] = None,
    estimator: EstimatorOption = "ml",
    missing: MissingOption = "listwise",
    group: GroupOption = None,
    group_equal: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="gelijk in alle groepen / equal over groups: loadings, intercepts, thresholds, means, residuals,"
            " regressions, lv.variances, lv.covariances",
        ),
    ] = None,
    group_partial: Annotated[
        str | None, typer.Option(metavar='"x3~1, f=~x2"', help="uitzonderingen daarop / exceptions to that")
    ] = None,
    ordered: OrderedOption = None,
    cluster: ClusterOption = None,
    se: Annotated[
        str | None,
        typer.Option(
            help="standard, robust_sem, robust, cr0, cr1, cr2, cr3, bootstrap (leeg / empty: the estimator's)"
        ),
    ] = None,
    bootstrap: Annotated[int, typer.Option(metavar="N", min=0, max=100_000, help="aantal trekkingen / draws")] = 0,
    interval: Annotated[str, typer.Option(help="percentile, bca (van de trekkingen / of the draws)")] = "percentile",
    bollen_stine: Annotated[
        bool, typer.Option("--bollen-stine", help="toets de passing met trekkingen / test the fit by draws")
    ] = False,
    bounds: Annotated[
        bool, typer.Option("--bounds", help="varianties niet onder nul / variances not below zero")
    ] = False,
    std_lv: Annotated[
        bool, typer.Option("--std-lv", help="latente varianties op een / latent variances fixed to one")
    ] = False,
    parameterization: Annotated[str, typer.Option(help="delta, theta (ordinaal / ordered)")] = "delta",
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="voor de trekkingen / for the draws")] = 1,
) -> None:
    """Pas een model toe op een bestand. / Fit a structural equation model to a file."""
    asked: dict[str, Any] = {
        "estimator": estimator, "missing": missing, "group": group, "group_equal": listed(group_equal),
        "group_partial": listed(group_partial), "cluster": cluster, "errors": se, "bootstrap": bootstrap,
        "bounds": bounds, "std_lv": std_lv, "parameterization": parameterization, "seed": seed,
        "interval": interval, "bollen_stine": bollen_stine,
    }  # fmt: skip
    with working(f"fit {model.name}"):
        result = fitted(model, data, ordered=ordered, asked=asked)
    if write_result(json_out, as_json(result)):
        print_summary(out(), result)


def fitted(model: Path, data: Path, *, ordered: str | None, asked: dict[str, Any]) -> FitResult:
    """Read both files and fit.

    Raises ``InputError`` in a sentence for whatever is wrong with either, ``typer.BadParameter`` for options that do
    not exist or do not go together.
    """
    from analysis.sem import ModelError, observed_variables
    from analysis.sem import fit as fit_model

    check_options(ordered=listed(ordered), **asked)
    text = model_text(model)
    named = [asked["cluster"]] if asked.get("cluster") else []
    source = moments_from(data) if data.suffix.lower() == ".json" else numbers_by_person(data, named=named)
    try:
        names = observed_variables(text) if ordered == "all" else listed(ordered)
        return fit_model(text, source, ordered=names, **asked)
    except ModelError as error:
        raise InputError(f"{model} on {data}: {error}") from None


def as_json(result: FitResult) -> dict[str, Any]:
    """The result in the command's contract; a number that does not exist is null, a measure that does not apply
    absent."""
    parameters = [
        {name: plain(value) for name, value in row.items()}
        for row in result.parameters.assign(free=result.parameters["free"].astype(object)).to_dict("records")
    ]
    content: dict[str, Any] = {
        "converged": bool(result.converged),
        "identified": bool(result.identified),
        "admissible": bool(result.admissible),
        "message": result.message,
        "problems": [
            {"code": p.code, "parameter": p.parameter, "group": p.group, "sentence": p.sentence}
            for p in result.problems
        ],
        "notes": list(result.notes),
        "estimator": result.estimator,
        "missing": result.missing,
        "se": result.errors,
        "groups": list(result.groups),
        "n": [int(n) for n in result.n_by_group],
        "n_left_out": int(result.n_left_out),
        "parameters": parameters,
        "fit": {name: plain(value) for name, value in result.fit.items()},
    }
    if result.converged:
        content["r2"] = [
            {name: plain(value) for name, value in row.items()} for row in result.r2().to_dict("records")
        ]  # fmt: skip
    if result.sam is not None:
        content["measurement"] = [
            {name: plain(value) for name, value in row.items()}
            for row in result.sam.measurement().to_dict("records")
        ]  # fmt: skip
    if result.n_clusters:
        content["clusters"] = int(result.n_clusters)
    if result.bootstrap is not None:
        content["bootstrap"] = {
            "draws": result.bootstrap.n_draws, "converged": result.bootstrap.n_converged,
            "inadmissible": result.bootstrap.n_inadmissible,
        }  # fmt: skip
    if result.bollen_stine is not None:
        content["bollen_stine"] = {
            "draws": result.bollen_stine.n_draws, "converged": result.bollen_stine.n_converged,
            "pvalue": plain(result.bollen_stine.pvalue),
        }  # fmt: skip
    return content


def plain(value: Any) -> Any:
    """A value JSON can hold; numbers that do not exist are ``None``."""
    if isinstance(value, str | bool):
        return value
    number = float(value)
    return number if math.isfinite(number) else None
