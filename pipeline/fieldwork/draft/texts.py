"""Texts of a file as they are written into a declaration."""

from __future__ import annotations

import re
import unicodedata

_TAG = re.compile(r"<[^<>]{1,300}>")
_LONGEST = 2_000


def clean(text: str) -> str:
    """``text`` on one line, without markup and characters that cannot be printed."""
    visible = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in _TAG.sub(" ", text))
    kept = "".join(c for c in visible if unicodedata.category(c) not in ("Cs", "Cn", "Co") and c != "\ufeff")
    return " ".join(kept.split())[:_LONGEST].strip()
