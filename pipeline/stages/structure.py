"""Structural equation models: one model for everybody, for every level of every trait, and for both levels jointly.

Reads the persons of a pool, fits ``analysis/models/<model>.lav`` to the analysed as ``params.yaml: structure`` says,
and writes the fit, the parameters, the joint models with what differs between the levels, what semopy makes of the
same models, and all of it as JSON in the contract of ``magical-housing fit``. A group in which the model cannot be
fitted keeps its row, with the reason.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.sem import FitResult, ModelError
from analysis.sem.across_groups import JointFit, path_differences
from analysis.sem.syntax import parse
from analysis.sem.table import build_table
from pipeline.artefacts import read_persons, table_contracts, table_path, write_json, write_table
from pipeline.declare import Study
from pipeline.errors import InputError
from pipeline.stages._fitting import GroupFit, HowFitted, Opinion, TraitFits, fit_groups, fit_jointly, semopy_asked
from pipeline.stages._run import run_stage

ENGINE = "analysis.sem"
OPINION_DECIMALS = 5
"""Below this the difference between two programs is what their optimisers left over, another on every processor."""


def run(study: Study, *, pool: str, model: str) -> None:
    """Fit ``model`` to ``pool`` and write its tables and JSON.

    Raises ``InputError`` when the model cannot be read or is not there.
    """
    if model not in study.models:
        raise InputError(f"params.yaml: models: there is no analysis/models/{model}.lav; add it or leave {model} out.")
    try:
        build_table(parse(study.models[model]))
    except ModelError as error:
        raise InputError(f"analysis/models/{model}.lav: {error}") from None
    persons = read_persons(study.root, "persons", pool=pool)
    analysed = persons[persons["analysed"].astype(bool)]
    with semopy_asked(study, model=model, persons=analysed) as answered:
        groups = fit_groups(study, model=model, persons=analysed)
        traits = fit_jointly(study, model=model, persons=analysed)
        opinions = answered()
    tables = {
        "model_fit": _fit_by_group(groups, model),
        "parameters": _parameter_by_group(groups, model),
        "joint_fit": _fit_by_trait(traits, model),
        "path_differences": _path_by_trait(traits, model),
        "second_opinions": _opinion_by_group(opinions, model),
    }
    for name, table in tables.items():
        write_table(study.root, name, table, pool=pool, model=model)
    path = table_path(study.root, "model_fit", pool=pool, model=model).with_name(f"{model}.json")
    joint = [_joint_as_json(fits, step) for fits in traits for step in fits.steps]
    write_json(path, {"pool": pool, "model": model, "fits": [_group_as_json(g) for g in groups], "joint": joint})


def _fit_by_group(fits: list[GroupFit], model: str) -> pd.DataFrame:
    """The table ``model_fit``."""
    rows = [
        {"model": model, "trait": g.trait, "level": g.level, "n_obs": g.n_obs, "n_projects": g.n_projects}
        | _facts(g.how, g.result, g.refusal)
        for g in fits
    ]
    return _as_table("model_fit", rows)


def _facts(how: HowFitted, result: FitResult | None, refusal: str) -> dict[str, Any]:
    """How a model was fitted, whether it has a solution that can be true, and its fit measures."""
    return {
        "engine": ENGINE, "estimator": str(how.options["estimator"]).upper(), "missing": how.options["missing"],
        "errors": how.errors, "note": ";".join(how.notes),
        "converged": _fact(result is not None and result.converged),
        "admissible": _fact(result is not None and result.admissible),
        "message": result.message if result else refusal, **(result.fit if result else {}),
    }  # fmt: skip


def _as_table(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """``rows`` in the columns of the contract; figures a row does not have are NaN."""
    contract = table_contracts()[name]
    table = pd.DataFrame(rows).reindex(columns=list(contract.columns))
    return table.astype(dict.fromkeys(contract.with_role("base", "design", "statistic"), float))


def _parameter_by_group(fits: list[GroupFit], model: str) -> pd.DataFrame:
    """The table ``parameters``: the groups that have a result; without figures where it cannot be true."""
    contract = table_contracts()["parameters"]
    frames = []
    for g in fits:
        if g.result is None:
            continue
        free = g.result.parameters["free"].map(_fact)
        frame = g.result.parameters.assign(model=model, trait=g.trait, level=g.level, n_obs=g.n_obs, free=free)
        if not g.result.admissible:
            frame[contract.with_role("statistic")] = np.nan
        frames.append(frame)
    columns = list(contract.columns)
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)


def _fit_by_trait(traits: list[TraitFits], model: str) -> pd.DataFrame:
    """The table ``joint_fit``: a row for every step of every trait."""
    rows = []
    for fits in traits:
        for step in fits.steps:
            row: dict[str, Any] = {"model": model, "trait": fits.trait.name, "equal": step.equal} | _sizes(fits)
            row |= _facts(fits.how, step.result, step.refusal) | {"difference_method": ""}
            if step.difference is not None:
                row |= {
                    "difference_chisq": step.difference.statistic, "difference_df": step.difference.df,
                    "difference_pvalue": step.difference.pvalue, "difference_method": step.difference.method,
                }  # fmt: skip
            rows.append(row)
    return _as_table("joint_fit", rows)


def _path_by_trait(traits: list[TraitFits], model: str) -> pd.DataFrame:
    """The table ``path_differences``: the paths of the step that holds the loadings equal, where it can be true."""
    frames = []
    for fits in traits:
        result = next((s.result for s in fits.steps if s.equal == "loadings"), None)
        if result is None or not result.admissible:
            continue
        high, low = fits.trait.high.value, fits.trait.low.value
        found = path_differences(result, first=high, second=low)
        found = found.rename(columns=lambda name: name.replace("_first", "_high").replace("_second", "_low"))
        frames.append(found.assign(model=model, trait=fits.trait.name, **_sizes(fits)))
    rows = pd.concat(frames, ignore_index=True).to_dict("records") if frames else []
    return _as_table("path_differences", [{str(k): v for k, v in row.items()} for row in rows])


def _sizes(fits: TraitFits) -> dict[str, int]:
    """Persons and projects of both levels."""
    (n_high, n_low), (k_high, k_low) = fits.n_obs, fits.n_projects
    return {"n_obs_high": n_high, "n_obs_low": n_low, "n_projects_high": k_high, "n_projects_low": k_low}


def _opinion_by_group(opinions: list[Opinion], model: str) -> pd.DataFrame:
    """The table ``second_opinions``. Differences are absolute, so that a row needs no sign; a parameter is named where
    there is a difference to speak of."""
    rows = []
    for asked in opinions:
        o = asked.opinion
        estimate, se, loss = (
            abs(float(np.round(value, OPINION_DECIMALS)))
            for value in (o.estimate_difference, o.se_difference, o.loss_difference)
        )
        rows.append({
            "model": model, "trait": asked.trait, "level": asked.level, "n_obs": asked.n_obs,
            "program": f"semopy {o.version}".strip(), "available": _fact(o.available), "reason": o.reason,
            "converged": _fact(o.converged), "estimate_difference": estimate,
            "estimate_parameter": o.estimate_parameter if estimate > 0 else "", "se_difference": se,
            "se_parameter": o.se_parameter if se > 0 else "", "loss_difference": loss,
        })  # fmt: skip
    return _as_table("second_opinions", rows)


def _group_as_json(g: GroupFit) -> dict[str, Any]:
    """One group in the contract of ``magical-housing fit``, with its trait and level."""
    head = {"trait": g.trait, "level": g.level, "groups": [""], "n": [g.n_obs]}
    return head | _as_json(g.how, g.result, g.refusal)


def _joint_as_json(fits: TraitFits, step: JointFit) -> dict[str, Any]:
    """One joint model in the same contract, with its trait and what is held equal."""
    groups = [level.value for level in fits.trait.levels]
    head = {"trait": fits.trait.name, "equal": step.equal, "groups": groups, "n": list(fits.n_obs)}
    return head | _as_json(fits.how, step.result, step.refusal)


def _as_json(how: HowFitted, result: FitResult | None, refusal: str) -> dict[str, Any]:
    head: dict[str, Any] = {
        "estimator": str(how.options["estimator"]).upper(), "missing": how.options["missing"], "se": how.errors,
        "notes": list(how.notes), "converged": result is not None and result.converged,
        "admissible": result is not None and result.admissible,
        "message": result.message if result else refusal, "parameters": [], "fit": {},
    }  # fmt: skip
    if result is None:
        return head
    records = result.parameters.assign(free=result.parameters["free"].astype(object)).to_dict("records")
    parameters = [{str(k): _json_value(v) for k, v in record.items()} for record in records]
    return head | {"parameters": parameters, "fit": {k: _json_value(v) for k, v in result.fit.items()}}


def _json_value(value: Any) -> Any:
    """Numbers to ten significant digits (the last bits differ between processors), NaN to null."""
    if isinstance(value, str | bool):
        return value
    return None if pd.isna(value) else float(f"{float(value):.10g}")


def _fact(value: object) -> str:
    return "true" if value else "false"


if __name__ == "__main__":
    run_stage(run, "pool", "model")
