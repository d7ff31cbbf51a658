"""The generator: declared truth, reproducibility, and the ways real residents fill in forms."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.simulate import (
    ParameterError,
    ProjectDesign,
    WaveDesign,
    read_parameters,
    simulate_wave,
    true_effects,
    true_model_effects,
    true_score_effects,
    without_effects,
)
from analysis.simulate.items import thresholds
from analysis.simulate.latent import disturbances, factors_from, stream
from analysis.simulate.parameters import Factor, disturbance_covariance, disturbance_levels, factor_covariance

AGREE = {"codes": [1, 2, 3, 4, 5], "offsets": [-1.5, -0.75, 0.0, 1.1]}
SMALL: dict[str, Any] = {
    "traits": ["near", "old"],
    "factors": {
        "A": {"traits": {"near": 0.9, "old": 0.4}},
        "B": {"project_share": 0.03},
        "C": {"paths": {"A": 0.4}},
        "D": {"paths": {"A": 0.3, "B": 0.35}},
        "T": {"paths": {"B": 0.2}, "traits": {"near": -0.5}},
    },
    "covariances": {"A": {"B": 0.45}, "C": {"D": 0.145}},
    "project_share": 0.02,
    "project_wave_share": 0.005,
    "response_rate": [0.5, 0.7],
    "background": {
        "role": {"shares": {"own": 0.5, "other": 0.5}, "shifts": {"other": {"D": 0.3}}},
        "language": {
            "by": "role",
            "shares": {"own": {"nl": 0.4, "ar": 0.6}, "other": {"nl": 1.0, "ar": 0.0}},
        },
        "gender": {"shares": {"man": 0.5, "woman": 0.5}, "missing": 0.1},
    },
    "quantities": {"years": {"mean": 1.6, "shape": 2.0, "minimum": 0, "maximum": 5, "missing": 0.05}},
    "nonresponse": {
        "by": "language",
        "shares": {"nl": 0.03, "ar": 0.12},
        "shape": 2.0,
        "reasons": {"dont_know": 0.5, "empty": 0.5},
    },
    "carelessness": {"straightliners": 0.02, "duplicates": 0.01, "empty": 0.01, "broken_off": 0.02},
    "blocks": {
        "a": {
            "factor": "A",
            **AGREE,
            "items": {"a1": {"loading": 0.8, "share": 0.6}, "a2": {"loading": 0.7, "share": 0.5}},
        },
        "b": {
            "factor": "B",
            **AGREE,
            "items": {
                "b1": {"loading": 0.6, "share": 0.656},
                "b2": {"loading": -0.65, "share": 0.342},
                "b3": {"loading": 0.7, "share": 0.513},
            },
        },
        "c": {"factor": "C", **AGREE, "items": {"c1": {"loading": 0.8, "share": 0.4}}},
        "d": {"factor": "D", **AGREE, "items": {"d1": {"loading": 0.8, "share": 0.4}}},
        "t": {"factor": "T", **AGREE, "items": {"t1": {"loading": 0.7, "share": 0.4}}},
    },
}  # fmt: skip
SCORES = {"A": {"a1": 0.5, "a2": 0.5}, "T_minus_B": {"t1": 1.0, "b1": -0.5, "b2": 0.5}}
CELLS = [(near, old) for near in (True, False) for old in (True, False)]


def wave_of(name: str = "w1", pool: str = "p", *, each: int = 100, k: int = 12, **changes: Any) -> WaveDesign:
    projects = tuple(ProjectDesign(f"x{i}", each, {"near": CELLS[i % 4][0], "old": CELLS[i % 4][1]}) for i in range(k))
    return WaveDesign(wave=name, pool=pool, projects=projects, **changes)


@pytest.fixture(scope="module")
def small():
    return read_parameters(SMALL)


@pytest.fixture(scope="module")
def large(small):
    """240,000 persons in 400 projects who answer everything, so that sampling error is small."""
    attentive = replace(
        small.carelessness, straightliners=0.0, duplicates=0.0, empty=0.0, broken_off=0.0
    )  # answers as meant
    all_answer = replace(small.nonresponse, shares=dict.fromkeys(small.nonresponse.shares, 0.0))
    # every person a reference person
    role = replace(small.background["role"], shifts={})
    parameters = replace(
        small,
        carelessness=attentive,
        nonresponse=all_answer,
        background={**small.background, "role": role},
        response_rate=(0.6, 0.6),
    )
    return simulate_wave(parameters, wave_of(each=1000, k=400), seed=1)


def refused(key: list[str], value: Any) -> str:
    """The message when ``value`` is put at ``key``."""
    declared: Any = deepcopy(SMALL)
    at = declared
    for step in key[:-1]:
        at = at[step]
    at[key[-1]] = value
    with pytest.raises(ParameterError) as caught:
        read_parameters(declared)
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        (["project_share"], 1.5, "simulate.parameters.project_share: "),
        (["project_share"], 0.999, "simulate.parameters.project_share: with project_wave_share it leaves"),
        (["project_sharee"], 0.1, "simulate.parameters.project_sharee: "),
        (["blocks", "a", "items", "a1", "loading"], "high", "simulate.parameters.blocks.a.items.a1.loading: "),
        (["blocks", "a", "offsets"], [-1, 0, 1], "simulate.parameters.blocks.a: 5 codes need 4 offsets"),
        (["blocks", "a", "offsets"], [-1, -0.5, 0.5, 1], "one offset must be 0"),
        (["blocks", "a", "factor"], "Z", "simulate.parameters.blocks.a.factor: no factor 'Z'"),
        (["factors", "A", "paths"], {"C": 0.2}, "factors.A.paths.C: no factor of that name before A"),
        (["factors", "A", "traits"], {"far": 0.2}, "factors.A.traits.far"),
        (["factors", "A", "traits"], {"near": 2.5}, "factors.A: paths and traits explain"),
        (["covariances", "A"], {"B": 0.95}, "covariances: "),
        (["covariances", "A"], {"A": 0.2}, "covariances.A.A"),
        (["background", "gender", "shares"], {"man": 0.5, "woman": 0.4}, "background.gender"),
        (["background", "language", "by"], "gender", "background.language.by"),
        (["nonresponse", "by"], "colour", "nonresponse.by"),
        (["nonresponse", "reasons"], {"dont_know": 0.5}, "add up to 0.5"),
        (["response_rate"], [0.7, 0.5], "response_rate"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(key, value, expected):
    assert expected in refused(key, value)


def test_factors_have_unit_variance_and_the_declared_correlation(small):
    covariance = factor_covariance(small)
    np.testing.assert_allclose(np.diag(covariance), 1, atol=1e-12)
    assert covariance[0, 1] == pytest.approx(0.45)
    # D = .3 A + .35 B + disturbance
    assert covariance[3, 0] == pytest.approx(0.3 + 0.35 * 0.45)
    # the disturbance of A: what neither trait explains, both being present in half of the projects
    assert disturbance_covariance(small)[0, 0] == pytest.approx(1 - 0.9**2 / 4 - 0.4**2 / 4)


def test_levels_add_up_and_keep_the_paths(small):
    levels = disturbance_levels(small)
    psi = disturbance_covariance(small)
    np.testing.assert_allclose(levels.projects + levels.project_waves + levels.persons, psi, atol=1e-15)
    np.testing.assert_allclose(np.diag(levels.projects) / np.diag(psi), [0.02, 0.03, 0.02, 0.02, 0.02])
    # a disturbance without a declared covariance is independent of the factors it depends on, at every level
    assert levels.projects[3, 0] == levels.projects[3, 1] == levels.persons[3, 0] == levels.persons[3, 1] == 0


def test_latent_draws_follow_the_declared_structure(small):
    n = 400_000
    rng = stream(3, "test")
    traits = rng.integers(0, 2, (n, 2)).astype(float)
    factors = factors_from(small, disturbance=disturbances(disturbance_covariance(small), n=n, rng=rng), traits=traits)
    np.testing.assert_allclose(np.cov(factors, rowvar=False), factor_covariance(small), atol=0.01)
    a, b, _, d, _ = factors.T
    slopes = np.linalg.lstsq(np.column_stack([np.ones(n), a, b]), d, rcond=None)[0]
    np.testing.assert_allclose(slopes[1:], [0.3, 0.35], atol=0.006)
    effects = np.linalg.lstsq(np.column_stack([np.ones(n), traits]), a, rcond=None)[0]
    np.testing.assert_allclose(effects[1:], [0.9, 0.4], atol=0.012)


def test_true_effects_name_statements(small):
    truth = true_effects(small, weights_by_score=SCORES)
    assert truth["D ~ A"] == 0.3
    assert truth["A ~ near"] == 0.45
    assert truth["cor(A, B)"] == truth["cor(B, A)"] == pytest.approx(0.45)
    # a score is less reliable than its factor, so its effect is smaller, but not by much
    assert 0.6 < truth["effect(near, A)"] < 0.9
    assert truth["effect(near, A) - effect(old, A)"] == pytest.approx(
        truth["effect(near, A)"] - truth["effect(old, A)"]
    )
    assert truth["effect(near, T_minus_B)"] < 0


def test_score_effects_are_those_of_a_large_simulation(small, large):
    truth = true_score_effects(small, weights_by_score=SCORES)
    cell = large.project.str.removeprefix("x").astype(int) % 4
    for score, weights in SCORES.items():
        value = sum(weight * large.answers[item] for item, weight in weights.items())
        by_project = value.groupby(large.project).mean()
        cell_by_project = cell.groupby(large.project).first()
        for trait, place in (("near", 0), ("old", 1)):
            high = cell_by_project.map(lambda c, place=place: CELLS[c][place])
            found = (by_project[high].mean() - by_project[~high].mean()) / value.std()
            assert found == pytest.approx(truth[f"effect({trait}, {score})"], abs=0.045)


def test_score_effects_without_sampling_error(small):
    """One item, one trait: the exact difference by numerical integration over the latent response."""
    block = small.blocks["a"]
    one = replace(
        small,
        traits=("near",),
        factors={"A": replace(small.factors["A"], traits={"near": 0.9})},
        covariances={},
        blocks={"a": block},
        background={name: replace(variable, shifts={}) for name, variable in small.background.items()},
    )
    x = np.linspace(-8, 8, 200_001)
    item = block.items["a1"]
    code = 1 + (x[:, None] > thresholds(block, item)).sum(axis=1)
    sd = np.sqrt(1 - 0.8**2 * 0.9**2 / 4)
    mean, square = [], []
    for centre in (-0.45 * 0.8, 0.45 * 0.8):
        density = np.exp(-(((x - centre) / sd) ** 2) / 2)
        density /= density.sum()
        mean.append(density @ code)
        square.append(density @ code**2)
    total_sd = np.sqrt(np.mean(square) - np.mean(mean) ** 2)
    found = true_score_effects(one, weights_by_score={"a1": {"a1": 1.0}})["effect(near, a1)"]
    assert found == pytest.approx((mean[1] - mean[0]) / total_sd, abs=1e-4)


def test_answers_have_the_declared_shares(small, large):
    agreed = (large.answers[["b1", "b2", "b3"]] >= 4).mean()
    np.testing.assert_allclose(agreed, [0.656, 0.342, 0.513], atol=0.01)


def test_an_item_worded_the_other_way_round_goes_against_the_others(large):
    r = large.answers[["b1", "b2", "b3"]].corr()
    assert r.loc["b1", "b3"] > 0.2
    assert r.loc["b1", "b2"] < -0.2
    assert r.loc["b3", "b2"] < -0.2


def test_projects_share_the_declared_variance(small, large):
    projects = large.project.to_numpy()
    b = large.factors["B"]
    between = b.groupby(projects).mean().var() - b.groupby(projects).var().mean() / 600
    assert between / b.var() == pytest.approx(0.035, abs=0.007)


def test_nothing_is_left_without_effects(small):
    null = without_effects(small)
    truth = true_effects(null, weights_by_score=SCORES)
    assert set(truth) > {"cor(A, B)", "D ~ A", "A ~ near", "effect(near, A)", "effect(near, A) - effect(old, A)"}
    np.testing.assert_allclose(list(truth.values()), 0, atol=1e-12)
    wave = simulate_wave(null, wave_of(each=2000, k=100), seed=2)
    r = wave.factors.corr().to_numpy()
    assert np.abs(r - np.eye(len(r))).max() < 0.03


def test_the_same_seed_gives_the_same_wave_in_any_order(small):
    first = simulate_wave(small, wave_of("w1"), seed=5)
    other = simulate_wave(small, wave_of("w2"), seed=5)
    again = simulate_wave(small, wave_of("w1"), seed=5)
    pd.testing.assert_frame_equal(first.answers, again.answers)
    pd.testing.assert_frame_equal(first.reasons, again.reasons)
    assert not first.answers["a1"].equals(other.answers["a1"])
    assert not first.answers.equals(simulate_wave(small, wave_of("w1"), seed=6).answers)


def test_projects_keep_their_character_from_wave_to_wave_of_a_pool(small):
    lasting = replace(small, factors={**small.factors, "B": Factor(project_share=0.3)})

    def means(wave: str, pool: str) -> pd.Series:
        made = simulate_wave(lasting, wave_of(wave, pool, each=200, k=60), seed=7)
        return made.factors["B"].groupby(made.project).mean()

    assert means("w1", "p").corr(means("w2", "p")) > 0.8
    assert abs(means("w1", "p").corr(means("w2", "q"))) < 0.4


def test_response_stays_within_the_declared_rates(small):
    wave = simulate_wave(small, wave_of(), seed=1)
    once = wave.project[~wave.source.duplicated()].value_counts()
    assert len(once) == 12
    assert once.between(50, 70).all()
    assert once.nunique() > 1


def test_nonresponse_has_reasons_and_differs_by_language(small):
    wave = simulate_wave(small, wave_of(each=2000), seed=4)
    items = list(small.items)
    missing = wave.answers[items].isna()
    pd.testing.assert_frame_equal(missing, wave.reasons[items].notna())
    assert set(wave.reasons[items].stack().dropna()) == {"dont_know", "empty"}
    # empty and broken-off questionnaires come on top of the declared 3 % and 12 %
    by_language = missing.mean(axis=1).groupby(wave.answers["language"]).mean()
    assert by_language["nl"] == pytest.approx(0.03 + 0.02, abs=0.01)
    assert by_language["ar"] == pytest.approx(0.12 + 0.02, abs=0.015)
    assert wave.answers["gender"].isna().mean() == pytest.approx(0.1, abs=0.01)
    assert wave.answers["years"].dropna().between(0, 5).all()


def test_duplicates_follow_their_first_copy_exactly(small):
    wave = simulate_wave(small, wave_of(), seed=1)
    copies = wave.source[wave.source.duplicated()]
    persons = wave.source.nunique()
    assert len(copies) == round(0.01 * persons) > 0
    assert sorted(set(wave.source)) == list(range(1001, 1001 + persons))
    whole = wave.answers.assign(project=wave.project)
    for place, source in copies.items():
        first = wave.source[wave.source == source].index[0]
        assert first < place
        assert whole.loc[first].fillna("missing").equals(whole.loc[place].fillna("missing"))


def test_straightliners_and_empty_questionnaires_are_there(small):
    wave = simulate_wave(small, wave_of(), seed=1)
    items = list(small.items)
    answered = wave.answers[items].notna().sum(axis=1)
    same = wave.answers[items].nunique(axis=1) == 1
    assert (answered == 0).sum() > 0
    assert (same & (answered >= 6)).sum() > 0
    careful = replace(small, carelessness=replace(small.carelessness, straightliners=0.0))
    rest = simulate_wave(careful, wave_of(), seed=1).answers[items]
    assert ((rest.nunique(axis=1) == 1) & (rest.notna().sum(axis=1) >= 6)).sum() < (same & (answered >= 6)).sum()


def test_a_wave_limits_languages_and_has_dates(small):
    days = (date(2021, 3, 1), date(2021, 3, 3))
    wave = simulate_wave(small, wave_of(allowed={"language": frozenset({"nl"})}, dates={"filled": days}), seed=1)
    assert set(wave.answers["language"]) == {"nl"}
    assert set(wave.answers["filled"]) == {"2021-03-01", "2021-03-02", "2021-03-03"}
    with pytest.raises(ValueError, match=r"background\.language"):
        simulate_wave(small, wave_of(allowed={"language": frozenset({"ti"})}), seed=1)


def test_other_residents_stand_where_declared(small):
    wave = simulate_wave(small, wave_of(each=3000), seed=9)
    by_role = wave.factors.groupby(wave.answers["role"]).mean()
    gap = by_role.loc["other"] - by_role.loc["own"]
    np.testing.assert_allclose(gap, [0, 0, 0, 0.3, 0], atol=0.05)


def test_true_model_effects_match_a_regression_on_the_large_wave(small, large):
    truth = true_model_effects(small)
    np.testing.assert_allclose(large.factors.corr().loc["A", "B"], truth["cor(A, B)"], atol=0.02)
    np.testing.assert_allclose(large.factors.corr().loc["C", "D"], truth["cor(C, D)"], atol=0.02)
