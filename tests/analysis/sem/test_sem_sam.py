"""Local SAM: beside lavaan's, in closed form, and where it says no."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.sem import FitResult, ModelError, Moments, fit
from analysis.sem.difference import difference_test
from analysis.sem.fit import prepared
from analysis.sem.invariance import invariance
from analysis.sem.observed import GroupSample
from analysis.sem.options import Options
from analysis.sem.sam import SamEstimated, estimate_sam
from analysis.sem.sam_errors import _first_step as first_step
from analysis.sem.sam_errors import influences
from analysis.sem.sam_parts import split

ORACLES = Path(__file__).parents[2] / "oracles"
CASES = sorted(path.stem for path in (ORACLES / "sam").glob("*.json"))
RANDOM = "\nin_neighbourhood ~~ in_neighbourhood + repurposed\nrepurposed ~~ repurposed"


def answers(name: str = "study_shaped.csv") -> pd.DataFrame:
    frame = pd.read_csv(ORACLES / "lavaan" / name)
    if "location" in frame:
        frame["in_neighbourhood"] = (frame["location"] == "in_neighbourhood").astype(float)
        frame["repurposed"] = (frame["construction"] == "repurposed").astype(float)
    return frame


# --- lavaan's local SAM
@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[FitResult, dict[str, Any]]:
    wanted: dict[str, Any] = json.loads((ORACLES / "sam" / f"{request.param}.json").read_text(encoding="utf-8"))
    frame, model, options = answers(wanted["data"]), wanted["model"], dict(wanted["options"])
    if wanted["rows"]:
        first, last = wanted["rows"]
        frame = frame.iloc[first - 1 : last]
    if options.pop("fixed_x", True) is False:
        model += RANDOM
    return fit(model, frame, estimator="sam", **options), wanted


# what lavaan 0.6-14 gets wrong there (tests/oracles/defects.md): HS loses its metric where an item has no error left
DEFECTIVE = {"at-bound": "HS"}


def estimates_of(result: FitResult) -> dict[tuple[int, str, str, str], tuple[float, float]]:
    """(group from 1, lhs, op, rhs) to estimate and error; covariances under both orders."""
    found = {}
    for row in result.parameters.itertuples():
        group = result.groups.index(row.group) + 1 if row.op != ":=" else 1
        rhs = "" if row.op == ":=" else row.rhs
        found[group, row.lhs, row.op, rhs] = (row.est, row.se)
        if row.op == "~~":
            found[group, row.rhs, row.op, row.lhs] = (row.est, row.se)
    return found


def latent_means(result: FitResult) -> dict[tuple[int, str], float]:
    """The latent variables' means, which lavaan's SAM prints in the place of their intercepts (defects.md)."""
    e = result.estimated
    return {
        (g + 1, name): float(m.eta[model.structural.index(name)])
        for g, model in enumerate(e.implied.groups)
        for m in (model.matrices(e.theta),)
        for name in e.table.latent
    }


def test_every_reference_is_there() -> None:
    assert len(CASES) == 15


def test_estimates_and_two_step_errors(case: tuple[FitResult, dict[str, Any]]) -> None:
    result, wanted = case
    assert result.converged and result.errors == "two_step"
    found, skipped = estimates_of(result), DEFECTIVE.get(wanted["name"])
    compared = 0
    for p in wanted["parameters"]:
        if skipped in (p["lhs"], p["rhs"]) or (skipped and p["lhs"] == "WB"):
            continue
        est, se = found[p["group"], p["lhs"], p["op"], "" if p["op"] == ":=" else p["rhs"]]
        if p["op"] == "~1" and p["lhs"] in result.estimated.table.latent:
            est = latent_means(result)[p["group"], p["lhs"]]
        assert est == pytest.approx(p["est"], rel=5e-5, abs=5e-6), p
        if not p["se"]:
            assert not se > 1e-8, p
        elif p["op"] != "~1":
            assert se == pytest.approx(p["se"], rel=1e-4, abs=1e-6), p
        compared += 1
    assert compared


def test_fit_of_blocks_and_structure_and_reliabilities(case: tuple[FitResult, dict[str, Any]]) -> None:
    result, wanted = case
    assert result.sam is not None
    blocks = {", ".join(b.latents): b for b in result.sam.blocks}
    for block in wanted["blocks"]:
        ours = blocks[block["Latent"].replace(",", ", ")]
        assert ours.chisq == pytest.approx(block["Chisq"], abs=1e-5)
        assert ours.df == block["Df"]
    # lavaan's structural step takes covariates as given all the same, which leaves their relation in its baseline
    random = wanted["options"].get("fixed_x") is False
    for name in ("chisq", "df", "rmsea", "srmr", *(() if random else ("cfi",))):
        assert result.fit[f"structural_{name}"] == pytest.approx(wanted["structural"][name], abs=2e-5), name
    for g, reliability in enumerate(wanted["reliability"] if isinstance(wanted["reliability"], list) else
                                    wanted["reliability"].values()):  # fmt: skip
        for block in result.sam.blocks:
            for k, latent in enumerate(block.latents):
                if latent in reliability and latent != DEFECTIVE.get(wanted["name"]):
                    assert block.reliability[g, k] == pytest.approx(reliability[latent], abs=1e-5)


def test_an_item_without_error_is_its_factor() -> None:
    """The limit that lavaan misses: as the residual variance goes to nil, the factor score becomes the item."""
    frame = answers().iloc[130:160]
    model = "HS =~ hs1+hs2+hs3\nSB =~ sb1+sb2+sb3\nWB =~ wb1+wb2+wb3\nWB ~ HS + SB"
    at_bound = fit(model, frame, estimator="sam", bounds=True)
    near = fit(f"{model}\nhs1 ~~ 1e-7*hs1", frame, estimator="sam")
    assert [p.code for p in at_bound.problems] == ["at_bound"]
    assert at_bound.problems[0].parameter == "hs1 ~~ hs1" and "hs1 ~~ hs1" in at_bound.message
    assert at_bound.sam is not None and at_bound.sam.blocks[0].reliability[0, 0] == pytest.approx(1)
    ours, limit = estimates_of(at_bound), estimates_of(near)
    for key in ((1, "WB", "~", "HS"), (1, "WB", "~", "SB"), (1, "HS", "~~", "HS"), (1, "HS", "~~", "SB")):
        assert ours[key][0] == pytest.approx(limit[key][0], rel=1e-5), key


# --- closed forms
SINGLE = "X =~ 1*x\nx ~~ 0*x\nZ =~ 1*z\nz ~~ 0*z\nY =~ 1*y\ny ~~ 0*y\nY ~ X + Z"


def regression(n: int = 60, clusters: int = 6, seed: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    place = np.concatenate([np.arange(clusters), rng.integers(0, clusters, n - clusters)])
    x, z = rng.normal(size=n), rng.normal(size=clusters)[place]
    y = 0.5 * x + 0.3 * z + 0.4 * rng.normal(size=clusters)[place] + rng.normal(size=n)
    return pd.DataFrame({"x": x, "z": z, "y": y, "place": place})


def paths(result: FitResult) -> pd.DataFrame:
    return result.parameters.query("op == '~'")[["est", "se", "df_t"]].reset_index(drop=True)


def test_single_items_without_error_are_a_regression() -> None:
    frame = regression()
    centred = frame - frame.mean()
    x, y = centred[["x", "z"]].to_numpy(), centred["y"].to_numpy()
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ y
    rest = y - x @ beta
    found = paths(fit(SINGLE, frame, estimator="sam"))
    np.testing.assert_allclose(found["est"], beta, rtol=1e-8)
    np.testing.assert_allclose(found["se"], np.sqrt(np.diag(inverse) * (rest @ rest) / len(y)), rtol=1e-8)
    white = inverse @ (x.T * rest**2) @ x @ inverse
    np.testing.assert_allclose(
        paths(fit(SINGLE, frame, estimator="sam", errors="robust"))["se"], np.sqrt(np.diag(white)), rtol=1e-7
    )


def test_clustered_errors_of_a_regression() -> None:
    """CR0, with J/(J - 1), CR2 and CR3 of least squares (Bell & McCaffrey 2002), by their definitions. The covariance
    structure has no design of its own: a cluster's leverage is what the model expects of it, its share of the persons,
    so CR2 and CR3 scale the scores by ``1/√(1 - n_g/n)`` and ``1/(1 - n_g/n)``."""
    frame = regression()
    x = np.column_stack([np.ones(len(frame)), frame[["x", "z"]]])
    inverse = np.linalg.inv(x.T @ x)
    rest = frame["y"].to_numpy() - x @ (inverse @ x.T @ frame["y"].to_numpy())
    scores = pd.DataFrame(x * rest[:, None]).groupby(frame["place"].to_numpy()).sum().to_numpy()
    share = frame["place"].value_counts(sort=False, normalize=True).sort_index().to_numpy()
    scales = {
        "cr0": np.ones(6), "robust_cluster": np.full(6, np.sqrt(6 / 5)), "cr2": 1 / np.sqrt(1 - share),
        "cr3": 1 / (1 - share),
    }  # fmt: skip
    for kind, scale in scales.items():
        u = scores * scale[:, None]
        se = np.sqrt(np.diag(inverse @ u.T @ u @ inverse))[1:]
        found = paths(fit(SINGLE, frame, estimator="sam", cluster="place", errors=kind))
        np.testing.assert_allclose(found["se"], se, rtol=1e-7, err_msg=kind)
        assert found["df_t"].notna().all() == (kind in ("cr2", "cr3"))


def test_observed_covariates_give_cr2_of_the_design_and_its_degrees_of_freedom() -> None:
    """Covariates are given, so that here a cluster's leverage is that of its own rows: the CR2 of regression itself."""
    frame = regression(n=90, clusters=14)
    result = fit("Y =~ 1*y\ny ~~ 0*y\nY ~ x + z", frame, estimator="sam", cluster="place", errors="cr2")
    x = np.column_stack([np.ones(len(frame)), frame[["x", "z"]]])
    inverse = np.linalg.inv(x.T @ x)
    rest = frame["y"].to_numpy() - x @ (inverse @ x.T @ frame["y"].to_numpy())
    residual_maker = np.eye(len(x)) - x @ inverse @ x.T
    meat, weights = np.zeros((3, 3)), [[], [], []]  # type: ignore[var-annotated]
    for g in range(14):
        mine = (frame["place"] == g).to_numpy()
        values, vectors = np.linalg.eigh(np.eye(mine.sum()) - x[mine] @ inverse @ x[mine].T)
        adjusted = x[mine].T @ (vectors / np.sqrt(values)) @ vectors.T
        meat += np.outer(adjusted @ rest[mine], adjusted @ rest[mine])
        for k in range(3):
            weights[k].append(residual_maker[:, mine] @ (inverse[k] @ adjusted))
    found = paths(result)
    np.testing.assert_allclose(found["se"], np.sqrt(np.diag(inverse @ meat @ inverse))[1:], rtol=1e-6)
    for k in (1, 2):
        w = np.array(weights[k])
        omega = w @ w.T
        assert found["df_t"][k - 1] == pytest.approx(np.trace(omega) ** 2 / (omega * omega).sum(), rel=1e-6)


