"""Questions from an export: what each column asks and how it is answered, as far as the file tells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.fieldwork.draft.columns import Known, are_days, is_option, known_columns, pooled_cells
from pipeline.fieldwork.draft.names import name_from
from pipeline.fieldwork.draft.parts import Draft, Kind, LeftOut, Missing, Option, Question, Remark
from pipeline.fieldwork.draft.people import are_people
from pipeline.fieldwork.draft.seen import (
    SEVERAL,
    are_answers,
    codes_in,
    options_of_codes,
    options_of_texts,
    reason_of,
    with_words,
    written_down,
)
from pipeline.fieldwork.draft.texts import clean
from pipeline.fieldwork.draft.xlsform import Form
from pipeline.intake.identifiers import is_personal
from pipeline.intake.mapping.answer_words import answer_words
from pipeline.intake.source import Cell, SourceTable
from pipeline.intake.text import as_text, fold

_IDS = frozenset({
    "uuid", "responseid", "respondentid", "respondentnummer", "respnr", "respondent", "caseid", "antwoordid",
    "instanceid", "recordid", "responsenumber", "submissionid", "id",
})  # fmt: skip
_LANGUAGES = frozenset({"taal", "language", "userlanguage", "startlanguage", "starttaal", "lang"})
_DATES = frozenset({"datum", "date", "invuldatum"})
_CONSENT = frozenset({"toestemming", "consent", "akkoord", "instemming"})
_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]+)*", re.IGNORECASE)
_YES = frozenset({"true", "1", "ja", "yes", "waar", "j", "y"})
_NO = frozenset({"false", "0", "nee", "no", "onwaar", "n"})
_FORM_KINDS: Mapping[str, Kind] = {
    "integer": "integer",
    "decimal": "number",
    "range": "number",
    "date": "date",
    "today": "date",
}


@dataclass
class _Making:
    """What a draft is gathered in."""

    table: SourceTable
    languages: tuple[str, ...]
    project: str
    taken: set[str] = field(default_factory=lambda: {"project"})
    roles: set[str] = field(default_factory=set)
    missing: dict[tuple[str, float | str], Missing] = field(default_factory=dict)
    other_languages: list[str] = field(default_factory=list)


def draft_from_export(table: SourceTable, *, language: str, form: Form | None = None, project: str = "") -> Draft:
    """The questions of ``table``; with the words and answers of ``form`` where it has them. ``project``: letter or
    heading of the column that says in which project somebody lives."""
    making = _Making(table, form.languages if form else (language,), fold(project))
    columns = known_columns(table, form)
    pooled = pooled_cells(columns)
    questions, left_out = [], []
    for known in columns:
        made = _made(known, making, pooled)
        if isinstance(made, LeftOut):
            left_out.append(made)
        else:
            questions.append(made)
    return Draft(
        making.languages, tuple(questions), tuple(left_out), tuple(making.missing.values()),
        tuple(dict.fromkeys(making.other_languages)),
    )  # fmt: skip


def _made(known: Known, making: _Making, pooled: Mapping[int, Counter[Cell]]) -> Question | LeftOut:
    """What one column is: a question, or why it is none."""
    column = known.column
    if making.project and making.project in (fold(column.letter), fold(column.name)):
        making.project = ""
        return _question(known, making, "project", role="project", name="project")
    if told := _told_by_name(known, making):
        return told
    if column.own:
        return LeftOut(known.where, "own")
    if known.refused:
        return LeftOut(known.where, "free_text" if known.refused == "free_text" else "personal")
    if known.is_question_of_options:
        return LeftOut(known.where, "joined")
    if not known.counts:
        return LeftOut(known.where, "empty")
    if known.form is not None:
        return _without_people(_of_form(known, making), known)
    if column.value_labels:
        return _without_people(_of_labels(known, making), known)
    return _of_cells(known, making, pooled[column.position])


def _without_people(made: Question | LeftOut, known: Known) -> Question | LeftOut:
    """``made``, unless its answers are people; where they may be, somebody has to look."""
    if isinstance(made, LeftOut):
        return made
    found = are_people(made.options, [known.column.name, *made.titles.values()])
    if found == "yes":
        return LeftOut(known.where, "personal")
    return replace(made, remarks=(*made.remarks, Remark("perhaps_people"))) if found == "perhaps" else made


def _told_by_name(known: Known, making: _Making) -> Question | None:
    """The source's id, the language and the day, where a column is called so and holds it; each once."""
    names, cells = set(known.evidence.names), [as_text(cell) for cell in known.counts]
    all_different = bool(cells) and all(rows == 1 for rows in known.counts.values())
    if names & _IDS and all_different and "source_id" not in making.roles:
        making.roles.add("source_id")
        return _question(known, making, "id", role="source_id", remarks=[Remark("is_id")])
    tags = [match[1].lower() for cell in cells if (match := _TAG.fullmatch(cell))]
    if names & _LANGUAGES and cells and len(tags) == len(cells) <= 12 and "language" not in making.roles:
        making.roles.add("language")
        making.other_languages += sorted(set(tags) - set(making.languages))
        return _question(known, making, "language", role="language", remarks=[Remark("is_language")])
    if names & _DATES and are_days(known) and "date" not in making.roles:
        making.roles.add("date")
        return _question(known, making, "date", role="date", remarks=[Remark("is_date")])
    return None


