"""Figures of nearly the same persons, in two tables: what they say together of the few by whom the groups differ.

Of n persons the sum of answers is known (the distribution is published) or known roughly (n times a rounded mean); of
all but ``few`` of them it is n - few times another rounded mean. The difference is what the few answered together, to
within what the rounding leaves: a mean of m persons rounded to units of u leaves a range of m u for their sum. So the
mean of the few can be told to within ``m u / few`` (both means rounded: the sum of both). Where that is less than
``width`` standard deviations the figures are published with fewer decimals, and not at all where one is too many.

The standard deviation says as much of the few's squared distances from the mean: m times 2 sd u, so in units of sd²
twice the range that the mean leaves; it is rounded as the mean is.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.disclosure.rules import Nearly

FEWEST_DECIMALS, HIDE = 1, -1


def decimals_beside(frames: Mapping[str, pd.DataFrame], link: Nearly, *, minimum_group: int) -> np.ndarray:
    """With how many decimals every row of ``link.table`` may be published; ``HIDE`` where not with one."""
    frame = frames[link.table]
    own = frame[[link.base, link.sd]].to_numpy(dtype=float)
    decimals = np.full(len(frame), link.decimals)
    for beside in link.beside:
        if beside.table not in frames:
            continue
        other = frames[beside.table]
        names = other[list(beside.by.values())].astype(str).itertuples(index=False, name=None)
        sizes = {key: n for key, n in zip(names, other[beside.base].to_numpy(dtype=float), strict=True) if n > 0}
        keys = frame[list(beside.by)].astype(str).itertuples(index=False, name=None)
        for row, key in enumerate(keys):
            n, sd = own[row]
            few = abs(sizes.get(key, n) - n)
            if n > 0 and 0 < few < minimum_group:
                rest = 0.0 if beside.decimals is None else sizes[key] * 10.0**-beside.decimals
                found = decimals_for(n, few, sd=sd, width=link.width, rest=rest, most=link.decimals)
                decimals[row] = min(decimals[row], found)
    return decimals


def decimals_for(n: float, few: float, *, sd: float, width: float, rest: float, most: int) -> int:
    """The most decimals of the mean of ``n`` persons that leave ``width * sd`` for the mean of ``few``; else ``HIDE``.

    ``rest``: what the rounding of the other figure leaves for its sum. Unknown ``sd``: nothing is left.
    """
    for decimals in range(most, FEWEST_DECIMALS - 1, -1):
        if (n * 10.0**-decimals + rest) / few >= width * sd:
            return decimals
    return HIDE


def rows_beside(frames: Mapping[str, pd.DataFrame], link: Nearly, *, minimum_group: int) -> set[tuple[str, int, str]]:
    """Figures of ``link.table`` that are not published with any decimals."""
    decimals = decimals_beside(frames, link, minimum_group=minimum_group)
    return {(link.table, int(row), column) for row in np.flatnonzero(decimals == HIDE) for column in link.figures}
