"""Files as addresses that hold their content (RFC 2397), and a style sheet that needs no other file."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from urllib.parse import quote

from pipeline.errors import InputError

_TYPES = {
    ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".csv": "text/csv",
    ".json": "application/json", ".xml": "application/xml", ".bib": "text/plain", ".txt": "text/plain",
    ".lav": "text/plain", ".yaml": "text/plain", ".yml": "text/plain",
}  # fmt: skip
_SAFE = "!$'()*+,-./:;=?@_~"
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_HEADING = re.compile(r"(?<![\w.#-])h([1-5])(?![\w-])")
_FETCHES = re.compile(r"@import|url\(\s*['\"]?(?!data:|#)")


def data_uri(path: Path) -> str:
    """The content of ``path`` as a ``data:`` address, in the shorter of the two ways of writing it."""
    content = path.read_bytes()
    kind = _TYPES.get(path.suffix, "application/octet-stream")
    coded = f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
    if kind == "application/octet-stream" or not kind.startswith(("text/", "application/")):
        return coded
    written = f"data:{kind};charset=utf-8,{quote(content, safe=_SAFE)}"
    return min(written, coded, key=len)


def with_lower_headings(css: str) -> str:
    """The style sheet ``css`` for a document whose headings stand one level lower.

    Comments go. Raises ``InputError`` when it would fetch another file.
    """
    bare = _COMMENT.sub("", css)
    if _FETCHES.search(bare):
        raise InputError("reports/theme/report.css: it fetches another file, which one file to mail cannot")
    return "\n".join(
        line for line in _HEADING.sub(lambda found: f"h{int(found[1]) + 1}", bare).splitlines() if line.strip()
    )
