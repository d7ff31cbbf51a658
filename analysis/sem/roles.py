"""Which part each variable of a model plays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from analysis.sem.errors import ModelError
from analysis.sem.syntax import Statement

MAX_VARIABLES = 1_000


@dataclass(frozen=True)
class Roles:
    """Variables by where they stand, in order of first mention.

    ``exogenous`` are the observed variables that predict and are explained by nothing; ``covariates`` those of them
    whose distribution is not modelled; ``random`` those of them whose moments the model states. ``single`` are the
    variables that are the one indicator of a latent variable and of no other.
    """

    observed: list[str]
    latent: list[str]
    indicators: set[str]
    outcomes: list[str]
    predictors: set[str]
    exogenous: list[str]
    covariates: list[str]
    random: list[str]
    single: set[str]


@dataclass(frozen=True)
class Asked:
    """What the caller wants of a table, beside the model's text."""

    n_groups: int
    ordered: tuple[str, ...]
    categories: Mapping[str, int]
    equal: frozenset[str]
    means: bool
    std_lv: bool
    theta: bool
    bounds: bool


def roles_of(statements: Iterable[Statement], *, fixed_x: bool = True) -> Roles:
    """The roles of a model's variables; with ``fixed_x=False`` no covariate is taken as given.

    Raises ``ModelError`` for more than 1,000 variables.
    """
    plain = [s for s in statements if s.op in ("=~", "~", "~~", "~1", "|", "~*~")]
    latent = dict.fromkeys(s.lhs for s in plain if s.op == "=~")
    mentioned = _mentioned(plain)
    if len(mentioned) > MAX_VARIABLES:
        raise ModelError(f"The model has {len(mentioned)} variables; {MAX_VARIABLES} are the most that can be fitted.")
    indicators = {t.name for s in plain if s.op == "=~" for t in s.terms}
    outcomes = dict.fromkeys(s.lhs for s in plain if s.op == "~")
    predictors = {t.name for s in plain if s.op == "~" for t in s.terms}
    stated = {v for s in plain if s.op == "~~" for v in (s.lhs, *(t.name for t in s.terms))}
    stated |= {s.lhs for s in plain if s.op == "~1"}
    explained = latent.keys() | indicators | outcomes.keys()
    exogenous = [v for v in mentioned if v in predictors and v not in explained]
    return Roles(
        observed=[v for v in mentioned if v not in latent],
        latent=list(latent),
        indicators=indicators,
        outcomes=list(outcomes),
        predictors=predictors,
        exogenous=exogenous,
        covariates=[v for v in exogenous if v not in stated] if fixed_x else [],
        random=[v for v in exogenous if v in stated],
        single=_single(plain),
    )


def _mentioned(plain: Sequence[Statement]) -> list[str]:
    names: dict[str, None] = {}
    for s in plain:
        names.setdefault(s.lhs)
        if s.op in ("=~", "~", "~~"):
            names |= dict.fromkeys(t.name for t in s.terms)
    return list(names)


def _single(plain: Sequence[Statement]) -> set[str]:
    """Indicators that are the only one of their latent variable, and of no other one."""
    of: dict[str, set[str]] = {}
    by: dict[str, set[str]] = {}
    for s in plain:
        if s.op == "=~":
            for t in s.terms:
                of.setdefault(s.lhs, set()).add(t.name)
                by.setdefault(t.name, set()).add(s.lhs)
    return {next(iter(items)) for items in of.values() if len(items) == 1 and len(by[next(iter(items))]) == 1}
