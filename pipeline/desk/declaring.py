"""The form about a wave, and the wave.yaml it becomes. What is right is said by the declaration's own model."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.declare import Wave
from pipeline.declare.documents import read_from
from pipeline.declare.problems import DeclarationError, sentence
from pipeline.declare.registry import Project
from pipeline.desk.upload import Form
from pipeline.intake.words import LANGUAGES

MODES = ("online", "paper", "interview")
SUFFIXES = {"csv": ".csv", "xlsx": ".xlsx", "xls": ".xls", "ods": ".ods", "sav": ".sav"}
_LONGEST_TITLE = 200
Values = dict[str, list[str]]


@dataclass(frozen=True)
class Offered:
    """What can be chosen in the form."""

    corporation: str
    projects: list[Project]
    instruments: list[str]
    pools: list[str]
    languages: list[str]
    """Of the answers: those of the questionnaires."""
    report_languages: list[str]

    @property
    def prefix(self) -> str:
        """How the names of this corporation's waves begin, so that no two corporations can want the same name."""
        return slug(self.corporation)


@dataclass
class Filled:
    """A form that was filled in: the declaration, or what is wrong with each field (a sentence per language)."""

    declaration: bytes = b""
    wave: Wave | None = None
    wrong: dict[str, dict[str, str]] = field(default_factory=dict)
    """By field; a text without languages is a key of ``desk.wrong``."""


def slug(name: str) -> str:
    """``name`` as part of a wave's name: small letters and digits."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    made = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:30].strip("-")
    return made if made[:1].isalpha() else f"c{made}"


def first_values(offered: Offered) -> Values:
    """What stands in the form before anybody filled it in."""
    one = [project.id for project in offered.projects] if len(offered.projects) == 1 else []
    return {
        "instrument": offered.instruments[:1] if len(offered.instruments) == 1 else [],
        "pool": offered.pools[:1] if len(offered.pools) == 1 else [],
        "mode": ["online"],
        "languages": ["nl"] if "nl" in offered.languages else offered.languages[:1],
        "projects": one,
    }


def values_of(wave: Mapping[str, Any], offered: Offered) -> Values:
    """What a declaration that came with the file says, in the form's fields; what is not offered is left to choose."""
    values: Values = first_values(offered)
    projects, fieldwork = _mapping(wave.get("projects")), _mapping(wave.get("fieldwork"))
    own = {project.id for project in offered.projects}
    title = wave.get("title")
    texts = {
        "name": str(wave.get("wave") or "").removeprefix(f"{offered.prefix}-"),
        "title": str(next(iter(_mapping(title).values()), "")) if isinstance(title, Mapping) else str(title or ""),
        "start": str(fieldwork.get("start") or ""),
        "end": str(fieldwork.get("end") or ""),
        "sheet": str(wave.get("sheet") or ""),
    }
    values |= {name: [text] for name, text in texts.items() if text}
    values |= {
        f"invited_{p}": [str(n)] for p, part in projects.items() if (n := _mapping(part).get("invited")) is not None
    }
    for name, known in (("mode", set(MODES)), ("languages", set(offered.languages))):
        if chosen := [one for one in _list(wave.get(name)) if one in known]:
            values[name] = chosen
    if chosen := [project for project in projects if project in own]:
        values["projects"] = chosen
    if wave.get("instrument") in offered.instruments:
        values["instrument"] = [str(wave["instrument"])]
    return values


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def filled(form: Form, offered: Offered, *, kind: str) -> Filled:
    """The declaration that ``form`` makes of a file of this ``kind``, or what is wrong with the form."""
    result = Filled()
    own = {project.id: project for project in offered.projects}
    chosen = [name for name in form.many("projects") if name in own]
    invited: dict[str, dict[str, int]] = {}
    for name in chosen:
        text = form.one(f"invited_{name}").replace(".", "").replace(" ", "")
        if text and not re.fullmatch(r"[0-9]{1,6}", text):
            result.wrong[f"invited_{name}"] = {"key": "invited"}
        invited[name] = {"invited": int(text)} if re.fullmatch(r"[0-9]{1,6}", text) else {}
    name = form.one("name").lower().removeprefix(f"{offered.prefix}-")
    for key in ("name", "start", "end"):
        if not form.one(key):
            result.wrong[key] = {"key": key}
    for key in ("mode", "languages"):
        if not form.many(key):
            result.wrong[key] = {"key": key}
    if not chosen:
        result.wrong["projects"] = {"key": "projects"}
    for key, known in (("instrument", offered.instruments), ("pool", offered.pools)):
        if _choice(form, key, known) is None:
            result.wrong[key] = {"key": key}
    content: dict[str, Any] = {
        "wave": f"{offered.prefix}-{name}",
        "title": {language: form.one("title")[:_LONGEST_TITLE] for language in offered.report_languages},
        "corporation": offered.corporation,
        "instrument": _choice(form, "instrument", offered.instruments) or "",
        "pool": _choice(form, "pool", offered.pools) or "",
        "origin": "residents",
        "fieldwork": {"start": form.one("start"), "end": form.one("end")},
        "mode": form.many("mode"),
        "languages": form.many("languages"),
        "projects": invited,
        "responses": f"responses{SUFFIXES.get(kind, '.csv')}",
        "sheet": form.one("sheet"),
    }
    if not form.one("title"):
        del content["title"]
    if not form.one("sheet"):
        del content["sheet"]
    if not result.wrong:
        _check(content, result)
    return result


def _choice(form: Form, key: str, known: list[str]) -> str | None:
    """What was chosen; the only one there is needs no choosing."""
    if len(known) == 1:
        return known[0]
    return form.one(key) if form.one(key) in known else None


_FIELDS = {
    "wave": "name", "title": "title", "fieldwork": "start", "fieldwork.start": "start", "fieldwork.end": "end",
    "mode": "mode", "languages": "languages", "projects": "projects", "instrument": "instrument", "pool": "pool",
    "sheet": "sheet",
}  # fmt: skip


def _check(content: Mapping[str, Any], result: Filled) -> None:
    """Hold ``content`` against the declaration's model, and put each of its problems at the field it is about."""
    writer, stream = YAML(), io.StringIO()
    writer.width = 200
    writer.dump(dict(content), stream)
    text = stream.getvalue()
    try:
        result.wave = read_from(text, Path("wave.yaml"), Wave).declaration
    except DeclarationError as error:
        for problem in error.problems:
            first = re.split(r"[.\[]", problem.key)[0]
            place = _FIELDS.get(problem.key) or _FIELDS.get(first, "name")
            if problem.code == "name_form" and place == "name":
                result.wrong[place] = {"key": "name_form"}
            else:
                said: dict[str, str] = {
                    language: sentence(problem.code, language, problem.details) for language in LANGUAGES
                }
                result.wrong.setdefault(place, said)
    else:
        result.declaration = text.encode("utf-8")
