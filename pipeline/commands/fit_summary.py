"""A fitted model on the terminal, in the order and under the names in which a reader of lavaan looks for it."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console

from pipeline.commands.answers import records
from pipeline.commands.measure_names import FORMS, MEASURES

if TYPE_CHECKING:
    from analysis.sem import FitResult

Row = dict[str, Any]
PIPED_WIDTH = 160
# title, which rows belong, and whether rows of one left-hand side stand under it
_SECTIONS: tuple[tuple[str, Callable[[Row], bool], bool], ...] = (
    ("Latent variables", lambda r: r["op"] == "=~", True),
    ("Regressions", lambda r: r["op"] == "~", True),
    ("Covariances", lambda r: r["op"] == "~~" and r["lhs"] != r["rhs"], True),
    ("Intercepts", lambda r: r["op"] == "~1", False),
    ("Thresholds", lambda r: r["op"] == "|", False),
    ("Variances", lambda r: r["op"] == "~~" and r["lhs"] == r["rhs"], False),
    ("Scales y*", lambda r: r["op"] == "~*~", False),
    ("Defined parameters", lambda r: r["op"] == ":=", False),
)
# in the order shown; the last to go where the screen is narrow are the estimates and their errors
_TITLES = {
    "est": "Estimate", "se": "Std.Err", "z": "z-value", "df_t": "df", "pvalue": "P(>|z|)", "ci_lower": "ci.lower",
    "ci_upper": "ci.upper", "std_lv": "Std.lv", "std_all": "Std.all",
}  # fmt: skip
_FIRST_TO_GO = ("ci_upper", "ci_lower", "std_lv", "std_all")
_LONGEST_NAME = 34  # with its label
_LONGEST_LABEL = 16
_LONGEST_TITLE = 19
_ESTIMATORS = {
    "ML": "maximum likelihood", "MLR": "maximum likelihood, robust",
    "MLM": "maximum likelihood, Satorra-Bentler test", "GLS": "generalised least squares",
    "ULS": "unweighted least squares", "ULSMV": "unweighted least squares, robust",
    "DWLS": "diagonally weighted least squares", "WLSMV": "diagonally weighted least squares, robust",
    "SAM": "structure after measurement",
}  # fmt: skip


def print_summary(console: Console, result: FitResult) -> None:
    """Print whether the solution may be believed, what was fitted, how well, and every parameter.

    The width is the terminal's, 160 where the output goes elsewhere; what does not fit beside the estimates (intervals
    first, then standardised values) is left out with a word about it, and no number is ever cut.
    """
    width = console.width if console.is_terminal else PIPED_WIDTH
    _print_verdict(console, result, width)
    _print_lines(console, _sample_lines(result))
    if result.fit:
        _print_lines(console, _measure_lines(result.fit))
    if result.sam is not None and result.converged:
        _print_lines(console, _measurement_lines(records(result.sam.measurement())))
    if result.converged:
        _print_parameters(console, result, width)


def _print_parameters(console: Console, result: FitResult, width: int) -> None:
    """Every parameter, group by group, then what is defined over all of them."""
    rows = records(result.parameters)
    explained = records(result.r2())
    layout = Layout.of(rows, width, result.confidence)
    for group in dict.fromkeys([*result.groups, ""]):
        mine = [row for row in rows if row["group"] == group]
        if group and mine:
            console.print(f"\nGroup {group}", style="bold")
        for title, belongs, is_grouped in _SECTIONS:
            section = [row for row in mine if belongs(row)]
            if section:
                _print_section(console, title, section, layout, is_grouped=is_grouped)
        shares = [row for row in explained if row["group"] == group]
        if shares:
            _print_shares(console, shares, layout)
    _print_constraints(console, result, layout)
    for note in layout.notes:
        console.print(f"\n{wrapped(note, width)}")


def _print_constraints(console: Console, result: FitResult, layout: Layout) -> None:
    """How far each constraint of the model's text is from holding with equality, nil where it does."""
    e = result.estimated
    if e.constraints is None:
        return
    room, width = layout.name + layout.label, layout.widths["est"]
    console.print()
    console.print(f"{'Constraints':<{room}}{'|Slack|':>{width}}", style="bold")
    for text, slack in e.constraints.slacks(e.theta):
        cell = f"{number(round(abs(slack), 6)):>{width}}"
        console.print(f"  {text:<{room - 2}}{cell}" if len(text) < room - 2 else f"  {text}\n{'':<{room}}{cell}")


