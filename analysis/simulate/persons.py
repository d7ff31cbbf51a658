"""Who answers: residents per project and their background."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.simulate.parameters import Background, Parameters, Quantity


def received(*, invited: int, rates: tuple[float, float], rng: np.random.Generator) -> int:
    """How many of ``invited`` residents of a project take part, with a response rate drawn between ``rates``."""
    return round(invited * rng.uniform(*rates))


def background(
    p: Parameters, *, years_open: np.ndarray, allowed: Mapping[str, frozenset[str]], rng: np.random.Generator
) -> pd.DataFrame:
    """Background variables of persons as they are (before anybody leaves a question open), one row a person.

    ``years_open``: how long each person's project has been there, n_persons (infinite where not known). ``allowed``
    limits a variable to some of its categories (the languages a wave was held in): the shares of the others go to
    those in proportion. Raises ``ValueError`` when nothing is left to choose from.
    """
    n = len(years_open)
    columns: dict[str, np.ndarray] = {}
    for name, variable in p.background.items():
        groups = columns[variable.by] if variable.by is not None else np.full(n, "", dtype=object)
        columns[name] = _categories(name, variable, groups, allowed.get(name), rng)
    for name, quantity in p.quantities.items():
        columns[name] = _amounts(quantity, years_open, rng)
    return pd.DataFrame(columns)


def _categories(
    name: str, variable: Background, groups: np.ndarray, allowed: frozenset[str] | None, rng: np.random.Generator
) -> np.ndarray:
    chosen = np.empty(len(groups), dtype=object)
    uniform = rng.random(len(groups))
    for group, shares in variable.tables.items():
        kept = {category: share for category, share in shares.items() if allowed is None or category in allowed}
        members = groups == group
        if not members.any():
            continue
        if sum(kept.values()) <= 0:
            raise ValueError(f"background.{name}: none of the categories that this wave allows has a share above 0")
        edges = np.cumsum(list(kept.values())) / sum(kept.values())
        place = np.minimum(np.searchsorted(edges, uniform[members], side="right"), len(kept) - 1)
        chosen[members] = np.array(list(kept), dtype=object)[place]
    return chosen


def _amounts(quantity: Quantity, years_open: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    drawn = rng.gamma(quantity.shape, quantity.mean / quantity.shape, len(years_open))
    if quantity.since_opening:
        drawn = np.where(drawn > years_open, years_open * rng.random(len(drawn)), drawn)
    return np.asarray(np.round(np.clip(drawn, quantity.minimum, quantity.maximum), quantity.decimals))


def shifts(p: Parameters, background_by_person: pd.DataFrame) -> np.ndarray:
    """How far each person stands from the reference persons, n by n_factors."""
    total = np.zeros((len(background_by_person), len(p.factors)))
    for name, variable in p.background.items():
        for category, by_factor in variable.shifts.items():
            members = (background_by_person[name] == category).to_numpy()
            total[members] += [by_factor.get(factor, 0.0) for factor in p.factors]
    return total
