"""What happens between a person's opinion and the file: straightlining, breaking off, nonresponse, duplicates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.simulate.parameters import Parameters

EMPTY = "empty"
"""The reason of a cell that was left blank."""


def straightline(p: Parameters, items_by_person: pd.DataFrame, *, rng: np.random.Generator) -> pd.DataFrame:
    """The same answers, but a declared share of persons ticks one place of the answer scale throughout."""
    careless = rng.random(len(items_by_person)) < p.carelessness.straightliners
    position = rng.choice([0.25, 0.5, 0.75], size=len(items_by_person))
    answers = items_by_person.copy()
    for block in p.blocks.values():
        codes = np.array(block.codes)
        ticked = codes[np.round(position[careless] * (len(codes) - 1)).astype(int)]
        answers.loc[careless, list(block.items)] = np.repeat(ticked[:, None], len(block.items), axis=1)
    return answers


def item_reasons(p: Parameters, language: np.ndarray, *, rng: np.random.Generator) -> pd.DataFrame:
    """Why each item has no answer, ``None`` where it has one: one row a person, one column an item.

    ``language`` holds each person's category of ``nonresponse.by``. Nothing here depends on what a person would have
    answered, so what is missing is missing completely at random given that category.
    """
    n, names = len(language), list(p.items)
    rate = np.array([p.nonresponse.shares[category] for category in language])
    rate = np.minimum(rate * rng.gamma(p.nonresponse.shape, 1 / p.nonresponse.shape, n), 1.0)
    missing = rng.random((n, len(names))) < rate[:, None]
    reasons = np.full((n, len(names)), None, dtype=object)
    reasons[missing] = _drawn(p.nonresponse.reasons, int(missing.sum()), rng)

    broken_off = rng.random(n) < p.carelessness.broken_off
    answered = np.where(broken_off, rng.integers(len(names) // 3, len(names), n), len(names))
    answered[rng.random(n) < p.carelessness.empty] = 0
    reasons[np.arange(len(names)) >= answered[:, None]] = EMPTY
    return pd.DataFrame(reasons, columns=names, dtype=object)


def background_reasons(p: Parameters, n: int, *, rng: np.random.Generator) -> pd.DataFrame:
    """Why each background variable has no answer, ``None`` where it has one."""
    shares = {name: variable.missing for name, variable in p.background.items()}
    shares |= {name: quantity.missing for name, quantity in p.quantities.items()}
    columns = {}
    for name, share in shares.items():
        reasons = np.full(n, None, dtype=object)
        missing = rng.random(n) < share
        reasons[missing] = _drawn(p.nonresponse.reasons, int(missing.sum()), rng)
        columns[name] = reasons
    return pd.DataFrame(columns, dtype=object)


def _drawn(shares: Mapping[str, float], n: int, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(rng.choice(np.array(list(shares), dtype=object), size=n, p=list(shares.values())))


def order_with_duplicates(p: Parameters, n: int, *, rng: np.random.Generator) -> np.ndarray:
    """Row numbers of ``n`` persons in the order they came in, a declared share of them once more later on."""
    order = rng.permutation(n)
    again = np.sort(rng.choice(n, size=round(n * p.carelessness.duplicates), replace=False))[::-1]
    for place in again:  # from the back, so that earlier places keep their number
        order = np.insert(order, rng.integers(place + 1, len(order) + 1), order[place])
    return order
