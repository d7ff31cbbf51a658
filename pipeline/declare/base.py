"""What all declarations share: strict models, forms of names, and texts in several languages."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import (
    AfterValidator,
    AllowInfNan,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    ValidationError,
    model_validator,
)

from pipeline.declare.problems import Finding, coded, found, refuse


class Declaration(BaseModel):
    """A declared thing: frozen, and a key it does not know is an error, so a typing slip cannot pass unnoticed."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Linked(Declaration):
    """A declaration whose values must fit each other (references that lead somewhere, names used once).

    What cannot be said of one value alone stands in ``findings``: a function of whatever parts are sound, so that it
    can be asked of content that has other problems too.
    """

    parts: ClassVar[Mapping[str, type[Declaration]]] = {}
    """Attributes that hold a list or mapping of declarations."""

    @classmethod
    def findings(cls, parts: Parts) -> list[Finding]:
        """Problems between the values of this declaration, each at its place."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        findings = self.findings(Parts.of(self))
        if findings:
            refuse(type(self).__name__, findings)
        return self


D = TypeVar("D", bound=Declaration)


class Parts:
    """The sound parts of one declaration: what ``findings`` may look at.

    Of a valid declaration that is everything. Of content that has problems, it is every value that was read, with the
    declarations inside (``Linked.parts``) that are valid themselves; the names of the broken ones are still known, so
    that nothing is called missing that merely has another mistake.
    """

    def __init__(self, values: Mapping[str, Any], sound: Mapping[str, Mapping[Any, Declaration]]) -> None:
        self._values = values
        self._sound = sound

    @classmethod
    def of(cls, declaration: Linked) -> Parts:
        """The parts of a valid declaration."""
        values = {key: getattr(declaration, key) for key in type(declaration).model_fields}
        return cls(values, {key: _numbered(values[key]) for key in declaration.parts})

    @classmethod
    def of_content(cls, model: type[Linked], content: Mapping[str, Any]) -> Parts:
        """The sound parts of ``content``, which need not be a valid ``model``."""
        values = {
            key: content.get(info.alias or key, info.get_default(call_default_factory=True, validated_data={}))
            for key, info in model.model_fields.items()
        }
        sound = {key: _sound(values[key], part) for key, part in model.parts.items()}
        return cls(values, sound)

    def value(self, key: str, kind: type[V]) -> V | None:
        """The value under ``key`` when it is a ``kind``."""
        value = self._values.get(key)
        return value if isinstance(value, kind) else None

    def all(self, key: str, model: type[D]) -> dict[Any, D]:
        """The sound declarations under ``key``, by position or by key."""
        return {step: part for step, part in self._sound.get(key, {}).items() if isinstance(part, model)}

    def names(self, key: str, attribute: str = "name") -> set[str]:
        """The names of all declarations under ``key``, sound or not: keys of a mapping, ``attribute`` in a list."""
        value = self._values.get(key)
        if isinstance(value, Mapping):
            return {str(name) for name in value}
        members = value if isinstance(value, list) else []
        found_names = [m.get(attribute) if isinstance(m, Mapping) else getattr(m, attribute, None) for m in members]
        return {name for name in found_names if isinstance(name, str)}


V = TypeVar("V")


def _numbered(value: Any) -> dict[Any, Any]:
    return dict(value) if isinstance(value, Mapping) else dict(enumerate(value or ()))


def _sound(value: Any, model: type[Declaration]) -> dict[Any, Declaration]:
    sound = {}
    for step, content in _numbered(value if isinstance(value, (list, Mapping)) else None).items():
        try:
            sound[step] = model.model_validate(content, by_alias=True, by_name=False)
        except ValidationError:
            continue  # told already, by whoever validated the whole
    return sound


def repeated(entries: Iterable[tuple[tuple[int | str, ...], Hashable]]) -> list[tuple[tuple[int | str, ...], Hashable]]:
    """The entries (place, value) whose value an earlier entry has already."""
    seen: set[Hashable] = set()
    again = []
    for place, value in entries:
        if value in seen:
            again.append((place, value))
        seen.add(value)
    return again


def _formed(pattern: str, code: str, longest: int = 60) -> Callable[[str], str]:
    form = re.compile(pattern)

    def check(text: str) -> str:
        if len(text) > longest or not form.fullmatch(text):
            raise coded(code, found=found(text))
        return text

    return check


def _code(value: Any) -> Any:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number and not (isinstance(value, str) and value):
        raise coded("code_expected", found=found(value))
    return value


def _day(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise coded("date_expected", found=found(value)) from None
    if type(value) is date:
        return value
    raise coded("date_expected", found=found(value))


Name = Annotated[str, AfterValidator(_formed(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*", "name_form"))]
"""A lower-case name of a wave, project, variable, pool …"""

ConstructName = Annotated[str, AfterValidator(_formed(r"[A-Za-z][A-Za-z0-9_]*", "construct_form"))]
"""The name of a construct or scale as models write it (``HS``, ``SC_neighbourhood``)."""

ClaimName = Annotated[str, AfterValidator(_formed(r"[A-Z][A-Za-z0-9]*", "claim_form"))]
"""The name of a claim (``C1``)."""

ResponsesFile = Annotated[
    str, AfterValidator(_formed(r"[A-Za-z0-9][A-Za-z0-9._-]*\.(csv|xlsx|xls|ods|sav)", "file_name_form", longest=100))
]
"""The name of a file of responses: no folder, so it can only stand beside its wave.yaml."""

InstrumentName = Annotated[
    str, AfterValidator(_formed(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*@[1-9][0-9]*", "instrument_form"))
]
"""An instrument and its version (``magic-mix@1``)."""

Colour = Annotated[str, AfterValidator(_formed(r"#[0-9a-fA-F]{6}", "colour_form"))]
"""A colour as ``#rrggbb``."""

Language = Annotated[str, AfterValidator(_formed(r"[a-z]{2,3}", "language_form"))]
"""A language code (``nl``, ``en``, ``ar``, ``ti``)."""

Line = Annotated[str, Field(min_length=1, max_length=5000)]
"""A text that says something."""

Text = Annotated[dict[Language, Line], Field(min_length=1)]
"""The same text per language code (``nl``, ``en`` …)."""

Whole = Annotated[int, Strict()]
"""A whole number; true and false are not numbers here, although Python takes them for 1 and 0."""

Number = Annotated[float, Strict(), AllowInfNan(False)]
"""A finite number; true and false are not numbers here."""

Day = Annotated[date, BeforeValidator(_day)]
"""A day as year-month-day; nothing else is taken for one (a bare year would otherwise become a moment in 1970)."""

Code = Annotated[Number | str, BeforeValidator(_code)]
"""The code of an answer: a number, or a text for named categories."""


def in_language(text: dict[str, str], language: str) -> str:
    """``text`` in ``language``, else in English, else in whatever language comes first."""
    return text.get(language) or text.get("en") or next(iter(text.values()))
