"""What a column says of itself: the names and the wordings in its heading, and which different cells it has."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from pipeline.intake.source import Cell, SourceColumn, SourceTable
from pipeline.intake.text import fold

MOST_CHARACTERS = 600
"""So much of a heading is looked at."""
_MOST_WORDS = 3
_LONGEST_NAME = 64  # SPSS allows no longer ones
_CODE_FIRST = re.compile(r"([A-Za-z]\w{0,40})(?:\s?\[([^\]]{1,60})\])?\s*[.:]\s+(.+)")
_CODE_AND_SUB = re.compile(r"([A-Za-z]\w*)\s?\[\s?([^\]]{1,60})\]")
_ROW_LAST = re.compile(r"(.*?)\s*\[(.+)\]\s*")
_NUMBERED = re.compile(r"(?:vraag|question|q)?\s?\d{1,3}\s*[.):-]\s+(.+)", re.IGNORECASE)
_WAVE_LAST = re.compile(r"(.+?)[_.-]?(?:(?:19|20)\d\d|[wt]\d)", re.IGNORECASE)
_SUB_IN_R = re.compile(r"[A-Za-z][A-Za-z0-9]*_(\w+)")
"""What LimeSurvey exports for R and SPSS call ``question[sub]``: its own codes have no underscores."""
_TAG = re.compile(r"<[^<>]{1,200}>")
_NOTHING_SAID = re.compile(r"(?:q|v|var|vraag|vr|item|question|kolom|column|field|x)?[_.-]?\d+(?:[_.-]\d+)*[a-z]?")


@dataclass(frozen=True)
class Evidence:
    """One column. ``names``: ``key`` of each code it may go by; ``wordings``: folded texts that may be the question,
    the whole first. ``cells``: its different cells, the most frequent first, with ``counts``, how many rows have each.
    """

    column: SourceColumn
    names: tuple[str, ...]
    wave_names: tuple[str, ...]
    """As ``names``, with a year or the number of a wave left out at the end, or LimeSurvey's question in front."""
    wordings: tuple[str, ...]
    cells: tuple[Cell, ...]
    counts: tuple[int, ...]

    @property
    def filled(self) -> int:
        """How many rows have a cell."""
        return sum(self.counts)


def key(name: str) -> str:
    """``name`` as names are compared: folded, letters and digits alone."""
    return re.sub(r"[\W_]+", "", fold(name))


def says_nothing(name: str) -> bool:
    """Whether a name is but a number, as programs give them (``V12``, ``q3_1``)."""
    return _NOTHING_SAID.fullmatch(fold(name)) is not None


def evidence_of(table: SourceTable) -> tuple[Evidence, ...]:
    """What each column of ``table`` says of itself."""
    return tuple(_of_column(table, column) for column in table.columns)


def _of_column(table: SourceTable, column: SourceColumn) -> Evidence:
    names = list(dict.fromkeys(key(name) for name in _names(column) if key(name)))
    shorter = [key(m.group(1)) for name in _names(column) if (m := _WAVE_LAST.fullmatch(name))]
    if table.format.tool == "limesurvey" and (m := _SUB_IN_R.fullmatch(column.name)):
        shorter.append(key(m.group(1)))
    cells = table.cells_by_row[column.position]
    counts = np.bincount(cells.cat.codes.to_numpy() + 1, minlength=len(cells.cat.categories) + 1)[1:]
    order = [int(i) for i in np.argsort(-counts, kind="stable") if counts[i]]
    different = [cells.cat.categories[i] for i in order]
    return Evidence(
        column=column,
        names=tuple(names),
        wave_names=tuple(name for name in dict.fromkeys(shorter) if name and name not in names),
        wordings=tuple(dict.fromkeys(text for text in map(_bare, _wordings(column)) if text)),
        cells=tuple(cell if isinstance(cell, str) else float(cell) for cell in different),
        counts=tuple(int(counts[i]) for i in order),
    )


def _names(column: SourceColumn) -> list[str]:
    """Codes in the heading: the whole, what stands behind the groups, ``sub`` and ``code_sub`` of ``code[sub]``."""
    found = []
    for raw in (column.name[:MOST_CHARACTERS], *column.codes):
        if match := _CODE_FIRST.fullmatch(raw):
            code, sub = match.group(1), match.group(2)
            found += [sub, f"{code}_{sub}"] if sub else [code]
            continue
        if len(raw.split()) > _MOST_WORDS or len(raw) > _LONGEST_NAME:
            continue
        found.append(raw)
        found += [part for part in (raw.rsplit("/", 1)[-1], raw.rsplit(":", 1)[-1], raw.rsplit(".", 1)[-1]) if part]
        if match := _CODE_AND_SUB.fullmatch(raw):
            found += [match.group(2), f"{match.group(1)}_{match.group(2)}"]
    return found


def _wordings(column: SourceColumn) -> list[str]:
    """Texts in heading and label: the whole, the row of a grid (``question [row]``, ``question - row``), and without a
    code or number before it."""
    texts: list[str] = []
    waiting = [column.label, column.name] if column.label else [column.name]
    for raw in waiting:
        text = " ".join(_TAG.sub(" ", raw[:MOST_CHARACTERS]).split())
        if match := _CODE_FIRST.fullmatch(text):
            text = match.group(3)
        if match := _NUMBERED.fullmatch(text):
            text = match.group(1)
        texts.append(text)
        if (match := _ROW_LAST.fullmatch(text)) and not _CODE_AND_SUB.fullmatch(text):
            texts += [match.group(2), match.group(1)]
        for mark in (" - ", " | ", " > ", ": "):
            if mark in text:
                texts.append(text.rsplit(mark, 1)[1])
    return texts


def _bare(text: str) -> str:
    """A wording without marks around and between its words; empty where it has no words to go by."""
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)*", fold(text))
    return " ".join(words) if len(words) > 1 or any(len(word) > 3 and word.isalpha() for word in words) else ""
