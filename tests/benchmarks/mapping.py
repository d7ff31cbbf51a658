"""How good proposed crosswalks are: lines right and wrong by how sure they say they are, and how long they take.

    python tests/benchmarks/mapping.py [SEEDS]

Derives files from the shipped questionnaire as survey tools make them (``derived_files.py`` of the tests), SEEDS times
with other answers, typing errors, order and questions left out (5 unless said otherwise), proposes a crosswalk for each
and holds every line against what is true of the file. Then one table of 20,000 rows and 1,000 columns.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "pipeline" / "intake" / "mapping"))

from derived_files import every_file
from scoring import Score, score

from pipeline.declare import Study, load_study
from pipeline.intake.mapping.propose import propose
from pipeline.intake.source import FileFormat, Received, SourceColumn, SourceTable

ROOT = Path(__file__).resolve().parents[2]
CERTAINTIES = ("sure", "likely", "check")


def main() -> None:
    """Print a row for each derived file and one for all of them, then the time that a large file takes."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    study = load_study(ROOT)
    scores: dict[str, list[Score]] = {}
    instrument = next(iter(study.instruments.values()))
    projects = {project.id: project.name for project in study.registry.projects if project.simulated}
    for seed in range(seeds):
        for derived in every_file(instrument, projects, seed=seed):
            found = score(derived, propose(derived.table, instrument, study.registry), instrument)
            scores.setdefault(derived.name, []).append(found)
    print("| file | questions found | columns sure | likely | check | values sure | likely | check |")
    print("|---|---|---|---|---|---|---|---|")
    for name, own in [*scores.items(), ("all", [one for many in scores.values() for one in many])]:
        print(f"| {name} | {sum(s.found for s in own)}/{sum(s.n_variables for s in own)} | {lines(own)} |")
    print(f"\nlarge file: {large(study):.1f} s")


def lines(scores: list[Score]) -> str:
    """Right and wrong lines by certainty, of columns and of values."""
    cells = []
    for kind in ("columns", "values"):
        counted: Counter[tuple[bool, str]] = sum((getattr(one, kind) for one in scores), Counter())
        for certainty in CERTAINTIES:
            right, wrong = counted[(True, certainty)], counted[(False, certainty)]
            cells.append(f"{right} + {wrong} wrong" if wrong else str(right))
    return " | ".join(cells)


def large(study: Study, n_rows: int = 20_000, n_columns: int = 1_000) -> float:
    """Seconds for a table of this size in which every variable stands once, among columns of nobody's."""
    rng = np.random.default_rng(1)
    instrument = next(iter(study.instruments.values()))
    names = [f"vraag_{i}_over_iets" for i in range(n_columns)]
    for i, field in enumerate(instrument.fields):
        names[13 * i] = field.title["nl"]
    cells = {i: pd.Series(rng.integers(1, 6, n_rows).astype(float)).astype("category") for i in range(n_columns)}
    columns = tuple(SourceColumn(i, "A", name) for i, name in enumerate(names))
    table = SourceTable(Received("x.csv", b"-"), FileFormat("csv"), columns, pd.DataFrame(cells))
    start = time.perf_counter()
    proposal = propose(table, instrument, study.registry)
    if proposal.found < len(instrument.fields) - 2:
        raise SystemExit(f"only {proposal.found} found")
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
