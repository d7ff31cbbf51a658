"""The specification curve of one claim in figures: how many fits, where the estimates lie, which choice matters.

Specifications without an estimate are counted and never left out of the count; shares are of those with one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.multiverse.outcome import Array, Found
from analysis.multiverse.specification import AXES, UNTOUCHED

RANGE = (0.025, 0.975)
"""The quantiles of the estimates that ``lower`` and ``upper`` are: the middle 95 per cent."""


@dataclass(frozen=True)
class Curve:
    """All specifications of one claim.

    ``n_run`` specifications: ``n_ok`` with an estimate, ``n_inadmissible`` whose solution cannot be true, ``n_failed``
    others (not converged, refused, failed). Of the estimates, not turned: ``median``, and ``lower`` to ``upper``, their
    middle 95 per cent. Shares of ``n_ok``: ``share_claimed`` on the claimed side of zero, ``share_significant`` there
    with a p-value below alpha, ``share_matters`` there and at least as large as the smallest effect of interest.
    Without any estimate they are NaN.
    """

    n_run: int
    n_ok: int
    n_inadmissible: int
    n_failed: int
    median: float
    lower: float
    upper: float
    share_claimed: float
    share_significant: float
    share_matters: float


@dataclass(frozen=True)
class ChoiceOfCurve:
    """The specifications of one claim that made one choice; ``explained``: see :func:`explained_by`, of the axis."""

    axis: str
    choice: str
    n: int
    n_ok: int
    median: float
    share_claimed: float
    share_significant: float
    explained: float


def curve_of(found: Sequence[Found], *, sign: int, smallest_effect: float, alpha: float) -> Curve:
    """The curve of one claim, which says that its effect has ``sign`` (1 or -1)."""
    status = [one.status for one in found]
    n_ok, n_inadmissible = status.count("ok"), status.count("inadmissible")
    estimates, pvalues = _figures(found)
    turned = sign * estimates
    lower, median, upper = _quantiles(estimates, (RANGE[0], 0.5, RANGE[1]))
    return Curve(
        n_run=len(found),
        n_ok=n_ok,
        n_inadmissible=n_inadmissible,
        n_failed=len(found) - n_ok - n_inadmissible,
        median=median,
        lower=lower,
        upper=upper,
        share_claimed=_share(turned > 0),
        share_significant=_share((turned > 0) & (pvalues < alpha)),
        share_matters=_share((turned > 0) & (turned >= smallest_effect)),
    )


def choices_of(found: Sequence[Found], *, sign: int, alpha: float) -> list[ChoiceOfCurve]:
    """Every choice that was made on any axis that touches the claim, in the order of the axes, then of ``found``."""
    choices = []
    for axis in AXES:
        made = [getattr(one.specification, axis) for one in found]
        explained = explained_by(found, axis)
        for choice in dict.fromkeys(made):
            if choice == UNTOUCHED:
                continue
            members = [one for one, own in zip(found, made, strict=True) if own == choice]
            curve = curve_of(members, sign=sign, smallest_effect=0.0, alpha=alpha)
            choices.append(
                ChoiceOfCurve(
                    axis=axis,
                    choice=choice,
                    n=curve.n_run,
                    n_ok=curve.n_ok,
                    median=curve.median,
                    share_claimed=curve.share_claimed,
                    share_significant=curve.share_significant,
                    explained=explained,
                )
            )
    return choices


def explained_by(found: Sequence[Found], axis: str) -> float:
    """The share of the variance of the estimates that lies between the choices on ``axis`` (eta squared).

    Shares of several axes need not add up to one: specifications are drawn, and choices go together. NaN where the
    estimates do not differ.
    """
    estimates, _ = _figures(found)
    made = np.array([getattr(one.specification, axis) for one in found if one.status == "ok"])
    total = float(np.sum((estimates - estimates.mean()) ** 2)) if len(estimates) else 0.0
    if total <= 0.0:
        return np.nan
    groups = [estimates[made == choice] for choice in dict.fromkeys(made.tolist())]
    return float(sum(len(group) * (group.mean() - estimates.mean()) ** 2 for group in groups)) / total


def _figures(found: Sequence[Found]) -> tuple[Array, Array]:
    """Estimates and p-values of the specifications that have one, (n_ok,) each."""
    fitted = [one for one in found if one.status == "ok"]
    return np.array([one.estimate for one in fitted]), np.array([one.pvalue for one in fitted])


def _quantiles(values: Array, levels: Sequence[float]) -> list[float]:
    return [float(q) for q in np.quantile(values, levels)] if len(values) else [np.nan] * len(levels)


def _share(member: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    return float(np.mean(member)) if len(member) else np.nan
