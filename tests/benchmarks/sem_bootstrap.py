"""What a bootstrap draw takes here and in lavaan, in one run, one thread each: processor time, which does not depend on
what else the machine does as much as the clock.

    python tests/benchmarks/sem_bootstrap.py [--draws 1000] [--incomplete 300] [--lavaan 40] [--lavaan-incomplete 8]

The study-shaped two-group scalar model (94 free parameters, 282 persons), complete and with answers left open (FIML).
Needs R with lavaan and jsonlite; without it only the times here are shown. Exits with 1 when a draw is less than 100
times faster than lavaan's, with answers left open less than 40 times.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

import pandas as pd  # noqa: E402

from analysis.sem.bootstrap import Bootstrap, bootstrap  # noqa: E402
from analysis.sem.estimate import Estimated  # noqa: E402
from analysis.sem.fit import estimated_by, prepared  # noqa: E402
from analysis.sem.options import Options  # noqa: E402

COMPLETE = HERE.parent / "oracles/lavaan/study_shaped.csv"
INCOMPLETE = HERE.parent / "oracles/fiml/study_shaped_missing.csv"
MODEL = """
HS =~ hs1+hs2+hs3+hs4
SC =~ sc1+sc2+sc3+sc4+sc5+sc6
SB =~ sb1+sb2+sb3+sb4
WB =~ wb1+wb2+wb3+wb4+wb5
SB ~ HS
WB ~ HS + SC
HS ~~ SC
"""
REPEATS = 3
WANTED = {"complete": 100.0, "incomplete": 40.0}


def solution(file: Path, missing: str) -> Estimated:
    """The model fitted to ``file``."""
    options = Options.checked(group="construction", group_equal=["loadings", "intercepts"], missing=missing)
    table, sample = prepared(MODEL, pd.read_csv(file), options)
    return estimated_by(table, sample, options)


def timed(estimated: Estimated, draws: int) -> tuple[float, Bootstrap]:
    """Processor seconds a draw, drawing, solving and summarising included: the best of a few times."""
    best = float("inf")
    for _ in range(REPEATS):
        start = time.process_time()
        drawn = bootstrap(estimated, draws=draws, seed=1)
        drawn.summary()
        best = min(best, (time.process_time() - start) / draws)
    return best, drawn


def of_lavaan(draws: int, incomplete: int) -> dict[str, Any] | None:
    """lavaan's seconds a draw; ``None`` without R."""
    if shutil.which("Rscript") is None:
        return None
    command = ["Rscript", "sem_bootstrap.R", str(COMPLETE), str(INCOMPLETE), str(draws), str(incomplete)]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
    return found


def main() -> int:
    """Measure, print a table, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--incomplete", type=int, default=300)
    parser.add_argument("--lavaan", type=int, default=40)
    parser.add_argument("--lavaan-incomplete", type=int, default=8)
    asked = parser.parse_args()
    reference = of_lavaan(asked.lavaan, asked.lavaan_incomplete)
    print("| answers | draws | converged | ms a draw | lavaan, ms a draw | times faster |")
    print("|---|---:|---:|---:|---:|---:|")
    enough = True
    for name, file, missing, draws in (
        ("complete", COMPLETE, "listwise", asked.draws), ("incomplete", INCOMPLETE, "fiml", asked.incomplete),
    ):  # fmt: skip
        seconds, drawn = timed(solution(file, missing), draws)
        theirs, ratio = "", ""
        if reference is not None:
            times = reference[name]["seconds"] / seconds
            theirs, ratio = f"{reference[name]['seconds'] * 1e3:.0f}", f"{times:.0f}"
            enough &= times >= WANTED[name]
        print(f"| {name} | {draws} | {drawn.n_converged} | {seconds * 1e3:.2f} | {theirs} | {ratio} |")
    return 0 if enough else 1


if __name__ == "__main__":
    raise SystemExit(main())
