"""What the desk's process does with a file, by the functions that the commands use too."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.declare import load_study
from pipeline.declare.problems import DeclarationError
from pipeline.declare.problems import Problem as DeclarationProblem
from pipeline.intake.check import Checked
from pipeline.intake.checks.of_submission import check_submission
from pipeline.intake.messages import RefusedError, answer, describe_format
from pipeline.intake.problems import UnreadableError
from pipeline.intake.reading.read import bounds_of, read_grid
from pipeline.intake.source import Received
from pipeline.intake.submission import Submission, submission_from, with_responses
from pipeline.intake.text import fold
from pipeline.intake.words import LANGUAGES, Language

Say = Callable[[str], None]
Result = tuple[dict[str, Any], dict[str, bytes]]
Request = Mapping[str, Any]
Blobs = Mapping[str, bytes]
Columns = Sequence[tuple[str, str]]


def load() -> None:
    """Import what the tasks need."""
    for name in ("answer", "answer.left_out", "declaration", "mapping.written", "refused", "store"):
        importlib.import_module(f"pipeline.intake.{name}")


def look(request: Request, blobs: Blobs, say: Say) -> Result:
    """What kind of file it is, and what it says of the wave where it is the delivery workbook."""
    from pipeline.intake.declaration import is_delivery_workbook, wave_from_workbook

    say("reading")
    received = Received(str(request["name"]), blobs["file"])
    study = load_study(Path(request["study"]))
    bounds = bounds_of(study.params.intake)
    fields = [field for instrument in study.instruments.values() for field in instrument.fields]
    known = frozenset(fold(text) for field in fields for text in (field.name, *field.title.values()))
    content: dict[str, Any] = {}
    try:
        if is_delivery_workbook(received):
            wave = wave_from_workbook(received, bounds).declaration
            content["declared"] = wave.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    except DeclarationError as error:
        content["declared_wrong"] = _in_languages(error.problems)
    except UnreadableError:
        return content, {}
    try:
        grid, _ = read_grid(received, bounds, sheet=content.get("declared", {}).get("sheet"), known=known)
    except UnreadableError:
        # the check will say what is wrong, in its own words
        return content, {}
    read_as = {language: describe_format(grid.format, language) for language in LANGUAGES}
    return content | {"kind": grid.format.kind, "read_as": read_as}, {}


def check(request: Request, blobs: Blobs, say: Say) -> Result:
    """The answer in both languages, as a page too, the copy in which the cells are marked, a crosswalk where one may
    help. ``drop``: the answer to the file without its refused columns."""
    from pipeline.intake.answer.left_out import without_refused
    from pipeline.intake.refused import leave_out_refused

    try:
        submission, checked = _checked(request, blobs, say)
    except DeclarationError as error:
        return {"acceptable": False, "undeclared": _in_languages(error.problems)}, {}
    except RefusedError as error:
        return {"acceptable": False, "undeclared": {key: [error.in_language(key)] for key in LANGUAGES}}, {}
    left_out: Columns = ()
    if request["drop"]:
        say("cutting")
        checked, left_out = without_refused(
            checked, lambda found: leave_out_refused(submission, found, language=request["language"]).checked
        )
    say("answering")
    return _answer(submission, checked, left_out, request["language"])


def submit(request: Request, blobs: Blobs, say: Say) -> Result:
    """Check again, for the study may have changed meanwhile, and store."""
    from pipeline.intake import store
    from pipeline.intake.refused import LeftOut, leave_out_refused

    try:
        submission, checked = _checked(request, blobs, say)
        left = LeftOut(submission, checked, ())
        if request["drop"] and not submission.declared:
            say("cutting")
            left = leave_out_refused(submission, checked, language=request["language"])
        if not left.checked.acceptable or left.submission.declared or checked.received is None:
            say("answering")
            return _answer(submission, left.checked, (), request["language"])
        say("storing")
        store.submit(left.submission, left.checked, by=request["by"], original=checked.received, refused=left.columns)
    except DeclarationError as error:
        return {"acceptable": False, "undeclared": _in_languages(error.problems)}, {}
    except UnreadableError as stop:
        return {"refused_store": {language: answer(stop.problems, language) for language in LANGUAGES}}, {}
    except RefusedError as error:
        return {"refused_store": {language: error.in_language(language) for language in LANGUAGES}}, {}
    except OSError:
        said = RefusedError("not_written")
        return {"refused_store": {language: said.in_language(language) for language in LANGUAGES}}, {}
    return {"stored": submission.wave.wave}, {}


def _checked(request: Request, blobs: Blobs, say: Say) -> tuple[Submission, Checked]:
    """What is submitted, and the check of the file as it came; raises ``DeclarationError`` or ``RefusedError``."""
    from pipeline.intake.mapping.table_file import crosswalk_bytes

    say("reading")
    crosswalk = blobs.get("crosswalk")
    name = Path(str(request["crosswalk_name"]))
    submission = submission_from(
        Path(request["study"]), declaration=blobs["declaration"], language=request["language"], crosswalk_name=name,
        crosswalk=None if crosswalk is None else crosswalk_bytes(crosswalk, name),
    )  # fmt: skip
    say("checking")
    received = Received(str(request["name"]), blobs["file"])
    checked = check_submission(submission, received)
    # the form does not ask what the file will be called once it is stored: the file itself says what it is
    called = [str(problem.details["name"]) for problem in checked.problems if problem.code == "responses_name"]
    if called:
        submission = with_responses(submission, called[0], language=request["language"])
        checked = check_submission(submission, received)
    return submission, checked


def _answer(submission: Submission, checked: Checked, left_out: Columns, language: Language) -> Result:
    """The answer as the commands give it."""
    from pipeline.intake.answer import as_json, html_fragment, html_page, marked_copy, next_step

    declared = [_at_home(problem, submission.root) for problem in submission.declared]
    refused = [place for problem in checked.problems if problem.refuses_column for place in problem.columns]
    content: dict[str, Any] = {
        "acceptable": checked.acceptable and not declared,
        "answer": {key: as_json(checked, key, declared=declared, left_out=left_out) for key in LANGUAGES},
        "fragment": {key: str(html_fragment(checked, key, declared=declared, left_out=left_out)) for key in LANGUAGES},
        "refused": list(dict.fromkeys(refused)),
        "left_out": list(left_out),
    }
    blobs = {f"html_{key}": html_page(checked, key, declared=declared, left_out=left_out).encode() for key in LANGUAGES}
    expected = submission.expectation()
    if expected is not None and checked.problems:
        sentences = [problem.in_language(language) for problem in declared]
        if copy := marked_copy(checked, expected, language, declared=sentences):
            blobs["marked"] = copy
    if next_step(checked, n_declared=len(declared)) == "map" and (proposed := _proposed(submission, checked, language)):
        blobs["crosswalk"] = proposed
    return content, blobs


def _proposed(submission: Submission, checked: Checked, language: Language) -> bytes | None:
    """A crosswalk to be looked at, as CSV; ``None`` where nothing fits."""
    from pipeline.intake.mapping.earlier import best_earlier, propose_like
    from pipeline.intake.mapping.propose import propose
    from pipeline.intake.mapping.written import crosswalk_csv

    table, instrument, wave = checked.table, submission.instrument, submission.wave
    if table is None or instrument is None:
        return None
    study = load_study(submission.root)
    earlier = best_earlier(study, instrument, table)
    if earlier is None:
        proposal = propose(table, instrument, study.registry, wave=wave)
    else:
        rows = study.crosswalks[earlier]
        proposal, _ = propose_like(table, instrument, study.registry, rows, earlier=earlier, wave=wave)
    return None if proposal.nothing_fits else crosswalk_csv(proposal.lines, language)


def _at_home(problem: DeclarationProblem, root: Path) -> DeclarationProblem:
    """``problem`` by its place in the study: where that stands is nobody's business."""
    return replace(problem, path=problem.path.relative_to(root)) if root in problem.path.parents else problem


def _in_languages(problems: Sequence[DeclarationProblem]) -> dict[str, list[str]]:
    return {language: [problem.in_language(language) for problem in problems] for language in LANGUAGES}
