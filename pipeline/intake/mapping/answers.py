"""What the answers of a column are in the instrument's own codes: by label, by code, and as a whole.

Codes are never judged one by one: 1 to 4 of a scale that begins at 0 would pass for 1 to 4 of one that begins at 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.declare import Instrument, InstrumentField, Registry, Wave
from pipeline.declare.names import NOT_ASKED
from pipeline.intake.mapping.answer_words import AnswerWords, answer_words
from pipeline.intake.mapping.evidence import Evidence
from pipeline.intake.mapping.lines import Certainty, Why
from pipeline.intake.mapping.meanings import Answer, by_label, label_of
from pipeline.intake.source import Cell
from pipeline.intake.text import Mark, fold, number_in
from pipeline.intake.values import Outcome, cell_reader, field_reader

MOST_VALUES = 40
"""A column with more different answers than this is no closed question."""
_LETTERED = re.compile(r"([A-Za-z]{1,3})_?0*(\d{1,2})")
_ENOUGH = 200
"""So many different answers tell whether a column fits."""
_EMPTY_FITS = 0.3
"""An empty column gives way to one that is nearly as alike and has answers."""
_CLOSED = 0.5
"""Where fewer rows than this hold a known answer, none of the others is written down."""


@dataclass(frozen=True)
class Options:
    """The answers that a field has: ``codes`` in order, every label of each, and the reasons for none."""

    codes: tuple[float | str, ...]
    labels: Mapping[str, float | str]
    """Folded label to code; a label of two codes is left out."""
    reasons: Mapping[str, str]
    """Folded label to reason."""
    missing_codes: Mapping[float, str]
    known_reasons: frozenset[str]

    @property
    def numbers(self) -> list[float]:
        """The codes that are numbers, in order."""
        return sorted(code for code in self.codes if isinstance(code, float))


@dataclass(frozen=True)
class Answers:
    """The answers of a column, for one field.

    ``fit``: share of the filled cells that are an answer to the field, or a reason for none. ``meant``: what each
    different cell is, for a closed field. ``certainty``: how sure the answers as a whole allow a line to be.
    """

    fit: float
    meant: tuple[Answer, ...] = ()
    certainty: Certainty = "sure"
    why: tuple[Why, ...] = ()


def options_of(field: InstrumentField, instrument: Instrument, registry: Registry, wave: Wave | None) -> Options | None:
    """The answers that ``field`` has; ``None`` when it is no closed question."""
    named: list[tuple[float | str, list[str]]] = []
    if field.role == "project":
        projects = [p for p in registry.projects if wave is None or p.id in wave.projects]
        named = [(project.id, [project.id, project.name]) for project in projects]
    elif categories := instrument.categories_of(field):
        for category in categories:
            code = category.value if isinstance(category.value, str) else float(category.value)
            own = [code] if isinstance(code, str) else []
            named.append((code, [*own, *category.label.values()]))
    elif field.role == "language":
        named = [(language, [language]) for language in instrument.languages]
    if not named:
        return None
    labels: dict[str, set[float | str]] = {}
    for code, texts in named:
        for text in texts:
            labels.setdefault(fold(text), set()).add(code)
    missing = instrument.missing_values
    return Options(
        codes=tuple(code for code, _ in named),
        labels={text: next(iter(codes)) for text, codes in labels.items() if len(codes) == 1},
        reasons={fold(label): one.reason for one in missing for label in one.label.values()},
        missing_codes={float(one.value): one.reason for one in missing if not isinstance(one.value, str)},
        known_reasons=frozenset({NOT_ASKED, *(one.reason for one in missing)}),
    )


def answers_of(
    column: Evidence, field: InstrumentField, instrument: Instrument, *, decimal: Mark, wave: Wave | None,
    registry: Registry,
) -> Answers:  # fmt: skip
    """What the answers of ``column`` are as answers to ``field``."""
    if field.role == "source_id":
        return _identifier(column)
    if not column.filled:
        return Answers(_EMPTY_FITS, certainty="likely", why=(Why("no_answers"),))
    read = field_reader(field, instrument, decimal=decimal, wave=wave, registry=registry)
    direct = cell_reader(read, column.column, (), decimal)
    options = options_of(field, instrument, registry, wave)
    if options is None:
        return _open(column, direct)
    if len(column.cells) > MOST_VALUES:
        looked_at = replace(column, cells=column.cells[:_ENOUGH], counts=column.counts[:_ENOUGH])
        matched = _share(looked_at, [direct(cell).understood for cell in looked_at.cells])
        return Answers(matched, certainty="check", why=(Why("too_many_answers", {"n": len(column.cells)}),))
    return _closed(column, options, direct, decimal, is_project=field.role == "project")


def _identifier(column: Evidence) -> Answers:
    """The source's own id: hardly a value twice."""
    unique = len(column.cells) / column.filled if column.filled else 0.0
    return Answers(1.0 if unique > 0.9 else unique * 0.5, certainty="sure" if unique > 0.9 else "check")


