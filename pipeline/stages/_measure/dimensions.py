"""Tables on dimensionality: parallel analysis, and exploratory factors beside the confirmatory ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import get_args
from zlib import crc32

import numpy as np
import pandas as pd

from analysis.measurement.exploratory import Exploratory, exploratory_factors
from analysis.measurement.exploratory import Method as Extraction
from analysis.measurement.joint_model import JointModel, directions, joint_model, loadings_of, solution_of
from analysis.measurement.latent_correlation import latent_correlations
from analysis.measurement.parallel import Answers, Method, ParallelAnalysis, parallel_analysis
from analysis.measurement.side_by_side import congruence, factor_scales, item_problems
from pipeline.stages._fitting import CLUSTER, how_fitted
from pipeline.stages._measure.inputs import Measured, Tables

ALL = "all"
"""The set of the items of all primary scales."""

Analyses = dict[tuple[str, Answers], dict[Method, ParallelAnalysis]]
"""Parallel analyses by set of items and kind of answers."""

ORDERED_DRAWS = 100
"""Shuffles for polychoric correlations, which are dear and serve to see whether the answers' categories matter."""


@dataclass(frozen=True)
class Solution:
    """One solution: ``name`` (declared | suggested) of the items of ``scales`` (items by scale), called ``items_set``.

    ``minres`` has the loadings, ``ml`` the test of fit.
    """

    items_set: str
    name: str
    scales: dict[str, list[str]]
    minres: Exploratory
    ml: Exploratory

    @property
    def factor_scale(self) -> list[str]:
        """The scale each factor is."""
        return factor_scales(self.minres.loadings, self.minres.items, self.scales)


@dataclass(frozen=True)
class Confirmatory:
    """Standardised ``loadings`` by scale and item, and ``correlations`` by pair of scales, of the joint model; empty
    where it has no figures."""

    n_obs: int
    loadings: dict[str, pd.Series[float]]
    correlations: dict[frozenset[str], float]


def dimension_tables(measured: Measured) -> Tables:
    """``parallel_analysis``, ``exploratory_fit``, ``exploratory_loadings``, ``exploratory_correlations``."""
    analyses = parallel_analyses(measured)
    suggested = analyses[ALL, "continuous"]["factors"].n_kept if (ALL, "continuous") in analyses else None
    confirmatory = confirmatory_of(measured)
    solutions = list(solutions_of(measured, suggested, confirmatory))
    known = [solution for solution in solutions if solution.minres.known]
    return {
        "parallel_analysis": pd.DataFrame(
            [
                row
                for (name, _), by_method in analyses.items()
                for analysis in by_method.values()
                for row in parallel_rows(name, analysis)
            ]
        ),
        "exploratory_fit": pd.DataFrame([row for solution in solutions for row in fit_rows(solution)]),
        "exploratory_loadings": pd.DataFrame([row for s in known for row in loading_rows(s, confirmatory)]),
        "exploratory_correlations": pd.DataFrame([row for s in known for row in correlation_rows(s, confirmatory)]),
    }


def primary_items(measured: Measured) -> dict[str, list[str]]:
    """The items of every primary scale."""
    return {scale.name: scale.item_names for scale in measured.primary}


def items_together(scales: dict[str, list[str]]) -> list[str]:
    """The items of several scales, each once."""
    return list(dict.fromkeys(item for items in scales.values() for item in items))


def parallel_analyses(measured: Measured) -> Analyses:
    """Parallel analysis of every scale and of the primary scales together; polychoric correlations for the primary ones
    alone.
    """
    params, primary = measured.params, primary_items(measured)
    together = {ALL: items_together(primary)} if len(primary) > 1 else {}
    every_scale = {scale.name: scale.item_names for scale in measured.scales}
    sets: list[tuple[Answers, dict[str, list[str]], int]] = [
        ("continuous", {**every_scale, **together}, params.draws),
        ("ordered", {**primary, **together}, min(params.draws, ORDERED_DRAWS)),
    ]
    return {
        (name, answers): parallel_analysis(
            measured.analysed[items], minimum_n=params.minimum_n, quantile=params.confidence, draws=draws,
            answers=answers, seed=np.random.SeedSequence([params.seed, crc32(f"parallel.{name}.{answers}".encode())]),
        )
        for answers, items_by_set, draws in sets
        for name, items in items_by_set.items()
    }  # fmt: skip


