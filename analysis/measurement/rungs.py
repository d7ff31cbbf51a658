"""One step of a ladder of invariance: fitted, held against the last step that holds, and judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

import numpy as np

from analysis.measurement.cutoffs import CONFIGURAL_CFI, CONFIGURAL_SRMR, CutoffRule
from analysis.measurement.ladder_groups import Refusal
from analysis.sem import ModelError
from analysis.sem.difference import Difference, difference_test
from analysis.sem.invariance import Climb, best
from analysis.sem.result import FitResult
from analysis.sem.table import ParameterTable

Message = Literal[
    "just_identified",  # three items: the configural model fits whatever the answers are
    "sets_scale",  # three categories: equal thresholds only set the scale of the answers behind the items
    "configural_misfit",  # the model does not fit in every group, whatever is held equal
    "untested",  # the χ² difference has no p-value: fit alone decides
    "satorra_2000",  # the usual correction came out negative: this difference is scaled by Satorra's of 2000
    "categories_merged",  # a category nobody of a group chose was merged with its neighbour, in every group
    "residents_as_independent",  # the groups are whole projects, and the test takes residents as independent
    "two_items_left",  # the search stopped: no more than two items of the factor are still equal
    "no_item_named",  # the search stopped: no item's difference is beyond chance
    "search_stopped",  # the search stopped: with the item free there is no solution that can be true
    "freed_beyond_projects",  # with projects as units what was set free differs between the groups
    "freed_within_projects",  # with projects as units what was set free may as well be equal
]
MESSAGES: tuple[str, ...] = get_args(Message)

Freed = dict[str, str]
"""Items that are not held equal, each with the step it was set free at."""

_NO_CHANGE = 1e-6


@dataclass(frozen=True)
class Rung:
    """One step of a ladder, as it stands or (``partial``) again with the items the search set free.

    ``freed``: every item not held equal here. ``changes``: of CFI, RMSEA and SRMR against the last step that holds
    (``cfi_diff rmsea_diff srmr_diff``; empty for the configural step). ``difference`` is the test against it.
    ``holds``: the verdict; ``holds_by_test`` and ``holds_by_fit`` are ``None`` where there is nothing to judge.
    ``refused`` says why there are no figures.
    """

    step: str
    partial: bool = False
    freed: Freed = field(default_factory=dict)
    result: FitResult | None = None
    difference: Difference | None = None
    changes: Mapping[str, float] = field(default_factory=dict)
    holds_by_test: bool | None = None
    holds_by_fit: bool | None = None
    holds: bool = False
    refused: Refusal | None = None
    messages: tuple[Message, ...] = ()

    def saying(self, *messages: Message) -> Rung:
        """The same rung with more to say."""
        return replace(self, messages=tuple(dict.fromkeys((*self.messages, *messages))))


@dataclass(frozen=True)
class Judge:
    """Fits steps and says whether they hold (rule: ``ladders``), by ``cutoffs`` and tests of level ``alpha``."""

    cutoffs: CutoffRule
    alpha: float
    method: str = "default"

    def configural(self, result: FitResult) -> Rung:
        """The first step: whether the model fits in every group."""
        rung = Rung("configural", result=result, refused=refusal_of(result))
        if rung.refused is not None:
            return rung
        measures = result.fit
        if measures["df"] == 0:
            return replace(rung, holds=True).saying("just_identified")
        pvalue = measures.get("pvalue_scaled", measures.get("pvalue", np.nan))
        by_test = None if np.isnan(pvalue) else bool(pvalue >= self.alpha)
        by_fit = best(result, "cfi") >= CONFIGURAL_CFI and measures["srmr"] <= CONFIGURAL_SRMR
        rung = replace(rung, holds_by_test=by_test, holds_by_fit=by_fit, holds=bool(by_test) or by_fit)
        return rung if rung.holds else rung.saying("configural_misfit")

    def step(self, climb: Climb, step: str, freed: Freed, accepted: FitResult) -> Rung:
        """``step`` with the items ``freed`` not held equal, against the last step that holds."""
        try:
            result = climb.fit(step, released(climb, step, freed))
        except ModelError:
            return Rung(step, freed=dict(freed), refused="not_estimable")
        rung = Rung(step, freed=dict(freed), result=result, refused=refusal_of(result))
        if rung.refused is not None:
            return rung
        changes = {f"{name}_diff": best(result, name) - best(accepted, name) for name in ("cfi", "rmsea", "srmr")}
        rung = replace(rung, changes=changes)
        if result.fit["df"] == accepted.fit["df"]:
            return replace(rung, holds=True).saying("sets_scale")
        test, messages = self._difference(result, accepted)
        by_test = None if test is None else bool(test.pvalue >= self.alpha)
        by_fit = self.cutoffs.of(step).holds(changes)
        holds = bool(by_test) or by_fit
        return replace(
            rung, difference=test, holds_by_test=by_test, holds_by_fit=by_fit, holds=holds
        ).saying(*messages)  # fmt: skip

    def _difference(self, result: FitResult, accepted: FitResult) -> tuple[Difference | None, tuple[Message, ...]]:
        """The test of a step, ``None`` where it has no p-value, and what there is to say of it."""
        said: tuple[Message, ...] = ()
        try:
            test = difference_test(result, accepted, method=self.method, nested=True)
            if np.isnan(test.pvalue) and self.method == "default":
                test, said = difference_test(result, accepted, method="satorra_2000", nested=True), ("satorra_2000",)
        except ModelError:  # the larger model cannot be taken to where the smaller one is
            return None, ("untested",)
        # a smaller model that fits better: the larger one's solution is not its best
        known = not np.isnan(test.pvalue) and test.statistic > -_NO_CHANGE
        return (test, said) if known else (None, ("untested",))


def refusal_of(result: FitResult) -> Refusal | None:
    """Why the figures of a fit are not to be shown; ``None`` when they are."""
    if not result.converged:
        return "not_converged"
    if not result.admissible:
        return "inadmissible"
    return None if "chisq" in result.fit else "not_estimable"


def newly_equal(climb: Climb, step: str) -> tuple[str, ...]:
    """What ``step`` holds equal that the step before it does not."""
    names = list(climb.steps)
    before = climb.steps[names[names.index(step) - 1]]
    return tuple(kind for kind in climb.steps[step] if kind not in before)


def released(climb: Climb, step: str, freed: Freed) -> tuple[str, ...]:
    """The parameters that are not held equal in ``step``: of each item ``freed`` what its own step, and every one after
    it up to this, makes equal."""
    names = list(climb.steps)
    table = climb.configural.estimated.table
    found: list[str] = []
    for item, since in freed.items():
        if since in names:
            passed = names[names.index(since) : names.index(step) + 1]
            kinds = {kind for name in passed for kind in newly_equal(climb, name)}
            found += [_text(row_key) for row_key in _parameters(table, item, kinds)]
    return tuple(found)


def _parameters(table: ParameterTable, item: str, kinds: set[str]) -> list[tuple[str, str, str]]:
    """An item's parameters of these kinds, (lhs, op, rhs) each."""
    first = [(row.lhs, row.op, row.rhs) for row in table.rows if row.group == 0]
    return [parameter for parameter in first if kind_of(*parameter, item) in kinds]


def kind_of(lhs: str, op: str, rhs: str, item: str) -> str | None:
    """Which of ``group_equal``'s kinds a parameter of ``item`` is; ``None`` for another variable's or kind."""
    if op == "=~":
        return "loadings" if rhs == item else None
    if lhs != item:
        return None
    return {"|": "thresholds", "~1": "intercepts", "~~": "residuals" if lhs == rhs else None}.get(op)


def _text(parameter: tuple[str, str, str]) -> str:
    lhs, op, rhs = parameter
    return f"{lhs}{op}{rhs}"
