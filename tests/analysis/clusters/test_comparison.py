"""A whole comparison: what it rests on, what is warned of, who is left out, covariates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.clusters.comparison import DESIGN_COLUMNS, LEFT_OUT_COLUMNS, Comparison, compare_outcomes
from analysis.clusters.contrasts import METHODS, NAIVE, TraitColumns, trait_contrasts
from analysis.clusters.mixed import random_intercept
from analysis.clusters.overlap import overlaps, phi, warnings

A = TraitColumns("a", "unit", "a", "1", "0")
B = TraitColumns("b", "unit", "b", "1", "0")
OWNER = TraitColumns("tenure", "person", "owner", "own", "rent")
TWO_BY_TWO = ([0, 1] * 6, [0, 0, 1, 1] * 3)
SIZES = [4, 9, 6, 12, 7, 5, 8, 10, 6, 11, 5, 9]


def residents(a: Sequence[int], b: Sequence[int], *, seed: int = 0) -> pd.DataFrame:
    """Residents of projects with traits ``a`` and ``b``; ``x`` moves ``y`` and differs between projects."""
    rng = np.random.default_rng(seed)
    place = np.repeat(np.arange(len(a)), SIZES[: len(a)])
    frame = pd.DataFrame({"project": [f"p{i:02d}" for i in place]})
    frame["a"], frame["b"] = np.array(a, dtype=float)[place], np.array(b, dtype=float)[place]
    frame["x"] = frame["a"] + 0.5 * rng.normal(size=len(a))[place] + rng.normal(size=len(place))
    frame["v"] = rng.normal(size=len(a))[place]
    frame["owner"] = rng.integers(0, 2, size=len(place)).astype(float)
    frame["y"] = 2 * frame["x"] + 0.3 * rng.normal(size=len(a))[place] + rng.normal(size=len(place))
    return frame


def comparison(frame: pd.DataFrame, *, traits: Sequence[TraitColumns] = (A, B), **given: Any) -> Comparison:
    settings: dict[str, Any] = {
        "outcomes": ["y"], "cluster": "project", "minimum_units": 4, "confidence": 0.95, "adjust": "none",
        "seed": 3, "draws": 999,
    }  # fmt: skip
    return compare_outcomes(frame, traits=traits, **{**settings, **given})


def test_every_method_answers_every_question() -> None:
    found = comparison(residents(*TWO_BY_TWO), traits=(A, OWNER, B)).contrasts
    assert (found["refused"] == "").all()
    methods = found.groupby("trait", sort=False)["method"].agg(list).to_dict()
    assert methods["a"] == methods["b"] == list(METHODS)
    assert methods["a-b"] == list(METHODS[1:])
    assert methods["tenure"] == ["persons", "ols", "mixed", "cr2", "cr3", "wild"]
    unbounded = (found["trait"] == "a-b") & (found["method"] == "permutation")
    assert (found["ci_lower"].isna() == unbounded).all()
    assert (found.loc[~unbounded, "ci_lower"] < found.loc[~unbounded, "estimate"]).all()
    resampled = found["method"].isin(["permutation", "wild"])
    assert (found["exact"].isin(["yes", "no"]) == resampled).all()
    assert (found["n_draws"].notna() == resampled).all()


def test_what_is_found_does_not_depend_on_what_else_is_asked() -> None:
    frame = residents(*TWO_BY_TWO).assign(z=lambda f: f["y"] ** 2)
    together = comparison(frame, traits=(A, OWNER, B), outcomes=["z", "y"], draws=99).contrasts
    alone = comparison(frame, traits=(A, B), outcomes=["y"], methods=["wild", "permutation"], draws=99).contrasts
    assert set(alone["exact"]) == {"yes", "no"}
    keys = ["outcome", "trait", "method"]
    both = alone.merge(together, on=keys, suffixes=("", "_together"))
    assert len(both) == len(alone)
    for column in ("pvalue", "ci_lower", "ci_upper", "n_draws"):
        np.testing.assert_array_equal(both[column], both[f"{column}_together"])


def test_below_the_minimum_only_naive_methods_print() -> None:
    found = comparison(residents([1, 1, 1, 0, 0, 0, 0, 0], [1, 0, 1, 0, 1, 0, 1, 0])).contrasts
    of_a = found[found["trait"] == "a"].set_index("method")
    assert set(of_a.loc[list(NAIVE), "refused"]) == {""}
    assert set(of_a.drop(index=list(NAIVE))["refused"]) == {"too_few_projects"}
    assert of_a.drop(index=list(NAIVE))[["estimate", "pvalue", "minimum_pvalue"]].isna().all(axis=None)
    of_b = found[found["trait"] == "b"]
    assert set(of_b["refused"]) == {""}
    difference = found[found["trait"] == "a-b"].set_index("method")["refused"]
    assert difference["ols"] == ""
    assert set(difference.drop(index="ols")) == {"too_few_projects"}


def test_traits_that_coincide_are_refused_by_the_joint_regression_too() -> None:
    found = comparison(residents([1, 0] * 5, [1, 0] * 5)).contrasts.set_index(["trait", "method"])
    assert found.loc[("a", "persons"), "refused"] == ""
    assert set(found.drop(index=[("a", "persons"), ("b", "persons")])["refused"]) == {"confounded"}


def test_covariates_take_out_what_they_tell() -> None:
    frame = residents(*TWO_BY_TWO, seed=3)
    plain, adjusted = (
        comparison(frame, adjust_for=names).contrasts.set_index(["trait", "method"]).loc["a"] for names in ([], ["x"])
    )
    # a moves x by one and x moves y by two; a itself does nothing
    for method in METHODS[1:]:
        assert plain.loc[method, "estimate"] == pytest.approx(2, abs=1)
        assert adjusted.loc[method, "estimate"] == pytest.approx(0, abs=0.4)
        assert adjusted.loc[method, "se"] < plain.loc[method, "se"]
    assert adjusted.loc["persons", "estimate"] == plain.loc["persons", "estimate"]
    assert adjusted.loc["project_means", "df"] == plain.loc["project_means", "df"] == 9


def test_adjusted_means_are_those_of_a_regression_with_a_term_for_every_project() -> None:
    frame = residents(*TWO_BY_TWO)
    projects = pd.get_dummies(frame["project"]).to_numpy(dtype=float)
    slopes = np.linalg.lstsq(np.column_stack([projects, frame["x"] - frame["x"].mean()]), frame["y"], rcond=None)[0]
    units = frame.groupby("project")[["a", "b"]].first()
    Z = np.column_stack([np.ones(12), units])
    expected = np.linalg.lstsq(Z, slopes[:12], rcond=None)[0][1]
    found = comparison(frame, adjust_for=["x"]).contrasts.set_index(["trait", "method"])
    assert found.loc[("a", "project_means"), "estimate"] == pytest.approx(expected)


def test_a_covariate_of_projects_costs_a_degree_of_freedom() -> None:
    frame = residents(*TWO_BY_TWO)
    found = comparison(frame, adjust_for=["v"]).contrasts.set_index(["trait", "method"])
    assert found.loc[("a", "project_means"), "df"] == 8
    # a covariate that says nothing new has no column
    again = comparison(frame.assign(w=3 - 2 * frame["v"], one=1.0), adjust_for=["v", "w", "one"]).contrasts
    columns = ["estimate", "se", "df", "pvalue"]
    np.testing.assert_allclose(again[columns], found.reset_index()[columns], rtol=1e-6)
    # one that is the trait leaves nothing of it
    assert set(comparison(frame.assign(w=frame["a"]), adjust_for=["w"]).contrasts["refused"]) == {"", "confounded"}


def test_persons_without_a_covariate_are_left_out() -> None:
    frame = residents(*TWO_BY_TWO)
    frame.loc[[0, 5, 40], "x"] = np.nan
    found = comparison(frame, traits=(A, OWNER, B), adjust_for=["x"])
    n_obs = found.contrasts.groupby("method")["n_obs"].unique().map(list).to_dict()
    assert n_obs.pop("persons") == [len(frame)]
    assert set(map(tuple, n_obs.values())) == {(len(frame) - 3,)}
    assert set(found.designs["n_obs"]) == {len(frame) - 3}


def test_without_each_project_is_the_comparison_had_it_never_been_there() -> None:
    frame = residents([1, 1, 1, 1, 0, 0, 0, 0, 0], [0, 1] * 4 + [0])
    table = comparison(frame).left_out
    assert list(table.columns) == LEFT_OUT_COLUMNS
    assert len(table) == 3 * (1 + 9)
    everybody = table[table["left_out"] == "(none)"].set_index("trait")
    contrasts = comparison(frame, methods=["project_means"]).contrasts.set_index("trait")
    np.testing.assert_allclose(everybody["pvalue"], contrasts["pvalue"])
    np.testing.assert_allclose(everybody["ci_lower"], contrasts["effect_size_ci_lower"])
    for project, size in frame.groupby("project").size().items():
        rows = table[table["left_out"] == project].set_index("trait")
        stay = comparison(frame[frame["project"] != project], methods=["project_means"]).contrasts.set_index("trait")
        np.testing.assert_allclose(rows["effect_size"], stay["effect_size"])
        assert set(rows["n_left_out"]) == {size} and set(rows["n_projects"]) == {8}
        # one of the four with a less is too few; so is one of the four with b
        few = frame.loc[frame["project"] == project, "a"].iloc[0] == 1
        assert rows.loc["a", "refused"] == ("too_few_projects" if few else "")


def test_the_design_is_that_of_what_the_traits_leave() -> None:
    frame = residents(*TWO_BY_TWO)
    table = comparison(frame, traits=(A, OWNER, B)).designs
    assert list(table.columns) == DESIGN_COLUMNS
    assert table["trait"].tolist() == ["a", "tenure", "b", "a-b"]
    row = table.set_index("trait").loc["a"]
    X = np.column_stack([np.ones(len(frame)), frame["a"], frame["b"]])
    model = random_intercept(frame["y"].to_numpy(), X, frame["project"].to_numpy(dtype=object))
    icc = model.intercept_variance / (model.intercept_variance + model.residual_variance)
    assert row["icc"] == pytest.approx(icc, rel=1e-4)
    size = frame.groupby("project").size()
    assert row["design_effect"] == pytest.approx(1 + (np.square(size).sum() / len(frame) - 1) * icc, rel=1e-4)
    assert row["effective_n"] == pytest.approx(len(frame) / row["design_effect"])
    assert (row["n_projects_high"], row["n_projects_low"], row["overlap"], row["n_projects_apart"]) == (6, 6, 0, 6)
    assert row["warning"] == ""
    # three of each alone: no exchange of them can be significant
    assert table.set_index("trait").loc["a-b", "warning"] == "few_projects"


@pytest.mark.parametrize(
    ("a", "b", "overlap", "apart", "of_a", "of_difference"),
    [
        # five of six agree on either side: 8/12 of the way from nothing to the same
        ([1] * 6 + [0] * 6, [1] * 5 + [0] + [0] * 5 + [1], 2 / 3, 2, "nearly_confounded", "nearly_confounded"),
        # nine of ten with a have b, one of ten without
        ([1] * 10 + [0] * 10, [1] * 9 + [0] + [0] * 9 + [1], 0.8, 2, "nearly_confounded", "nearly_confounded"),
        # eighteen of twenty on either side: |phi| alone, two carry the separation on either side
        ([1] * 20 + [0] * 20, ([1] * 18 + [0] * 2) + ([0] * 18 + [1] * 2), 0.8, 4, "nearly_confounded",
         "nearly_confounded"),
        # the opposite: every effect is hard to tell, the difference stands on many, and is warned of all the same
        ([1] * 20 + [0] * 20, ([0] * 18 + [1] * 2) + ([1] * 18 + [0] * 2), -0.8, 4, "nearly_confounded",
         "nearly_confounded"),
        # crossed, but the difference stands on a single project
        ([1] * 8 + [0] * 8, [1] * 7 + [0] + [1] * 3 + [0] * 5, 32 / np.sqrt(8 * 8 * 10 * 6), 4, "",
         "nearly_confounded"),
        ([1, 0] * 8, [1, 1, 0, 0] * 4, 0.0, 8, "", ""),
    ],
)  # fmt: skip
def test_nearly_confounded(
    a: list[int], b: list[int], overlap: float, apart: int, of_a: str, of_difference: str
) -> None:
    levels = np.column_stack([a, b]).astype(float)
    first, _, difference = overlaps(levels)
    assert first.phi == difference.phi == phi(levels[:, 0], levels[:, 1]) == pytest.approx(overlap, abs=1e-3)
    assert first.n_apart == apart
    for found, code in [(first, of_a), (difference, of_difference)]:
        warned = warnings(found, minimum_pvalue=0.01, minimum_units=4, confidence=0.95)
        assert warned == code


def test_few_projects_by_side_and_by_the_smallest_p_value() -> None:
    (alone,) = overlaps(np.array([[1.0]] * 5 + [[0.0]] * 9))
    assert np.isnan(alone.phi)
    asked = {"minimum_units": 4, "confidence": 0.95}
    assert warnings(alone, minimum_pvalue=0.001, **asked) == "few_projects"
    (enough,) = overlaps(np.array([[1.0]] * 6 + [[0.0]] * 9))
    assert warnings(enough, minimum_pvalue=0.05, **asked) == ""
    assert warnings(enough, minimum_pvalue=0.051, **asked) == "few_projects"


def test_nothing_to_compare_is_an_empty_comparison() -> None:
    found = comparison(residents(*TWO_BY_TWO), outcomes=["nowhere"])
    assert found.contrasts.empty and found.designs.empty and found.left_out.empty
    nowhere = comparison(residents(*TWO_BY_TWO).assign(project=None))
    assert set(nowhere.contrasts.query("method not in @NAIVE")["refused"]) == {"too_few_projects"}
    assert nowhere.designs["icc"].isna().all()


def test_one_person_a_project_has_no_mixed_model() -> None:
    found = comparison(residents(*TWO_BY_TWO).drop_duplicates("project"))
    refused = found.contrasts.set_index(["trait", "method"])["refused"].loc["a"]
    assert refused["mixed"] == "too_few_persons"
    assert set(refused.drop(index="mixed")) == {""}
    assert found.designs["design_effect"].isna().all()
    # regression of persons and of project means are then the same
    a = found.contrasts.set_index(["trait", "method"])["pvalue"].loc["a"]
    assert a["ols"] == pytest.approx(a["project_means"])


def test_persons_who_answer_as_their_project_does_have_no_mixed_model() -> None:
    frame = residents(*TWO_BY_TWO).assign(y=lambda f: f.groupby("project")["y"].transform("mean"))
    found = comparison(frame, traits=(A, OWNER, B))
    refused = found.contrasts.set_index(["trait", "method"])["refused"]
    assert set(refused.xs("mixed", level="method")) == {"not_converged"}
    assert set(refused.drop(index="mixed", level="method")) == {""}
    assert found.designs["icc"].isna().all()


def test_an_outcome_that_the_traits_tell_wholly_is_refused() -> None:
    frame = residents(*TWO_BY_TWO)
    found = comparison(frame.assign(y=3 * frame["a"] - frame["b"] + 0.1)).contrasts
    assert set(found.query("method != 'persons'")["refused"]) == {"no_variation"}


def test_one_call_for_contrasts_alone() -> None:
    frame = residents(*TWO_BY_TWO)
    alone = trait_contrasts(
        frame, outcomes=["y"], traits=(A, B), cluster="project", minimum_units=4, confidence=0.95, adjust="none",
        draws=999, seed=3,
    )  # fmt: skip
    pd.testing.assert_frame_equal(alone, comparison(frame).contrasts)
