"""The entry: a model in lavaan syntax and a data frame to one frozen result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm

from analysis.sem import indices, optimise, standardise
from analysis.sem.admissible import inadmissibility
from analysis.sem.errors import ModelError
from analysis.sem.implied import Array, ImpliedMoments
from analysis.sem.syntax import parse
from analysis.sem.table import ParameterTable, build_table

PARAMETER_COLUMNS = [
    "lhs", "op", "rhs", "label", "free", "est", "se", "z", "pvalue", "ci_lower", "ci_upper",
    "std_lv", "std_all", "std_all_se", "std_all_ci_lower", "std_all_ci_upper",
]  # fmt: skip


@dataclass(frozen=True)
class FitResult:
    """A fitted model.

    ``parameters`` has one row a parameter (``PARAMETER_COLUMNS``; NaN where a number does not exist, all of them when
    not converged). ``fit`` holds the measures that apply, under lavaan's names with ``_`` for ``.``. ``message`` is
    empty when converged and admissible, else a sentence that names the parameter and says what to try.
    """

    converged: bool
    admissible: bool
    message: str
    estimator: str
    n_obs: int
    parameters: pd.DataFrame
    fit: dict[str, float]


def fit(model: str, frame: pd.DataFrame, *, confidence: float = 0.95) -> FitResult:
    """Fit ``model`` (lavaan syntax) to the complete rows of ``frame`` by maximum likelihood.

    One group, covariance structure, normal theory, moments divided by n, expected information: lavaan's ``sem()``
    with its defaults. Rows with a missing value in any variable of the model are left out. Standardised estimates have
    delta-method errors. Raises ``ModelError`` for a model that cannot be read, a variable that is not there or not
    numeric, a constant or linearly dependent variable, and for fewer complete rows than free parameters.
    """
    table = build_table(parse(model))
    data = _complete(table, frame)
    n_obs = len(data)
    values = data.to_numpy(dtype=float)
    sample: Array = np.atleast_2d(np.cov(values, rowvar=False, bias=True))
    _check_sample(table, sample, n_obs)
    implied = ImpliedMoments(table, sample)
    df = _degrees_of_freedom(table)
    solution = optimise.solve(implied, data, sample)
    if not solution.converged:
        message = (
            "No solution was found: the estimates kept moving. Try fewer parameters, more persons, or a model without"
            " the path or covariance added last."
        )
        return FitResult(False, False, message, "ML", n_obs, _blank(table), {"npar": table.n_free, "df": df})
    information = n_obs * optimise.information(implied, solution.theta)
    covariance, unidentified = _invert(table, information)
    message = unidentified or inadmissibility(implied, solution.theta)
    return FitResult(
        converged=True,
        admissible=not message,
        message=message,
        estimator="ML",
        n_obs=n_obs,
        parameters=_parameters(implied, solution.theta, covariance, confidence),
        fit=_measures(implied, solution, sample, n_obs, df),
    )


def _complete(table: ParameterTable, frame: pd.DataFrame) -> pd.DataFrame:
    """The model's observed variables as floats, complete rows only."""
    absent = [name for name in table.observed if name not in frame.columns]
    if absent:
        raise ModelError(
            f"The model uses {', '.join(absent)}, which the data do not have. Check the spelling, or define a latent"
            " variable with =~."
        )
    columns = {}
    for name in table.observed:
        column = pd.to_numeric(frame[name], errors="coerce")
        if bool((column.isna() & frame[name].notna()).any()):
            raise ModelError(f"The variable {name} holds values that are not numbers.")
        columns[name] = column.astype(float)
    return pd.DataFrame(columns).dropna()


def _check_sample(table: ParameterTable, sample: Array, n_obs: int) -> None:
    """Refuse data that cannot carry the model."""
    if n_obs <= table.n_free:
        raise ModelError(
            f"No more complete rows than free parameters ({table.n_free}): more persons than parameters are needed."
        )
    constant = [name for name, v in zip(table.observed, np.diag(sample), strict=True) if v <= 1e-12]
    if constant:
        raise ModelError(f"{', '.join(constant)} does not vary among the complete rows: leave it out of the model.")
    scale = np.sqrt(np.diag(sample))
    values, vectors = np.linalg.eigh(sample / np.outer(scale, scale))
    if values[0] < 1e-10:
        involved = [name for name, w in zip(table.observed, np.abs(vectors[:, 0]), strict=True) if w > 0.05]
        raise ModelError(f"{', '.join(involved)} are linearly dependent: leave one of them out of the model.")


