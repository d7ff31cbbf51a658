"""Finished tasks of a run, kept until its tables stand: ``build/work/<label>/<digest>/<task>.json``.

The digest covers everything that determines the results: what the caller names, every task, the sources of this
program and the versions of the libraries that compute. A run finds its own finished tasks and never another's. Files
hold what tasks return, JSON, never pickles; ``build/`` is in neither git nor DVC's cache. What goes in must not be
about persons: tasks return figures of projects at the least.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.artefacts import beside

_REPOSITORY = Path(__file__).resolve().parents[2]
_CODE = ("analysis", "pipeline/stages", "pipeline/work")
_LIBRARIES = ("numpy", "pandas", "scipy", "statsmodels")


@cache
def code_version() -> str:
    """A digest of the sources that results come from and of the versions of the libraries that compute."""
    digest = hashlib.sha256()
    for folder in _CODE:
        for path in sorted((_REPOSITORY / folder).rglob("*.py")):
            digest.update(f"{path.relative_to(_REPOSITORY)}\0".encode())
            digest.update(path.read_bytes())
    for name in _LIBRARIES:
        digest.update(f"{name} {version(name)}\0".encode())
    return digest.hexdigest()


def run_digest(key: Any, tasks: Sequence[Any], function: str) -> str:
    """The digest of a run of ``function`` on ``tasks``; ``key`` names whatever else decides (JSON-able)."""
    content = json.dumps([key, list(tasks), function, code_version()], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


class WorkStore:
    """The finished tasks of one run below ``folder``, which belongs to all runs of one label."""

    def __init__(self, folder: Path, label: str, digest: str) -> None:
        self._of_label = folder / label
        self._digest = digest
        self._folder = self._of_label / digest[:32]

    def read(self, task: int) -> str | None:
        """What ``task`` returned, as JSON; ``None`` when it is not there or not as it was written."""
        try:
            header, _, text = self._path(task).read_text(encoding="utf-8").partition("\n")
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        return text if header == self._header(task, text) else None

    def write(self, task: int, text: str) -> None:
        """Keep what ``task`` returned: written beside its place and renamed, so that it is never half there."""
        with beside(self._path(task)) as temporary:
            temporary.write_text(f"{self._header(task, text)}\n{text}", encoding="utf-8")

    def forget(self) -> None:
        """Remove what is kept of all runs of the label; to be called when its tables have been written."""
        shutil.rmtree(self._of_label, ignore_errors=True)

    def _path(self, task: int) -> Path:
        return self._folder / f"{task:06d}.json"

    def _header(self, task: int, text: str) -> str:
        content = hashlib.sha256(text.encode()).hexdigest()
        return json.dumps({"run": self._digest, "task": task, "sha256": content})
