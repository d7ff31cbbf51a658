"""What the desk's process does with a file, by the functions that the commands use too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.declare.problems import DeclarationError
from pipeline.declare.problems import Problem as DeclarationProblem
from pipeline.intake.check import Checked
from pipeline.intake.checks.of_submission import check_submission
from pipeline.intake.messages import RefusedError, describe_format
from pipeline.intake.problems import UnreadableError
from pipeline.intake.read import bounds_of, read_grid
from pipeline.intake.source import Received
from pipeline.intake.submission import Submission, submission_from
from pipeline.intake.words import LANGUAGES

Say = Callable[[str], None]
Result = tuple[dict[str, Any], dict[str, bytes]]
Blobs = Mapping[str, bytes]


def look(request: Mapping[str, Any], blobs: Blobs, say: Say) -> Result:
    """What kind of file it is, its size, and the declaration in it where it has one."""
    from pipeline.declare import read_declaration
    from pipeline.declare.params import Params

    say("reading")
    received = _received(request, blobs)
    bounds = bounds_of(read_declaration(Path(request["study"]) / "params.yaml", Params).intake)
    try:
        grid, _ = read_grid(received, bounds)
    except UnreadableError:
        # the check will say what is wrong, in its own words
        return {"kind": "csv", "readable": False}, {}
    content = {
        "kind": grid.format.kind,
        "readable": True,
        "read_as": {language: describe_format(grid.format, language) for language in LANGUAGES},
    }
    return content, {}


def check(request: Mapping[str, Any], blobs: Blobs, say: Say) -> Result:
    """The answer, in both languages, and the copy in which the cells are marked."""
    say("reading")
    try:
        submission = _submission(request, blobs)
    except DeclarationError as error:
        return _undeclared(error.problems), {}
    say("checking")
    return _answer(submission, check_submission(submission, _received(request, blobs)), say, left_out=())


def without(request: Mapping[str, Any], blobs: Blobs, say: Say) -> Result:
    """The same of the file without its refused columns; the blob ``file`` is that file."""
    raise NotImplementedError


def submit(request: Mapping[str, Any], blobs: Blobs, say: Say) -> Result:
    """Check again, for the study may have changed meanwhile, and store."""
    from pipeline.intake import store

    say("reading")
    try:
        submission = _submission(request, blobs)
    except DeclarationError as error:
        return _undeclared(error.problems), {}
    say("checking")
    checked = check_submission(submission, _received(request, blobs))
    if not checked.acceptable or submission.declared or checked.received is None:
        return _answer(submission, checked, say, left_out=())
    say("storing")
    try:
        store.submit(submission, checked, by=request["by"])
    except RefusedError as error:
        return {"refused": {language: error.in_language(language) for language in LANGUAGES}}, {}
    return {"acceptable": True, "stored": submission.wave.wave}, {}


def _received(request: Mapping[str, Any], blobs: Blobs) -> Received:
    return Received(str(request["name"]), blobs["file"])


def _submission(request: Mapping[str, Any], blobs: Blobs) -> Submission:
    return submission_from(
        Path(request["study"]), declaration=blobs["declaration"], crosswalk=blobs.get("crosswalk"), language="nl"
    )


def _answer(submission: Submission, checked: Checked, say: Say, *, left_out: Sequence[tuple[str, str]]) -> Result:
    """The answer as the commands give it."""
    from pipeline.intake.answer import as_json

    say("answering")
    refused = [place for problem in checked.problems if problem.refuses_column for place in problem.columns]
    content: dict[str, Any] = {
        "acceptable": checked.acceptable and not submission.declared,
        "answer": {
            language: as_json(checked, language, declared=submission.declared, left_out=left_out)
            for language in LANGUAGES
        },
        "refused": list(dict.fromkeys(refused)),
    }
    return content, {}


def _undeclared(problems: Sequence[DeclarationProblem]) -> dict[str, Any]:
    """The answer when the declaration or the crosswalk cannot be read at all."""
    return {
        "acceptable": False,
        "undeclared": {language: [problem.in_language(language) for problem in problems] for language in LANGUAGES},
    }