def _degrees_of_freedom(table: ParameterTable) -> int:
    """Moments of the modelled variables minus free parameters."""
    p, px = len(table.observed), len(table.covariates)
    df = p * (p + 1) // 2 - px * (px + 1) // 2 - table.n_free
    if df < 0:
        raise ModelError(
            f"The model has {table.n_free} free parameters and only {df + table.n_free} variances and covariances to"
            " estimate them from: fix or leave out some."
        )
    return df


def _invert(table: ParameterTable, information: Array) -> tuple[Array, str]:
    """Covariance of the free parameters; NaN and a sentence when the model is not identified."""
    scale = np.sqrt(np.maximum(np.diag(information), np.finfo(float).tiny))
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale)) if len(scale) else (np.ones(1), np.eye(1))
    if values[0] < 1e-10:
        culprit = table.first_row(int(np.argmax(np.abs(vectors[:, 0]))))
        return np.full_like(information, np.nan), (
            f"The model is not identified: {culprit.name} can change without changing the fit. Fix a parameter, or give"
            " the factor more indicators."
        )
    return np.linalg.inv(information), ""


def _blank(table: ParameterTable) -> pd.DataFrame:
    """The parameter frame of a model without a solution: names, no numbers."""
    return _named(table).reindex(columns=PARAMETER_COLUMNS).astype(dict.fromkeys(PARAMETER_COLUMNS[5:], float))


def _named(table: ParameterTable) -> pd.DataFrame:
    """The naming columns of the parameter frame."""
    rows = [(r.lhs, r.op, r.rhs, r.label, r.index is not None) for r in table.rows]
    rows += [(name, ":=", expression, name, False) for name, expression in table.defined.items()]
    return pd.DataFrame(rows, columns=PARAMETER_COLUMNS[:5])


def _parameters(implied: ImpliedMoments, theta: Array, covariance: Array, confidence: float) -> pd.DataFrame:
    """The parameter frame of a solution."""
    est = standardise.reported(implied, theta, "est")
    std_all = standardise.reported(implied, theta, "std_all")
    se = standardise.delta_se(
        standardise.derivative(lambda t: standardise.reported(implied, t, "est"), theta), covariance
    )
    std_se = standardise.delta_se(
        standardise.derivative(lambda t: standardise.reported(implied, t, "std_all"), theta), covariance
    )
    quantile = norm.ppf(0.5 + confidence / 2)
    z = est / se
    numbers = pd.DataFrame({
        "est": est, "se": se, "z": z, "pvalue": 2 * norm.sf(np.abs(z)),
        "ci_lower": est - quantile * se, "ci_upper": est + quantile * se,
        "std_lv": standardise.reported(implied, theta, "std_lv"), "std_all": std_all, "std_all_se": std_se,
        "std_all_ci_lower": std_all - quantile * std_se, "std_all_ci_upper": std_all + quantile * std_se,
    })  # fmt: skip
    return pd.concat([_named(implied.table), numbers], axis=1)[PARAMETER_COLUMNS]


def _measures(
    implied: ImpliedMoments, solution: optimise.Solution, sample: Array, n_obs: int, df: int
) -> dict[str, float]:
    """Fit measures under lavaan's names; the p-value only where there is something to test."""
    table = implied.table
    covariates = [table.observed.index(name) for name in table.covariates]
    sigma = implied.sigma(solution.theta)
    chisq = n_obs * solution.discrepancy
    chisq_baseline, df_baseline = indices.baseline(sample=sample, n=n_obs, covariates=covariates)
    lower, upper = indices.rmsea_interval(chisq=chisq, df=df, n=n_obs)
    logl = indices.log_likelihood(sample=sample, sigma=sigma, n=n_obs, covariates=covariates)
    measures: dict[str, float] = {"npar": table.n_free, "chisq": chisq, "df": df}
    if df > 0:
        measures["pvalue"] = float(chi2.sf(chisq, df))
    return measures | {
        "cfi": indices.cfi(chisq=chisq, df=df, chisq_baseline=chisq_baseline, df_baseline=df_baseline),
        "tli": indices.tli(chisq=chisq, df=df, chisq_baseline=chisq_baseline, df_baseline=df_baseline),
        "rmsea": indices.rmsea(chisq=chisq, df=df, n=n_obs),
        "rmsea_ci_lower": lower,
        "rmsea_ci_upper": upper,
        "srmr": indices.srmr(sample=sample, sigma=sigma),
        "logl": logl,
        "aic": -2 * logl + 2 * table.n_free,
        "bic": -2 * logl + float(np.log(n_obs)) * table.n_free,
    }
