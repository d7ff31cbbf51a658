"""What says how well a model fits, under lavaan's names with ``_`` for ``.``: what does not apply is absent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import chdtrc

from analysis.sem import indices
from analysis.sem.baseline import Saturated, baseline, baseline_df, independence_discrepancy, saturated_moments
from analysis.sem.errors import ModelError
from analysis.sem.estimate import Estimated
from analysis.sem.loss import MissingLoss, NormalLoss
from analysis.sem.robust import Centred, IncompleteAnswers, ordered_statistic
from analysis.sem.scaled import ScaledTest, mean_scaled, mean_variance_adjusted, scaled_shifted, swain
from analysis.sem.traces import corrected_test, traces, yuan_bentler_trace

TESTS = ("satorra_bentler", "yuan_bentler", "scaled_shifted", "mean_var_adjusted", "swain")
_EXACT = 1e-6  # what is left of χ², per person, where rounding and a search's last step end


@dataclass(frozen=True)
class Tested:
    """A model's statistic, its corrected form (``None`` for estimators without one), and what robust indices are made
    of (``None`` where there are none)."""

    chisq: float
    df: int
    scaled: ScaledTest | None
    robust: Centred | None = None


def measures(estimated: Estimated) -> dict[str, float]:
    """Fit measures of a converged solution.

    Where incomplete answers have no saturated moments there is nothing to hold the model against: only ``npar`` and
    ``df`` are given.
    """
    h1 = saturated_moments(estimated)
    found: dict[str, float] = {"npar": estimated.npar, "df": estimated.df}
    if not all(saturated.converged for saturated in h1):
        return found
    model, base = _tested_with_baseline(estimated, h1)
    n, groups = estimated.n_scale, len(estimated.table.groups)
    found["chisq"] = model.chisq
    if model.df > 0:
        found["pvalue"] = float(chdtrc(model.df, model.chisq))
        found |= _scaled_measures(model)
        found |= _small_sample(estimated, model)
    found |= _incremental(model, base)
    found |= _rmsea(model, n, groups)
    if model.df == 0:
        found |= _without_freedom(estimated, model)
    found["srmr"] = srmr(estimated, h1)
    if isinstance(estimated.loss, NormalLoss | MissingLoss):
        found |= _likelihood(estimated, model.chisq, h1)
    return {name: value for name, value in found.items() if np.isfinite(value)}


def _tested_with_baseline(estimated: Estimated, h1: list[Saturated]) -> tuple[Tested, Tested]:
    """χ² of the model and of the baseline; with what robust indices are made of for incomplete answers, and without
    building the baseline model where nothing but its χ² is needed."""
    model, sample, table = tested(estimated, h1), estimated.sample, estimated.table
    incomplete = sample.missing == "fiml"
    if isinstance(estimated.loss, NormalLoss) and estimated.options.test == "standard" and not incomplete:
        chisq = max(estimated.n * independence_discrepancy(table, sample), 0.0)
        return model, Tested(chisq, baseline_df(table), None)
    answers = _incomplete_answers(estimated, h1, normal=model.scaled is None) if incomplete and estimated.df else None
    base = _tested_baseline(estimated, h1, answers)
    return (model if answers is None else replace(model, robust=answers.statistic(estimated))), base


def _incomplete_answers(estimated: Estimated, h1: list[Saturated], *, normal: bool) -> IncompleteAnswers:
    """What robust indices of incomplete answers need of the sample; computed once for all its models."""
    kept, given = estimated.sample.kept, estimated.table.given
    key = ("incomplete", normal, given, estimated.table.means)
    if key not in kept:
        kept[key] = IncompleteAnswers(h1, estimated.sample.shares, normal=normal, given=given)
    found: IncompleteAnswers = kept[key]
    return found


def _tested_baseline(estimated: Estimated, h1: list[Saturated], answers: IncompleteAnswers | None) -> Tested:
    """χ² of the baseline, the same for all models of a sample that treat its variables alike, with what robust indices
    are made of."""
    table, o = estimated.table, estimated.options
    variables = (table.observed, table.covariates, table.exogenous, table.ordered, table.means, table.parameterization)
    key = ("baseline", *variables, o.estimator, o.information, o.missing, o.cluster, answers)
    kept = estimated.sample.kept
    if key not in kept:
        null = baseline(estimated)
        base = tested(null, h1)
        kept[key] = base if answers is None else replace(base, robust=answers.statistic(null))
    found: Tested = kept[key]
    return found


def tested(estimated: Estimated, h1: list[Saturated]) -> Tested:
    """χ² and its corrected form."""
    chisq = estimated.n * estimated.objective
    if isinstance(estimated.loss, MissingLoss):
        chisq -= estimated.n * float(sum(s * h.discrepancy for s, h in zip(estimated.sample.shares, h1, strict=True)))
    chisq = max(chisq, 0.0)
    scaled = corrected_test(estimated, chisq, h1)
    if scaled is None:
        return Tested(chisq, estimated.df, None)
    if estimated.table.ordered:
        return Tested(chisq, estimated.df, scaled, ordered_statistic(estimated))
    # T = χ²/c + shift with mean df under a true model, so that c·(df - shift) is the mean of χ²
    return Tested(chisq, estimated.df, scaled, Centred(chisq, estimated.df, scaled.mean / estimated.df))


def _scaled_measures(model: Tested) -> dict[str, float]:
    if model.scaled is None:
        return {}
    return {
        "chisq_scaled": model.scaled.statistic,
        "df_scaled": model.scaled.df,
        "pvalue_scaled": model.scaled.pvalue,
        "chisq_scaling_factor": model.scaled.factor,
    }


def _without_freedom(estimated: Estimated, model: Tested) -> dict[str, float]:
    """What an estimator's corrected measures are for a model that says nothing the data could contradict: a perfect
    fit, untested (as lavaan gives them). None where bounds keep such a model from fitting."""
    corrected = estimated.options.test != "standard"
    if model.chisq > _EXACT * estimated.n or not (corrected or estimated.sample.missing == "fiml"):
        return {}
    found = {"cfi_robust": 1.0, "tli_robust": 1.0, "rmsea_robust": 0.0}
    if corrected:
        found |= {"chisq_scaled": model.chisq, "df_scaled": 0.0}
        found |= {"cfi_scaled": 1.0, "tli_scaled": 1.0, "rmsea_scaled": 0.0}
    return found


def named_test(estimated: Estimated, name: str) -> ScaledTest:
    """A corrected χ² of a converged solution by name, whatever the estimator adds by itself: one of ``TESTS``.

    *satorra_bentler*, *scaled_shifted* (Asparouhov & Muthén 2010) and *mean_var_adjusted* (Satterthwaite 1941; Satorra
    & Bentler 1994) take tr(UΓ) and tr((UΓ)²) over all groups at once; *yuan_bentler* is the test of MLR; *swain*
    corrects for small samples. Raises ``ModelError`` for a name that is not known, and where the test does not exist:
    without degrees of freedom or answers, incomplete answers (but for *yuan_bentler*), estimators a test is not made
    for, and
    *swain* with several groups, covariates or structured means, for which its correction has not been worked out.
    """
    if name not in TESTS:
        raise ModelError(f"The test {name!r} is not known: choose from {', '.join(TESTS)}.")
    reason = _no_test(estimated, name)
    if reason:
        raise ModelError(f"There is no test {name} of this fit: {reason}.")
    h1 = saturated_moments(estimated)
    chisq, df = tested(estimated, h1).chisq, estimated.df
    if name == "swain":
        return _swain(estimated, chisq)
    if name == "yuan_bentler":
        return mean_scaled(chisq, df, yuan_bentler_trace(estimated, h1))
    first, second = traces(estimated)
    if name == "satorra_bentler":
        return mean_scaled(chisq, df, first)
    corrected = scaled_shifted(chisq, df, first, second)
    return corrected if name == "scaled_shifted" else mean_variance_adjusted(chisq, first, second)


def _no_test(estimated: Estimated, name: str) -> str:
    """Why there is no such test, as a clause; empty when there is."""
    if estimated.df <= 0:
        return "it has no degrees of freedom"
    if name == "swain":
        return "" if _has_swain(estimated) else "it is for one group, maximum likelihood and unstructured means"
    if any(group.data is None for group in estimated.sample.groups):
        return "it needs the persons' answers"
    if name == "yuan_bentler":
        likelihood = isinstance(estimated.loss, NormalLoss | MissingLoss)
        return "" if likelihood else "it is for maximum likelihood"
    return "it needs complete rows" if isinstance(estimated.loss, MissingLoss) else ""


def _has_swain(estimated: Estimated) -> bool:
    """Whether the model is one of covariances alone: one group, no covariates, as many free means as variables."""
    table = estimated.table
    if not isinstance(estimated.loss, NormalLoss) or len(table.groups) > 1 or table.covariates:
        return False
    means = sorted({row.index for row in table.rows if row.op == "~1" and row.index is not None})
    return not table.means or np.linalg.matrix_rank(estimated.basis[means]) == len(table.observed)


def _swain(estimated: Estimated, chisq: float) -> ScaledTest:
    p = len(estimated.table.observed)
    npar = estimated.npar - (p if estimated.table.means else 0)
    return swain(chisq, estimated.df, estimated.n, p, npar)


def _small_sample(estimated: Estimated, model: Tested) -> dict[str, float]:
    """Swain's correction, and the mean-and-variance adjusted test where the estimator takes its traces."""
    found: dict[str, float] = {}
    if _has_swain(estimated):
        corrected = _swain(estimated, model.chisq)
        found |= {"chisq_swain": corrected.statistic, "pvalue_swain": corrected.pvalue}
    if estimated.options.test == "scaled_shifted" and model.scaled is not None:
        # its factor is √(tr((UΓ)²)/df)
        adjusted = mean_variance_adjusted(model.chisq, model.scaled.mean, model.df * model.scaled.factor**2)
        found |= {
            "chisq_mean_var": adjusted.statistic,
            "df_mean_var": adjusted.df,
            "pvalue_mean_var": adjusted.pvalue,
        }
    return found


