"""How the desk and its processes talk: pieces of JSON, each with the bytes that belong to it. Nothing else is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

LENGTH = 4
MOST_HEADER = 20_000_000


def packed(content: Mapping[str, Any], blobs: Mapping[str, bytes] | None = None) -> bytes:
    """``content`` and ``blobs`` as one frame: a length, JSON that says how long each blob is, the blobs."""
    blobs = blobs or {}
    header = json.dumps(
        {"content": content, "blobs": {name: len(data) for name, data in blobs.items()}}, ensure_ascii=False
    ).encode("utf-8", "replace")
    return b"".join([len(header).to_bytes(LENGTH, "big"), header, *blobs.values()])


def unpacked_header(header: bytes) -> tuple[dict[str, Any], dict[str, int]]:
    """The content of a frame, and how long each of its blobs is. Raises ``ValueError`` for anything else."""
    frame = json.loads(header)
    content, blobs = frame["content"], frame["blobs"]
    if not isinstance(content, dict) or not all(isinstance(size, int) and size >= 0 for size in blobs.values()):
        raise ValueError("no frame")
    return content, blobs
