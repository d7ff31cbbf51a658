"""The beginning of a wave.yaml: what the file tells is filled in; the rest says what to fill in, and is refused so far.

Comments stand in both languages: the one who fills it in may not be the one who made the draft.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from pipeline.declare import Study
from pipeline.declare.documents import TO_FILL_IN
from pipeline.intake.declaration import declaration_text
from pipeline.intake.mapping.answers import options_of
from pipeline.intake.mapping.evidence import Evidence, evidence_of, key
from pipeline.intake.mapping.propose import Proposal
from pipeline.intake.source import SourceTable
from pipeline.intake.text import as_text, fold
from pipeline.intake.words import LANGUAGES, Language, catalogue

_DATE_COLUMNS = frozenset({
    "startdate", "enddate", "recordeddate", "submitdate", "datestamp", "start", "end", "today", "submissiontime",
    "tijdstempel", "timestamp", "begintijd", "tijdvanvoltooien", "starttime", "completiontime", "datecreated",
    "datemodified", "datum", "invuldatum", "dateofcompletion",
})  # fmt: skip
_ISO = re.compile(r"((?:19|20)\d\d)-(\d\d)-(\d\d)(?:[T ].*)?")
_OTHER = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.]((?:19|20)\d\d)(?:[, ].*)?")
_ORDER = (
    "wave", "corporation", "instrument", "pool", "origin", "fieldwork", "mode", "languages", "responses", "sheet",
    "projects",
)  # fmt: skip


def draft_declaration(table: SourceTable, proposal: Proposal, study: Study, *, language: Language) -> str:
    """A wave.yaml as far as the file tells. ``language``: of what there is to fill in."""
    texts = catalogue()["mapping"][language]["draft"]
    columns = evidence_of(table)
    residents = [wave.pool for wave in study.waves.values() if wave.origin == "residents"]
    column, days = _fieldwork(columns)
    codes = {role: _codes_found(role, columns, proposal, study) for role in ("project", "language")}
    kind = table.format.kind
    fields: dict[str, Any] = {
        "wave": _blank(texts["wave"]["blank"]),
        "corporation": _blank(texts["corporation"]["blank"]),
        "instrument": proposal.instrument.id,
        "pool": residents[-1] if residents else _blank(texts["pool"]["blank"].format(pools="residents")),
        "origin": "residents",
        "fieldwork": {
            "start": days[0] if days else _blank(texts["fieldwork"]["start"]),
            "end": days[-1] if days else _blank(texts["fieldwork"]["end"]),
        },
        "mode": ["online"] if table.format.tool else [_blank(texts["mode"]["blank"])],
        "languages": codes["language"] or [_blank(texts["languages"]["blank"])],
        "responses": f"responses.{kind}",
        "sheet": table.format.sheet if kind == "xlsx" else None,
        "projects": {name: {} for name in codes["project"]} or _blank(texts["projects"]["blank"]),
    }
    found = {"fieldwork": column} if days else {}
    parts = [_comments("head")]
    parts += [_comments(name, found.get(name, "")) + _said(name, fields[name]) for name in _ORDER if fields[name]]
    return "\n".join(parts)


def _blank(what: str) -> str:
    return f"{TO_FILL_IN}: {what}"


def _comments(name: str, column: str = "") -> str:
    """The comments above a key, in every language."""
    lines = []
    for language in LANGUAGES:
        texts = catalogue()["mapping"][language]["draft"][name]
        said = texts if isinstance(texts, str) else texts["comment"].format()
        if column and not isinstance(texts, str):
            said += f" ({texts['found'].format(column=column)})"
        lines.append(f"# {said}\n")
    return "".join(lines)


def _said(name: str, value: Any) -> str:
    """A key and its value as YAML. Empty mappings are kept: they say that a project takes part."""
    if name == "projects" and isinstance(value, dict):
        return "projects:\n" + "".join(f"  {project}: {{}}\n" for project in value)
    return declaration_text({name: value})


def _codes_found(role: str, columns: Iterable[Evidence], proposal: Proposal, study: Study) -> list[str]:
    """The projects, or the languages, that the column proposed for them has, in the order they are declared."""
    field = next((one for one in proposal.instrument.fields if one.role == role), None)
    if field is None:
        return []
    lines = [line.row for line in proposal.lines if line.row.var_name_target == field.name and line.row.var_name_orig]
    options = options_of(field, proposal.instrument, study.registry, None)
    here = next((one for one in columns if lines and one.column.name == lines[0].var_name_orig), None)
    if options is None or here is None:
        return []
    recoded = {row.val_numeric_orig or fold(row.val_label_orig): row.val_label_target for row in lines}
    found = set()
    for cell in here.cells:
        label = here.column.value_labels.get(cell, "")
        texts = (as_text(cell), fold(as_text(cell)), fold(label))
        found |= {str(options.labels[text]) for text in texts if text in options.labels}
        found |= {recoded[text] for text in texts if recoded.get(text)}
    return [str(code) for code in options.codes if code in found]


def _fieldwork(columns: Iterable[Evidence]) -> tuple[str, list[str]]:
    """The column with the moments that the survey tool wrote, and its first and last day; nothing without one."""
    for column in columns:
        if key(column.column.name) in _DATE_COLUMNS or any(name in _DATE_COLUMNS for name in column.names):
            days = _days([as_text(cell) for cell in column.cells])
            if days:
                return column.column.name, [min(days).isoformat(), max(days).isoformat()]
    return "", []


def _days(cells: list[str]) -> list[date]:
    """The days of ``cells``; none when a cell is no date, or day and month cannot be told apart."""
    iso = [_ISO.fullmatch(cell) for cell in cells]
    other = [_OTHER.fullmatch(cell) for cell in cells]
    try:
        if cells and all(iso):
            return [date(*map(int, match.groups())) for match in iso if match]
        parts = [tuple(map(int, match.groups())) for match in other if match]
        if cells and all(other) and any(first > 12 for first, _, _ in parts):
            return [date(year, month, day) for day, month, year in parts]
        if cells and all(other) and any(second > 12 for _, second, _ in parts):
            return [date(year, month, day) for month, day, year in parts]
    except ValueError:
        return []
    return []
