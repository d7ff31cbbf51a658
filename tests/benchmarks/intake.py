"""What ``magical-housing check`` takes for a large file: seconds and memory, in each format.

    python tests/benchmarks/intake.py [ROWS] [COLUMNS]

Writes ROWS × COLUMNS answers to the shipped questionnaire (100,000 × 60 unless said otherwise) as CSV, SPSS and XLSX
into a temporary folder, and runs the command on each in a process of its own. The bounds are 15 seconds and 1 GB.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.declare import Instrument, load_study
from pipeline.declare.crosswalk import COLUMNS

ROOT = Path(__file__).resolve().parents[2]
FIRST = ["project", "consent", "language", "role"]


def answers(instrument: Instrument, names: list[str], projects: list[str], n: int) -> pd.DataFrame:
    """Random answers, one row a person: codes, with a twentieth left blank."""
    rng = np.random.default_rng(1)
    columns: dict[str, object] = {}
    for name in names:
        field = instrument.field_named(name)
        codes = projects if field.role == "project" else [c.value for c in instrument.categories_of(field)]
        values = pd.Series(rng.choice(np.array(codes, dtype=object), n), dtype=object)
        if field.type in ("integer", "number"):
            values = values.astype(float) if codes else pd.Series(rng.integers(0, 30, n).astype(float))
        if not field.required:
            values[rng.random(n) < 0.05] = None
        columns[name] = values
    return pd.DataFrame(columns)


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write ``frame`` in the format of ``path``'s suffix."""
    if path.suffix == ".csv":
        frame.to_csv(path, index=False, sep=";", float_format="%g")
    elif path.suffix == ".sav":
        import pyreadstat

        pyreadstat.write_sav(frame.apply(lambda c: c if c.dtype == float else c.astype("str").fillna("")), path)
    else:
        from openpyxl import Workbook

        workbook = Workbook(write_only=True)
        sheet = workbook.create_sheet("Antwoorden")
        sheet.append(list(frame.columns))
        for row in frame.astype(object).where(frame.notna(), None).itertuples(index=False):
            sheet.append(row)
        workbook.save(path)


def measured(command: list[str]) -> tuple[float, float, int, str]:
    """Seconds, megabytes at most, exit code and what was said by ``command``."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        return seconds, usage.ru_maxrss / 1024, process.returncode, said.read().decode().splitlines()[0]


def main() -> None:
    """Measure every format and print a line for each."""
    n, k = (int(argument) for argument in (*sys.argv[1:], *("100000", "60")[len(sys.argv) - 1 :]))
    study = load_study(ROOT)
    wave, instrument = next(iter(study.waves.values())), next(iter(study.instruments.values()))
    others = [f.name for f in instrument.fields if f.name not in FIRST and f.role != "source_id"]
    names = [*FIRST, *others][:k]
    frame = answers(instrument, names, list(wave.projects), n)
    with tempfile.TemporaryDirectory() as folder:
        crosswalk = Path(folder) / "crosswalk.csv"
        with crosswalk.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, COLUMNS)
            writer.writeheader()
            for name in [*FIRST, *others][k:]:
                writer.writerow({"var_name_target": name, "na_label_target": "not_asked"})
        text = (ROOT / "surveys" / "waves" / wave.wave / "wave.yaml").read_text(encoding="utf-8")
        text = text.replace(f"wave: {wave.wave}", "wave: benchmark")
        for suffix in (".csv", ".sav", ".xlsx"):
            file = Path(folder) / f"answers{suffix}"
            declaration = Path(folder) / f"wave{suffix}.yaml"
            declaration.write_text(text.replace(wave.responses, f"responses{suffix}"), encoding="utf-8")
            write(frame, file)
            command = [sys.executable, "-c", "from pipeline.cli import main; main()", "check", str(file)]
            command += ["--declaration", str(declaration), "--crosswalk", str(crosswalk), "--language", "en"]
            seconds, megabytes, code, said = measured(command)
            size = file.stat().st_size / 1e6
            print(f"{suffix} {len(frame)} x {frame.shape[1]} ({size:.0f} MB): {seconds:.1f} s, {megabytes:.0f} MB;"
                  f" exit {code}: {said}")  # fmt: skip


if __name__ == "__main__":
    main()
