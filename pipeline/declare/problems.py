"""What is wrong with a declaration: one problem a line, all of them at once, in Dutch or English.

A problem has a stable code; ``messages.yaml`` beside this file says it in both languages. Problems name the place
(file, line, key), what was found there, what was expected and what to do. Declarations hold no answers of residents,
so what was found may be shown; crosswalks, which may hold values of a source, are told by line and column alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError
from ruamel.yaml import YAML

from pipeline.errors import InputError

Step = int | str
"""One step into a document: a key, or a position in a list."""

LANGUAGES = ("nl", "en")
_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Phrase:
    """A piece of a sentence that reads differently in each language: a code of the catalogue and its details."""

    code: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """One problem in one file.

    ``line`` counts from 1 (``None``: the file as a whole). ``key`` is the place inside the file as its author would say
    it (``fields[hs4].scale``; a column for CSV). ``code`` and ``details`` make the sentence.
    """

    path: Path
    line: int | None
    key: str
    code: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def in_language(self, language: str) -> str:
        """``file:line: key: sentence [code]`` in ``language`` (``nl`` or ``en``)."""
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        key = f"{self.key}: " if self.key else ""
        return f"{place}: {key}{sentence(self.code, language, self.details)} [{self.code}]"


class DeclarationError(InputError):
    """Declarations that cannot be used. ``problems`` holds every problem; the message is them all, one a line."""

    def __init__(self, problems: Iterable[Problem], *, language: str = "en") -> None:
        self.problems = tuple(problems)
        super().__init__(self.in_language(language))

    def in_language(self, language: str) -> str:
        """Every problem on a line of its own, in ``language`` (``nl`` or ``en``)."""
        return "\n".join(problem.in_language(language) for problem in self.problems)


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every message by code and language."""
    messages: dict[str, dict[str, str]] = YAML(typ="safe").load(Path(__file__).with_name("messages.yaml"))
    return messages


def sentence(code: str, language: str, details: Mapping[str, Any]) -> str:
    """The message ``code`` in ``language``, filled in. Languages without a text of their own get the English one."""
    texts = catalogue()[code]
    template = texts.get(language, texts["en"])
    return template.format_map({name: _said(value, language) for name, value in details.items()})


def _said(value: Any, language: str) -> str:
    if isinstance(value, Phrase):
        return sentence(value.code, language, value.details)
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(_said(part, language) for part in value) or sentence("none", language, {})
    return f"{value:g}" if isinstance(value, float) else str(value)


def found(value: Any) -> Phrase | str:
    """How a value of a declaration is shown: quoted and cut short; lists and mappings only by their kind."""
    if value is None:
        return Phrase("found_nothing")
    if isinstance(value, Mapping):
        return Phrase("found_mapping")
    if isinstance(value, (list, tuple)):
        return Phrase("found_list")
    if isinstance(value, bool):
        return str(value).lower()
    text = f"{value:g}" if isinstance(value, float) else " ".join(str(value).split())
    text = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
    return f'"{text}"' if isinstance(value, str) else text


def suggestion(name: str, known: Iterable[str]) -> Phrase | str:
    """``(did you mean …?)`` when a known name comes close to ``name``, else nothing."""
    close = get_close_matches(name, list(known), n=1)
    return Phrase("did_you_mean", {"name": close[0]}) if close else ""


@dataclass(frozen=True)
class Finding:
    """A problem at a place inside one declaration, before it is known in which file and on which line that is."""

    location: tuple[Step, ...]
    code: str
    details: Mapping[str, Any] = field(default_factory=dict)


def coded(code: str, **details: Any) -> PydanticCustomError:
    """The error a validator of a single value raises for the message ``code``."""
    return PydanticCustomError(code, "{message}", {"message": sentence(code, "en", details), "details": details})


def refuse(model: str, findings: Sequence[Finding]) -> NoReturn:
    """Raise every finding at once, each at its own place: what a validator of a whole declaration ends with."""
    errors = [
        InitErrorDetails(type=coded(finding.code, **finding.details), loc=finding.location, input=None)
        for finding in findings
    ]
    raise ValidationError.from_exception_data(model, errors)
