"""The questions and answers of an XLSForm: its sheets ``survey`` and ``choices``, in a workbook or apart."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.fieldwork.draft.parts import Option
from pipeline.fieldwork.draft.texts import clean
from pipeline.intake.identifiers import is_personal
from pipeline.intake.source import SourceTable
from pipeline.intake.text import as_text, fold, number_in
from pipeline.spreadsheets import plain

_LABEL = re.compile(r"(?P<what>label)(?:::?\s*(?P<language>.+))?", re.IGNORECASE)
_CODE = re.compile(r"\(\s*([a-z]{2,3})(?:[-_]\w+)?\s*\)\s*$|^([a-z]{2,3})$", re.IGNORECASE)
_LANGUAGES = {
    "nederlands": "nl", "dutch": "nl", "engels": "en", "english": "en", "arabisch": "ar", "arabic": "ar",
    "tigrinya": "ti", "frans": "fr", "french": "fr", "français": "fr", "duits": "de", "german": "de", "deutsch": "de",
    "turks": "tr", "turkish": "tr", "pools": "pl", "polish": "pl", "oekraïens": "uk", "ukrainian": "uk",
    "spaans": "es", "spanish": "es", "español": "es", "somali": "so", "farsi": "fa", "persian": "fa",
}  # fmt: skip


@dataclass(frozen=True)
class FormQuestion:
    """A row of the sheet ``survey`` that asks something. ``type``: its first word (``select_one``, ``integer`` …);
    ``options``: of a question with choices, ``list_name`` the list they come from."""

    name: str
    type: str
    titles: Mapping[str, str]
    options: tuple[Option, ...] = ()
    list_name: str = ""


@dataclass(frozen=True)
class Form:
    """An XLSForm: its questions by folded name, in order, and the languages it has words in."""

    questions: Mapping[str, FormQuestion]
    languages: tuple[str, ...]


def is_survey(table: SourceTable) -> bool:
    """Whether ``table`` has the columns of a sheet ``survey``."""
    names = {fold(column.name) for column in table.columns}
    return {"type", "name"} <= names and any(_LABEL.fullmatch(name) for name in names)


def form_of(survey: SourceTable, choices: SourceTable | None, language: str) -> Form:
    """The form; ``language``: of words that are in no language by name."""
    lists = _choices(choices, language) if choices is not None else {}
    questions = {}
    for row, titles in _rows(survey, language):
        kind, _, rest = row.get("type", "").strip().partition(" ")
        kind = kind.lower()
        if kind in ("select", "select1"):  # as older forms say it
            kind, _, rest = ("select_multiple" if kind == "select" else "select_one"), "", rest.partition("from")[2]
        list_name = rest.replace(" or_other", "").strip() if kind.startswith("select") else ""
        name = row.get("name", "").strip()
        if name and kind and not kind.startswith(("begin", "end")):  # a group may be called like a question
            options = lists.get(fold(list_name), ())
            questions[fold(name)] = FormQuestion(name, kind, titles, options, list_name)
    used = dict.fromkeys(name for question in questions.values() for name in question.titles)
    return Form(questions, tuple(used) or (language,))


def _choices(table: SourceTable, language: str) -> dict[str, tuple[Option, ...]]:
    """The answers by folded name of their list: numbers where every code of the list is one."""
    found: dict[str, dict[str, Mapping[str, str]]] = defaultdict(dict)
    for row, labels in _rows(table, language):
        name = row.get("name", "").strip() or row.get("value", "").strip()
        of_list = fold(row.get("list_name", "") or row.get("list name", ""))
        if name and of_list:
            found[of_list].setdefault(name, labels)
    return {of_list: _options(answers, language) for of_list, answers in found.items()}


def _options(answers: Mapping[str, Mapping[str, str]], language: str) -> tuple[Option, ...]:
    numbers = {name: number_in(name, ".") for name in answers}
    numeric = all(number is not None for number in numbers.values())
    values: dict[str, float | str] = {name: name for name in answers}
    if numeric:
        values = {name: number for name, number in numbers.items() if number is not None}
    return tuple(Option(values[name], labels or {language: name}) for name, labels in answers.items())


def _rows(table: SourceTable, language: str) -> list[tuple[dict[str, str], dict[str, str]]]:
    """Every row: its cells by folded heading, and its words by language."""
    headings = {column.position: fold(column.name) for column in table.columns}
    languages = {
        position: _language(match["language"] or "", language)
        for position, heading in headings.items()
        if (match := _LABEL.fullmatch(heading))
    }
    rows = []
    for cells in table.cells_by_row.astype(object).itertuples(index=False):
        by_position = dict(zip(headings, cells, strict=True))
        filled = {p: cell for p, cell in by_position.items() if isinstance(cell, str | float) and cell == cell}
        texts = {p: plain(as_text(cell)) for p, cell in filled.items()}
        labels = {
            languages[p]: words
            for p, text in texts.items()
            if p in languages and languages[p] and (words := clean(text)) and not is_personal(words)
        }
        rows.append(({headings[p]: text for p, text in texts.items()}, labels))
    return rows


def _language(said: str, otherwise: str) -> str:
    """The code of a language as a heading says it (``English (en)``, ``en``, ``English``); empty when not known."""
    if not said:
        return otherwise
    if match := _CODE.search(said.strip()):
        return (match[1] or match[2]).lower()
    return _LANGUAGES.get(fold(said), "")
