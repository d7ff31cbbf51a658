"""The declared parameters of a simulated study, and in which metric each of them is.

All factors have mean 0 and variance 1 among the reference persons (those whose background has no declared shift) of a
balanced design: every trait is present in half of the projects, independently of the other traits. In that metric

* a path is a fully standardised regression coefficient (lavaan's ``std.all``);
* a trait's effect is the difference between its two levels in standard deviations of the factor, so the ``std.all``
  coefficient of its 0/1 dummy is half of it;
* a covariance is one between disturbances (for two factors without paths and traits: their correlation);
* a loading is the correlation of the latent response with its factor, negative for an item worded the other way round;
* a share is the share of reference persons who answer above the threshold with offset 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Annotated, Any, Self

import numpy as np
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

Share = Annotated[float, Field(ge=0, le=1)]
OpenShare = Annotated[float, Field(gt=0, lt=1)]
Loading = Annotated[float, Field(gt=-1, lt=1)]
Positive = Annotated[float, Field(gt=0)]
_STRICT = ConfigDict(extra="forbid")


class ParameterError(ValueError):
    """Declared parameters cannot be used; the message has one line a problem, each naming its key."""


@dataclass(frozen=True, config=_STRICT)
class Factor:
    """What a factor depends on: other factors declared before it (``paths``) and traits of the project.

    ``project_share``: for this factor's disturbance, instead of the general one.
    """

    paths: dict[str, float] = field(default_factory=dict)
    traits: dict[str, float] = field(default_factory=dict)
    project_share: OpenShare | None = None


@dataclass(frozen=True, config=_STRICT)
class Item:
    """One item: its standardised loading and the share of answers above the threshold with offset 0, as asked."""

    loading: Loading
    share: OpenShare


@dataclass(frozen=True, config=_STRICT)
class Block:
    """Items of one factor that share answer codes; ``offsets`` are the thresholds between successive codes.

    The thresholds of an item with share ``p`` are ``offsets + Phi^-1(1 - p)`` on its latent response.
    """

    factor: str
    codes: tuple[float, ...]
    offsets: tuple[float, ...]
    items: dict[str, Item]

    @model_validator(mode="after")
    def _thresholds_lie_between_codes(self) -> Self:
        if len(self.offsets) != len(self.codes) - 1:
            raise ValueError(f"{len(self.codes)} codes need {len(self.codes) - 1} offsets, found {len(self.offsets)}")
        if any(b <= a for a, b in zip(self.offsets, self.offsets[1:], strict=False)):
            raise ValueError("offsets must increase")
        if 0.0 not in self.offsets:
            raise ValueError("one offset must be 0: the threshold that an item's share belongs to")
        return self


@dataclass(frozen=True, config=_STRICT)
class Background:
    """A categorical background variable.

    ``shares`` maps category to share; with ``by`` (a background variable declared before) it maps each category of
    that variable to such shares. ``shifts``: how far persons of a category stand from the reference persons, per
    factor, in standard deviations. ``missing``: share without an answer.
    """

    shares: dict[str, Share] | dict[str, dict[str, Share]]
    by: str | None = None
    shifts: dict[str, dict[str, float]] = field(default_factory=dict)
    missing: Share = 0.0

    @property
    def tables(self) -> dict[str, dict[str, float]]:
        """Shares of the categories by category of ``by``; one table named ``""`` when there is no ``by``."""
        if self.by is None:
            return {"": {name: share for name, share in self.shares.items() if isinstance(share, float)}}
        return {name: table for name, table in self.shares.items() if isinstance(table, dict)}

    @property
    def categories(self) -> list[str]:
        """Every category, in order of first mention."""
        return list(dict.fromkeys(category for table in self.tables.values() for category in table))

    @model_validator(mode="after")
    def _shares_add_up(self) -> Self:
        nested = [isinstance(value, dict) for value in self.shares.values()]
        if any(nested) != (self.by is not None) or any(nested) != all(nested):
            raise ValueError("shares are by category, or with `by` one such table for each of its categories")
        for name, table in self.tables.items():
            if abs(sum(table.values()) - 1) > 1e-6:
                raise ValueError(f"shares{' of ' + name if name else ''} add up to {sum(table.values()):g}, not to 1")
        unknown = sorted(set(self.shifts) - set(self.categories))
        if unknown:
            raise ValueError(f"shifts of unknown categories {', '.join(unknown)}")
        return self


@dataclass(frozen=True, config=_STRICT)
class Quantity:
    """A measured quantity with a gamma distribution, rounded to ``decimals`` and kept within its bounds.

    ``since_opening``: it is a number of years that cannot exceed those since the person's project opened.
    """

    mean: Positive
    shape: Positive
    minimum: float
    maximum: float
    decimals: Annotated[int, Field(ge=0, le=6)] = 1
    since_opening: bool = False
    missing: Share = 0.0


@dataclass(frozen=True, config=_STRICT)
class Nonresponse:
    """Items left unanswered, independently of what the answer would have been.

    ``shares``: share of items by category of the background variable ``by``. Persons differ: their own share is that
    times a gamma variable with mean 1 and this ``shape``. ``reasons``: shares of the reasons.
    """

    by: str
    shares: dict[str, Share]
    shape: Positive
    reasons: dict[str, Share]

    @model_validator(mode="after")
    def _reasons_add_up(self) -> Self:
        if abs(sum(self.reasons.values()) - 1) > 1e-6:
            raise ValueError(f"reasons add up to {sum(self.reasons.values()):g}, not to 1")
        return self


@dataclass(frozen=True, config=_STRICT)
class Carelessness:
    """Shares of persons who answer in a way real files know; duplicates come on top of the persons."""

    straightliners: Share
    duplicates: Share
    empty: Share
    broken_off: Share


@dataclass(frozen=True, config=_STRICT)
class Parameters:
    """Everything that a simulated wave is made from. Field names are the keys below ``simulate.parameters``.

    ``project_share`` and ``project_wave_share``: share of a disturbance's variance that persons of a project have in
    common, in all waves and in one wave only. ``response_rate``: lowest and highest share of the invited who take
    part, by project.
    """

    traits: tuple[str, ...]
    factors: dict[str, Factor]
    covariances: dict[str, dict[str, float]]
    project_share: OpenShare
    project_wave_share: OpenShare
    response_rate: tuple[OpenShare, OpenShare]
    background: dict[str, Background]
    quantities: dict[str, Quantity]
    nonresponse: Nonresponse
    carelessness: Carelessness
    blocks: dict[str, Block]

    @property
    def factor_names(self) -> list[str]:
        """Names of the factors; a factor's paths come from factors before it."""
        return list(self.factors)

    @property
    def items(self) -> dict[str, tuple[Block, Item]]:
        """Each item with its block, in questionnaire order."""
        return {name: (block, item) for block in self.blocks.values() for name, item in block.items.items()}

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        problems = [*_factor_problems(self), *_person_problems(self), *_item_problems(self)]
        if self.response_rate[0] > self.response_rate[1]:
            problems.append("response_rate: the lowest stands above the highest")
        if problems:
            raise ValueError("\n".join(problems))
        levels = disturbance_levels(self)
        if np.linalg.eigvalsh(levels.persons)[0] <= 0:
            raise ValueError("project_share: with project_wave_share it leaves no positive variance between persons")
        return self


