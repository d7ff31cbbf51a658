"""Google Forms: ``Timestamp`` first (Dutch ``Tijdstempel``), then the questions' words as headings.

A grid has a column for each row, ``Question [Row]``. Several answers to one question stand in one cell with a comma and
a space between them; an option may hold a comma itself.
"""

from __future__ import annotations

from pipeline.intake.source import Grid
from pipeline.intake.tools.layout import Layout, different, headings, named, squeezed
from pipeline.intake.tools.multiple import looks_joined

_FIRST = frozenset({"timestamp", "tijdstempel", "طابعزمني"})


def layout(grid: Grid) -> Layout | None:
    """The layout of ``grid`` when Google Forms wrote it."""
    names = headings(grid)
    if squeezed(names[0] if names else "") not in _FIRST or not any(" " in name for name in names[1:]):
        return None
    columns = tuple(
        named(column, name, own=i == 0) for i, (column, name) in enumerate(zip(grid.columns, names, strict=True))
    )
    joined = {c.position: ", " for c in columns[1:] if looks_joined(different(grid, c.position), ", ")}
    return Layout("google_forms", columns, joined=joined)
