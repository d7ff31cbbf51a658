"""Answers that nobody declared: which cells of a column, or of a grid of columns, are the answers to a closed question.

An answer in words is written down only when several people gave it or its words are customary: what one person wrote is
not for a questionnaire. Codes are numbers of a short row, so the ones in between are answers too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from pipeline.fieldwork.draft.names import code_from
from pipeline.fieldwork.draft.parts import Option
from pipeline.fieldwork.draft.texts import clean
from pipeline.intake.identifiers import is_personal
from pipeline.intake.mapping.answer_words import answer_words
from pipeline.intake.similar import nearest
from pipeline.intake.source import Cell
from pipeline.intake.text import Mark, as_text, fold, number_in

SEVERAL = 5
"""So many people gave an answer that it may be written down."""
_MOST_ANSWERS, _LONGEST_ANSWER, _LONGEST_ON_AVERAGE = 25, 200, 90
_HIGHEST_CODE, _MOST_CODES = 10, 12
_MISSPELT = 88.0
_MOST_IN_BETWEEN = 11
_CODE_WITH_WORDS = (
    re.compile(r"(\d{1,2})\s*[-–—.:=)]\s*(\S.*[^\W\d_].*)"),
    re.compile(r"(\d{1,2})\s*\((.*[^\W\d_].*)\)"),
)


@dataclass(frozen=True)
class Cells:
    """The cells of a column, without those that say why there is none: numbers and texts, and how many rows have
    each. ``missing``: cells that say why, with the reason."""

    numbers: Mapping[float, int]
    texts: Mapping[str, int]
    missing: Mapping[str, str]

    @property
    def n_filled(self) -> int:
        """How many rows have an answer."""
        return sum(self.numbers.values()) + sum(self.texts.values())


def cells_of(counts: Mapping[Cell, int], decimal: Mark) -> Cells:
    """The different cells of a column, parted."""
    numbers: Counter[float] = Counter()
    texts: Counter[str] = Counter()
    missing = {}
    for cell, rows in counts.items():
        number = number_in(cell, decimal)
        if number is not None:
            numbers[number] += rows
        elif reason := reason_of(as_text(cell)):
            missing[as_text(cell)] = reason
        elif as_text(cell):
            texts[as_text(cell)] += rows
    return Cells(numbers, texts, missing)


def reason_of(text: str) -> str:
    """The reason for no answer that ``text`` is a customary word for; empty when it is none."""
    folded = fold(text).replace("_", " ")
    return next((reason for reason, words in answer_words().missing.items() if folded in words), "")


def codes_in(numbers: Mapping[float, int]) -> tuple[float, ...]:
    """The codes of a closed question that ``numbers`` are, in order; none when they are amounts.

    Few small whole numbers that come back. Of those that lie close together, the ones in between are codes as well.
    """
    codes = sorted(numbers)
    whole = all(code == int(code) and 0 <= code <= _HIGHEST_CODE for code in codes)
    if not whole or not 2 <= len(codes) <= _MOST_CODES or sum(numbers.values()) < 2 * len(codes):
        return ()
    low, high = int(codes[0]), int(codes[-1])
    if high - low >= _MOST_IN_BETWEEN:
        return ()
    return tuple(float(code) for code in range(low, high + 1))


def with_words(texts: Mapping[str, int]) -> dict[str, tuple[float, str]]:
    """Code and words of each of ``texts``, such as ``0 - not at all`` and ``10 (all of it)``; of none where one is
    otherwise."""
    found = {}
    for text in texts:
        match = next((m for form in _CODE_WITH_WORDS if (m := form.fullmatch(text.strip()))), None)
        if match is None:
            return {}
        found[text] = (float(match[1]), clean(match[2]))
    return found


def are_answers(texts: Mapping[str, int]) -> bool:
    """Whether ``texts`` are chosen from a list: few, short, most of them by several people, and about nobody."""
    short = all(len(text) <= _LONGEST_ANSWER for text in texts)
    if not texts or len(texts) > _MOST_ANSWERS or not short or any(map(is_personal, texts)):
        return False
    kept = written_down(texts)
    on_average = sum(map(len, texts)) / len(texts)
    chosen = sum(texts[text] for text in kept)
    return len(kept) >= 1 and chosen >= 0.8 * sum(texts.values()) and on_average <= _LONGEST_ON_AVERAGE


def written_down(texts: Mapping[str, int]) -> list[str]:
    """Those of ``texts`` that may stand in a questionnaire."""
    return [text for text, rows in texts.items() if rows >= SEVERAL or is_customary(text)]


def is_customary(text: str) -> bool:
    """Whether ``text`` is an answer that questionnaires have."""
    folded = fold(text)
    return bool(answer_words().like(folded)) or _step(folded) is not None


def options_of_codes(codes: tuple[float, ...], language: str) -> tuple[Option, ...]:
    """Codes whose words nobody knows: the code stands for them."""
    return tuple(Option(code, {language: as_text(code)}) for code in codes)


def options_of_texts(texts: Mapping[str, int], language: str) -> tuple[tuple[Option, ...], bool]:
    """The answers in words, and whether they are numbered from little to much.

    Words whose order is known are numbered; others get a code of letters, since a wrong order would be a wrong score.
    """
    labels = {fold(clean(text)): clean(text) for text in sorted(written_down(texts)) if clean(text)}
    steps = in_order(list(labels))
    if steps:
        return tuple(Option(float(i), {language: labels[text]}) for i, text in enumerate(steps, 1)), True
    taken: set[str] = set()
    return tuple(Option(code_from(text, taken), {language: label}) for text, label in labels.items()), False


def in_order(folded: list[str]) -> list[str]:
    """``folded`` from little to much; empty when the order is not known of every one, or there are fewer than three."""
    if len(folded) < 3:
        return []
    for steps in _orders():
        places = {text: place for text in folded if (place := _place(text, steps)) is not None}
        if len(places) == len(folded) == len(set(places.values())):
            return sorted(folded, key=places.__getitem__)
    return []


def _place(folded: str, steps: tuple[frozenset[str], ...]) -> int | None:
    """The step that ``folded`` is, also where it is misspelt."""
    exactly = next((i for i, words in enumerate(steps) if folded in words), None)
    if exactly is not None:
        return exactly
    near = nearest(folded, {word: i for i, words in enumerate(steps) for word in words}, at_least=_MISSPELT)
    return near[0] if near else None


def _step(folded: str) -> int | None:
    return next((place for steps in _orders() if (place := _place(folded, steps)) is not None), None)


def _words_of(step: str) -> frozenset[str]:
    words = [fold(word) for word in step.split("|")]
    return frozenset(words).union(*(answer_words().like(word) for word in words))


@cache
def _orders() -> tuple[tuple[frozenset[str], ...], ...]:
    """Every known order: at each step the words for it."""
    content = YAML(typ="safe").load(Path(__file__).with_name("orders.yaml"))
    return tuple(tuple(_words_of(step) for step in steps) for steps in content.values())
