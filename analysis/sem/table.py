"""Statements to a parameter table: one row per parameter and group, with lavaan's ``sem()`` defaults filled in.

Filled in are: the first loading of a factor fixed to 1, or its variance with ``std_lv``; residual variances; covariances
of exogenous latents and of outcomes that predict nothing; the moments of exogenous covariates, fixed to the sample's
(``fixed.x``); with a mean structure the intercepts of observed variables, latent means fixed to 0; for ordered variables
thresholds, and scales fixed to 1. What ``group_equal`` holds equal shares one free parameter, and what that identifies
in later groups (latent means, latent variances, scales) is freed there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from analysis.sem.constraints import Constraint, Constraints
from analysis.sem.defined import evaluate
from analysis.sem.errors import ModelError
from analysis.sem.syntax import Statement, Term, Value

_KINDS = (
    "loadings", "intercepts", "thresholds", "means", "residuals", "residual.covariances", "regressions",
    "lv.variances", "lv.covariances",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter in one group (``group`` counts from 0). ``index`` is its place in the vector of free parameters
    (equal parameters share it), ``None`` when fixed. ``fixed`` is the value of a fixed parameter; with ``from_sample``
    it is the sample's moment. ``start`` is a starting value somebody asked for; ``lower`` and ``upper`` are bounds.
    """

    lhs: str
    op: str
    rhs: str
    group: int = 0
    label: str = ""
    index: int | None = None
    fixed: float | None = None
    from_sample: bool = False
    start: float | None = None
    lower: float = float("-inf")
    upper: float = float("inf")

    @property
    def name(self) -> str:
        """``lhs op rhs``, as messages name it."""
        return f"{self.lhs} {self.op} {self.rhs}".strip()


@dataclass(frozen=True)
class ParameterTable:
    """The model as rows, group by group in the same order. ``observed`` and ``latent`` are its variables, ``covariates``
    the observed variables whose distribution is not modelled, ``ordered`` those that are cut from normal ones; ``means``
    says whether there is a mean structure; ``defined`` maps each ``:=`` name to its expression; ``n_free`` counts free
    parameters before ``constraints``.
    """

    rows: tuple[Row, ...]
    groups: tuple[str, ...]
    observed: tuple[str, ...]
    latent: tuple[str, ...]
    covariates: tuple[str, ...]
    ordered: tuple[str, ...]
    means: bool
    parameterization: str
    defined: dict[str, str]
    constraints: tuple[Constraint, ...]
    n_free: int

    @property
    def names(self) -> list[str]:
        """All variables, observed first."""
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


@dataclass(frozen=True)
class _Asked:
    """What the caller wants of the table."""

    n_groups: int
    ordered: tuple[str, ...]
    categories: Mapping[str, int]
    equal: frozenset[str]
    means: bool
    std_lv: bool
    fixed_x: bool
    theta: bool
    bounds: bool


def build_table(
    statements: Iterable[Statement],
    *,
    groups: Sequence[str] = ("",),
    ordered: Collection[str] = (),
    categories: Mapping[str, int] | None = None,
    group_equal: Collection[str] = (),
    group_partial: Collection[str] = (),
    means: bool | None = None,
    std_lv: bool = False,
    fixed_x: bool = True,
    parameterization: str = "delta",
    bounds: bool = False,
) -> ParameterTable:
    """The parameter table of a model over ``groups``.

    ``categories`` counts the categories of each ordered variable. ``means=None`` is lavaan's default: a mean structure
    where the model states an intercept, there are several groups, or variables are ordered. Raises ``ModelError`` when
    a parameter is stated twice or makes no sense, modifiers do not fit the groups, or an option names what is not there.
    """
    statements = list(statements)
    roles = _roles(statements, fixed_x)
    wanted_means = means if means is not None else len(groups) > 1 or any(s.op == "~1" for s in statements)
    known = [v for v in roles.observed if v in set(ordered)]
    asked = _Asked(
        len(groups), tuple(known), categories or {}, frozenset(group_equal), bool(wanted_means or known), std_lv, fixed_x,
        parameterization == "theta", bounds,
    )  # fmt: skip
    _refuse(roles, ordered, group_equal)
    stated = _stated(statements, roles, asked)
    drafts = [*stated, *_defaults(roles, {_key(d[0]) for d in stated}, asked)]
    released = _released(group_partial, drafts)
    rows, n_free = _numbered(drafts, roles, asked, released)
    defined = _defined(statements, {row.label for row in rows if row.label})
    table = ParameterTable(
        tuple(rows), tuple(groups), tuple(roles.observed), tuple(roles.latent), tuple(roles.covariates), asked.ordered,
        asked.means, parameterization, defined, Constraints.read(statements), n_free,
    )  # fmt: skip
    if table.constraints:
        Constraints(table)  # a slip in a constraint is told before anything is fitted
    return table


