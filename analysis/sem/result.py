"""What a fit returns: numbers, and what stands in the way of believing them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from analysis.distributions import t as t_distribution
from analysis.sem.admissible import Problem
from analysis.sem.errors import ModelError
from analysis.sem.estimate import Estimated
from analysis.sem.observed import Array
from analysis.sem.standardise import delta_se, reported_table

if TYPE_CHECKING:
    from analysis.sem.bootstrap import BollenStine, Bootstrap
    from analysis.sem.inference import Inference
    from analysis.sem.sam import SamEstimated
    from analysis.sem.scaled import ScaledTest

PARAMETER_COLUMNS = [
    "group", "lhs", "op", "rhs", "label", "free", "est", "se", "z", "df_t", "pvalue", "ci_lower", "ci_upper",
    "std_lv", "std_all", "std_all_se", "std_all_df_t", "std_all_ci_lower", "std_all_ci_upper",
]  # fmt: skip
_N_TEXTS = PARAMETER_COLUMNS.index("free")
_NUMERIC = PARAMETER_COLUMNS[_N_TEXTS + 1 :]
_COLUMNS = pd.Index(PARAMETER_COLUMNS)
_TEXT = pd.StringDtype(na_value=np.nan)  # what pandas makes of lists of texts


@dataclass(frozen=True)
class FitResult:
    """A fitted model.

    ``parameters`` has one row a parameter (``PARAMETER_COLUMNS``; NaN where a number does not exist, all of them when
    not converged). ``df_t`` is the degrees of freedom of a t reference, NaN for a normal one; ``z`` is est/se either
    way. ``fit`` holds the measures that apply, under lavaan's names with ``_`` for ``.``. ``problems`` says what is
    wrong with the solution, ``message`` is the first of them in a sentence (empty when converged and admissible);
    ``notes`` says what a careful reader should know besides. ``errors`` is the kind of standard error. ``sam`` holds
    the measurement blocks and the structural part of a model estimated by SAM, ``bootstrap`` the draws asked for and
    ``bollen_stine`` the test of fit by draws.
    """

    converged: bool
    identified: bool
    admissible: bool
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    estimator: str
    missing: str
    errors: str
    groups: tuple[str, ...]
    n_by_group: tuple[int, ...]
    n_left_out: int
    n_clusters: int
    fit: dict[str, float]
    confidence: float
    estimated: Estimated = field(repr=False)
    inference: Inference | None = field(repr=False)
    bootstrap: Bootstrap | None = field(default=None, repr=False)
    bollen_stine: BollenStine | None = field(default=None, repr=False)
    sam: SamEstimated | None = field(default=None, repr=False)

    @property
    def n_obs(self) -> int:
        """Persons in all groups."""
        return sum(self.n_by_group)

    @property
    def message(self) -> str:
        """The first problem in a sentence; empty when there is none."""
        return self.problems[0].sentence if self.problems else ""

    @property
    def vcov(self) -> Array:
        """Covariance of the free parameters, (n_free, n_free); NaN when there is none."""
        q = self.estimated.table.n_free
        return np.full((q, q), np.nan) if self.inference is None else self.inference.vcov

    @cached_property
    def parameters(self) -> pd.DataFrame:
        """Every parameter of every group, then the defined ones."""
        rows = reported_table(self.estimated.table)
        if self.inference is None:
            numbers = dict.fromkeys(_NUMERIC, np.full(len(rows), np.nan))
        elif self.bootstrap is not None and self.errors == "bootstrap":
            numbers = self._bootstrapped(self.inference, self.bootstrap)
        else:
            numbers = self._analytic(self.inference)
        return _frame(rows, numbers)

    def _analytic(self, inference: Inference) -> dict[str, Array]:
        """Estimates with delta-method errors and Wald intervals."""
        reported, theta = self.estimated.reported, self.estimated.theta
        numbers: dict[str, Array] = {"std_lv": reported.values(theta, "std_lv")}
        for metric, prefix in (("est", ""), ("std_all", "std_all_")):
            est = reported.values(theta, "est" if metric == "est" else "std_all")
            jacobian = reported.jacobian(theta, "est" if metric == "est" else "std_all")
            se = delta_se(jacobian, inference.vcov)
            df = np.where(np.isfinite(se), inference.degrees_of_freedom(jacobian), np.nan)
            lower, upper = interval(est, se, df, self.confidence)
            numbers |= {metric: est, f"{prefix}se": se, f"{prefix}df_t": df}
            numbers |= {f"{prefix}ci_lower": lower, f"{prefix}ci_upper": upper}
        numbers["z"] = numbers["est"] / numbers["se"]
        numbers["pvalue"] = two_sided(numbers["z"], numbers["df_t"])
        return numbers

    def _bootstrapped(self, inference: Inference, bootstrap: Bootstrap) -> dict[str, Array]:
        """Estimates with the errors and intervals of the draws."""
        numbers = self._analytic(inference)
        kind = self.estimated.options.interval
        for metric, prefix in (("est", ""), ("std_all", "std_all_")):
            summary = bootstrap.summary("est" if metric == "est" else "std_all", confidence=self.confidence, kind=kind)
            numbers |= {f"{prefix}se": summary.se, f"{prefix}df_t": np.full_like(summary.se, np.nan)}
            numbers |= {f"{prefix}ci_lower": summary.lower, f"{prefix}ci_upper": summary.upper}
        numbers["z"] = numbers["est"] / numbers["se"]
        numbers["pvalue"] = two_sided(numbers["z"], numbers["df_t"])
        return numbers

    def residuals(self) -> pd.DataFrame:
        """What the model leaves of the sample's moments, raw, normalized and standardized; see
        ``residuals.residuals``."""
        from analysis.sem.residuals import residuals

        return residuals(self.estimated)

    def r2(self) -> pd.DataFrame:
        """The share of each variable's variance that is explained, by group; see ``residuals.explained``."""
        from analysis.sem.residuals import explained

        return explained(self.estimated)

    def test(self, name: str) -> ScaledTest:
        """A corrected χ² by name, whatever the estimator adds by itself; see ``measures.named_test``."""
        from analysis.sem.measures import named_test

        return named_test(self.estimated, name)

    def effects(self, source: str, target: str) -> pd.DataFrame:
        """Direct, indirect and total effect of one variable on another; see ``effects.effects``. Errors are those of
        the delta method, or of the bootstrap where it was asked for. Raises ``ModelError`` for a variable the model
        does not have, and without a solution."""
        from analysis.sem.effects import effects

        if self.inference is None:
            raise ModelError("A model without a solution has no effects.")
        e, drawn = self.estimated, None
        if self.bootstrap is not None and self.errors == "bootstrap" and {source, target} <= set(e.table.names):
            drawn = self.bootstrap.effects(source, target, confidence=self.confidence, kind=e.options.interval)
        return effects(
            e.implied, e.theta, self.vcov, source=source, target=target, confidence=self.confidence,
            degrees_of_freedom=self.inference.degrees_of_freedom, drawn=drawn,
        )  # fmt: skip


