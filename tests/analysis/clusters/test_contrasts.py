"""Contrasts one can check by hand; refusals; what must not matter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t, ttest_ind
from statsmodels.stats.multitest import multipletests

from analysis.clusters.contrasts import Method, TraitColumns, minimum_pvalue, trait_contrasts, trait_means

LOCATION = TraitColumns("location", "unit", "inside", "in", "out")
CONSTRUCTION = TraitColumns("construction", "unit", "repurposed", "old", "new")
TENURE = TraitColumns("tenure", "person", "owner", "own", "rent")


def residents(
    *, inside: Sequence[int], repurposed: Sequence[int], sizes: Sequence[int] | None = None, seed: int = 0
) -> pd.DataFrame:
    """Residents of projects with these traits: outcomes ``y`` and ``z``, and a trait of persons."""
    rng = np.random.default_rng(seed)
    k = len(inside)
    place = np.repeat(np.arange(k), sizes or [6] * k)
    owner = rng.integers(0, 2, size=len(place)).astype(float)
    return pd.DataFrame({
        "project": [f"p{p:02d}" for p in place],
        "inside": np.array(inside, dtype=float)[place],
        "location": np.where(np.array(inside)[place] == 1, "in", "out"),
        "repurposed": np.array(repurposed, dtype=float)[place],
        "construction": np.where(np.array(repurposed)[place] == 1, "old", "new"),
        "owner": owner,
        "tenure": np.where(owner == 1, "own", "rent"),
        "y": 0.4 * rng.normal(size=k)[place] + rng.normal(size=len(place)),
        "z": rng.normal(size=len(place)),
    })  # fmt: skip


BALANCED = {"inside": [0, 1] * 6, "repurposed": [0, 0, 1, 1] * 3}


def contrasts(
    frame: pd.DataFrame,
    *,
    outcomes: Sequence[str] = ("y", "z"),
    traits: Sequence[TraitColumns] = (LOCATION, CONSTRUCTION),
    minimum_units: int = 4,
    adjust: str = "none",
) -> pd.DataFrame:
    table = trait_contrasts(
        frame,
        outcomes=outcomes,
        traits=traits,
        cluster="project",
        minimum_units=minimum_units,
        confidence=0.95,
        adjust=adjust,  # type: ignore[arg-type]
    )
    return table.set_index(["outcome", "trait", "method"])


def test_persons_is_welch_with_hedges_g() -> None:
    frame = residents(**BALANCED)
    row = contrasts(frame).loc[("y", "location", "persons")]
    high, low = frame.loc[frame["inside"] == 1, "y"], frame.loc[frame["inside"] == 0, "y"]
    reference = ttest_ind(high, low, equal_var=False)
    assert row["statistic"] == pytest.approx(reference.statistic)
    assert row["df"] == pytest.approx(reference.df)
    assert row["pvalue"] == pytest.approx(reference.pvalue)
    assert (row["ci_lower"], row["ci_upper"]) == pytest.approx(tuple(reference.confidence_interval(0.95)))
    pooled = np.sqrt((high.var() + low.var()) / 2)  # equal group sizes
    correction = 1 - 3 / (4 * (len(frame) - 2) - 1)
    assert row["effect_size"] == pytest.approx(correction * (high.mean() - low.mean()) / pooled)
    assert row["effect_size_ci_lower"] < row["effect_size"] < row["effect_size_ci_upper"]


def test_one_trait_of_units_is_a_t_test_on_unit_means() -> None:
    frame = residents(**BALANCED, sizes=[3, 9, 5, 7] * 3)
    row = contrasts(frame, traits=[LOCATION]).loc[("y", "location", "project_means")]
    means = frame.groupby("project").agg(y=("y", "mean"), inside=("inside", "first"))
    reference = ttest_ind(means.loc[means["inside"] == 1, "y"], means.loc[means["inside"] == 0, "y"])
    assert row["statistic"] == pytest.approx(reference.statistic)
    assert (row["df"], row["n_projects_high"], row["n_projects_low"]) == (10, 6, 6)
    assert row["pvalue"] == pytest.approx(reference.pvalue)
    assert (row["ci_lower"], row["ci_upper"]) == pytest.approx(tuple(reference.confidence_interval(0.95)))
    assert row["effect_size"] == pytest.approx(row["estimate"] / frame["y"].std())


def test_two_traits_of_units_are_estimated_together() -> None:
    # three of four `in` projects are `old`, one of four `out` projects: the difference of means mixes the two up
    frame = residents(inside=[1, 1, 1, 1, 0, 0, 0, 0], repurposed=[1, 1, 1, 0, 0, 0, 0, 1])
    frame["y"] = 2.0 * frame["repurposed"] + np.tile([-0.1, 0.1, 0, 0, 0, 0], 8)
    frame["y"] += 0.01 * (frame["project"].str[-1].astype(int) % 3)
    table = contrasts(frame, outcomes=["y"])
    location = table["estimate"].xs(("y", "location"), level=("outcome", "trait"))
    assert location["persons"] == pytest.approx(1.0, abs=0.05)
    assert location["project_means"] == pytest.approx(0.0, abs=0.05)
    assert location["mixed"] == pytest.approx(0.0, abs=0.05)
    assert table.loc[("y", "construction", "project_means"), "estimate"] == pytest.approx(2.0, abs=0.05)


def test_the_difference_of_two_effects_has_its_own_error() -> None:
    frame = residents(**BALANCED)
    table = contrasts(frame).loc["y"]
    means = frame.groupby("project")[["y", "inside", "repurposed"]].mean()
    X = np.column_stack([np.ones(12), means["inside"], means["repurposed"]])
    beta, rest, *_ = np.linalg.lstsq(X, means["y"], rcond=None)
    covariance = float(rest[0]) / 9 * np.linalg.inv(X.T @ X)
    weights = np.array([0, 1, -1])
    row = table.loc[("location-construction", "project_means")]
    assert row["estimate"] == pytest.approx(weights @ beta)
    se = np.sqrt(weights @ covariance @ weights)
    assert row["se"] == pytest.approx(se)
    assert row["ci_upper"] == pytest.approx(weights @ beta + t.ppf(0.975, 9) * se)
    # three projects have the one trait alone and three the other: twenty ways to exchange them, in mirrored pairs
    assert row["minimum_pvalue"] == pytest.approx(2 / 20)


def test_a_trait_of_persons_uses_persons_of_known_units_in_the_mixed_model() -> None:
    frame = residents(**BALANCED)
    frame.loc[:9, "project"] = None
    table = contrasts(frame, outcomes=["y"], traits=[TENURE])
    assert table.loc[("y", "tenure", "persons"), "n_obs"] == len(frame)
    mixed = table.loc[("y", "tenure", "mixed")]
    assert mixed["n_obs"] == len(frame) - 10
    assert mixed["df"] == len(frame) - 10 - frame["project"].nunique() - 1
    assert np.isnan(mixed["minimum_pvalue"])
    assert "project_means" not in table.index.get_level_values("method")


def test_persons_without_a_unit_do_not_count_for_traits_of_units() -> None:
    frame = residents(**BALANCED)
    stray = frame.iloc[:3].assign(project=None, inside=np.nan, location=None, y=50.0)
    table = contrasts(pd.concat([frame, stray], ignore_index=True)).loc["y"]
    # the effect size neither: its standard deviation is that of the persons compared
    for method in ("project_means", "mixed"):
        both = [t.xs(method, level="method") for t in (table, contrasts(frame).loc["y"])]
        pd.testing.assert_frame_equal(*both)


def test_a_wave_without_the_trait_does_not_change_the_effect_size() -> None:
    frame = residents(**BALANCED, seed=3)
    # a wave that did not ask for the trait of persons, with answers that lie far apart
    other = residents(**BALANCED, seed=4).assign(owner=np.nan, tenure=None)
    other["y"] *= 30
    both = contrasts(pd.concat([frame, other], ignore_index=True), outcomes=["y"], traits=[TENURE])
    pd.testing.assert_frame_equal(both, contrasts(frame, outcomes=["y"], traits=[TENURE]))
    row = both.loc[("y", "tenure", "mixed")]
    assert row["effect_size"] == pytest.approx(row["estimate"] / frame["y"].std())


@pytest.mark.parametrize(
    ("inside", "repurposed", "codes"),
    [
        # three projects on one side of location, enough of construction
        ([1, 1, 1, 0, 0, 0, 0, 0, 0], [1, 0, 1, 1, 0, 1, 0, 1, 0], ("too_few_projects", "")),
        # the same projects are inside and repurposed
        ([1, 0] * 5, [1, 0] * 5, ("confounded", "confounded")),
        # the opposite projects
        ([1, 0] * 5, [0, 1] * 5, ("confounded", "confounded")),
        # nobody lives in a modular project
        ([1, 0] * 5, [1] * 10, ("", "too_few_projects")),
    ],
)
def test_refusals(inside: list[int], repurposed: list[int], codes: tuple[str, str]) -> None:
    table = contrasts(residents(inside=inside, repurposed=repurposed)).loc["y"]
    for method in ("project_means", "mixed"):
        refused = table.xs(method, level="method")["refused"]
        assert (refused["location"], refused["construction"]) == codes
        assert refused["location-construction"] == (codes[0] or codes[1])
        numbers = table.xs(method, level="method")[["estimate", "se", "pvalue", "ci_lower", "effect_size"]]
        assert (numbers.isna().all(axis=1) == (refused != "")).all()


def test_a_constant_outcome_and_an_empty_level_are_refused() -> None:
    frame = residents(**BALANCED).assign(y=3.0)
    assert set(contrasts(frame, traits=[LOCATION, TENURE]).loc["y"]["refused"]) == {"no_variation"}
    nobody = residents(**BALANCED).assign(owner=1.0, tenure="own")
    assert set(contrasts(nobody, traits=[TENURE]).loc["y"]["refused"]) == {"too_few_persons"}
    nowhere = residents(**BALANCED).assign(project=None)
    assert contrasts(nowhere, traits=[TENURE]).loc[("y", "tenure", "mixed"), "refused"] == "no_clusters"
    assert contrasts(nowhere, traits=[LOCATION]).loc[("y", "location", "mixed"), "refused"] == "too_few_projects"


def test_an_outcome_without_data_has_no_rows() -> None:
    frame = residents(**BALANCED).assign(empty=np.nan)
    table = contrasts(frame, outcomes=["empty", "not_asked", "y"])
    assert set(table.index.get_level_values("outcome")) == {"y"}
    assert contrasts(frame, outcomes=["empty"]).empty


def test_adjustment_is_over_outcomes_within_trait_and_method() -> None:
    frame = residents(**BALANCED)
    table = contrasts(frame, adjust="holm")
    pvalues = table.xs(("location", "project_means"), level=("trait", "method"))["pvalue"]
    adjusted = table.xs(("location", "project_means"), level=("trait", "method"))["pvalue_adjusted"]
    np.testing.assert_allclose(adjusted, multipletests(pvalues, method="holm")[1])
    plain = contrasts(frame)
    pd.testing.assert_series_equal(plain["pvalue_adjusted"], plain["pvalue"], check_names=False)


@pytest.mark.parametrize("methods", [["project_means"], ["mixed", "persons"], []])
def test_methods_asked_alone_give_what_they_give_together(methods: list[Method]) -> None:
    frame, traits = residents(**BALANCED), (LOCATION, TENURE, CONSTRUCTION)
    together = contrasts(frame, traits=traits, adjust="holm").reset_index()
    alone = trait_contrasts(
        frame, outcomes=["y", "z"], traits=traits, cluster="project", minimum_units=4, confidence=0.95, adjust="holm",
        methods=methods,
    )  # fmt: skip
    expected = together[together["method"].isin(methods)].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone[expected.columns], expected, check_dtype=False)


def test_means_of_a_unit_trait_are_those_of_units() -> None:
    frame = residents(inside=[1, 1, 0], repurposed=[0, 0, 0], sizes=[1, 3, 2])
    frame["y"] = [4.0, 1, 2, 3, 7, 9]
    table = trait_means(frame, outcomes=["y"], traits=[LOCATION], cluster="project", confidence=0.95)
    high, low = table.iloc[0], table.iloc[1]
    assert (high["level"], high["mean"], high["n_obs"], high["n_projects"]) == ("in", 3.0, 4, 2)
    assert high["ci_upper"] == pytest.approx(3 + t.ppf(0.975, 1) * 1.0)
    assert high["sd"] == pytest.approx(np.std([4, 1, 2, 3], ddof=1))
    assert (low["mean"], low["n_projects"]) == (8.0, 1)
    assert np.isnan(low["ci_lower"]) and np.isnan(low["ci_upper"])


def test_means_of_a_trait_of_persons_are_those_of_persons() -> None:
    frame = residents(**BALANCED)
    frame.loc[:4, "project"] = None
    table = trait_means(frame, outcomes=["y"], traits=[TENURE], cluster="project", confidence=0.95)
    own = frame.loc[frame["tenure"] == "own", "y"]
    assert table.loc[0, "mean"] == pytest.approx(own.mean())
    assert table.loc[0, "ci_upper"] == pytest.approx(own.mean() + t.ppf(0.975, len(own) - 1) * own.sem())


def test_minimum_pvalue_by_hand() -> None:
    alone = [()] * 4
    # two of four: six assignments, each with a mirror image
    assert minimum_pvalue(np.array([1.0, 1, 0, 0]), alone) == pytest.approx(2 / 6)
    # one of four: four assignments, none has
    assert minimum_pvalue(np.array([1.0, 0, 0, 0]), alone) == pytest.approx(1 / 4)
    # two and two within each level of the other trait: six times six
    strata = [(0.0,)] * 4 + [(1.0,)] * 4
    assert minimum_pvalue(np.array([1.0, 1, 0, 0] * 2), strata) == pytest.approx(2 / 36)
    # coinciding traits leave nothing to exchange
    assert minimum_pvalue(np.array([1.0, 1, 0, 0]), [(1.0,), (1.0,), (0.0,), (0.0,)]) == 1.0


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_order_of_persons_and_columns_does_not_matter(seed: int) -> None:
    frame = residents(**BALANCED, seed=seed)
    shuffled = frame.sample(frac=1, random_state=seed)[sorted(frame.columns)]
    # the minimum of a curve is found to half the digits of its value, and the end of an interval may be near zero
    pd.testing.assert_frame_equal(contrasts(shuffled), contrasts(frame), rtol=1e-6, atol=1e-6)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_swapping_the_levels_turns_the_sign(seed: int) -> None:
    frame = residents(**BALANCED, seed=seed)
    swapped = frame.assign(inside=1 - frame["inside"])
    before, after = contrasts(frame).loc["y"].loc["location"], contrasts(swapped).loc["y"].loc["location"]
    for column in ("estimate", "statistic", "effect_size"):
        np.testing.assert_allclose(after[column], -before[column], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(after["pvalue"], before["pvalue"], rtol=1e-6)
