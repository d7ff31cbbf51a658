"""How sure a pair of column and variable is. A wrong line that says "sure" is the worst there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.declare import InstrumentField
from pipeline.intake.mapping.answers import Answers
from pipeline.intake.mapping.assign import Pair
from pipeline.intake.mapping.evidence import Evidence, says_nothing
from pipeline.intake.mapping.likeness import NAME_OF_A_ROLE, NAME_OF_A_WAVE, Likeness
from pipeline.intake.mapping.lines import Certainty, Why, least_sure

_SAME = 0.999
_CLOSE = 0.8
"""From here on a wording that is not the same is likely the question."""
_APART = 0.06
"""So much nearer than the next it has to be."""
_OTHER_QUESTION = 0.85
_FITS = 0.95
_ANOTHER_TEXT = 0.5


@dataclass(frozen=True)
class Judged:
    """How sure a line is, and why."""

    certainty: Certainty
    why: tuple[Why, ...]


def judge(
    pair: Pair, like: Likeness, columns: Sequence[Evidence], fields: Sequence[InstrumentField], answers: Answers
) -> Judged:
    """How sure it is that column ``pair.i`` answers variable ``pair.j``."""
    if pair.by_order:
        return Judged("check", (Why("by_place"), *answers.why))
    name, wording = float(like.by_name[pair.i, pair.j]), float(like.by_wording[pair.i, pair.j])
    certainty, why = _called(name, wording, columns[pair.i], fields[pair.j])
    doubts = [*_contradiction(pair, like, fields), *_rivals(pair, like, columns, fields)]
    levels: list[Certainty] = [certainty, answers.certainty, *(level for level, _ in doubts)]
    if answers.fit < _FITS:
        levels.append("likely")
    return Judged(least_sure(levels), (*why, *(doubt for _, doubt in doubts), *answers.why))


def _called(name: float, wording: float, column: Evidence, field: InstrumentField) -> tuple[Certainty, tuple[Why, ...]]:
    """What the heading alone says."""
    same_name = Why("same_name", {"variable": field.name})
    if wording >= _SAME:
        return "sure", (Why("same_wording"), *([same_name] if name >= _SAME else []))
    if name >= _SAME:
        near = [Why("near_wording", {"percent": round(100 * wording)})] if wording >= _CLOSE else []
        if says_nothing(column.column.name) and wording < _CLOSE:
            return "likely", (same_name, Why("name_says_nothing"))
        if _has_words(column) and wording < _ANOTHER_TEXT:
            return "likely", (same_name, Why("other_wording"))
        return "sure", (same_name, *near)
    if wording >= max(_CLOSE, name):
        return "likely", (Why("near_wording", {"percent": round(100 * wording)}),)
    if name >= NAME_OF_A_WAVE:
        return "likely", (Why("name_of_wave", {"variable": field.name}),)
    if name >= NAME_OF_A_ROLE:
        return "likely", (Why("name_of_role"),)
    key = "near_name" if name > wording else "near_wording"
    return "check", (Why(key, {"percent": round(100 * max(name, wording)), "variable": field.name}),)


def _has_words(column: Evidence) -> bool:
    """Whether the column has a text that may be a question, beside its name."""
    return any(len(text.split()) > 2 for text in (column.column.label, column.column.name))


def _contradiction(pair: Pair, like: Likeness, fields: Sequence[InstrumentField]) -> list[tuple[Certainty, Why]]:
    """The name says one variable and the wording another."""
    by_name, by_wording = like.by_name[pair.i], like.by_wording[pair.i]
    other_by_name = int(np.argmax(np.where(np.arange(len(fields)) == pair.j, -1, by_name)))
    other_by_wording = int(np.argmax(np.where(np.arange(len(fields)) == pair.j, -1, by_wording)))
    doubts: list[tuple[Certainty, Why]] = []
    if by_name[other_by_name] >= _SAME > by_name[pair.j] and other_by_name != pair.j:
        doubts.append(("check", Why("name_of_other", {"variable": fields[other_by_name].name})))
    nearer = by_wording[other_by_wording] - by_wording[pair.j]
    if by_wording[other_by_wording] >= _OTHER_QUESTION and nearer > _APART and other_by_wording != pair.j:
        doubts.append(("check", Why("wording_of_other", {"variable": fields[other_by_wording].name})))
    return doubts


def _rivals(
    pair: Pair, like: Likeness, columns: Sequence[Evidence], fields: Sequence[InstrumentField]
) -> list[tuple[Certainty, Why]]:
    """Something else fits as well, or nearly so."""
    best = like.best
    own = best[pair.i, pair.j]
    doubts: list[tuple[Certainty, Why]] = []
    for rival, score, key, name in (
        (pair.rival_field, _score(best, pair.i, pair.rival_field), "also_like", _field_name(fields, pair.rival_field)),
        (
            pair.rival_column,
            _score(best, pair.rival_column, pair.j),
            "other_column",
            _column_name(columns, pair.rival_column),
        ),
    ):
        if rival is None or score <= 0:
            continue
        as_good = score >= own - 1e-9
        close = own - score < _APART and own < _SAME
        if as_good or close:
            doubts.append(("check", Why(key, {"name": name})))
    return doubts


def _score(best: np.ndarray[tuple[int, int], np.dtype[np.float64]], i: int | None, j: int | None) -> float:
    return float(best[i, j]) if i is not None and j is not None else 0.0


def _field_name(fields: Sequence[InstrumentField], j: int | None) -> str:
    return fields[j].name if j is not None else ""


def _column_name(columns: Sequence[Evidence], i: int | None) -> str:
    return columns[i].column.name[:60] if i is not None else ""
