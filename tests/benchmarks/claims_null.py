"""How often a claim is supported where nothing is to be found.

    python tests/benchmarks/claims_null.py [--waves 400] [--replications 1000] [--models 400] [--seed 1] [--workers 2]

``--waves``: whole waves simulated as the shipped null is, from the parameters of surveys/simulation.yaml with every
effect at zero, 12 projects of 25 of the analysed, by what residents of a project have in common: as declared, and ICC
.05 and .15 of every factor. ``--answers as_given`` fits models to the answers as given (FIML), complete to what they
would have been. ``--replications`` and ``--models``: residents drawn more simply, in other numbers of projects. 0
leaves a part out.

All are judged by the rules of analysis/claims/verdict.py without curve and quality, which can only take *supported*
away (tests/analysis/claims/test_claims_rules.py). Prints Markdown tables of shares in per cent, for
tests/benchmarks/README.md. Figures do not depend on the workers.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd

from analysis.claims import (
    Evidence,
    Kind,
    Statement,
    Verdict,
    contrast_evidence,
    family_adjusted,
    model_evidence,
    parse_statement,
    verdict,
)
from analysis.clusters.contrasts import METHODS, TraitColumns, trait_contrasts
from analysis.power import Cell, PowerInputs, batches
from analysis.power.replicate import replicate
from analysis.sem import fit
from pipeline.declare import load_study
from pipeline.stages.power import power_inputs
from pipeline.work import run_tasks

REPOSITORY = Path(__file__).resolve().parents[2]
TRAITS = (
    TraitColumns("location", "unit", "in_neighbourhood", "in", "out"),
    TraitColumns("construction", "unit", "repurposed", "old", "new"),
)
TRAIT_CLAIMS: dict[str, tuple[str, Kind]] = {
    "C5": ("effect(location, HS) > 0", "confirmatory"),
    "C6": ("effect(construction, HS) > 0", "confirmatory"),
    "C7": ("effect(location, HS) > effect(construction, HS)", "confirmatory"),
    "C8": ("effect(location, ties) < 0", "exploratory"),
}
MODEL_CLAIMS: dict[str, tuple[str, str]] = {
    "C1": ("cor(HS, SC) > 0", "measurement"),
    "C2": ("SWB ~ HS > 0", "main"),
    "C3": ("SWB ~ SC > 0", "main"),
    "C4": ("SB ~ HS > 0", "main"),
}
HOW: dict[str, str] = {"estimator": "mlr", "cluster": "project", "errors": "cr2"}
"""How the shipped study fits its models (params.yaml: structure); nobody leaves an answer open here."""
SMALLEST = {"effect": 0.20, "model": 0.10}
CONFIDENCE, ALPHA = 0.95, 0.05
ICCS = (0.0, 0.05, 0.15)


WAVE = Cell(n_projects=12, n_per_project=25, effects=0.0)


def wave_table(replications: int, *, seed: int, workers: int, answers: str) -> str:
    """Every claim's verdicts in waves without effects, by ICC."""
    declared = power_inputs(
        load_study(REPOSITORY), seed=seed, answers="as_given" if answers == "as_given" else "complete"
    )
    assert declared is not None
    verdicts = get_args(Verdict)
    lines = ["| ICC | claim | " + " | ".join(name.replace("_", " ") for name in verdicts) + " |", "|---" * 7 + "|"]
    for icc in (None, *ICCS[1:]):
        inputs = declared if icc is None else with_icc(declared, icc)
        tasks = batches([WAVE], replications=replications, size=10)
        results = run_tasks(
            replicate,
            tasks,
            key=[icc, answers],
            workers=workers,
            label=f"waves, icc {icc}",
            shared=inputs,
            progress=False,
        )
        by_claim = {
            claim.id: [v for result in results for v in result["claims"][claim.id]["verdicts"]]
            for claim in inputs.claims
        }
        named = "declared" if icc is None else f"{icc:g}"
        for claim, found in by_claim.items():
            shares = " | ".join(f"{100 * found.count(name) / len(found):.1f}" for name in verdicts)
            lines.append(f"| {named} | {claim} | {shares} |")
        any_of_them = [claim.id for claim in inputs.claims if claim.kind == "confirmatory"]
        hit = np.array([[v == "supported" for v in by_claim[name]] for name in any_of_them]).any(axis=0)
        lines.append(f"| {named} | any confirmatory | {100 * hit.mean():.1f} | | | | |")
    return "\n".join(lines)


