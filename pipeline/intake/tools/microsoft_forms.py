"""Microsoft Forms: a workbook with its own columns in front and the questions' words as headings.

Its own are ``ID``, ``Start time``, ``Completion time``, ``Email`` and ``Name`` (Dutch ``Id``, ``Begintijd``, ``Tijd van
voltooien``, ``E-mail``, ``Naam``). A Likert question has a column for each statement. Several answers to one question
stand in one cell, with a semicolon after each, also after the last.
"""

from __future__ import annotations

from pipeline.intake.source import Grid
from pipeline.intake.text import as_text
from pipeline.intake.tools.layout import Layout, different, headings, named, squeezed
from pipeline.intake.tools.multiple import may_be_joined

_STARTED = frozenset({"starttime", "begintijd", "starttijd"})
_COMPLETED = frozenset({"completiontime", "tijdvanvoltooien", "voltooiingstijd", "tijdvanvoltooiing"})

_OWN = _STARTED | _COMPLETED | {
    "id", "email", "emailadres", "name", "naam", "lastmodifiedtime", "tijdvanlaatstewijziging", "language", "taal",
    "totalpoints", "totaalaantalpunten",
}  # fmt: skip
_IN_FRONT = 7
"""Its own columns are among so many first."""


def layout(grid: Grid) -> Layout | None:
    """The layout of ``grid`` when Microsoft Forms wrote it."""
    names = headings(grid)
    first = {squeezed(name) for name in names[:_IN_FRONT]}
    if not (first & _STARTED and first & _COMPLETED):
        return None
    own = [i < _IN_FRONT and squeezed(name) in _OWN for i, name in enumerate(names)]
    columns = tuple(named(column, name, own=o) for column, name, o in zip(grid.columns, names, own, strict=True))
    joined = {c.position: ";" for c in columns if _ends_in_semicolons(list(map(as_text, different(grid, c.position))))}
    return Layout("microsoft_forms", columns, joined=joined)


def _ends_in_semicolons(texts: list[str]) -> bool:
    return bool(texts) and may_be_joined(texts) and all(text.endswith(";") for text in texts)
