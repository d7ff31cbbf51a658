"""Everything that says how well a model fits, under lavaan's names with ``_`` for ``.``; what does not apply is absent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from analysis.sem import indices
from analysis.sem.asymptotic import group_gamma, moment_deviations, normal_weighted
from analysis.sem.baseline import Saturated, baseline, saturated_moments
from analysis.sem.estimate import Estimated
from analysis.sem.fiml import MissingData, saturated_information, saturated_scores
from analysis.sem.implied import add_columns
from analysis.sem.inference import Inference, group_weight, with_free_covariates
from analysis.sem.loss import MissingLoss, NormalLoss
from analysis.sem.observed import Array, GroupSample
from analysis.sem.scaled import ScaledTest, mean_scaled, mean_variance_adjusted, scaled_shifted, swain
from analysis.sem.scores import expected_information, independent_sums, observed_information, score_meat


@dataclass(frozen=True)
class Tested:
    """A model's statistic and its corrected form (``None`` for estimators without one)."""

    chisq: float
    df: int
    scaled: ScaledTest | None


def measures(estimated: Estimated, inference: Inference) -> dict[str, float]:
    """Fit measures of a converged solution."""
    h1 = saturated_moments(estimated)
    model = tested(estimated, h1)
    null = baseline(estimated)
    base = tested(null, h1)
    n, groups = estimated.n_scale, len(estimated.table.groups)
    found: dict[str, float] = {"npar": estimated.npar, "chisq": model.chisq, "df": model.df}
    if model.df > 0:
        found["pvalue"] = float(chi2.sf(model.chisq, model.df))
        found |= _scaled_measures(model)
        found |= _small_sample(estimated, model)
    found |= _incremental(model, base)
    found |= _rmsea(model, n, groups)
    found["srmr"] = srmr(estimated, h1)
    if isinstance(estimated.loss, NormalLoss | MissingLoss):
        found |= _likelihood(estimated, model.chisq, h1)
    return {name: value for name, value in found.items() if np.isfinite(value)}


def tested(estimated: Estimated, h1: list[Saturated]) -> Tested:
    """χ² and its corrected form."""
    chisq = estimated.n * estimated.objective
    if isinstance(estimated.loss, MissingLoss):
        chisq -= estimated.n * float(sum(s * h.discrepancy for s, h in zip(estimated.sample.shares, h1, strict=True)))
    chisq = max(chisq, 0.0)
    kind = estimated.options.test
    if kind == "standard" or estimated.df <= 0:
        return Tested(chisq, estimated.df, None)
    if kind == "scaled_shifted":
        first, second = traces(estimated)
        return Tested(chisq, estimated.df, scaled_shifted(chisq, estimated.df, first, second))
    return Tested(chisq, estimated.df, mean_scaled(chisq, estimated.df, scaling_factor(estimated, h1) * estimated.df))


def scaling_factor(estimated: Estimated, h1: list[Saturated] | None = None) -> float:
    """What a model's χ² is divided by: c = tr(UΓ)/df, of Satorra & Bentler (1994) for MLM, of Yuan & Bentler (2000) in
    the form of Mplus for MLR (Asparouhov & Muthén 2005), 1/a of the scaled and shifted test."""
    kind = estimated.options.test
    if kind == "scaled_shifted":
        first, second = traces(estimated)
        return scaled_shifted(0.0, estimated.df, first, second).factor
    if kind == "satorra_bentler":
        return satorra_bentler_trace(estimated) / estimated.df
    return yuan_bentler_trace(estimated, saturated_moments(estimated) if h1 is None else h1) / estimated.df


def satorra_bentler_trace(estimated: Estimated) -> float:
    """tr(UΓ) of maximum likelihood with expected information, without matrices of moments by moments.

    tr(WΓ) is ½[mean(d²) - tr((Σ⁻¹S)²)] with d the Mahalanobis distances from the sample means, and tr((Σ⁻¹S)) more with
    means; the part the parameters take away is tr(A⁻¹ B) with B the covariance of Δ'W times a person's moments.
    """
    estimated = with_free_covariates(estimated)
    q = estimated.table.n_free
    whole, meat = 0.0, np.zeros((q, q))
    for g, share in enumerate(estimated.sample.shares):
        group, model = estimated.sample.groups[g], estimated.implied.groups[g]
        assert group.data is not None
        m = model.matrices(estimated.theta)
        f = model.factors(estimated.theta, m)
        inverse = np.linalg.inv(m.sigma)
        centred = group.data - group.mean
        y = centred @ inverse
        distances = (centred * y).sum(axis=1)
        relative = inverse @ group.cov
        whole += 0.5 * float(np.mean(distances**2) - np.trace(relative @ relative))
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
    return sum(_saturated_trace(estimated, g, h1[g]) for g in range(len(h1))) - taken


