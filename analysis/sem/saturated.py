"""Moments without a model from incomplete answers, and what their likelihood is made of.

EM (Orchard & Woodbury 1972; Dempster, Laird & Rubin 1977, §4.1.3) with Anderson's (1965) acceleration: the next moments
are the combination of the last EM steps that would leave least to move if EM were linear (Walker & Ni 2011, eq. 2.1). A
combination that makes the likelihood worse is replaced by the EM step it was made of, so that no step makes it worse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.sem.expectation import Evaluation, evaluate, row_parts
from analysis.sem.patterns import AnyArray, Array, IndexArray, MissingData, Weighted

_STEPS = 2000
_MEMORY = 5
_IDLE = 0.25  # share of a stack that is dragged along when found: taking parts of a stack has its price


@dataclass(frozen=True)
class SaturatedFit:
    """Moments without a model: ``mean`` (…, p) and ``cov`` (…, p, p) in the units of the answers, ``loglik`` (…,) with
    constants, summed over persons, and ``converged`` (…,) whether the maximum was found."""

    mean: Array
    cov: Array
    loglik: AnyArray
    converged: AnyArray


def saturated(
    missing: MissingData,
    weights: AnyArray | Weighted | None = None,
    start: tuple[Array, Array] | None = None,
    *,
    tolerance: float = 1e-9,
) -> SaturatedFit:
    """Maximum-likelihood means and covariances.

    Args:
        missing: The answers of n persons.
        weights: How often each person was drawn (…, n), or ``missing.weighted(weights)``; everybody once by default.
        start: A mean (p,) and covariance (p, p) to start from, positive definite; by default those of each variable
            alone.
        tolerance: The maximum is found when an EM step moves the moments by less than this, in the metric of Σ: the
            square root of ``tr((Σ⁻¹dΣ)²) + dμ'Σ⁻¹dμ``, about the length of the gradient of standardised variables.

    Returns:
        The moments, one set for each set of weights. Where a variable does not vary, or too few persons were drawn for
        a positive definite covariance, ``converged`` is False.
    """
    data = missing.under(weights)
    p, size, shape = missing.p, len(data.total), data.shape
    at = np.arange(p)
    answered = np.maximum(data.together[at, at], 1.0).T
    mean = data.sums.T / answered
    variance = data.squares[at, at].T / answered - mean**2
    cov = np.zeros((size, p, p))
    cov[:, at, at] = variance
    if start is not None:
        mean = np.broadcast_to(start[0] - missing.centre, (size, p))
        cov = np.broadcast_to(start[1], (size, p, p))
    search = _Search(data, np.sqrt(np.where(variance > 0, variance, 1.0)), mean, cov)
    search.run(tolerance)
    loglik = -0.5 * (data.total * search.objective + np.log(2 * np.pi) * (p * data.total - data.n_missing))
    return SaturatedFit(
        (search.mean + missing.centre).reshape(*shape, p), search.cov.reshape(*shape, p, p), loglik.reshape(shape),
        search.converged.reshape(shape),
    )  # fmt: skip


class _Search:
    """Accelerated EM for a stack of B weights: the best moments so far, ``mean`` (B, p) from the centre and ``cov``."""

    def __init__(self, data: Weighted, scale: Array, mean: Array, cov: Array) -> None:
        self.data, self.scale = data, scale
        self.mean, self.cov = np.array(mean), np.array(cov)
        self.objective = np.full(len(mean), np.inf)
        self.converged = np.zeros(len(mean), dtype=bool)
        self.tril = np.tril_indices(mean.shape[1])

    def run(self, tolerance: float) -> None:
        """Go on until every set of moments is found, lost, or too many steps were made."""
        active, data = np.arange(len(self.mean)), self.data
        x = self._pack(active, self.mean, self.cov)
        plain, certain = x, np.ones(len(x), dtype=bool)  # certain: an EM step, or the start, taken whatever it gives
        memory, over = _Memory(x), np.zeros(len(x), dtype=bool)
        for _ in range(_STEPS):
            mean, cov = self._unpack(active, x)
            found = evaluate(data, cov, mean)
            finite = np.isfinite(found.objective)
            last = self.objective[active]
            taken = finite & (certain | (found.objective <= last + 1e-10 * np.abs(last)))
            lost = certain & ~finite
            at = active[taken]
            self.mean[at], self.cov[at], self.objective[at] = mean[taken], cov[taken], found.objective[taken]
            done = taken & self._arrived(found, active, tolerance)
            self.converged[active[done]] = True
            new_cov = found.squares - found.sums[:, :, None] * found.sums[:, None, :]
            plain = np.where(taken[:, None], self._pack(active, mean + found.sums, new_cov), plain)
            x, certain = memory.combined(x, plain, taken), ~taken
            over = over | done | lost
            if over.all():
                return
            if over.mean() > _IDLE:
                going = ~over
                active, over = active[going], over[going]
                x, plain, certain = x[going], plain[going], certain[going]
                memory.keep(going)
                data = data.take(going)

    def _arrived(self, found: Evaluation, active: IndexArray, tolerance: float) -> AnyArray:
        """Whether the EM step is as short as asked for, or as rounding allows."""
        step = found.squares @ found.inverse  # dΣ Σ⁻¹ but for the identity
        at = np.arange(step.shape[-1])
        inflation = (found.inverse[:, at, at] * self.scale[active] ** 2).max(axis=1)
        step[:, at, at] -= 1.0
        squared = (step * np.swapaxes(step, 1, 2)).sum(axis=(1, 2))
        squared = squared + np.einsum("bi,bij,bj->b", found.sums, found.inverse, found.sums)
        arrived: AnyArray = np.sqrt(np.abs(squared)) <= tolerance + 1e-14 * inflation
        return arrived

    def _pack(self, active: IndexArray, mean: Array, cov: Array) -> Array:
        """Means and covariances in units of the scale, (B, p + p*)."""
        scale, (i, j) = self.scale[active], self.tril
        return np.concatenate([mean / scale, cov[:, i, j] / (scale[:, i] * scale[:, j])], axis=1)

    def _unpack(self, active: IndexArray, x: Array) -> tuple[Array, Array]:
        scale, (i, j) = self.scale[active], self.tril
        p = scale.shape[1]
        cov = np.empty((len(x), p, p))
        cov[:, i, j] = cov[:, j, i] = x[:, p:] * (scale[:, i] * scale[:, j])
        return x[:, :p] * scale, cov


class _Memory:
    """The last differences of moments and of what EM moved them, for a stack (B, d)."""

    def __init__(self, x: Array) -> None:
        self.moved = np.zeros((len(x), _MEMORY, x.shape[1]))
        self.changed = np.zeros_like(self.moved)
        self.x, self.gap = x, np.zeros_like(x)
        self.usable = np.zeros(len(x), dtype=bool)
        self.slot = 0

    def combined(self, x: Array, plain: Array, taken: AnyArray) -> Array:
        """Where to go from ``x``, whose EM step is ``plain``: there, forgetting all, where ``x`` was not taken."""
        gap = plain - x
        both = (self.usable & taken)[:, None]
        self.moved[:, self.slot] = np.where(both, x - self.x, 0.0)
        self.changed[:, self.slot] = np.where(both, gap - self.gap, 0.0)
        self.moved[~taken], self.changed[~taken] = 0.0, 0.0
        self.x, self.gap, self.usable = x, gap, taken
        self.slot = (self.slot + 1) % _MEMORY
        gram = self.changed @ np.swapaxes(self.changed, 1, 2)
        ridge = 1e-13 * np.einsum("bii->b", gram) + 1e-300
        gram = gram + ridge[:, None, None] * np.eye(_MEMORY)
        weights = np.linalg.solve(gram, self.changed @ gap[..., None])
        step = (np.swapaxes(weights, 1, 2) @ (self.moved + self.changed))[:, 0]
        return np.where(taken[:, None], plain - step, plain)

    def keep(self, which: AnyArray) -> None:
        """Forget the others."""
        self.moved, self.changed = self.moved[which], self.changed[which]
        self.x, self.gap, self.usable = self.x[which], self.gap[which], self.usable[which]


def saturated_scores(missing: MissingData, mean: Array, cov: Array) -> Array:
    """Each person's derivative of the log-likelihood to the means and to the covariances in ``np.tril_indices`` order,
    (n, p + p*): y and, but for the diagonal's half, ``y y' - Q``."""
    parts = row_parts(missing.persons, len(missing.patterns), cov, mean - missing.centre)
    i, j = np.tril_indices(missing.p)
    half = np.where(i == j, 0.5, 1.0)
    q = parts.q(missing.persons)[:, i, j] * half
    second = parts.y[:, i] * (parts.y[:, j] * half) - q[missing.pattern_of]
    return np.concatenate([parts.y, second], axis=1)


def saturated_information(missing: MissingData, mean: Array, cov: Array) -> Array:
    """Observed information of one person on the moments, (p + p*, p + p*), in the order of ``saturated_scores``.

    ``-∂²ℓ`` is Q for the means, ``Q Σ_a y`` between, and ``y'Σ_a Q Σ_b y - ½ tr(Q Σ_a Q Σ_b)`` for the covariances
    (Savalei 2010, appendix); summed over patterns the last is one matrix product, ``Σ Q ⊗ (Σ y y' - ½ n Q)``.
    """
    p, data = missing.p, missing.once
    rows, n_patterns = data.rows, len(missing.patterns)
    parts = row_parts(rows, n_patterns, cov, mean - missing.centre)
    q, counts = parts.q(rows), missing.pattern_counts
    onto = rows.onto_patterns
    outer = onto @ (parts.y[:, :, None] * parts.y[:, None, :]).reshape(-1, p * p)
    y_sum = onto @ (parts.y * rows.table[:, -1:])
    flat = q.reshape(-1, p * p)
    kron = (flat.T @ (outer - 0.5 * counts[:, None] * flat)).reshape(p, p, p, p)
    i, j = np.tril_indices(p)
    a, b = (i[:, None], j[:, None]), (i[None, :], j[None, :])
    # y'Σ_a Q Σ_b y with Σ_a = e_i e_j' + e_j e_i' off the diagonal: four places of Q and of y y'
    second = kron[a[1], b[0], b[1], a[0]] + kron[a[1], b[1], b[0], a[0]]
    second = second + kron[a[0], b[0], b[1], a[1]] + kron[a[0], b[1], b[0], a[1]]
    half = np.where(i == j, 0.5, 1.0)
    second = second * np.outer(half, half)
    mixed = (flat.T @ y_sum).reshape(p, p, p)
    crossed = (mixed[:, i, j] + mixed[:, j, i]) * half
    first = (counts @ flat).reshape(p, p)
    result = np.block([[first, crossed], [crossed.T, (second + second.T) / 2]])
    return np.asarray(result / missing.n)
