"""The sentences: there in both languages for every problem, and nothing left unfilled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from intake_help import INSTRUMENT, REGISTRY, wave

from pipeline.intake.expected import expected_of
from pipeline.intake.messages import (
    MOST_PLACES,
    RefusedError,
    answer,
    describe_format,
    explain,
    explain_thing,
    number,
    verdict,
)
from pipeline.intake.places import rows_in_words
from pipeline.intake.problems import CODES, Problem
from pipeline.intake.source import FileFormat
from pipeline.intake.things import Thing, things_in
from pipeline.intake.words import LANGUAGES, Language, catalogue

INTAKE = Path(__file__).resolve().parents[3] / "pipeline" / "intake"
PROGRAMS = {"qualtrics", "limesurvey", "kobo", "microsoft_forms", "google_forms", "surveymonkey", "spss", "excel"}
ACTIONS = re.compile(
    r"\b(breng|controleer|doe|hoeft|dien|exporteer|geef|gebruik|haal|herstel|kies|kijk|kopieer|laat|maak|noem|open|schrijf|sla|"
    r"stuur|verander|verbeter|vervang|verwijder|voeg|vraag|vul|wacht|wijzig|zet|zoek)\b",
    re.IGNORECASE,
)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def details_of(code: str) -> dict[str, str | int]:
    """Something for every brace in the sentences of ``code``."""
    texts = [text for text in _texts(catalogue()["problems"][code]) if "{" in text]
    return dict.fromkeys(sorted(set().union(*map(placeholders, texts), {"column_name", "column_letter"})), "x")


def _texts(entry: Any) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, dict):
        for part in entry.values():
            yield from _texts(part)


def test_every_problem_has_its_kind_and_is_found_by_somebody() -> None:
    assert set(CODES.values()) == {"stops_reading", "stops_ingest", "stops_submission", "refuses_column", "warning"}
    code = "".join(path.read_text(encoding="utf-8") for path in sorted(INTAKE.rglob("*.py")))
    assert [name for name in CODES if f'"{name}"' not in code] == []


@pytest.mark.parametrize("code", sorted(CODES))
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [1, 1234])
def test_every_problem_can_be_said(code: str, language: Language, count: int) -> None:
    problem = Problem(code, (("C", "hs1"),), (2, 3), count, "hs1", "Blad1", details=details_of(code))
    said = explain(problem, language)
    assert said["what"]
    assert said["fix"]
    assert not re.search(r"[{}]", "".join(said.values()))
    assert all(text.rstrip().endswith((".", "?")) for text in (said["what"], said["fix"]))


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_fix_is_something_to_do(code: str) -> None:
    entry = catalogue()["problems"][code]
    assert ACTIONS.search(entry["nl"]["fix"]), entry["nl"]["fix"]
    for program, texts in entry.get("fix_in", {}).items():
        assert program in PROGRAMS
        assert set(texts) == {"nl", "en"}
        assert ACTIONS.search(texts["nl"]), texts["nl"]


@pytest.mark.parametrize("code", [code for code in sorted(CODES) if "several" in catalogue()["problems"][code]])
@pytest.mark.parametrize("language", LANGUAGES)
def test_many_of_a_kind_are_said_as_one(code: str, language: Language) -> None:
    details = details_of(code)
    thing = Thing(tuple(Problem(code, (("C", f"q{i}"),), (2,), 3, f"q{i}", details=details) for i in range(40)))
    said = explain_thing(thing, language)
    assert not re.search(r"[{}]", said.what + said.expected + said.fix)
    assert "q30" not in said.what
    assert len(said.where) <= MOST_PLACES + 1


def test_how_to_fix_it_is_said_in_the_program_the_file_is_from() -> None:
    problem = Problem("personal_ip", (("H", "IPAddress"),), (4,), 1)
    generic = explain(problem, "nl")["fix"]
    qualtrics = explain(problem, "nl", FileFormat("csv", tool="qualtrics"))["fix"]
    spss = explain(problem, "nl", FileFormat("sav"))["fix"]
    assert len({generic, qualtrics, spss}) == 3
    assert explain(problem, "nl", FileFormat("csv"))["fix"] == generic


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


def test_rows_are_told_as_runs_and_long_lists_folded() -> None:
    assert rows_in_words([3, 4, 5, 12], "nl") == "3–5, 12"
    assert rows_in_words([8, 7], "nl") == "7, 8"
    assert rows_in_words(range(1, 101, 2), "nl") == "1, 3, 5, 7, 9, 11, 13, 15, 17, 19 en nog 40 rijen"
    assert rows_in_words([*range(1, 20, 2), 22], "en").endswith("19 and 1 more row")


def test_how_a_file_was_read_is_one_line() -> None:
    found = FileFormat("xlsx", sheet="Antwoorden", tool="qualtrics", heading_rows=3)
    said = describe_format(found, "nl", n_rows=240, n_columns=62)
    assert said == "Excel, blad ‘Antwoorden’, 240 rijen, 62 kolommen (Qualtrics, 3 kopregels)"


def test_the_text_fits_a_terminal() -> None:
    problems = [Problem("column_missing", variable=f"hs{i}", count=1) for i in range(40)]
    for language in LANGUAGES:
        for width in (40, 80):
            lines = answer(problems, language, read_as="x " * 90, width=width).splitlines()
            assert max(map(len, lines)) <= width
            assert sum("hs" in line for line in lines) < 10


def test_columns_that_are_missing_and_perhaps_there_are_one_thing() -> None:
    alike = {"column_letter": "D", "column_name": "hs_2"}
    problems = [Problem("column_missing", variable="hs1"), Problem("column_missing", variable="hs2", details=alike)]
    assert verdict(problems, "nl") == "Nog niet: 1 ding aanpassen"
    said = explain_thing(things_in(problems)[0], "nl").what
    assert "2 kolommen van de vragenlijst ontbreken: hs1, hs2." in said
    assert "Misschien staan ze onder een andere naam: hs2 in D (hs_2)." in said


def test_long_headings_are_cut_and_many_columns_counted() -> None:
    question = "In welke mate bent u het eens met de volgende stelling over het wonen in dit gebouw?"
    said = explain(Problem("column_unknown", tuple((str(i), question) for i in range(20)), count=20), "nl")["what"]
    assert question not in said
    assert "en nog 8" in said


def test_a_refusal_speaks_both_languages() -> None:
    refused = RefusedError("wave_unknown", wave="w9", waves="w1, w2")
    assert str(refused) == refused.in_language("en") == "There is no wave w9. There are: w1, w2."
    assert refused.in_language("nl") == "De golf w9 is er niet. Wel aanwezig: w1, w2."
