"""What every part of the stage ``measure`` is made from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from analysis.measurement.scoring import Difference, Scale
from pipeline.declare import Instrument, MeasureParams, Study
from pipeline.stages._answers import as_text, code_text

LANGUAGE = "language"
"""The name under which tables hold the levels of the questionnaire language."""

Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Measured:
    """One pool on its way from answers to tables.

    ``pooled``: answers as asked, with the reason of each missing one. ``persons``: ready for analysis (see
    ``persons_frame``), row by row the same people. ``analysed``: those of ``persons`` the study is about, renumbered.
    """

    study: Study
    pool: str
    instrument: Instrument
    scales: list[Scale]
    differences: list[Difference]
    pooled: pd.DataFrame
    persons: pd.DataFrame
    analysed: pd.DataFrame

    @property
    def params(self) -> MeasureParams:
        """``params.yaml: measure``."""
        return self.study.params.measure

    @property
    def primary(self) -> list[Scale]:
        """The scales of the constructs that the study is about."""
        names = {construct.name for construct in self.instrument.constructs if construct.primary}
        return [scale for scale in self.scales if scale.name in names]


MakeTables = Callable[[Measured], Tables]
"""A part of the stage: some of its tables by name."""


def groups(study: Study, instrument: Instrument, analysed: pd.DataFrame) -> Iterator[tuple[str, str, pd.Series[bool]]]:
    """Trait, level and membership of everybody, of each level of each trait, and of each questionnaire language used.

    Languages only where there are several: with one, its row would be everybody's again.
    """
    yield "all", "all", pd.Series(True, index=analysed.index)
    for trait in study.declaration.traits:
        for level in trait.levels:
            yield trait.name, level.value, (analysed[trait.name] == level.value).fillna(False).astype(bool)
    for field in instrument.with_role("language"):
        language = as_text(analysed[field.name])
        declared = [code_text(category.value) for category in instrument.categories_of(field)]
        used = [code for code in declared or sorted(language.dropna().unique()) if (language == code).any()]
        for code in used if len(used) > 1 else []:
            yield LANGUAGE, code, (language == code).fillna(False).astype(bool)
