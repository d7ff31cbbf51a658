"""The same respondent twice."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.intake.checks.rows import comparable, fingerprints
from pipeline.intake.checks.subject import Subject
from pipeline.intake.problems import Problem


def twice(subject: Subject) -> list[Problem]:
    """Rows that share the id their source gives them."""
    source = subject.ingested_by_person["source"]
    again = source.notna() & source.duplicated(keep=False)
    if not again.any():
        return []
    names = [field.name for field in subject.expected.instrument.with_role("source_id")]
    n_persons = int(source[again].nunique())
    return [subject.problem("respondent_twice", *names, rows=subject.rows(again), details={"persons": n_persons})]


def alike(subject: Subject) -> list[Problem]:
    """Rows that agree in every answer, project and background, of persons who answered enough items, not all of them
    the same, for that to be no chance (``clean`` in params.yaml; the same rule as ``analysis.careless``)."""
    study = subject.expected.study
    if study is None:
        return []
    rows = np.flatnonzero(comparable(subject.answers(), study.clean.duplicate_minimum_items))
    asked = subject.expected.instrument.with_role("background", "language")
    compared = [*subject.items, "project", *(field.name for field in asked)]
    same = pd.Series(fingerprints(subject.ingested_by_person[compared].iloc[rows])).duplicated(keep=False)
    marked = np.zeros(len(subject.ingested_by_person), dtype=bool)
    marked[rows[same.to_numpy()]] = True
    # who has one id twice is told already
    source = subject.ingested_by_person["source"]
    marked &= ~(source.notna() & source.duplicated(keep=False)).to_numpy()
    return [subject.problem("rows_alike", rows=subject.rows(marked))] if marked.any() else []
