"""Ladders of invariance: beside lavaan and semTools, what stands in the way of one, and what one allows."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.measurement.cutoffs import LARGE_SAMPLE, MANY, MANY_ORDERED, SMALL_OR_UNEQUAL, cutoffs_for
from analysis.measurement.ladder_groups import LEVEL, ladder_groups
from analysis.measurement.ladders import ALLOWS, allowed, ladder, scale_ladder
from analysis.measurement.latent_means import difference_over_projects, latent_means, over_projects
from analysis.measurement.partial import candidates
from analysis.measurement.rungs import Judge, Rung, newly_equal
from analysis.sem import fit, observed_variables
from analysis.sem.invariance import Climb
from analysis.sem.robust_score import Loosened

ORACLES = Path(__file__).resolve().parents[2] / "oracles"
REFERENCE: dict[str, Any] = json.loads((ORACLES / "ladders" / "ladders.json").read_text())
FILES = {
    "bfi": "ladders/bfi.csv", "holzinger": "lavaan/holzinger.csv", "skewed": "difference/skewed.csv",
    "answers": "difference/answers.csv", "datcat": "lavaan/datcat_simulated.csv",
}  # fmt: skip
# lavaan's robust CFI and RMSEA of ordered answers: tests/oracles/defects.md
NOT_COMPARED = {"cfi.robust", "rmsea.robust"}


def reference_climb(case: dict[str, Any]) -> Climb:
    frame = pd.read_csv(ORACLES / FILES[case["data"]]).dropna(subset=[case["group"]])
    items = observed_variables(case["model"])
    asked: dict[str, Any] = {"estimator": "mlr", "missing": "fiml"}
    if case["estimator"] == "WLSMV":
        frame, asked = frame.dropna(subset=list(items)), {"estimator": "wlsmv", "ordered": items}
    return Climb(case["model"], frame, group=case["group"], std_lv=True, **asked)


def climbed(case: dict[str, Any], kind: str) -> tuple[Climb, dict[str, Rung]]:
    """Every step of the reference, each against the one before it, with the items freed that are freed there."""
    climb, judge = reference_climb(case), Judge(LARGE_SAMPLE, 0.05)
    steps, freed = list(climb.steps), case["freed"] if kind == "partial" else {}
    rungs, before = {"configural": judge.configural(climb.configural)}, climb.configural
    for step in steps[1:]:
        active = {item: since for item, since in freed.items() if steps.index(since) <= steps.index(step)}
        rungs[step] = judge.step(climb, step, active, before)
        result = rungs[step].result
        assert result is not None
        before = result
    return climb, rungs


@pytest.mark.parametrize("kind", ["steps", "partial"])
@pytest.mark.parametrize("name", REFERENCE)
def test_every_step_against_lavaan(name: str, kind: str) -> None:
    case = REFERENCE[name]
    climb, rungs = climbed(case, kind)
    ordered = case["estimator"] == "WLSMV"
    for step, expected in case[kind].items():
        result, test = rungs[step].result, rungs[step].difference
        assert result is not None
        for theirs, value in expected.items():
            if theirs in ("means", "difference", "score") or (ordered and theirs in NOT_COMPARED):
                continue
            # lavaan's saturated moments of incomplete answers, by EM, end some 1e-7 short of their maximum
            assert result.fit[theirs.replace(".", "_")] == pytest.approx(value, rel=2e-6, abs=5e-7), (step, theirs)
        if "difference" in expected:
            assert test is not None
            wanted = [expected["difference"][key] for key in ("chisq", "df", "pvalue")]
            assert [test.statistic, test.df, test.pvalue] == pytest.approx(wanted, rel=5e-6, abs=1e-6), step
        _same_means(result, expected["means"])
        if "score" in expected:
            _same_score_tests(climb, rungs[step], expected["score"])


def _same_means(result: Any, expected: dict[str, Any]) -> None:
    columns = {key: value if isinstance(value, list) else [value] for key, value in expected.items()}
    latent = result.parameters.query("op == '~1'").set_index(["group", "lhs"])
    for group, factor, est, se in zip(*(columns[key] for key in ("group", "lhs", "est", "se")), strict=True):
        row = latent.loc[(str(group), factor)]
        assert row["est"] == pytest.approx(est, abs=2e-6)
        if row["free"]:
            assert row["se"] == pytest.approx(se, abs=2e-6)


def _same_score_tests(climb: Climb, rung: Rung, expected: dict[str, Any]) -> None:
    assert rung.result is not None
    rows = candidates(climb, rung)
    assert len(rows) >= 2 or len(expected) <= 2
    for item, held in rows.items():
        test = Loosened(rung.result.estimated, held).release(held)
        assert test.df == expected[item]["df"]
        assert test.statistic == pytest.approx(expected[item]["statistic"], rel=5e-6, abs=1e-6), (rung.step, item)


# --- what a step's verdict is made of
@pytest.mark.parametrize(
    ("sizes", "ordered", "rule"),
    [
        ((200, 200), False, LARGE_SAMPLE),
        ((150, 150), False, SMALL_OR_UNEQUAL),
        ((600, 190), True, SMALL_OR_UNEQUAL),
        ((50,) * 10, False, MANY),
        ((50,) * 10, True, MANY_ORDERED),
        ((500,) * 9, True, LARGE_SAMPLE),
    ],
)
def test_cutoffs_hang_on_sizes_and_number_of_groups(sizes: tuple[int, ...], ordered: bool, rule: object) -> None:
    assert cutoffs_for(sizes, ordered=ordered) is rule


@pytest.mark.parametrize(
    ("step", "changes", "holds"),
    [
        ("metric", (-0.010, 0.015, 0.030), True),
        ("metric", (-0.0101, 0.0, 0.0), False),
        ("metric", (0.0, 0.0151, 0.0), False),
        ("scalar", (0.0, 0.0, 0.0101), False),
        ("thresholds", (0.0, 0.0, 0.0101), False),
    ],
)
def test_fit_at_the_cutoffs(step: str, changes: tuple[float, ...], holds: bool) -> None:
    named = dict(zip(("cfi_diff", "rmsea_diff", "srmr_diff"), changes, strict=True))
    assert LARGE_SAMPLE.of(step).holds(named) is holds


def test_a_source_without_srmr_asks_nothing_of_it() -> None:
    assert MANY.of("metric").holds({"cfi_diff": -0.02, "rmsea_diff": 0.03, "srmr_diff": 1.0})
    assert not MANY.of("scalar").holds({"cfi_diff": -0.02, "rmsea_diff": 0.0, "srmr_diff": 0.0})


def rungs_of(**holds: str) -> list[Rung]:
    """Rungs of a ladder: ``full``, ``partial`` (with an item free), ``no`` or ``refused`` by step."""
    return [
        Rung(step, holds=how in ("full", "partial"), freed={"y": step} if how == "partial" else {},
             refused="inadmissible" if how == "refused" else None)
        for step, how in holds.items()
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("holds", "allows"),
    [
        (("full", "full", "full", "full"), "scores"),
        (("full", "full", "full", "no"), "means"),
        (("full", "full", "full", "partial"), "means"),
        (("full", "full", "full", "refused"), "means"),
        (("full", "full", "partial", "partial"), "means_partial"),
        (("full", "full", "no", "refused"), "relations"),
        (("full", "partial", "no", "no"), "relations"),
        (("full", "no", "no", "no"), "nothing"),
        (("no", "full", "full", "full"), "nothing"),
    ],
)
def test_what_a_ladder_allows(holds: tuple[str, ...], allows: str) -> None:
    assert allows in ALLOWS
    assert allowed(rungs_of(**dict(zip(("configural", "metric", "scalar", "strict"), holds, strict=True)))) == allows


def test_the_last_rung_of_a_step_counts() -> None:
    both = rungs_of(configural="full", metric="full", scalar="no") + rungs_of(scalar="partial", strict="full")
    assert allowed(both) == "means_partial"


def test_ordered_ladders_need_their_thresholds() -> None:
    steps = {"configural": "full", "thresholds": "no", "metric": "no", "scalar": "no", "strict": "no"}
    assert allowed(rungs_of(**steps)) == "nothing"
    assert allowed(rungs_of(configural="full", scalar="no", strict="no")) == "nothing"  # two categories


# --- answers made up for it
ITEMS = ["a b", "F", "x1~1", "c", "e"]  # names that are no names in a model


def answers(n: int = 400, seed: int = 2, *, levels: int = 2, missing: float = 0.0) -> pd.DataFrame:
    """Five five-point items of one factor, levels ``l0``, ``l1``, … in turn, ten projects over the levels."""
    rng = np.random.default_rng(seed)
    f = rng.normal(size=n)
    frame = pd.DataFrame({item: np.clip(np.round(3 + f + 0.8 * rng.normal(size=n)), 1, 5) for item in ITEMS})
    frame = frame.mask(rng.uniform(size=frame.shape) < missing)
    at = np.arange(n)
    return frame.assign(at=[f"l{k}" for k in at % levels], project=[f"p{k}" for k in at // 7 % 10])


def climb(frame: pd.DataFrame, *, ordered: bool = False, minimum_n: int = 50, items: list[str] | None = None) -> Any:
    names = ITEMS if items is None else items
    levels = sorted(frame["at"].dropna().unique())
    prepared = ladder_groups(frame, frame["at"], items=names, levels=levels, minimum_n=minimum_n, ordered=ordered)
    return scale_ladder(prepared, names, ordered=ordered)


def test_a_scale_that_is_measured_alike() -> None:
    found = climb(answers(missing=0.05))
    assert found.refused is None and found.ladder.allows == "scores"
    assert [rung.step for rung in found.ladder.rungs] == ["configural", "metric", "scalar", "strict"]
    assert found.ladder.climb.configural.estimator == "MLR"
    assert found.groups.n_by_level == {"l0": 200, "l1": 200}


def test_the_item_that_differs_goes_by_its_own_name() -> None:
    frame = answers(600)
    frame.loc[frame["at"] == "l1", "x1~1"] += 1.0
    found = climb(frame)
    assert found.ladder.allows == "means_partial"
    assert found.items(found.ladder.freed) == ("x1~1",)


@pytest.mark.parametrize("ordered", [False, True])
def test_refusals(ordered: bool) -> None:
    frame = answers(200)
    assert climb(frame, ordered=ordered, items=ITEMS[:2]).refused == "too_few_items"
    assert climb(frame.assign(at="l0"), ordered=ordered).refused == "single_group"
    assert climb(frame.assign(at=None), ordered=ordered).refused == "single_group"
    assert climb(frame, ordered=ordered, minimum_n=101).refused == "too_few"
    second = frame["at"] == "l1"
    assert climb(frame.assign(c=frame["c"].mask(second)), ordered=ordered).refused == "unanswered_item"
    assert climb(frame.assign(c=frame["c"].mask(second, 3.0)), ordered=ordered).refused == "constant_item"
    found = climb(frame.assign(c=frame["e"]), ordered=ordered)
    assert found.refused in ("not_estimable", "inadmissible", "not_converged")
    assert found.ladder is None or found.ladder.allows == "nothing"


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("trap", ["too_few", "unanswered_item", "constant_item"])
def test_a_level_that_cannot_take_part_is_left_out_and_named(trap: str, ordered: bool) -> None:
    frame = answers(600, levels=3)
    last = frame["at"] == "l2"
    if trap == "too_few":
        frame = frame[~last | (frame.index < 60)].reset_index(drop=True)
    else:
        frame["c"] = frame["c"].mask(last, math.nan if trap == "unanswered_item" else 4.0)
    found = climb(frame, ordered=ordered)
    assert found.groups.omitted == {"l2": trap}
    assert list(found.groups.n_by_level) == ["l0", "l1"]
    assert found.refused is None and found.ladder.climb.configural.groups == ("l0", "l1")
    without = climb(frame[frame["at"] != "l2"].reset_index(drop=True), ordered=ordered)
    for a, b in zip(found.ladder.rungs, without.ladder.rungs, strict=True):
        assert a.result.fit == b.result.fit


def test_a_level_that_was_asked_nothing_of_the_scale_is_named_too() -> None:
    """A language in which every item is missing."""
    frame = answers(600, levels=3)
    frame.loc[frame["at"] == "l2", ITEMS] = math.nan
    for ordered in (False, True):
        found = climb(frame, ordered=ordered)
        assert found.groups.omitted == {"l2": "unanswered_item"}
        assert found.groups.n_by_level == {"l0": 200, "l1": 200}
        two = climb(frame[frame["at"] != "l1"].reset_index(drop=True), ordered=ordered)
        assert two.refused == "unanswered_item" and two.ladder is None


def test_ordered_answers_count_who_answered_everything() -> None:
    frame = answers(120, missing=0.15)
    assert climb(frame).refused is None
    complete = frame[ITEMS].notna().all(axis=1).groupby(frame["at"]).sum()
    assert complete.max() < 50
    assert climb(frame, ordered=True).refused == "too_few"


def test_a_category_nobody_of_a_group_chose_is_merged_in_every_group() -> None:
    frame = answers(600)
    frame.loc[(frame["at"] == "l1") & (frame["c"] == 5), "c"] = 4.0
    frame.loc[(frame["at"] == "l0") & (frame["e"] == 1), "e"] = 2.0
    found = climb(frame, ordered=True)
    assert found.groups.merged == ("c", "e")
    assert found.refused is None
    by_hand = frame.assign(c=frame["c"].clip(upper=4), e=frame["e"].clip(lower=2))
    expected = climb(by_hand, ordered=True)
    assert expected.groups.merged == ()
    for a, b in zip(found.ladder.rungs, expected.ladder.rungs, strict=True):
        assert a.result.fit["chisq"] == pytest.approx(b.result.fit["chisq"], rel=1e-9)


def test_groups_that_share_no_category_are_refused() -> None:
    frame = answers(400)
    frame["c"] = np.where(frame["at"] == "l1", 1.0, 4.0) + (frame["e"] > 3)
    assert climb(frame, ordered=True).refused == "constant_item"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 7)), min_size=12, max_size=80))
def test_merging_keeps_the_order_and_leaves_no_category_empty(pairs: list[tuple[int, int]]) -> None:
    frame = pd.DataFrame({"at": [f"l{g}" for g, _ in pairs]})
    codes = pd.Series([float(code) for _, code in pairs])
    frame = frame.assign(a=codes, b=codes, c=codes)
    found = ladder_groups(
        frame, frame["at"], items=["a", "b", "c"], levels=["l0", "l1", "l2"], minimum_n=2, ordered=True
    )
    if found.refused is not None:
        return
    merged = found.answers["a"]
    original = codes.loc[merged.index]
    assert merged.groupby(found.answers[LEVEL]).nunique().eq(merged.nunique()).all()
    assert merged.sort_values(kind="stable").index.equals(
        pd.DataFrame({"new": merged, "old": original}).sort_values("new", kind="stable").index
    )
    assert (pd.DataFrame({"new": merged, "old": original}).groupby("old")["new"].nunique() == 1).all()
    pairs_in_order = pd.DataFrame({"new": merged, "old": original}).sort_values("old")["new"]
    assert pairs_in_order.is_monotonic_increasing
    assert (merged.nunique() < original.nunique()) == (found.merged == ("a", "b", "c"))


def test_three_items_are_just_identified_and_their_loadings_can_be_tested() -> None:
    found = climb(answers(400), items=ITEMS[:3])
    first, metric = found.ladder.rungs[:2]
    assert first.holds and first.messages == ("just_identified",) and first.result.fit["df"] == 0
    assert metric.difference.df == 2 and metric.holds_by_test is not None
    ordered = climb(answers(400), items=ITEMS[:3], ordered=True)
    assert [rung.refused for rung in ordered.ladder.rungs] == [None] * 5


def test_three_categories_only_set_the_scale() -> None:
    frame = answers(500)
    frame[ITEMS] = frame[ITEMS].clip(2, 4)
    found = climb(frame, ordered=True)
    thresholds = found.ladder.rung("thresholds")
    assert thresholds.holds and thresholds.messages == ("sets_scale",) and thresholds.difference is None


def test_a_reversed_item_that_was_not_reversed_changes_nothing() -> None:
    """A loading may be negative: what is compared is whether it is the same."""
    frame = answers(600)
    turned = frame.assign(c=6 - frame["c"])
    for a, b in zip(climb(frame).ladder.rungs, climb(turned).ladder.rungs, strict=True):
        assert a.result.fit["chisq"] == pytest.approx(b.result.fit["chisq"], rel=1e-6, abs=1e-6)


def test_an_item_turned_in_one_group_alone_is_named() -> None:
    """A translation that lost a *not*."""
    frame = answers(600)
    frame["c"] = np.where(frame["at"] == "l1", 6 - frame["c"], frame["c"])
    found = climb(frame)
    assert found.items(found.ladder.freed) == ("c",)
    assert found.ladder.freed == {"x4": "metric"}


def test_a_scale_of_two_factors_is_no_scale() -> None:
    rng = np.random.default_rng(5)
    frame, other = answers(800), rng.normal(size=800)
    for item in ITEMS[2:]:
        frame[item] = np.clip(np.round(3 + other + 0.6 * rng.normal(size=800)), 1, 5)
    found = climb(frame)
    first = found.ladder.rungs[0]
    assert not first.holds and "configural_misfit" in first.messages
    assert found.ladder.allows == "nothing"


def test_items_of_another_range_give_the_same_ladder() -> None:
    frame = answers(500)
    wide = frame.assign(**{"F": frame["F"] * 100, "e": frame["e"] / 50})
    for a, b in zip(climb(frame).ladder.rungs, climb(wide).ladder.rungs, strict=True):
        assert a.result.fit["chisq_scaled"] == pytest.approx(b.result.fit["chisq_scaled"], rel=1e-5)


# --- latent means
def test_latent_means_and_their_errors_over_projects() -> None:
    frame = answers(600)
    frame["project"] = frame["at"] + frame["project"]  # every project in one group
    frame.loc[frame["at"] == "l1", ITEMS] += 0.5
    found = climb(frame)
    means = latent_means(found, projects=frame["project"], confidence=0.9)
    assert list(means["model"]) == ["scalar"] and list(means["level"]) == ["l1"] and list(means["reference"]) == ["l0"]
    plain = frame.rename(columns=dict(zip(ITEMS, ["x1", "x2", "x3", "x4", "x5"], strict=True)))
    result = fit(
        "F =~ x1 + x2 + x3 + x4 + x5", plain, group="at", group_equal=("loadings", "intercepts"), std_lv=True,
        estimator="mlr", missing="fiml", cluster="project", errors="cr2", confidence=0.9,
    )  # fmt: skip
    row = result.parameters.query("lhs == 'F' and op == '~1' and free").iloc[0]
    same = ["se", "df_t", "ci_lower", "ci_upper"]
    assert means["mean"].iloc[0] == pytest.approx(row["est"], rel=1e-6)
    np.testing.assert_allclose(means.loc[0, same].astype(float), row[same].astype(float), rtol=1e-6)


def test_clusters_that_are_persons_give_nearly_robust_errors() -> None:
    """CR2 of persons on their own exceeds the sandwich by no more than the leverage of one."""
    found = climb(answers(600))
    scalar = found.ladder.rung("scalar").result
    sizes = scalar.n_by_group
    codes = [np.arange(sizes[0]), sizes[0] + np.arange(sizes[1])]
    ratio = np.sqrt(np.diag(over_projects(scalar, codes).vcov) / np.diag(scalar.vcov))
    assert (ratio > 0.99).all() and (ratio < 1.06).all()


def test_projects_that_reach_over_groups_count_once() -> None:
    """What the residents of a project have in common cancels where every project is in both groups."""
    rng = np.random.default_rng(8)
    frame = answers(1200)
    at = np.arange(1200) // 2 % 60
    frame["project"] = [f"p{k}" for k in at]
    frame[ITEMS] = frame[ITEMS].to_numpy() + rng.normal(size=60)[at][:, None]
    found = climb(frame)
    shared = latent_means(found, projects=frame["project"], confidence=0.95)
    alone = latent_means(found, projects=None, confidence=0.95)
    assert set(shared["errors"]) == {"cr2"} and set(alone["errors"]) == {"robust"}
    assert shared["mean"].iloc[0] == alone["mean"].iloc[0]
    assert shared["se"].iloc[0] < alone["se"].iloc[0]
    split = latent_means(found, projects=frame["at"] + frame["project"], confidence=0.95)
    assert split["se"].iloc[0] > 1.5 * alone["se"].iloc[0]


def test_the_partial_model_gives_back_the_mean_that_the_odd_item_moves() -> None:
    frame = answers(2000)
    frame.loc[frame["at"] == "l1", ["c"]] += 1.0
    found = climb(frame)
    means = latent_means(found, projects=None, confidence=0.95).set_index("model")
    assert list(means.index) == ["scalar", "partial"]
    assert means["allowed"].to_dict() == {"scalar": False, "partial": True}
    assert abs(means.loc["partial", "mean"]) < 2 * means.loc["partial", "se"]
    assert means.loc["scalar", "mean"] > 3 * means.loc["scalar", "se"]


def test_no_means_without_a_ladder_or_of_ordered_answers() -> None:
    for found in (climb(answers(60), minimum_n=100), climb(answers(400), ordered=True)):
        assert latent_means(found, projects=None, confidence=0.95).empty


def test_a_difference_between_few_projects_is_none_between_residents() -> None:
    """One item is answered differently in half of the projects of a group: residents say it differs, projects not."""
    frame = answers(800)
    frame["project"] = frame["at"] + frame["project"]
    odd = frame["project"].isin(["l1p0", "l1p1", "l1p2"])
    frame.loc[odd, "c"] += 1.2
    found = climb(frame)
    rung = found.ladder.rung("scalar")
    assert rung.partial and rung.freed == {"x4": "scalar"}
    by_project = difference_over_projects(found, rung, frame["project"])
    all_over = answers(800)
    all_over["project"] = frame["project"]
    all_over.loc[all_over["at"] == "l1", "c"] += 0.36
    other = climb(all_over)
    everywhere = difference_over_projects(other, other.ladder.rung("scalar"), frame["project"])
    assert everywhere < 0.01 < 0.04 < by_project
    assert math.isnan(difference_over_projects(found, found.ladder.rungs[0], frame["project"]))


def test_newly_equal_is_what_a_step_adds() -> None:
    frame = answers(300).rename(columns=dict(zip(ITEMS, ["y1", "y2", "y3", "y4", "y5"], strict=True)))
    climb_ = Climb("F =~ y1 + y2 + y3", frame, group="at")
    assert [newly_equal(climb_, step) for step in ("metric", "scalar", "strict")] == [
        ("loadings",), ("intercepts",), ("residuals",),
    ]  # fmt: skip


def test_more_levels_than_one_can_be_compared_at_once() -> None:
    found = ladder(
        "F =~ y1 + y2 + y3 + y4",
        answers(1200, levels=12).rename(columns=dict(zip(ITEMS[:4], ["y1", "y2", "y3", "y4"], strict=True))),
        group="at", estimator="mlr",
    )  # fmt: skip
    assert found.cutoffs is MANY and found.allows in ("scores", "means")