def test_moments_of_a_true_model_give_its_parameters_back() -> None:
    loading = np.zeros((9, 3))
    for f in range(3):
        loading[3 * f : 3 * f + 3, f] = (1.0, 0.8, 1.2)
    paths_, psi = np.array([[0, 0, 0], [0.5, 0, 0], [0.2, 0.4, 0]]), np.diag([1.0, 0.7, 0.5])
    inverse = np.linalg.inv(np.eye(3) - paths_)
    names = [f"{f}{i}" for f in "abc" for i in (1, 2, 3)]
    cov = loading @ inverse @ psi @ inverse.T @ loading.T + np.diag(np.linspace(0.3, 0.9, 9))
    model = "A =~ a1+a2+a3\nB =~ b1+b2+b3\nC =~ c1+c2+c3\nB ~ A\nC ~ A + B"
    moments = Moments.from_dict({"n": 100, "names": names, "cov": (cov * 100 / 99).tolist()})
    result = fit(model, moments, estimator="sam")
    np.testing.assert_allclose(paths(result)["est"], [0.5, 0.2, 0.4], atol=1e-7)
    joint = fit(model, moments)
    np.testing.assert_allclose(result.parameters["est"], joint.parameters["est"], atol=1e-6)
    # where the structural part is saturated its information is that of the joint model: the two-step errors are larger
    assert (paths(result)["se"] >= paths(joint)["se"] - 1e-9).all()


