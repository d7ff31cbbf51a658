"""Who is analysed, what they are adjusted for, their scores, and what is filled in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.integrate import quad
from scipy.stats import norm

from analysis.measurement.factor_scores import factor_scores, measurements_of
from analysis.multiverse.factors import UnansweredError, expected_factor, factor_of
from analysis.multiverse.frames import Frames, independent
from analysis.multiverse.imputing import impute_answers, items_needed, predictors, with_imputations
from analysis.multiverse.scores import score_of, weights_of
from analysis.sem import fit
from tests.analysis.multiverse import made

INPUTS = made.inputs()
HS = made.SCALES["HS"].item_names


def answers(name: str = "HS") -> np.ndarray:
    return INPUTS.persons[made.SCALES[name].item_names].to_numpy(dtype=float)


def test_who_takes_part() -> None:
    frame = INPUTS.persons
    frames = Frames(INPUTS)
    everybody = frames.of(made.MAIN.choosing(residents="all"))
    assert everybody.n == len(frame)
    assert (frames.of(made.MAIN).rows == np.flatnonzero(frame["analysed"])).all()
    strict = frames.of(made.MAIN.choosing(careless="drop", waves="until:w2", left_out="p01"))
    expected = frame["analysed"] & ~frame["careless"] & (frame["wave"] != "w3") & (frame["project"] != "p01")
    assert (strict.rows == np.flatnonzero(expected)).all()
    assert frames.of(made.MAIN.choosing(waves="w2")).n == (frame["analysed"] & (frame["wave"] == "w2")).sum()


def test_adjusting_takes_those_whose_background_is_known_and_the_role_of_all() -> None:
    frames = Frames(INPUTS)
    adjusted = frames.of(made.MAIN.choosing(covariates="adjusted"))
    frame = INPUTS.persons
    assert (adjusted.rows == np.flatnonzero(frame["analysed"] & frame["age"].notna())).all()
    assert adjusted.covariates.shape[1] == 3  # two of three ages, and time
    everybody = frames.of(made.MAIN.choosing(covariates="adjusted", residents="all"))
    assert everybody.covariates.shape[1] == 4
    assert np.abs(everybody.covariates.mean(axis=0)).max() < 1e-12
    assert frames.of(made.MAIN).covariates.shape[1] == 0


@settings(max_examples=60, deadline=None)
@given(arrays(float, (9, 4), elements=st.integers(-3, 3).map(float)), st.integers(0, 3), st.floats(-4, 4))
def test_columns_that_others_add_up_to_are_left_out(columns: np.ndarray, j: int, weight: float) -> None:
    kept = independent(columns)
    centred = columns - columns.mean(axis=0)
    assert kept.shape[1] == np.linalg.matrix_rank(centred, tol=1e-6)
    again = independent(np.column_stack([columns, weight * columns[:, j] + 5.0]))
    assert again.shape[1] == kept.shape[1]


def test_the_weights_of_a_derived_score() -> None:
    assert weights_of("HS", INPUTS) == {"HS": 1.0}
    assert weights_of("NEAR", INPUTS) == {"IN": 1.0, "OUT": -1.0}


def test_mean_is_the_instruments_and_sum_is_of_complete_answers() -> None:
    who = Frames(INPUTS).of(made.MAIN)
    frame = INPUTS.persons.iloc[who.rows]
    mean = score_of("HS", who, made.MAIN, INPUTS)
    assert np.array_equal(mean.values[0], frame["HS"], equal_nan=True)
    assert mean.only(mean.known).sd() == pytest.approx(frame["HS"].std())
    total = score_of("HS", who, made.MAIN.choosing(score="sum"), INPUTS)
    complete = frame[HS].notna().all(axis=1).to_numpy()
    assert (total.known == complete).all()
    assert total.values[0][complete] == pytest.approx(frame["HS"].to_numpy()[complete])


def test_a_difference_needs_all_of_its_scales() -> None:
    who = Frames(INPUTS).of(made.MAIN)
    near = score_of("NEAR", who, made.MAIN.choosing(score="latent", estimator="sam"), INPUTS)
    frame = INPUTS.persons.iloc[who.rows]
    items = [item for name in ("IN", "OUT") for item in made.SCALES[name].item_names]
    assert (near.known == frame[items].notna().all(axis=1)).all()
    # in the metric of items, as the observed difference, of which it is the true part
    observed = frame["NEAR"].to_numpy()[near.known]
    assert np.corrcoef(near.values[0][near.known], observed)[0, 1] > 0.95
    assert 0.7 < near.only(near.known).sd() / observed.std() < 1.0


def test_scores_measured_first_are_bartletts() -> None:
    """Of complete and of incomplete answers, as the scores of the same model elsewhere, but for the metric."""
    for given_answers in (answers()[~np.isnan(answers()).any(axis=1)], answers()):
        made_here = factor_of(given_answers[None], ordinal=False, minimum_n=50)
        frame = pd.DataFrame(given_answers, columns=HS).dropna(how="all")
        result = fit(f"F =~ {' + '.join(HS)}", frame, missing="fiml", std_lv=True)
        measurement = measurements_of(result)[""]
        expected = factor_scores(measurement, frame.to_numpy(), method="bartlett")
        metric = measurement.loadings.mean()
        scored = ~np.isnan(made_here.scores[0])
        assert made_here.scores[0][scored] == pytest.approx(metric * expected.scores[:, 0], abs=2e-4)
        assert made_here.error == pytest.approx(metric**2 * np.mean(expected.se[:, 0] ** 2), rel=1e-3)


def test_imputed_answers_share_one_measurement() -> None:
    complete = answers()[~np.isnan(answers()).any(axis=1)]
    one = factor_of(complete[None], ordinal=False, minimum_n=50)
    twice = factor_of(np.stack([complete, complete]), ordinal=False, minimum_n=50)
    assert twice.scores == pytest.approx(np.stack([one.scores[0]] * 2), abs=1e-5)


def test_the_factor_given_ordered_answers_is_what_integration_finds() -> None:
    loadings, cuts = np.array([0.8, 0.6, 0.7]), [np.array([-0.5, 0.4]), np.array([0.0]), np.array([-1.0, 0.2, 1.0])]
    codes = np.array([[0, 1, 3], [2, 0, 1]])
    mean, variance = expected_factor(codes, loadings, cuts)

    def likelihood(eta: float, row: np.ndarray) -> float:
        found = norm.pdf(eta)
        for loading, at, code in zip(loadings, cuts, row, strict=True):
            ends = np.concatenate([[-np.inf], at, [np.inf]])
            found *= np.diff(norm.cdf((ends[code : code + 2] - loading * eta) / np.sqrt(1 - loading**2)))[0]
        return float(found)

    for row, m, v in zip(codes, mean, variance, strict=True):
        total, first, second = (
            quad(lambda eta, k=k, row=row: eta**k * likelihood(eta, row), -8, 8, epsabs=1e-12)[0] for k in (0, 1, 2)
        )
        assert m == pytest.approx(first / total, abs=1e-5)
        assert v == pytest.approx(second / total - (first / total) ** 2, abs=1e-5)


def test_ordered_scores_follow_the_factor_one_to_one() -> None:
    """In standard deviations of the factor, which is what scores are made for: 12,000 persons with a known factor."""
    rng = np.random.default_rng(6)
    factor = rng.standard_normal(12_000)
    latent = 0.75 * factor[:, None] + np.sqrt(1 - 0.75**2) * rng.standard_normal((12_000, 4))
    codes = np.digitize(latent, [-1.0, 0.2, 0.9]).astype(float)
    found = factor_of(codes[None], ordinal=True, minimum_n=50)
    slope = np.polyfit(factor, found.scores[0], 1)[0]
    sd = np.sqrt(found.scores[0].var() - found.error)
    assert slope / sd == pytest.approx(1.0, abs=0.02)
    assert sd == pytest.approx(0.75, abs=0.02)  # the mean loading


@pytest.mark.parametrize(("ordinal", "minimum_n"), [(False, 10_000), (True, 10_000)])
def test_few_persons_are_no_measurement(ordinal: bool, minimum_n: int) -> None:
    complete = answers()[~np.isnan(answers()).any(axis=1)]
    with pytest.raises(UnansweredError, match="too_few_persons"):
        factor_of(complete[None], ordinal=ordinal, minimum_n=minimum_n)


def test_items_nobody_answered_or_all_alike_are_no_measurement() -> None:
    some = answers().copy()
    some[:, 0], some[:, 1] = np.nan, 3.0
    with pytest.raises(UnansweredError, match="no_variation"):
        factor_of(some[None], ordinal=False, minimum_n=50)


def test_one_seed_fills_in_one_way_and_given_answers_stay() -> None:
    inputs, again = with_imputations(INPUTS), with_imputations(INPUTS)
    assert set(inputs.imputed) == {"analysed", "all"}
    for residents, imputed in inputs.imputed.items():
        assert (imputed.values == again.imputed[residents].values).all()
        assert imputed.values.shape == (3, len(imputed.rows), len(items_needed(INPUTS)))
        given_answers = INPUTS.persons[list(imputed.items)].to_numpy()[imputed.rows]
        known = ~np.isnan(given_answers)
        assert all((values[known] == given_answers[known]).all() for values in imputed.values)
        assert np.isin(imputed.values, [1, 2, 3, 4, 5]).all()
        assert (imputed.values[0] != imputed.values[1]).any()
    other = impute_answers(replace(INPUTS, seed=77), residents="analysed")
    assert (other.values != inputs.imputed["analysed"].values).any()


def test_imputed_answers_are_found_by_person_and_item() -> None:
    imputed = impute_answers(INPUTS, residents="analysed")
    rows = imputed.rows[[4, 9]]
    chosen = imputed.answers(rows, ["hs3", "in1"])
    columns = [imputed.items.index("hs3"), imputed.items.index("in1")]
    assert (chosen == imputed.values[:, [4, 9]][:, :, columns]).all()
    stranger = np.flatnonzero(~INPUTS.persons["analysed"])[:1]
    with pytest.raises(KeyError):
        imputed.answers(stranger, ["hs3"])


def test_nothing_is_filled_in_where_nobody_asks() -> None:
    assert with_imputations(replace(INPUTS, choices={"missing": ("listwise",)})).imputed == {}


def test_the_items_needed_are_those_of_claims_models_and_what_may_replace_them() -> None:
    claims = (INPUTS.claim("A"),)
    assert items_needed(replace(INPUTS, claims=claims)) == tuple(HS)
    assert set(items_needed(replace(INPUTS, claims=(INPUTS.claim("M"),)))) == {
        *HS, *made.SCALES["OUT"].item_names, *made.SCALES["IN"].item_names,
    }  # fmt: skip


def test_predictors_by_hand() -> None:
    frame = pd.DataFrame({"wave": ["a", "b", None], "time": [1.0, np.nan, 3.0], "same": ["x", "x", "x"]})
    found = predictors(frame, ["wave", "time", "same", "absent"])
    assert found.to_dict("list") == {
        "wave=a": [1.0, 0.0, 0.0], "wave=b": [0.0, 1.0, 0.0], "time": [1.0, 2.0, 3.0], "time known": [1.0, 0.0, 1.0],
    }  # fmt: skip
