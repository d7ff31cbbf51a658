"""Puts a report in one piece where it belongs, whole, and never in the place of something else."""

from __future__ import annotations

from pathlib import Path

from pipeline.artefacts import beside
from pipeline.intake.messages import RefusedError

_LOOKED_AT = 65_536


def place_of(asked: Path | None, reports: Path, name: str) -> Path:
    """Where the file goes: where it was ``asked`` for, else to the study's ``reports`` folder.

    Raises ``RefusedError`` when that cannot be a file.
    """
    path = asked or reports / name
    if path.is_dir():
        raise RefusedError("out_is_folder", path=path.as_posix())
    if not path.parent.is_dir():
        raise RefusedError("out_without_folder", path=path.as_posix(), folder=path.parent.as_posix())
    return path


def deliver(content: bytes, path: Path, *, mark: str, asked: bool) -> None:
    """Write ``content`` to ``path``, beside it first.

    Where nobody ``asked`` for this very place, a file that stands there must hold ``mark``, as what we write does; else
    raises ``RefusedError`` and leaves it alone.
    """
    if path.exists() and not asked and mark.encode("ascii") not in _ends(path):
        raise RefusedError("out_is_not_ours", path=path.as_posix())
    with beside(path) as temporary:
        temporary.write_bytes(content)


def _ends(path: Path) -> bytes:
    """The beginning and the end of the file, where the mark stands in HTML and in PDF."""
    content = path.read_bytes()
    return content[:_LOOKED_AT] + content[-_LOOKED_AT:]
