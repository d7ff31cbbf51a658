"""Specifications drawn, fitted in tasks, and collected by claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.multiverse.choices import Cross, cross, drawn
from analysis.multiverse.effects import effect_tasks, estimate_effects
from analysis.multiverse.imputing import with_imputations
from analysis.multiverse.inputs import Inputs, families
from analysis.multiverse.models import estimate_models, model_tasks
from analysis.multiverse.outcome import Found
from analysis.multiverse.specification import Family, Specification
from pipeline.stages._stress.inputs import content_of
from pipeline.work import run_tasks


@dataclass(frozen=True)
class Stressed:
    """One claim: the cross its specifications are from, those that were run in their order, and what was found."""

    claim: str
    crossed: Cross
    found: tuple[Found, ...]


def stressed(
    inputs: Inputs,
    *,
    specifications: int,
    workers: int,
    label: str,
    scheduler: str | None = None,
    store: Path | None = None,
    progress: bool = True,
) -> list[Stressed]:
    """Every claim under ``specifications`` of the choices that make sense (0: all), the claims in their order.

    ``label`` and further options: ``pipeline.work.run_tasks``. The same for any number of workers.
    """
    plans = [plan_of(inputs, family, specifications) for family in families(inputs)]
    tasks = [task for plan in plans for task in plan.tasks]
    results = run_tasks(
        answer,
        tasks,
        key=content_of(inputs),
        workers=workers,
        label=label,
        shared=with_imputations(inputs),
        weights=[cost(task) for task in tasks],
        scheduler=scheduler,
        store=store,
        progress=progress,
    )
    found = [Found.from_record(record) for records in results for record in records]
    by_claim = {claim: plan for plan in plans for claim in plan.crossed.family.claims}
    return [_collected(claim.id, by_claim[claim.id], found) for claim in inputs.claims]


def answer(inputs: Inputs, task: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is found in one task, as plain values: figures of everybody and of projects, none of persons."""
    estimate = estimate_models if task["kind"] == "model" else estimate_effects
    return [found.as_record() for found in estimate(inputs, task["batch"])]


@dataclass(frozen=True)
class Plan:
    """The specifications of one family of claims, and the tasks that they are done in."""

    crossed: Cross
    specifications: tuple[Specification, ...]
    tasks: tuple[dict[str, Any], ...]


def plan_of(inputs: Inputs, family: Family, n: int) -> Plan:
    """``n`` specifications of one family (0: all), and the tasks that they are done in."""
    crossed = cross(inputs, family)
    specifications = drawn(crossed, n=n, seed=inputs.seed)
    make = model_tasks if family.kind == "model" else effect_tasks
    batches = make(family, specifications)
    return Plan(crossed, tuple(specifications), tuple({"kind": family.kind, "batch": batch} for batch in batches))


def _collected(claim: str, plan: Plan, found: list[Found]) -> Stressed:
    """What was found of ``claim``, in the order in which its specifications were drawn. Raises ``ValueError`` when one
    was not answered, or twice: nothing may be left out silently."""
    of_claim = [one for one in found if one.claim == claim]
    by_specification = {one.specification: one for one in of_claim}
    if len(of_claim) != len(plan.specifications) or set(by_specification) != set(plan.specifications):
        raise ValueError(f"claim {claim}: {len(plan.specifications)} specifications, {len(of_claim)} answers")
    return Stressed(claim, plan.crossed, tuple(by_specification[s] for s in plan.specifications))


def cost(task: Mapping[str, Any]) -> float:
    """Roughly how long a task takes, in any unit: the longest tasks are done first."""
    return float(len(task["batch"]["specifications"]))
