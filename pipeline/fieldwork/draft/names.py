"""Names of variables: as declarations allow them, each once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from pipeline.declare.names import is_reserved

_LONGEST = 48
_CODE = re.compile(r"[A-Za-z_][\w./\-\[\]]*")
_MOST_WORDS = 6
_YAML = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
"""What some reader of YAML takes for something else than a text."""


def name_from(texts: Iterable[str], taken: set[str]) -> str:
    """A name after the first of ``texts`` that looks like a code, else after the first words of the first; added to
    ``taken``. Letters that declarations do not allow are left out; where none are left it is ``question``."""
    given = [text for text in texts if text]
    best = next((text for text in given if _CODE.fullmatch(text)), given[0] if given else "")
    name = _formed(best) or next((formed for text in given if (formed := _formed(text))), "") or "question"
    number, unique = 2, name
    while unique in taken:
        unique, number = f"{name}_{number}", number + 1
    taken.add(unique)
    return unique


def _formed(text: str) -> str:
    """``text`` in lower-case letters, digits and single underscores, beginning with a letter, not reserved."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower())
    if not words:
        return ""
    name = "_".join(words if _CODE.fullmatch(text) else words[:_MOST_WORDS])[:_LONGEST].rstrip("_")
    if not name[0].isalpha():
        name = f"q_{name}"
    if name.startswith("flag_"):
        name = f"q_{name}"
    return f"{name}_answer" if is_reserved(name) or name in _YAML else name


def code_from(text: str, taken: set[str]) -> str:
    """The code of an answer that the file has in words only."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    code = "_".join(re.findall(r"[a-z0-9]+", plain.lower()))[:40].strip("_") or "answer"
    number, unique = 2, code
    while unique in taken:
        unique, number = f"{code}_{number}", number + 1
    taken.add(unique)
    return unique
