"""Personal data in a workbook outside the sheet with answers: all of the file is stored, not that sheet alone.

Other sheets, comments on cells and the document's properties, of XLSX and ODS. An XLS file keeps them in a form that is
not looked into, and parts larger than ``_MOST`` bytes are not looked at: then a warning says so.
"""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

from pipeline.intake.identifiers import is_personal
from pipeline.intake.personal.content import MOST_LOOKED_AT, Cells, kind_of_cells
from pipeline.intake.personal.headings import Kind, kind_of_heading
from pipeline.intake.problems import Problem, UnreadableError
from pipeline.intake.reading.zip_guard import members_of, unpacked
from pipeline.intake.source import SourceTable

_MOST = 10_000_000
_PROGRAMS = frozenset({
    "openpyxl", "xlsxwriter", "apache poi", "microsoft office user", "microsoft excel", "unknown", "unknown creator",
    "r", "sheetjs", "phpspreadsheet", "exceljs", "closedxml", "epplus", "limesurvey", "qualtrics", "surveymonkey",
    "user", "gebruiker", "docs", "google forms", "kobotoolbox", "author", "auteur", "",
})  # fmt: skip
"""Who makes workbooks without being anybody."""
_OF_SHEETS: frozenset[Kind] = frozenset({
    "email", "phone", "bsn", "number", "birth_date", "ip", "device", "account", "location",
})  # fmt: skip
"""What a heading on another sheet is taken at its word for: "naam" may head a list of projects."""
_COMMENTS = re.compile(r"xl/(?:comments\d*|comments/comment\d+|threadedComments/\w+)\.xml")
_COLUMN = re.compile(r"[A-Z]+")
Columns = Mapping[str, list[str]]


def elsewhere_in_workbook(table: SourceTable) -> list[Problem]:
    """What the rest of the workbook that ``table`` was read from holds; never what it says."""
    kind, data = table.format.kind, table.received.data
    if kind == "xls":
        return [Problem("workbook_not_looked_through")]
    if kind not in ("xlsx", "ods"):
        return []
    try:
        parts = _Parts(data)
        sheets = _sheets_of_xlsx(parts, table.format.sheet) if kind == "xlsx" else _sheets_of_ods(parts)
        others = [name for name, columns in sheets if name != table.format.sheet and _is_personal(name, columns)]
        comments, authors = _comments_of_xlsx(parts) if kind == "xlsx" else _comments_of_ods(parts)
    except (UnreadableError, ElementTree.ParseError, KeyError, ValueError, IndexError):
        return [Problem("workbook_not_looked_through")]  # the sheet with answers could be read all the same
    n_personal = sum(map(is_personal, comments))
    problems = [Problem("personal_sheet", sheet="" if is_personal(name) else name) for name in others]
    problems += [Problem("personal_comments", count=n_personal)] if n_personal else []
    problems += [Problem("workbook_not_looked_through")] if parts.too_large else []
    if any(author.strip().casefold() not in _PROGRAMS for author in authors):
        problems.append(Problem("workbook_author"))
    return problems


class _Parts:
    """The XML parts of the file that are no larger than ``_MOST`` bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._members: dict[str, zipfile.ZipInfo] = {m.filename: m for m in members_of(data)}
        self.too_large = False

    def names(self, pattern: re.Pattern[str]) -> list[str]:
        return sorted(name for name in self._members if pattern.fullmatch(name))

    def read(self, name: str) -> ElementTree.Element | None:
        """A part as XML; document type declarations were refused before. ``None`` when it is not there or too large."""
        member = self._members.get(name)
        if member is None:
            return None
        if member.file_size > _MOST:
            self.too_large = True
            return None
        content = b"".join(unpacked(self._data, member, _MOST))
        return None if b"<!DOCTYPE" in content else ElementTree.fromstring(content)  # noqa: S314


def _is_personal(name: str, columns: Columns) -> bool:
    """Whether a sheet's name or one of its columns is: by single cells, by the heading, or as a whole."""
    if is_personal(name):
        return True
    for heading, *cells in columns.values():
        if any(map(is_personal, (heading, *cells))):
            return True
        if cells and kind_of_heading(heading) in _OF_SHEETS:
            return True
        different = tuple(dict.fromkeys(cells))
        kind = kind_of_cells(Cells(different[:MOST_LOOKED_AT], len(different), len(cells)))
        if kind not in (None, "free_text"):
            return True
    return False


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: ElementTree.Element, tag: str) -> str:
    """The texts of all elements called ``tag`` below ``element``, put together."""
    return "".join("".join(part.itertext()) for part in element.iter() if _local(part) == tag)


