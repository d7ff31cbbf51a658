"""Little's test against an EM of its own in R, against published figures, and where it has nothing to say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.measurement.little import LittleTest, little_test, statistic

REFERENCES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "oracles" / "missing" / "little.json").read_text(encoding="utf-8")
)
NAN = float("nan")


def answers_of(reference: dict[str, Any]) -> np.ndarray:
    return np.array([[NAN if value in (None, "NA") else value for value in row] for row in reference["answers"]], float)


def random_answers(n: int = 200, p: int = 3, *, missing: float = 0.15, seed: int = 4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    answers = rng.normal(size=(n, 1)) + rng.normal(size=(n, p))
    answers[rng.random((n, p)) < missing] = NAN
    return answers


@pytest.mark.parametrize("name", REFERENCES)
def test_agrees_with_the_references(name: str) -> None:
    reference = REFERENCES[name]
    found = little_test(answers_of(reference))
    assert (found.n_obs, found.n_patterns, found.df) == (
        reference["n_obs"], reference["n_patterns"], reference["df"],
    )  # fmt: skip
    assert found.chisq == pytest.approx(reference["chisq"], rel=1e-8)
    assert found.pvalue == pytest.approx(reference["pvalue"], rel=1e-7)


def test_agrees_with_published_figures() -> None:
    """naniar's tests pin airquality (its EM stops some 1e-6 of the statistic early); describe has its own example."""
    air = little_test(answers_of(REFERENCES["airquality"]))
    assert (air.df, air.n_patterns) == (14, 4)
    assert air.chisq == pytest.approx(35.1061288689702, rel=2e-6)
    assert air.pvalue == pytest.approx(0.00141778113856683, rel=2e-5)
    documented = little_test(answers_of(REFERENCES["check_mcar"]))
    assert (round(documented.chisq, 3), documented.df, round(documented.pvalue, 2)) == (5.484, 9, 0.79)


def test_moments_in_hand_give_the_sum_by_hand() -> None:
    # the complete person lies on the mean; (2, -) is a variance of 4 from it: 1 * 2² / 4
    answers = np.array([[0.0, 0.0], [2.0, NAN]])
    d2, df = statistic(answers, mean=np.zeros(2), cov=np.array([[4.0, 1.0], [1.0, 1.0]]))
    assert d2 == pytest.approx(1.0)
    assert df == 1.0


def test_units_and_the_order_of_persons_and_items_do_not_matter() -> None:
    answers = random_answers()
    base = little_test(answers)
    other = little_test(answers[::-1, ::-1] * np.array([1e-3, 1.0, 50.0]) + np.array([5.0, 0.0, 1e3]))
    assert other.chisq == pytest.approx(base.chisq, rel=1e-7)
    assert (other.df, other.n_patterns) == (base.df, base.n_patterns)


def test_persons_without_any_answer_do_not_count() -> None:
    answers = random_answers()
    answers = answers[~np.isnan(answers).all(axis=1)]
    assert little_test(np.vstack([answers, np.full((5, 3), NAN)])) == little_test(answers)


def with_column(answers: np.ndarray, column: np.ndarray) -> np.ndarray:
    return np.column_stack([answers, column])


def never_together() -> np.ndarray:
    answers = random_answers(missing=0.0)
    answers[:100, 0], answers[100:, 1] = NAN, NAN
    return answers


TRAPS = {
    "nothing_missing": random_answers(missing=0.0),
    "single_item": random_answers(p=1),
    "too_few_persons": random_answers(n=9),
    "constant_item": with_column(random_answers(), np.where(np.arange(200) % 9 == 0, NAN, 3.0)),
    "one_pattern": random_answers(missing=0.0) * np.array([1.0, 1.0, NAN]),
    "never_together": never_together(),
    "singular": with_column(random_answers(), random_answers()[:, 0] * 2 + 1),
}


@pytest.mark.parametrize("problem", TRAPS)
def test_what_stands_in_the_way_is_named(problem: str) -> None:
    found = little_test(TRAPS[problem], minimum_n=10)
    assert found.problem == problem
    assert np.isnan([found.chisq, found.df, found.pvalue]).all()


def test_nobody_is_too_few() -> None:
    assert little_test(np.empty((0, 4))) == LittleTest(0, 4, 0, problem="too_few_persons")
    assert little_test(np.full((20, 4), NAN)).problem == "too_few_persons"


def test_many_patterns_are_a_warning_beside_the_figures() -> None:
    found = little_test(random_answers(n=80, p=8, missing=0.3))
    assert found.problem == "sparse_patterns"
    assert np.isfinite([found.chisq, found.df, found.pvalue]).all()


def test_answers_missing_by_what_was_answered_are_found() -> None:
    answers = random_answers(n=400, missing=0.0)
    at_random, by_first = answers.copy(), answers.copy()
    at_random[np.random.default_rng(8).random(400) < 0.3, 2] = NAN
    by_first[answers[:, 0] > 0.5, 2] = NAN
    assert little_test(at_random).pvalue > 0.01
    assert little_test(by_first).pvalue < 1e-6
