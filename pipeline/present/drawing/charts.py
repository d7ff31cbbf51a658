"""Charts drawn with seaborn and matplotlib, as SVG that reads in light and dark and is the same bytes every time."""

from __future__ import annotations

import io
import re
from html import escape
from typing import Any

import matplotlib as mpl

from pipeline.present.drawing.colours import BAND, CARD, DIM, INK, LEVELS, LINE, SANS, SURE, UNSURE
from pipeline.present.drawing.svg import Colour

PER_INCH = 72
"""Figures are laid out at 72 dots an inch, so that a point of text is a unit of the picture."""

SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "report",
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "figure.dpi": PER_INCH,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "axes.edgecolor": LINE[0],
    "axes.labelcolor": DIM[0],
    "axes.titlecolor": INK[0],
    "text.color": INK[0],
    "xtick.color": DIM[0],
    "ytick.color": DIM[0],
    "xtick.labelcolor": DIM[0],
    "ytick.labelcolor": INK[0],
    "savefig.facecolor": "none",
}


def as_svg(figure: Any, *, title: str, description: str) -> str:
    """A matplotlib figure as our kind of picture: titled, in the reader's fonts, with colours for light and dark."""
    stream = io.StringIO()
    with mpl.rc_context(SETTINGS):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = stream.getvalue()
    text = text[text.index("<svg ") :]
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    head, rest = text.split(">", 1)
    head = re.sub(r'(width|height)="([\d.]+)pt"', r'\1="\2"', head)
    titles = f'<title id="t">{escape(title, quote=False)}</title><desc id="d">{escape(description, quote=False)}</desc>'
    light, dark = _properties(0), _properties(1)
    style = (
        f"<style>svg{{{light}}}text{{font-family:{SANS} !important;font-variant-numeric:tabular-nums}}"
        f"@media (prefers-color-scheme:dark){{svg{{{dark}}}}}</style>"
    )
    for pair in _pairs():
        rest = rest.replace(pair[0], f"var(--c{pair[0][1:]})")
    return f'{head} role="img" aria-labelledby="t d">{titles}{style}{rest}'


def _pairs() -> list[Colour]:
    return list(dict.fromkeys([INK, DIM, LINE, BAND, SURE, UNSURE, CARD, *LEVELS]))


def _properties(place: int) -> str:
    return "".join(f"--c{pair[0][1:]}:{pair[place]};" for pair in _pairs())
