"""Project types side by side: means, contrasts by several methods, and how far persons of one project are alike."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd

from analysis.clusters.clustering import Clustering, intraclass_correlation, worth_of_persons
from analysis.clusters.comparison import compare_outcomes
from analysis.clusters.group_results import group_results
from analysis.clusters.means import trait_means
from pipeline.artefacts import read_persons, write_table
from pipeline.declare import Study
from pipeline.stages._ranges import score_ranges
from pipeline.stages._run import run_stage
from pipeline.stages._traits import trait_columns

CLUSTER = "project"


def run(study: Study, *, pool: str) -> None:
    """Compare the levels of every trait on every declared outcome among the analysed persons of ``pool``."""
    persons = read_persons(study.root, "persons", pool=pool)
    analysed = persons[persons["analysed"].astype(bool)].reset_index(drop=True)
    traits = [trait_columns(trait) for trait in study.declaration.traits]
    outcomes, params = study.declaration.outcomes, study.params.compare
    lowest = {name: ends[0] for name, ends in score_ranges(study.instrument_of_pool(pool)).items()}
    means = trait_means(
        analysed, outcomes=outcomes, traits=traits, cluster=CLUSTER, confidence=params.confidence, lowest=lowest
    )
    compared = compare_outcomes(
        analysed,
        outcomes=outcomes,
        traits=traits,
        cluster=CLUSTER,
        minimum_units=params.minimum_units,
        confidence=params.confidence,
        adjust=params.adjust,
        seed=params.seed,
        draws=params.draws,
    )
    write_table(study.root, "trait_means", means, pool=pool)
    write_table(study.root, "trait_contrasts", compared.contrasts, pool=pool)
    write_table(study.root, "contrast_designs", compared.designs, pool=pool)
    write_table(study.root, "contrast_left_out", compared.left_out, pool=pool)
    groups = group_results(
        analysed,
        outcomes=outcomes,
        divisions=divisions_of(study, analysed),
        cluster=CLUSTER,
        wave="wave",
        confidence=params.confidence,
        lowest=lowest,
    )
    write_table(study.root, "group_results", groups, pool=pool)
    # of every scale, compared or not: how far its scores can be taken for as many persons as there are
    scores = dict.fromkeys([*outcomes, *study.instrument_of_pool(pool).score_titles()])
    clustering = clustering_table(analysed, outcomes=list(scores), confidence=params.confidence)
    write_table(study.root, "clustering", clustering, pool=pool)
    write_table(study.root, "clustering_by_project", clustering_by_project(analysed, clustering), pool=pool)


def divisions_of(study: Study, persons: pd.DataFrame) -> dict[str, pd.Series]:
    """By what ``persons`` are divided, and the group of each: project, corporation, the levels of projects' traits.

    Missing for who belongs to no group: whose project is not known, is no corporation's, or has no level registered.
    """
    project = persons[CLUSTER].astype(object).where(persons[CLUSTER].notna())
    corporations = {one.id: one.corporation for one in study.registry.projects if one.corporation}
    divisions = {CLUSTER: project, "corporation": project.map(corporations)}
    for trait in study.declaration.traits:
        if trait.of == "unit":
            level = persons[trait.name].astype(object)
            divisions[trait.name] = level.where(level.isin([one.value for one in trait.levels]))
    return divisions


def clustering_table(persons: pd.DataFrame, *, outcomes: list[str], confidence: float) -> pd.DataFrame:
    """The table ``clustering``: outcomes that anybody of ``persons`` has; empty where nobody's project is known."""
    known = persons[persons[CLUSTER].notna()]
    rows = [
        {"outcome": outcome, **asdict(intraclass_correlation(known[outcome], known[CLUSTER], confidence=confidence))}
        for outcome in outcomes
        if outcome in known.columns and known[outcome].notna().any()
    ]
    columns = ["outcome", *Clustering.__dataclass_fields__]
    return pd.DataFrame(rows, columns=columns).rename(columns={"n_clusters": "n_projects"})


def clustering_by_project(persons: pd.DataFrame, clustering: pd.DataFrame) -> pd.DataFrame:
    """The table ``clustering_by_project``, of the outcomes whose ICC is known.

    Made of each project's number of ``persons`` and the outcome's ICC alone, both of which are published, so that it
    tells nothing more of anybody: not of those who have a score, whose number is not published.
    """
    projects = persons.loc[persons[CLUSTER].notna(), CLUSTER].astype("str")
    n_by_project = projects.groupby(projects, sort=True).size()
    n_obs = np.asarray(n_by_project, dtype=float)
    estimated = clustering[clustering["icc"].notna()]
    frames = []
    for outcome, icc in zip(estimated["outcome"], estimated["icc"].astype(float), strict=True):
        effective_n, reliability = worth_of_persons(n_obs, icc=icc)
        frames.append(
            pd.DataFrame({
                "outcome": outcome, "project": n_by_project.index, "n_obs": n_obs,
                "effective_n": effective_n, "mean_reliability": reliability,
            })
        )  # fmt: skip
    columns = ["outcome", "project", "n_obs", "effective_n", "mean_reliability"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


if __name__ == "__main__":
    run_stage(run, "pool")
