"""Exploratory factors of items: minimum residuals or maximum likelihood, rotated.

The search is factor_analyzer's. It stops some 1e-5 from the minimum, so it is taken on to the minimum from there.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
from factor_analyzer import FactorAnalyzer
from scipy.optimize import minimize

from analysis.measurement.parallel import SMALLEST
from analysis.measurement.rotation import Rotation, rotated

Array = npt.NDArray[np.floating[Any]]
Method = Literal["minres", "ml"]

Problem = Literal[
    "too_few",  # fewer persons than asked for: no figures
    "no_factor",  # no factor was asked for: no figures
    "too_many_factors",  # more than so few items can tell apart: no figures
    "constant_item",  # an item that everybody answered alike is left out
    "singular",  # an item's answers follow from the others': no figures
    "not_converged",  # no minimum was found: no figures
    "rotation_not_converged",  # the rotation found no minimum: no figures
    "heywood",  # an item that its factors explain entirely: the figures are those at the bound of its uniqueness
]
PROBLEMS: tuple[str, ...] = get_args(Problem)

BOUND = 0.005
"""No uniqueness is below this, as in psych and factor_analyzer."""
_FLAT = 1e-6


@dataclass(frozen=True)
class Exploratory:
    """A solution with m factors of k items (``items``) in the answers of ``n_obs`` persons.

    ``loadings`` (k, m) are pattern coefficients, ``uniquenesses`` (k,) what the factors leave of each item's variance,
    ``correlations`` (m, m) those of the factors, ``heywood`` (k,) marks items at ``BOUND``. ``explained``: share of all
    variance; ``rmsr``: root mean square of the residual correlations outside the diagonal. ``chisq`` with ``df``,
    ``rmsea`` and ``tli`` rest on the likelihood, so they are tests of the model for ``ml`` alone. Where ``problems``
    leave no figures (``known`` is false), arrays are empty and numbers NaN.
    """

    items: tuple[str, ...]
    n_obs: int
    n_factors: int
    method: Method
    rotation: Rotation
    problems: tuple[str, ...]
    df: int
    loadings: Array
    uniquenesses: Array
    correlations: Array
    heywood: npt.NDArray[np.bool_]
    explained: float = np.nan
    rmsr: float = np.nan
    chisq: float = np.nan
    rmsea: float = np.nan
    tli: float = np.nan

    @property
    def known(self) -> bool:
        """Whether there is a solution."""
        return len(self.loadings) > 0


def exploratory_factors(
    answers_by_person: pd.DataFrame, *, n_factors: int, minimum_n: int, method: Method, rotation: Rotation = "oblimin"
) -> Exploratory:
    """Factors of the items (columns), from the persons who answered all of them.

    What stands in the way is in ``problems`` (``Problem``), never an exception. Items that do not vary are left out.
    """
    complete = answers_by_person.dropna()
    values = complete.to_numpy(dtype=float)
    if len(values) < max(minimum_n, 2):
        items = tuple(map(str, complete.columns))
        return without_figures(items, len(values), n_factors, method, rotation, "too_few")
    varying = complete.loc[:, np.ptp(values, axis=0) > 0]
    constant = ("constant_item",) if varying.shape[1] < complete.shape[1] else ()
    correlations = np.corrcoef(varying.to_numpy(dtype=float), rowvar=False).reshape(varying.shape[1], varying.shape[1])
    return explore(
        correlations, items=tuple(map(str, varying.columns)), n_obs=len(values), n_factors=n_factors, method=method,
        rotation=rotation, noticed=constant,
    )  # fmt: skip


def explore(
    correlations: Array,
    *,
    items: tuple[str, ...],
    n_obs: int,
    n_factors: int,
    method: Method,
    rotation: Rotation = "oblimin",
    noticed: tuple[str, ...] = (),
) -> Exploratory:
    """Factors of a correlation matrix (k, k) that ``n_obs`` persons gave; ``noticed``: problems known before."""

    def refused(problem: Problem) -> Exploratory:
        return without_figures(items, n_obs, n_factors, method, rotation, *noticed, problem)

    k = len(items)
    if n_factors < 1:
        return refused("no_factor")
    if degrees_of_freedom(k, n_factors) < 0 or n_factors >= k:
        return refused("too_many_factors")
    if np.linalg.eigvalsh(correlations)[0] < SMALLEST:
        return refused("singular")
    loadings, uniquenesses, converged = extract(correlations, n_factors, method)
    if not converged:
        return refused("not_converged")
    turned = rotated(loadings, rotation)
    if not turned.converged:
        return refused("rotation_not_converged")
    heywood = uniquenesses <= BOUND * (1 + _FLAT)
    found = {*noticed, *(["heywood"] if heywood.any() else [])}
    communalities = (loadings**2).sum(axis=1)
    return Exploratory(
        items, n_obs, n_factors, method, rotation, tuple(code for code in PROBLEMS if code in found),
        degrees_of_freedom(k, n_factors), turned.loadings, 1 - communalities, turned.correlations, heywood,
        explained=float(communalities.mean()), **fit_of(correlations, loadings, n_obs),
    )  # fmt: skip


def degrees_of_freedom(n_items: int, n_factors: int) -> int:
    """Correlations less free parameters: ``((k - m)^2 - (k + m))/2`` (Lawley & Maxwell 1971)."""
    return ((n_items - n_factors) ** 2 - (n_items + n_factors)) // 2


def extract(correlations: Array, n_factors: int, method: Method) -> tuple[Array, Array, bool]:
    """Unrotated loadings (k, m), the uniquenesses (k,) they belong to, and whether the minimum was reached."""
    first = _factor_analyzer(correlations, n_factors, method)
    start = np.clip(1 - (first**2).sum(axis=1), BOUND, 1.0)
    criterion = _minimum_residuals if method == "minres" else _likelihood
    at = minimize(
        criterion, start, args=(correlations, n_factors), jac=True, method="L-BFGS-B",
        bounds=[(BOUND, 1.0)] * len(start), options={"maxiter": 5000, "maxfun": 20000, "ftol": 0.0, "gtol": 1e-11},
    ).x  # fmt: skip
    slope = criterion(at, correlations, n_factors)[1]
    outwards = ((at <= BOUND) & (slope > 0)) | ((at >= 1.0) & (slope < 0))
    loadings = (
        _loadings_of(at, correlations, n_factors) if method == "minres" else _ml_loadings(at, correlations, n_factors)
    )
    return loadings, at, bool(np.abs(np.where(outwards, 0.0, slope)).max() < _FLAT)


def fit_of(correlations: Array, loadings: Array, n_obs: int) -> dict[str, float]:
    """``rmsr chisq rmsea tli`` of unrotated loadings (k, m).

    χ² with Bartlett's (1951) correction; the index of Tucker & Lewis (1973) in their own form, with the corrected n;
    the RMSEA (Steiger 1990) of the corrected χ² as psych has it, the root of ``chisq/(df n) - 1/(n - 1)``. Both are NaN
    with no degrees of freedom.
    """
    k, n_factors = loadings.shape
    implied = loadings @ loadings.T
    residual = correlations - implied
    np.fill_diagonal(residual, 0.0)
    np.fill_diagonal(implied, 1.0)
    df, df_null = degrees_of_freedom(k, n_factors), k * (k - 1) / 2
    sign, log_determinant = np.linalg.slogdet(implied)
    log_of_answers = float(np.linalg.slogdet(correlations)[1])
    discrepancy = float(log_determinant - log_of_answers + np.trace(np.linalg.solve(implied, correlations)) - k)
    discrepancy = discrepancy if sign > 0 else np.nan
    n_corrected = n_obs - 1 - (2 * k + 5) / 6 - 2 * n_factors / 3
    chisq, null = discrepancy * n_corrected, -log_of_answers / df_null
    return {
        "rmsr": float(np.sqrt((residual**2).sum() / (k * (k - 1)))),
        "chisq": chisq,
        "rmsea": float(np.sqrt(max(chisq / (df * n_obs) - 1 / (n_obs - 1), 0.0))) if df else np.nan,
        "tli": (null - discrepancy / df) / (null - 1 / n_corrected) if df else np.nan,
    }


def without_figures(
    items: tuple[str, ...], n_obs: int, n_factors: int, method: Method, rotation: Rotation, *problems: str
) -> Exploratory:
    """A solution that there is not."""
    none, k = np.zeros(0), len(items)
    return Exploratory(
        items, n_obs, n_factors, method, rotation, tuple(code for code in PROBLEMS if code in problems),
        degrees_of_freedom(k, n_factors), none.reshape(0, n_factors), none, none.reshape(0, 0), none.astype(bool),
    )  # fmt: skip


def _factor_analyzer(correlations: Array, n_factors: int, method: Method) -> Array:
    """factor_analyzer's unrotated loadings (k, m)."""
    analyzer = FactorAnalyzer(
        n_factors=n_factors, rotation=None, method=method, is_corr_matrix=True, bounds=(BOUND, 1.0)
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*force_all_finite.*", category=FutureWarning)
        # whether there is a minimum is judged after the search was taken on
        warnings.filterwarnings("ignore", message="Failed to converge", category=UserWarning)
        analyzer.fit(correlations)
    found: Array = analyzer.loadings_
    return found


def _minimum_residuals(uniquenesses: Array, correlations: Array, n_factors: int) -> tuple[float, Array]:
    """Sum of squared residuals of the correlations, and its slope (Harman & Jones 1966; Jöreskog 1977)."""
    loadings = _loadings_of(uniquenesses, correlations, n_factors)
    residual = correlations - np.diag(uniquenesses) - loadings @ loadings.T
    return float((residual**2).sum()), -2 * np.diag(residual)


def _loadings_of(uniquenesses: Array, correlations: Array, n_factors: int) -> Array:
    """The loadings (k, m) with the smallest residuals, given the uniquenesses."""
    values, vectors = np.linalg.eigh(correlations - np.diag(uniquenesses))
    found: Array = vectors[:, ::-1][:, :n_factors] * np.sqrt(np.maximum(values[::-1][:n_factors], 0.0))
    return found


def _likelihood(uniquenesses: Array, correlations: Array, n_factors: int) -> tuple[float, Array]:
    """The likelihood's discrepancy given the uniquenesses, and its slope (Lawley & Maxwell 1971, chapter 4)."""
    root = np.sqrt(uniquenesses)
    rest = np.linalg.eigvalsh(correlations / np.outer(root, root))[::-1][n_factors:]
    loadings = _ml_loadings(uniquenesses, correlations, n_factors)
    gap = (loadings**2).sum(axis=1) + uniquenesses - np.diag(correlations)
    return float((rest - np.log(rest) - 1).sum()), gap / uniquenesses**2


def _ml_loadings(uniquenesses: Array, correlations: Array, n_factors: int) -> Array:
    """The loadings (k, m) of the greatest likelihood, given the uniquenesses."""
    root = np.sqrt(uniquenesses)
    values, vectors = np.linalg.eigh(correlations / np.outer(root, root))
    found: Array = vectors[:, ::-1][:, :n_factors] * np.sqrt(np.maximum(values[::-1][:n_factors] - 1, 0.0))
    return root[:, None] * found
