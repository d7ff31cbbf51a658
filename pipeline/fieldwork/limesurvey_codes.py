"""What LimeSurvey can call things: which codes fit, what stands in for those that do not, and the crosswalk back.

LimeSurvey's rules (its model ``Question`` and the table ``answers``): the code of a question starts with a letter and
has letters and digits alone, 20 at most; a subquestion's has letters and digits; an answer's has five at most. What
does not fit is never cut to something that might mean another answer: it gets a code that is none of the instrument's.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from pipeline.declare import CrosswalkRow
from pipeline.fieldwork.form import Form, Question, Section

LONGEST_QUESTION, LONGEST_ANSWER = 20, 5
_RESERVED = frozenset({
    "lang", "sid", "savedid", "token", "qid", "gid", "sgq", "self", "that", "this", "time", "other",
    # columns of its own in an export
    "id", "responseid", "antwoordid", "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp",
    "ipaddr", "refurl",
})  # fmt: skip


@dataclass(frozen=True)
class Array:
    """Questions of one block with the same answers: rows of one table. One question alone is no array."""

    code: str
    questions: tuple[Question, ...]

    @property
    def is_array(self) -> bool:
        """Whether it has rows."""
        return bool(self.code)


@dataclass(frozen=True)
class Codes:
    """LimeSurvey's code of every question, and of every answer of each list of answers."""

    questions: dict[str, str]
    answers: dict[str, dict[str, str]]
    arrays: dict[str, tuple[Array, ...]]
    """By section."""

    def column(self, question: Question) -> str:
        """How an export with codes calls the question's column."""
        own = self.questions[question.name]
        for array in (array for arrays in self.arrays.values() for array in arrays if array.is_array):
            if question in array.questions:
                return f"{array.code}[{own}]"
        return own


def codes_of(form: Form) -> Codes:
    """Codes for everything in ``form``."""
    taken: set[str] = set()
    questions = {question.name: _unused(question.name, taken) for question in form.questions}
    arrays = {section.name: tuple(_arrays(section, taken)) for section in (form.opening, *form.sections)}
    answers: dict[str, dict[str, str]] = {}
    for question in form.questions:
        if question.choices:
            answers.setdefault(question.answers, _answer_codes([choice.text for choice in question.choices]))
    return Codes(questions, answers, arrays)


def _arrays(section: Section, taken: set[str]) -> Iterable[Array]:
    for (kind, _), members in groupby(section.questions, key=lambda q: (q.kind, q.answers)):
        together = tuple(members)
        if kind == "choice" and len(together) > 1:
            yield Array(_unused(section.name, taken), together)
        else:
            yield from (Array("", (question,)) for question in together)


def _unused(name: str, taken: set[str]) -> str:
    """``name`` in letters and digits, with a number behind it where somebody else has it; added to ``taken``."""
    plain = "".join(letter for letter in name if letter.isascii() and letter.isalnum())[:LONGEST_QUESTION]
    if not plain[:1].isalpha() or plain.lower() in _RESERVED:
        plain = f"q{plain}"[:LONGEST_QUESTION]
    code, number = plain, 1
    while code.lower() in taken:
        number += 1
        code = f"{plain[: LONGEST_QUESTION - 3]}x{number}"
    taken.add(code.lower())
    return code


def _answer_codes(values: list[str]) -> dict[str, str]:
    """A code for each of ``values``: itself where it fits, else ``A`` and a number."""
    codes = {value: value for value in values if fits(value)}
    others = (code for n in range(1, 1000) if (code := f"A{n}") not in codes)
    return {value: codes.get(value) or next(others) for value in values}


def fits(value: str) -> bool:
    """Whether ``value`` can be the code of an answer."""
    return 0 < len(value) <= LONGEST_ANSWER and value.isascii() and value.isalnum()


def crosswalk_of(form: Form) -> list[CrosswalkRow]:
    """What has to be told to whoever reads an export with codes: the names and answers that did not fit."""
    codes, rows = codes_of(form), []
    for question in form.questions:
        column = codes.column(question)
        changed = [(code, c.text) for c in question.choices if (code := _code(codes, question, c.text))]
        if question.name == column.rpartition("[")[2].rstrip("]") and not changed:
            continue
        rows.append(CrosswalkRow(var_name_orig=column, var_name_target=question.name))
        for code, choice in changed if question.kind != "fixed" else []:
            rows.append(
                CrosswalkRow(
                    var_name_orig=column, val_label_orig=code, var_name_target=question.name,
                    val_label_target=choice,
                )
            )  # fmt: skip
    return rows


def _code(codes: Codes, question: Question, value: str) -> str:
    """LimeSurvey's code of the answer ``value``; empty where it is the answer's own."""
    code = codes.answers[question.answers][value]
    return "" if code == value else code


def crosswalk_csv(rows: Iterable[CrosswalkRow]) -> bytes:
    """``rows`` as the CSV file that ``--crosswalk`` reads."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(CrosswalkRow.model_fields), lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.model_dump() for row in rows)
    return text.getvalue().encode("utf-8")
