"""Effects under specifications: the main one is the published contrast, others agree with what they name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.clusters.contrasts import trait_contrasts
from analysis.clusters.least_squares import cluster_codes
from analysis.clusters.robust import ols_cr2
from analysis.multiverse.choices import cross, drawn
from analysis.multiverse.effects import TASK_SIZE, effect_tasks, estimate_effects
from analysis.multiverse.imputing import with_imputations
from analysis.multiverse.inputs import Inputs, families
from analysis.multiverse.outcome import Found
from analysis.multiverse.specification import Family, Specification
from analysis.sem import fit
from tests.analysis.multiverse import made

INPUTS = made.inputs()
ALONE = made.MAIN.choosing(clustering="ignored")
LATENT = {"score": "latent", "clustering": "ignored"}


def found(inputs: Inputs, family: Family, *specifications: Specification) -> dict[str, Found]:
    """By claim, what the (last) specification finds."""
    results = [f for task in effect_tasks(family, specifications) for f in estimate_effects(inputs, task)]
    assert len(results) == len(specifications) * len(family.claims)
    return {result.claim: result for result in results}


def published(inputs: Inputs, *, outcome: str, trait: str, method: str) -> pd.Series:
    """The row of the comparison's table."""
    analysed = inputs.persons[inputs.persons["analysed"]].reset_index(drop=True)
    traits = [t for t in inputs.traits if t.of == ("person" if trait == "tenure" else "unit")]
    table = trait_contrasts(
        analysed, outcomes=[outcome], traits=traits, cluster="project", minimum_units=4, confidence=0.95, adjust="holm"
    )
    return table[(table["trait"] == trait) & (table["method"] == method)].iloc[0]


def assert_is_published(f: Found, row: pd.Series) -> None:
    assert f.status == "ok"
    assert f.n_obs == row["n_obs"]
    assert f.estimate == pytest.approx(row["effect_size"], abs=1e-9)
    assert f.ci_lower == pytest.approx(row["effect_size_ci_lower"], abs=1e-9)
    assert f.ci_upper == pytest.approx(row["effect_size_ci_upper"], abs=1e-9)
    assert f.pvalue == pytest.approx(row["pvalue"], rel=1e-6)
    assert f.df == pytest.approx(row["df"], rel=1e-6)


@pytest.mark.parametrize(
    ("family", "claim", "trait"),
    [
        (made.UNIT, "A", "place"), (made.UNIT, "B", "building"), (made.UNIT, "C", "place-building"),
        (made.NEAR, "D", "place"),
    ],
)  # fmt: skip
def test_the_main_specification_is_what_the_verdict_stands_on(family: Family, claim: str, trait: str) -> None:
    row = published(INPUTS, outcome=family.name, trait=trait, method="project_means")
    assert_is_published(found(INPUTS, family, made.MAIN)[claim], row)


def test_the_main_specification_of_a_trait_of_persons() -> None:
    s = made.MAIN.choosing(clustering="mixed")
    row = published(INPUTS, outcome="HS", trait="tenure", method="mixed")
    assert_is_published(found(INPUTS, made.PERSON, s)["E"], row)


def test_a_trait_of_persons_whose_projects_nobody_knows() -> None:
    nowhere = replace(
        INPUTS, persons=INPUTS.persons.assign(project=pd.Series([None] * len(INPUTS.persons), dtype="str"))
    )
    row = published(nowhere, outcome="HS", trait="tenure", method="persons")
    assert_is_published(found(nowhere, made.PERSON, ALONE)["E"], row)
    assert found(nowhere, made.PERSON, ALONE.choosing(clustering="mixed"))["E"].reason == "no_clusters"
    crossed = cross(nowhere, made.PERSON)
    assert crossed.main == ALONE
    assert {way.clustering for way in crossed.ways} == {"ignored"}
    assert found(nowhere, made.UNIT, made.MAIN)["A"].status == "refused"


def test_cluster_robust_is_cr2_of_the_same_regression() -> None:
    f = found(INPUTS, made.UNIT, ALONE.choosing(clustering="cluster_robust"))["C"]
    frame = INPUTS.persons[INPUTS.persons["analysed"] & INPUTS.persons["HS"].notna()]
    X = np.column_stack([np.ones(len(frame)), frame["inside"], frame["old"]])
    codes = cluster_codes(frame["project"].to_numpy())
    expected = ols_cr2(frame["HS"].to_numpy(), X, codes, np.array([[0.0, 1.0, -1.0]]))
    sd = frame["HS"].std()
    assert (f.estimate, f.se, f.df) == pytest.approx(
        (expected.estimate[0] / sd, expected.se[0] / sd, expected.df[0]), rel=1e-9
    )


