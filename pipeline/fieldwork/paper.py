"""The questionnaire on paper: a Word document, one language after another, with a slip that the resident keeps.

Boxes are large, codes stand in small print beside them for whoever types the answers in. Arabic runs from right to
left: paragraphs, tables and runs say so themselves, whatever program opens them.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import groupby

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.text import WD_BREAK
from docx.shared import Cm

from pipeline.fieldwork.files import MOMENT, without_clock
from pipeline.fieldwork.form import Form, Question, Section
from pipeline.fieldwork.paper_parts import Writer, set_page
from pipeline.fieldwork.wording import Wording, mark
from pipeline.fieldwork.xlsform import question_mark

BOX = "☐"
_MOST_COLUMNS = 7
"""With more answers than this the words above a table's columns are smaller; with two more still, there is no table."""


def paper(form: Form) -> bytes:
    """``form`` as the bytes of a ``.docx``."""
    document = Document()
    set_page(document)
    for place, language in enumerate(form.languages):
        if place:
            document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        _questionnaire(document, form, language)
    _header(document, form)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = form.titles[form.languages[0]].text, "", ""
    properties.created = properties.modified = MOMENT
    written = io.BytesIO()
    document.save(written)
    return without_clock(written.getvalue())


def _header(document: DocumentObject, form: Form) -> None:
    """The same on every page: what this is, whose it is, and the page."""
    first = form.languages[0]
    writer = Writer(document, first)
    names = filter(None, (form.titles[first].text, form.corporation, form.instrument.id))
    section = document.sections[0]
    language = form.titles[first].language
    writer.fill(section.header.paragraphs[0], " · ".join(names), size=9, grey=True, language=language)
    pages = form.own("paper_page", page="\x01", pages="\x02")[first]
    writer.fill_with_pages(section.footer.paragraphs[0], pages.text, language=pages.language)


def _questionnaire(document: DocumentObject, form: Form, language: str) -> None:
    writer = Writer(document, language)
    title = form.titles[language]
    intro = form.own("intro")[language]
    writer.heading(title.text, language=title.language)
    for wording in (title, intro):  # our own sentences are all in one language: it is said once
        if wording.status in ("draft", "absent") and (wording is title or wording.status != title.status):
            writer.note(mark(wording.status, language, shown_in=wording.language))
    writer.paragraph(intro.text, language=intro.language)
    _own(writer, form, "paper_how", language)
    _own(writer, form, "paper_back", language, corporation=_corporation(form, language))
    if form.receipt:
        _code_line(writer, form, form.receipt, language)
    for question in form.opening.asked:
        _one(writer, question, language)
    if form.consent:
        _own(writer, form, "paper_no_consent", language)
    sections = [section for section in form.sections if _on_paper(section)]
    for number, section in enumerate(sections, start=1):
        _section(writer, form, section, language, number, len(sections))
    if form.receipt:
        _slip(writer, form, language)


def _corporation(form: Form, language: str) -> str:
    return form.corporation or form.own("your_corporation")[language].text


def _own(writer: Writer, form: Form, key: str, language: str, **values: str) -> None:
    """One of our own sentences."""
    wording = form.own(key, **values)[language]
    writer.paragraph(wording.text, language=wording.language)


def _code_line(writer: Writer, form: Form, receipt: Question, language: str) -> None:
    """Where the code of the form is written, and what the small signs are."""
    label = form.own("paper_code")[language]
    writer.blank(f"{label.text}:", receipt.name, language=label.language, places=12)
    small = form.own("paper_codes")[language]
    writer.note(small.text, language=small.language)


def _on_paper(section: Section) -> list[Question]:
    """What of a section stands on paper; the language is that of the page."""
    return [
        q for q in section.questions if q.kind in ("choice", "number", "date", "today") or q.field.role == "project"
    ]


def _section(writer: Writer, form: Form, section: Section, language: str, number: int, of: int) -> None:
    part = form.own("part", count=number, limit=of)[language]
    writer.subheading(part.text, language=part.language)
    for (kind, _), members in groupby(_on_paper(section), key=lambda q: (q.kind, q.answers)):
        together = list(members)
        if kind == "choice" and len(together) > 1 and len(together[0].choices) <= _MOST_COLUMNS + 2:
            _grid(writer, together, language)
        else:
            for question in together:
                _fixed(writer, form, question, language) if kind == "fixed" else _one(writer, question, language, form)


def _fixed(writer: Writer, form: Form, question: Question, language: str) -> None:
    """What is the same for everybody is printed, not asked."""
    name = next((c.labels[language].text for c in question.choices if c.text == question.fixed), question.fixed)
    said = form.own("paper_fixed", name=name)[language]
    writer.blank(said.text, f"{question.name}: {question.fixed}", language=said.language, places=0)


def _one(writer: Writer, question: Question, language: str, form: Form | None = None) -> None:
    """A question by itself, its answers below it."""
    _title(writer, question, language)
    if question.kind == "number":
        said = form.own("range", lower=question.bounds[0], upper=question.bounds[1]) if form and question.bounds else {}
        writer.blank("", "", language=language, places=4)
        if language in said:
            writer.note(said[language].text, language=said[language].language)
    elif question.kind in ("date", "today"):
        writer.blank("", "", language=language, places=8)
    else:
        for choice in question.choices:
            label, with_next = choice.labels[language], choice is not question.choices[-1]
            writer.answer(BOX, label.text, choice.text, language=label.language, with_next=with_next)


def _title(writer: Writer, question: Question, language: str) -> None:
    title = question.titles[language]
    writer.question(title.text, question.name, question_mark(question, language), language=title.language)


def _grid(writer: Writer, questions: Sequence[Question], language: str) -> None:
    """Statements below each other, the answers above the columns."""
    choices = questions[0].choices
    marks = list(dict.fromkeys(filter(None, (question_mark(question, language) for question in questions))))
    if len(marks) == 1 and all(question_mark(question, language) for question in questions):
        writer.note(marks[0])
        marks = []
    cells = writer.table(len(questions) + 1, len(choices) + 1, first=Cm(5.4), width=Cm(17.6))
    for place, choice in enumerate(choices, start=1):
        label, size = choice.labels[language], 8 if len(choices) <= _MOST_COLUMNS else 7
        writer.column_title(cells[0][place], label.text, choice.text, language=label.language, size=size)
    for row, question in enumerate(questions, start=1):
        title: Wording = question.titles[language]
        own = question_mark(question, language) if marks else ""
        with_next = row < len(questions)
        writer.statement(cells[row][0], title.text, question.name, own, language=title.language, with_next=with_next)
        for place in range(1, len(choices) + 1):
            writer.box(cells[row][place], BOX)


def _slip(writer: Writer, form: Form, language: str) -> None:
    """The resident's own receipt: the code again, and what it is for."""
    slip = form.own("paper_slip")[language]
    writer.cut_here(slip.text, language=slip.language)
    _own(writer, form, "receipt", language, code="_ _ _ _ - _ _ _ _ - _ _ _ _ .")
    _own(writer, form, "receipt_where", language, corporation=_corporation(form, language))
