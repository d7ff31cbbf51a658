"""Drawings on paper: the cascade of the site's style sheet, in light colours, as attributes."""

from __future__ import annotations

import pytest

from pipeline.export.print_style import FONT, drawing, paint, picture_for_print, resolved, rules_of
from pipeline.export.tree import Element, parse, write

CSS = """
:root { --ink: light-dark(#111, #eee); --v1: light-dark(rgb(1 2 3), rgb(0 0 0)); /* not --v1: red */ }
@media (prefers-color-scheme: dark) { :root { --ink: #eee; --v1: #fff } .dot { fill: white } }
.supported { --v: var(--v1); color: var(--v1); }
.dot { fill: var(--v, var(--ink)); }
.effect .zero, g > .zero { stroke: currentcolor; }
svg text:not([fill]) { fill: var(--ink); font-size: 13px; }
.row:is(.a, .b) .dot { opacity: .5 }
.dot:hover { fill: red }
"""


def painted(html: str) -> str:
    tree = parse(html)
    paint(tree, CSS)
    return write(tree)


@pytest.mark.parametrize(
    ("html", "becomes"),
    [
        ('<svg><circle class="dot"></circle></svg>', '<circle class="dot" fill="#111">'),
        ('<p class="supported"><svg><circle class="dot"></circle></svg></p>', '<circle class="dot" fill="rgb(1 2 3)">'),
        ('<svg class="supported"><g><path class="zero"></path></g></svg>', '<path class="zero" stroke="rgb(1 2 3)">'),
        ('<svg><text>t</text></svg>', f'<text fill="#111" font-size="13px" font-family="{FONT}">'),
        ('<svg><text fill="red">t</text></svg>', f'<text fill="red" font-family="{FONT}">'),
        ('<div class="row b"><svg><circle class="dot"></circle></svg></div>', 'opacity=".5"'),
        ('<svg><path stroke="currentColor" style="fill: var(--ink)"></path></svg>', 'stroke="#1c2530" fill="#111"'),
    ],
)  # fmt: skip
def test_the_cascade(html: str, becomes: str) -> None:
    assert becomes in painted(html)


def test_what_is_no_drawing_stays_as_it_is() -> None:
    assert painted('<p class="dot">x</p>') == '<p class="dot">x</p>'


def test_rules_of_states_and_media_are_left_out() -> None:
    assert all("red" not in rule.declarations.values() and "white" not in rule.declarations.values()
               for rule in rules_of(CSS))  # fmt: skip


@pytest.mark.parametrize(
    ("value", "expected"),
    [("var(--a)", "1"), ("var(--b, 2)", "2"), ("var(--b, var(--a))", "1"), ("var(--b)", ""),
     ("calc(var(--a) * 2)", "calc(1 * 2)")],
)  # fmt: skip
def test_custom_properties(value: str, expected: str) -> None:
    assert resolved(value, {"--a": "1"}) == expected


def test_a_picture_file_keeps_its_light_colours_and_gets_our_font() -> None:
    svg = (
        "<svg><style>svg{--c1:#123456}text{font-family:'Source Sans 3',sans-serif;fill:var(--c1)}.f0{fill:#0b6e5f}"
        "@media (prefers-color-scheme:dark){svg{--c1:#fff}.f0{fill:#fff}}</style>"
        '<text style="font-family: \'Noto Sans\'; fill: var(--c1)" font-family="Arial">a</text></svg>'
    )
    light = picture_for_print(svg)
    assert "#fff" not in light
    assert "var(" not in light
    assert "sans-serif" not in light.replace(FONT, "")
    assert "Noto" not in light
    assert "Arial" not in light
    assert light.count("#123456") == 3
    assert ".f0{fill:#0b6e5f}" in light


def test_a_drawing_is_a_file_of_its_own() -> None:
    svg = parse('<svg viewBox="0 0 2 1" class="x"><path d="M0 0" hidden></path></svg>').children[0]
    assert isinstance(svg, Element)
    assert drawing(svg, {"width": "2"}) == (
        '<svg viewBox="0 0 2 1" class="x" width="2" xmlns="http://www.w3.org/2000/svg">'
        '<path d="M0 0" hidden=""></path></svg>'
    )
