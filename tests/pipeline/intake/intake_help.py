"""What the tests of intake share: a small questionnaire, a wave of it, and files written as senders write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.declare import CrosswalkRow, Instrument, Registry, Wave
from pipeline.declare.params import IntakeParams
from pipeline.intake.check import Checked, Expectation, check_received
from pipeline.intake.source import Received

INSTRUMENT = Instrument.model_validate(
    {
        "name": "small",
        "version": 1,
        "title": {"nl": "Klein", "en": "Small"},
        "languages": {"nl": "original", "en": "draft", "ar": "absent"},
        "missingValues": [
            {"value": 98, "reason": "dont_know", "label": {"nl": "weet ik niet", "en": "don't know"}},
            {"value": 99, "reason": "no_answer", "label": {"nl": "geen antwoord", "en": "no answer"}},
            {"value": "R", "reason": "refused", "label": {"nl": "weigert", "en": "refused"}},
        ],
        "scales": {
            "agree": {
                "categories": [
                    {"value": 1, "label": {"nl": "mee oneens", "en": "disagree", "ar": "لا أوافق"}},
                    {"value": 2, "label": {"nl": "neutraal", "en": "neutral", "ar": "محايد"}},
                    {"value": 3, "label": {"nl": "mee eens", "en": "agree", "ar": "أوافق"}},
                ]
            },
            "mark": {
                "steps": 0.5,
                "categories": [{"value": n, "label": {"nl": f"cijfer {n}", "en": f"mark {n}"}} for n in range(1, 11)],
            },
        },
        "sources": {
            "own": {
                "citation": "tests",
                "licence": "CC0",
                "translations": {"nl": "original", "en": "draft", "ar": "absent"},
            }
        },
        "fields": [
            {
                "name": "number",
                "role": "source_id",
                "type": "string",
                "optional": True,
                "title": {"nl": "n", "en": "n"},
            },
            {
                "name": "house",
                "role": "project",
                "type": "string",
                "constraints": {"required": True},
                "title": {"nl": "Huis", "en": "House"},
            },
            {
                "name": "a1",
                "role": "item",
                "type": "integer",
                "scale": "agree",
                "source": "own",
                "title": {"nl": "een", "en": "one"},
            },
            {
                "name": "a2",
                "role": "item",
                "type": "integer",
                "scale": "agree",
                "source": "own",
                "title": {"nl": "twee", "en": "two"},
            },
            {
                "name": "m1",
                "role": "item",
                "type": "number",
                "scale": "mark",
                "source": "own",
                "title": {"nl": "cijfer", "en": "mark"},
            },
            {
                "name": "gender",
                "role": "background",
                "type": "string",
                "title": {"nl": "Geslacht", "en": "Gender"},
                "categories": [
                    {"value": "woman", "label": {"nl": "vrouw", "en": "woman"}},
                    {"value": "man", "label": {"nl": "man", "en": "man"}},
                ],
            },
            {
                "name": "years",
                "role": "background",
                "type": "number",
                "constraints": {"minimum": 0, "maximum": 40},
                "title": {"nl": "Jaren", "en": "Years"},
            },
            {"name": "day", "role": "date", "type": "date", "optional": True, "title": {"nl": "Dag", "en": "Day"}},
        ],
        "constructs": [],
    },
    by_alias=True,
)
REGISTRY = Registry.model_validate(
    {
        "projects": [
            {"id": i, "name": f"Huize {i.title()}", "simulated": True, "traits": {}} for i in ("ash", "elm", "oak")
        ]
    }
)
PARAMS = IntakeParams(max_bytes=1_000_000, max_rows=1_000, max_columns=50, minimum_answers=1)
HEADING = ["number", "house", "a1", "a2", "m1", "gender", "years"]


def wave(**changes: Any) -> Wave:
    """The declaration of a wave of the small questionnaire in ash and elm."""
    declared: dict[str, Any] = {
        "wave": "w1",
        "corporation": "Niemand",
        "instrument": "small@1",
        "pool": "p",
        "origin": "simulated",
        "fieldwork": {"start": "2025-01-01", "end": "2025-02-01"},
        "mode": ["online"],
        "languages": ["nl"],
        "projects": {"ash": {"invited": 500}, "elm": {"invited": 600}},
        "responses": "responses.csv",
    }
    return Wave.model_validate(declared | changes)


def expectation(crosswalk: list[Mapping[str, str]] | None = None, **changes: Any) -> Expectation:
    """What a file of that wave has to meet; ``changes`` are to the wave, ``params`` to the bounds."""
    params = PARAMS.model_copy(update=changes.pop("params", {}))
    rows = tuple(CrosswalkRow(**row) for row in crosswalk or ())
    return Expectation(INSTRUMENT, REGISTRY, params, wave(**changes), rows)


def csv_bytes(*rows: list[str], heading: list[str] | None = None, delimiter: str = ",") -> bytes:
    """A CSV file: the heading and ``rows``."""
    return ("\n".join(delimiter.join(row) for row in [heading or HEADING, *rows]) + "\n").encode()


GOOD = ["1", "ash", "1", "2", "7.5", "woman", "2"]


def checked(data: bytes, name: str = "answers.csv", expected: Expectation | None = None) -> Checked:
    """Check bytes against the small wave."""
    return check_received(Received(name, data), expected or expectation())


def codes(outcome: Checked) -> list[str]:
    """The codes of all problems, in order."""
    return [problem.code for problem in outcome.problems]