def _saturated_trace(estimated: Estimated, g: int, h1: Saturated) -> float:
    """tr(B₁A₁⁻¹) of one group's saturated model."""
    group = estimated.sample.groups[g]
    assert group.data is not None
    if np.isnan(group.data).any():
        missing = MissingData(group.data)
        scores = independent_sums(saturated_scores(missing, h1.mean, h1.cov), group)
        information = saturated_information(missing, h1.mean, h1.cov)
        return float(np.trace(np.linalg.solve(information, scores.T @ scores / group.n)))
    if group.cluster is not None:
        return _clustered_saturated_trace(group, means=estimated.table.means)
    centred = group.data - group.mean
    distances = (centred * np.linalg.solve(group.cov, centred.T).T).sum(axis=1)
    p = len(group.cov)
    return 0.5 * float(np.mean(distances**2) - p) + (p if estimated.table.means else 0)


def _clustered_saturated_trace(group: GroupSample, *, means: bool) -> float:
    """tr(B₁A₁⁻¹) of complete answers in clusters: with A₁ = W it is the mean square, in the metric of W, of the clusters'
    summed deviations from the sample's moments."""
    assert group.data is not None
    sums = independent_sums(moment_deviations(group.data, means=means), group)
    return float((sums.T * normal_weighted(group.cov, sums.T, means=means)).sum()) / group.n


def _taken(estimated: Estimated, information: Array, meat: Array) -> float:
    """tr(A⁻¹B) on the directions the constraints leave free."""
    k = estimated.basis
    if k.shape[1] == 0:
        return 0.0
    return float(np.trace(np.linalg.solve(k.T @ information @ k, k.T @ meat @ k)))


def traces(estimated: Estimated, restriction: Array | None = None) -> tuple[float, float]:
    """tr(UΓ) and tr((UΓ)²) of a weighted least squares or maximum likelihood solution.

    ``restriction`` (r, d) replaces U by that of the test of ``restriction @ φ = 0`` on the free directions φ: Satorra
    (2000, eq. 23), ``WΔA⁻¹R'(R A⁻¹ R')⁻¹R A⁻¹Δ'W``.
    """
    estimated = with_free_covariates(estimated) if restriction is None else estimated
    k = estimated.basis
    roots, weights, products = [], [], []
    means = estimated.table.means
    for g, share in enumerate(estimated.sample.shares):
        weight = group_weight(estimated, g)
        weight = np.diag(weight) if weight.ndim == 1 else weight
        delta = estimated.implied.groups[g].jacobian(estimated.theta) @ k
        gamma = group_gamma(estimated.sample.groups[g], means=means)
        # the group's weight is share·W and its Γ is Γ/share: brought to the same scale by √share
        roots.append(np.sqrt(share) * delta)
        weights.append(weight)
        products.append(gamma)
    information = sum(r.T @ w @ r for r, w in zip(roots, weights, strict=True))
    if restriction is None:
        middle = np.linalg.inv(information)
    else:
        inverse_r = np.linalg.solve(information, restriction.T)
        middle = inverse_r @ np.linalg.solve(restriction @ inverse_r, inverse_r.T)
    weighted = [w @ r for r, w in zip(roots, weights, strict=True)]
    first = second = 0.0
    own = []
    for w, x, gamma in zip(weights, weighted, products, strict=True):
        u = x @ middle @ x.T
        u = w - u if restriction is None else u
        product = u @ gamma
        own.append(product)
        first += float(np.trace(product))
        second += float((product * product.T).sum())
    for a in range(len(weighted)):
        for b in range(len(weighted)):
            if a != b:
                cross_ab = weighted[a] @ middle @ weighted[b].T @ products[b]
                cross_ba = weighted[b] @ middle @ weighted[a].T @ products[a]
                second += float((cross_ab * cross_ba.T).sum())
    return first, second


def restriction_traces(estimated: Estimated, restriction: Array) -> tuple[float, float]:
    """``traces`` of the test of ``restriction`` (r, d)."""
    return traces(estimated, restriction)


def _scaled_measures(model: Tested) -> dict[str, float]:
    if model.scaled is None:
        return {}
    return {
        "chisq_scaled": model.scaled.statistic,
        "df_scaled": model.scaled.df,
        "pvalue_scaled": model.scaled.pvalue,
        "chisq_scaling_factor": model.scaled.factor,
    }


