"""How the study's main model behaves with few persons in few projects: what converges, what is biased, what covers.

    python tests/benchmarks/small_samples.py [--replications 500] [--jobs 2] [--seed 1] [--csv OUT]
    python tests/benchmarks/small_samples.py --from CSV        (the tables of an earlier run)

Residents of projects answer five-point items. Factors, paths, loadings and shares of answers are those of the simulated
waves (surveys/simulation.yaml); all four factors' disturbances have the same share between projects, which is
varied. Each draw is fitted by maximum likelihood and by local SAM, each with every kind of error.

What an interval should cover is what the same estimator finds in the limit of many projects *of the same design*: the
model is fitted to 20,000 projects whose traits occur as often, and together as often, as in the condition (with six
projects the two traits go together somewhat), with the same persons a project. So items that are not continuous are
part of the truth, not of the bias; the projects are a sample of projects with these traits, so that what residents of
a project have in common counts as chance.

Prints Markdown tables for tests/benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from scipy.stats import norm
from scipy.stats import t as t_distribution

from analysis.sem import ModelError
from analysis.sem.admissible import inadmissible
from analysis.sem.estimate import Estimated
from analysis.sem.fit import estimated_by, prepared
from analysis.sem.inference import Inference, infer
from analysis.sem.options import Options
from analysis.sem.sam import estimate_sam
from analysis.sem.sam_errors import sam_inference
from analysis.sem.standardise import Reported, delta_se
from analysis.sem.t_reference import satterthwaite

REPOSITORY = Path(__file__).resolve().parents[2]
FACTORS = ("HS", "SC", "SB", "SWB")
PATHS = np.array([[0, 0, 0, 0], [0, 0, 0, 0], [0.40, 0, 0, 0], [0.30, 0.35, 0, 0]])
TRAIT_EFFECTS = np.array([[1.00, 0.40], [0, 0], [0, 0], [0, 0]])  # location, construction; standard deviations
COVARIANCES = {(0, 1): 0.45, (2, 3): 0.145}
LOADINGS = {
    "HS": (0.80, 0.75, 0.85, 0.78),
    "SC": (0.62, 0.74, 0.82, -0.60, 0.60, 0.75),
    "SB": (0.80, 0.75, 0.80, 0.70),
    "SWB": (0.74, 0.73, 0.80, 0.68, 0.60),
}
SHARES = {  # of answers above the third threshold
    "HS": (0.60, 0.52, 0.50, 0.55),
    "SC": (0.42, 0.656, 0.513, 0.342, 0.55, 0.523),
    "SB": (0.50, 0.44, 0.55, 0.52),
    "SWB": (0.58, 0.56, 0.68, 0.60, 0.50),
}
OFFSETS = (-1.50, -0.75, 0.0, 1.10)  # of the thresholds from the third
PREFIX = {"HS": "hs", "SC": "scb", "SB": "bo_b", "SWB": "swls"}
TARGETS = (
    ("HS", "~", "in_neighbourhood"), ("HS", "~", "repurposed"), ("SB", "~", "HS"), ("SWB", "~", "HS"),
    ("SWB", "~", "SC"), ("SC", "~~", "HS"),
)  # fmt: skip
KINDS = ("standard", "robust", "robust_cluster", "cr2", "cr3")  # the first two take persons as independent
STANDARDISED = "cr2, standardised"
MANY_PROJECTS = 20_000
COLUMNS = (
    "standard", "robust", "cr0", "robust_cluster", "robust_cluster, t(J-1)", "cr2, Satterthwaite", "cr2", "cr3",
)  # fmt: skip
WIDTHS = ("standard", "cr2, Satterthwaite", "cr2", "cr3")
Found = TypeVar("Found", bound=Estimated)


@dataclass(frozen=True)
class Condition:
    """``persons`` in ``projects``; ``share`` of every disturbance's variance lies between projects."""

    projects: int
    persons: int
    share: float

    def traits(self, projects: int) -> np.ndarray:
        """Location and construction of each project, (projects, 2): the condition's design, repeated. Either half of
        the projects has each; two by two, except that of six one combination more has both or none."""
        j = np.arange(projects) % self.projects
        construction = np.where(j < 4, j // 2 % 2, j % 2) if self.projects == 6 else j // 2 % 2
        return np.column_stack([j % 2, construction]).astype(float)


CONDITIONS = tuple(Condition(j, n, 0.05) for j in (6, 12, 20) for n in (60, 150, 300)) + tuple(
    Condition(j, 150, 0.15) for j in (6, 12)
)


def disturbance_covariance() -> np.ndarray:
    """Ψ (4, 4) with which every factor has variance 1 in a balanced design (analysis/simulate/parameters.py)."""
    psi = np.zeros((4, 4))
    for (a, b), value in COVARIANCES.items():
        psi[a, b] = psi[b, a] = value
    total = np.linalg.inv(np.eye(4) - PATHS)
    for k in range(4):
        by_traits = total @ TRAIT_EFFECTS
        psi[k, k] = 1 - (total @ psi @ total.T + 0.25 * by_traits @ by_traits.T)[k, k]
    return psi


def residents(condition: Condition, rng: np.random.Generator, *, projects: int | None = None) -> pd.DataFrame:
    """Answers, traits and ``project``. Projects differ in size: shares of the persons drawn from 0.5 to 1.5 times the
    average, at least two persons each."""
    k = projects or condition.projects
    persons = condition.persons * k // condition.projects
    weights = rng.uniform(0.5, 1.5, size=k)
    place = np.concatenate([np.repeat(np.arange(k), 2), rng.choice(k, persons - 2 * k, p=weights / weights.sum())])
    psi = np.linalg.cholesky(disturbance_covariance())
    between = np.sqrt(condition.share) * rng.standard_normal((k, 4)) @ psi.T
    within = np.sqrt(1 - condition.share) * rng.standard_normal((persons, 4)) @ psi.T
    traits = condition.traits(k)
    direct = (between + (traits - 0.5) @ TRAIT_EFFECTS.T)[place] + within
    factors = np.linalg.solve(np.eye(4) - PATHS, direct.T).T
    frame = pd.DataFrame(traits[place], columns=["in_neighbourhood", "repurposed"])
    for f, name in enumerate(FACTORS):
        for i, (loading, share) in enumerate(zip(LOADINGS[name], SHARES[name], strict=True)):
            response = loading * factors[:, f] + np.sqrt(1 - loading**2) * rng.standard_normal(persons)
            frame[f"{PREFIX[name]}{i + 1}"] = 1.0 + np.searchsorted(np.add(OFFSETS, norm.isf(share)), response)
    return frame.assign(project=place)


def model_text() -> str:
    """The study's main model."""
    return (REPOSITORY / "analysis/models/main.lav").read_text(encoding="utf-8")


def options_of(estimator: str, kind: str | None = None) -> Options:
    """What is asked of ``estimator`` (ML, SAM; with ``bounded`` behind it)."""
    cluster = None if kind in ("standard", "robust") else "project"
    return Options.checked(estimator=estimator.split()[0], cluster=cluster, errors=kind, bounds="bounded" in estimator)


def for_kind(found: Found, estimator: str, kind: str) -> Found:
    """The same solution, asked for another kind of errors; without clusters where these know none."""
    sample, options = found.sample, options_of(estimator, kind)
    if options.cluster is None:
        sample = replace(sample, groups=tuple(replace(group, cluster=None) for group in sample.groups))
    return replace(found, options=options, sample=sample)


def target_rows(estimated: Estimated) -> list[int]:
    """Where the targets stand in the parameter table."""
    where = {(row.lhs, row.op, row.rhs): n for n, row in enumerate(estimated.table.rows)}
    return [where[t] if t in where else where[t[2], t[1], t[0]] for t in TARGETS]


def target_index(estimated: Estimated) -> list[int]:
    """Where the targets stand in θ."""
    found = [estimated.table.rows[row].index for row in target_rows(estimated)]
    return [index for index in found if index is not None]


def by_ml(model: str, frame: pd.DataFrame, estimator: str) -> tuple[Estimated, bool, Iterator[tuple[str, Inference]]]:
    """A solution, whether it is admissible, and its errors, one kind after the other."""
    options = options_of(estimator)
    found = estimated_by(*prepared(model, frame, options), options)
    admissible = found.converged and not inadmissible(found)
    kinds = ((kind, infer(for_kind(found, estimator, kind))) for kind in KINDS)
    return found, admissible, kinds


def by_sam(model: str, frame: pd.DataFrame, estimator: str) -> tuple[Estimated, bool, Iterator[tuple[str, Inference]]]:
    options = options_of(estimator, "none")
    found = estimate_sam(*prepared(model, frame, options), options)

    def errors(kind: str) -> Inference:
        assert found.structural is not None
        joint = for_kind(found.estimated, estimator, kind)
        return sam_inference(found.parts, found.blocks, found.mappings, found.structural, joint)

    return found.estimated, found.estimated.converged and not found.problems, ((k, errors(k)) for k in KINDS)


def one_draw(condition: Condition, seed: int, draw: int, estimators: tuple[str, ...]) -> list[dict[str, Any]]:
    """Rows of one draw: estimator, errors, target, est, se, df; one row without a target where there is no solution."""
    rng = np.random.default_rng([seed, condition.projects, condition.persons, round(1000 * condition.share), draw])
    frame, model = residents(condition, rng), model_text()
    rows: list[dict[str, Any]] = []
    head = {"projects": condition.projects, "persons": condition.persons, "share": condition.share, "draw": draw}
    for estimator in estimators:
        fitted = by_sam if estimator.startswith("SAM") else by_ml
        row = head | {"estimator": estimator, "errors": "", "target": "", "refused": ""}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found, admissible, kinds = fitted(model, frame, estimator)
                row |= {"converged": found.converged, "admissible": admissible}
                if not found.converged:
                    rows.append(row)
                    continue
                rows += [row | more for kind, errors in kinds for more in _numbers(found, kind, errors)]
        except ModelError as error:
            rows.append(row | {"converged": False, "admissible": False, "refused": str(error)})
    return rows


def _numbers(found: Estimated, kind: str, errors: Inference) -> Iterator[dict[str, Any]]:
    at = target_index(found)
    contrasts = np.eye(len(found.theta))[at]
    df = errors.degrees_of_freedom(contrasts)
    plain = np.full(len(at), np.nan)
    if errors.clusters is not None:
        plain = satterthwaite(errors.clusters.weights(contrasts @ errors.clusters.basis))
    for name, i, d, s in zip(TARGETS, at, df, plain, strict=True):
        se = float(np.sqrt(max(errors.vcov[i, i], 0.0)))
        yield {"errors": kind, "target": " ".join(name), "est": found.theta[i], "se": se, "df": d, "satterthwaite": s}
    if kind == "cr2":
        yield from _standardised(found, errors)


def _standardised(found: Estimated, errors: Inference) -> Iterator[dict[str, Any]]:
    """The same targets in the standardised solution, with CR2 by the delta method."""
    at, reported = target_rows(found), Reported(found.implied)
    jacobian = reported.jacobian(found.theta, "std_all")[at]
    est, se = reported.values(found.theta, "std_all")[at], delta_se(jacobian, errors.vcov)
    for name, *numbers in zip(TARGETS, est, se, errors.degrees_of_freedom(jacobian), strict=True):
        yield {"errors": STANDARDISED, "target": " ".join(name)} | dict(zip(("est", "se", "df"), numbers, strict=True))


def population(condition: Condition, seed: int) -> dict[tuple[str, str, bool], float]:
    """What each estimator finds in many projects of this design, by (estimator, target, standardised)."""
    rng = np.random.default_rng([seed, condition.projects, condition.persons, round(1000 * condition.share)])
    frame, model = residents(condition, rng, projects=MANY_PROJECTS), model_text()
    found = {}
    for estimator in ("ML", "SAM"):
        options = replace(options_of(estimator, "none"), cluster=None)
        table, sample = prepared(model, frame, options)
        solution: Estimated = (
            estimate_sam(table, sample, options).estimated
            if estimator == "SAM"
            else estimated_by(table, sample, options)
        )
        for name, i in zip(TARGETS, target_index(solution), strict=True):
            found[estimator, " ".join(name), False] = float(solution.theta[i])
        standardised = Reported(solution.implied).values(solution.theta, "std_all")[target_rows(solution)]
        for name, value in zip(TARGETS, standardised, strict=True):
            found[estimator, " ".join(name), True] = float(value)
    return found


def with_intervals(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with ``covers`` and ``width`` of the 95 % interval (NaN where there is none); besides the kinds fitted, CR0
    without J/(J-1), that of ``robust_cluster`` with the t of J-1, and CR2 and CR3 with Satterthwaite's t throughout."""
    rows = rows[rows["target"].fillna("") != ""]
    clustered = rows[rows["errors"] == "robust_cluster"]
    less = np.sqrt((clustered["projects"] - 1) / clustered["projects"])
    more = [clustered.assign(errors="cr0", se=clustered["se"] * less)]
    more += [clustered.assign(errors="robust_cluster, t(J-1)", df=clustered["projects"] - 1.0)]
    for kind in ("cr2", "cr3"):
        plain = rows[rows["errors"] == kind]
        more.append(plain.assign(errors=f"{kind}, Satterthwaite", df=plain["satterthwaite"]))
    rows = pd.concat([rows, *more], ignore_index=True)
    quantile = np.where(rows["df"].notna(), t_distribution.ppf(0.975, rows["df"].fillna(1)), norm.ppf(0.975))
    known = np.isfinite(rows["se"]) & (rows["se"] > 0)
    rows["width"] = np.where(known, 2 * quantile * rows["se"], np.nan)
    rows["covers"] = np.where(known, np.abs(rows["est"] - rows["truth"]) <= quantile * rows["se"], np.nan)
    return rows


def run(
    conditions: tuple[Condition, ...], *, replications: int, seed: int, jobs: int, estimators: tuple[str, ...],
    csv: Path | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Every draw of every condition, with the truth; after each condition also in ``csv``."""
    frames = []
    for condition in conditions:
        truth = population(condition, seed)
        found = Parallel(n_jobs=jobs, batch_size=5)(
            delayed(one_draw)(condition, seed, draw, estimators) for draw in range(replications)
        )
        frame = pd.DataFrame([row for rows in found for row in rows])
        keys = zip(frame["estimator"], frame["target"], frame["errors"] == STANDARDISED, strict=True)
        frame["truth"] = [truth.get((estimator.split()[0], *key), np.nan) for estimator, *key in keys]
        frames.append(frame)
        if csv is not None:
            pd.concat(frames, ignore_index=True).to_csv(csv, index=False)
        print(condition, f"{len(frame)} rows", flush=True)
    return pd.concat(frames, ignore_index=True)


def tables(rows: pd.DataFrame) -> str:
    """Markdown: what converged, bias, coverage and width by kind of errors, and coverage by target."""
    at, named = ["projects", "persons", "share"], [" ".join(t) for t in TARGETS]
    draws = rows.drop_duplicates([*at, "draw", "estimator"])
    solved = pd.concat(
        {
            what: _pivot(draws.assign(solved=100.0 * draws[what].astype(float)), "solved", at, "estimator", "mean")
            for what in ("converged", "admissible")
        },
        axis=1,
    )
    solved.columns = pd.Index([" ".join(map(str, pair)) for pair in solved.columns])
    found = with_intervals(rows)
    found["covers"] = 100.0 * found["covers"].astype(float)
    kinds = found["target"].map({name: "trait" if name.startswith("HS") else "path" for name in named})
    found["kind"] = kinds.mask(found["target"].str.contains("~~"), "covariance")
    one = found[found["errors"] == "cr2"]
    one = one.assign(bias=one["est"] - one["truth"])
    by = [*at, "estimator"]
    relative = _pivot(one, "bias", by, "target", "mean") / _pivot(one, "est", by, "target", "std")
    closely = found[found["errors"].isin(["cr2", "cr3", STANDARDISED])]
    parts = [
        ("Share of draws in per cent that converged, and that are admissible", solved, 1),
        ("Bias in standard deviations of the estimates", relative[named], 2),
        (
            "Coverage in per cent, by kind of errors",
            _pivot(found, "covers", [*by, "kind"], "errors", "mean")[list(COLUMNS)], 1,
        ),
        ("Median width of the interval", _pivot(found, "width", [*by, "kind"], "errors", "median")[list(WIDTHS)], 2),
        (
            "Coverage in per cent of CR2 and CR3, and of CR2 in the standardised solution, by parameter",
            _pivot(closely, "covers", [*by, "errors"], "target", "mean")[named], 1,
        ),
    ]  # fmt: skip
    return "\n\n".join(f"{title}.\n\n{_markdown(frame, digits)}" for title, frame, digits in parts)


def _pivot(
    rows: pd.DataFrame, value: str, index: list[str], columns: str, how: Literal["mean", "median", "std"]
) -> pd.DataFrame:
    return pd.DataFrame(rows.pivot_table(index=index, columns=columns, values=value, aggfunc=how))


def _markdown(frame: pd.DataFrame, digits: int) -> str:
    text = frame.map(lambda value: "–" if np.isnan(value) else f"{value:.{digits}f}").reset_index()
    lines = [list(text.columns), ["---"] * len(text.columns), *text.astype(object).to_numpy().tolist()]
    return "\n".join("| " + " | ".join(str(value) for value in line) + " |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--from", dest="rows", type=Path, help="the CSV of an earlier run")
    parser.add_argument("--only", help="projects:persons:share,… instead of all conditions")
    parser.add_argument("--estimators", default="ML,SAM")
    asked = parser.parse_args()
    conditions = CONDITIONS
    if asked.only:
        wanted = (text.split(":") for text in asked.only.split(","))
        conditions = tuple(Condition(int(j), int(n), float(share)) for j, n, share in wanted)
    rows = pd.read_csv(asked.rows) if asked.rows else run(
        conditions, replications=asked.replications, seed=asked.seed, jobs=asked.jobs,
        estimators=tuple(asked.estimators.split(",")), csv=asked.csv,
    )  # fmt: skip
    print(tables(rows))


if __name__ == "__main__":
    main()
