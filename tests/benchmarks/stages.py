"""How long each stage of a cold `dvc repro` takes on the shipped waves.

    python tests/benchmarks/stages.py

Copies what git tracks into a temporary folder, runs every stage there once, and prints a Markdown table of seconds by
kind of stage (a fresh process each, imports included), then how long it takes to find out that nothing changed.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "acceptance"))
from acceptance_studies import StudyFolder, copy_of_repository, environment


def stage_seconds(study: StudyFolder) -> list[tuple[str, float]]:
    """Every stage that ran, with its wall-clock seconds, from the moment `dvc repro` names it to the next one."""
    marks: list[tuple[str, float]] = []
    with subprocess.Popen(
        ["dvc", "repro"], cwd=study.root, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        for line in run.stdout or ():
            if match := re.match(r"Running stage '([^']+)'", line):
                marks.append((match.group(1), time.perf_counter()))
    if run.returncode:
        raise SystemExit(f"dvc repro: exit {run.returncode}")
    ends = [start for _, start in marks[1:]] + [time.perf_counter()]
    return [(name, end - start) for (name, start), end in zip(marks, ends, strict=True)]


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        study = copy_of_repository(Path(folder) / "study")
        seconds = stage_seconds(study)
        start = time.perf_counter()
        study.repro()
        nothing = time.perf_counter() - start
    by_kind: dict[str, list[float]] = defaultdict(list)
    for name, duration in seconds:
        by_kind[name.split("@")[0]].append(duration)
    print("| stage | times | seconds each | seconds in all |\n|---|---:|---:|---:|")
    for kind, durations in by_kind.items():
        print(f"| {kind} | {len(durations)} | {sum(durations) / len(durations):.1f} | {sum(durations):.1f} |")
    print(f"| **all** | {len(seconds)} | | **{sum(d for _, d in seconds):.0f}** |")
    print(f"\nNothing changed: {nothing:.1f} s.")


if __name__ == "__main__":
    main()