def _incremental(model: Tested, base: Tested) -> dict[str, float]:
    """CFI and TLI in standard, scaled and robust form, after the baseline model's own statistics."""
    found = {"baseline_chisq": base.chisq, "baseline_df": float(base.df)}
    standard = {"chisq": model.chisq, "df": model.df, "chisq_baseline": base.chisq, "df_baseline": base.df}
    found |= {"cfi": indices.cfi(**standard), "tli": indices.tli(**standard)}
    if model.scaled is not None and base.scaled is not None:
        s, s0 = model.scaled, base.scaled
        found |= {"baseline_chisq_scaled": s0.statistic, "baseline_chisq_scaling_factor": s0.factor}
        scaled = {"chisq": s.statistic, "df": s.df, "chisq_baseline": s0.statistic, "df_baseline": s0.df}
        found |= {"cfi_scaled": indices.cfi(**scaled), "tli_scaled": indices.tli(**scaled)}
    if model.robust is not None and base.robust is not None:
        r, r0 = model.robust, base.robust
        robust = {"chisq": r.chisq, "df": r.df, "chisq_baseline": r0.chisq, "df_baseline": r0.df}
        robust |= {"factor": r.factor, "factor_baseline": r0.factor}
        found |= {"cfi_robust": indices.cfi(**robust), "tli_robust": indices.tli(**robust)}
    return found


