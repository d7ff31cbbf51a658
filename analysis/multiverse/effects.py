"""Effects of traits on an outcome, and differences between such effects, under many specifications at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.multiverse.inputs import Inputs
from analysis.multiverse.outcome import Found
from analysis.multiverse.specification import Family, Specification


def effect_tasks(family: Family, specifications: Sequence[Specification]) -> list[dict[str, Any]]:
    """The specifications in batches that share data, as plain values for ``estimate_effects``.

    A task is ``{"family": name, "of": "unit" | "person", "specifications": [[ten choices], ...]}``.
    """
    raise NotImplementedError


def estimate_effects(inputs: Inputs, task: Mapping[str, Any]) -> list[Found]:
    """Every claim of the task's family under every specification of the task: a ``Found`` each, none left out."""
    raise NotImplementedError
