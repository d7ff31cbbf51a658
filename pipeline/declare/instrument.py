"""A questionnaire as data: what is asked, how it is answered, which scales it makes and where it comes from.

Its parts and their keys: ``items``. What must hold between them: ``instrument_rules``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from pipeline.declare import instrument_rules
from pipeline.declare.base import Declaration, Language, Linked, Name, Parts, Text, Whole
from pipeline.declare.items import (
    CONSENT_GIVEN,
    AnswerScale,
    Band,
    Category,
    Constraints,
    Construct,
    DerivedScore,
    FieldRole,
    InstrumentField,
    MissingValue,
    Reference,
    ScoringRule,
    Source,
    TranslationStatus,
)
from pipeline.declare.problems import Finding

__all__ = [
    "CONSENT_GIVEN", "AnswerScale", "Band", "Category", "Constraints", "Construct", "DerivedScore", "FieldRole",
    "Instrument", "InstrumentField", "MissingValue", "Reference", "ScoringRule", "Source",
    "TranslationStatus",
]  # fmt: skip


class Instrument(Linked):
    """A version of a questionnaire. ``languages``: the status of its wording as a whole."""

    parts: ClassVar[Mapping[str, type[Declaration]]] = {
        "missing_values": MissingValue, "scales": AnswerScale, "sources": Source, "fields": InstrumentField,
        "constructs": Construct, "derived": DerivedScore,
    }  # fmt: skip

    name: Name
    version: Whole = Field(ge=1)
    title: Text
    languages: dict[Language, TranslationStatus] = Field(min_length=1)
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

    @classmethod
    def findings(cls, parts: Parts) -> list[Finding]:
        """What does not fit together; the rules: ``instrument_rules``."""
        return instrument_rules.findings(parts)
