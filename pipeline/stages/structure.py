"""Structural equation models: one model for everybody, and for every level of every trait.

Reads the persons of a pool, fits ``analysis/models/<model>.lav`` to the complete cases among the analysed, and writes
the fit, the parameters, and all of it as JSON in the contract of ``magical-housing fit``. A group in which the model
cannot be fitted keeps its row, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.sem import FitResult, ModelError, fit, without_terms
from analysis.sem.syntax import parse
from analysis.sem.table import build_table
from pipeline.artefacts import read_persons, table_contracts, table_path, write_json, write_table
from pipeline.declare import Study
from pipeline.errors import InputError
from pipeline.stages._run import run_stage

ENGINE = "semopy"


@dataclass(frozen=True)
class GroupFit:
    """A model in one group: who was in it, and the result, or why there is none (``refusal``)."""

    trait: str
    level: str
    n_obs: int
    n_projects: int
    result: FitResult | None
    refusal: str = ""


def run(study: Study, *, pool: str, model: str) -> None:
    """Fit ``model`` to ``pool``, overall and per level of every trait, and write its tables and JSON.

    Raises ``InputError`` when the model cannot be read or is not there.
    """
    if model not in study.models:
        raise InputError(f"params.yaml: models: there is no analysis/models/{model}.lav; add it or leave {model} out.")
    try:
        build_table(parse(study.models[model]))
    except ModelError as error:
        raise InputError(f"analysis/models/{model}.lav: {error}") from None
    persons = read_persons(study.root, "persons", pool=pool)
    fits = fit_groups(study, model=model, persons=persons[persons["analysed"].astype(bool)])
    write_table(study.root, "model_fit", _fit_by_group(fits, model), pool=pool, model=model)
    write_table(study.root, "parameters", _parameter_by_group(fits, model), pool=pool, model=model)
    path = table_path(study.root, "model_fit", pool=pool, model=model).with_name(f"{model}.json")
    write_json(path, {"pool": pool, "model": model, "fits": [_as_json(g) for g in fits]})


def fit_groups(study: Study, *, model: str, persons: pd.DataFrame) -> list[GroupFit]:
    """Everybody first (``all``/``all``), then the levels of every trait, as declared."""
    groups = [("all", "all", persons)]
    if study.params.structure.groups:
        for trait in study.declaration.traits:
            groups += [(trait.name, level.value, persons[persons[trait.name] == level.value]) for level in trait.levels]
    return [_fit_group(study, model, trait, level, frame) for trait, level, frame in groups]


def _fit_group(study: Study, model: str, trait: str, level: str, frame: pd.DataFrame) -> GroupFit:
    """The model in one group, without the trait dummies that do not vary, or are not known, in that group."""
    params = study.params.structure
    try:
        text = _model_for(study, model, frame)
        complete = frame[_observed(text, frame)].dropna()
    except ModelError as error:
        return GroupFit(trait, level, 0, 0, None, str(error))
    n_obs, n_projects = len(complete), int(frame.loc[complete.index, "project"].nunique())
    if n_obs < params.minimum_n:
        # the number of persons stays out of the message: the gate that hides small counts reads columns, not sentences
        refusal = f"Fewer than {params.minimum_n} persons answered every question the model uses: it is not fitted."
        return GroupFit(trait, level, n_obs, n_projects, None, refusal)
    try:
        return GroupFit(trait, level, n_obs, n_projects, fit(text, complete, confidence=params.confidence))
    except ModelError as error:
        return GroupFit(trait, level, n_obs, n_projects, None, str(error))


def _model_for(study: Study, model: str, frame: pd.DataFrame) -> str:
    """The model's text without the dummies that take fewer than two values among the otherwise complete cases."""
    text = study.models[model]
    observed = _observed(text, frame)
    dummies = [trait.dummy for trait in study.declaration.traits if trait.dummy in observed]
    complete = frame[[name for name in observed if name not in dummies]].dropna().index
    constant = [dummy for dummy in dummies if frame.loc[complete, dummy].nunique() < 2]
    return without_terms(text, constant) if constant else text


def _observed(model: str, frame: pd.DataFrame) -> list[str]:
    """The model's observed variables; raises ``ModelError`` when this pool does not have one of them."""
    observed = list(build_table(parse(model)).observed)
    absent = [name for name in observed if name not in frame.columns]
    if absent:
        raise ModelError(f"The model uses {', '.join(absent)}, which this pool's questionnaire does not have.")
    return observed


def _fit_by_group(fits: list[GroupFit], model: str) -> pd.DataFrame:
    """The table ``model_fit``."""
    columns = list(table_contracts()["model_fit"].columns)
    measures = columns[columns.index("npar") :]
    rows = []
    for g in fits:
        row: dict[str, Any] = {
            "model": model, "trait": g.trait, "level": g.level, "n_obs": g.n_obs, "n_projects": g.n_projects,
            "engine": ENGINE, "estimator": g.result.estimator if g.result else "ML",
            "converged": _fact(g.result is not None and g.result.converged),
            "admissible": _fact(g.result is not None and g.result.admissible),
            "message": g.result.message if g.result else g.refusal,
        }  # fmt: skip
        rows.append(row | {name: g.result.fit.get(name) if g.result else None for name in measures})
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(measures, float))


def _parameter_by_group(fits: list[GroupFit], model: str) -> pd.DataFrame:
    """The table ``parameters``: the groups that have a result."""
    columns = list(table_contracts()["parameters"].columns)
    frames = [
        g.result.parameters.assign(
            model=model, trait=g.trait, level=g.level, n_obs=g.n_obs, free=g.result.parameters["free"].map(_fact)
        )
        for g in fits
        if g.result
    ]
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)


def _as_json(g: GroupFit) -> dict[str, Any]:
    """One group in the contract of ``magical-housing fit``, with its trait and level."""
    head: dict[str, Any] = {
        "trait": g.trait, "level": g.level, "groups": [""], "n": [g.n_obs], "missing": "listwise",
        "converged": g.result is not None and g.result.converged,
        "admissible": g.result is not None and g.result.admissible,
        "message": g.result.message if g.result else g.refusal,
        "estimator": g.result.estimator if g.result else "ML", "parameters": [], "fit": {},
    }  # fmt: skip
    if g.result is None:
        return head
    records = g.result.parameters.to_dict("records")
    parameters = [{"group": "", **{str(k): _json_value(v) for k, v in record.items()}} for record in records]
    return head | {"parameters": parameters, "fit": {k: _json_value(v) for k, v in g.result.fit.items()}}


def _json_value(value: Any) -> Any:
    """Numbers to ten significant digits (the last bits differ between processors), NaN to null."""
    if isinstance(value, float):
        return None if pd.isna(value) else float(f"{value:.10g}")
    return value


def _fact(value: object) -> str:
    return "true" if value else "false"


if __name__ == "__main__":
    run_stage(run, "pool", "model")
