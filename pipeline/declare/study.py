"""A study as a whole: its name, units, population, traits; and everything else declared in its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from pipeline.declare.base import ConstructName, Declaration, Name, Text
from pipeline.declare.claims import Claims
from pipeline.declare.instrument import Instrument
from pipeline.declare.params import Params
from pipeline.declare.registry import Registry
from pipeline.declare.wave import CrosswalkRow, Wave


class Unit(Declaration):
    """What the clusters are called (project, ward)."""

    singular: Text
    plural: Text


class Population(Declaration):
    """Whose answers the claims are about: persons whose ``variable`` equals ``equals``; all when both are unset."""

    variable: Name | None = None
    equals: str | None = None
    label: Text
    """The analysed, in the plural (status holders)."""
    others: Text | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.variable is None) != (self.equals is None):
            raise ValueError("`variable` and `equals` go together")
        return self


class TraitLevel(Declaration):
    """One of the two levels of a trait: the value as registered or answered, and its label."""

    value: str
    label: Text
    colour: str | None = None


class Trait(Declaration):
    """A two-level trait that results are compared by.

    ``of`` ``unit``: a trait of the project, from the registry's ``traits[name]``. ``of`` ``person``: an answer, from
    the instrument's variable ``variable``. Effects are ``high`` minus ``low``; ``dummy`` is the 0/1 variable (1 = high)
    that models use.
    """

    name: Name
    of: Literal["unit", "person"]
    variable: Name | None = None
    dummy: Name
    title: Text
    high: TraitLevel
    low: TraitLevel

    @property
    def levels(self) -> tuple[TraitLevel, TraitLevel]:
        """High first, then low."""
        return self.high, self.low


class StudyDeclaration(Declaration):
    """``surveys/study.yaml``."""

    name: Name
    title: Text
    subtitle: Text | None = None
    unit: Unit
    population: Population
    traits: list[Trait] = Field(min_length=1)
    outcomes: list[ConstructName] = Field(min_length=1)
    """Scale scores (and derived scores) that are compared between the levels of the traits."""
    languages: list[str] = Field(min_length=1)
    """Languages of the report."""


@dataclass(frozen=True)
class Study:
    """Everything declared in a study's folder, read and checked against each other.

    ``waves`` follows the order of ``params.yaml``; ``crosswalks`` has an entry per wave (empty list: names match).
    """

    root: Path
    declaration: StudyDeclaration
    params: Params
    instruments: dict[str, Instrument]
    registry: Registry
    waves: dict[str, Wave]
    crosswalks: dict[str, list[CrosswalkRow]]
    claims: Claims
    models: dict[str, str]
    """lavaan syntax by model name (``analysis/models/<name>.lav``)."""

    def instrument_of(self, wave: str) -> Instrument:
        """The instrument of ``wave``."""
        return self.instruments[self.waves[wave].instrument]

    def waves_of(self, pool: str) -> list[Wave]:
        """Declared waves of ``pool``, in order."""
        return [wave for wave in self.waves.values() if wave.pool == pool]

    def instrument_of_pool(self, pool: str) -> Instrument:
        """The one instrument of a pool (loading refuses a pool with two)."""
        return self.instruments[self.waves_of(pool)[0].instrument]

    def trait_named(self, name: str) -> Trait:
        """The trait called ``name``; raises ``KeyError``."""
        for trait in self.declaration.traits:
            if trait.name == name:
                return trait
        raise KeyError(name)

    def responses_path(self, wave: str) -> Path:
        """Where the responses of ``wave`` stand."""
        return self.root / "surveys" / "waves" / wave / self.waves[wave].responses
