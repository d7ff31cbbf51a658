"""A questionnaire as data: what is asked, how it is answered, which scales it makes and where it comes from.

The shape follows the field descriptors of Frictionless Data Package v2 (``name type title categories
missingValues constraints``), with what a questionnaire needs besides: blocks, reversal, constructs, sources.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from pipeline.declare.base import ConstructName, Declaration, Name, Text

FieldRole = Literal["item", "background", "project", "language", "consent", "source_id", "date"]
TranslationStatus = Literal["original", "validated", "draft", "absent"]
ScoringRule = Literal["mean", "sum"]


class Category(Declaration):
    """One answer: its code and how it reads in each language."""

    value: float | str
    label: Text


class MissingValue(Declaration):
    """A code that stands for a reason for not answering (``dont_know``, ``no_answer``, ``not_asked`` …)."""

    value: float | str
    reason: Name
    label: Text


class AnswerScale(Declaration):
    """Answer categories shared by several fields.

    ``steps`` allows values between the categories' codes (0.5 allows half points).
    """

    categories: list[Category] = Field(min_length=2)
    ordered: bool = Field(alias="categoriesOrdered", default=True)
    steps: float | None = None
    translations: dict[str, TranslationStatus] = Field(default_factory=dict)
    """Status of the labels' wording per language, where it is known."""


class Source(Declaration):
    """Where items come from and under which licence they may be asked."""

    citation: str
    licence: str
    url: str | None = None
    notes: Text | None = None
    translations: dict[str, TranslationStatus] = Field(default_factory=dict)


class Constraints(Declaration):
    """What every value of a field must meet, in Frictionless's words."""

    required: bool = False
    minimum: float | None = None
    maximum: float | None = None


class InstrumentField(Declaration):
    """One variable of the questionnaire.

    ``type`` ``integer``/``number`` with ``scale``: answer codes of that scale. ``number`` without ``scale``: a
    measured quantity between ``minimum`` and ``maximum``. ``string`` with ``categories``: named categories.
    """

    name: Name
    role: FieldRole
    type: Literal["integer", "number", "string", "date", "boolean"]
    title: Text
    scale: str | None = None
    categories: list[Category] = Field(default_factory=list)
    constraints: Constraints = Field(default_factory=Constraints)
    reversed: bool = False
    optional: bool = False
    block: Name | None = None
    source: str | None = None

    @property
    def required(self) -> bool:
        """Whether a wave must have this variable."""
        return self.constraints.required

    @property
    def minimum(self) -> float | None:
        """Smallest possible value of a measured quantity."""
        return self.constraints.minimum

    @property
    def maximum(self) -> float | None:
        """Largest possible value of a measured quantity."""
        return self.constraints.maximum


class Band(Declaration):
    """A documented band of scale scores, both ends included."""

    lower: float
    upper: float
    label: Text


class Construct(Declaration):
    """A scale: items that are scored together.

    ``rule`` ``mean`` or ``sum`` of the (reversed) items, times ``multiply``. ``minimum_answered``: how many items must
    be answered (a number), or ``all`` or ``half`` (at least half). A mean is over the answered items; a sum with items
    missing is the mean of the answered ones times the number of items. ``lower``/``upper``: the score's range.
    """

    name: ConstructName
    title: Text
    meaning: Text
    items: list[Name] = Field(min_length=1)
    rule: ScoringRule = "mean"
    multiply: float = 1.0
    minimum_answered: Literal["all", "half"] | int = "half"
    lower: float
    upper: float
    bands: list[Band] = Field(default_factory=list)
    source: str
    primary: bool = False


class DerivedScore(Declaration):
    """A score that is the mean of some scale scores minus the mean of others (``plus`` minus ``minus``)."""

    name: ConstructName
    title: Text
    meaning: Text
    plus: list[ConstructName] = Field(min_length=1)
    minus: list[ConstructName] = Field(default_factory=list)


class Instrument(Declaration):
    """A version of a questionnaire."""

    name: Name
    version: int = Field(ge=1)
    title: Text
    languages: dict[str, TranslationStatus]
    missing_values: list[MissingValue] = Field(alias="missingValues", default_factory=list)
    scales: dict[str, AnswerScale]
    sources: dict[str, Source]
    fields: list[InstrumentField] = Field(min_length=1)
    constructs: list[Construct] = Field(default_factory=list)
    derived: list[DerivedScore] = Field(default_factory=list)

    @property
    def id(self) -> str:
        """``name@version``, as waves refer to it."""
        return f"{self.name}@{self.version}"

    def field_named(self, name: str) -> InstrumentField:
        """The field called ``name``; raises ``KeyError``."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def construct_named(self, name: str) -> Construct:
        """The construct called ``name``; raises ``KeyError``."""
        for construct in self.constructs:
            if construct.name == name:
                return construct
        raise KeyError(name)

    def with_role(self, *roles: FieldRole) -> list[InstrumentField]:
        """Fields that have one of ``roles``, in questionnaire order."""
        return [field for field in self.fields if field.role in roles]

    def categories_of(self, field: InstrumentField) -> list[Category]:
        """The answer categories of ``field``, its own or its scale's; empty for a measured quantity."""
        return self.scales[field.scale].categories if field.scale else field.categories

    def score_titles(self) -> dict[str, Text]:
        """Title of every scale and derived score by name."""
        titles = {construct.name: construct.title for construct in self.constructs}
        return titles | {derived.name: derived.title for derived in self.derived}

    @model_validator(mode="after")
    def _references_resolve(self) -> Self:
        names = [field.name for field in self.fields]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"fields declared twice: {', '.join(twice)}")
        for field in self.fields:
            if field.scale is not None and field.scale not in self.scales:
                raise ValueError(f"field {field.name}: no answer scale {field.scale!r} under `scales`")
            if field.source is not None and field.source not in self.sources:
                raise ValueError(f"field {field.name}: no source {field.source!r} under `sources`")
            if field.role == "item" and field.scale is None:
                raise ValueError(f"field {field.name}: an item needs a `scale`")
        for construct in self.constructs:
            unknown = [item for item in construct.items if item not in names]
            if unknown:
                raise ValueError(f"construct {construct.name}: unknown items {', '.join(unknown)}")
            if construct.source not in self.sources:
                raise ValueError(f"construct {construct.name}: no source {construct.source!r} under `sources`")
        scores = {construct.name for construct in self.constructs}
        for derived in self.derived:
            unknown = [name for name in [*derived.plus, *derived.minus] if name not in scores]
            if unknown:
                raise ValueError(f"derived score {derived.name}: unknown scales {', '.join(unknown)}")
        return self