def _of_form(known: Known, making: _Making) -> Question | LeftOut:
    """A question that the form asks."""
    question = known.form
    if question is None:  # pragma: no cover - the caller looked
        raise ValueError("no question of a form")
    if known.option:
        words = next((o.labels for o in question.options if fold(str(o.value)) == fold(known.option)), {})
        titles = {
            language: f"{question.titles[language]} [{words[language]}]"
            for language in making.languages
            if language in question.titles and language in words
        }
        return _question(known, making, "boolean", titles=titles, names=[f"{question.name}/{known.option}"])
    if question.type == "select_one" and question.options:
        return _closed(known, making, question.options, declared=True, list_name=question.list_name)
    kind = _FORM_KINDS.get(question.type)
    if kind is None:
        return LeftOut(known.where, "free_text")
    if kind in ("integer", "number") and known.cells.texts:
        return LeftOut(known.where, "mixed")
    if question.type == "today" and "date" not in making.roles:
        making.roles.add("date")
        return _question(known, making, kind, role="date")
    return _question(known, making, kind, remarks=[Remark("bounds")] if kind != "date" else [])


def _of_labels(known: Known, making: _Making) -> Question | LeftOut:
    """A column whose codes have words in the file, as in SPSS."""
    labels, language = known.column.value_labels, making.languages[0]
    for code, label in labels.items():
        if known.column.declares_missing(code):
            _add_missing(making, code, clean(label), reason_of(label) or "no_answer")
    answers = {code: clean(label) or as_text(code) for code, label in labels.items()
               if not known.column.declares_missing(code)}  # fmt: skip
    unlabelled = {cell: rows for cell, rows in known.counts.items() if cell not in answers}
    numbers = {cell: rows for cell, rows in unlabelled.items() if isinstance(cell, float)}
    if not unlabelled:
        options = [Option(code, {language: label}) for code, label in answers.items()]
        return _closed(known, making, tuple(options), declared=True)
    codes = codes_in({**{code: 2 for code in answers if isinstance(code, float)}, **numbers})
    if len(numbers) == len(unlabelled) and codes:
        words = {code: answers.get(code, as_text(code)) for code in codes}
        options = [Option(code, {language: words[code]}) for code in codes]
        return _closed(known, making, tuple(options), declared=True, remarks=[Remark("labels_incomplete")])
    if len(numbers) == len(unlabelled):
        return _number(known, making)
    return LeftOut(known.where, "free_text")


def _of_cells(known: Known, making: _Making, pooled: Counter[Cell]) -> Question | LeftOut:
    """A column of which the answers are told by its cells alone."""
    language, cells = making.languages[0], known.cells
    if known.column.made_from is not None and pooled.get("true", 0) < SEVERAL:
        return LeftOut(known.where, "rare_option")
    for text, reason in cells.missing.items():
        _add_missing(making, text, text, reason)
    if not cells.n_filled:
        return LeftOut(known.where, "empty")
    different = {fold(as_text(cell)) for cell in known.counts} - {fold(text) for text in cells.missing}
    if different <= _YES | _NO and is_option(known, different):
        return _question(known, making, "boolean")
    of_grid = {text: rows for text, rows in pooled.items() if isinstance(text, str)}
    if cells.texts and (coded := with_words(of_grid)):
        return _of_codes_with_words(known, making, pooled, coded)
    if cells.texts and cells.numbers:
        return LeftOut(known.where, "mixed")
    if cells.numbers:
        return _of_numbers(known, making, pooled)
    if are_answers(of_grid):
        options, ordered = options_of_texts(of_grid, language)
        left = sum(text not in set(written_down(of_grid)) for text in cells.texts)
        remarks = [Remark("answers_left", {"count": left})] if left else []
        return _closed(known, making, options, ordered=ordered, remarks=[*remarks, Remark("answers_seen")])
    if are_days(known):
        return _question(known, making, "date", remarks=[Remark("is_date")])
    return LeftOut(known.where, "free_text")


