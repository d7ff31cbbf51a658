"""What specifications of one family share: who is analysed, their scores, the models fitted to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, get_args

import numpy as np
import numpy.typing as npt
from scipy.stats import t as t_distribution

from analysis.multiverse.factors import UnansweredError
from analysis.multiverse.frames import Analysed, Frames, who
from analysis.multiverse.inputs import ClaimAsked, Inputs
from analysis.multiverse.latent import Joint, answer_jointly, fit_jointly
from analysis.multiverse.outcome import Found, Status
from analysis.multiverse.regressions import Answers, Design, How, answer, pooled
from analysis.multiverse.scores import Score, answers_of, score_of, weights_of
from analysis.multiverse.specification import Family, Specification

Array = npt.NDArray[np.floating[Any]]
Codes = npt.NDArray[np.intp]
T = TypeVar("T")

JOINT = ("ml", "mlr")
"""Estimators that fit measurement and effects in one model."""

_HOWS = get_args(How)


class Shared:
    """A family of effects on one outcome. ``levels`` (persons of ``inputs``, t): dummies of the traits that may have
    the effect, NaN where not known; ``names`` (t): what they are called."""

    def __init__(self, inputs: Inputs, family: Family) -> None:
        self.inputs, self.family = inputs, family
        self.claims = tuple(inputs.claim(name) for name in family.claims)
        self.traits = tuple(trait for trait in inputs.traits if trait.of == family.of)
        self.names = tuple(trait.name for trait in self.traits)
        dummies = [trait.dummy for trait in self.traits]
        self.levels = inputs.persons[dummies].to_numpy(dtype=float).reshape(len(inputs.persons), -1)
        # a comparison of projects is between those whose project and all of its traits are known
        self.frames = Frames(inputs, known=(inputs.cluster, *dummies) if family.of == "unit" else ())
        self._made: dict[tuple[Any, ...], Any] = {}

    def about(self, claim: ClaimAsked) -> list[int]:
        """The traits the claim is about, by their places."""
        return [self.names.index(name) for name in claim.statement.names[:-1]]

    def once(self, key: tuple[Any, ...], make: Callable[[], T]) -> T:
        """What ``make`` makes, made once for ``key``; raises ``UnansweredError`` again where it did."""
        if key not in self._made:
            try:
                self._made[key] = make()
            except UnansweredError as error:
                self._made[key] = error
        made = self._made[key]
        if isinstance(made, UnansweredError):
            raise UnansweredError(made.status, made.reason)
        found: T = made
        return found

    def scored(self, s: Specification, trait: int | None = None) -> tuple[Analysed, Score]:
        """The persons of ``s`` who have a score, and their scores. With a ``trait`` of persons: who have a level of it,
        and where projects count a known project."""
        placed = trait is not None and s.clustering in ("cluster_robust", "mixed")

        def make() -> tuple[Analysed, Score]:
            persons = self.frames.of(s)
            if trait is not None:
                persons = persons.only(~np.isnan(self.levels[persons.rows, trait]))
            if placed:
                persons = persons.only(persons.project >= 0)
                if len(np.unique(persons.project)) < 2:
                    raise UnansweredError("refused", "no_clusters")
            if persons.n < 2:
                raise UnansweredError("refused", "too_few_persons")
            score = score_of(self.family.name, persons, s, self.inputs)
            known = score.known
            if known.sum() < 2:
                raise UnansweredError("refused", "too_few_persons")
            return persons.only(known), score.only(known)

        return self.once(("score", who(s), s.covariates, s.score, s.missing, trait, placed), make)

    def answers(
        self, s: Specification, persons: Analysed, score: Score, design: Design, key: tuple[Any, ...]
    ) -> Answers:
        """The questions of ``design`` answered by ``s``, in standard deviations of the outcome; ``key`` tells the
        design from others of the same persons."""
        if s.estimator in JOINT:
            fitted = self.once(
                ("joint", who(s), s.covariates, s.missing, *key), lambda: self._jointly(s, persons, design)
            )
            made = [answer_jointly(one, design, how=s.clustering, estimator=s.estimator) for one in fitted]
            return pooled(made)
        return self.regressed(score, design, how=s.clustering)

    def regressed(self, score: Score, design: Design, *, how: str) -> Answers:
        """The questions of ``design`` by regression of the scores."""
        chosen = next(known for known in _HOWS if known == how)
        try:
            return pooled([answer(values, design, how=chosen) for values in score.values]).scaled(score.sd())
        except np.linalg.LinAlgError as error:
            raise UnansweredError("refused", "confounded") from error

    def _jointly(self, s: Specification, persons: Analysed, design: Design) -> list[Joint]:
        if persons.n < self.inputs.minimum_n:
            raise UnansweredError("refused", "too_few_persons")
        weights = weights_of(self.family.name, self.inputs)
        scales = [self.inputs.scales[name] for name in weights]
        return fit_jointly(answers_of(scales, persons, s, self.inputs), weights, design, missing=s.missing)

    def found(
        self, s: Specification, claim: ClaimAsked, answers: Answers, at: int, *, n_obs: int, n_projects: int
    ) -> Found:
        """Question ``at`` of ``answers`` as the claim's, with its interval and p-value."""
        estimate, se, df = (float(getattr(answers, name)[at]) for name in ("estimate", "se", "df"))
        if not (np.isfinite(estimate) and se > 1e-12):
            return nothing(s, claim, "refused", "no_variation", n_obs=n_obs, n_projects=n_projects)
        if not df > 0:
            return nothing(s, claim, "failed", "no_errors", n_obs=n_obs, n_projects=n_projects)
        half = float(t_distribution.ppf(0.5 + self.inputs.confidence / 2, df)) * se
        pvalue = float(2 * t_distribution.sf(abs(estimate / se), df))
        return Found(
            claim.id, s, "ok", "", n_obs, n_projects, estimate, se, df, estimate - half, estimate + half, pvalue
        )  # fmt: skip


def nothing(
    s: Specification, claim: ClaimAsked, status: Status, reason: str, *, n_obs: int = 0, n_projects: int = 0
) -> Found:
    """A claim that has no answer under ``s``, and why."""
    return Found(claim.id, s, status, reason, n_obs, n_projects)


def dense(project: Codes) -> tuple[Codes, Codes]:
    """``project`` (n) as numbers from 0 without gaps, and what these were (k,)."""
    places, numbers = np.unique(project, return_inverse=True)
    return np.asarray(numbers, dtype=np.intp).reshape(-1), places
