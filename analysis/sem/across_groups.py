"""One model in two groups at once: what is held equal over them, and whether a path differs.

A path is in the units of its latent variables, so paths of two groups can be compared once the loadings are held equal
(metric invariance; Steenkamp & Baumgartner 1998, p. 80); intercepts may differ. The steps: nothing held equal, the
loadings, then the regressions too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.multiplicity import Adjustment, adjusted
from analysis.sem.difference import Difference, difference_test
from analysis.sem.errors import ModelError
from analysis.sem.fit import fit
from analysis.sem.result import FitResult, interval, two_sided
from analysis.sem.syntax import parse

STEPS: dict[str, tuple[str, ...]] = {
    "configural": (), "loadings": ("loadings",), "regressions": ("loadings", "regressions"),
}  # fmt: skip
DIFFERENCE_COLUMNS = [
    "lhs", "op", "rhs", "est_first", "est_second", "std_all_first", "std_all_second", "difference", "se", "df_t",
    "pvalue", "pvalue_adjusted", "ci_lower", "ci_upper",
]  # fmt: skip


@dataclass(frozen=True)
class JointFit:
    """A step: the ``result``, or (``refusal``) why there is none, and its test against the step before.

    ``difference`` is ``None`` for the first step, and where either model has no solution that can be true.
    """

    equal: str
    result: FitResult | None
    refusal: str = ""
    difference: Difference | None = None


def joint_fits(model: str, data: pd.DataFrame, *, group: str, **asked: object) -> list[JointFit]:
    """``model`` in the groups of column ``group``, step by step (``STEPS``); without regressions the last step is left
    out.

    ``asked`` are options of ``fit`` but for the groups. What cannot be fitted is a step with its reason, not an error.
    """
    has_paths = any(statement.op == "~" for statement in parse(model))
    steps = [name for name in STEPS if has_paths or name != "regressions"]
    found: list[JointFit] = []
    for name in steps:
        try:
            result = fit(model, data, group=group, group_equal=STEPS[name], **asked)
        except ModelError as error:
            found.append(JointFit(name, None, str(error)))
            continue
        before = found[-1].result if found else None
        found.append(JointFit(name, result, difference=_difference(result, before)))
    return found


def _difference(restricted: FitResult, free: FitResult | None) -> Difference | None:
    """The test of what a step adds; a solution that cannot be true is compared with nothing."""
    if free is None or not (restricted.admissible and free.admissible):
        return None
    if restricted.fit["df"] <= free.fit["df"]:
        return None  # nothing was free to be held equal
    return difference_test(restricted, free)


def path_differences(result: FitResult, *, first: str, second: str, adjust: Adjustment = "holm") -> pd.DataFrame:
    """Every regression that is free in both groups: group ``first`` less group ``second`` (``DIFFERENCE_COLUMNS``).

    ``difference`` is in the units of the latent variables, with the errors of ``result`` and, where these have
    small-sample degrees of freedom, a t reference with ``df_t`` (else NaN, and normal). ``pvalue_adjusted`` is over the
    paths. Empty for a result without standard errors or without such paths. Raises ``ModelError`` for a group that is
    not there.
    """
    for name in (first, second):
        if name not in result.groups:
            raise ModelError(f"The model has no group {name}: it has {', '.join(result.groups)}.")
    pairs = list(_free_in_both(result, result.groups.index(first), result.groups.index(second)))
    if result.inference is None or not pairs or not np.isfinite(result.vcov).all():
        return pd.DataFrame(columns=DIFFERENCE_COLUMNS)
    jacobian = np.zeros((len(pairs), result.estimated.table.n_free))
    for k, (_, a, b) in enumerate(pairs):
        jacobian[k, a] += 1
        jacobian[k, b] -= 1
    theta = result.estimated.theta
    difference = jacobian @ theta
    se = np.sqrt(np.diag(jacobian @ result.vcov @ jacobian.T))
    df = np.where(np.isfinite(se), result.inference.degrees_of_freedom(jacobian), np.nan)
    pvalue = two_sided(difference / se, df)
    lower, upper = interval(difference, se, df, result.confidence)
    named = pd.DataFrame([name for name, _, _ in pairs], columns=["lhs", "op", "rhs"])
    numbers = {
        "est_first": theta[[a for _, a, _ in pairs]], "est_second": theta[[b for _, _, b in pairs]],
        "std_all_first": _standardised(result, named, first), "std_all_second": _standardised(result, named, second),
        "difference": difference, "se": se, "df_t": df, "pvalue": pvalue,
        "pvalue_adjusted": adjusted(pvalue, method=adjust), "ci_lower": lower, "ci_upper": upper,
    }  # fmt: skip
    return pd.concat([named, pd.DataFrame(numbers)], axis=1)[DIFFERENCE_COLUMNS]


def _free_in_both(result: FitResult, first: int, second: int) -> Iterator[tuple[tuple[str, str, str], int, int]]:
    """Regressions with a parameter of their own in each group: (lhs, op, rhs) and the places of both in θ."""
    at = {
        (row.group, row.lhs, row.rhs): row.index
        for row in result.estimated.table.rows
        if row.op == "~" and row.index is not None
    }
    for (group, lhs, rhs), index in at.items():
        other = at.get((second, lhs, rhs))
        if group == first and other is not None and other != index:
            yield (lhs, "~", rhs), index, other


def _standardised(result: FitResult, named: pd.DataFrame, group: str) -> list[float]:
    rows = result.parameters[(result.parameters["group"] == group) & (result.parameters["op"] == "~")]
    by_path = rows.set_index(["lhs", "rhs"])["std_all"]
    return [float(by_path[lhs, rhs]) for lhs, rhs in zip(named["lhs"], named["rhs"], strict=True)]
