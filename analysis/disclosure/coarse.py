"""Figures that are published roughly, so that the few by whom two results differ cannot be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd


def sizes_of_choice(
    frame: pd.DataFrame, *, column: str, to: int, like: Sequence[str], nobody_out: Mapping[str, Sequence[str]]
) -> pd.Series:
    """For every row, the largest ``column`` among the rows that agree with it in ``like`` and leave nobody out.

    Rounded to ``to``; missing where ``column`` is, and where no such row is.

    So a size says which waves and residents were looked at, and nothing of whom a choice left out.
    """
    full = pd.Series(True, index=frame.index)
    for name, values in nobody_out.items():
        full &= frame[name].astype(str).isin(list(values))
    keys = [frame[name].astype(str) for name in like]
    largest = frame[column].astype("float64").where(full).groupby(keys).transform("max")
    return roughly(largest, to).where(frame[column].notna())


def roughly(values: pd.Series, to: int) -> pd.Series:
    """``values`` to the nearest multiple of ``to``, halves up."""
    return (values.astype("float64") / to + 0.5).floordiv(1) * to


def around(estimate: pd.Series, end: pd.Series, decimals: int) -> pd.Series:
    """The end of an interval as far from the rounded estimate as it is from the estimate, that distance rounded.

    An end that was rounded on its own would tell the estimate more closely than its own decimals do.
    """
    distance = (end.astype("float64") - estimate.astype("float64")).round(decimals)
    return (estimate.astype("float64").round(decimals) + distance).round(decimals)
