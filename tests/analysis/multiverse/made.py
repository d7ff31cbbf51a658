"""A made-up study: twelve projects, two traits of projects and one of persons, three scales and a derived score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.claims import parse_statement
from analysis.clusters.contrasts import TraitColumns
from analysis.measurement.scoring import Difference, Item, Scale, scores
from analysis.multiverse.inputs import ClaimAsked, Inputs
from analysis.multiverse.specification import Family, Specification

ITEMS = {"HS": 4, "IN": 3, "OUT": 3}
SCALES = {
    name: Scale(name, tuple(Item(f"{name.lower()}{j}", 1, 5) for j in range(1, n + 1)), "mean", 1.0, "half", 1, 5)
    for name, n in ITEMS.items()
}
DIFFERENCES = {"NEAR": Difference("NEAR", ("IN",), ("OUT",))}
TRAITS = (
    TraitColumns("place", "unit", "inside", "inside", "outside"),
    TraitColumns("building", "unit", "old", "old", "new"),
    TraitColumns("tenure", "person", "owner", "own", "rent"),
)
CLAIMS = (
    ClaimAsked("A", parse_statement("effect(place, HS) > 0")),
    ClaimAsked("B", parse_statement("effect(building, HS) > 0")),
    ClaimAsked("C", parse_statement("effect(place, HS) > effect(building, HS)")),
    ClaimAsked("D", parse_statement("effect(place, NEAR) < 0")),
    ClaimAsked("E", parse_statement("effect(tenure, HS) > 0")),
    ClaimAsked("M", parse_statement("OUT ~ HS > 0"), "model"),
)
CHOICES = {
    "score": ("mean", "sum", "latent", "ordinal"),
    "estimator": ("ols", "ml", "mlr", "sam", "wlsmv"),
    "missing": ("listwise", "fiml", "imputation"),
    "careless": ("keep", "drop"),
    "residents": ("analysed", "all"),
    "covariates": ("none", "adjusted"),
    "clustering": ("ignored", "cluster_robust", "project_means"),
    "waves": ("all", "each"),
    "left_out": ("none", "each"),
}


def persons(*, n_projects: int = 12, per_project: int = 30, seed: int = 1, missing: float = 0.06) -> pd.DataFrame:
    """Everybody; effects on HS: place .8, building .3, tenure .2; on IN less OUT: place -.5."""
    rng = np.random.default_rng(seed)
    n = n_projects * per_project
    project = np.repeat(np.arange(n_projects), per_project)
    inside, old = (project % 2).astype(float), (project // 2 % 2).astype(float)
    owner = rng.integers(0, 2, n).astype(float)
    factors = {
        "HS": 0.8 * inside + 0.3 * old + 0.2 * owner,
        "IN": -0.2 * inside,
        "OUT": 0.3 * inside,
    }
    frame = pd.DataFrame({
        "wave": rng.choice(["w1", "w2", "w3"], n), "project": [f"p{p:02d}" for p in project],
        "analysed": rng.random(n) < 0.8, "careless": rng.random(n) < 0.05,
        "role": "", "age": rng.choice(["young", "old", "older"], n), "time": rng.gamma(2.0, 1.0, n),
        "place": np.where(inside == 1, "inside", "outside"), "inside": inside,
        "building": np.where(old == 1, "old", "new"), "old": old,
        "tenure": np.where(owner == 1, "own", "rent"), "owner": owner,
    })  # fmt: skip
    frame["role"] = np.where(frame["analysed"], "holder", "other")
    frame.loc[rng.random(n) < 0.03, "age"] = None
    shared = rng.normal(0, 0.15, n_projects)[project]
    for name, expected in factors.items():
        factor = expected + shared + rng.normal(0, 1, n)
        for j, item in enumerate(SCALES[name].item_names):
            latent = (0.9 - 0.08 * j) * factor + rng.normal(0, 0.6, n)
            answers = np.digitize(latent, [-1.2, -0.3, 0.5, 1.4]) + 1.0
            frame[item] = np.where(rng.random(n) < missing, np.nan, answers)
    answers = frame[[item for scale in SCALES.values() for item in scale.item_names]]
    return pd.concat([frame, scores(answers, [*SCALES.values()], [*DIFFERENCES.values()])], axis=1)


def inputs(frame: pd.DataFrame | None = None, **changed: object) -> Inputs:
    """What is declared about ``persons``."""
    made = Inputs(
        persons=persons() if frame is None else frame, scales=SCALES, differences=DIFFERENCES, traits=TRAITS,
        models={"model": "HS =~ hs1 + hs2 + hs3 + hs4\nOUT =~ out1 + out2 + out3\nOUT ~ HS"}, claims=CLAIMS,
        waves=("w1", "w2", "w3"), choices=CHOICES, alternatives={"out": {}, "in": {"OUT": "IN"}},
        adjusted_for=("age", "time"), role="role", seed=3, permutations=500, imputations=3, minimum_n=50,
    )  # fmt: skip
    return replace(made, **changed)  # type: ignore[arg-type]


UNIT = Family("HS", "effect", ("A", "B", "C"), "unit", ("HS",))
NEAR = Family("NEAR", "effect", ("D",), "unit", ("IN", "OUT"))
PERSON = Family("HS", "effect", ("E",), "person", ("HS",))
MODEL = Family("model", "model", ("M",), "", ("HS", "OUT"))

MAIN = Specification(
    score="mean", estimator="ols", missing="listwise", careless="keep", residents="analysed", covariates="none",
    clustering="project_means", waves="all", left_out="none",
)  # fmt: skip
