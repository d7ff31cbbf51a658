"""A questionnaire as it goes into the field: which questions, in which order, with which answers, in which languages.

Codes are the instrument's, as asked; nothing is reversed here. The formats (``xlsform``, ``limesurvey``, ``paper``,
``review``, ``workbook``) only write down what stands in a ``Form``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Literal

from pipeline.declare import Category, Instrument, InstrumentField, Project
from pipeline.declare.items import TranslationStatus
from pipeline.declare.names import NOT_ASKED
from pipeline.fieldwork.wording import Wordings, own_text, wordings, worst
from pipeline.intake.text import as_text

Kind = Literal["choice", "number", "date", "today", "receipt", "language", "fixed"]
"""``choice``: one of ``choices``. ``today``: the day itself. ``receipt``: the code that a resident keeps. ``language``:
the language it is filled in in, where the tool knows it. ``fixed``: the same for everybody, not asked."""


@dataclass(frozen=True)
class Choice:
    """An answer: its code, how it reads, and whether it is a reason for not answering."""

    code: float | str
    labels: Wordings
    missing: bool = False

    @property
    def text(self) -> str:
        """The code as it is written."""
        return as_text(self.code)


@dataclass(frozen=True)
class Question:
    """One variable. ``answers``: name of the list of choices, which questions with the same answers share."""

    field: InstrumentField
    kind: Kind
    titles: Wordings
    choices: tuple[Choice, ...] = ()
    answers: str = ""
    fixed: str = ""

    @property
    def name(self) -> str:
        """The variable."""
        return self.field.name

    @property
    def asked(self) -> bool:
        """Whether somebody has to answer it."""
        return self.kind in ("choice", "number", "date", "language")

    def status(self, language: str) -> TranslationStatus:
        """How good its wording is in ``language``: that of the question or of its answers, whichever is worse."""
        own = [self.titles[language].status]
        if self.field.role != "project":  # projects have names, which are the same in every language
            own += [choice.labels[language].status for choice in self.choices]
        return worst(own)

    @property
    def bounds(self) -> tuple[str, str] | None:
        """Smallest and largest number as text, where both are declared."""
        lower, upper = self.field.minimum, self.field.maximum
        return None if lower is None or upper is None else (as_text(lower), as_text(upper))


@dataclass(frozen=True)
class Section:
    """Questions that stand together: the instrument's block, or what it has outside blocks."""

    name: str
    questions: tuple[Question, ...]

    @property
    def asked(self) -> tuple[Question, ...]:
        """The questions that somebody has to answer."""
        return tuple(question for question in self.questions if question.asked)


@dataclass(frozen=True)
class Form:
    """The whole questionnaire. ``opening`` has what comes before anything else: the code and consent.
    ``left_out``: open questions, which are never asked."""

    instrument: Instrument
    languages: tuple[str, ...]
    corporation: str
    opening: Section
    sections: tuple[Section, ...]
    left_out: tuple[str, ...] = ()

    @property
    def questions(self) -> Iterator[Question]:
        """Every question in order."""
        for section in (self.opening, *self.sections):
            yield from section.questions

    @property
    def asked(self) -> list[Question]:
        """Every question that somebody has to answer."""
        return [question for question in self.questions if question.asked]

    @cached_property
    def receipt(self) -> Question | None:
        """The code that a resident keeps."""
        return next((question for question in self.questions if question.kind == "receipt"), None)

    @cached_property
    def consent(self) -> Question | None:
        """The question for consent, on which all others depend."""
        return next((question for question in self.questions if question.field.role == "consent"), None)

    @property
    def titles(self) -> Wordings:
        """What the questionnaire is called."""
        return wordings(self.instrument.title, self.languages, self.instrument.languages)

    def own(self, key: str, **values: str | int) -> Wordings:
        """One of our own sentences in the form's languages."""
        return own_text(key, self.languages, **values)


def make_form(
    instrument: Instrument, projects: Sequence[Project], languages: Sequence[str], *, corporation: str = ""
) -> Form:
    """The questionnaire ``instrument`` for residents of ``projects``, in ``languages``, the first being the default."""
    maker = _Maker(instrument, projects, tuple(dict.fromkeys(languages)))
    fields = [field for field in instrument.fields if maker.can_be_asked(field)]
    first = [f for f in fields if f.role in ("source_id", "consent")]
    start = [f for f in fields if f.role in ("project", "language", "date")]
    rest = [f for f in fields if f not in first and f not in start]
    sections = [_section("start", maker, start)] if start else []
    names: set[str] = {"opening", "start"}
    for block, members in groupby(rest, key=lambda f: f.block or ""):
        name = _unused(block or "background", names)
        sections.append(_section(name, maker, list(members)))
    return Form(
        instrument=instrument,
        languages=maker.languages,
        corporation=corporation,
        opening=_section("opening", maker, first),
        sections=tuple(sections),
        left_out=tuple(field.name for field in instrument.fields if field not in fields),
    )


