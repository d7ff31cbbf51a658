"""Personal data that must not come in: found by what a column is called and by what stands in it.

What leads to a person is refused wherever it would be stored: in a column that no variable is had from, the column as a
whole; in one that answers a closed question, the single cells. An id that the survey tool gave (a response id, a UUID)
leads back to the person for whoever has that tool: it may come in only as the source's id, which ``recode`` hashes and
which is needed to find the same person twice; any other such column serves nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from pipeline.intake.identifiers import Identifier, identifier_in, is_personal
from pipeline.intake.personal.content import Cells, is_a_remark, kind_of_cells, two_coordinates
from pipeline.intake.personal.headings import Kind, kind_of_heading
from pipeline.intake.plan import Plan
from pipeline.intake.problems import Problem, place
from pipeline.intake.source import SourceColumn, SourceTable
from pipeline.intake.text import as_text, fold

CODES: dict[Kind, str] = {
    "name": "personal_name", "email": "personal_email", "phone": "personal_phone", "bsn": "personal_bsn",
    "number": "personal_number", "address": "personal_address", "birth_date": "personal_birth_date",
    "ip": "personal_ip", "device": "personal_device", "response_id": "personal_response_id",
    "account": "personal_account", "location": "personal_location", "free_text": "free_text",
}  # fmt: skip
"""Code of the problem by kind."""

_YES_OR_NO = frozenset({"0", "1", "true", "false", "yes", "no", "ja", "nee", "y", "n", "j", "x", "checked", "waar"})
_ENOUGH_CELLS, _SOME = 5, 0.3
_ENOUGH_ROWS = 10
"""In a file of fewer rows one or two sentences may be answers."""


def personal_cells(categories: Iterable[Any]) -> np.ndarray[Any, Any]:
    """Which of a column's different cells hold an e-mail address, a telephone, IP or account number."""
    return np.array([isinstance(cell, str) and is_personal(cell) for cell in categories], dtype=bool)


def personal_data(table: SourceTable, plan: Plan) -> list[Problem]:
    """One problem per column with personal data, its cells nowhere shown; coordinates in two columns are one."""
    mapped = {v.column.position: v.field for v in plan.variables if v.column is not None}
    problems = []
    # a column made of joined answers has an answer in its name, and what it was made of is looked at itself
    for column in (column for column in table.columns if column.made_from is None):
        field = mapped.get(column.position)
        if field is not None and field.role != "source_id":
            found = _in_answers(table, column, field.name)
        else:
            found = _in_column(table, column, is_source_id=field is not None)
        problems += [found] if found else []
        if any(map(is_personal, (column.label, *column.value_labels.values()))):
            problems.append(Problem("personal_labels", (place(column),), sheet=table.format.sheet))
    told = {where for problem in problems for where in problem.columns}
    return problems + _coordinates(
        table, [c for c in table.columns if c.position not in mapped and place(c) not in told]
    )


def _in_answers(table: SourceTable, column: SourceColumn, variable: str) -> Problem | None:
    """Single cells, in a column that answers a question. When they are most of it the column is not what it is mapped
    as, and is refused."""
    rows, kind = _identified(table, column)
    if kind is None:
        return None
    filled = int(table.cells_by_row[column.position].notna().sum())
    code = CODES[kind] if 2 * len(rows) > filled and filled > 2 else "personal_cell"
    return Problem(code, (place(column),), rows, len(rows), variable, table.format.sheet)


def _in_column(table: SourceTable, column: SourceColumn, *, is_source_id: bool) -> Problem | None:
    """The column as a whole, by its heading or what stands in it; only a tool's ids are welcome as the source's id."""
    rows, by_cell = _identified(table, column)
    kind: Kind | None = by_cell or (identifier_in(column.name) if column.name else None)
    if kind is None and not _says_yes_or_no(table, column):
        kind = kind_of_heading(column.name) or kind_of_heading(column.label)
        kind = None if is_source_id and kind == "response_id" else kind
    cells = Cells.of(table.cells_by_row[column.position])
    if kind == "free_text" and not any(" " in text for text in cells.texts):
        kind = None  # a code of one word, or nothing at all, is no remark
    if kind is None:
        kind = kind_of_cells(cells) or _few_remarks(table, column, cells)
        kind = None if is_source_id and kind in ("response_id", "free_text") else kind
    if kind is None:
        return None
    filled = int(table.cells_by_row[column.position].notna().sum())
    return Problem(CODES[kind], (place(column),), rows, len(rows) or filled, sheet=table.format.sheet)


def _few_remarks(table: SourceTable, column: SourceColumn, cells: Cells) -> Kind | None:
    """``free_text`` where a column is empty but for one or two sentences, that its heading does not have as an option
    that was chosen once."""
    remarks = 0 < cells.n_filled == cells.n_different <= 2 and all(map(is_a_remark, cells.texts))
    few = remarks and len(table.cells_by_row) >= _ENOUGH_ROWS
    options = fold(f"{column.name} {column.label}")
    return "free_text" if few and not any(fold(text) in options for text in cells.texts) else None


def _says_yes_or_no(table: SourceTable, column: SourceColumn) -> bool:
    """Whether cells say no more than yes or no: *by e-mail*, ticked, is no address."""
    different = {as_text(cell).casefold() for cell in table.cells_by_row[column.position].cat.categories}
    return bool(different) and different <= _YES_OR_NO


def _identified(table: SourceTable, column: SourceColumn) -> tuple[tuple[int, ...], Identifier | None]:
    """Rows with a cell that leads to a person, and the kind that most different ones are."""
    cells = table.cells_by_row[column.position]
    kinds = [identifier_in(cell) if isinstance(cell, str) else None for cell in cells.cat.categories]
    bare = [i for i, kind in enumerate(kinds) if kind == "phone" and cells.cat.categories[i].strip().isdecimal()]
    if len(kinds) >= _ENOUGH_CELLS and len(bare) < _SOME * len(kinds):
        # among so many that are none, ten digits are a code that happens to begin with 0
        kinds = [None if i in set(bare) else kind for i, kind in enumerate(kinds)]
    counted = Counter(kind for kind in kinds if kind)
    if not counted:
        return (), None
    marked = np.array([kind is not None for kind in kinds] + [False])
    rows = cells.index[marked[cells.cat.codes.to_numpy()]]
    return tuple(int(row) for row in rows), counted.most_common(1)[0][0]


def _coordinates(table: SourceTable, columns: list[SourceColumn]) -> list[Problem]:
    """Two columns that together are places on the map."""
    texts = [Cells.of(table.cells_by_row[column.position]).texts for column in columns]
    both = two_coordinates(texts)
    if both is None:
        return []
    places = tuple(place(columns[i]) for i in both)
    return [Problem("personal_location", places, sheet=table.format.sheet, count=len(table.cells_by_row))]


__all__ = ["CODES", "personal_cells", "personal_data"]
