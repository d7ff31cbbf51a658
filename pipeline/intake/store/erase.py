"""Taking one resident out of everything that this folder holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.declare import load_study
from pipeline.intake import dvc_calls
from pipeline.intake.messages import RefusedError
from pipeline.intake.params_file import with_responses_called
from pipeline.intake.problems import UnreadableError
from pipeline.intake.reading.read import bounds_of, read_grid
from pipeline.intake.refused import without_rows
from pipeline.intake.source import Received
from pipeline.intake.store.find import Found, InWave, find
from pipeline.intake.store.history import Event, with_event
from pipeline.intake.store.journal import Remove, Step, Write, change, locked
from pipeline.intake.store.leftovers import forgotten_copies, scratch_leftovers
from pipeline.intake.store.made import made_from, stages_touching
from pipeline.intake.store.places import declaration_of, history_file, params_text, pointers, receipt_file, refuse_links
from pipeline.intake.store.receipt import now, read_receipt, sha256, stored_as, submitter
from pipeline.intake.submission import naming_responses, wave_folder
from pipeline.intake.table import Bounds


@dataclass(frozen=True)
class Erased:
    """How many rows went out of which waves; what was made of them and is gone too, below the study's folder; whether
    DVC knows remotes, which keep their copies; whether DVC's cache lies elsewhere and may be shared."""

    rows: dict[str, int]
    removed: tuple[Path, ...]
    remotes: bool
    shared_cache: bool


def look_for(root: Path, code: str, *, wave: str | None = None, language: str = "en") -> Found:
    """Where the resident with ``code`` is. Raises ``InputError`` when that cannot be told of every wave."""
    with locked(root):
        return find(load_study(root, language=language), code, wave=wave)


def erase(root: Path, code: str, *, wave: str | None = None, by: str = "", language: str = "en") -> Erased:
    """Take the rows of the resident with ``code`` out of the stored waves, and remove everything made of these waves:
    stage outputs, parts and pages of the report, what DVC keeps and remembers of them.

    Decided on as a whole: cut off, the next command finishes it. Nothing happens where nobody has the code (``rows`` is
    empty). Raises ``RefusedError`` while DVC runs stages, when a wave is not here or cannot be read, and when the
    person is the only one in a wave.
    """
    remotes, cache = dvc_calls.has_remotes(root), dvc_calls.cache_folder(root)
    shared = (root / ".dvc").resolve() not in cache.parents
    with locked(root):
        study = load_study(root, language=language)
        if dvc_calls.busy(root):
            raise RefusedError("dvc_busy")
        found = find(study, code, wave=wave)
        if not found.waves:
            return Erased({}, (), remotes, shared)
        bounds = bounds_of(study.params.intake)
        names = [there.wave for there in found.waves]
        for name in names:
            refuse_links(root, name)
        steps, kept = _rewritten(root, found, cache, bounds, by)
        made = made_from(root, names)
        changed = [*made, *(wave_folder(root, name) for name in names)]
        forgotten = stages_touching(root, changed)
        lock = root / "dvc.lock"
        if lock.is_file():
            steps.append(Write(lock, dvc_calls.without_stages(lock.read_bytes().decode("utf-8"), forgotten).encode()))
        steps += [Remove(path) for path in made]
        for copy in forgotten_copies(root, cache, names, forgotten=forgotten, kept=kept, shared=shared):
            steps += [Remove(copy), Remove(copy.parent, if_empty=True)]
        steps += [Remove(path) for path in scratch_leftovers(root, cache, shared=shared)]
        change(root, steps)
    removed = tuple(path.relative_to(root) for path in made)
    return Erased({there.wave: len(there.rows) for there in found.waves}, removed, remotes, shared)


def _rewritten(root: Path, found: Found, cache: Path, bounds: Bounds, by: str) -> tuple[list[Step], set[str]]:
    """The waves without the person, and DVC's names of their responses."""
    steps: list[Step] = []
    events, kept = [], set()
    params = before = params_text(root)
    moment = now()
    for there in found.waves:
        data = _cut(there, bounds)
        folder, old = wave_folder(root, there.wave), there.received.name
        name = old if Path(data.name).suffix == Path(old).suffix else f"{Path(old).stem}.xlsx"
        stored = stored_as(name, data.data)
        kept.add(stored.md5)
        steps.append(Write(folder / name, data.data))
        if pointers(root, there.wave):
            copy = dvc_calls.cached_copy(cache, stored.md5)
            steps.append(Write(copy, data.data, read_only=True))
            steps.append(Write(folder / f"{name}.dvc", dvc_calls.pointer(name, md5=stored.md5, size=stored.bytes)))
        declaration = (folder / "wave.yaml").read_bytes()
        if name != old:
            params = with_responses_called(params, there.wave, name)
            declaration = naming_responses(declaration, old, name)
            steps += [Write(folder / "wave.yaml", declaration), Remove(folder / old), Remove(folder / f"{old}.dvc")]
        receipt = read_receipt(root, there.wave)
        if receipt is not None:
            after = receipt.after_erasing(data.data, name=name, declaration=sha256(declaration), rows=len(there.rows))
            steps.append(Write(receipt_file(root, there.wave), after.as_bytes()))
        corporation = str(declaration_of(root, there.wave).get("corporation") or "")
        events.append(Event(
            when=moment, what="erased", wave=there.wave, corporation=corporation, by=submitter(by, corporation),
            receipt=receipt.number if receipt else "", rows=len(there.rows),
        ))  # fmt: skip
    if params != before:
        steps.append(Write(root / "params.yaml", params.encode()))
    return [*steps, Write(history_file(root), with_event(root, *events))], kept


def _cut(there: InWave, bounds: Bounds) -> Received:
    """The file without the person; raises ``RefusedError`` when that cannot be, or when nobody would be left."""
    try:
        cut = without_rows(there.received, there.format, there.rows)
    except UnreadableError:
        raise RefusedError("erase_not_cut", wave=there.wave) from None
    try:
        read_grid(cut, bounds, sheet=there.format.sheet or None)
    except UnreadableError:
        raise RefusedError("erase_last", wave=there.wave) from None
    return cut
