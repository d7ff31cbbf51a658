"""Score tests of what a model holds equal over groups, right whatever the answers' distribution.

A larger model gives every row in question a parameter of its own. With u its score at the smaller model's solution,
made orthogonal (in the metric of the information A) to the directions K the smaller model leaves free, and V what the
meat B of the sandwich makes of those same directions,

    ``E~ = E - K (K'AK)⁻¹ K'A E``,   ``u = E~' s``,   ``V = E~' B E~``,   ``GS = u' V⁻¹ u / N``

is χ² distributed with as many degrees of freedom as the directions E give the model more (the generalised score test:
Engle 1984; Boos 1992; Satorra 1989 for moment structures). Where the estimator takes its assumptions for granted V is
``E~' A E~`` and the test is that of ``modification``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.distributions import chi2
from analysis.sem.errors import ModelError
from analysis.sem.estimate import Estimated, loss_of
from analysis.sem.implied import ImpliedMoments
from analysis.sem.inference import moment_meat
from analysis.sem.modification import ScoreTest
from analysis.sem.observed import Array
from analysis.sem.scores import expected_information, observed_information, score_meat

_IDENTIFIED = 1e-8


class Loosened:
    """A solution seen from the larger model in which the ``rows`` (positions in its table) have parameters of their
    own.

    Rows that share a parameter with others are let go from it; fixed rows are freed where they stand. Raises
    ``ModelError`` for a model without a solution.
    """

    def __init__(self, estimated: Estimated, rows: Sequence[int]) -> None:
        if not estimated.converged:
            raise ModelError("A model without a solution cannot be tested.")
        larger, basis, self.place = _larger(estimated, rows)
        self.n = estimated.n
        self.score: Array = -self.n / 2 * larger.loss.gradient(larger.theta)
        expected = expected_information(larger)
        self._information = observed_information(larger) if _is_observed(estimated) else expected
        self._expected = expected
        self._meat = _meat(larger)
        self._basis = basis

    def release(self, rows: Sequence[int]) -> ScoreTest:
        """The test of leaving ``rows`` free at once; ``change`` is the expected distance of each from where it is held.

        ``df`` counts what the model really gains; a ``pvalue`` of NaN says that it gains nothing.
        """
        towards = np.zeros((len(self.score), len(rows)))
        towards[[self.place[row] for row in rows], np.arange(len(rows))] = 1.0
        # each in units of its own error, whatever the items' ranges
        own = np.sqrt(np.maximum(np.diag(towards.T @ self._expected @ towards), np.finfo(float).tiny))
        towards = towards / own
        kept = _identified(self._orthogonal(towards, self._expected), self._expected)
        free = self._orthogonal(towards, self._information) @ kept
        u = free.T @ self.score
        curvature = free.T @ self._information @ free
        spread = curvature if self._meat is None else free.T @ self._meat @ free
        if not len(u):
            return ScoreTest(0.0, 0, float("nan"), np.zeros(len(rows)))
        statistic = float(u @ np.linalg.solve(spread, u)) / self.n
        change: Array = kept @ np.linalg.solve(curvature, u) / self.n / own
        return ScoreTest(statistic, len(u), float(chi2.sf(statistic, len(u))), change)

    def _orthogonal(self, towards: Array, information: Array) -> Array:
        """Directions less what of them the smaller model can already do."""
        within = self._basis.T @ information
        return towards - self._basis @ np.linalg.solve(within @ self._basis, within @ towards)


def _is_observed(estimated: Estimated) -> bool:
    """Whether the estimator's robust errors rest on the observed information."""
    asked = estimated.options.information or estimated.options.recipe.information
    return asked == "observed" or estimated.sample.missing == "fiml"


def _meat(larger: Estimated) -> Array | None:
    """What the sandwich of the estimator has in the middle, per person; ``None`` where it has no sandwich."""
    match larger.options.recipe.test:
        case "standard":
            return None
        case "yuan_bentler":
            return score_meat(larger)
    return moment_meat(larger)


def _larger(estimated: Estimated, rows: Sequence[int]) -> tuple[Estimated, Array, dict[int, int]]:
    """The larger model at the same solution, the smaller one's free directions in it, and where in its θ each of
    ``rows`` is."""
    table, theta, basis = list(estimated.table.rows), list(estimated.theta), [*estimated.basis]
    place: dict[int, int] = {}
    for n in rows:
        row = table[n]
        place[n] = len(theta)
        table[n] = replace(row, index=len(theta), fixed=None)
        theta.append(float(row.fixed or 0.0) if row.index is None else estimated.theta[row.index])
        basis.append(np.zeros(estimated.basis.shape[1]) if row.index is None else estimated.basis[row.index])
    wider = replace(estimated.table, rows=tuple(table), constraints=(), n_free=len(theta))
    implied = ImpliedMoments(wider, estimated.sample)
    larger = replace(
        estimated, table=wider, implied=implied, loss=loss_of(implied, estimated.sample, estimated.options),
        theta=np.array(theta), basis=np.eye(len(theta)), at_bound=np.zeros(len(theta), dtype=bool), constraints=None,
    )  # fmt: skip
    return larger, np.array(basis), place


def _identified(free: Array, information: Array) -> Array:
    """Combinations (k, r) of the directions ``free`` (q, k) that change what the model says."""
    values, vectors = np.linalg.eigh(free.T @ information @ free)
    return np.asarray(vectors[:, values > _IDENTIFIED])