def test_measured_first_is_local_sam() -> None:
    """The same coefficient as the engine's local SAM, over the factor's standard deviation that it has too."""
    results = found(INPUTS, made.UNIT, ALONE.choosing(score="latent", estimator="sam"))
    items = made.SCALES["HS"].item_names
    complete = INPUTS.persons[INPUTS.persons["analysed"]].dropna(subset=items)
    result = fit(f"HS =~ {' + '.join(items)}\nHS ~ inside + old", complete, estimator="sam")
    effects = result.parameters.set_index(["op", "rhs"])["std_lv"]["~"]
    assert results["A"].n_obs == len(complete)
    # the engine's variances have divisor n
    assert results["A"].estimate == pytest.approx(effects["inside"], rel=4e-3)
    assert results["A"].estimate / results["B"].estimate == pytest.approx(effects["inside"] / effects["old"], rel=1e-5)


@pytest.mark.parametrize(("estimator", "missing"), [("ml", "listwise"), ("mlr", "fiml")])
def test_joint_models_are_the_engines_own(estimator: str, missing: str) -> None:
    f = found(INPUTS, made.UNIT, ALONE.choosing(score="latent", estimator=estimator, missing=missing))["B"]
    items = made.SCALES["HS"].item_names
    frame = INPUTS.persons[INPUTS.persons["analysed"]].dropna(subset=items, how="all")
    frame = frame.dropna(subset=items) if missing == "listwise" else frame
    result = fit(
        f"HS =~ {' + '.join(items)}\nHS ~ inside + old", frame, estimator=estimator, missing=missing,
    )  # fmt: skip
    p = result.parameters
    row = p[(p["op"] == "~") & (p["rhs"] == "old")].iloc[0]
    assert f.estimate == pytest.approx(row["std_lv"], rel=1e-6)
    # std_all also divides by the trait's sd, which is known: its error tells ours
    assert f.se == pytest.approx(row["std_all_se"] / frame["old"].std(ddof=0), rel=1e-4)
    assert np.isinf(f.df)


def test_cr2_of_a_joint_model_has_degrees_of_freedom() -> None:
    s = ALONE.choosing(score="latent", estimator="mlr", clustering="cluster_robust")
    f = found(INPUTS, made.UNIT, s)["A"]
    assert 2 < f.df < 12


def test_every_way_finds_the_effects_that_were_put_in() -> None:
    """All ways agree about an effect of .8 on a factor with sd 1, observed scores being weakened by their error."""
    inputs = with_imputations(made.inputs(made.persons(n_projects=16, per_project=60, seed=2)))
    specifications = [replace(way, waves="all", left_out="none") for way in cross(inputs, made.UNIT).ways]
    results = [f for task in effect_tasks(made.UNIT, specifications) for f in estimate_effects(inputs, task)]
    assert {f.status for f in results} == {"ok"}
    by_score = {
        score: np.mean([f.estimate for f in results if f.claim == "A" and f.specification.score == score])
        for score in made.CHOICES["score"]
    }
    # projects differ by .15 beside what they are built like, so that sixteen tell .8 up to .08
    truth = 0.8 / np.sqrt(1 + 0.16 + 0.0225 + 0.15**2 + 0.01)
    assert by_score["latent"] == pytest.approx(truth, abs=0.16)
    assert by_score["ordinal"] == pytest.approx(by_score["latent"], abs=0.05)
    # an observed score holds error, some eighth of its variance
    assert by_score["mean"] / by_score["latent"] == pytest.approx(np.sqrt(7 / 8), abs=0.04)
    assert by_score["sum"] == pytest.approx(by_score["mean"], abs=0.05)


def test_nothing_is_left_out() -> None:
    inputs = with_imputations(INPUTS)
    for family in families(inputs):
        if family.kind == "effect":
            asked = drawn(cross(inputs, family), n=70, seed=1)
            tasks = effect_tasks(family, asked)
            results = [f for task in tasks for f in estimate_effects(inputs, task)]
            assert {(f.claim, f.specification) for f in results} == {(c, s) for c in family.claims for s in asked}
            assert max(len(task["specifications"]) for task in tasks) <= TASK_SIZE
            for f in results:
                assert (f.status == "ok") == (f.reason == "")
                assert (f.status == "ok") == np.isfinite(f.estimate)


def test_a_trait_that_too_few_projects_have_is_refused_and_the_other_answered() -> None:
    frame = INPUTS.persons
    frame = frame.assign(old=np.where(frame["project"].isin(["p02", "p03", "p06"]), 1.0, 0.0))
    results = found(replace(INPUTS, persons=frame), made.UNIT, made.MAIN)
    assert results["A"].status == "ok"
    assert {(results[c].status, results[c].reason) for c in "BC"} == {("refused", "too_few_projects")}
    assert results["B"].n_projects == 12


def test_traits_that_coincide_are_refused() -> None:
    frame = INPUTS.persons.assign(old=INPUTS.persons["inside"])
    results = found(replace(INPUTS, persons=frame), made.UNIT, made.MAIN)
    assert {(f.status, f.reason) for f in results.values()} == {("refused", "confounded")}


def test_what_was_not_asked_is_refused() -> None:
    inputs = replace(INPUTS, persons=INPUTS.persons.drop(columns=["hs1", "HS"]))
    for s in (made.MAIN, ALONE.choosing(score="latent", estimator="ml"), ALONE.choosing(score="sum")):
        assert found(inputs, made.UNIT, s)["A"].reason == "no_data"