def _open(column: Evidence, direct: Any) -> Answers:
    fit = _share(column, [direct(cell).understood for cell in column.cells])
    if fit >= 0.9:
        return Answers(fit, why=() if fit == 1 else (Why("some_outside", {"percent": _percent(1 - fit)}),))
    return Answers(fit, certainty="check", why=(Why("answers_do_not_fit", {"percent": _percent(1 - fit)}),))


def _share(column: Evidence, which: Sequence[bool]) -> float:
    return sum(n for n, yes in zip(column.counts, which, strict=True) if yes) / max(column.filled, 1)


def _percent(share: float) -> int:
    return max(round(100 * share), 1)


def _closed(column: Evidence, options: Options, direct: Any, decimal: Mark, *, is_project: bool) -> Answers:
    """The answers of a closed question: labels first, then the codes that have none, all together."""
    observed = dict(zip(column.cells, column.counts, strict=True))
    declared = [cell for cell in column.column.value_labels if cell not in observed][: MOST_VALUES - len(observed)]
    cells: list[Cell] = [*column.cells, *declared]
    labels = {cell: label_of(cell, column.column, decimal) for cell in cells}
    texts = {text for text in labels.values() if text}
    meant = {cell: by_label(text, options, answer_words()) for cell, text in labels.items() if text}
    bare = [cell for cell in cells if not labels[cell]]
    meant |= _by_lettered_code([cell for cell in _texts_only(cells, labels) if not meant[cell].known], options)
    meant |= _by_code(bare, options, decimal, answer_words(), is_project=is_project)
    answers = []
    for cell in cells:
        answer = meant[cell].of(cell, labels[cell], observed.get(cell, 0))
        number = number_in(cell, decimal)
        if not answer.known and number is not None and number in options.codes and texts:
            answer = answer.as_code(number)  # the label says nothing we know, the code is one of the scale
        now = direct(cell)
        if not answer.known and not labels[cell] and now.understood and isinstance(now.value, float):
            answer = answer.between(now.value)  # a step between two codes, where the scale has steps
        answers.append(_with_line(answer, now))
    answers = _told_reversed(answers, options, decimal)
    fit = 1 - sum(answer.rows for answer in answers if not answer.known) / max(column.filled, 1)
    closed = fit >= _CLOSED or is_project  # else what stands in it may be anything, also what people wrote
    kept = tuple(answer for answer in answers if answer.known or (closed and answer.may_be_shown))
    return _judged(fit, kept, answers)


def _told_reversed(answers: list[Answer], options: Options, decimal: Mark) -> list[Answer]:
    """``answers``, saying so where the labels of codes run the other way than the instrument's."""
    ends = options.numbers
    coded = {a.cell: (number_in(a.cell, decimal), a.code) for a in answers if a.label and isinstance(a.code, float)}
    both = [(number, code) for number, code in coded.values() if number is not None and isinstance(code, float)]
    if len(both) < 2 or not all(number + code == ends[0] + ends[-1] for number, code in both):
        return answers
    return [replace(a, why="reversed_labels") if a.cell in coded and a.needs_line else a for a in answers]


def _with_line(answer: Answer, now: Outcome) -> Answer:
    """``answer``, saying whether a line is needed: not where reading the cell as it is gives the same."""
    if answer.reason:
        same = now.understood and now.value is None and now.reason == answer.reason
    else:
        same = answer.known and now.understood and now.value == answer.code
    return answer.needing_line(not same)


def _judged(fit: float, kept: tuple[Answer, ...], answers: Sequence[Answer]) -> Answers:
    """How sure the answers allow the column's line to be, and what is worth saying of them."""
    asked = [answer for answer in answers if answer.rows]
    why: list[Why] = []
    certainty: Certainty = "sure"
    for key in ("reversed_labels", "shifted", "labels_not_known", "code_by_order"):
        if any(answer.why == key for answer in asked):
            why.append(Why(key))
            certainty = "check" if key in ("shifted", "labels_not_known", "code_by_order") else certainty
    if fit < 0.9:
        why.append(Why("answers_do_not_fit", {"percent": _percent(1 - fit)}))
        certainty = "check"
    elif fit < 1:
        why.append(Why("some_outside", {"percent": _percent(1 - fit)}))
        certainty = "check" if certainty == "check" else "likely"
    return Answers(fit, kept, certainty, tuple(why))


