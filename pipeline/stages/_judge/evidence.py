"""What each claim stands on in one pool: the tables of compare, structure and directions."""

from __future__ import annotations

import pandas as pd

from analysis.claims import (
    Evidence,
    Statement,
    contrast_evidence,
    difference_evidence,
    direction_evidence,
    model_evidence,
)
from analysis.claims.models import Facts, refusal_of, trait_of_path
from pipeline.artefacts import read_table
from pipeline.declare import Claim, Study
from pipeline.stages._claims import among_directions

_MEASURES = ("cfi", "rmsea", "cfi_robust", "rmsea_robust")


def evidence_of(study: Study, pool: str, claim: Claim, statement: Statement) -> Evidence:
    """The figures that ``claim`` is judged on."""
    if not statement.about_model:
        return _of_contrast(study, pool, statement)
    if among_directions(study, claim):
        tables = {name: read_table(study.root, name, pool=pool) for name in ("directions", "indirect_effects")}
        return direction_evidence(
            statement,
            model=str(claim.model),
            directions=tables["directions"],
            effects=tables["indirect_effects"],
            confidence=study.params.structure.confidence,
        )
    if statement.kind == "path_difference":
        return _of_difference(study, pool, str(claim.model), statement)
    return _of_model(study, pool, str(claim.model), statement)


def _of_model(study: Study, pool: str, model: str, statement: Statement) -> Evidence:
    """Of a parameter of a model. A path from a trait of units compares units, and falls where they cannot be."""
    fit = overall(read_table(study.root, "model_fit", pool=pool, model=model)).iloc[0]
    trait = trait_of_path(statement, {t.dummy: t.name for t in study.declaration.traits if t.of == "unit"})
    found = model_evidence(
        statement,
        parameters=overall(read_table(study.root, "parameters", pool=pool, model=model)),
        model_fit=_facts(fit, n_obs=float(fit["n_obs"]), n_projects=float(fit["n_projects"])),
        confidence=study.params.judge.confidence,
        units="persons" if trait is None else "projects",
    )
    refused = None if trait is None else refusal_of(trait, read_table(study.root, "trait_contrasts", pool=pool))
    if refused is None or found.problem is not None:
        return found
    return Evidence(
        found.metric, found.units, found.method, found.n_obs, found.n_projects, errors=found.errors, problem=refused
    )


def _of_difference(study: Study, pool: str, model: str, statement: Statement) -> Evidence:
    """Of how much a path differs between the levels of a trait."""
    trait = study.trait_named(statement.names[2])
    joint = read_table(study.root, "joint_fit", pool=pool, model=model)
    steps = joint[(joint["trait"] == trait.name) & (joint["equal"] == "loadings")]
    facts = None
    if len(steps):
        step = steps.iloc[0]
        high, low = float(step["n_projects_high"]), float(step["n_projects_low"])
        n_projects = high + low if trait.of == "unit" else max(high, low)
        facts = _facts(step, n_obs=float(step["n_obs_high"] + step["n_obs_low"]), n_projects=n_projects)
    return difference_evidence(
        statement,
        differences=read_table(study.root, "path_differences", pool=pool, model=model),
        joint_fit=facts,
        parameters=overall(read_table(study.root, "parameters", pool=pool, model=model)),
        confidence=study.params.judge.confidence,
        of_units=trait.of == "unit",
        minimum_units=study.params.compare.minimum_units,
    )


def _of_contrast(study: Study, pool: str, statement: Statement) -> Evidence:
    """Of an effect of a trait."""
    clustering = read_table(study.root, "clustering", pool=pool)
    return contrast_evidence(
        statement,
        contrasts=read_table(study.root, "trait_contrasts", pool=pool),
        n_projects_by_outcome=dict(zip(clustering["outcome"], clustering["n_projects"].astype(float), strict=True)),
        unit_traits=[trait.name for trait in study.declaration.traits if trait.of == "unit"],
        confidence=study.params.judge.confidence,
    )


def _facts(fit: pd.Series, *, n_obs: float, n_projects: float) -> Facts:
    """One fit as the evidence reads it."""
    facts: dict[str, float | bool | str] = {name: fit[name] == "true" for name in ("converged", "admissible")}
    facts |= {name: str(fit[name]) for name in ("estimator", "errors")}
    facts |= {name: float(fit[name]) for name in _MEASURES}
    return facts | {"n_obs": n_obs, "n_projects": n_projects}


def overall(table: pd.DataFrame) -> pd.DataFrame:
    """The rows about everybody of a table that also has levels of traits."""
    return table[(table["trait"] == "all") & (table["level"] == "all")]
