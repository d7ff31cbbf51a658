"""The questionnaire as an XLSForm (KoboToolbox, ODK): a workbook with the sheets survey, choices and settings.

Question names are the variables, choice names the codes, so that what comes back needs no crosswalk. Marks stand in
hints and in the titles of groups, never in a label: tools print labels above the columns of an export.

The code a resident keeps: three groups of four letters from a random UUID (48 bits), made once and kept. Letters alone,
without vowels and without l and o: it can be read out, makes no word, and no spreadsheet takes it for a number.
Functions: ODK XForms specification (``once``, ``uuid``, ``substr``) and XPath 1.0 (``translate``).
"""

from __future__ import annotations

from collections.abc import Iterator

from openpyxl import Workbook

from pipeline.declare.items import CONSENT_GIVEN
from pipeline.fieldwork.files import put, put_heading, workbook_bytes
from pipeline.fieldwork.form import Choice, Form, Question, Section
from pipeline.fieldwork.wording import Wordings, language_words, mark, own_text, worst

Row = dict[str, str]
LETTERS = "bcdfghjkmnpqrstv"
"""The letters of a resident's code, one for each hexadecimal digit."""
_PIECE = "substr(uuid(), 0, 4)"
CODE = f"once(translate(concat({_PIECE}, '-', {_PIECE}, '-', {_PIECE}), '0123456789abcdef', '{LETTERS}'))"
_SURVEY = ("type", "name", "required", "relevant", "appearance", "constraint", "calculation")


def xlsform(form: Form) -> bytes:
    """``form`` as an XLSForm workbook."""
    workbook = Workbook()
    survey = workbook.worksheets[0]
    survey.title = "survey"
    translated = [_column(part, language) for part in ("label", "hint") for language in form.languages]
    translated += [_column("constraint_message", language) for language in form.languages]
    _write(workbook, "survey", [*_SURVEY[:2], *translated, *_SURVEY[2:]], list(_survey(form)))
    labels = [_column("label", language) for language in form.languages]
    _write(workbook, "choices", ["list_name", "name", *labels], list(_choices(form)))
    settings = {
        "form_title": form.titles[form.languages[0]].text,
        "form_id": form.instrument.id.replace("@", "_v"),
        "version": str(form.instrument.version),
        "default_language": _named(form.languages[0]),
        "style": "pages",
    }
    _write(workbook, "settings", list(settings), [settings])
    return workbook_bytes(workbook, title=settings["form_title"])


def _write(workbook: Workbook, name: str, columns: list[str], rows: list[Row]) -> None:
    sheet = workbook[name] if name in workbook.sheetnames else workbook.create_sheet(name)
    put_heading(sheet, 1, columns)
    for number, row in enumerate(rows, start=2):
        for column, key in enumerate(columns, start=1):
            if row.get(key):
                put(sheet, number, column, row[key])
    for column in sheet.iter_cols(min_row=1, max_row=1):
        sheet.column_dimensions[column[0].column_letter].width = 34
    sheet.freeze_panes = "C2"


def _named(language: str) -> str:
    return f"{language_words(language)['name']} ({language})"


def _column(part: str, language: str) -> str:
    return f"{part}::{_named(language)}"


def _survey(form: Form) -> Iterator[Row]:
    for question in form.opening.questions:
        yield _row(form, question, hints=own_text("intro", form.languages) if question is form.consent else None)
    agreed = f"${{{form.consent.name}}} = '{CONSENT_GIVEN}'" if form.consent else ""
    for section in form.sections:
        for question in section.questions:
            if not question.asked:
                yield _row(form, question)
    with_questions = [section for section in form.sections if section.asked]
    for number, section in enumerate(with_questions, start=1):
        yield from _group(form, section, agreed, number, len(with_questions))
    if form.receipt:
        yield from _receipt(form, form.receipt, agreed)


