"""Qualtrics: a row of codes, a row of question texts, and in CSV a third with each column's ``ImportId`` as JSON.

Exports that are older, or come as a workbook, have the first two rows only. ``Status`` says what a row is: an answer
(``IP Address``, 0; ``Imported``, 4; ``Offline``, 16), or a preview or test of the questionnaire's maker. ``Finished``
says whether the last page was reached. Both come as texts or as codes, as the other answers do.
"""

from __future__ import annotations

import re

from pipeline.intake.source import Grid, SourceColumn
from pipeline.intake.tools.layout import Layout, different, headings, named, one_line, rows_where, squeezed, texts_below
from pipeline.intake.tools.multiple import looks_joined

_IMPORT_ID = re.compile(r"""\{\s*["']ImportId["']\s*:""")
_OWN = frozenset({
    "startdate", "enddate", "status", "ipaddress", "progress", "durationinseconds", "finished", "recordeddate",
    "responseid", "recipientlastname", "recipientfirstname", "recipientemail", "externalreference",
    "externaldatareference", "locationlatitude", "locationlongitude", "distributionchannel", "userlanguage",
    "responseset", "emailaddress",
})  # fmt: skip
_TIMING = ("_First Click", "_Last Click", "_Page Submit", "_Click Count")
_TEXT_OF = {"startdate": "startdate", "enddate": "enddate", "status": "responsetype", "responseid": "responseid",
            "finished": "finished", "responseset": "responseset", "ipaddress": "ipaddress"}  # fmt: skip
"""What the second row says under columns of Qualtrics's own."""

# Not among them: spam (8, 12, 40). Qualtrics says so of several answers from one address within twelve hours, which
# is what the residents of one building with one network look like.
_PREVIEWS = frozenset({
    "1", "2", "9", "17", "256", "survey preview", "survey test", "survey preview spam", "offline survey preview",
    "synthetic",
})  # fmt: skip
_UNFINISHED = frozenset({"0", "false", "onwaar"})


def layout(grid: Grid) -> Layout | None:
    """The layout of ``grid`` when Qualtrics wrote it."""
    names, second, third = headings(grid), texts_below(grid, 0), texts_below(grid, 1)
    keys = [squeezed(name) for name in names]
    if keys[:1] == ["v1"] and second and len(_OWN & set(map(squeezed, second))) >= 4:
        # older exports number their own columns V1, V2 … and name them in the second row
        keys = [squeezed(text) if re.fullmatch(r"v\d+", key) else key for key, text in zip(keys, second, strict=True)]
    with_ids = _has_import_ids(third) or _has_import_ids(second)
    if not with_ids and len(_OWN & set(keys)) < 4:
        return None
    n_more = _rows_more(keys, second, third)
    labels = second if n_more and not _has_import_ids(second) else [""] * len(names)
    columns = tuple(
        named(column, name, label=label, own=key in _OWN or name.endswith(_TIMING))
        for column, name, label, key in zip(grid.columns, names, labels, keys, strict=True)
    )
    answers = grid.cells_by_row.index[n_more:]
    set_apart = {}
    for code, key, wanted in (("rows_preview", "status", _PREVIEWS), ("rows_unfinished", "finished", _UNFINISHED)):
        if key in keys:
            rows = rows_where(grid, grid.columns[keys.index(key)].position, wanted)
            set_apart[code] = tuple(row for row in rows if row >= answers[0]) if len(answers) else ()
    return Layout("qualtrics", columns, 1 + n_more, set_apart, _joined(grid, columns, keys, set(second + third)))


def _has_import_ids(texts: list[str]) -> bool:
    filled = [text for text in texts if text]
    return bool(filled) and 2 * sum(bool(_IMPORT_ID.match(text)) for text in filled) > len(filled)


def _rows_more(keys: list[str], second: list[str], third: list[str]) -> int:
    """How many rows below the first name the columns."""
    if _has_import_ids(third):
        return 2
    if _has_import_ids(second):
        return 1
    own = [(key, squeezed(text)) for key, text in zip(keys, second, strict=True) if key in _TEXT_OF and text]
    return int(bool(own) and all(text in (key, _TEXT_OF[key]) for key, text in own))


def _joined(grid: Grid, columns: tuple[SourceColumn, ...], keys: list[str], not_answers: set[str]) -> dict[int, str]:
    """Questions with several answers: codes or texts with commas between them."""
    found = {}
    for column, key in zip(columns, keys, strict=True):
        if key not in _OWN:
            cells = [
                c for c in different(grid, column.position) if not (isinstance(c, str) and one_line(c) in not_answers)
            ]
            if looks_joined(cells, ","):
                found[column.position] = ","
    return found
