"""Drafted rows to the rows of every group: modifiers applied, equal parameters one, free ones numbered."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import replace

from analysis.sem.errors import ModelError
from analysis.sem.roles import Asked, Roles
from analysis.sem.row import Key, Row
from analysis.sem.syntax import Modifier, Term, Value

# a row as drafted for all groups, with its term's modifiers where somebody wrote them
Draft = tuple[Row, Term | None]


class Numbering:
    """The rows of ``drafts`` in every group. ``released`` are the parameters ``group_partial`` names."""

    def __init__(self, drafts: Sequence[Draft], roles: Roles, asked: Asked, released: Collection[Key]) -> None:
        self.drafts, self.roles, self.asked, self.released = drafts, roles, asked, released
        self.rows = [[self._row(draft, g) for draft in drafts] for g in range(asked.n_groups)]
        self.at = {row.key: n for n, (row, _) in enumerate(drafts)}
        # least squares estimates the covariates' moments too, but the model says nothing of them
        self.given = frozenset(roles.exogenous).difference(roles.random)

    def numbered(self) -> tuple[list[Row], int]:
        """All rows, group by group, and how many free parameters there are.

        Where some of the rows that are to be equal are fixed, all are. Raises ``ModelError`` when they are fixed to
        different values, and for an ``equal()`` that names nothing.
        """
        own = {(g, n): self._own(g, n) for g, rows in enumerate(self.rows) for n in range(len(rows))}
        fixed = self._fixed_together(own)
        numbers: dict[Hashable, int] = {}
        found = []
        for g, rows in enumerate(self.rows):
            for n, row in enumerate(rows):
                if row.is_free and own[g, n] in fixed:
                    row = replace(row, fixed=fixed[own[g, n]], start=None)
                elif row.is_free:
                    row = row.numbered(numbers.setdefault(own[g, n], len(numbers)))
                found.append(row)
        return found, len(numbers)

    def _fixed_together(self, own: Mapping[tuple[int, int], Hashable]) -> dict[Hashable, float]:
        """The values of the fixed parameters by what makes them one with others."""
        found: dict[Hashable, float] = {}
        for (g, n), key in own.items():
            value = self.rows[g][n].fixed
            if value is not None and found.setdefault(key, value) != value:
                raise ModelError(
                    f"{self.rows[g][n].name} is to be equal to a parameter fixed to {found[key]:g}, and fixed to"
                    f" {value:g}: let one of them go."
                )
        return found

    def _row(self, draft: Draft, g: int) -> Row:
        of_group = draft[0] if g == draft[0].group else replace(draft[0], group=g)
        row, is_decided = modified(of_group, draft[1], self.asked.n_groups)
        if g and not is_decided:
            row = _freed_in_later_groups(row, self.roles, self.asked)
        if self.asked.bounds and row.op == "~~" and row.lhs == row.rhs and row.is_free:
            row = replace(row, lower=0.0)
        return row

    def _own(self, g: int, n: int) -> Hashable:
        """What rows that are one parameter have in common."""
        row = self.rows[g][n]
        seen = {(g, n)}
        while (target := _target(self.drafts[n][1], g)) is not None:
            g, n = self._named(target, row)
            if (g, n) in seen:
                raise ModelError(f'equal("{target}") on {row.name}: this goes round in a circle.')
            seen.add((g, n))
        row = self.rows[g][n]
        if row.label and not _is_equal(self.drafts[n][1]):
            return row.label
        if self._is_held_equal(row) and row.key not in self.released:
            return (0, n)
        return (g, n)

    def _named(self, target: str, row: Row) -> tuple[int, int]:
        """Group and place of the row that ``equal()`` names: ``f=~x2``, in a later group ``f=~x2.g2``."""
        text, g = target, 0
        if suffix := re.search(r"\.g([1-9]\d{0,3})$", target):
            text, g = target[: suffix.start()], int(suffix[1]) - 1
        key = key_of(text)
        if key is None or key not in self.at or g >= self.asked.n_groups:
            raise ModelError(f'equal("{target}") on {row.name}: the model has no such parameter.')
        return g, self.at[key]

    def _is_held_equal(self, row: Row) -> bool:
        """Whether ``group_equal`` speaks of this row."""
        latent, equal = row.lhs in self.roles.latent, self.asked.equal
        if row.op in ("~~", "~1") and not self.given.isdisjoint((row.lhs, row.rhs)):
            return False
        match row.op:
            case "=~":
                return "loadings" in equal
            case "~":
                return "regressions" in equal
            case "~1":
                return ("means" if latent else "intercepts") in equal
            case "|":
                return "thresholds" in equal
            case "~~" if row.lhs == row.rhs:
                return ("lv.variances" if latent else "residuals") in equal
            case "~~":
                latent = latent or row.rhs in self.roles.latent
                return ("lv.covariances" if latent else "residual.covariances") in equal
        return False


def key_of(text: str) -> Key | None:
    """The parameter that ``x3~1``, ``f =~ x2``, ``x1~~x1`` or ``u1|t1`` names; ``None`` when it names none."""
    bare = re.sub(r"\s+", "", text)
    for op in ("=~", "~*~", "~~", "~1", "|", "~"):
        lhs, separator, rhs = bare.partition(op)
        if separator:
            return Row(lhs, op, rhs).key
    return None


def modified(row: Row, term: Term | None, n_groups: int) -> tuple[Row, bool]:
    """``row`` with its modifiers in its group, and whether they say that it is free or what it is fixed to.

    Raises ``ModelError`` when a modifier has neither one value nor one for each group.
    """
    is_decided = False
    for modifier in term.modifiers if term is not None else ():
        value = _of_group(modifier, row, term, n_groups)
        match modifier.kind:
            case "equal":
                row, is_decided = replace(row, fixed=None, label=str(value)), True
            case "label":
                row = replace(row, label=str(value))
            case "start":
                row = _started(row, value)
            case _:
                number = value if isinstance(value, float) else None
                row, is_decided = replace(row, fixed=number, from_sample=False), True
    return row, is_decided


def _started(row: Row, value: Value) -> Row:
    """A starting value; on a first loading it is the value at which the loading is fixed, as in lavaan."""
    if not isinstance(value, float):
        return row
    return replace(row, start=value) if row.fixed is None or row.op != "=~" else replace(row, fixed=value)


def _of_group(modifier: Modifier, row: Row, term: Term | None, n_groups: int) -> Value:
    values = modifier.values
    if len(values) not in (1, n_groups):
        place = f"line {term.line}, column {term.column}: " if term is not None else ""
        raise ModelError(
            f"{place}{row.name}: {len(values)} values in c() for {n_groups} group{'s' if n_groups > 1 else ''}; give"
            " one for each group, or one for all."
        )
    return values[0] if len(values) == 1 else values[row.group]


def _is_equal(term: Term | None) -> bool:
    return term is not None and any(m.kind == "equal" for m in term.modifiers)


def _target(term: Term | None, g: int) -> str | None:
    """What ``equal()`` names in group ``g``."""
    for modifier in term.modifiers if term is not None else ():
        if modifier.kind == "equal":
            return str(modifier.values[g if len(modifier.values) > 1 else 0])
    return None


def _freed_in_later_groups(row: Row, roles: Roles, asked: Asked) -> Row:
    """What equality over groups identifies in a later group, free there: latent means, latent variances, scales."""
    if row.fixed is None or row.label:
        return row
    latent = row.lhs in roles.latent
    thresholds = "thresholds" in asked.equal and bool(asked.ordered)
    match row.op:
        case "~1":
            free = latent and ("intercepts" in asked.equal or thresholds) and "means" not in asked.equal
        case "~~" if row.lhs == row.rhs and latent:
            free = asked.std_lv and "loadings" in asked.equal and "lv.variances" not in asked.equal
        case "~~" if row.lhs == row.rhs and row.lhs in asked.ordered:
            free = thresholds and asked.theta and "residuals" not in asked.equal
        case "~*~":
            free = thresholds and not asked.theta
        case _:
            free = False
    return replace(row, fixed=None) if free else row
