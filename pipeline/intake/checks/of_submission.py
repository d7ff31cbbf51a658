"""Whether what was sent can be stored: the file against the declared wave, and the wave against what is there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipeline.intake.check import Checked, check_file, check_received
from pipeline.intake.problems import Problem
from pipeline.intake.source import Kind, Received
from pipeline.intake.submission import Submission, wave_folder

_SUFFIXES: dict[Kind, str] = {"csv": ".csv", "xlsx": ".xlsx", "xls": ".xls", "ods": ".ods", "sav": ".sav"}


def check_submission(submission: Submission, file: Path | Received) -> Checked:
    """Check ``file`` (a path, or bytes that were read before) against the declared wave, and whether it could be
    stored. Without an instrument nothing can be said of the file: ``submission.declared`` says why."""
    expected = submission.expectation()
    if expected is None:
        return Checked(())
    checked = check_received(file, expected) if isinstance(file, Received) else check_file(file, expected)
    kind = checked.table.format.kind if checked.table else None
    storing = _problems_of_storing(submission, kind)
    return replace(checked, problems=(*storing, *checked.problems))


def _problems_of_storing(submission: Submission, kind: Kind | None) -> list[Problem]:
    """What keeps the wave from being stored: it is there already, or its responses would not be called right.

    Only files called ``responses.…`` are kept out of git. A folder that holds nothing but this declaration is a wave
    that somebody is preparing, not one that is there.
    """
    wave = submission.wave
    folder = wave_folder(submission.root, wave.wave)
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    prepared = folder / "wave.yaml" if there == {"wave.yaml"} else None
    in_place = prepared is not None and prepared.read_bytes() == submission.declaration
    problems = []
    if wave.wave in submission.params.waves or (there and not in_place):
        problems.append(Problem("wave_exists", details={"wave": wave.wave}))
    if kind is not None and wave.responses != (name := f"responses{_SUFFIXES[kind]}"):
        problems.append(Problem("responses_name", details={"name": name}))
    return problems
