"""How long one fit takes beside lavaan, in the same run, one thread each.

    python tests/benchmarks/sem.py [--repeats 20]

A fit is all of it: the model's text read, the table built, the data prepared, estimates, standard errors, standardised
estimates with theirs, baseline and saturated model, every fit measure. What the package remembers between calls is
forgotten before each. CPU seconds, so that other work on the machine counts for neither; ours are repeated ten
times as often as lavaan's, as a handful of a few milliseconds each would be over within one disturbance. Needs R
with lavaan; exits with 1 when a fit is not twenty times faster.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import pandas as pd  # noqa: E402  (after the number of threads is set)

from analysis.sem import fit, syntax  # noqa: E402
from analysis.sem.expression import expression_of  # noqa: E402

HERE = Path(__file__).resolve().parent
ORACLES = HERE.parent / "oracles"
AIM = 20.0


def cases() -> dict[str, tuple[str, pd.DataFrame, dict[str, Any]]]:
    """The fits: model, data, options."""
    democracy = (HERE / "sem_models" / "democracy.lav").read_text(encoding="utf-8")
    factors = (HERE / "sem_models" / "holzinger.lav").read_text(encoding="utf-8")
    holzinger = pd.read_csv(ORACLES / "lavaan" / "holzinger.csv")
    missing = pd.read_csv(ORACLES / "fiml" / "holzinger_missing.csv")
    scalar = {"group": "school", "group_equal": ("loadings", "intercepts")}
    return {
        "democracy": (democracy, pd.read_csv(ORACLES / "lavaan" / "democracy.csv"), {}),
        "holzinger": (factors, holzinger, {}),
        "scalar": (factors, holzinger, scalar),
        "fiml": (factors, missing, {"missing": "fiml"}),
        "fiml_mlr": (factors, missing, {"missing": "fiml", "estimator": "MLR"}),
    }


def ours(repeats: int) -> dict[str, list[float]]:
    """CPU seconds of every repeat of every case."""
    found = {}
    for name, (model, data, options) in cases().items():
        seconds = []
        for _ in range(repeats + 1):
            syntax._parsed.cache_clear()
            expression_of.cache_clear()
            start = time.process_time()
            result = fit(model, data, **options)
            assert len(result.parameters) and len(result.fit)
            seconds.append(time.process_time() - start)
        found[name] = seconds[1:]
    return found


def lavaans(repeats: int) -> dict[str, list[float]]:
    """The same by lavaan."""
    run = subprocess.run(
        ["Rscript", str(HERE / "sem.R"), str(ORACLES), str(repeats)], capture_output=True, text=True, check=True
    )
    lines = [line.split() for line in run.stdout.splitlines() if line]
    return {name: [float(x) for x in seconds] for name, *seconds in lines}


def main() -> int:
    """Print a table and judge it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=20)
    asked = parser.parse_args()
    mine, theirs = ours(10 * asked.repeats), lavaans(asked.repeats)
    print("| fit | ours, ms | lavaan, ms | times faster |\n|---|---:|---:|---:|")
    slow = []
    for name, seconds in mine.items():
        a, b = statistics.median(seconds), statistics.median(theirs[name])
        print(f"| {name} | {a * 1e3:.1f} | {b * 1e3:.0f} | {b / a:.1f} |")
        slow += [name] if b / a < AIM else []
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