def parallel_rows(name: str, analysis: ParallelAnalysis) -> list[dict[str, object]]:
    """Rows of ``parallel_analysis``; a single one, without figures, where there are none."""
    common = {
        "set": name, "answers": analysis.answers, "method": analysis.method, "n_obs": analysis.n_obs,
        "n_items": analysis.n_items, "problem": ";".join(analysis.problems),
    }  # fmt: skip
    if analysis.n_kept is None:
        return [{**common, "position": 1, "kept": ""}]
    return [
        {
            **common, "position": position + 1, "eigenvalue": analysis.eigenvalues[position],
            "reference": analysis.reference[position], "reference_mean": analysis.reference_mean[position],
            "kept": "true" if analysis.kept[position] else "false",
        }
        for position in range(len(analysis.eigenvalues))
    ]  # fmt: skip


def confirmatory_of(measured: Measured) -> Confirmatory:
    """The joint confirmatory model of the primary scales, fitted to whom the stage ``structure`` fits its models to."""
    scales = primary_items(measured)
    if not scales:
        return Confirmatory(0, {}, {})
    items = items_together(scales)
    used = measured.analysed[measured.analysed[items].notna().any(axis=1)]
    how = how_fitted(measured.study, used)
    if "cluster" in how.options:
        used = used[used[CLUSTER].notna()]
    options = {**how.options, "errors": "none"}
    options.pop("cluster", None)
    joint = joint_model(used[items], scales, minimum_n=measured.params.minimum_n, clusters=None, **options)
    if joint.result is None or joint.problem:
        return Confirmatory(joint.n_obs, {}, {})
    return Confirmatory(joint.n_obs, _loadings(joint), _correlations(joint))


def solutions_of(measured: Measured, suggested: int | None, confirmatory: Confirmatory) -> Iterator[Solution]:
    """The solutions of all primary items, and of pairs of scales on their own (``pairs_of_interest``)."""
    scales = primary_items(measured)
    if not scales:
        return
    yield _solution(measured, ALL, "declared", scales, len(scales))
    if suggested is not None and suggested != len(scales):
        yield _solution(measured, ALL, "suggested", scales, suggested)
    items_of = {scale.name: scale.item_names for scale in measured.scales}
    for pair in pairs_of_interest(measured, confirmatory):
        yield _solution(measured, ";".join(pair), "declared", {name: items_of[name] for name in pair}, 2)


def pairs_of_interest(measured: Measured, confirmatory: Confirmatory) -> list[tuple[str, str]]:
    """The pairs of scales that the study says overlap, and the primary ones whose factors correlate most; not the two
    primary scales of a study that has no other: they are the whole set.
    """
    primary = frozenset(scale.name for scale in measured.primary)
    wanted = {frozenset(pair) for pair in measured.params.overlapping}
    wanted |= {frozenset(pair) for pair in [closest_scales(measured, confirmatory)] if pair is not None}
    pairs = combinations([scale.name for scale in measured.scales], 2)
    return [pair for pair in pairs if frozenset(pair) in wanted - {primary}]


def closest_scales(measured: Measured, confirmatory: Confirmatory) -> tuple[str, str] | None:
    """The two primary scales whose factors correlate most, by size; whose scores do where there is no joint model."""
    pairs = list(combinations([scale.name for scale in measured.primary], 2))
    sizes = np.array([abs(confirmatory.correlations.get(frozenset(pair), np.nan)) for pair in pairs])
    if np.isnan(sizes).all():
        scores = measured.analysed[[scale.name for scale in measured.primary]]
        sizes = np.abs(list(_score_correlations(scores, pairs)))
    return None if np.isnan(sizes).all() else pairs[int(np.nanargmax(sizes))]


