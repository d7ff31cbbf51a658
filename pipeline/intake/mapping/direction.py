"""Questions whose answers run against the others of their scale: perhaps the file has them the other way round.

Codes without words do not say which way they run. Where the other questions of a scale do, a question that goes against
all of them, after the reversal the questionnaire declares, is worth a look. Figures of the file as a whole, no answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from pipeline.declare import Instrument
from pipeline.intake.mapping.answers import Answers
from pipeline.intake.source import SourceTable

LEAST_ROWS = 30
AGAINST = -0.3
"""A mean correlation with the other questions below this is no accident of a small file: with 30 rows and three others
its standard error is about 0.1 where there is no relation."""
_LEAST_ITEMS = 3

Numbers = npt.NDArray[np.float64]


def against_their_scale(
    table: SourceTable, instrument: Instrument, found: Mapping[str, tuple[int, Answers]]
) -> set[str]:
    """The variables whose answers run against the others of a scale.

    ``found``: by variable the position of its column and what its answers are. Only codes without labels are doubted.
    """
    numbers = {name: _numbers(table, position, answers) for name, (position, answers) in found.items()}
    doubted = set()
    for construct in instrument.constructs:
        items = [item for item in construct.items if item in numbers]
        if len(items) < _LEAST_ITEMS:
            continue
        signs = {item: -1.0 if instrument.field_named(item).reversed else 1.0 for item in items}
        means = {item: _mean_correlation(item, items, numbers, signs) for item in items}
        doubted |= {item for item in _worst(means) if _without_words(found[item][1])}
    return doubted


def _worst(means: Mapping[str, float]) -> Iterator[str]:
    """Items that go against the others; not where most seem to, for then it cannot be said which side is turned."""
    against = [item for item, mean in means.items() if mean < AGAINST]
    if 2 * len(against) < len(means):
        yield from against


def _without_words(answers: Answers) -> bool:
    return all(not answer.label for answer in answers.meant)


def _numbers(table: SourceTable, position: int, answers: Answers) -> Numbers:
    """The answers of a column as the instrument's codes, row by row; not a number where there is none."""
    cells = table.cells_by_row[position]
    codes = {answer.cell: answer.code for answer in answers.meant if isinstance(answer.code, float)}
    lookup = [codes.get(cell if isinstance(cell, str) else float(cell), np.nan) for cell in cells.cat.categories]
    values: Numbers = np.array([*lookup, np.nan], dtype=float)
    return values[cells.cat.codes.to_numpy()]


def _mean_correlation(item: str, items: list[str], numbers: Mapping[str, Numbers], signs: Mapping[str, float]) -> float:
    """The mean of the correlations with the other items, each turned as the instrument declares; 0 where none can be
    had."""
    found = []
    for other in items:
        both = ~np.isnan(numbers[item]) & ~np.isnan(numbers[other])
        a, b = numbers[item][both], numbers[other][both]
        if other != item and len(a) >= LEAST_ROWS and a.std() > 0 and b.std() > 0:
            found.append(float(np.corrcoef(a, b)[0, 1]) * signs[item] * signs[other])
    return float(np.mean(found)) if found else 0.0
