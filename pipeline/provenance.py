"""What every stage is made of, as ``build/provenance.json`` says it: command, commit, parameters, inputs, versions.

The stage ``provenance`` writes the file, the report reads it. What is in it follows from the files of a commit alone,
so a fresh clone of the same commit gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from pipeline.artefacts import write_json

History = Literal["known", "none", "shallow", "unrecorded"]
"""Whether commits could be looked up: yes; there is no git repository; it is a shallow clone, which does not know;
nobody looked."""

SHORT = 7
"""Characters of a commit that are shown."""


@dataclass(frozen=True)
class StageRecord:
    """One stage of ``dvc.yaml``.

    ``command``: as typed in the study's folder, ``@POOL@``, ``@WAVE@`` and ``@MODEL@`` for what it is run for; ``each``
    names these. ``commit``: the last that changed ``code`` or ``declarations`` (None: not known); ``changed``: whether
    the working tree has something else. ``params``: value by dotted key. ``code`` is relative to the code's folder;
    ``declarations``, ``inputs`` (what other stages made, and responses) and ``outputs`` to the study's.
    """

    name: str
    command: str
    each: tuple[str, ...]
    commit: str | None
    changed: bool
    params: Mapping[str, Any]
    code: tuple[str, ...]
    declarations: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Provenance:
    """``commit``: the last that changed anything that stages are made of; ``date``: its day (ISO; empty: not known).
    ``libraries``: version by name, as locked."""

    history: History = "unrecorded"
    commit: str | None = None
    date: str = ""
    changed: bool = False
    version: str = ""
    python: str = ""
    libraries: Mapping[str, str] = field(default_factory=dict)
    lock: str = ""
    """Checksum (SHA-256) of ``requirements.lock``; empty without one."""
    stages: tuple[StageRecord, ...] = ()

    def stage(self, name: str) -> StageRecord | None:
        """The stage called ``name``; None when nothing is recorded of it."""
        return next((stage for stage in self.stages if stage.name == name), None)


def provenance_path(root: Path) -> Path:
    """Where the file stands."""
    return root / "build" / "provenance.json"


def write_provenance(root: Path, provenance: Provenance) -> None:
    """Write the file."""
    write_json(provenance_path(root), asdict(provenance))


def read_provenance(root: Path) -> Provenance:
    """Read the file; without one nothing is known (``unrecorded``)."""
    path = provenance_path(root)
    if not path.is_file():
        return Provenance()
    content = json.loads(path.read_text(encoding="utf-8"))
    return Provenance(**{**content, "stages": tuple(_stage(entry) for entry in content["stages"])})


def _stage(entry: Mapping[str, Any]) -> StageRecord:
    content: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()
    }
    return StageRecord(**content)
