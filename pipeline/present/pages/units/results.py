"""What one project or corporation is set beside: the others of its kinds, and whether it can be told from them.

All of it stands on published rows of ``group_results``. The mean of *others* is that of the published means of other
projects, each counting once, with the t interval of those means; a hidden project is not among them.

**Told apart** are two means whose intervals do not overlap. That is stricter than a test of one difference at the same
level (Schenker & Gentleman 2001): with about ten outcomes on a page it is about as strict as a test that allows for
their number, and readers can see it in the picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analysis.clusters.group_results import mean_of_units
from pipeline.present.bundle import ALL
from pipeline.present.context import Context
from pipeline.present.drawing.colours import INK, UNSURE, level_colours
from pipeline.present.drawing.svg import Colour

Side = Literal["higher", "lower", "alike", "unknown"]


@dataclass(frozen=True)
class Unit:
    """A project or corporation: its name in the tables, the name people know, its page and its projects."""

    kind: str
    key: str
    name: str
    slug: str
    projects: tuple[str, ...]


@dataclass(frozen=True)
class Estimate:
    """A mean with its interval (NaN: none), of ``n`` persons or projects; ``hidden``: there is one, not shown."""

    mean: float = math.nan
    lower: float = math.nan
    upper: float = math.nan
    n: float = math.nan
    hidden: bool = False

    @property
    def shown(self) -> bool:
        """Whether there is a mean to show."""
        return not math.isnan(self.mean)


@dataclass(frozen=True)
class Others:
    """Projects to set a unit beside: what they are called, their colour, which they are.

    ``kind``: the trait whose ``level`` they share with the unit; ``all`` for all others.
    """

    label: str
    colour: Colour
    projects: tuple[str, ...]
    kind: str = ALL
    level: str = ALL


OWN: Colour = INK


def own_estimate(context: Context, unit: Unit, outcome: str, wave: str = ALL) -> Estimate:
    """What was published of ``unit``."""
    row = context.bundle.row("group_results", outcome=outcome, division=unit.kind, group=unit.key, wave=wave)
    return _estimate(row)


def _estimate(row: pd.Series | None) -> Estimate:
    if row is None:
        return Estimate()
    if pd.isna(row["mean"]):
        return Estimate(hidden=True)
    mean, lower, upper, n = (float(row[name]) for name in ("mean", "ci_lower", "ci_upper", "n_obs"))
    return Estimate(mean, lower, upper, n)


def others_estimate(context: Context, others: Others, outcome: str, wave: str = ALL) -> Estimate:
    """The mean of the published means of ``others``; ``n`` counts those projects."""
    figures = [
        context.bundle.figure("group_results", "mean", outcome=outcome, division="project", group=project, wave=wave)
        for project in others.projects
    ]
    means = [mean for mean in figures if not math.isnan(mean)]
    if not means:
        return Estimate()
    found = mean_of_units(np.array(means), confidence=context.study.params.compare.confidence)
    return Estimate(*found, n=len(means))


def others_of(context: Context, unit: Unit) -> list[Others]:
    """Other projects of the same level of each trait (of a project), then all other projects; none that are empty."""
    every = [str(project) for project in context.bundle.tables["projects"]["project"]]
    rest = [project for project in every if project not in unit.projects]
    found = []
    if unit.kind == "project":
        for place, trait in enumerate(context.study.declaration.traits):
            level = level_of(context, unit.key, trait.name)
            alike = tuple(project for project in rest if level and level_of(context, project, trait.name) == level)
            # others that are all the others say nothing more
            if trait.of == "unit" and 0 < len(alike) < len(rest):
                which = [one.value for one in trait.levels].index(level)
                colour = level_colours(trait, place)[which]
                label = context.say("unit others level", units=context.units, level=context.level(trait.name, level))
                found.append(Others(label, colour, alike, trait.name, level))
    if rest:
        found.append(Others(context.say("unit others all", units=context.units), UNSURE, tuple(rest)))
    return found


def level_of(context: Context, project: str, trait: str) -> str:
    """The registered level of a project's trait; empty where none of the declared ones is."""
    row = context.bundle.row("project_traits", project=project, trait=trait)
    declared = context.trait_or_none(trait)
    level = "" if row is None else str(row["level"])
    return level if declared is not None and level in {one.value for one in declared.levels} else ""


def side_of(own: Estimate, others: Estimate) -> Side:
    """On which side of the others a mean lies, as far as intervals tell."""
    if any(math.isnan(end) for end in (own.lower, own.upper, others.lower, others.upper)):
        return "unknown"
    if own.lower > others.upper:
        return "higher"
    return "lower" if own.upper < others.lower else "alike"


def waves_shown(context: Context, unit: Unit, outcome: str) -> list[tuple[str, Estimate]]:
    """The waves in which a unit's mean of ``outcome`` is shown, in their order."""
    found = [(wave, own_estimate(context, unit, outcome, wave)) for wave in wave_names(context)]
    return [(wave, estimate) for wave, estimate in found if estimate.shown]


def wave_names(context: Context) -> list[str]:
    """The pool's waves as declared."""
    return [str(wave) for wave in context.bundle.tables["waves"]["wave"]]


def wave_labels(context: Context) -> dict[str, str]:
    """A wave by the year it began; by its own name where two began in one year."""
    waves = context.bundle.tables["waves"]
    labels = {str(wave): str(start)[:4] for wave, start in zip(waves["wave"], waves["start"], strict=True)}
    twice = len(set(labels.values())) < len(labels) or "" in labels.values()
    return {wave: wave for wave in labels} if twice else labels


def outcomes_of(context: Context) -> list[str]:
    """The declared outcomes that anybody has a published or hidden result on."""
    measured = set(context.bundle.tables["group_results"]["outcome"])
    return [outcome for outcome in context.study.declaration.outcomes if outcome in measured]


def sorted_by_side(pairs: Sequence[tuple[str, Side]], side: Side) -> list[str]:
    """Outcomes on one side, in order."""
    return [outcome for outcome, found in pairs if found == side]
