"""The whole store held against its receipts: what is there, what should be, and whether it is what it was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pipeline.intake import dvc_calls
from pipeline.intake.messages import RefusedError
from pipeline.intake.store.history import damaged_lines, read_history
from pipeline.intake.store.journal import half_done
from pipeline.intake.store.places import (
    declaration_of,
    declared_waves,
    known_waves,
    linked_places,
    pointers,
    receipt_file,
    simulated_waves,
)
from pipeline.intake.store.receipt import Receipt, read_receipt, sha256
from pipeline.intake.submission import crosswalk_file, wave_folder

_PIECE = 1 << 20
_WRITABLE_BY_OTHERS = 0o022


@dataclass(frozen=True)
class Finding:
    """Something about the store. ``code``: a sentence of the catalogue (``commands.verify``); ``wave`` is empty where
    it is about the store as a whole. ``wrong``: something has to be done; the others are for information."""

    code: str
    kind: Literal["wrong", "note"]
    wave: str = ""
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verified:
    """What was looked at, and what was found."""

    waves: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """What has to be put right."""
        return tuple(finding for finding in self.findings if finding.kind == "wrong")


def verify(root: Path) -> Verified:
    """Look at everything in the store; nothing is changed. Raises ``RefusedError`` outside DVC."""
    dvc_calls.scratch_folder(root)
    cache = dvc_calls.cache_folder(root)
    waves = declared_waves(root)
    findings = [*_whole(root), *(finding for wave in waves for finding in _wave(root, wave, cache))]
    return Verified(tuple(waves), tuple(findings))


def _whole(root: Path) -> Iterator[Finding]:
    """What concerns the store as a whole."""
    if half_done(root):
        yield Finding("half_done", "wrong")
    declared = declared_waves(root)
    for name in known_waves(root):
        if name not in declared:
            yield Finding("undeclared", "wrong", name)
    for number in damaged_lines(root):
        yield Finding("history_damaged", "wrong", details={"line": str(number)})


def _wave(root: Path, wave: str, cache: Path) -> Iterator[Finding]:
    """What concerns one declared wave."""
    folder = wave_folder(root, wave)
    for path in linked_places(root, wave):
        yield Finding("is_link", "wrong", wave, {"path": path.relative_to(root).as_posix()})
    if not (folder / "wave.yaml").is_file():
        yield Finding("no_declaration", "wrong", wave)
        return
    if wave in simulated_waves(root):
        yield Finding("simulated", "note", wave)
        return
    try:
        receipt = read_receipt(root, wave)
    except RefusedError:
        yield Finding("receipt_damaged", "wrong", wave, {"path": receipt_file(root, wave).relative_to(root).as_posix()})
        receipt = None
    else:
        if receipt is None:
            yield Finding("no_receipt", "note", wave)
    if receipt is not None:
        yield from _declared(root, wave, receipt)
    yield from _responses(root, wave, receipt, cache)


def _declared(root: Path, wave: str, receipt: Receipt) -> Iterator[Finding]:
    """Whether declaration, crosswalk and questionnaire are what they were, and whether the history knows the wave."""
    for path, checksum, kind in (
        (wave_folder(root, wave) / "wave.yaml", receipt.declaration, "wrong"),
        (crosswalk_file(root, wave), receipt.crosswalk, "wrong"),
        (root / "surveys" / "instruments" / f"{receipt.instrument.name}.yaml", receipt.instrument.sha256, "note"),
    ):
        code = "changed" if kind == "wrong" else "instrument_changed"
        if not path.is_file() or sha256(path.read_bytes()) != checksum:
            details = {"path": path.relative_to(root).as_posix()}
            yield Finding(code, "wrong" if kind == "wrong" else "note", wave, details)
    if not any(event.receipt == receipt.number for event in read_history(root, wave=wave)):
        yield Finding("not_in_history", "wrong", wave, {"number": receipt.number})


def _responses(root: Path, wave: str, receipt: Receipt | None, cache: Path) -> Iterator[Finding]:
    """Whether the responses are here and the same for the receipt, for DVC, and in its cache."""
    name = receipt.stored.name if receipt else str(declaration_of(root, wave).get("responses") or "")
    path = wave_folder(root, wave) / name
    shown = {"path": path.relative_to(root).as_posix()}
    tracked = [md5 for pointer in pointers(root, wave) for md5 in dvc_calls.tracked_md5(pointer)]
    if receipt is not None and tracked != [receipt.stored.md5]:
        yield Finding("dvc_has_another" if tracked else "not_in_dvc", "wrong", wave, shown)
    for md5 in tracked:
        copy = dvc_calls.cached_copy(cache, md5)
        if copy.is_file() and _checksums(copy)[0] != md5:
            yield Finding("copy_damaged", "wrong", wave, {"path": _shown(root, copy)})
    if not name or not path.is_file():
        yield Finding("not_pulled" if tracked else "lost", "wrong", wave, shown)
        return
    if path.stat().st_mode & _WRITABLE_BY_OTHERS:
        yield Finding("writable", "wrong", wave, shown)
    md5, sha = _checksums(path)
    if (receipt is not None and sha != receipt.stored.sha256) or (tracked and md5 not in tracked):
        yield Finding("changed", "wrong", wave, shown)
    elif tracked and not dvc_calls.cached_copy(cache, md5).is_file():
        yield Finding("no_copy", "note", wave, shown)


def _shown(root: Path, path: Path) -> str:
    above = root.resolve()
    return path.relative_to(above).as_posix() if path.is_relative_to(above) else path.name


def _checksums(path: Path) -> tuple[str, str]:
    """MD5, as DVC knows a file, and SHA-256."""
    md5, sha = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            md5.update(piece)
            sha.update(piece)
    return md5.hexdigest(), sha.hexdigest()
