"""Questions to git that change nothing: which commit last changed some paths, and whether they are as committed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path


def repository_of(folder: Path) -> Path | None:
    """The top folder of the git repository that ``folder`` is in; None without one, or without git."""
    top = _git(folder, "rev-parse", "--show-toplevel")
    return Path(top.strip()) if top else None


def is_shallow(folder: Path) -> bool:
    """Whether the history of the repository around ``folder`` is cut off, so that it cannot say what changed when."""
    return (_git(folder, "rev-parse", "--is-shallow-repository") or "").strip() == "true"


def last_change(folder: Path, paths: Sequence[Path]) -> str | None:
    """The commit that last changed one of ``paths`` (some of which may not be there); None when none ever did."""
    found = _git(folder, "log", "-1", "--format=%H", "--", *map(str, paths)) if paths else None
    return found.strip() or None if found else None


def day_of(folder: Path, commit: str) -> str:
    """The day of a commit, as ``2026-11-26``; empty when it is not known."""
    return (_git(folder, "show", "--no-patch", "--format=%cs", commit) or "").strip()


def is_changed(folder: Path, paths: Sequence[Path]) -> bool:
    """Whether one of ``paths`` holds something that is not in the commit checked out: changed, new or gone."""
    found = _git(folder, "status", "--porcelain", "--untracked-files=all", "--", *map(str, paths)) if paths else None
    return bool(found)


def _git(folder: Path, *arguments: str) -> str | None:
    """What git answers in ``folder``; None when it fails or is not installed. Takes no lock, and no settings of others
    than the repository's own."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    surroundings |= {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "--literal-pathspecs", *arguments],
            env=surroundings, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False,
        )  # fmt: skip
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
