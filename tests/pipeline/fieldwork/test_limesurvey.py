"""The LimeSurvey structure: well formed, every reference leads somewhere, codes fit, exports come back."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fieldwork_help import (
    N_RESIDENTS,
    PROJECTS,
    checked,
    chosen,
    form,
    instrument,
    limesurvey_export,
    registry,
    small,
    wave,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.declare.crosswalk import read_crosswalk
from pipeline.declare.names import is_reserved
from pipeline.fieldwork.form import make_form
from pipeline.fieldwork.limesurvey import limesurvey, said
from pipeline.fieldwork.limesurvey_codes import codes_of, crosswalk_csv, crosswalk_of, fits

LANGUAGES = ("nl", "en", "ar", "ti")
Table = list[dict[str, str]]


def parsed(data: bytes) -> ElementTree.Element:
    """The document of a file we wrote ourselves."""
    return ElementTree.fromstring(data)  # noqa: S314


@pytest.fixture(scope="module")
def tables() -> dict[str, Table]:
    document = parsed(limesurvey(form(*LANGUAGES)))
    return {
        table.tag: [{cell.tag: cell.text or "" for cell in row} for row in table.find("rows") or ()]
        for table in document
        if table.find("rows") is not None
    }


def test_it_is_a_survey_of_a_version_that_is_imported() -> None:
    data = limesurvey(form(*LANGUAGES))
    document = parsed(data)
    assert data.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    assert [document.findtext(tag) for tag in ("LimeSurveyDocType", "DBVersion")] == ["Survey", "490"]
    assert [language.text for language in document.iter("language")][: len(LANGUAGES)] == list(LANGUAGES)
    assert limesurvey(form(*LANGUAGES)) == data


def test_fields_are_those_of_the_rows() -> None:
    for table in parsed(limesurvey(form("nl"))):
        rows = table.find("rows")
        if rows is not None:
            fields = [field.text for field in table.iter("fieldname")]
            assert all([cell.tag for cell in row] == fields for row in rows), table.tag


def test_every_reference_leads_somewhere(tables: dict[str, Table]) -> None:
    groups = {row["gid"] for row in tables["groups"]}
    questions = {row["qid"] for row in tables["questions"]}
    everything = questions | {row["qid"] for row in tables["subquestions"]}
    answers = {row["aid"] for row in tables["answers"]}
    assert len(everything) == len(tables["questions"]) + len(tables["subquestions"])
    assert {row["gid"] for row in tables["questions"] + tables["subquestions"]} == groups
    assert {row["parent_qid"] for row in tables["subquestions"]} <= questions
    assert {row["qid"] for row in tables["answers"]} <= questions
    assert {row["qid"] for row in tables["question_attributes"]} <= questions
    every = [("group_l10ns", "gid", groups), ("question_l10ns", "qid", everything), ("answer_l10ns", "aid", answers)]
    for table, key, known in every:
        assert Counter((row[key], row["language"]) for row in tables[table]) == Counter(
            (one, language) for one in known for language in LANGUAGES
        ), table
    lists = {row["qid"] for row in tables["questions"] if row["type"] in ("L", "F")}
    assert {row["qid"] for row in tables["answers"]} == lists


def test_codes_are_what_limesurvey_allows_and_each_but_once(tables: dict[str, Table]) -> None:
    titles = [row["title"] for row in tables["questions"]]
    assert len({title.lower() for title in titles}) == len(titles)
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,19}", title) for title in titles)
    assert all(re.fullmatch(r"[A-Za-z0-9]{1,20}", row["title"]) for row in tables["subquestions"])
    assert all(fits(row["code"]) for row in tables["answers"])
    pairs = Counter((row["qid"], row["code"]) for row in tables["answers"])
    assert set(pairs.values()) == {1}


def test_a_code_that_fits_is_the_instruments_own() -> None:
    codes = codes_of(form("nl"))
    assert codes.questions["hs1"] == "hs1"
    assert codes.questions["bo_c1"] == "boc1"
    assert codes.questions["response_id"] == "qresponseid"  # LimeSurvey has a column `responseid` of its own
    assert codes.answers["agree5"] == {code: code for code in ("1", "2", "3", "4", "5", "98", "99")}
    assert codes.answers["consent"] == {"yes": "yes", "no": "no"}
    # what does not fit becomes no other answer
    assert codes.answers["role"] == {"status_holder": "A1", "other_resident": "A2"}


def test_blocks_are_arrays(tables: dict[str, Table]) -> None:
    arrays = {row["qid"]: row["title"] for row in tables["questions"] if row["type"] == "F"}
    rows = Counter(arrays[row["parent_qid"]] for row in tables["subquestions"])
    assert rows["housing"] == 4
    assert rows["housingfacets"] == 8
    assert len(rows) == 13


def test_consent_stands_before_everything_and_numbers_have_bounds(tables: dict[str, Table]) -> None:
    relevance = [row["grelevance"] for row in tables["groups"]]
    assert relevance == ["1", *['consent.NAOK == "yes"'] * (len(relevance) - 1)]
    attributes = {row["attribute"]: row["value"] for row in tables["question_attributes"]}
    assert (attributes["min_num_value_n"], attributes["max_num_value_n"]) == ("0", "40")


def test_nothing_that_tells_a_person_is_kept(tables: dict[str, Table]) -> None:
    settings = tables["surveys"][0]
    assert [settings[key] for key in ("anonymized", "ipaddr", "refurl", "datestamp")] == ["Y", "N", "N", "N"]


def test_the_code_is_drawn_once_and_shown_at_the_end(tables: dict[str, Table]) -> None:
    equation = next(row["value"] for row in tables["question_attributes"] if "rand(" in row["value"])
    assert equation.startswith("{if(is_empty(qresponseid.NAOK), join(")
    assert equation.count("rand(0, 15)") == 12
    ends = {row["surveyls_language"]: row["surveyls_endtext"] for row in tables["surveys_languagesettings"]}
    assert "Bewaar deze code: <strong>{qresponseid}</strong>" in ends["nl"]
    assert "[لا يوجد" in ends["ar"]
    assert not any("SAVEDID" in end for end in ends.values())


def test_marks_are_seen(tables: dict[str, Table]) -> None:
    helps = {(row["language"], row["help"]) for row in tables["question_l10ns"]}
    assert ("nl", "[concepttekst – niet getoetst]") in helps
    assert any(language == "ti" and "ብትግርኛ" in text for language, text in helps)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.from_regex(r"[a-z][a-z0-9]{0,12}([_-][a-z0-9]{1,12}){0,3}", fullmatch=True), min_size=1, max_size=8,
             unique=True),
    st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=8),
             min_size=2, max_size=8, unique=True),
)  # fmt: skip
def test_whatever_things_are_called_codes_fit_and_lead_back(names: list[str], values: list[str]) -> None:
    names = [name for name in names if not is_reserved(name)]
    categories = [{"value": value, "label": {"nl": f"antwoord {place}"}} for place, value in enumerate(values)]
    fields = [
        {"name": name, "role": "background", "type": "string", "title": {"nl": name}, "categories": categories,
         "block": "blok"}
        for name in names
    ]  # fmt: skip
    made = make_form(small(*fields, missingValues=[]), registry().projects[:2], ["nl"])
    codes = codes_of(made)
    given_codes = [*codes.questions.values(), *(a.code for arrays in codes.arrays.values() for a in arrays if a.code)]
    assert len({code.lower() for code in given_codes}) == len(given_codes)
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,19}", code) for code in given_codes)
    for values_of_list in codes.answers.values():
        assert all(map(fits, values_of_list.values()))
        assert len(set(values_of_list.values())) == len(values_of_list)
        # a code that stands in for an answer is never another answer
        assert all(code == value or code not in values_of_list for value, code in values_of_list.items())
    parsed(limesurvey(made))


def test_texts_cannot_compute() -> None:
    assert said("a {rand(1,2)} <b>") == "a &#123;rand(1,2)&#125; &lt;b&gt;"


@pytest.mark.parametrize("answers", ["", "nl", "en"])
@pytest.mark.parametrize("texts", [False, True])
def test_an_export_comes_back_clean(answers: str, texts: bool) -> None:
    made = form("nl", "en")
    data = limesurvey_export(made, codes_of(made), answers=answers, texts=texts)
    found = checked("limesurvey.csv", data, wave("responses.csv"), crosswalk_of(made))
    assert found.acceptable, found.problems
    assert {problem.code for problem in found.problems} <= {"column_unknown"}
    assert found.ingested_by_person is not None
    for question in made.questions:
        if question.kind != "choice" or question.field.role == "consent":
            continue
        for resident in range(N_RESIDENTS):
            answer = chosen(question, resident)
            if not answer.missing:
                assert found.ingested_by_person.iloc[resident][question.name] == answer.code


def test_with_words_no_crosswalk_is_needed() -> None:
    made = form("nl", "en")
    data = limesurvey_export(made, codes_of(made), answers="nl", texts=True)
    found = checked("limesurvey.csv", data, wave("responses.csv"))
    assert {problem.code for problem in found.problems} <= {"column_unknown"}


def test_the_crosswalk_is_one_that_is_read(tmp_path: Path) -> None:
    rows = crosswalk_of(form("nl"))
    (tmp_path / "crosswalk.csv").write_bytes(crosswalk_csv(rows))
    assert [line.row for line in read_crosswalk(tmp_path / "crosswalk.csv")] == rows
    assert "hs1" not in {row.var_name_target for row in rows}


def test_one_project_is_not_asked() -> None:
    made = make_form(instrument(), [p for p in registry().projects if p.id == PROJECTS[0]], ["nl"])
    data = limesurvey_export(made, codes_of(made))
    found = checked("limesurvey.csv", data, wave("responses.csv"), crosswalk_of(made))
    assert found.acceptable, found.problems
