"""A model taken apart for structural-after-measurement (Rosseel & Loh 2022): measurement blocks and a structural part.

A block is a latent variable with its items. Latent variables share a block where their items are tied: a cross-loading,
a residual covariance, a label or a constraint in common; and where a block alone has fewer moments than parameters (a
factor of two items), which then joins a block its factor is related to.

In a block the latent variables' moments are free, except for what gives them their metric: a variance fixed where no
loading is, a mean fixed where the table fixes it. Where the table gives an outcome its metric through its *residual*
variance or its *intercept*, the block has already fixed the whole variance or mean, so the row is free in the
structural part (``Parts.held``), and the model has as many free directions as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt

from analysis.sem.constraints import Constraint, Constraints
from analysis.sem.defined import evaluate
from analysis.sem.errors import ModelError
from analysis.sem.estimate import n_moments
from analysis.sem.table import ParameterTable, Row

_NEW = -1
_USE_ML = "SAM keeps measurement and structure apart: leave it out, or use estimator ml."


@dataclass(frozen=True)
class Part:
    """A table of its own, and where its free parameters stand in the whole model's θ, (n_free,); -1 for a moment of a
    latent variable that only the block knows."""

    table: ParameterTable
    index: npt.NDArray[np.intp]

    @property
    def own(self) -> npt.NDArray[np.bool_]:
        """Which of its parameters are the whole model's, (n_free,)."""
        return self.index >= 0


@dataclass(frozen=True)
class Held:
    """A latent variable's whole variance or mean that its block fixes in one group."""

    group: int
    name: str
    what: Literal["variance", "mean"]


@dataclass(frozen=True)
class Parts:
    """The whole ``table`` (with the rows of ``held`` free), the ``blocks``, the ``structural`` part, whose observed
    variables are the measured latent variables and the model's own structural ones; ``n_given`` counts the latent
    variances and means the blocks fix, and ``notes`` say what was done."""

    table: ParameterTable
    blocks: tuple[Part, ...]
    structural: Part
    held: tuple[Held, ...]
    n_given: int
    notes: tuple[str, ...]


def split(table: ParameterTable) -> Parts:
    """Take a model apart.

    Raises ``ModelError`` for ordered items and for what belongs to both parts: an item in a regression or in a
    covariance with a structural variable, a factor of items and of factors, a label or constraint across the parts.
    """
    if table.ordered:
        raise ModelError(
            "SAM needs items treated as continuous: leave --ordered out, or use estimator wlsmv."
        )  # fmt: skip
    roles = _Roles(table)
    roles.refuse()
    table, held = _with_metric_from_blocks(table, roles)
    measured = [row for row in table.rows if roles.is_measurement(row)]
    others = [row for row in table.rows if not roles.is_measurement(row)]
    groups = _linked(table, roles, measured, others)
    groups, notes = _identified(table, roles, groups, others)
    blocks = tuple(_block(table, roles, latents) for latents in groups)
    notes += tuple(_held_note(table, h) for h in held)
    n_given = sum(value is not None for value in roles.metric.values())
    return Parts(table, blocks, _structural(table, roles, others), held, n_given, notes)


class _Roles:
    """Who measures what."""

    def __init__(self, table: ParameterTable) -> None:
        self.table = table
        self.factors_of: dict[str, list[str]] = {}
        self.higher: set[str] = set()
        for row in table.rows:
            if row.op == "=~" and row.group == 0:
                if row.rhs in table.latent:
                    self.higher.add(row.lhs)
                else:
                    self.factors_of.setdefault(row.rhs, []).append(row.lhs)
        measured = {factor for factors in self.factors_of.values() for factor in factors}
        self.measured = [name for name in table.latent if name in measured]
        self.metric = self._metric()

    def _metric(self) -> dict[tuple[int, str, str], float | None]:
        """What a block fixes its latent variables' variances (``~~``) and means (``~1``) to, ``None`` where free."""
        scaled = {(row.group, row.lhs) for row in self.table.rows if row.op == "=~" and row.fixed}
        found = {}
        for row in self.table.rows:
            if row.lhs in self.measured and row.op in ("~~", "~1") and row.rhs in ("", row.lhs):
                by_loading = row.op == "~~" and (row.group, row.lhs) in scaled
                found[row.group, row.lhs, row.op] = None if by_loading else row.fixed
        return found

    def is_measurement(self, row: Row) -> bool:
        """Whether a row is part of the measurement model."""
        return (row.rhs if row.op == "=~" else row.lhs) in self.factors_of

    def owners(self, row: Row) -> list[str]:
        """The latent variables a measurement row speaks of."""
        if row.op == "=~":
            return [row.lhs]
        return list(dict.fromkeys([*self.factors_of[row.lhs], *self.factors_of.get(row.rhs, [])]))

    def refuse(self) -> None:
        """Raise ``ModelError`` for rows between items and structural variables."""
        for name in self.measured:
            if name in self.higher:
                raise ModelError(f"{name} has items and factors as its indicators. {_USE_ML}")
        for row in self.table.rows:
            sides = {row.lhs in self.factors_of, row.rhs in self.factors_of}
            if (row.op == "~" and True in sides) or (row.op == "~~" and len(sides) == 2):
                raise ModelError(f"{row.name} ties an item to the structural part. {_USE_ML}")


