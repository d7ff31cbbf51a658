"""Full-information maximum likelihood: the normal likelihood of every observed answer, for one model or a stack.

A person's log-likelihood is ``-½[n_o log 2π + log|Σ_oo| + (x-μ)_o' Σ_oo⁻¹ (x-μ)_o]`` over the answers o given (Anderson
1957; Arbuckle 1996, eq. 2). With K = Σ⁻¹, m the missing answers and Q = Σ_oo⁻¹ written into a p by p matrix of zeros,
``Q = K - K_:m (K_mm)⁻¹ K_m:`` and ``log|Σ_oo| = log|Σ| + log|K_mm|``: few answers are missing, so small blocks are
inverted instead of large ones. With y = Q (x-μ) the derivative of the log-likelihood to Σ is ``½(y y' - Q)`` and to μ
it is y. Nothing is conjugated: complex steps work.
"""

from __future__ import annotations

import numpy as np

from analysis.sem.expectation import evaluate, row_parts
from analysis.sem.patterns import AnyArray, Array, MissingData, Weighted, check_coverage
from analysis.sem.saturated import (
    SaturatedFit,
    saturated,
    saturated_information,
    saturated_scores,
)
from analysis.sem.triangle import lower

__all__ = [
    "MissingData", "SaturatedFit", "Weighted", "casewise_loglik", "casewise_scores", "check_coverage",
    "expected_information", "saturated", "saturated_information", "saturated_scores", "value_and_seeds",
]  # fmt: skip


def value_and_seeds(
    missing: MissingData,
    sigma: AnyArray,
    mu: AnyArray,
    weights: AnyArray | Weighted | None = None,
    *,
    value: bool = True,
) -> tuple[AnyArray, AnyArray, AnyArray]:
    """Minus twice the log-likelihood a person, without constants, and its derivatives to the moments.

    Args:
        missing: The answers of n persons.
        sigma: Covariance matrices (…, p, p). Complex ones need ``value=False``.
        mu: Means (…, p), in the units of the answers. Leading dimensions may differ if they broadcast.
        weights: How often each person was drawn (…, n), or better ``missing.weighted(weights)``, kept through a fit.
        value: Compute the objective; otherwise it is zero.

    Returns:
        The objective (…,), infinite with derivatives zero where Σ is not positive definite or a moment not finite; its
        derivative to Σ (…, p, p), symmetric and such that dF = tr(dsigma dΣ); its derivative to μ (…, p).

    Raises:
        numpy.linalg.LinAlgError: With ``value=False``, where Σ is singular.
    """
    data = missing.under(weights)
    lead = np.broadcast_shapes(sigma.shape[:-2], mu.shape[:-1], data.shape)
    p = missing.p
    dtype = np.result_type(sigma, mu, np.float64)
    covs = np.broadcast_to(sigma, (*lead, p, p)).reshape(-1, p, p).astype(dtype, copy=False)
    shift = (np.broadcast_to(mu, (*lead, p)).reshape(-1, p) - missing.centre).astype(dtype, copy=False)
    found = evaluate(data, covs, shift, value=value)
    dsigma, dmu = found.seeds()
    return found.objective.reshape(lead), dsigma.reshape(*lead, p, p), dmu.reshape(*lead, p)


def casewise_loglik(missing: MissingData, sigma: AnyArray, mu: AnyArray) -> Array:
    """Each person's log-likelihood at Σ (p, p) and μ (p,), with constants, (n,)."""
    parts = row_parts(missing.persons, len(missing.patterns), sigma, mu - missing.centre)
    logdet = np.linalg.slogdet(sigma)[1] + parts.logdet[missing.pattern_of]
    distance = (parts.y * parts.expected).sum(axis=1)
    result: Array = -0.5 * (missing.answered.sum(axis=1) * np.log(2 * np.pi) + logdet + distance)
    return result


def casewise_scores(
    missing: MissingData, sigma: AnyArray, mu: AnyArray, left: AnyArray, right: AnyArray, mean: AnyArray
) -> AnyArray:
    """Derivative of each person's log-likelihood to parameters with ``∂Σ = l r' + r l'`` and ``∂μ = m``, (n, c).

    The columns of ``left``, ``right`` and ``mean`` (p, c) are the l, r and m: ``(y'l)(y'r) - l'Qr + y'm``.
    """
    parts = row_parts(missing.persons, len(missing.patterns), sigma, mu - missing.centre)
    k_left, k_right = parts.inverse @ left, parts.inverse @ right
    trace = np.repeat((k_left * right).sum(axis=0)[None], len(missing.patterns), axis=0)
    for b, g in zip(missing.persons.blocks, parts.small, strict=True):
        trace[b.patterns] -= ((g @ k_left[b.missing]) * k_right[b.missing]).sum(axis=1)
    scores: AnyArray = (parts.y @ left) * (parts.y @ right) - trace[missing.pattern_of] + parts.y @ mean
    return scores


def expected_information(missing: MissingData, sigma: Array, left: Array, right: Array, mean: Array) -> Array:
    """Expected information of one person when answers are missing completely at random, (c, c).

    ``½ tr(Q Σ_a Q Σ_b) + μ_a' Q μ_b``, averaged over the persons' patterns, for parameters given as in
    ``casewise_scores``. With Q = K - H and H of low rank the trace has a part without H, one linear in H, of which the
    sum over patterns is all that is needed, and one of the small blocks alone.
    """
    inverse = np.linalg.inv(sigma)
    k_left, k_right = inverse @ left, inverse @ right
    ll, rr, lr = left.T @ k_left, right.T @ k_right, left.T @ k_right
    counts = missing.pattern_counts / missing.n
    taken = np.zeros(missing.p**2)
    rows = [np.zeros((0, left.shape[1]))]
    for b in missing.persons.blocks:
        g = np.linalg.inv(inverse[b.missing[:, :, None], b.missing[:, None, :]])
        share = counts[b.patterns][:, None, None]
        cells = b.missing[:, :, None] * missing.p + b.missing[:, None, :]
        taken += np.bincount(cells.ravel(), weights=(g * share).ravel(), minlength=missing.p**2)
        root = np.swapaxes(np.linalg.cholesky(g), 1, 2)
        a, c = root @ k_left[b.missing], root @ k_right[b.missing]
        i, j = lower(b.missing.shape[1])
        half = np.where(i == j, np.sqrt(0.5), 1.0)[:, None]
        rows.append((np.sqrt(share) * half * (a[:, i] * c[:, j] + c[:, i] * a[:, j])).reshape(-1, left.shape[1]))
    lost = taken.reshape(missing.p, missing.p)
    h_left, h_right = lost @ k_left, lost @ k_right
    hll, hrr, hlr = k_left.T @ h_left, k_right.T @ h_right, k_left.T @ h_right
    small = np.concatenate(rows)
    k_mean = inverse @ mean
    result: Array = ll * rr + lr * lr.T + small.T @ small - (rr * hll + ll * hrr + lr.T * hlr + lr * hlr.T)
    return result + mean.T @ k_mean - k_mean.T @ lost @ k_mean
