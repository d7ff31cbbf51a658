"""What a file is checked against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipeline.declare import CrosswalkRow, Instrument, Registry, Wave
from pipeline.declare.params import CleanParams, IntakeParams, Params
from pipeline.intake.text import fold


@dataclass(frozen=True)
class OfStudy:
    """What the study makes of answers later on, for whoever submits to know beforehand.

    The stage ``ingest`` goes without: what it says of a wave depends on the wave, its questionnaire and ``intake`` in
    params.yaml alone. ``population``: the variable that makes somebody one of the analysed. ``minimum_group``: how many
    persons a group must have to be shown. ``today``: no answer was given later.
    """

    population: str | None
    clean: CleanParams
    minimum_group: int
    today: date

    @classmethod
    def of(cls, params: Params, population: str | None) -> OfStudy:
        """What ``params`` and the study's population say, today."""
        return cls(population, params.clean, params.disclose.minimum_group, date.today())


@dataclass(frozen=True)
class Expectation:
    """What a file is checked against. Without ``wave`` only the questionnaire counts, and any registered project;
    without ``study`` only what ``ingest`` has to know."""

    instrument: Instrument
    registry: Registry
    params: IntakeParams
    wave: Wave | None = None
    crosswalk: tuple[CrosswalkRow, ...] = ()
    study: OfStudy | None = None

    @property
    def sheet(self) -> str | None:
        """The sheet that the declaration names."""
        return self.wave.sheet if self.wave else None

    @property
    def known(self) -> frozenset[str]:
        """Headings, folded, that name a column of the questionnaire or of the crosswalk: how the sheet with answers is
        told from others."""
        names = {name for field in self.instrument.fields for name in (field.name, *field.title.values())}
        return frozenset(fold(name) for name in (*names, *(row.var_name_orig for row in self.crosswalk)) if name)

    def left_out(self, variable: str) -> bool:
        """Whether the crosswalk says that ``variable`` was not in this wave."""
        return any(
            row.var_name_target == variable and row.na_label_target and not row.var_name_orig for row in self.crosswalk
        )
