"""The cross of all choices that make sense for a family of claims, and which of it is run.

What makes no sense, and why, stands in ``rules.RULES``; everything else is crossed with everything. Waves and projects
left out (``places``) are crossed with what is left, so that the whole can be counted without being made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.multiverse.inputs import Inputs
from analysis.multiverse.rules import RULES, facts_of
from analysis.multiverse.specification import AXES, UNTIL, UNTOUCHED, Family, Specification

_PLACES = ("waves", "left_out")
_WAYS = tuple(axis for axis in AXES if axis not in _PLACES)


@dataclass(frozen=True)
class Cross:
    """All combinations that make sense for ``family``; ``main`` is the one the verdict stands on.

    ``ways``: combinations of all axes but waves and left_out; ``places``: of those two; crossed with each other, ways
    first. ``beside``: specifications beside the cross (waves ``until:``), run one choice away from the main one.
    """

    family: Family
    main: Specification
    ways: tuple[Specification, ...]
    places: tuple[tuple[str, str], ...]
    beside: tuple[Specification, ...] = ()

    @property
    def n(self) -> int:
        """How many specifications there are."""
        return len(self.ways) * len(self.places) + len(self.beside)

    def at(self, number: int) -> Specification:
        """Specification ``number`` (from 0, the main one) of the cross; ``beside`` comes last."""
        crossed = len(self.ways) * len(self.places)
        if number >= crossed:
            return self.beside[number - crossed]
        way, place = divmod(number, len(self.places))
        waves, left_out = self.places[place]
        return self.ways[way].choosing(waves=waves, left_out=left_out)

    def index(self, specification: Specification) -> int:
        """The number of ``specification``; raises ``ValueError`` for one that makes no sense."""
        if specification in self.beside:
            return len(self.ways) * len(self.places) + self.beside.index(specification)
        way = specification.choosing(waves=UNTOUCHED, left_out=UNTOUCHED)
        place = self.places.index((specification.waves, specification.left_out))
        if way not in self._number_of_way:
            raise ValueError(f"no such specification: {specification.key}")
        return self._number_of_way[way] * len(self.places) + place

    @cached_property
    def _number_of_way(self) -> dict[Specification, int]:
        return {way: i for i, way in enumerate(self.ways)}

    def blocks(self, numbers: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """The fit that answers each of the specifications ``numbers`` of ways and places; fits are numbered."""
        way, place = np.divmod(numbers, len(self.places))
        return np.asarray(self._fit_of_way[way] * len(self.places) + place)

    @cached_property
    def _fit_of_way(self) -> npt.NDArray[np.intp]:
        fits: dict[Specification, int] = {}
        return np.array([fits.setdefault(way.fit, len(fits)) for way in self.ways], dtype=np.intp)

    def nearest(self) -> list[Specification]:
        """For every choice that the main specification does not make, the specification that makes it and differs
        least otherwise: on no other axis where that makes sense, else on as few as possible, earlier ones first."""
        found: dict[Specification, None] = {}
        for axis in _WAYS:
            for choice in dict.fromkeys(getattr(way, axis) for way in self.ways):
                if choice != getattr(self.main, axis):
                    making = (way for way in self.ways if getattr(way, axis) == choice)
                    nearest = min(making, key=lambda way: sum(getattr(way, a) != getattr(self.main, a) for a in _WAYS))
                    found[nearest.choosing(waves=self.main.waves, left_out=self.main.left_out)] = None
        for waves, left_out in self.places:
            if (waves == self.main.waves) != (left_out == self.main.left_out):
                found[self.main.choosing(waves=waves, left_out=left_out)] = None
        return [*found, *self.beside]


def main_specification(inputs: Inputs, family: Family) -> Specification:
    """The choices that the published verdict on the family's claims stands on.

    Models: the factors with everything else, robust errors that allow for projects where there are enough of them,
    every answer. Effects of traits of units: means of projects of the instrument's scores. Effects of traits of
    persons: a random intercept per project, or persons alone where no projects are known.
    """
    common = {
        "careless": "keep", "residents": "analysed", "covariates": "none", "waves": "all", "left_out": "none",
        "alternative": next(iter(alternatives_touching(inputs, family)), UNTOUCHED),
    }  # fmt: skip
    n_projects = len(inputs.projects)
    if family.kind == "model":
        clustering = "cluster_robust" if n_projects >= inputs.minimum_units else "ignored"
        return Specification(score="latent", estimator="mlr", missing="fiml", clustering=clustering, **common)
    clustering = "project_means" if family.of == "unit" else "mixed" if n_projects > 1 else "ignored"
    return Specification(score="mean", estimator="ols", missing="listwise", clustering=clustering, **common)


def alternatives_touching(inputs: Inputs, family: Family) -> dict[str, Mapping[str, str]]:
    """The declared alternatives, where any of them exchanges a construct of ``family``; the first is the main one."""
    exchanged = {old for exchange in inputs.alternatives.values() for old in exchange}
    return dict(inputs.alternatives) if exchanged & set(family.constructs) else {}


def cross(inputs: Inputs, family: Family) -> Cross:
    """The combinations that make sense for ``family`` with these data. The main one is always among them."""
    main, facts = main_specification(inputs, family), facts_of(inputs, family)
    declared: dict[str, tuple[str, ...]] = {axis: tuple(inputs.choices.get(axis, ())) for axis in _WAYS}
    declared["alternative"] = tuple(alternatives_touching(inputs, family))
    values = [tuple(dict.fromkeys((getattr(main, axis), *declared[axis]))) for axis in _WAYS]
    candidates = (Specification.of(dict(zip(_WAYS, choices, strict=True))) for choices in product(*values))
    kept = [s for s in candidates if all(rule.holds(s, facts) for rule in RULES)]
    unplaced = main.choosing(waves=UNTOUCHED, left_out=UNTOUCHED)
    ways = tuple(dict.fromkeys((unplaced, *kept)))
    places, until = _places(inputs, family)
    return Cross(family, main, ways, places, tuple(main.choosing(waves=waves) for waves in until))


def _places(inputs: Inputs, family: Family) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Pairs of waves and project left out, the main one first; and the waves-until that are neither one wave nor all.

    A wave by itself only where several asked what the claims are about; a project is left out only of waves in which
    it took part, and where others remain.
    """
    asked = inputs.persons[inputs.persons["analysed"].to_numpy(bool) & _asked(inputs, family)]
    waves = tuple(wave for wave in inputs.waves if (asked["wave"] == wave).any())
    each_wave = waves if len(waves) > 1 and "each" in inputs.choices.get("waves", ()) else ()
    pairs = []
    for chosen in ("all", *each_wave):
        there = projects_of(asked[in_waves(asked, chosen, inputs.waves)], inputs.cluster)
        left_out = there if "each" in inputs.choices.get("left_out", ()) and len(there) > 1 else ()
        pairs += [(chosen, project) for project in ("none", *left_out)]
    return tuple(pairs), tuple(f"{UNTIL}{wave}" for wave in each_wave[1:-1])


