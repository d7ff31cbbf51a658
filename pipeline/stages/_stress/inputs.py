"""What the study declares and the stage ``measure`` wrote, as plain values that specifications are made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, fields
from typing import Any

import pandas as pd

from analysis.multiverse.inputs import ClaimAsked, Inputs
from pipeline.artefacts import person_path, read_persons
from pipeline.declare import Study
from pipeline.declare.params import StressParams
from pipeline.errors import InputError
from pipeline.stages._claims import statements_of
from pipeline.stages._scales import differences_of, scales_of
from pipeline.stages._traits import trait_columns

CLUSTER = "project"


def inputs_of(study: Study, pool: str, params: StressParams, *, claims: Collection[str] | None = None) -> Inputs:
    """Everything about one pool; of the claims only ``claims`` where these are given (ids).

    Raises ``InputError`` when a claim cannot be read, when something that is declared under ``stress`` is not in the
    data, and when ``measure`` has not run.
    """
    if not person_path(study.root, "persons", pool=pool).exists():
        raise InputError(
            f"build/measure/{pool}: nothing is there; the claims are put to the test on what the stage measure writes:"
            f" first run `dvc repro measure@{pool}` in the study's folder"
        )
    persons = read_persons(study.root, "persons", pool=pool)
    instrument = study.instrument_of_pool(pool)
    scales = {scale.name: scale for scale in scales_of(instrument)}
    _check(params, columns=persons.columns, scales=scales)
    return Inputs(
        persons=persons,
        scales=scales,
        differences={difference.name: difference for difference in differences_of(instrument)},
        traits=tuple(trait_columns(trait) for trait in study.declaration.traits),
        models=dict(study.models),
        claims=_claims(study, claims),
        waves=tuple(wave.wave for wave in study.waves_of(pool)),
        choices={axis: tuple(chosen) for axis, chosen in params.choices.model_dump().items()},
        alternatives=params.alternatives,
        adjusted_for=tuple(params.adjusted_for),
        role=study.declaration.population.variable or "",
        cluster=CLUSTER,
        seed=params.seed,
        permutations=params.permutations,
        imputations=params.imputations,
        confidence=study.params.judge.confidence,
        alpha=study.params.judge.alpha,
        minimum_units=study.params.compare.minimum_units,
        minimum_n=study.params.structure.minimum_n,
    )


def content_of(inputs: Inputs) -> dict[str, Any]:
    """What determines all results: every declared value, and a digest of the persons; JSON-able."""
    digest = hashlib.sha256(pd.util.hash_pandas_object(inputs.persons).to_numpy().tobytes())
    digest.update("\0".join(inputs.persons.columns).encode())
    declared = {field.name: getattr(inputs, field.name) for field in fields(inputs)}
    plain = {name: value for name, value in declared.items() if name not in ("persons", "imputed")}
    content: dict[str, Any] = json.loads(json.dumps(plain, default=asdict))
    return content | {"persons": digest.hexdigest()}


def _claims(study: Study, wanted: Collection[str] | None) -> tuple[ClaimAsked, ...]:
    """The study's claims as they are asked of the data."""
    statements = statements_of(study)
    asked = tuple(
        ClaimAsked(claim.id, statements[claim.id], claim.model or "", claim.smallest_effect)
        for claim in study.claims.claims
        if wanted is None or claim.id in wanted
    )
    unknown = sorted(set(wanted or ()) - {claim.id for claim in asked})
    if unknown:
        known = ", ".join(claim.id for claim in study.claims.claims)
        raise InputError(f"no claim {', '.join(unknown)} in analysis/claims.yaml; there are {known}")
    return asked


def _check(params: StressParams, *, columns: Collection[str], scales: Collection[str]) -> None:
    """Whatever is named under ``stress`` must be there; all problems at once."""
    problems = [
        f"params.yaml: stress.adjusted_for: no background variable {name} in these data"
        for name in params.adjusted_for
        if name not in columns
    ]
    for alternative, exchange in params.alternatives.items():
        problems += [
            f"params.yaml: stress.alternatives.{alternative}: the instrument has no construct {name}"
            for name in dict.fromkeys([*exchange, *exchange.values()])
            if name not in scales
        ]
    if problems:
        raise InputError("\n".join(problems))


def with_numbers(params: StressParams, *, specifications: int | None, permutations: int | None) -> StressParams:
    """``params`` with other numbers where these are given."""
    given = {"specifications": specifications, "permutations": permutations}
    return params.model_copy(update={name: number for name, number in given.items() if number is not None})