def _print_verdict(console: Console, result: FitResult, width: int) -> None:
    if not result.converged:
        console.print("NOT converged: there are no estimates to read.", style="bold red")
    elif not result.identified:
        console.print("Converged, but NOT identified: these estimates are one solution of many.", style="bold red")
    elif not result.admissible:
        console.print("Converged, but NOT admissible: this solution cannot be true as it stands.", style="bold red")
    else:
        console.print("Converged; the solution is admissible.", style="bold green")
    for problem in result.problems:
        console.print(wrapped(problem.sentence, width), style="red")
    for note in result.notes:
        console.print(wrapped(f"Note: {note}", width), style="yellow")


def _print_lines(console: Console, lines: Sequence[str]) -> None:
    console.print()
    for line in lines:
        console.print(line)


def wrapped(sentence: str, width: int) -> str:
    """A sentence over as many lines as it needs, broken between words."""
    return textwrap.fill(sentence, max(40, width), subsequent_indent="  ", break_long_words=False)


def _sample_lines(result: FitResult) -> list[str]:
    """Estimator, errors, persons: name and value in two columns."""
    named = _ESTIMATORS.get(result.estimator)
    pairs = [
        ("Estimator", f"{result.estimator} ({named})" if named else result.estimator),
        ("Standard errors", result.errors),
        ("Missing answers", result.missing),
        ("Persons used", str(result.n_obs)),
    ]
    if len(result.groups) > 1:
        pairs += [(f"  {group}", str(n)) for group, n in zip(result.groups, result.n_by_group, strict=True)]
    if result.n_left_out:
        pairs.append(("Persons left out", str(result.n_left_out)))
    if result.n_clusters:
        pairs.append(("Clusters", str(result.n_clusters)))
    if result.bootstrap is not None:
        pairs += _bootstrap_lines(result)
    room = max(len(name) for name, _ in pairs if len(name) <= _LONGEST_LABEL)
    return [f"{name:<{room}}  {value}" for name, value in pairs]


def _bootstrap_lines(result: FitResult) -> list[tuple[str, str]]:
    b = result.bootstrap
    if b is None:
        return []
    failed, test = b.n_draws - b.n_converged, result.bollen_stine
    return [
        ("Bootstrap draws", f"{b.n_draws} (of {'clusters' if b.by == 'cluster' else 'persons'})"),
        ("  not converged", f"{failed}, left out"),
        ("  inadmissible", f"{b.n_inadmissible}, kept"),
        *([("  intervals", result.estimated.options.interval)] if result.errors == "bootstrap" else []),
        *([("  Bollen-Stine, not converged", f"{test.n_draws - test.n_converged}, left out")] if test else []),
    ]


def _measurement_lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Measurement blocks of a model estimated by SAM: each one's own fit, and how reliable its factor scores are."""
    title = "Measurement, block by block"
    lines = [f"{title:<34}{'Chi-square':>12}{'df':>6}{'P-value':>10}{'Reliability':>13}"]
    for row in rows:
        name = f"{row['latent']} ({row['group']})" if row["group"] else str(row["latent"])
        p = pvalue(row["pvalue"]) if row["df"] > 0 else ""
        lines.append(f"  {name:<32}{number(row['chisq']):>12}{row['df']:>6}{p:>10}{number(row['reliability']):>13}")
    return lines


def _measure_lines(fit: dict[str, float]) -> list[str]:
    """Fit measures under their names, corrected forms beside the standard ones; none is left out."""
    forms = [form for form in FORMS if any(_form(name) == form for name in fit)]
    lines = [f"{'Model fit':<34}" + "".join(f"{form.capitalize() or 'Standard':>12}" for form in forms)]
    values = {(_base(name), _form(name)): value for name, value in fit.items()}
    bases = dict.fromkeys(base for base, _ in values)
    titles = {base: title for base, title in MEASURES if base in bases} | {
        base: base for base in bases if base not in dict(MEASURES)
    }
    for base, title in titles.items():
        cells = [_measure(base, values.get((base, form))) for form in forms]
        lines.append(f"  {title:<32}{''.join(f'{cell:>12}' for cell in cells)}".rstrip())
    return lines


def _measure(base: str, value: float | None) -> str:
    if "pvalue" in base:
        return pvalue(value)
    return number(value, whole=base.removeprefix("structural_") in ("df", "npar", "baseline_df"))


def _base(name: str) -> str:
    return name.removesuffix(f"_{_form(name)}") if _form(name) else name


def _form(name: str) -> str:
    if name.endswith("scaling_factor"):
        return "scaled"
    return next((form for form in FORMS if form and name.endswith(f"_{form}")), "")


