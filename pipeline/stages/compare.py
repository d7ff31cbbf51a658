"""Project types side by side: means, contrasts by several methods, and how far persons of one project are alike."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from analysis.clustering import Clustering, intraclass_correlation
from analysis.contrasts import TraitColumns, trait_contrasts, trait_means
from pipeline.artefacts import read_persons, table_contracts, write_table
from pipeline.declare import Study, Trait
from pipeline.stages._run import run_stage

CLUSTER = "project"


def run(study: Study, *, pool: str) -> None:
    """Compare the levels of every trait on every declared outcome among the analysed persons of ``pool``."""
    persons = read_persons(study.root, "persons", pool=pool)
    analysed = persons[persons["analysed"].astype(bool)].reset_index(drop=True)
    traits = [_columns(trait) for trait in study.declaration.traits]
    outcomes, params = study.declaration.outcomes, study.params.compare
    means = trait_means(analysed, outcomes=outcomes, traits=traits, cluster=CLUSTER, confidence=params.confidence)
    contrasts = trait_contrasts(
        analysed,
        outcomes=outcomes,
        traits=traits,
        cluster=CLUSTER,
        minimum_units=params.minimum_units,
        confidence=params.confidence,
        adjust=params.adjust,
    )
    write_table(study.root, "trait_means", means, pool=pool)
    write_table(study.root, "trait_contrasts", contrasts, pool=pool)
    clustering = _clustering_by_outcome(analysed, outcomes=outcomes, confidence=params.confidence)
    for name, table in (("clustering", clustering), ("clustering_by_project", pd.DataFrame())):
        write_table(study.root, name, table.reindex(columns=list(table_contracts()[name].columns)), pool=pool)


def _columns(trait: Trait) -> TraitColumns:
    return TraitColumns(trait.name, trait.of, trait.dummy, trait.high.value, trait.low.value)


def _clustering_by_outcome(persons: pd.DataFrame, *, outcomes: list[str], confidence: float) -> pd.DataFrame:
    """The table ``clustering``: outcomes for which it can be estimated."""
    rows = []
    for outcome in outcomes:
        if outcome not in persons.columns:
            continue
        found = intraclass_correlation(persons[outcome], persons[CLUSTER], confidence=confidence)
        if found is not None:
            rows.append({"outcome": outcome, **asdict(found)})
    columns = ["outcome", *Clustering.__dataclass_fields__]
    return pd.DataFrame(rows, columns=columns).rename(columns={"n_clusters": "n_projects"})


if __name__ == "__main__":
    run_stage(run, "pool")
