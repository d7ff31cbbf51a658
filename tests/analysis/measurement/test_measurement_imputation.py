"""Imputed answers, Rubin's rules against mice, and the three ways side by side against lavaan and by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.measurement.imputation import impute, pool
from analysis.measurement.missing_methods import (
    METHODS,
    Estimate,
    Question,
    cluster_codes,
    estimates,
    least_squares,
    quantities,
)
from analysis.measurement.scoring import Item, Scale
from analysis.sem import fit

ORACLES = Path(__file__).parents[2] / "oracles" / "missing"
POOLED: dict[str, dict[str, Any]] = json.loads((ORACLES / "pooled.json").read_text(encoding="utf-8"))
FIML: dict[str, dict[str, Any]] = json.loads((ORACLES / "fiml.json").read_text(encoding="utf-8"))
NAN = float("nan")


# --- Rubin's rules
@pytest.mark.parametrize("name", POOLED)
def test_pools_as_mice_does(name: str) -> None:
    case = POOLED[name]
    df_complete = case["df_complete"] if case["df_complete"] is not None else np.inf
    found = pool(np.array(case["estimates"]), np.array(case["variances"]), df_complete=df_complete)
    assert found.estimate == pytest.approx(case["estimate"], rel=1e-12)
    assert found.se**2 == pytest.approx(case["variance"], rel=1e-12)
    assert found.df == pytest.approx(case["df"], rel=1e-10)
    assert found.missing_information == pytest.approx(case["missing_information"], rel=1e-10)
    assert found.missing_share == pytest.approx(1 - case["within"] / case["variance"], rel=1e-10)


def test_imputations_that_agree_leave_the_estimate_as_it_was() -> None:
    same = pool(np.full(5, 2.0), np.full(5, 0.04))
    assert (same.estimate, same.df, same.missing_share, same.missing_information) == (2.0, np.inf, 0.0, 0.0)
    assert same.se == pytest.approx(0.2)
    assert pool(np.full(5, 2.0), np.full(5, 0.04), df_complete=9.0).df == pytest.approx(10 / 12 * 9)


def test_nothing_but_differences_between_imputations_is_all_missing() -> None:
    found = pool(np.array([1.0, 2.0, 3.0]), np.zeros(3))
    assert (found.missing_share, found.missing_information) == (1.0, 1.0)
    assert found.df == pytest.approx(2)


def test_one_imputation_cannot_be_pooled() -> None:
    with pytest.raises(ValueError, match="two imputations"):
        pool(np.array([1.0]), np.array([1.0]))


# --- imputing
def ordinal(n: int = 240, *, missing: float = 0.15, seed: int = 3) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Five-point answers to four items of one factor, and two predictors."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, n).astype(float)
    factor = 0.6 * group + rng.normal(size=n)
    answers = np.clip(np.round(3 + 0.9 * factor[:, None] + 0.7 * rng.normal(size=(n, 4))), 1, 5)
    answers[rng.random((n, 4)) < missing] = NAN
    predictors = pd.DataFrame({"g": group, "x": factor + rng.normal(size=n)})
    return pd.DataFrame(answers, columns=["i1", "i2", "i3", "i4"]), predictors


def test_answers_that_were_given_stay_and_imputed_ones_are_on_the_scale() -> None:
    answers, predictors = ordinal()
    filled = impute(answers, predictors, imputations=4, rng=np.random.default_rng(1))
    assert filled.shape == (4, 240, 4)
    given = answers.notna().to_numpy()
    assert (filled[:, given] == answers.to_numpy()[given]).all()
    assert set(np.unique(filled)) <= {1.0, 2.0, 3.0, 4.0, 5.0}
    assert (filled[0] != filled[1]).any()


def test_the_seed_decides_and_the_global_state_is_left_alone() -> None:
    answers, predictors = ordinal()
    np.random.seed(12)
    before = np.random.get_state(legacy=False)["state"]["key"].copy()
    first = impute(answers, predictors, imputations=2, rng=np.random.default_rng(5))
    assert (np.random.get_state(legacy=False)["state"]["key"] == before).all()
    np.random.seed(99)
    assert (impute(answers, predictors, imputations=2, rng=np.random.default_rng(5)) == first).all()
    assert (impute(answers, predictors, imputations=2, rng=np.random.default_rng(6)) != first).any()


def test_a_person_without_any_answer_and_items_that_say_the_same_are_no_trouble() -> None:
    answers, predictors = ordinal()
    answers["twin"] = answers["i1"]
    answers["constant"] = np.where(np.arange(240) % 7 == 0, NAN, 2.0)
    answers.iloc[0] = NAN
    filled = impute(answers, predictors, imputations=2, rng=np.random.default_rng(1))
    assert np.isfinite(filled).all()
    assert (filled[:, :, 5] == 2).all()
    alone = impute(
        answers[["i1", "i2"]], pd.DataFrame(index=answers.index), imputations=2, rng=np.random.default_rng(1)
    )
    assert alone.shape == (2, 240, 2)


def test_what_cannot_be_imputed_is_refused() -> None:
    answers, predictors = ordinal()
    with pytest.raises(ValueError, match="donors"):
        impute(answers.assign(i1=NAN), predictors, imputations=2, rng=np.random.default_rng(1))
    with pytest.raises(ValueError, match="complete"):
        impute(answers, predictors.assign(g=NAN), imputations=2, rng=np.random.default_rng(1))


def test_imputed_answers_follow_the_predictors() -> None:
    """Whoever has the high predictor answers higher: so do the imputed answers."""
    answers, predictors = ordinal(n=600, missing=0.3)
    filled = impute(answers, predictors, imputations=5, rng=np.random.default_rng(2))
    was_open = answers["i1"].isna().to_numpy()
    high = predictors["x"].to_numpy() > 0.3
    assert filled[:, was_open & high, 0].mean() - filled[:, was_open & ~high, 0].mean() > 0.5


# --- the methods side by side
def question(answers: pd.DataFrame, **given: object) -> Question:
    """Everybody asked; a mean of the items unless told otherwise, nobody's clusters, no traits."""
    scale = Scale("S", tuple(Item(str(name), 1, 5) for name in answers), "mean", 1.0, "half", 1, 5)
    asked: dict[str, Any] = {
        "scale": scale, "answers": answers, "traits": pd.DataFrame(index=answers.index), "cluster_traits": frozenset(),
        "clusters": None, "minimum_n": 10, "confidence": 0.95,
    }  # fmt: skip
    return Question(**asked | given)