def _key(row: Row) -> tuple[str, str, str]:
    """What makes a parameter the same one: a covariance has no direction."""
    swap = row.op == "~~" and row.rhs < row.lhs
    return (row.op, row.rhs, row.lhs) if swap else (row.op, row.lhs, row.rhs)


def _refuse(roles: _Roles, ordered: Collection[str], group_equal: Collection[str]) -> None:
    wrong = [what for what in group_equal if what not in _KINDS]
    if wrong:
        raise ModelError(f"group_equal {wrong[0]!r} is not known: choose from {', '.join(_KINDS)}.")
    absent = [v for v in ordered if v not in roles.observed]
    if absent:
        raise ModelError(f"{', '.join(absent)}: declared ordered, but not an observed variable of the model.")
    causes = [v for v in roles.observed if v in set(ordered) and v in roles.predictors]
    if causes:
        raise ModelError(
            f"{', '.join(causes)}: an ordered variable cannot predict others here. Give it a latent variable of its own,"
            " or treat it as continuous."
        )


def _roles(statements: list[Statement], fixed_x: bool) -> _Roles:
    plain = [s for s in statements if s.op in ("=~", "~", "~~", "~1", "|", "~*~")]
    latent = list(dict.fromkeys(s.lhs for s in plain if s.op == "=~"))
    mentioned: dict[str, None] = {}
    for s in plain:
        mentioned.setdefault(s.lhs)
        if s.op in ("=~", "~", "~~"):
            for t in s.terms:
                mentioned.setdefault(t.name)
    indicators = {t.name for s in plain if s.op == "=~" for t in s.terms}
    outcomes = list(dict.fromkeys(s.lhs for s in plain if s.op == "~"))
    predictors = {t.name for s in plain if s.op == "~" for t in s.terms}
    with_stated_moments = {v for s in plain if s.op == "~~" for v in (s.lhs, *(t.name for t in s.terms))}
    with_stated_moments |= {s.lhs for s in plain if s.op == "~1"}
    exogenous = [
        v for v in mentioned if v in predictors and v not in latent and v not in indicators and v not in outcomes
    ]
    return _Roles(
        observed=[v for v in mentioned if v not in latent],
        latent=latent,
        indicators=indicators,
        outcomes=outcomes,
        predictors=predictors,
        covariates=[v for v in exogenous if v not in with_stated_moments] if fixed_x else [],
        exogenous=exogenous,
    )


# a row as drafted for all groups, with its term's modifiers where somebody wrote them
_Draft = tuple[Row, Term | None]


