"""What one cell of a closed question is: by its label, its spelling, or another word for the same answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.intake.identifiers import is_personal
from pipeline.intake.mapping.answer_words import AnswerWords
from pipeline.intake.mapping.lines import Certainty
from pipeline.intake.similar import nearest
from pipeline.intake.source import Cell, SourceColumn
from pipeline.intake.text import Mark, fold, number_in

if TYPE_CHECKING:
    from pipeline.intake.mapping.answers import Options

_CODE_AND_LABEL = re.compile(r"\(?\s*([+-]?\d{1,3})\s*(?:[-–.:=)]|\s-)\s*(\D.*)|(\D+?)\s*\(\s*([+-]?\d{1,3})\s*\)")
_LONGEST_SHOWN = 60
_OFTEN_ENOUGH = 5
"""An answer that nobody declared is written down only when so many rows have it: else it might be about one person."""


@dataclass(frozen=True)
class Answer:
    """What a cell means: ``code`` of the instrument, or ``reason`` for none, or neither (not known).

    ``why``: key of a sentence. ``needs_line``: reading the cell as it is would give something else.
    """

    code: float | str | None
    reason: str
    certainty: Certainty
    why: str
    cell: Cell = ""
    label: str = ""
    rows: int = 0
    needs_line: bool = False

    @classmethod
    def meaning(cls, code: float | str, certainty: Certainty, why: str) -> Answer:
        """A cell that is the answer ``code``."""
        return cls(code, "", certainty, why)

    @classmethod
    def missing(cls, reason: str, certainty: Certainty, why: str) -> Answer:
        """A cell that says why there is no answer."""
        return cls(None, reason, certainty, why)

    @classmethod
    def unknown(cls) -> Answer:
        """A cell that is nothing known."""
        return cls(None, "", "check", "unknown")

    def of(self, cell: Cell, label: str, rows: int) -> Answer:
        """This meaning, of ``cell`` that has ``label`` and that ``rows`` rows have."""
        return replace(self, cell=cell, label=label, rows=rows)

    def as_code(self, code: float) -> Answer:
        """The cell taken at its code, where its label is not known."""
        return replace(self, code=code, why="labels_not_known")

    def between(self, code: float) -> Answer:
        """The cell as a number between two codes that the scale allows."""
        return replace(self, code=code, certainty="sure", why="same_code")

    def needing_line(self, needed: bool) -> Answer:
        """The answer, with whether it needs a line."""
        return replace(self, needs_line=needed)

    @property
    def known(self) -> bool:
        """Whether anything is known of the cell."""
        return self.code is not None or bool(self.reason)

    @property
    def may_be_shown(self) -> bool:
        """Whether a cell that no declared answer resembles may stand in a table: short, not personal, and the answer of
        more than a few."""
        text = self.label if isinstance(self.cell, float) else self.cell
        number = self.cell if isinstance(self.cell, float) else None
        short = len(text) <= _LONGEST_SHOWN and not is_personal(text)
        is_code = number is None or (number == int(number) and abs(number) < 1000)
        long_number = sum(map(str.isdigit, text)) > 4
        return short and is_code and not long_number and self.rows >= _OFTEN_ENOUGH


def label_of(cell: Cell, column: SourceColumn, decimal: Mark) -> str:
    """The words of a cell: what the file says its code means, or the text that it is; empty for a bare number."""
    if label := column.value_labels.get(cell, ""):
        return str(label).strip()
    if isinstance(cell, float) or number_in(cell, decimal) is not None:
        return ""
    return cell.strip()


def by_label(text: str, options: Options, words: AnswerWords) -> Answer:
    """The answer that ``text`` is: word for word, a code with its label, another word for it, or a spelling of it."""
    folded = fold(text)
    if found := _exactly(folded, options):
        return found
    if match := _CODE_AND_LABEL.fullmatch(folded):
        number, label = (match.group(1) or match.group(4)), (match.group(2) or match.group(3))
        inner = _exactly(label.strip(), options) or _other_word(label.strip(), options, words)
        if inner:
            agrees = not options.numbers or inner.code == float(number)
            return replace(inner, why="code_and_label", certainty=inner.certainty if agrees else "check")
    return _other_word(folded, options, words) or _spelling(folded, options) or Answer.unknown()


def _exactly(folded: str, options: Options) -> Answer | None:
    if folded in options.labels:
        return Answer.meaning(options.labels[folded], "sure", "same_label")
    if folded in options.reasons:
        return Answer.missing(options.reasons[folded], "sure", "missing_label")
    return None


def _other_word(folded: str, options: Options, words: AnswerWords) -> Answer | None:
    """The one answer that stands in a group of the catalogue with ``folded``."""
    for reason, texts in words.missing.items():
        if folded in texts and reason in options.known_reasons:
            return Answer.missing(reason, "likely", "missing_word")
    alike = words.like(folded)
    meant = {code for label, code in options.labels.items() if label in alike} if alike else set()
    return Answer.meaning(next(iter(meant)), "likely", "other_word") if len(meant) == 1 else None


def _spelling(folded: str, options: Options) -> Answer | None:
    """The answer that ``folded`` is nearly, where only one is near."""
    if len(folded) < 4:
        return None
    near = nearest(folded, {**options.labels})
    if near is None:
        reason = nearest(folded, {**options.reasons})
        return Answer.missing(reason[0], "check", "spelling") if reason else None
    return Answer.meaning(near[0], "check", "spelling")  # proposed, and for a person to accept
