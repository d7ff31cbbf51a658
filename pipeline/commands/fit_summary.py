"""A fitted model on the terminal, in the order in which a reader of lavaan looks for it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from analysis.sem import FitResult

_SECTIONS = (
    ("Latent variables", lambda r: r["op"] == "=~"),
    ("Regressions", lambda r: r["op"] == "~"),
    ("Covariances", lambda r: r["op"] == "~~" and r["lhs"] != r["rhs"]),
    ("Intercepts", lambda r: r["op"] == "~1"),
    ("Thresholds", lambda r: r["op"] == "|"),
    ("Variances", lambda r: r["op"] == "~~" and r["lhs"] == r["rhs"]),
    ("Scales", lambda r: r["op"] == "~*~"),
    ("Defined parameters", lambda r: r["op"] == ":="),
)
_TITLES = {
    "est": "Estimate", "se": "Std.Err", "z": "z-value", "df_t": "df", "pvalue": "P(>|z|)", "ci_lower": "ci.lower",
    "ci_upper": "ci.upper", "std_lv": "Std.lv", "std_all": "Std.all",
}  # fmt: skip
_JOINED = {"=~": "=~", "~": "~", "~~": "~~", "|": "|", ":=": ":="}


def print_summary(console: Console, result: FitResult) -> None:
    """Print what was fitted, how well, what is wrong with it, and every parameter."""
    if not console.is_terminal:
        console.width = 160
    state = "converged" if result.converged else "did NOT converge"
    console.print(f"{result.estimator}, {_persons(result)}, {state}", style="bold")
    for problem in result.problems:
        console.print(problem.sentence, style="bold red")
    for note in result.notes:
        console.print(note, style="yellow")
    if result.bootstrap is not None:
        b = result.bootstrap
        console.print(
            f"Bootstrap: {b.n_draws} draws, {b.n_draws - b.n_converged} did not converge (left out),"
            f" {b.n_inadmissible} inadmissible (kept)"
        )
    console.print()
    _print_measures(console, result.fit)
    rows = result.parameters.to_dict("records")
    for group in dict.fromkeys([*result.groups, ""]):
        mine = [row for row in rows if row["group"] == group]
        if group and mine:
            console.print(f"\nGroup {group}", style="bold")
        for title, belongs in _SECTIONS:
            section = [row for row in mine if belongs(row)]
            if section:
                console.print(_section(title, section))


def _persons(result: FitResult) -> str:
    parts = [f"{result.n_obs} persons"]
    if len(result.groups) > 1:
        parts.append("(" + ", ".join(f"{g} {n}" for g, n in zip(result.groups, result.n_by_group, strict=True)) + ")")
    if result.n_left_out:
        parts.append(f"{result.n_left_out} left out")
    if result.n_clusters:
        parts.append(f"in {result.n_clusters} clusters")
    return " ".join(parts) + f", missing: {result.missing}, errors: {result.errors}"


def _print_measures(console: Console, fit: dict[str, float]) -> None:
    """Fit measures, the scaled and robust forms beside the standard ones."""
    bases = list(dict.fromkeys(_base(name) for name in fit))
    forms = [form for form in ("", "scaled", "robust") if any(_form(name) == form for name in fit)]
    table = Table(box=None, pad_edge=False)
    table.add_column("Fit")
    for form in forms:
        table.add_column(form.capitalize() or "Standard", justify="right")
    for base in bases:
        values = [fit.get(f"{base}_{form}" if form else base, math.nan) for form in forms]
        table.add_row(base, *(_number(value) for value in values))
    console.print(table)


def _base(name: str) -> str:
    return name.removesuffix("_scaled").removesuffix("_robust")


def _form(name: str) -> str:
    return next((form for form in ("scaled", "robust") if name.endswith(f"_{form}")), "")


def _number(value: float) -> str:
    if not math.isfinite(value):
        return ""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e6 else f"{value:.3f}"


def _section(title: str, rows: list[dict[str, Any]]) -> Table:
    shown = [name for name in _TITLES if name in rows[0] and any(_there(row[name]) for row in rows)]
    table = Table(box=None, pad_edge=False, title=f"\n{title}", title_justify="left", title_style="bold")
    table.add_column("", min_width=24)
    table.add_column("")
    for name in shown:
        table.add_column(_TITLES[name], justify="right")
    for row in rows:
        table.add_row(
            f"{row['lhs']} {_JOINED.get(row['op'], row['op'])} {row['rhs']}".strip(), str(row["label"]),
            *(f"{row[name]:.3f}" if _there(row[name]) else "" for name in shown),
        )  # fmt: skip
    return table


def _there(value: Any) -> bool:
    return isinstance(value, float | int) and math.isfinite(value)
