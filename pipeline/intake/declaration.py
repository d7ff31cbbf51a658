"""The declaration of a wave as people fill it in: a sheet of the delivery workbook, or a form; and its text.

What may stand in a declaration is said by its model (``declare/wave.py``) alone; here cells become its keys, and what
the model finds is told by cell.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.declare import DeclarationError, Wave
from pipeline.declare.documents import Document, Read, validate
from pipeline.declare.problems import Finding, Problem, Step, found
from pipeline.intake.problems import UnreadableError
from pipeline.intake.reading.read import read_grid
from pipeline.intake.reading.zip_guard import members_of, unpacked
from pipeline.intake.source import Cell, Grid, Received
from pipeline.intake.table import Bounds
from pipeline.intake.text import as_text, fold
from pipeline.intake.words import LANGUAGES, catalogue
from pipeline.spreadsheets import plain

Place = tuple[Step, ...]
_MOST_ABOUT = 10_000_000
"""Bytes of the part of a workbook that names its sheets."""
_SHEET_NAME = re.compile(rb"""(?:<(?:\w+:)?sheet\b[^>]*?\bname|table:name)\s*=\s*["']([^"']*)["']""")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?: 00:00:00)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
_YES, _NO = frozenset({"ja", "yes", "j", "y", "x", "true", "1"}), frozenset({"nee", "no", "n", "false", "0"})


@dataclass(frozen=True)
class _SheetDocument(Document):
    """A declaration whose parts stand in cells: problems name the cell (``Golf!B7``) as spreadsheets do."""

    sheet: str = ""
    cells: Mapping[Place, str] = field(default_factory=dict)

    def cell_of(self, location: Place) -> str:
        """The cell of the deepest part of ``location`` that has one."""
        for length in range(len(location), 0, -1):
            if location[:length] in self.cells:
                return f"{self.sheet}!{self.cells[location[:length]]}"
        return self.sheet

    def problem(self, finding: Finding) -> Problem:
        """``finding`` at its cell."""
        code, details = finding.code, finding.details
        if code in ("key_missing", "nothing_in_it") or (code == "text_length" and not self._value(finding.location)):
            code, details = "cell_empty", {}
        return Problem(self.path, None, self.cell_of(finding.location), code, details)

    def _value(self, location: Place) -> Any:
        value = self.content
        for step in location:
            value = value.get(step) if isinstance(value, Mapping) else None
        return value


def is_delivery_workbook(received: Received) -> bool:
    """Whether ``received`` is a workbook with the sheets that a template has: one for the wave, one for the answers."""
    names = {fold(name) for name in _sheet_names(received)}
    return any({fold(wave), fold(answers)} <= names for wave, answers in _sheets())


def declaration_from_workbook(received: Received, bounds: Bounds) -> bytes:
    """The ``wave.yaml`` that the sheet about the wave amounts to, as UTF-8.

    Raises ``DeclarationError`` with every problem of the sheet, each at its cell.
    """
    wave = wave_from_workbook(received, bounds).declaration
    return declaration_text(wave.model_dump(mode="python", exclude_none=True, exclude_defaults=True)).encode("utf-8")


def wave_from_workbook(received: Received, bounds: Bounds) -> Read[Wave]:
    """The same as a declaration that was read, so that later problems can name a cell too.

    Raises ``DeclarationError``.
    """
    path, names = Path(received.name), {fold(name): name for name in _sheet_names(received)}
    pairs = [pair for pair in _sheets() if fold(pair[0]) in names]
    if not pairs:
        raise DeclarationError([Problem(path, None, "", "sheet_unreadable", {"name": _sheets()[0][0]})])
    sheet, answers = names[fold(pairs[0][0])], names.get(fold(pairs[0][1]), pairs[0][1])
    try:
        grid, _ = read_grid(received, bounds, sheet=sheet)
    except UnreadableError:
        raise DeclarationError([Problem(path, None, sheet, "sheet_unreadable", {"name": sheet})]) from None
    filled = _Filled()
    for row in _rows(grid):
        filled.take(row)
    content = filled.content | {"responses": f"responses.{grid.format.kind}"}
    content |= {"sheet": answers} if grid.format.kind == "xlsx" else {}
    document = _SheetDocument(path, "", content, sheet, filled.cells)
    before = [document.problem(finding) for finding in filled.findings]
    try:
        wave = validate(document, Wave)
    except DeclarationError as error:
        raise DeclarationError(_in_order([*before, *error.problems])) from None
    if before:
        raise DeclarationError(_in_order(before))
    return Read(document, wave)


def declaration_text(fields: Mapping[str, Any]) -> str:
    """A ``wave.yaml`` of ``fields``, named as the model names them, in its order; what is empty is left out."""
    content = {key: fields[key] for key in Wave.model_fields if fields.get(key) not in (None, "", [], {})}
    text = io.StringIO()
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style, writer.allow_unicode, writer.width = False, True, 120
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    writer.dump(_plain(content), text)
    return text.getvalue()


def _plain(value: Any) -> Any:
    """``value`` in lists, mappings and plain values."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value


def _in_order(problems: list[Problem]) -> list[Problem]:
    """Every problem once, from the top of the sheet down."""
    once = {(problem.key, problem.code): problem for problem in problems}
    return sorted(once.values(), key=lambda problem: int(re.sub(r"\D", "", problem.key.rpartition("!")[2]) or 0))


def _sheets() -> list[tuple[str, str]]:
    """The names of the two sheets in each language."""
    texts = catalogue()["fieldwork"]
    return [(texts[language]["sheet_wave"], texts[language]["sheet_answers"]) for language in LANGUAGES]