def _small_sample(estimated: Estimated, model: Tested) -> dict[str, float]:
    """Swain's correction, and the mean-and-variance adjusted test where its traces are at hand."""
    found: dict[str, float] = {}
    table = estimated.table
    if isinstance(estimated.loss, NormalLoss) and len(table.groups) == 1 and not table.covariates:
        npar = estimated.npar - (len(table.observed) if table.means else 0)
        corrected = swain(model.chisq, model.df, estimated.n, len(table.observed), npar)
        found |= {"chisq_swain": corrected.statistic, "pvalue_swain": corrected.pvalue}
    if estimated.options.test == "scaled_shifted":
        adjusted = mean_variance_adjusted(model.chisq, *traces(estimated))
        found |= {
            "chisq_mean_var": adjusted.statistic,
            "df_mean_var": adjusted.df,
            "pvalue_mean_var": adjusted.pvalue,
        }
    return found


def _incremental(model: Tested, base: Tested) -> dict[str, float]:
    """CFI and TLI in standard, scaled and robust form (Brosseau-Liard & Savalei 2014)."""

    def pair(chisq: float, df: float, chisq_0: float, df_0: float) -> tuple[float, float]:
        numbers = {"chisq": chisq, "df": df, "chisq_baseline": chisq_0, "df_baseline": df_0}
        return indices.cfi(**numbers), indices.tli(**numbers)

    cfi, tli = pair(model.chisq, model.df, base.chisq, base.df)
    found = {"cfi": cfi, "tli": tli}
    if model.scaled is not None and base.scaled is not None:
        s, s0 = model.scaled, base.scaled
        cfi, tli = pair(s.statistic, s.df, s0.statistic, s0.df)
        found |= {"cfi_scaled": cfi, "tli_scaled": tli}
        if s.shift == 0:
            cfi, tli = pair(model.chisq, s.factor * model.df, base.chisq, s0.factor * base.df)
            found |= {"cfi_robust": cfi, "tli_robust": tli}
    return found


def _rmsea(model: Tested, n: int, groups: int) -> dict[str, float]:
    """RMSEA in its forms, with the interval and the test of close fit of the standard one."""
    lower, upper = indices.rmsea_interval(chisq=model.chisq, df=model.df, n=n, groups=groups)
    found = {
        "rmsea": indices.rmsea(chisq=model.chisq, df=model.df, n=n, groups=groups),
        "rmsea_ci_lower": lower,
        "rmsea_ci_upper": upper,
    }
    if model.df > 0:
        found["rmsea_pvalue"] = indices.close_fit(chisq=model.chisq, df=model.df, n=n, groups=groups)
    if model.scaled is not None:
        s = model.scaled
        found["rmsea_scaled"] = indices.rmsea(chisq=s.statistic, df=s.df, n=n, groups=groups)
        if s.shift == 0:
            found["rmsea_robust"] = indices.rmsea(
                chisq=model.chisq, df=model.df, n=n, groups=groups, factor=s.factor
            )  # fmt: skip
    return found


def srmr(estimated: Estimated, h1: list[Saturated]) -> float:
    """SRMR over the groups, weighted by their size."""
    total = 0.0
    for g, share in enumerate(estimated.sample.shares):
        model, group = estimated.implied.groups[g], estimated.sample.groups[g]
        m = model.matrices(estimated.theta)
        if group.ordinal is not None:
            implied = model.vector(estimated.theta)
            gap = group.ordinal.correlations - implied[-len(group.ordinal.correlations) :]
            p = len(group.mean)
            total += float(share) * float(np.sqrt((gap**2).sum() / (p * (p + 1) / 2)))
            continue
        total += float(share) * indices.srmr(
            sample=h1[g].cov, sigma=m.sigma,
            sample_mean=h1[g].mean if model.means else None, mu=m.mu if model.means else None,
        )  # fmt: skip
    return total


def _likelihood(estimated: Estimated, chisq: float, h1: list[Saturated]) -> dict[str, float]:
    """Log-likelihood given the covariates, and the information criteria built on it."""
    total = 0.0
    covariates = [estimated.table.observed.index(name) for name in estimated.table.covariates]
    for group, saturated_group in zip(estimated.sample.groups, h1, strict=True):
        answered = group.n * len(group.mean)
        if group.data is not None:
            answered = int((~np.isnan(group.data)).sum())
        twice = answered * np.log(2 * np.pi) + group.n * saturated_group.discrepancy
        if covariates:
            cov = group.cov[np.ix_(covariates, covariates)]
            px = len(covariates)
            twice -= group.n * (px * np.log(2 * np.pi) + np.linalg.slogdet(cov)[1] + px)
        total -= 0.5 * twice
    logl = float(total - chisq / 2)
    n, npar = estimated.n, estimated.npar
    return {
        "logl": logl,
        "aic": -2 * logl + 2 * npar,
        "bic": -2 * logl + float(np.log(n)) * npar,
        "bic_adjusted": -2 * logl + float(np.log((n + 2) / 24)) * npar,
    }
