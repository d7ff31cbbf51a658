"""Effects by hand, beside lavaan's ``:=``, and with a t reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, t

from analysis.sem import FitResult, ModelError, fit
from analysis.sem.effects import EFFECT_COLUMNS, values_and_jacobians

CASES = ["latent", "observed-mlr", "groups", "indicator", "sexes-feedback"]


def numbers_of(result: FitResult) -> pd.DataFrame:
    return result.parameters[result.parameters["op"] == ":="].set_index("lhs")


@pytest.fixture(scope="module", params=CASES)
def case(
    request: pytest.FixtureRequest,
    difference_frames: dict[str, pd.DataFrame],
    difference_reference: Callable[[str], Any],
    as_options: Callable[..., Any],
) -> tuple[dict[str, Any], FitResult]:
    content = difference_reference("effects")[request.param]
    return content, fit(content["model"], difference_frames[content["data"]], **as_options(content["ours"]))


def test_defined_parameters_against_lavaan_in_every_metric(case: tuple[dict[str, Any], FitResult]) -> None:
    content, result = case
    ours = numbers_of(result)
    for metric in ("est", "std_all", "std_lv"):
        for expected in content[metric]:
            assert ours.loc[expected["name"], metric] == pytest.approx(expected["est"], rel=1e-5, abs=1e-5)
            if metric != "std_lv":
                se = ours.loc[expected["name"], "se" if metric == "est" else "std_all_se"]
                assert se == pytest.approx(expected["se"], rel=1e-5, abs=1e-6)


def test_effects_against_lavaans_defined_parameters(case: tuple[dict[str, Any], FitResult]) -> None:
    content, result = case
    by_name = {metric: {one["name"]: one for one in content[metric]} for metric in ("est", "std_all")}
    effects = result.effects(content["source"], content["target"]).set_index(["group", "effect"])
    for group, names in zip(result.groups, content["groups"], strict=False):
        for effect, name in names.items():
            row = effects.loc[(group, effect)]
            for metric, se in (("est", "se"), ("std_all", "std_all_se")):
                expected = by_name[metric][name]
                assert row[metric] == pytest.approx(expected["est"], rel=1e-5, abs=1e-5)
                assert row[se] == pytest.approx(expected["se"], rel=1e-5, abs=1e-6)


# --- by hand
def chain(n: int = 200, seed: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    m = 0.5 * x + rng.normal(size=n)
    y = 0.4 * m + 0.2 * x + rng.normal(size=n)
    frame = pd.DataFrame({"x": x, "m": m, "y": y, "c": np.arange(n) // 20, "g": np.where(np.arange(n) % 2, "a", "b")})
    for k in range(1, 4):
        frame[f"i{k}"] = y + rng.normal(size=n)
        frame[f"o{k}"] = np.digitize(frame[f"i{k}"] - y + m, [-0.5, 0.6]).astype(float)
    return frame


MEDIATION = "m ~ a*x\ny ~ b*m + c*x"


def test_sobels_errors() -> None:
    result = fit(MEDIATION, chain())
    rows = result.parameters.set_index("label")
    a, b, c = (float(rows.loc[label, "est"]) for label in "abc")
    table = result.effects("x", "y").set_index("effect")
    assert table["est"].to_dict() == pytest.approx({"direct": c, "indirect": a * b, "total": c + a * b})
    sobel = np.sqrt(a**2 * rows.loc["b", "se"] ** 2 + b**2 * rows.loc["a", "se"] ** 2)
    assert table.loc["indirect", "se"] == pytest.approx(sobel, rel=1e-9)
    assert table.loc["direct", "se"] == pytest.approx(rows.loc["c", "se"], rel=1e-9)
    z = table.loc["total", "est"] / table.loc["total", "se"]
    assert table.loc["total", "pvalue"] == pytest.approx(2 * norm.sf(abs(z)))
    assert table.loc["total", "ci_upper"] == pytest.approx(
        table.loc["total", "est"] + norm.ppf(0.975) * table.loc["total", "se"]
    )
    assert np.isnan(table["df_t"]).all()
    # the total effect is the regression on x alone
    alone = fit("y ~ x", chain()).parameters.iloc[0]
    assert table.loc["total", "est"] == pytest.approx(alone["est"], rel=1e-9)
    assert table.loc["total", "std_all"] == pytest.approx(alone["std_all"], rel=1e-9)


def test_a_loop_sums_all_its_rounds() -> None:
    frame = chain().assign(z=np.random.default_rng(1).normal(size=200))
    frame["y"] += 0.5 * frame["z"]
    result = fit("m ~ a*x + d*y\ny ~ b*m + z\nm ~~ 0*y", frame)
    rows = result.parameters.set_index("label")["est"]
    a, b, d = (float(rows[label]) for label in "abd")
    table = result.effects("x", "m").set_index("effect")["est"]
    assert table["direct"] == pytest.approx(a)
    assert table["total"] == pytest.approx(a / (1 - b * d))
    assert table["indirect"] == pytest.approx(a / (1 - b * d) - a)


def test_effects_on_an_indicator() -> None:
    result = fit("f =~ i1 + k*i2 + i3\nf ~ a*x\nm ~ f", chain())
    rows = result.parameters.set_index("label")["est"]
    table = result.effects("x", "i2").set_index("effect")
    assert table.loc["direct", "est"] == 0 and np.isnan(table.loc["direct", "se"])
    assert table.loc["indirect", "est"] == pytest.approx(float(rows["k"] * rows["a"]))
    spread = np.sqrt(chain()["x"].var(ddof=0) / chain()["i2"].var(ddof=0))
    implied = result.estimated.implied.moments(result.estimated.theta)[0][0]
    at = result.estimated.table.observed.index("i2")
    assert implied[at, at] == pytest.approx(chain()["i2"].var(ddof=0), rel=0.02)
    assert table.loc["total", "std_all"] == pytest.approx(float(table.loc["total", "est"]) * spread, rel=0.02)
    assert result.effects("f", "i2")["est"].tolist() == pytest.approx([float(rows["k"]), 0, float(rows["k"])])


def test_what_no_path_carries_is_nothing() -> None:
    result = fit(MEDIATION, chain())
    backwards = result.effects("y", "x")
    assert (backwards[["est", "std_all"]] == 0).all().all() and backwards["se"].isna().all()
    only_direct = result.effects("m", "y").set_index("effect")
    assert only_direct.loc["indirect", "est"] == 0 and np.isnan(only_direct.loc["indirect", "se"])
    of_an_indicator = fit("f =~ i1 + i2 + i3", chain()).effects("i1", "i2")
    assert (of_an_indicator["est"] == 0).all()


def test_a_fixed_path_has_an_estimate_and_no_error() -> None:
    table = fit("m ~ 0.5*x\ny ~ m", chain()).effects("x", "m").set_index("effect")
    assert table.loc["direct", "est"] == 0.5 and np.isnan(table.loc["direct", "se"])
    assert table.loc["direct", "std_all_se"] > 0  # its standardised value hangs on a variance that is estimated


def test_few_clusters_give_a_t_reference() -> None:
    result = fit(MEDIATION, chain(), cluster="c", errors="cr2")
    table = result.effects("x", "y").set_index("effect")
    row = result.parameters.set_index("label").loc["c"]
    for ours, theirs in (
        ("est", "est"),
        ("se", "se"),
        ("df_t", "df_t"),
        ("pvalue", "pvalue"),
        ("ci_lower", "ci_lower"),
    ):
        assert table.loc["direct", ours] == pytest.approx(row[theirs], rel=1e-9)
    for name, metric in (("", "est"), ("std_all_", "std_all")):
        half = t.ppf(0.975, table[f"{name}df_t"]) * table[f"{name}se"]
        np.testing.assert_allclose(table[f"{name}ci_upper"], table[metric] + half, rtol=1e-12)
    assert (table["df_t"] < 10).all()


def test_groups_have_effects_of_their_own() -> None:
    frame = chain()
    table = fit("m ~ x\ny ~ m + x", frame, group="g").effects("x", "y")
    assert list(table.columns) == EFFECT_COLUMNS
    assert table["group"].tolist() == ["b"] * 3 + ["a"] * 3
    for name, part in frame.groupby("g"):
        alone = fit("m ~ x\ny ~ m + x", part).effects("x", "y")
        mine = table[table["group"] == name]
        np.testing.assert_allclose(mine["est"], alone["est"], rtol=1e-7)
        np.testing.assert_allclose(mine["std_all_se"].astype(float), alone["std_all_se"].astype(float), rtol=1e-6)


@pytest.mark.parametrize("parameterization", ["delta", "theta"])
def test_an_ordered_item_is_standardised_by_the_answer_behind_it(parameterization: str) -> None:
    asked: dict[str, Any] = {"estimator": "wlsmv", "ordered": ("o1", "o2", "o3"), "parameterization": parameterization}
    result = fit("f =~ o1 + o2 + o3", chain(), **asked)
    effect = result.effects("f", "o2").set_index("effect").loc["total"]
    loading = result.parameters.set_index(["op", "rhs"]).loc[("=~", "o2")]
    assert effect["std_all"] == pytest.approx(loading["std_all"], rel=1e-9)
    assert effect["std_all_se"] == pytest.approx(loading["std_all_se"], rel=1e-7)


def test_jacobians_beside_finite_differences() -> None:
    model = "f =~ i1 + i2 + i3\nf ~ m + x\nm ~ x\ny ~ f"
    estimated = fit(model, chain()).estimated
    group, theta, h = estimated.implied.groups[0], estimated.theta, 1e-4
    for source, target in (("x", "y"), ("x", "i2"), ("m", "y"), ("x", "f")):
        _, jacobians = values_and_jacobians(group, theta, source, target)
        for metric, jacobian in enumerate(jacobians):

            def at(t: Any, source: str = source, target: str = target, metric: int = metric) -> Any:
                return values_and_jacobians(group, t, source, target)[0][metric]

            columns = [
                (8 * (at(theta + h * e) - at(theta - h * e)) - (at(theta + 2 * h * e) - at(theta - 2 * h * e)))
                / (12 * h)
                for e in np.eye(len(theta))
            ]
            np.testing.assert_allclose(jacobian, np.column_stack(columns), atol=1e-7)


@pytest.mark.parametrize("interval", ["percentile", "bca"])
def test_bootstrapped_effects_are_those_of_a_defined_parameter(interval: str) -> None:
    asked: dict[str, Any] = {"bootstrap": 40, "errors": "bootstrap", "interval": interval, "seed": 5}
    result = fit(MEDIATION + "\nind := a*b\ntot := c + a*b", chain(), **asked)
    effects = result.effects("x", "y").set_index("effect")
    rows = result.parameters.set_index("label")
    for effect, label in (("direct", "c"), ("indirect", "ind"), ("total", "tot")):
        for column in ("est", "se", "z", "pvalue", "ci_lower", "ci_upper", "std_all", "std_all_se", "std_all_ci_upper"):
            assert effects.loc[effect, column] == pytest.approx(rows.loc[label, column], rel=1e-7), (effect, column)
    nothing = result.effects("y", "x")
    assert (nothing["est"] == 0).all() and nothing[["se", "ci_lower"]].isna().all().all()
    with pytest.raises(ModelError, match="no variable q"):
        result.effects("q", "y")


@pytest.mark.parametrize(
    ("source", "target", "what"),
    [("x", "nowhere", "no variable nowhere: it has x, m, y"), ("q", "y", "no variable q"), ("x", "x", "not x twice")],
)
def test_effects_that_do_not_exist(source: str, target: str, what: str) -> None:
    result = fit(MEDIATION, chain())
    with pytest.raises(ModelError, match=what.replace("x, m, y", "")):
        result.effects(source, target)


def test_without_a_solution_there_are_no_effects() -> None:
    with pytest.raises(ModelError, match="without a solution"):
        fit("f =~ x + y\nx ~~ 0*x\ny ~~ 0*y", chain()).effects("f", "x")
