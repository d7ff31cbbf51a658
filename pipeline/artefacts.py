"""Where every artefact of a study stands, and the one way to read and write it.

Stages never import each other; they meet in the files named here. Aggregate tables are declared in
``contracts/tables.yaml``: writing a frame that does not have exactly those columns is an error, so a stage cannot
drift from what the next one reads. Everything is written beside its place and renamed, so nothing is ever half there,
and the same content always gives the same bytes.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from ruamel.yaml import YAML

Role = Literal["key", "base", "count", "share", "statistic", "design", "fact", "dominant"]

# Frames with one row per person. They exist only under build/, which is in neither git nor DVC's cache.
PERSON_FRAMES = {
    # instrument variables as codes, `<variable>__reason` beside each, and `respondent wave project source`
    "ingested": "ingested/{wave}.parquet",
    # the kept rows of `ingested` plus the careless-response flags (`flag_*`, `careless`)
    "clean": "clean/{wave}.parquet",
    # all kept rows of the declared waves of one pool
    "pool": "pool/{pool}.parquet",
    # ready for analysis: reversed items, scale scores, traits and their dummies
    "persons": "measure/{pool}/persons.parquet",
}


@dataclass(frozen=True)
class TableContract:
    """One aggregate table: its name, what a row is, its path below ``build/``, the role of each column, and in
    ``notes`` what its values mean."""

    name: str
    grain: str
    path: str
    columns: Mapping[str, Role]
    partition: tuple[str, ...]
    notes: str = ""

    def with_role(self, *roles: Role) -> list[str]:
        """Names of the columns that have one of ``roles``, in table order."""
        return [name for name, role in self.columns.items() if role in roles]


@cache
def table_contracts() -> dict[str, TableContract]:
    """Every declared aggregate table by name, read from ``contracts/tables.yaml``."""
    declared = YAML(typ="safe").load(Path(__file__).with_name("contracts") / "tables.yaml")
    return {
        name: TableContract(
            name, d["grain"], d["path"], d["columns"], tuple(d.get("partition", ())), str(d.get("notes", "")).strip()
        )
        for name, d in declared.items()
    }


def table_path(root: Path, name: str, **keys: str) -> Path:
    """Path of the aggregate table ``name`` below ``root``; ``keys`` fill ``{pool}``, ``{wave}``, ``{model}``."""
    return root / "build" / table_contracts()[name].path.format(**keys)


def empty_table(name: str) -> pd.DataFrame:
    """The declared table ``name`` with its columns and no rows: there was nothing to say."""
    return pd.DataFrame(columns=list(table_contracts()[name].columns))


def with_empty_figures(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """``frame`` as the table ``name`` where some figures were computed for no row: their columns, empty.

    A frame without rows may lack any column. Raises ``ValueError`` when rows lack a key.
    """
    contract = table_contracts()[name]
    missing = [column for column in contract.with_role("key") if column not in frame.columns]
    if missing and len(frame):
        raise ValueError(f"table {name}: missing columns {missing}")
    return frame.reindex(columns=[*frame.columns, *(c for c in contract.columns if c not in frame.columns)])


def write_table(root: Path, name: str, frame: pd.DataFrame, **keys: str) -> Path:
    """Write ``frame`` as the declared table ``name``; return its path.

    Raises ``ValueError`` when the columns are not exactly the declared ones (order is put right).
    """
    contract = table_contracts()[name]
    if set(frame.columns) != set(contract.columns):
        missing, extra = (
            set(contract.columns) - set(frame.columns),
            set(frame.columns) - set(contract.columns),
        )
        raise ValueError(f"table {name}: missing columns {sorted(missing)}, undeclared columns {sorted(extra)}")
    path = table_path(root, name, **keys)
    write_csv(path, frame[list(contract.columns)])
    return path


def read_table(root: Path, name: str, **keys: str) -> pd.DataFrame:
    """Read the declared table ``name``: key and fact columns as text (empty text, never NaN), the others as numbers."""
    contract = table_contracts()[name]
    return read_contract_csv(table_path(root, name, **keys), contract)


def read_contract_csv(path: Path, contract: TableContract, extra_text: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read the CSV at ``path`` with the column types of ``contract``; ``extra_text`` names further text columns."""
    text = [*contract.with_role("key", "fact"), *extra_text]
    frame = pd.read_csv(
        path,
        dtype=dict.fromkeys(text, "str"),
        keep_default_na=False,
        na_values={c: [""] for c in contract.columns if c not in text},
    )
    for column in contract.columns:
        if column not in text:
            frame[column] = pd.to_numeric(frame[column])
    return frame


def person_path(root: Path, name: str, **keys: str) -> Path:
    """Path of a person-level frame (see ``PERSON_FRAMES``)."""
    return root / "build" / PERSON_FRAMES[name].format(**keys)


def write_persons(root: Path, name: str, frame: pd.DataFrame, **keys: str) -> Path:
    """Write a person-level frame as parquet, without an index; return its path."""
    path = person_path(root, name, **keys)
    with beside(path) as temporary:
        frame.reset_index(drop=True).to_parquet(temporary, index=False, compression="zstd")
    return path


def read_persons(root: Path, name: str, **keys: str) -> pd.DataFrame:
    """Read a person-level frame."""
    return pd.read_parquet(person_path(root, name, **keys))


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Write ``frame`` as UTF-8 CSV with line feeds and at most ten significant digits (the last bits of a
    sum differ between processors; ten digits do not)."""
    with beside(path) as temporary:
        frame.to_csv(temporary, index=False, lineterminator="\n", float_format="%.10g", encoding="utf-8")


def yaml_text(content: Any, *, width: int = 10_000, short: bool = False) -> str:
    """``content`` as YAML, in the order things were said in; ``short``: what fits in ``width`` stands on one line."""
    stream = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None if short else False
    yaml.allow_unicode = True
    yaml.width = width
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.dump(content, stream)
    return stream.getvalue()


def write_json(path: Path, content: Any) -> None:
    """Write ``content`` as JSON: UTF-8, sorted keys, no NaN (raises ``ValueError``), final line feed."""
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    write_text(path, text + "\n")


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text with line feeds as they are."""
    with beside(path) as temporary:
        temporary.write_bytes(text.encode("utf-8"))


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place when the block ends well and vanishes when it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
