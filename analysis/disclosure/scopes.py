"""Which results from some of the persons would tell of the few people by whom two such results differ.

Some of the persons: of a wave, of the analysed, without those who answered carelessly, without a project.

Every choice of persons is a part of a whole that is published too, so that a result is hidden where the persons by
whom it differs are too few: the project left out (``left_out``), a level of the trait that is compared, the others who
take part beside the analysed, a wave, and those flagged as careless. Of the flagged there are seldom ten, and nobody is
told which they are; a result without them stays where its rounding leaves a range of ``Rounding.width`` for their mean.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.disclosure.groups import Mask
from analysis.disclosure.left_out import HiddenProjects, Traits, projects_to_hide_by_wave

ALL, UNTIL, NONE, UNTOUCHED = "all", "until:", "none", "-"
AVERAGED = 1.96 / math.sqrt(6)
"""Half a 95 per cent interval for the difference of two rounded estimates, in units of their rounding."""
STEP = 0.05
"""How finely it is told what share of the persons has the answers a result stands on."""


@dataclass(frozen=True)
class Rounding:
    """``decimals`` of the estimates, and how close is too close.

    ``width``: of the range that two rounded estimates must leave for the mean of the few by whom they differ, in
    standard deviations."""

    decimals: int
    width: float

    def persons_for(self, few: float, repeats: int = 1) -> float:
        """Persons in a comparison at which ``few`` of them stay hidden in the rounding.

        An estimate that compares halves of N persons moves by 2 d / N when one of them deviates by d. Two estimates
        rounded to units u tell their difference to within u on either side, so the mean of ``few`` to within a range
        of u N / few. ``repeats`` such pairs, each calculated and rounded in another way, tell it more closely: the mean
        of their differences has a rounding error of standard deviation u / sqrt(6 repeats), so that 1.96 of these on
        either side are ``AVERAGED / sqrt(repeats)`` of the range that one pair leaves for certain.
        """
        closer = AVERAGED / math.sqrt(repeats) if repeats > 1 else 1.0
        return few * self.width / (10.0**-self.decimals * closer)


@dataclass(frozen=True)
class Persons:
    """Whose answers a result stands on, as the choices of a specification name it; ``waves``: names, in order."""

    waves: tuple[str, ...]
    everybody: bool = False
    careful: bool = False


@dataclass(frozen=True)
class Sizes:
    """How many persons there are: ``frame`` with the columns wave, population (``analysed`` | ``others``), careless
    (``true`` | ``false``), variable (``all``, ``project`` or a trait), level, n. ``waves``: all of them, in order."""

    frame: pd.DataFrame
    waves: tuple[str, ...]
    _found: dict[tuple[Persons, str], dict[str, float]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @cached_property
    def _counts(self) -> pd.Series:
        keys = ["variable", "wave", "population", "careless", "level"]
        return self.frame.groupby(keys, sort=True)["n"].sum()

    def by_level(self, persons: Persons, variable: str) -> dict[str, float]:
        """Persons of every level of ``variable`` among ``persons``."""
        key = persons, variable
        if key not in self._found:
            found: dict[str, float] = {}
            if variable in self._counts.index.get_level_values(0):
                for (wave, population, careless, level), n in self._counts.loc[variable].items():
                    taken = wave in persons.waves and (persons.everybody or population == "analysed")
                    if taken and not (persons.careful and careless == "true"):
                        found[level] = found.get(level, 0.0) + float(n)
            self._found[key] = found
        return self._found[key]

    def total(self, persons: Persons) -> float:
        """All ``persons``."""
        return sum(self.by_level(persons, ALL).values())


@dataclass(frozen=True)
class Columns:
    """Where a table says whose answers a row stands on; an empty name: the table leaves it as it is.

    ``estimate``: the result, where a table has it of the same persons in several ways. ``compared``: the traits a claim
    compares, by claim.
    """

    claim: str
    waves: str
    base: str
    residents: str = ""
    careless: str = ""
    left_out: str = ""
    estimate: str = ""
    compared: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass
class Scopes:
    """Decides which results from some of the persons are shown.

    ``unit_traits``: those that ``traits`` has the levels of, in that order."""

    sizes: Sizes
    traits: Traits
    unit_traits: Sequence[str]
    minimum_group: int
    rounding: Rounding
    _hidden: dict[tuple[bool, bool, int], HiddenProjects] = field(default_factory=dict, init=False, repr=False)

    def rows_to_hide(self, frame: pd.DataFrame, columns: Columns) -> Mask:
        """Rows of ``frame`` that would tell of few; rows of nobody (base 0) have nothing to tell."""
        names = [columns.claim, columns.waves, columns.residents, columns.careless, columns.left_out]
        told = [frame[name].astype(str).to_list() if name else [""] * len(frame) for name in names]
        bases = frame[columns.base].to_numpy(dtype=float)
        hidden = np.zeros(len(frame), dtype=bool)
        answers: dict[tuple[object, ...], bool] = {}
        ways = _ways(frame, columns, told)
        for row, (claim, waves, residents, careless, left_out) in enumerate(zip(*told, strict=True)):
            persons = Persons(self.waves_of(waves), residents == ALL, careless == "drop")
            project = "" if left_out in ("", NONE, UNTOUCHED) else left_out
            share = self._share(persons, project, bases[row])
            repeats = ways[claim, waves, residents, careless, left_out]
            key = claim, persons, project, share, repeats
            if key not in answers:
                compared = columns.compared.get(claim, ())
                answers[key] = self._tells(persons, project, share, compared, repeats)
            hidden[row] = answers[key] and bases[row] > 0
        return hidden

    def waves_of(self, choice: str) -> tuple[str, ...]:
        """The waves that a choice names; none when its sizes are not known."""
        if choice in (ALL, UNTOUCHED):
            return self.sizes.waves
        last = choice.removeprefix(UNTIL)
        if last not in self.sizes.waves:
            return ()
        return self.sizes.waves[: self.sizes.waves.index(last) + 1] if choice.startswith(UNTIL) else (last,)

    def _share(self, persons: Persons, project: str, base: float) -> int:
        """Which share of ``persons`` the base is, in steps of ``STEP``, rounded down."""
        size = self.sizes.total(persons) - self.sizes.by_level(persons, "project").get(project, 0.0)
        share = min(base / size, 1.0) if size > 0 and np.isfinite(base) else 1.0
        return int(np.floor(share / STEP + 1e-9))

    def _tells(self, persons: Persons, project: str, share: int, compared: Sequence[str], repeats: int) -> bool:
        """Whether a result from ``persons`` without ``project``, published in ``repeats`` ways, tells of few."""
        few = self.few
        if not persons.waves:
            return True  # nobody knows how many
        total, careful = self.sizes.total(persons), Persons(persons.waves, persons.everybody, True)
        if persons.everybody and few(total - self.sizes.total(Persons(persons.waves, False, persons.careful))):
            return True
        if persons.careful:
            kept = Persons(persons.waves, persons.everybody)
            if self._flagged_told(self.sizes.total(kept) - self.sizes.total(careful), total, repeats):
                return True
        if self._waves_told(persons):
            return True
        if project and project not in self.sizes.by_level(Persons(self.sizes.waves, True), "project"):
            return True  # nobody knows how many
        if project and project in self.hidden_projects(persons.everybody, persons.careful, share).within(persons.waves):
            return True
        return any(few(n) for trait in compared for n in self._levels(persons, trait, project).values())

    def few(self, n: float) -> bool:
        """Whether ``n`` persons are some, and too few."""
        return 0 < n < self.minimum_group

    def _flagged_told(self, flagged: float, total: float, repeats: int = 1) -> bool:
        return self.few(flagged) and total < self.rounding.persons_for(flagged, repeats)

    def _waves_told(self, persons: Persons) -> bool:
        """Whether a wave that is part of ``persons``, or that they lack, has few."""
        if len(persons.waves) == len(self.sizes.waves):
            return False
        of_waves = {
            wave: self.sizes.total(Persons((wave,), persons.everybody, persons.careful)) for wave in self.sizes.waves
        }
        small = [wave for wave in self.sizes.waves if self.few(of_waves[wave])]
        if not small:
            return False
        # a small wave hides behind the next smallest, and sums of several waves would tell them apart
        others = sorted((n, wave) for wave, n in of_waves.items() if wave not in small and n > 0)
        while others and (len(small) < 2 or sum(of_waves[wave] for wave in small) < self.minimum_group):
            small.append(others.pop(0)[1])
        return len(persons.waves) > 1 or persons.waves[0] in small

    def _levels(self, persons: Persons, trait: str, project: str) -> dict[str, float]:
        """Persons of every level of ``trait``, without the project where its level is known."""
        levels = dict(self.sizes.by_level(persons, trait))
        if project in self.traits and trait in self.unit_traits:
            level = self.traits[project][list(self.unit_traits).index(trait)]
            if level in levels:
                levels[level] -= self.sizes.by_level(persons, "project").get(project, 0.0)
        return levels

    def hidden_projects(self, everybody: bool, careful: bool, share: int = round(1 / STEP)) -> HiddenProjects:
        """Projects without which no result of these persons is shown, where ``share`` of them has the answers."""
        key = everybody, careful, share
        if key not in self._hidden:
            alone = {wave: Persons((wave,), everybody, careful) for wave in self.sizes.waves}
            self._hidden[key] = projects_to_hide_by_wave(
                {
                    wave: {name: n * share * STEP for name, n in self.sizes.by_level(persons, "project").items()}
                    for wave, persons in alone.items()
                },
                self.traits,
                minimum_group=self.minimum_group,
                secret={wave: self._with_few(persons) for wave, persons in alone.items()},
                secret_overall=self._with_few(Persons(self.sizes.waves, everybody, careful)),
            )
        return self._hidden[key]

    def _with_few(self, persons: Persons) -> set[str]:
        """Projects of which the others, or the flagged, are so few that they would be told apart."""
        there = self.sizes.by_level(persons, "project")
        return {name for name, n in there.items() if self._part_is_few(persons, name, n)}

    def _part_is_few(self, persons: Persons, project: str, n: float) -> bool:

        def size(everybody: bool, careful: bool) -> float:
            return self.sizes.by_level(Persons(persons.waves, everybody, careful), "project").get(project, 0.0)

        if persons.everybody and self.few(n - size(False, persons.careful)):
            return True
        flagged = size(persons.everybody, False) - n
        return persons.careful and self._flagged_told(flagged, self.sizes.total(persons))


def _ways(frame: pd.DataFrame, columns: Columns, told: Sequence[Sequence[str]]) -> dict[tuple[str, ...], int]:
    """How many different results there are of the same persons; one that was rounded alike again says nothing more."""
    keys = list(zip(*told, strict=True))
    if not columns.estimate:
        return dict.fromkeys(keys, 1)
    different = set(zip(keys, frame[columns.estimate].astype("float64").round(6).fillna(0.0), strict=True))
    return Counter(key for key, _ in different)


def medians_to_hide(
    choices: pd.DataFrame, results: pd.DataFrame, hidden: Mask, *, claim: str, axis: str, choice: str
) -> Mask:
    """Rows of ``choices`` that sum up results of which fewer than half are shown.

    ``results``: a row each, with a status; one of ``choices`` sums up those of a claim that made a choice.
    ``axis``, ``choice``: the columns that name a column of ``results`` and a value of it.
    """
    found = results["status"].to_numpy() == "ok"
    counted = results[found].assign(hidden=hidden[found])
    share: dict[tuple[str, str, str], float] = {}
    for name in choices[axis].unique():
        if name in counted:
            shares = counted.groupby([claim, name], sort=True)["hidden"].mean()
            share |= {(str(of), str(name), str(made)): float(value) for (of, made), value in shares.items()}
    rows = choices[[claim, axis, choice]].astype(str).itertuples(index=False, name=None)
    return np.asarray([share.get(row, 0.0) > 0.5 for row in rows], dtype=bool)


def curves_to_hide(curves: pd.DataFrame, results: pd.DataFrame, hidden: Mask, *, claim: str) -> Mask:
    """Rows of ``curves``, one a claim, that sum up results of which fewer than half are shown (``medians_to_hide``)."""
    found = results["status"].to_numpy() == "ok"
    shares = results[found].assign(hidden=hidden[found]).groupby(claim, sort=True)["hidden"].mean()
    return np.asarray([shares.get(of, 0.0) > 0.5 for of in curves[claim]], dtype=bool)