def _sheet_names(received: Received) -> list[str]:
    """The names of a workbook's sheets; none for anything else."""
    if not received.data.startswith(b"PK"):
        return []
    try:
        members = {member.filename: member for member in members_of(received.data)}
        member = members.get("xl/workbook.xml") or members.get("content.xml")
        text = b"".join(unpacked(received.data, member, _MOST_ABOUT)) if member else b""
    except UnreadableError:
        return []
    return [name.decode("utf-8", "replace") for name in _SHEET_NAME.findall(text)]


@dataclass(frozen=True)
class _Row:
    """A row of the sheet: its number, what is filled in under which letter, and the label before it."""

    number: int
    label: str
    value: Cell | None


def _rows(grid: Grid) -> Iterator[_Row]:
    """The rows below the title; columns A and B."""
    by_letter = {column.letter: column.position for column in grid.columns}
    cells = grid.cells_by_row
    for number in cells.index:
        values = [cells.at[number, by_letter[letter]] if letter in by_letter else None for letter in "AB"]
        label, value = (cell if isinstance(cell, str | float) and cell == cell else None for cell in values)
        yield _Row(int(number), "" if label is None else plain(as_text(label)), value)


@cache
def _labels() -> dict[str, str]:
    """The key of each label, in both languages."""
    labels: dict[str, str] = {}
    for texts in (catalogue()["fieldwork"][language] for language in LANGUAGES):
        for key, entry in texts["fields"].items():
            if key != "language":
                labels[fold(entry["label"])] = key
        labels[fold(texts["projects_heading"]["label"])] = "projects"
    for code, names in catalogue()["questionnaire_languages"].items():
        for language in LANGUAGES:
            label = catalogue()["fieldwork"][language]["fields"]["language"]["label"]
            labels[fold(label.format(name=names[language]))] = f"language_{code}"
    return labels


@dataclass
class _Filled:
    """What was filled in: the declaration's content, the cell of each part, and what cannot be understood at all."""

    content: dict[str, Any] = field(
        default_factory=lambda: {"fieldwork": {}, "mode": [], "languages": [], "projects": {}}
    )
    cells: dict[Place, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    in_projects: bool = False

    def take(self, row: _Row) -> None:
        """Take over one row."""
        key = _labels().get(fold(row.label), "")
        if key == "projects":
            self.in_projects = True
            self.cells["projects",] = f"A{row.number + 1}"
        elif self.in_projects:
            self._project(row)
        elif key.startswith(("mode_", "language_")):
            self._tick(key, row)
        elif key in ("start", "end"):
            self._put(("fieldwork", key), row, _day(row.value))
        elif key.startswith("title_"):
            self._put(("title", key.removeprefix("title_")), row, _text(row.value))
        elif key:
            self._put((key,), row, _text(row.value))

    def _put(self, place: Place, row: _Row, value: Any) -> None:
        self.cells[place] = f"B{row.number}"
        for length in range(1, len(place)):
            self.cells.setdefault(place[:length], f"B{row.number}")
        if value in (None, ""):
            return
        inside = self.content
        for step in place[:-1]:
            inside = inside.setdefault(str(step), {})
        inside[str(place[-1])] = value

    def _tick(self, key: str, row: _Row) -> None:
        kind, _, name = key.partition("_")
        listed: list[str] = self.content["mode" if kind == "mode" else "languages"]
        place: Place = ("mode" if kind == "mode" else "languages",)
        self.cells.setdefault(place, f"B{row.number}")
        answer = fold(_text(row.value))
        if answer in _YES:
            self.cells[*place, len(listed)] = f"B{row.number}"
            listed.append(name)
        elif answer and answer not in _NO:
            expected = [catalogue()["fieldwork"][language][name] for language in LANGUAGES for name in ("yes", "no")]
            self.cells[*place, key] = f"B{row.number}"
            details = {"found": found(_text(row.value)), "expected": expected}
            self.findings.append(Finding((*place, key), "choice_expected", details))

    def _project(self, row: _Row) -> None:
        name = row.label.strip()
        if not name:
            if row.value is not None:
                self.cells["projects", f"\0{row.number}"] = f"A{row.number}"
                self.findings.append(Finding(("projects", f"\0{row.number}"), "cell_empty"))
            return
        if name in self.content["projects"]:
            self.cells["projects", f"\0{row.number}"] = f"A{row.number}"
            self.findings.append(Finding(("projects", f"\0{row.number}"), "twice", {"found": found(name)}))
            return
        invited = _number(row.value)
        self.content["projects"][name] = {} if invited is None else {"invited": invited}
        self.cells["projects", name] = f"A{row.number}"
        self.cells["projects", name, "invited"] = f"B{row.number}"


def _text(cell: Cell | None) -> str:
    return "" if cell is None else plain(as_text(cell)).strip()


def _number(cell: Cell | None) -> int | float | str | None:
    """A whole number where there is one; else what stands there, for the model to refuse."""
    if isinstance(cell, float):
        return int(cell) if cell == int(cell) else cell
    text = _text(cell)
    return int(text) if re.fullmatch(r"\d{1,9}", text) else (text or None)


def _day(cell: Cell | None) -> str:
    """A date as ISO text; what is none as it stands, for the model to refuse."""
    text = _text(cell)
    if match := _ISO.fullmatch(text):
        year, month, day = match.groups()
    elif match := _DAY_FIRST.fullmatch(text):
        day, month, year = match.groups()
    else:
        return text
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return text
