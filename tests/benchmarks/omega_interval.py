"""How often the interval of omega holds the truth.

    python tests/benchmarks/omega_interval.py [--replications 2000] [--seed 1]

Five items of one factor (standardised loadings .8 .7 .6 .5 .7): continuous and normal, cut into five symmetric answers,
or cut so that most answer at the upper end (thresholds -2.2 -1.5 -.8 .3). The truth is omega of the one-factor model of
what is analysed, from 400 000 persons. Errors by maximum likelihood, and robust ones (MLR), which the package uses; the
interval is the delta method's. Samples without an admissible solution have none and are counted.

Prints a Markdown table for tests/benchmarks/README.md.
"""

from __future__ import annotations

import argparse

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.measurement.omega import omega_of
from analysis.sem import ModelError, fit

LOADINGS = np.array([0.8, 0.7, 0.6, 0.5, 0.7])
CUTS = {"normal": None, "symmetric": [-1.5, -0.5, 0.5, 1.5], "skewed": [-2.2, -1.5, -0.8, 0.3]}
SIZES, CONFIDENCE, TRUTH_N = (40, 100, 300), 0.95, 400_000
NAMES = [f"x{j}" for j in range(len(LOADINGS))]


def answers(rng: np.random.Generator, n: int, cuts: list[float] | None) -> pd.DataFrame:
    """``n`` persons' answers."""
    noise = np.sqrt(1 - LOADINGS**2) * rng.normal(size=(n, len(LOADINGS)))
    behind: npt.NDArray[np.float64] = LOADINGS * rng.normal(size=(n, 1)) + noise
    values = behind if cuts is None else np.digitize(behind, cuts).astype(float)
    return pd.DataFrame(values, columns=NAMES)


def omega(data: pd.DataFrame, estimator: str) -> tuple[float, float, float] | None:
    """Omega and the ends of its interval; ``None`` without an admissible solution."""
    try:
        result = fit(f"F =~ {' + '.join(NAMES)}", data, estimator=estimator, std_lv=True)
    except ModelError:
        return None
    if not (result.converged and result.admissible):
        return None
    found = omega_of(result, confidence=CONFIDENCE)
    return found.value, found.ci_lower, found.ci_upper


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print("| answers | omega | persons | ML | MLR | without a solution |\n|---|---|---|---|---|---|")
    for name, cuts in CUTS.items():
        known = omega(answers(np.random.default_rng([asked.seed, 0]), TRUTH_N, cuts), "ml")
        assert known is not None
        for n in SIZES:
            rng = np.random.default_rng([asked.seed, n])
            held, used = {"ml": 0, "mlr": 0}, 0
            for _ in range(asked.replications):
                data = answers(rng, n, cuts)
                both = {estimator: omega(data, estimator) for estimator in held}
                if any(found is None for found in both.values()):
                    continue
                used += 1
                for estimator, found in both.items():
                    assert found is not None
                    held[estimator] += found[1] <= known[0] <= found[2]
            shares = " | ".join(f"{100 * count / used:.1f}" for count in held.values())
            print(f"| {name} | {known[0]:.3f} | {n} | {shares} | {asked.replications - used} |", flush=True)


if __name__ == "__main__":
    main()
