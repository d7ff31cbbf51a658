"""The store of waves: added all or nothing, withdrawn without leaving anybody behind.

Adding has one moment that counts, the renaming of ``params.yaml``: before it the wave is not part of the study, after
it everything is in place. A note in DVC's scratch folder says what is being added; whoever comes next undoes what was
left half done, even after a power failure.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.artefacts import PERSON_FRAMES, beside, write_text
from pipeline.declare import CrosswalkRow
from pipeline.intake import dvc_calls
from pipeline.intake.messages import RefusedError
from pipeline.intake.params_file import with_wave, without_wave, write_params
from pipeline.intake.source import Received
from pipeline.intake.submission import Submission, crosswalk_file, wave_folder

_SECONDS_TO_WAIT = 10

Track = Callable[[Path, Path], None]
"""Puts a file (second) under DVC's care in a study (first)."""


def submit(
    submission: Submission, received: Received, *, declaration: bytes, track: Track = dvc_calls.track
) -> list[Path]:
    """Store a wave that was checked; return what was written, below the study's folder.

    ``declaration``: the bytes of wave.yaml. On any failure everything is put back as it was and the failure is raised;
    ``InputError`` when somebody else is submitting.
    """
    root, wave = submission.root, submission.wave
    with locked(root):
        note = _Note.of(submission, received)
        note.write(root)
        try:
            folder = wave_folder(root, wave.wave)
            _write_bytes(folder / "wave.yaml", declaration)
            _write_bytes(folder / wave.responses, received.data)
            write_text(crosswalk_file(root, wave.wave), crosswalk_text(submission.crosswalk))
            track(root, folder / wave.responses)
            text = _params_text(root)
            write_params(root, with_wave(text, wave=wave.wave, pool=wave.pool, responses=wave.responses))
        except BaseException:
            note.undo(root)
            raise
        note.remove(root)
    written = sorted(path for path in folder.iterdir() if path.is_file())
    return [path.relative_to(root) for path in (*written, crosswalk_file(root, wave.wave), root / "params.yaml")]


def _write_bytes(path: Path, data: bytes) -> None:
    with beside(path) as temporary:
        temporary.write_bytes(data)


def crosswalk_text(rows: tuple[CrosswalkRow, ...]) -> str:
    """A crosswalk as CSV; the header alone when there are no rows."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, fieldnames=list(CrosswalkRow.model_fields), lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.model_dump() for row in rows)
    return stream.getvalue()


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Nobody else adds or withdraws meanwhile, and what somebody left half done is undone first."""
    scratch = dvc_calls.scratch_folder(root)
    try:
        with FileLock(scratch / "waves.lock", timeout=_SECONDS_TO_WAIT):
            _Note.recover(root)
            yield
    except Timeout:
        raise RefusedError("store_busy") from None


@dataclass(frozen=True)
class _Note:
    """What is being added: enough to take it away again."""

    wave: str
    responses: str
    keep_declaration: bool
    """The folder with wave.yaml was there before."""
    keep_crosswalk: str | None
    """The crosswalk that was there before."""
    copy: str | None
    """Where DVC's copy will stand; ``None`` when its cache had these bytes before (another wave's)."""

    @classmethod
    def of(cls, submission: Submission, received: Received) -> _Note:
        root, wave = submission.root, submission.wave.wave
        copy = dvc_calls.cached_copy(dvc_calls.cache_folder(root), dvc_calls.md5_of(received.data))
        before = crosswalk_file(root, wave)
        return cls(
            wave=wave,
            responses=submission.wave.responses,
            keep_declaration=wave_folder(root, wave).is_dir(),
            keep_crosswalk=before.read_bytes().decode("utf-8") if before.is_file() else None,
            copy=None if copy.exists() else str(copy),
        )

    @staticmethod
    def place(root: Path) -> Path:
        return dvc_calls.scratch_folder(root) / "submitting.json"

    def write(self, root: Path) -> None:
        write_text(self.place(root), json.dumps(self.__dict__))

    def remove(self, root: Path) -> None:
        self.place(root).unlink(missing_ok=True)

    @classmethod
    def recover(cls, root: Path) -> None:
        """Undo what a submission that was cut off left behind; keep it when it had got as far as params.yaml."""
        place = cls.place(root)
        if not place.is_file():
            return
        note = cls(**json.loads(place.read_text(encoding="utf-8")))
        if note.wave in (_yaml(root / "params.yaml").get("waves") or {}):
            note.remove(root)
        else:
            note.undo(root)

    def undo(self, root: Path) -> None:
        folder, crosswalk = wave_folder(root, self.wave), crosswalk_file(root, self.wave)
        if self.keep_declaration:
            for path in folder.glob("*"):
                if path.name != "wave.yaml":
                    path.unlink()
        else:
            shutil.rmtree(folder, ignore_errors=True)
        if self.keep_crosswalk is None:
            crosswalk.unlink(missing_ok=True)
        else:
            write_text(crosswalk, self.keep_crosswalk)
        if self.copy is not None:
            _remove_copy(Path(self.copy))
        self.remove(root)