def _stated(statements: list[Statement], roles: _Roles, asked: _Asked) -> list[_Draft]:
    """The rows somebody wrote, first loadings fixed."""
    drafts: list[_Draft] = []
    seen: set[tuple[str, str, str]] = set()
    has_marker: set[str] = set()
    for s in statements:
        for term in s.terms:
            if s.op == "~" and term.name == s.lhs:
                raise ModelError(f"line {s.line}: {s.lhs} is regressed on itself.")
            if s.op in ("|", "~*~") and s.lhs not in asked.ordered:
                raise ModelError(f"line {s.line}: {s.lhs} has {s.op} but is not ordered: declare it ordered.")
            row = Row(s.lhs, s.op, "" if s.op == "~1" else term.name)
            if s.op == "=~" and s.lhs not in has_marker:
                has_marker.add(s.lhs)
                row = row if asked.std_lv else replace(row, fixed=1.0)
            if _key(row) in seen:
                raise ModelError(f"line {s.line}: the parameter {row.name} is stated twice.")
            seen.add(_key(row))
            drafts.append((row, term))
    return drafts


def _defaults(roles: _Roles, stated: set[tuple[str, str, str]], asked: _Asked) -> list[_Draft]:
    """Rows nobody wrote."""
    rows = _default_moments(roles, asked)
    if asked.ordered:
        rows += _default_thresholds(asked)
    if asked.means:
        for v in roles.observed:
            sampled = v in roles.covariates
            rows.append(Row(v, "~1", "", fixed=0.0 if v in asked.ordered else None, from_sample=sampled))
        rows += [Row(v, "~1", "", fixed=0.0) for v in roles.latent]
    return [(row, None) for row in rows if _key(row) not in stated]


def _default_moments(roles: _Roles, asked: _Asked) -> list[Row]:
    """Variances, covariances of exogenous latents and of final outcomes, covariates' moments."""
    rows = []
    for v in (*roles.observed, *roles.latent):
        if v in asked.ordered:
            rows.append(Row(v, "~~", v, fixed=1.0))
        elif v not in roles.covariates:
            rows.append(Row(v, "~~", v, fixed=1.0 if asked.std_lv and v in roles.latent else None))
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
    return rows


def _default_thresholds(asked: _Asked) -> list[Row]:
    rows = []
    for v in asked.ordered:
        rows += [Row(v, "|", f"t{k}") for k in range(1, asked.categories.get(v, 2))]
    return rows + [Row(v, "~*~", v, fixed=1.0) for v in asked.ordered]


def _released(group_partial: Collection[str], drafts: list[_Draft]) -> set[tuple[str, str, str]]:
    """The parameters that ``group_partial`` names, as ``"x3~1"``, ``"visual=~x2"``, ``"u1|t1"``."""
    known = {_key(row) for row, _ in drafts}
    found = set()
    for text in group_partial:
        bare = text.replace(" ", "")
        for op in ("=~", "~*~", "~~", "~1", "|", "~"):
            lhs, separator, rhs = bare.partition(op)
            if separator:
                key = _key(Row(lhs, op, rhs))
                break
        else:
            raise ModelError(f"group_partial {text!r}: expected a parameter such as x3~1, visual=~x2 or u1|t1.")
        if key not in known:
            raise ModelError(f"group_partial {text!r}: the model has no such parameter.")
        found.add(key)
    return found


def _numbered(
    drafts: list[_Draft], roles: _Roles, asked: _Asked, released: set[tuple[str, str, str]]
) -> tuple[list[Row], int]:
    """The rows of every group with modifiers applied and free parameters numbered."""
    rows: list[Row] = []
    numbers: dict[object, int] = {}
    same_as = _equalities(drafts)
    for g in range(asked.n_groups):
        for n, (draft, term) in enumerate(drafts):
            row, freed = _modified(replace(draft, group=g), term, asked.n_groups)
            row = _freed_in_later_groups(row, roles, asked, released) if g and not freed else row
            row = _bounded(row, roles, asked)
            if row.fixed is None and not row.from_sample:
                own: object = (g, same_as.get(n, n))
                if row.label:
                    own = row.label
                elif _held_equal(row, roles, asked) and _key(row) not in released:
                    own = (0, same_as.get(n, n)) if _free_in_first(drafts[n], asked) else (min(g, 1), n)
                row = replace(row, index=numbers.setdefault(own, len(numbers)))
            rows.append(row)
    return rows, len(numbers)


