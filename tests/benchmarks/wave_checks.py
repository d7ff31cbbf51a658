"""How often a wave that changed nothing is warned of, and how often a scale that was turned round is seen.

    python tests/benchmarks/wave_checks.py [--pairs 200]

Pairs of waves are simulated from surveys/simulation.yaml, straightlining, missing answers and all; the second is held
against the first as ``check`` does it. What residents of a project have in common lasts from wave to wave, and part of
it comes and goes (`simulation.yaml`). Then one item, or all of one scale, is turned round in the second.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.simulate import Parameters, ProjectDesign, WaveDesign, simulate_wave
from analysis.wave_shift import Sample, shift_between, units_of
from pipeline.declare import Instrument, Study, load_study
from pipeline.intake.checks.scales import against_their_scale, ends_of
from pipeline.intake.checks.shifted import compare
from pipeline.stages.simulate import read_simulation, read_wave_parameters

ROOT = Path(__file__).resolve().parents[2]
DESIGNS = {
    "12 projects of 50, the same": (12, 12, 50, True),
    "12 projects of 15, the same": (12, 12, 15, True),
    "4 projects of 25, the same": (4, 4, 25, True),
    "1 project of 60, the same": (1, 1, 60, True),
    "1 project of 25, the same": (1, 1, 25, True),
    "4 projects of 25, others than before": (4, 4, 25, False),
    "4 projects of 25, beside 12 of 50": (4, 12, 50, True),
}
TURNED_ITEM, TURNED_SCALE = "scb2", "SC"


def frame(p: Parameters, name: str, projects: list[str], each: int, seed: int) -> pd.DataFrame:
    """One wave: the items and ``project``."""
    # no traits: two waves of other projects differ by nothing but chance
    designs = tuple(ProjectDesign(i, round(each / 0.55), dict.fromkeys(p.traits, False)) for i in projects)
    made = simulate_wave(p, WaveDesign(name, "benchmark", designs), seed=seed)
    return made.answers.assign(project=made.project)


def turned(answers: pd.DataFrame, instrument: Instrument, names: list[str]) -> pd.DataFrame:
    """``answers`` with the scale of ``names`` the other way round."""
    return answers.assign(**{name: sum(ends_of(instrument, name)) - answers[name].astype(float) for name in names})


def one_pair(study: Study, p: Parameters, design: tuple[int, int, int, bool], seed: int) -> Counter[str]:
    """What is said of one pair."""
    instrument = next(iter(study.instruments.values()))
    params = study.params.intake.shift
    items = [field.name for field in instrument.with_role("item")]
    n_new, n_old, each, same = design
    old = frame(p, f"old-{seed}", [f"p{i}" for i in range(n_old)], each, seed)
    new = frame(p, f"new-{seed}", [f"p{i + (0 if same else 100)}" for i in range(n_new)], min(each, 60), seed)
    said: Counter[str] = Counter(pairs=1, persons=len(new))

    plain = compare(new, old, instrument, items, params)
    key = against_their_scale(new[items].astype(float), instrument, params)
    said["shifted"] = bool(plain.shifted)
    said["turned"] = bool(plain.mirrored or key)
    codes = {name: [float(c.value) for c in instrument.categories_of(instrument.field_named(name))] for name in items}
    said["naive"] = any(_naive(new, old, name, codes[name]) < 0.05 for name in items)

    one = turned(new, instrument, [TURNED_ITEM])
    key = against_their_scale(one[items].astype(float), instrument, params)
    found = compare(one, old, instrument, items, params)
    said["one item"] = TURNED_ITEM in key or TURNED_ITEM in found.mirrored
    said["another blamed"] = bool((key | set(found.mirrored)) - {TURNED_ITEM})
    scale = list(instrument.construct_named(TURNED_SCALE).items)
    every = compare(turned(new, instrument, scale), old, instrument, items, params)
    said["whole scale"] = bool(set(every.mirrored) & set(scale)) or bool(set(every.shifted) & set(scale))
    moved = new.assign(**{TURNED_ITEM: _lower(new[TURNED_ITEM].astype(float), ends_of(instrument, TURNED_ITEM)[0])})
    said["one point lower"] = TURNED_ITEM in compare(moved, old, instrument, items, params).shifted
    return said


def _lower(answers: pd.Series[float], lowest: float) -> pd.Series[float]:
    return np.maximum(answers - 1, lowest)


def _naive(new: pd.DataFrame, old: pd.DataFrame, name: str, codes: list[float]) -> float:
    """The test without any of the guards, at five per cent an item."""
    sides = (Sample.of(side[name].astype(float), units_of(side["project"])) for side in (new, old))
    return shift_between(*sides, codes=codes, icc=0.0).pvalue


def main() -> None:
    """Print a table, one design a line, in per cent of the pairs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=200)
    pairs = parser.parse_args().pairs
    study = load_study(ROOT)
    simulation = read_simulation(study)
    p = read_wave_parameters(simulation, next(s for s in simulation.waves.values() if s.effects))
    columns = ["shifted", "turned", "naive", "one item", "another blamed", "whole scale", "one point lower"]
    print("| design | persons | " + " | ".join(columns) + " |\n|" + "---|" * (len(columns) + 2))
    for name, design in DESIGNS.items():
        total: Counter[str] = Counter()
        for seed in range(pairs):
            total += one_pair(study, p, design, seed)
        shares = " | ".join(f"{100 * total[column] / pairs:.1f}" for column in columns)
        print(f"| {name} | {total['persons'] / pairs:.0f} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
