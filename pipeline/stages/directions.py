"""The same model with other directions, and effects that run through others.

Fits every model of ``params.yaml: directions.models`` to the analysed of a pool as ``params.yaml: structure`` says,
finds which of them fit equally well and which arrow they differ in, and draws whole projects for the effects that they
define (``:=``). With fewer than ``LEAST_CLUSTERS`` projects nothing is drawn, and the delta method's interval, which
allows for few projects, stands alone; where errors do not go by project, persons are drawn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.sem import FitResult, ModelError
from analysis.sem.bootstrap import Bootstrap, bootstrap
from analysis.sem.equivalent import chain_of, equally_well, own_parameters
from analysis.sem.intervals import LEAST_CLUSTERS, expanded_level
from analysis.sem.syntax import parse
from analysis.sem.table import ParameterTable, build_table
from pipeline.artefacts import read_persons, table_contracts, write_table
from pipeline.declare import Study
from pipeline.errors import InputError
from pipeline.stages._fitting import GroupFit, fit_everybody
from pipeline.stages._run import run_stage

METHOD = "expanded_percentile"
"""Of the intervals that tests/benchmarks/indirect.py compares, the one of draws that keeps what it promises."""
FAILED = 0.1
"""A larger share of draws without a solution leaves no interval: those that have one were the easy ones."""


def run(study: Study, *, pool: str) -> None:
    """Write the tables ``directions`` and ``indirect_effects`` of ``pool``.

    Raises ``InputError`` when a model cannot be read or is not there.
    """
    names = study.params.directions.models
    tables = [_table_of(study, name) for name in names]
    persons = read_persons(study.root, "persons", pool=pool)
    analysed = persons[persons["analysed"].astype(bool)]
    fits = [fit_everybody(study, model=name, persons=analysed) for name in names]
    write_table(study.root, "directions", _direction_by_model(names, tables, fits), pool=pool)
    effects = [
        row
        for name, table, group in zip(names, tables, fits, strict=True)
        for row in _effects(study, name, table, group)
    ]
    write_table(study.root, "indirect_effects", _as_table("indirect_effects", effects), pool=pool)


def _table_of(study: Study, name: str) -> ParameterTable:
    """The parameter table of a model as it is written."""
    if name not in study.models:
        raise InputError(
            f"params.yaml: directions.models: there is no analysis/models/{name}.lav; add it or leave {name} out."
        )
    try:
        return build_table(parse(study.models[name]))
    except ModelError as error:
        raise InputError(f"analysis/models/{name}.lav: {error}") from None


def _direction_by_model(names: list[str], tables: list[ParameterTable], fits: list[GroupFit]) -> pd.DataFrame:
    """The table ``directions``."""
    letters = equally_well([group.result for group in fits])
    rows = []
    for name, own, group, letter in zip(names, own_parameters(tables), fits, letters, strict=True):
        result = group.result
        usable = result is not None and result.admissible
        row = {
            "model": name, "path": "; ".join(r.name for r in own), "equivalent": letter, "n_obs": group.n_obs,
            "n_projects": group.n_projects, "estimator": str(group.how.options["estimator"]).upper(),
            "missing": group.how.options["missing"], "errors": group.how.errors,
            "converged": _fact(result is not None and result.converged), "admissible": _fact(usable),
            "message": group.refusal if result is None else result.message,
        }  # fmt: skip
        if result is not None and usable:
            row |= _measures(result.fit)
            if len(own) == 1:
                row |= _standardised(result, own[0].lhs, own[0].op, own[0].rhs)
        rows.append(row)
    return _as_table("directions", rows)


def _measures(fit: dict[str, float]) -> dict[str, float]:
    """Fit in the form of the model's own estimator: scaled or robust where it has one."""
    other = {"chisq": "chisq_scaled", "pvalue": "pvalue_scaled", "cfi": "cfi_robust", "rmsea": "rmsea_robust"}
    names = ("chisq", "df", "pvalue", "cfi", "rmsea", "bic")
    return {name: fit.get(other.get(name, name), fit.get(name, np.nan)) for name in names}


def _standardised(result: FitResult, lhs: str, op: str, rhs: str) -> dict[str, float]:
    """One parameter, standardised, with its interval."""
    p = result.parameters
    row = p[(p["lhs"] == lhs) & (p["op"] == op) & (p["rhs"] == rhs)]
    columns = ("std_all", "std_all_se", "std_all_ci_lower", "std_all_ci_upper")
    return {} if row.empty else {column: float(row[column].iloc[0]) for column in columns}


def _effects(study: Study, name: str, written: ParameterTable, group: GroupFit) -> list[dict[str, Any]]:
    """Rows of ``indirect_effects``: the effects that a model defines, in its order."""
    by_project = "cluster" in group.how.options
    heads: list[dict[str, Any]] = [
        {
            "model": name, "effect": effect, "path": " -> ".join(chain_of(written, effect)) or expression,
            "units": "projects" if by_project else "persons", "n_obs": group.n_obs, "n_projects": group.n_projects,
            "method": "", "n_draws": 0, "n_failed": 0, "message": "",
        }
        for effect, expression in written.defined.items()
    ]  # fmt: skip
    result = group.result
    if result is None or not result.admissible:
        why = group.refusal if result is None else result.message
        return [head | {"message": why} for head in heads]
    if not heads:
        return []
    n_units, drawn, asked = group.n_projects if by_project else group.n_obs, None, study.params.directions
    if not by_project or n_units >= LEAST_CLUSTERS:
        drawn = bootstrap(result.estimated, draws=asked.draws, seed=asked.seed, by="cluster" if by_project else "case")
    return [head | _figures(result, head["effect"], drawn, n_units=n_units) for head in heads]


def _figures(result: FitResult, effect: str, drawn: Bootstrap | None, *, n_units: int) -> dict[str, Any]:
    """One defined effect, its interval by the delta method and, where there are draws, by those.

    ``message``: ``few_projects`` or ``few_draws`` where there is no interval of draws, ``not_defined`` where the effect
    runs through a trait that does not vary in these data and so left the model.
    """
    p = result.parameters
    places = np.flatnonzero((p["op"] == ":=") & (p["lhs"] == effect))
    if not len(places):
        return {"message": "not_defined"}
    at, row = int(places[0]), p.iloc[int(places[0])]
    figures: dict[str, Any] = {
        "est": row["est"], "std_all": row["std_all"], "std_all_se": row["std_all_se"],
        "delta_ci_lower": row["std_all_ci_lower"], "delta_ci_upper": row["std_all_ci_upper"],
    }  # fmt: skip
    if drawn is None:
        return figures | {"method": "delta", "message": "few_projects"}
    figures |= {"n_draws": drawn.n_draws, "n_failed": drawn.n_draws - drawn.n_converged}
    if drawn.n_draws - drawn.n_converged > FAILED * drawn.n_draws:
        return figures | {"method": "delta", "message": "few_draws"}
    confidence = 1 - 2 * expanded_level(n_units, result.confidence)
    found = drawn.summary("std_all", confidence=confidence)
    return figures | {
        "method": METHOD,
        "std_all_se": found.se[at],
        "ci_lower": found.lower[at],
        "ci_upper": found.upper[at],
    }


def _as_table(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """``rows`` in the columns of the contract; figures a row does not have are NaN."""
    contract = table_contracts()[name]
    table = pd.DataFrame(rows).reindex(columns=list(contract.columns))
    return table.astype(dict.fromkeys(contract.with_role("base", "design", "statistic"), float))


def _fact(value: object) -> str:
    return "true" if value else "false"


if __name__ == "__main__":
    run_stage(run, "pool")
