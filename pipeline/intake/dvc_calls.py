"""The DVC program of this interpreter, for a study's folder."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.artefacts import beside
from pipeline.intake.messages import RefusedError


def environment() -> dict[str, str]:
    """The surroundings of a run: this interpreter first on the PATH (stages are started as ``python``), one thread, no
    display, the same order of everything each time."""
    return os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
        "PYTHONHASHSEED": "0",
    }


def command(*arguments: str) -> list[str]:
    """``dvc ARGUMENTS`` as this interpreter runs it."""
    return [sys.executable, "-m", "dvc", *arguments]


def run(root: Path, *arguments: str) -> str:
    """Run DVC in ``root``; return what it printed. Raises ``RefusedError`` with DVC's last words when it fails."""
    done = subprocess.run(command(*arguments), cwd=root, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        raise RefusedError("dvc_failed", command=f"dvc {arguments[0]}", said=last)
    return done.stdout


def track(root: Path, path: Path) -> None:
    """Put ``path`` under DVC's care: a ``.dvc`` file beside it and a copy in the cache."""
    run(root, "add", "--quiet", str(path.relative_to(root)))


def cache_folder(root: Path) -> Path:
    """Where DVC keeps its copies."""
    return (root / run(root, "cache", "dir").strip()).resolve()


def cached_copy(cache: Path, md5: str) -> Path:
    """Where the copy of a file with this checksum stands in the cache."""
    return cache / "files" / "md5" / md5[:2] / md5[2:]


def md5_of(data: bytes) -> str:
    """The checksum by which DVC knows a file."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def tracked_md5(dvc_file: Path) -> list[str]:
    """Checksums in a ``.dvc`` file; none when it cannot be read."""
    content: Any = YAML(typ="safe").load(dvc_file) if dvc_file.is_file() else None
    outs = content.get("outs", []) if isinstance(content, Mapping) else []
    return [str(out["md5"]) for out in outs if isinstance(out, Mapping) and "md5" in out]


def forget_stages(root: Path, names: Collection[str]) -> None:
    """Take the stages ``names`` out of ``dvc.lock``: DVC keeps what it knows of stages that are no longer there."""
    lock = root / "dvc.lock"
    if not lock.is_file():
        return
    kept, forgotten = [], False
    for line in lock.read_bytes().decode("utf-8").splitlines(keepends=True):
        if line.startswith("  ") and line[2:3] not in (" ", "-", "#"):
            forgotten = line.strip().removesuffix(":") in names
        elif not line.startswith(" "):
            forgotten = False
        if not forgotten:
            kept.append(line)
    with beside(lock) as temporary:
        temporary.write_bytes("".join(kept).encode("utf-8"))


def scratch_folder(root: Path) -> Path:
    """DVC's own folder for temporary things; neither git nor DVC looks at it. Raises ``RefusedError`` outside DVC."""
    folder = root / ".dvc"
    if not folder.is_dir():
        raise RefusedError("no_dvc", folder=str(root))
    scratch = folder / "tmp"
    scratch.mkdir(exist_ok=True)
    return scratch