def _asked(inputs: Inputs, family: Family) -> npt.NDArray[np.bool_]:
    """Who of everybody answered something that the family is about, and has a level of a trait whose effect it is."""
    persons = inputs.persons
    items = [item for name in family.constructs if name in inputs.scales for item in inputs.scales[name].item_names]
    outcome = [name for name in (items or [family.name]) if name in persons.columns]
    asked = persons[outcome].notna().any(axis=1) if outcome else pd.Series(True, index=persons.index)
    dummies = [trait.dummy for trait in inputs.traits if trait.of == family.of]
    if dummies:
        asked &= persons[dummies].notna().any(axis=1)
    return asked.to_numpy(bool)


def projects_of(persons: pd.DataFrame, cluster: str) -> tuple[str, ...]:
    """The known projects of ``persons``, by name."""
    return tuple(sorted(persons[cluster].dropna().astype("str").unique()))


def in_waves(persons: pd.DataFrame, waves: str, order: tuple[str, ...]) -> pd.Series[bool]:
    """Who answered in ``waves``: ``all``, a wave, or ``until:<wave>`` in the ``order`` of the waves."""
    if waves in ("all", UNTOUCHED):
        return pd.Series(True, index=persons.index)
    until = waves.removeprefix(UNTIL)
    wanted = order[: order.index(until) + 1] if waves.startswith(UNTIL) else (until,)
    return persons["wave"].isin(wanted)


def drawn(crossed: Cross, *, n: int, seed: int) -> list[Specification]:
    """``n`` specifications (0: every one; all where there are fewer): the main one, those nearest to it with every
    other choice (``Cross.nearest``), then others at random without replacement, in the order of the cross.

    Others are drawn in blocks of those that one fit answers (``Specification.fit``), since a fit costs what its errors
    do not. The blocks are laid on a ring in random order, and as many neighbours as are wanted taken from a random
    place on: a systematic sample of clusters, in which every one of them has the same chance (Cochran 1977, Sampling
    Techniques, 3rd ed., ch. 8 and 9A) and all blocks but the two at the ends are whole.
    """
    first = [crossed.main, *crossed.nearest()]
    if n == 0 or n >= crossed.n:
        known = set(first)
        return first + [s for s in map(crossed.at, range(crossed.n)) if s not in known]
    if n <= len(first):
        return first[:n]
    taken = {crossed.index(specification) for specification in first}
    rest = np.setdiff1d(np.arange(crossed.n), sorted(taken), assume_unique=True)
    rng = np.random.default_rng(seed)
    blocks = np.unique(crossed.blocks(rest), return_inverse=True)[1]
    place = rng.permutation(blocks.max() + 1)
    ring = rest[np.argsort(place[blocks], kind="stable")]
    chosen = np.roll(ring, -int(rng.integers(len(ring))))[: n - len(first)]
    return first + [crossed.at(int(number)) for number in np.sort(chosen)]