def test_answers_alike_are_refused() -> None:
    flat = INPUTS.persons.assign(**dict.fromkeys([*made.SCALES["HS"].item_names, "HS"], 3.0))
    inputs = replace(INPUTS, persons=flat)
    for s in (made.MAIN, ALONE, ALONE.choosing(score="latent", estimator="sam")):
        f = found(inputs, made.UNIT, s)["A"]
        assert (f.status, f.reason) == ("refused", "no_variation")


def test_a_measurement_that_cannot_be_true_is_inadmissible() -> None:
    frame = INPUTS.persons.copy()
    rng = np.random.default_rng(4)
    frame["hs1"] = frame["hs2"].fillna(3.0)  # one item says what another says, and the rest say nothing
    for item in ("hs3", "hs4"):
        frame[item] = rng.integers(1, 6, len(frame)).astype(float)
    frame["hs2"] = frame["hs1"]
    f = found(replace(INPUTS, persons=frame), made.UNIT, ALONE.choosing(score="latent", estimator="sam"))["A"]
    assert f.status in ("inadmissible", "not_converged", "refused")
    assert f.reason != ""


@pytest.mark.parametrize(
    "s",
    [
        made.MAIN, made.MAIN.choosing(covariates="adjusted"), ALONE.choosing(clustering="cluster_robust"),
        ALONE.choosing(score="latent", estimator="sam"), ALONE.choosing(score="ordinal", estimator="wlsmv"),
        ALONE.choosing(score="latent", estimator="mlr", missing="fiml", covariates="adjusted"),
    ],
    ids=lambda s: s.key,
)  # fmt: skip
def test_the_order_of_persons_and_another_zero_of_the_scale_do_not_matter(s: Specification) -> None:
    frame = INPUTS.persons
    items = [*made.SCALES["HS"].item_names, "HS"]
    mixed = frame.sample(frac=1.0, random_state=1).reset_index(drop=True)
    mixed[items] += 7.0
    before, after = found(INPUTS, made.UNIT, s), found(replace(INPUTS, persons=mixed), made.UNIT, s)
    for claim in made.UNIT.claims:
        assert after[claim].estimate == pytest.approx(before[claim].estimate, rel=1e-5)
        assert after[claim].se == pytest.approx(before[claim].se, rel=1e-5)
        assert after[claim].permuted == pytest.approx(before[claim].permuted, abs=1e-5)


def test_who_is_left_out_has_no_say() -> None:
    frame = INPUTS.persons.copy()
    frame.loc[frame["project"] == "p03", "HS"] = 99.0
    s = made.MAIN.choosing(left_out="p03")
    assert (
        found(replace(INPUTS, persons=frame), made.UNIT, s)["A"].estimate == found(INPUTS, made.UNIT, s)["A"].estimate
    )
    assert found(INPUTS, made.UNIT, s)["A"].n_projects == 11


@pytest.mark.parametrize("clustering", ["mixed", "cluster_robust", "ignored"])
@pytest.mark.parametrize("covariates", ["none", "adjusted"])
def test_shares_of_projects_add_up_to_the_effect(clustering: str, covariates: str) -> None:
    s = made.MAIN.choosing(clustering=clustering, covariates=covariates)
    f = found(INPUTS, made.PERSON, s)["E"]
    assert set(f.influence) == set(INPUTS.projects)
    assert sum(f.influence.values()) == pytest.approx(f.estimate, rel=1e-9)
    assert max(map(abs, f.influence.values())) < abs(f.estimate) + 4 * f.se


def test_imputed_answers_are_pooled() -> None:
    inputs = with_imputations(INPUTS)
    f = found(inputs, made.UNIT, made.MAIN.choosing(missing="imputation"))["A"]
    listwise = found(inputs, made.UNIT, made.MAIN)["A"]
    assert f.n_obs >= listwise.n_obs
    assert f.df < 9  # what is not known of missing answers takes some
    assert f.estimate == pytest.approx(listwise.estimate, abs=0.1)


def test_nothing_is_made_up_for_who_answered_nothing() -> None:
    frame = INPUTS.persons.copy()
    frame.loc[frame["wave"] == "w3", made.SCALES["IN"].item_names] = np.nan
    inputs = with_imputations(replace(INPUTS, persons=frame))
    items = [made.SCALES[name].item_names for name in ("IN", "OUT")]
    some = frame["analysed"] & frame[items[0]].notna().any(axis=1) & frame[items[1]].notna().any(axis=1)
    for s in (
        made.MAIN,
        ALONE.choosing(score="latent", estimator="sam"),
        ALONE.choosing(score="latent", estimator="ml"),
    ):
        f = found(inputs, made.NEAR, s.choosing(missing="imputation"))["D"]
        assert (f.status, f.n_obs) == ("ok", some.sum())
    assert found(inputs, made.NEAR, made.MAIN.choosing(missing="imputation", waves="w3"))["D"].status == "refused"
