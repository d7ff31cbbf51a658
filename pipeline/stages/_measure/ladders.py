"""Tables on invariance: the ladder of every scale over every variable, and what latent means it leaves to compare.

The primary scales are laddered over every variable, their answers taken as continuous and as ordered; the further
scales that are compared between project types only over the traits, as continuous.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.measurement.ladder_groups import LEVEL, ladder_groups
from analysis.measurement.ladders import Message, Rung, ScaleLadder, scale_ladder
from analysis.measurement.latent_means import difference_over_projects, latent_means
from analysis.measurement.scoring import Scale
from analysis.sem.invariance import best
from pipeline.artefacts import table_contracts
from pipeline.stages._answers import as_text, code_text
from pipeline.stages._measure.inputs import LANGUAGE, Measured, Tables

WAVE = "wave"
MOST_CATEGORIES = 7
"""Items with more different answers are not taken as ordered: thresholds would be many and ill known, and from five on
little is lost by taking answers as continuous (Rhemtulla, Brosseau-Liard & Savalei 2012)."""

_WORDS = {True: "true", False: "false", None: ""}


@dataclass(frozen=True)
class Variable:
    """What a ladder goes over: one level a person of ``persons``, ``levels`` with the reference first."""

    name: str
    persons: pd.DataFrame
    level: pd.Series[str]
    levels: tuple[str, ...]


def ladder_tables(measured: Measured) -> Tables:
    """``invariance``, ``latent_means``."""
    confidence, minimum_n = measured.params.confidence, measured.params.minimum_n_ladder
    steps: list[dict[str, object]] = []
    means: list[pd.DataFrame] = []
    for scale, variable, ordered in climbs(measured):
        groups = ladder_groups(
            variable.persons, variable.level, items=scale.item_names, levels=variable.levels, minimum_n=minimum_n,
            ordered=ordered,
        )  # fmt: skip
        climbed = scale_ladder(groups, scale.item_names, ordered=ordered, alpha=1 - confidence)
        named = {"scale": scale.name, "variable": variable.name}
        projects, whole = _projects(climbed, variable.persons, measured.study.params.compare.minimum_units)
        found = latent_means(climbed, projects=projects, confidence=confidence)
        # beside a ladder that everybody takes part in, the number here tells how many the levels left out have
        hidden = {"n_obs": np.nan} if groups.omitted and groups.refused is None else {}
        steps += [{**row, **named, **hidden} for row in step_rows(climbed, projects, whole)]
        if len(found):
            allowed = [_WORDS[one] for one in found["allowed"].tolist()]
            means.append(found.assign(allowed=allowed, **named, **hidden))
    found_means = pd.concat(means, ignore_index=True) if means else pd.DataFrame()
    return {
        "invariance": _table("invariance", pd.DataFrame(steps)),
        "latent_means": _table("latent_means", found_means),
    }


def climbs(measured: Measured) -> Iterator[tuple[Scale, Variable, bool]]:
    """Every ladder to climb: scale, variable, and whether answers are taken as ordered."""
    over = list(variables(measured))
    traits = {trait.name for trait in measured.study.declaration.traits}
    primary = measured.primary
    compared = _compared(measured)
    for scale in measured.scales:
        if scale in primary:
            countable = bool((measured.persons[scale.item_names].nunique() <= MOST_CATEGORIES).all())
            for variable in over:
                yield from ((scale, variable, ordered) for ordered in ((False, True) if countable else (False,)))
        elif scale.name in compared:
            yield from ((scale, variable, False) for variable in over if variable.name in traits)


def variables(measured: Measured) -> Iterator[Variable]:
    """The traits, the questionnaire language, the variable of the population (among everybody) and the wave.

    Of a trait the low level is the reference, as effects are high less low; else the level declared first, of the
    population those who do not belong to it. Language and wave only where there are several.
    """
    analysed, declaration = measured.analysed, measured.study.declaration
    population = declaration.population
    for trait in declaration.traits:
        if trait.name != population.variable:
            yield Variable(trait.name, analysed, analysed[trait.name], (trait.low.value, trait.high.value))
    for field in measured.instrument.with_role("language"):
        language = as_text(analysed[field.name])
        levels = _declared(measured, field.name, language)
        if len(levels) > 1:
            yield Variable(LANGUAGE, analysed, language, levels)
    if population.variable is not None:
        answer = as_text(measured.persons[population.variable])
        levels = _declared(measured, population.variable, answer)
        ordered = sorted(levels, key=lambda level: level == population.equals)
        yield Variable(population.variable, measured.persons, answer, tuple(ordered))
    waves = tuple(name for name in measured.study.waves if (analysed[WAVE] == name).any())
    if len(waves) > 1:
        yield Variable(WAVE, analysed, analysed[WAVE].astype("str"), waves)


def _declared(measured: Measured, name: str, answers: pd.Series[str]) -> tuple[str, ...]:
    """The levels that somebody has, as the instrument lists them; else in order of the alphabet."""
    field = next(field for field in measured.instrument.fields if field.name == name)
    declared = [code_text(category.value) for category in measured.instrument.categories_of(field)]
    return tuple(level for level in declared or sorted(answers.dropna().unique()) if (answers == level).any())


def _compared(measured: Measured) -> set[str]:
    """The scores the study compares, and those that its derived scores are made of."""
    declaration = measured.study.declaration
    names = {*declaration.outcomes, *(place.score for profile in declaration.profiles for place in profile.places)}
    parts = [(*d.plus, *d.minus) for d in measured.differences if d.name in names]
    return names.union(*parts)


def _projects(climbed: ScaleLadder, persons: pd.DataFrame, minimum_units: int) -> tuple[pd.Series[str] | None, bool]:
    """The projects of who takes part, ``None`` where one is not known or a group has fewer than ``minimum_units``; and
    whether the groups are made of whole projects: the level does not vary within any."""
    answers = climbed.groups.answers
    projects: pd.Series[str] = persons["project"].loc[answers.index]
    level, project = pd.factorize(answers[LEVEL])[0], pd.factorize(projects)[0]
    known = project >= 0
    has = np.zeros((level.max(initial=-1) + 1, project.max(initial=-1) + 1), dtype=bool)
    has[level[known], project[known]] = True
    whole = bool(known.any() and (has.sum(axis=0) == 1).all())
    enough = bool(known.all() and has.sum(axis=1).min(initial=len(known)) >= minimum_units)
    return (projects if enough else None), whole


def step_rows(
    climbed: ScaleLadder, projects: pd.Series[str] | None, whole_projects: bool
) -> list[dict[str, object]]:  # fmt: skip
    """The rows of one ladder in the table ``invariance``, but for its names."""
    sizes = climbed.groups.n_by_level.values()
    common = {
        "answers": "ordered" if climbed.ordered else "continuous",
        "n_obs": sum(sizes), "n_smallest": min(sizes, default=0), "n_groups": len(sizes),
        "omitted": ";".join(f"{level}:{code}" for level, code in climbed.groups.omitted.items()),
    }  # fmt: skip
    found = climbed.ladder
    if found is None:
        refused = {"step": "configural", "partial": "false", "refused": climbed.refused}
        return [{**common, **refused}]
    common |= {"estimator": found.climb.configural.estimator, "allows": found.allows}
    merged: tuple[Message, ...] = ("categories_merged",) if climbed.groups.merged else ()
    rows = []
    for rung in found.rungs:
        if rung.step == "configural":
            rung = rung.saying(*merged)
        elif whole_projects and rung.difference is not None:
            rung = rung.saying("residents_as_independent")
        rows.append({**common, **_cells(climbed, rung, projects)})
    return rows


def _cells(climbed: ScaleLadder, rung: Rung, projects: pd.Series[str] | None) -> dict[str, object]:
    """What one step's row says of the step itself."""
    result = rung.result
    cells: dict[str, object] = {
        "step": rung.step, "partial": _WORDS[rung.partial], "freed": ";".join(climbed.items(rung.freed)),
        "refused": rung.refused or "",
        "converged": _WORDS[None if result is None else result.converged],
        "admissible": _WORDS[None if result is None else result.admissible],
    }  # fmt: skip
    if result is not None and rung.refused is None:
        if rung.partial and projects is not None and not climbed.ordered:
            pvalue = difference_over_projects(climbed, rung, projects)
            if pvalue == pvalue:
                cells["pvalue_projects"] = pvalue
                beyond = pvalue < 1 - result.confidence
                rung = rung.saying("freed_beyond_projects" if beyond else "freed_within_projects")
        cells |= _figures(climbed, rung)
    return cells | {"message": ";".join(rung.messages)}


