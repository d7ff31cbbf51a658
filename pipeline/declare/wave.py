"""One wave of fieldwork: who submitted what, when, under which instrument; and how its columns map."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from pipeline.declare.base import Declaration, Name, Text

Origin = Literal["residents", "simulated", "public"]
"""Residents of real projects; made by `simulate`; or a public data set of another study."""


class Fieldwork(Declaration):
    """First and last day of fieldwork."""

    start: date
    end: date

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"fieldwork ends ({self.end}) before it starts ({self.start})")
        return self


class WaveProject(Declaration):
    """A project's part in the wave: how many residents were invited (``None``: not known)."""

    invited: int | None = Field(default=None, ge=0)


class Wave(Declaration):
    """``surveys/waves/<wave>/wave.yaml``."""

    wave: Name
    title: Text | None = None
    corporation: str
    instrument: str
    pool: Name
    origin: Origin
    fieldwork: Fieldwork
    mode: list[Literal["online", "paper", "interview"]] = Field(min_length=1)
    languages: list[str] = Field(min_length=1)
    projects: dict[Name, WaveProject] = Field(min_length=1)
    responses: str
    """File name beside wave.yaml (``responses.csv``, ``responses.xlsx``, ``responses.sav``)."""
    sheet: str | None = None
    notes: str | None = None
    only: dict[str, str] = Field(default_factory=dict)
    """Keep only source rows where these source columns have these values (one file, several waves)."""

    @property
    def invited(self) -> int | None:
        """How many residents were invited in all; ``None`` when a project's number is not known."""
        numbers = [project.invited for project in self.projects.values()]
        return None if any(n is None for n in numbers) else sum(n for n in numbers if n is not None)


class CrosswalkRow(Declaration):
    """One line of ``surveys/crosswalks/<wave>.csv``, in retroharmonize's column names.

    ``var_name_orig`` is a column of the source, ``var_name_target`` the instrument's variable (empty: leave the column
    out). A variable whose values are already codes or category labels of the instrument needs one line without values.
    Further lines recode single values: the source value is ``val_numeric_orig`` (a code) or ``val_label_orig`` (a
    text), and becomes ``val_numeric_target`` (a code), ``val_label_target`` (a named category), or, with ``na_label_target``,
    missing for that reason. ``var_name_orig`` empty with ``na_label_target``: the whole variable was not in this wave
    (usually ``not_asked``).
    """

    var_name_orig: str = ""
    var_label_orig: str = ""
    val_numeric_orig: str = ""
    val_label_orig: str = ""
    var_name_target: str = ""
    val_numeric_target: str = ""
    val_label_target: str = ""
    na_label_target: str = ""
