"""Taking a wave out of the store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.intake import dvc_calls
from pipeline.intake.messages import RefusedError
from pipeline.intake.params_file import without_wave
from pipeline.intake.store.history import Event, with_event
from pipeline.intake.store.journal import Remove, Step, Write, change, locked
from pipeline.intake.store.made import places_of, stages_of
from pipeline.intake.store.places import (
    copies_of,
    declaration_of,
    history_file,
    known_waves,
    params_text,
    pool_of,
    refuse_links,
)
from pipeline.intake.store.receipt import now, read_receipt, submitter


@dataclass(frozen=True)
class Withdrawn:
    """What was taken away: paths below the study's folder; whether DVC's own copy was among them; the pool when it
    went with its last wave; whether DVC knows remotes, which keep their copy; the number of the wave's receipt, empty
    where it had none."""

    wave: str
    removed: tuple[Path, ...]
    copy_removed: bool
    pool: str | None
    remotes: bool
    receipt: str = ""


def withdraw(root: Path, wave: str, *, by: str = "") -> Withdrawn:
    """Take a wave out of the study, with everything that holds its residents.

    Decided on as a whole: cut off, the next command finishes it. Raises ``RefusedError`` when there is no such wave,
    when a place of it is a link to somewhere else, and while DVC runs stages, which might write it again.
    """
    remotes, cache = dvc_calls.has_remotes(root), dvc_calls.cache_folder(root)
    with locked(root):
        if wave not in known_waves(root):
            raise RefusedError("wave_unknown", wave=wave, waves=", ".join(known_waves(root)) or "-")
        if dvc_calls.busy(root):
            raise RefusedError("dvc_busy")
        refuse_links(root, wave)
        pool, last_of_pool = pool_of(root, wave)
        gone = pool if last_of_pool else None
        places = places_of(root, wave, pool, last_of_pool=last_of_pool)
        copies = list(copies_of(root, wave, cache))
        event = _event(root, wave, by)
        text = without_wave(params_text(root), wave=wave, pool=gone)
        steps: list[Step] = [Write(root / "params.yaml", text.encode())]
        steps += _forgetting(root, stages_of(root, wave, gone))
        for copy in copies:
            steps += [Remove(copy), Remove(copy.parent, if_empty=True)]
        steps += [Remove(path) for path in places]
        steps.append(Write(history_file(root), with_event(root, event)))
        change(root, steps)
    removed = tuple(path.relative_to(root) for path in places)
    return Withdrawn(wave, removed, bool(copies), gone, remotes, event.receipt)


def _event(root: Path, wave: str, by: str) -> Event:
    """What the history says of it. A receipt that cannot be read does not keep a wave from going."""
    try:
        receipt = read_receipt(root, wave)
    except RefusedError:
        receipt = None
    corporation = str(declaration_of(root, wave).get("corporation") or "")
    return Event(
        when=now(), what="withdrawn", wave=wave, corporation=corporation, by=submitter(by, corporation),
        receipt=receipt.number if receipt else "",
    )  # fmt: skip


def _forgetting(root: Path, stages: set[str]) -> list[Step]:
    lock = root / "dvc.lock"
    if not lock.is_file():
        return []
    text = lock.read_bytes().decode("utf-8")
    left = dvc_calls.without_stages(text, stages)
    return [] if left == text else [Write(lock, left.encode())]
