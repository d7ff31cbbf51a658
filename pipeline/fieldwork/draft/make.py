"""A draft from a file as somebody has it: an export, an XLSForm, or an export with the sheets of its form."""

from __future__ import annotations

from pipeline.fieldwork.draft.from_export import draft_from_export
from pipeline.fieldwork.draft.from_form import draft_from_form
from pipeline.fieldwork.draft.parts import Draft
from pipeline.fieldwork.draft.settle import Settled, settle
from pipeline.fieldwork.draft.xlsform import Form, form_of, is_survey
from pipeline.intake.messages import RefusedError
from pipeline.intake.problems import UnreadableError
from pipeline.intake.reading.read import read_source
from pipeline.intake.source import Received, SourceTable
from pipeline.intake.table import Bounds


def make_draft(
    received: Received,
    bounds: Bounds,
    *,
    language: str,
    survey: Received | None = None,
    choices: Received | None = None,
    project: str = "",
) -> Settled:
    """What can be told of the questionnaire that ``received`` belongs to.

    ``survey`` and ``choices``: the sheets of the form that asked it. ``language``: of words that are in none by name.
    ``project``: letter or heading of the column that says in which project somebody lives. Raises ``UnreadableError``,
    and ``RefusedError`` where a file is not what it is given for or has no question.
    """
    form = _form(survey, choices, bounds, language)
    own = _own_form(received, bounds, language, choices) if form is None else None
    if own is not None:
        draft = draft_from_form(own, project=project)
    else:
        table, _ = read_source(received, bounds)
        draft = draft_from_export(table, language=language, form=form, project=project)
    if project and not any(question.role == "project" for question in draft.questions):
        raise RefusedError("instrument_no_project", file=received.name, column=project)
    if not _asks_something(draft):
        raise RefusedError("instrument_nothing", file=received.name)
    return settle(draft)


def _asks_something(draft: Draft) -> bool:
    return any(question.kind not in ("id", "language", "project") for question in draft.questions)


def _form(survey: Received | None, choices: Received | None, bounds: Bounds, language: str) -> Form | None:
    """The form in two files."""
    if survey is None:
        return None
    table, _ = read_source(survey, bounds)
    if not is_survey(table):
        raise RefusedError("instrument_survey_unlike", file=survey.name)
    return form_of(table, read_source(choices, bounds)[0] if choices else None, language)


def _own_form(received: Received, bounds: Bounds, language: str, choices: Received | None) -> Form | None:
    """The form that ``received`` is: a workbook with the sheets of one, or the sheet with its questions."""
    table = _sheet(received, bounds, "survey")
    if table is None or not is_survey(table):
        return None
    answers = read_source(choices, bounds)[0] if choices else _sheet(received, bounds, "choices")
    return form_of(table, answers if answers is not table else None, language)


def _sheet(received: Received, bounds: Bounds, name: str) -> SourceTable | None:
    """A sheet of a workbook; a file that has no sheets is the sheet ``survey``."""
    if received.data.startswith(b"PK"):
        try:
            return read_source(received, bounds, sheet=name)[0]
        except UnreadableError:
            return None
    if name != "survey":
        return None
    try:
        return read_source(received, bounds)[0]
    except UnreadableError:
        return None