def _section(name: str, maker: _Maker, fields: Sequence[InstrumentField]) -> Section:
    return Section(name, tuple(maker.question(field) for field in fields))


def _unused(name: str, names: set[str]) -> str:
    """``name``, with a number where it is taken; added to ``names``."""
    unused = next(c for c in (name, *(f"{name}_{n}" for n in range(2, len(names) + 3))) if c not in names)
    names.add(unused)
    return unused


@dataclass(frozen=True)
class _Maker:
    """Makes questions of an instrument's fields."""

    instrument: Instrument
    projects: Sequence[Project]
    languages: tuple[str, ...]

    def can_be_asked(self, field: InstrumentField) -> bool:
        """Whether there are answers to choose from, or a number or date: an open question is never asked."""
        return field.type != "string" or field.role in ("project", "source_id") or bool(self._categories(field))

    def question(self, field: InstrumentField) -> Question:
        """``field`` as a question."""
        titles = self._worded(field.title, self._status(field))
        if field.role == "source_id":
            return Question(field, "receipt", titles)
        if field.role == "project":
            return self._project(field, titles)
        if field.role == "date":
            return Question(field, "today", titles)
        if field.role == "language":
            return self._language(field, titles)
        if self._categories(field):
            choices = (*self._choices(field), *self._reasons(field))
            return Question(field, "choice", titles, choices, self._list_name(field))
        if field.type == "boolean":
            return Question(field, "choice", titles, (*self._yes_no(), *self._reasons(field)), "boolean")
        return Question(field, "date" if field.type == "date" else "number", titles)

    def _project(self, field: InstrumentField, titles: Wordings) -> Question:
        if len(self.projects) == 1:
            return Question(field, "fixed", titles, self._named_projects(), "projects", self.projects[0].id)
        return Question(field, "choice", titles, self._named_projects(), "projects")

    def _named_projects(self) -> tuple[Choice, ...]:
        status: dict[str, TranslationStatus] = dict.fromkeys(self.languages, "original")
        return tuple(Choice(p.id, self._worded(dict.fromkeys(self.languages, p.name), status)) for p in self.projects)

    def _language(self, field: InstrumentField, titles: Wordings) -> Question:
        if len(self.languages) == 1:
            return Question(field, "fixed", titles, self._choices(field), field.name, self.languages[0])
        choices = tuple(choice for choice in self._choices(field) if choice.text in self.languages)
        return Question(field, "language", titles, choices, field.name)

    def _categories(self, field: InstrumentField) -> list[Category]:
        return self.instrument.categories_of(field)

    def _choices(self, field: InstrumentField) -> tuple[Choice, ...]:
        scale = self.instrument.scales[field.scale] if field.scale else None
        status = (scale.translations if scale else {}) or self._status(field)
        return tuple(Choice(c.value, self._worded(c.label, status)) for c in self._categories(field))

    def _reasons(self, field: InstrumentField) -> tuple[Choice, ...]:
        """Reasons a resident may give; what must be answered has none, and ``not_asked`` is nobody's answer.

        Nothing is declared of their wording: it counts as the questionnaire's own in a language something in it was
        written in, and as a draft elsewhere.
        """
        if field.required:
            return ()
        declared = [scale.translations for scale in self.instrument.scales.values()]
        declared += [source.translations for source in self.instrument.sources.values()]
        status: dict[str, TranslationStatus] = {
            language: "original" if any(d.get(language) == "original" for d in declared) else "draft"
            for language in self.languages
        }
        reasons = [code for code in self.instrument.missing_values if code.reason != NOT_ASKED]
        return tuple(Choice(code.value, self._worded(code.label, status), missing=True) for code in reasons)

    def _yes_no(self) -> tuple[Choice, ...]:
        return (
            Choice("true", own_text("yes", self.languages)),
            Choice("false", own_text("no", self.languages)),
        )

    def _list_name(self, field: InstrumentField) -> str:
        shared = field.scale or field.name
        return f"{shared}_required" if field.scale and field.required else shared

    def _status(self, field: InstrumentField) -> dict[str, TranslationStatus]:
        own = self.instrument.sources[field.source].translations if field.source else {}
        return {**self.instrument.languages, **own}

    def _worded(self, text: dict[str, str], status: dict[str, TranslationStatus]) -> Wordings:
        return wordings(text, self.languages, status)
