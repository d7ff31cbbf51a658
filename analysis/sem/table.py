"""Statements to a parameter table: one row per parameter and group, with lavaan's ``sem()`` defaults filled in.

Filled in are: the first loading of a factor fixed to 1, or its variance with ``std_lv``; residual variances, nil for an
only indicator; covariances of exogenous latents and of outcomes that predict nothing; the moments of exogenous
covariates, fixed to the sample's (``fixed.x``); with a mean structure the intercepts of observed variables, latent
means fixed to 0; for ordered variables thresholds, and scales fixed to 1. What ``group_equal`` holds equal shares one
free parameter, and what that identifies in later groups (latent means, latent variances, scales) is freed there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from analysis.sem.constraints import Constraint, Constraints
from analysis.sem.defaults import default_rows
from analysis.sem.defined import read_defined
from analysis.sem.errors import ModelError
from analysis.sem.numbering import Draft, Numbering, key_of
from analysis.sem.roles import Asked, Roles, roles_of
from analysis.sem.row import Key, Row
from analysis.sem.syntax import Statement, Term

__all__ = ["ParameterTable", "Row", "build_table", "observed_of"]

_KINDS = (
    "loadings", "intercepts", "thresholds", "means", "residuals", "residual.covariances", "regressions",
    "lv.variances", "lv.covariances",
)  # fmt: skip


@dataclass(frozen=True)
class ParameterTable:
    """The model as rows, group by group in the same order.

    ``observed`` and ``latent`` are its variables, ``covariates`` the observed variables whose distribution is not
    modelled, ``ordered`` those that are cut from normal ones; ``means`` says whether there is a mean structure;
    ``defined`` maps each ``:=`` name to its expression; ``n_free`` counts free parameters before ``constraints``;
    ``remarks`` say in a sentence each what a default does that its author may not expect; ``exogenous`` are the
    observed variables that only predict and whose moments nobody stated, covariates or, in least squares, parameters.
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
    remarks: tuple[str, ...] = ()
    exogenous: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """All variables, observed first."""
        return [*self.observed, *self.latent]

    @property
    def given(self) -> tuple[int, ...]:
        """Where the covariates stand among the observed variables."""
        return tuple(self.observed.index(name) for name in self.covariates)

    def first_row(self, index: int) -> Row:
        """The first row that holds free parameter ``index``."""
        return next(row for row in self.rows if row.index == index)


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
    a parameter is stated twice or makes no sense, modifiers do not fit the groups, or an option names what is not
    there.
    """
    statements = list(statements)
    roles = roles_of(statements, fixed_x=fixed_x)
    wanted_means = means if means is not None else len(groups) > 1 or any(s.op == "~1" for s in statements)
    known = tuple(v for v in roles.observed if v in set(ordered))
    asked = Asked(
        len(groups), known, categories or {}, frozenset(group_equal), bool(wanted_means or known), std_lv,
        parameterization == "theta", bounds,
    )  # fmt: skip
    _refuse(roles, ordered, group_equal)
    stated = _stated(statements, asked)
    defaults = default_rows(roles, asked, stated={row.key for row, _ in stated})
    drafts: list[Draft] = [*stated, *((row, None) for row in defaults)]
    rows, n_free = Numbering(drafts, roles, asked, _released(group_partial, drafts)).numbered()
    defined = read_defined(statements, {row.label for row in rows if row.label})
    table = ParameterTable(
        tuple(rows), tuple(groups), tuple(roles.observed), tuple(roles.latent), tuple(roles.covariates), asked.ordered,
        asked.means, parameterization, defined, Constraints.read(statements), n_free,
        _remarks(statements, roles, asked, fixed_x=fixed_x), tuple(v for v in roles.exogenous if v not in roles.random),
    )  # fmt: skip
    _refuse_constraints(table)
    return table


def observed_of(statements: Iterable[Statement]) -> tuple[str, ...]:
    """The observed variables of a model, in order of first mention."""
    return tuple(roles_of(statements).observed)


def _refuse(roles: Roles, ordered: Collection[str], group_equal: Collection[str]) -> None:
    wrong = [what for what in group_equal if what not in _KINDS]
    if wrong:
        raise ModelError(f"group_equal {wrong[0]!r} is not known: choose from {', '.join(_KINDS)}.")
    absent = [v for v in ordered if v not in roles.observed]
    if absent:
        raise ModelError(f"{', '.join(absent)}: declared ordered, but not an observed variable of the model.")
    causes = [v for v in roles.observed if v in set(ordered) and v in roles.predictors]
    if causes:
        raise ModelError(
            f"{', '.join(causes)}: an ordered variable cannot predict others here. Give it a latent variable of its"
            " own, or treat it as continuous."
        )


def _stated(statements: Iterable[Statement], asked: Asked) -> list[Draft]:
    """The rows somebody wrote, first loadings fixed."""
    drafts: list[Draft] = []
    seen: set[Key] = set()
    has_marker: set[str] = set()
    for s in statements:
        for term in s.terms:
            _refuse_term(s, term, asked)
            row = Row(s.lhs, s.op, "" if s.op == "~1" else term.name)
            if s.op == "=~" and s.lhs not in has_marker:
                has_marker.add(s.lhs)
                row = row if asked.std_lv else replace(row, fixed=1.0)
            if row.key in seen:
                raise _at(term, f"the parameter {row.name} is stated twice")
            seen.add(row.key)
            drafts.append((row, term))
    return drafts


def _refuse_term(s: Statement, term: Term, asked: Asked) -> None:
    """Refuse a term that says nothing a model could mean."""
    if s.op in ("=~", "~") and term.name == s.lhs:
        raise _at(term, f"{s.lhs} is {'measured by' if s.op == '=~' else 'regressed on'} itself")
    if s.op not in ("|", "~*~"):
        return
    if s.lhs not in asked.ordered:
        raise _at(term, f"{s.lhs} has {s.op} but is not ordered: declare it ordered")
    if s.op == "~*~" and term.name != s.lhs:
        raise _at(term, f"a scale belongs to one variable: expected {s.lhs} ~*~ {s.lhs}, found {term.name!r}")
    last = asked.categories.get(s.lhs, 2) - 1
    number = re.fullmatch(r"t([1-9]\d{0,2})", term.name) if s.op == "|" else None
    if s.op == "|" and (number is None or int(number[1]) > last):
        known = "t1" if last == 1 else f"t1 to t{last}"
        raise _at(term, f"{s.lhs} has {last + 1} categories, so its thresholds are {known}; found {term.name!r}")


def _refuse_constraints(table: ParameterTable) -> None:
    """Tell a slip in a constraint before anything is fitted."""
    if not table.constraints:
        return
    compiled = Constraints(table)
    for constraint in table.constraints:
        if compiled.says_nothing(constraint):
            raise ModelError(
                f"line {constraint.line}: the constraint {constraint.text} holds no free parameter. Constrain a label"
                " that stands on one."
            )


def _at(term: Term, what: str) -> ModelError:
    return ModelError(f"line {term.line}, column {term.column}: {what}.")


def _released(group_partial: Collection[str], drafts: Collection[Draft]) -> set[Key]:
    """The parameters that ``group_partial`` names, as ``"x3~1"``, ``"visual=~x2"``, ``"u1|t1"``."""
    known = {row.key for row, _ in drafts}
    found = set()
    for text in group_partial:
        key = key_of(text)
        if key is None:
            raise ModelError(f"group_partial {text!r}: expected a parameter such as x3~1, visual=~x2 or u1|t1.")
        if key not in known:
            raise ModelError(f"group_partial {text!r}: the model has no such parameter.")
        found.add(key)
    return found


def _remarks(statements: Iterable[Statement], roles: Roles, asked: Asked, *, fixed_x: bool) -> tuple[str, ...]:
    """What lavaan's defaults do that the author of a model may not expect."""
    found = []
    if fixed_x and roles.random:
        found.append(
            f"The model states a variance, covariance or mean of {', '.join(roles.random)}, so these moments are"
            " estimated; with other predictors they covary only where the model says so."
        )
    shared = [
        str(m.values[0])
        for s in statements for t in s.terms for m in t.modifiers
        if m.kind in ("label", "equal") and len(m.values) == 1
    ]  # fmt: skip
    if asked.n_groups > 1 and shared:
        found.append(
            f"One label for all groups ({', '.join(dict.fromkeys(shared))}) makes one parameter over all groups. Write"
            " c(a, b) for one in each."
        )
    return tuple(found)
