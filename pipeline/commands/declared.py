"""The wave that a command is about: told by a wave.yaml, by a delivery workbook, or by the file of answers itself."""

from __future__ import annotations

from pathlib import Path

from pipeline.declare import DeclarationError, Params, read_declaration
from pipeline.declare.documents import read_bytes
from pipeline.intake.declaration import declaration_from_workbook, is_delivery_workbook
from pipeline.intake.problems import UnreadableError
from pipeline.intake.read import bounds_of, receive
from pipeline.intake.source import Received
from pipeline.intake.submission import CROSSWALK_NAME, Submission, read_submission, submission_from
from pipeline.intake.table import Bounds

WORKBOOKS = (".xlsx", ".xlsm", ".ods", ".xls")


def submission_of(
    study: Path, file: Path, *, declaration: Path | None, crosswalk: Path | None, language: str
) -> Submission | None:
    """What somebody wants to add: ``declaration`` (wave.yaml or a workbook), else the one in ``file`` where that is a
    delivery workbook; ``None`` when there is none.

    Raises ``DeclarationError`` (an ``InputError``) when the study, the declaration or the crosswalk cannot be read.
    """
    if declaration is not None and declaration.suffix.lower() not in WORKBOOKS:
        return read_submission(study, declaration=declaration, crosswalk=crosswalk, language=language)
    if declaration is None and file.suffix.lower() not in WORKBOOKS:
        return None
    try:
        bounds = bounds_of(read_declaration(study / "params.yaml", Params).intake)
        received = _received(declaration or file, bounds)
        if received is None or (declaration is None and not is_delivery_workbook(received)):
            return None
        return submission_from(
            study,
            declaration=declaration_from_workbook(received, bounds),
            crosswalk=read_bytes(crosswalk) if crosswalk else None,
            language=language,
            declaration_name=declaration or file,
            crosswalk_name=crosswalk or CROSSWALK_NAME,
        )
    except DeclarationError as error:
        raise DeclarationError(error.problems, language=language) from None


def _received(path: Path, bounds: Bounds) -> Received | None:
    """The bytes of a workbook; ``None`` where it cannot be had, which the check of the file tells."""
    try:
        return receive(path, bounds)
    except UnreadableError:
        return None
