"""Readers that run in a process of their own, bounded in time and memory: what a hostile file does to one of them, it
does to nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from pipeline.intake.problems import Problem, UnreadableError
from pipeline.intake.reading.foreign import reading

MOST_SECONDS = 25.0
"""For a small file; a megabyte gives a second more."""
MOST_MEMORY = 2_000_000_000
"""Bytes of address space. The workers read this as their first argument and set it as their own limit."""

_NO_MEMORY = (b"MemoryError", b"memory allocation of", b"bad_alloc", b"malloc of size")
"""What Python, Rust, C++ and Arrow say on standard error when they get none."""


def run_apart(
    worker: Path, request: dict[str, Any], data: bytes, *, unreadable: str, too_large: str
) -> tuple[dict[str, Any], bytes]:
    """What ``worker`` answers to ``request`` about ``data``: a mapping, and bytes that follow it.

    The worker gets the request and the answer comes as eight bytes of length, JSON, then bytes. Raises
    ``UnreadableError``: ``too_large`` when memory ran out, ``file_takes_too_long`` when time did, ``unreadable`` when
    the worker failed in any other way, and whatever problem the worker names (``problem``, ``details``).
    """
    asked = json.dumps(request).encode("utf-8")
    command = [sys.executable, "-I", str(worker), str(MOST_MEMORY)]
    try:
        done = subprocess.run(
            command,
            input=b"".join((len(asked).to_bytes(8, "big"), asked, data)),
            capture_output=True,
            check=False,
            timeout=MOST_SECONDS + len(data) / 1e6,
        )
    except subprocess.TimeoutExpired:
        raise UnreadableError(Problem("file_takes_too_long")) from None
    if done.returncode and any(words in done.stderr[-1000:] for words in _NO_MEMORY):
        raise UnreadableError(Problem(too_large))
    if done.returncode:
        raise UnreadableError(Problem(unreadable))
    with reading(unreadable):
        start = 8 + int.from_bytes(done.stdout[:8], "big")
        answer: dict[str, Any] = json.loads(done.stdout[8:start])
        if "problem" in answer:
            raise UnreadableError(Problem(**{"code": answer["problem"], **answer.get("with", {})}))
        return answer, done.stdout[start:]
