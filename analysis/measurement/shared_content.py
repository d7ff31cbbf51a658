"""What two scales share beyond the correlation of their factors: items that speak of both, and what becomes of the
correlation without them."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from analysis.measurement.joint_model import JointModel
from analysis.measurement.latent_correlation import correlations_without, latent_correlations
from analysis.sem.modification import modification_indices

SHARED_COLUMNS = [
    "scale_a", "scale_b", "item", "kind", "other", "closest", "r_latent", "mi", "pvalue", "epc_std", "r_latent_without",
    "problem",
]  # fmt: skip


def shared_content(
    joint: JointModel, *, overlapping: Collection[frozenset[str]] = (), largest: int = 3
) -> pd.DataFrame:
    """Score tests of what an item of one scale may share with another scale, one row each (``SHARED_COLUMNS``).

    For every pair of scales: every item's ``cross_loading`` on the other scale's factor. For the pair with the largest
    latent correlation and those called ``overlapping`` (``closest``) also the ``largest`` few of the kind
    ``residual_covariance``, of an item of one scale and one of the other. ``mi`` and ``pvalue`` are the score test of
    freeing it, one at a time, which takes persons as independent and answers as normal
    (``analysis/sem/modification.py``): they rank what to look at. ``epc_std``: what the standardised loading, or the
    correlation of the residuals, would then be. ``r_latent_without``: the latent correlation of the pair in the model
    without the item (without both items), NaN with the problem ``no_model_without`` where that model has no admissible
    solution or a scale fewer than two items.

    Empty where the model has no figures or one scale.
    """
    correlations = latent_correlations(joint)
    if correlations.empty:
        return pd.DataFrame(columns=SHARED_COLUMNS)
    tests = _tests(joint)
    highest = correlations["r"].abs().idxmax()
    left_out: dict[frozenset[str], dict[frozenset[str], float] | None] = {}
    rows: list[dict[str, object]] = []
    for n, pair in correlations.iterrows():
        a, b = str(pair["scale_a"]), str(pair["scale_b"])
        closest = n == highest or frozenset((a, b)) in overlapping
        for kind, item, other, items in _asked(joint, tests, a, b, largest if closest else 0):
            key = frozenset(items)
            if key not in left_out:
                left_out[key] = correlations_without(joint, items)
            without = left_out[key]
            rows.append(
                {
                    "scale_a": a, "scale_b": b, "item": item, "kind": kind, "other": other, "closest": closest,
                    "r_latent": pair["r"], **tests.get(frozenset((item, other)), {}),
                    "r_latent_without": np.nan if without is None else without[frozenset((a, b))],
                    "problem": "" if without is not None else "no_model_without",
                }
            )  # fmt: skip
    return pd.DataFrame(rows, columns=SHARED_COLUMNS)


_Asked = tuple[str, str, str, tuple[str, ...]]


def _asked(
    joint: JointModel, tests: dict[frozenset[str], dict[str, float]], a: str, b: str, largest: int
) -> list[_Asked]:
    """What a pair of scales is asked: (kind, item, other, items to leave out)."""
    found: list[_Asked] = []
    for scale, other in ((a, b), (b, a)):
        found += [
            ("cross_loading", item, other, (item,)) for item in joint.items[scale] if item not in joint.items[other]
        ]
    between = [(i, j) for i in joint.items[a] for j in joint.items[b] if frozenset((i, j)) in tests]
    between.sort(key=lambda pair: -tests[frozenset(pair)]["mi"])
    return found + [("residual_covariance", i, j, (i, j)) for i, j in between[:largest]]


def _tests(joint: JointModel) -> dict[frozenset[str], dict[str, float]]:
    """The score tests by what they relate: an item and a scale, or two items."""
    if joint.result is None:
        return {}
    called = {name: item for item, name in joint.variables.items()}
    called |= {name: scale for scale, name in joint.factors.items()}
    found = modification_indices(joint.result.estimated)
    found = found[found["op"].isin(["=~", "~~"]) & found["lhs"].isin(called) & found["rhs"].isin(called)]
    columns = (found[name] for name in ("lhs", "rhs", "mi", "pvalue", "std_all"))
    return {
        frozenset((called[lhs], called[rhs])): {"mi": float(mi), "pvalue": float(pvalue), "epc_std": float(epc)}
        for lhs, rhs, mi, pvalue, epc in zip(*columns, strict=True)
    }
