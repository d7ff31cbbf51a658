"""Latent means of a scale's groups, as far as its ladder tells, with intervals that allow for projects.

Means are those of the model with equal loadings and intercepts, all of them or (``partial``) all but the items that the
ladder set free. The factor has mean 0 and variance 1 in the first group, so that a mean is a difference from that group
in standard deviations of the factor there.

Residents of a project are alike, and a trait of projects does not vary within one: with persons as independent,
intervals would be too short and tests too liberal. Errors are CR2 with projects as clusters, with degrees of freedom
for how few these are (``analysis.sem.clusters``), also where a project has residents in several groups: the summed
scores of a project are independent of another's whatever groups they fall in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import f as f_distribution

from analysis.measurement.ladder_groups import LEVEL
from analysis.measurement.ladders import Allows, ScaleLadder
from analysis.measurement.rungs import Freed, Rung, kind_of, newly_equal, refusal_of, released
from analysis.sem import ModelError
from analysis.sem.cluster_information import cluster_information
from analysis.sem.clusters import ClusterCovariance, cluster_covariance
from analysis.sem.result import FitResult, interval
from analysis.sem.scores import person_scores
from analysis.sem.wald import hotelling_df

Kind = Literal["scalar", "partial"]
MEAN_COLUMNS = [
    "model", "level", "reference", "n_obs", "mean", "se", "df_t", "ci_lower", "ci_upper", "errors", "allowed",
]  # fmt: skip
Codes = npt.NDArray[np.intp]


def latent_means(climbed: ScaleLadder, *, projects: pd.Series[str] | None, confidence: float) -> pd.DataFrame:
    """One row a group but the first, of the scalar model and, where items were set free, of the partial one.

    ``projects``: of every person (the index of ``climbed.groups.answers``); ``None`` for errors that take persons as
    independent. Columns ``MEAN_COLUMNS``; empty where there is no ladder, or where a model has no solution.
    """
    found = climbed.ladder
    rows: list[pd.DataFrame] = []
    if found is not None and climbed.refused is None and not climbed.ordered:
        codes = None if projects is None else _codes(climbed, projects)
        for kind, freed in _models(climbed):
            result = _scalar(climbed, freed)
            if result is not None:
                allowed = found.allows in _allowing(kind)
                rows.append(_means(result, codes, confidence).assign(model=kind, allowed=allowed))
    return pd.concat(rows, ignore_index=True)[MEAN_COLUMNS] if rows else pd.DataFrame(columns=MEAN_COLUMNS)


def difference_over_projects(climbed: ScaleLadder, rung: Rung, projects: pd.Series[str]) -> float:
    """The p-value of what ``rung`` set free being equal all the same, with projects as units.

    The HTZ test of the later groups' parameters against the first group's (of one difference the t test; see
    ``analysis.sem.wald``). NaN where nothing was set free at this step, and with too few projects for so many
    parameters.
    """
    found, result = climbed.ladder, rung.result
    freed = [item for item, step in rung.freed.items() if step == rung.step]
    if found is None or result is None or not freed:
        return float("nan")
    contrasts = _contrasts(result, freed, newly_equal(found.climb, rung.step))
    clusters = over_projects(result, _codes(climbed, projects))
    eta, r = hotelling_df(clusters, contrasts), len(contrasts)
    if not eta > r - 1:
        return float("nan")
    gap = contrasts @ result.estimated.theta
    statistic = float(gap @ np.linalg.solve(contrasts @ clusters.vcov @ contrasts.T, gap))
    return float(f_distribution.sf((eta - r + 1) / (eta * r) * statistic, r, eta - r + 1))


def over_projects(result: FitResult, codes: Sequence[Codes]) -> ClusterCovariance:
    """CR2 errors of a maximum likelihood fit with clusters that may reach over groups; ``codes``: of the persons of
    every group, in the order of the fit's."""
    if result.inference is None:
        raise ModelError("A model without a solution has no errors.")
    estimated = result.estimated
    groups = tuple(replace(group, cluster=own) for group, own in zip(estimated.sample.groups, codes, strict=True))
    clustered = replace(estimated, sample=replace(estimated.sample, groups=groups))
    return cluster_covariance(
        scores=np.concatenate(person_scores(estimated)),
        clusters=np.unique(np.concatenate(codes), return_inverse=True)[1],
        bread=result.inference.bread / estimated.n,
        basis=estimated.basis,
        parts=cluster_information(clustered),
        kind="CR2",
    )


