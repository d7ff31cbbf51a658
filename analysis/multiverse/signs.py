"""What estimates would be without an effect: the projects' shares of an estimate with their signs flipped.

Each project's share of an estimate (``influence.shares``) is, without an effect, as likely as its opposite: to first
order the shares are what independent projects add to a sum that is nil on average. Estimates with all combinations of
signs are then as likely as the one found, which is the combination without a flip (sign-flipped score contributions:
Hemerik, Goeman & Finos 2020, J. R. Stat. Soc. B 82, 841). A project keeps its sign over all specifications, so that the
estimates of a draw depend on each other as those found do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Signs:
    """``flips`` (draws, units) of 1 and -1, the one without a flip first; ``units``: whose signs the columns are;
    ``exact``: whether these are all there are."""

    units: tuple[str, ...]
    flips: Array
    exact: bool

    def estimates(self, influences: Sequence[Mapping[str, float]]) -> Array:
        """What each of ``influences`` (a share by unit; units it lacks add nothing) adds up to under every draw,
        (draws, influences): the first row are the sums as they are."""
        by_unit = np.array([[one.get(unit, 0.0) for unit in self.units] for one in influences])
        return np.asarray(self.flips @ by_unit.reshape(len(influences), len(self.units)).T)


def sign_vectors(units: Sequence[str], *, n: int, seed: int) -> Signs:
    """All combinations of signs of ``units`` where these are at most ``n``, else ``n`` of them, drawn with ``seed``.

    A test towards one side needs the combinations and their opposites: with k units there are ``2^k``, and the smallest
    p-value is one over that. Raises ``ValueError`` without units, or for ``n`` below one.
    """
    k = len(units)
    if k == 0 or n < 1:
        raise ValueError("signs need at least one unit, and at least one draw")
    if k < 63 and 2**k <= n:
        flips = 1.0 - 2.0 * ((np.arange(2**k)[:, None] >> np.arange(k)) & 1)
        return Signs(tuple(units), flips, exact=True)
    flips = np.random.default_rng(seed).choice([-1.0, 1.0], size=(n, k))
    flips[0] = 1.0
    return Signs(tuple(units), flips, exact=False)


def units_of(influences: Sequence[Mapping[str, float]]) -> tuple[str, ...]:
    """All units that any of ``influences`` has a share of, in order of their names."""
    return tuple(sorted({unit for one in influences for unit in one}))
