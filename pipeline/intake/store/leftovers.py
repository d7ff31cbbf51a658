"""What DVC keeps of what was: copies in its cache that nothing in the study refers to any more, and its scratch.

A cache of the study's own is cleared of everything that is not known to be something else: what this state of the
study refers to, and files that were put under DVC's care in any commit git knows, but for those of the waves concerned.
A cache that lies elsewhere may be shared with others; there only what is known to be of these waves goes.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from pipeline.intake import dvc_calls
from pipeline.intake.store.journal import LOCK, STAGING
from pipeline.intake.store.made import outputs

_SCRATCH_THAT_STAYS = frozenset({LOCK, STAGING, "lock", "rwlock", "rwlock.lock", "btime"})
"""Locks, and the change that is being made."""


def forgotten_copies(
    root: Path, cache: Path, waves: Collection[str], *, forgotten: Collection[str], kept: Collection[str], shared: bool
) -> list[Path]:
    """Copies that go when the stages ``forgotten`` do and the responses of ``waves`` become ``kept``."""
    here = {md5 for path in root.glob("surveys/**/*.dvc") if path.parent.name not in waves for md5 in _md5s(path)}
    wanted = set(_with_members(cache, {*kept, *here, *outputs(root, without=forgotten), *_tracked_in_git(root, waves)}))
    if shared:
        own = {md5 for wave in waves for path in root.glob(f"surveys/waves/{wave}/*.dvc") for md5 in _md5s(path)}
        gone = set(_with_members(cache, own | (set(outputs(root)) - set(outputs(root, without=forgotten)))))
        return sorted(copy for md5 in gone - wanted if (copy := dvc_calls.cached_copy(cache, md5)).exists())
    keep = {dvc_calls.cached_copy(cache, md5) for md5 in wanted}
    return sorted(path for path in (cache / "files" / "md5").glob("*/*") if path not in keep)


def scratch_leftovers(root: Path, cache: Path, *, shared: bool) -> list[Path]:
    """What DVC remembers of runs, and whatever lies in its scratch folder: experiments are copies of everything."""
    scratch = root / ".dvc" / "tmp"
    places = [path for path in sorted(scratch.iterdir()) if path.name not in _SCRATCH_THAT_STAYS]
    return [*places, *([] if shared else [cache / "runs"])]


def _md5s(pointer: Path) -> list[str]:
    return dvc_calls.tracked_md5(pointer)


def _with_members(cache: Path, names: Iterable[str]) -> Iterator[str]:
    """``names``, and of folders among them (``….dir``) what they list."""
    for md5 in names:
        yield md5
        if md5.endswith(".dir"):
            try:
                listed = json.loads(dvc_calls.cached_copy(cache, md5).read_bytes())
                yield from (str(one["md5"]) for one in listed)
            except (OSError, ValueError, KeyError, TypeError):
                continue


def _tracked_in_git(root: Path, waves: Collection[str]) -> set[str]:
    """Checksums in ``.dvc`` files of every commit git knows, but for those in folders of ``waves``: another branch's
    responses may be in this cache alone."""
    git = shutil.which("git")
    if git is None:
        return set()

    def ask(*arguments: str, given: str = "") -> str:
        command = [git, "-C", str(root), *arguments]
        done = subprocess.run(command, input=given.encode(), capture_output=True, check=False)
        return done.stdout.decode("utf-8", "replace")

    objects = [line.partition(" ") for line in ask("rev-list", "--objects", "--all").splitlines()]
    wanted = [name for name, _, path in objects if path.endswith(".dvc") and Path(path).parent.name not in waves]
    text = ask("cat-file", "--batch", given="".join(f"{name}\n" for name in wanted)) if wanted else ""
    return {line.rpartition(" ")[2] for line in text.splitlines() if line.lstrip("- ").startswith("md5: ")}