# --- influences and what must not matter
MODEL = "HS =~ hs1+hs2+hs3\nSC =~ sc1+sc2+sc3+sc4\nWB =~ wb1+wb2+wb3\nHS ~ repurposed\nSC ~ HS\nWB ~ SC"


def estimated(frame: pd.DataFrame, **asked: Any) -> SamEstimated:
    options = Options.checked(estimator="sam", **asked)
    return estimate_sam(*prepared(MODEL, frame, options), options)


def test_influences_are_the_derivatives_to_a_persons_weight() -> None:
    frame = answers().iloc[:120]
    options = Options.checked(estimator="sam", errors="robust", means=True)
    table, sample = prepared(MODEL, frame, options)
    found = estimate_sam(table, sample, options)
    assert found.structural is not None
    breads, _ = first_step(found.blocks, "robust", found.estimated)
    influence, _ = influences(found.parts, found.blocks, breads, found.mappings, found.structural, found.estimated)
    np.testing.assert_allclose(influence.sum(axis=0), 0, atol=1e-6)
    group, n, step = sample.groups[0], sample.n, 1e-4
    for person in (0, 17):
        shifted = []
        for h in (step, -step):
            gap = group.data[person] - group.mean  # type: ignore[index]
            mean = group.mean + h * gap
            cov = (1 - h) * group.cov + h * (1 - h) * np.outer(gap, gap)
            moved = GroupSample(group.name, group.n, mean, cov)
            shifted.append(estimate_sam(table, replace(sample, groups=(moved,)), replace(options, errors="none")))
        numeric = (shifted[0].estimated.theta - shifted[1].estimated.theta) / (2 * step) / n
        np.testing.assert_allclose(influence[person], numeric, atol=2e-6)


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 1000), factor=st.floats(0.1, 10))
def test_order_and_units_do_not_matter(seed: int, factor: float) -> None:
    frame = answers().iloc[:150]
    before = fit(MODEL, frame, estimator="sam")
    shuffled = frame.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(fit(MODEL, shuffled, estimator="sam").parameters, before.parameters, rtol=1e-6)
    rescaled = fit(MODEL, frame.assign(sc2=frame["sc2"] * factor), estimator="sam")
    np.testing.assert_allclose(rescaled.parameters["std_all"], before.parameters["std_all"], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(paths(rescaled)["se"], paths(before)["se"], rtol=1e-5)


def test_everybody_twice_halves_the_sampling_variance() -> None:
    frame = answers().iloc[:150]
    twice = pd.concat([frame, frame], ignore_index=True)
    for kind in ("standard", "robust"):
        once_, twice_ = (fit(MODEL, data, estimator="sam", errors=kind) for data in (frame, twice))
        np.testing.assert_allclose(twice_.parameters["se"], once_.parameters["se"] / np.sqrt(2), rtol=1e-6)
        assert twice_.fit["structural_chisq"] == pytest.approx(2 * once_.fit["structural_chisq"], rel=1e-6)


def test_groups_apart_are_groups_together() -> None:
    frame = answers()
    together = fit(MODEL, frame, estimator="sam", group="location")
    for place in together.groups:
        alone = fit(MODEL, frame[frame["location"] == place], estimator="sam", means=True)
        mine = together.parameters.query("group == @place")
        np.testing.assert_allclose(mine["est"], alone.parameters["est"], atol=1e-6)
        np.testing.assert_allclose(mine["se"], alone.parameters["se"], atol=1e-6)


# --- what comes out, and what is refused
def test_the_measures_are_those_of_the_structural_part() -> None:
    result = fit(MODEL, answers(), estimator="sam")
    assert set(result.fit) >= {"npar", "structural_npar", "structural_chisq", "structural_df", "structural_cfi"}
    assert all(name == "npar" or name.startswith("structural_") for name in result.fit)
    assert (result.estimator, result.admissible, result.identified) == ("SAM", True, True)
    assert result.bootstrap is None


def test_few_clusters_are_said() -> None:
    result = fit(MODEL, answers(), estimator="sam", cluster="project")
    assert result.errors == "robust_cluster"
    assert "12 clusters are few" in result.notes[0]
    cr2 = fit(MODEL, answers(), estimator="sam", cluster="project", errors="cr2")
    assert not any("few" in note for note in cr2.notes)


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"missing": "fiml"}, "missing fiml needs estimator ml or mlr"),
        ({"ordered": ["hs1"]}, "Ordered items cannot be fitted by sam"),
        ({"errors": "robust_sem"}, "SAM has no errors robust_sem"),
        ({"errors": "cr2"}, "se cr2 needs the column of clusters"),
        ({"errors": "nonsense"}, "se 'nonsense' is not known"),
    ],
)
def test_options_that_do_not_go_together_are_refused(asked: dict[str, Any], what: str) -> None:
    with pytest.raises(ModelError, match=what):
        fit(MODEL, answers(), estimator="sam", **asked)


