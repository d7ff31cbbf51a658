"""``magical-housing power``: what a wave that is planned would tell, and how many projects it needs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pipeline.commands.answers import listed, write_result
from pipeline.commands.common import LanguageOption, StudyOption, out
from pipeline.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from analysis.power import Cell, PowerInputs
    from pipeline.declare import Study

EXAMPLE = (
    "Voorbeeld / Example:  magical-housing power --projects 8,12,16 --per-project 25 --effect C5=0.4 --high location=6"
)
LABEL = "power-asked"
MOST_SIZES, MOST_PROJECTS, MOST_PERSONS, MOST_EFFECT = 12, 500, 20_000, 5.0

DEFAULT_PROJECTS, DEFAULT_PER_PROJECT, DEFAULT_EFFECTS = "8,12,16", "25", "1.0"


def power(
    study: StudyOption = Path(),
    projects: Annotated[
        str, typer.Option(metavar="K,K,…", help="aantallen projecten / numbers of projects")
    ] = DEFAULT_PROJECTS,
    per_project: Annotated[
        str, typer.Option(metavar="N,N,…", help="deelnemers per project / the analysed in each project")
    ] = DEFAULT_PER_PROJECT,
    effects: Annotated[
        str,
        typer.Option(
            metavar="X,X,…", help="effecten maal / declared effects times (1.0: zoals opgegeven / as declared)"
        ),
    ] = DEFAULT_EFFECTS,
    effect: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID=X", help="het effect van een bewering, herhaalbaar / the effect of a claim, repeatable"
        ),
    ] = None,
    high: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TRAIT=K", help="projecten met het hoge niveau (anders de helft) / projects with it (or half)"
        ),
    ] = None,
    replications: Annotated[
        int, typer.Option(metavar="N", min=20, max=10_000, help="gesimuleerde golven / simulated waves")
    ] = 200,
    target: Annotated[float, typer.Option(help="gewenst deel van de golven / wished share of the waves")] = 0.8,
    answers: Annotated[
        str, typer.Option(help="complete (sneller / faster), as_given (met open vragen, FIML / with answers left open)")
    ] = "complete",
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=256, help="processen op deze machine / processes here")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="tcp://HOST:PORT", help="op een Dask-cluster / on a Dask cluster")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="voor de trekkingen / for the draws")] = 1,
    json_out: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="schrijf het resultaat als JSON (- is het scherm)")
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", file_okay=False, help="schrijf de twee tabellen / write the two tables"),
    ] = None,
    language: LanguageOption = "nl",
) -> None:
    """Wat kan een nieuwe golf vertellen, en hoeveel projecten zijn nodig? / What can the next wave tell?

    Door simulatie uit surveys/simulation.yaml. Dat zijn geen cijfers van het onderzoek uit 2021.
    By simulation from surveys/simulation.yaml. These are no figures of the 2021 study.
    """
    if answers not in ("complete", "as_given"):
        raise typer.BadParameter(f"--answers {answers!r}: choose from complete, as_given")
    if not 0 < target < 1:
        raise typer.BadParameter(f"--target {target:g}: expected a share between 0 and 1, as in 0.8")
    sizes = whole_numbers(projects, "--projects", most=MOST_PROJECTS)
    persons = whole_numbers(per_project, "--per-project", most=MOST_PERSONS)
    if max(sizes) * max(persons) > MOST_PERSONS:
        raise typer.BadParameter(f"--projects times --per-project: more than {MOST_PERSONS} people in a wave")
    factors = factors_asked(effects)

    from pipeline.declare import load_study

    declared = load_study(study, language=language)
    inputs = _inputs(declared, seed=seed, answers="as_given" if answers == "as_given" else "complete", effect=effect)
    spread = _spread(inputs, high or [], sizes)
    found = _simulated(
        declared, inputs, (sizes, persons, factors), spread,
        replications=replications, target=target, workers=workers, scheduler=scheduler,
    )  # fmt: skip
    content = _content(inputs, found, {
        "seed": seed, "replications": replications, "target": target, "answers": answers, "high": spread,
        "set": dict(_pair(text, "--effect ID=X") for text in effect or []),
    })  # fmt: skip
    if csv is not None:
        from pipeline.artefacts import write_csv

        for name, table in found.items():
            write_csv(csv / f"{name}.csv", table)
    if write_result(json_out, content):
        from pipeline.commands.power_summary import print_power

        print_power(out(), declared, content, language)


def whole_numbers(text: str, option: str, *, most: int) -> list[int]:
    """``6,8,12`` in order, each once; raises ``typer.BadParameter`` for other than numbers from 2 to ``most``."""
    try:
        found = sorted({int(part) for part in listed(text)})
    except ValueError:
        raise typer.BadParameter(f"{option} {text!r}: expected whole numbers, as in 8,12") from None
    if not found or found[0] < 2 or found[-1] > most or len(found) > MOST_SIZES:
        raise typer.BadParameter(f"{option} {text!r}: expected up to {MOST_SIZES} whole numbers from 2 to {most}")
    return found


def factors_asked(text: str) -> list[float]:
    """``1.0,0.5``, largest first, each once; raises ``typer.BadParameter`` for other than numbers in bounds."""
    found = sorted({_decimal(part, f"--effects {text!r}") for part in listed(text)}, reverse=True)
    if not found or found[-1] < 0 or found[0] > MOST_EFFECT or len(found) > MOST_SIZES:
        raise typer.BadParameter(f"--effects {text!r}: expected up to {MOST_SIZES} numbers from 0 to {MOST_EFFECT:g}")
    return found


def _decimal(text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise typer.BadParameter(f"{what}: expected a number, as in 0.5") from None
    if not math.isfinite(value):
        raise typer.BadParameter(f"{what}: expected a number, as in 0.5")
    return value


def _pair(text: str, option: str) -> tuple[str, float]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise typer.BadParameter(f"{option}: found {text!r}")
    return name.strip(), _decimal(value.strip(), f"{option.split()[0]} {text!r}")


def _inputs(
    study: Study, *, seed: int, answers: Literal["complete", "as_given"], effect: list[str] | None
) -> PowerInputs:  # fmt: skip
    """What replications are made from, with the effects that were set."""
    from dataclasses import replace

    from analysis.power import EffectError, with_effect
    from analysis.power.truth import score_weights
    from pipeline.stages.power import power_inputs

    inputs = power_inputs(study, seed=seed, answers=answers)
    if inputs is None:
        raise InputError(
            "no surveys/simulation.yaml, or no simulated wave in params.yaml: there is nothing to simulate from"
        )
    parameters = inputs.parameters
    weights = score_weights(inputs.items, inputs.scales, inputs.differences)
    for text in effect or []:
        name, value = _pair(text, "--effect ID=X")
        claim = next((claim for claim in inputs.claims if claim.id == name), None)
        if claim is None:
            known = ", ".join(claim.id for claim in inputs.claims)
            raise typer.BadParameter(f"--effect {text!r}: no claim of that id can be simulated (there are {known})")
        try:
            parameters = with_effect(parameters, claim.statement, value, weights=weights)
        except EffectError as error:
            raise InputError(f"--effect {text}: {error}") from None
    return replace(inputs, parameters=parameters)


def _spread(inputs: PowerInputs, high: list[str], sizes: list[int]) -> dict[str, int]:
    """How many projects have the higher level of which trait."""
    found: dict[str, int] = {}
    for text in high:
        name, value = _pair(text, "--high TRAIT=K")
        if name not in inputs.parameters.traits:
            known = ", ".join(inputs.parameters.traits)
            raise typer.BadParameter(f"--high {text!r}: there is no such trait (there are {known})")
        if value != int(value) or not 0 <= value <= min(sizes):
            raise typer.BadParameter(f"--high {text!r}: expected a whole number from 0 to {min(sizes)} projects")
        found[name] = int(value)
    return found


def _simulated(
    study: Study,
    inputs: PowerInputs,
    grid: tuple[list[int], list[int], list[float]],
    spread: dict[str, int],
    *,
    replications: int,
    target: float,
    workers: int | None,
    scheduler: str | None,
) -> dict[str, pd.DataFrame]:
    """The tables ``power`` and ``power_needed`` of what is asked; the tables the report reads do not change."""
    from itertools import product

    from analysis.power import Cell, EffectError
    from pipeline.stages.power import needed_table, power_table, simulate_power
    from pipeline.work import finished

    cells: list[Cell] = [Cell(*sizes, high=spread) for sizes in product(*grid)]
    declared = study.params.power
    store = study.root / "build" / "work"
    try:
        tallies = simulate_power(
            inputs, cells, replications=replications, label=LABEL, store=store, scheduler=scheduler,
            workers=workers or (declared.workers if declared is not None else 1),
        )  # fmt: skip
    except EffectError as error:
        raise InputError(f"--effects: {error}") from None
    tables = {"power": power_table(tallies), "power_needed": needed_table(inputs, tallies, target=target)}
    finished(store, LABEL)
    return tables


def _content(inputs: PowerInputs, tables: dict[str, pd.DataFrame], asked: dict[str, Any]) -> dict[str, Any]:
    """The answer as JSON holds it; a number that does not exist is null."""
    from pipeline.commands.answers import records
    from pipeline.commands.fit import plain

    rows = {
        name: [{key: plain(value) for key, value in row.items()} for row in records(table)]
        for name, table in tables.items()
    }
    return {"simulated": True, **asked, "smallest_effects": {c.id: c.smallest_effect for c in inputs.claims}, **rows}
