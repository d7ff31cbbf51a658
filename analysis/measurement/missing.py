"""Which items people leave open: how often, in which groups, and in which patterns.

An item that was not asked is not missing: every function is told which answers were ``asked`` for, and counts among
those alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

NONE = "(none)"
"""The pattern of those who left nothing open."""

OTHER = "(other)"
"""All rare patterns together."""


def open_by_group(answered: pd.DataFrame, asked: pd.DataFrame, members: Mapping[str, pd.Series[bool]]) -> pd.DataFrame:
    """How many persons left each item open, by group.

    Args:
        answered: Whether each person (row) answered each item (column).
        asked: Likewise, whether they were asked.
        members: The persons of each group.

    Returns:
        A row an item and group in which somebody was asked: ``item group n base share``; ``n`` of ``base`` persons
        asked did not answer.
    """
    left_open = asked & ~answered
    parts = [
        pd.DataFrame({"n": left_open[member].sum(), "base": asked[member].sum()}).assign(group=group)
        for group, member in members.items()
    ]
    table = pd.concat(parts).rename_axis("item").reset_index()
    table = table[table["base"] > 0].copy()
    rank = {item: i for i, item in enumerate(answered.columns)}
    table = table.sort_values("item", key=lambda item: item.map(rank), kind="stable")
    return table.assign(share=table["n"] / table["base"]).reset_index(drop=True)[
        ["item", "group", "n", "base", "share"]
    ]


def open_rates(answered: pd.DataFrame, asked: pd.DataFrame, members: Sequence[pd.Series[bool]]) -> pd.DataFrame:
    """How much is missing of several items together, by group.

    Args:
        answered: Whether each person (row) answered each item (column).
        asked: Likewise, whether they were asked.
        members: The persons of each group.

    Returns:
        A row a group: ``n_obs`` persons who were asked any of the items, ``n_items`` the most items one of them was
        asked, ``rate`` the share of the answers asked for that are missing (NaN when nobody was asked anything).
    """
    n_asked = asked.sum(axis=1).to_numpy(dtype=int)
    n_open = (asked & ~answered).sum(axis=1).to_numpy(dtype=int)
    rows = []
    for member in members:
        of_group = n_asked[member.to_numpy(dtype=bool)]
        total = int(of_group.sum())
        rate = float(n_open[member.to_numpy(dtype=bool)].sum() / total) if total else float("nan")
        rows.append((int((of_group > 0).sum()), int(of_group.max(initial=0)), rate))
    return pd.DataFrame(rows, columns=["n_obs", "n_items", "rate"])


def patterns(left_open: pd.DataFrame, *, minimum_n: int) -> pd.DataFrame:
    """Which columns persons left open together.

    Args:
        left_open: Whether each person (row) left each item, or any item of each scale (column), open.
        minimum_n: Patterns that fewer persons have are counted together as ``(other)``.

    Returns:
        A row a pattern: ``pattern`` (the columns left open joined by ``;``, or ``(none)``), ``n``, ``base``
        (everybody), ``share``. ``(none)`` first, then by number of persons, ``(other)`` last; no row for nobody.
    """
    names = left_open.columns
    of_person = [";".join(names[row]) or NONE for row in left_open.to_numpy(dtype=bool)]
    counts = pd.Series(of_person, dtype="str").value_counts()
    kept = counts[(counts >= minimum_n) | (counts.index == NONE)]
    ordered = sorted(kept.items(), key=lambda pair: (pair[0] != NONE, -pair[1], pair[0]))
    n_rare = int(counts.sum() - kept.sum())
    rows = [*ordered, *([(OTHER, n_rare)] if n_rare else [])]
    table = pd.DataFrame(rows, columns=["pattern", "n"]).assign(base=len(left_open))
    return table.assign(share=table["n"] / table["base"])
