"""What a planned wave could tell, by simulation from the declared parameters.

Reads the instrument, the study's claims and models, ``power`` of params.yaml and surveys/simulation.yaml; no
answers of anybody. Without ``power``, or without such parameters, the tables are empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, Literal

import pandas as pd

from analysis.power import (
    Cell,
    EffectError,
    PlanError,
    PlannedClaim,
    PowerInputs,
    Tally,
    batches,
    power_rows,
    projects_needed,
    replicate,
    scaled,
    smallest_that_tells,
)
from analysis.simulate import ParameterError, Parameters, read_parameters
from pipeline.artefacts import empty_table, table_contracts, write_table
from pipeline.declare import Study
from pipeline.errors import InputError
from pipeline.stages._claims import statements_of
from pipeline.stages._run import run_stage
from pipeline.stages._scales import differences_of, items_of, scales_of
from pipeline.stages._traits import trait_columns
from pipeline.work import finished, run_tasks

LABEL = "power"
BATCH = 10
"""Replications a task: small enough for progress to be seen and both processors to end together."""


def run(study: Study) -> None:
    """Write the tables ``power`` and ``power_needed``, which belong to no pool.

    Raises ``InputError`` when parameters cannot be used, or effects that strong cannot be simulated.
    """
    params = study.params.power
    inputs = None if params is None else power_inputs(study, seed=params.seed)
    if params is None or inputs is None:
        for name in ("power", "power_needed"):
            write_table(study.root, name, empty_table(name))
        return
    cells = [Cell(*sizes) for sizes in product(params.projects, params.per_project, params.effects)]
    store = study.root / "build" / "work"
    try:
        tallies = simulate_power(
            inputs, cells, replications=params.replications, workers=params.workers, store=store, progress=True
        )
    except (EffectError, PlanError) as error:
        raise InputError(f"params.yaml: power: {error}") from None
    write_table(study.root, "power", power_table(tallies))
    write_table(study.root, "power_needed", needed_table(inputs, tallies, target=params.target))
    finished(store, LABEL)


def power_inputs(
    study: Study, *, seed: int, answers: Literal["complete", "as_given"] = "complete"
) -> PowerInputs | None:  # fmt: skip
    """What replications are made from; ``None`` where the study declares nothing to simulate from.

    Claims about traits that the parameters do not know are left out. Raises ``InputError`` when the parameters or the
    claims cannot be read.
    """
    declared = study.params.simulate.get("parameters")
    waves = [name for name in study.params.simulate.get("waves", {}) if name in study.waves]
    if not declared or not waves:
        return None
    try:
        parameters = read_parameters(declared, key="")
    except ParameterError as error:
        raise InputError("\n".join(f"surveys/simulation.yaml: {line}" for line in str(error).splitlines())) from None
    instrument = study.instrument_of(waves[0])
    traits = [trait_columns(trait) for trait in study.declaration.traits if trait.name in parameters.traits]
    structure, compare, judge = study.params.structure, study.params.compare, study.params.judge
    scores = set(instrument.score_titles())
    return PowerInputs(
        parameters=parameters, analysed=_analysed(study, parameters),
        items=tuple(items_of(instrument)), scales=tuple(scales_of(instrument)),
        differences=tuple(differences_of(instrument)),
        outcomes=tuple(outcome for outcome in study.declaration.outcomes if outcome in scores),
        traits=tuple(traits), models=dict(study.models), claims=_claims(study, parameters),
        fitted={
            "estimator": structure.estimator, "missing": structure.missing, "errors": structure.errors,
            "confidence": structure.confidence,
        },
        minimum_units=compare.minimum_units, model_minimum_units=structure.minimum_units,
        minimum_n=structure.minimum_n, adjust=compare.adjust, confidence=judge.confidence, alpha=judge.alpha,
        seed=seed, answers=answers,
    )  # fmt: skip


def simulate_power(
    inputs: PowerInputs, cells: Sequence[Cell], *, replications: int, workers: int, label: str = LABEL, **how: Any
) -> list[Tally]:  # fmt: skip
    """Every claim in every cell; ``how`` are further options of ``run_tasks``. The same for any number of workers.

    Raises ``EffectError`` and ``PlanError`` before anything is simulated.
    """
    for cell in cells:
        scaled(inputs.parameters, cell.effects)
    tasks = batches(cells, replications=replications, size=BATCH)
    weights = [task["n_projects"] * task["n_per_project"] * task["replications"] for task in tasks]
    results = run_tasks(
        replicate, tasks, key=_content(inputs), workers=workers, label=label, shared=inputs, weights=weights, **how
    )
    return power_rows(inputs, results, cells)


def power_table(tallies: Sequence[Tally]) -> pd.DataFrame:
    """The table ``power``."""
    rows = [
        {
            "claim": t.claim, "n_projects": t.cell.n_projects, "n_per_project": t.cell.n_per_project,
            "effects": f"{t.cell.effects:g}", "replications": t.replications, "true_effect": t.true_effect, **t.shares,
            "detected": t.detected, "supported_lower": t.supported_lower, "supported_upper": t.supported_upper,
            "half_width": t.half_width, "n_failed": t.n_failed,
        }
        for t in tallies
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(table_contracts()["power"].columns))


def needed_table(inputs: PowerInputs, tallies: Sequence[Tally], *, target: float) -> pd.DataFrame:
    """The table ``power_needed``: a row a claim, persons per project and strength of the effects."""
    groups: dict[tuple[str, int, float], list[Tally]] = {}
    for tally in tallies:
        groups.setdefault((tally.claim, tally.cell.n_per_project, tally.cell.effects), []).append(tally)
    rows = []
    for (name, n_per_project, effects), members in groups.items():
        members = sorted(members, key=lambda t: t.cell.n_projects)
        claim = next(claim for claim in inputs.claims if claim.id == name)
        about = [] if claim.statement.about_model else claim.statement.names[:-1]
        most = members[-1].cell.n_projects
        found = projects_needed(
            [t.cell.n_projects for t in members], [t.shares["supported"] for t in members],
            replications=[t.replications for t in members], target=target, confidence=inputs.confidence,
            true_effect=claim.statement.sign * members[0].true_effect, smallest_effect=claim.smallest_effect,
            least=smallest_that_tells(
                inputs.parameters.traits, about=about, minimum_units=inputs.minimum_units, most=most
            ),
        )  # fmt: skip
        rows.append({
            "claim": name, "n_per_project": n_per_project, "effects": f"{effects:g}", "target": target,
            "needed": found.needed, "needed_lower": found.lower, "needed_upper": found.upper, "status": found.status,
        })  # fmt: skip
    return pd.DataFrame(rows, columns=list(table_contracts()["power_needed"].columns))


def _analysed(study: Study, parameters: Parameters) -> dict[str, frozenset[str]]:
    """The category that makes somebody one of the analysed, by variable; nothing where everybody is."""
    population = study.declaration.population
    if population.variable is None or population.variable not in parameters.background:
        return {}
    return {population.variable: frozenset({str(population.equals)})}


def _claims(study: Study, parameters: Parameters) -> tuple[PlannedClaim, ...]:
    """The claims that can be simulated: about traits that the parameters know, and about one model for everybody (a
    difference between the paths of two levels asks for joint models, and for more than a study of power can wait)."""
    statements = statements_of(study)
    return tuple(
        PlannedClaim(claim.id, statements[claim.id], claim.kind, claim.smallest_effect, claim.model or "")
        for claim in study.claims.claims
        if statements[claim.id].kind != "path_difference"
        and (statements[claim.id].about_model or set(statements[claim.id].names[:-1]) <= set(parameters.traits))
    )


def _content(inputs: PowerInputs) -> list[str]:
    """What decides the results besides the tasks, as text: everything in ``inputs`` is plain and prints in full."""
    return [f"{name}={_printed(value)}" for name, value in vars(inputs).items()]


def _printed(value: object) -> str:
    """``repr`` with sets in order."""
    if isinstance(value, frozenset):
        return repr(sorted(value))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_printed(content)}" for key, content in value.items()) + "}"
    return repr(value)


if __name__ == "__main__":
    run_stage(run)