def _with_metric_from_blocks(table: ParameterTable, roles: _Roles) -> tuple[ParameterTable, tuple[Held, ...]]:
    """The table with residual variances and intercepts of outcomes free where their block fixes the whole."""
    causes: dict[tuple[int, str], list[str]] = {}
    for row in table.rows:
        if row.op == "~":
            causes.setdefault((row.group, row.lhs), []).append(row.rhs)
        elif row.op == "=~" and row.rhs in table.latent:
            causes.setdefault((row.group, row.rhs), []).append(row.lhs)
    at_zero = {
        (row.group, row.lhs) for row in table.rows
        if row.op == "~1" and row.lhs in table.latent and row.fixed == 0
        and (row.lhs in roles.measured or (row.group, row.lhs) not in causes)
    }  # fmt: skip
    held, rows = [], []
    for row in table.rows:
        key = (row.group, row.lhs)
        if (
            not row.label
            and key in causes
            and roles.metric.get((*key, row.op)) is not None
            and row.rhs in ("", row.lhs)
        ):
            if row.op == "~~":
                held.append(Held(row.group, row.lhs, "variance"))
                row = replace(row, fixed=None, index=_NEW)
            elif any((row.group, cause) not in at_zero for cause in causes[key]):
                held.append(Held(row.group, row.lhs, "mean"))
                row = replace(row, fixed=None, index=_NEW)
        rows.append(row)
    rows, n_free = _numbered(rows)
    return replace(table, rows=tuple(rows), n_free=n_free), tuple(held)


def _numbered(rows: Sequence[Row]) -> tuple[list[Row], int]:
    """Rows with free parameters numbered in order of appearance, each row marked ``_NEW`` by itself, and how many."""
    numbers: dict[object, int] = {}
    found = []
    for n, row in enumerate(rows):
        if row.index is not None:
            key = ("new", n) if row.index == _NEW else row.index
            row = replace(row, index=numbers.setdefault(key, len(numbers)))
        found.append(row)
    return found, len(numbers)


def _held_note(table: ParameterTable, held: Held) -> str:
    where = f" in group {table.groups[held.group]}" if table.groups[held.group] else ""
    if held.what == "variance":
        return (
            f"SAM: {held.name} has its metric from its measurement block, where its whole variance is fixed{where}; its"
            " residual variance is estimated."
        )
    return (
        f"SAM: {held.name} has its origin from its measurement block, where its mean is fixed{where}; its intercept is"
        " estimated."
    )


def _linked(table: ParameterTable, roles: _Roles, measured: list[Row], others: list[Row]) -> list[list[str]]:
    """Measured latent variables that must be fitted together, in order of the table."""
    group_of = {name: {name} for name in roles.measured}

    def join(names: Sequence[str]) -> None:
        merged = set().union(*(group_of[name] for name in names))
        for name in merged:
            group_of[name] = merged

    owners: dict[int, list[str]] = {}
    for row in measured:
        names = roles.owners(row)
        join(names)
        if row.index is not None:
            owners.setdefault(row.index, []).extend(names)
    structural = {row.index for row in others if row.index is not None}
    for index, names in owners.items():
        if index in structural:
            raise ModelError(f"{table.first_row(index).name} is held equal across the parts of the model. {_USE_ML}")
        join(names)
    for constraint in table.constraints:
        involved = _involved(table, constraint)
        names = [name for index in involved for name in owners.get(index, [])]
        if names and involved & structural:
            raise ModelError(f"line {constraint.line}: the constraint {constraint.text} ties both parts. {_USE_ML}")
        if names:
            join(names)
    found: list[list[str]] = []
    for name in roles.measured:
        if not any(name in group for group in found):
            found.append([other for other in roles.measured if other in group_of[name]])
    return found


