"""LimeSurvey: questions named ``code``, ``code[sub]``, ``code[sub]. Question [Subquestion]``, or by their words alone.

Which of these is the choice "headings" of its export; "answers" are codes (``Y``, ``N``, ``A1``) or full. Its own
columns (``id submitdate lastpage startlanguage seed`` …) come by code, by words or both. ``submitdate`` is empty until
the last page has been sent. Read into R and written again, a column of row names without a heading stands in front, and
brackets have become dots.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from pipeline.intake.source import Cell, Grid, SourceColumn
from pipeline.intake.text import as_text, fold
from pipeline.intake.tools.layout import Layout, different, headings, named, rows_where, squeezed

_HEADING = re.compile(
    r"(?P<code>[A-Za-z]\w*)(?:\[(?P<sub>[^\]]*)\](?:\[(?P<scale>[^\]]*)\])?)?(?:\.(?: (?P<text>.*))?)?"
)
_IN_R = re.compile(r"(?P<code>[A-Za-z][A-Za-z0-9]*)\.(?P<sub>[A-Za-z0-9]+)\.")
_OWN = {
    "id": "id", "responseid": "id", "antwoordid": "id", "submitdate": "submitdate", "datesubmitted": "submitdate",
    "datumingestuurd": "submitdate", "datumverzonden": "submitdate",
    "lastpage": "lastpage", "laatstepagina": "lastpage",
    "startlanguage": "startlanguage", "starttaal": "startlanguage", "seed": "seed", "startdate": "startdate",
    "datestarted": "startdate", "datestamp": "datestamp", "datelastaction": "datestamp", "ipaddr": "ipaddr",
    "refurl": "refurl", "token": "token",
}  # fmt: skip
"""Its own columns, by code, in English and in Dutch."""
_TELLING = frozenset({"submitdate", "lastpage", "startlanguage", "seed"})
_NUMBERED = re.compile(r"(?:SQ)?\d+|other|comment|.*comment", re.IGNORECASE)
"""Subquestion codes that LimeSurvey gives by itself: they name nothing without the question."""
_YES_NO: dict[Cell, str] = {"Y": "Yes", "N": "No"}
NOT_SHOWN = frozenset({"n/a", "nvt", "n.v.t."})
"""What stands in the place of an answer to a question that was not shown."""


def layout(grid: Grid) -> Layout | None:
    """The layout of ``grid`` when LimeSurvey wrote it."""
    names = headings(grid)
    own = [_OWN.get(squeezed(name.partition(". ")[0]), "") for name in names]
    matches = [_HEADING.fullmatch(name) or _IN_R.fullmatch(name) for name in names]
    if not _is_limesurvey(names, own, matches):
        return None
    parts = [m.groupdict() if m and not o else None for m, o in zip(matches, own, strict=True)]
    n_of_code = Counter(fold(p["code"]) for p in parts if p)
    n_of_sub = Counter(fold(p["sub"]) for p in parts if p and p["sub"])
    columns = tuple(
        _named(column, name, part, n_of_code, n_of_sub, _OWN.get(squeezed(name.partition(". ")[0]), ""))
        for column, name, part in zip(grid.columns, names, parts, strict=True)
    )
    columns = tuple(_with_codes(grid, column) if not o else column for column, o in zip(columns, own, strict=True))
    set_apart = {}
    if "submitdate" in own:
        position = grid.columns[own.index("submitdate")].position
        set_apart["rows_unfinished"] = rows_where(grid, position, ("na", "n/a", "nan"), blank=True)
    return Layout("limesurvey", columns, 1, set_apart)


def _is_limesurvey(names: list[str], own: list[str], matches: list[re.Match[str] | None]) -> bool:
    """Two columns of its own, or headings of its form where a subquestion has a code."""
    if len(set(own) & _TELLING) >= 2 or (_TELLING & set(own) and len(set(own) - {""}) >= 3):
        return True
    formed = [m for m in matches if m]
    with_sub = [m for m in formed if m.groupdict()["sub"] and m.re is _HEADING]
    with_text = [m for m in formed if m.groupdict().get("text")]
    n_named = sum(bool(name) for name in names)
    return bool(with_sub) and (2 * len(with_text) > n_named or (len(with_sub) >= 3 and 2 * len(formed) > n_named))


def _named(
    column: SourceColumn,
    name: str,
    part: dict[str, str] | None,
    n_of_code: Counter[str],
    n_of_sub: Counter[str],
    own: str,
) -> SourceColumn:
    """``column`` with what LimeSurvey calls its question."""
    if part is None:
        return named(column, name, codes=[own], own=bool(own))
    code, sub, scale = part["code"], part["sub"], part.get("scale")
    if not sub:
        return named(column, name, label=part.get("text") or "", codes=[code])
    codes = [f"{code}[{sub}]" + (f"[{scale}]" if scale else ""), f"{code}_{sub}" + (f"_{scale}" if scale else "")]
    if not scale and not _NUMBERED.fullmatch(sub) and n_of_sub[fold(sub)] == 1:
        codes.append(sub)
    if n_of_code[fold(code)] == 1 and sub.lower() not in ("other", "comment"):
        codes.append(code)
    return named(column, name, label=(part.get("text") or "").removesuffix("[]").strip(), codes=codes)


def _with_codes(grid: Grid, column: SourceColumn) -> SourceColumn:
    """``column`` with what its codes of LimeSurvey's own mean: ``Y`` and ``N``, and what stands for "not shown"."""
    cells = different(grid, column.position)
    yes_no = 0 < len(cells) <= 4 and all(as_text(c) in _YES_NO or fold(as_text(c)) in NOT_SHOWN for c in cells)
    return replace(column, value_labels=_YES_NO if yes_no else {}, not_shown=NOT_SHOWN)
