"""From answers to scale scores, and how far the scales can be trusted.

``python -m pipeline.stages.measure --pool NAME``: ``pool`` to ``persons`` and the tables ``reliability``,
``item_statistics``, ``factor_fit``, ``score_correlations``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.reliability import (
    FIT_MEASURES,
    ScaleReliability,
    item_statistics,
    scale_reliability,
    score_correlations,
)
from analysis.scoring import Difference, Item, Scale, reversed_where_declared, scores
from pipeline.artefacts import read_persons, write_persons, write_table
from pipeline.declare import Instrument, Study, Trait
from pipeline.stages._answers import as_text, code_range, code_text, in_population, is_numeric
from pipeline.stages._run import run_stage

LANGUAGE = "language"
"""The name under which tables hold the levels of the questionnaire language."""


def run(study: Study, pool: str) -> None:
    """Measure one pool."""
    instrument = study.instrument_of_pool(pool)
    scales, differences = scales_of(instrument), differences_of(instrument)
    persons = persons_frame(study, instrument, read_persons(study.root, "pool", pool=pool), scales, differences)
    write_persons(study.root, "persons", persons, pool=pool)

    analysed = persons[persons["analysed"]].reset_index(drop=True)
    params = study.params.measure
    by_scale = {
        scale.name: {
            (trait, level): scale_reliability(
                analysed[member], analysed.loc[member, scale.name], scale,
                minimum_n=params.minimum_n, confidence=params.confidence,
            )
            for trait, level, member in groups(study, instrument, analysed)
        }
        for scale in scales
    }  # fmt: skip
    everybody = {name: groups_of_scale["all", "all"] for name, groups_of_scale in by_scale.items()}
    write_table(study.root, "reliability", reliability_table(by_scale), pool=pool)
    items = item_table(analysed, scales, everybody, minimum_n=params.minimum_n)
    write_table(study.root, "item_statistics", items, pool=pool)
    write_table(study.root, "factor_fit", factor_table(everybody), pool=pool)
    correlations = score_correlations(
        analysed[[scale.name for scale in scales]], minimum_n=params.minimum_n, confidence=params.confidence
    )
    write_table(study.root, "score_correlations", correlations, pool=pool)


def items_of(instrument: Instrument) -> list[Item]:
    """The instrument's items as analysis knows them, in questionnaire order."""
    return [
        Item(field.name, *code_range(instrument, field), reversed=field.reversed)
        for field in instrument.with_role("item")
    ]


def scales_of(instrument: Instrument) -> list[Scale]:
    """The instrument's constructs as analysis scores them, in order."""
    items = {item.name: item for item in items_of(instrument)}
    return [
        Scale(
            name=c.name, items=tuple(items[name] for name in c.items), rule=c.rule, multiply=c.multiply,
            minimum_answered=c.minimum_answered, lower=c.lower, upper=c.upper,
        )
        for c in instrument.constructs
    ]  # fmt: skip


def differences_of(instrument: Instrument) -> list[Difference]:
    """The instrument's derived scores as analysis computes them, in order."""
    return [Difference(d.name, tuple(d.plus), tuple(d.minus)) for d in instrument.derived]


def persons_frame(
    study: Study, instrument: Instrument, pooled: pd.DataFrame, scales: list[Scale], differences: list[Difference]
) -> pd.DataFrame:
    """One row a person, ready for analysis.

    ``respondent wave project analysed``; each trait (its level's value, missing when unknown or neither level) and its
    dummy (1 high, 0 low, NaN); background variables and language; items after reversal; scores; ``careless``. A trait
    that bears the name of the background variable it comes from takes that column.
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
    return pd.concat([frame, answers, scores(answers, scales, differences), careless], axis=1)


def trait_levels(study: Study, trait: Trait, pooled: pd.DataFrame) -> pd.Series[str]:
    """Each person's level of ``trait``: their project's, from the registry, or their own answer; missing otherwise."""
    if trait.of == "unit":
        level_by_project = {project.id: project.traits.get(trait.name) for project in study.registry.projects}
        levels = pooled["project"].map(level_by_project).astype("str")
    else:
        levels = as_text(pooled[trait.variable])
    return levels.where(levels.isin([level.value for level in trait.levels]))


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


def reliability_table(by_scale: dict[str, dict[tuple[str, str], ScaleReliability]]) -> pd.DataFrame:
    """The table ``reliability``."""
    return pd.DataFrame(
        [
            {
                "scale": name, "trait": trait, "level": level, "n_obs": r.n_obs, "n_scored": r.n_scored,
                "n_items": r.n_items, "alpha": r.alpha, "alpha_ci_lower": r.alpha_ci_lower,
                "alpha_ci_upper": r.alpha_ci_upper, "omega": r.factor.omega, "mean": r.mean, "sd": r.sd,
                "floor_share": r.floor_share, "ceiling_share": r.ceiling_share, "problem": ";".join(r.problems),
            }
            for name, by_group in by_scale.items()
            for (trait, level), r in by_group.items()
        ]
    )  # fmt: skip


def item_table(
    analysed: pd.DataFrame, scales: list[Scale], everybody: dict[str, ScaleReliability], *, minimum_n: int
) -> pd.DataFrame:
    """The table ``item_statistics``; loadings from the factor models of ``everybody``."""
    loading_columns = ["loading", "loading_ci_lower", "loading_ci_upper"]
    frames = []
    for scale in scales:
        items = item_statistics(analysed, scale, minimum_n=minimum_n).set_index("item")
        loadings = everybody[scale.name].factor.loadings
        items[loading_columns] = loadings.reindex(index=items.index, columns=loading_columns).astype(float)
        items["scale"] = scale.name
        items["reversed"] = ["true" if item.reversed else "false" for item in scale.items]
        frames.append(items.reset_index())
    return pd.concat(frames, ignore_index=True)


def factor_table(everybody: dict[str, ScaleReliability]) -> pd.DataFrame:
    """The table ``factor_fit``."""
    words = {True: "true", False: "false", None: ""}
    return pd.DataFrame(
        [
            {
                "scale": name, "n_obs": r.n_obs, "converged": words[r.factor.converged],
                "admissible": words[r.factor.admissible], "df": r.factor.df, "message": r.factor.message,
                **{measure: r.factor.measures.get(measure) for measure in FIT_MEASURES},
            }
            for name, r in everybody.items()
        ]
    )  # fmt: skip


if __name__ == "__main__":
    run_stage(run, "pool")
