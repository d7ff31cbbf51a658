"""Whether an item was answered as in an earlier wave, and whether its scale was turned round.

Persons of one project answer alike, so a wave holds less than its number of persons says: counts are divided by Kish's
design effect 1 + (m - 1) ICC, m being the size of project that a person is in on average (Kish 1965, Survey Sampling,
section 5.4; for tables, the first-order correction of Rao & Scott 1981, JASA 76, 221-230). What sets a project apart
for good cancels where it is in both waves: a smaller ICC, of what came over a project in between, counts for those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import chdtrc, ndtr, ndtri

Floats = npt.NDArray[np.float64]
_EXPECTED = 5.0
"""Categories with a smaller expected count are counted together with the next (Cochran 1954)."""


@dataclass(frozen=True)
class Sample:
    """Answers to one item (``values``, missing ones left out) and the project of each person (``units``)."""

    values: Floats
    units: npt.NDArray[np.object_]

    @classmethod
    def of(cls, values: pd.Series[float], units: npt.NDArray[np.object_]) -> Sample:
        """The answered rows; ``units`` as ``units_of`` names them."""
        answers = np.asarray(values, dtype=np.float64)
        given = ~np.isnan(answers)
        return cls(answers[given], units[given])

    def effective_n(self, icc: float) -> float:
        """How many independent persons the answers are worth."""
        if not len(self.values):
            return 0.0
        sizes = np.bincount(pd.factorize(self.units)[0]).astype(float)
        return float(len(self.values) / (1 + ((sizes**2).sum() / sizes.sum() - 1) * icc))


def units_of(project_by_person: pd.Series[str]) -> npt.NDArray[np.object_]:
    """The project of each person; whoever has none counts as a project of their own."""
    alone = np.array([f"#{i}" for i in range(len(project_by_person))], dtype=object)
    return np.where(project_by_person.isna().to_numpy(), alone, project_by_person.to_numpy(dtype=object))


@dataclass(frozen=True)
class Shift:
    """How far two waves' answers to one item lie apart.

    ``mean``: difference of means (new minus old) in pooled standard deviations. ``variation``: total variation
    distance, the share of persons who would have had to answer otherwise. ``mirrored``: the same distance after the new
    answers are turned round. ``pvalue``: of the smaller of a test of the distributions (χ²) and one of the means,
    times two.
    """

    n_new: int
    n_old: int
    mean: float
    variation: float
    mirrored: float
    pvalue: float


def shift_between(new: Sample, old: Sample, *, codes: Sequence[float], icc: float) -> Shift:
    """Compare ``new`` with ``old`` on an answer scale with these ``codes``. Both must have an answer."""
    scale = np.array(sorted({*codes, *new.values, *old.values}))
    p, q = _shares(new.values, scale), _shares(old.values, scale)
    turned = _shares(min(codes) + max(codes) - new.values, scale)
    n, m = new.effective_n(icc), old.effective_n(icc)
    mean, spread = float(new.values.mean() - old.values.mean()), _pooled_sd(new.values, old.values)
    error = spread * np.sqrt(1 / n + 1 / m)
    of_means = 2 * float(ndtr(-abs(mean) / error)) if error > 0 else float(mean == 0)
    return Shift(
        n_new=len(new.values),
        n_old=len(old.values),
        mean=mean / spread if spread > 0 else np.sign(mean) * np.inf if mean else 0.0,
        variation=_variation(p, q),
        mirrored=_variation(turned, q),
        pvalue=min(1.0, 2 * min(_homogeneity(p * n, q * m), of_means)),
    )


def icc_between(new: Sample, old: Sample, *, icc: float, icc_same_project: float) -> float:
    """The ICC to reckon with: ``icc_same_project`` for the share of persons whose project is in both waves (in the wave
    where that share is smaller), ``icc`` for the others."""
    shares = [
        float(pd.Series(side.units).isin(pd.unique(other.units)).mean()) if len(side.units) else 0.0
        for side, other in ((new, old), (old, new))
    ]
    return min(shares) * icc_same_project + (1 - min(shares)) * icc


def _shares(values: Floats, scale: Floats) -> Floats:
    """Share of ``values`` at each point of ``scale``; a turned value between its points goes to the nearest."""
    nearest = np.abs(values[:, None] - scale[None, :]).argmin(axis=1)
    return np.asarray(np.bincount(nearest, minlength=len(scale)) / len(values), dtype=float)


def _variation(p: Floats, q: Floats) -> float:
    return float(np.abs(p - q).sum() / 2)


def _pooled_sd(a: Floats, b: Floats) -> float:
    if len(a) + len(b) < 3:
        return 0.0
    return float(np.sqrt((((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum()) / (len(a) + len(b) - 2)))


def _homogeneity(a: Floats, b: Floats) -> float:
    """p-value of Pearson's test that two rows of (effective) counts have the same distribution."""
    smaller = min(a.sum(), b.sum()) / (a.sum() + b.sum())
    groups: list[tuple[float, float]] = []
    left = (0.0, 0.0)
    for x, y in zip(a, b, strict=True):
        left = (left[0] + float(x), left[1] + float(y))
        if sum(left) * smaller >= _EXPECTED:
            groups.append(left)
            left = (0.0, 0.0)
    if groups:
        groups[-1] = (groups[-1][0] + left[0], groups[-1][1] + left[1])
    if len(groups) < 2:
        return 1.0
    counts = np.array(groups).T
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / counts.sum()
    return float(chdtrc(len(groups) - 1, ((counts - expected) ** 2 / expected).sum()))


