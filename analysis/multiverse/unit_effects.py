"""Effects of traits of projects, and differences between them: one fit for all claims on an outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.clusters.design import full_rank
from analysis.multiverse.factors import UnansweredError
from analysis.multiverse.frames import Analysed
from analysis.multiverse.inputs import ClaimAsked, Inputs
from analysis.multiverse.outcome import Found
from analysis.multiverse.permuting import Reassigned, collapsed, permuted_estimates, question, reassigned
from analysis.multiverse.regressions import Design
from analysis.multiverse.scores import Score
from analysis.multiverse.shared import JOINT, Codes, Shared, dense, nothing
from analysis.multiverse.specification import Specification

Array = npt.NDArray[np.floating[Any]]


class UnitEffects:
    """The claims of a family of effects of traits of projects."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.assignments = {claim.id: _reassigned(claim, shared.inputs) for claim in shared.claims}

    def answered(self, s: Specification) -> list[Found]:
        """A ``Found`` a claim, each with its estimates under reassigned traits."""
        shared = self.shared
        try:
            persons, score = shared.scored(s)
            return self._answered(s, persons, score)
        except UnansweredError as error:
            return [nothing(s, claim, error.status, error.reason) for claim in shared.claims]

    def _answered(self, s: Specification, persons: Analysed, score: Score) -> list[Found]:
        shared = self.shared
        project, places = dense(persons.project)
        size = {"n_obs": persons.n, "n_projects": len(places)}
        levels = shared.levels[persons.rows]
        varying = [j for j in range(levels.shape[1]) if len(np.unique(levels[:, j])) == 2]
        reasons = refusals(levels, project, varying, minimum_units=shared.inputs.minimum_units)
        why = [next((reasons[j] for j in shared.about(claim) if reasons[j]), "") for claim in shared.claims]
        asked = [claim for claim, reason in zip(shared.claims, why, strict=True) if not reason]
        found: dict[str, Found] = {}
        if asked:
            weights = np.array([question(claim, shared.names)[varying] for claim in asked])
            design = Design(levels[:, varying], persons.covariates, project, weights)
            try:
                answers = shared.answers(s, persons, score, design, ("units",))
                found = {c.id: shared.found(s, c, answers, i, **size) for i, c in enumerate(asked)}
                found = {name: self._permuted(one, persons, project, score) for name, one in found.items()}
            except UnansweredError as error:
                found = {c.id: nothing(s, c, error.status, error.reason, **size) for c in asked}
        return [
            found[claim.id] if claim.id in found else nothing(s, claim, "refused", reason, **size)
            for claim, reason in zip(shared.claims, why, strict=True)
        ]

    def _permuted(self, found: Found, persons: Analysed, project: Codes, score: Score) -> Found:
        """With its estimates under every assignment. Those of joint models are by the scores that measurement first
        gives, the identity too: no model is fitted again, and the measurement knows nothing of traits."""
        asked = self.assignments[found.claim]
        if found.status != "ok" or asked is None:
            return found
        places = _among(asked, persons)
        means = found.specification.clustering == "project_means"
        data = collapsed(score.values, persons.covariates, project, means=means, places=places)
        try:
            return replace(found, permuted=permuted_estimates(data, asked) / score.sd())
        except UnansweredError:
            if found.specification.estimator in JOINT:
                return found  # the joint model has a factor that varies, measurement first has not
            raise


def refusals(levels: Array, project: Codes, varying: Sequence[int], *, minimum_units: int) -> list[str]:
    """Why each trait of projects cannot be compared, empty where it can: ``too_few_projects`` in a level, or for the
    regression; ``confounded`` with the others. ``levels`` (n, t) of persons in ``project`` (n; from 0 without gaps)."""
    by_project = levels[np.unique(project, return_index=True)[1]]
    k = len(by_project)
    coincide = not full_rank(np.column_stack([np.ones(k), by_project[:, list(varying)]]))
    reasons = []
    for of_trait in by_project.T:
        n_high = int((of_trait == 1).sum())
        few = min(n_high, k - n_high) < minimum_units or k <= 1 + len(varying)
        reasons.append("too_few_projects" if few else "confounded" if coincide else "")
    return reasons


def _reassigned(claim: ClaimAsked, inputs: Inputs) -> Reassigned | None:
    """The claim's assignments, made once for all its tasks."""
    return inputs.once(("reassigned", claim.id), lambda: reassigned(claim, inputs))


def _among(asked: Reassigned, persons: Analysed) -> Codes:
    """The places of the projects of ``persons`` among those that are reassigned."""
    known = {name: place for place, name in enumerate(asked.projects)}
    return np.array([known[persons.projects[code]] for code in np.unique(persons.project)], dtype=np.intp)
