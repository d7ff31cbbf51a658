"""Which interval of an intraclass correlation holds for few projects, and which test of places within persons does.

    python tests/benchmarks/clustering.py [--replications 4000] [--seed 1] [--part intervals|tests]

Intervals: residents of projects of 10 to 60 persons answer something continuous (normal), four five-point items whose
mean counts (shares .04 .08 .18 .40 .30; half of what is not the project's is the person's), or one five-point item that
most answer alike (shares .60 .20 .10 .06 .04); items are cut from normal variables with the project in them. The truth
for items is the ICC of what is analysed, by numerical integration, not that of what it is cut from. Tests: two scores
in the same projects, nothing to be found; which share of draws has p < .05.

Prints Markdown tables for tests/benchmarks/README.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import f, norm, t, ttest_1samp, ttest_ind

from analysis.clusters.clustering import OneWay, exact_interval
from analysis.clusters.contrasts import TraitColumns, trait_contrasts
from analysis.measurement.levels import Place, Profile, level_differences

Array = npt.NDArray[np.floating[Any]]
CONFIDENCE, N_BOOT = 0.95, 400
PROJECTS, ICCS = (6, 8, 12, 20), (0.0, 0.02, 0.05, 0.15, 0.30)


def sizes_of(k: int) -> Array:
    """``k`` project sizes from 10 to 60, more small ones than large ones."""
    return np.round(10 + 50 * np.linspace(0, 1, k) ** 1.5)


@dataclass(frozen=True)
class Answers:
    """``n_items`` items of the same kind, by the ``shares`` of their categories; none: something continuous."""

    name: str
    n_items: int = 1
    shares: tuple[float, ...] = ()

    @property
    def cuts(self) -> Array:
        """Where the categories are cut from a standard normal variable."""
        return np.asarray(norm.ppf(np.cumsum(self.shares)[:-1]))

    def icc(self, latent: float) -> float:
        """ICC of the mean of the items when the project has a share ``latent`` of what they are cut from.

        Of what is left, half belongs to the person. Two items of one person covary as the expected answers given
        project and person vary; two persons of one project as those given the project do.
        """
        scores = np.arange(len(self.shares))
        shares = np.asarray(self.shares)
        variance = float(shares @ scores**2 - (shares @ scores) ** 2)
        of_person = self._explained(latent + (1 - latent) / 2)
        return self._explained(latent) / ((variance + (self.n_items - 1) * of_person) / self.n_items)

    def _explained(self, share: float) -> float:
        """Variance of the expected answer given what has ``share`` of the variable."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(101)
        expected = norm.sf((self.cuts[:, None] - np.sqrt(share) * nodes) / np.sqrt(1 - share)).sum(axis=0)
        weights = weights / weights.sum()
        return float(weights @ expected**2 - (weights @ expected) ** 2)

    def drawn(self, rng: np.random.Generator, place: npt.NDArray[np.intp], icc: float, n_draws: int) -> Array:
        """Answers (draws, persons) of residents of ``place`` whose ICC is ``icc``."""
        latent = icc
        if self.shares and icc > 0:
            latent = float(brentq(lambda share: self.icc(share) - icc, 1e-9, 0.99))
        shared = np.sqrt(latent) * rng.normal(size=(n_draws, place.max() + 1))[:, place]
        if not self.shares:
            return np.asarray(shared + np.sqrt(1 - latent) * rng.normal(size=shared.shape))
        half = np.sqrt((1 - latent) / 2)
        shared += half * rng.normal(size=shared.shape)
        items = (np.searchsorted(self.cuts, shared + half * rng.normal(size=shared.shape)) for _ in range(self.n_items))
        return np.asarray(sum(items) / self.n_items, dtype=float)


ANSWERS = (
    Answers("normal"),
    Answers("four items", 4, (0.04, 0.08, 0.18, 0.40, 0.30)),
    Answers("one skewed item", 1, (0.60, 0.20, 0.10, 0.06, 0.04)),
)


def draw(rng: np.random.Generator, sizes: Array, icc: float, answers: Answers, n_draws: int) -> tuple[Array, Array]:
    """Project means (draws, k) and sums of squares within (draws, k)."""
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(int)
    place = np.repeat(np.arange(len(sizes)), sizes.astype(int))
    y = answers.drawn(rng, place, icc, n_draws)
    means = np.add.reduceat(y, starts, axis=1) / sizes
    return means, np.add.reduceat((y - means[:, place]) ** 2, starts, axis=1)


def ends(ratio: Array, size: float, df: tuple[float, float]) -> tuple[Array, Array]:
    """Interval of the ICC from an F ratio and a common size."""
    lower, upper = (ratio / f.ppf(q, *df) for q in ((1 + CONFIDENCE) / 2, (1 - CONFIDENCE) / 2))
    return (lower - 1) / (lower + size - 1), (upper - 1) / (upper + size - 1)


