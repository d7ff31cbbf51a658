"""A study as a whole: its name, units, population, traits; and everything else declared in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from pipeline.declare.base import (
    Colour,
    ConstructName,
    Declaration,
    Language,
    Line,
    Linked,
    Name,
    Parts,
    Text,
    repeated,
)
from pipeline.declare.claims import Claims
from pipeline.declare.instrument import Instrument
from pipeline.declare.names import EVERYBODY, is_reserved
from pipeline.declare.params import Params
from pipeline.declare.problems import Finding, found
from pipeline.declare.registry import Registry
from pipeline.declare.wave import CrosswalkRow, Wave


class Unit(Declaration):
    """What the clusters are called (project, ward)."""

    singular: Text
    plural: Text


class Population(Linked):
    """Whose answers the claims are about: persons whose ``variable`` equals ``equals``; all when both are unset."""

    variable: Name | None = None
    equals: Line | None = None
    label: Text
    """The analysed, in the plural (status holders)."""
    others: Text | None = None

    @classmethod
    def findings(cls, parts: Parts) -> list[Finding]:
        """``variable`` without ``equals``, or the other way round."""
        both = (parts.value("variable", str) is None) == (parts.value("equals", str) is None)
        return [] if both else [Finding((), "both_or_none")]


class TraitLevel(Declaration):
    """One of the two levels of a trait: the value as registered or answered, and its label."""

    value: Line
    label: Text
    colour: Colour | None = None


class Trait(Linked):
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

    @classmethod
    def findings(cls, parts: Parts) -> list[Finding]:
        """A trait of persons without a variable, two levels of one value, a name the tables use themselves."""
        findings = []
        of, variable = parts.value("of", str), parts.value("variable", str)
        if of in ("unit", "person") and (of == "person") != (variable is not None):
            findings.append(Finding(("of",), "person_trait_variable"))
        high, low = parts.value("high", TraitLevel), parts.value("low", TraitLevel)
        if high and low and high.value == low.value:
            findings.append(Finding(("low", "value"), "levels_equal", {"found": found(low.value)}))
        for key in ("name", "dummy"):
            name = parts.value(key, str)
            if name is not None and is_reserved(name):
                findings.append(Finding((key,), "reserved_name", {"found": found(name)}))
        return findings


class PoolLabel(Declaration):
    """What a pool is called in the report, and what a reader should know of it."""

    name: Text
    description: Text | None = None


class ModelLabel(Declaration):
    """What a model is called in the report."""

    title: Text


class ProfilePlace(Declaration):
    """One place a profile asks about (cluster, building, neighbourhood), and the score that tells of it."""

    name: Name
    score: ConstructName
    label: Text


_OF_PLACE = ("name", "score")


class Profile(Linked):
    """The same thing asked of several places, near to far: compared within persons."""

    parts: ClassVar[Mapping[str, type[Declaration]]] = {"places": ProfilePlace}

    name: Name
    title: Text
    places: list[ProfilePlace] = Field(min_length=2)

    @classmethod
    def findings(cls, parts: Parts) -> list[Finding]:
        """A place or a score that is listed twice, a name the tables use themselves."""
        places = parts.all("places", ProfilePlace)
        entries = [[(("places", i, key), getattr(place, key)) for i, place in places.items()] for key in _OF_PLACE]
        findings = [
            Finding(place, "twice", {"found": found(value)}) for group in entries for place, value in repeated(group)
        ]
        named = [(("name",), parts.value("name", str)), *((("places", i, "name"), p.name) for i, p in places.items())]
        for place, name in named:
            if name is not None and (is_reserved(name) or name == EVERYBODY):
                findings.append(Finding(place, "reserved_name", {"found": found(name)}))
        return findings


class ToolboxPart(Declaration):
    """A component or condition of projects (its name is a key of the registry), in words."""

    name: Name
    title: Text
    group: Name | None = None
    """Of components: the group it stands in (``Toolbox.groups``)."""
    says: Text | None = None
    """What the source says of it, in the report's own words."""
    trait: Name | None = None
    """The trait of projects that is the same thing, if one is: what is found of that trait is found of this."""


class ToolboxGroup(Declaration):
    """A heading that components stand under."""

    name: Name
    title: Text


class Toolbox(Declaration):
    """What somebody advises for new projects: conditions that projects should meet, and components to choose from."""

    source: Text
    """Who says so."""
    citation: Line | None = None
    """Key of ``reports/references.bib``."""
    groups: list[ToolboxGroup] = Field(default_factory=list)
    components: list[ToolboxPart] = Field(default_factory=list)
    conditions: list[ToolboxPart] = Field(default_factory=list)


class ArchiveNotes(Declaration):
    """What archives ask about a study and nothing else declares. What is not said here is said to be missing."""

    rights: Text | None = None
    """Who may do what with the figures and texts of the report."""
    audience: Text | None = None
    """The field whose researchers it is for."""
    coverage: Text | None = None
    """Where the people live who are asked."""
    sampling: Text | None = None
    """How people came to be asked."""


class StudyDeclaration(Linked):
    """``surveys/study.yaml``."""

    parts: ClassVar[Mapping[str, type[Declaration]]] = {"traits": Trait, "profiles": Profile}

    name: Name
    title: Text
    subtitle: Text | None = None
    unit: Unit
    population: Population
    traits: list[Trait] = Field(min_length=1)
    outcomes: list[ConstructName] = Field(min_length=1)
    """Scale scores (and derived scores) that are compared between the levels of the traits."""
    profiles: list[Profile] = Field(default_factory=list)
    """Scores of the same thing at several places, compared within persons."""
    toolbox: Toolbox | None = None
    """Advice on new projects that the report sets beside what was found."""
    archive: ArchiveNotes = Field(default_factory=ArchiveNotes)
    """What the metadata for archives say besides."""
    languages: list[Language] = Field(min_length=1)
    """Languages of the report."""
    pools: dict[Name, PoolLabel] = Field(default_factory=dict)
    """Names of pools for readers; a pool that is not here goes by its own name."""
    models: dict[Name, ModelLabel] = Field(default_factory=dict)
    """Names of models for readers; a model that is not here goes by the name of its file."""

    @classmethod
    def findings(cls, parts: Parts) -> list[Finding]:
        """Traits, dummies, outcomes, profiles or languages that are listed twice."""
        traits, profiles = parts.all("traits", Trait), parts.all("profiles", Profile)
        entries: list[list[tuple[tuple[int | str, ...], str]]] = [
            [((*("traits", i), key), getattr(trait, key)) for i, trait in traits.items() for key in ("name", "dummy")],
            [(("outcomes", i), outcome) for i, outcome in enumerate(parts.value("outcomes", list) or [])],
            [(("profiles", i, "name"), profile.name) for i, profile in profiles.items()],
            [(("languages", i), language) for i, language in enumerate(parts.value("languages", list) or [])],
        ]
        again = [entry for group in entries for entry in repeated(group)]
        return [Finding(place, "twice", {"found": found(value)}) for place, value in again]


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
