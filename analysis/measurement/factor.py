"""The one-factor model of a scale: how much each item has of what all share, and omega."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.measurement.omega import omega_of
from analysis.measurement.problems import Problem
from analysis.sem import ModelError, fit

Missing = Literal["listwise", "fiml"]

FIT_MEASURES = ["chisq", "pvalue", "cfi", "tli", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "srmr"]
LOADING_COLUMNS = ["loading", "loading_ci_lower", "loading_ci_upper"]
STANDARDISED = ["std_all", "std_all_ci_lower", "std_all_ci_upper"]
ITEMS_TO_IDENTIFY = 3
_CLUSTER = "cluster"


@dataclass(frozen=True)
class OneFactor:
    """The one-factor model of a scale.

    ``loadings``: standardised, positive on the whole, by item (``LOADING_COLUMNS``).
    ``measures`` holds ``FIT_MEASURES`` where there is something to test.
    ``message``: a code of ``Problem``, ``just_identified``, or the estimator's sentence. ``converged`` and
    ``admissible`` are ``None`` where no model was fitted. An inadmissible solution has no numbers.
    ``omega_observed``: over the sum's variance as observed, not as the model implies it. ``n_obs``: persons the model
    was fitted to.
    """

    message: str
    problem: Problem | None = None
    converged: bool | None = None
    admissible: bool | None = None
    df: int | None = None
    n_obs: int = 0
    omega: float = np.nan
    omega_se: float = np.nan
    omega_ci_lower: float = np.nan
    omega_ci_upper: float = np.nan
    omega_observed: float = np.nan
    loadings: pd.DataFrame = field(default_factory=pd.DataFrame)
    measures: dict[str, float] = field(default_factory=dict)


def one_factor(
    answers: pd.DataFrame,
    *,
    n_declared: int,
    confidence: float,
    missing: Missing = "listwise",
    clusters: pd.Series | None = None,
) -> OneFactor:
    """Fit one factor by maximum likelihood to answers (persons by items) of items that vary; ``n_declared`` is how many
    items the scale has.

    Three items give loadings and omega but nothing to test (df = 0); fewer give nothing. Standard errors are robust to
    answers that are not normal (MLR: sandwich with observed information; Yuan & Bentler 2000); with ``clusters``, one
    value a person, they allow for persons of one cluster being alike (CR2, small-sample degrees of freedom).
    ``missing="fiml"`` uses whatever was answered, ``listwise`` (for complete answers) who answered everything.
    """
    if answers.shape[1] < ITEMS_TO_IDENTIFY:
        if answers.shape[1] < n_declared:
            return OneFactor("constant_item")
        return OneFactor("two_items" if n_declared == 2 else "single_item")
    # items under plain names, so that no item name can be read as syntax
    plain = answers.set_axis([f"x{j}" for j in range(answers.shape[1])], axis=1)
    model = f"F =~ {' + '.join(plain.columns)}"
    options = {"estimator": "mlr", "missing": missing, "std_lv": True, "confidence": confidence}
    if clusters is not None:
        plain = plain.assign(**{_CLUSTER: clusters})
        options |= {"cluster": _CLUSTER, "errors": "cr2"}
    try:
        result = fit(model, plain, **options)
    except ModelError as error:
        return OneFactor(with_item_names(str(error), answers), "not_estimable")
    df = int(result.fit["df"])
    if not (result.converged and result.admissible):
        problem: Problem = "inadmissible" if result.converged else "not_converged"
        message = with_item_names(result.message, answers)
        return OneFactor(message, problem, result.converged, result.admissible, df, result.n_obs)
    parameters = result.parameters
    is_loading = np.array([row.op == "=~" for row in result.estimated.table.rows])
    omega = omega_of(result, confidence=confidence)
    constant = "constant_item" if answers.shape[1] < n_declared else ""
    return OneFactor(
        message=constant or ("" if df else "just_identified"),
        converged=True, admissible=True, df=df, n_obs=result.n_obs,
        omega=omega.value, omega_se=omega.se, omega_ci_lower=omega.ci_lower, omega_ci_upper=omega.ci_upper,
        omega_observed=omega.observed,
        loadings=_oriented(parameters.loc[is_loading, STANDARDISED].to_numpy(dtype=float), answers.columns),
        measures={name: result.fit[name] for name in FIT_MEASURES if name in result.fit} if df else {},
    )  # fmt: skip


def with_item_names(message: str, answers: pd.DataFrame) -> str:
    """The estimator's sentence with the items' own names back in it."""
    return re.sub(r"\bx(\d+)\b", lambda match: str(answers.columns[int(match[1])]), message)


def _oriented(loadings: npt.NDArray[np.float64], items: pd.Index) -> pd.DataFrame:
    """Standardised loadings with their interval (k, 3) by item; the factor's direction is free, so most point up."""
    if loadings[:, 0].sum() < 0:
        loadings = -loadings[:, [0, 2, 1]]
    return pd.DataFrame(loadings, index=items, columns=LOADING_COLUMNS)
