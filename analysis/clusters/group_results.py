"""Means of every group of persons in every wave: of everybody, of each project, of the projects of one corporation.

**The mean** of a group with several clusters (projects) is that of its cluster means: every cluster counts once, as in
``means.trait_means``, so that the same group has the same mean in both tables. A group in one cluster has the mean of
its persons.

**The interval** is that of Student's t: of k cluster means with k - 1 degrees of freedom where clusters are the units
(Donald & Lang 2007: persons of one cluster are not independent, cluster means are), of n persons with n - 1 within one
cluster. The latter says how well the answers given tell of everybody who could have answered there; it does not speak
of other clusters. Persons of several waves are taken for different ones: nothing links them.

``largest_share`` is how much of the sum one person gives (``analysis/clusters/largest.py``), for the disclosure gate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from analysis.clusters.contrast import Array, half_width
from analysis.clusters.largest import largest_share
from analysis.clusters.means import with_data

ALL = "all"


@dataclass(frozen=True)
class GroupMean:
    """``n_obs`` persons, their ``mean`` and its interval (NaN where one unit or person alone gives none)."""

    n_obs: int
    mean: float
    ci_lower: float
    ci_upper: float


COLUMNS = ["outcome", "division", "group", "wave", *GroupMean.__dataclass_fields__, "largest_share"]


def group_results(
    persons: pd.DataFrame,
    *,
    outcomes: Sequence[str],
    divisions: Mapping[str, pd.Series],
    cluster: str,
    wave: str,
    confidence: float,
    lowest: Mapping[str, float],
) -> pd.DataFrame:
    """A row an outcome, division, group and wave (``all`` first) in which anybody has the outcome.

    ``divisions``: by name the group of every one of ``persons`` (same index), missing for those who belong to none; the
    division ``all`` with everybody in the group ``all`` need not be given. ``cluster`` and ``wave`` are columns of
    ``persons``; ``lowest``: the lowest score there can be, by outcome.
    """
    everybody = pd.Series(ALL, index=persons.index)
    rows = []
    for outcome in with_data(persons, outcomes):
        for division, group_of in {ALL: everybody, **divisions}.items():
            known = persons[persons[outcome].notna() & group_of.notna()]
            for group, members in known.groupby(group_of[known.index].astype(str), sort=True):
                waves = [(ALL, members), *members.groupby(members[wave].astype(str), sort=True)]
                for name, frame in waves:
                    found = group_mean(frame[outcome], frame[cluster], confidence=confidence)
                    key = {"outcome": outcome, "division": division, "group": group, "wave": name}
                    share = largest_share(frame[outcome], lowest.get(outcome, np.nan))
                    rows.append(key | asdict(found) | {"largest_share": share})
    return pd.DataFrame(rows, columns=COLUMNS)


def group_mean(values: pd.Series, cluster: pd.Series, *, confidence: float) -> GroupMean:
    """Mean and interval of ``values`` (n, none missing) of persons in clusters (n; missing: not known in which).

    Persons whose cluster is not known count among ``n_obs``, and in the mean only where nobody's is known.
    """
    values, known = values.astype(float), cluster.notna()
    by_cluster = values[known].groupby(cluster[known].astype(str))
    sizes = by_cluster.size()
    units = by_cluster.mean() if len(sizes) > 1 else values[known] if len(sizes) else values
    return GroupMean(len(values), *mean_of_units(units.to_numpy(), confidence=confidence))


def mean_of_units(values: Array, *, confidence: float) -> tuple[float, float, float]:
    """Mean of ``values`` (k) and both ends of its t interval (k - 1 degrees of freedom; NaN where k < 2)."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, np.nan, np.nan
    se = float(np.std(values, ddof=1)) / np.sqrt(len(values))
    half = half_width(se, len(values) - 1, confidence)
    return mean, mean - half, mean + half
