"""How the factors of a joint model correlate, whether they could be one, and what single items have to do with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.measurement.joint_model import JointModel, directions, model_text, row_of, solution_of, solved
from analysis.sem import FitResult, ModelError
from analysis.sem.admissible import inadmissible

CORRELATION_COLUMNS = ["scale_a", "scale_b", "r", "ci_lower", "ci_upper", "se", "df_t"]
_NOISE = 1e-6


def latent_correlations(joint: JointModel) -> pd.DataFrame:
    """One row a pair of the scales in the model (``CORRELATION_COLUMNS``): the factors' correlation with its interval,
    every factor pointing the way most of its items do. Empty where the model has no figures."""
    rows = []
    if joint.result is not None and not joint.problem:
        ways = directions(joint, joint.result.estimated)
        for a, b in combinations(joint.scales, 2):
            found = joint.result.parameters.iloc[row_of(joint, joint.result.estimated, a, b)]
            r, lower, upper = found["std_all"], found["std_all_ci_lower"], found["std_all_ci_upper"]
            if ways[a] * ways[b] < 0:
                r, lower, upper = -r, -upper, -lower
            rows.append((a, b, r, lower, upper, found["std_all_se"], found["std_all_df_t"]))
    return pd.DataFrame(rows, columns=CORRELATION_COLUMNS)


@dataclass(frozen=True)
class CorrelationTest:
    """``chisq`` with ``df`` degrees of freedom, and ``df_t`` in the denominator where errors allow for clusters (NaN:
    none); ``pvalue`` is one-sided. ``problem``: why there is none (``test_not_converged``)."""

    chisq: float = np.nan
    df: int = 1
    df_t: float = np.nan
    pvalue: float = np.nan
    problem: str = ""


def correlation_test(joint: JointModel, a: str, b: str, *, at: float = 1.0) -> CorrelationTest:
    """The χ² difference between the model and the one in which the factors of scales ``a`` and ``b`` correlate ``at``
    (``-at`` where their correlation is negative), the other correlations left free.

    Nothing keeps the free correlation below one, so that one is no edge of what is estimated and the difference is χ²
    with one degree of freedom; that it should be smaller makes the test one-sided, half the p-value, which is also the
    mixture ½χ²(0) + ½χ²(1) of a parameter at its edge (Self & Liang 1987; Stoel, Garre, Dolan & van den Wittenboer
    2006).
    Merging the factors instead would also test that both correlate alike with every other (Rönkkö & Cho 2022).

    Where errors are robust the difference is divided by the ratio of the correlation's robust to its model-based
    variance: for one restriction this is the scaling of Satorra (2000). It cannot come out negative, as that of 2001
    does for restrictions so far from the data, and with errors that allow for few clusters it has an F reference with
    their degrees of freedom. Raises ``ModelError`` for a model without figures.
    """
    result = solution_of(joint)
    free = result.estimated
    row = row_of(joint, free, a, b)
    found = result.parameters.iloc[row]
    r, df_t = float(found["est"]), float(found["df_t"])
    held = model_text(joint, held=(a, b, float(np.copysign(at, r))))
    # a correlation held far from where the answers have it may leave several minima: the lowest one found counts
    tried = [solved(joint, held, from_joint=near) for near in (True, False)]
    lowest = min((restricted.objective for restricted in tried if restricted is not None), default=None)
    if lowest is None:
        return CorrelationTest(problem="test_not_converged")
    plain = free.n * (lowest - free.objective)
    if plain < -_NOISE * free.n:  # one of the two stopped short of its best solution
        return CorrelationTest(problem="test_not_converged")
    chisq = max(plain, 0.0) / _scaling(result, row)
    tail = stats.chi2.sf(chisq, 1) if np.isnan(df_t) else stats.f.sf(chisq, 1, df_t)
    return CorrelationTest(chisq, 1, df_t, float(tail / 2 if abs(r) < at else 1 - tail / 2))


def correlations_without(joint: JointModel, items: Sequence[str]) -> dict[frozenset[str], float] | None:
    """The latent correlations, by pair of scales, with ``items`` left out of the model; ``None`` where fewer than two
    items of a scale would be left, and where the smaller model has no admissible solution."""
    if any(len(set(joint.items[scale]) - set(items)) < 2 for scale in joint.scales):
        return None
    estimated = solved(joint, model_text(joint, without=items), from_joint=True)
    if estimated is None or inadmissible(estimated):
        return None
    values, ways = estimated.reported.rows(estimated.theta, "std_all"), directions(joint, estimated)
    return {
        frozenset((a, b)): float(values[row_of(joint, estimated, a, b)]) * ways[a] * ways[b]
        for a, b in combinations(joint.scales, 2)
    }


def _scaling(result: FitResult, row: int) -> float:
    """Robust over model-based variance of the parameter in a row."""
    index, inference = result.estimated.table.rows[row].index, result.inference
    if index is None or inference is None:
        raise ModelError("This correlation is not a free parameter of the model.")
    return float(inference.vcov[index, index] / (inference.bread[index, index] / result.estimated.n_scale))