def by_key(found: list[Estimate]) -> dict[tuple[str, str], Estimate]:
    return {(one.quantity, one.method): one for one in found}


def clustered(*, missing: float = 0.15, k: int = 10, seed: int = 3) -> Question:
    """Persons of ``k`` projects, five of which have trait `u`; trait `own` is each person's."""
    answers, predictors = ordinal(missing=missing, seed=seed)
    project = pd.Series(np.random.default_rng(seed).integers(0, k, len(answers))).astype(str)
    traits = pd.DataFrame({"u": (project.astype(int) % 2).astype(float), "own": predictors["g"]})
    return question(answers, traits=traits, cluster_traits=frozenset(["u"]), clusters=cluster_codes(project))


@pytest.mark.parametrize("name", FIML)
def test_full_information_agrees_with_lavaan(name: str) -> None:
    case = FIML[name]
    answers = pd.DataFrame([[NAN if v in (None, "NA") else float(v) for v in row] for row in case["answers"]])
    answers.columns = [f"q{i}" for i in range(answers.shape[1])]
    asked = question(answers, traits=pd.DataFrame({"t": np.array(case["trait"], dtype=float)}))
    if case["weight"] == 1:
        asked = replace(asked, scale=replace(asked.scale, rule="sum"))
    found = by_key(estimates(asked, None))
    for quantity, reference in (("mean", case["mean"]), ("t", case["effect"])):
        assert found[quantity, "fiml"].estimate == pytest.approx(reference["exact"], rel=1e-8)
        assert found[quantity, "fiml"].estimate == pytest.approx(reference["est"], rel=2e-5)
        assert found[quantity, "fiml"].se == pytest.approx(reference["se"], rel=1e-6)
        assert found[quantity, "imputation"].problems == ("too_few_persons",)


def test_with_nothing_missing_the_three_are_one() -> None:
    asked = clustered(missing=0.0)
    filled = np.repeat(asked.answers.to_numpy()[None], 3, axis=0)
    found = by_key(estimates(asked, filled))
    for quantity in quantities(asked):
        listwise, fiml, imputation = (found[quantity, method] for method in METHODS)
        for other in (fiml, imputation):
            assert other.estimate == pytest.approx(listwise.estimate, rel=1e-8)
            assert other.se == pytest.approx(listwise.se, rel=1e-6)
            assert other.problems == ("nothing_missing",)
        assert fiml.df == pytest.approx(listwise.df, rel=1e-5)
        assert imputation.missing_share == pytest.approx(0, abs=1e-20)
        assert listwise.problems == ()


def test_regressions_have_the_engines_errors() -> None:
    asked = clustered(missing=0.0)
    scores = asked.answers.mean(axis=1)
    frame = asked.traits.assign(y=scores, c=asked.clusters)
    for how, clusters in (({"cluster": "c", "errors": "cr2"}, asked.clusters), ({}, None)):
        rows = fit("y ~ u + own\ny ~ 1", frame, estimator="MLR", **how).parameters.query("op == '~'")
        design = np.column_stack([np.ones(len(frame)), asked.traits])
        beta, errors, df = least_squares(scores.to_numpy()[None], design, clusters)
        np.testing.assert_allclose(beta[0, 1:], rows["est"], rtol=1e-8)
        np.testing.assert_allclose(errors[0, 1:], rows["se"], rtol=1e-7)
        if clusters is not None:
            np.testing.assert_allclose(df[1:], rows["df_t"], rtol=1e-6)


