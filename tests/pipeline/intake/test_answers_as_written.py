"""Answers as people and programs write them: codes, labels, both, nearly; dates whose order only the column tells."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
from intake_help import GOOD, HEADING, INSTRUMENT, REGISTRY, codes, csv_bytes, expectation
from intake_help import checked as check

from pipeline.intake.check import Checked
from pipeline.intake.messages import explain
from pipeline.intake.values import field_reader
from pipeline.intake.words import LANGUAGES


def with_cells(name: str, cells: list[str], crosswalk: list[Mapping[str, str]] | None = None) -> Checked:
    """A good file but for the cells of one variable."""
    heading = HEADING if name in HEADING else [*HEADING, name]
    rows = [[str(i), *GOOD[1:]] + [""] * (len(heading) - len(GOOD)) for i in range(len(cells))]
    for row, cell in zip(rows, cells, strict=True):
        row[heading.index(name)] = f'"{cell}"'
    return check(csv_bytes(*rows, heading=heading), expected=expectation(crosswalk))


def values(outcome: Checked, name: str) -> list[object]:
    assert outcome.ingested_by_person is not None
    return [None if value != value else value for value in outcome.ingested_by_person[name]]


def test_codes_and_labels_in_four_ways_may_be_mixed_in_one_column() -> None:
    outcome = with_cells("a1", ["1", "mee eens", "Disagree", "لا أوافق", "لا اوافق", "٣", "３", "Weet ik niet", ""])
    assert codes(outcome) == []
    assert values(outcome, "a1") == [1.0, 3.0, 1.0, 1.0, 1.0, 3.0, 3.0, None, None]


@pytest.mark.parametrize(
    "cell",
    ["3 - mee eens", "3 – Mee Eens", "3. agree", "3: agree", "3 = mee eens", "(3) mee eens", "3 (mee eens)", "3) agree",
     "mee eens (3)", "mee eens [3]", "3 agree", "٣ - أوافق"],
)  # fmt: skip
def test_a_code_and_its_label_together_are_read(cell: str) -> None:
    outcome = with_cells("a1", [cell])
    assert codes(outcome) == []
    assert values(outcome, "a1") == [3.0]


@pytest.mark.parametrize("cell", ["1 - mee eens", "mee eens (1)", "99 - mee eens"])
def test_a_code_beside_the_label_of_another_answer_is_refused(cell: str) -> None:
    assert codes(with_cells("a1", [cell])) == ["labels_contradict"]


@pytest.mark.parametrize("cell", ["4 - mee eens", "3 - zeker weten", "1 - 3", "1-3", "3+"])
def test_a_code_beside_something_else_cannot_be_read(cell: str) -> None:
    assert codes(with_cells("a1", [cell]))[0] in ("unreadable", "spelling_variant")
    assert values(with_cells("a1", [cell]), "a1") == [None]


def test_a_very_long_answer_is_put_aside_at_once() -> None:
    started = time.perf_counter()
    outcome = with_cells("a1", ["a" * 32_000, "1 " + "( a" * 10_000, "a (" * 10_000 + "1"])
    assert codes(outcome)[0] == "unreadable"
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("cell", ["neutral", "neutraaal", "nuetraal", "geen antword"])
def test_a_misspelt_answer_is_proposed_and_never_accepted(cell: str) -> None:
    outcome = with_cells("a1", ["1", cell, cell])
    if cell == "neutral":  # that is the English label
        assert codes(outcome) == []
        return
    problem = outcome.problems[0]
    assert (problem.code, problem.count, problem.rows, problem.variable) == ("spelling_variant", 2, (3, 4), "a1")
    assert values(outcome, "a1") == [1.0, None, None]
    assert not outcome.acceptable
    for language in LANGUAGES:
        said = explain(problem, language)
        assert "magical-housing map" in said["fix"]
        assert cell not in "".join(said.values())


def test_a_crosswalk_settles_a_spelling() -> None:
    crosswalk: list[Mapping[str, str]] = [
        {"var_name_orig": "a1", "var_name_target": "a1"},
        {"var_name_orig": "a1", "val_label_orig": "nuetraal", "var_name_target": "a1", "val_numeric_target": "2"},
    ]
    outcome = with_cells("a1", ["nuetraal"], crosswalk)
    assert codes(outcome) == []
    assert values(outcome, "a1") == [2.0]


def test_a_name_that_is_nearly_a_named_answer() -> None:
    assert codes(with_cells("gender", ["vrouww", "vrouw"])) == ["spelling_variant"]


def test_a_column_of_texts_is_not_full_of_misspelt_answers() -> None:
    outcome = with_cells("a1", [f"neutraal{i}" for i in range(201)])
    assert "spelling_variant" not in codes(outcome)


@pytest.mark.parametrize(
    ("cell", "language"),
    [("nl", "nl"), ("NL", "nl"), ("nl-informal", "nl"), ("en_GB", "en"), ("Nederlands", "nl"), ("English", "en"),
     ("العربية", "ar"), ("fr", None), ("nl informal", None), ("Tigrinya", None)],
)  # fmt: skip
def test_a_language_by_code_tag_or_name(cell: str, language: str | None) -> None:
    field = INSTRUMENT.fields[0].model_copy(update={"name": "language", "role": "language", "type": "string"})
    read = field_reader(field, INSTRUMENT, decimal=".", wave=None, registry=REGISTRY)
    # Tigrinya is no language of this questionnaire
    assert read(cell).value == language


# --- codes that SPSS calls missing


def test_missing_codes_and_ranges_of_spss_keep_the_best_reason_there_is(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"house": ["ash", "elm", "ash", "ash"], "a1": [1.0, 7, 9, 98], "a2": [1.0, 2, -5, -1],
         "m1": [7.5, 99, 5, 1000], "gender": ["man", "XX", "woman", "weigert"], "years": [1.0, 2, 3, 4]}
    )  # fmt: skip
    labels: dict[str, Any] = {"a1": {7.0: "Weigert", 9.0: "eigen reden"}, "gender": {"XX": "weet ik niet"}}
    pyreadstat.write_sav(
        frame, tmp_path / "answers.sav", variable_value_labels=labels,
        missing_ranges={"a1": [7, 9, 98], "a2": [{"lo": -9, "hi": -1}], "m1": [{"lo": 100, "hi": 2000}, 99],
                        "gender": ["XX", "weigert"]},
    )  # fmt: skip
    outcome = check((tmp_path / "answers.sav").read_bytes(), "answers.sav")
    assert codes(outcome) == []
    found = outcome.ingested_by_person
    assert found is not None
    reasons = {name: found[f"{name}__reason"].fillna("").tolist() for name in ("a1", "a2", "m1", "gender")}
    assert reasons == {
        "a1": ["", "refused", "user_missing", "dont_know"],
        "a2": ["", "", "user_missing", "user_missing"],
        "m1": ["", "no_answer", "", "user_missing"],
        "gender": ["", "dont_know", "", "refused"],
    }


# --- days


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["03/04/2025", "25/04/2025"], ["2025-04-03", "2025-04-25"]),
        (["03/04/2025", "04/25/2025"], ["2025-03-04", "2025-04-25"]),
        (["3/4/2025 10:12:00 PM", "4/25/2025 9:00:00 AM"], ["2025-03-04", "2025-04-25"]),
        (["03-04-2025", "04.05.2025"], ["2025-04-03", "2025-05-04"]),
        (["04/04/2025"], ["2025-04-04"]),
        (["٠٣-٠٤-٢٠٢٥"], ["2025-04-03"]),
        (["2025-04-03T10:00:00+02:00"], ["2025-04-03"]),
    ],
)
def test_the_column_tells_the_order_of_day_and_month(cells: list[str], expected: list[str]) -> None:
    outcome = with_cells("day", cells)
    assert codes(outcome) == []
    assert values(outcome, "day") == expected


def test_an_order_that_nothing_tells_is_refused() -> None:
    outcome = with_cells("day", ["03/04/2025", "05/06/2025", "2025-04-03"])
    assert [(p.code, p.count, p.rows) for p in outcome.problems] == [("date_ambiguous", 2, (2, 3))]
    assert values(outcome, "day") == [None, None, "2025-04-03"]
    assert "2025-04-03" in explain(outcome.problems[0], "nl")["fix"]


def test_days_that_tell_opposite_orders_settle_nothing_for_the_others() -> None:
    outcome = with_cells("day", ["25/04/2025", "04/25/2025", "03/04/2025"])
    assert [(p.code, p.rows) for p in outcome.problems] == [("date_ambiguous", (4,))]


@pytest.mark.parametrize(
    "cell", ["31-02-2025", "2025-13-01", "0205-01-13", "13-01-0205", "1900-01-31", "45688", "0-0-2025"]
)
def test_a_day_that_does_not_exist_is_told(cell: str) -> None:
    outcome = with_cells("day", ["2025-01-31", cell])
    assert [(p.code, p.rows, p.variable) for p in outcome.problems] == [("date_impossible", (3,), "day")]
    assert outcome.ingested_by_person is not None
    assert outcome.ingested_by_person["day__reason"].tolist()[1] == "out_of_range"
