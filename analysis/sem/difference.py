"""Comparing nested models: χ² difference tests, and Wald tests of constraints on one model.

A difference of scaled statistics is not χ² distributed; three corrections are known. *satorra_bentler_2001* scales the
difference by the two models' own scaling factors and may come out negative; *satorra_bentler_2010* uses the factor of
the larger model at the smaller one's solution and cannot; *satorra_2000* scales by the traces of the difference test
itself. What is compared must be nested: the smaller model's moments reachable by the larger.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from scipy.stats import chi2
from scipy.stats import f as f_distribution

from analysis.sem.constraints import Constraints
from analysis.sem.errors import ModelError
from analysis.sem.estimate import Estimated
from analysis.sem.observed import Array
from analysis.sem.result import FitResult
from analysis.sem.standardise import Reported
from analysis.sem.syntax import parse

Method = Literal["default", "standard", "satorra_2000", "satorra_bentler_2001", "satorra_bentler_2010"]


@dataclass(frozen=True)
class Difference:
    """``statistic`` with ``df`` degrees of freedom; ``scaling`` is what the plain difference was divided by (1 for the
    plain test). ``note`` says what a reader must know, empty when nothing."""

    method: str
    statistic: float
    df: float
    pvalue: float
    scaling: float = 1.0
    note: str = ""


def difference_test(restricted: FitResult, free: FitResult, *, method: str = "default") -> Difference:
    """The χ² difference of two nested models fitted to the same persons by the same estimator.

    ``default`` is the plain difference for maximum likelihood and other unscaled tests, ``satorra_bentler_2001`` for
    MLR and MLM, and ``satorra_2000`` for WLSMV and ULSMV. Raises ``ModelError`` when the models cannot be compared:
    other persons or variables, other estimators, no more degrees of freedom, or no solution.
    """
    _refuse(restricted, free, method)
    chosen = _default(restricted) if method == "default" else method
    plain = restricted.fit["chisq"] - free.fit["chisq"]
    df = int(restricted.fit["df"] - free.fit["df"])
    if chosen == "standard":
        return _judged("standard", plain, df)
    c0, c1 = _scaling(restricted.estimated), _scaling(free.estimated)
    df0, df1 = restricted.fit["df"], free.fit["df"]
    if chosen == "satorra_bentler_2001":
        scaling = (df0 * c0 - df1 * c1) / df
        if scaling <= 0:
            return replace(
                difference_test(restricted, free, method="satorra_bentler_2010"),
                note="The 2001 correction came out negative, as it may with few persons; this is the 2010 one.",
            )
        return _judged(chosen, plain / scaling, df, scaling)
    moved = replace(free.estimated, theta=restricted_theta(restricted.estimated, free.estimated))
    if chosen == "satorra_bentler_2010":
        scaling = (df0 * c0 - df1 * _scaling(moved)) / df
        return _judged(chosen, plain / scaling, df, scaling)
    return _satorra_2000(restricted, free, plain, df)


def _default(result: FitResult) -> str:
    test = result.estimated.options.test
    return {"standard": "standard", "scaled_shifted": "satorra_2000"}.get(test, "satorra_bentler_2001")


def _judged(method: str, statistic: float, df: float, scaling: float = 1.0) -> Difference:
    return Difference(method, float(statistic), float(df), float(chi2.sf(statistic, df)), float(scaling))


def _refuse(restricted: FitResult, free: FitResult, method: str) -> None:
    a, b = restricted.estimated, free.estimated
    if method not in get_args(Method):
        raise ModelError(f"The difference test {method!r} is not known: choose from {', '.join(get_args(Method))}.")
    if not (restricted.converged and free.converged):
        raise ModelError("A model without a solution cannot be compared.")
    if set(a.table.observed) != set(b.table.observed) or restricted.n_by_group != free.n_by_group:
        raise ModelError("The two models do not speak of the same variables and persons: their χ² cannot be compared.")
    if (restricted.estimator, restricted.missing) != (free.estimator, free.missing):
        raise ModelError("The two models were not fitted by the same estimator: their χ² cannot be compared.")
    if restricted.fit["df"] <= free.fit["df"]:
        raise ModelError("The first model must be the more restricted one: it has no more degrees of freedom.")
    scaled = "chisq_scaling_factor" in restricted.fit
    if method not in ("default", "standard") and not scaled:
        raise ModelError(f"{method} needs an estimator with a scaled test (mlr, mlm, wlsmv, ulsmv).")


def _scaling(estimated: Estimated) -> float:
    """The factor a model's statistic is divided by; 1 for a saturated model."""
    from analysis.sem.measures import scaling_factor

    return scaling_factor(estimated) if estimated.df > 0 else 1.0


