"""How often Little's test says no, and how often the intervals of three ways of dealing with missing answers are right.

    python tests/benchmarks/missing.py [--tests 1000] [--methods 300] [--seed 1]     (0 leaves a part out)

Prints two Markdown tables for tests/benchmarks/README.md. One process, fixed seed.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from analysis.measurement.imputation import impute
from analysis.measurement.little import little_test
from analysis.measurement.missing_methods import METHODS, Question, cluster_codes, estimates
from analysis.measurement.scoring import Item, Scale

THRESHOLDS = {"skewed": np.array([-1.8, -1.3, -0.8, 0.1]), "symmetric": np.array([-1.5, -0.5, 0.5, 1.5])}
LOADING = 0.75


def normal_answers(factor: np.ndarray, *, items: int, rng: np.random.Generator) -> np.ndarray:
    """Answers before they are cut into points, (n, items)."""
    noise = rng.normal(size=(len(factor), items))
    return np.asarray(LOADING * factor[:, None] + np.sqrt(1 - LOADING**2) * noise)


def with_missing(answers: np.ndarray, depends: np.ndarray, *, how: str, rng: np.random.Generator) -> np.ndarray:
    """Some 15 % of all but the first item missing: whatever the answers (mcar), or more where ``depends`` is low."""
    slope = 0.0 if how == "mcar" else 1.2
    chance = 1 / (1 + np.exp(-(-1.85 - slope * depends - slope * 0.15)))
    result = answers.copy()
    result[:, 1:][rng.random((len(answers), answers.shape[1] - 1)) < chance[:, None]] = np.nan
    return result


def rejections(*, kind: str, n: int, items: int, how: str, draws: int, rng: np.random.Generator) -> list[str]:
    """One line: how often p < .05, of how many patterns, and how often ``sparse_patterns`` warned."""
    found = []
    for _ in range(draws):
        answers = normal_answers(rng.normal(size=n), items=items, rng=rng)
        depends = answers[:, 0]
        if kind != "normal":
            answers = 1.0 + np.searchsorted(THRESHOLDS[kind], answers)
        test = little_test(with_missing(answers, depends, how=how, rng=rng))
        found.append((test.pvalue < 0.05, test.n_patterns, test.problem == "sparse_patterns"))
    rejected, patterns, sparse = np.mean(np.array(found, dtype=float), axis=0)
    return [kind, str(n), str(items), how, f"{100 * rejected:.1f}", f"{patterns:.0f}", f"{100 * sparse:.0f}"]


def residents(*, n_projects: int, rng: np.random.Generator) -> pd.DataFrame:
    """Residents of projects of 20 to 60, half of them with trait `in`, in two languages that answer differently."""
    project = np.repeat(np.arange(n_projects), rng.integers(20, 61, size=n_projects))
    inside = (project % 2).astype(float)
    language = (rng.random(len(project)) < 0.4).astype(float)
    shared = np.sqrt(0.03) * rng.normal(size=n_projects)[project]
    factor = 0.5 * inside - 0.7 * language + shared + np.sqrt(0.97) * rng.normal(size=len(project))
    answers = 1.0 + np.searchsorted(THRESHOLDS["skewed"], normal_answers(factor, items=4, rng=rng))
    return pd.DataFrame(answers, columns=["i1", "i2", "i3", "i4"]).assign(
        project=project, inside=inside, language=language
    )


ITEMS = ["i1", "i2", "i3", "i4"]
SCALE = Scale("S", tuple(Item(name, 1, 5) for name in ITEMS), "mean", 1.0, "half", 1, 5)


def open_by_language(persons: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Answers missing at random given what everybody's language is and what they answered to the first item."""
    language, first = (persons[name].to_numpy(dtype=float) for name in ("language", "i1"))
    chance = 1 / (1 + np.exp(-(-2.6 + 1.8 * language + 0.7 * (3 - first))))
    answers = persons[ITEMS].copy()
    some = rng.random((len(answers), 3)) < chance[:, None]
    answers[ITEMS[1:]] = answers[ITEMS[1:]].mask(some)
    # and the whole scale by language alone: there nothing else tells about the answers
    whole = rng.random(len(answers)) < 0.03 + 0.14 * language
    return answers.mask(pd.Series(whole, index=answers.index))


def one_draw(n_projects: int, rng: np.random.Generator, imputations: int) -> dict[tuple[str, str], tuple[float, ...]]:
    """Estimate, lower and upper end by quantity and method."""
    persons = residents(n_projects=n_projects, rng=rng)
    answers = open_by_language(persons, rng)
    question = Question(
        scale=SCALE, answers=answers, traits=persons[["inside"]], cluster_traits=frozenset(["inside"]),
        clusters=cluster_codes(persons["project"]), minimum_n=30, confidence=0.95,
    )  # fmt: skip
    predictors = pd.get_dummies(persons["project"], prefix="p", drop_first=True, dtype=float).assign(
        language=persons["language"]
    )
    filled = impute(answers, predictors, imputations=imputations, rng=rng)
    return {(e.quantity, e.method): (e.estimate, e.ci_lower, e.ci_upper) for e in estimates(question, filled)}


def truth(rng: np.random.Generator) -> dict[str, float]:
    """The mean and the effect among very many residents of very many projects."""
    persons = residents(n_projects=20000, rng=rng)
    scores, inside = persons[ITEMS].mean(axis=1), persons["inside"] == 1
    return {"mean": float(scores.mean()), "inside": float(scores[inside].mean() - scores[~inside].mean())}


def coverage(*, n_projects: int, draws: int, imputations: int, rng: np.random.Generator) -> list[list[str]]:
    """A line a quantity and method: bias, sd of estimates, mean half width over 1.96, and coverage of the intervals."""
    true = truth(rng)
    found = [one_draw(n_projects, rng, imputations) for _ in range(draws)]
    lines = []
    for quantity, value in true.items():
        for method in METHODS:
            estimate, lower, upper = np.array([draw[quantity, method] for draw in found]).T
            covered = 100 * np.mean((lower <= value) & (value <= upper))
            lines.append([
                str(n_projects), quantity, method, f"{estimate.mean() - value:+.3f}", f"{estimate.std(ddof=1):.3f}",
                f"{np.mean(upper - lower):.3f}", f"{covered:.1f}",
            ])  # fmt: skip
    return lines


def table(head: list[str], lines: list[list[str]]) -> str:
    """Markdown."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *lines))


def main() -> None:
    """Run both parts and print them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tests", type=int, default=1000)
    parser.add_argument("--methods", type=int, default=300)
    parser.add_argument("--imputations", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rng = np.random.default_rng(asked.seed)
    if asked.tests:
        settings = [
            (kind, n, items, how)
            for kind in ("normal", "skewed")
            for n, items in ((100, 4), (300, 5), (900, 5), (300, 19), (900, 19))
            for how in ("mcar", "mar")
        ]
        lines = [
            rejections(kind=kind, n=n, items=items, how=how, draws=asked.tests, rng=rng)
            for kind, n, items, how in settings
        ]
        print(table(["answers", "persons", "items", "missing", "p < .05", "patterns", "warned"], lines))
    if asked.methods:
        lines = [
            line
            for n_projects in (8, 16)
            for line in coverage(n_projects=n_projects, draws=asked.methods, imputations=asked.imputations, rng=rng)
        ]
        print(
            table(["projects", "quantity", "method", "bias", "sd of estimates", "width of interval", "covered"], lines)
        )


if __name__ == "__main__":
    main()