def _factor_problems(p: Parameters) -> list[str]:
    names = p.factor_names
    problems = []
    for place, (name, factor) in enumerate(p.factors.items()):
        late = sorted(set(factor.paths) - set(names[:place]))
        problems += [f"factors.{name}.paths.{other}: no factor of that name before {name}" for other in late]
        unknown = sorted(set(factor.traits) - set(p.traits))
        problems += [f"factors.{name}.traits.{trait}: not one of traits {', '.join(p.traits)}" for trait in unknown]
    for a, row in p.covariances.items():
        problems += [f"covariances.{a}.{b}: needs two different factors" for b in row if a == b or {a, b} - set(names)]
        problems += [f"covariances.{a}.{b}: declared twice" for b in row if a in p.covariances.get(b, {})]
    return problems


def _person_problems(p: Parameters) -> list[str]:
    problems = []
    seen: list[str] = []
    for name, variable in p.background.items():
        if variable.by is not None and variable.by not in seen:
            problems.append(f"background.{name}.by: no background variable {variable.by!r} before it")
        elif variable.by is not None and set(variable.tables) != set(p.background[variable.by].categories):
            problems.append(f"background.{name}.shares: one table for each category of {variable.by} is needed")
        unknown = sorted({factor for shift in variable.shifts.values() for factor in shift} - set(p.factors))
        problems += [f"background.{name}.shifts: no factor {factor}" for factor in unknown]
        seen.append(name)
    if p.nonresponse.by not in p.background:
        problems.append(f"nonresponse.by: no background variable {p.nonresponse.by!r}")
    else:
        missing = sorted(set(p.background[p.nonresponse.by].categories) - set(p.nonresponse.shares))
        problems += [f"nonresponse.shares: nothing for {p.nonresponse.by} {category}" for category in missing]
    return problems


