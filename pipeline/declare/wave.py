"""One wave of fieldwork: who submitted what, when, under which instrument; and how its columns map."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from pipeline.declare.base import (
    Day,
    Declaration,
    InstrumentName,
    Language,
    Line,
    Linked,
    Name,
    Parts,
    ResponsesFile,
    Text,
    Whole,
)
from pipeline.declare.problems import Finding

Origin = Literal["residents", "simulated", "public"]
"""Residents of real projects; made by `simulate`; or a public data set of another study."""


class Fieldwork(Linked):
    """First and last day of fieldwork."""

    start: Day
    end: Day

    @classmethod
    def findings(cls, parts: Parts) -> list[Finding]:
        """An end before the start."""
        start, end = parts.value("start", date), parts.value("end", date)
        if start is None or end is None or start <= end:
            return []
        return [Finding(("end",), "fieldwork_order", {"start": start.isoformat(), "end": end.isoformat()})]


class WaveProject(Declaration):
    """A project's part in the wave: how many residents were invited (``None``: not known)."""

    invited: Whole | None = Field(default=None, ge=0)


class Wave(Linked):
    """``surveys/waves/<wave>/wave.yaml``."""

    wave: Name
    title: Text | None = None
    corporation: Line
    instrument: InstrumentName
    pool: Name
    origin: Origin
    fieldwork: Fieldwork
    mode: list[Literal["online", "paper", "interview"]] = Field(min_length=1)
    languages: list[Language] = Field(min_length=1)
    projects: dict[Name, WaveProject] = Field(min_length=1)
    responses: ResponsesFile
    """File name beside wave.yaml (``responses.csv``, ``responses.xlsx``, ``responses.sav``)."""
    sheet: Line | None = None
    """The sheet of a workbook that holds the responses; when unset, the only one with cells in it."""
    notes: str | None = None
    only: dict[str, str] = Field(default_factory=dict)
    """Keep only source rows where these source columns have these values (one file, several waves)."""

    @property
    def invited(self) -> int | None:
        """How many residents were invited in all; ``None`` when a project's number is not known."""
        known = [project.invited for project in self.projects.values() if project.invited is not None]
        return sum(known) if len(known) == len(self.projects) else None

    @classmethod
    def findings(cls, parts: Parts) -> list[Finding]:
        """A sheet named for a file that has none."""
        responses, sheet = parts.value("responses", str), parts.value("sheet", str)
        if sheet is not None and responses is not None and not responses.endswith(".xlsx"):
            return [Finding(("sheet",), "sheet_without_workbook")]
        return []


class CrosswalkRow(Declaration):
    """One line of ``surveys/crosswalks/<wave>.csv``, in retroharmonize's column names.

    ``var_name_orig`` is a column of the source, ``var_name_target`` the instrument's variable (empty: leave the column
    out). A variable whose values are already codes or category labels of the instrument needs one line without values.
    Further lines recode single values: the source value is ``val_numeric_orig`` (a code) or ``val_label_orig`` (a
    text), and becomes ``val_numeric_target`` (a code), ``val_label_target`` (a named category), or, with
    ``na_label_target``, missing for that reason. ``var_name_orig`` empty with ``na_label_target``: the whole variable
    was not in this wave (usually ``not_asked``). Checks: ``crosswalk``.
    """

    var_name_orig: str = ""
    var_label_orig: str = ""
    val_numeric_orig: str = ""
    val_label_orig: str = ""
    var_name_target: str = ""
    val_numeric_target: str = ""
    val_label_target: str = ""
    na_label_target: str = ""
