"""A ladder of invariance on the terminal: the verdict, how each step fits, and what it costs beside the one before."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from pipeline.commands.answers import records
from pipeline.commands.fit_summary import PIPED_WIDTH, number, pvalue, wrapped

if TYPE_CHECKING:
    from analysis.sem.invariance import Ladder

Row = dict[str, Any]
FIT = {
    "chisq": "Chi-square", "df": "df", "pvalue": "P-value", "cfi": "CFI", "rmsea": "RMSEA", "srmr": "SRMR",
    "aic": "AIC", "bic": "BIC",
}  # fmt: skip
CHANGE = {
    "chisq_diff": "Chi-square", "df_diff": "df", "pvalue_diff": "P-value", "cfi_diff": "CFI", "rmsea_diff": "RMSEA",
    "srmr_diff": "SRMR", "holds_by_test": "Test", "holds_by_fit": "Fit",
}  # fmt: skip
_STEP = 12


def print_ladder(console: Console, ladder: Ladder) -> None:
    """Print the highest step that holds, the steps' fit, the changes, and what stands in the way of believing them."""
    width = console.width if console.is_terminal else PIPED_WIDTH
    rows = records(ladder.steps.astype(object))
    _print_verdict(console, rows, width)
    _print_sample(console, ladder, width)
    print_table(console, "Fit", rows, [name for name in FIT if is_there(rows, name)], FIT, width)
    later = rows[1:]
    shown = [name for name in CHANGE if is_there(later, name)]
    if shown:
        print_table(console, "Change", later, shown, CHANGE, width)
    cut = ladder.cutoffs
    console.print()
    console.print(
        wrapped(
            f"A step holds by fit where CFI falls by at most {cut.cfi:.3f}, RMSEA rises by at most {cut.rmsea:.3f} and"
            f" SRMR by at most {cut.srmr_loadings:.3f} (equal loadings) or {cut.srmr:.3f} (later steps); Chen 2007.",
            width,
        )
    )
    for row in rows:
        if isinstance(row["message"], str) and row["message"]:
            style = "yellow" if row["converged"] is True and row["admissible"] is True else "red"
            console.print(wrapped(f"{row['step']}: {row['message']}", width), style=style)
    for note in dict.fromkeys(note for result in ladder.results.values() for note in result.notes):
        console.print(wrapped(f"Note: {note}", width), style="yellow")


def print_ladders(console: Console, ladders: Mapping[str, Ladder]) -> None:
    """Print several ladders as one table: what holds of each, then the steps of all of them."""
    width = console.width if console.is_terminal else PIPED_WIDTH
    everything: list[Row] = []
    for group, ladder in ladders.items():
        rows = records(ladder.steps.astype(object))
        by_test, by_fit = highest(rows, "holds_by_test"), highest(rows, "holds_by_fit")
        said = f"{group}: highest step that holds {by_test} by the test, {by_fit} by fit."
        console.print(wrapped(said, width), style="bold")
        everything += [{**row, "step": f"{group} {row['step']}"} for row in rows]
    print_table(console, "Fit", everything, [name for name in FIT if is_there(everything, name)], FIT, width)
    shown = [name for name in CHANGE if is_there(everything, name)]
    if shown:
        print_table(console, "Change", everything, shown, CHANGE, width)
    console.print()
    for row in everything:
        if isinstance(row["message"], str) and row["message"]:
            console.print(wrapped(f"{row['step']}: {row['message']}", width), style="yellow")


def _print_verdict(console: Console, rows: Sequence[Row], width: int) -> None:
    first = rows[0]
    if first["converged"] is not True:
        said = "NOT converged: the configural model has no solution, so nothing can be compared."
        console.print(wrapped(said, width), style="bold red")
        return
    by_test, by_fit = highest(rows, "holds_by_test"), highest(rows, "holds_by_fit")
    if by_test == by_fit:
        said = f"Highest step that holds, by the test and by fit: {by_test}."
    else:
        said = f"Highest step that holds: {by_test} by the test, {by_fit} by fit."
    doubtful = [str(row["step"]) for row in rows if row["converged"] is not True or row["admissible"] is not True]
    console.print(wrapped(said, width), style="bold" if doubtful else "bold green")
    if doubtful:
        console.print(wrapped(f"NOT to be relied on: {', '.join(doubtful)} (see below).", width), style="bold red")


def highest(rows: Sequence[Row], verdict: str) -> str:
    """The last step up to which every one holds; a step with nothing to test holds."""
    reached = str(rows[0]["step"])
    for row in rows[1:]:
        nothing_to_test = not _number_there(row["df_diff"]) and _number_there(row["cfi_diff"])
        if row[verdict] is not True and not nothing_to_test:
            break
        reached = str(row["step"])
    return reached


def _print_sample(console: Console, ladder: Ladder, width: int) -> None:
    result = next(iter(ladder.results.values()))
    groups = ", ".join(f"{name} {n}" for name, n in zip(result.groups, result.n_by_group, strict=True))
    line = f"{result.estimator}, missing {result.missing}, {result.n_obs} persons ({groups})"
    console.print(wrapped(line, width))


def print_table(
    console: Console,
    title: str,
    rows: Sequence[Row],
    names: Sequence[str],
    titles: dict[str, str],
    width: int,
) -> None:
    """Steps below each other; what does not fit the width stands in another table below."""
    columns = [[titles[name], *(_cell(name, row[name]) for row in rows)] for name in names]
    steps = [title, *(str(row["step"]) for row in rows)]
    first = max(_STEP, *map(len, steps))
    while columns:
        part = _taken(columns, width - first)
        del columns[: len(part)]
        console.print()
        for n, step in enumerate(steps):
            cells = "".join(f"{column[n]:>{_room(column)}}" for column in part)
            console.print(f"{step:<{first}}{cells}".rstrip(), style=None if n else "bold")


def _taken(columns: Sequence[Sequence[str]], width: int) -> list[Sequence[str]]:
    """The first columns that fit ``width``, at least one."""
    taken: list[Sequence[str]] = []
    for column in columns:
        if taken and sum(map(_room, taken)) + _room(column) > width:
            break
        taken.append(column)
    return taken


def _room(column: Sequence[str]) -> int:
    return 2 + max(map(len, column))


def is_there(rows: Sequence[Row], name: str) -> bool:
    """Whether any row has something to show under ``name``."""
    return any(
        (name == "freed" and row[name]) or isinstance(row[name], bool) or _number_there(row[name]) for row in rows
    )


def _number_there(value: Any) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool) and math.isfinite(value)


def _cell(name: str, value: Any) -> str:
    if name == "freed":
        return value or ""
    if name.startswith("holds"):
        return {True: "holds", False: "fails"}[value] if isinstance(value, bool) else ""
    if name.startswith("pvalue"):
        return pvalue(value)
    if name in ("cfi_diff", "rmsea_diff", "srmr_diff"):
        return f"{value:+.3f}" if _number_there(value) else ""
    return number(value, whole=name.startswith("df"))
