"""Patterns of missing answers: what was put together stays together, whatever sizes are published beside it."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from analysis.disclosure import rows_beside_merged

SCALES = ("a", "b", "c", "d")
PATTERNS = [";".join(names) or "(none)" for k in range(5) for names in combinations(SCALES, k)]
COUNTS = dict.fromkeys(PATTERNS, 12) | {"(none)": 190, "a;b": 1, "a;c": 2, "b;c;d": 4}
SMALL = [name for name, n in COUNTS.items() if n < 10]


def table() -> pd.DataFrame:
    listed = {name: n for name, n in COUNTS.items() if n >= 10} | {"(other)": sum(COUNTS[name] for name in SMALL)}
    return pd.DataFrame({"set": "primary", "pattern": list(listed), "n": list(listed.values())})


def told(shown: pd.DataFrame, name: str) -> tuple[float, float]:
    """The range of a pattern's persons for whoever knows the complete answers to one scale, two, all, and ``shown``."""
    missing = [frozenset(pattern.split(";")) for pattern in PATTERNS]
    rows, totals = [], []
    for answered in [(), *combinations(SCALES, 1), *combinations(SCALES, 2), SCALES]:
        rows.append([float(not one & set(answered)) for one in missing])
        totals.append(float(np.dot(rows[-1], list(COUNTS.values()))))
    for pattern, n in shown[["pattern", "n"]].itertuples(index=False, name=None):
        parts = SMALL if pattern == "(other)" else [pattern]
        rows.append([float(one in parts) for one in PATTERNS])
        totals.append(float(n))
    bounds = [(0, 9) if one in SMALL else (0, None) for one in PATTERNS]
    goal = np.array([float(one == name) for one in PATTERNS])
    ends = [linprog(sign * goal, A_eq=rows, b_eq=totals, bounds=bounds).fun * sign for sign in (1, -1)]
    return float(ends[0]), float(ends[1])


def test_the_shown_patterns_would_tell_every_small_one() -> None:
    for name in SMALL:
        low, high = told(table(), name)
        assert high - low < 1e-6


def test_where_small_ones_were_put_together_none_follows() -> None:
    full = table()
    hidden = rows_beside_merged(full, by=["set"], column="pattern", merged="(other)", kept=["(none)"])
    assert full.loc[~hidden, "pattern"].to_list() == ["(none)"]
    for name in SMALL:
        low, high = told(full[~hidden], name)
        assert high - low >= 4, (name, low, high)


def test_without_small_ones_nothing_is_hidden() -> None:
    alone = table().query("pattern != '(other)'")
    assert not rows_beside_merged(alone, by=["set"], column="pattern", merged="(other)", kept=["(none)"]).any()


def test_other_sets_stay_as_they_are() -> None:
    both = pd.concat([table(), table().query("pattern != '(other)'").assign(set="second")], ignore_index=True)
    hidden = rows_beside_merged(both, by=["set"], column="pattern", merged="(other)", kept=["(none)"])
    assert set(both.loc[hidden, "set"]) == {"primary"}
