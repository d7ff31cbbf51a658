"""What somebody wants to add, from the files they have: answers, a declaration (wave.yaml or a delivery workbook), a
crosswalk."""

from __future__ import annotations

from pathlib import Path

from pipeline.declare.documents import Read, read, read_bytes
from pipeline.declare.params import Params
from pipeline.declare.problems import DeclarationError
from pipeline.declare.wave import Wave
from pipeline.intake.declaration import declaration_text, is_delivery_workbook, wave_from_workbook
from pipeline.intake.reading.read import bounds_of, receive
from pipeline.intake.source import Received
from pipeline.intake.submission import CROSSWALK_NAME, Submission, read_submission, submission_from
from pipeline.intake.table import Bounds

_WORKBOOKS = (".xlsx", ".xlsm", ".ods")
_SUFFIXES = {".tsv": ".csv", ".txt": ".csv", ".zsav": ".sav", ".xlsm": ".xlsx"}


def submission_of(
    root: Path, file: Path, *, declaration: Path | None, crosswalk: Path | None, language: str
) -> Submission | None:
    """What the files amount to; ``None`` when ``declaration`` is not given and ``file`` holds none itself.

    Raises ``DeclarationError`` when a declaration, the crosswalk or the study cannot be read, ``UnreadableError`` when
    a workbook cannot.
    """
    source = file if declaration is None else declaration
    if declaration is not None and source.suffix.lower() not in _WORKBOOKS:
        return read_submission(root, declaration=declaration, crosswalk=crosswalk, language=language)
    if source.suffix.lower() not in _WORKBOOKS:
        return None
    bounds = _bounds(root, language)
    received = receive(source, bounds)
    if declaration is None and not is_delivery_workbook(received):
        return None
    try:
        wave = _wave(received, bounds, of_another_file=None if source == file else file)
        lines = read_bytes(crosswalk) if crosswalk else None
    except DeclarationError as error:
        raise DeclarationError(error.problems, language=language) from None
    fields = wave.declaration.model_dump(mode="python", exclude_none=True, exclude_defaults=True)
    return submission_from(
        root, declaration=declaration_text(fields).encode(), crosswalk=lines, language=language, wave=wave,
        declaration_name=Path(received.name), crosswalk_name=crosswalk or CROSSWALK_NAME,
    )  # fmt: skip


def _bounds(root: Path, language: str) -> Bounds:
    try:
        return bounds_of(read(root / "params.yaml", Params).declaration.intake)
    except DeclarationError as error:
        raise DeclarationError(error.problems, language=language) from None


def _wave(received: Received, bounds: Bounds, *, of_another_file: Path | None) -> Read[Wave]:
    """The declaration in a delivery workbook; where the answers are in another file, that file's name and no sheet."""
    wave = wave_from_workbook(received, bounds)
    if of_another_file is None:
        return wave
    suffix = of_another_file.suffix.lower()
    update = {"responses": f"responses{_SUFFIXES.get(suffix, suffix)}", "sheet": None}
    return Read(wave.document, wave.declaration.model_copy(update=update))