@pytest.mark.parametrize(
    ("model", "what"),
    [
        (f"{MODEL}\nhs1 ~ repurposed", "hs1 ~ repurposed ties an item to the structural part"),
        (f"{MODEL}\nHS =~ SC", "HS has items and factors as its indicators"),
        ("HS =~ hs1+a*hs2+hs3\nSC =~ sc1+sc2+sc3\nSC ~ a*HS", "is held equal across the parts"),
        ("HS =~ hs1+a*hs2+hs3\nSC =~ sc1+sc2+sc3\nSC ~ b*HS\na == b", "the constraint a == b ties both parts"),
    ],
)
def test_models_that_cannot_be_taken_apart_are_refused(model: str, what: str) -> None:
    with pytest.raises(ModelError, match=what):
        fit(model, answers(), estimator="sam")


def test_incomplete_rows_are_left_out_and_incomplete_data_refused() -> None:
    frame = answers()
    frame.loc[:9, "hs2"] = np.nan
    result = fit(MODEL, frame, estimator="sam")
    assert (result.n_obs, result.n_left_out) == (len(frame) - 10, 10)
    table, sample = prepared(MODEL, frame, Options.checked(missing="fiml", means=True))
    with pytest.raises(ModelError, match="SAM needs complete rows"):
        estimate_sam(table, sample, Options.checked(estimator="sam"))


