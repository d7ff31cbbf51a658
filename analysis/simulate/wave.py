"""One simulated wave: from declared parameters to what residents answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pandas as pd

from analysis.simulate.items import answers
from analysis.simulate.latent import disturbances, factors_from, project_disturbance, stream
from analysis.simulate.parameters import Parameters, disturbance_levels
from analysis.simulate.persons import background, received, shifts
from analysis.simulate.responding import background_reasons, item_reasons, order_with_duplicates, straightline

FIRST_SOURCE = 1001


@dataclass(frozen=True)
class ProjectDesign:
    """A project of a wave: its id, how many residents were invited, which traits (by name) it has, and its age."""

    project: str
    invited: int
    traits: Mapping[str, bool]
    years_open: float = float("inf")


@dataclass(frozen=True)
class WaveDesign:
    """What is fixed before anybody answers.

    ``allowed``: categories a background variable is limited to in this wave. ``dates``: first and last day of each
    date variable.
    """

    wave: str
    pool: str
    projects: tuple[ProjectDesign, ...]
    allowed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    dates: Mapping[str, tuple[date, date]] = field(default_factory=dict)


@dataclass(frozen=True)
class SimulatedWave:
    """A wave as residents answered it; the frames share their rows, one a questionnaire, duplicates included.

    ``answers``: codes as asked, categories, quantities and ISO dates, missing where ``reasons`` says why.
    ``project``: the project's id. ``source``: the number of the questionnaire, which duplicates share.
    ``factors``: the latent values behind the answers; for tests, they stand in no file.
    """

    answers: pd.DataFrame
    reasons: pd.DataFrame
    project: pd.Series
    source: pd.Series
    factors: pd.DataFrame


def simulate_wave(p: Parameters, design: WaveDesign, *, seed: int) -> SimulatedWave:
    """Simulate one wave.

    The same parameters, design and seed give the same wave, whatever other waves are made before it; what a project's
    residents have in common lasts from wave to wave of a pool. Raises ``ValueError`` when the design allows no
    category of a background variable.
    """
    counts = [_received(p, design, project, seed) for project in design.projects]
    n = sum(counts)
    years_open = np.repeat([project.years_open for project in design.projects], counts)
    people = background(p, years_open=years_open, allowed=design.allowed, rng=stream(seed, "background", design.wave))
    factors = _factors(p, design, counts, seed) + shifts(p, people)
    items = answers(p, factors=factors, rng=stream(seed, "answers", design.wave))
    items = straightline(p, items, rng=stream(seed, "straightlining", design.wave))
    dates = _dates(design, n, stream(seed, "dates", design.wave))

    rng = stream(seed, "nonresponse", design.wave)
    asked_in = people[p.nonresponse.by].to_numpy()
    reasons = pd.concat([background_reasons(p, n, rng=rng), item_reasons(p, asked_in, rng=rng)], axis=1)
    reasons[list(dates.columns)] = None
    values = pd.concat([people, items, dates], axis=1)[list(reasons.columns)]

    order = order_with_duplicates(p, n, rng=stream(seed, "order", design.wave))
    arrived = pd.unique(order)
    source = pd.Series(np.arange(n), index=arrived).loc[order].to_numpy() + FIRST_SOURCE
    project = np.repeat([project.project for project in design.projects], counts)
    latent = pd.DataFrame(factors, columns=p.factor_names)
    return SimulatedWave(
        answers=values.where(reasons.isna()).iloc[order].reset_index(drop=True),
        reasons=reasons.iloc[order].reset_index(drop=True),
        project=pd.Series(project[order], name="project"),
        source=pd.Series(source, name="source"),
        factors=latent.iloc[order].reset_index(drop=True),
    )


def _received(p: Parameters, design: WaveDesign, project: ProjectDesign, seed: int) -> int:
    rng = stream(seed, "response", design.wave, project.project)
    return received(invited=project.invited, rates=p.response_rate, rng=rng)


def _factors(p: Parameters, design: WaveDesign, counts: list[int], seed: int) -> np.ndarray:
    n = sum(counts)
    within = disturbances(disturbance_levels(p).persons, n=n, rng=stream(seed, "persons", design.wave))
    shared = np.array(
        [
            project_disturbance(p, seed=seed, pool=design.pool, wave=design.wave, project=project.project)
            for project in design.projects
        ]
    )
    traits = np.array([[float(project.traits[trait]) for trait in p.traits] for project in design.projects])
    return factors_from(
        p, disturbance=within + np.repeat(shared, counts, axis=0), traits=np.repeat(traits, counts, axis=0)
    )


def _dates(design: WaveDesign, n: int, rng: np.random.Generator) -> pd.DataFrame:
    columns = {}
    for name, (first, last) in design.dates.items():
        days = rng.integers(0, (last - first).days + 1, n)
        columns[name] = np.array([(first + timedelta(days=int(day))).isoformat() for day in days], dtype=object)
    return pd.DataFrame(columns, index=range(n))
