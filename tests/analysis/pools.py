"""Small pools of made-up persons, and the tables that the stages would make of them: what the attacker is set upon."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.clusters.contrast import TraitColumns
from analysis.clusters.group_results import group_results
from analysis.clusters.means import trait_means
from pipeline.artefacts import table_contracts

WAVES = ["w1", "w2"]
PLACE = {"p1": "centre", "p2": "centre", "p3": "edge", "p4": "edge", "p5": "centre"}
OWNER = {"p1": "A", "p2": "A", "p3": "B", "p4": "A", "p5": "B"}
ITEMS = ["i1", "i2"]
RANGES = {"S": (1.0, 4.0)}
TRAITS = [
    TraitColumns("place", "unit", "edge", "edge", "centre"),
    TraitColumns("tenure", "person", "own", "own", "rent"),
]
Frames = dict[str, pd.DataFrame]


def persons_of(sizes: dict[tuple[str, str], int], seed: int) -> pd.DataFrame:
    """``sizes``: persons by project and wave; answers, tenure and who is analysed are drawn."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame([key for key, n in sizes.items() for _ in range(n)], columns=["project", "wave"])
    n = len(frame)
    frame["place"] = frame["project"].map(PLACE)
    frame["tenure"] = draw.choice(["own", "rent", "other", ""], size=n, p=[0.45, 0.4, 0.1, 0.05])
    frame["analysed"] = draw.random(n) < 0.9
    level = draw.normal(2.6, 0.8, size=n)
    for item in ITEMS:
        answer = np.clip(np.round(level + draw.normal(0, 0.6, size=n)), 1, 4)
        frame[item] = np.where(draw.random(n) < 0.06, np.nan, answer)
    frame["S"] = frame[ITEMS].mean(axis=1)
    return frame


def tables_of(persons: pd.DataFrame) -> Frames:
    """The tables that hang together most, with the columns of their contracts."""
    analysed = persons[persons["analysed"]].reset_index(drop=True)
    divisions = {
        "project": analysed["project"], "corporation": analysed["project"].map(OWNER), "place": analysed["place"],
    }  # fmt: skip
    lowest = {"S": 1.0}
    projects = pd.DataFrame({"project": list(PLACE), "corporation": [OWNER[p] for p in PLACE]})
    made = {
        "projects": projects,
        "project_traits": pd.DataFrame({"project": list(PLACE), "trait": "place", "level": list(PLACE.values())}),
        "response_flow": _flow(persons),
        "response_by_project": _received(persons),
        "composition": _composition(persons),
        "item_distribution": _distribution(analysed),
        "item_statistics": _statistics(analysed),
        "reliability": _reliability(analysed),
        "missing_by_group": _missing(analysed),
        "group_results": group_results(
            analysed, outcomes=["S"], divisions=divisions, cluster="project", wave="wave", confidence=0.95,
            lowest=lowest,
        ),
        "trait_means": trait_means(
            analysed, outcomes=["S"], traits=TRAITS, cluster="project", confidence=0.95, lowest=lowest
        ),
    }  # fmt: skip
    return {name: _as_contract(name, frame) for name, frame in made.items()}


def _as_contract(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    contract = table_contracts()[name]
    frame = frame.reindex(columns=list(contract.columns))
    for column in contract.with_role("key", "fact"):
        frame[column] = frame[column].astype(object).fillna("").astype("str")
    return frame


def _flow(persons: pd.DataFrame) -> pd.DataFrame:
    rows: list[Any] = []
    for wave, of in persons.groupby("wave"):
        kept, lost = len(of), 3
        rows += [(wave, "received", kept + lost), (wave, "excluded", lost), (wave, "kept", kept)]
        rows.append((wave, "analysed", int(of["analysed"].sum())))
    return pd.DataFrame(rows, columns=["wave", "step", "n"])


def _received(persons: pd.DataFrame) -> pd.DataFrame:
    found = persons.groupby(["wave", "project"]).size().rename("received").reset_index()
    return found.assign(invited=40, response_rate=found["received"] / 40)


def _composition(persons: pd.DataFrame) -> pd.DataFrame:
    populations = {"analysed": persons[persons["analysed"]], "others": persons[~persons["analysed"]], "all": persons}
    rows: list[Any] = []
    for population, of in populations.items():
        for dimension in ("wave", "project", "place", "tenure") if len(of) else ():
            asked, said = of[dimension], of.loc[of[dimension] != "", dimension]
            for category in sorted(persons.loc[persons[dimension] != "", dimension].unique()):
                n = int((said == category).sum())
                rows.append((population, dimension, category, n, len(said), n / max(len(said), 1)))
            if len(asked) > len(said):
                n = len(asked) - len(said)
                rows.append((population, dimension, "(missing)", n, len(asked), n / len(asked)))
    return pd.DataFrame(rows, columns=["population", "dimension", "category", "n", "base", "share"])


def _groups(analysed: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    groups = [("all", "all", analysed)]
    for trait in TRAITS:
        groups += [(trait.name, level, analysed[analysed[trait.name] == level]) for level in (trait.high, trait.low)]
    return [(trait, level, of) for trait, level, of in groups if len(of)]


def _distribution(analysed: pd.DataFrame) -> pd.DataFrame:
    rows: list[Any] = []
    for trait, level, of in _groups(analysed):
        for item in ITEMS:
            base = int(of[item].notna().sum())
            for code in range(1, 5):
                n = int((of[item] == code).sum())
                rows.append(("S", item, "false", trait, level, str(code), n, base, n / base if base else np.nan))
    names = ["scale", "item", "reversed", "trait", "level", "category", "n", "base", "share"]
    return pd.DataFrame(rows, columns=names)


def _statistics(analysed: pd.DataFrame) -> pd.DataFrame:
    rows: list[Any] = []
    for trait, level, of in _groups(analysed):
        full = of.dropna(subset=ITEMS)
        for item in ITEMS:
            answers, n = full[item], len(full)
            ends = [(answers == code).mean() if n else np.nan for code in (1, 4)]
            rows.append(("S", item, "false", trait, level, n, answers.mean(), answers.std(), *ends))
    names = ["scale", "item", "reversed", "trait", "level", "n_obs", "mean", "sd", "floor_share", "ceiling_share"]
    return pd.DataFrame(rows, columns=names)


def _reliability(analysed: pd.DataFrame) -> pd.DataFrame:
    rows: list[Any] = []
    for trait, level, of in _groups(analysed):
        scores, n_obs = of["S"].dropna(), len(of.dropna(subset=ITEMS))
        ends = [(scores == end).mean() if len(scores) else np.nan for end in RANGES["S"]]
        rows.append(("S", trait, level, n_obs, len(scores), 0.8, scores.mean(), scores.std(), *ends))
    names = ["scale", "trait", "level", "n_obs", "n_scored", "alpha", "mean", "sd", "floor_share", "ceiling_share"]
    return pd.DataFrame(rows, columns=names)


def _missing(analysed: pd.DataFrame) -> pd.DataFrame:
    rows: list[Any] = []
    for variable in ("all", "project", "wave"):
        levels = analysed[variable] if variable != "all" else pd.Series("all", index=analysed.index)
        for level, of in analysed.groupby(levels, sort=True):
            rows.append(("all", variable, level, len(of), 2, float(of[ITEMS].isna().to_numpy().mean())))
    return pd.DataFrame(rows, columns=["scale", "variable", "level", "n_obs", "n_items", "rate"])
