"""The analysed of a planned wave, from the same parts as the simulated waves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.measurement.scoring import Item
from analysis.power.plan import Array, Cell, PowerInputs, spread
from analysis.simulate import Parameters
from analysis.simulate.items import thresholds
from analysis.simulate.latent import disturbances, factors_from
from analysis.simulate.parameters import DisturbanceLevels, disturbance_levels
from analysis.simulate.persons import background, shifts
from analysis.simulate.responding import item_reasons


@dataclass(frozen=True)
class Population:
    """What all replications of a cell draw from: computed once.

    ``levels`` (n_projects, n_traits): which projects have which trait. ``cuts``: thresholds of the items.
    """

    parameters: Parameters
    disturbance: DisturbanceLevels
    levels: Array
    cuts: dict[str, Array]


def population(p: Parameters, cell: Cell) -> Population:
    """What is drawn from in ``cell``, with effects as in ``p``.

    Nobody of the analysed left every question open: who did would not be counted among them.
    """
    answering = replace(p, carelessness=replace(p.carelessness, empty=0.0))
    cuts = {name: np.asarray(thresholds(block, item)) for name, (block, item) in p.items.items()}
    return Population(answering, disturbance_levels(p), spread(cell.n_projects, p.traits, cell.high), cuts)


def residents(inputs: PowerInputs, cell: Cell, drawn_from: Population, *, replication: int) -> pd.DataFrame:
    """One wave: a row a person, with the cluster, traits' dummies, items after reversal and scores.

    Columns ``<item>`` hold the answers models are fitted to: as given, or (``inputs.answers`` complete) as if nobody
    had left one open. Scores are always of the answers given. The draw depends on ``inputs.seed``, the numbers of
    projects and of persons, and ``replication`` alone: strengths of the effects share it, so that what they are
    compared by is not chance.
    """
    p = drawn_from.parameters
    root = np.random.SeedSequence([inputs.seed, cell.n_projects, cell.n_per_project], spawn_key=(replication,))
    people, shared, within, answering, careless, leaving = map(np.random.default_rng, root.spawn(6))
    n = cell.n_projects * cell.n_per_project
    who = background(p, years_open=np.full(n, np.inf), allowed=inputs.analysed, rng=people)
    lasting = disturbances(drawn_from.disturbance.projects, n=cell.n_projects, rng=shared)
    passing = disturbances(drawn_from.disturbance.project_waves, n=cell.n_projects, rng=shared)
    disturbance = disturbances(drawn_from.disturbance.persons, n=n, rng=within)
    disturbance = disturbance + np.repeat(lasting + passing, cell.n_per_project, axis=0)
    traits = np.repeat(drawn_from.levels, cell.n_per_project, axis=0)
    factors = factors_from(p, disturbance=disturbance, traits=traits) + shifts(p, who)

    asked = _straightlined(p, _answers(p, drawn_from.cuts, factors, answering), careless)
    left_open = item_reasons(p, who[p.nonresponse.by].to_numpy(), rng=leaving).notna().to_numpy()
    sign, shift, columns = _turning(p, inputs.items)
    complete = shift + sign * asked[:, columns]
    given = np.where(left_open[:, columns], np.nan, complete)
    place = np.repeat(np.arange(cell.n_projects), cell.n_per_project)
    head = pd.DataFrame({inputs.cluster: [f"p{i:03d}" for i in place]})
    for trait in inputs.traits:
        head[trait.dummy] = traits[:, p.traits.index(trait.name)]
    answers = pd.DataFrame(complete if inputs.answers == "complete" else given, columns=[i.name for i in inputs.items])
    return pd.concat([head, answers, pd.DataFrame(_scores(inputs, given))], axis=1)


def _answers(p: Parameters, cuts: dict[str, Array], factors: Array, rng: np.random.Generator) -> Array:
    """Answer codes as asked, n by n_items in questionnaire order (``analysis.simulate.items.answers``)."""
    place = {name: column for column, name in enumerate(p.factor_names)}
    errors = rng.standard_normal((len(p.items), len(factors)))
    asked = np.empty((len(factors), len(p.items)))
    for i, (name, (block, item)) in enumerate(p.items.items()):
        response = item.loading * factors[:, place[block.factor]] + np.sqrt(1 - item.loading**2) * errors[i]
        asked[:, i] = np.asarray(block.codes)[np.searchsorted(cuts[name], response)]
    return asked


def _straightlined(p: Parameters, asked: Array, rng: np.random.Generator) -> Array:
    """``asked`` with a declared share of persons who tick one place of the scale throughout, as ``straightline``."""
    careless = np.flatnonzero(rng.random(len(asked)) < p.carelessness.straightliners)
    position = rng.choice([0.25, 0.5, 0.75], size=len(asked))[careless]
    for i, (block, _) in enumerate(p.items.values()):
        asked[careless, i] = np.asarray(block.codes)[np.round(position * (len(block.codes) - 1)).astype(int)]
    return asked


def _turning(p: Parameters, items: Sequence[Item]) -> tuple[Array, Array, list[int]]:
    """What turns reversed items round (``shift + sign * answer``), and where each item stands among the parameters'."""
    place = {name: i for i, name in enumerate(p.items)}
    sign = np.array([-1.0 if item.reversed else 1.0 for item in items])
    shift = np.array([item.lower + item.upper if item.reversed else 0.0 for item in items])
    return sign, shift, [place[item.name] for item in items]


def _scores(inputs: PowerInputs, given: Array) -> dict[str, Array]:
    """Scale and difference scores by each scale's own rule, as ``analysis.measurement.scoring.scores`` has them."""
    place = {item.name: i for i, item in enumerate(inputs.items)}
    found: dict[str, Array] = {}
    for scale in inputs.scales:
        answers = given[:, [place[name] for name in scale.item_names]]
        n_answered = (~np.isnan(answers)).sum(axis=1)
        enough = (n_answered > 0) & (n_answered >= scale.n_required)
        times = len(scale.items) if scale.rule == "sum" else 1
        total = np.nansum(answers, axis=1) * times * scale.multiply
        found[scale.name] = np.where(enough, total / np.maximum(n_answered, 1), np.nan)
    for difference in inputs.differences:
        plus = sum(found[name] for name in difference.plus) / len(difference.plus)
        minus = sum(found[name] for name in difference.minus) / max(len(difference.minus), 1)
        found[difference.name] = np.asarray(plus - minus)
    return found
