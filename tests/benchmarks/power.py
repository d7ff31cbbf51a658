"""With the declared effects, how often is each claim supported in waves of 6, 12 and 20 projects?

    python tests/benchmarks/power.py [--replications 400] [--agree 150] [--workers 2] [--seed 1]

``--replications``: waves simulated per number of projects, 25 of the analysed in each; models see every question
answered, as in the stage power. ``--agree``: waves judged twice more, as the stages of the pipeline would: models
fitted to the answers as given (FIML, all robust measures of fit), contrasts by the stage's own function. 0 leaves a
part out. Prints Markdown tables for tests/benchmarks/README.md and the minutes they took. Figures do not depend on the
workers.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.claims import verdict
from analysis.clusters.contrasts import trait_contrasts
from analysis.power import Cell, PowerInputs, Tally, batches
from analysis.power.contrasts import project_mean_contrasts
from analysis.power.draw import population, residents
from analysis.power.effects import scaled
from analysis.power.plan import cell_of
from analysis.power.replicate import evidence_of
from pipeline.declare import load_study
from pipeline.stages.power import power_inputs, simulate_power
from pipeline.work import run_tasks

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECTS, PER_PROJECT = (6, 12, 20), 25
AGREE = [Cell(12, PER_PROJECT, 1.0), Cell(12, PER_PROJECT, 0.5)]


def judged_both_ways(inputs: PowerInputs, task: Mapping[str, Any]) -> list[dict[str, list[Any]]]:
    """For every replication of ``task``: by claim the verdict with complete answers, the one with answers as given, and
    the difference between the two estimates in standard errors."""
    cell = cell_of(task)
    drawn_from = population(scaled(inputs.parameters, cell.effects), cell)
    given = replace(inputs, answers="as_given")
    found = []
    for replication in range(task["first"], task["first"] + task["replications"]):
        ways = [inputs, given]
        persons = [residents(way, cell, drawn_from, replication=replication) for way in ways]
        check_contrasts(inputs, persons[1])
        complete, whole = (evidence_of(way, frame) for way, frame in zip(ways, persons, strict=True))
        found.append({
            claim.id: [
                *(verdict(e[claim.id], sign=claim.statement.sign, smallest_effect=claim.smallest_effect,
                          alpha=inputs.alpha)[0] for e in (complete, whole)),
                (complete[claim.id].estimate - whole[claim.id].estimate) / whole[claim.id].se,
                complete[claim.id].se / whole[claim.id].se,
            ]
            for claim in inputs.claims
        })  # fmt: skip
    return found


def check_contrasts(inputs: PowerInputs, persons: pd.DataFrame) -> None:
    """Raise ``AssertionError`` unless the quick contrasts are those of the stage compare."""
    named = {t.name: persons[t.dummy].map({1.0: t.high, 0.0: t.low}) for t in inputs.traits}
    asked: dict[str, Any] = {
        "outcomes": inputs.outcomes, "traits": inputs.traits, "cluster": inputs.cluster,
        "minimum_units": inputs.minimum_units, "confidence": inputs.confidence, "adjust": inputs.adjust,
    }  # fmt: skip
    key = ["outcome", "trait"]
    theirs = trait_contrasts(persons.assign(**named), methods=["project_means"], **asked).set_index(key)
    ours = project_mean_contrasts(persons, **asked).set_index(key).reindex(theirs.index)
    for name in ("effect_size", "pvalue_adjusted"):
        np.testing.assert_allclose(ours[name].astype(float), theirs[name].astype(float), rtol=1e-8)


def power_lines(tallies: Sequence[Tally]) -> str:
    """A Markdown table: claims down, numbers of projects across; supported, its interval, and what else was said."""
    sizes = sorted({t.cell.n_projects for t in tallies})
    lines = ["| claim | effect | " + " | ".join(f"{k} projects" for k in sizes) + " |", "|---" * (2 + len(sizes)) + "|"]
    for claim in dict.fromkeys(t.claim for t in tallies):
        cells = {t.cell.n_projects: t for t in tallies if t.claim == claim}
        shown = [_cell(cells[k]) for k in sizes]
        lines.append(f"| {claim} | {cells[sizes[0]].true_effect:.3f} | " + " | ".join(shown) + " |")
    return "\n".join(lines)


def _cell(t: Tally) -> str:
    if t.n_failed == t.replications:
        return "cannot tell"
    return f"{100 * t.shares['supported']:.1f} [{100 * t.supported_lower:.1f}, {100 * t.supported_upper:.1f}]"


def agreement_lines(results: Sequence[list[dict[str, list[Any]]]], tasks: Sequence[Mapping[str, Any]]) -> str:
    """A Markdown table: by strength of the effects and claim, supported both ways, same verdict, and the errors."""
    lines = [
        "| effects | claim | supported, complete | supported, as given | same verdict | se complete / as given |",
        "|---|---|---|---|---|---|",
    ]
    for effects in dict.fromkeys(task["effects"] for task in tasks):
        rows = [r for result, task in zip(results, tasks, strict=True) if task["effects"] == effects for r in result]
        for claim in rows[0]:
            found = [row[claim] for row in rows]
            shares = [100 * np.mean([f[way] == "supported" for f in found]) for way in (0, 1)]
            same = 100 * np.mean([f[0] == f[1] for f in found])
            ratio = np.median([f[3] for f in found])
            lines.append(f"| {effects:g} | {claim} | {shares[0]:.1f} | {shares[1]:.1f} | {same:.1f} | {ratio:.3f} |")
    return "\n".join(lines)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--replications", type=int, default=400, help="waves per number of projects")
    parser.add_argument("--agree", type=int, default=150, help="waves judged as the pipeline would, per strength")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    inputs = power_inputs(load_study(REPOSITORY), seed=arguments.seed)
    if inputs is None:
        raise SystemExit("params.yaml declares nothing to simulate from")
    if arguments.replications:
        began = time.perf_counter()
        cells = [Cell(k, PER_PROJECT, 1.0) for k in PROJECTS]
        tallies = simulate_power(inputs, cells, replications=arguments.replications, workers=arguments.workers)
        print(power_lines(tallies), f"\n\n{(time.perf_counter() - began) / 60:.1f} minutes\n")
    if arguments.agree:
        began = time.perf_counter()
        tasks = batches(AGREE, replications=arguments.agree, size=10)
        results = run_tasks(
            judged_both_ways, tasks, key=arguments.seed, workers=arguments.workers, label="agreement", shared=inputs
        )
        print(agreement_lines(results, tasks), f"\n\n{(time.perf_counter() - began) / 60:.1f} minutes")


if __name__ == "__main__":
    main()
