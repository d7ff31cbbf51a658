"""Measurement invariance: a ladder of models over groups, each with more held equal, and what each step costs.

Steps and what they allow: *configural*, the same items belong to the same factors; *metric*, loadings equal, so
relations of factors may be compared; *scalar*, intercepts equal too, so latent means may be compared; *strict*,
residual variances too, so observed scores may be (Meredith 1993; Putnick & Bornstein 2016). From *scalar* on the latent
means of later groups are free, the first group's are zero.

Ordered items go another way (Wu & Estabrook 2016; worked out for lavaan by Svetina, Rutkowski & Rutkowski 2020):
*thresholds* first, then *metric* (thresholds and loadings), *scalar* (and the intercepts of the answers behind the
items, all zero) and *strict* (and their residual variances, all one). Only equal thresholds make the scale of those
answers the same, so loadings are never tested before them. Where thresholds are equal the later groups' item intercepts
and scales are free, latent means not until *scalar*. Items with three categories have just enough thresholds to set
that scale: there is nothing to test in *thresholds* then. Items with two have too few, and the ladder goes from
*configural* to *scalar* in one step; what tells the scales of later groups is then only that thresholds differ among
items, and with thresholds that are much alike there is no solution. *strict* needs the theta parameterisation and uses
it.

A step holds by the χ² difference where p ≥ alpha, and by fit where no measure gets worse by more than ``Cutoffs``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.sem.difference import Difference, difference_test
from analysis.sem.errors import ModelError
from analysis.sem.estimate import Estimated
from analysis.sem.fit import fit, refit
from analysis.sem.result import FitResult
from analysis.sem.table import ParameterTable

STEPS: dict[str, tuple[str, ...]] = {
    "configural": (),
    "metric": ("loadings",),
    "scalar": ("loadings", "intercepts"),
    "strict": ("loadings", "intercepts", "residuals"),
}
ORDERED_STEPS: dict[str, tuple[str, ...]] = {
    "configural": (),
    "thresholds": ("thresholds",),
    "metric": ("thresholds", "loadings"),
    "scalar": ("thresholds", "loadings", "intercepts"),
    "strict": ("thresholds", "loadings", "intercepts", "residuals"),
}
STEP_COLUMNS = [
    "step", "equal", "converged", "admissible", "chisq", "df", "pvalue", "cfi", "rmsea", "srmr", "aic", "bic",
    "chisq_diff", "df_diff", "pvalue_diff", "cfi_diff", "rmsea_diff", "srmr_diff", "holds_by_test", "holds_by_fit",
    "message",
]  # fmt: skip
SMALL_GROUPS = 300
_NOTHING_TO_TEST = (
    "This step only sets the scale of the answers behind the items (three categories each): it fits as well as the one"
    " before, and there is nothing to test."
)


@dataclass(frozen=True)
class Cutoffs:
    """How much worse a step may fit and still hold: a fall of CFI, rises of RMSEA and SRMR (Chen 2007, p. 501). SRMR
    may rise by ``srmr_loadings`` where loadings become equal and by ``srmr`` in later steps.

    They were found for continuous items and two groups. For ordered items nobody has found any that hold in general;
    with ten groups and more CFI tells of unequal loadings by .004 already (Rutkowski & Svetina 2017).
    """

    cfi: float
    rmsea: float
    srmr: float
    srmr_loadings: float

    @classmethod
    def for_n(cls, n_by_group: tuple[int, ...]) -> Cutoffs:
        """The cut-offs for these group sizes: stricter where all groups together have no more than 300 persons, or one
        has more than three times as many as another."""
        small = sum(n_by_group) <= SMALL_GROUPS or max(n_by_group) > 3 * min(n_by_group)
        return cls(0.005, 0.010, 0.005, 0.025) if small else cls(0.010, 0.015, 0.010, 0.030)

    def hold(self, step: str, changes: Mapping[str, float]) -> bool:
        """Whether ``changes`` (``cfi_diff``, ``rmsea_diff``, ``srmr_diff``; this step less the one before) stay
        within."""
        srmr = self.srmr_loadings if step == "metric" else self.srmr
        return bool(
            -changes["cfi_diff"] <= self.cfi and changes["rmsea_diff"] <= self.rmsea and changes["srmr_diff"] <= srmr
        )


@dataclass(frozen=True)
class Ladder:
    """``steps`` has one row a step (``STEP_COLUMNS``; χ² scaled and measures robust where the estimator has them);
    ``results`` the fit of each, absent where it was refused; ``differences`` each step's test against the one before
    it, absent where there is none."""

    steps: pd.DataFrame
    results: dict[str, FitResult]
    differences: dict[str, Difference]
    cutoffs: Cutoffs


def invariance(
    model: str, data: pd.DataFrame, *, group: str, alpha: float = 0.05, method: str = "default", **asked: Any
) -> Ladder:
    """Fit the ladder of ``model`` over the groups in the column ``group``; ``asked`` goes to ``fit``.

    ``method`` is that of the χ² difference (see ``difference_test``). ``group_partial`` names what is held equal in no
    step (partial invariance). A step that cannot be fitted or tested keeps its row, with the reason. Raises
    ``ModelError`` when the configural model cannot be fitted at all, or ``group_equal`` is asked.
    """
    if str(asked.get("estimator", "")).upper() == "SAM":
        raise ModelError(
            "Invariance tests the measurement alone, which sam estimates by ml: choose estimator ml or mlr."
        )
    if asked.get("group_equal"):
        raise ModelError(
            "invariance holds equal what each step says: leave group_equal out (group_partial is allowed)."
        )
    partial = tuple(asked.pop("group_partial", ()) or ())
    climb = Climb(model, data, group=group, **asked)
    cutoffs = Cutoffs.for_n(climb.configural.n_by_group)
    results: dict[str, FitResult] = {"configural": climb.configural}
    differences: dict[str, Difference] = {}
    rows = [_row("configural", (), climb.configural)]
    previous: FitResult | None = climb.configural
    for name, equal in list(climb.steps.items())[1:]:
        try:
            result = climb.fit(name, partial)
        except ModelError as error:
            rows.append({"step": name, "equal": ", ".join(equal), "message": str(error)})
            previous = None
            continue
        row = _row(name, equal, result)
        if previous is not None and previous.converged and result.converged:
            row |= _step_up(result, previous, name, method, differences)
            row |= _verdicts(row, alpha, cutoffs)
        rows.append(row)
        results[name] = previous = result
    return Ladder(pd.DataFrame(rows).reindex(columns=STEP_COLUMNS), results, differences, cutoffs)


class Climb:
    """The models of one ladder, all fitted to the same sample statistics.

    ``configural`` is the first step's fit and ``steps`` what each step holds equal. Raises ``ModelError`` when the
    configural model cannot be fitted.
    """

    def __init__(self, model: str, data: pd.DataFrame, *, group: str, **asked: Any) -> None:
        self._model, self._asked = model, {**asked, "group": group}
        self.configural = fit(model, data, **self._asked)
        self.steps = _steps(self.configural.estimated.table)

    def fit(self, step: str, partial: Sequence[str] = ()) -> FitResult:
        """``step`` with the parameters ``partial`` (lavaan's ``group_partial``) not held equal; raises ``ModelError``
        as ``fit`` does."""
        lines, extra = _identification(step, self.configural.estimated, partial)
        options = {**self._asked, **extra, "group_equal": self.steps[step], "group_partial": tuple(partial)}
        return refit("\n".join([self._model, *lines]), self.configural, **options)


def _steps(table: ParameterTable) -> dict[str, tuple[str, ...]]:
    """What each step holds equal, for these items."""
    if not table.ordered:
        return STEPS
    if min(_thresholds(table).values()) == 1:
        return {name: equal for name, equal in ORDERED_STEPS.items() if name not in ("thresholds", "metric")}
    return ORDERED_STEPS


def _thresholds(table: ParameterTable) -> dict[str, int]:
    """How many thresholds each ordered item has."""
    counts = dict.fromkeys(table.ordered, 0)
    for row in table.rows:
        if row.op == "|" and row.group == 0:
            counts[row.lhs] += 1
    return counts


def _identification(step: str, estimated: Estimated, partial: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Lines and options that identify a step for ordered items beyond what ``group_equal`` does by itself: which item
    intercepts are free in later groups, and that latent means are not.

    An item none of whose thresholds is held equal has nothing in common with the first group that its scale and
    intercept could be told by: both stay what they are there.
    """
    table = estimated.table
    if not table.ordered:
        return [], {}
    bare = {text.replace(" ", "") for text in partial}
    loose = [
        item for item, count in _thresholds(table).items() if {f"{item}|t{k + 1}" for k in range(count)} <= bare
    ]  # fmt: skip
    tied = [item for item in table.ordered if item not in loose]
    later = len(table.groups) - 1
    pairs = (("0", "NA"), ("0", "0"), ("1", "1"), ("1", "NA"))
    first, zero, one, unit = (f"c({', '.join([own, *[rest] * later])})" for own, rest in pairs)
    theta = step == "strict" or estimated.options.parameterization == "theta"
    lines = [f"{item} {'~~' if theta else '~*~'} {one}*{item}" for item in loose]
    options = {"parameterization": "theta"} if step == "strict" else {}
    if step in ("scalar", "strict"):
        lines += [f"{item} ~ {first}*1" for item in tied if f"{item}~1" in bare]
        if step == "strict":
            lines += [f"{item} ~~ {unit}*{item}" for item in tied if f"{item}~~{item}" in bare]
        return lines, options
    means = [f"{factor} ~ {zero}*1" for factor in table.latent]
    return [*lines, *(f"{item} ~ {first}*1" for item in tied), *means], options


def best(result: FitResult, name: str) -> float:
    """A measure in its robust form where there is one, else scaled, else standard; NaN when absent. For ordered items
    the scaled form comes first: the robust ones look at correlations alone and do not see thresholds that fit badly."""
    forms = ("_scaled", "") if result.estimated.table.ordered else ("_robust", "_scaled", "")
    return next((result.fit[name + form] for form in forms if name + form in result.fit), float("nan"))


def _row(name: str, equal: tuple[str, ...], result: FitResult) -> dict[str, Any]:
    m = result.fit
    return {
        "step": name, "equal": ", ".join(equal), "converged": result.converged, "admissible": result.admissible,
        "message": result.message, "df": m.get("df"), "cfi": best(result, "cfi"), "rmsea": best(result, "rmsea"),
        "chisq": m.get("chisq_scaled", m.get("chisq")), "pvalue": m.get("pvalue_scaled", m.get("pvalue")),
        "srmr": m.get("srmr"), "aic": m.get("aic"), "bic": m.get("bic"),
    }  # fmt: skip


def _step_up(
    result: FitResult, previous: FitResult, name: str, method: str, differences: dict[str, Difference]
) -> dict[str, Any]:
    """What a step costs beside the one before it; its test is added to ``differences``."""
    found: dict[str, Any] = {f"{k}_diff": best(result, k) - best(previous, k) for k in ("cfi", "rmsea", "srmr")}
    if result.fit["df"] == previous.fit["df"]:
        return found | {"message": result.message or _NOTHING_TO_TEST}
    try:
        test = difference_test(result, previous, method=method)
    except ModelError as error:
        return found | {"message": result.message or str(error)}
    differences[name] = test
    found |= {"chisq_diff": test.statistic, "df_diff": test.df, "pvalue_diff": test.pvalue}
    return found | ({"message": test.note} if test.note and not result.message else {})


def _verdicts(row: Mapping[str, Any], alpha: float, cutoffs: Cutoffs) -> dict[str, bool]:
    """Whether a step holds, by its test where that has a p-value, and by fit where it was tested."""
    pvalue = row.get("pvalue_diff")
    if pvalue is None:
        return {}
    by_fit = {"holds_by_fit": cutoffs.hold(row["step"], row)}
    return by_fit if pvalue != pvalue else {"holds_by_test": bool(pvalue >= alpha), **by_fit}
