"""The catalogue: every sentence that is said to a person who submits a wave, read from the files in ``words/``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from ruamel.yaml import YAML

Language = Literal["nl", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@cache
def catalogue() -> dict[str, Any]:
    """The sections of all files together. Raises ``ValueError`` when two files say the same key."""
    together: dict[str, Any] = {}
    for path in sorted(Path(__file__).with_name("words").glob("*.yaml")):
        _add(together, YAML(typ="safe").load(path), path.name)
    return together


def _add(together: dict[str, Any], more: dict[str, Any], where: str) -> None:
    """Add what ``more`` says, section by section, to ``together``."""
    for key, value in more.items():
        if key not in together:
            together[key] = value
        elif isinstance(value, dict) and isinstance(together[key], dict):
            _add(together[key], value, f"{where}: {key}")
        else:
            raise ValueError(f"{where}: {key!r} is said twice")
