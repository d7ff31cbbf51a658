"""Questions from an XLSForm alone: what it asks, before there is an answer."""

from __future__ import annotations

from pipeline.fieldwork.draft.names import name_from
from pipeline.fieldwork.draft.parts import Draft, Kind, LeftOut, Question, Remark
from pipeline.fieldwork.draft.people import are_people
from pipeline.fieldwork.draft.texts import clean
from pipeline.fieldwork.draft.xlsform import Form, FormQuestion
from pipeline.intake.personal.headings import kind_of_heading
from pipeline.intake.text import as_text, fold

_KINDS: dict[str, Kind] = {"integer": "integer", "decimal": "number", "range": "number", "date": "date"}
_SILENT = frozenset({
    "begin_group", "end_group", "begin_repeat", "end_repeat", "begin", "end", "note", "start", "today", "deviceid",
    "audit", "username", "phonenumber", "simserial", "subscriberid", "calculate", "hidden", "xml-external",
})  # fmt: skip
"""Rows that ask nothing, or that the program fills in."""
_FREE = frozenset({"text", "barcode"})


def draft_from_form(form: Form, *, project: str = "") -> Draft:
    """The questions of ``form``; ``project``: name of the one that says in which project somebody lives."""
    taken = {"project"}
    questions, left_out = [], []
    for question in form.questions.values():
        if fold(question.name) == fold(project) and project:
            questions.append(_made(question, form, taken, "project", called="project"))
        elif question.type in _SILENT:
            continue
        elif question.type in _FREE or not (question.options or question.type in _KINDS):
            left_out.append(LeftOut(f"‘{clean(question.name)}’", "free_text"))
        elif kind_of_heading(question.name) is not None or _people(question) == "yes":
            left_out.append(LeftOut(f"‘{clean(question.name)}’", "personal"))
        elif question.type == "select_multiple":
            questions += _options(question, form, taken)
        elif question.options:
            questions.append(_made(question, form, taken, "closed"))
        else:
            questions.append(_made(question, form, taken, _KINDS[question.type]))
    return Draft(form.languages, tuple(questions), tuple(left_out))


def _options(question: FormQuestion, form: Form, taken: set[str]) -> list[Question]:
    """A question that may have several answers: each is a question of yes and no."""
    made = []
    for option in question.options:
        titles = {
            language: f"{question.titles[language]} [{option.labels[language]}]"
            for language in form.languages
            if language in question.titles and language in option.labels
        }
        name = f"{question.name}/{as_text(option.value)}"
        titles = titles if form.languages[0] in titles else {form.languages[0]: name, **titles}
        made.append(Question(name_from([name], taken), titles, "boolean", group=question.name, declared=True))
    return made


def _made(question: FormQuestion, form: Form, taken: set[str], kind: Kind, *, called: str = "") -> Question:
    titles = dict(question.titles)
    titles.setdefault(form.languages[0], clean(question.name))
    return Question(
        called or name_from([question.name], taken),
        {language: titles[language] for language in form.languages if language in titles},
        kind,
        role="project" if kind == "project" else "background",
        options=question.options if kind == "closed" else (),
        declared=True,
        list_name=question.list_name if kind == "closed" else "",
        remarks=_remarks(question, kind),
    )


def _remarks(question: FormQuestion, kind: Kind) -> tuple[Remark, ...]:
    if kind in ("integer", "number"):
        return (Remark("bounds"),)
    return (Remark("perhaps_people"),) if kind == "closed" and _people(question) == "perhaps" else ()


def _people(question: FormQuestion) -> str:
    return are_people(question.options, [question.name, *question.titles.values()])
