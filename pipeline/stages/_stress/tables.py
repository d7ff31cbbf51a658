"""The tables of the specification curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from analysis.multiverse.curve import choices_of, curve_of
from analysis.multiverse.inputs import Inputs
from analysis.multiverse.joint import joint_test
from analysis.multiverse.outcome import Found
from analysis.multiverse.permuting import reassigned
from pipeline.artefacts import table_contracts
from pipeline.stages._stress.work import Stressed

TABLES = ("specifications", "specification_curves", "specification_choices")


def tables_of(inputs: Inputs, results: Sequence[Stressed]) -> dict[str, pd.DataFrame]:
    """The three tables by name, claim by claim."""
    rows: dict[str, list[dict[str, object]]] = {name: [] for name in TABLES}
    for one in results:
        rows["specifications"] += [
            _specification(found, main=found.specification == one.crossed.main) for found in one.found
        ]
        rows["specification_curves"].append(_curve(inputs, one))
        rows["specification_choices"] += _choices(inputs, one)
    return {name: pd.DataFrame(rows[name], columns=list(table_contracts()[name].columns)) for name in TABLES}


def _specification(found: Found, *, main: bool) -> dict[str, object]:
    """One row of ``specifications``; degrees of freedom are empty where the reference is normal."""
    return {
        "claim": found.claim,
        "specification": found.specification.key,
        **found.specification.choices,
        "main": str(main).lower(),
        "status": found.status,
        "reason": found.reason,
        "n_obs": found.n_obs,
        "n_projects": found.n_projects,
        "estimate": found.estimate,
        "se": found.se,
        "df": found.df if np.isfinite(found.df) else np.nan,
        "ci_lower": found.ci_lower,
        "ci_upper": found.ci_upper,
        "pvalue": found.pvalue,
    }


def _curve(inputs: Inputs, one: Stressed) -> dict[str, object]:
    """One row of ``specification_curves``."""
    asked = inputs.claim(one.claim)
    sign = asked.statement.sign
    curve = curve_of(one.found, sign=sign, smallest_effect=asked.smallest_effect, alpha=inputs.alpha)
    joint = joint_test(
        one.found,
        sign=sign,
        alpha=inputs.alpha,
        n_draws=inputs.permutations,
        seed=inputs.seed,
        all_permuted=_all_permuted(inputs, one),
    )
    return {"claim": one.claim, "n_cross": one.crossed.n, **asdict(curve), **asdict(joint)}


def _all_permuted(inputs: Inputs, one: Stressed) -> bool:
    """Whether traits of projects were reassigned in all ways there are."""
    if one.crossed.family.of != "unit":
        return False
    made = reassigned(inputs.claim(one.claim), inputs)
    return made is not None and made.exact


def _choices(inputs: Inputs, one: Stressed) -> list[dict[str, object]]:
    """The rows of ``specification_choices``."""
    sign = inputs.claim(one.claim).statement.sign
    return [{"claim": one.claim, **asdict(choice)} for choice in choices_of(one.found, sign=sign, alpha=inputs.alpha)]
