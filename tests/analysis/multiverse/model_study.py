"""A made-up study with a model of three factors: eight projects, two traits, and everything the choices speak of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.claims import parse_statement
from analysis.clusters.contrasts import TraitColumns
from analysis.measurement.scoring import Item, Scale
from analysis.multiverse.inputs import ClaimAsked, Family, Inputs, families
from analysis.multiverse.specification import Specification

N_ITEMS = {"A": 3, "B": 3, "C": 3, "B_other": 4}
SCALES = {
    name: Scale(name, tuple(Item(f"{name.lower()}{k}", 1, 5) for k in range(n)), "mean", 1.0, "half", 1, 5)
    for name, n in N_ITEMS.items()
}
MODEL = """
A =~ a0 + a1 + a2
B =~ b0 + b1 + b2
C =~ c0 + c1 + c2
A ~ inside
C ~ one*A + B
A ~~ B
twice := 2*one
"""
CLAIMS = (
    ClaimAsked("path", parse_statement("C ~ A > 0"), "model"),
    ClaimAsked("trait", parse_statement("A ~ inside > 0"), "model"),
    ClaimAsked("defined", parse_statement("twice > 0"), "model"),
    ClaimAsked("difference", parse_statement("difference(C ~ A, place) > 0"), "model"),
    ClaimAsked("together", parse_statement("cor(A, B) > 0"), "measurement"),
)
MAIN = Specification(
    "latent", "mlr", "fiml", "keep", "analysed", "none", "first", "cluster_robust", "all", "none"
)  # fmt: skip


def persons(*, n_projects: int = 8, per_project: int = 45, seed: int = 4) -> pd.DataFrame:
    """Factors A and B correlate, C follows A; five per cent of the answers are missing."""
    rng = np.random.default_rng(seed)
    n = n_projects * per_project
    project = np.repeat(np.arange(n_projects), per_project)
    inside = (project % 2).astype(float)
    a = 0.5 * inside + rng.normal(size=n) + rng.normal(0, 0.2, n_projects)[project]
    b = 0.4 * a + rng.normal(size=n)
    c = 0.4 * a + 0.3 * b + rng.normal(size=n) + rng.normal(0, 0.2, n_projects)[project]
    frame = pd.DataFrame({
        "wave": np.where(np.arange(n) % 3 == 0, "w1", "w2"), "project": [f"p{p}" for p in project],
        "analysed": rng.random(n) < 0.85, "careless": rng.random(n) < 0.05,
        "role": "holder", "age": rng.choice(["old", "young"], n), "time": rng.gamma(2.0, 1.0, n),
        "place": np.where(inside == 1, "in", "out"), "inside": inside,
    })  # fmt: skip
    frame["role"] = np.where(frame["analysed"], "holder", "other")
    for name, factor in {"A": a, "B": b, "C": c, "B_other": 0.7 * b + 0.7 * rng.normal(size=n)}.items():
        for item in SCALES[name].item_names:
            answers = np.digitize(factor + rng.normal(0, 0.7, n), [-1.5, -0.5, 0.5, 1.5]) + 1.0
            frame[item] = np.where(rng.random(n) < 0.05, np.nan, answers)
    return frame


def inputs(frame: pd.DataFrame | None = None, **changed: object) -> Inputs:
    """What is declared about ``persons``."""
    made = Inputs(
        persons=persons() if frame is None else frame, scales=SCALES, differences={},
        traits=(TraitColumns("place", "unit", "inside", "in", "out"),),
        models={"model": MODEL, "measurement": "\n".join(MODEL.split("\n")[:4])}, claims=CLAIMS, waves=("w1", "w2"),
        choices={"missing": ("listwise", "fiml", "imputation"), "residents": ("analysed", "all")},
        alternatives={"first": {}, "other": {"B": "B_other"}}, adjusted_for=("age", "time"), role="role", seed=3,
        imputations=3, minimum_n=50, minimum_units=3,
    )  # fmt: skip
    return replace(made, **changed)  # type: ignore[arg-type]


def family(of: Inputs, name: str = "model") -> Family:
    """The family of claims about that model."""
    return next(one for one in families(of) if one.name == name)
