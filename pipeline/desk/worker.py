"""A process that reads one file for the desk: it may crash, take too long or too much, and then only it dies.

Started as ``python -m pipeline.desk.worker``. Standard input: one frame (``frames``) with what to do and the bytes to
do it with; after that the line stays open, and when it closes the desk is gone and so is this process. Standard
output: frames with the phase it is in, then one with what came of it. Nothing else is ever written: messages of
exceptions may hold what somebody answered, so only their kind and place are told.

Until a wave is stored this process writes no file, so that nothing sent can stay behind in a folder.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from pipeline.desk.frames import LENGTH, packed, unpacked_header

Say = Callable[[str], None]
"""Tells which phase begins."""
Result = tuple[dict[str, Any], dict[str, bytes]]


def main() -> None:
    """Do what standard input asks."""
    out = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    incoming = sys.stdin.buffer
    _make_ready()
    first = incoming.read(LENGTH)
    if not first:
        return  # the desk has closed before there was anything to do
    request, blobs = _frame(first, incoming)
    storing = request["task"] == "submit"
    # before memory is bounded: a thread that gets none while it starts is waited for without end
    gone = threading.Thread(target=_end_with_desk, args=(incoming, storing), daemon=True)
    gone.start()
    _bound(request["bounds"])
    _write_no_file(strictly=not storing and not request.get("drop"))

    def say(phase: str) -> None:
        _send(out, {"phase": phase})

    try:
        content, results = _do(request, blobs, say)
    except MemoryError:
        content, results = {"failed": "memory"}, {}
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told without its message
        from pipeline.desk.headers import place_of

        content, results = {"failed": "defect", "defect": f"{type(error).__name__} at {place_of(error)}"}, {}
    _send(out, content, results)
    # nothing that is left to do (threads, what other libraries registered) can matter now
    os._exit(0)


def _do(request: Mapping[str, Any], blobs: Mapping[str, bytes], say: Say) -> Result:
    from pipeline.desk import work

    tasks: dict[str, Callable[[Mapping[str, Any], Mapping[str, bytes], Say], Result]] = {
        "look": work.look,
        "check": work.check,
        "submit": work.submit,
    }
    return tasks[request["task"]](request, blobs, say)


def _make_ready() -> None:
    """Load what every task needs before there is one: it takes longer than most tasks."""
    from pipeline.desk import work

    work.load()


def _frame(length: bytes, incoming: BinaryIO) -> tuple[dict[str, Any], dict[str, bytes]]:
    header = incoming.read(int.from_bytes(length, "big"))
    content, sizes = unpacked_header(header)
    return content, {name: incoming.read(size) for name, size in sizes.items()}


def _send(out: BinaryIO, content: Mapping[str, Any], blobs: Mapping[str, bytes] | None = None) -> None:
    try:
        out.write(packed(content, blobs))
        out.flush()
    except BrokenPipeError:
        os._exit(1)


def _bound(bounds: Mapping[str, int]) -> None:
    """No more memory and processor time than this, for this process and those it starts; no image of it on disk."""
    for what, most in (
        (resource.RLIMIT_AS, int(bounds["bytes"])),
        (resource.RLIMIT_CPU, int(bounds["seconds"])),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        within = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (within, within))


def _write_no_file(*, strictly: bool) -> None:
    """Use no temporary file. ``strictly``: let every attempt to write to any file fail, in this process and in those it
    starts (pipes are no files). Where columns are cut out, SPSS's writer needs a file, which then stands for memory."""
    from pipeline.intake.in_memory import keep_sheets_in_memory

    keep_sheets_in_memory()
    tempfile.tempdir = "/nowhere"
    if strictly:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _end_with_desk(incoming: BinaryIO, storing: bool) -> None:
    """Stop when the desk closes its end; a wave that is being stored is stored to the end."""
    incoming.read(1)
    if not storing:
        os._exit(1)


if __name__ == "__main__":
    main()
