"""Whether what was sent can be stored: the file against the declared wave, and the wave against what is there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipeline.intake.check import Checked, check_file, check_received
from pipeline.intake.checks.earlier import stored_waves
from pipeline.intake.checks.same_wave import not_compared, same_bytes, same_rows
from pipeline.intake.checks.shifted import far_from_before
from pipeline.intake.checks.subject import Subject
from pipeline.intake.expectation import Expectation
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
    problems = [
        *_problems_of_storing(submission, kind),
        *checked.problems,
        *_beside_others(submission, expected, checked),
    ]
    return replace(checked, problems=tuple(sorted(problems, key=lambda p: p.severity == "warning")))


def _beside_others(submission: Submission, expected: Expectation, checked: Checked) -> list[Problem]:
    """The wave beside those that are stored: submitted before, or answered far otherwise.

    A stored wave of the same name is not looked at: that it is there is told, or, where everything is as it was,
    ``store.already_stored`` knows.
    """
    if checked.received is None:
        return []
    corporation = submission.wave.corporation
    stored = stored_waves(submission.root, besides=submission.wave.wave)
    same = same_bytes(checked.received, stored, corporation)
    if checked.table is None or checked.plan is None or checked.ingested_by_person is None:
        return same
    subject = Subject(checked.table, checked.plan, checked.ingested_by_person, expected)
    same = same or same_rows(subject, stored, corporation)
    # a wave that is there already is no wave to differ from
    return [*same, *not_compared(stored), *([] if same else far_from_before(subject, stored))]


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
