"""Results without one project: which of them would tell of the few people of a project.

A result from everybody and the same result without a project give away what the people of that project answered. With
project means as the units that is exact: the two differ by the project's residual times a factor that follows from
public facts (which project has which traits). The residuals of all projects add up to zero over everybody and over
every level of a trait, and the standard error tells the sum of their squares. So the results without a small project
are hidden, and others with them until what is known of the hidden residuals leaves each small one free in at least two
directions: then neither the sums nor the sum of squares can fix it.

Over waves the same project is a whole with parts: whoever knows all its people, and those of all waves but one, knows
those of that wave. Hidden parts come in twos, and make ``minimum_group`` persons together, or the whole is hidden too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.disclosure.groups import Mask

FREE = 2
"""Directions in which the residuals of hidden projects must stay free (one is fixed by the sum of squares)."""

TOLERANCE = 1e-9

Traits = Mapping[str, tuple[str, ...]]
"""The levels of every project's traits, by project."""


def projects_to_hide(
    sizes: Mapping[str, float], traits: Traits, *, minimum_group: int, secret: Collection[str] = ()
) -> frozenset[str]:
    """Projects without which no result may be shown: those of 1 to ``minimum_group - 1`` persons, those that are
    ``secret`` for other reasons, and the smallest others that keep these from being worked out.

    ``sizes``: persons by project; one of nobody has no results. When nothing else is left, every project is hidden.
    """
    there = {name: size for name, size in sizes.items() if size > 0}
    secrets = {name for name, size in there.items() if size < minimum_group} | (set(secret) & set(there))
    hidden = set(secrets)
    while hidden and len(hidden) < len(there):
        told = _told(secrets, hidden, traits)
        if told is None and sum(there[name] for name in hidden) >= minimum_group:
            break
        alike = traits.get(told, ()) if told is not None else None
        others = (name for name in there if name not in hidden)
        hidden.add(min(others, key=lambda name: (traits.get(name, ()) != alike, there[name], name)))
    return frozenset(hidden)


def _told(secrets: Collection[str], hidden: Collection[str], traits: Traits) -> str | None:
    """A secret project whose residual is not free enough; None when all are."""
    names = sorted(hidden)
    free = free_directions(names, traits)
    for i, name in enumerate(names):
        # the directions that move this residual, and those that move others along with them
        if name in secrets and (free.shape[1] < FREE or not np.abs(free[i]).max(initial=0.0) > TOLERANCE):
            return name
    return None


def free_directions(names: Sequence[str], traits: Traits) -> np.ndarray:
    """A basis (projects by directions) of the changes in the residuals of ``names`` that leave their sums as they are.

    The sums over everybody and over every level of every trait."""
    columns = [np.ones(len(names))]
    for i in range(max((len(traits.get(name, ())) for name in names), default=0)):
        levels = [traits[name][i] if name in traits else "" for name in names]
        columns += [np.asarray([level == one for level in levels], dtype=float) for one in sorted(set(levels))]
    left, singular, _ = np.linalg.svd(np.column_stack(columns), full_matrices=True)
    return left[:, int((singular > TOLERANCE).sum()) :]


@dataclass(frozen=True)
class HiddenProjects:
    """Projects without which no result may be shown: among everybody, and by wave."""

    overall: frozenset[str]
    by_wave: Mapping[str, frozenset[str]]

    def within(self, waves: Collection[str]) -> frozenset[str]:
        """The same for a result from these waves: of one of them alone, or of any when they are some of several."""
        if len(waves) == len(self.by_wave):
            return self.overall
        return frozenset().union(*(self.by_wave[wave] for wave in waves))


def projects_to_hide_by_wave(
    sizes: Mapping[str, Mapping[str, float]],
    traits: Traits,
    *,
    minimum_group: int,
    secret: Mapping[str, Collection[str]] | None = None,
    secret_overall: Collection[str] = (),
) -> HiddenProjects:
    """As ``projects_to_hide``, for all waves together and each alone (``sizes`` and ``secret``: by wave).

    What is hidden overall is also hidden in each wave, and a project that is hidden in one wave is hidden in another,
    or overall, so that it does not follow from the waves that are shown.
    """
    secrets = {wave: set((secret or {}).get(wave, ())) for wave in sizes}
    total: dict[str, float] = {}
    for by_project in sizes.values():
        for name, size in by_project.items():
            total[name] = total.get(name, 0.0) + size
    whole = set(secret_overall)
    while True:
        overall = projects_to_hide(total, traits, minimum_group=minimum_group, secret=whole)
        by_wave = {
            wave: projects_to_hide(by_project, traits, minimum_group=minimum_group, secret=secrets[wave] | overall)
            for wave, by_project in sizes.items()
        }
        missing = _followed(sizes, overall, by_wave, minimum_group=minimum_group)
        if missing is None:
            return HiddenProjects(overall, by_wave)
        name, wave = missing
        (whole if wave is None else secrets[wave]).add(name)


def _followed(
    sizes: Mapping[str, Mapping[str, float]],
    overall: Collection[str],
    by_wave: Mapping[str, Collection[str]],
    *,
    minimum_group: int,
) -> tuple[str, str | None] | None:
    """A project that follows by subtracting waves, with the wave (None: the whole) to hide it in as well."""
    for name in sorted({name for hidden in by_wave.values() for name in hidden} - set(overall)):
        there = {wave: by_project.get(name, 0.0) for wave, by_project in sizes.items() if by_project.get(name, 0.0) > 0}
        hidden = [wave for wave in there if name in by_wave[wave]]
        if len(hidden) >= FREE and sum(there[wave] for wave in hidden) >= minimum_group:
            continue
        shown = [wave for wave in there if wave not in hidden]
        return name, min(shown, key=lambda wave: (there[wave], wave)) if shown else None
    return None


def rows_without_few(
    table: pd.DataFrame,
    traits: Traits,
    *,
    minimum_group: int,
    by: Sequence[str],
    project: str,
    nobody: str,
    lacking: str,
) -> Mask:
    """Rows of ``table`` (results without one ``project``, each in turn, for every ``by``) that would tell of few.

    ``lacking``: the persons of the project; ``nobody``: its name in the row that lacks nobody."""
    hidden = np.zeros(len(table), dtype=bool)
    for rows in table.reset_index(drop=True).groupby(list(by), sort=True).indices.values():
        names, sizes = table[project].iloc[rows].to_numpy(), table[lacking].iloc[rows].to_numpy(dtype=float)
        there = {str(name): float(n) for name, n in zip(names, sizes, strict=True) if name != nobody}
        hidden[rows] = np.isin(names, list(projects_to_hide(there, traits, minimum_group=minimum_group)))
    return hidden