def _by_code(
    cells: Sequence[Cell], options: Options, decimal: Mark, words: AnswerWords, *, is_project: bool
) -> dict[Cell, Answer]:
    """What codes without a label are. Numbers are looked at together, texts are codes of named answers or nothing."""
    numbers = {cell: number for cell in cells if (number := number_in(cell, decimal)) is not None}
    found: dict[Cell, Answer] = {cell: Answer.unknown() for cell in cells}
    if not numbers or is_project:
        return found
    codes, low = options.numbers, min(options.numbers, default=0.0)
    shift = _shift(set(numbers.values()) - set(options.missing_codes), codes, words)
    for cell, number in numbers.items():
        if shift and number + shift in codes:
            found[cell] = Answer.meaning(number + shift, "check", "shifted")
        elif number in options.missing_codes:
            found[cell] = Answer.missing(options.missing_codes[number], "sure", "missing_code")
        elif number in options.codes:
            found[cell] = Answer.meaning(number, "sure", "same_code")
        elif not codes:
            found[cell] = _of_named(number, set(numbers.values()), options, words)
        elif reason := _customary(number, words, options):
            gap = number < low - 1 or number > codes[-1] + 1 or number < 0
            found[cell] = Answer.missing(reason, "likely" if gap else "check", "customary_code")
    return found


def _texts_only(cells: Sequence[Cell], labels: Mapping[Cell, str]) -> list[str]:
    """The cells that are texts and no numbers."""
    return [cell for cell in cells if isinstance(cell, str) and labels[cell]]


def _by_lettered_code(cells: Sequence[str], options: Options) -> dict[Cell, Answer]:
    """Codes like ``A1`` to ``A5`` that survey tools give by themselves: the place in the order, to be checked."""
    matches = {cell: _LETTERED.fullmatch(cell.strip()) for cell in cells}
    stems = {match.group(1).casefold() if match else "" for match in matches.values()}
    if len(stems) != 1 or "" in stems:
        return {}
    places = {cell: int(match.group(2)) for cell, match in matches.items() if match}
    codes: Sequence[float | str] = options.numbers or options.codes
    if not all(1 <= place <= len(codes) for place in places.values()):
        return {}
    return {cell: Answer.meaning(codes[place - 1], "check", "code_by_order") for cell, place in places.items()}


def _shift(numbers: set[float], codes: Sequence[float], words: AnswerWords) -> float:
    """How far the numbers stand from the codes, as 0 to 4 do from 1 to 5; 0 where they do not, or cannot be told."""
    if len(codes) < 3 or not numbers:
        return 0.0
    customary = {code for group in words.missing_codes.values() for code in group}
    inside = {n for n in numbers if codes[0] - 1 <= n <= codes[-1] + 1}
    if numbers - inside - customary:
        return 0.0
    if codes[0] - 1 in inside and codes[-1] not in inside and codes[0] - 1 >= 0:
        return 1.0
    whole = {code + 1 for code in codes}
    return -1.0 if codes[0] == 0 and codes[0] not in inside and whole == inside else 0.0


def _customary(number: float, words: AnswerWords, options: Options) -> str:
    """The reason that a code outside the scale customarily stands for; empty when it stands for none."""
    for reason, customary in words.missing_codes.items():
        if number in customary and reason in options.known_reasons:
            return str(reason)
    return ""


def _of_named(number: float, numbers: set[float], options: Options, words: AnswerWords) -> Answer:
    """A number for a named answer: 0 and 1 for no and yes, else the place in the order, which somebody has to check."""
    yes_no = [by_label(word, options, words).code for word in ("yes", "no")]
    is_yes_no = None not in yes_no and len(options.codes) == 2
    if is_yes_no and numbers <= {0.0, 1.0}:
        code = yes_no[0] if number == 1 else yes_no[1]
        return Answer.meaning(code, "likely", "zero_one") if code is not None else Answer.unknown()
    if number == int(number) and 1 <= number <= len(options.codes) and max(numbers) < 100:
        return Answer.meaning(options.codes[int(number) - 1], "check", "code_by_order")
    if reason := _customary(number, words, options):
        return Answer.missing(reason, "check", "customary_code")
    return Answer.unknown()