@dataclass(frozen=True)
class ItemRest:
    """Correlation of an item with the mean of the scale's other items, and the bounds of its interval (Fisher's z)."""

    r: float
    lower: float
    upper: float


def item_rest(keyed: pd.DataFrame, *, alpha: float, fewest: int = 10) -> dict[str, ItemRest]:
    """Item-rest correlations of a scale's items, all of them coded so that more is more; two-sided ``1 - alpha``.

    Persons with the item and at least one other count; an item that cannot be judged (fewer than ``fewest`` persons,
    or no spread) is left out.
    """
    values = keyed.to_numpy(dtype=float)
    total, answered = np.nansum(values, axis=1), (~np.isnan(values)).sum(axis=1)
    found = {}
    for i, name in enumerate(keyed.columns):
        both = ~np.isnan(values[:, i]) & (answered > 1)
        x = values[both, i]
        y = (total[both] - x) / (answered[both] - 1)
        if len(x) < fewest or x.std() == 0 or y.std() == 0:
            continue
        r = float(np.clip(np.corrcoef(x, y)[0, 1], -0.999999, 0.999999))
        reach = float(ndtri(1 - alpha / 2)) / np.sqrt(len(x) - 3)
        found[name] = ItemRest(r, float(np.tanh(np.arctanh(r) - reach)), float(np.tanh(np.arctanh(r) + reach)))
    return found


def turned_items(keyed: pd.DataFrame, *, alpha: float, ends: Mapping[str, float], fewest: int = 10) -> list[str]:
    """Items that run against the rest of their scale: the correlation is below zero, and surely so.

    The worst is turned round (``ends``: lowest plus highest code) before the others are looked at again, since one
    turned item pulls the rest of the others down. Scales of two items do not say which of the two it is, and when half
    the items or more had to be turned it is not known which half: nothing is named then.
    """
    turned: list[str] = []
    now = keyed.copy()
    if now.shape[1] < 3:
        return []
    while True:
        with_rest = item_rest(now, alpha=alpha, fewest=fewest)
        against = {name: c.r for name, c in with_rest.items() if c.upper < 0 and name not in turned}
        if not against:
            return turned
        worst = min(against, key=lambda name: against[name])
        turned.append(worst)
        if 2 * len(turned) >= now.shape[1]:
            return []
        now[worst] = ends[worst] - now[worst]