def _free_in_first(draft: _Draft, asked: _Asked) -> bool:
    row, _ = _modified(draft[0], draft[1], asked.n_groups)
    return row.fixed is None and not row.from_sample


def _equalities(drafts: list[_Draft]) -> dict[int, int]:
    """Rows that ``equal()`` sends to another row."""
    at = {_key(row): n for n, (row, _) in enumerate(drafts)}
    found = {}
    for n, (row, term) in enumerate(drafts):
        for modifier in term.modifiers if term is not None else ():
            if modifier.kind == "equal":
                target = str(modifier.values[0])
                match = [k for k, m in at.items() if f"{k[1]}{k[0]}{k[2]}" == target]
                if not match:
                    raise ModelError(f"equal({target!r}) on {row.name}: the model has no such parameter.")
                found[n] = at[match[0]]
    return found


def _modified(row: Row, term: Term | None, n_groups: int) -> tuple[Row, bool]:
    """``row`` with its modifiers in its group, and whether they say that it is free or what it is fixed to."""
    decided = False
    for modifier in term.modifiers if term is not None else ():
        if modifier.kind == "equal":
            row, decided = replace(row, fixed=None), True
            continue
        value = _of_group(modifier.values, row, n_groups)
        if modifier.kind == "label":
            row = replace(row, label=str(value) if value is not None else "")
        elif modifier.kind == "start" and isinstance(value, float):
            row = replace(row, start=value)
        elif modifier.kind == "value":
            number = value if isinstance(value, float) else None
            row, decided = replace(row, fixed=number, from_sample=False), True
    return row, decided


def _of_group(values: tuple[Value, ...], row: Row, n_groups: int) -> Value:
    if len(values) not in (1, n_groups):
        raise ModelError(
            f"{row.name}: {len(values)} values in c() for {n_groups} group{'s' if n_groups > 1 else ''}; give one for"
            " each group, or one for all."
        )
    return values[0] if len(values) == 1 else values[row.group]


def _held_equal(row: Row, roles: _Roles, asked: _Asked) -> bool:
    """Whether ``group_equal`` speaks of this row."""
    latent = row.lhs in roles.latent
    match row.op:
        case "=~":
            return "loadings" in asked.equal
        case "~":
            return "regressions" in asked.equal
        case "~1":
            return ("means" if latent else "intercepts") in asked.equal
        case "|":
            return "thresholds" in asked.equal
        case "~~" if row.lhs == row.rhs:
            return ("lv.variances" if latent else "residuals") in asked.equal
        case "~~":
            both = latent and row.rhs in roles.latent
            return ("lv.covariances" if both else "residual.covariances") in asked.equal
    return False


def _freed_in_later_groups(row: Row, roles: _Roles, asked: _Asked, released: set[tuple[str, str, str]]) -> Row:
    """What equality over groups identifies in a later group, free there: latent means, latent variances, scales."""
    if row.fixed is None or row.label:
        return row
    equal, latent = asked.equal, row.lhs in roles.latent
    thresholds = "thresholds" in equal and bool(asked.ordered)
    free = (
        (row.op == "~1" and latent and ("intercepts" in equal or thresholds) and "means" not in equal)
        or (row.op == "~~" and row.lhs == row.rhs and latent and asked.std_lv and "loadings" in equal
            and "lv.variances" not in equal)
        or (row.op == "~*~" and thresholds and not asked.theta and "residuals" not in equal)
        or (row.op == "~~" and row.lhs == row.rhs and row.lhs in asked.ordered and thresholds and asked.theta
            and "residuals" not in equal)
    )  # fmt: skip
    return replace(row, fixed=None) if free else row


def _bounded(row: Row, roles: _Roles, asked: _Asked) -> Row:
    """Variances not below zero, when bounds are asked for."""
    if asked.bounds and row.op == "~~" and row.lhs == row.rhs and row.fixed is None and not row.from_sample:
        return replace(row, lower=0.0)
    return row


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
