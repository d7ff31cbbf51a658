"""Work on a file in a process of its own: a few at a time, bounded in time and memory, and killed when it must be."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pipeline
from pipeline.desk.drafts import Draft, Ending, Job, Task
from pipeline.desk.frames import LENGTH, MOST_HEADER, packed, unpacked_header
from pipeline.desk.headers import LOG
from pipeline.desk.limits import Limits

_PACKAGES = Path(pipeline.__file__).resolve().parents[1]
_SECONDS_BETWEEN_LOOKS = 0.1


@dataclass
class Jobs:
    """The processes at work and those that wait for one of them to end."""

    limits: Limits
    finished: Callable[[Draft, Job], None]
    """Told of every job that came to its end."""
    _waiting: list[Job] = field(default_factory=list)
    _owners: dict[int, str] = field(default_factory=dict)
    """Corporations of the jobs that wait or run, by the job's identity: none keeps the others waiting."""
    _running: list[Job] = field(default_factory=list)
    _spare: asyncio.subprocess.Process | None = None
    _free: asyncio.Condition | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def start(self, draft: Draft, task: Task, request: Mapping[str, Any], blobs: Mapping[str, bytes]) -> Job:
        """Begin ``task`` on ``draft``; raises ``ValueError`` while another is not over."""
        if draft.busy:
            raise ValueError("one at a time")
        job = Job(task)
        draft.job = job
        self._waiting.append(job)
        self._owners[id(job)] = draft.corporation
        running = asyncio.get_running_loop().create_task(self._run(draft, job, request, blobs))
        self._tasks.add(running)
        running.add_done_callback(self._tasks.discard)
        return job

    def place(self, job: Job) -> int:
        """How many are before ``job``, which waits; 0 when it does not wait for others."""
        return next((place for place, one in enumerate(self._waiting) if one is job), 0)

    async def close(self) -> None:
        """Stop everything; a wave that is being stored is waited for."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._spare is not None:
            _kill(self._spare)
            await self._spare.wait()

    async def prepare(self) -> None:
        """Have a process ready for the next job."""
        if self.limits.spare and self._spare is None:
            self._spare = await _started()

    async def _taken(self) -> asyncio.subprocess.Process:
        """The process that stands ready, else a new one."""
        process, self._spare = self._spare, None
        return process if process is not None and process.returncode is None else await _started()

    async def _run(self, draft: Draft, job: Job, request: Mapping[str, Any], blobs: Mapping[str, bytes]) -> None:
        self._free = self._free or asyncio.Condition()
        try:
            async with self._free:
                await self._free.wait_for(lambda: bool(job.ended) or self._is_next(job))
                self._forget(job)
                if job.ended:
                    return
                self._running.append(job)
            ended = await self._work(job, request, blobs)
        except asyncio.CancelledError:
            job.ended = job.ended or "stopped"
            raise
        except Exception as error:  # noqa: BLE001 - a defect ends this job, and is told without its message
            LOG.error("defect %s in a job", type(error).__name__)
            ended = "broken"
        finally:
            self._forget(job)
            self._running = [one for one in self._running if one is not job]
            self._owners.pop(id(job), None)
            async with self._free:
                self._free.notify_all()
        job.ended = job.ended or ended
        if job.ended == "done":
            self.finished(draft, job)
        await self.prepare()

    def _is_next(self, job: Job) -> bool:
        """Whether there is room, and ``job`` is the first that waits of those whose owner has none running."""
        if len(self._running) >= self.limits.workers:
            return False
        busy = {self._owners[id(one)] for one in self._running}
        return next((one for one in self._waiting if self._owners[id(one)] not in busy), None) is job

    def _forget(self, job: Job) -> None:
        self._waiting = [one for one in self._waiting if one is not job]

    async def _work(self, job: Job, request: Mapping[str, Any], blobs: Mapping[str, bytes]) -> Ending:
        """Run one process to its end."""
        loop = asyncio.get_running_loop()
        job.phase, job.began = "starting", loop.time()
        seconds = self.limits.store_seconds if job.task == "submit" else self.limits.check_seconds
        bounds = {"bytes": self.limits.worker_bytes, "seconds": int(seconds) + 1}
        process = await self._taken()
        sending = loop.create_task(_send(process, packed({"task": job.task, **request, "bounds": bounds}, blobs)))
        reading = loop.create_task(_read(process, job, self.limits.answer_bytes))
        try:
            while not reading.done():
                await asyncio.wait({reading}, timeout=_SECONDS_BETWEEN_LOOKS)
                if job.ended:
                    return "stopped"
                if loop.time() - job.began > seconds:
                    return "too_long"
            ended = reading.result()
            if ended == "broken":
                # the processor time a process may use runs out a little later than the clock
                code = await process.wait()
                LOG.error("a process ended with %s during %s", code, job.phase)
                return "too_long" if code == -signal.SIGXCPU else "broken"
            return ended
        except asyncio.CancelledError:
            if job.phase == "storing":
                await asyncio.wait({reading}, timeout=seconds)
            raise
        finally:
            for task in (sending, reading):
                task.cancel()
            _kill(process)
            await process.wait()


_QUIET = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg", "PYTHONHASHSEED": "0"}


async def _started() -> asyncio.subprocess.Process:
    """A new process that waits for something to do."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pipeline.desk.worker",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        cwd="/", env=os.environ | {"PYTHONPATH": str(_PACKAGES)} | _QUIET, start_new_session=True,
    )  # fmt: skip


def _kill(process: asyncio.subprocess.Process) -> None:
    """End the process and every one it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


async def _send(process: asyncio.subprocess.Process, data: bytes) -> None:
    """Send the request; the line stays open, so that the process sees when this one is gone."""
    stdin = process.stdin
    if stdin is None:
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        stdin.write(data)
        await stdin.drain()


async def _read(process: asyncio.subprocess.Process, job: Job, most: int) -> Ending:
    """Read what the process says until its last frame; how it ended."""
    stdout = process.stdout
    if stdout is None:
        return "broken"
    try:
        while True:
            size = int.from_bytes(await stdout.readexactly(LENGTH), "big")
            if size > MOST_HEADER:
                return "broken"
            content, blobs = unpacked_header(await stdout.readexactly(size))
            if "phase" in content:
                job.phase = str(content["phase"])
            elif sum(blobs.values()) > most:
                return "too_much"
            else:
                job.blobs = {name: await stdout.readexactly(length) for name, length in blobs.items()}
                job.content = content
                if place := content.get("defect"):
                    LOG.error("defect %s during %s", place, job.phase)
                return {"memory": "too_much", "defect": "broken"}.get(str(content.get("failed")), "done")  # type: ignore[return-value]
    except (asyncio.IncompleteReadError, ValueError, KeyError, TypeError, AttributeError):
        return "broken"
