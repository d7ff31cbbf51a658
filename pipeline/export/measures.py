"""Measures of the printed page: how wide tables, pictures and drawings are set on it."""

from __future__ import annotations

import re

from pipeline.export.tables import Layout, grid_of, layout
from pipeline.export.tree import Element

TEXT_WIDTH, TEXT_HEIGHT, TURNED_WIDTH = 481.0, 690.0, 720.0
"""The type area in points, and its width on a turned page (A4, margins as in ``report.typ``)."""
_BESIDE_TEXT, _LEGIBLE = 370.0, 6.0
"""The height of a picture that leaves room for text on its page; how small its letters may get for that (points)."""
_PX = 0.75


def plan(table: Element, room: float) -> Layout | None:
    """How a table is set in a text ``room`` points wide; None for one without columns."""
    grid = grid_of(table)
    if not grid.n_columns:
        return None
    return layout(grid, width=room, turned_width=TURNED_WIDTH)


def alternative(svg: Element) -> str:
    """What a drawing says of itself: its label, else its title and description."""
    parts = [svg.get("aria-label")] if svg.get("aria-label") else []
    if not parts:
        parts = [one.text() for one in svg.elements() if one.tag in ("title", "desc")]
    return " ".join(" ".join(parts).split())


def picture_width(content: str | bytes) -> float:
    """How wide a picture is set, in points: as drawn, no wider than the text and no higher than a page."""
    opening = re.search(r"<svg\b[^>]*>", content) if isinstance(content, str) else None
    sizes = [re.search(rf'\b{name}="([\d.]+)', opening[0]) for name in ("width", "height")] if opening else []
    if len(sizes) != 2 or not all(sizes):
        return TEXT_WIDTH
    width, height = (float(one[1]) for one in sizes if one)
    shown = min(max(width * _PX, 0.0), TEXT_WIDTH, (TEXT_HEIGHT - 60) * width / height)
    # a little smaller, and it stands below its text instead of on the next page
    beside_text = _BESIDE_TEXT * width / height
    letters = min((float(size) for size in re.findall(r'font-size(?:="|:)([\d.]+)', str(content))), default=0.0)
    return beside_text if beside_text < shown and letters * beside_text / width >= _LEGIBLE else shown


def drawing_width(width: float, height: float) -> float:
    """How wide a drawing in a page of so many pixels is set, in points."""
    return min(width * _PX, TEXT_WIDTH, TEXT_HEIGHT * width / height)
