"""One planned wave after the other: drawn, estimated, judged, counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.claims import Evidence, contrast_evidence, family_adjusted, model_evidence, verdict
from analysis.power.contrasts import project_mean_contrasts
from analysis.power.draw import population, residents
from analysis.power.effects import scaled
from analysis.power.models import model_found
from analysis.power.plan import PowerInputs, cell_of


def replicate(inputs: PowerInputs, task: Mapping[str, Any]) -> dict[str, Any]:
    """The replications of ``task`` (of ``plan.batches``): by claim, a list each of verdicts, of whether the interval
    lies on the claimed side of nil, of half widths of the interval, and of whether nothing could be estimated.

    Plain data, the same whatever process computes it. Raises ``EffectError`` for effects that cannot be simulated.
    """
    cell = cell_of(task)
    drawn_from = population(scaled(inputs.parameters, cell.effects), cell)
    found: dict[str, dict[str, list[Any]]] = {
        claim.id: {"verdicts": [], "detected": [], "half_widths": [], "failed": []} for claim in inputs.claims
    }
    for replication in range(task["first"], task["first"] + task["replications"]):
        persons = residents(inputs, cell, drawn_from, replication=replication)
        evidence = evidence_of(inputs, persons)
        for claim in inputs.claims:
            e = evidence[claim.id]
            decided = verdict(e, sign=claim.statement.sign, smallest_effect=claim.smallest_effect, alpha=inputs.alpha)
            lists, near = found[claim.id], claim.statement.sign * np.array([e.ci_lower, e.ci_upper])
            lists["verdicts"].append(str(decided[0]))
            lists["detected"].append(bool(near.min() > 0))
            lists["failed"].append(e.problem is not None)
            if e.problem is None:
                lists["half_widths"].append(float(e.ci_upper - e.ci_lower) / 2)
    return {"cell": {key: task[key] for key in ("n_projects", "n_per_project", "effects", "high")}, "claims": found}


def evidence_of(inputs: PowerInputs, persons: pd.DataFrame) -> dict[str, Evidence]:
    """What every claim stands on in one wave, p-values adjusted over what the pipeline looks at together."""
    by_model: dict[str, list[Any]] = {}
    for claim in inputs.claims:
        if claim.statement.about_model:
            by_model.setdefault(claim.model, []).append(claim.statement)
    models = {name: model_found(inputs, name, persons, statements) for name, statements in by_model.items()}
    contrasts = project_mean_contrasts(
        persons, outcomes=inputs.outcomes, traits=inputs.traits, cluster=inputs.cluster,
        minimum_units=inputs.minimum_units, confidence=inputs.confidence, adjust=inputs.adjust,
    )  # fmt: skip
    evidence: dict[str, Evidence] = {}
    for claim in inputs.claims:
        if claim.statement.about_model:
            model = models[claim.model]
            evidence[claim.id] = model_evidence(
                claim.statement, parameters=model.parameters, model_fit=model.facts, confidence=inputs.confidence
            )
        else:
            n_projects = dict.fromkeys(inputs.outcomes, float(persons[inputs.cluster].nunique()))
            evidence[claim.id] = contrast_evidence(
                claim.statement, contrasts=contrasts, n_projects_by_outcome=n_projects,
                unit_traits=[trait.name for trait in inputs.traits], confidence=inputs.confidence,
            )  # fmt: skip
    kinds = {claim.id: claim.kind for claim in inputs.claims}
    statements = {claim.id: claim.statement for claim in inputs.claims}
    return family_adjusted(evidence, kinds=kinds, statements=statements)