def _group(form: Form, section: Section, agreed: str, number: int, of: int) -> Iterator[Row]:
    """A page. Where all its questions are drafts, its title says so; otherwise each that is."""
    parts = form.own("part", count=number, limit=of)
    row = {"type": "begin_group", "name": section.name, "appearance": "field-list", "relevant": agreed}
    marked = set()
    for language in form.languages:
        statuses = {question.status(language) for question in section.asked}
        if statuses == {"draft"}:
            marked.add(language)
        own_mark = mark("draft", language) if language in marked else ""
        row[_column("label", language)] = " ".join(filter(None, (parts[language].text, own_mark)))
    yield row
    for question in section.asked:
        yield _row(form, question, marked=marked)
    yield {"type": "end_group", "name": section.name}


def _row(form: Form, question: Question, *, hints: Wordings | None = None, marked: set[str] | None = None) -> Row:
    """One question; ``hints`` is what it says besides, ``marked`` the languages of which the page says it already."""
    row = {"name": question.name}
    if question.kind in ("receipt", "fixed"):
        calculation = CODE if question.kind == "receipt" else f"concat('{question.fixed}')"
        return row | {"type": "calculate", "calculation": calculation}
    if question.kind == "today":
        return row | {"type": "today"}
    row |= {"type": _type(question), "required": "yes" if question.field.required else ""}
    if question.kind == "number":
        row["constraint"] = _constraint(question)
    for language in form.languages:
        row[_column("label", language)] = _label(question.titles[language].text)
        said = [hints[language].text] if hints else []
        if question.bounds and question.kind == "number":
            lower, upper = question.bounds
            said.append(form.own("range", lower=lower, upper=upper)[language].text)
            row[_column("constraint_message", language)] = said[-1]
        if language not in (marked or ()) or question.status(language) != "draft":
            said.append(question_mark(question, language))
        row[_column("hint", language)] = " ".join(filter(None, said))
    return row


def question_mark(question: Question, language: str) -> str:
    """The mark a question carries in ``language``: for its own wording or for that of its answers."""
    status = question.status(language)
    shown = [question.titles[language], *(c.labels[language] for c in question.choices)]
    other = next((wording.language for wording in shown if wording.status == "absent"), "")
    return mark(status, language, shown_in=other)


def _type(question: Question) -> str:
    if question.kind in ("choice", "language"):
        return f"select_one {question.answers}"
    if question.kind == "number":
        return "integer" if question.field.type == "integer" else "decimal"
    return "date"


def _constraint(question: Question) -> str:
    lower, upper = question.field.minimum, question.field.maximum
    parts = [f". >= {lower:g}"] if lower is not None else []
    parts += [f". <= {upper:g}"] if upper is not None else []
    return " and ".join(parts)


def _receipt(form: Form, receipt: Question, agreed: str) -> Iterator[Row]:
    """The last page: the code, and what it is for."""
    row = {"type": "note", "name": _unused_name(form, "receipt"), "relevant": agreed}
    says = form.own("receipt", code=f"**${{{receipt.name}}}**.")
    where = [own_text("your_corporation", form.languages)[language].text for language in form.languages]
    for language, corporation in zip(form.languages, where, strict=True):
        told = form.own("receipt_where", corporation=form.corporation or corporation)[language]
        row[_column("label", language)] = says[language].text
        own_mark = mark(worst([told.status]), language, shown_in=told.language)
        row[_column("hint", language)] = " ".join(filter(None, (told.text, own_mark)))
    yield row


def _unused_name(form: Form, name: str) -> str:
    taken = {question.name for question in form.questions} | {section.name for section in form.sections}
    while name in taken:
        name += "_"
    return name


def _choices(form: Form) -> Iterator[Row]:
    lists: dict[str, tuple[Choice, ...]] = {}
    for question in form.questions:
        if question.kind in ("choice", "language"):
            lists.setdefault(question.answers, question.choices)
    for name, choices in lists.items():
        for choice in choices:
            labels = {_column("label", lang): _label(choice.labels[lang].text) for lang in form.languages}
            yield {"list_name": name, "name": choice.text} | labels


def _label(text: str) -> str:
    """``text`` as a label: what would be taken for a reference to another question is pulled apart."""
    return text.replace("${", "$ {")
