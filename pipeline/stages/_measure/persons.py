"""The frame with one row per person that every later stage reads."""

from __future__ import annotations

import pandas as pd

from analysis.measurement.scale_factor import factor_score_columns
from analysis.measurement.scoring import Difference, Scale, reversed_where_declared, scores
from pipeline.declare import Instrument, Study, Trait
from pipeline.stages._answers import as_text, in_population, is_numeric
from pipeline.stages._scales import items_of


def persons_frame(
    study: Study, instrument: Instrument, pooled: pd.DataFrame, scales: list[Scale], differences: list[Difference]
) -> pd.DataFrame:
    """One row a person, ready for analysis.

    ``respondent wave project analysed``; each trait (its level's value, missing when unknown or neither level) and its
    dummy (1 high, 0 low, NaN); background variables and language; items after reversal; scores; factor scores of the
    primary scales and their standard errors (``factor_score_columns``), for everybody with as many answers as the scale
    requires, in standard deviations of the factor among the analysed, to whom the model is fitted and whose mean is 0;
    ``careless``. A trait that bears the name of the background variable it comes from takes that column.
    """
    frame = pooled[["respondent", "wave", "project"]].copy()
    frame["analysed"] = in_population(study, pooled)
    for trait in study.declaration.traits:
        level = trait_levels(study, trait, pooled)
        frame[trait.name] = level
        frame[trait.dummy] = level.map({trait.high.value: 1.0, trait.low.value: 0.0}).astype("float64")
    for field in instrument.with_role("background", "language"):
        if field.name not in frame.columns:
            frame[field.name] = pooled[field.name].astype("float64" if is_numeric(field) else "str")
    answers = reversed_where_declared(pooled, items_of(instrument))
    careless = pooled[["careless"]].astype(bool)
    primary = {construct.name for construct in instrument.constructs if construct.primary}
    factors = [
        factor_score_columns(
            answers, scale, fitted_to=frame["analysed"], minimum_n=study.params.measure.minimum_n
        )
        for scale in scales if scale.name in primary
    ]  # fmt: skip
    return pd.concat([frame, answers, scores(answers, scales, differences), *factors, careless], axis=1)


def trait_levels(study: Study, trait: Trait, pooled: pd.DataFrame) -> pd.Series[str]:
    """Each person's level of ``trait``: their project's, from the registry, or their own answer; missing otherwise."""
    if trait.of == "unit":
        level_by_project = {project.id: project.traits.get(trait.name) for project in study.registry.projects}
        levels = pooled["project"].map(level_by_project).astype("str")
    else:
        levels = as_text(pooled[trait.variable])
    return levels.where(levels.isin([level.value for level in trait.levels]))