def test_listwise_is_whoever_answered_every_item() -> None:
    asked = clustered()
    complete = asked.answers.dropna()
    found = by_key(estimates(asked, None))["mean", "listwise"]
    assert found.n_obs == len(complete)
    assert found.estimate == pytest.approx(complete.mean(axis=1).mean(), rel=1e-12)
    doubled = replace(asked, scale=replace(asked.scale, rule="sum", multiply=4.0))
    for method in ("listwise", "fiml"):
        base, sums = (by_key(estimates(q, None))["own", method] for q in (asked, doubled))
        assert sums.estimate == pytest.approx(16 * base.estimate, rel=1e-8)
        assert sums.se == pytest.approx(16 * base.se, rel=1e-7)


def test_a_trait_that_is_not_known_leaves_persons_out_of_effects_alone() -> None:
    asked = clustered(missing=0.0)
    asked.traits.loc[:19, "own"] = NAN
    found = by_key(estimates(asked, None))
    assert (found["mean", "listwise"].n_obs, found["own", "listwise"].n_obs, found["u", "fiml"].n_obs) == (
        240,
        220,
        220,
    )


def codes(asked: Question) -> dict[tuple[str, str], tuple[str, ...]]:
    found = estimates(asked, None)
    for one in found:
        if one.problems and not {"nothing_missing", "projects_ignored"} & set(one.problems):
            assert np.isnan([one.estimate, one.se, one.ci_lower, one.ci_upper]).all()
    return {key: one.problems for key, one in by_key(found).items()}


def test_what_stands_in_the_way_of_an_effect_is_named() -> None:
    asked = clustered()
    one_level = replace(asked, traits=asked.traits.assign(own=1.0))
    assert codes(one_level)["own", "fiml"] == ("no_variation",)
    assert codes(one_level)["u", "fiml"] == ()
    twice = replace(asked, traits=asked.traits.assign(own=1 - asked.traits["u"]))
    assert codes(twice)["own", "listwise"] == codes(twice)["u", "fiml"] == ("confounded",)
    few = replace(clustered(k=6), minimum_n=10)  # three projects a level
    assert codes(few)["u", "fiml"] == ("too_few_projects",)
    assert codes(few)["own", "fiml"] == ()
    alone = replace(asked, clusters=None)
    assert codes(alone)["u", "listwise"] == ("too_few_projects",)
    assert codes(alone)["own", "listwise"] == codes(alone)["mean", "fiml"] == ("projects_ignored",)


def test_what_stands_in_the_way_of_a_scale_is_named() -> None:
    asked = clustered()
    answers = asked.answers
    assert set(codes(replace(asked, minimum_n=500)).values()) == {("too_few_persons",)}
    constant = codes(replace(asked, answers=answers.assign(i2=3.0)))
    # a constant item is in the way of the normal model, not of the score of whoever answered everything
    assert (constant["mean", "fiml"], constant["mean", "listwise"]) == (("constant_item",), ())
    everything = codes(replace(asked, answers=answers * 0 + 2))
    assert everything["mean", "listwise"] == everything["mean", "fiml"] == ("constant_item",)
    same = codes(replace(asked, answers=answers.assign(i2=6 - answers["i1"])))
    assert same["mean", "fiml"] == ("singular",)
    apart = answers.copy()
    apart.iloc[:120, 0], apart.iloc[120:, 1] = NAN, NAN
    assert codes(replace(asked, answers=apart))["mean", "fiml"] == ("never_together",)
    assert codes(replace(asked, answers=apart))["mean", "listwise"] == ("too_few_persons",)


def test_few_imputations_for_much_missing_are_named() -> None:
    asked = clustered(missing=0.4)
    filled = impute(asked.answers, asked.traits, imputations=3, rng=np.random.default_rng(1))
    found = by_key(estimates(asked, filled))["own", "imputation"]
    assert found.problems == ("few_imputations",)
    assert 0.03 < found.missing_share < 1
    assert found.ci_lower < found.estimate < found.ci_upper


def test_clusters_of_persons_or_too_few_are_none() -> None:
    assert cluster_codes(pd.Series(["a", "b", "c", None])) is None
    assert cluster_codes(pd.Series(["a", "b", "c"])) is None
    np.testing.assert_array_equal(cluster_codes(pd.Series(["d", "b", "c", "a"])), [3, 1, 2, 0])
