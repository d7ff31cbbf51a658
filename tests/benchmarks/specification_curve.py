"""How often the joint test of a specification curve finds an effect where there is none.

    python tests/benchmarks/specification_curve.py [--slopes 2000] [--models 100] [--seed 1]

Two parts, each printing a Markdown table for tests/benchmarks/README.md. *Slopes*: one regression of one score on
another, 10 to 45 residents a project; a share (ICC) of both scores is the project's. Signs are flipped of the projects'
shares (``analysis/multiverse/influence.py``), and for comparison of their CR2 influences at the estimate, which sum to
nil. *Models*: a path, a correlation and a path difference between two kinds of projects, none of which exists, in a
model of three factors, under specifications of the kind that the stress stage runs; the three statistics of
``analysis/multiverse/joint.py``, one-sided at 5 per cent. 25 residents a project; the project's share (ICC) is of every
factor.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from analysis.claims import parse_statement
from analysis.clusters.contrasts import TraitColumns
from analysis.measurement.scoring import Item, Scale
from analysis.multiverse.influence import Array, shares
from analysis.multiverse.inputs import ClaimAsked, Inputs, families
from analysis.multiverse.joint import joint_test
from analysis.multiverse.models import estimate_models, model_tasks
from analysis.multiverse.outcome import Found
from analysis.multiverse.signs import sign_vectors
from analysis.multiverse.specification import Specification

ALPHA, DRAWS = 0.05, 1000
ICCS = (0.0, 0.05, 0.15)
N_ITEMS = 3
MODEL = """
A =~ a0 + a1 + a2
B =~ b0 + b1 + b2
C =~ c0 + c1 + c2
C ~ A + B
A ~~ B
"""
STATEMENTS = {"path": "C ~ A > 0", "correlation": "cor(A, B) > 0", "difference": "difference(C ~ A, place) > 0"}
SCALES = {n: Scale(n, tuple(Item(f"{n.lower()}{k}", 1, 5) for k in range(N_ITEMS)), "mean", 1, "half", 1, 5)
          for n in "ABC"}  # fmt: skip


def slopes(replications: int, rng: np.random.Generator) -> str:
    """The level of the flipped signs of one regression."""
    lines = ["| projects | ICC | shares | CR2 influences at the estimate |", "|---|---|---|---|"]
    for k in (6, 8, 12, 20):
        for icc in ICCS:
            found = np.mean([_slope(k, icc, rng) for _ in range(replications)], axis=0)
            lines.append(f"| {k} | {icc} | " + " | ".join(f"{100 * share:.1f}" for share in found) + " |")
    return "\n".join(lines)


def _slope(k: int, icc: float, rng: np.random.Generator) -> tuple[bool, bool]:
    """Whether either way finds a slope in one draw."""
    unit = np.repeat(np.arange(k), rng.integers(10, 46, k))
    x, y = (np.sqrt(icc) * rng.normal(size=k)[unit] + np.sqrt(1 - icc) * rng.normal(size=len(unit)) for _ in range(2))
    x, y = x - x.mean(), y - y.mean()
    slope = float(x @ y / (x @ x))
    influence = x * (y - slope * x) / (x @ x)
    own = shares(influence[:, None], np.array([slope]), unit, n_units=k)[0]
    flips = sign_vectors([str(j) for j in range(k)], n=DRAWS, seed=int(rng.integers(2**31))).flips
    centred = flips @ _cr2(x, y - slope * x, unit)
    centred[0] = slope
    return bool(_pvalue(flips @ own) <= ALPHA), bool(_pvalue(centred) <= ALPHA)


def _cr2(x: Array, residual: Array, unit: Array) -> Array:
    """Projects' influences on the slope of ``x``, residuals adjusted for having adapted to their project."""
    design = np.column_stack([np.ones(len(x)), x])
    bread, found = np.linalg.inv(design.T @ design), []
    for j in np.unique(unit):
        own = design[unit == j]
        values, vectors = np.linalg.eigh(np.eye(len(own)) - own @ bread @ own.T)
        adjusted = (vectors / np.sqrt(np.maximum(values, 1e-9))) @ vectors.T @ residual[unit == j]
        found.append((bread @ own.T @ adjusted)[1])
    return np.array(found)