def test_moments_have_no_sandwich() -> None:
    names = [f"{f}{i}" for f in ("hs", "sc") for i in (1, 2, 3)]
    cov = answers()[names].cov().to_numpy().tolist()
    moments = Moments.from_dict({"n": 282, "names": names, "cov": cov})
    model = "HS =~ hs1+hs2+hs3\nSC =~ sc1+sc2+sc3\nSC ~ HS"
    by_persons, by_moments = fit(model, answers(), estimator="sam"), fit(model, moments, estimator="sam")
    np.testing.assert_allclose(by_moments.parameters["se"], by_persons.parameters["se"], rtol=1e-6)
    with pytest.raises(ModelError, match="needs the persons' answers"):
        fit(model, moments, estimator="sam", errors="robust")


def test_other_tests_of_the_whole_model_are_refused() -> None:
    small, large = (fit(m, answers(), estimator="sam") for m in (MODEL, f"{MODEL}\nWB ~ HS"))
    with pytest.raises(ModelError, match="sam have no χ² of the whole model"):
        difference_test(small, large)
    with pytest.raises(ModelError, match="which sam estimates by ml"):
        invariance("HS =~ hs1+hs2+hs3", answers(), group="location", estimator="sam")


# --- where a step leads nowhere
def _with_moments(cov: np.ndarray, names: list[str], n: int = 200) -> pd.DataFrame:
    """Data whose covariance matrix (divided by n) is exactly ``cov``."""
    raw = np.random.default_rng(3).normal(size=(n, len(names)))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(np.cov(raw.T, bias=True))).T
    return pd.DataFrame(white @ np.linalg.cholesky(cov).T, columns=names)