def _frame(rows: Sequence[tuple[Any, ...]], numbers: Mapping[str, Array]) -> pd.DataFrame:
    """``rows`` of ``reported_table`` and the ``numbers`` by column as a frame.

    All texts become one pandas array, cut into columns, and the names are put on last: made column by column from
    lists, the frame would cost more than the numbers in it.
    """
    size = len(rows)
    texts = pd.array([row[k] for k in range(_N_TEXTS) for row in rows], dtype=_TEXT)
    columns: list[Any] = [texts[k * size : (k + 1) * size] for k in range(_N_TEXTS)]
    columns.append(np.array([row[_N_TEXTS] for row in rows], dtype=bool))
    columns += [numbers[name] for name in _NUMERIC]
    frame = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(size))
    frame.columns = _COLUMNS
    return frame


def interval(est: Array, se: Array, df: Array, confidence: float) -> tuple[Array, Array]:
    """``est`` ± quantile·se; the quantile is Student's with ``df`` where that is a number, else the normal one."""
    upper = 0.5 + confidence / 2
    quantile = np.full(len(est), ndtri(upper))
    finite = np.isfinite(df)
    if finite.any():
        quantile[finite] = t_distribution.ppf(upper, df[finite])
    return est - quantile * se, est + quantile * se


def two_sided(z: Array, df: Array) -> Array:
    """Two-sided p-values of ``z`` against Student's t with ``df``, normal where ``df`` is NaN."""
    pvalue: Array = 2 * ndtr(-np.abs(z))
    finite = np.isfinite(df)
    if finite.any():
        pvalue[finite] = 2 * t_distribution.sf(np.abs(z[finite]), df[finite])
    return pvalue