def _sheets_of_xlsx(parts: _Parts, besides: str) -> Iterator[tuple[str, Columns]]:
    """Name and text cells by column of every sheet but ``besides``, when there is more than one."""
    book, relations = parts.read("xl/workbook.xml"), parts.read("xl/_rels/workbook.xml.rels")
    if book is None or relations is None:
        return
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    sheets = [element for element in book.iter() if _local(element) == "sheet"]
    if len(sheets) < 2:
        return
    strings = parts.read("xl/sharedStrings.xml")
    shared = [_text(entry, "t") for entry in strings] if strings is not None else []
    for sheet in (sheet for sheet in sheets if sheet.get("name", "") != besides):
        target = targets[next(value for name, value in sheet.attrib.items() if name.endswith("}id"))]
        path = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        content = parts.read(path)
        yield sheet.get("name", ""), {} if content is None else _cells_of_xlsx(content, shared)


def _cells_of_xlsx(sheet: ElementTree.Element, shared: list[str]) -> Columns:
    columns: dict[str, list[str]] = defaultdict(list)
    for cell in sheet.iter():
        if _local(cell) != "c":
            continue
        value = _text(cell, "v")
        text = (
            _text(cell, "t") if cell.get("t") == "inlineStr" else shared[int(value)] if cell.get("t") == "s" else value
        )
        found = _COLUMN.match(cell.get("r", ""))
        if text.strip() and found:
            columns[found.group()].append(text)
    return columns


def _sheets_of_ods(parts: _Parts) -> Iterator[tuple[str, Columns]]:
    content = parts.read("content.xml")
    for sheet in content.iter() if content is not None else ():
        if _local(sheet) != "table":
            continue
        columns: dict[str, list[str]] = defaultdict(list)
        for row in (element for element in sheet.iter() if _local(element) == "table-row"):
            for i, cell in enumerate(row):
                if text := "\n".join("".join(p.itertext()) for p in cell if _local(p) == "p").strip():
                    columns[str(i)].append(text)
        name = next((value for key, value in sheet.attrib.items() if key.endswith("}name")), "")
        yield name, columns


def _comments_of_xlsx(parts: _Parts) -> tuple[list[str], list[str]]:
    """Texts of comments, and who made the workbook or wrote a comment."""
    texts, authors = [], []
    for name in parts.names(_COMMENTS):
        content = parts.read(name)
        if content is None:
            continue
        found = [element for element in content.iter() if _local(element) in ("comment", "threadedComment")]
        texts += ["".join(element.itertext()) for element in found]
        authors += [element.text or "" for element in content.iter() if _local(element) == "author"]
    core = parts.read("docProps/core.xml")
    named = [] if core is None else [e.text or "" for e in core.iter() if _local(e) in ("creator", "lastModifiedBy")]
    return texts, [*(a for a in authors if not a.startswith("tc=")), *named]


def _comments_of_ods(parts: _Parts) -> tuple[list[str], list[str]]:
    content, meta = parts.read("content.xml"), parts.read("meta.xml")
    notes = [] if content is None else [e for e in content.iter() if _local(e) == "annotation"]
    named = [] if meta is None else [e.text or "" for e in meta.iter() if _local(e) in ("creator", "initial-creator")]
    return ["".join(note.itertext()) for note in notes], named
