"""Several scales in one confirmatory model: every item loads on its own scale's factor, the factors have variance one
and correlate freely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.sem import FitResult, ModelError, fit
from analysis.sem.estimate import Estimated
from analysis.sem.fit import estimated_by, prepared
from analysis.sem.options import Options
from analysis.sem.standardise import Metric
from analysis.sem.table import ParameterTable

_CLUSTER = "cluster"


@dataclass(frozen=True)
class JointModel:
    """The joint model of several scales.

    ``declared``: each scale's items, and ``items`` those that take part (``scale_problems``: codes of
    ``validity.PROBLEMS`` about the others); scales with fewer than two such items stand outside the model. ``result``
    is ``None`` where nothing was fitted. ``problem`` says why the model has no figures (a code; empty when it has),
    ``beyond_one`` which pairs of scales came out with a correlation beyond one. ``n_obs``: persons with any answer.
    ``data`` and ``options`` are what was fitted, items under their names in the model.
    """

    declared: dict[str, tuple[str, ...]]
    items: dict[str, tuple[str, ...]]
    scale_problems: dict[str, tuple[str, ...]]
    n_obs: int
    problem: str
    beyond_one: frozenset[frozenset[str]]
    result: FitResult | None
    data: pd.DataFrame
    options: Mapping[str, object]

    @property
    def scales(self) -> list[str]:
        """The scales in the model, in order."""
        return [scale for scale, items in self.items.items() if len(items) > 1]

    @property
    def errors(self) -> str:
        """The kind of standard errors; empty where there are none."""
        return self.result.errors if self.result is not None and not self.problem else ""

    @cached_property
    def variables(self) -> dict[str, str]:
        """The name in the model of every item that takes part: no item's own name can then be read as syntax."""
        names = dict.fromkeys(item for scale in self.scales for item in self.items[scale])
        return {item: f"x{j}" for j, item in enumerate(names)}

    @cached_property
    def factors(self) -> dict[str, str]:
        """The name in the model of every scale's factor."""
        return {scale: f"F{k}" for k, scale in enumerate(self.scales)}


def joint_model(
    answers_by_person: pd.DataFrame,
    scales: Mapping[str, Sequence[str]],
    *,
    minimum_n: int,
    clusters: pd.Series[str] | None = None,
    **options: object,
) -> JointModel:
    """Fit the joint model of ``scales`` (their items by name) with the engine's ``options``, and ``clusters`` where
    errors shall allow for them.

    Problems of scales: ``constant_item`` (the item is left out), ``single_item`` (fewer than two items left: the scale
    is left out), ``shared_item`` (an item of two scales). Problems of the model, which then has no figures: ``too_few``
    persons (with an answer, or left when those with open answers are not used), ``few_scales``, ``not_estimable``,
    ``not_converged``, ``not_identified``, ``inadmissible``.
    """
    names = list(dict.fromkeys(item for items in scales.values() for item in items))
    answers = answers_by_person[names].astype(float)
    answers = answers[answers.notna().any(axis=1)]
    varies = {name: answers[name].nunique() > 1 for name in names}
    items = {scale: tuple(i for i in own if varies[i]) for scale, own in scales.items()}
    draft = JointModel(
        {scale: tuple(own) for scale, own in scales.items()}, items,
        {scale: _problems_of_scale(scale, scales, items) for scale in scales}, len(answers), "", frozenset(),
        None, answers, options,
    )  # fmt: skip
    if len(answers) < minimum_n:
        return replace(draft, problem="too_few")
    if not draft.scales:
        return replace(draft, problem="few_scales")
    data = answers[list(draft.variables)].set_axis(list(draft.variables.values()), axis=1)
    if clusters is not None:
        data, options = data.assign(**{_CLUSTER: clusters.loc[data.index]}), {**options, "cluster": _CLUSTER}
    draft = replace(draft, data=data, options=options)
    try:
        result = fit(model_text(draft, figures=True), data, std_lv=True, **options)
    except ModelError:
        return replace(draft, problem="not_estimable")
    if result.n_obs < minimum_n:
        return replace(draft, problem="too_few", n_obs=result.n_obs)
    return replace(
        draft, result=result, n_obs=result.n_obs, problem=_problem_of(result), beyond_one=_beyond_one(draft, result)
    )


