"""The columns of a file, each with what is known of it before it is decided what it is."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.fieldwork.draft.seen import Cells, cells_of
from pipeline.fieldwork.draft.texts import clean
from pipeline.fieldwork.draft.xlsform import Form, FormQuestion
from pipeline.intake.dates import date_order, date_reader
from pipeline.intake.identifiers import is_personal
from pipeline.intake.mapping.evidence import Evidence, evidence_of, says_nothing
from pipeline.intake.personal import personal_data
from pipeline.intake.plan import Plan
from pipeline.intake.problems import place
from pipeline.intake.source import Cell, SourceColumn, SourceTable
from pipeline.intake.text import as_text, fold

_BRACKET = re.compile(r"([A-Za-z]\w*)\[([^\]]*)\]")
_NUMBER_LAST = re.compile(r"(.{2,}?)[_.\- ]?\d{1,3}")
_ROW_ONLY = re.compile(r"\[(.+)\]")


@dataclass(frozen=True)
class Known:
    """One column. ``refused``: code of what makes it personal or free text, empty where nothing does. ``form``: the
    form's question, ``option`` of it where the column is one of several answers. ``counts``: rows by cell, without
    those that the file declares missing."""

    column: SourceColumn
    evidence: Evidence
    cells: Cells
    counts: Mapping[Cell, int]
    refused: str
    form: FormQuestion | None
    option: str
    is_question_of_options: bool

    @property
    def where(self) -> str:
        """How a person finds the column: its letter, and its heading unless that could name somebody."""
        heading = "" if self.column.made_from is not None or is_personal(self.column.name) else clean(self.column.name)
        short = heading if len(heading) <= 60 else f"{heading[:59]}…"
        return " ".join(part for part in (self.column.letter, f"‘{short}’" if short else "") if part)

    @property
    def title(self) -> str:
        """The question's words; of a grid that has no other the row's."""
        text = clean(self.column.label or self.column.name)
        match = _ROW_ONLY.fullmatch(text)
        return match[1].strip() if match else text

    @property
    def names(self) -> list[str]:
        """What the question may be called: the tool's codes first."""
        return [*self.column.codes, self.column.name]

    @property
    def group(self) -> str:
        """What columns of one grid share; empty where nothing says that there is one."""
        for name in self.names:
            if match := _BRACKET.fullmatch(name):
                return match[1]
            if "/" in name and len(name) < 200:
                return name.rpartition("/")[0]
        name = self.column.name
        match = _NUMBER_LAST.fullmatch(name)
        return match[1] if match and not says_nothing(name) else ""


def known_columns(table: SourceTable, form: Form | None) -> list[Known]:
    """Every column of ``table``, in order."""
    problems = personal_data(table, Plan(variables=(), unmapped=table.columns, problems=()))
    refused = {where: problem.code for problem in problems for where in problem.columns}
    parents = {column.made_from for column in table.columns}
    names = {fold(name) for column in table.columns for name in (column.name, *column.codes)}
    with_options = {name.rpartition("/")[0] for name in names if "/" in name}
    found = []
    for evidence in evidence_of(table):
        column = evidence.column
        question, option = _in_form(column, form)
        counts = {
            cell: rows
            for cell, rows in zip(evidence.cells, evidence.counts, strict=True)
            if not column.declares_missing(cell) and fold(as_text(cell)) not in column.not_shown
        }
        own_names = {fold(name) for name in (column.name, *column.codes)}
        found.append(
            Known(
                column, evidence, cells_of(counts, table.format.decimal), counts, refused.get(place(column), ""),
                question, option, column.position in parents or bool(own_names & with_options),
            )
        )  # fmt: skip
    return found


def _in_form(column: SourceColumn, form: Form | None) -> tuple[FormQuestion | None, str]:
    """The form's question that ``column`` answers, and the option it is of it."""
    if form is None:
        return None, ""
    for name in (column.name, *column.codes):
        if question := form.questions.get(fold(name)):
            return question, ""
        before, _, last = name.rpartition("/")
        question = form.questions.get(fold(before)) or form.questions.get(fold(before.rpartition("/")[2]))
        if question is not None and question.type == "select_multiple":
            return question, last
    return None, ""


def pooled_cells(columns: Iterable[Known]) -> dict[int, Counter[Cell]]:
    """How often each cell occurs in a column and in those of the same grid that have mostly the same cells."""
    by_group: dict[str, list[Known]] = defaultdict(list)
    for known in columns:
        by_group[known.group or f"\0{known.column.position}"].append(known)
    pooled: dict[int, Counter[Cell]] = {}
    for group in by_group.values():
        clusters: list[tuple[Counter[Cell], list[int]]] = []
        for known in sorted(group, key=lambda known: -len(known.counts)):
            cells: Counter[Cell] = Counter(dict(known.cells.texts))
            for number, rows in known.cells.numbers.items():
                cells[number] += rows
            alike = next((c for c in clusters if 2 * len(cells.keys() & c[0].keys()) > len(cells)), None)
            if alike is None:
                clusters.append((cells, [known.column.position]))
            else:
                alike[0].update(cells)
                alike[1].append(known.column.position)
        pooled |= {position: cells for cells, positions in clusters for position in positions}
    return pooled


def are_days(known: Known) -> bool:
    """Whether all cells of a column are days, whose order of day and month is known."""
    texts = [cell for cell in known.counts if isinstance(cell, str)]
    if not texts or len(texts) < len(known.counts) or is_personal(" ".join(texts[:1])):
        return False
    read = date_reader(date_order(texts))
    return all(read(text).understood and any(map(str.isdigit, text)) for text in texts)


def is_option(known: Known, different: set[str]) -> bool:
    """Whether a column of yes and no is one of several answers to one question."""
    return "/" in " ".join(known.names) or bool(known.group and different - {"0", "1"})