def _twins(correlation: float) -> pd.DataFrame:
    """Two factors of three items whose correlation, without error, is this."""
    cov = np.full((6, 6), 0.49)
    cov[:3, 3:] *= correlation
    cov[3:, :3] *= correlation
    np.fill_diagonal(cov, 1.0)
    return _with_moments(cov, list("abcdef"))


TWINS = "F =~ a + b + c\nG =~ d + e + f\nG ~ F"


def test_factors_that_are_one_have_no_structure_unless_bounded() -> None:
    result = fit(TWINS, _twins(1.05), estimator="sam")
    assert (result.converged, result.admissible) == (False, False)
    assert result.problems[0].code == "latent_not_positive" and "F, G" in result.message
    assert result.parameters["est"].isna().all() and not result.fit
    bounded = fit(TWINS, _twins(1.05), estimator="sam", bounds=True)
    assert bounded.converged and not bounded.admissible
    assert "Less error was taken off" in bounded.message
    assert np.isfinite(paths(bounded)[["est", "se"]].to_numpy()).all()
    assert fit(TWINS, _twins(0.8), estimator="sam").admissible


def test_a_block_without_a_solution_is_named() -> None:
    model = "F =~ a + b + c\na ~~ 0*a\nb ~~ 0*b\nG =~ d + e + f\nG ~ F"
    result = fit(model, _twins(0.5), estimator="sam")
    assert not result.converged and result.problems[0].code == "not_converged"
    assert result.message.startswith("The measurement of F:")


def test_a_negative_variance_in_a_block_is_named_and_bounded() -> None:
    cov = np.array([[1.0, 0.8, 0.7, 0.3], [0.8, 1.0, 0.4, 0.3], [0.7, 0.4, 1.0, 0.3], [0.3, 0.3, 0.3, 1.0]])
    frame = _with_moments(cov, list("abcy"))
    free, bounded = (fit("F =~ a + b + c\ny ~ F", frame, estimator="sam", bounds=b) for b in (False, True))
    assert [p.code for p in free.problems] == ["negative_variance"]
    assert [p.code for p in bounded.problems] == ["at_bound"]
    assert bounded.parameters.query("lhs == 'a' and op == '~~'")["est"].iloc[0] == pytest.approx(0, abs=1e-9)


