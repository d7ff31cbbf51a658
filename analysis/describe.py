"""Counting answers: distributions, reasons for not answering, quantities in bands.

Shares are among those who answered unless said otherwise; the number they stand on is always beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

BAND_EDGES = tuple(digit * 10**power for power in range(4) for digit in (1, 2, 5))
"""Edges of the bands in which measured quantities are published: 1, 2, 5, 10, 20, 50, 100 … (lower end included).

Fixed beforehand, so that bands are the same in every wave and nobody's own value makes one.
"""
MISSING = "(missing)"


def band_labels(lower: float | None, upper: float | None) -> list[str]:
    """Labels of the bands of a quantity between ``lower`` and ``upper`` (unbounded when ``None``), lowest first.

    ``<1``, ``1–<2`` … and the last open upwards (``≥20``). A quantity within 1 and 1 has no bands: one label, ``all``.
    """
    edges = _edges(lower, upper)
    if not edges:
        return ["all"]
    between = [f"{a}–<{b}" for a, b in pairwise(edges)]
    return [f"<{edges[0]}", *between, f"≥{edges[-1]}"]


def banded(values: pd.Series[float], lower: float | None, upper: float | None) -> pd.Series[str]:
    """The label of the band each value falls in, missing where the value is."""
    labels = np.array([*band_labels(lower, upper), None], dtype=object)
    place = np.searchsorted(np.array(_edges(lower, upper), dtype=float), values.to_numpy(dtype=float), side="right")
    return pd.Series(labels[np.where(values.isna(), -1, place)], index=values.index, dtype="str")


def _edges(lower: float | None, upper: float | None) -> list[int]:
    """The edges strictly inside the range; without an upper end, up to 10."""
    return [edge for edge in BAND_EDGES if (lower is None or edge > lower) and edge < (11 if upper is None else upper)]


def distribution(values: pd.Series, categories: Sequence[str | float]) -> pd.DataFrame:
    """How many gave each of ``categories`` (also those nobody chose): ``category n base share``.

    ``base`` is the number of persons with a value among ``categories``; ``share`` is NaN when that is nobody.
    """
    counts = values.value_counts().reindex(pd.Index(categories), fill_value=0)
    base = int(counts.sum())
    share = counts.to_numpy(dtype=float) / base if base else np.full(len(counts), np.nan)
    return pd.DataFrame({"category": list(categories), "n": counts.to_numpy(dtype=int), "base": base, "share": share})


def distribution_with_missing(
    values: pd.Series, categories: Sequence[str | float], *, not_asked: pd.Series[bool]
) -> pd.DataFrame:
    """``distribution``; where somebody who was asked said nothing, also ``(missing)``, based on all who were asked."""
    frame = distribution(values, categories)
    n_missing = int((values.isna() & ~not_asked).sum())
    if not n_missing:
        return frame
    n_asked = n_missing + int(values.notna().sum())
    row = pd.DataFrame({"category": [MISSING], "n": n_missing, "base": n_asked, "share": n_missing / n_asked})
    return pd.concat([frame, row], ignore_index=True)


def codes_in_use(declared: Sequence[float], observed: pd.Series[float]) -> list[float]:
    """Declared codes and observed ones between them (half points), ascending."""
    return sorted({float(code) for code in declared} | {float(code) for code in observed.dropna().unique()})


def missing_reasons(
    reasons_by_person: pd.DataFrame, reasons: Sequence[str], *, not_asked: str
) -> dict[str, pd.DataFrame]:
    """By column, how many gave no answer for each of ``reasons``: ``reason n base share``.

    ``reasons_by_person`` holds the reason, missing where there is an answer. ``base`` is the number of persons who were
    asked; for the reason ``not_asked`` itself, everybody.
    """
    tables = {}
    for name, given in reasons_by_person.items():
        counts = given.value_counts().reindex(list(reasons), fill_value=0)
        n_asked = len(given) - int((given == not_asked).sum())
        base = np.where(counts.index == not_asked, len(given), n_asked)
        share = np.divide(counts.to_numpy(dtype=float), base, out=np.full(len(base), np.nan), where=base > 0)
        tables[str(name)] = pd.DataFrame(
            {"reason": list(reasons), "n": counts.to_numpy(dtype=int), "base": base, "share": share}
        )
    return tables


def stacked(parts: Mapping[tuple[str, ...], pd.DataFrame], names: Sequence[str]) -> pd.DataFrame:
    """``parts`` below each other, their keys in front as the columns ``names``."""
    frames = [part.assign(**dict(zip(names, key, strict=True))) for key, part in parts.items()]
    return pd.concat(frames, ignore_index=True)
