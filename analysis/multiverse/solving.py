"""From a model's text and its persons to solutions, one an imputation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.multiverse.factors import UnansweredError
from analysis.multiverse.model_frames import LEVEL, ModelData
from analysis.multiverse.solutions import ByLikelihood, FromOrdered, MeasuredFirst, Solution
from analysis.sem.errors import ModelError
from analysis.sem.fit import estimated_by, prepared
from analysis.sem.observed import Array, Sample
from analysis.sem.options import Options
from analysis.sem.sam import estimate_sam
from analysis.sem.table import ParameterTable


def way_of(estimator: str) -> str:
    """Estimators that share a solution: ``ML`` and MLR differ in their errors alone."""
    return {"ml": "ML", "mlr": "ML", "sam": "SAM", "wlsmv": "WLSMV"}[estimator]


def solve(data: ModelData, *, way: str) -> tuple[Solution, ...]:
    """The model solved by ``way`` (``way_of``) in every frame of ``data``; where these have levels, in each of them at
    once with loadings held equal.

    Raises ``UnansweredError`` where the engine does not take the answers or the model (``refused``,
    ``not_estimable``), finds no solution (``not_converged``) or one that cannot be true (``inadmissible`` and the
    engine's code).
    """
    options = Options.checked(
        estimator=way, missing=data.missing, ordered=data.ordered, means=True,
        errors="none" if way == "SAM" else None,  # made when asked for
        **({} if data.levels is None else {"group": LEVEL, "group_equal": ("loadings",)}),
    )  # fmt: skip
    found: list[Solution] = []
    for frame in data.frames:
        found.append(_checked(_solved(data, frame, options, near=found[0].estimated.theta if found else None)))
    return tuple(found)


def _solved(data: ModelData, frame: pd.DataFrame, options: Options, *, near: Array | None) -> Solution:
    """The model solved in one frame, the search starting ``near`` the solution of another imputation."""
    try:
        table, sample = _prepared(data, frame, options)
        if options.estimator == "SAM":
            return MeasuredFirst(estimate_sam(table, sample, options))
        estimated = estimated_by(table, sample, options, start=near)
    except ModelError as error:
        raise UnansweredError("refused", "not_estimable") from error
    return FromOrdered(estimated) if options.estimator == "WLSMV" else ByLikelihood(estimated)


def _prepared(data: ModelData, frame: pd.DataFrame, options: Options) -> tuple[ParameterTable, Sample]:
    """Table and sample, every person in a project (persons of unknown ones in a project of their own)."""
    table, sample = prepared(data.text, frame, options)
    if sample.n != len(frame):
        raise ValueError("the engine leaves out persons who were to take part")
    codes, start, groups = data.units()[0], 0, []
    for group in sample.groups:
        groups.append(replace(group, cluster=np.asarray(codes[start : start + group.n])))
        start += group.n
    return table, replace(sample, groups=tuple(groups))


def _checked(solution: Solution) -> Solution:
    """The solution; raises ``UnansweredError`` for one that cannot be believed."""
    if not solution.estimated.converged:
        raise UnansweredError("not_converged", "not_converged")
    if solution.problems:
        raise UnansweredError("inadmissible", solution.problems[0].code)
    return solution