def model_text(
    joint: JointModel, *, figures: bool = False, held: tuple[str, str, float] | None = None, without: Sequence[str] = ()
) -> str:
    """The model in lavaan syntax: with average variance extracted and composite reliability as defined parameters where
    ``figures``; with the correlation of two scales ``held`` at a value; ``without`` some items."""
    lines: list[str] = []
    variables, factors = joint.variables, joint.factors
    for scale, factor in factors.items():
        own = [variables[item] for item in joint.items[scale] if item not in without]
        lines.append(f"{factor} =~ " + " + ".join(f"l{factor}{x}*{x}" for x in own))
        if figures and "shared_item" not in joint.scale_problems[scale]:
            lines += [f"{x} ~~ e{x}*{x}" for x in own]
            squares, total = " + ".join(f"l{factor}{x}^2" for x in own), " + ".join(f"l{factor}{x}" for x in own)
            errors = " + ".join(f"e{x}" for x in own)
            lines.append(f"ave{factor} := ({squares}) / ({squares} + {errors})")
            lines.append(f"cr{factor} := ({total})^2 / (({total})^2 + {errors})")
    if held is not None:
        lines.append(f"{factors[held[0]]} ~~ {held[2]!r}*{factors[held[1]]}")
    return "\n".join(lines)


def solution_of(joint: JointModel) -> FitResult:
    """The model's result; raises ``ModelError`` where it has no figures."""
    if joint.result is None or joint.problem:
        raise ModelError("The joint model of the scales has no admissible solution.")
    return joint.result


def solved(joint: JointModel, text: str, *, from_joint: bool) -> Estimated | None:
    """Another model of the same persons by the same estimator, without errors; ``None`` without a solution.

    ``from_joint``: the search starts where the joint model has its parameters, which is near for a model that says much
    the same; else, and where that leads nowhere, from the usual starting values.
    """
    options = Options.checked(**{**joint.options, "errors": "none", "std_lv": True})
    try:
        table, sample = prepared(text, joint.data, options)
        if joint.result is not None and table.observed == joint.result.estimated.table.observed:
            sample = joint.result.estimated.sample  # what was worked out of it need not be once more
        estimated = estimated_by(table, sample, options, start=_start_from(joint, table) if from_joint else None)
    except ModelError:
        return None
    return estimated if estimated.converged else None


def _start_from(joint: JointModel, table: ParameterTable) -> npt.NDArray[np.float64] | None:
    """Where a smaller model's parameters are in the solution of ``joint``, (n_free,): near where they will be. ``None``
    where it has no solution or not all of them."""
    if joint.result is None or not joint.result.converged:
        return None
    full = joint.result.estimated
    values = full.reported.rows(full.theta, "est")
    at = {(row.key, row.group): float(value) for row, value in zip(full.table.rows, values, strict=True)}
    start = np.full(table.n_free, np.nan)
    for row in table.rows:
        if row.index is not None:
            start[row.index] = at.get((row.key, row.group), np.nan)
    return None if np.isnan(start).any() else start


def loadings_of(joint: JointModel, estimated: Estimated, scale: str, metric: Metric = "std_all") -> dict[str, float]:
    """Loadings of a scale's items in a model of ``joint``'s scales, by item, in the direction in which it has them."""
    values = estimated.reported.rows(estimated.theta, metric)
    called = {name: item for item, name in joint.variables.items()}
    return {
        called[row.rhs]: float(value)
        for row, value in zip(estimated.table.rows, values, strict=True)
        if row.op == "=~" and row.lhs == joint.factors[scale]
    }


def directions(joint: JointModel, estimated: Estimated) -> dict[str, int]:
    """Whether each scale's factor points the way most of its standardised loadings do (1) or the other (-1)."""
    return {scale: -1 if sum(loadings_of(joint, estimated, scale).values()) < 0 else 1 for scale in joint.scales}


def row_of(joint: JointModel, estimated: Estimated, a: str, b: str) -> int:
    """Where the table of a model has the correlation of two scales' factors."""
    pair = {joint.factors[a], joint.factors[b]}
    return next(n for n, row in enumerate(estimated.table.rows) if row.op == "~~" and {row.lhs, row.rhs} == pair)


def _problems_of_scale(
    scale: str, scales: Mapping[str, Sequence[str]], items: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    others = {item for name, own in scales.items() if name != scale for item in own}
    found = {
        "constant_item": len(items[scale]) < len(scales[scale]),
        "single_item": len(items[scale]) < 2,
        "shared_item": not others.isdisjoint(scales[scale]),
    }
    return tuple(code for code, true in found.items() if true)


def _problem_of(result: FitResult) -> str:
    if not result.converged:
        return "not_converged"
    if not result.identified:
        return "not_identified"
    return "" if result.admissible else "inadmissible"


def _beyond_one(joint: JointModel, result: FitResult) -> frozenset[frozenset[str]]:
    """Pairs of scales whose factors correlate beyond one."""
    scale_of = {factor: scale for scale, factor in joint.factors.items()}
    pairs = [p.parameter.split(" ~~ ") for p in result.problems if p.code == "correlation_beyond_one"]
    return frozenset(frozenset(scale_of[name] for name in pair) for pair in pairs if set(pair) <= set(scale_of))
