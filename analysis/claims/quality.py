"""Whether what a claim speaks of was measured well enough to carry it.

Codes, each with what it is about behind a colon:

====================== ================================================================================================
unreliable:A           omega of scale A (alpha where there is no omega) is below the declared minimum
not_distinct:A-B       scales A and B, which the claim relates, cannot be told apart (``discriminant_validity``)
not_alike:A-trait      the ladder of scale A over the trait does not allow what the claim compares: means for an effect
                       (scalar invariance, of all items or most), relations for a difference between paths (metric)
doubtful:A-B           A and B may not be distinct
unknown_reliability:A  it could not be computed
unknown_distinct:A-B   it was not examined, or cannot be told
unknown_alike:A-trait  there is no ladder: too few people, or too few items
====================== ================================================================================================

The first three are faults; the others are named and take nothing away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analysis.claims.codes import Reason
from analysis.claims.statement import Statement
from analysis.sem.expression import expression_of
from analysis.sem.table import ParameterTable

FAULTS: Mapping[str, Reason] = {
    "unreliable": "measured_poorly",
    "not_distinct": "not_distinct",
    "not_alike": "not_measured_alike",
}
"""The codes that take away, in the order in which they give the reason, and the reason each gives."""
_ALLOWING = {
    "means": ("means_partial", "means", "scores"),
    "relations": ("relations", "means_partial", "means", "scores"),
}


def fault_of(quality: Collection[str]) -> Reason | None:
    """The reason that the first fault among ``quality`` gives; ``None`` when there is none."""
    found = {code.partition(":")[0] for code in quality}
    return next((reason for code, reason in FAULTS.items() if code in found), None)


@dataclass(frozen=True)
class Subject:
    """What a claim speaks of: ``scales``, ``pairs`` of them that it relates, and scales ``compared`` over a trait, as
    (scale, trait, what is compared: means or relations)."""

    scales: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    compared: tuple[tuple[str, str, Literal["means", "relations"]], ...]


def subject_of(
    statement: Statement,
    *,
    table: ParameterTable | None,
    scales: Collection[str],
    parts: Mapping[str, tuple[str, ...]],
    dummies: Mapping[str, str],
) -> Subject:
    """What ``statement`` speaks of.

    ``table`` is its model, ``scales`` the study's scales, ``parts`` the scales a derived score is made from,
    ``dummies`` the traits by their 0/1 variable. Of what a model defines: every path in the definition.
    """
    compared: list[tuple[str, str, Literal["means", "relations"]]] = []
    paths: list[tuple[str, str]] = []
    if statement.kind in ("effect", "difference"):
        *traits, outcome = statement.names
        named = [*parts.get(outcome, (outcome,))]
        compared = [(scale, trait, "means") for scale in named for trait in traits]
    else:
        paths = _defining(statement.names[0], table) if statement.kind == "defined" and table else []
        paths = paths or [(statement.names[0], statement.names[1])]
        named = [name for path in paths for name in path]
        compared = [(outcome, dummies[cause], "means") for outcome, cause in paths if cause in dummies]
        if statement.kind == "path_difference":
            compared += [(name, statement.names[2], "relations") for name in named]
    known = tuple(dict.fromkeys(name for name in named if name in scales))
    pairs = tuple(dict.fromkeys((a, b) for a, b in paths if a in known and b in known))
    return Subject(known, pairs, tuple(row for row in dict.fromkeys(compared) if row[0] in known))


def _defining(name: str, table: ParameterTable) -> list[tuple[str, str]]:
    """(outcome, predictor) of every path whose label stands in the definition of ``name``, or in what it builds on."""
    found: list[tuple[str, str]] = []
    for label in expression_of(table.defined[name]).labels:
        if label.text in table.defined:
            found += _defining(label.text, table)
        found += [(row.lhs, row.rhs) for row in table.rows if row.op == "~" and row.label == label.text]
    return found


def quality_of(
    subject: Subject,
    *,
    reliability: pd.DataFrame,
    discriminant: pd.DataFrame,
    invariance: pd.DataFrame,
    minimum_reliability: float,
) -> tuple[str, ...]:
    """The codes for ``subject``, faults first.

    ``reliability`` has the rows about everybody (``scale omega alpha``), ``discriminant`` ``scale_a scale_b verdict``,
    ``invariance`` ``scale variable answers allows``.
    """
    codes = [
        *_reliable(subject, reliability, minimum_reliability),
        *_distinct(subject, discriminant),
        *_alike(subject, invariance),
    ]
    order = [*FAULTS, "doubtful", "unknown_reliability", "unknown_distinct", "unknown_alike"]
    return tuple(sorted(dict.fromkeys(codes), key=lambda code: order.index(code.partition(":")[0])))


def _reliable(subject: Subject, reliability: pd.DataFrame, minimum: float) -> Iterator[str]:
    for scale in subject.scales:
        rows = reliability[reliability["scale"] == scale]
        known = [float(rows.iloc[0][name]) for name in ("omega", "alpha")] if len(rows) else []
        value = next((figure for figure in known if np.isfinite(figure)), np.nan)
        if np.isnan(value):
            yield f"unknown_reliability:{scale}"
        elif value < minimum:
            yield f"unreliable:{scale}"


def _distinct(subject: Subject, discriminant: pd.DataFrame) -> Iterator[str]:
    for a, b in subject.pairs:
        here = discriminant["scale_a"].isin([a, b]) & discriminant["scale_b"].isin([a, b])
        found = str(discriminant.loc[here, "verdict"].iloc[0]) if here.any() else "unknown"
        code = {"not_distinct": "not_distinct", "doubtful": "doubtful", "unknown": "unknown_distinct"}.get(found)
        if code is not None:
            yield f"{code}:{a}-{b}"


def _alike(subject: Subject, invariance: pd.DataFrame) -> Iterator[str]:
    """By the ladder of answers as numbers, which is how scores and models take them; by the ordered one without it."""
    for scale, trait, what in subject.compared:
        ladder = invariance[(invariance["scale"] == scale) & (invariance["variable"] == trait)]
        allows = [
            str(found)
            for answers in ("continuous", "ordered")
            for found in ladder.loc[ladder["answers"] == answers, "allows"]
            if found
        ]
        if not allows:
            yield f"unknown_alike:{scale}-{trait}"
        elif allows[0] not in _ALLOWING[what]:
            yield f"not_alike:{scale}-{trait}"
