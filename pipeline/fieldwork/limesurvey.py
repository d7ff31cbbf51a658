"""The questionnaire as a LimeSurvey survey structure (``.lss``): XML that LimeSurvey 5 and 6 import.

Questions of one block with the same answers make an array whose rows are the variables. What LimeSurvey cannot call as
the instrument does is in ``limesurvey_codes``. Answers are anonymous: no address, no dates, no link with invitations.

The code a resident keeps is drawn letter by letter when the survey opens and kept from then on (the number LimeSurvey
itself gives to a response counts upwards, so anybody could guess a neighbour's). Sixteen letters in twelve places, by
PHP's random numbers: nobody guesses it, though it is no key.
"""

from __future__ import annotations

import hashlib
import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.declare.items import CONSENT_GIVEN
from pipeline.fieldwork.form import Choice, Form, Question, Section
from pipeline.fieldwork.limesurvey_codes import Array, Codes, codes_of
from pipeline.fieldwork.wording import Wordings, mark, own_text, worst
from pipeline.fieldwork.xlsform import LETTERS, question_mark

DB_VERSION = "490"
"""The layout of LimeSurvey 5 and 6; later versions bring it up to date on import."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_SETTINGS = {
    "gsid": "1", "admin": "inherit", "adminemail": "inherit", "anonymized": "Y", "format": "G", "savetimings": "N",
    "template": "inherit", "datestamp": "N", "usecookie": "N", "allowregister": "N", "allowsave": "N",
    "autonumber_start": "0", "autoredirect": "N", "allowprev": "Y", "printanswers": "N", "ipaddr": "N",
    "ipanonymize": "Y", "refurl": "N", "showsurveypolicynotice": "0", "publicstatistics": "N", "publicgraphs": "N",
    "listpublic": "N", "htmlemail": "Y", "sendconfirmation": "N", "tokenanswerspersistence": "N", "assessments": "N",
    "usecaptcha": "N", "usetokens": "N", "tokenlength": "15", "showxquestions": "N", "showgroupinfo": "N",
    "shownoanswer": "N", "showqnumcode": "X", "showwelcome": "Y", "showprogress": "Y", "questionindex": "0",
    "navigationdelay": "0", "nokeyboard": "N", "alloweditaftercompletion": "N",
}  # fmt: skip

Row = Mapping[str, str | int]


@dataclass
class _Tables:
    """The rows of each table of the file, numbered as they come."""

    sid: int
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, table: str, row: Row) -> None:
        self.rows.setdefault(table, []).append(row)

    def next_id(self, *tables: str) -> int:
        return 1 + sum(len(self.rows.get(table, ())) for table in tables)


def limesurvey(form: Form) -> bytes:
    """``form`` as the bytes of an ``.lss`` file."""
    codes = codes_of(form)
    tables = _Tables(_survey_id(form))
    _add_survey(tables, form, codes)
    consent = form.consent
    agreed = f'{codes.questions[consent.name]}.NAOK == "{CONSENT_GIVEN}"' if consent else "1"
    sections = [form.opening, *form.sections]
    for order, section in enumerate(sections, start=1):
        _add_group(tables, form, codes, section, order, "1" if section is form.opening else agreed, len(sections))
    return _xml(form, tables)


def _survey_id(form: Form) -> int:
    """Six digits that are the same for the same questionnaire; LimeSurvey gives another where they are taken."""
    projects = [choice.text for q in form.questions if q.field.role == "project" for choice in q.choices]
    text = "\0".join([form.instrument.id, form.corporation, *projects])
    return 100_000 + int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % 900_000


def _xml(form: Form, tables: _Tables) -> bytes:
    document = ET.Element("document")
    ET.SubElement(document, "LimeSurveyDocType").text = "Survey"
    ET.SubElement(document, "DBVersion").text = DB_VERSION
    languages = ET.SubElement(document, "languages")
    for language in form.languages:
        ET.SubElement(languages, "language").text = language
    for table in _ORDER:
        if table in tables.rows:
            _add_table(document, table, tables.rows[table])
    ET.indent(document, space=" ")
    text = ET.tostring(document, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


_ORDER = (
    "answers", "answer_l10ns", "groups", "group_l10ns", "questions", "subquestions", "question_l10ns",
    "question_attributes", "surveys", "surveys_languagesettings",
)  # fmt: skip


def _add_table(document: ET.Element, name: str, rows: Sequence[Row]) -> None:
    table = ET.SubElement(document, name)
    fields = ET.SubElement(table, "fields")
    for key in rows[0]:
        ET.SubElement(fields, "fieldname").text = key
    body = ET.SubElement(table, "rows")
    for row in rows:
        element = ET.SubElement(body, "row")
        for key, value in row.items():
            ET.SubElement(element, key).text = _CONTROL.sub("", str(value)) or None


def said(text: str) -> str:
    """``text`` as LimeSurvey shows it: HTML without markup of its own, and no braces, which it would compute."""
    return html.escape(text, quote=False).replace("{", "&#123;").replace("}", "&#125;")


def _add_survey(tables: _Tables, form: Form, codes: Codes) -> None:
    others = " ".join(form.languages[1:])
    settings: dict[str, str | int] = {"sid": tables.sid, "language": form.languages[0], "additional_languages": others}
    tables.add("surveys", settings | _SETTINGS)
    for language in form.languages:
        title = form.titles[language]
        intro = own_text("intro", form.languages)[language]
        tables.add("surveys_languagesettings", {
            "surveyls_survey_id": tables.sid,
            "surveyls_language": language,
            "surveyls_title": said(title.text),
            "surveyls_description": said(mark(title.status, language, shown_in=title.language)),
            "surveyls_welcometext": said(_marked(own_text("intro", form.languages), language)),
            "surveyls_endtext": _end(form, codes, language) if form.receipt else said(intro.text),
            "surveyls_dateformat": 5,
            "surveyls_numberformat": 1 if language == "nl" else 0,
        })  # fmt: skip


def _marked(texts: Wordings, language: str) -> str:
    """One of our own sentences, with its mark where it is in another language."""
    wording = texts[language]
    return " ".join(filter(None, (wording.text, mark(worst([wording.status]), language, shown_in=wording.language))))


def _end(form: Form, codes: Codes, language: str) -> str:
    """The last page: the code, and what it is for."""
    if form.receipt is None:
        return ""
    place = "\x01"
    told = said(_marked(form.own("receipt", code=place), language))
    code = f"<strong>{{{codes.questions[form.receipt.name]}}}</strong>."
    corporation = form.corporation or own_text("your_corporation", form.languages)[language].text
    where = said(form.own("receipt_where", corporation=corporation)[language].text)
    return f"<p>{told.replace(place, code)}</p><p>{where}</p>"


def _add_group(
    tables: _Tables, form: Form, codes: Codes, section: Section, order: int, relevance: str, of: int
) -> None:
    gid = tables.next_id("groups")
    tables.add("groups", {
        "gid": gid, "sid": tables.sid, "group_order": order, "randomization_group": "", "grelevance": relevance,
    })  # fmt: skip
    for language in form.languages:
        tables.add("group_l10ns", {
            "id": tables.next_id("group_l10ns"), "gid": gid,
            "group_name": said(form.own("part", count=order, limit=of)[language].text),
            "description": "", "language": language,
        })  # fmt: skip
    for place, array in enumerate(codes.arrays[section.name], start=1):
        if array.is_array:
            _add_array(tables, form, codes, array, gid, place)
        else:
            _add_question(tables, form, codes, array.questions[0], gid, place)


def _question_row(tables: _Tables, gid: int, order: int, kind: str, code: str, **more: str | int) -> int:
    """Add a question, or with ``parent_qid`` a row of an array; return its number."""
    qid = tables.next_id("questions", "subquestions")
    row: dict[str, str | int] = {
        "qid": qid, "parent_qid": 0, "sid": tables.sid, "gid": gid, "type": kind, "title": code, "other": "N",
        "mandatory": "N", "encrypted": "N", "question_order": order, "scale_id": 0, "same_default": 0, "relevance": "1",
        "same_script": 0,
    }  # fmt: skip
    tables.add("subquestions" if more.get("parent_qid") else "questions", row | more)
    return qid


def _worded(tables: _Tables, qid: int, language: str, text: str, help_text: str = "") -> None:
    tables.add("question_l10ns", {
        "id": tables.next_id("question_l10ns"), "qid": qid, "question": said(text), "help": said(help_text),
        "script": "", "language": language,
    })  # fmt: skip


def _add_array(tables: _Tables, form: Form, codes: Codes, array: Array, gid: int, order: int) -> None:
    """A table of questions. Its help text carries the marks: a row has no place of its own for one."""
    mandatory = "Y" if all(question.field.required for question in array.questions) else "N"
    parent = _question_row(tables, gid, order, "F", array.code, mandatory=mandatory)
    for language in form.languages:
        marks = dict.fromkeys(question_mark(question, language) for question in array.questions)
        _worded(tables, parent, language, "", " ".join(filter(None, marks)))
    for place, question in enumerate(array.questions, start=1):
        code = codes.questions[question.name]
        row = _question_row(tables, gid, place, "T", code, parent_qid=parent)
        for language in form.languages:
            _worded(tables, row, language, question.titles[language].text)
    _add_answers(tables, form, codes, array.questions[0], parent)


def _add_question(tables: _Tables, form: Form, codes: Codes, question: Question, gid: int, order: int) -> None:
    kind = _KINDS[question.kind]
    mandatory = "Y" if question.field.required and question.asked and kind != "*" else "N"
    qid = _question_row(tables, gid, order, kind, codes.questions[question.name], mandatory=mandatory)
    for language in form.languages:
        helps = [question_mark(question, language)] if kind != "*" else []
        if question.kind == "number" and question.bounds:
            lower, upper = question.bounds
            helps.insert(0, form.own("range", lower=lower, upper=upper)[language].text)
        _worded(tables, qid, language, question.titles[language].text, " ".join(filter(None, helps)))
    for name, value in _attributes(question, codes).items():
        tables.add("question_attributes", {"qid": qid, "attribute": name, "value": value, "language": ""})
    if kind == "L":
        _add_answers(tables, form, codes, question, qid)


# an equation is what LimeSurvey works out by itself; {LANG} is the language somebody fills it in in
_KINDS = {
    "choice": "L", "number": "N", "date": "D", "today": "*", "receipt": "*", "language": "*", "fixed": "*",
}  # fmt: skip


def _attributes(question: Question, codes: Codes) -> dict[str, str]:
    if question.kind in ("receipt", "language", "fixed", "today"):
        return {"hidden": "1", "equation": _equation(question, codes.questions[question.name])}
    attributes: dict[str, str] = {}
    if question.kind == "number":
        lower, upper = question.field.minimum, question.field.maximum
        attributes |= {"min_num_value_n": f"{lower:g}"} if lower is not None else {}
        attributes |= {"max_num_value_n": f"{upper:g}"} if upper is not None else {}
        attributes |= {"num_value_int_only": "1"} if question.field.type == "integer" else {}
    return attributes


def _equation(question: Question, code: str) -> str:
    if question.kind == "language":
        return "{LANG}"
    if question.kind == "fixed":
        return question.fixed
    if question.kind == "today":
        return f'{{if(is_empty({code}.NAOK), date("Y-m-d"), {code}.NAOK)}}'
    letter = f'substr("{LETTERS}", rand(0, {len(LETTERS) - 1}), 1)'
    piece = ", ".join([letter] * 4)
    return f'{{if(is_empty({code}.NAOK), join({piece}, "-", {piece}, "-", {piece}), {code}.NAOK)}}'


def _add_answers(tables: _Tables, form: Form, codes: Codes, question: Question, qid: int) -> None:
    for order, choice in enumerate(question.choices, start=1):
        aid = tables.next_id("answers")
        tables.add("answers", {
            "aid": aid, "qid": qid, "code": codes.answers[question.answers][choice.text], "sortorder": order,
            "assessment_value": 0, "scale_id": 0,
        })  # fmt: skip
        _add_labels(tables, form, choice, aid)


def _add_labels(tables: _Tables, form: Form, choice: Choice, aid: int) -> None:
    for language in form.languages:
        tables.add("answer_l10ns", {
            "id": tables.next_id("answer_l10ns"), "aid": aid, "answer": said(choice.labels[language].text),
            "language": language,
        })  # fmt: skip
