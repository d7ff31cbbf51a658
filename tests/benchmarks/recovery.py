"""Does the pipeline find what was put into the simulated waves, and nothing where nothing was put?

For each of many seeds: simulate every simulated wave, run the stages up to the verdicts, and compare each claim's
estimate with the effect it was simulated with. One process, no DVC, a temporary folder:

    python tests/benchmarks/recovery.py --seeds 20 [--first SEED] [--answers] [--csv OUT]

``--answers`` takes the simulated answers as they are: no file is written, read or cleaned. That takes half the time
and leaves estimates the same to two decimals or three. The first seed is the shipped one (params.yaml: simulate.seed)
unless another is given; the others follow it.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binom
from scipy.stats import t as t_distribution

from analysis.simulate import true_effects
from pipeline.artefacts import read_table, write_persons
from pipeline.declare import Claim, Instrument, Study, load_study
from pipeline.stages import clean, compare, ingest, judge, measure, pool, simulate, structure
from pipeline.stages._measure.persons import persons_frame
from pipeline.stages._scales import differences_of, scales_of

REPOSITORY = Path(__file__).resolve().parents[2]


def score_weights(instrument: Instrument) -> dict[str, dict[str, float]]:
    """Every scale and derived score as a linear combination of item codes as asked, up to a constant."""
    weights: dict[str, dict[str, float]] = {}
    for construct in instrument.constructs:
        total = len(construct.items) if construct.rule == "mean" else 1
        sign = {item: -1.0 if instrument.field_named(item).reversed else 1.0 for item in construct.items}
        weights[construct.name] = {item: sign[item] * construct.multiply / total for item in construct.items}
    for derived in instrument.derived:
        combined: dict[str, float] = {}
        for names, direction in ((derived.plus, 1.0), (derived.minus, -1.0)):
            for name in names:
                for item, weight in weights[name].items():
                    combined[item] = combined.get(item, 0.0) + direction * weight / len(names)
        weights[derived.name] = combined
    return weights


def named_effect(claim: Claim) -> str:
    """The effect a claim speaks of, as ``true_effects`` names it."""
    left, _, right = claim.statement.replace("<", ">").partition(">")
    return left.strip() if right.strip() == "0" else f"{left.strip()} - {right.strip()}"


def simulated_truth(study: Study, wave: str) -> dict[str, float]:
    """The effect of every claim in ``wave``, in the metric of the verdicts."""
    simulation = simulate.read_simulation(study)
    parameters = simulate.read_wave_parameters(simulation, simulation.waves[wave])
    effects = true_effects(parameters, weights_by_score=score_weights(study.instrument_of(wave)))
    return {claim.id: effects[named_effect(claim)] for claim in study.claims.claims}


def with_seed(study: Study, root: Path, seed: int) -> Study:
    """The study at ``root``, with another seed, the simulated waves alone, and of the models those that verdicts stand
    on: the ones for everybody, fitted by our engine."""
    waves = {name: wave for name, wave in study.waves.items() if wave.origin == "simulated"}
    params = study.params.model_copy(
        update={
            "simulate": {**study.params.simulate, "seed": seed},
            "waves": {name: study.params.waves[name] for name in waves},
            "pools": list(dict.fromkeys(wave.pool for wave in waves.values())),
            "structure": study.params.structure.model_copy(update={"groups": False, "second_opinion": False}),
        }
    )
    return replace(study, root=root, params=params, waves=waves)


def judge_one_seed(study: Study) -> pd.DataFrame:
    """Run every stage from simulate to judge; the verdicts of all pools, with their pool."""
    for wave in study.waves:
        simulate.run(study, wave=wave)
        ingest.run(study, wave=wave)
        clean.run(study, wave=wave)
    pool.run(study)
    verdicts = []
    for name in study.params.pools:
        write_persons(study.root, "persons", measure.prepare(study, name).persons, pool=name)
        compare.run(study, pool=name)
        for model in study.params.models:
            structure.run(study, pool=name, model=model)
        judge.run(study, pool=name)
        verdicts.append(read_table(study.root, "verdicts", pool=name).assign(pool=name))
    return pd.concat(verdicts, ignore_index=True)


def judge_answers_of_one_seed(study: Study) -> pd.DataFrame:
    """The same without files: from the simulated answers of whoever consented, each questionnaire once, to verdicts."""
    simulation = simulate.read_simulation(study)
    verdicts = []
    for name in study.params.pools:
        instrument = study.instrument_of_pool(name)
        pooled = pd.concat(
            [_answers_of(study, simulation, wave.wave, instrument) for wave in study.waves_of(name)], ignore_index=True
        )
        persons = persons_frame(study, instrument, pooled, scales_of(instrument), differences_of(instrument))
        write_persons(study.root, "persons", persons, pool=name)
        compare.run(study, pool=name)
        for model in study.params.models:
            structure.run(study, pool=name, model=model)
        judge.run(study, pool=name)
        verdicts.append(read_table(study.root, "verdicts", pool=name).assign(pool=name))
    return pd.concat(verdicts, ignore_index=True)


def _answers_of(study: Study, simulation: simulate.Simulation, wave: str, instrument: Instrument) -> pd.DataFrame:
    """A row a person of one wave, as the stage pool would hand it on."""
    parameters = simulate.read_wave_parameters(simulation, simulation.waves[wave])
    made = simulate.simulate(study, wave, parameters, seed=simulation.seed)
    answers = made.answers.assign(wave=wave, project=made.project, careless=False)
    answers["respondent"] = [f"{wave}-{source}" for source in made.source]
    consent = [field.name for field in instrument.with_role("consent")]
    first = ~answers["respondent"].duplicated()
    return answers[first & (answers[consent] == "yes").all(axis=1)]


def copied(study: Study, root: Path) -> None:
    """Put at ``root`` what stages read from a study's folder besides its declarations: the waves' folders."""
    shutil.copytree(study.root / "surveys", root / "surveys", ignore=shutil.ignore_patterns("responses.*"))


def run_benchmark(study: Study, *, seeds: list[int], answers: bool = False) -> pd.DataFrame:
    """Verdicts of every seed with ``seed``, ``truth`` and ``z``, the distance from the truth in standard errors."""
    judged = judge_answers_of_one_seed if answers else judge_one_seed
    truth = {
        wave.pool: simulated_truth(study, name) for name, wave in study.waves.items() if wave.origin == "simulated"
    }
    frames = []
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            copied(study, Path(folder))
            frames.append(judged(with_seed(study, Path(folder), seed)).assign(seed=seed))
    verdicts = pd.concat(frames, ignore_index=True)
    verdicts["truth"] = [truth[row.pool][row.claim] for row in verdicts.itertuples()]
    verdicts["z"] = (verdicts["estimate"] - verdicts["truth"]) / verdicts["se"]
    return verdicts


def summary(verdicts_by_seed: pd.DataFrame) -> pd.DataFrame:
    """One row per pool and claim: truth, what was found, and in how many seeds it lies within two standard errors.

    ``expected``: the share of seeds within two standard errors that the claim's degrees of freedom allow (Student's t;
    normal where there are none), if estimates are unbiased and errors right. ``chance_of_18``: how probable at least 18
    of 20 seeds then are.
    """
    table = verdicts_by_seed.groupby(["pool", "claim"]).agg(
        truth=("truth", "first"),
        estimate=("estimate", "mean"),
        sd=("estimate", "std"),
        se=("se", "mean"),
        df=("df", "mean"),
        within_2_se=("z", lambda z: int((np.abs(z) <= 2).sum())),
        expected=("df", lambda df: float(np.mean(2 * t_distribution.cdf(2, df.fillna(np.inf)) - 1))),
        in_interval=("covered", "sum"),
        supported=("verdict", lambda v: int((v == "supported").sum())),
        seeds=("seed", "nunique"),
    )
    return table.assign(chance_of_18=binom.sf(17, 20, table["expected"]))


def main() -> None:
    """Print the table; exit with 1 when a simulated effect is found in fewer than 18 of 20 seeds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20, help="how many seeds (default 20)")
    parser.add_argument("--first", type=int, default=None, help="the first seed (default: the shipped one)")
    parser.add_argument("--answers", action="store_true", help="without writing, reading and cleaning files")
    parser.add_argument("--csv", type=Path, default=None, help="write every verdict of every seed here")
    arguments = parser.parse_args()
    study = load_study(REPOSITORY)
    first = simulate.read_simulation(study).seed if arguments.first is None else arguments.first
    verdicts = run_benchmark(study, seeds=list(range(first, first + arguments.seeds)), answers=arguments.answers)
    verdicts["covered"] = verdicts["truth"].between(verdicts["ci_lower"], verdicts["ci_upper"])
    if arguments.csv:
        verdicts.to_csv(arguments.csv, index=False)
    table = summary(verdicts)
    print(table.to_string(float_format=lambda value: f"{value:.3f}"))
    found = table.loc[table["truth"] != 0, "within_2_se"]
    if (found < 0.9 * arguments.seeds).any():
        raise SystemExit(1)


if __name__ == "__main__":
    main()
