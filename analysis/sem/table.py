"""Statements to a parameter table: one row per parameter, with lavaan's ``sem()`` defaults filled in.

Filled in are: the first loading of a factor fixed to 1; residual variances; covariances of exogenous latents and of
outcomes that predict nothing; the (co)variances of exogenous covariates, fixed to their sample values (``fixed.x``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from analysis.sem.defined import evaluate
from analysis.sem.errors import ModelError
from analysis.sem.syntax import Statement


@dataclass(frozen=True)
class Row:
    """One parameter. ``index`` is its place in the vector of free parameters (equal labels share it), ``None`` when
    fixed. ``fixed`` is the value of a fixed parameter; ``None`` with ``from_sample`` means the sample's (co)variance.
    """

    lhs: str
    op: str
    rhs: str
    label: str = ""
    index: int | None = None
    fixed: float | None = None
    from_sample: bool = False

    @property
    def name(self) -> str:
        """``lhs op rhs``, as messages name it."""
        return f"{self.lhs} {self.op} {self.rhs}"


@dataclass(frozen=True)
class ParameterTable:
    """The model as rows. ``observed`` and ``latent`` are its variables, ``covariates`` the observed variables whose
    distribution is not modelled; ``defined`` maps each ``:=`` name to its expression; ``n_free`` counts parameters.
    """

    rows: tuple[Row, ...]
    observed: tuple[str, ...]
    latent: tuple[str, ...]
    covariates: tuple[str, ...]
    defined: dict[str, str]
    n_free: int

    @property
    def names(self) -> list[str]:
        """All variables, observed first: the order of the model's matrices."""
        return [*self.observed, *self.latent]

    def first_row(self, index: int) -> Row:
        """The first row that holds free parameter ``index``."""
        return next(row for row in self.rows if row.index == index)


@dataclass(frozen=True)
class _Roles:
    """Which variables stand where, in order of first mention."""

    observed: list[str]
    latent: list[str]
    indicators: set[str]
    outcomes: list[str]
    predictors: set[str]
    covariates: list[str]
    exogenous: list[str]


def build_table(statements: Iterable[Statement]) -> ParameterTable:
    """The parameter table of a model; raises ``ModelError`` when a parameter is stated twice or makes no sense."""
    statements = list(statements)
    roles = _roles(statements)
    drafts = _stated(statements)
    drafts += _defaults(roles, {_key(d) for d in drafts})
    rows: list[Row] = []
    numbers: dict[str, int] = {}
    for i, d in enumerate(drafts):
        index = None
        if d.fixed is None and not d.from_sample:
            index = numbers.setdefault(d.label or f"{i}", len(numbers))
        rows.append(Row(d.lhs, d.op, d.rhs, d.label, index, d.fixed, d.from_sample))
    defined = _defined(statements, {row.label for row in rows if row.label})
    return ParameterTable(
        tuple(rows), tuple(roles.observed), tuple(roles.latent), tuple(roles.covariates), defined, len(numbers)
    )


def _key(row: Row) -> tuple[str, str, str]:
    """What makes a parameter the same one: a covariance has no direction."""
    swap = row.op == "~~" and row.rhs < row.lhs
    return (row.op, row.rhs, row.lhs) if swap else (row.op, row.lhs, row.rhs)


def _roles(statements: list[Statement]) -> _Roles:
    latent = list(dict.fromkeys(s.lhs for s in statements if s.op == "=~"))
    mentioned = list(dict.fromkeys(v for s in statements if s.op != ":=" for v in (s.lhs, *(t.name for t in s.terms))))
    indicators = {t.name for s in statements if s.op == "=~" for t in s.terms}
    outcomes = list(dict.fromkeys(s.lhs for s in statements if s.op == "~"))
    predictors = {t.name for s in statements if s.op == "~" for t in s.terms}
    with_stated_moments = {v for s in statements if s.op == "~~" for v in (s.lhs, *(t.name for t in s.terms))}
    exogenous = [
        v for v in mentioned if v in predictors and v not in latent and v not in indicators and v not in outcomes
    ]
    return _Roles(
        observed=[v for v in mentioned if v not in latent],
        latent=latent,
        indicators=indicators,
        outcomes=outcomes,
        predictors=predictors,
        covariates=[v for v in exogenous if v not in with_stated_moments],
        exogenous=exogenous,
    )


def _stated(statements: list[Statement]) -> list[Row]:
    """The rows somebody wrote, first loadings fixed."""
    rows: list[Row] = []
    seen: set[tuple[str, str, str]] = set()
    has_marker: set[str] = set()
    for s in statements:
        for term in s.terms:
            if s.op == "~" and term.name == s.lhs:
                raise ModelError(f"line {s.line}: {s.lhs} is regressed on itself.")
            fixed = term.fixed
            if s.op == "=~" and s.lhs not in has_marker:
                has_marker.add(s.lhs)
                if fixed is None and not term.freed and not term.label:
                    fixed = 1.0
            row = Row(s.lhs, s.op, term.name, term.label, None, fixed)
            if _key(row) in seen:
                raise ModelError(f"line {s.line}: the parameter {row.name} is stated twice.")
            seen.add(_key(row))
            rows.append(row)
    return rows


def _defaults(roles: _Roles, stated: set[tuple[str, str, str]]) -> list[Row]:
    """Rows nobody wrote: variances, covariances of exogenous latents and of final outcomes, covariates' moments."""
    rows = [Row(v, "~~", v) for v in [*roles.observed, *roles.latent] if v not in roles.covariates]
    exogenous_latents = [v for v in roles.latent if v not in roles.indicators and v not in roles.outcomes]
    final = [v for v in roles.outcomes if v not in roles.predictors and v not in roles.indicators]
    final.sort(key=lambda v: v in roles.latent)
    free_exogenous = [v for v in roles.exogenous if v not in roles.covariates]
    for group in (exogenous_latents, final, free_exogenous):
        rows += [Row(a, "~~", b) for a, b in combinations(group, 2)]
    for i, a in enumerate(roles.exogenous):
        for b in roles.exogenous[i:]:
            if a in roles.covariates or b in roles.covariates:
                rows.append(Row(a, "~~", b, from_sample=True))
    return [row for row in rows if _key(row) not in stated]


def _defined(statements: list[Statement], labels: set[str]) -> dict[str, str]:
    """``:=`` names and expressions, in order; each is tried once, so that a slip is told before anything is fitted."""
    defined: dict[str, str] = {}
    values: dict[str, complex] = dict.fromkeys(labels, complex(1))
    for s in statements:
        if s.op == ":=":
            if s.lhs in values:
                raise ModelError(f"line {s.line}: the name {s.lhs} is defined twice.")
            values[s.lhs] = evaluate(s.lhs, s.expression, values)
            defined[s.lhs] = s.expression
    return defined
