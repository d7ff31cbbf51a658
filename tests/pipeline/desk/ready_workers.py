"""The desk's processes for tests: forked from one that has imported what they need, which takes longer than their work.

What a process does, its bounds and how it is killed are the desk's own.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pipeline.desk import jobs

_PARENT = """
import os, signal, socket, sys
from pipeline.desk import work, worker
work.load()
line = socket.socket(fileno=int(sys.argv[1]))
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    asked, given, _, _ = socket.recv_fds(line, 1, 2)
    if not asked:
        break
    child = os.fork()
    if child:
        for handle in given:
            os.close(handle)
        line.sendall(child.to_bytes(4, "big"))
        continue
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    line.close()
    for number, handle in enumerate(given):
        os.dup2(handle, number)
        os.close(handle)
    worker.main()
    os._exit(0)
"""


class Forked:
    """One of the processes, as ``asyncio`` would show it."""

    def __init__(self, pid: int, stdin: asyncio.StreamWriter, stdout: asyncio.StreamReader) -> None:
        self.pid, self.stdin, self.stdout = pid, stdin, stdout

    @property
    def returncode(self) -> int | None:
        """Zero once it is gone."""
        return None if Path(f"/proc/{self.pid}").exists() else 0

    async def wait(self) -> int:
        """Wait until it is gone."""
        self.stdin.close()
        while self.returncode is None:
            await asyncio.sleep(0.01)
        return 0


class ReadyWorkers:
    """The process that has imported everything."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair()
        command = [sys.executable, "-c", _PARENT, str(theirs.fileno())]
        self._parent = subprocess.Popen(command, pass_fds=[theirs.fileno()], cwd=Path(__file__).parents[3])
        theirs.close()

    async def started(self) -> Forked:
        """A new process; instead of ``jobs._started``."""
        loop = asyncio.get_running_loop()
        (their_in, our_out), (our_in, their_out) = os.pipe(), os.pipe()
        socket.send_fds(self._line, [b"!"], [their_in, their_out])
        os.close(their_in)
        os.close(their_out)
        pid = int.from_bytes(await asyncio.to_thread(self._line.recv, 4), "big")
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(our_in, "rb", 0))
        transport, protocol = await loop.connect_write_pipe(
            lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), os.fdopen(our_out, "wb", 0)
        )
        return Forked(pid, asyncio.StreamWriter(transport, protocol, None, loop), reader)

    @contextmanager
    def used(self) -> Iterator[None]:
        """Desks get these processes meanwhile."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(jobs, "_started", self.started)
            yield

    def end(self) -> None:
        """No more of them."""
        self._line.close()
        with suppress(subprocess.TimeoutExpired):
            self._parent.wait(10)
        self._parent.kill()
        self._parent.wait()
