"""The search for the items a step fails for, and the robust score tests it stands on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.measurement.ladders import ladder
from analysis.measurement.partial import candidates
from analysis.measurement.rungs import Rung, released
from analysis.sem import ModelError, fit, observed_variables
from analysis.sem.difference import difference_test
from analysis.sem.invariance import Climb
from analysis.sem.modification import release_test, release_tests
from analysis.sem.robust_score import Loosened

ORACLES = Path(__file__).resolve().parents[2] / "oracles"
MODEL = "F =~ y1 + y2 + y3 + y4 + y5"
ITEMS = ("y1", "y2", "y3", "y4", "y5")


def groups(
    n: int = 600, seed: int = 1, *, shift: dict[str, float] | None = None, slope: dict[str, float] | None = None
) -> pd.DataFrame:
    """Five items of one factor in two groups; in the second some items' answers are shifted, or follow the factor more
    (``slope`` is added to their loadings)."""
    rng = np.random.default_rng(seed)
    second = np.arange(n) % 2 == 1
    f = rng.normal(size=n) * np.where(second, 1.2, 1.0) + 0.4 * second
    frame = pd.DataFrame({item: 0.8 * f + 0.6 * rng.normal(size=n) for item in ITEMS})
    for item, by in (shift or {}).items():
        frame[item] += by * second
    for item, by in (slope or {}).items():
        frame[item] += by * f * second
    return frame.assign(g=np.where(second, "b", "a"))


def cut(frame: pd.DataFrame, at: tuple[float, ...] = (-1.0, -0.2, 0.6, 1.3)) -> pd.DataFrame:
    return frame.assign(**{item: np.digitize(frame[item], at).astype(float) for item in ITEMS})


ORDERED: dict[str, Any] = {"estimator": "wlsmv", "ordered": ITEMS}


# --- score tests
def _rows(result: Any, op: str) -> list[int]:
    table = result.estimated.table
    return [n for n, row in enumerate(table.rows) if row.group and row.op == op and row.lhs in table.observed]


def test_without_a_sandwich_it_is_the_score_test_of_the_engine() -> None:
    result = fit(MODEL, groups(), group="g", group_equal=("loadings", "intercepts"), std_lv=True)
    loosened = Loosened(result.estimated, _rows(result, "~1"))
    known = release_tests(result.estimated).query("group == 'b' and op == '~1'").set_index("lhs")
    for n in _rows(result, "~1"):
        test, expected = loosened.release([n]), known.loc[result.estimated.table.rows[n].lhs]
        assert (test.statistic, test.df) == (pytest.approx(expected["score_test"], rel=1e-9), 1)
        assert test.change[0] == pytest.approx(expected["epc"], rel=1e-9)


def test_releasing_everything_counts_what_the_model_really_gains() -> None:
    """Five intercepts less the latent mean that takes up one of them."""
    equal = ("intercepts",)
    result = fit(MODEL, groups(), group="g", group_equal=equal, std_lv=True)
    loosened = Loosened(result.estimated, _rows(result, "~1"))
    test, known = loosened.release(_rows(result, "~1")), release_test(result.estimated)
    assert test.df == known.df == 4
    assert test.statistic == pytest.approx(known.statistic, rel=1e-8)


def test_the_statistic_does_not_hang_on_the_items_range() -> None:
    frame = groups(shift={"y2": 0.3})
    wide = frame.assign(y2=frame["y2"] * 1000, y4=frame["y4"] / 1000)
    found = []
    for data in (frame, wide):
        result = fit(MODEL, data, group="g", group_equal=("loadings", "intercepts"), std_lv=True, estimator="mlr")
        loosened = Loosened(result.estimated, _rows(result, "~1"))
        tests = [loosened.release([n]) for n in _rows(result, "~1")]
        found.append([(t.statistic, t.df) for t in tests])
    np.testing.assert_allclose(found[0], found[1], rtol=2e-4)


def test_what_cannot_be_told_gains_nothing() -> None:
    """With one item's intercept held equal and the latent mean free, releasing that one too says nothing."""
    free = tuple(f"{item}~1" for item in ITEMS[1:])
    result = fit(MODEL, groups(), group="g", group_equal=("loadings", "intercepts"), group_partial=free, std_lv=True)
    row = next(n for n in _rows(result, "~1") if result.estimated.table.rows[n].lhs == "y1")
    test = Loosened(result.estimated, [row]).release([row])
    assert test.df == 0 and np.isnan(test.pvalue) and test.statistic == 0


def test_a_model_without_a_solution_is_not_tested() -> None:
    result = fit("F =~ y1 + y2\ny1 ~~ 0*y1\ny2 ~~ 0*y2", groups(), group="g")
    with pytest.raises(ModelError, match="without a solution"):
        Loosened(result.estimated, [0])


