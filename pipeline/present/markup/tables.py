"""Cells of tables from published rows, and the signs that stand in place of a figure.

An ``x`` is a figure that is not shown, a dot one that is unknown or could not be computed, a dash (``inapplicable``)
one that there cannot be: nobody was asked, or the model has no such path. What a table's signs mean stands below it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from pipeline.present.absent import all_hidden
from pipeline.present.bundle import is_hidden
from pipeline.present.context import Context
from pipeline.present.markup.markdown import Column, floating, note, plain, table


def figure(context: Context, row: pd.Series, column: str, write: Callable[[float], str]) -> str:
    """The figure of ``row`` in words of the language."""
    if is_hidden(row, column):
        return context.say("hidden")
    return context.say("absent") if pd.isna(row[column]) else write(float(row[column]))


def decimal(context: Context, row: pd.Series, column: str, decimals: int = 2, *, signed: bool = False) -> str:
    """A figure with decimals."""
    return figure(context, row, column, lambda value: context.numbers.number(value, decimals, signed=signed))


def count(context: Context, row: pd.Series, column: str) -> str:
    """A number of persons or things."""
    return figure(context, row, column, context.numbers.count)


def share(context: Context, row: pd.Series, column: str) -> str:
    """A percentage."""
    return figure(context, row, column, context.numbers.share)


def pvalue(context: Context, row: pd.Series, column: str) -> str:
    """A p-value."""
    return figure(context, row, column, context.numbers.pvalue)


def interval(
    context: Context, row: pd.Series, names: tuple[str, str, str], decimals: int = 2, *, signed: bool = False
) -> str:
    """An estimate with its interval from the columns ``names`` (estimate, lower, upper)."""
    estimate, lower, upper = names
    if is_hidden(row, estimate):
        return context.say("hidden")
    if pd.isna(row[estimate]):
        return context.say("absent")
    if pd.isna(row[lower]) or pd.isna(row[upper]):
        return context.numbers.number(float(row[estimate]), decimals, signed=signed)
    value, low, high = (float(row[name]) for name in names)
    return context.numbers.estimate(value, low, high, decimals, signed=signed)


def numbered_table(
    context: Context,
    identifier: str,
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    *,
    groups: Sequence[str] | None = None,
    otherwise: str = "",
) -> str:
    """A numbered table with what its signs mean; a sentence in its place when there are no rows, or all is hidden.

    ``otherwise``: why there are no rows, where it is not that nothing was measured.

    A column without anything in it is left out.
    """
    said = plain(caption)
    if not rows:
        why = "table hidden" if all_hidden(context) else "nothing measured"
        return floating(identifier, note(plain(otherwise or context.say(why))), said)
    keep = [i for i in range(len(columns)) if i == 0 or any(row[i] for row in rows)]
    columns, rows = [columns[i] for i in keep], [[row[i] for i in keep] for row in rows]
    if _all_hidden(context, columns, rows):
        return floating(identifier, note(plain(context.say("table hidden"))), said)
    signs = _signs(context, columns, rows)
    explained = f"\n{note(plain(' '.join(signs)))}" if signs else ""
    return floating(identifier, table(columns, rows, groups=groups), said) + explained


def _signs(context: Context, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[str]:
    """What every sign in the table means; where most figures are hidden, how many and why."""
    cells = {cell for row in rows for cell in row[1:]}
    words = {word for cell in cells for word in cell.split()}
    figures = [row[i] for row in rows for i, column in enumerate(columns) if i and column.figures and row[i]]
    n_hidden = sum(context.say("hidden") in figure.split() for figure in figures)
    told = []
    if context.say("hidden") in words:
        counts = {"n": context.numbers.count(n_hidden), "total": context.numbers.count(len(figures))}
        mostly = 2 * n_hidden > len(figures)
        told.append(context.say("note mostly hidden", **counts) if mostly else context.say("note hidden"))
    if context.say("absent") in words:
        told.append(context.say("note absent"))
    if context.say("inapplicable") in cells:  # a dash within a text is none
        told.append(context.say("note inapplicable"))
    return told


def _all_hidden(context: Context, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> bool:
    """Whether several figures stand in a table and every one is hidden, or there is none beside hidden ones."""
    figures = [row[i] for row in rows for i, column in enumerate(columns) if i and column.figures and row[i]]
    hidden, *others = (context.say(sign) for sign in ("hidden", "absent", "inapplicable"))
    return len(figures) > 1 and hidden in figures and set(figures) <= {hidden, *others}


def chi_square(context: Context, row: pd.Series, column: str = "chisq") -> str:
    """``212,4 (183)``."""
    shown = decimal(context, row, column, 1)
    return shown if pd.isna(row[column]) or pd.isna(row["df"]) else f"{shown} ({context.numbers.count(row['df'])})"
