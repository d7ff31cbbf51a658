"""Models as the stage ``structure`` fits them for everybody, reduced to what a verdict needs of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.claims import Statement
from analysis.power.plan import PowerInputs
from analysis.sem import ModelError, fit, without_terms
from analysis.sem.admissible import inadmissible
from analysis.sem.baseline import baseline_df, independence_discrepancy
from analysis.sem.estimate import Estimated
from analysis.sem.fit import estimated_by, prepared
from analysis.sem.inference import Inference, infer
from analysis.sem.options import Options
from analysis.sem.standardise import delta_se


@dataclass(frozen=True)
class ModelFound:
    """``parameters`` (``lhs op rhs std_all std_all_se std_all_df_t``) of what claims speak of, and facts of the fit, as
    ``analysis.claims.model_evidence`` reads both."""

    parameters: pd.DataFrame
    facts: dict[str, float | bool | str]


def model_found(inputs: PowerInputs, name: str, persons: pd.DataFrame, statements: Sequence[Statement]) -> ModelFound:
    """Fit the model called ``name``; what cannot be fitted comes back as not converged.

    With answers as given it is the pipeline's own fit. With complete answers there is nothing to be filled in, and the
    measures of fit are the plain ones instead of the robust ones, which cost more than the rest together.
    """
    dummies = [trait.dummy for trait in inputs.traits]
    constant = [dummy for dummy in dummies if persons[dummy].nunique() < 2]
    text = inputs.models[name]
    n_projects = int(persons[inputs.cluster].nunique())
    options = dict(inputs.fitted)
    if str(options["errors"]).startswith("cr"):
        few = n_projects < inputs.model_minimum_units
        options |= {"errors": "robust"} if few else {"cluster": inputs.cluster}
    facts: dict[str, float | bool | str] = {
        "converged": False, "admissible": False, "n_obs": float(len(persons)), "n_projects": float(n_projects),
        "estimator": str(options["estimator"]), "errors": str(options["errors"]), "cfi": np.nan, "rmsea": np.nan,
    }  # fmt: skip
    nothing = ModelFound(pd.DataFrame(columns=["lhs", "op", "rhs"]), facts)
    if len(persons) < inputs.minimum_n:
        return nothing
    try:
        if constant:
            text = without_terms(text, [dummy for dummy in constant if dummy in text])
        if inputs.answers == "as_given":
            return _whole(text, persons, options, facts)
        return _reduced(text, persons, options, facts, statements)
    except ModelError:
        return nothing  # counted among the replications in which nothing could be estimated


def _whole(text: str, persons: pd.DataFrame, options: dict[str, Any], facts: dict[str, Any]) -> ModelFound:
    result = fit(text, persons, **options)
    found = {"converged": result.converged, "admissible": result.admissible, "n_obs": float(result.n_obs)}
    return ModelFound(result.parameters, facts | found | result.fit)


def _reduced(
    text: str, persons: pd.DataFrame, options: dict[str, Any], facts: dict[str, Any], statements: Sequence[Statement]
) -> ModelFound:  # fmt: skip
    checked = Options.checked(**(options | {"missing": "listwise"}))
    table, sample = prepared(text, persons, checked)
    estimated = estimated_by(table, sample, checked)
    if not estimated.converged:
        return ModelFound(pd.DataFrame(columns=["lhs", "op", "rhs"]), facts)
    inference = infer(estimated)
    possible = not inference.problems and not inadmissible(estimated)
    found = {"converged": True, "admissible": possible, "n_obs": float(sample.n)} | _plain_measures(estimated)
    return ModelFound(_rows(estimated, inference, statements), facts | found)


def _plain_measures(estimated: Estimated) -> dict[str, float]:
    """CFI (Bentler 1990) and RMSEA (Steiger 1990) of maximum likelihood with complete answers."""
    n, df = estimated.n, estimated.df
    excess = max(n * estimated.objective - df, 0.0)
    of_nothing = n * independence_discrepancy(estimated.table, estimated.sample) - baseline_df(estimated.table)
    worst = max(of_nothing, excess)
    return {
        "cfi": 1.0 if worst <= 0 else 1.0 - excess / worst,
        "rmsea": float(np.sqrt(excess / (n * df))) if df > 0 else 0.0,
    }


def _rows(estimated: Estimated, inference: Inference, statements: Sequence[Statement]) -> pd.DataFrame:
    """Standardised estimates, errors and degrees of freedom of the parameters that the statements name."""
    table = estimated.table
    named = [set(statement.names) for statement in statements]
    # in the order of `Reported`: the table's rows, then what the model defines
    every = [(row.lhs, row.op, row.rhs) for row in table.rows] + [(name, ":=", "") for name in table.defined]
    at = [
        i for i, (lhs, op, rhs) in enumerate(every)
        if (op in ("~", "~~") and {lhs, rhs} in named) or (op == ":=" and {lhs} in named)
    ]  # fmt: skip
    values = estimated.reported.values(estimated.theta, "std_all")[at]
    jacobian = estimated.reported.jacobian(estimated.theta, "std_all")[at]
    return pd.DataFrame({
        "lhs": [every[i][0] for i in at], "op": [every[i][1] for i in at], "rhs": [every[i][2] for i in at],
        "std_all": values,
        "std_all_se": delta_se(jacobian, inference.vcov), "std_all_df_t": inference.degrees_of_freedom(jacobian),
    })  # fmt: skip