@pytest.mark.parametrize("step", ["thresholds", "metric"])
@pytest.mark.parametrize("name", ["answers", "bfi"])
def test_score_tests_of_ordered_items_from_lavaans_derivatives(name: str, step: str) -> None:
    case = json.loads((ORACLES / "ladders" / "ordered_scores.json").read_text())[name]
    items = observed_variables(case["model"])
    frame = pd.read_csv(ORACLES.parents[1] / case["data"]).dropna(subset=[*items, case["group"]])
    climb = Climb(case["model"], frame, group=case["group"], std_lv=True, estimator="wlsmv", ordered=items)
    result = climb.fit(step)
    rows_by_item = candidates(climb, Rung(step, result=result))
    assert set(rows_by_item) == set(items)
    for item, rows in rows_by_item.items():
        test, expected = Loosened(result.estimated, rows).release(rows), case[step][item]
        assert test.df == expected["df"]
        assert test.statistic == pytest.approx(expected["statistic"], rel=1e-5, abs=1e-6), item


def test_the_score_test_of_ordered_answers_is_near_the_test_of_the_two_models() -> None:
    """With many persons a score test with one degree of freedom and the scaled difference of the two fits are the same
    test; with more they weigh the directions differently, and only count them alike."""
    climb = Climb(MODEL, cut(groups(n=6000, seed=9, shift={"y2": 0.06})), group="g", std_lv=True, **ORDERED)
    for step in ("thresholds", "metric", "scalar", "strict"):
        result = climb.fit(step)
        for item, rows in candidates(climb, Rung(step, result=result)).items():
            score = Loosened(result.estimated, rows).release(rows)
            partial = climb.fit(step, released(climb, step, {item: step}))
            assert score.df == result.fit["df"] - partial.fit["df"] == (2 if step == "thresholds" else 1)
            if score.df == 1:
                test = difference_test(result, partial)
                assert score.statistic == pytest.approx(test.statistic, rel=0.1, abs=0.1), (step, item)


# --- the search
@pytest.mark.parametrize("asked", [{"estimator": "mlr", "missing": "fiml"}, {"estimator": "ml"}, {"estimator": "mlm"}])
def test_the_one_item_that_is_shifted_is_named(asked: dict[str, Any]) -> None:
    found = ladder(MODEL, groups(shift={"y3": 0.5}), group="g", **asked)
    assert found.freed == {"y3": "scalar"}
    assert found.allows == "means_partial"
    failed, again = (rung for rung in found.rungs if rung.step == "scalar")
    assert (failed.holds, failed.partial, failed.freed) == (False, False, {})
    assert (again.holds, again.partial, again.freed) == (True, True, {"y3": "scalar"})
    tests = found.searches["scalar"].tests
    assert [test.item for test in tests if test.freed] == ["y3"]
    assert {test.turn for test in tests} == {1}
    assert all(test.pvalue_adjusted >= test.pvalue for test in tests)


def test_later_steps_go_on_with_the_item_free() -> None:
    found = ladder(MODEL, groups(slope={"y2": 0.5}), group="g", estimator="mlr")
    assert found.freed == {"y2": "metric"}
    scalar = found.rung("scalar")
    assert scalar is not None and scalar.result is not None and scalar.freed == {"y2": "metric"}
    parameters = scalar.result.parameters
    for op, held in (("=~", "rhs"), ("~1", "lhs")):
        of_items = parameters[(parameters["op"] == op) & parameters[held].isin(ITEMS)]
        counts = of_items.groupby(held)["est"].nunique()
        assert counts.to_dict() == {item: 2 if item == "y2" else 1 for item in ITEMS}
    metric = found.rung("metric")
    assert metric is not None and metric.result is not None
    assert scalar.result.fit["df"] - metric.result.fit["df"] == 3  # four intercepts, less the latent mean


@pytest.mark.parametrize("step", ["thresholds", "metric", "scalar"])
def test_the_odd_ordered_item_is_named_at_its_step(step: str) -> None:
    frame = groups(
        n=1200, seed=3, shift={"y4": 0.5} if step == "scalar" else {}, slope={"y4": 0.7} if step == "metric" else {}
    )
    answers = cut(frame)
    if step == "thresholds":
        second = frame["g"] == "b"
        answers.loc[second, "y4"] = np.digitize(frame.loc[second, "y4"], (-1.6, -0.9, 0.9, 1.3)).astype(float)
    found = ladder(MODEL, answers, group="g", **ORDERED)
    assert found.freed == {"y4": step}
    assert found.allows == "means_partial"
    assert all(rung.refused is None for rung in found.rungs)


