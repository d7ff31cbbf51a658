"""What a rendered page says, freed from how it looks: for holding two renderers of the same pages against each other.

    python extract.py SITE_FOLDER > expected.json

Per page: language and title, headings with ids, links (target, text), captions, alternative texts, table cells,
paragraphs, references and callouts, all in the order of the page.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup

# what a renderer adds around the text
DECORATION = (
    "script, style, nav, .screen-reader-only, .quarto-appendix-heading, .anchorjs-link, .footnote-back, "
    ".quarto-title-meta"
)


def squash(text: str) -> str:
    """``text`` with every run of white space as one space."""
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ")).strip()


def page(html: str) -> dict[str, Any]:
    """What one page says."""
    soup = BeautifulSoup(html, "html.parser")
    main = soup.find("main") or soup.body
    for part in main.select(DECORATION):
        part.decompose()
    headings = [h for h in main.select("h1, h2, h3, h4") if "callout" not in " ".join(h.get("class", []))]

    def texts(selector: str) -> list[str]:
        return [text for element in main.select(selector) if (text := squash(element.text))]

    return {
        "lang": (soup.html or {}).get("lang"),
        "title": squash(soup.title.text) if soup.title else None,
        "headings": [
            [h.name, h.get("id") or (h.find_parent("section") or {}).get("id"), squash(h.text)] for h in headings
        ],
        "links": [[a["href"], squash(a.text)] for a in main.select("a[href]") if squash(a.text)],
        "captions": texts("figcaption, caption"),
        "alternatives": [image.get("alt") for image in main.select("img")],
        "cells": [[squash(cell.text) for cell in row.select("th, td")] for row in main.select("table tr")],
        "paragraphs": texts("p"),
        "references": texts(".csl-entry"),
        "callouts": texts(".callout"),
    }


def site(folder: Path) -> dict[str, dict[str, Any]]:
    """What every page below ``folder`` says, by path."""
    return {str(path.relative_to(folder)): page(path.read_text("utf-8")) for path in sorted(folder.rglob("*.html"))}


if __name__ == "__main__":
    json.dump(site(Path(sys.argv[1])), sys.stdout, ensure_ascii=False, indent=1, sort_keys=True)
    print()
