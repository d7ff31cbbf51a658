"""Projects' shares of a coefficient: cross products of what is left of trait and outcome, project by project."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.multiverse.regressions import Array, Design, How, answer


@pytest.fixture
def design() -> Design:
    """Thirty persons of six projects, a trait that varies within them, and a covariate."""
    draw = np.random.default_rng(7)
    trait = (draw.random(30) < 0.4).astype(float)
    return Design(trait[:, None], draw.normal(size=(30, 1)), np.arange(30) % 6, np.ones((1, 1)))


@pytest.fixture
def scores(design: Design) -> Array:
    """Scores that the trait, the covariate and the project add to."""
    draw = np.random.default_rng(8)
    return (
        design.traits[:, 0] + 0.5 * design.covariates[:, 0] + draw.normal(size=6)[design.project] + draw.normal(size=30)
    )


@pytest.mark.parametrize("how", ["ignored", "cluster_robust"])
def test_shares_of_least_squares_are_cross_products(design: Design, scores: Array, how: How) -> None:
    others = design.columns[:, :-1]
    left = [
        column - others @ np.linalg.lstsq(others, column, rcond=None)[0] for column in (design.traits[:, 0], scores)
    ]
    by_hand = np.bincount(design.project, weights=left[0] * left[1]) / (left[0] @ left[0])
    assert answer(scores, design, how=how).influence[0] == pytest.approx(by_hand, abs=1e-12)


@pytest.mark.parametrize("how", ["ignored", "cluster_robust", "mixed"])
def test_shares_add_up_to_the_estimate(design: Design, scores: Array, how: How) -> None:
    found = answer(scores, design, how=how)
    assert found.influence.sum(axis=1) == pytest.approx(found.estimate, abs=1e-10)
    assert found.scaled(2.0).influence.sum(axis=1) == pytest.approx(found.estimate / 2, abs=1e-10)