def _models(climbed: ScaleLadder) -> list[tuple[Kind, Freed]]:
    """What is held equal: everything, and all but what the last scalar rung set free."""
    last = climbed.ladder.rung("scalar") if climbed.ladder is not None else None
    models: list[tuple[Kind, Freed]] = [("scalar", {})]
    if last is not None and last.holds and last.freed:
        models.append(("partial", last.freed))
    return models


def _allowing(kind: Kind) -> tuple[Allows, ...]:
    return ("means", "scores") if kind == "scalar" else ("means_partial",)


def _scalar(climbed: ScaleLadder, freed: Freed) -> FitResult | None:
    """The scalar model with the items ``freed`` not held equal, from the ladder where it has it."""
    if climbed.ladder is None:
        return None
    for rung in climbed.ladder.rungs:
        if rung.step == "scalar" and rung.freed == freed and rung.result is not None:
            return rung.result if rung.refused is None else None
    climb = climbed.ladder.climb
    try:
        result = climb.fit("scalar", released(climb, "scalar", freed))
    except ModelError:
        return None
    return result if refusal_of(result) is None else None


def _codes(climbed: ScaleLadder, projects: pd.Series[str]) -> list[Codes]:
    """The persons' projects, group by group."""
    answers = climbed.groups.answers
    codes = pd.factorize(projects.loc[answers.index], sort=True)[0].astype(np.intp)
    level_of = answers[LEVEL].to_numpy(dtype=object)
    return [codes[level_of == level] for level in climbed.groups.n_by_level]


def _means(result: FitResult, codes: Sequence[Codes] | None, confidence: float) -> pd.DataFrame:
    """The later groups' latent means with their intervals."""
    table = result.estimated.table
    rows = [row for row in table.rows if row.op == "~1" and row.lhs in table.latent and row.index is not None]
    contrasts = np.array([np.arange(table.n_free) == row.index for row in rows]).astype(float)
    mean = contrasts @ result.estimated.theta
    clusters = None if codes is None else over_projects(result, codes)
    vcov = result.vcov if clusters is None else clusters.vcov
    df = np.full(len(rows), np.nan) if clusters is None else clusters.degrees_of_freedom(contrasts)
    se = np.sqrt(np.diag(contrasts @ vcov @ contrasts.T))
    lower, upper = interval(mean, se, df, confidence)
    return pd.DataFrame(
        {
            "level": [table.groups[row.group] for row in rows], "reference": table.groups[0],
            "n_obs": [result.n_by_group[row.group] for row in rows], "mean": mean, "se": se, "df_t": df,
            "ci_lower": lower, "ci_upper": upper, "errors": "robust" if clusters is None else "cr2",
        }
    )  # fmt: skip


def _contrasts(result: FitResult, items: Sequence[str], kinds: Sequence[str]) -> npt.NDArray[np.float64]:
    """Derivatives of each later group's parameter less the first group's, of these kinds of ``items``."""
    table = result.estimated.table
    first = {row.key: row.index for row in table.rows if row.group == 0}
    found = []
    for row in table.rows:
        wanted = any(kind_of(row.lhs, row.op, row.rhs, item) in kinds for item in items)
        index, other = row.index, first.get(row.key)
        if row.group and wanted and index is not None and other is not None and index != other:
            contrast = np.zeros(table.n_free)
            contrast[index], contrast[other] = 1.0, -1.0
            found.append(contrast)
    return np.array(found)