def n0_ratio(sizes: Array, means: Array, within: Array) -> tuple[Array, Array]:
    """Searle (1971): the usual F, n0 for the common size."""
    n, k = sizes.sum(), len(sizes)
    grand = means @ sizes / n
    ratio = ((means - grand[:, None]) ** 2 @ sizes) / (k - 1) / (within.sum(axis=1) / (n - k))
    return ends(ratio, (n - (sizes**2).sum() / n) / (k - 1), (k - 1, n - k))


def unweighted(sizes: Array, means: Array, within: Array) -> tuple[Array, Array, Array]:
    """Variance of the means over the mean square within; its F quantiles' lower and upper ratio."""
    n, k = sizes.sum(), len(sizes)
    ratio = means.var(axis=1, ddof=1) / (within.sum(axis=1) / (n - k))
    lower, upper = (ratio / f.ppf(q, k - 1, n - k) for q in ((1 + CONFIDENCE) / 2, (1 - CONFIDENCE) / 2))
    return ratio, lower, upper


def harmonic(sizes: Array, means: Array, within: Array) -> tuple[Array, Array]:
    """Thomas & Hultquist (1978): unweighted means, harmonic mean size."""
    _, lower, upper = unweighted(sizes, means, within)
    h = float((1 / sizes).mean())
    low, high = lower - h, upper - h
    return low / (1 + low), high / (1 + high)


def burdick_eickman(sizes: Array, means: Array, within: Array) -> tuple[Array, Array]:
    """Burdick & Eickman (1986; Burdick & Graybill 1992, §4.4): smallest size below, largest size above."""
    _, lower, upper = unweighted(sizes, means, within)
    low, high = lower - 1 / sizes.min(), upper - 1 / sizes.max()
    return low / (1 + low), high / (1 + high)


def wald(sizes: Array, means: Array, within: Array) -> tuple[Array, Array]:
    """``analysis.clusters.clustering``, for many draws at once, by bisection."""
    n, k = sizes.sum(), len(sizes)
    msw = within.sum(axis=1) / (n - k)

    def solve(wanted: float) -> Array:
        low, high = np.full(len(means), -1 / (sizes.max() - 1)), np.ones(len(means))
        for _ in range(45):
            middle = (low + high) / 2
            weight = sizes / (1 + sizes * (middle / (1 - middle))[:, None])
            centre = (weight * means).sum(axis=1) / weight.sum(axis=1)
            ratio = (weight * (means - centre[:, None]) ** 2).sum(axis=1) / (k - 1) / msw
            low, high = np.where(ratio > wanted, middle, low), np.where(ratio > wanted, high, middle)
        return (low + high) / 2

    lower, upper = (solve(float(f.ppf(q, k - 1, n - k))) for q in ((1 + CONFIDENCE) / 2, (1 - CONFIDENCE) / 2))
    return lower, upper


def resampled(sizes: Array, means: Array, within: Array) -> tuple[Array, Array]:
    """Percentiles of projects drawn with replacement."""
    rng = np.random.default_rng(7)
    pick = rng.integers(len(sizes), size=(N_BOOT, len(sizes)))
    chosen = sizes[pick]
    n, k = chosen.sum(axis=1), len(sizes)
    n0 = (n - (chosen**2).sum(axis=1) / n) / (k - 1)
    found = np.empty((len(means), 2))
    for i, (mean, inside) in enumerate(zip(means, within, strict=True)):
        of = mean[pick]
        grand = (of * chosen).sum(axis=1) / n
        between = (chosen * (of - grand[:, None]) ** 2).sum(axis=1) / (k - 1)
        msw = inside[pick].sum(axis=1) / (n - k)
        with np.errstate(invalid="ignore"):  # a draw of projects in which everybody answers alike
            found[i] = np.nanquantile((between - msw) / (between + (n0 - 1) * msw), [0.025, 0.975])
    return found[:, 0], found[:, 1]


METHODS: dict[str, Callable[[Array, Array, Array], tuple[Array, Array]]] = {
    "Wald, exact": wald, "F, n0": n0_ratio, "F, harmonic": harmonic, "Burdick-Eickman": burdick_eickman,
    "bootstrap": resampled,
}  # fmt: skip


def check_against_package(sizes: Array, means: Array, within: Array) -> None:
    """The bisection here finds what ``analysis.clusters.clustering`` finds (one draw)."""
    lower, upper = wald(sizes, means[None], within[None])
    found = exact_interval(
        OneWay(sizes, means, between=np.nan, within=within.sum() / (sizes.sum() - len(sizes))), confidence=CONFIDENCE
    )
    assert np.allclose([lower[0], upper[0]], found, atol=1e-9)


