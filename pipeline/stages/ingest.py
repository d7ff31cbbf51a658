"""Reads a wave's responses as they were received and writes them in the instrument's variables and codes.

Impossible and unreadable cells are set aside with their reason and reported with row and column; a column that is
missing or cannot be trusted stops the stage.
"""

from __future__ import annotations

from dataclasses import asdict

from pipeline.artefacts import person_path, write_json, write_persons
from pipeline.declare import Study
from pipeline.errors import InputError
from pipeline.intake.check import Checked, Expectation, check_file
from pipeline.intake.messages import explain
from pipeline.stages._run import run_stage


def run(study: Study, *, wave: str) -> None:
    """Ingest one wave: ``build/ingested/<wave>.parquet`` and, beside it, ``<wave>.problems.json``.

    Raises ``InputError`` when the file cannot be read or a column cannot be had.
    """
    declared = study.waves.get(wave)
    if declared is None:
        raise InputError(f"wave {wave}: not under `waves` in params.yaml; it has {', '.join(study.waves) or 'none'}")
    if declared.instrument not in study.instruments:
        raise InputError(f"wave {wave}: no instrument {declared.instrument} under surveys/instruments")
    path = study.responses_path(wave)
    checked = check_file(
        path,
        Expectation(
            instrument=study.instrument_of(wave),
            registry=study.registry,
            params=study.params.intake,
            wave=declared,
            crosswalk=tuple(study.crosswalks[wave]),
        ),
    )
    _stop_when_structural(checked, str(path))
    assert checked.ingested_by_person is not None and checked.table is not None  # noqa: S101 - a file without problems has both
    write_persons(study.root, "ingested", checked.ingested_by_person, wave=wave)
    report = {
        "wave": wave,
        "format": asdict(checked.table.format),
        "rows": len(checked.ingested_by_person),
        "problems": [problem.as_json() for problem in checked.problems],
    }
    write_json(person_path(study.root, "ingested", wave=wave).with_suffix(".problems.json"), report)


def _stop_when_structural(checked: Checked, path: str) -> None:
    structural = [problem for problem in checked.problems if problem.structural]
    if structural:
        said = [explain(problem, "en") for problem in structural]
        raise InputError("\n".join(f"{path}: {s['what']} {s['fix']}" for s in said))


if __name__ == "__main__":
    run_stage(run, "wave")
