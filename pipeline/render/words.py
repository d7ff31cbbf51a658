"""The renderer's own words in the language of a page."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ruamel.yaml import YAML


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    return dict(YAML(typ="safe").load(Path(__file__).with_name("words.yaml")))


def words(language: str) -> dict[str, str]:
    """The words by name in ``language`` (``nl``, ``nl-NL``); English where the catalogue has no such language."""
    catalogue = _catalogue()
    return catalogue.get(language.split("-")[0].lower(), catalogue["en"])
