"""Write a simulated wave's responses file, as if a corporation had sent it.

Reads the declarations (instrument, registry, wave, crosswalk, simulation) and ``simulate`` of params.yaml; writes
``surveys/waves/<wave>/<responses>``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from pydantic import Field, ValidationError

from analysis.simulate import (
    ParameterError,
    Parameters,
    ProjectDesign,
    SimulatedWave,
    WaveDesign,
    read_parameters,
    simulate_wave,
    without_effects,
)
from analysis.simulate.latent import stream
from pipeline.declare import Instrument, Study, Wave
from pipeline.declare.base import Declaration, Name
from pipeline.errors import InputError
from pipeline.simulated import FileFormat, source_columns, source_frame, write_source
from pipeline.stages._run import run_stage

DAYS_PER_YEAR = 365.25
PARAMETERS = "surveys/simulation.yaml"


class WaveSimulation(Declaration):
    """``simulate.waves.<wave>``.

    Without ``effects`` there is nothing to find. ``extra_columns``: a survey tool's own columns and their values.
    """

    responses: str
    effects: bool
    format: FileFormat
    extra_columns: dict[str, list[str | int | float]] = Field(default_factory=dict)


class Simulation(Declaration):
    """``simulate`` of params.yaml; ``parameters``, of surveys/simulation.yaml, by ``analysis.simulate``."""

    seed: int = Field(ge=0)
    waves: dict[Name, WaveSimulation]
    parameters: dict[str, Any]


def run(study: Study, *, wave: str) -> None:
    """Simulate one wave and write its responses file.

    Raises ``InputError`` when the parameters, the wave or the instrument do not fit together.
    """
    simulation = read_simulation(study)
    declared, settings = study.waves.get(wave), simulation.waves.get(wave)
    if declared is None or settings is None:
        raise InputError(f"params.yaml: wave {wave!r} must stand under `waves` and under `simulate.waves`")
    if declared.origin != "simulated":
        raise InputError(
            f"surveys/waves/{wave}/wave.yaml: origin is {declared.origin!r}; only `simulated` is simulated"
        )
    if declared.responses != settings.responses:
        raise InputError(f"params.yaml: simulate.waves.{wave}.responses: {declared.responses!r} stands in wave.yaml")
    parameters = read_wave_parameters(simulation, settings)
    instrument = study.instrument_of(wave)
    check_against_instrument(parameters, instrument)
    made = simulate(study, wave, parameters, seed=simulation.seed)

    columns = source_columns(instrument, study.crosswalks[wave], settings.format, names=_project_names(study))
    answers, reasons = as_fields(made, instrument)
    cells = source_frame(columns, answers, reasons)
    extra = _extra_columns(settings.extra_columns, len(cells), seed=simulation.seed, wave=wave)
    write_source(study.responses_path(wave), pd.concat([cells, extra], axis=1), columns, settings.format)


def read_simulation(study: Study) -> Simulation:
    """``simulate`` of params.yaml; raises ``InputError`` with one line a problem, naming its key."""
    try:
        return Simulation.model_validate(study.params.simulate)
    except ValidationError as error:
        lines = [f"params.yaml: simulate.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise InputError("\n".join(lines)) from None


def read_wave_parameters(simulation: Simulation, settings: WaveSimulation) -> Parameters:
    """The parameters of one wave; raises ``InputError`` naming the keys that cannot be used."""
    try:
        parameters = read_parameters(simulation.parameters, key="")
    except ParameterError as error:
        raise InputError("\n".join(f"{PARAMETERS}: {line}" for line in str(error).splitlines())) from None
    return parameters if settings.effects else without_effects(parameters)


def check_against_instrument(parameters: Parameters, instrument: Instrument) -> None:
    """Raise ``InputError`` unless the parameters say how to answer every question of ``instrument``, and no other."""
    at = PARAMETERS
    asked = {f.name for f in instrument.with_role("item", "background", "language", "consent")}
    declared = {*parameters.items, *parameters.background, *parameters.quantities}
    problems = [f"{at}: nothing for {name} of {instrument.id}" for name in sorted(asked - declared)]
    problems += [f"{at}: {name} is not asked in {instrument.id}" for name in sorted(declared - asked)]
    for name in sorted(asked & declared):
        known = {category.value for category in instrument.categories_of(instrument.field_named(name))}
        used: set[Any] = set()
        if name in parameters.items:
            block, item = parameters.items[name]
            used = set(block.codes)
            if (item.loading < 0) != instrument.field_named(name).reversed:
                problems.append(f"{at}: the loading of {name} must be negative exactly when the item is reversed")
        elif name in parameters.background:
            used = set(parameters.background[name].categories)
        problems += [f"{at}: {name} has no answer {value!r} in {instrument.id}" for value in sorted(used - known)]
    reasons = {missing.reason for missing in instrument.missing_values} | {"empty"}
    unknown = sorted(set(parameters.nonresponse.reasons) - reasons)
    problems += [f"{at}: nonresponse.reasons: {name} is no missing value of {instrument.id}" for name in unknown]
    if problems:
        raise InputError("\n".join(problems))


def simulate(study: Study, wave: str, parameters: Parameters, *, seed: int) -> SimulatedWave:
    """The answers to a declared wave; raises ``InputError`` when its projects or languages cannot be simulated."""
    declared, instrument = study.waves[wave], study.instrument_of(wave)
    languages = {field.name: frozenset(declared.languages) for field in instrument.with_role("language")}
    day = (declared.fieldwork.start, declared.fieldwork.end)
    design = WaveDesign(
        wave=wave,
        pool=declared.pool,
        projects=tuple(_project_design(study, declared, project, parameters) for project in declared.projects),
        allowed=languages,
        dates={field.name: day for field in instrument.with_role("date")},
    )
    try:
        return simulate_wave(parameters, design, seed=seed)
    except ValueError as error:
        raise InputError(f"{PARAMETERS}: wave {wave}: {error}") from None


def _project_design(study: Study, wave: Wave, project_id: str, parameters: Parameters) -> ProjectDesign:
    at = f"surveys/waves/{wave.wave}/wave.yaml: projects.{project_id}"
    invited = wave.projects[project_id].invited
    if invited is None:
        raise InputError(f"{at}: `invited` is needed to simulate answers")
    try:
        project = study.registry.project_named(project_id)
    except KeyError:
        raise InputError(f"{at}: no such project in surveys/projects.yaml") from None
    if not project.simulated:
        raise InputError(f"{at}: answers are simulated for projects marked `simulated: true` alone")
    traits = {}
    for name in parameters.traits:
        trait = study.trait_named(name)
        traits[name] = project.traits.get(name) == trait.high.value
    opened = project.opened
    years = float("inf") if opened is None else _years_since(opened, wave)
    return ProjectDesign(project=project_id, invited=invited, traits=traits, years_open=years)


def _years_since(opened: int, wave: Wave) -> float:
    """Years from the middle of the year a project opened to the start of fieldwork."""
    start = wave.fieldwork.start
    return max(start.year + start.timetuple().tm_yday / DAYS_PER_YEAR - (opened + 0.5), 0.0)


def as_fields(made: SimulatedWave, instrument: Instrument) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Answers and reasons by the instrument's variables, with its project and source id fields."""
    answers, reasons = made.answers.copy(), made.reasons.copy()
    for role, values in (("project", made.project), ("source_id", made.source)):
        for field in (f for f in instrument.fields if f.role == role):
            answers[field.name] = values
            reasons[field.name] = None
    return answers, reasons


def _project_names(study: Study) -> dict[str, str]:
    return {project.id: project.name for project in study.registry.projects}


def _extra_columns(
    declared: Mapping[str, Sequence[str | int | float]], n: int, *, seed: int, wave: str
) -> pd.DataFrame:
    columns = {}
    for name, choices in declared.items():
        picked = stream(seed, "extra", wave, name).integers(0, len(choices), n)
        columns[name] = [choices[place] for place in picked]
    return pd.DataFrame(columns, index=range(n), dtype=object)


if __name__ == "__main__":
    run_stage(run, "wave")
