"""What a specification is: one choice on each of ten axes, and the claims that are answered together.

=============== ========================================================================================================
score           ``mean``: the instrument's own rule, over enough answered items, as a mean of items · ``sum``: complete
                sets of items only · ``latent``: the factor behind the items · ``ordinal``: the same from polychoric
                correlations
estimator       ``ols`` (observed scores) · ``ml`` (one model, its own errors) · ``mlr`` (one model, robust errors) ·
                ``sam`` (measurement first) · ``wlsmv`` (ordinal)
missing         ``listwise`` · ``fiml`` (every answer given counts) · ``imputation`` (multiple, pooled by Rubin's rules)
careless        ``keep`` · ``drop`` whoever is flagged
residents       ``analysed`` (the persons the claims are about) · ``all``
covariates      ``none`` · ``adjusted`` (for the declared background variables; for the role too where all take part)
alternative     by name: which construct takes the place of which
clustering      ``ignored`` · ``cluster_robust`` (CR2, Satterthwaite) · ``project_means`` (effects only) · ``mixed``
                (effects of a trait of persons only)
waves           ``all`` · a wave · ``until:<wave>``: it and those before
left_out        ``none`` · a project
=============== ========================================================================================================

An axis that does not touch a family of claims is ``-`` for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields, replace
from typing import Literal

UNTOUCHED = "-"
UNTIL = "until:"


@dataclass(frozen=True, order=True)
class Specification:
    """One choice on every axis."""

    score: str = UNTOUCHED
    estimator: str = UNTOUCHED
    missing: str = UNTOUCHED
    careless: str = UNTOUCHED
    residents: str = UNTOUCHED
    covariates: str = UNTOUCHED
    alternative: str = UNTOUCHED
    clustering: str = UNTOUCHED
    waves: str = UNTOUCHED
    left_out: str = UNTOUCHED

    @property
    def key(self) -> str:
        """A stable id: the choices in the order of the axes, joined by points."""
        return ".".join(astuple(self))

    @property
    def choices(self) -> dict[str, str]:
        """The choice on every axis, by the axis's name."""
        return {axis: getattr(self, axis) for axis in AXES}

    def choosing(self, **choices: str) -> Specification:
        """The same with other choices on the axes named."""
        return replace(self, **choices)

    @property
    def fit(self) -> Specification:
        """What one fit answers together with this: without the clustering, and with ``ml`` for ``mlr``, since both
        have the same estimates and differ in their errors alone."""
        return self.choosing(clustering=UNTOUCHED, estimator="ml" if self.estimator == "mlr" else self.estimator)

    @classmethod
    def of(cls, choices: Mapping[str, str]) -> Specification:
        """From choices by axis; axes that are not there are untouched."""
        return cls(**{axis: choices[axis] for axis in AXES if axis in choices})


AXES: tuple[str, ...] = tuple(field.name for field in fields(Specification))


@dataclass(frozen=True)
class Family:
    """Claims that one fit answers: about one model (``kind`` ``model``), or about effects on one outcome (``effect``).

    ``name``: of the model or the outcome. ``claims``: ids. ``of``: whether traits of units or of persons have the
    effect (``unit`` where there is any; empty for a model). ``constructs``: the scales the family is about, those that
    its score is derived from included.
    """

    name: str
    kind: Literal["model", "effect"]
    claims: tuple[str, ...]
    of: Literal["unit", "person", ""]
    constructs: tuple[str, ...]
