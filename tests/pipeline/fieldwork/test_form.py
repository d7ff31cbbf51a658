"""Which questions go into the field, in which order, with which answers; how good each wording is."""

from __future__ import annotations

import pytest
from fieldwork_help import form, instrument, registry, small

from pipeline.fieldwork.form import make_form
from pipeline.fieldwork.wording import language_words, mark, wordings
from pipeline.intake.words import LANGUAGES, catalogue

ITEM = {"name": "a1", "role": "item", "type": "integer", "scale": "agree", "source": "own", "title": {"nl": "Vraag"}}


def test_consent_comes_first_and_the_code_before_it() -> None:
    assert [question.name for question in form("nl").opening.questions] == ["response_id", "consent"]
    assert [section.name for section in form("nl").sections][:2] == ["start", "housing"]


def test_every_variable_is_there_once() -> None:
    names = [question.name for question in form("nl").questions]
    assert sorted(names) == sorted(field.name for field in instrument().fields)


def test_codes_are_as_asked_and_nothing_is_reversed() -> None:
    by_name = {question.name: question for question in form("nl").questions}
    reversed_item = by_name["scn4"]
    assert reversed_item.field.reversed
    assert [choice.text for choice in reversed_item.choices] == ["1", "2", "3", "4", "5", "98", "99"]
    assert reversed_item.choices[0].labels["nl"].text == "helemaal mee oneens"


def test_reasons_are_offered_where_a_question_may_be_passed_over_and_never_not_asked() -> None:
    by_name = {question.name: question for question in form("nl").questions}
    assert [choice.text for choice in by_name["gender"].choices if choice.missing] == ["98", "99"]
    for required in ("consent", "role", "project"):
        assert not [choice for choice in by_name[required].choices if choice.missing]
    assert not any(choice.text == "97" for question in by_name.values() for choice in question.choices)


def test_one_project_and_one_language_are_not_asked() -> None:
    made = form("nl", projects=("sim-p01",))
    fixed = {question.name: question.fixed for question in made.questions if question.kind == "fixed"}
    assert fixed == {"project": "sim-p01", "language": "nl"}


def test_an_open_question_is_never_asked() -> None:
    remark = {"name": "remark", "role": "background", "type": "string", "source": "own", "title": {"nl": "Opmerking"}}
    made = make_form(small(ITEM, remark), registry().projects[:1], ["nl"])
    assert made.left_out == ("remark",)
    assert "remark" not in [question.name for question in made.questions]


def test_a_missing_wording_is_another_languages_and_says_so() -> None:
    made = make_form(small(ITEM), registry().projects[:1], ["ar", "nl"])
    question = next(question for question in made.questions if question.name == "a1")
    assert question.titles["ar"].text == "Vraag"
    assert (question.titles["ar"].language, question.titles["ar"].status) == ("nl", "absent")
    assert question.status("nl") == "original"


def test_a_question_is_no_better_than_its_answers() -> None:
    by_name = {question.name: question for question in form("nl", "en").questions}
    assert by_name["scn1"].status("nl") == "original"
    assert by_name["swls1"].status("en") == "original"
    assert by_name["swls1"].status("nl") == "draft"
    assert by_name["scn1"].status("en") == "draft"


def test_a_wording_that_is_called_absent_is_a_draft() -> None:
    assert wordings({"ar": "نص"}, ["ar"], {"ar": "absent"})["ar"].status == "draft"


@pytest.mark.parametrize("language", ["nl", "en", "ar", "ti", "fr"])
def test_every_language_has_its_marks(language: str) -> None:
    assert mark("draft", language).startswith("[")
    assert "Nederlands" in mark("absent", language, shown_in="nl")
    assert mark("original", language) == mark("validated", language) == ""
    assert language_words(language)["name"]


def test_our_own_sentences_say_the_same_in_both_languages() -> None:
    def keys(part: object, path: str = "") -> set[str]:
        if isinstance(part, dict):
            return {key for name, inside in part.items() for key in keys(inside, f"{path}/{name}")}
        return {f"{path}:{len(part)}" if isinstance(part, list) else path}

    texts = catalogue()["fieldwork"]
    assert keys(texts[LANGUAGES[0]]) == keys(texts[LANGUAGES[1]])
