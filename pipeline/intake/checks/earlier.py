"""The waves that are stored already, read as ``ingest`` reads them, for a new one to be held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.declare import Instrument, Wave
from pipeline.declare.gather import Gathered, gather
from pipeline.intake import dvc_calls
from pipeline.intake.check import Expectation, read_answers
from pipeline.intake.problems import UnreadableError
from pipeline.intake.reading.read import bounds_of, receive
from pipeline.intake.source import Received
from pipeline.intake.submission import wave_folder
from pipeline.intake.text import fold


@dataclass(frozen=True)
class StoredWave:
    """A declared wave. ``ingested_by_person`` is ``None`` where its responses are not on this disk or cannot be read;
    ``md5`` is known of those too that DVC keeps elsewhere. ``items``: those that it has a column of."""

    wave: Wave
    md5: frozenset[str]
    instrument: Instrument | None
    ingested_by_person: pd.DataFrame | None
    items: tuple[str, ...] = ()

    def of_corporation(self, corporation: str) -> bool:
        """Whether it is the wave of ``corporation``: nothing of another's is named."""
        return fold(self.wave.corporation) == fold(corporation)

    def called(self, corporation: str) -> Mapping[str, str]:
        """What to call it to ``corporation``, by language, for the sentences' ``{which}``."""
        if self.of_corporation(corporation):
            return {"which_nl": f"uw golf {self.wave.wave}", "which_en": f"your wave {self.wave.wave}"}
        return {"which_nl": "een golf die er al is", "which_en": "a wave that is there already"}


def stored_waves(root: Path, *, besides: str) -> list[StoredWave]:
    """Every wave that params.yaml of the study at ``root`` declares, except ``besides``. One that was withdrawn is not
    declared any more, and no longer counts."""
    study = gather(root)
    if study.params is None:
        return []
    declared = [name for name in study.params.declaration.waves if name in study.waves and name != besides]
    return [_stored(study, name) for name in declared]


def _stored(study: Gathered, name: str) -> StoredWave:
    assert study.params is not None and study.registry is not None  # noqa: S101 - a study that was cross-checked has both
    wave = study.waves[name].declaration
    instrument = study.instrument(wave.instrument)
    folder = wave_folder(study.root, name)
    md5 = {checksum for path in sorted(folder.glob("*.dvc")) for checksum in dvc_calls.tracked_md5(path)}
    received = _received(folder / wave.responses, study)
    if received is not None:
        md5.add(dvc_calls.md5_of(received.data))
    if received is None or instrument is None:
        return StoredWave(wave, frozenset(md5), instrument, None)
    expected = Expectation(
        instrument=instrument,
        registry=study.registry.declaration,
        params=study.params.declaration.intake,
        wave=wave,
        crosswalk=tuple(line.row for line in study.crosswalks.get(name, [])),
    )
    try:
        answers = read_answers(received, expected)
    except UnreadableError:
        return StoredWave(wave, frozenset(md5), instrument, None)
    items = [v.field.name for v in answers.plan.variables if v.field.role == "item" and v.column is not None]
    return StoredWave(wave, frozenset(md5), instrument, answers.ingested_by_person, tuple(items))


def _received(path: Path, study: Gathered) -> Received | None:
    assert study.params is not None  # noqa: S101 - the caller looked
    try:
        return receive(path, bounds_of(study.params.declaration.intake))
    except UnreadableError:
        return None
