"""A small writer of SVG pictures that read in light and dark, on paper and with a screen reader.

Colours come as pairs (light, dark) and end up in one style sheet inside the picture, so that it can stand in any page
or be kept as a file. Text is set in the reader's own fonts; widths are estimated, generously.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape

from pipeline.present.drawing.colours import DIM, INK, LINE, SANS

Colour = tuple[str, str]

NARROW = set("iljtfrI.,:;'|!()[]/ ")
WIDE = set("mwMW%@—+−<>")


def text_width(text: str, size: float) -> float:
    """Estimated width of ``text`` in a sans serif of ``size``, on the generous side."""
    em = sum(0.37 if c in NARROW else 0.96 if c in WIDE else 0.7 if c.isupper() else 0.62 for c in text)
    return em * size


def wrapped(text: str, *, width: float, size: float, lines: int = 99) -> list[str]:
    """``text`` in lines no wider than ``width``; at most ``lines``, the last cut short with an ellipsis."""
    found: list[str] = []
    current = ""
    for word in re.split(r"[ \n\t]+", text.strip()):  # a no-break space is not a place to break
        longer = f"{current} {word}".strip()
        if current and text_width(longer, size) > width:
            found.append(current)
            current = word
        else:
            current = longer
    found.append(current)
    if len(found) > lines:
        last = found[lines - 1]
        while last and text_width(f"{last}…", size) > width:
            last = last[:-1]
        found = [*found[: lines - 1], f"{last.rstrip()}…"]
    return found


@dataclass
class Drawing:
    """A picture of ``width`` by ``height`` with a ``title`` and a ``description`` that tells what it shows."""

    width: float
    height: float
    title: str
    description: str
    parts: list[str] = field(default_factory=list)
    definitions: list[str] = field(default_factory=list)
    colours: dict[Colour, int] = field(default_factory=dict)

    def paint(self, *, fill: Colour | None = None, stroke: Colour | None = None, empty: bool = True) -> str:
        """The ``class`` attribute that fills and strokes with these colours.

        Without ``fill`` nothing is filled, unless not ``empty``: then the element's own ``fill`` counts.
        """
        names = [f"{kind}{self._number(colour)}" for kind, colour in (("f", fill), ("s", stroke)) if colour]
        if fill is None and empty:
            names.append("e")
        return f'class="{" ".join(names)}"'

    def _number(self, colour: Colour) -> int:
        return self.colours.setdefault(colour, len(self.colours))

    def add(self, markup: str) -> None:
        """Add raw SVG."""
        self.parts.append(markup)

    def rect(self, x: float, y: float, width: float, height: float, fill: Colour, *, radius: float = 0) -> None:
        """A filled rectangle."""
        rounded = f' rx="{n(radius)}"' if radius else ""
        box = f'x="{n(x)}" y="{n(y)}" width="{n(max(width, 0))}" height="{n(height)}"'
        self.add(f"<rect {box}{rounded} {self.paint(fill=fill)}/>")

    def line(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        colour: Colour = LINE,
        *,
        width: float = 1,
        extra: str = "",
    ) -> None:
        """A straight line; ``extra``: further attributes."""
        ends = f'x1="{n(start[0])}" y1="{n(start[1])}" x2="{n(end[0])}" y2="{n(end[1])}"'
        self.add(f'<line {ends} stroke-width="{n(width)}" {self.paint(stroke=colour)}{extra}/>')

    def dot(self, x: float, y: float, colour: Colour, *, radius: float = 5.5, hollow: Colour | None = None) -> None:
        """A dot, or a ring around ``hollow``."""
        if hollow is None:
            self.add(f'<circle cx="{n(x)}" cy="{n(y)}" r="{n(radius)}" {self.paint(fill=colour)}/>')
        else:
            paint = self.paint(fill=hollow, stroke=colour)
            self.add(f'<circle cx="{n(x)}" cy="{n(y)}" r="{n(radius - 1)}" stroke-width="2" {paint}/>')

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 14,
        colour: Colour = INK,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        """One line of text with its baseline at ``y``."""
        where = f'x="{n(x)}" y="{n(y)}" font-size="{n(size)}"'
        if anchor != "start":
            where += f' text-anchor="{anchor}"'
        weight = ' font-weight="600"' if bold else ""
        self.add(f"<text {where}{weight} {self.paint(fill=colour)}>{escape(text, quote=False)}</text>")

    def lines(
        self,
        x: float,
        y: float,
        lines: list[str],
        *,
        size: float = 14,
        leading: float = 1.3,
        colour: Colour = INK,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        """Several lines of text, the first with its baseline at ``y``."""
        for i, line in enumerate(lines):
            self.text(x, y + i * size * leading, line, size=size, colour=colour, anchor=anchor, bold=bold)

    def note(self, x: float, y: float, text: str, *, size: float = 12.5, anchor: str = "start") -> None:
        """Small dim text."""
        self.text(x, y, text, size=size, colour=DIM, anchor=anchor)

    def render(self) -> str:
        """The whole picture."""
        light = "".join(f".f{i}{{fill:{c[0]}}}.s{i}{{stroke:{c[0]}}}" for c, i in self.colours.items())
        dark = "".join(f".f{i}{{fill:{c[1]}}}.s{i}{{stroke:{c[1]}}}" for c, i in self.colours.items())
        style = (
            f"text{{font-family:{SANS};font-variant-numeric:tabular-nums}}.e{{fill:none}}{light}"
            f"@media (prefers-color-scheme:dark){{{dark}}}"
        )
        definitions = f"<defs>{''.join(self.definitions)}</defs>" if self.definitions else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{n(self.width)}" height="{n(self.height)}"'
            f' viewBox="0 0 {n(self.width)} {n(self.height)}" role="img" aria-labelledby="t d">'
            f'<title id="t">{escape(self.title, quote=False)}</title>'
            f'<desc id="d">{escape(self.description, quote=False)}</desc>'
            f"<style>{style}</style>{definitions}\n" + "\n".join(self.parts) + "\n</svg>\n"
        )


def n(value: float) -> str:
    """A coordinate with one decimal at most, without needless zeros."""
    return f"{value:.1f}".rstrip("0").rstrip(".") if value else "0"