def _of_codes_with_words(
    known: Known, making: _Making, pooled: Counter[Cell], coded: Mapping[str, tuple[float, str]]
) -> Question | LeftOut:
    """A column of codes of which some stand with their words in the cell."""
    rows = {cell: n for cell, n in pooled.items() if isinstance(cell, float)}
    for text, (code, _) in coded.items():
        rows[code] = rows.get(code, 0) + pooled[text]
    codes = codes_in(rows)
    if not codes:
        return LeftOut(known.where, "mixed")
    told = set(written_down({text: pooled[text] for text in coded}))
    words = {code: label for text, (code, label) in coded.items() if text in told and not is_personal(label)}
    options = tuple(Option(code, {making.languages[0]: words.get(code, as_text(code))}) for code in codes)
    left = sum(text not in told for text in known.cells.texts)
    remarks = [Remark("answers_left", {"count": left})] if left else []
    return _closed(known, making, options, remarks=[*remarks, Remark("labels_incomplete")])


def _of_numbers(known: Known, making: _Making, pooled: Counter[Cell]) -> Question | LeftOut:
    """Codes of a closed question, or amounts; never numbers that tell who somebody is."""
    language, numbers = making.languages[0], known.cells.numbers
    if len(numbers) == known.cells.n_filled >= 2 * SEVERAL and all(number == int(number) for number in numbers):
        return LeftOut(known.where, "numbered")
    of_grid = {cell: rows for cell, rows in pooled.items() if isinstance(cell, float)}
    codes = codes_in(of_grid)
    customary = {code: reason for reason, found in answer_words().missing_codes.items() for code in found}
    if not codes:
        inside = {code: rows for code, rows in of_grid.items() if code not in customary or 0 <= code <= 10}
        codes = codes_in(inside)
        for code in set(numbers) - set(inside) if codes else ():
            _add_missing(making, code, as_text(code), customary[code])
    if codes:
        return _closed(known, making, options_of_codes(codes, language), remarks=[Remark("codes_without_words")])
    if len(numbers) == 1:
        only = next(iter(numbers))
        return _closed(known, making, options_of_codes((only,), language), remarks=[Remark("codes_without_words")])
    return _number(known, making)


def _number(known: Known, making: _Making) -> Question:
    whole = all(number == int(number) for number in known.cells.numbers)
    return _question(known, making, "integer" if whole else "number", remarks=[Remark("bounds")])


def _closed(
    known: Known,
    making: _Making,
    options: tuple[Option, ...],
    *,
    declared: bool = False,
    ordered: bool = True,
    list_name: str = "",
    remarks: Iterable[Remark] = (),
) -> Question:
    """A question with the answers ``options``."""
    made = _question(known, making, "closed", remarks=remarks)
    said = known.column.name.casefold()
    more = [Remark("perhaps_consent")] if any(word in said for word in _CONSENT) and len(said) < 40 else []
    return replace(
        made, options=options, declared=declared, ordered=ordered, list_name=list_name, remarks=(*made.remarks, *more)
    )


def _question(
    known: Known,
    making: _Making,
    kind: Kind,
    *,
    role: str = "background",
    name: str = "",
    names: Iterable[str] = (),
    titles: Mapping[str, str] | None = None,
    remarks: Iterable[Remark] = (),
) -> Question:
    main = making.languages[0]
    words = dict(titles if titles is not None else known.form.titles if known.form else {})
    words = {language: text for language, text in words.items() if language in making.languages}
    words.setdefault(main, known.title)
    return Question(
        name or name_from([*names, *known.names], making.taken),
        {language: words[language] for language in making.languages if language in words},
        kind,
        role=role,  # type: ignore[arg-type]
        group=known.group,
        column=known.where,
        remarks=tuple(remarks),
    )


def _add_missing(making: _Making, value: Cell, label: str, reason: str) -> None:
    key = (fold(value), "") if isinstance(value, str) else ("", value)
    making.missing.setdefault(key, Missing(value, reason, {making.languages[0]: label or as_text(value)}))
