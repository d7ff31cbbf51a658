"""What the factors of a joint model explain of their items: average variance extracted and composite reliability.

Both are functions of the model's parameters, so that their errors follow from those of the estimates (delta method),
with small-sample degrees of freedom where errors allow for clusters.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.measurement.joint_model import JointModel, loadings_of, solution_of
from analysis.sem.baseline import saturated_moments

Array = npt.NDArray[np.float64]

CONVERGENT_COLUMNS = [
    "scale", "n_items", "ave", "ave_ci_lower", "ave_ci_upper", "ave_std", "ave_std_ci_lower", "ave_std_ci_upper",
    "composite_reliability", "composite_reliability_ci_lower", "composite_reliability_ci_upper",
    "composite_reliability_observed",
]  # fmt: skip


def average_variance_extracted(*, loadings: Array, item_variances: Array) -> float:
    """``Σλ² / Σσ²``: the share of the items' variances (k,) that a factor with variance one explains.

    Fornell & Larcker (1981, Journal of Marketing Research 18, 39-50, eq. 12). With the variances the model implies, or
    with the sample's: for maximum likelihood and complete answers they are the same.
    """
    return float((loadings**2).sum() / item_variances.sum())


def composite_reliability(*, loadings: Array, item_covariances: Array) -> float:
    """``(Σλ)² / ΣΣσ``: the share of the variance of the items' sum that a factor with variance one explains.

    McDonald's (1999) omega; with the covariances (k, k) the model implies it is Fornell & Larcker's (1981, eq. 11),
    with the sample's it also counts what the model leaves of them.
    """
    return float(loadings.sum() ** 2 / item_covariances.sum())


def convergent(joint: JointModel) -> pd.DataFrame:
    """One row a scale given (``CONVERGENT_COLUMNS``): average variance extracted in the items' own units and of
    standardised items, composite reliability, and the latter over observed instead of implied covariances.

    NaN where the model has no figures, for a scale outside the model and one that shares an item.
    """
    frame = pd.DataFrame(np.nan, index=list(joint.items), columns=CONVERGENT_COLUMNS[1:])
    frame["n_items"] = [len(items) for items in joint.items.values()]
    if joint.result is not None and not joint.problem:
        defined = joint.result.parameters.set_index("lhs")
        defined = defined[defined["op"] == ":="]
        for scale, factor in joint.factors.items():
            if f"ave{factor}" in defined.index:
                ave, reliability = defined.loc[f"ave{factor}"], defined.loc[f"cr{factor}"]
                frame.loc[scale, CONVERGENT_COLUMNS[2:]] = [
                    *ave[["est", "ci_lower", "ci_upper", "std_all", "std_all_ci_lower", "std_all_ci_upper"]],
                    *reliability[["est", "ci_lower", "ci_upper"]], observed_figures(joint, scale)[1],
                ]  # fmt: skip
    return frame.rename_axis("scale").reset_index()


def observed_figures(joint: JointModel, scale: str) -> tuple[float, float]:
    """Average variance extracted and composite reliability over the sample's variances and covariances (of incomplete
    answers those of maximum likelihood without a model)."""
    estimated = solution_of(joint).estimated
    cov = saturated_moments(estimated)[0].cov
    at = [estimated.table.observed.index(joint.variables[item]) for item in joint.items[scale]]
    loadings = np.array([*loadings_of(joint, estimated, scale, "est").values()])
    own = np.asarray(cov[np.ix_(at, at)], dtype=float)
    return (
        average_variance_extracted(loadings=loadings, item_variances=np.diag(own)),
        composite_reliability(loadings=loadings, item_covariances=own),
    )
