"""Evidence on parameters of models: where it stands in the tables of structure and directions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from analysis.claims.codes import Reason
from analysis.claims.evidence import Evidence, Units, with_interval
from analysis.claims.statement import Statement

MAXIMUM_RMSEA = 0.10
MINIMUM_CFI = 0.90

Facts = Mapping[str, float | bool | str]
"""Of one fit: ``converged admissible`` as booleans; ``estimator errors`` as text; ``n_obs n_projects cfi rmsea`` and,
where there are any, ``cfi_robust rmsea_robust``."""


def model_evidence(
    statement: Statement, *, parameters: pd.DataFrame, model_fit: Facts, confidence: float, units: Units = "persons"
) -> Evidence:
    """The standardised parameter a path, a correlation or the name of a ``:=`` speaks of, with an interval from its own
    (delta-method) error: t with ``std_all_df_t`` degrees of freedom, normal where that is NaN.

    ``parameters`` (rows ``lhs op rhs std_all std_all_se std_all_df_t``) and ``model_fit`` are of the claim's model for
    everybody. A path that was left out because its covariate does not vary in these data is ``no_variation``.
    """
    empty = _empty(model_fit, units)
    if empty.problem is not None:
        return empty
    wanted = _wanted(statement, parameters)
    if not wanted.any():
        return replace(empty, problem="no_variation")
    row = parameters.loc[wanted].iloc[0]
    measured = replace(
        empty,
        estimate=float(row["std_all"]),
        se=float(row["std_all_se"]),
        df=float(row["std_all_df_t"]),
        fits_badly=_fits_badly(model_fit),
    )
    return with_interval(measured, confidence)


def _wanted(statement: Statement, parameters: pd.DataFrame) -> pd.Series[bool]:
    """Which row of ``parameters`` the statement speaks of."""
    if statement.kind == "defined":
        return (parameters["op"] == ":=") & (parameters["lhs"] == statement.names[0])
    a, b, *_ = statement.names
    if statement.kind == "correlation":
        pair = parameters["lhs"].isin([a, b]) & parameters["rhs"].isin([a, b])
        return (parameters["op"] == "~~") & pair & (parameters["lhs"] != parameters["rhs"])
    return (parameters["op"] == "~") & (parameters["lhs"] == a) & (parameters["rhs"] == b)


def difference_evidence(
    statement: Statement,
    *,
    differences: pd.DataFrame,
    joint_fit: Facts | None,
    parameters: pd.DataFrame,
    confidence: float,
    of_units: bool,
    minimum_units: int,
) -> Evidence:
    """How much a path differs between the levels of a trait (high less low), from the model that holds loadings equal.

    ``differences`` has the rows of ``path_differences`` of the claim's model; ``joint_fit`` is of its step with equal
    loadings, ``None`` where it was not fitted. The difference is that of the unstandardised paths, in which the levels
    can be compared, times what standardises the path among everybody (``parameters``: ``std_all / est``, the ratio of
    the standard deviations of predictor and outcome). ``of_units``: the trait is one of units, of which each level then
    needs ``minimum_units``.
    """
    outcome, predictor, trait = statement.names
    units: Units = "projects" if of_units else "persons"
    if joint_fit is None:
        return Evidence("std_all", units, "", problem="model_not_fitted")
    empty = _empty(joint_fit, units)
    if empty.problem is not None:
        return empty
    path = Statement("path", (outcome, predictor), statement.sign)
    overall = parameters.loc[_wanted(path, parameters)]
    rows = differences.loc[(differences["trait"] == trait) & _wanted(path, differences)]
    if rows.empty or overall.empty:
        return replace(empty, problem="no_variation")
    row = rows.iloc[0]
    if of_units and not min(row["n_projects_high"], row["n_projects_low"]) >= minimum_units:
        return replace(empty, problem="too_few_projects")
    scale = abs(float(overall.iloc[0]["std_all"]) / float(overall.iloc[0]["est"]))
    measured = replace(
        empty,
        estimate=scale * float(row["difference"]),
        se=scale * float(row["se"]),
        df=float(row["df_t"]),
        fits_badly=_fits_badly(joint_fit),
    )
    return with_interval(measured, confidence)


def direction_evidence(
    statement: Statement, *, model: str, directions: pd.DataFrame, effects: pd.DataFrame, confidence: float
) -> Evidence:
    """What a claim stands on that lives in one of the models of other directions.

    ``directions`` and ``effects`` are the tables ``directions`` and ``indirect_effects``. The name of a ``:=`` is
    judged on the bootstrap interval of its standardised value (the delta method's where nothing could be drawn),
    anything else on the one path in which the models differ. Both intervals have the tables' own ``confidence``. There
    is no p-value in the tables: it is that of the estimate over its (bootstrap) error, t with one degree of freedom
    less than there are projects; normal where persons were drawn.
    """
    of_model = directions[directions["model"] == model]
    if of_model.empty:
        return Evidence("std_all", "persons", "", problem="model_not_fitted")
    fitted = of_model.iloc[0]
    facts: dict[str, float | bool | str] = {n: fitted[n] == "true" for n in ("converged", "admissible")}
    facts |= {name: str(fitted[name]) for name in ("estimator", "errors")}
    facts |= {name: float(fitted[name]) for name in ("n_obs", "n_projects", "cfi", "rmsea")}
    empty = _empty(facts, "persons")
    if empty.problem is not None:
        return empty
    row, by_projects = fitted, str(fitted["errors"]).startswith("cr")
    interval = ("std_all_ci_lower", "std_all_ci_upper")
    if statement.kind == "defined":
        named = effects[(effects["model"] == model) & (effects["effect"] == statement.names[0])]
        if named.empty or named["std_all"].isna().any():
            return replace(empty, problem="no_variation")
        row = named.iloc[0]
        drawn = not np.isnan(row["ci_lower"])
        interval = ("ci_lower", "ci_upper") if drawn else ("delta_ci_lower", "delta_ci_upper")
        by_projects = row["units"] == "projects"
        empty = replace(
            empty, method=str(row["method"]), n_obs=float(row["n_obs"]), n_projects=float(row["n_projects"])
        )
    measured = replace(
        empty,
        estimate=float(row["std_all"]),
        se=float(row["std_all_se"]),
        df=float(row["n_projects"]) - 1.0 if by_projects else np.nan,
        fits_badly=_fits_badly(facts),
    )
    lower, upper = (float(row[name]) for name in interval)
    return replace(with_interval(measured, confidence), ci_lower=lower, ci_upper=upper)


def path_told_by(statement: Statement, path: str) -> bool:
    """Whether ``path`` (``SC ~ HS``), in which models of other directions differ, is what ``statement`` speaks of."""
    sign = " ~~ " if statement.kind == "correlation" else " ~ "
    said = [statement.names, statement.names[::-1]] if statement.kind == "correlation" else [statement.names]
    return statement.kind in ("path", "correlation") and path in [sign.join(names) for names in said]


def trait_of_path(statement: Statement, dummies: Mapping[str, str]) -> str | None:
    """The trait a path comes from, when its predictor is that trait's 0/1 variable."""
    return dummies.get(statement.names[1]) if statement.kind == "path" else None


def refusal_of(trait: str, contrasts: pd.DataFrame) -> Reason | None:
    """Why a trait of units cannot be compared on any outcome (rows of ``trait_contrasts``), as one reason; ``None``
    where it can. A path from such a trait compares the same units, and falls with them."""
    rows = contrasts[(contrasts["trait"] == trait) & (contrasts["method"] == "project_means")]
    refused: list[Reason] = [reason for reason in rows["refused"] if reason]
    return refused[0] if len(refused) and len(refused) == len(rows) else None


def _empty(fit: Facts, units: Literal["persons", "projects"]) -> Evidence:
    """Evidence without figures, with the reason where the solution cannot be trusted."""
    problem: Reason | None = None if fit["admissible"] else "model_inadmissible"
    return Evidence(
        "std_all",
        units,
        str(fit["estimator"]).lower(),
        float(fit["n_obs"]),
        float(fit["n_projects"]),
        errors=str(fit["errors"]),
        problem=problem if fit["converged"] else "model_not_fitted",
    )


def _fits_badly(fit: Facts) -> bool:
    return _robust(fit, "rmsea") > MAXIMUM_RMSEA or _robust(fit, "cfi") < MINIMUM_CFI


def _robust(fit: Facts, name: str) -> float:
    """The robust form of a measure; the plain one where there is none."""
    robust = float(fit.get(f"{name}_robust", np.nan))
    return float(fit[name]) if np.isnan(robust) else robust