def with_icc(inputs: PowerInputs, icc: float) -> PowerInputs:
    """The same study, with ``icc`` of the variance of every factor in common within a project, in a wave."""
    p = inputs.parameters
    shared = icc - p.project_wave_share
    factors = {name: replace(factor, project_share=None) for name, factor in p.factors.items()}
    return replace(inputs, parameters=replace(p, project_share=shared, factors=factors))


def residents(*, k: int, icc: float, columns: list[str], rng: np.random.Generator) -> pd.DataFrame:
    """``k`` projects, two by two, of 5 to 45 residents; standard normal ``columns`` with ``icc`` in common."""
    place = np.repeat(np.arange(k), rng.integers(5, 46, size=k))
    shared = rng.normal(size=(k, len(columns)))[place]
    values = np.sqrt(icc) * shared + np.sqrt(1 - icc) * rng.normal(size=(len(place), len(columns)))
    frame = pd.DataFrame(values, columns=columns)
    frame["project"] = [f"p{p:02d}" for p in place]
    return frame.assign(in_neighbourhood=(place % 2).astype(float), repurposed=(place // 2 % 2).astype(float))


def answers(factor: np.ndarray, *, loading: float, rng: np.random.Generator) -> np.ndarray:
    """Five-point answers to one item: most of them 3 or 4."""
    latent = loading * factor + np.sqrt(1 - loading**2) * rng.normal(size=len(factor))
    return 1.0 + np.searchsorted([-1.6, -0.8, 0.1, 1.2], latent)


def judged(
    evidence: dict[str, Evidence], statements: dict[str, Statement], kinds: dict[str, Kind], smallest: float
) -> Iterator[tuple[str, str, bool]]:
    """Claim, verdict, and whether its interval alone would have made it `supported`."""
    for name, found in family_adjusted(evidence, kinds=kinds, statements=statements).items():
        decided, reason = verdict(found, sign=statements[name].sign, smallest_effect=smallest, alpha=ALPHA)
        yield name, decided, decided == "supported" or reason in ("not_after_adjustment", "model_fits_badly")


def trait_claims(*, k: int, icc: float, replications: int, rng: np.random.Generator) -> dict[str, float]:
    """Shares of replications by what happened, for the claims about traits of projects."""
    statements = {name: parse_statement(text) for name, (text, _) in TRAIT_CLAIMS.items()}
    kinds = {name: kind for name, (_, kind) in TRAIT_CLAIMS.items()}
    count: Counter[str] = Counter()
    for _ in range(replications):
        frame = residents(k=k, icc=icc, columns=["HS", "ties"], rng=rng)
        for outcome in ("HS", "ties"):
            items = [answers(frame[outcome].to_numpy(), loading=0.78, rng=rng) for _ in range(4)]
            frame[outcome] = np.mean(items, axis=0)
        contrasts = trait_contrasts(
            frame, outcomes=["HS", "ties"], traits=TRAITS, cluster="project", minimum_units=4,
            confidence=CONFIDENCE, adjust="holm",
        )  # fmt: skip
        for method in METHODS:
            row = contrasts.query("outcome == 'HS' and trait == 'location' and method == @method").iloc[0]
            count[f"p < .05, {method}"] += bool(row["pvalue"] < ALPHA)
        evidence = {
            name: contrast_evidence(
                statement, contrasts=contrasts, n_projects_by_outcome={}, unit_traits=["location", "construction"],
                confidence=CONFIDENCE,
            )
            for name, statement in statements.items()
        }  # fmt: skip
        count.update(_tally(judged(evidence, statements, kinds, SMALLEST["effect"])))
    return {name: n / replications for name, n in count.items()}


def model_claims(*, k: int, icc: float, replications: int, rng: np.random.Generator) -> dict[str, float]:
    """Shares of replications by what happened, for the claims about the models; inadmissible fits are counted too."""
    models = {name: (REPOSITORY / f"analysis/models/{name}.lav").read_text() for name in ("measurement", "main")}
    items = {
        "HS": [f"hs{i}" for i in range(1, 5)], "SC": [f"scb{i}" for i in range(1, 7)],
        "SB": [f"bo_b{i}" for i in range(1, 5)], "SWB": [f"swls{i}" for i in range(1, 6)],
    }  # fmt: skip
    statements = {name: parse_statement(text) for name, (text, _) in MODEL_CLAIMS.items()}
    kinds: dict[str, Kind] = dict.fromkeys(MODEL_CLAIMS, "confirmatory")
    count: Counter[str] = Counter()
    for _ in range(replications):
        frame = residents(k=k, icc=icc, columns=list(items), rng=rng)
        for factor, names in items.items():
            for name in names:
                frame[name] = answers(frame[factor].to_numpy(), loading=0.72, rng=rng)
        fits = {name: fit(text, frame, **HOW) for name, text in models.items()}
        count["not admissible"] += any(not f.admissible for f in fits.values())
        evidence = {}
        for name, statement in statements.items():
            found = fits[MODEL_CLAIMS[name][1]]
            facts = {
                "converged": found.converged,
                "admissible": found.admissible,
                "n_obs": found.n_obs,
                "n_projects": k,
                "estimator": found.estimator,
                "errors": found.errors,
            }
            evidence[name] = model_evidence(
                statement, parameters=found.parameters, model_fit=facts | found.fit, confidence=CONFIDENCE
            )
        count.update(_tally(judged(evidence, statements, kinds, SMALLEST["model"])))
    return {name: n / replications for name, n in count.items()}


def _tally(found: Iterator[tuple[str, str, bool]]) -> Iterator[str]:
    """What to count of one replication."""
    supported, alone = False, False
    for name, decided, by_interval in found:
        if decided == "supported":
            yield f"{name} supported"
        supported |= decided == "supported"
        alone |= by_interval
    if supported:
        yield "any supported"
    if alone:
        yield "any, interval alone"


def table(rows: list[dict[str, float | int]], columns: list[str]) -> str:
    """A Markdown table; shares in per cent."""
    lines = ["| projects | ICC | " + " | ".join(columns) + " |", "|" + "---|" * (len(columns) + 2)]
    for row in rows:
        shares = " | ".join(f"{100 * row.get(column, 0):.1f}" for column in columns)
        lines.append(f"| {row['k']} | {row['icc']} | {shares} |")
    return "\n".join(lines)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--replications", type=int, default=1000, help="draws per line, claims about traits")
    parser.add_argument("--models", type=int, default=400, help="draws per line, claims about models")
    parser.add_argument("--waves", type=int, default=400, help="whole waves per ICC")
    parser.add_argument("--answers", choices=("complete", "as_given"), default="complete")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.waves:
        start = time.perf_counter()
        how = {"seed": arguments.seed, "workers": arguments.workers, "answers": arguments.answers}
        print(wave_table(arguments.waves, **how))
        print(f"\n{(time.perf_counter() - start) / 60:.1f} minutes\n")
    if arguments.replications:
        print(trait_table(arguments.replications, np.random.default_rng(arguments.seed)) + "\n")
    if arguments.models:
        print(model_table(arguments.models, np.random.default_rng([arguments.seed, 1])))


def trait_table(replications: int, rng: np.random.Generator) -> str:
    """The claims about traits of projects, by number of projects and ICC."""
    rows: list[dict[str, float | int]] = []
    for k in (8, 12, 20):
        for icc in ICCS:
            rows.append({"k": k, "icc": icc, **trait_claims(k=k, icc=icc, replications=replications, rng=rng)})
    claims = [f"{name} supported" for name in TRAIT_CLAIMS]
    return table(rows, [*claims, "any supported", "any, interval alone", *(f"p < .05, {m}" for m in METHODS)])


def model_table(replications: int, rng: np.random.Generator) -> str:
    """The claims about the models in 12 projects, by ICC."""
    rows: list[dict[str, float | int]] = [
        {"k": 12, "icc": icc, **model_claims(k=12, icc=icc, replications=replications, rng=rng)} for icc in ICCS
    ]
    claims = [f"{name} supported" for name in MODEL_CLAIMS]
    return table(rows, [*claims, "any supported", "any, interval alone", "not admissible"])


if __name__ == "__main__":
    main()
