"""The DVC program of this interpreter, for a study's folder."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.intake.messages import RefusedError


def environment() -> dict[str, str]:
    """The surroundings of a run: this interpreter first on the PATH (stages are started as ``python``), one thread, no
    display, the same order of everything each time; DVC tells nobody that it is used, whatever its settings say."""
    return os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
        "PYTHONHASHSEED": "0",
        "DVC_NO_ANALYTICS": "1",
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


def pointer(name: str, *, md5: str, size: int) -> bytes:
    """The ``.dvc`` file by which DVC knows the file ``name``, as ``dvc add`` writes it."""
    return f"outs:\n- md5: {md5}\n  size: {size}\n  hash: md5\n  path: {name}\n".encode()


def busy(root: Path) -> bool:
    """Whether DVC is running stages of this study right now."""
    try:
        held = json.loads((root / ".dvc" / "tmp" / "rwlock").read_text(encoding="utf-8") or "{}")
    except (OSError, ValueError):
        return False
    holders = [holder for by_path in held.values() for holder in by_path.values()]
    pids = [one["pid"] for holder in holders for one in (holder if isinstance(holder, list) else [holder])]
    return any(_alive(int(pid)) for pid in pids)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def has_remotes(root: Path) -> bool:
    """Whether DVC keeps copies elsewhere."""
    return bool(run(root, "remote", "list").strip())


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


def without_stages(text: str, names: Collection[str]) -> str:
    """``dvc.lock`` as ``text`` without the stages ``names``: DVC keeps what it knows of stages that are no longer
    there."""
    kept, forgotten = [], False
    for line in text.splitlines(keepends=True):
        if line.startswith("  ") and line[2:3] not in (" ", "-", "#"):
            forgotten = line.strip().removesuffix(":") in names
        elif not line.startswith(" "):
            forgotten = False
        if not forgotten:
            kept.append(line)
    return "".join(kept)


def folders_of_waves(root: Path) -> None:
    """Make the folders that stages with a part per wave or pool fill: DVC wants them to exist when none is left too."""
    for name in ("clean", "published"):
        (root / "build" / name).mkdir(parents=True, exist_ok=True)


def scratch_folder(root: Path) -> Path:
    """DVC's own folder for temporary things; neither git nor DVC looks at it. Raises ``RefusedError`` outside DVC."""
    folder = root / ".dvc"
    if not folder.is_dir():
        raise RefusedError("no_dvc", folder=str(root))
    scratch = folder / "tmp"
    scratch.mkdir(exist_ok=True)
    return scratch
