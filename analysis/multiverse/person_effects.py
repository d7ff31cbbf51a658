"""Effects of traits of persons: each by itself, with its projects' shares for a test by signs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.clusters.design import People
from analysis.clusters.persons import welch_contrast
from analysis.multiverse.factors import UnansweredError
from analysis.multiverse.frames import Analysed
from analysis.multiverse.inputs import ClaimAsked
from analysis.multiverse.outcome import Found
from analysis.multiverse.regressions import Answers, Design
from analysis.multiverse.scores import Score
from analysis.multiverse.shared import JOINT, Array, Shared, dense, nothing
from analysis.multiverse.specification import Specification


class PersonEffects:
    """The claims of a family of effects of traits of persons."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared

    def answered(self, s: Specification) -> list[Found]:
        """A ``Found`` a claim."""
        return [self._answered(s, claim) for claim in self.shared.claims]

    def _answered(self, s: Specification, claim: ClaimAsked) -> Found:
        shared = self.shared
        trait = shared.about(claim)[0]
        try:
            persons, score = shared.scored(s, trait)
        except UnansweredError as error:
            return nothing(s, claim, error.status, error.reason)
        project, places = dense(persons.project)
        size = {"n_obs": persons.n, "n_projects": int((places >= 0).sum())}
        levels = shared.levels[persons.rows, trait]
        reason = refusal(levels, score.values, persons.covariates.shape[1], s.clustering, size["n_projects"])
        if reason:
            return nothing(s, claim, "refused", reason, **size)
        if (persons.project < 0).any():
            project = persons.project
        design = Design(levels[:, None], persons.covariates, project, np.ones((1, 1)))
        try:
            answers = shared.answers(s, persons, score, design, (trait, s.clustering == "cluster_robust"))
            found = shared.found(s, claim, answers, 0, **size)
            found = replace(found, influence=self._influence(s, persons, score, design, answers))
        except UnansweredError as error:
            return nothing(s, claim, error.status, error.reason, **size)
        alone = s.clustering == "ignored" and s.estimator == "ols" and len(score.values) == 1
        return self._welch(found, persons, score, trait) if alone and not persons.covariates.shape[1] else found

    def _influence(
        self, s: Specification, persons: Analysed, score: Score, design: Design, answers: Answers
    ) -> dict[str, float]:
        """Each project's share of the estimate's error; of joint models by the scores that measurement first gives.
        Nothing where somebody's project is not known."""
        if (persons.project < 0).any():
            return {}
        by_project = answers.influence[0] if s.estimator not in JOINT else self._first(score, design)
        names = [persons.projects[code] for code in np.unique(persons.project)]
        return dict(zip(names, map(float, by_project), strict=True))

    def _first(self, score: Score, design: Design) -> Array:
        return np.asarray(self.shared.regressed(score, design, how="ignored").influence[0])

    def _welch(self, found: Found, persons: Analysed, score: Score, trait: int) -> Found:
        """Of persons alone, without covariates: Welch's t and Hedges' g, as the published contrast of persons."""
        levels = self.shared.levels[persons.rows][:, [trait]]
        people = People(
            self.shared.family.name, score.values[0], levels, np.empty((persons.n, 0)),
            np.full(persons.n, "", dtype=object),
        )  # fmt: skip
        c = welch_contrast(people, self.shared.traits[trait], confidence=self.shared.inputs.confidence)
        if c.refused:
            return nothing(found.specification, self.shared.inputs.claim(found.claim), "refused", c.refused)
        scale = (c.effect_size_ci_upper - c.effect_size_ci_lower) / (c.ci_upper - c.ci_lower)
        # shares of the difference in standard deviations of everybody become shares of g
        turned = c.effect_size / found.estimate if found.estimate else 1.0
        return replace(
            found, estimate=c.effect_size, se=c.se * scale, df=c.df, ci_lower=c.effect_size_ci_lower,
            ci_upper=c.effect_size_ci_upper, pvalue=c.pvalue,
            influence={project: share * turned for project, share in found.influence.items()},
        )  # fmt: skip


def refusal(levels: Array, values: Array, n_covariates: int, clustering: str, n_projects: int) -> str:
    """Why a trait of persons with ``levels`` (n) has no effect on scores ``values`` (m, n); empty where it may have."""
    if clustering in ("mixed", "cluster_robust") and n_projects < 2:
        return "no_clusters"
    n_high = int((levels == 1).sum())
    if min(n_high, len(levels) - n_high) < 2 or len(levels) <= n_projects + 1 + n_covariates:
        return "too_few_persons"
    return "no_variation" if len(np.unique(values[0])) < 2 else ""