def number(value: Any, *, whole: bool = False) -> str:
    """A number with three decimals, as a power of ten where that shows nothing of it or too much; empty for none."""
    if not isinstance(value, float | int) or not math.isfinite(value):
        return ""
    if whole and float(value).is_integer():
        return str(int(value))
    if value != 0 and (abs(value) < 0.0005 or abs(value) >= 1e6):
        return f"{value:.2e}"
    return f"{value:.3f}"


def pvalue(value: Any) -> str:
    """A p-value with three decimals, never as nil."""
    if not isinstance(value, float | int) or not math.isfinite(value):
        return ""
    return "<0.001" if value < 0.0005 else f"{value:.3f}"


@dataclass(frozen=True)
class Layout:
    """Which columns are shown and how wide they are, the same for every section."""

    columns: tuple[str, ...]
    widths: dict[str, int]
    name: int
    label: int
    notes: tuple[str, ...]

    @classmethod
    def of(cls, rows: Sequence[Row], width: int, confidence: float) -> Layout:
        """Every column that holds a number, less those for which ``width`` has no room."""
        columns = [c for c in _TITLES if any(_cell(row, c) for row in rows)]
        widths = {c: 1 + max([len(_TITLES[c]), *(len(_cell(row, c)) for row in rows)]) for c in columns}
        label = max([0, *(len(row["label"]) + 3 for row in rows if _label(row))])
        label = label if label <= _LONGEST_LABEL else 0  # longer ones stand right after the name
        name = min(_LONGEST_NAME - label, max([_LONGEST_TITLE - label, *(len(_name(row)) + 5 for row in rows)]))
        dropped = []
        for column in _FIRST_TO_GO:
            if column in columns and name + label + sum(widths[c] for c in columns) > width:
                columns.remove(column)
                dropped.append(_TITLES[column])
        if "ci_lower" in columns and "ci_upper" not in columns:
            columns.remove("ci_lower")
            dropped.append(_TITLES["ci_lower"])
        notes = []
        if dropped:
            notes.append(f"Not shown for want of room: {', '.join(reversed(dropped))} (a wider screen, or --json).")
        if "ci_lower" in columns:
            notes.append(f"Intervals are {100 * confidence:g} % confidence intervals.")
        return cls(tuple(columns), widths, name, label, tuple(notes))

    def header(self, title: str) -> str:
        """The line above a section."""
        return f"{title:<{self.name + self.label}}" + "".join(f"{_TITLES[c]:>{self.widths[c]}}" for c in self.columns)

    def lines(self, row: Row, indent: str) -> list[str]:
        """One parameter; a name too long for its column has a line of its own."""
        label = f"({row['label']})" if _label(row) else ""
        name = f"{indent}{_name(row)}"
        if len(label) >= self.label and label:
            name, label = f"{name} {label}", ""
        cells = "".join(f"{_cell(row, c):>{self.widths[c]}}" for c in self.columns)
        if len(name) >= self.name:
            return [name, f"{'':<{self.name}}{label:<{self.label}}{cells}".rstrip()]
        return [f"{name:<{self.name}}{label:<{self.label}}{cells}".rstrip()]


def _print_section(console: Console, title: str, rows: Sequence[Row], layout: Layout, *, is_grouped: bool) -> None:
    console.print()
    console.print(layout.header(title), style="bold")
    heading = ""
    for row in rows:
        mine = f"  {row['lhs']} {row['op']}" if is_grouped else ""
        if mine != heading:
            console.print(mine)
            heading = mine
        for line in layout.lines(row, "    " if is_grouped else "  "):
            console.print(line)


def _print_shares(console: Console, rows: Sequence[Row], layout: Layout) -> None:
    """R² of what the model explains."""
    room = layout.name + layout.label
    console.print()
    console.print(f"{'R-Square':<{room}}{_TITLES['est']:>{layout.widths['est']}}", style="bold")
    for row in rows:
        name = f"  {row['variable']}"
        cell = f"{number(row['r2']):>{layout.widths['est']}}"
        console.print(f"{name:<{room}}{cell}" if len(name) < room else f"{name}\n{'':<{room}}{cell}")


def _name(row: Row) -> str:
    match row["op"]:
        case "|":
            return f"{row['lhs']}|{row['rhs']}"
        case "=~" | "~":
            return str(row["rhs"])
        case "~~" if row["lhs"] != row["rhs"]:
            return str(row["rhs"])
    return str(row["lhs"])


def _label(row: Row) -> bool:
    """Whether a label is to be shown: a defined parameter's is its name."""
    return bool(row["label"]) and row["op"] != ":="


def _cell(row: Row, column: str) -> str:
    if column == "pvalue":
        return pvalue(row[column])
    if column == "df_t":
        value = row[column]
        return f"{value:.1f}" if isinstance(value, float) and math.isfinite(value) else ""
    return number(row[column])
