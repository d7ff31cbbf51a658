"""A questionnaire with all that the checks look at, and files of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pipeline.declare import CrosswalkRow, Instrument, Registry, Wave
from pipeline.declare.params import CleanParams, IntakeParams
from pipeline.intake.check import Checked, Expectation, OfStudy, check_received
from pipeline.intake.problems import Problem
from pipeline.intake.source import Received

ONE = [f"b{i}" for i in range(1, 7)]
TWO = [f"c{i}" for i in range(1, 7)]
ITEMS = [*ONE, *TWO]


def _text(text: str) -> dict[str, str]:
    return {"nl": text, "en": text}


def _field(name: str, role: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    return {"name": name, "role": role, "type": kind, "title": _text(f"title of {name}")} | more


def _choices(*values: str) -> list[dict[str, Any]]:
    return [{"value": value, "label": _text(f"the {value}")} for value in values]


INSTRUMENT = Instrument.model_validate(
    {
        "name": "checked",
        "version": 1,
        "title": _text("checked"),
        "languages": {"nl": "original", "en": "draft"},
        "missingValues": [{"value": 99, "reason": "no_answer", "label": _text("no answer")}],
        "scales": {"agree": {"categories": [{"value": i, "label": _text(f"agree {i}")} for i in range(1, 6)]}},
        "sources": {"own": {"citation": "t", "licence": "CC0", "translations": {"nl": "original", "en": "draft"}}},
        "fields": [
            _field("number", "source_id", optional=True),
            _field("house", "project", constraints={"required": True}),
            _field("tongue", "language"),
            _field("kind", "background", categories=_choices("guest", "host")),
            _field("day", "date", "date", optional=True),
            *(_field(name, "item", "integer", scale="agree", source="own", block="one", reversed=name == "b6")
              for name in ONE),
            *(_field(name, "item", "integer", scale="agree", source="own", block="two") for name in TWO),
        ],
        "constructs": [
            {"name": name, "title": _text(name), "meaning": _text(name), "items": items, "lower": 1, "upper": 5,
             "source": "own"}
            for name, items in (("ONE", ONE), ("TWO", TWO))
        ],
    },
    by_alias=True,
)  # fmt: skip
REGISTRY = Registry.model_validate(
    {
        "projects": [
            {"id": "ash", "name": "Huize Ash", "traits": {}, "corporation": "Wonen"},
            {"id": "elm", "name": "Huize Elm", "traits": {}, "corporation": "Wonen", "dwellings": 3, "closed": 2020},
            {"id": "oak", "name": "Huize Oak", "traits": {}, "corporation": "Anders", "opened": 2030},
        ]
    }
)
PARAMS = IntakeParams(max_bytes=5_000_000, max_rows=5_000, max_columns=100, minimum_answers=1)
CLEAN = CleanParams(minimum_item_share=0.25, longstring_share=0.9, minimum_irv=0.3)
STUDY = OfStudy(population="kind", clean=CLEAN, minimum_group=2, today=date(2025, 6, 1))
GOOD: dict[str, str] = {"number": "", "house": "ash", "tongue": "nl", "kind": "guest", "day": "2025-01-15"}


def wave(**changes: Any) -> Wave:
    """A wave of it in ash."""
    declared: dict[str, Any] = {
        "wave": "w1", "corporation": "wonen", "instrument": "checked@1", "pool": "p", "origin": "residents",
        "fieldwork": {"start": "2025-01-01", "end": "2025-02-01"}, "mode": ["online"], "languages": ["nl"],
        "projects": {"ash": {"invited": 5000}}, "responses": "responses.csv",
    }  # fmt: skip
    return Wave.model_validate(declared | changes)


def expectation(
    *, crosswalk: Sequence[Mapping[str, str]] = (), study: OfStudy | None = STUDY, **changes: Any
) -> Expectation:
    """What a file has to meet; ``changes`` are to the wave."""
    rows = tuple(CrosswalkRow(**row) for row in crosswalk)
    return Expectation(INSTRUMENT, REGISTRY, PARAMS, wave(**changes), rows, study)


def person(i: int, **cells: str) -> dict[str, str]:
    """Somebody whose answers nobody else has, as long as ``i`` is below 2,000."""
    answers = {name: str(1 + (i // 5 ** (k % 5) + k + (i if k == 11 else 0)) % 5) for k, name in enumerate(ITEMS)}
    return GOOD | {"number": str(i)} | answers | cells


def persons(n: int = 12, **cells: str) -> list[dict[str, str]]:
    """``n`` different persons."""
    return [person(i, **cells) for i in range(n)]


def csv_of(rows: Sequence[Mapping[str, str]], *, without: Sequence[str] = ()) -> bytes:
    """Their file."""
    names = [name for name in rows[0] if name not in without]
    return "\n".join(",".join(cells) for cells in [names, *([row[n] for n in names] for row in rows)]).encode() + b"\n"


def check(
    rows: Sequence[Mapping[str, str]], expected: Expectation | None = None, *, without: Sequence[str] = ()
) -> Checked:
    """Check their file."""
    return check_received(Received("answers.csv", csv_of(rows, without=without)), expected or expectation())


def found(outcome: Checked, code: str) -> list[Problem]:
    """The problems with this code."""
    return [problem for problem in outcome.problems if problem.code == code]


def codes(outcome: Checked) -> list[str]:
    """The codes of all problems."""
    return [problem.code for problem in outcome.problems]
