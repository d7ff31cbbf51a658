"""Claims about a model under many specifications: paths, correlations, what the model defines, differences of paths.

One solution answers all claims of a model, whatever errors are asked of it: specifications that differ in their
clustering alone share it, and those of ML and MLR do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from analysis.multiverse.answers import Answers, Quantities, answers, difference, row_of, standardised
from analysis.multiverse.factors import UnansweredError
from analysis.multiverse.inputs import ClaimAsked, Inputs, families
from analysis.multiverse.model_frames import ModelData, ModelFrames, of_groups
from analysis.multiverse.outcome import Found
from analysis.multiverse.solutions import Solution
from analysis.multiverse.solving import solve, way_of
from analysis.multiverse.specification import AXES, Family, Specification

Task = dict[str, Any]
T = TypeVar("T")


AT_ONCE = 16
"""Specifications in a task, at most (a few more where they share their persons): some tenths of a second of work."""


def model_tasks(family: Family, specifications: Iterable[Specification]) -> list[Task]:
    """The specifications in batches that share what can be shared, as plain values for ``estimate_models``.

    A task is ``{"family": name, "specifications": [[ten choices], ...]}``. Specifications with the same persons and
    columns stand next to each other in one task; a task holds those with the same columns, ``AT_ONCE`` at a time.
    """
    same_columns: dict[Specification, dict[Specification, list[Specification]]] = {}
    for s in specifications:
        data = s.choosing(estimator="", clustering="")
        columns = data.choosing(careless="", waves="", left_out="")
        same_columns.setdefault(columns, {}).setdefault(data, []).append(s)
    tasks: list[Task] = []
    for batches in same_columns.values():
        batch: list[Specification] = []
        for same_data in batches.values():
            batch += same_data
            if len(batch) >= AT_ONCE:
                tasks.append(_task(family, batch))
                batch = []
        if batch:
            tasks.append(_task(family, batch))
    return tasks


def _task(family: Family, specifications: Sequence[Specification]) -> Task:
    return {"family": family.name, "specifications": [[getattr(s, axis) for axis in AXES] for s in specifications]}


def estimate_models(inputs: Inputs, task: Mapping[str, Any]) -> list[Found]:
    """Every claim of the task's family under every specification of the task: a ``Found`` each, none left out.

    One without an estimate says why. ``refused``: ``too_few_persons``, ``too_few_projects``, ``no_data``, ``no_score``,
    ``no_alternative``, ``no_variation`` (of what the claim is about), ``confounded`` (a covariate of the model follows
    from the others), ``covariates_with_ordinal``, ``projects_cross_levels`` (a difference between levels that share
    projects), ``not_estimable`` (the engine does not take the answers or the model). ``inadmissible``: the engine's
    code (``admissible.Code``). ``not_converged``: no solution.
    """
    family = next(f for f in families(inputs) if f.kind == "model" and f.name == task["family"])
    claims = [inputs.claim(name) for name in family.claims]
    batch = _Batch(inputs, family.name)
    found: list[Found] = []
    for choices in task["specifications"]:
        found += batch.found(claims, Specification(*choices))
    return found


class _Batch:
    """Specifications of one model: what one of them had to prepare or solve serves those with the same persons that
    follow."""

    def __init__(self, inputs: Inputs, model: str) -> None:
        self.inputs, self._frames = inputs, ModelFrames(inputs, model)
        self._unknown = bool(inputs.persons[inputs.cluster].isna().any())
        self._now: Specification | None = None
        self._kept: dict[tuple[str, ...], Any] = {}

    def found(self, claims: Sequence[ClaimAsked], specification: Specification) -> list[Found]:
        """A ``Found`` a claim."""
        data = specification.choosing(estimator="", clustering="")
        if data != self._now:
            self._now, self._kept = data, {}
        by_claim: dict[str, Found] = {}
        plain = [claim for claim in claims if claim.statement.kind != "path_difference"]
        for asked in ([plain] if plain else []) + [[c] for c in claims if c.statement.kind == "path_difference"]:
            for one in self._answered(asked, specification):
                by_claim[one.claim] = one
        return [by_claim[claim.id] for claim in claims]

    def _answered(self, claims: Sequence[ClaimAsked], specification: Specification) -> list[Found]:
        """Claims that are read from one solution."""
        nothing = [Found(claim.id, specification, "refused") for claim in claims]
        try:
            data = self._data(specification)
            counted = [replace(one, n_obs=data.n_obs, n_projects=data.n_projects) for one in nothing]
        except UnansweredError as error:
            return [replace(one, status=error.status, reason=error.reason) for one in nothing]
        try:
            if specification.clustering == "cluster_robust" and data.n_projects < max(self.inputs.minimum_units, 2):
                raise UnansweredError("refused", "too_few_projects")
            if claims[0].statement.kind == "path_difference":
                return self._difference(claims[0], counted[0], data)
            return self._parameters(claims, counted, data)
        except UnansweredError as error:
            return [replace(one, status=error.status, reason=error.reason) for one in counted]

    def _parameters(self, claims: Sequence[ClaimAsked], counted: Sequence[Found], data: ModelData) -> list[Found]:
        """Paths, correlations and what is defined; those that the model does not have here are refused."""
        specification = counted[0].specification
        solutions = self._solutions(data, specification)
        table = solutions[0].estimated.table
        rows = [row_of(table, claim.statement.kind, claim.statement.names) for claim in claims]
        there = [row for row in rows if row is not None]
        if not there:
            raise UnansweredError("refused", "no_variation")
        key = ("quantities", *self._key(specification), way_of(specification.estimator))
        quantities = self._once(key, lambda: [standardised(solution, there) for solution in solutions])
        answered = iter(_filled([one for one, row in zip(counted, rows, strict=True) if row is not None],
                                self._answers(solutions, quantities, data, specification), data))  # fmt: skip
        return [
            replace(one, reason="no_variation") if row is None else next(answered)
            for one, row in zip(counted, rows, strict=True)
        ]

    def _difference(self, claim: ClaimAsked, counted: Found, data: ModelData) -> list[Found]:
        """A path in the high level of a trait less that in the low one, loadings held equal, times what standardises
        the path among everybody."""
        *path, trait_name = claim.statement.names
        specification = counted.specification
        trait = next(t for t in self.inputs.traits if t.name == trait_name)
        key = (*self._key(specification), way_of(specification.estimator), trait.name)
        grouped = of_groups(data, self.inputs, trait.name, (trait.high, trait.low))
        known = [set(grouped.project[grouped.levels == code].tolist()) - {-1} for code in (0, 1)]
        fewest, needed = min(map(len, known)), self.inputs.minimum_units
        if (trait.of == "unit" or specification.clustering == "cluster_robust") and fewest < needed:
            raise UnansweredError("refused", "too_few_projects")
        if specification.clustering == "cluster_robust" and known[0] & known[1]:
            raise UnansweredError("refused", "projects_cross_levels")
        if way_of(specification.estimator) == "WLSMV":
            raise UnansweredError("refused", "not_estimable")
        apart = self._once(key, lambda: solve(grouped, way=way_of(specification.estimator)))
        quantities = [
            _path_difference(whole, both, path)
            for whole, both in zip(self._solutions(data, specification), apart, strict=True)
        ]
        found = self._answers(apart, quantities, grouped, specification)
        counted = replace(counted, n_obs=grouped.n_obs, n_projects=grouped.n_projects)
        return _filled([counted], found, grouped)

    def _answers(
        self,
        solutions: Sequence[Solution],
        quantities: Sequence[Quantities],
        data: ModelData,
        specification: Specification,
    ) -> Answers:
        units, names = data.units()
        return answers(
            solutions, quantities, robust=specification.estimator == "mlr",
            clustered=specification.clustering == "cluster_robust", units=units, n_units=len(names),
            confidence=self.inputs.confidence,
        )  # fmt: skip

    def _key(self, specification: Specification) -> tuple[str, ...]:
        """What decides which persons take part, within a task."""
        return ("known" if self._unknown and specification.clustering == "cluster_robust" else "all",)

    def _data(self, specification: Specification) -> ModelData:
        key = self._key(specification)
        return self._once(
            ("data", *key),
            lambda: self._frames.of(specification, of_known_projects=key[0] == "known"),
        )

    def _solutions(self, data: ModelData, specification: Specification) -> tuple[Solution, ...]:
        way = way_of(specification.estimator)
        return self._once(("solutions", *self._key(specification), way), lambda: solve(data, way=way))

    def _once(self, key: tuple[str, ...], made: Callable[[], T]) -> T:
        """What was made under ``key`` before, also where it was the reason why there is none."""
        if key not in self._kept:
            try:
                self._kept[key] = made()
            except UnansweredError as error:
                self._kept[key] = error
        if isinstance(self._kept[key], UnansweredError):
            raise self._kept[key]
        kept: T = self._kept[key]
        return kept


def _path_difference(whole: Solution, apart: Solution, path: Sequence[str]) -> Quantities:
    """The path in the first group of ``apart`` less that in the second, in the metric of ``whole``."""
    both = [row_of(apart.estimated.table, "path", path, group=g) for g in (0, 1)]
    overall = row_of(whole.estimated.table, "path", path)
    if overall is None or both[0] is None or both[1] is None:
        raise UnansweredError("refused", "no_variation")
    e = whole.estimated
    scale = abs(float(e.reported.values(e.theta, "std_all")[overall] / e.reported.values(e.theta)[overall]))
    return difference(apart, (both[0], both[1]), scale=scale)


def _filled(counted: Sequence[Found], found: Answers, data: ModelData) -> list[Found]:
    """``counted`` with its answers; what has no error (a number that does not vary) has no answer."""
    names = data.units()[1]
    filled = []
    for k, one in enumerate(counted):
        if not (np.isfinite(found.estimate[k]) and found.se[k] > 0):
            filled.append(replace(one, status="failed", reason="no_error"))
            continue
        by_unit = zip(names, found.shares[k].tolist(), strict=True)
        filled.append(replace(
            one, status="ok", estimate=float(found.estimate[k]), se=float(found.se[k]), df=float(found.df[k]),
            ci_lower=float(found.lower[k]), ci_upper=float(found.upper[k]), pvalue=float(found.pvalue[k]),
            influence={name: share for name, share in by_unit if share != 0.0},
        ))  # fmt: skip
    return filled
