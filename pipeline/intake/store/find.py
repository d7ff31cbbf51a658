"""Finding one resident in the stored waves, by the code that the source gave and the resident was shown."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pipeline.declare import Instrument, Study
from pipeline.intake.check import read_answers
from pipeline.intake.expectation import Expectation
from pipeline.intake.messages import RefusedError
from pipeline.intake.plan import Plan
from pipeline.intake.problems import UnreadableError
from pipeline.intake.reading.read import bounds_of, read_grid, receive
from pipeline.intake.source import FileFormat, Received, SourceColumn
from pipeline.intake.store.places import known_waves, pointers, simulated_waves
from pipeline.intake.text import fold
from pipeline.intake.values import source_id


@dataclass(frozen=True)
class InWave:
    """Where somebody is in a wave: ``rows`` as the sender's program numbers them."""

    wave: str
    received: Received
    format: FileFormat
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Found:
    """In which waves somebody is; ``without_codes``: waves in which a single person cannot be found."""

    waves: tuple[InWave, ...]
    without_codes: tuple[str, ...]


def find(study: Study, code: str, *, wave: str | None = None) -> Found:
    """Every row of the stored waves (or of ``wave``) whose source id is ``code``, counted or not.

    Rows that are set apart later (previews, unfinished ones) are found too. Simulated waves hold nobody. Raises
    ``RefusedError`` when a wave is not here or cannot be read: nobody can say then that the person is not in it.
    """
    simulated = simulated_waves(study.root)
    names = [name for name in study.waves if name not in simulated]
    if wave is not None:
        if wave not in study.waves:
            raise RefusedError("wave_unknown", wave=wave, waves=", ".join(known_waves(study.root)) or "-")
        names = [name for name in names if name == wave]
    found, without_codes = [], []
    for name in names:
        if (there := _in_wave(study, name, code)) is None:
            without_codes.append(name)
        elif there.rows:
            found.append(there)
    return Found(tuple(found), tuple(without_codes))


def _in_wave(study: Study, wave: str, code: str) -> InWave | None:
    """The rows of ``wave`` with ``code``; ``None`` when the wave has no codes of its own."""
    expected = Expectation(
        instrument=study.instrument_of(wave),
        registry=study.registry,
        params=study.params.intake,
        wave=study.waves[wave],
        crosswalk=tuple(study.crosswalks[wave]),
    )
    path, bounds = study.responses_path(wave), bounds_of(study.params.intake)
    if not path.exists():
        raise RefusedError("wave_not_here" if pointers(study.root, wave) else "wave_lost", wave=wave)
    try:
        received = receive(path, bounds)
        subject = read_answers(received, expected)
        column = _code_column(subject.plan)
        if column is None:
            return None
        grid, _ = read_grid(received, bounds, sheet=expected.sheet, known=expected.known)
    except UnreadableError:
        raise RefusedError("wave_unreadable", wave=wave) from None
    cells = grid.cells_by_row[column.position].iloc[max(subject.table.format.heading_rows - 1, 0) :]
    meant = _meant([*cells.cat.categories], code, expected.instrument)
    rows = tuple(int(row) for row in cells.index[cells.isin(meant)])
    return InWave(wave, received, subject.table.format, rows)


def _code_column(plan: Plan) -> SourceColumn | None:
    return next((v.column for v in plan.variables if v.field.role == "source_id"), None)


def _meant(cells: Collection[str | float], code: str, instrument: Instrument) -> list[str | float]:
    """The cells that are ``code``. Case counts, for some tools' codes differ in nothing else; where no cell has the
    code as it was typed, one that differs in case alone is meant."""
    ids = {cell: source_id(cell, instrument) for cell in cells}
    wanted = source_id(code, instrument)
    exact = [cell for cell, own in ids.items() if own is not None and own == wanted]
    if exact or wanted is None:
        return exact
    alike = {own for own in ids.values() if own is not None and fold(own) == fold(wanted)}
    return [cell for cell, own in ids.items() if own in alike] if len(alike) == 1 else []