def fit_rows(solution: Solution) -> Iterator[dict[str, object]]:
    """Rows of ``exploratory_fit``."""
    for found in (solution.minres, solution.ml):
        tested = found.method == "ml"
        yield {
            "set": solution.items_set, "solution": solution.name, "method": found.method,
            "rotation": found.rotation if found.n_factors > 1 and not tested else "", "n_obs": found.n_obs,
            "n_items": len(found.items), "n_factors": found.n_factors, "explained": found.explained, "rmsr": found.rmsr,
            "df": found.df if found.known else np.nan, "rmsea": found.rmsea if tested else np.nan,
            "tli": found.tli if tested else np.nan, "problem": ";".join(found.problems),
        }  # fmt: skip


def loading_rows(solution: Solution, confirmatory: Confirmatory) -> Iterator[dict[str, object]]:
    """Rows of ``exploratory_loadings``: every item on every factor."""
    found, scales, names = solution.minres, solution.scales, solution.factor_scale
    problems = item_problems(found.loadings, found.items, scales, factor_scale=names, heywood=found.heywood)
    loadings = pd.DataFrame(found.loadings, index=pd.Index(found.items))
    uniquenesses = pd.Series(found.uniquenesses, index=pd.Index(found.items))
    for scale, item in _rows_of_items(scales):
        for factor, name in enumerate(names):
            expected = confirmatory.loadings.get(name, pd.Series(dtype=float))
            yield {
                "set": solution.items_set, "solution": solution.name, "scale": scale, "item": item,
                "factor": factor + 1, "factor_scale": name, "n_obs": found.n_obs,
                "loading": loadings[factor].get(item), "uniqueness": uniquenesses.get(item),
                "n_obs_confirmatory": confirmatory.n_obs, "confirmatory": expected.get(item),
                "congruence": congruence(found.loadings[:, factor], expected.reindex(found.items).fillna(0).to_numpy()),
                "problem": ";".join(problems.get(item, ("constant_item",))),
            }  # fmt: skip


def correlation_rows(solution: Solution, confirmatory: Confirmatory) -> Iterator[dict[str, object]]:
    """Rows of ``exploratory_correlations``: every pair of factors."""
    names = solution.factor_scale
    for a, b in combinations(range(len(names)), 2):
        yield {
            "set": solution.items_set, "solution": solution.name, "factor_a": a + 1, "factor_b": b + 1,
            "factor_scale_a": names[a], "factor_scale_b": names[b], "n_obs": solution.minres.n_obs,
            "r": solution.minres.correlations[a, b], "n_obs_confirmatory": confirmatory.n_obs,
            "confirmatory": confirmatory.correlations.get(frozenset((names[a], names[b]))),
        }  # fmt: skip


def _solution(measured: Measured, items_set: str, name: str, scales: dict[str, list[str]], n_factors: int) -> Solution:
    answers, minimum_n = measured.analysed[items_together(scales)], measured.params.minimum_n
    by_method: dict[Extraction, Exploratory] = {
        method: exploratory_factors(
            answers, n_factors=n_factors, minimum_n=minimum_n, method=method,
            rotation="oblimin" if method == "minres" else "none",
        )
        for method in get_args(Extraction)
    }  # fmt: skip
    return Solution(items_set, name, scales, by_method["minres"], by_method["ml"])


def _loadings(joint: JointModel) -> dict[str, pd.Series[float]]:
    """Standardised loadings, every factor pointing the way most of its items do."""
    estimated = solution_of(joint).estimated
    ways = directions(joint, estimated)
    return {scale: pd.Series(loadings_of(joint, estimated, scale), dtype=float) * ways[scale] for scale in joint.scales}


def _correlations(joint: JointModel) -> dict[frozenset[str], float]:
    rows = latent_correlations(joint)
    return {frozenset((a, b)): float(r) for a, b, r in zip(rows["scale_a"], rows["scale_b"], rows["r"], strict=True)}


def _score_correlations(scores: pd.DataFrame, pairs: list[tuple[str, str]]) -> Iterator[float]:
    """Correlations of pairs of scores, NaN where a score does not vary among those who have both."""
    for a, b in pairs:
        both = scores[[a, b]].dropna()
        yield float(both[a].corr(both[b])) if (both.nunique() > 1).all() else np.nan


def _rows_of_items(scales: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Scale and item, each item once, with the first scale that has it."""
    owner: dict[str, str] = {}
    for scale, items in scales.items():
        for item in items:
            owner.setdefault(item, scale)
    return [(scale, item) for item, scale in owner.items()]
