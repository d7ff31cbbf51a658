"""What the specification curve costs: of the shipped waves, and of 10,000 specifications by 1,000 permutations.

    python tests/benchmarks/stress.py [--study DIR] [--every 5] [--workers 2] [--stage]

Needs the frames of the stage ``measure``. Every ``--every``-th task of each pool is done in this process and its
processor time taken; the rest is reckoned from that. ``--stage`` also runs the whole stage with ``--workers``
processes, and tells how long it took by the clock. To be run on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from threadpoolctl import threadpool_limits

from analysis.multiverse.imputing import with_imputations
from analysis.multiverse.inputs import Inputs, families
from analysis.multiverse.outcome import Found
from analysis.multiverse.specification import Family
from pipeline.declare import Study, load_study
from pipeline.declare.params import StressParams
from pipeline.stages._stress.inputs import inputs_of
from pipeline.stages._stress.tables import tables_of
from pipeline.stages._stress.work import Stressed, answer, plan_of, stressed

SPECIFICATIONS, PERMUTATIONS = 10_000, 1_000
MACHINES = {"2 cores": 2, "8 cores": 8, "cluster of 64": 64}


@dataclass(frozen=True)
class Cost:
    """Processor seconds of one family's specifications: of a specification as declared and in a sample of 10,000
    (where more of them share data and a fit), and of a fit by itself."""

    family: str
    n_claims: int
    n: int
    declared: float
    many: float


def seconds(inputs: Inputs, tasks: list[dict], every: int) -> float:  # type: ignore[type-arg]
    """Processor seconds a specification, from every ``every``-th task."""
    chosen = tasks[::every]
    start = time.process_time()
    for task in chosen:
        answer(inputs, task)
    return (time.process_time() - start) / sum(len(task["batch"]["specifications"]) for task in chosen)


def costs(inputs: Inputs, params: StressParams, every: int) -> Iterator[Cost]:
    """The costs of every family of claims."""
    for family in families(inputs):
        declared = plan_of(inputs, family, params.specifications)
        many = plan_of(inputs, family, SPECIFICATIONS)
        sparse = every * max(1, len(many.tasks) // len(declared.tasks))
        yield Cost(
            f"{family.kind} {family.name}", len(family.claims), len(declared.specifications),
            seconds(inputs, list(declared.tasks), every), seconds(inputs, list(many.tasks), sparse),
        )  # fmt: skip


def joint_seconds(inputs: Inputs, family: Family, every: int) -> float:
    """Processor seconds of the curve and the joint test, a specification and claim."""
    plan = plan_of(inputs, family, 500)
    records = [record for task in plan.tasks[::every] for record in answer(inputs, task)]
    found = [f for f in map(Found.from_record, records) if f.claim == family.claims[0]]
    found = (found * (500 // len(found) + 1))[:500]
    start = time.process_time()
    tables_of(inputs, [Stressed(family.claims[0], plan.crossed, tuple(found))])
    return (time.process_time() - start) / len(found)


def of_pool(study: Study, pool: str, params: StressParams, every: int) -> float:
    """Print the costs of one pool; core seconds of 10,000 specifications by 1,000 permutations."""
    inputs = inputs_of(study, pool, params)
    start = time.process_time()
    inputs = with_imputations(inputs)
    shared = time.process_time() - start
    found = list(costs(inputs, params, every))
    joint = max(joint_seconds(inputs, family, every) for family in families(inputs))
    n_claims = sum(cost.n_claims for cost in found)
    print(
        f"\n{pool}: imputations {shared:.1f} s; curve and joint test {joint * 1000:.2f} ms a specification and claim\n"
    )
    print("| family | claims | specifications | ms each | in 10,000, ms each |\n|---|---|---|---|---|")
    for c in found:
        print(f"| {c.family} | {c.n_claims} | {c.n} | {c.declared * 1000:.1f} | {c.many * 1000:.1f} |")
    now = shared + sum(c.n * c.declared for c in found) + joint * params.specifications * n_claims
    then = shared + sum(SPECIFICATIONS * c.many for c in found) + joint * SPECIFICATIONS * n_claims
    refit = sum(SPECIFICATIONS * PERMUTATIONS * c.many for c in found)
    print(
        f"\nas declared: {now:.0f} core seconds; refitting every reassignment instead: {refit / 3600:,.0f} core hours"
    )
    return then


def main() -> None:
    """Print the costs of all pools, and what more would cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, default=Path())
    parser.add_argument("--every", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--stage", action="store_true")
    arguments = parser.parse_args()
    study = load_study(arguments.study)
    params = study.params.stress
    if params is None:
        raise SystemExit("params.yaml declares no stress")
    with threadpool_limits(limits=1):
        total = sum(of_pool(study, pool, params, arguments.every) for pool in study.params.pools)
    print(f"\n{SPECIFICATIONS:,} specifications by {PERMUTATIONS:,} permutations: {total / 3600:.2f} core hours")
    for machine, n in MACHINES.items():
        print(f"  {machine}: {total / n / 60:.1f} minutes")
    for pool in study.params.pools if arguments.stage else ():
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as store:
            inputs = inputs_of(study, pool, params)
            results = stressed(
                inputs, specifications=params.specifications, workers=arguments.workers, label=pool, store=Path(store)
            )
            tables_of(inputs, results)
        print(f"{pool}: {time.perf_counter() - start:.1f} s by the clock with {arguments.workers} workers")


if __name__ == "__main__":
    main()
