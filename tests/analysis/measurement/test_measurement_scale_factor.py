"""The factor of one scale: who is scored, in what metric, and the codes for what cannot be."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
import pytest

from analysis.measurement.factor_scores import METHODS, Measurement
from analysis.measurement.scale_factor import (
    FACTOR_PROBLEMS,
    ScaleFactor,
    factor_score_columns,
    factor_score_summary,
    scale_factor,
)
from analysis.measurement.scoring import Item, Scale

NAN = float("nan")


def scale_of(items: list[str], *, minimum: Literal["all", "half"] | int = "half") -> Scale:
    return Scale("S", tuple(Item(name, 1, 5) for name in items), "mean", 1.0, minimum, 1, 5)


def answers_of(n: int = 200, *, seed: int = 5, loadings: tuple[float, ...] = (0.8, 0.7, 0.6, 0.7)) -> pd.DataFrame:
    """Five-point answers to items ``a b c d`` of one factor, an eighth of them missing."""
    random = np.random.default_rng(seed)
    normal = random.normal(size=n)[:, None] * loadings + random.normal(size=(n, len(loadings))) * 0.6
    codes = np.clip(np.round(normal * 1.2 + 3), 1, 5)
    codes[random.random(codes.shape) < 1 / 8] = np.nan
    return pd.DataFrame(codes, columns=list("abcd")[: len(loadings)])


def test_scores_are_in_standard_deviations_of_the_factor_among_the_fitted() -> None:
    frame, scale = answers_of(4000), scale_of(list("abcd"), minimum=1)
    for method in METHODS:
        made = scale_factor(frame, scale, minimum_n=10).scores(frame, scale, method=method)
        assert made is not None
        scored = ~np.isnan(made.scores[:, 0])
        error = (made.se[scored, 0] ** 2).mean()
        assert made.scores[scored, 0].mean() == pytest.approx(0, abs=0.02)
        # what the scores should vary: the factor's own variance less, or more, their error
        expected = 1 - error if method == "regression" else 1 + error
        assert made.scores[scored, 0].var() == pytest.approx(expected, rel=0.05)


def test_who_answered_too_little_is_not_scored_and_the_fewer_answers_the_less_sure() -> None:
    frame, scale = answers_of(), scale_of(list("abcd"))
    rows = pd.DataFrame([[5.0, 5, 5, 5], [5, 5, NAN, NAN], [5, NAN, NAN, NAN], [NAN] * 4], columns=list("abcd"))
    factor = scale_factor(frame, scale, minimum_n=10)
    for method in METHODS:
        made = factor.scores(rows, scale, method=method)
        assert made is not None
        assert np.isnan(made.scores[:, 0]).tolist() == np.isnan(made.se[:, 0]).tolist() == [False, False, True, True]
        assert made.se[0, 0] < made.se[1, 0]


def test_columns_for_everybody_from_the_model_of_some() -> None:
    frame, scale = answers_of(), scale_of(list("abcd"))
    some = pd.Series(np.arange(len(frame)) < 120)
    found = factor_score_columns(frame, scale, fitted_to=some, minimum_n=10)
    assert list(found.columns) == ["S_regression", "S_regression_se", "S_bartlett", "S_bartlett_se"]
    alone = factor_score_columns(frame[some], scale, fitted_to=some[some], minimum_n=10)
    pd.testing.assert_frame_equal(found[some], alone)
    enough = frame.notna().sum(axis=1) >= 2
    assert (found.notna().all(axis=1) == enough).all()
    assert (~some & enough).any()


def test_the_factor_points_up_whichever_way_the_items_were_entered() -> None:
    frame, scale = answers_of(), scale_of(list("abcd"))
    turned = 6 - frame
    up, down = (scale_factor(answers, scale, minimum_n=10) for answers in (frame, turned))
    assert up.measurement is not None
    assert down.measurement is not None
    assert (down.measurement.loadings > 0).all()
    one = up.scores(frame, scale, method="regression")
    other = down.scores(turned, scale, method="regression")
    assert one is not None
    assert other is not None
    np.testing.assert_allclose(one.scores, -other.scores, atol=1e-6)


def test_summary_is_of_those_scored() -> None:
    frame, scale = answers_of(), scale_of(list("abcd"), minimum=3)
    score = frame.mean(axis=1).where(frame.notna().sum(axis=1) >= 3)
    found = factor_score_summary(frame, score, scale, minimum_n=10).set_index("method")
    columns = factor_score_columns(frame, scale, fitted_to=pd.Series(True, index=frame.index), minimum_n=10)
    for method in METHODS:
        scored = columns[f"S_{method}"].notna()
        assert found.loc[method, "n_obs"] == scored.sum() == score.notna().sum()
        assert found.loc[method, "se"] == pytest.approx(columns[f"S_{method}_se"].mean())
        assert found.loc[method, "r_scale"] == pytest.approx(columns.loc[scored, f"S_{method}"].corr(score[scored]))
        assert 0.8 < found.loc[method, "determinacy"] < 1
        assert found.loc[method, "problem"] == ""


TRAPS: dict[str, tuple[pd.DataFrame, str, bool]] = {
    "one item": (answers_of()[["a"]], "single_item", False),
    "two items": (answers_of()[["a", "b"]], "two_items", False),
    "nobody": (answers_of(0), "too_few", False),
    "nine persons": (answers_of(9), "too_few", False),
    "nobody answered anything": (answers_of() * NAN, "too_few", False),
    "a constant item of four": (answers_of().assign(b=3.0), "constant_item", True),
    "an item nobody answered": (answers_of().assign(b=NAN), "constant_item", True),
    "a constant item of three": (answers_of().drop(columns="d").assign(b=3.0), "constant_item", False),
    "everybody alike": (answers_of() * 0 + 3, "constant_item", False),
    "one item twice": (answers_of().assign(b=lambda f: f["a"]), "not_estimable", False),
    "all items the same": (pd.DataFrame({name: answers_of()["a"] for name in "abcd"}), "not_estimable", False),
    "items nobody answered together": (
        answers_of().where(np.tile([[True, True, False, False], [False, False, True, True]], (100, 1))),
        "",
        False,
    ),
}


@pytest.mark.parametrize("name", TRAPS)
def test_what_cannot_be_scored_has_a_code_and_no_figures(name: str) -> None:
    answers, problem, scored = TRAPS[name]
    scale = scale_of(list(answers.columns))
    found = factor_score_summary(answers, answers.mean(axis=1), scale, minimum_n=10)
    columns = factor_score_columns(
        answers, scale, fitted_to=pd.Series(True, index=answers.index), minimum_n=10
    )  # fmt: skip
    assert found["method"].tolist() == list(METHODS)
    if problem:
        assert found["problem"].tolist() == [problem] * 2
    assert set(found["problem"]) <= set(FACTOR_PROBLEMS)
    assert found[["se", "determinacy", "r_scale"]].notna().all(axis=None) == scored
    assert columns.notna().any(axis=None) == scored


def test_a_solution_that_cannot_be_true_is_named() -> None:
    root = np.linalg.cholesky(np.array([[1, 0.9, 0.9], [0.9, 1, 0.65], [0.9, 0.65, 1.0]]))
    answers = pd.DataFrame(np.random.default_rng(2).normal(size=(300, 3)) @ root.T, columns=list("abc"))
    found = factor_score_summary(answers, answers.mean(axis=1), scale_of(list("abc")), minimum_n=10)
    assert found["problem"].tolist() == ["inadmissible"] * 2
    assert found[["se", "determinacy", "r_scale"]].isna().all(axis=None)


def test_an_item_without_a_residual_has_no_bartlett_scores() -> None:
    model = Measurement(
        ("a", "b", "c"), ("F",), np.array([[1.0], [0.8], [0.7]]), np.diag([0, 0.5, 0.6]), np.zeros(3), np.zeros(1),
        np.eye(1),
    )  # fmt: skip
    factor, scale = ScaleFactor(model), scale_of(list("abc"))
    answers = pd.DataFrame([[1.0, 1, 1]], columns=list("abc"))
    assert factor.problem_of("bartlett") == "zero_residual"
    assert factor.scores(answers, scale, method="bartlett") is None
    assert factor.problem_of("regression") is None
    assert factor.scores(answers, scale, method="regression") is not None


def test_too_few_scored_among_enough_fitted() -> None:
    answers = answers_of(60)
    scale = scale_of(list("abcd"), minimum="all")
    found = factor_score_summary(answers, answers.mean(axis=1, skipna=False), scale, minimum_n=50)
    assert found["problem"].tolist() == ["too_few"] * 2
    assert found["se"].isna().all()
    assert found["n_obs"].tolist() == [len(answers.dropna())] * 2


def test_item_names_are_never_syntax() -> None:
    names = ["a ~ b", "c=~d", "1", "x0"]
    answers = answers_of().set_axis(names, axis=1)
    factor = scale_factor(answers, scale_of(names), minimum_n=10)
    assert factor.measurement is not None
    assert list(factor.measurement.items) == names
