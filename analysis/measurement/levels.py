"""The same thing at several places (cluster, building, neighbourhood), compared within persons.

A *profile* is a list of places, near to far, each with the score that tells of it; the scores share a metric. Only
persons with a score for every place count, so that places differ by nothing but the place, and so that the difference
of two means is the mean difference. Persons of one project are alike in how they see its places too, so projects are
the units wherever they are known: each project's mean counts once, and a test has as many degrees of freedom as there
are projects, less one (Murray 1998, ch. 4: the analysis of cluster means). With projects known for some, persons
whose project is not known are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import t as t_distribution

from analysis.clusters.contrasts import Method, TraitColumns, trait_contrasts
from analysis.multiplicity import Adjustment

Group = tuple[str, str, "pd.Series[bool]"]
"""A trait, a level of it, and who has it (aligned with the persons); ``all``, ``all`` for everybody."""


@dataclass(frozen=True)
class Place:
    """A place and the column of the score that tells of it."""

    name: str
    score: str


@dataclass(frozen=True)
class Profile:
    """Places of one profile, near to far."""

    name: str
    places: tuple[Place, ...]

    @property
    def pairs(self) -> list[tuple[Place, Place]]:
        """Every two places, the nearer first."""
        return list(combinations(self.places, 2))


@dataclass(frozen=True)
class UnitMean:
    """A mean over units with its t interval and test against nil; NaN where there are too few units to say.

    ``units``: projects where they are known, else persons; ``df``: their number less one.
    """

    units: str
    n_projects: int
    mean: float
    se: float
    df: float
    ci_lower: float
    ci_upper: float
    pvalue: float


def compared_persons(persons: pd.DataFrame, profile: Profile, *, cluster: str) -> pd.DataFrame:
    """``persons`` (a row a person) who have a score for every place, and whose ``cluster`` is known where any is.

    Nobody where a score is not among the columns.
    """
    scores = [place.score for place in profile.places]
    if not set(scores) <= set(persons.columns):
        return persons.iloc[:0]
    complete = persons[persons[scores].notna().all(axis=1)]
    placed = complete[cluster].notna()
    return complete[placed] if placed.any() else complete


def mean_over_units(values: pd.Series, clusters: pd.Series, *, confidence: float) -> UnitMean:
    """Mean of ``values`` (n persons, at least one) over the clusters of ``clusters`` (n names), or over persons.

    Each cluster's mean counts once; persons are the units where no cluster is known. No interval nor test with a single
    unit, or where all units are alike.
    """
    known = clusters.notna()
    basis = values.astype(float)
    if known.any():
        basis = basis[known].groupby(clusters[known].astype(str), sort=True).mean()
    mean, df = float(basis.mean()), len(basis) - 1
    se = float(basis.std()) / np.sqrt(len(basis)) if df > 0 else np.nan
    nothing = not se > 1e-12 * max(1.0, abs(mean))
    half = np.nan if nothing else float(t_distribution.ppf(0.5 + confidence / 2, df)) * se
    pvalue = np.nan if nothing else float(2 * t_distribution.sf(abs(mean / se), df))
    units, n_projects = ("projects", len(basis)) if known.any() else ("persons", 0)
    return UnitMean(units, n_projects, mean, se, df, mean - half, mean + half, pvalue)


def level_profiles(
    persons: pd.DataFrame, profiles: Sequence[Profile], groups: Iterable[Group], *, cluster: str, confidence: float
) -> pd.DataFrame:
    """Mean score of every place of every profile in every group; a row a profile, place and group with persons in it.

    ``mean`` and interval are those of ``mean_over_units``, ``sd`` is that of persons.
    """
    rows = []
    members = list(groups)
    for profile in profiles:
        compared = compared_persons(persons, profile, cluster=cluster)
        for place in profile.places:
            for trait, level, member in members:
                frame = compared[member.loc[compared.index]]
                if frame.empty:
                    continue
                found = mean_over_units(frame[place.score], frame[cluster], confidence=confidence)
                rows.append({
                    "profile": profile.name, "place": place.name, "score": place.score, "trait": trait, "level": level,
                    "n_obs": len(frame), "n_projects": found.n_projects, "mean": found.mean,
                    "sd": float(frame[place.score].std()), "ci_lower": found.ci_lower, "ci_upper": found.ci_upper,
                })  # fmt: skip
    columns = [
        "profile", "place", "score", "trait", "level", "n_obs", "n_projects", "mean", "sd", "ci_lower", "ci_upper",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def level_differences(
    persons: pd.DataFrame, profiles: Sequence[Profile], groups: Iterable[Group], *, cluster: str, confidence: float
) -> pd.DataFrame:
    """Every two places of every profile within persons, in every group; a row a profile, pair and group with persons.

    ``difference`` (``place_a`` less ``place_b``) with interval and p-value are those of ``mean_over_units``. ``sd``: of
    persons' differences; ``effect_size``: ``difference / sd``, d_z of Cohen (1988, p. 48) and Lakens (2013, eq. 7);
    ``r``: correlation of the two scores over persons. ``problem``: codes joined by ``;``: ``too_few_persons`` (fewer
    than three: no r), ``too_few_projects`` (a single unit: no interval), ``no_variation`` (all units differ alike: no
    test), ``constant_score`` (a score is the same for everybody: no r).
    """
    members = list(groups)
    rows = [
        {"profile": profile.name, "place_a": a.name, "place_b": b.name, "trait": trait, "level": level}
        | _difference(frame[a.score], frame[b.score], frame[cluster], confidence)
        for profile in profiles
        for compared in [compared_persons(persons, profile, cluster=cluster)]
        for a, b in profile.pairs
        for trait, level, member in members
        for frame in [compared[member.loc[compared.index]]]
        if not frame.empty
    ]
    columns = [
        "profile", "place_a", "place_b", "trait", "level", "n_obs", "n_projects", "units", "difference", "se", "df",
        "ci_lower", "ci_upper", "pvalue", "sd", "effect_size", "r", "problem",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _difference(a: pd.Series, b: pd.Series, clusters: pd.Series, confidence: float) -> dict[str, object]:
    """The figures of one row of ``level_differences``."""
    difference = a.astype(float) - b.astype(float)
    found = mean_over_units(difference, clusters, confidence=confidence)
    sd = float(difference.std())
    few, constant = len(a) < 3, a.nunique() < 2 or b.nunique() < 2
    problems = {
        "too_few_persons": few,
        "too_few_projects": found.df < 1 and found.units == "projects",
        "no_variation": found.df >= 1 and np.isnan(found.pvalue),
        "constant_score": constant and not few,
    }
    return {
        "n_obs": len(a), "n_projects": found.n_projects, "units": found.units, "difference": found.mean,
        "se": found.se, "df": found.df, "ci_lower": found.ci_lower, "ci_upper": found.ci_upper,
        "pvalue": found.pvalue, "sd": sd, "effect_size": found.mean / sd if sd > 1e-12 else np.nan,
        "r": np.nan if few or constant else float(np.corrcoef(a.astype(float), b.astype(float))[0, 1]),
        "problem": ";".join(code for code, there in problems.items() if there),
    }  # fmt: skip


def level_contrasts(
    persons: pd.DataFrame,
    profiles: Sequence[Profile],
    traits: Sequence[TraitColumns],
    *,
    cluster: str,
    minimum_units: int,
    confidence: float,
    adjust: Adjustment,
) -> pd.DataFrame:
    """Whether the difference between two places differs between the levels of a trait; a row a profile, pair and trait.

    The contrast of persons' differences (``analysis.clusters.contrasts.trait_contrasts``, whose codes ``refused``
    has): for a trait of units by ``project_means``, all unit traits in one model; for a trait of persons by ``mixed``,
    or by ``persons`` where no units are known. ``pvalue_adjusted`` is over profiles and pairs, within trait.
    """
    frame, names = _with_differences(persons, profiles, cluster=cluster)
    methods: dict[str, list[Method]] = {"unit": ["project_means"], "person": ["mixed", "persons"]}
    contrasts = pd.concat([
        trait_contrasts(
            frame, outcomes=list(names), traits=some, cluster=cluster, minimum_units=minimum_units,
            confidence=confidence, adjust=adjust, methods=methods[of],
        )
        for of in methods
        if (some := [trait for trait in traits if trait.of == of])
    ], ignore_index=True)  # fmt: skip
    order = {name: i for i, name in enumerate([*names, *(trait.name for trait in traits)])}
    chosen = contrasts[_asked(contrasts, traits)].sort_values(
        ["outcome", "trait"], key=lambda keys: keys.map(order), ignore_index=True
    )
    keys = [names[column] for column in chosen["outcome"]]
    chosen[["profile", "place_a", "place_b"]] = pd.DataFrame(keys, columns=["profile", "place_a", "place_b"], dtype=str)
    columns = [
        "profile", "place_a", "place_b", "trait", "method", "n_obs", "n_projects_high", "n_projects_low", "estimate",
        "se", "df", "ci_lower", "ci_upper", "pvalue", "pvalue_adjusted", "effect_size", "minimum_pvalue", "refused",
    ]  # fmt: skip
    return chosen[columns]


def _with_differences(
    persons: pd.DataFrame, profiles: Sequence[Profile], *, cluster: str
) -> tuple[pd.DataFrame, dict[str, tuple[str, str, str]]]:
    """``persons`` with a column for the difference between every two places, and what each is: profile and places."""
    names: dict[str, tuple[str, str, str]] = {}
    frame = persons.copy()
    for profile in profiles:
        compared = compared_persons(persons, profile, cluster=cluster)
        for a, b in profile.pairs:
            column = f"{profile.name}: {a.name} less {b.name}"
            names[column] = profile.name, a.name, b.name
            if not compared.empty:
                frame[column] = compared[a.score].astype(float) - compared[b.score].astype(float)
    return frame, names


def _asked(contrasts: pd.DataFrame, traits: Sequence[TraitColumns]) -> pd.Series[bool]:
    """Rows of ``contrasts`` by the one method that fits each trait."""
    unplaced = (contrasts["method"] == "mixed") & (contrasts["refused"] == "no_clusters")
    without_units = set(contrasts.loc[unplaced, ["outcome", "trait"]].itertuples(index=False, name=None))
    method = {trait.name: "project_means" if trait.of == "unit" else "mixed" for trait in traits}
    wanted = [
        "persons" if (outcome, trait) in without_units and method.get(trait) == "mixed" else method.get(trait, "")
        for outcome, trait in contrasts[["outcome", "trait"]].itertuples(index=False, name=None)
    ]
    return contrasts["method"] == pd.Series(wanted, index=contrasts.index, dtype=str)