def test_an_unidentified_structure_is_named() -> None:
    frame = _twins(0.5).assign(y=np.random.default_rng(1).normal(size=200))
    result = fit("F =~ a + b + c\nG =~ d + e + f\nG ~ F\nF ~ G\ny ~~ y", frame, estimator="sam")
    assert not result.identified and not result.admissible
    assert result.problems[0].code == "not_identified" and result.parameters["se"].isna().all()


def test_the_same_model_can_be_estimated_again() -> None:
    """Also where rows are free because their block has fixed the whole, which the table alone no longer says."""
    frame = answers()
    found = estimated(frame, means=True)
    assert found.parts.held
    again = found.estimated.again(found.estimated.sample, found.estimated.options)
    np.testing.assert_array_equal(again.theta, found.estimated.theta)


def test_sam_asks_for_more_persons_than_a_step_has_parameters() -> None:
    """Eight parameters in the largest block, where the whole model has 25."""
    frame = answers()
    with pytest.raises(ModelError, match="more usable rows than free parameters"):
        fit(MODEL, frame.iloc[::15])
    assert fit(MODEL, frame.iloc[::15], estimator="sam").n_obs == 19
    few = answers()[["hs1", "hs2", "hs3", "sc1", "sc2", "sc3", "sc4"]].iloc[:8]
    with pytest.raises(ModelError, match=r"the measurement of SC \(8"):
        fit("HS =~ hs1+hs2+hs3\nSC =~ sc1+sc2+sc3+sc4\nSC ~ HS", few, estimator="sam")


def test_the_measurement_is_shown_block_by_block() -> None:
    result = fit("HS =~ hs1+hs2+hs3\nSC =~ sc1+sc2\nSC ~ HS", answers(), estimator="sam", group="location")
    assert result.sam is not None
    shown = result.sam.measurement()
    # a factor of two items joins the block of the factor it is related to
    assert list(shown["latent"]) == ["HS", "SC", "HS", "SC"] and set(shown["block"]) == {"HS, SC"}
    assert list(shown["group"]) == [g for g in result.groups for _ in range(2)]
    assert (shown["df"] == 8).all() and ((shown["reliability"] > 0) & (shown["reliability"] < 1)).all()
    assert any("is measured together with HS" in note for note in result.notes)
    assert result.fit["structural_srmr"] == 0 and result.fit["structural_chisq"] == 0
    alone = fit("HS =~ hs1+hs2+hs3\nwb1 ~ HS", answers(), estimator="sam")
    assert alone.sam is not None and alone.sam.measurement()["pvalue"].isna().all()  # no degrees of freedom


# --- ways a model may be written
@pytest.mark.parametrize(("errors", "tolerance"), [("robust", 1e-6), ("standard", 1e-2)])
def test_the_metric_may_be_given_by_variances_instead(errors: str, tolerance: float) -> None:
    """A block then fixes the whole variance, and the residual variance of an outcome is free (``Parts.held``).
    Influences are the same whichever way; two-step errors take a variance's uncertainty from the block or from the
    joint model, and are only nearly so."""
    marker, unit = (fit(MODEL, answers(), estimator="sam", std_lv=s, errors=errors) for s in (False, True))
    ours, theirs = (found.parameters.query("op == '~'") for found in (unit, marker))
    np.testing.assert_allclose(ours["std_all"], theirs["std_all"], rtol=1e-6)
    np.testing.assert_allclose(ours["std_all_se"], theirs["std_all_se"], rtol=tolerance)
    for name in ("structural_chisq", "structural_df", "structural_cfi", "structural_srmr", "npar"):
        assert unit.fit[name] == pytest.approx(marker.fit[name], abs=1e-6), name
    assert sum("its whole variance is fixed" in note for note in unit.notes) == 3


