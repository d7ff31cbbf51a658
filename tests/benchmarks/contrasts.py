"""How often a trait of projects is called significant where nothing is to be found, by every method of comparing.

    python tests/benchmarks/contrasts.py [--replications 1000] [--seed 1]

Residents of projects that lie two by two on traits a and b answer something normal; the traits have no effect, but
residents of one project have something in common (ICC). Sizes: *equal*, 25 each; *unequal*, 5 to 60 in every cell of
the design; *by trait*, 45 in every project with a and 8 in every other, so that unit means vary unequally between the
levels compared. Shares of draws with p < .05, per cent: a markdown table for a and one for the difference of the two
effects, for tests/benchmarks/README.md. One process, fixed seed. At most 999 assignments or signs are drawn.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
import pandas as pd
from scipy.stats import t as t_distribution

from analysis.clusters.assignments import Assignments, assignments
from analysis.clusters.contrast import Array, TraitColumns
from analysis.clusters.design import Compared, People, compared, people
from analysis.clusters.kenward_roger import KenwardRoger, kenward_roger
from analysis.clusters.least_squares import LeastSquares, least_squares
from analysis.clusters.mixed import RandomIntercept, random_intercept
from analysis.clusters.permutation import permuted_coefficients
from analysis.clusters.persons import welch_contrast
from analysis.clusters.robust import Kind, cluster_robust
from analysis.clusters.unit_means import UnitFit, adjusted_means, unit_fit
from analysis.clusters.wild import Weights, wild_coefficients, wild_weights

TRAITS = (TraitColumns("a", "unit", "a", "1", "0"), TraitColumns("b", "unit", "b", "1", "0"))
METHODS = (
    "persons", "ols", "project_means", "mixed", "mixed, between-within", "mixed, normal", "cr2", "cr3", "permutation",
    "wild",
)  # fmt: skip
ALPHA, CONFIDENCE, DRAWS = 0.05, 0.95, 999
PROJECTS, ICCS, SIZES = (8, 12, 20), (0.0, 0.05, 0.15), ("equal", "unequal", "by trait")


def design(k: int, sizes: str) -> Compared:
    """``k`` projects two by two; the outcome is a placeholder."""
    a, b = np.arange(k) % 2, np.arange(k) // 2 % 2
    spread = np.round(5 + 55 * np.linspace(0, 1, k // 4 + k % 4) ** 1.5).astype(int)
    n_by_project = {
        "equal": np.full(k, 25), "unequal": spread[np.arange(k) // 4], "by trait": np.where(a == 1, 45, 8)
    }[sizes]  # fmt: skip
    place = np.repeat(np.arange(k), n_by_project)
    frame = pd.DataFrame({"project": [f"p{i:02d}" for i in place], "a": a[place], "b": b[place]})
    frame["y"] = np.random.default_rng(0).normal(size=len(place))
    found = people(frame, "y", TRAITS, cluster="project", adjust_for=[])
    return compared(found, TRAITS, minimum_units=4)


@dataclass(frozen=True)
class Fits:
    """One draw, fitted once for both questions."""

    data: Compared
    persons: LeastSquares
    units: UnitFit
    mixed: RandomIntercept
    errors: KenwardRoger


def fitted(data: Compared) -> Fits:
    """The fits that all methods stand on."""
    mixed = random_intercept(data.y, data.X, data.cluster)
    between, within = mixed.intercept_variance, mixed.residual_variance
    errors = kenward_roger(data.X, data.cluster, between=between, within=within)
    return Fits(data, least_squares(data.y, data.X, data.cluster), unit_fit(data.means, data.Z), mixed, errors)


def pvalues(fits: Fits, which: int, permuted: Assignments, signs: Weights) -> dict[str, float]:
    """p by every method for question ``which``."""
    question = fits.data.questions[which]
    c, u = question.weights, question.unit_weights
    plain = float(np.sqrt(c @ fits.mixed.covariance @ c))
    mixed, means = float(c @ fits.mixed.beta), fits.units
    tests: dict[str, tuple[float, float, float]] = {
        "ols": (float(c @ fits.persons.beta), float(fits.persons.naive_se(c[None, :])[0]), fits.persons.df),
        "project_means": (float(u @ means.beta), float(np.sqrt(u @ means.covariance @ u)), means.df),
        "mixed": (mixed, float(np.sqrt(c @ fits.errors.covariance @ c)), fits.errors.df(c)),
        "mixed, between-within": (mixed, plain, means.df),
        "mixed, normal": (mixed, plain, np.inf),
    }
    for kind in get_args(Kind):
        robust = cluster_robust(fits.persons, c[None, :], kind=kind)
        tests[kind.lower()] = float(robust.estimate[0]), float(robust.se[0]), float(robust.df[0])
    found = {name: float(2 * t_distribution.sf(abs(est / se), df)) for name, (est, se, df) in tests.items()}
    labels = permuted_coefficients(fits.data.means, question.tested, question.others, permuted.labels)
    return {**found, "permutation": labels.pvalue(), "wild": wild_coefficients(fits.persons, c, signs.values).pvalue()}


def welch(data: Compared) -> float:
    """p of Welch's t on persons, for trait a."""
    a = data.X[:, 1:2]
    everybody = People("y", data.y, a, np.empty((len(data.y), 0)), np.full(len(data.y), "", dtype=object))
    return welch_contrast(everybody, TRAITS[0], confidence=CONFIDENCE).pvalue


def shares(k: int, sizes: str, icc: float, *, replications: int, rng: np.random.Generator) -> list[dict[str, float]]:
    """For a, then for a - b: the share of draws with p < .05 by each method."""
    data = design(k, sizes)
    count: list[Counter[str]] = [Counter(), Counter()]
    asked = (0, 2)
    permuted = [
        assignments(data.questions[q].tested, data.questions[q].strata, draws=DRAWS, seed=q) for q in asked
    ]  # fmt: skip
    signs = wild_weights(k, confidence=CONFIDENCE, draws=DRAWS, seed=3)
    for _ in range(replications):
        y: Array = np.sqrt(icc) * rng.normal(size=k)[data.cluster] + np.sqrt(1 - icc) * rng.normal(size=len(data.y))
        drawn = replace(data, y=y, means=adjusted_means(y, np.empty((len(y), 0)), data.cluster))
        fits = fitted(drawn)
        for which, counted, labels in zip(asked, count, permuted, strict=True):
            counted.update(name for name, p in pvalues(fits, which, labels, signs).items() if p < ALPHA + 1e-12)
        count[0].update(["persons"] if welch(drawn) < ALPHA else [])
    return [{name: counted[name] / replications for name in METHODS} for counted in count]


def main() -> None:
    """Print the two tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replications", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    lines: list[list[str]] = [[], []]
    for k in PROJECTS:
        for sizes in SIZES:
            for icc in ICCS:
                found = shares(k, sizes, icc, replications=arguments.replications, rng=rng)
                for to, share, names in zip(lines, found, (METHODS, METHODS[1:]), strict=True):
                    cells = " | ".join(f"{100 * share[name]:.1f}" for name in names)
                    to.append(f"| {k} | {sizes} | {icc} | {cells} |")
    for question, names, to in zip(("a", "a - b"), (METHODS, METHODS[1:]), lines, strict=True):
        print(f"\n{question}\n\n| projects | sizes | ICC | {' | '.join(names)} |\n|{'---|' * (3 + len(names))}")
        print("\n".join(to))


if __name__ == "__main__":
    main()
