"""The sentences: there in both languages for every problem, and nothing left unfilled."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest
from intake_help import INSTRUMENT, REGISTRY, wave

from pipeline.intake.expected import expected_of
from pipeline.intake.messages import RefusedError, answer, explain, number, verdict
from pipeline.intake.problems import CODES, Problem
from pipeline.intake.words import LANGUAGES, Language, catalogue

INTAKE = Path(__file__).resolve().parents[3] / "pipeline" / "intake"
NAMES = (
    "sheets", "column_name", "column_letter", "wave", "name", "choices_nl", "choices_en", "step", "lower", "upper",
    "mark", "other", "languages", "projects", "start", "end", "block", "which",
)  # fmt: skip
DETAILS: dict[str, str | int] = dict.fromkeys(NAMES, "x") | {
    "found": 3, "limit": 5, "rows": 7, "columns": 9, "total": 20, "persons": 2, "share": 40,
}  # fmt: skip


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_problem_has_its_kind_and_is_found_by_somebody() -> None:
    assert set(CODES.values()) == {"stops_reading", "stops_ingest", "stops_submission", "refuses_column", "warning"}
    code = "".join(path.read_text(encoding="utf-8") for path in sorted(INTAKE.rglob("*.py")))
    assert [name for name in CODES if f'"{name}"' not in code] == []


@pytest.mark.parametrize("code", sorted(CODES))
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [1, 1234])
def test_every_problem_can_be_said(code: str, language: Language, count: int) -> None:
    problem = Problem(code, (("C", "hs1"),), (2, 3), count, "hs1", "Blad1", details=DETAILS)
    said = explain(problem, language)
    assert said["what"]
    assert said["fix"]
    assert not re.search(r"[{}]", "".join(said.values()))
    assert all(text.rstrip().endswith((".", "?")) for text in (said["what"], said["fix"]))


@pytest.mark.parametrize("code", sorted(CODES))
def test_the_languages_say_the_same_with_the_same_numbers(code: str) -> None:
    entry = catalogue()["problems"][code]
    assert set(entry["nl"]) == set(entry["en"])
    for part in entry["nl"]:
        assert placeholders(entry["nl"][part]) == placeholders(entry["en"][part]), part


def test_the_commands_say_the_same_in_both_languages() -> None:
    texts = catalogue()["commands"]
    assert set(texts["nl"]) == set(texts["en"])
    for key, text in texts["nl"].items():
        if isinstance(text, str):
            assert placeholders(text) == placeholders(texts["en"][key]), key


@pytest.mark.parametrize("name", [field.name for field in INSTRUMENT.fields if field.role != "source_id"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_expected_can_be_said_of_every_variable(name: str, language: Language) -> None:
    field = INSTRUMENT.field_named(name)
    key, details = expected_of(field, INSTRUMENT, decimal=",", wave=wave(), registry=REGISTRY)
    said = explain(Problem("unreadable", variable=name, count=1, expected=key, details=details), language)["expected"]
    assert said
    assert not re.search(r"[{}]", said)


def test_what_was_expected_names_codes_and_labels() -> None:
    key, details = expected_of(INSTRUMENT.field_named("a1"), INSTRUMENT, decimal=".", wave=wave(), registry=REGISTRY)
    problem = Problem("out_of_range", variable="a1", count=1, expected=key, details=details)
    assert "1 (mee oneens), 2 (neutraal), 3 (mee eens)" in explain(problem, "nl")["expected"]
    assert "1 (disagree), 2 (neutral), 3 (agree)" in explain(problem, "en")["expected"]


@pytest.mark.parametrize(
    ("errors", "warnings", "declared", "nl", "en"),
    [
        (0, 0, 0, "Deze golf kan worden ingediend", "This wave can be submitted"),
        (0, 1, 0, "Deze golf kan worden ingediend", "This wave can be submitted"),
        (1, 2, 0, "Nog niet: 1 ding aanpassen", "Not yet: 1 thing to change"),
        (2, 0, 1, "Nog niet: 3 dingen aanpassen", "Not yet: 3 things to change"),
    ],
)  # fmt: skip
def test_the_verdict_comes_first(errors: int, warnings: int, declared: int, nl: str, en: str) -> None:
    problems = [Problem("no_rows"), Problem("rows_too_long", count=2)][:errors]
    problems += [Problem("rows_blank", count=1)] * warnings
    assert verdict(problems, "nl", n_declared=declared) == nl
    assert verdict(problems, "en", n_declared=declared) == en
    assert answer(problems, "nl", declared=["wave.yaml:1: …"] * declared).splitlines()[0] == nl


def test_numbers_are_written_as_the_language_does() -> None:
    assert (number(100000, "nl"), number(100000, "en"), number(7, "nl")) == ("100.000", "100,000", "7")


def test_long_headings_are_cut_and_many_columns_counted() -> None:
    question = "In welke mate bent u het eens met de volgende stelling over het wonen in dit gebouw?"
    said = explain(Problem("column_unknown", tuple((str(i), question) for i in range(20)), count=20), "nl")["what"]
    assert question not in said
    assert "en nog 8" in said


def test_a_refusal_speaks_both_languages() -> None:
    refused = RefusedError("wave_unknown", wave="w9", waves="w1, w2")
    assert str(refused) == refused.in_language("en") == "There is no wave w9. There are: w1, w2."
    assert refused.in_language("nl") == "De golf w9 is er niet. Wel aanwezig: w1, w2."