def _pvalue(draws: Array) -> float:
    return float(np.mean(draws >= draws[0] - 1e-12))


def print_models(replications: int, seed: int) -> None:
    """Print the level of the joint tests of the claims about a model."""
    print("| projects | ICC | claim | median | share significant | average z | specifications |\n|" + "---|" * 7)
    for k, icc in ((12, 0.15), (8, 0.15), (20, 0.15), (12, 0.0)):
        found = [_model(k, icc, np.random.default_rng([seed, k, round(100 * icc), r])) for r in range(replications)]
        for claim in STATEMENTS:
            here = np.array([one[claim] for one in found])
            share = " | ".join(f"{100 * np.mean(here[:, s] <= ALPHA):.1f}" for s in range(3))
            print(f"| {k} | {icc} | {claim} | {share} | {here[:, 3].mean():.1f} |", flush=True)


def _model(k: int, icc: float, rng: np.random.Generator) -> dict[str, tuple[float, float, float, int]]:
    """By claim the three p-values of one draw, and how many specifications took part."""
    of = _inputs(k, icc, rng)
    (family,) = families(of)
    found: list[Found] = []
    for task in model_tasks(family, _specifications()):
        found += estimate_models(of, task)
    results = {}
    for claim in STATEMENTS:
        own = [one for one in found if one.claim == claim]
        test = joint_test(own, sign=1, alpha=ALPHA, n_draws=DRAWS, seed=int(rng.integers(2**31)), all_permuted=False)
        results[claim] = (test.pvalue_median, test.pvalue_share, test.pvalue_stouffer, test.n_joint)
    return results


def _specifications() -> list[Specification]:
    """Scores and factors, all answers and complete ones, careless ones dropped, a project left out."""
    ways = [("mean", "mlr", "listwise"), ("sum", "ml", "listwise"), ("latent", "mlr", "listwise")]
    return [
        Specification(*way, careless, "analysed", covariates, "-", "ignored", "all", left_out)
        for way in ways
        for careless, covariates, left_out in (
            ("keep", "none", "none"), ("drop", "none", "none"), ("keep", "none", "p1"), ("keep", "adjusted", "none"),
        )
    ]  # fmt: skip


def _inputs(k: int, icc: float, rng: np.random.Generator) -> Inputs:
    """A wave without any effect."""
    unit = np.repeat(np.arange(k), 25)
    n = len(unit)
    frame = pd.DataFrame({
        "wave": "w", "project": [f"p{j}" for j in unit], "analysed": True, "careless": rng.random(n) < 0.05,
        "age": rng.normal(size=n), "place": np.where(unit % 2 == 0, "in", "out"), "inside": 1.0 - unit % 2,
    })  # fmt: skip
    for scale in SCALES.values():
        factor = np.sqrt(icc) * rng.normal(size=k)[unit] + np.sqrt(1 - icc) * rng.normal(size=n)
        for item in scale.item_names:
            answers = np.digitize(0.8 * factor + 0.6 * rng.normal(size=n), [-1.5, -0.5, 0.5, 1.5]) + 1.0
            frame[item] = np.where(rng.random(n) < 0.03, np.nan, answers)
    return Inputs(
        persons=frame, scales=SCALES, differences={}, traits=(TraitColumns("place", "unit", "inside", "in", "out"),),
        models={"model": MODEL}, waves=("w",), choices={}, adjusted_for=("age",), minimum_units=3,
        claims=tuple(ClaimAsked(name, parse_statement(text), "model") for name, text in STATEMENTS.items()),
    )  # fmt: skip


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--slopes", type=int, default=2000, help="draws per line, one regression")
    parser.add_argument("--models", type=int, default=100, help="draws per line, claims about a model")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if asked.slopes:
        print(slopes(asked.slopes, np.random.default_rng(asked.seed)) + "\n", flush=True)
    if asked.models:
        print_models(asked.models, asked.seed)


if __name__ == "__main__":
    main()
