"""What ``magical-housing contrast`` is asked, held against the file: the outcome, traits with two values, projects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import typer

from analysis.clusters.contrast import TraitColumns
from pipeline.errors import InputError

PROJECT = "project"
"""The column of ``Request.persons`` that says where a person belongs."""


@dataclass(frozen=True)
class Note:
    """Something a careful reader should know; ``code`` is that of a phrase, ``values`` fill its blanks."""

    code: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """The options, as far as they can be judged without the file. ``high``: by trait, the value that counts as high."""

    outcome: str
    traits: tuple[str, ...]
    cluster: str
    adjust: tuple[str, ...]
    high: Mapping[str, str]
    minimum_projects: int
    confidence: float
    draws: int
    seed: int


@dataclass(frozen=True)
class Request:
    """What is asked of these persons: ``persons`` has the outcome, the covariates, ``PROJECT`` and every trait's dummy
    (the persons with the outcome); ``n_rows`` rows are in the file."""

    asked: Asked
    persons: pd.DataFrame
    traits: tuple[TraitColumns, ...]
    n_rows: int
    notes: tuple[Note, ...]


def high_asked(entries: Sequence[str], traits: Sequence[str]) -> dict[str, str]:
    """``--high`` by trait: ``VALUE`` where there is one trait, else ``COL=VALUE``.

    Raises ``typer.BadParameter`` where it is not clear which trait is meant.
    """
    found: dict[str, str] = {}
    for entry in entries:
        name, sign, value = entry.partition("=")
        if not (sign and name.strip() in traits):
            if len(traits) > 1:
                raise typer.BadParameter(
                    f"--high: with several traits, write COL=VALUE with one of {', '.join(traits)}"
                )
            name, value = traits[0], entry
        if name.strip() in found:
            raise typer.BadParameter(f"--high: {name.strip()} is named twice")
        found[name.strip()] = value.strip()
    return found


def request_of(asked: Asked, frame: pd.DataFrame) -> Request:
    """Hold what is asked against the file.

    Raises ``InputError`` for a column that is not there or stands there twice, an outcome or covariate that is not a
    number, a trait without exactly two values, and a file in which nobody has all that is needed.
    """
    _check_columns(asked, frame)
    notes: list[Note] = []
    there = frame[frame[asked.outcome].notna()].reset_index(drop=True)
    if there.empty:
        raise InputError(f"The column {asked.outcome} (outcome) is empty: there is nothing to compare.")
    if len(there) < len(frame):
        notes.append(Note("no_outcome", {"n": len(frame) - len(there), "column": asked.outcome}))
    persons = there[[asked.outcome, *asked.adjust]].assign(**{PROJECT: _named(there[asked.cluster])})
    if persons[PROJECT].isna().all():
        raise InputError(f"The column {asked.cluster} (cluster) is empty for everybody who has the outcome.")
    if (n := int(persons[PROJECT].isna().sum())) > 0:
        notes.append(Note("no_project", {"n": n, "column": asked.cluster}))
    traits = []
    for name in asked.traits:
        trait, found = _trait(asked, name, there[name], persons[PROJECT])
        traits.append(trait)
        notes += found
        known = there[name].notna()
        persons[trait.dummy] = (_named(there[name]) == trait.high).astype(float).where(known)
    if sum(t.of == "unit" for t in traits) > 1 and any(note.code == "high_chosen" for note in notes):
        notes.append(Note("difference_signed", {}))
    for name in asked.adjust:
        notes += _covariate_notes(name, persons)
    return Request(asked, persons, tuple(traits), len(frame), tuple(notes))


def _check_columns(asked: Asked, frame: pd.DataFrame) -> None:
    named = {"outcome": [asked.outcome], "trait": asked.traits, "cluster": [asked.cluster], "adjust": asked.adjust}
    every = [name for names in named.values() for name in names]
    twice = sorted({name for name in every if every.count(name) > 1})
    if twice:
        raise InputError(f"{', '.join(twice)}: named twice. Outcome, traits, cluster and covariates are other columns.")
    for what, names in named.items():
        absent = [name for name in names if name not in frame.columns]
        if absent:
            there = ", ".join(map(str, frame.columns[:12])) + (", …" if frame.shape[1] > 12 else "")
            raise InputError(
                f"There is no column {', '.join(absent)} ({what}). The file has {there}. Check the spelling."
            )
    doubled = [name for name in every if list(frame.columns).count(name) > 1]
    if doubled:
        raise InputError(f"Two columns are called {doubled[0]}. Give each column a name of its own.")
    for what in ("outcome", "adjust"):
        for name in named[what]:
            if frame[name].dtype != float:
                raise InputError(
                    f"The column {name} ({what}) holds something else than numbers. Give answers as numbers, and leave"
                    " a cell empty where there is none."
                )


def _named(values: pd.Series[Any]) -> pd.Series[Any]:
    """Values as text, whole numbers without decimals; nothing where there is none."""
    return values.map(
        lambda value: (
            None
            if pd.isna(value)
            else str(int(value))
            if isinstance(value, float) and value.is_integer()
            else str(value)
        )
    ).astype(object)


def _trait(
    asked: Asked, name: str, values: pd.Series[Any], projects: pd.Series[Any]
) -> tuple[TraitColumns, list[Note]]:
    """The two levels of a trait, and whether projects have it or people."""
    names = _named(values)
    levels = [str(level) for level in dict.fromkeys(_named(pd.Series(sorted(values.dropna().unique()))))]
    if len(levels) != 2:
        raise InputError(
            f"The column {name} (trait) holds {len(levels)} different values among those with the outcome; expected"
            " exactly two. Leave other rows out of the file, or make a column that says which of two it is."
        )
    notes = []
    high = asked.high.get(name, levels[1])
    if high not in levels:
        raise InputError(f"--high: the column {name} does not hold that value. Give one of its two values.")
    low = levels[0] if high == levels[1] else levels[1]
    if name not in asked.high and set(levels) != {"0", "1"}:
        notes.append(Note("high_chosen", {"trait": name, "high": high, "low": low}))
    if (n := int(values.isna().sum())) > 0:
        notes.append(Note("no_trait", {"n": n, "column": name}))
    by_project = names.groupby(projects).nunique()
    n_mixed = int((by_project > 1).sum())
    if n_mixed:
        values_of_note = {"trait": name, "n": n_mixed, "k": int((by_project > 0).sum())}
        notes.append(Note("trait_of_persons", values_of_note))
    return TraitColumns(name, "person" if n_mixed else "unit", f"{name} is {high}", high, low), notes


def _covariate_notes(name: str, persons: pd.DataFrame) -> list[Note]:
    """Who lacks a covariate, and that it is one of projects where it is."""
    notes = []
    if (n := int(persons[name].isna().sum())) > 0:
        notes.append(Note("no_covariate", {"n": n, "column": name}))
    within = persons.groupby(PROJECT)[name].nunique()
    if len(within) and int(np.max(within)) <= 1 and persons[name].nunique() > 1:
        notes.append(Note("adjust_of_projects", {"column": name}))
    return notes