def test_an_item_free_from_the_thresholds_on_is_free_in_everything() -> None:
    """Its part of the model is then the configural one's: no parameter of it is in both groups alike, but what sets
    its scale."""
    climb = Climb(MODEL, cut(groups(n=1000)), group="g", std_lv=True, **ORDERED)
    freed = {"y4": "thresholds"}
    assert released(climb, "scalar", freed) == ("F=~y4", "y4|t1", "y4|t2", "y4|t3", "y4|t4", "y4~1") or set(
        released(climb, "scalar", freed)
    ) == {"F=~y4", "y4|t1", "y4|t2", "y4|t3", "y4|t4", "y4~1"}
    full, partial = climb.fit("scalar"), climb.fit("scalar", released(climb, "scalar", freed))
    # four thresholds and a loading more; the item's scale, that later groups had free, is fixed again
    assert full.fit["df"] - partial.fit["df"] == 4
    rows = partial.parameters.query("lhs == 'y4'")
    assert (rows.query("op == '~*~'")["est"] == 1).all() and not rows.query("op in ('~*~', '~1')")["free"].any()
    assert rows.query("op == '|'").groupby("rhs")["est"].nunique().eq(2).all()


def test_two_items_stay_equal_whatever_differs() -> None:
    """Four items with different shifts: no two of them can be equal, and two are held so all the same."""
    frame = groups(n=2000, shift={"y2": 1.0, "y3": -1.0, "y4": 2.0, "y5": -2.0})
    found = ladder(MODEL, frame, group="g", estimator="mlr")
    assert found.searches["scalar"].stop == "two_items_left"
    last = found.rung("scalar")
    assert last is not None and len(last.freed) == 3 and not last.holds
    assert "two_items_left" in last.messages
    assert found.allows == "relations"
    strict = found.rung("strict")
    assert strict is not None and strict.refused == "not_reached"


def test_a_solution_that_cannot_be_true_is_searched_too() -> None:
    """Intercepts that differ a good deal, held equal, make a residual variance negative. Of half of the items the
    search cannot say which are the odd ones."""
    frame = groups(n=500, shift={"y2": 2.0, "y3": -2.0})
    found = ladder("F =~ y1 + y2 + y3 + y4", frame, group="g", estimator="mlr")
    failed = next(rung for rung in found.rungs if rung.step == "scalar")
    assert failed.refused == "inadmissible" and not failed.holds
    again = found.rung("scalar")
    assert again is not None and again.partial and again.refused is None and "y3" in again.freed
    assert again.messages == ("two_items_left",) and found.allows == "relations"


def test_three_items_let_one_go() -> None:
    climb = Climb("F =~ y1 + y2 + y3", groups(), group="g", std_lv=True)
    rung = Rung("metric", result=climb.fit("metric"))
    assert set(candidates(climb, rung)) == {"y1", "y2", "y3"}
    assert candidates(climb, replace(rung, freed={"y2": "metric"})) == {}


def test_every_factor_keeps_two_equal_items() -> None:
    frame = groups().assign(y6=lambda d: d["y1"] + np.random.default_rng(0).normal(size=len(d)))
    climb = Climb("F =~ y1 + y2 + y3\nG =~ y4 + y5 + y6", frame, group="g", std_lv=True)
    rung = Rung("metric", result=climb.fit("metric"))
    assert set(candidates(climb, replace(rung, freed={"y2": "metric"}))) == {"y4", "y5", "y6"}


def test_a_marker_is_no_candidate() -> None:
    climb = Climb(MODEL, groups(), group="g")
    assert set(candidates(climb, Rung("metric", result=climb.fit("metric")))) == set(ITEMS[1:])


def test_without_the_search_the_ladder_ends_at_the_step_that_fails() -> None:
    found = ladder(MODEL, groups(shift={"y3": 0.8}), group="g", estimator="mlr", find_partial=False)
    assert [(rung.step, rung.holds, rung.refused) for rung in found.rungs[2:]] == [
        ("scalar", False, None), ("strict", False, "not_reached"),
    ]  # fmt: skip
    assert not found.searches


@pytest.mark.parametrize("kind", ["continuous", "ordered"])
def test_the_order_of_items_and_of_groups_does_not_matter(kind: str) -> None:
    frame = groups(n=1000, shift={"y3": 0.5})
    asked: dict[str, Any] = {"estimator": "mlr"}
    if kind == "ordered":
        frame, asked = cut(frame), ORDERED
    turned = frame.iloc[::-1]
    assert turned["g"].iloc[0] != frame["g"].iloc[0]
    first = ladder(MODEL, frame, group="g", **asked)
    other = ladder("F =~ y5 + y3 + y1 + y4 + y2", turned, group="g", **asked)
    assert first.freed == other.freed == {"y3": "scalar"}
    for a, b in zip(first.rungs[:2], other.rungs[:2], strict=True):
        assert a.result is not None and b.result is not None
        assert a.result.fit["chisq"] == pytest.approx(b.result.fit["chisq"], rel=1e-5)
