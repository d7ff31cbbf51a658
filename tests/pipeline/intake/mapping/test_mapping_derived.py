"""Proposals for files as each survey tool makes them of the shipped questionnaire: a sure line is never wrong."""

from __future__ import annotations

import pytest
from derived_files import Derived
from scoring import Score, score

from pipeline.declare import Study
from pipeline.intake.mapping.propose import propose

BY_NAME_OR_WORDS = (
    "limesurvey-codes", "limesurvey-full-text", "kobo-prefixes", "microsoft-forms", "google-forms",
    "qualtrics-three-rows", "spss-labels", "spss-numbered-with-labels", "spss-short-names-no-labels", "shuffled",
    "english", "arabic-answers", "tigrinya-answers", "numbered-questions", "reversed-labels", "missing-8-9",
    "codes-and-words",
)  # fmt: skip
WITH_DOUBTS = (
    "typos", "typos-english", "cut-off", "dropped-and-added", "shifted", "limesurvey-answer-codes", "other-words",
    "names-swapped", "spss-numbered-no-labels",
)  # fmt: skip


@pytest.fixture(scope="module")
def scores(shipped: Study, derived: dict[str, Derived]) -> dict[str, Score]:
    instrument = next(iter(shipped.instruments.values()))
    return {
        name: score(one, propose(one.table, instrument, shipped.registry), instrument) for name, one in derived.items()
    }


def test_no_line_that_says_sure_is_wrong(scores: dict[str, Score]) -> None:
    assert [text for one in scores.values() for text in one.surely_wrong] == []


def test_every_file_is_looked_at(derived: dict[str, Derived]) -> None:
    assert {*BY_NAME_OR_WORDS, *WITH_DOUBTS, "spss-numbered-dropped"} == set(derived)


@pytest.mark.parametrize("name", BY_NAME_OR_WORDS)
def test_what_is_called_right_is_found_and_needs_no_look(scores: dict[str, Score], name: str) -> None:
    one = scores[name]
    assert one.wrong == []
    assert one.missed == 0
    assert one.columns[(True, "check")] == one.values[(True, "check")] == 0
    assert one.columns[(True, "sure")] >= 69


@pytest.mark.parametrize("name", WITH_DOUBTS)
def test_what_is_doubtful_is_found_and_says_so(scores: dict[str, Score], name: str) -> None:
    one = scores[name]
    assert one.missed == 0
    assert all(text.startswith("check") for text in one.wrong)
    assert len(one.wrong) <= 5


def test_typing_errors_mostly_need_no_look(scores: dict[str, Score]) -> None:
    assert scores["typos"].columns[(True, "likely")] >= 45
    assert scores["typos"].columns[(True, "sure")] == 0


def test_every_answer_of_a_reversed_scale_has_a_line(scores: dict[str, Score]) -> None:
    # 60 items on scales of five or seven have a middle that stays, WHO's six have none: 4, 6 or 6 lines each
    assert scores["reversed-labels"].values == {(True, "sure"): 260}


def test_codes_one_place_off_are_to_be_looked_at(scores: dict[str, Score]) -> None:
    one = scores["shifted"]
    assert one.columns[(True, "check")] == 55
    assert one.values[(True, "check")] == 285


def test_a_name_above_the_words_of_another_question_is_to_be_looked_at(scores: dict[str, Score]) -> None:
    assert scores["names-swapped"].columns[(True, "check")] == 6
    assert scores["names-swapped"].wrong == []


def test_numbers_alone_with_questions_left_out_are_not_guessed(shipped: Study, derived: dict[str, Derived]) -> None:
    instrument = next(iter(shipped.instruments.values()))
    proposal = propose(derived["spss-numbered-dropped"].table, instrument, shipped.registry)
    assert proposal.nothing_fits
    assert proposal.of_kind("column") == []
