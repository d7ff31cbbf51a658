"""Columns whose names say little, taken for variables by their place: as two sequences are aligned.

Between columns that are known, what is left of the file and what is left of the questionnaire are laid side by side in
order, skipping on both sides what has no partner (Needleman and Wunsch 1970, Journal of Molecular Biology 48(3)). Runs
like ``life_1`` to ``life_5`` go with blocks of as many questions; words that a name shares with a question count too.
Every pair found so has to be looked at by somebody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
from rapidfuzz import fuzz, process

from pipeline.declare import Instrument, InstrumentField
from pipeline.intake.mapping.evidence import Evidence
from pipeline.intake.mapping.likeness import Matrix
from pipeline.intake.text import fold

MOST_COLUMNS = 150
"""More columns than this between two known ones say nothing by their order."""
_PAIR, _SAME_RUN, _OTHER_RUN, _WORDS = 0.1, 0.5, -0.3, 0.6
_LIKE_WORD = 80.0


@dataclass(frozen=True)
class Run:
    """Where something stands in a run of things with one stem: its place in it, and how long the run is."""

    place: int
    length: int


def runs(stems: Sequence[str]) -> list[Run]:
    """The run of each of ``stems``: neighbours that are the same; the empty stem is a run of its own."""
    found: list[Run] = []
    for stem, group in groupby(enumerate(stems), key=lambda entry: entry[1] or f"\0{entry[0]}"):
        length = len(list(group))
        found += [Run(place, length) for place in range(length)] if stem else []
    return found


def stem_of(name: str) -> str:
    """What stands before the number of ``name``; empty without a number."""
    match = re.fullmatch(r"(.*?[^\W\d_])[\W_]*\d+[a-z]?", fold(name))
    return match.group(1) if match else ""


def silent(column: Evidence) -> bool:
    """Whether a column has a name alone: a wording that fits nothing tells against every variable."""
    return not column.column.label.strip() and len(column.column.name.split()) == 1


class Places:
    """What pairs of columns and variables are worth by runs and shared words; worked out where it is asked for."""

    def __init__(self, columns: Sequence[Evidence], fields: Sequence[InstrumentField], instrument: Instrument) -> None:
        self._columns = columns
        self._of_columns = runs([stem_of(column.column.name) for column in columns])
        self._of_fields = runs([field.block or stem_of(field.name) for field in fields])
        self._words = [_words_of(field, instrument) for field in fields]
        self.shape = (len(columns), len(fields))

    def scores(self, columns: Sequence[int], fields: Sequence[int]) -> Matrix:
        """The worth of these columns by these variables."""
        score = np.full((len(columns), len(fields)), _PAIR)
        for a, i in enumerate(columns):
            words = [word for word in re.findall(r"[^\W\d_]+", fold(self._columns[i].column.name)) if len(word) > 3]
            for b, j in enumerate(fields):
                score[a, b] += _WORDS * _shared(words, self._words[j])
                if max(self._of_fields[j].length, self._of_columns[i].length) > 1:
                    score[a, b] += _SAME_RUN if self._of_fields[j] == self._of_columns[i] else _OTHER_RUN
        return score


def _words_of(field: InstrumentField, instrument: Instrument) -> set[str]:
    texts = [field.name.replace("_", " "), *field.title.values()]
    texts += [label for category in field.categories for label in category.label.values()]
    texts += [t for c in instrument.constructs if field.name in c.items for t in c.title.values()]
    return {word for text in texts for word in re.findall(r"[^\W\d_]+", fold(text)) if len(word) > 3}


def _shared(words: Sequence[str], known: set[str]) -> float:
    """Share of ``words`` that are known, or a spelling of a known one."""
    if not words:
        return 0.0
    hits = sum(
        word in known or process.extractOne(word, known, scorer=fuzz.ratio, score_cutoff=_LIKE_WORD) is not None
        for word in words
    )
    return hits / len(words)


def align(score: Matrix, possible: Callable[[int, int], bool]) -> list[tuple[int, int]]:
    """The pairs, in order on both sides, whose scores add up to the most; pairs that are not ``possible`` or worth less
    than nothing are not made."""
    n, m = score.shape
    worth = np.full((n, m), -np.inf)
    for i in range(n):
        for j in range(m):
            if score[i, j] > _PAIR and possible(i, j):
                worth[i, j] = score[i, j]
    best = np.zeros((n + 1, m + 1))
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            best[i, j] = max(best[i - 1, j], best[i, j - 1], best[i - 1, j - 1] + worth[i - 1, j - 1])
    pairs, i, j = [], n, m
    while i and j:
        if best[i, j] == best[i - 1, j]:
            i -= 1
        elif best[i, j] == best[i, j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            pairs.append((i, j))
    return pairs[::-1]


def between(
    pairs: Sequence[tuple[int, int]], shape: tuple[int, int], possible: Callable[[int, int], bool]
) -> list[tuple[int, int]]:
    """What is left between two neighbouring ``pairs``, where both sides have as many left and each may be the other.

    Columns that can be none of the variables between the same neighbours do not count.
    """
    found: list[tuple[int, int]] = []
    ends = [(-1, -1), *sorted(pairs), shape]
    for (i0, j0), (i1, j1) in pairwise(ends):
        fields = range(j0 + 1, j1)
        columns = [i for i in range(i0 + 1, i1) if any(possible(i, j) for j in fields)]
        together = list(zip(columns, fields, strict=False))
        if len(columns) == len(fields) and all(possible(i, j) for i, j in together):
            found += together
    return found