def restricted_theta(restricted: Estimated, free: Estimated) -> Array:
    """The restricted solution written as parameters of the larger model, (free.n_free,).

    Raises ``ModelError`` when a parameter of the larger model has no counterpart: not nested row by row.
    """
    return _by_rows(restricted, free, Reported(restricted.implied).rows(restricted.theta)[:, None])[:, 0]


def _by_rows(restricted: Estimated, free: Estimated, values: Array) -> Array:
    """Values of the restricted table's rows (rows, k) brought to the parameters of the larger model (n_free, k)."""
    at = {(r.group, *_name(r)): n for n, r in enumerate(restricted.table.rows)}
    found = np.full((free.table.n_free, values.shape[1]), np.nan)
    for row in free.table.rows:
        if row.index is None:
            continue
        key = (row.group, *_name(row))
        if key in at:
            found[row.index] = values[at[key]]
        elif row.op in ("=~", "~", "~~", "~1"):
            found[row.index] = 0.0  # what a model does not mention it holds at zero
    if np.isnan(found).any():
        raise ModelError("The models are not nested parameter by parameter: use the plain difference (standard).")
    return found


def _name(row: Any) -> tuple[str, str, str]:
    swap = row.op == "~~" and row.rhs < row.lhs
    return (row.op, row.rhs, row.lhs) if swap else (row.op, row.lhs, row.rhs)


def _satorra_2000(restricted: FitResult, free: FitResult, plain: float, df: int) -> Difference:
    """Satorra (2000, eq. 23): the restriction matrix A is what the larger model's parameters lose at the smaller one's
    solution; the scaled and shifted form (Asparouhov & Muthén 2010) for the mean-and-variance adjusted estimators."""
    from analysis.sem.measures import restriction_traces

    small, large = restricted.estimated, free.estimated
    rows = Reported(small.implied).jacobian(small.theta)[: len(small.table.rows)] @ small.basis
    reached = _by_rows(small, large, rows)
    reduced = np.linalg.lstsq(large.basis, reached, rcond=None)[0]
    left, values, _ = np.linalg.svd(reduced, full_matrices=True)
    rank = int((values > 1e-8 * values.max(initial=1.0)).sum())
    restriction = left[:, rank:].T
    first, second = restriction_traces(large, restriction)
    if large.options.test == "scaled_shifted":
        a = np.sqrt(df / second)
        statistic = plain * a + df - a * first
        return _judged("satorra_2000", statistic, df, 1 / a)
    scaling = first / df
    return _judged("satorra_2000", plain / scaling, df, scaling)


@dataclass(frozen=True)
class Wald:
    """``statistic`` is χ² distributed with ``df`` degrees of freedom; where errors have small-sample degrees of freedom
    ``f`` = statistic/df is compared with F(df, ``df_denominator``) and gives ``pvalue``."""

    statistic: float
    df: int
    pvalue: float
    f: float
    df_denominator: float


def wald_test(result: FitResult, constraints: str) -> Wald:
    """Test ``constraints`` (lavaan syntax, ``a == b``; labels and defined parameters) on a fitted model.

    ``W = h(θ)' [H V H']⁻¹ h(θ)`` (Wald 1943). Raises ``ModelError`` for a label the model does not have, anything but
    ``==``, constraints that say the same twice, or a model without a solution.
    """
    if result.inference is None:
        raise ModelError("A model without a solution cannot be tested.")
    statements = parse(constraints)
    wrong = [s for s in statements if s.op != "=="]
    if wrong:
        raise ModelError(f"line {wrong[0].line}: a Wald test takes only == constraints.")
    table = replace(result.estimated.table, constraints=Constraints.read(statements))
    compiled = Constraints(table)
    theta = result.estimated.theta
    gap, jacobian = compiled.equality(theta), compiled.equality_jacobian(theta)
    covariance = jacobian @ result.vcov @ jacobian.T
    if np.linalg.matrix_rank(covariance, hermitian=True) < len(gap):
        raise ModelError("These constraints say the same twice, or what the model already holds: leave one out.")
    statistic = float(gap @ np.linalg.solve(covariance, gap))
    df = len(gap)
    denominators = result.inference.degrees_of_freedom(jacobian)
    denominator = float(np.nanmin(denominators)) if np.isfinite(denominators).any() else float("nan")
    f = statistic / df
    pvalue = chi2.sf(statistic, df) if np.isnan(denominator) else f_distribution.sf(f, df, denominator)
    return Wald(statistic, df, float(pvalue), f, denominator)
