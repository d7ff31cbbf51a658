"""How long the embedded renderer takes for a whole report, and how much of that is per page.

    python tests/benchmarks/render.py [STUDY]

Renders the parts in ``build/report-parts`` of STUDY (default: this repository; run ``dvc repro present`` first) three
times, each in a fresh process into a temporary folder, and prints the quickest as a row of a Markdown table: pages,
seconds by the clock, and seconds of processor (of Python itself, and of the pandocs it starts).
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TIMES = 3


def _render(root: Path) -> dict[str, float]:
    """Stamp and render the report of the study in ``root``; what that took."""
    from pipeline.declare import load_study
    from pipeline.render.declaration import read_site
    from pipeline.render.engine import render
    from pipeline.render.stamp import stamp

    pools = list(load_study(root).params.pools)
    parts = root / "build" / "report-parts"
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        project, site = Path(folder, "project"), Path(folder, "site")
        stamp(
            reports=root / "reports", parts=parts, project=project, site=read_site(parts / "site.yml", pools),
            pools=pools,
        )  # fmt: skip
        render(project, site, engine="embedded")
        seconds = time.perf_counter() - start
        pages = sum(1 for _ in site.rglob("*.html"))
    own, pandocs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "pages": pages,
        "seconds": seconds,
        "python": own.ru_utime + own.ru_stime,
        "pandoc": pandocs.ru_utime + pandocs.ru_stime,
    }


def main() -> None:
    """Measure and print."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else REPOSITORY).resolve()
    if "--once" in sys.argv:
        print(json.dumps(_render(root)))
        return
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, __file__, str(root), "--once"]
    runs = [
        json.loads(subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout)
        for _ in range(TIMES)
    ]
    best = min(runs, key=lambda run: run["seconds"])
    print("| pages | seconds | Python, processor | pandoc, processor |\n|---:|---:|---:|---:|")
    print(f"| {best['pages']} | {best['seconds']:.1f} | {best['python']:.1f} | {best['pandoc']:.1f} |")


if __name__ == "__main__":
    main()