def _rmsea(model: Tested, n: int, groups: int) -> dict[str, float]:
    """RMSEA with interval and test of close fit in standard, scaled and robust form."""
    found = _rmsea_of("", model.chisq, model.df, n, groups)
    if model.scaled is not None:
        s = model.scaled
        if s.shift:
            found |= _rmsea_of("_scaled", s.statistic, s.df, n, groups)
        elif s.mean >= 0:  # (of few persons it may be below nil: no measure)
            # as lavaan: χ² itself, with its mean as degrees of freedom; the point is that of the scaled statistic
            found |= _rmsea_of("_scaled", model.chisq, s.mean, n, groups)
    if model.robust is not None:
        found |= _rmsea_of("_robust", model.robust.chisq, model.robust.df, n, groups, model.robust.factor)
    return found


def _rmsea_of(form: str, chisq: float, df: float, n: int, groups: int, factor: float = 1.0) -> dict[str, float]:
    numbers: dict[str, Any] = {"chisq": chisq, "df": df, "n": n, "groups": groups, "factor": factor}
    lower, upper = indices.rmsea_interval(**numbers)
    found = {
        f"rmsea{form}": indices.rmsea(**numbers),
        f"rmsea_ci_lower{form}": lower,
        f"rmsea_ci_upper{form}": upper,
    }
    if df > 0:
        found[f"rmsea_pvalue{form}"] = indices.close_fit(**numbers)
    return found


def srmr(estimated: Estimated, h1: list[Saturated]) -> float:
    """SRMR over the groups, weighted by their size."""
    total = 0.0
    for g, share in enumerate(estimated.sample.shares):
        model, group = estimated.implied.groups[g], estimated.sample.groups[g]
        m = estimated.matrices[g]
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
