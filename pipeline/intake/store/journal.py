"""All-or-nothing changes of a study's files: written down first, then made, then crossed out.

A change is a list of files with their new content and of things to remove. It is made in three steps:

1. all new content is written into DVC's scratch folder, where neither git, nor DVC, nor any stage looks;
2. one renaming puts the list beside it: from here on the change *is*, whatever happens;
3. every file is brought into its place, and the list is removed.

Cut off before step 2, nothing has happened, and whoever comes next clears the scratch away. Cut off after it, whoever
comes next finishes: every part of step 3 can be done again. Content, list and folders are flushed to the disk before
each step that relies on them, so that a power cut is no different from a kill. No other program runs meanwhile, so
nothing can outlive a killed command and write later.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pipeline.intake import dvc_calls
from pipeline.intake.messages import RefusedError

_SECONDS_TO_WAIT = 10
LOCK = "waves.lock"
STAGING = "waves.change"
"""The folder in DVC's scratch folder that holds a change until it is made."""
_LIST = "change.json"


@dataclass(frozen=True)
class Write:
    """``data`` is to stand at ``path``; ``read_only`` as DVC keeps its copies."""

    path: Path
    data: bytes = field(repr=False)
    read_only: bool = False


@dataclass(frozen=True)
class Remove:
    """The file or folder at ``path`` is to be gone. ``if_empty``: a folder, only when nothing is left in it."""

    path: Path
    if_empty: bool = False


Step = Write | Remove


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Nobody else changes the store meanwhile; what somebody left half done is finished or cleared away first.

    Raises ``RefusedError`` when somebody else is at it for longer than a few seconds, and outside DVC.
    """
    scratch = dvc_calls.scratch_folder(root)
    try:
        with FileLock(scratch / LOCK, timeout=_SECONDS_TO_WAIT):
            recover(root)
            yield
    except Timeout:
        raise RefusedError("store_busy") from None


def half_done(root: Path) -> bool:
    """Whether a command was cut off, so that the next has something to finish or to clear away."""
    return (root / ".dvc" / "tmp" / STAGING).exists()


def recover(root: Path) -> None:
    """Finish a change that was decided on; clear away one that was not. Only within ``locked``."""
    staging = dvc_calls.scratch_folder(root) / STAGING
    if (staging / _LIST).is_file():
        _make(staging)
    _cross_out(staging)


def change(root: Path, steps: list[Step], *, take_back: bool = False) -> None:
    """Make all of ``steps``, in their order, or none. Only within ``locked``.

    ``take_back``: when a step fails (a full disk), those before it are taken back and the failure is raised; otherwise
    the change stays decided on and the next command finishes it.
    """
    staging = dvc_calls.scratch_folder(root) / STAGING
    opposite = _opposite(steps) if take_back else []
    try:
        _decide(staging, steps)
    except BaseException:
        _cross_out(staging)
        raise
    try:
        _make(staging)
    except BaseException:
        if take_back:
            _decide(staging, opposite)
            _make(staging)
            _cross_out(staging)
        raise
    _cross_out(staging)


def _decide(staging: Path, steps: list[Step]) -> None:
    """Write the new content and then, by one renaming, the list of what is to be done with it."""
    staging.mkdir(exist_ok=True)
    listed: list[dict[str, Any]] = []
    for step in steps:
        path = str(step.path.absolute())
        if isinstance(step, Remove):
            listed.append({"remove": path, "if_empty": step.if_empty})
            continue
        name = hashlib.sha256(step.data).hexdigest()
        if not (staging / name).exists():
            _write_through(staging / name, step.data)
        listed.append({"write": path, "content": name, "read_only": step.read_only})
    waiting = staging / f"{_LIST}.part"
    _write_through(waiting, json.dumps(listed).encode())
    _flush(staging)
    waiting.replace(staging / _LIST)
    _flush(staging)
    _flush(staging.parent)


def _cross_out(staging: Path) -> None:
    """The list first: content that is listed is never missing."""
    (staging / _LIST).unlink(missing_ok=True)
    shutil.rmtree(staging, ignore_errors=True)


def _make(staging: Path) -> None:
    """Do what the list says; doing it again does no harm."""
    for step in json.loads((staging / _LIST).read_bytes()):
        if "write" in step:
            _put(Path(step["write"]), staging / step["content"], read_only=step["read_only"])
        else:
            _take(Path(step["remove"]), if_empty=step["if_empty"])


def _put(path: Path, content: Path, *, read_only: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # always the same name, so that doing it again leaves nothing behind
    waiting = path.with_name(f".{path.name}.part")
    waiting.unlink(missing_ok=True)
    _write_through(waiting, content.read_bytes())
    if read_only:
        waiting.chmod(0o444)
    waiting.replace(path)
    _flush(path.parent)


def _take(path: Path, *, if_empty: bool) -> None:
    if if_empty:
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    elif path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    if path.parent.is_dir():
        _flush(path.parent)


def _opposite(steps: list[Step]) -> list[Step]:
    """What takes ``steps`` back, last first. Only files are given back: none of ``steps`` may remove a folder."""
    back: list[Step] = []
    for step in steps:
        if step.path.is_file():
            mode = step.path.stat().st_mode & 0o222
            back.append(Write(step.path, step.path.read_bytes(), read_only=not mode))
        elif isinstance(step, Write):
            back += [Remove(folder, if_empty=True) for folder in _new_folders(step.path)]
            back.append(Remove(step.path))
            back.append(Remove(step.path.with_name(f".{step.path.name}.part")))
    return back[::-1]


def _new_folders(path: Path) -> list[Path]:
    """Folders above ``path`` that are not there yet, outermost first."""
    return [folder for folder in reversed(path.parents) if not folder.exists()]


def _write_through(path: Path, data: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _flush(folder: Path) -> None:
    """See to it that what the folder lists is on the disk; not everywhere can a folder be flushed."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)
