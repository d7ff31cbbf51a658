#!/usr/bin/env python3
"""What a rendered page says from beginning to end, freed from how it looks: a list of tokens.

    python in_order.py SITE_FOLDER > tokens.json          (needs beautifulsoup4)

A token is a word or a number, `<h2>` before a heading, `<@fig-x>` before a cross-reference, `<x.html#y>` before another
link, `</>` behind either, `<image …>` with a picture's alternative text. References and footnotes come last, whatever
place a renderer gives them.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from bs4 import BeautifulSoup, NavigableString, Tag
from bs4.element import PreformattedString

DECORATION = (
    "script, style, nav, template, button, .screen-reader-only, .anchorjs-link, .footnote-back, .quarto-title-meta, "
    ".quarto-appendix-heading, .callout-icon-container, .panel-tabset > ul"
)
LAST = ("#refs", ".footnotes")


def in_order(html: str) -> list[str]:
    """Tokens of the page's ``<main>``."""
    soup = BeautifulSoup(html, "html.parser")
    main = soup.find("main") or soup.body
    assert isinstance(main, Tag)
    for tabs in main.select(".panel-tabset > ul"):
        _name_the_panes(tabs)
    for drop in main.select(DECORATION):
        drop.decompose()
    last = [found.extract() for selector in LAST for found in main.select(selector)]
    return [token for part in [main, *last] for token in _tokens(part)]


def _name_the_panes(tabs: Tag) -> None:
    """Quarto lists the names of tabs before the panes, the embedded renderer puts each before its own."""
    panes = (
        [pane for pane in tabs.parent.select(".tab-pane") if pane.parent.parent is tabs.parent] if tabs.parent else []
    )
    for link, pane in zip(tabs.select("a"), panes, strict=False):
        pane.insert(0, NavigableString(f" {link.get_text()} "))


def _tokens(node: Tag) -> Iterator[str]:
    for child in node.children:
        if isinstance(child, NavigableString):
            if not isinstance(child, PreformattedString):
                yield from child.replace("\u00a0", " ").split()
        elif isinstance(child, Tag):
            yield from _of_element(child)


def _of_element(element: Tag) -> Iterator[str]:
    target = str(element.get("href", "")) if element.name == "a" else ""
    if element.name == "img":
        yield f"<image {' '.join(str(element.get('alt', '')).split())}>"
    elif target:
        reference = target.startswith("#") and "quarto-xref" in (element.get("class") or [])
        yield f"<@{target[1:]}>" if reference else f"<{target.removeprefix('./')}>"
        yield from _tokens(element)
        yield "</>"
    else:
        if re.fullmatch("h[1-6]", element.name):
            yield f"<{element.name}>"
        yield from _tokens(element)


if __name__ == "__main__":
    site = Path(sys.argv[1])
    out = {str(f.relative_to(site)): in_order(f.read_text(encoding="utf-8")) for f in sorted(site.rglob("*.html"))}
    json.dump(out, sys.stdout, ensure_ascii=False, indent=1, sort_keys=True)
    print()