def _remove_copy(copy: Path) -> None:
    """Remove a file of DVC's cache, and its folder where it was the last in it."""
    copy.unlink(missing_ok=True)
    if copy.parent.is_dir() and not any(copy.parent.iterdir()):
        copy.parent.rmdir()


def _yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file; empty when there is none. Withdrawing has to work in a study with mistakes in it."""
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError):
        return {}
    return content if isinstance(content, dict) else {}


def _params_text(root: Path) -> str:
    """The text of params.yaml; raises ``InputError`` when it cannot be read as a mapping with waves."""
    path = root / "params.yaml"
    if not isinstance(_yaml(path).get("waves", None) or {}, dict) or not {"waves", "pools"} <= _yaml(path).keys():
        raise RefusedError("params_unreadable", path=str(path))
    return path.read_bytes().decode("utf-8")


@dataclass(frozen=True)
class Withdrawn:
    """What was taken away: paths below the study's folder; whether DVC's own copy was among them; the pool when it
    went with its last wave; whether DVC knows remotes, which keep their copy."""

    wave: str
    removed: tuple[Path, ...]
    copy_removed: bool
    pool: str | None
    remotes: bool


def known_waves(root: Path) -> list[str]:
    """Waves that are declared, and folders of waves that are not."""
    declared = list(_yaml(root / "params.yaml").get("waves") or {})
    folder = root / "surveys" / "waves"
    folders = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    return [*declared, *(name for name in folders if name not in declared)]


def withdraw(root: Path, wave: str) -> Withdrawn:
    """Take a wave out of the study, with everything that holds its residents.

    ``params.yaml`` comes first, so that the wave is out whatever happens next; doing it again finishes what was left.
    Raises ``InputError`` when there is no such wave.
    """
    with locked(root):
        if wave not in known_waves(root):
            raise RefusedError("wave_unknown", wave=wave, waves=", ".join(known_waves(root)) or "-")
        text = _params_text(root)
        pool, last_of_pool = _pool(root, wave)
        write_params(root, without_wave(text, wave=wave, pool=pool if last_of_pool else None))
        dvc_calls.forget_stages(root, _stages(root, wave, pool if last_of_pool else None))
        copy_removed = _remove_copies(root, wave)
        removed = []
        for path in _places(root, wave, pool, last_of_pool=last_of_pool):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
            removed.append(path.relative_to(root))
    remotes = bool(dvc_calls.run(root, "remote", "list").strip())
    return Withdrawn(wave, tuple(removed), copy_removed, pool if last_of_pool else None, remotes)


def _pool(root: Path, wave: str) -> tuple[str | None, bool]:
    """The pool of ``wave``, and whether no other declared wave is in it."""
    others = [name for name in _yaml(root / "params.yaml").get("waves") or {} if name != wave]
    pools = {name: _yaml(wave_folder(root, name) / "wave.yaml").get("pool") for name in (*others, wave)}
    own, others_of = pools.pop(wave), set(pools.values())
    # a wave whose declaration cannot be read may be in any pool
    return own, own is not None and not others_of & {own, None}


def _stages(root: Path, wave: str, pool: str | None) -> set[str]:
    """Names of the stages that are there for ``wave`` (and for ``pool``) alone, as DVC makes them of dvc.yaml."""
    keys = {wave}
    if pool is not None:
        keys |= {pool, *(f"{pool}-{model}" for model in _yaml(root / "params.yaml").get("models") or [])}
    return {f"{stage}@{key}" for stage in _yaml(root / "dvc.yaml").get("stages") or {} for key in keys}


def _remove_copies(root: Path, wave: str) -> bool:
    """Remove DVC's copies of the wave's responses, unless another wave consists of the same bytes."""
    others = {
        md5
        for path in (root / "surveys" / "waves").glob("*/*.dvc")
        if path.parent.name != wave
        for md5 in dvc_calls.tracked_md5(path)
    }
    own = [md5 for path in wave_folder(root, wave).glob("*.dvc") for md5 in dvc_calls.tracked_md5(path)]
    if not own:
        return False
    cache = dvc_calls.cache_folder(root)
    copies = [copy for md5 in own if md5 not in others and (copy := dvc_calls.cached_copy(cache, md5)).exists()]
    for copy in copies:
        _remove_copy(copy)
    return bool(copies)


def _places(root: Path, wave: str, pool: str | None, *, last_of_pool: bool) -> list[Path]:
    """What there is of the wave: its folder and crosswalk, its outputs, the frames of persons it was pooled into, and,
    where the pool goes with it, everything made of the pool."""
    build = root / "build"
    places = [wave_folder(root, wave), crosswalk_file(root, wave)]
    places += [path for stage in ("ingested", "clean") for path in sorted((build / stage).glob(f"{wave}.*"))]
    if pool is not None:
        places += [build / PERSON_FRAMES[frame].format(pool=pool) for frame in ("pool", "persons")]
    if pool is not None and last_of_pool:
        places += sorted(path for path in build.glob(f"*/{pool}") if path.is_dir())
        places.append(root / "reports" / "metrics" / f"{pool}.json")
    kept: list[Path] = []
    for path in places:
        if path.exists() and not any(above in kept for above in path.parents):
            kept.append(path)
    return kept
