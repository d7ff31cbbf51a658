"""How often the ladders of invariance name an item that does not differ, and find the one that does.

    python tests/benchmarks/ladders.py [--replications 200] [--jobs 2] [--seed 1]

Items of one factor with the loadings of the study's simulated scales; in later groups the factor has another mean (0.4)
and variance (1.44). Answers: ``continuous`` (normal), ``ordered`` (the same cut into five points), and ``points``, the
five points taken as continuous. Conditions: nothing differs; one item is answered higher in the last group by 0.4
standard deviations of the answer behind it (``intercept``); its loading there is smaller by 0.3 (``loading``); its
thresholds lie elsewhere (``thresholds``; ordered only); nothing differs between the groups, but every item does between
projects, by chance (``projects``: six a group, each item's own variance between projects 3 % of its answer's).

Printed as Markdown, in percent of the ladders. ``false item named``: one that does not differ, step by step (metric /
scalar / strict; ordered: thresholds first), then anywhere; ``odd item named``: the one that does; ``only it``: and no
other at any step; ``means``: the verdict allows comparing latent means, by all items or by all but some; ``over
projects``: of ``projects``, what was named also differs with projects as units (CR2).
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from analysis.measurement.ladder_groups import ladder_groups
from analysis.measurement.ladders import Ladder, scale_ladder
from analysis.measurement.latent_means import difference_over_projects

LOADINGS = (0.80, 0.74, 0.82, 0.60, 0.66, 0.75)
CUTS = np.array([-1.4, -0.6, 0.2, 1.1])
ODD = 1
PROJECTS = 12


@dataclass(frozen=True)
class Condition:
    """One line of the table."""

    differs: str
    n_by_group: int
    n_groups: int
    n_items: int
    answers: str

    @property
    def ordered(self) -> bool:
        """Whether answers are laddered as ordered."""
        return self.answers == "ordered"


def drawn(condition: Condition, rng: np.random.Generator) -> pd.DataFrame:
    """Answers, the group ``at`` and the project of every person."""
    n = condition.n_by_group * condition.n_groups
    group = np.arange(n) % condition.n_groups
    later, last = group > 0, group == condition.n_groups - 1
    factor = rng.normal(size=n) * np.where(later, 1.2, 1.0) + 0.4 * later
    project = group * PROJECTS + rng.integers(PROJECTS // condition.n_groups, size=n)
    frame = pd.DataFrame({"at": [f"g{g}" for g in group], "project": [f"p{p}" for p in project]})
    for k in range(condition.n_items):
        loading, cuts = np.full(n, LOADINGS[k]), np.tile(CUTS, (n, 1))
        error = np.sqrt(1 - LOADINGS[k] ** 2) * rng.normal(size=n)
        if condition.differs == "projects":
            error += np.sqrt(0.03) * rng.normal(size=PROJECTS * condition.n_groups)[project]
        if k == ODD and condition.differs == "loading":
            loading = np.where(last, loading - 0.3, loading)
        if k == ODD and condition.differs == "thresholds":
            cuts[last] += np.array([-0.5, -0.3, 0.3, 0.5])
        behind = loading * factor + error
        if k == ODD and condition.differs == "intercept":
            behind = behind + 0.4 * last
        frame[f"i{k}"] = behind if condition.answers == "continuous" else (behind[:, None] > cuts).sum(axis=1) + 1.0
    return frame


def outcome(condition: Condition, seed: Sequence[int]) -> dict[str, float]:
    """What one ladder says."""
    frame = drawn(condition, np.random.default_rng(list(seed)))
    items = [f"i{k}" for k in range(condition.n_items)]
    levels = sorted(frame["at"].unique())
    groups = ladder_groups(
        frame, frame["at"], items=items, levels=levels, minimum_n=30, ordered=condition.ordered
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        climbed = scale_ladder(groups, items, ordered=condition.ordered)
    ladder = climbed.ladder
    if ladder is None or climbed.refused is not None:
        return {"refused": 1.0}
    truth = {items[ODD]} if condition.differs in ("intercept", "loading", "thresholds") else set()
    since = {
        step: set(climbed.items({i for i, at in _freed(ladder).items() if at == step})) for step in ladder.climb.steps
    }
    named = set().union(*since.values())
    beyond = [
        difference_over_projects(climbed, rung, frame["project"]) < 0.05
        for rung in ladder.rungs
        if condition.differs == "projects" and rung.partial and rung.refused is None
    ]
    return {
        "refused": 0.0, "any": float(bool(named - truth)),
        "found": float(truth <= named), "exact": float(named == truth),
        "means": float(ladder.allows in ("means_partial", "means", "scores")), "beyond": float(any(beyond)),
        **{f"false_{step}": float(bool(items - truth)) for step, items in since.items() if step != "configural"},
    }  # fmt: skip


def _freed(ladder: Ladder) -> dict[str, str]:
    """Everything that any search set free, and at which step."""
    return {item: step for rung in ladder.rungs for item, step in rung.freed.items()}


def conditions() -> list[Condition]:
    """Everything that is looked at."""
    two = [("continuous", "nothing", 75), ("continuous", "nothing", 200), ("continuous", "nothing", 450)]
    two += [("continuous", "intercept", 75), ("continuous", "intercept", 200), ("continuous", "loading", 450)]
    two += [("ordered", "nothing", 200), ("ordered", "nothing", 450), ("ordered", "intercept", 200)]
    two += [("ordered", "loading", 450), ("ordered", "thresholds", 450)]
    two += [("continuous", "projects", 450), ("points", "nothing", 450)]
    found = [Condition(differs, n, 2, 4, answers) for answers, differs, n in two]
    return [*found, Condition("nothing", 150, 4, 6, "continuous"), Condition("nothing", 150, 4, 6, "ordered")]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--replications", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(f"{asked.replications} ladders a line, seed {asked.seed}; percent.\n")
    print(
        "| answers | differs | persons a group | groups | items | false item named, step by step | anywhere"
        " | odd item named | only it | means | over projects | no ladder |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for place, condition in enumerate(conditions()):
        runs = Parallel(n_jobs=asked.jobs)(
            delayed(outcome)(condition, (asked.seed, place, r)) for r in range(asked.replications)
        )
        table = pd.DataFrame(runs)
        share = {name: f"{100 * table[name].mean():.1f}" for name in table.columns}
        odd = condition.differs in ("intercept", "loading", "thresholds")
        steps = " / ".join(value for name, value in share.items() if name.startswith("false_"))
        cells = [
            condition.answers, condition.differs, condition.n_by_group, condition.n_groups, condition.n_items, steps,
            share["any"], share["found"] if odd else "", share["exact"] if odd else "", share["means"],
            share["beyond"] if condition.differs == "projects" else "", share["refused"],
        ]  # fmt: skip
        print("| " + " | ".join(map(str, cells)) + " |", flush=True)


if __name__ == "__main__":
    main()