def test_a_factor_of_factors_is_part_of_the_structure() -> None:
    model = "HS =~ hs1+hs2+hs3\nSC =~ sc1+sc2+sc3\nWB =~ wb1+wb2+wb3\nG =~ HS + SC + WB"
    second, free = (fit(m, answers(), estimator="sam") for m in (model, model[: model.index("\nG")]))
    assert second.admissible and second.fit["structural_df"] == 0
    # three factors are just enough: what G makes of them is what they are
    wanted = {(r.lhs, r.rhs): r.est for r in free.parameters.itertuples() if r.op == "~~" and r.lhs < "a"}
    m = second.estimated.implied.groups[0].matrices(second.estimated.theta)
    at = second.estimated.implied.groups[0].structural.index
    for (a, b), value in wanted.items():
        assert m.structural[at(a), at(b)] == pytest.approx(value, abs=1e-6)


def test_blocks_tied_by_a_constraint_are_measured_together() -> None:
    model = "HS =~ hs1+a*hs2+hs3\nSC =~ sc1+b*sc2+sc3\nSC ~ HS"
    by_constraint, by_label = (
        fit(m, answers(), estimator="sam") for m in (f"{model}\na == b", model.replace("b*", "a*"))
    )
    assert by_constraint.sam is not None and len(by_constraint.sam.blocks) == 1
    np.testing.assert_allclose(paths(by_constraint)["est"], paths(by_label)["est"], rtol=1e-6)
    np.testing.assert_allclose(paths(by_constraint)["se"], paths(by_label)["se"], rtol=1e-5)


def test_kinds_of_errors_and_information() -> None:
    asked = {"estimator": "sam", "cluster": "project"}
    cr0, cr1, default, expected, none = (
        fit(MODEL, answers(), **asked, **more)
        for more in (
            {"errors": "cr0"},
            {"errors": "cr1"},
            {},
            {"errors": "cr0", "information": "expected"},
            {"errors": "none"},
        )
    )
    np.testing.assert_allclose(cr1.parameters["se"], cr0.parameters["se"] * np.sqrt(12 / 11), rtol=1e-10)
    np.testing.assert_allclose(default.parameters["se"], cr1.parameters["se"], rtol=1e-10)
    assert (paths(cr1)["df_t"] == 11).all() and paths(default)["df_t"].isna().all()
    assert not np.allclose(paths(expected)["se"], paths(cr0)["se"], rtol=1e-6)
    np.testing.assert_allclose(paths(expected)["se"], paths(cr0)["se"], rtol=0.2)
    assert none.parameters["se"].isna().all() and none.parameters["est"].notna().all()


def test_ordered_tables_are_not_taken_apart() -> None:
    table, _ = prepared(
        "HS =~ hs1+hs2+hs3", answers(), Options.checked(estimator="wlsmv", ordered=["hs1", "hs2", "hs3"])
    )
    with pytest.raises(ModelError, match="SAM needs items treated as continuous"):
        split(table)


def test_items_that_do_not_measure_their_factor_are_named() -> None:
    result = fit("F =~ 0*a + 0*b + 0*c\nF ~~ 1*F\nG =~ d + e + f\nG ~ F", _twins(0.5), estimator="sam")
    assert not result.converged and result.problems[0].code == "not_identified"
    assert "do not tell the factors of a block apart" in result.message


def test_a_structure_without_a_solution_is_named() -> None:
    result = fit(f"{TWINS}\nG ~~ 0*G", _twins(0.5), estimator="sam")
    assert not result.converged and not result.admissible
    assert result.message.startswith("The structural part: No solution was found")
    assert result.sam is not None and result.sam.measurement()["reliability"].notna().all()
    assert np.isnan(result.sam.vcov).all()


@pytest.mark.parametrize("errors", ["standard", "robust"])
def test_a_structure_that_is_not_identified_has_no_errors(errors: str) -> None:
    frame = _twins(0.5).assign(y=np.random.default_rng(1).normal(size=200))
    result = fit(f"{TWINS}\nF ~ G\ny ~~ y", frame, estimator="sam", errors=errors)
    assert [p.code for p in result.problems][:1] == ["not_identified"] and result.parameters["se"].isna().all()
