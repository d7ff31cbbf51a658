"""Which interval of an indirect effect holds with few projects.

    python tests/benchmarks/indirect.py [--replications 400] [--draws 999] [--jobs 1] [--seed 1]

Residents of projects (10 to 60 of each, two by two on location and construction) have scores of housing satisfaction,
cohesion and well-being with the paths of the simulated waves; of what is left of each score a share (ICC) is the
project's. The model is that of ``analysis/models/hs_to_sc.lav`` on observed scores; the two effects are the ones it
defines. Compared are the percentile and the BCa interval of a bootstrap of whole projects, the expanded percentile
interval, and the delta method with CR2 errors and Satterthwaite's degrees of freedom, all of the standardised effect.
The truth is what the model gives for 4000 projects of the same design.

Prints a Markdown table for tests/benchmarks/README.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
from joblib import Parallel, delayed

from analysis.sem import FitResult, ModelError, fit
from analysis.sem.bootstrap import bootstrap
from analysis.sem.intervals import expanded_level

MODEL = """
HS  ~ place*in_neighbourhood + repurposed
SC  ~ cohesion*HS + in_neighbourhood + repurposed
SWB ~ home*HS + belonging*SC
through_home     := place*home
through_cohesion := cohesion*belonging
"""
EFFECTS = ("through_home", "through_cohesion")
METHODS = ("percentile", "bca", "expanded", "delta")
CONDITIONS = tuple((k, icc) for k in (8, 12, 20) for icc in (0.02, 0.10))
MANY = 4000


def residents(k: int, icc: float, rng: np.random.Generator) -> pd.DataFrame:
    """Scores of the residents of ``k`` projects."""
    place = np.repeat(np.arange(k), rng.integers(10, 61, size=k))
    location, construction = place % 2, place // 2 % 2
    left = np.sqrt(icc) * rng.standard_normal((k, 3))[place] + np.sqrt(1 - icc) * rng.standard_normal((len(place), 3))
    hs = 0.9 * location + 0.4 * construction + left[:, 0]
    sc = 0.45 * hs - 0.4 * location - 0.2 * construction + 0.85 * left[:, 1]
    swb = 0.25 * hs + 0.35 * sc + 0.8 * left[:, 2]
    return pd.DataFrame({
        "project": place, "in_neighbourhood": location.astype(float), "repurposed": construction.astype(float),
        "HS": hs, "SC": sc, "SWB": swb,
    })  # fmt: skip


def standardised(result: FitResult) -> npt.NDArray[np.float64]:
    """The two effects, standardised."""
    rows = result.parameters.set_index("lhs")
    return rows.loc[list(EFFECTS), "std_all"].to_numpy(dtype=float)


def intervals(k: int, icc: float, draws: int, seed: int) -> Iterator[tuple[int, float, str, str, float, float]]:
    """Every interval of both effects in one set of residents; none where the model could not be fitted."""
    data = residents(k, icc, np.random.default_rng([seed, k, round(100 * icc)]))
    try:
        result = fit(MODEL, data, cluster="project", errors="cr2", estimator="mlr")
        drawn = bootstrap(result.estimated, draws=draws, seed=seed, by="cluster")
    except ModelError:
        return
    at = [list(result.parameters["lhs"]).index(effect) for effect in EFFECTS]
    for method in METHODS:
        if method == "delta":
            frame = result.parameters.iloc[at]
            pairs = frame[["std_all_ci_lower", "std_all_ci_upper"]].to_numpy(dtype=float)
        else:
            confidence = 1 - 2 * expanded_level(k, 0.95) if method == "expanded" else 0.95
            found = drawn.summary("std_all", confidence=confidence, kind="bca" if method == "bca" else "percentile")
            pairs = np.column_stack([found.lower[at], found.upper[at]])
        for effect, (lower, upper) in zip(EFFECTS, pairs.tolist(), strict=True):
            yield k, icc, effect, method, lower, upper


def truths(icc: float, seed: int) -> dict[str, float]:
    """The effects in very many projects."""
    data = residents(MANY, icc, np.random.default_rng([seed, 0]))
    return dict(zip(EFFECTS, standardised(fit(MODEL, data)).tolist(), strict=True))


def main() -> None:
    """Print the shares of intervals that hold the truth, and how wide they are."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--replications", type=int, default=400)
    parser.add_argument("--draws", type=int, default=999)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    tasks = [(k, icc, asked.draws, asked.seed + n) for k, icc in CONDITIONS for n in range(asked.replications)]
    found = Parallel(n_jobs=asked.jobs)(delayed(lambda *task: list(intervals(*task)))(*task) for task in tasks)
    frame = pd.DataFrame(
        [row for rows in found for row in rows], columns=["projects", "icc", "effect", "method", "lower", "upper"]
    )
    truth = {icc: truths(icc, asked.seed) for icc in {icc for _, icc in CONDITIONS}}
    frame["truth"] = [truth[icc][effect] for icc, effect in zip(frame["icc"], frame["effect"], strict=True)]
    frame["covers"] = (frame["lower"] <= frame["truth"]) & (frame["truth"] <= frame["upper"])
    frame["width"] = frame["upper"] - frame["lower"]
    print("| projects | ICC | effect | truth |" + "".join(f" {m} | width |" for m in METHODS) + " fitted |")
    print("|---|---|---|---|" + "---|---|" * len(METHODS) + "---|")
    for (k, icc, effect), group in frame.groupby(["projects", "icc", "effect"]):
        by = group.groupby("method")
        cells = "".join(f" {100 * by['covers'].mean()[m]:.1f} | {by['width'].mean()[m]:.3f} |" for m in METHODS)
        n = len(group) // len(METHODS)
        print(f"| {k} | {icc} | {effect} | {group['truth'].iloc[0]:.3f} |{cells} {n} |")


if __name__ == "__main__":
    main()
