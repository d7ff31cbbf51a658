"""Reports as they were published: ``reports/releases/<name>/``, kept in git, aggregate alone.

``magical-housing release`` freezes the published bundle of every pool there (``<pool>/*.csv``, ``about.json``,
``seal.json``) with ``release.json`` beside them. The disclosure gate reads them back: what was public once stays known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.artefacts import TableContract, read_contract_csv
from pipeline.errors import InputError
from pipeline.published import MARK, published_contracts
from pipeline.seal import check_seal

FOLDER = Path("reports") / "releases"
DESCRIPTION = "release.json"


@dataclass(frozen=True)
class Release:
    """One frozen report: ``number`` (1 is the first), ``pools`` with what ``about.json`` said of each, ``params``
    and ``rules`` of the verdict as they were, the ``commit`` that made it (None: not known)."""

    name: str
    number: int
    pools: Mapping[str, Mapping[str, Any]]
    params: Mapping[str, Any] = field(default_factory=dict)
    rules: int = 0
    version: str = ""
    commit: str | None = None

    def waves(self, pool: str) -> dict[str, str]:
        """Checksum of every wave of a pool, in the order of the study."""
        return {str(wave["wave"]): str(wave["sha256"]) for wave in self.pools[pool]["waves"]}


def releases_path(root: Path) -> Path:
    """The folder of all releases."""
    return root / FOLDER


def read_releases(root: Path) -> list[Release]:
    """Every release, first one first; none where the folder is not there.

    Raises ``InputError`` where a folder holds no whole release."""
    folder = releases_path(root)
    folders = [path for path in folder.iterdir() if path.is_dir() and path.name[0] != "."] if folder.is_dir() else []
    return sorted((_read(path) for path in folders), key=lambda release: (release.number, release.name))


def _read(folder: Path) -> Release:
    again = "Bring back its former version with git, or remove the folder if that report was never published."
    try:
        content = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        release = Release(
            folder.name,
            int(content["number"]),
            content["pools"],
            content["params"],
            int(content["rules"]),
            str(content["version"]),
            content["commit"],
        )
        for pool in release.pools:
            release.waves(pool)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{folder / DESCRIPTION} is not the description of a release. {again}") from None
    for pool in release.pools:
        try:
            check_seal(folder / pool, stage="release")
        except InputError as error:
            what = str(error).split(" Run the stage")[0]
            raise InputError(f"{what} A release stays as it was published. {again}") from None
    return release


def read_released(root: Path, release: Release, pool: str) -> dict[str, pd.DataFrame]:
    """The tables of one pool as that report had them, those that there are; columns of today that it lacked are left
    out, and so are columns that are no longer published."""
    tables = {}
    for name, contract in published_contracts().items():
        path = releases_path(root) / release.name / pool / f"{name}.csv"
        if path.is_file():
            head = pd.read_csv(path, nrows=0, dtype=str).columns
            there = {column: role for column, role in contract.columns.items() if column in head}
            found = TableContract(name, contract.grain, contract.path, there, contract.partition)
            tables[name] = read_contract_csv(path, found, extra_text=(MARK,))[[*there, MARK]]
    return tables
