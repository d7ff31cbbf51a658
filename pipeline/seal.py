"""The seal of a folder: what was in it, file by file, when the stage that made it was done.

``disclose`` seals what passed the gate and ``present`` what it made of that; whoever reads such a folder checks its
seal first, so that nothing gets into the report past the gate. A seal keeps mistakes out (a file edited, left over or
added by hand), not somebody who is able to write a seal.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from pipeline.artefacts import write_json
from pipeline.errors import InputError

SEAL = "seal.json"


def write_seal(folder: Path) -> None:
    """Write ``seal.json`` in ``folder``: the sha256 of every file below it. To be done last of all."""
    (folder / SEAL).unlink(missing_ok=True)
    write_json(folder / SEAL, {"sha256": _digests(folder)})


def break_seal(folder: Path) -> None:
    """Take the seal off ``folder``, if it has one, before anything in it is changed."""
    (folder / SEAL).unlink(missing_ok=True)


def check_seal(folder: Path, *, stage: str) -> None:
    """Whether every file of ``folder`` is as it was sealed; ``stage``: the one that makes the folder.

    Raises ``InputError`` that names a file that was changed, that is missing or that was not sealed.
    """
    again = f"Run the stage {stage} again, and change nothing in its folder."
    try:
        sealed = json.loads((folder / SEAL).read_text(encoding="utf-8"))["sha256"]
        expected = {str(name): str(digest) for name, digest in sealed.items()}
    except FileNotFoundError:
        raise InputError(f"{folder / SEAL} is missing: {stage} has not finished. {again}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{folder / SEAL} is not a seal. {again}") from None
    found = _digests(folder)
    for problem, names in (
        ("was changed after it was sealed", {n for n in expected if n in found and found[n] != expected[n]}),
        ("is missing", expected.keys() - found.keys()),
        (f"was not made by {stage}", found.keys() - expected.keys()),
    ):
        if names:
            raise InputError(f"{folder / min(names)} {problem}. {again}")


def _digests(folder: Path) -> dict[str, str]:
    """sha256 of every file below ``folder`` but the seal itself, by path within it."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / SEAL)
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
