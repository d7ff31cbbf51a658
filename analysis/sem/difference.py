"""Comparing nested models by the difference of their χ².

A difference of scaled statistics is not χ² distributed; three corrections are known. *satorra_bentler_2001* scales the
difference by the two models' own scaling factors, which may come out negative; *satorra_bentler_2010* uses the factor
of the larger model at the smaller one's solution instead, and cannot with MLM's expected information; *satorra_2000*
scales by the traces of the difference test itself, and never can. What is compared must be nested (``nesting``); Wald
tests, which need only one model, are in ``wald``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from analysis.distributions import chi2
from analysis.sem.errors import ModelError
from analysis.sem.estimate import Estimated
from analysis.sem.inference import moment_meat
from analysis.sem.loss import MissingLoss
from analysis.sem.nesting import at_restricted, moment_order
from analysis.sem.observed import Array
from analysis.sem.result import FitResult
from analysis.sem.scaled import mean_scaled, mean_variance_adjusted, scaled_shifted
from analysis.sem.scores import expected_information, observed_information, person_scores
from analysis.sem.traces import scaling_factor

Method = Literal["default", "standard", "satorra_2000", "satorra_bentler_2001", "satorra_bentler_2010"]
Restriction = Literal["delta", "exact"]
Form = Literal["scaled_shifted", "mean_scaled", "mean_var_adjusted"]
_RANK = 1e-8


@dataclass(frozen=True)
class Difference:
    """``statistic`` with ``df`` degrees of freedom: the plain difference divided by ``scaling`` (1 for the plain test)
    plus ``shift``. ``pvalue`` is NaN where a correction does not exist; ``note`` says what a reader must know, empty
    when nothing."""

    method: str
    statistic: float
    df: float
    pvalue: float
    scaling: float = 1.0
    shift: float = 0.0
    note: str = ""


def difference_test(
    restricted: FitResult,
    free: FitResult,
    *,
    method: str = "default",
    restriction: Restriction = "delta",
    form: Form = "scaled_shifted",
    nested: bool = False,
) -> Difference:
    """The χ² difference of two nested models fitted to the same persons by the same estimator.

    ``default`` is the plain difference for maximum likelihood and other unscaled tests, ``satorra_bentler_2001`` for
    MLR and MLM, and ``satorra_2000`` for WLSMV and ULSMV, as in lavaan's ``lavTestLRT``. Of *satorra_2000*:
    ``restriction`` says where the larger model's derivatives are taken that tell which of its directions the smaller
    model gives up, at its own solution (``delta``, lavaan's default) or at the smaller one's, where the answer is exact
    (``exact``); ``form`` is lavaan's default, scaled and shifted (Asparouhov & Muthén 2010), or mean-scaled, or with
    degrees of freedom of its own (mean and variance adjusted). With few persons it hangs on how the larger model is
    written (marker or unit variance), and so does *satorra_bentler_2010* with MLR's observed information. ``nested``
    says that the models are nested by the way they were made, so that it need not be shown again.

    Raises ``ModelError`` when the models cannot be compared: not nested, other persons, variables or estimators, no
    more degrees of freedom, no solution; and for a method that the estimator has no use for.
    """
    chosen = _chosen(restricted, method)
    _refuse(restricted, free, chosen)
    small, large = restricted.estimated, free.estimated
    needs_moved = chosen == "satorra_bentler_2010" or (chosen == "satorra_2000" and restriction == "exact")
    moved = at_restricted(small, large) if needs_moved or not nested else large
    plain, df = float(restricted.fit["chisq"] - free.fit["chisq"]), small.df - large.df
    note = _notes(restricted, free, plain)
    if chosen == "standard":
        return Difference(chosen, plain, df, float(chi2.sf(plain, df)), note=note)
    if chosen == "satorra_2000":
        traces = _satorra_2000(small, moved if restriction == "exact" else large, large)
        return _scaled_by_traces(plain, df, *traces, form=form, note=note)
    other = large if chosen == "satorra_bentler_2001" else moved
    scaling = (small.df * _known_scaling(restricted) - large.df * _scaling_at(other, free)) / df
    if scaling <= 0:
        note = (
            f"The {chosen[-4:]} correction came out negative ({scaling:.4g}), as it may with few persons or bad fit."
            " This statistic has no p-value: use satorra_2000, whose correction cannot be negative."
        )
    pvalue = float(chi2.sf(plain / scaling, df)) if scaling > 0 else float("nan")
    return Difference(chosen, plain / scaling, df, pvalue, scaling, note=note)


def _chosen(result: FitResult, method: str) -> str:
    if method not in get_args(Method):
        raise ModelError(f"The difference test {method!r} is not known: choose from {', '.join(get_args(Method))}.")
    if method != "default":
        return method
    test = result.estimated.options.recipe.test
    return {"standard": "standard", "scaled_shifted": "satorra_2000"}.get(test, "satorra_bentler_2001")


def _refuse(restricted: FitResult, free: FitResult, method: str) -> None:
    """Raise ``ModelError`` for models whose χ² have nothing to do with each other."""
    a, b = restricted.estimated, free.estimated
    if "SAM" in (restricted.estimator, free.estimator):
        raise ModelError("Models estimated by sam have no χ² of the whole model to compare: fit both by ml.")
    if not (restricted.converged and free.converged):
        raise ModelError("A model without a solution cannot be compared.")
    if set(a.table.observed) != set(b.table.observed) or a.table.means != b.table.means:
        raise ModelError(
            "The two models do not speak of the same variables"
            + (": their χ² cannot be compared." if a.table.means == b.table.means else " and means: give both means.")
        )
    if set(a.table.ordered) != set(b.table.ordered):
        raise ModelError("The two models do not treat the same variables as ordered: their χ² cannot be compared.")
    if not _same_persons(a, b):
        raise ModelError("The two models were not fitted to the same persons and groups: their χ² cannot be compared.")
    if (restricted.estimator, restricted.missing) != (free.estimator, free.missing):
        raise ModelError("The two models were not fitted by the same estimator: their χ² cannot be compared.")
    if a.df < b.df:
        raise ModelError(
            "The first model must be the more restricted one: it has fewer degrees of freedom. Swap the two."
        )
    if a.df == b.df:
        raise ModelError("The two models have the same degrees of freedom: there is no difference to test.")
    test = a.options.recipe.test
    if method != "standard" and test == "standard":
        raise ModelError(f"{method} needs an estimator with a scaled test (mlr, mlm, wlsmv, ulsmv).")
    if method.startswith("satorra_bentler") and test == "scaled_shifted":
        raise ModelError(f"{method} is for mlr and mlm: for {restricted.estimator.lower()} use satorra_2000.")


def _same_persons(a: Estimated, b: Estimated) -> bool:
    """Whether two samples have the same groups with the same moments; groups and variables in any order."""
    if set(a.table.groups) != set(b.table.groups):
        return False
    others = dict(zip(b.table.groups, b.sample.groups, strict=True))
    at = [b.table.observed.index(name) for name in a.table.observed]
    for name, mine in zip(a.table.groups, a.sample.groups, strict=True):
        other = others[name]
        spread = np.sqrt(np.diag(mine.cov))
        cov_gap = np.abs(mine.cov - other.cov[np.ix_(at, at)]) / np.outer(spread, spread)
        mean_gap = np.abs(mine.mean - other.mean[at]) / spread
        if mine.n != other.n or max(cov_gap.max(), mean_gap.max()) > 1e-8:
            return False
    return True


def _notes(restricted: FitResult, free: FitResult, plain: float) -> str:
    """What stands in the way of reading a difference as χ²."""
    if plain < -1e-6:
        return "The more restricted model fits better: the other one has not found its best solution. Try other starts."
    if restricted.estimated.options.recipe.discrepancy in ("ULS", "DWLS") and "chisq_scaled" not in restricted.fit:
        return f"The χ² of {restricted.estimator.lower()} is not χ² distributed: use ulsmv or wlsmv for a test."
    if any(e.n_active or e.at_bound.any() for e in (restricted.estimated, free.estimated)):
        # Stoel, Garre, Dolan & van den Wittenboer (2006): a mixture of χ² with fewer degrees of freedom
        return "A bound or an inequality holds one of the models: the p-value of this difference is too large."
    return ""


def _scaling_at(other: Estimated, free: FitResult) -> float:
    """The larger model's factor at its own solution, or where ``other`` is."""
    return _known_scaling(free) if other is free.estimated else _scaling(other)


def _known_scaling(result: FitResult) -> float:
    """A fitted model's factor, from its measures where these have it."""
    known = result.fit.get("chisq_scaling_factor") if result.estimated.df > 0 else 1.0
    return _scaling(result.estimated) if known is None else known


def _scaling(estimated: Estimated) -> float:
    """The factor a model's statistic is divided by; 1 for a saturated model."""
    return scaling_factor(estimated) if estimated.df > 0 else 1.0


def _scaled_by_traces(plain: float, df: int, first: float, second: float, *, form: Form, note: str) -> Difference:
    """The statistic with the mean, or the mean and variance, of χ², from the traces of UΓ and of its square."""
    match form:
        case "mean_scaled":
            test = mean_scaled(plain, df, first)
        case "mean_var_adjusted":
            test = mean_variance_adjusted(plain, first, second)
        case "scaled_shifted":
            test = scaled_shifted(plain, df, first, second)
        case _:
            raise ModelError(f"The form {form!r} is not known: choose from {', '.join(get_args(Form))}.")
    return Difference("satorra_2000", test.statistic, test.df, test.pvalue, test.factor, test.shift, note)


def _satorra_2000(small: Estimated, where: Estimated, large: Estimated) -> tuple[float, float]:
    """tr(UΓ) and tr((UΓ)²) of the difference test (Satorra 2000).

    With A the restrictions, P the information of the larger model and B what Γ makes of it, UΓ has the eigenvalues of
    ``P⁻¹A'(A P⁻¹A')⁻¹A P⁻¹ B``. ``where`` is the larger model at the θ whose derivatives tell A.
    """
    k = large.basis
    restriction = _restriction(small, where)
    information, meat = k.T @ _information(large) @ k, k.T @ _meat(large) @ k
    towards = np.linalg.solve(information, restriction.T)
    middle = towards @ np.linalg.solve(restriction @ towards, towards.T)
    product = middle @ meat
    return float(np.trace(product)), float((product * product.T).sum())


def _restriction(small: Estimated, large: Estimated) -> Array:
    """A (df, d): what the smaller model's tangent space, written in the larger one's parameters, does not reach."""
    wide = np.concatenate(large.jacobians) @ large.basis
    narrow = (np.concatenate(small.jacobians) @ small.basis)[moment_order(small, large)]
    reached = np.linalg.lstsq(wide, narrow, rcond=None)[0]
    left, values, _ = np.linalg.svd(reached, full_matrices=True)
    rank = int((values > _RANK * values.max(initial=1.0)).sum())
    return np.ascontiguousarray(left[:, rank:].T)


def _information(estimated: Estimated) -> Array:
    """The information the estimator's errors rest on, per person (observed for MLR, as in lavaan)."""
    asked = estimated.options.information or estimated.options.recipe.information
    return observed_information(estimated) if asked == "observed" else expected_information(estimated)


def _meat(estimated: Estimated) -> Array:
    """What Γ makes of the weighted moments; with missing answers the persons' scores say it."""
    if not isinstance(estimated.loss, MissingLoss):
        return moment_meat(estimated)
    scores = np.concatenate(person_scores(estimated))
    meat: Array = scores.T @ scores / estimated.n
    return meat
