"""Measurement invariance: a ladder of models over groups, each with more held equal, and what each step costs.

Steps and what they allow: *configural*, the same items belong to the same factors; *metric*, loadings equal, so
relations of factors may be compared; *scalar*, intercepts (or thresholds) equal too, so latent means may be compared;
*strict*, residual variances too, so observed scores may be (Meredith 1993; Putnick & Bornstein 2016). For ordered items
loadings and thresholds are held equal in one step (Muthén & Asparouhov 2002).

A step holds by the χ² difference where p ≥ alpha, and by fit where CFI falls by at most .010 and RMSEA rises by at most
.015 (Chen 2007, p. 501, N > 300; .005 and .010 for smaller or unequal groups).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.sem.difference import Difference, difference_test
from analysis.sem.errors import ModelError
from analysis.sem.fit import fit
from analysis.sem.result import FitResult

STEPS: dict[str, tuple[str, ...]] = {
    "configural": (),
    "metric": ("loadings",),
    "scalar": ("loadings", "intercepts"),
    "strict": ("loadings", "intercepts", "residuals"),
}
ORDERED_STEPS: dict[str, tuple[str, ...]] = {
    "configural": (),
    "scalar": ("thresholds", "loadings"),
    "strict": ("thresholds", "loadings", "residuals"),
}
STEP_COLUMNS = [
    "step", "equal", "converged", "admissible", "chisq", "df", "pvalue", "cfi", "rmsea", "srmr", "aic", "bic",
    "chisq_diff", "df_diff", "pvalue_diff", "cfi_diff", "rmsea_diff", "srmr_diff", "holds_by_test", "holds_by_fit",
    "message",
]  # fmt: skip
SMALL_GROUPS = 300


@dataclass(frozen=True)
class Cutoffs:
    """How much worse a step may fit and still hold (Chen 2007)."""

    cfi: float
    rmsea: float

    @classmethod
    def for_n(cls, n_by_group: tuple[int, ...]) -> Cutoffs:
        """The cut-offs for these group sizes: stricter where all groups together have few persons, or unequal."""
        small = sum(n_by_group) <= SMALL_GROUPS or max(n_by_group) > 3 * min(n_by_group)
        return cls(0.005, 0.010) if small else cls(0.010, 0.015)


@dataclass(frozen=True)
class Ladder:
    """``steps`` has one row a step (``STEP_COLUMNS``); ``results`` the fit of each, absent where it was refused;
    ``differences`` each step's test against the one before it."""

    steps: pd.DataFrame
    results: dict[str, FitResult]
    differences: dict[str, Difference]
    cutoffs: Cutoffs


def invariance(
    model: str, data: pd.DataFrame, *, group: str, alpha: float = 0.05, method: str = "default", **asked: Any
) -> Ladder:
    """Fit the ladder of ``model`` over the groups in the column ``group``; ``asked`` goes to ``fit``.

    ``method`` is that of the χ² difference (see ``difference_test``). A step that cannot be fitted keeps its row, with
    the reason. Raises ``ModelError`` when the configural model cannot be fitted at all, or ``group_equal`` is asked.
    """
    if asked.get("group_equal"):
        raise ModelError("invariance holds equal what each step says: leave group_equal out (group_partial is allowed).")
    results: dict[str, FitResult] = {}
    differences: dict[str, Difference] = {}
    rows: list[dict[str, Any]] = []
    cutoffs = Cutoffs(0.010, 0.015)
    previous: FitResult | None = None
    for name, equal in (ORDERED_STEPS if asked.get("ordered") else STEPS).items():
        partial = asked.get("group_partial", ()) if equal else ()
        try:
            result = fit(model, data, **{**asked, "group": group, "group_equal": equal, "group_partial": partial})
        except ModelError as error:
            if name == "configural":
                raise
            rows.append({"step": name, "equal": ", ".join(equal), "message": str(error)})
            previous = None
            continue
        results[name] = result
        if name == "configural":
            cutoffs = Cutoffs.for_n(result.n_by_group)
        difference = None
        if previous is not None and previous.converged and result.converged:
            difference = difference_test(result, previous, method=method)
            differences[name] = difference
        rows.append(_row(name, equal, result, previous, difference, alpha, cutoffs))
        previous = result
    return Ladder(pd.DataFrame(rows).reindex(columns=STEP_COLUMNS), results, differences, cutoffs)


def best(measures: dict[str, float], name: str) -> float:
    """A measure in its robust form where there is one, else scaled, else standard; NaN when absent."""
    nothing = float("nan")
    return measures.get(f"{name}_robust", measures.get(f"{name}_scaled", measures.get(name, nothing)))


def _row(
    name: str,
    equal: tuple[str, ...],
    result: FitResult,
    previous: FitResult | None,
    difference: Difference | None,
    alpha: float,
    cutoffs: Cutoffs,
) -> dict[str, Any]:
    m = result.fit
    row: dict[str, Any] = {
        "step": name, "equal": ", ".join(equal), "converged": result.converged, "admissible": result.admissible,
        "message": result.message, "df": m.get("df"), "cfi": best(m, "cfi"), "rmsea": best(m, "rmsea"),
        "chisq": m.get("chisq_scaled", m.get("chisq")), "pvalue": m.get("pvalue_scaled", m.get("pvalue")),
        "srmr": m.get("srmr"), "aic": m.get("aic"), "bic": m.get("bic"),
    }  # fmt: skip
    if previous is not None and difference is not None:
        row |= {"chisq_diff": difference.statistic, "df_diff": difference.df, "pvalue_diff": difference.pvalue}
        changes = {f"{k}_diff": row[k] - best(previous.fit, k) for k in ("cfi", "rmsea", "srmr")}
        row |= changes
        row["holds_by_test"] = bool(difference.pvalue >= alpha)
        row["holds_by_fit"] = bool(-changes["cfi_diff"] <= cutoffs.cfi and changes["rmsea_diff"] <= cutoffs.rmsea)
    return row
