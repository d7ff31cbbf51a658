"""Everything the specification curve is made from, as plain values; and the families its claims fall into."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.claims import Statement
from analysis.clusters.contrasts import TraitColumns
from analysis.measurement.scoring import Difference, Scale
from analysis.multiverse.specification import Family
from analysis.sem.fit import observed_variables
from analysis.sem.syntax import parse
from analysis.sem.table import build_table

Array = npt.NDArray[np.floating[Any]]
T = TypeVar("T")


@dataclass(frozen=True)
class ClaimAsked:
    """A claim as it is asked of the data; ``model``: empty for effects and differences of effects."""

    id: str
    statement: Statement
    model: str = ""
    smallest_effect: float = 0.0


@dataclass(frozen=True)
class Imputed:
    """Missing answers filled in: ``values`` (imputations, persons, items) of the persons at ``rows`` (places in
    ``Inputs.persons``) on ``items``."""

    rows: npt.NDArray[np.intp]
    items: tuple[str, ...]
    values: Array

    def answers(self, rows: npt.NDArray[np.intp], items: Sequence[str]) -> Array:
        """(imputations, rows, items) of the persons at ``rows``, all of whom and which must be there."""
        if not (np.isin(rows, self.rows).all() and set(items) <= set(self.items)):
            raise KeyError("persons or items that were not imputed")
        at = np.searchsorted(self.rows, rows)
        return self.values[:, at][:, :, [self.items.index(item) for item in items]]


@dataclass(frozen=True)
class Inputs:
    """One pool and what is declared about it.

    ``persons``: everybody, a row each: ``analysed`` (bool), ``wave``, the column ``cluster`` (null: not known),
    ``careless`` (bool), items after reversal, scores, traits' levels and dummies, background variables (text is
    categorical, numbers are numbers). ``scales`` and ``differences``: the instrument's scoring rules by name.
    ``waves``: those of the pool, first to last. ``role``: the variable that tells the analysed from the others, empty
    where everybody is analysed. ``choices``: declared choices by axis. ``alternatives``: by name, which construct takes
    the place of which; the first is the main one. ``minimum_units``: projects that a level of a unit trait needs.
    ``minimum_n``: persons that a model needs. ``imputed``: by residents (``analysed``, ``all``), what
    ``imputing.with_imputations`` fills in.
    """

    persons: pd.DataFrame
    scales: Mapping[str, Scale]
    differences: Mapping[str, Difference]
    traits: tuple[TraitColumns, ...]
    models: Mapping[str, str]
    claims: tuple[ClaimAsked, ...]
    waves: tuple[str, ...]
    choices: Mapping[str, tuple[str, ...]]
    alternatives: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    adjusted_for: tuple[str, ...] = ()
    role: str = ""
    cluster: str = "project"
    seed: int = 1
    permutations: int = 1000
    imputations: int = 5
    confidence: float = 0.95
    alpha: float = 0.05
    minimum_units: int = 4
    minimum_n: int = 30
    imputed: Mapping[str, Imputed] = field(default_factory=dict)

    @cached_property
    def kept(self) -> dict[tuple[Any, ...], Any]:
        """What follows from all of this and every task needs; see ``once``."""
        return {}

    def once(self, key: tuple[Any, ...], make: Callable[[], T]) -> T:
        """What ``make`` makes of these inputs alone, made once for ``key``."""
        if key not in self.kept:
            self.kept[key] = make()
        found: T = self.kept[key]
        return found

    @property
    def projects(self) -> tuple[str, ...]:
        """Projects that anybody of the analysed lives in, in order of their names."""
        known = self.persons.loc[self.persons["analysed"].astype(bool), self.cluster].dropna()
        return tuple(sorted(known.astype("str").unique()))

    @property
    def unit_traits(self) -> tuple[TraitColumns, ...]:
        """Traits of units, in the order declared."""
        return tuple(trait for trait in self.traits if trait.of == "unit")

    def claim(self, name: str) -> ClaimAsked:
        """The claim of that id."""
        return next(claim for claim in self.claims if claim.id == name)


def families(inputs: Inputs) -> tuple[Family, ...]:
    """The families of the claims of ``inputs``, in the order of their first claims.

    Effects on one outcome of traits of units are one family, those of traits of persons another.
    """
    units = {trait.name for trait in inputs.unit_traits}
    found: dict[tuple[str, str, str], list[ClaimAsked]] = {}
    for claim in inputs.claims:
        *traits, outcome = claim.statement.names
        if claim.statement.about_model:
            key = ("model", claim.model, "")
        else:
            key = ("effect", outcome, "unit" if set(traits) <= units else "person")
        found.setdefault(key, []).append(claim)
    return tuple(_family(*key, claims, inputs) for key, claims in found.items())


def scales_behind(outcome: str, inputs: Inputs) -> tuple[str, ...]:
    """The scales that an outcome is made of: itself, or those of its derived score."""
    difference = inputs.differences.get(outcome)
    return (outcome,) if difference is None else (*difference.plus, *difference.minus)


def _family(kind: str, name: str, of: str, claims: list[ClaimAsked], inputs: Inputs) -> Family:
    if kind == "model":
        return _model_family(name, claims, inputs)
    ids = tuple(claim.id for claim in claims)
    return Family(name, "effect", ids, "unit" if of == "unit" else "person", scales_behind(name, inputs))


def _model_family(model: str, claims: list[ClaimAsked], inputs: Inputs) -> Family:
    """Constructs of a model: the scales that its latent variables, or observed ones, bear the names of."""
    table = build_table(parse(inputs.models[model]))
    names = [*table.latent, *observed_variables(inputs.models[model])]
    constructs = tuple(name for name in inputs.scales if name in names)
    return Family(model, "model", tuple(claim.id for claim in claims), "", constructs)
