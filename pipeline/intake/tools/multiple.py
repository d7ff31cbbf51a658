"""Several answers in one cell: a column of true and false for every option."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

import numpy as np
import pandas as pd

from pipeline.intake.source import Cell, SourceColumn
from pipeline.intake.text import as_text, fold

_MOST_DIFFERENT = 2_000
"""A column with more different cells holds texts, not combinations of options."""
_LONGEST = 2_000
_MOST_OPTIONS = 40
_MOST_COLUMNS = 500


def looks_joined(cells: Iterable[Cell], delimiter: str) -> bool:
    """Whether the different ``cells`` of a column are combinations of a few options: some cell has several, none has
    one twice, and nearly every option comes back in another cell."""
    texts = [as_text(cell) for cell in cells]
    if not may_be_joined(texts) or not any(delimiter in text for text in texts):
        return False
    several = [options_in(text, delimiter) for text in texts]
    n_cells = Counter(option for options in several for option in options)
    again = sum(n > 1 or option in texts for option, n in n_cells.items())
    return (
        any(len(options) > 1 for options in several)
        and all(len(set(options)) == len(options) for options in several)
        and len(n_cells) <= _MOST_OPTIONS
        and again >= 0.8 * len(n_cells)
    )


def may_be_joined(texts: Collection[str]) -> bool:
    """Whether the different cells of a column are few and short enough to be combinations of options."""
    return len(texts) <= _MOST_DIFFERENT and all(len(text) <= _LONGEST for text in texts)


def options_in(text: str, delimiter: str, known: Iterable[str] = ()) -> list[str]:
    """The options in a cell. ``known``: folded options that hold the delimiter themselves."""
    pieces = [piece.strip() for piece in text.split(delimiter)]
    looked_for = frozenset(known)
    longest = max((option.count(delimiter.strip()) + 1 for option in looked_for), default=1)
    options: list[str] = []
    i = 0
    while i < len(pieces):
        n = next(
            (n for n in range(min(longest, len(pieces) - i), 1, -1)
             if fold(delimiter.join(pieces[i : i + n])) in looked_for), 1,
        )  # fmt: skip
        options.append(delimiter.join(pieces[i : i + n]))
        i += n
    return [option for option in options if option]


def with_options(
    columns: tuple[SourceColumn, ...],
    cells_by_row: pd.DataFrame,
    joined: Mapping[int, str],
    known: frozenset[str] = frozenset(),
) -> tuple[tuple[SourceColumn, ...], pd.DataFrame]:
    """``columns`` and their cells, with a column ``question/option`` for every option of the questions in ``joined``.

    Its cells are ``true`` and ``false``, and missing where the question has no answer. ``known``: folded names of
    columns that a crosswalk speaks of; an option that it names has a column also when nobody chose it.
    """
    taken = {fold(name) for column in columns for name in (column.name, *column.codes)}
    made: list[SourceColumn] = []
    cells: dict[int, pd.Categorical] = {}
    first = max((column.position for column in columns), default=-1) + 1
    for column in columns:
        delimiter = joined.get(column.position)
        if delimiter is None:
            continue
        answers = cells_by_row[column.position]
        prefix = f"{fold(column.name)}/"
        named = {name.removeprefix(prefix) for name in known if name.startswith(prefix)}
        chosen = [{fold(o): o for o in options_in(as_text(c), delimiter, named)} for c in answers.cat.categories]
        spelt = {key: option for options in reversed(chosen) for key, option in options.items()}
        options = {key: spelt.get(key, key) for key in sorted({*spelt, *named})}
        for key, option in options.items():
            name = f"{column.name}/{option}"
            if fold(name) in taken or len(made) >= _MOST_COLUMNS:
                continue
            position = first + len(made)
            made.append(SourceColumn(position, column.letter, name, made_from=column.position))
            cells[position] = _chosen(answers, np.array([key in options for options in chosen], dtype=bool))
    if not made:
        return columns, cells_by_row
    more = pd.DataFrame(cells, index=cells_by_row.index)
    return (*columns, *made), pd.concat([cells_by_row, more], axis=1)


def _chosen(answers: pd.Series, chosen: np.ndarray) -> pd.Categorical:
    """True or false for every row of ``answers``, from whether each different cell has the option."""
    codes = np.append(chosen.astype(np.int8), np.int8(-1))[answers.cat.codes.to_numpy()]
    return pd.Categorical.from_codes(codes, categories=pd.Index(["false", "true"], dtype="str"))
