"""What a report in one piece says around its pages: its own words, and the site's lines of Markdown."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from pipeline.export.pages import Selection
from pipeline.export.tree import Element, parse
from pipeline.render.pandoc import pandoc_program


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    return dict(YAML(typ="safe").load(Path(__file__).with_name("words.yaml")))


def export_words(language: str) -> dict[str, str]:
    """The words by name in ``language``; English where the catalogue has no such language."""
    catalogue = _catalogue()
    return catalogue.get(language.split("-")[0].lower(), catalogue["en"])


@dataclass(frozen=True)
class Around:
    """The lines around the pages, each an element with inline content; ``None`` where nothing is declared."""

    description: Element | None
    pool: Element | None
    banner: Element | None
    footer: Element | None


def around(selection: Selection) -> Around:
    """The site's lines for the selected pool and language."""
    entry = selection.site.pools[selection.pool]
    texts = [
        selection.site.text(text, selection.language)
        for text in (selection.site.description, entry.description, entry.banner, entry.footer)
    ]
    found = iter(_paragraphs([text for text in texts if text]))
    return Around(*(next(found) if text else None for text in texts))


def _paragraphs(texts: Sequence[str]) -> list[Element]:
    """Lines of Markdown as paragraphs. Raises ``ValueError`` when one of them is no single paragraph."""
    if not texts:
        return []
    done = subprocess.run(
        [str(pandoc_program()), "--from=markdown", "--to=html5", "--wrap=none"],
        input="\n\n".join(texts), capture_output=True, check=True, encoding="utf-8",
    )  # fmt: skip
    found = [child for child in parse(done.stdout).children if isinstance(child, Element)]
    if len(found) != len(texts) or any(one.tag != "p" for one in found):
        raise ValueError("site.yml: a description, banner or footer is more than one paragraph")
    return found
