"""The bytes of a file that somebody named: a file and nothing else, no larger than allowed, the same from beginning to
end of the reading."""

from __future__ import annotations

import os
import stat
import time
import unicodedata
from pathlib import Path

from pipeline.intake.problems import Problem, UnreadableError
from pipeline.intake.source import Received
from pipeline.intake.table import Bounds

_PIECE = 1 << 20
_LOOKED_AT_AGAIN = 1 << 16
_JUST_NOW = 1.0
_MOMENT = 0.05
"""Seconds: a file that was written to this shortly before is looked at once more, this much later."""
_LONGEST_NAME = 100


def receive(path: Path, bounds: Bounds) -> Received:
    """The bytes at ``path``.

    A symbolic link is followed to a regular file only, and nothing here waits: pipes, devices and sockets are opened
    without blocking and refused. Raises ``UnreadableError``: ``file_missing``, ``file_no_file``, ``file_too_large``,
    ``file_empty``, or ``file_changed`` when somebody writes to it meanwhile.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        # ENXIO: a socket
        code = "file_no_file" if path.exists() and not isinstance(error, PermissionError) else "file_missing"
        raise UnreadableError(Problem(code)) from None
    except ValueError:  # a NUL in the name
        raise UnreadableError(Problem("file_missing")) from None
    try:
        data = _read(handle, path, bounds)
    except OSError:
        raise UnreadableError(Problem("file_changed")) from None
    finally:
        os.close(handle)
    if not data.strip(b"\0 \t\r\n"):
        raise UnreadableError(Problem("file_empty"))
    return Received(shown_name(path.name), data)


def _read(handle: int, path: Path, bounds: Bounds) -> bytes:
    before = os.fstat(handle)
    if not stat.S_ISREG(before.st_mode):
        raise UnreadableError(Problem("file_no_file"))
    too_large = UnreadableError(Problem("file_too_large", details={"limit": bounds.max_bytes // 1_000_000}))
    if before.st_size > bounds.max_bytes:
        raise too_large
    pieces, n_bytes = [], 0
    while piece := os.read(handle, _PIECE):
        pieces.append(piece)
        n_bytes += len(piece)
        if n_bytes > bounds.max_bytes:
            raise too_large
    data = b"".join(pieces)
    if time.time() - before.st_mtime < _JUST_NOW:
        time.sleep(_MOMENT)
    if not _is_still(data, handle, path, before):
        raise UnreadableError(Problem("file_changed"))
    return data


def _is_still(data: bytes, handle: int, path: Path, before: os.stat_result) -> bool:
    """Whether the file is what it was, and what stands at ``path`` is that file."""
    ends = {0, max(len(data) - _LOOKED_AT_AGAIN, 0)}
    if len(data) != before.st_size or any(
        os.pread(handle, _LOOKED_AT_AGAIN, at) != data[at : at + _LOOKED_AT_AGAIN] for at in ends
    ):
        return False
    return all(_mark(after) == _mark(before) for after in (os.fstat(handle), path.stat()))


def _mark(about: os.stat_result) -> tuple[int, int, int, int]:
    return about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns


def shown_name(name: str) -> str:
    """A file's name as it can be shown: its last part, without characters that are not seen or that turn the text
    around, and no longer than a line."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    seen = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in last)
    plain = " ".join(seen.split())
    if len(plain) > _LONGEST_NAME:
        stem, dot, suffix = plain.rpartition(".")
        end = f"{dot}{suffix}"[:10] if stem else ""
        plain = plain[: _LONGEST_NAME - len(end) - 1] + "…" + end
    return plain if plain.strip(". ") else "…"
