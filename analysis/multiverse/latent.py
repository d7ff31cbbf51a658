"""Effects on factors estimated with their measurement in one model, in standard deviations of the factor.

The factors behind the outcome are regressed on traits and covariates. The effect on the outcome is ``Σ w_f s_f b_f``:
what the factor counts for in the outcome, its mean loading (which puts it in the metric of its items), its coefficient;
over the model's own standard deviation of ``Σ w_f s_f η_f``. Errors are those of that ratio, by its derivative to all
parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.multiverse.factors import UnansweredError, solved
from analysis.multiverse.regressions import Answers, Design
from analysis.sem.estimate import Estimated
from analysis.sem.inference import infer
from analysis.sem.options import Errors, Options

Array = npt.NDArray[np.floating[Any]]
_STEP = 1e-5
_CLUSTER = "cluster"


@dataclass(frozen=True)
class Joint:
    """A model of several scales' factors, fitted; ``outcome``: by factor (f0, f1, …) what it counts for."""

    estimated: Estimated
    outcome: tuple[float, ...]
    n_traits: int


def fit_jointly(
    answers: Mapping[str, Array], weights: Mapping[str, float], design: Design, *, missing: str
) -> list[Joint]:
    """The model of all scales of ``answers`` (m, n, items; by scale), once an imputation.

    Persons without any answer, or with ``listwise`` not all of them, are not in ``design`` either. Raises
    ``UnansweredError`` where there is no solution, or none that can be true.
    """
    names, columns = [], []
    lines = []
    for f, name in enumerate(weights):
        items = [f"y{f}_{j}" for j in range(answers[name].shape[2])]
        lines.append(f"f{f} =~ {' + '.join(items)}")
        names += items
        columns.append(answers[name])
    causes = [f"t{j}" for j in range(design.traits.shape[1])]
    adjusted = [f"c{j}" for j in range(design.covariates.shape[1])]
    factors = " + ".join(f"f{f}" for f in range(len(weights)))
    model = "\n".join([*lines, f"{factors} ~ {' + '.join([*causes, *adjusted])}"])
    every = np.concatenate(columns, axis=2)
    incomplete = missing == "fiml" and bool(np.isnan(every).any())
    known = bool((design.project >= 0).all()) and len(np.unique(design.project)) > 1
    options = Options.checked(
        estimator="mlr", missing="fiml" if incomplete else "listwise", cluster=_CLUSTER if known else None
    )
    fixed = np.column_stack([design.traits, design.covariates])
    found: list[Joint] = []
    for one in every:
        frame = pd.DataFrame(np.column_stack([one, fixed]), columns=[*names, *causes, *adjusted])
        if known:
            frame[_CLUSTER] = design.project
        start = found[-1].estimated.theta if found else None
        found.append(Joint(solved(model, frame, options, start=start), tuple(weights.values()), len(causes)))
    return found


def answer_jointly(joint: Joint, design: Design, *, how: str, estimator: str) -> Answers:
    """The questions of ``design`` with the errors of ``estimator`` (``ml``: its own; ``mlr``: the sandwich, or with
    ``how`` ``cluster_robust`` CR2 of projects), in standard deviations of the outcome."""
    errors: Errors = "standard" if estimator == "ml" else "cr2" if how == "cluster_robust" else "robust"
    estimated = joint.estimated
    options = replace(estimated.options, errors=errors)
    if errors != "cr2":
        # without clusters: a sandwich of persons
        groups = tuple(replace(group, cluster=None) for group in estimated.sample.groups)
        options = replace(options, cluster=None, estimator="ML" if estimator == "ml" else "MLR")
        estimated = replace(estimated, sample=replace(estimated.sample, groups=groups))
    inference = infer(replace(estimated, options=options))
    if inference.problems:
        raise UnansweredError("inadmissible", inference.problems[0].code)
    theta = estimated.theta
    jacobian = np.empty((len(design.weights), len(theta)))
    steps = _STEP * np.maximum(np.abs(theta), 0.1)
    ahead, behind = (_effects(joint, design.weights, theta + sign * np.diag(steps)) for sign in (1.0, -1.0))
    jacobian = ((ahead - behind) / (2 * steps[:, None])).T
    variance = np.einsum("cq,qr,cr->c", jacobian, inference.vcov, jacobian)
    if not (variance > 0).all():
        raise UnansweredError("failed", "no_errors")
    df = inference.degrees_of_freedom(jacobian)
    return Answers(
        _effects(joint, design.weights, theta[None])[0], np.sqrt(variance), np.where(np.isnan(df), np.inf, df),
        np.empty((len(design.weights), 0)),
    )  # fmt: skip


def _effects(joint: Joint, weights: Array, theta: Array) -> Array:
    """The questions ``weights`` (c, t) at every row of ``theta`` (B, n_free), in standard deviations, (B, c)."""
    group = joint.estimated.implied.groups[0]
    at = group.matrices(theta)
    names: Sequence[str] = group.structural
    factors = [names.index(f"f{f}") for f in range(len(joint.outcome))]
    traits = [names.index(f"t{j}") for j in range(joint.n_traits)]
    observed = joint.estimated.table.observed
    loadings = np.stack(
        [
            at.loading[:, [i for i, name in enumerate(observed) if name.startswith(f"y{f}_")], at_factor].mean(axis=1)
            for f, at_factor in enumerate(factors)
        ],
        axis=1,
    )
    counted = loadings * np.array(joint.outcome)  # (B, f)
    structural = at.structural[:, factors][:, :, factors]
    sd = np.sqrt(np.einsum("bf,bfg,bg->b", counted, structural, counted))
    effects = np.einsum("bf,bft,ct->bc", counted, at.total[:, factors][:, :, traits], weights)
    return np.asarray(effects / sd[:, None])
