"""A wave that somebody wants to add: its declaration and crosswalk, held against the study as it would then be."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.declare import CrosswalkRow, Instrument, Params, Registry, Wave
from pipeline.declare.cross_checks import cross_check
from pipeline.declare.crosswalk import CrosswalkLine, crosswalk_lines
from pipeline.declare.crosswalk_cells import to_cell
from pipeline.declare.documents import Read, read_bytes, read_from, text_of
from pipeline.declare.gather import Gathered, gather
from pipeline.declare.params import WaveParams
from pipeline.declare.problems import DeclarationError
from pipeline.declare.problems import Problem as DeclarationProblem
from pipeline.intake.expectation import Expectation, OfStudy
from pipeline.intake.mapping.table_file import crosswalk_bytes

DECLARATION_NAME, CROSSWALK_NAME = Path("wave.yaml"), Path("crosswalk.csv")
"""What a declaration and a crosswalk that are in no file are called."""


@dataclass(frozen=True)
class Submission:
    """What somebody wants to add to the study at ``root``.

    ``declaration``: the bytes of wave.yaml, as they were given. ``declared``: what is wrong with the declaration and
    the crosswalk. ``instrument`` is ``None`` when the declaration names one that is not there.
    """

    root: Path
    declaration: bytes
    wave: Wave
    crosswalk: tuple[CrosswalkRow, ...]
    instrument: Instrument | None
    registry: Registry
    params: Params
    declared: tuple[DeclarationProblem, ...]
    population: str | None = None
    """The variable that makes somebody one of the analysed."""

    def expectation(self) -> Expectation | None:
        """What the file has to meet; ``None`` without an instrument."""
        if self.instrument is None:
            return None
        return Expectation(
            instrument=self.instrument,
            registry=self.registry,
            params=self.params.intake,
            wave=self.wave,
            crosswalk=self.crosswalk,
            study=OfStudy.of(self.params, self.population),
        )


def read_submission(root: Path, *, declaration: Path, crosswalk: Path | None, language: str) -> Submission:
    """Read ``declaration`` (a wave.yaml) and ``crosswalk``, and hold them against the study at ``root``.

    Raises ``DeclarationError`` (an ``InputError``) when the study itself, the declaration or the crosswalk cannot be
    read; all else is in ``declared``.
    """
    try:
        declared = read_bytes(declaration)
        lines = read_bytes(crosswalk) if crosswalk else None
    except DeclarationError as error:
        raise DeclarationError(error.problems, language=language) from None
    return submission_from(
        root, declaration=declared, crosswalk=lines, language=language,
        declaration_name=declaration, crosswalk_name=crosswalk or CROSSWALK_NAME,
    )  # fmt: skip


def submission_from(
    root: Path,
    *,
    declaration: bytes,
    crosswalk: bytes | None,
    language: str,
    declaration_name: Path = DECLARATION_NAME,
    crosswalk_name: Path = CROSSWALK_NAME,
    wave: Read[Wave] | None = None,
) -> Submission:
    """The same of a declaration and a crosswalk that are in no file, or in others' (a desk, a workbook).

    Problems call them ``declaration_name`` and ``crosswalk_name``. ``wave``: the declaration where it was read already,
    so that problems are told by its own places.
    """
    gathered = gather(root)
    params, registry = gathered.params, gathered.registry
    before = [*gathered.problems, *cross_check(gathered)]
    if before or params is None or registry is None:
        raise DeclarationError(before, language=language)
    try:
        wave = wave or read_from(text_of(declaration, declaration_name), declaration_name, Wave)
        lines = _lines(crosswalk, crosswalk_name) if crosswalk is not None else []
    except DeclarationError as error:
        raise DeclarationError(error.problems, language=language) from None
    return Submission(
        root=root,
        declaration=declaration,
        wave=wave.declaration,
        crosswalk=tuple(line.row for line in lines),
        instrument=gathered.instrument(wave.declaration.instrument),
        registry=registry.declaration,
        params=params.declaration,
        declared=tuple(_problems_with(gathered, params, wave, lines, crosswalk_name)),
        population=gathered.study.declaration.population.variable if gathered.study else None,
    )


def _lines(crosswalk: bytes, name: Path) -> list[CrosswalkLine]:
    """The lines of a crosswalk, CSV or a workbook."""
    return crosswalk_lines(text_of(crosswalk_bytes(crosswalk, name), name), name)


def with_responses(submission: Submission, name: str, *, language: str) -> Submission:
    """``submission`` with its responses called ``name``: a workbook of which columns were cut is an XLSX file, whatever
    it was before. All else in the declaration stays, byte for byte."""
    if submission.wave.responses == name:
        return submission
    declaration = naming_responses(submission.declaration, submission.wave.responses, name)
    if declaration == submission.declaration:
        return submission
    return submission_from(
        submission.root,
        declaration=declaration,
        crosswalk=crosswalk_text(submission.crosswalk).encode(),
        language=language,
    )


def naming_responses(declaration: bytes, old: str, new: str) -> bytes:
    """The text of a wave.yaml that calls its responses ``new`` instead of ``old``."""
    key = rb"(?m)^(responses[ \t]*:[ \t]*[\"']?)" + re.escape(old.encode())
    return re.sub(key, lambda found: found[1] + new.encode(), declaration, count=1)


def _problems_with(
    gathered: Gathered,
    params: Read[Params],
    wave: Read[Wave],
    lines: Sequence[CrosswalkLine],
    crosswalk: Path,
) -> list[DeclarationProblem]:
    """What would be wrong with the study if the wave were part of it."""
    name, pool = wave.declaration.wave, wave.declaration.pool
    as_if = params.declaration.model_copy(
        update={
            "waves": params.declaration.waves | {name: WaveParams(responses=wave.declaration.responses)},
            "pools": [*params.declaration.pools, *([] if pool in params.declaration.pools else [pool])],
        }
    )
    with_wave = replace(
        gathered,
        params=replace(params, declaration=as_if),
        waves=gathered.waves | {name: wave},
        crosswalks=gathered.crosswalks | {name: list(lines)},
    )
    there = gathered.crosswalk_path(name)
    return [
        replace(problem, path=crosswalk) if problem.path == there else problem for problem in cross_check(with_wave)
    ]


def wave_folder(root: Path, wave: str) -> Path:
    """Where a wave's declaration and responses stand."""
    return root / "surveys" / "waves" / wave


def crosswalk_file(root: Path, wave: str) -> Path:
    """Where a wave's crosswalk stands."""
    return root / "surveys" / "crosswalks" / f"{wave}.csv"


def crosswalk_text(rows: Sequence[CrosswalkRow]) -> str:
    """A crosswalk as CSV; the header alone when there are no rows."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, fieldnames=list(CrosswalkRow.model_fields), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: to_cell(cell) for name, cell in row.model_dump().items()} for row in rows)
    return stream.getvalue()
