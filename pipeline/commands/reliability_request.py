"""What ``magical-housing reliability`` is asked, held against the file: scales, groups, clusters, who takes part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import typer

from analysis.measurement.scoring import Item, Scale
from pipeline.commands.answers import listed, model_text
from pipeline.errors import InputError

EVERYBODY = ""
MAX_GROUPS = 50


@dataclass(frozen=True)
class Note:
    """Something a careful reader should know; ``code`` is that of a phrase, ``values`` fill its blanks."""

    code: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """The options, as far as they can be judged without the file.

    ``scales``: items by name of the scale; ``None`` for every column of numbers. ``span``: lowest and highest answer
    that can be given, ``None`` for those found. ``validity``: whether scales are held against each other, with
    ``draws`` resamples made by ``seed``.
    """

    scales: dict[str, tuple[str, ...]] | None
    reversed: tuple[str, ...]
    span: tuple[float, float] | None
    group: str | None
    cluster: str | None
    ordered: bool
    missing: Literal["listwise", "fiml"]
    confidence: float
    minimum_n: int
    validity: bool = False
    draws: int = 1000
    seed: int = 1


@dataclass(frozen=True)
class Request:
    """What is asked of these persons: ``persons`` (answers as the file has them), the scales, and the persons of each
    group by its name, everybody first (``EVERYBODY``)."""

    asked: Asked
    persons: pd.DataFrame
    scales: tuple[Scale, ...]
    members: dict[str, pd.Series[bool]]
    notes: tuple[Note, ...]

    @property
    def clusters(self) -> pd.Series[Any] | None:
        """The cluster of each person, where asked for."""
        return None if self.asked.cluster is None else self.persons[self.asked.cluster]


def scales_asked(items: str | None, scale: Sequence[str]) -> dict[str, tuple[str, ...]] | None:
    """``--items`` or ``--scale`` as items by scale; raises ``typer.BadParameter`` where they cannot be read so."""
    if items is not None and scale:
        raise typer.BadParameter("choose one of --items and --scale")
    if items is None and not scale:
        return None
    if items is not None:
        return {"scale": _distinct(listed(items), "--items")}
    found: dict[str, tuple[str, ...]] = {}
    for entry in scale:
        name, sign, names = entry.partition("=")
        name = name.strip()
        if not sign or not name:
            raise typer.BadParameter(f"--scale {entry!r}: expected NAME=a,b,c")
        if name in found:
            raise typer.BadParameter(f"--scale: two scales are called {name}")
        found[name] = _distinct(listed(names), f"--scale {name}")
    return found


def scales_of_model(path: Path) -> dict[str, tuple[str, ...]]:
    """The factors of a model in lavaan syntax that have items, each with its items; factors of factors are left out.

    Raises ``InputError`` for a model that cannot be read, or has no such factor.
    """
    from analysis.sem import ModelError, parse

    try:
        measured = [statement for statement in parse(model_text(path)) if statement.op == "=~"]
    except ModelError as error:
        raise InputError(f"{path}: {error}") from None
    factors = {statement.lhs for statement in measured}
    found: dict[str, tuple[str, ...]] = {}
    for statement in measured:
        items = [term.name for term in statement.terms if term.name not in factors]
        if items:
            found[statement.lhs] = tuple(dict.fromkeys([*found.get(statement.lhs, ()), *items]))
    if not found:
        raise InputError(f"{path}: the model has no factor with items (F =~ a + b + c).")
    return found


def span_asked(text: str | None) -> tuple[float, float] | None:
    """``--range`` as lowest and highest answer; raises ``typer.BadParameter`` where it is not two numbers in order."""
    if text is None:
        return None
    try:
        lower, upper = (float(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"--range {text!r}: expected two numbers, as in 1,5") from None
    if not lower < upper < float("inf"):
        raise typer.BadParameter(f"--range {text!r}: the lowest answer comes first")
    return lower, upper


def request_of(asked: Asked, frame: pd.DataFrame) -> Request:
    """Hold what is asked against the file; raises ``InputError`` naming the column that is not there, holds something
    else than numbers, or has answers outside the range."""
    for what, name in (("group", asked.group), ("cluster", asked.cluster)):
        if name is not None and name not in frame.columns:
            raise InputError(f"There is no column {name} ({what}). Check the spelling.")
    if frame.columns.duplicated().any():
        raise InputError(f"Two columns are called {frame.columns[frame.columns.duplicated()][0]}.")
    notes: list[Note] = []
    by_scale = asked.scales
    if by_scale is None:
        by_scale = {"scale": _numeric(frame, asked)}
        notes.append(Note("all_columns", {"items": ", ".join(by_scale["scale"])}))
    _check_columns(frame, by_scale, asked)
    persons = frame
    if asked.cluster is not None:
        persons = frame[frame[asked.cluster].notna()].reset_index(drop=True)
        if len(persons) < len(frame):
            notes.append(Note("no_cluster", {"n": len(frame) - len(persons), "column": asked.cluster}))
    scales = []
    for name, items in by_scale.items():
        lower, upper = asked.span or _found(persons, items)
        if asked.span is None:
            notes.append(Note("range_found", {"scale": name, "lower": lower, "upper": upper}))
        unanswered = [item for item in items if persons[item].isna().all()]
        if unanswered and len(persons):
            notes.append(Note("unanswered", {"scale": name, "items": ", ".join(unanswered)}))
        members = tuple(Item(item, lower, upper, item in asked.reversed) for item in items)
        scales.append(Scale(name, members, "mean", 1.0, "all", lower, upper))
    return Request(asked, persons, tuple(scales), _members(persons, asked.group), tuple(notes))


def _distinct(names: tuple[str, ...], option: str) -> tuple[str, ...]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise typer.BadParameter(f"{option}: {', '.join(twice)} is named twice")
    if not names:
        raise typer.BadParameter(f"{option}: no items")
    return names


def _numeric(frame: pd.DataFrame, asked: Asked) -> tuple[str, ...]:
    """Every column of numbers but those of groups and clusters."""
    names = tuple(
        str(name) for name in frame.columns
        if name not in (asked.group, asked.cluster) and frame[name].dtype == float and frame[name].notna().any()
    )  # fmt: skip
    if not names:
        raise InputError("There is no column of numbers to take for items.")
    return names


def _check_columns(frame: pd.DataFrame, by_scale: dict[str, tuple[str, ...]], asked: Asked) -> None:
    items = [item for names in by_scale.values() for item in names]
    absent = [item for item in dict.fromkeys(items) if item not in frame.columns]
    if absent:
        raise InputError(f"There is no column {', '.join(absent)}. Check the spelling.")
    strange = [item for item in asked.reversed if item not in items]
    if strange:
        raise InputError(f"--reverse {', '.join(strange)}: not among the items of any scale.")
    for item in dict.fromkeys(items):
        if frame[item].dtype != float:
            raise InputError(f"The column {item} holds something else than numbers.")
        if asked.span is not None and (outside := ~frame[item].dropna().between(*asked.span)).any():
            lower, upper = asked.span
            n = int(outside.sum())
            raise InputError(f"The column {item} has {n} answers outside the range {lower:g} to {upper:g}.")


def _found(persons: pd.DataFrame, items: Sequence[str]) -> tuple[float, float]:
    """Lowest and highest answer to any of the items; nil and nil where nobody answered."""
    answers = persons[list(items)].to_numpy(dtype=float)
    there = answers[~pd.isna(answers)]
    return (float(there.min()), float(there.max())) if len(there) else (0.0, 0.0)


def _members(persons: pd.DataFrame, group: str | None) -> dict[str, pd.Series[bool]]:
    members = {EVERYBODY: pd.Series(True, index=persons.index)}
    if group is None:
        return members
    values = persons[group].dropna().unique()
    if len(values) > MAX_GROUPS:
        raise InputError(f"The column {group} holds {len(values)} groups; {MAX_GROUPS} are the most.")
    if not len(values):
        raise InputError(f"The column {group} (group) is empty.")
    for value in values:
        name = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
        members[name] = persons[group] == value
    return members