def _item_problems(p: Parameters) -> list[str]:
    problems = [f"blocks.{n}.factor: no factor {b.factor!r}" for n, b in p.blocks.items() if b.factor not in p.factors]
    names = [name for block in p.blocks.values() for name in block.items] + [*p.background, *p.quantities]
    twice = sorted({name for name in names if names.count(name) > 1})
    return problems + [f"{name}: declared twice among blocks, background and quantities" for name in twice]


def trait_loadings(p: Parameters) -> np.ndarray:
    """Direct effects of the traits on the factors, n_factors by n_traits, in standard deviations of the factor."""
    return np.array([[factor.traits.get(t, 0.0) for t in p.traits] for factor in p.factors.values()]).reshape(
        len(p.factors), len(p.traits)
    )


def path_matrix(p: Parameters) -> np.ndarray:
    """Standardised paths, n_factors by n_factors: row is the outcome, strictly lower triangular."""
    names = p.factor_names
    return np.array([[factor.paths.get(name, 0.0) for name in names] for factor in p.factors.values()])


def disturbance_covariance(p: Parameters) -> np.ndarray:
    """Covariance of the disturbances, n_factors by n_factors; variances are what makes each factor's variance 1.

    Raises ``ValueError`` naming the factor that has no variance left, or when the matrix is not positive definite.
    """
    names = p.factor_names
    psi = np.zeros((len(names), len(names)))
    for a, row in p.covariances.items():
        for b, value in row.items():
            psi[names.index(a), names.index(b)] = psi[names.index(b), names.index(a)] = value
    for place, name in enumerate(names):
        explained = _total_covariance(p, psi)[place, place]
        if explained >= 1:
            raise ValueError(f"factors.{name}: paths and traits explain {explained:.3f} of its variance, not below 1")
        psi[place, place] = 1 - explained
    if np.linalg.eigvalsh(psi)[0] <= 0:
        raise ValueError("covariances: the disturbances have no positive definite covariance matrix")
    return psi


@dataclass(frozen=True, config=ConfigDict(arbitrary_types_allowed=True))
class DisturbanceLevels:
    """Covariances of the disturbances by level, each n_factors by n_factors; they add up to the whole.

    ``projects``: shared by a project's residents in all waves; ``project_waves``: in one wave; ``persons``: the rest.
    """

    projects: np.ndarray
    project_waves: np.ndarray
    persons: np.ndarray


def disturbance_levels(p: Parameters) -> DisturbanceLevels:
    """Split the disturbances' covariance ``Psi`` over the levels: ``S^1/2 Psi S^1/2`` with the shares ``S`` of a level.

    Disturbances are correlated alike at the levels of projects, so paths hold at every level and in the whole.
    """
    psi = disturbance_covariance(p)
    root = np.sqrt([factor.project_share or p.project_share for factor in p.factors.values()])
    projects = psi * np.outer(root, root)
    project_waves = psi * p.project_wave_share
    return DisturbanceLevels(projects, project_waves, psi - projects - project_waves)


def _total_covariance(p: Parameters, psi: np.ndarray) -> np.ndarray:
    gamma = trait_loadings(p)
    a = np.linalg.inv(np.eye(len(p.factors)) - path_matrix(p))
    return np.asarray(a @ (gamma @ gamma.T / 4 + psi) @ a.T)


def factor_covariance(p: Parameters) -> np.ndarray:
    """Implied correlation matrix of the factors among the reference persons of a balanced design."""
    return _total_covariance(p, disturbance_covariance(p))


def without_effects(p: Parameters) -> Parameters:
    """The same study with nothing to find: every path, trait effect, covariance and shift is exactly zero."""
    return replace(
        p,
        factors={
            name: replace(factor, paths=dict.fromkeys(factor.paths, 0.0), traits=dict.fromkeys(factor.traits, 0.0))
            for name, factor in p.factors.items()
        },
        covariances={},
        background={name: replace(variable, shifts={}) for name, variable in p.background.items()},
    )


def read_parameters(declared: Mapping[str, Any], *, key: str = "simulate.parameters") -> Parameters:
    """Check ``declared`` and return it as ``Parameters``; raises ``ParameterError`` naming each key below ``key``."""
    try:
        return TypeAdapter(Parameters).validate_python(dict(declared))
    except ValidationError as error:
        raise ParameterError(
            "\n".join(line for e in error.errors() for line in _lines(key, e["loc"], e["msg"]))
        ) from None


def _lines(key: str, location: tuple[int | str, ...], message: str) -> list[str]:
    """One line a problem; problems between keys name their keys themselves."""
    where = ".".join([*([key] if key else []), *map(str, location)])
    separator = ": " if location else "." if key else ""
    return [where + separator + line for line in message.removeprefix("Value error, ").split("\n")]