def intervals(n_draws: int, seed: int) -> None:
    """Coverage of every candidate, and the mean width of the one that was chosen."""
    print("| answers | ICC | " + " | ".join([*METHODS, f"width, {next(iter(METHODS))}"]) + " |")
    print("|" + "---|" * (3 + len(METHODS)))
    for position, answers in enumerate(ANSWERS):
        for icc in ICCS:
            cells: dict[str, list[str]] = {name: [] for name in [*METHODS, "width"]}
            for k in PROJECTS:
                rng = np.random.default_rng([seed, position, k, round(100 * icc)])
                sizes = sizes_of(k)
                means, within = draw(rng, sizes, icc, answers, n_draws)
                check_against_package(sizes, means[0], within[0])
                for name, method in METHODS.items():
                    n = min(n_draws, 1000) if name == "bootstrap" else n_draws
                    lower, upper = method(sizes, means[:n], within[:n])
                    cells[name].append(f"{100 * np.mean((lower <= icc) & (icc <= upper)):.1f}")
                    if method is wald:
                        cells["width"].append(f"{np.mean(np.clip(upper, 0, 1) - np.clip(lower, 0, 1)):.2f}")
            print(f"| {answers.name} | {icc:.2f} | " + " | ".join(" ".join(found) for found in cells.values()) + " |")


PROFILE = Profile("places", (Place("near", "near"), Place("far", "far")))
TRAITS = [TraitColumns("a", "unit", "a_dummy", "high", "low"), TraitColumns("b", "unit", "b_dummy", "high", "low")]


def tests(n_draws: int, seed: int) -> None:
    """How often nothing is taken for a difference."""
    compared = [f"{what}, {units} as units" for what in ("places", "by trait") for units in ("projects", "persons")]
    print("| projects | ICC | " + " | ".join(compared) + " |")
    print("|---|---|---|---|---|---|")
    for k in (6, 12):
        for icc in (0.0, 0.05, 0.15):
            rng = np.random.default_rng([seed, k, round(100 * icc)])
            sizes = sizes_of(k)
            rng.shuffle(sizes)
            place = np.repeat(np.arange(k), sizes.astype(int))
            near, far = (ANSWERS[0].drawn(rng, place, icc, n_draws) for _ in range(2))
            pvalues = pvalues_of(near - far, place)
            check_tests(near[0], far[0], place, pvalues[:, 0])
            shares = " | ".join(f"{100 * share:.1f}" for share in (pvalues < 0.05).mean(axis=1))
            print(f"| {k} | {icc:.2f} | {shares} |", flush=True)


def traits_of(k: int) -> tuple[Array, Array]:
    """Two traits of projects, crossed as far as ``k`` allows."""
    return np.arange(k) % 2.0, np.arange(k) // 2 % 2.0


def pvalues_of(difference: Array, place: npt.NDArray[np.intp]) -> Array:
    """Four p-values (4, draws) of differences (draws, persons): the tests of the package, for many draws at once."""
    k = int(place.max()) + 1
    starts, sizes = np.unique(place, return_index=True)[1], np.bincount(place)
    means = np.add.reduceat(difference, starts, axis=1) / sizes
    a, b = traits_of(k)
    design = np.column_stack([np.ones(k), a, b])
    inverse = np.linalg.inv(design.T @ design)
    beta = means @ design @ inverse
    variance = ((means - beta @ design.T) ** 2).sum(axis=1) / (k - 3)
    by_trait = 2 * t.sf(np.abs(beta[:, 1]) / np.sqrt(variance * inverse[1, 1]), k - 3)
    high = a[place] == 1
    welch = ttest_ind(difference[:, high], difference[:, ~high], axis=1, equal_var=False).pvalue
    return np.array([ttest_1samp(means, 0, axis=1).pvalue, ttest_1samp(difference, 0, axis=1).pvalue, by_trait, welch])


def check_tests(near: Array, far: Array, place: npt.NDArray[np.intp], pvalues: Array) -> None:
    """The package finds the same p-values (one draw)."""
    frame = pd.DataFrame({"project": place.astype(str), "near": near, "far": far, "d": near - far})
    for trait, by_project in zip(TRAITS, traits_of(int(place.max()) + 1), strict=True):
        frame[trait.dummy] = by_project[place]
        frame[trait.name] = np.where(frame[trait.dummy] == 1, trait.high, trait.low)
    everybody = [("all", "all", pd.Series(True, index=frame.index))]
    places = level_differences(frame, [PROFILE], everybody, cluster="project", confidence=0.95)
    contrasts = trait_contrasts(
        frame, outcomes=["d"], traits=TRAITS, cluster="project", minimum_units=2, confidence=0.95, adjust="none"
    )
    of_a = contrasts[contrasts["trait"] == "a"].set_index("method")["pvalue"]
    found = [places["pvalue"].iloc[0], pvalues[1], of_a["project_means"], of_a["persons"]]
    assert np.allclose(found, pvalues, rtol=1e-8)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", choices=["intervals", "tests"], action="append")
    options = parser.parse_args()
    for part in options.part or ["intervals", "tests"]:
        {"intervals": intervals, "tests": tests}[part](options.replications, options.seed)
        print()
