"""The receipt of a wave, ``surveys/waves/<wave>/receipt.json``: in git, so nothing of a resident is in it.

Rows are counted for the wave as a whole. By project they are not: many projects are smaller than the smallest group
that may be shown, one hidden number among others follows from the total, and after an erasure the difference of two
counts would tell which project somebody lived in.

Until somebody is erased, ``received`` is the checksum of the file as it came. It is dropped with the first erasure,
together with the salt of the number: whoever knows all other rows could else try out what the erased one held.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from pipeline.declare.base import Declaration
from pipeline.intake.check import Checked
from pipeline.intake.messages import RefusedError
from pipeline.intake.source import Kind, Received, Tool
from pipeline.intake.store.places import receipt_file
from pipeline.intake.submission import Submission, crosswalk_text, naming_responses

RULES = 1
"""Version of what is checked and written down; a change of either gets the next number."""
_LONGEST_NAME = 120
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Signs of a receipt number that nobody takes for one another."""

Sha256 = Annotated[str, Field(pattern="[0-9a-f]{64}")]


class File(Declaration):
    """A file by its checksum and its size in bytes."""

    sha256: Sha256
    bytes: int = Field(ge=0)


class Stored(File):
    """The responses as they are kept: ``name`` beside wave.yaml, ``md5`` as DVC calls them."""

    name: str
    md5: Annotated[str, Field(pattern="[0-9a-f]{32}")]


class UsedInstrument(Declaration):
    """The questionnaire, and the checksum of its file when the wave was checked."""

    name: str
    sha256: Sha256


class Receipt(Declaration):
    """Who submitted what, when.

    ``number``: what the corporation is told, from the checksums and ``salt``. ``submitted``: UTC, to the second.
    ``declaration`` and ``crosswalk``: checksums of wave.yaml and the crosswalk as stored. ``received``: the file as it
    came (``None`` after an erasure). ``rows`` and ``columns`` of what is stored; ``refused``: letters of the columns
    that were cut out (an SPSS file's by number, from 1); ``warnings``: how many of each code; ``erased``: rows that
    were taken out since.
    """

    rules: int
    number: str
    wave: str
    corporation: str
    by: str
    submitted: str
    instrument: UsedInstrument
    declaration: Sha256
    crosswalk: Sha256
    received: File | None
    stored: Stored
    format: Kind
    tool: Tool
    rows: int = Field(ge=0)
    columns: int = Field(ge=0)
    refused: tuple[str, ...] = ()
    warnings: dict[str, int] = Field(default_factory=dict)
    erased: int = Field(default=0, ge=0)
    salt: str = ""

    def as_bytes(self) -> bytes:
        """The file's content."""
        text = json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=1, sort_keys=True)
        return f"{text}\n".encode()

    def is_of(self, submission: Submission, original: Received) -> bool:
        """Whether this very file was submitted with this declaration and crosswalk."""
        return (
            self.received is not None
            and self.received.sha256 == original.sha256
            and self.wave == submission.wave.wave
            and self.declaration == sha256(self._as_stored(submission))
            and self.crosswalk == sha256(crosswalk_text(submission.crosswalk).encode())
        )

    def _as_stored(self, submission: Submission) -> bytes:
        """The declaration of ``submission`` as it is stored: one that was cut may be called otherwise."""
        return naming_responses(submission.declaration, submission.wave.responses, self.stored.name)

    def after_erasing(self, data: bytes, *, name: str, declaration: str, rows: int) -> Receipt:
        """The receipt once ``rows`` rows are out, and ``data`` is stored as ``name`` under this declaration."""
        update = {
            "received": None,
            "salt": "",
            "declaration": declaration,
            "stored": stored_as(name, data),
            "rows": max(self.rows - rows, 0),
            "erased": self.erased + rows,
        }
        return self.model_copy(update=update)


def sha256(data: bytes) -> str:
    """The checksum of ``data``."""
    return hashlib.sha256(data).hexdigest()


def stored_as(name: str, data: bytes) -> Stored:
    """Responses of this name and content."""
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return Stored(name=name, sha256=sha256(data), bytes=len(data), md5=md5)


def now() -> str:
    """This moment in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def submitter(by: str, otherwise: str) -> str:
    """``by`` on one line, ``otherwise`` when it is blank; raises ``RefusedError`` when it is no name."""
    name = " ".join(by.split())
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise RefusedError("by_not_a_name", limit=_LONGEST_NAME)
    return name or otherwise


def number_of(*checksums: str) -> str:
    """Eight signs in two fours that stand for ``checksums``."""
    rest = int.from_bytes(hashlib.sha256("\n".join(checksums).encode()).digest()[:8], "big")
    signs = ""
    for _ in range(8):
        rest, place = divmod(rest, len(_LETTERS))
        signs += _LETTERS[place]
    return f"{signs[:4]}-{signs[4:]}"


def make_receipt(
    submission: Submission, checked: Checked, *, original: Received, by: str, refused: tuple[str, ...] = ()
) -> Receipt:
    """The receipt of what ``checked`` holds; ``original`` is the file as it came."""
    table, received = checked.table, checked.received
    if table is None or received is None:
        raise ValueError("a file that could not be read gets no receipt")
    wave, salt = submission.wave, secrets.token_hex(8)
    stored = stored_as(wave.responses, received.data)
    declaration = sha256(submission.declaration)
    crosswalk = sha256(crosswalk_text(submission.crosswalk).encode())
    instrument = submission.root / "surveys" / "instruments" / f"{wave.instrument}.yaml"
    warnings = Counter(problem.code for problem in checked.problems if problem.severity == "warning")
    return Receipt(
        rules=RULES,
        number=number_of(wave.wave, original.sha256, stored.sha256, declaration, crosswalk, salt),
        wave=wave.wave,
        corporation=wave.corporation,
        by=submitter(by, wave.corporation),
        submitted=now(),
        instrument=UsedInstrument(name=wave.instrument, sha256=sha256(instrument.read_bytes())),
        declaration=declaration,
        crosswalk=crosswalk,
        received=File(sha256=original.sha256, bytes=len(original.data)),
        stored=stored,
        format=table.format.kind,
        tool=table.format.tool,
        rows=len(table.cells_by_row),
        columns=table.n_columns,
        refused=refused,
        warnings=dict(sorted(warnings.items())),
        salt=salt,
    )


def read_receipt(root: Path, wave: str) -> Receipt | None:
    """The receipt of ``wave``; ``None`` when there is none. Raises ``RefusedError`` when it cannot be read as one."""
    path = receipt_file(root, wave)
    if not path.is_file():
        return None
    try:
        return Receipt.model_validate_json(path.read_bytes())
    except (ValidationError, OSError):
        raise RefusedError("receipt_unreadable", path=path.relative_to(root).as_posix()) from None
