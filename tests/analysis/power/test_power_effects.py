"""Effects stronger, weaker, or set to a value; what there is to find."""

from __future__ import annotations

import pytest

from analysis.claims import parse_statement
from analysis.power import EffectError, PowerInputs, scaled, true_effect, with_effect
from analysis.power.truth import score_weights
from analysis.simulate import true_effects


@pytest.fixture
def weights(inputs: PowerInputs) -> dict[str, dict[str, float]]:
    return score_weights(inputs.items, inputs.scales, inputs.differences)


def test_weights_turn_the_reversed_item_and_subtract_the_second_score(weights: dict[str, dict[str, float]]) -> None:
    assert weights["A"] == {"a1": 0.25, "a2": 0.25, "a3": 0.25, "a4": -0.25}
    assert weights["A_less_B"]["b1"] == -0.25


def test_half_the_effects_are_half_of_every_declared_one(inputs: PowerInputs) -> None:
    half = scaled(inputs.parameters, 0.5)
    assert half.factors["A"].traits == {"place": 0.4, "building": 0.15}
    assert half.factors["B"].paths == {"A": 0.2}
    assert scaled(inputs.parameters, 1.0) == inputs.parameters


def test_effects_that_leave_no_variance_are_refused(inputs: PowerInputs) -> None:
    with pytest.raises(EffectError, match=r"effects times 3: .*explain"):
        scaled(inputs.parameters, 3.0)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("B ~ A > 0", 0.25),
        ("cor(A, B) > 0", 0.3),
        ("effect(place, A) > 0", 0.4),
        ("effect(place, A) > 0", -0.4),
        ("effect(building, B) > 0", 0.2),
        ("effect(place, A) > effect(building, A)", 0.1),
        ("effect(place, A_less_B) < 0", -0.3),
    ],
)
def test_one_effect_can_be_set(
    inputs: PowerInputs, weights: dict[str, dict[str, float]], text: str, value: float
) -> None:
    statement = parse_statement(text)
    changed = with_effect(inputs.parameters, statement, value, weights=weights)
    assert true_effect(changed, statement, weights=weights) == pytest.approx(value, abs=1e-8)


def test_the_truth_is_that_of_the_simulation(inputs: PowerInputs, weights: dict[str, dict[str, float]]) -> None:
    every = true_effects(inputs.parameters, weights_by_score=weights)
    for claim, name in (
        ("P", "B ~ A"), ("R", "cor(A, B)"), ("E", "effect(place, A)"), ("D", "effect(place, A) - effect(building, A)"),
    ):  # fmt: skip
        statement = next(c.statement for c in inputs.claims if c.id == claim)
        assert true_effect(inputs.parameters, statement, weights=weights) == pytest.approx(every[name])


def test_what_the_parameters_do_not_declare_has_no_truth(
    inputs: PowerInputs, weights: dict[str, dict[str, float]]
) -> None:
    for text in ("Z ~ A > 0", "effect(place, Z) > 0", "effect(age, A) > 0", "made_of > 0"):
        assert true_effect(inputs.parameters, parse_statement(text), weights=weights) is None
    assert true_effect(inputs.parameters, parse_statement("A ~ B > 0"), weights=weights) == 0.0
    with pytest.raises(EffectError, match="declare nothing"):
        with_effect(inputs.parameters, parse_statement("Z ~ A > 0"), 0.1, weights=weights)


def test_an_effect_too_large_to_be_is_refused(inputs: PowerInputs, weights: dict[str, dict[str, float]]) -> None:
    with pytest.raises(EffectError, match=r"B A = 1\.2"):
        with_effect(inputs.parameters, parse_statement("B ~ A > 0"), 1.2, weights=weights)
