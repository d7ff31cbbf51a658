"""Claims about a model under many specifications: each against the same fit made the long way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.measurement.imputation import pool
from analysis.measurement.scoring import scale_score
from analysis.multiverse.imputing import with_imputations
from analysis.multiverse.inputs import Inputs
from analysis.multiverse.models import estimate_models, model_tasks
from analysis.multiverse.outcome import Found
from analysis.multiverse.specification import Specification
from analysis.sem import FitResult, fit
from analysis.sem.across_groups import path_differences
from tests.analysis.multiverse.model_study import MAIN, MODEL, family, inputs, persons


@pytest.fixture(scope="module")
def study() -> Inputs:
    return with_imputations(inputs())


def answered(of: Inputs, specification: Specification, name: str = "model") -> dict[str, Found]:
    (task,) = model_tasks(family(of, name), [specification])
    return {one.claim: one for one in estimate_models(of, task)}


def analysed(of: Inputs) -> pd.DataFrame:
    return of.persons[of.persons["analysed"]]


def reported(result: FitResult, op: str, lhs: str, rhs: str = "") -> pd.Series[Any]:
    rows = result.parameters
    return rows[(rows["op"] == op) & (rows["lhs"] == lhs) & ((rows["rhs"] == rhs) | (op == ":="))].iloc[0]


def agrees(one: Found, row: pd.Series[Any], *, tolerance: float = 1e-7) -> None:
    """An answer is the standardised number of a fit, with its error and interval."""
    assert one.status == "ok"
    df = np.inf if np.isnan(row["std_all_df_t"]) else row["std_all_df_t"]
    found = (one.estimate, one.se, one.ci_lower, one.ci_upper)
    assert found == pytest.approx(
        tuple(row[name] for name in ("std_all", "std_all_se", "std_all_ci_lower", "std_all_ci_upper")), abs=tolerance
    )
    assert one.df == pytest.approx(df, rel=1e-5)


def test_main_specification_is_the_published_fit(study: Inputs) -> None:
    result = fit(MODEL, analysed(study), estimator="mlr", missing="fiml", cluster="project", errors="cr2")
    found = answered(study, MAIN)
    agrees(found["path"], reported(result, "~", "C", "A"))
    agrees(found["trait"], reported(result, "~", "A", "inside"))
    agrees(found["defined"], reported(result, ":=", "twice"))
    assert (found["path"].n_obs, found["path"].n_projects) == (result.n_obs, 8)


@pytest.mark.parametrize(
    ("choices", "asked"),
    [
        ({"estimator": "ml", "clustering": "ignored", "missing": "listwise"}, {"estimator": "ml"}),
        ({"estimator": "ml", "clustering": "ignored"}, {"estimator": "ml", "missing": "fiml"}),
        ({"estimator": "mlr", "clustering": "ignored"}, {"estimator": "mlr", "missing": "fiml"}),
        ({"missing": "listwise"}, {"estimator": "mlr", "cluster": "project", "errors": "cr2"}),
        ({"estimator": "sam", "missing": "listwise", "clustering": "ignored"}, {"estimator": "sam"}),
        ({"estimator": "sam", "missing": "listwise"}, {"estimator": "sam", "cluster": "project", "errors": "cr2"}),
    ],
)
def test_every_estimator_and_error_is_that_of_the_engine(
    study: Inputs, choices: dict[str, str], asked: dict[str, str]
) -> None:
    row = reported(fit(MODEL, analysed(study), **asked), "~", "C", "A")
    agrees(answered(study, MAIN.choosing(**choices))["path"], row)


def test_ordinal_is_the_polychoric_model_without_traits(study: Inputs) -> None:
    ordinal = MAIN.choosing(score="ordinal", estimator="wlsmv", missing="listwise", clustering="ignored")
    text = MODEL.replace("A ~ inside", "")
    items = [item for name in "ABC" for item in study.scales[name].item_names]
    result = fit(text, analysed(study), estimator="wlsmv", ordered=items)
    found = answered(study, ordinal)
    agrees(found["path"], reported(result, "~", "C", "A"))
    assert (found["trait"].status, found["trait"].reason) == ("refused", "no_variation")
    assert (found["difference"].status, found["difference"].reason) == ("refused", "not_estimable")


@pytest.mark.parametrize("score", ["mean", "sum"])
def test_scores_stand_in_the_place_of_factors(study: Inputs, score: str) -> None:
    frame = analysed(study).copy()
    for name in "ABC":
        items = frame[list(study.scales[name].item_names)]
        frame[name] = scale_score(frame, study.scales[name]) if score == "mean" else items.sum(axis=1, skipna=False)
    text = "A ~ inside\nC ~ one*A + B\nA ~~ B\nB ~~ B\ntwice := 2*one"
    result = fit(text, frame, estimator="mlr", cluster="project", errors="cr2")
    found = answered(study, MAIN.choosing(score=score, missing="listwise"))
    agrees(found["path"], reported(result, "~", "C", "A"))
    agrees(found["defined"], reported(result, ":=", "twice"))


def test_correlation_of_scores_is_that_of_the_scores(study: Inputs) -> None:
    frame = pd.DataFrame({name: scale_score(analysed(study), study.scales[name]) for name in "ABC"}).dropna()
    specification = MAIN.choosing(score="mean", missing="listwise", estimator="ml", clustering="ignored")
    found = answered(study, specification, "measurement")["together"]
    assert found.estimate == pytest.approx(np.corrcoef(frame["A"], frame["B"])[0, 1], abs=1e-6)
    assert found.n_obs == len(frame)


def test_adjusted_correlation_is_partial(study: Inputs) -> None:
    frame = analysed(study)
    wanted = pd.DataFrame({name: scale_score(frame, study.scales[name]) for name in "ABC"}).join(frame[["age", "time"]])
    wanted = wanted.dropna()
    design = np.column_stack([np.ones(len(wanted)), wanted["age"] == "young", wanted["time"]]).astype(float)
    left = [wanted[name] - design @ np.linalg.lstsq(design, wanted[name], rcond=None)[0] for name in "AB"]
    specification = MAIN.choosing(score="mean", missing="listwise", covariates="adjusted")
    found = answered(study, specification, "measurement")["together"]
    assert found.estimate == pytest.approx(np.corrcoef(*left)[0, 1], abs=1e-6)


def test_alternative_measures_the_factor_by_other_items(study: Inputs) -> None:
    text = MODEL.replace("B =~ b0 + b1 + b2", "B =~ b_other0 + b_other1 + b_other2 + b_other3")
    result = fit(text, analysed(study), estimator="mlr", missing="fiml", cluster="project", errors="cr2")
    agrees(answered(study, MAIN.choosing(alternative="other"))["path"], reported(result, "~", "C", "A"))


def test_imputations_are_pooled(study: Inputs) -> None:
    specification = MAIN.choosing(missing="imputation")
    imputed = study.imputed["analysed"]
    rows = []
    for values in imputed.values:
        frame = study.persons.iloc[imputed.rows].assign(**dict(zip(imputed.items, values.T, strict=True)))
        rows.append(reported(fit(MODEL, frame, estimator="mlr", cluster="project", errors="cr2"), "~", "C", "A"))
    estimates, errors, df = (np.array([row[n] for row in rows]) for n in ("std_all", "std_all_se", "std_all_df_t"))
    pooled = pool(estimates, errors**2, df_complete=df.mean())
    found = answered(study, specification)["path"]
    assert (found.estimate, found.se, found.df) == pytest.approx((pooled.estimate, pooled.se, pooled.df), rel=1e-5)
    assert sum(found.influence.values()) == pytest.approx(found.estimate, abs=1e-12)


def test_who_takes_part_follows_the_choices(study: Inputs) -> None:
    frame = study.persons
    chosen = (frame["wave"] == "w2") & ~frame["careless"] & (frame["project"] != "p3")
    specification = MAIN.choosing(waves="w2", careless="drop", left_out="p3", residents="all", estimator="ml")
    result = fit(MODEL, frame[chosen], estimator="ml", missing="fiml")
    found = answered(study, specification.choosing(clustering="ignored"))["path"]
    agrees(found, reported(result, "~", "C", "A"))
    assert (found.n_projects, set(found.influence)) == (7, {f"p{k}" for k in range(8)} - {"p3"})


def test_difference_of_a_path_is_that_of_the_joint_model(study: Inputs) -> None:
    asked = {"estimator": "mlr", "missing": "fiml", "cluster": "project", "errors": "cr2"}
    frame = analysed(study)
    both = pd.concat([frame[frame["place"] == level] for level in ("in", "out")])
    text = MODEL.replace("A ~ inside", "").replace("one*A", "A").replace("twice := 2*one", "")
    joint = fit(text, both, group="place", group_equal=("loadings",), **asked)
    row = path_differences(joint, first="in", second="out").set_index(["lhs", "rhs"]).loc[("C", "A")]
    overall = reported(fit(MODEL, frame, **asked), "~", "C", "A")
    scale = overall["std_all"] / overall["est"]
    found = answered(study, MAIN)["difference"]
    wanted = (scale * row["difference"], scale * row["se"], row["df_t"])
    assert (found.estimate, found.se, found.df) == pytest.approx(wanted, rel=1e-4)


def test_tasks_share_data_and_answer_as_they_would_alone(study: Inputs) -> None:
    listwise = MAIN.choosing(missing="listwise")
    together = [listwise.choosing(estimator=e, clustering=c) for e, c in
                (("mlr", "cluster_robust"), ("ml", "ignored"), ("sam", "ignored"), ("mlr", "ignored"))]  # fmt: skip
    tasks = model_tasks(family(study), [together[0], MAIN, *together[1:]])
    assert [len(task["specifications"]) for task in tasks] == [4, 1]
    found = estimate_models(study, tasks[0])
    assert [one.specification for one in found[::4]] == together
    alone = [one for s in together for one in answered(study, s).values()]
    assert [(one.claim, one.status) for one in found] == [(one.claim, one.status) for one in alone]
    numbers = [[(one.estimate, one.se, one.pvalue) for one in some] for some in (found, alone)]
    assert np.allclose(*numbers, rtol=1e-9, atol=0, equal_nan=True)


def test_answers_survive_being_written_down(study: Inputs) -> None:
    found = answered(study, MAIN)["path"]
    assert Found.from_record(found.as_record()) == found


@pytest.mark.parametrize(
    ("choices", "status", "reason"),
    [
        ({"left_out": "p0", "waves": "w1"}, "ok", ""),
        ({"score": "ordinal", "estimator": "wlsmv", "missing": "listwise", "covariates": "adjusted"},
         "refused", "covariates_with_ordinal"),
    ],
)  # fmt: skip
def test_refusals_have_codes(study: Inputs, choices: dict[str, str], status: str, reason: str) -> None:
    found = answered(study, MAIN.choosing(**choices))["path"]
    assert (found.status, found.reason) == (status, reason)
    assert np.isfinite(found.estimate) == (status == "ok")


def test_too_few_persons_and_projects_are_refused() -> None:
    frame = persons()
    few = inputs(frame, minimum_n=1000)
    assert answered(few, MAIN)["path"].reason == "too_few_persons"
    assert answered(inputs(frame, minimum_units=9), MAIN)["path"].reason == "too_few_projects"
    assert answered(inputs(frame.drop(columns="c1")), MAIN)["path"].reason == "no_data"


def test_a_trait_that_does_not_vary_leaves_the_other_claims() -> None:
    frame = persons()
    found = answered(inputs(frame[frame["place"] == "in"].reset_index(drop=True)), MAIN)
    assert found["trait"].reason == "no_variation"
    assert found["difference"].reason == "no_variation"
    assert found["path"].status == "ok"


def test_confounded_traits_are_refused() -> None:
    made = inputs()
    twice = made.models | {"model": MODEL.replace("A ~ inside", "A ~ inside + again")}
    found = answered(inputs(made.persons.assign(again=1 - made.persons["inside"]), models=twice), MAIN)
    assert {(one.status, one.reason) for one in found.values()} == {("refused", "confounded")}


def test_a_model_that_is_not_identified_is_inadmissible() -> None:
    made = inputs()
    both = "A =~ a0 + a1 + a2\nC =~ c0 + c1 + c2\nC ~ A\nA ~~ C"
    found = answered(inputs(made.persons, models=made.models | {"model": both}), MAIN)["path"]
    assert (found.status, found.reason) == ("inadmissible", "not_identified")
    assert np.isnan(found.estimate)


def test_what_those_with_a_score_do_not_differ_in_is_not_adjusted_for() -> None:
    frame = persons()
    frame["time"] = 0.0
    frame.loc[frame.index[:2], "time"] = 1.0
    frame.loc[frame.index[:2], ["c0", "c1", "c2"]] = np.nan
    frame.loc[frame.index[:2], "analysed"] = True
    specification = MAIN.choosing(score="mean", covariates="adjusted")
    found = answered(inputs(frame, adjusted_for=("time",)), specification)["path"]
    plain = answered(inputs(frame), specification.choosing(covariates="none"))["path"]
    assert (found.status, found.estimate) == ("ok", pytest.approx(plain.estimate, abs=1e-8))


def test_solutions_that_cannot_be_true_show_no_estimate() -> None:
    frame = persons()
    for item in ("a1", "a2"):
        frame[item] = frame["a0"].fillna(3.0)
    found = answered(inputs(frame), MAIN)["path"]
    assert found.status in ("inadmissible", "not_converged", "refused")
    assert np.isnan(found.estimate) and not found.influence


def test_unknown_projects_take_part_only_where_errors_do_not_need_them() -> None:
    frame = persons()
    frame.loc[frame.index[:20], "project"] = None
    of = inputs(frame)
    known = answered(of, MAIN)["path"]
    every = answered(of, MAIN.choosing(clustering="ignored"))["path"]
    assert every.n_obs - known.n_obs == frame["analysed"][:20].sum()
    assert "" in every.influence and "" not in known.influence


def test_without_projects_blocks_of_persons_take_their_place() -> None:
    of = inputs(persons().assign(project=None))
    found = answered(of, MAIN.choosing(clustering="ignored"))["path"]
    assert (found.status, found.n_projects, len(found.influence)) == ("ok", 0, 40)
    assert answered(of, MAIN)["path"].reason in ("too_few_persons", "too_few_projects")