def _involved(table: ParameterTable, constraint: Constraint) -> set[int]:
    """The free parameters a constraint speaks of."""
    alone = Constraints(replace(table, constraints=(constraint,)))
    theta = np.random.default_rng(0).normal(size=table.n_free) + 3
    jacobian = np.concatenate([alone.equality_jacobian(theta), alone.inequality_jacobian(theta)])
    return set(np.flatnonzero(np.abs(jacobian).max(axis=0) > 0).tolist())


def _identified(
    table: ParameterTable, roles: _Roles, groups: list[list[str]], others: list[Row]
) -> tuple[list[list[str]], tuple[str, ...]]:
    """Blocks with at least as many moments as parameters: one with fewer joins the first block it is related to."""
    notes: list[str] = []
    pairs = [{row.lhs, row.rhs} for row in others if row.op in ("~", "~~", "=~") and row.lhs != row.rhs]
    while len(groups) > 1:
        short = next((g for g in groups if _degrees_of_freedom(_block(table, roles, g).table) < 0), None)
        if short is None:
            break
        rest = [g for g in groups if g is not short]
        related = [g for g in rest if any({a, b} in pairs for a in short for b in g)]
        partner = (related or rest)[0]
        together = [name for name in roles.measured if name in short or name in partner]
        notes.append(
            f"SAM: {', '.join(short)} has too few items to be measured alone, and is measured together with"
            f" {', '.join(partner)}."
        )
        groups = [together if g is partner else g for g in groups if g is not short]
    return groups, tuple(notes)


def _degrees_of_freedom(table: ParameterTable) -> int:
    return n_moments(table) - table.n_free + sum(1 for c in table.constraints if c.kind == "==")


def _block(table: ParameterTable, roles: _Roles, latents: Sequence[str]) -> Part:
    """The measurement model of these latent variables, their own moments unrestricted."""
    mine = set(latents)
    observed = tuple(v for v in table.observed if mine & set(roles.factors_of.get(v, [])))
    rows: list[Row] = []
    for g in range(len(table.groups)):
        here = [row for row in table.rows if row.group == g]
        rows += [row for row in here if roles.is_measurement(row) and mine & set(roles.owners(row))]
        for row in here:
            if row.lhs in mine and row.op in ("~~", "~1") and row.rhs in ("", row.lhs):
                value = roles.metric[row.group, row.lhs, row.op]
                rows.append(replace(row, label="", start=None, fixed=value, index=None if value is not None else _NEW))
        rows += [Row(a, "~~", b, group=g, index=_NEW) for a, b in combinations(latents, 2)]
    return _part(table, rows, observed, tuple(latents), ())


def _structural(table: ParameterTable, roles: _Roles, others: list[Row]) -> Part:
    """The structural part: measured latent variables stand as observed ones."""
    own = [v for v in table.observed if v not in roles.factors_of]
    latent = tuple(v for v in table.latent if v not in roles.measured)
    return _part(table, others, (*roles.measured, *own), latent, table.covariates)


def _part(
    table: ParameterTable,
    rows: Sequence[Row],
    observed: tuple[str, ...],
    latent: tuple[str, ...],
    covariates: tuple[str, ...],
) -> Part:
    """These rows of ``table`` as a table of their own, with what of its constraints speaks of them."""
    kept, n_free = _numbered(rows)
    index = np.full(n_free, _NEW, dtype=np.intp)
    for old, new in zip(rows, kept, strict=True):
        if new.index is not None and old.index is not None:
            index[new.index] = old.index
    mine = set(index.tolist())
    constraints = tuple(c for c in table.constraints if _involved(table, c) & mine)
    defined = _definable(table, {row.label for row in rows if row.label})
    part = replace(
        table, rows=tuple(kept), observed=observed, latent=latent, covariates=covariates, n_free=n_free,
        constraints=constraints, defined=defined,
    )  # fmt: skip
    return Part(part, index)


def _definable(table: ParameterTable, labels: set[str]) -> dict[str, str]:
    """The defined parameters that follow from these labels."""
    values: dict[str, complex] = dict.fromkeys(labels, complex(1))
    found = {}
    for name, expression in table.defined.items():
        try:
            values[name] = evaluate(name, expression, values)
        except ModelError:
            continue
        found[name] = expression
    return found
