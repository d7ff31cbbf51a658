"""Effects of traits on an outcome, and differences between such effects, under many specifications at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

from analysis.multiverse.frames import who
from analysis.multiverse.inputs import Inputs, families
from analysis.multiverse.outcome import Found
from analysis.multiverse.person_effects import PersonEffects
from analysis.multiverse.shared import Shared
from analysis.multiverse.specification import Family, Specification
from analysis.multiverse.unit_effects import UnitEffects

TASK_SIZE = 25
"""Specifications of a task, about: those of the same persons are in one."""


def effect_tasks(family: Family, specifications: Sequence[Specification]) -> list[dict[str, Any]]:
    """The specifications in batches that share data, as plain values for ``estimate_effects``.

    A task is ``{"family": name, "of": "unit" | "person", "specifications": [[ten choices], ...]}``. Specifications of
    the same persons follow each other, in the order of the first of them.
    """
    by_who: dict[tuple[str, ...], list[Specification]] = {}
    for s in specifications:
        by_who.setdefault(who(s), []).append(s)
    batches: list[list[Specification]] = []
    for same in by_who.values():
        if not batches or len(batches[-1]) + len(same) > TASK_SIZE:
            batches.append([])
        batches[-1] += same
    return [
        {"family": family.name, "of": family.of, "specifications": [list(astuple(s)) for s in batch]}
        for batch in batches
    ]


def estimate_effects(inputs: Inputs, task: Mapping[str, Any]) -> list[Found]:
    """Every claim of the task's family under every specification of the task: a ``Found`` each, none left out.

    Specifications come in the order of the task, and claims within them in that of the family. What cannot be answered
    has a status and a reason, a code: of ``analysis.clusters`` for comparisons that are refused, of ``analysis.sem``
    for solutions that cannot be true; ``not_estimable`` where the engine refuses a model.
    """
    asked = (task["family"], task["of"])
    family = next(f for f in families(inputs) if f.kind == "effect" and (f.name, f.of) == asked)
    shared = Shared(inputs, family)
    effects = UnitEffects(shared) if family.of == "unit" else PersonEffects(shared)
    return [found for choices in task["specifications"] for found in effects.answered(Specification(*choices))]
