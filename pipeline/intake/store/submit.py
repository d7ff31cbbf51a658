"""Adding a wave to the store."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pipeline.intake import dvc_calls
from pipeline.intake.check import Checked
from pipeline.intake.messages import RefusedError
from pipeline.intake.params_file import with_wave
from pipeline.intake.source import Received
from pipeline.intake.store.history import Event, with_event
from pipeline.intake.store.journal import Step, Write, change, locked
from pipeline.intake.store.places import (
    declaration_of,
    declared_waves,
    history_file,
    params_text,
    receipt_file,
    refuse_links,
)
from pipeline.intake.store.receipt import Receipt, make_receipt, read_receipt
from pipeline.intake.submission import Submission, crosswalk_file, crosswalk_text, wave_folder


@dataclass(frozen=True)
class Stored:
    """What was stored: its receipt, and the files of it that git keeps, below the study's folder. ``already``: it was
    there before, and nothing was changed."""

    receipt: Receipt
    files: tuple[Path, ...]
    already: bool = False


def already_stored(submission: Submission, original: Received) -> Stored | None:
    """The wave as it is stored, when this very file with this declaration and crosswalk was submitted before."""
    root, wave = submission.root, submission.wave.wave
    if wave not in declared_waves(root):
        return None
    receipt = read_receipt(root, wave)
    if receipt is None or not receipt.is_of(submission, original):
        return None
    return Stored(receipt, _files(submission), already=True)


def submit(
    submission: Submission,
    checked: Checked,
    *,
    by: str = "",
    original: Received | None = None,
    refused: tuple[str, ...] = (),
) -> Stored:
    """Store a wave that was checked, all of it or nothing.

    ``by``: name or function of who submits it; the declared corporation where it is blank. ``original``: the file as it
    came, where columns were cut out of it (``refused``: their letters). Submitting the same again changes nothing.
    On any failure everything is as it was and the failure is raised: ``RefusedError`` when somebody else is submitting,
    when there is another wave of this name, or when a place of the wave is a link to somewhere else.
    """
    root, wave = submission.root, submission.wave
    received = checked.received
    if received is None or not checked.acceptable or submission.declared:
        raise ValueError("only what was checked and found acceptable is stored")
    came = original or received
    cache = dvc_calls.cache_folder(root)
    with locked(root):
        before = already_stored(submission, came)
        if before is not None:
            return before
        if wave.wave in declared_waves(root):
            raise RefusedError("wave_there", wave=wave.wave)
        refuse_links(root, wave.wave)
        receipt = make_receipt(submission, checked, original=came, by=by, refused=refused)
        change(root, _steps(submission, received.data, receipt, cache), take_back=True)
    return Stored(receipt, _files(submission))


def _steps(submission: Submission, data: bytes, receipt: Receipt, cache: Path) -> list[Step]:
    """Everything that belongs to the wave; ``params.yaml``, which makes it part of the study, comes last."""
    root, wave = submission.root, submission.wave
    folder, stored = wave_folder(root, wave.wave), receipt.stored
    event = Event(
        when=receipt.submitted, what="submitted", wave=wave.wave, corporation=wave.corporation, by=receipt.by,
        receipt=receipt.number, rows=receipt.rows, columns=receipt.columns,
    )  # fmt: skip
    params = with_wave(params_text(root), wave=wave.wave, pool=wave.pool, responses=wave.responses)
    copy = dvc_calls.cached_copy(cache, stored.md5)
    steps: list[Step] = [
        Write(folder / "wave.yaml", submission.declaration),
        Write(folder / wave.responses, data),
        Write(folder / f"{wave.responses}.dvc", dvc_calls.pointer(wave.responses, md5=stored.md5, size=stored.bytes)),
        Write(crosswalk_file(root, wave.wave), crosswalk_text(submission.crosswalk).encode()),
        Write(receipt_file(root, wave.wave), receipt.as_bytes()),
        Write(history_file(root), with_event(root, event)),
        Write(root / "params.yaml", params.encode()),
    ]
    if not copy.exists():
        steps.insert(0, Write(copy, data, read_only=True))
    if _git_would_take(folder / wave.responses):
        steps.insert(0, Write(folder / ".gitignore", f"/{wave.responses}\n".encode()))
    return steps


def _git_would_take(path: Path) -> bool:
    """Whether git, where the study is in it, would take up the file at ``path``: answers must never be in git."""
    git = shutil.which("git")
    above = next((folder for folder in path.parents if folder.is_dir()), None)
    if git is None or above is None:
        return False
    asked = [git, "check-ignore", "-q", "--no-index", str(path.absolute())]
    told = subprocess.run(asked, cwd=above, capture_output=True, check=False)
    return told.returncode == 1


def _files(submission: Submission) -> tuple[Path, ...]:
    """What git keeps of the wave, below the study's folder."""
    root, wave = submission.root, submission.wave
    folder = wave_folder(root, wave.wave)
    files = [
        *(folder / name for name in ("wave.yaml", f"{wave.responses}.dvc", receipt_file(root, wave.wave).name)),
        crosswalk_file(root, wave.wave), history_file(root), root / "params.yaml",
    ]  # fmt: skip
    return tuple(path.relative_to(root) for path in (*files, folder / ".gitignore") if path.is_file())


def waves_of(root: Path, corporation: str) -> list[str]:
    """Declared waves of one corporation, in the order of params.yaml."""
    return [wave for wave in declared_waves(root) if declaration_of(root, wave).get("corporation") == corporation]
