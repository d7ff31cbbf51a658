"""How often a component is found to matter where none does, and how often the interval holds the true difference.

    python tests/benchmarks/component_evidence.py [--replications 1000] [--seed 1]

Means of 8, 12 and 20 projects, 25 persons each or 10 to 60, with an ICC of .10; some of the projects have a component
at random: half of them, or four. *skewed*: what projects have in common is exponential instead of normal. *unequal*:
projects with the component have 10 persons, the others 60. Four ways to compare: permutation of the studentised
difference and its inversion (what the report shows), Welch's t of the project means, Student's t of them, and persons
as if they were independent (a t test of the persons). Then the whole table as the stage makes it: 24 components, nine
outcomes that correlate as scales do, Holm over all; the share of tables with any finding. Per cent; one process, fixed
seed.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from scipy import stats

from analysis.clusters.assignments import assignments
from analysis.clusters.component_evidence import EvidenceSettings, component_evidence
from analysis.clusters.contrast import Array
from analysis.clusters.permutation import permutation_test

ICC, DRAWS, CONFIDENCE = 0.10, 999, 0.95
SITUATIONS = ("equal", "sizes 10 to 60", "skewed", "unequal")
WAYS = ("permutation", "Welch", "Student", "persons")


def project_means(has: Array, situation: str, rng: np.random.Generator) -> tuple[Array, Array]:
    """Means (k) and sizes (k) of projects in which the component makes no difference."""
    k = len(has)
    sizes = np.full(k, 25.0)
    if situation == "sizes 10 to 60":
        sizes = np.linspace(10, 60, k).round()
        rng.shuffle(sizes)
    elif situation == "unequal":
        sizes = np.where(has == 1, 10.0, 60.0)
    common = rng.exponential(size=k) - 1 if situation == "skewed" else rng.normal(size=k)
    within = rng.normal(size=k) * np.sqrt((1 - ICC) / sizes)
    return common * np.sqrt(ICC) + within, sizes


def compared(means: Array, sizes: Array, has: Array, seed: int) -> dict[str, tuple[bool, bool]]:
    """By way: whether p < .05, and whether the interval holds 0."""
    permuted = assignments(has, np.zeros(len(has)), draws=DRAWS, seed=seed)
    test = permutation_test(means, has, np.ones((len(has), 1)), permuted, confidence=CONFIDENCE)
    covered = bool(np.isnan(test.ci_lower) or test.ci_lower <= 0 <= test.ci_upper)
    found = {"permutation": (test.pvalue < 0.05, covered)}
    a, b = means[has == 1], means[has == 0]
    for way, equal in (("Welch", False), ("Student", True)):
        result = stats.ttest_ind(a, b, equal_var=equal)
        interval = result.confidence_interval(CONFIDENCE)
        found[way] = (bool(result.pvalue < 0.05), bool(interval.low <= 0 <= interval.high))
    n, m = sizes[has == 1].sum(), sizes[has == 0].sum()
    difference = np.average(a, weights=sizes[has == 1]) - np.average(b, weights=sizes[has == 0])
    significant = bool(abs(difference) > 1.96 * np.sqrt(1 / n + 1 / m))  # a variance of one in all
    found["persons"] = (significant, not significant)
    return found


def rates(k: int, n_with: int, situation: str, replications: int, seed: int) -> dict[str, tuple[float, float]]:
    """Error rate and coverage by way, in per cent."""
    rng = np.random.default_rng([seed, k, n_with, SITUATIONS.index(situation)])
    tallies = {way: np.zeros(2) for way in WAYS}
    for _ in range(replications):
        has = np.zeros(k)
        has[rng.permutation(k)[:n_with]] = 1.0
        means, sizes = project_means(has, situation, rng)
        for way, hits in compared(means, sizes, has, seed).items():
            tallies[way] += hits
    return {way: tuple(100 * tally / replications) for way, tally in tallies.items()}  # type: ignore[misc]


def tables_with_a_finding(k: int, replications: int, seed: int) -> float:
    """Per cent of whole tables, 24 components by nine outcomes, in which any adjusted p is below .05."""
    rng = np.random.default_rng([seed, k, 99])
    settings = EvidenceSettings(minimum_units=4, confidence=CONFIDENCE, adjust="holm", draws=DRAWS, seed=seed)
    projects, outcomes = [f"p{i}" for i in range(k)], [f"y{i}" for i in range(9)]
    nothing = pd.DataFrame(columns=["trait", "project", "high"])
    hits = 0
    for _ in range(replications):
        shared = rng.normal(size=k)
        means = [np.sqrt(0.5) * shared + np.sqrt(0.5) * rng.normal(size=k) for _ in outcomes]
        frame = pd.DataFrame(
            {"outcome": np.repeat(outcomes, k), "project": projects * 9, "mean": np.concatenate(means)}
        )
        has = rng.random((24, k)) < rng.uniform(0.2, 0.8, 24)[:, None]
        components = pd.DataFrame({
            "component": np.repeat([f"c{i}" for i in range(24)], k), "kind": "component", "project": projects * 24,
            "has": np.where(has.ravel(), "yes", "no"),
        })  # fmt: skip
        table = component_evidence(frame, components, nothing, sd={}, settings=settings)
        hits += bool((table["pvalue_adjusted"] < 0.05).any())
    return 100 * hits / replications


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replications", type=int, default=1000)
    parser.add_argument("--tables", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print("| projects | with it | situation | " + " | ".join(WAYS) + " | " + " | ".join(f"{w}" for w in WAYS) + " |")
    print("|---|---|---|" + "---|" * 2 * len(WAYS))
    for k, n_with in ((8, 4), (12, 4), (12, 6), (20, 4), (20, 10)):
        for situation in SITUATIONS:
            found = rates(k, n_with, situation, asked.replications, asked.seed)
            figures = [f"{found[way][i]:.1f}" for i in (0, 1) for way in WAYS]
            print(f"| {k} | {n_with} | {situation} | {' | '.join(figures)} |", flush=True)
    print("\n| projects | tables with a finding |\n|---|---|")
    for k in (8, 12):
        print(f"| {k} | {tables_with_a_finding(k, asked.tables, asked.seed):.1f} |", flush=True)


if __name__ == "__main__":
    main()
