"""What is planned: sizes of a wave, how projects spread over the traits, and all that a replication needs to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from analysis.claims import Kind, Statement
from analysis.clusters.contrasts import TraitColumns
from analysis.measurement.scoring import Difference, Item, Scale
from analysis.multiplicity import Adjustment
from analysis.simulate import Parameters

Array = npt.NDArray[np.floating[Any]]
Answers = Literal["complete", "as_given"]


class PlanError(ValueError):
    """A wave cannot be planned like this; the message says what was asked and what can be."""


@dataclass(frozen=True)
class Cell:
    """A planned wave: projects, the analysed in each, and what the declared effects are multiplied with.

    ``high``: how many projects have the higher level of a trait, for traits where that is not half of them.
    """

    n_projects: int
    n_per_project: int
    effects: float
    high: Mapping[str, int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """A stable name of the cell."""
        spread = "".join(f".{trait}={n}" for trait, n in sorted(self.high.items()))
        return f"{self.n_projects}x{self.n_per_project}.{self.effects:g}{spread}"


@dataclass(frozen=True)
class PlannedClaim:
    """A claim as it will be judged; ``model``: empty for effects and differences of effects."""

    id: str
    statement: Statement
    kind: Kind
    smallest_effect: float
    model: str = ""


@dataclass(frozen=True)
class PowerInputs:
    """Everything a replication is made from, as plain values.

    ``parameters``: the declared study (effects as declared). ``analysed``: categories of background variables that
    make somebody one of the analysed. ``items``, ``scales``, ``differences``: the instrument. ``outcomes``: scores that
    are compared between the levels of ``traits`` (all of units; p-values of exploratory claims are adjusted over them).
    ``models``: lavaan syntax by name; ``fitted``: how models are fitted (``estimator missing errors confidence``).
    ``minimum_units`` and ``minimum_n``: projects a level, and persons a model, need. ``answers``: whether models are
    fitted to the answers as given, or as if nobody had left one open (faster).
    """

    parameters: Parameters
    analysed: Mapping[str, frozenset[str]]
    items: tuple[Item, ...]
    scales: tuple[Scale, ...]
    differences: tuple[Difference, ...]
    outcomes: tuple[str, ...]
    traits: tuple[TraitColumns, ...]
    models: Mapping[str, str]
    claims: tuple[PlannedClaim, ...]
    fitted: Mapping[str, object]
    minimum_units: int
    model_minimum_units: int
    minimum_n: int
    adjust: Adjustment
    confidence: float
    alpha: float
    seed: int
    answers: Answers = "complete"
    cluster: str = "project"


def spread(n_projects: int, traits: Sequence[str], high: Mapping[str, int]) -> Array:
    """Which projects have the higher level of which trait, n_projects by n_traits, 1 or 0.

    Each trait is high in ``high[trait]`` projects, else in half of them (the larger half of an odd number), spread over
    the combinations of the traits before it in proportion (largest remainders), so that traits are as little confounded
    as their numbers allow. Raises ``PlanError`` for a number of projects that is not there to be high.
    """
    levels = np.zeros((n_projects, len(traits)))
    for t, trait in enumerate(traits):
        n_high = high.get(trait, (n_projects + 1) // 2)
        if not 0 <= n_high <= n_projects:
            raise PlanError(f"{trait}: {n_high} of {n_projects} projects cannot have it")
        strata = [tuple(row) for row in levels[:, :t].tolist()]
        members = {stratum: [i for i, s in enumerate(strata) if s == stratum] for stratum in sorted(set(strata))}
        for stratum, n in _in_proportion({s: len(m) for s, m in members.items()}, n_high).items():
            levels[members[stratum][:n], t] = 1.0
    return levels


def _in_proportion(sizes: Mapping[tuple[float, ...], int], total: int) -> dict[tuple[float, ...], int]:
    """``total`` shared out over strata by ``sizes``; what is left goes to the largest remainders."""
    exact = {stratum: total * size / sum(sizes.values()) for stratum, size in sizes.items()}
    given = {stratum: int(value + 1e-9) for stratum, value in exact.items()}
    left = sorted(exact, key=lambda stratum: (given[stratum] - exact[stratum], stratum))
    for stratum in left[: total - sum(given.values())]:
        given[stratum] += 1
    return given


def batches(cells: Sequence[Cell], *, replications: int, size: int) -> list[dict[str, Any]]:
    """Tasks for workers: each cell's replications in batches of ``size``, largest waves first, as plain data."""
    ordered = sorted(cells, key=lambda cell: (-cell.n_projects * cell.n_per_project, cell.effects, cell.key))
    return [
        {
            "n_projects": cell.n_projects, "n_per_project": cell.n_per_project, "effects": cell.effects,
            "high": dict(cell.high), "first": first, "replications": min(size, replications - first),
        }
        for cell in ordered
        for first in range(0, replications, size)
    ]  # fmt: skip


def cell_of(task: Mapping[str, Any]) -> Cell:
    """The cell a task belongs to."""
    return Cell(task["n_projects"], task["n_per_project"], task["effects"], dict(task["high"]))
