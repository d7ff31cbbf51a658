"""The parts of a questionnaire: answers, scales of answers, sources, fields, and the scores made of them.

Keys that Frictionless Data Package v2 has (Table Schema: ``name type title categories categoriesOrdered missingValues
constraints``) are named and shaped as there. Extensions: texts are per language, answer scales are declared once and
named by the fields that use them, and a field says its role, block, reversal and source.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from pipeline.declare.base import Code, ConstructName, Declaration, Language, Line, Name, Number, Text, Whole
from pipeline.declare.problems import coded, found

FieldRole = Literal["item", "background", "project", "language", "consent", "source_id", "date"]
TranslationStatus = Literal["original", "validated", "draft", "absent"]
"""How good a wording is: the source's own; a tested and published translation; our own, untested; none at hand."""
ScoringRule = Literal["mean", "sum"]
CONSENT_GIVEN = "yes"
"""The one category of a consent field that counts as consent."""


class Category(Declaration):
    """One answer: its code and how it reads in each language."""

    value: Code
    label: Text


class MissingValue(Declaration):
    """A code that stands for a reason for not answering (``dont_know``, ``no_answer``, ``not_asked`` …)."""

    value: Code
    reason: Name
    label: Text


class AnswerScale(Declaration):
    """Answer categories shared by several fields.

    ``steps`` allows values between the categories' codes (0.5 allows half points).
    """

    categories: list[Category] = Field(min_length=2)
    ordered: bool = Field(alias="categoriesOrdered", default=True)
    steps: Number | None = Field(default=None, gt=0)
    translations: dict[Language, TranslationStatus] = Field(default_factory=dict)
    """Status of the labels' wording per language, where it is known."""


class Source(Declaration):
    """Where items come from and under which licence they may be asked; ``translations``: status of the wording."""

    citation: Line
    licence: Line
    url: Line | None = None
    notes: Text | None = None
    translations: dict[Language, TranslationStatus] = Field(default_factory=dict)


class Constraints(Declaration):
    """What every value of a field must meet, in Frictionless's words."""

    required: bool = False
    minimum: Number | None = None
    maximum: Number | None = None


class Reference(Declaration):
    """What other people answered to the same item, as published elsewhere.

    ``value``: the share (0 to 1) of ``population`` that gave one of the answers ``categories`` in ``year``; ``what``:
    those answers in words; ``source``: where it was published, one of the instrument's sources.
    """

    value: Number = Field(ge=0, le=1)
    categories: list[Code] = Field(min_length=1)
    what: Text
    population: Text
    year: Whole = Field(ge=1900, le=2100)
    source: str


class InstrumentField(Declaration):
    """One variable of the questionnaire.

    ``type`` ``integer``/``number`` with ``scale``: answer codes of that scale. ``number`` without ``scale``: a
    measured quantity between ``minimum`` and ``maximum``. ``string`` with ``categories``: named categories.
    ``optional``: a wave may leave the question out without saying so. A consent field has a category ``yes``; only that
    counts as consent. ``reference``: what others answered to the same item, to be shown beside the answers.
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
    reference: list[Reference] = Field(default_factory=list)

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

    lower: Number
    upper: Number
    label: Text


def _minimum_answered(value: Any) -> Any:
    if value not in ("all", "half") and (isinstance(value, bool) or not isinstance(value, int)):
        raise coded("minimum_answered_form", found=found(value))
    return value


class Construct(Declaration):
    """A scale: items that are scored together.

    ``rule`` ``mean`` or ``sum`` of the (reversed) items, times ``multiply``. ``minimum_answered``: how many items must
    be answered (a number), or ``all`` or ``half`` (at least half). A mean is over the answered items; a sum with items
    missing is the mean of the answered ones times the number of items. ``lower``/``upper``: the score's range.
    ``agrees_with``: another scale that is higher where this one is; a scale of which every item is reversed can be told
    from its mirror image only so (``reversal_checks``).
    """

    name: ConstructName
    title: Text
    meaning: Text
    items: list[Name] = Field(min_length=1)
    rule: ScoringRule = "mean"
    multiply: Number = Field(default=1.0, gt=0)
    minimum_answered: Annotated[Literal["all", "half"] | int, BeforeValidator(_minimum_answered)] = "half"
    lower: Number
    upper: Number
    bands: list[Band] = Field(default_factory=list)
    source: str
    primary: bool = False
    agrees_with: ConstructName | None = None


class DerivedScore(Declaration):
    """A score that is the mean of some scale scores minus the mean of others (``plus`` minus ``minus``)."""

    name: ConstructName
    title: Text
    meaning: Text
    plus: list[ConstructName] = Field(min_length=1)
    minus: list[ConstructName] = Field(default_factory=list)