def _figures(climbed: ScaleLadder, rung: Rung) -> dict[str, object]:
    """Fit of a step, its change, the cut-offs and the verdicts."""
    result, found = rung.result, climbed.ladder
    if result is None or found is None:
        return {}
    fit = result.fit
    cells: dict[str, object] = {
        "chisq": fit.get("chisq_scaled", fit["chisq"]), "df": fit["df"],
        "pvalue": fit.get("pvalue_scaled", fit.get("pvalue")), "srmr": fit["srmr"],
        "cfi": best(result, "cfi"), "rmsea": best(result, "rmsea"), **rung.changes, "holds": _WORDS[rung.holds],
        "holds_by_test": _WORDS[rung.holds_by_test], "holds_by_fit": _WORDS[rung.holds_by_fit],
    }  # fmt: skip
    if rung.difference is not None:
        test = rung.difference
        cells |= {"chisq_diff": test.statistic, "df_diff": test.df, "pvalue_diff": test.pvalue}
    if rung.changes:
        cut = found.cutoffs.of(rung.step)
        cells |= {"cutoff_cfi": cut.cfi, "cutoff_rmsea": cut.rmsea, "cutoff_srmr": cut.srmr}
        cells["cutoff_source"] = found.cutoffs.source
    return cells


def _table(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """All rows under the columns of the contract; no row is not known but for its figures."""
    contract = table_contracts()[name]
    table = rows.reindex(columns=list(contract.columns))
    texts = [column for column, role in contract.columns.items() if role in ("key", "fact")]
    return table.assign(**{column: table[column].astype(object).fillna("").astype("str") for column in texts})
