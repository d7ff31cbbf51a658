"""A wave that was submitted before: the same bytes, or mostly the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.intake import dvc_calls
from pipeline.intake.checks.earlier import StoredWave
from pipeline.intake.checks.rows import comparable, fingerprints
from pipeline.intake.checks.subject import Subject
from pipeline.intake.problems import Problem
from pipeline.intake.source import Received

_FEWEST_ROWS = 5


def same_bytes(received: Received, stored: Sequence[StoredWave], corporation: str) -> list[Problem]:
    """Stored waves that consist of the very same bytes, also where DVC has them elsewhere."""
    md5 = dvc_calls.md5_of(received.data)
    return [
        Problem("wave_same_bytes", details=dict(wave.called(corporation))) for wave in stored if md5 in wave.md5
    ]  # fmt: skip


def same_rows(subject: Subject, stored: Sequence[StoredWave], corporation: str) -> list[Problem]:
    """Stored waves that have most of the rows too, answer by answer.

    Rows are compared by a hash of the items both have, and only those with as many answers, not all alike, that two
    people do not simply agree (``clean.duplicate_minimum_items``). The share that is found must still be beyond
    ``intake.same_rows_share`` after the share is taken off that agrees with another row within the stored wave itself:
    so often persons agree by chance.
    """
    study = subject.expected.study
    if study is None:
        return []
    answers = subject.answers()
    hashed: dict[tuple[str, ...], tuple[npt.NDArray[Any], npt.NDArray[Any]]] = {}
    problems = []
    for wave in stored:
        if wave.ingested_by_person is None:
            continue
        common = [name for name in subject.items if name in wave.items]
        if tuple(common) not in hashed:
            hashed[tuple(common)] = _hashed(answers[common], study.clean.duplicate_minimum_items)
        own, own_rows = hashed[tuple(common)]
        theirs, _ = _hashed(wave.ingested_by_person[common].astype(float), study.clean.duplicate_minimum_items)
        if len(own) < _FEWEST_ROWS or not len(theirs):
            continue
        there = np.isin(own, theirs)
        chance = float(pd.Series(theirs).duplicated(keep=False).mean())
        if there.sum() < _FEWEST_ROWS or there.mean() - chance <= subject.expected.params.same_rows_share:
            continue
        marked = np.zeros(len(subject.ingested_by_person), dtype=bool)
        marked[own_rows[there]] = True
        share = {"share": round(100 * float(there.mean()))}
        problems.append(
            subject.problem("wave_same_rows", rows=subject.rows(marked), details={**wave.called(corporation), **share})
        )
    return problems


def _hashed(answers: pd.DataFrame, minimum: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Hashes of the rows that can be compared, and which rows those are."""
    rows = np.flatnonzero(comparable(answers, minimum))
    return fingerprints(answers.iloc[rows]), rows


def not_compared(stored: Sequence[StoredWave]) -> list[Problem]:
    """How many waves could not be read, so that nothing is known of their rows. Nobody can have sent the rows of a
    simulated wave, so one that was not made yet is no loss."""
    count = sum(wave.ingested_by_person is None and wave.wave.origin != "simulated" for wave in stored)
    return [Problem("waves_not_compared", count=count)] if count else []
