"""tr(UΓ) and its relatives: what the true distribution of a model's χ² differs from the nominal one by.

T is asymptotically a sum of χ² variates weighted by the eigenvalues of UΓ (Satorra & Bentler 1994, eq. 16.7), with U
what the weight W leaves of the moments once the parameters have taken theirs, ``W - WΔ(Δ'WΔ)⁻¹Δ'W``, and Γ the
covariance of the moments. tr(UΓ) is the mean of T. Under clusters Γ, and what persons' scores make of it, is that of
the clusters' sums.
"""

from __future__ import annotations

import numpy as np

from analysis.sem.asymptotic import group_gamma
from analysis.sem.baseline import Saturated, saturated_moments
from analysis.sem.estimate import Estimated
from analysis.sem.implied import add_columns
from analysis.sem.inference import group_weight, with_free_covariates
from analysis.sem.observed import Array
from analysis.sem.scaled import ScaledTest, mean_scaled, scaled_shifted
from analysis.sem.scores import expected_information, observed_information, score_meat


def corrected_test(estimated: Estimated, chisq: float, h1: list[Saturated]) -> ScaledTest | None:
    """The test the estimator adds to ``chisq``; ``None`` for one that adds none, or without degrees of freedom."""
    kind, df = estimated.options.test, estimated.df
    if kind == "standard" or df <= 0:
        return None
    if kind == "scaled_shifted":
        return scaled_shifted(chisq, df, *traces(estimated))
    trace = satorra_bentler_trace(estimated) if kind == "satorra_bentler" else yuan_bentler_trace(estimated, h1)
    return mean_scaled(chisq, df, trace)


def scaling_factor(estimated: Estimated, h1: list[Saturated] | None = None) -> float:
    """What a model's χ² is divided by: c = tr(UΓ)/df, of Satorra & Bentler (1994) for MLM, of Yuan & Bentler (2000) in
    the form of Mplus for MLR (Asparouhov & Muthén 2005), 1/a of the scaled and shifted test; 1 for an estimator without
    a corrected test."""
    test = corrected_test(estimated, 0.0, saturated_moments(estimated) if h1 is None else h1)
    return 1.0 if test is None else test.factor


def satorra_bentler_trace(estimated: Estimated) -> float:
    """tr(UΓ) of maximum likelihood with expected information, without matrices of moments by moments.

    tr(WΓ) is ½[mean(d²) - tr((Σ⁻¹S)²)] with d the Mahalanobis distances from the sample means, and tr(Σ⁻¹S) more with
    means; the part the parameters take away is tr(A⁻¹ B) with B the covariance of Δ'W times a person's moments.
    """
    if estimated.table.covariates or any(group.cluster is not None for group in estimated.sample.groups):
        return traces(estimated)[0]
    q = estimated.table.n_free
    whole, meat = 0.0, np.zeros((q, q))
    for g, share in enumerate(estimated.sample.shares):
        group, model = estimated.sample.groups[g], estimated.implied.groups[g]
        m = model.matrices(estimated.theta)
        f = model.factors(estimated.theta, m)
        inverse = np.linalg.inv(m.sigma)
        centred = group.answers - group.mean
        y = centred @ inverse
        distances = (centred * y).sum(axis=1)
        relative = inverse @ group.cov
        whole += 0.5 * float(np.mean(distances**2) - (relative * relative.T).sum())
        by_cell = (y @ f.left) * (y @ f.right)
        by_cell -= by_cell.mean(axis=0)
        if model.means:
            whole += float(np.trace(relative))
            by_cell += y @ f.mean
        onto = np.zeros((group.n, q))
        add_columns(onto, f.index, by_cell)
        meat += float(share) * (onto.T @ onto) / group.n
    # whole is a sum over groups: each group's moments have N/n_g times the variance and n_g/N times the weight
    return whole - _taken(estimated, expected_information(estimated), meat)


def yuan_bentler_trace(estimated: Estimated, h1: list[Saturated]) -> float:
    """tr(B₁A₁⁻¹) - tr(B₀A₀⁻¹), saturated less model, with observed information (Asparouhov & Muthén 2005, eq. 7)."""
    estimated = with_free_covariates(estimated)
    taken = _taken(estimated, observed_information(estimated), score_meat(estimated))
    return sum(saturated.trace for saturated in h1) - taken


def _taken(estimated: Estimated, information: Array, meat: Array) -> float:
    """tr(A⁻¹B) on the directions the constraints leave free."""
    k = estimated.basis
    if k.shape[1] == 0:
        return 0.0
    return float(np.trace(np.linalg.solve(k.T @ information @ k, k.T @ meat @ k)))


def traces(estimated: Estimated) -> tuple[float, float]:
    """tr(UΓ) and tr((UΓ)²) of a weighted least squares or maximum likelihood solution, over all groups at once.

    Covariates are given: their own moments do not vary in Γ, so that they need no parameters in U.
    """
    table, shares = estimated.table, estimated.sample.shares
    weights = [group_weight(estimated, g) for g in range(len(shares))]
    gammas = [group_gamma(group, means=table.means, given=table.given) for group in estimated.sample.groups]
    # a group's weight is share·W and its Γ is Γ/share: brought to the same scale by √share
    deltas = [
        np.sqrt(share) * (jacobian @ estimated.basis)
        for share, jacobian in zip(shares, estimated.jacobians, strict=True)
    ]
    weights = [np.diag(weight) if weight.ndim == 1 else weight for weight in weights]
    weighted = [weight @ delta for weight, delta in zip(weights, deltas, strict=True)]
    middle = np.linalg.inv(np.sum([d.T @ w for d, w in zip(deltas, weighted, strict=True)], axis=0))
    first = second = 0.0
    for a, gamma in enumerate(gammas):
        product = (weights[a] - weighted[a] @ middle @ weighted[a].T) @ gamma
        first += float(np.trace(product))
        second += float((product * product.T).sum())
        for b in range(a):
            between = weighted[a] @ middle @ weighted[b].T
            second += 2 * float(((between @ gammas[b]) * (gamma @ between)).sum())
    return first, second
