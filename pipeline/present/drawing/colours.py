"""The report's colours, signs and fonts: one visual language for every figure (reports/README.md)."""

from __future__ import annotations

from pipeline.declare import Trait

SANS = "'Source Sans 3','Source Sans Pro','Noto Sans',system-ui,'Segoe UI',Roboto,'Liberation Sans',sans-serif"

# light, dark
INK = ("#1c2530", "#e8e6e1")
DIM = ("#5b6673", "#a2abb5")
LINE = ("#e3e0d8", "#2d353d")
CARD = ("#ffffff", "#1b2127")
PAPER = ("#fbfaf7", "#14181d")
BAND = ("#e2dccd", "#3c4650")
# between the lines of a stretch that tells of what is not shown
HATCH = ("#efece4", "#2a323a")
SURE = ("#0b6e5f", "#4fbfae")
UNSURE = ("#6b7280", "#98a1ad")
# levels of traits that have no colour of their own
LEVELS = (("#0b6e5f", "#4fbfae"), ("#b45309", "#e8924a"), ("#3a7f9c", "#6fb3cf"), ("#7a5ea8", "#b59ddb"))

# answers from the low to the high end of a scale; orange to green is told apart by colour-blind readers
LOW_END = (("#b45309", "#d97f35"), ("#e3a25f", "#a5713d"))
MIDDLE = ("#d8d4c8", "#565f69")
HIGH_END = (("#0b6e5f", "#4fbfae"), ("#7bb5aa", "#337f73"))

# the sign of each verdict, drawn in a box of 16 by 16
SIGNS = {
    "supported": "M3 8.5l3.2 3.2L13 5",
    "leaning": "M3 8h9M9 5l3 3-3 3",
    "cannot_tell": "M4 8h8",
    "not_supported": "M4 4l8 8M12 4l-8 8",
    "contradicted": "M13 8H4M7 5L4 8l3 3",
}


def lightened(colour: str) -> str:
    """``colour`` for a dark background: the known counterpart, else mixed with white."""
    for light, dark in (*LEVELS, SURE, UNSURE):
        if light == colour.lower():
            return dark
    channels = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(c + (255 - c) * 0.45):02x}" for c in channels)


def answer_colours(n: int) -> list[tuple[str, str]]:
    """``n`` colours from the low to the high end of an answer scale, the middle one (odd n) neutral."""
    half = n // 2
    low = [_mixed(LOW_END[0], LOW_END[1], i / max(half - 1, 1)) for i in range(half)]
    high = [_mixed(HIGH_END[0], HIGH_END[1], i / max(half - 1, 1)) for i in range(half)]
    return low + [MIDDLE] * (n % 2) + high[::-1]


def readable_on(background: tuple[str, str]) -> tuple[str, str]:
    """White or black, whichever is easier to read on each of the two backgrounds."""
    light, dark = (max(("#ffffff", "#000000"), key=lambda c: contrast(c, colour)) for colour in background)
    return light, dark


def contrast(a: str, b: str) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    bright, dim = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _mixed(a: tuple[str, str], b: tuple[str, str], share: float) -> tuple[str, str]:
    return _between(a[0], b[0], share), _between(a[1], b[1], share)


def _between(a: str, b: str, share: float) -> str:
    pairs = ((int(a[i : i + 2], 16), int(b[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in pairs)


def level_colours(trait: Trait, place: int) -> list[tuple[str, str]]:
    """Colours of the high and the low level: the declared ones, else from the palette by the trait's ``place``."""
    return [
        (level.colour, lightened(level.colour)) if level.colour else LEVELS[(2 * place + i) % len(LEVELS)]
        for i, level in enumerate(trait.levels)
    ]
