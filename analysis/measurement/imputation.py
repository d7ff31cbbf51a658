"""Filling in missing answers many times, and pooling what is estimated from each.

Chained equations with predictive mean matching (van Buuren 2018, Flexible imputation of missing data, §3.4 and §4.5) by
``statsmodels.imputation.mice.MICEData``: an imputed answer is always one that somebody gave, so it stays on the answer
scale. The chain and the matching are statsmodels' (0.15; the same drawn coefficients predict those who answered and
those who did not, type 2 matching in van Buuren's words). Its draw of coefficients takes the residual variance as known
and decomposes a tall matrix each time; here both are drawn from their posterior, out of a small one. Its pooling takes
every estimate to be normal; ``pool`` knows the small sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.linalg import cho_solve, cholesky, solve_triangular
from statsmodels.imputation.mice import MICEData
from statsmodels.regression.linear_model import OLS

Array = npt.NDArray[np.floating]

BURN_IN = 10
"""Cycles before the first imputation is taken."""

THIN = 3
"""Cycles from one imputation to the next."""

DONORS = 5
"""How many of those who answered, with the nearest predictions, an imputed answer is drawn from."""

_INTERCEPT = "(intercept)"


RIDGE = 1e-6
"""Added to the predictors' sums of squares, as a share of them, so that dependent predictors do no harm."""


class _Chain(MICEData):  # type: ignore[misc]
    """``MICEData`` whose regressions take every other column as it is.

    The formulas it would otherwise read anew at each step take most of its time. The column of ones is the intercept,
    and keeps persons without any answer, whom ``MICEData`` would drop.
    """

    def __init__(self, data: pd.DataFrame, rng: np.random.Generator, donors: int) -> None:
        super().__init__(data.assign(**{_INTERCEPT: 1.0}), k_pmm=donors, rng=rng)
        self.values = self.data.to_numpy(dtype=float, copy=True)
        self.place = {name: i for i, name in enumerate(self.data.columns)}
        every = np.arange(self.values.shape[1])
        self.others = {name: np.delete(every, at) for name, at in self.place.items()}
        # only its method ``predict`` is used, which is a product of a matrix and the drawn coefficients
        self.models = dict.fromkeys(self.data.columns, OLS(np.ones(2), np.ones((2, 1))))

    def perturb_params(self, vname: str) -> None:
        """Draw the coefficients for ``vname`` from their posterior under a flat prior: the residual variance from a
        scaled inverse χ², then the coefficients from a normal (Rubin 1987, p. 167)."""
        answered, at = self.ix_obs[vname], self.place[vname]
        rows = self.values[answered]
        products = rows.T @ rows
        others = self.others[vname]
        gram, towards = products[others[:, None], others], products[others, at]
        scale = np.sqrt(np.where(np.diag(gram) > 0, np.diag(gram), 1.0))
        root = cholesky(gram / np.outer(scale, scale) + RIDGE * np.eye(len(others)), lower=True)
        middle = cho_solve((root, True), towards / scale)
        residual = rows[:, at] - rows[:, others] @ (middle / scale)
        sd = np.sqrt(residual @ residual / self.rng.chisquare(max(len(rows) - len(others), 1)))
        noise = solve_triangular(root, self.rng.standard_normal(len(others)), lower=True, trans="T")
        self.params[vname] = (middle + sd * noise) / scale

    def get_split_data(self, vname: str) -> tuple[Array, Array, Array, dict[str, Any], dict[str, Any]]:
        """Answers to ``vname``, the other columns of those who answered and of those who did not, and no options."""
        answered, at = self.ix_obs[vname], self.place[vname]
        others = self.values[:, self.others[vname]]
        return self.values[answered, at], others[answered], others[self.ix_miss[vname]], {}, {}

    def _store_changes(self, col: str, vals: Array) -> None:
        self.values[self.ix_miss[col], self.place[col]] = vals


def impute(
    answers: pd.DataFrame,
    predictors: pd.DataFrame,
    *,
    imputations: int,
    rng: np.random.Generator,
    burn_in: int = BURN_IN,
    thin: int = THIN,
    donors: int = DONORS,
) -> Array:
    """``answers`` with the missing ones filled in, ``imputations`` times: (imputations, persons, items).

    Args:
        answers: Persons by items, NaN where missing.
        predictors: Complete columns of numbers of the same persons, which help to predict every item.
        imputations: How many.
        rng: All chance there is: the same generator gives the same answers, and no global state is touched.
        burn_in, thin, donors: See ``BURN_IN``, ``THIN`` and ``DONORS``.

    Raises:
        ValueError: An item that nobody answered, fewer answers than donors, or a predictor with a missing value.
    """
    fewest = int(answers.notna().sum().min())
    if fewest < donors:
        raise ValueError(f"an item has {fewest} answers, fewer than the {donors} donors an imputed one is drawn from")
    if predictors.isna().to_numpy().any():
        raise ValueError("predictors must be complete")
    data = pd.concat([answers.astype(float), predictors.astype(float)], axis=1).set_axis(
        [f"v{i}" for i in range(answers.shape[1] + predictors.shape[1])], axis=1
    )
    chain = _Chain(data, rng, donors)
    filled = np.empty((imputations, *answers.shape))
    for i in range(imputations):
        chain.update_all(burn_in if i == 0 else thin)
        filled[i] = chain.values[:, : answers.shape[1]]
    return filled


@dataclass(frozen=True)
class Pooled:
    """An estimate over imputations: ``se`` and degrees of freedom ``df`` (infinite: normal).

    ``missing_share``: the share of its variance that is due to missing answers (λ). ``missing_information``: the share
    of the information on it that is missing (γ); it also counts what is lost by estimating a variance from few degrees
    of freedom, so that with few clusters it is far from zero even where hardly an answer is missing.
    """

    estimate: float
    se: float
    df: float
    missing_share: float
    missing_information: float


def pool(estimates: Array, variances: Array, *, df_complete: float = np.inf) -> Pooled:
    """Rubin's rules for one quantity estimated from each of m imputations.

    Args:
        estimates: The m estimates.
        variances: Their squared standard errors.
        df_complete: Degrees of freedom the estimate would have without missing answers.

    The variance is ``T = W + (1 + 1/m) B``, W within and B between imputations (Rubin 1987, eq. 3.1.5), and λ the
    second term's share of it; the degrees of freedom ν are those of Barnard & Rubin (1999, eq. 3); γ is ``(r + 2/(ν +
    3))/(r + 1)`` with ``r = (1 + 1/m) B / W`` (Rubin 1987, eq. 3.1.10).

    Raises:
        ValueError: Fewer than two imputations.
    """
    m = len(estimates)
    if m < 2:
        raise ValueError("pooling needs at least two imputations")
    within, between = float(np.mean(variances)), float(np.var(estimates, ddof=1))
    total = within + (1 + 1 / m) * between
    estimate, se = float(np.mean(estimates)), float(np.sqrt(total))
    share = (1 + 1 / m) * between / total if between > 0 else 0.0
    # one over the degrees of freedom: both limits, of no missing answers and of a large sample, are then plain zeros
    inverse_df = share**2 / (m - 1)
    if np.isfinite(df_complete):
        observed = (df_complete + 1) / (df_complete + 3) * df_complete * (1 - share)
        inverse_df += 1 / observed if observed > 0 else np.inf
    df = 1 / inverse_df if inverse_df > 0 else float("inf")
    return Pooled(estimate, se, df, share, share + (1 - share) * 2 / (df + 3))
