"""Data and published moments to what is fitted; what cannot be fitted is refused with its reason."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.sem import FitResult, ModelError, Moments, fit

MODEL = "F =~ a + b + c + d\ny ~ F"
ITEMS = ["a", "b", "c", "d", "y"]


def answers(n: int = 200, seed: int = 4) -> pd.DataFrame:
    """Four items of a factor, an outcome, two groups, twenty clusters inside them."""
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=n)
    frame = pd.DataFrame({name: 0.8 * factor + rng.normal(size=n) + k for k, name in enumerate("abcd")})
    cluster = np.arange(n) % 20
    return frame.assign(y=0.5 * factor + rng.normal(size=n), g=np.where(cluster < 10, "in", "out"), project=cluster)


def published(frame: pd.DataFrame, **more: Any) -> dict[str, Any]:
    """The moments of a frame as a paper would print them, through JSON."""
    content = {
        "n": len(frame), "names": ITEMS, "cov": frame[ITEMS].cov().to_numpy().tolist(),
        "mean": frame[ITEMS].mean().tolist(),
    }  # fmt: skip
    loaded: dict[str, Any] = json.loads(json.dumps(content | more))
    return loaded


def by_group(frame: pd.DataFrame) -> dict[str, Any]:
    return {"groups": [published(part, name=name) for name, part in frame.groupby("g", sort=False)]}


def assert_same(ours: FitResult, theirs: FitResult) -> None:
    assert ours.fit == pytest.approx(theirs.fit, rel=1e-7, abs=1e-7)
    columns = ["est", "se", "std_lv", "std_all", "ci_lower"]
    np.testing.assert_allclose(ours.parameters[columns], theirs.parameters[columns], rtol=1e-6, atol=1e-7)
    assert (ours.groups, ours.n_by_group) == (theirs.groups, theirs.n_by_group)


# --- published moments
@pytest.mark.parametrize("estimator", ["ml", "gls", "uls"])
@pytest.mark.parametrize("model", [MODEL, f"{MODEL}\nF ~ 0*1\na ~ 1"])
def test_moments_give_the_numbers_of_the_answers(model: str, estimator: str) -> None:
    frame = answers()
    assert_same(
        fit(model, Moments.from_dict(published(frame)), estimator=estimator), fit(model, frame, estimator=estimator)
    )


@pytest.mark.parametrize("equal", [(), ("loadings", "intercepts")])
def test_moments_of_groups_give_the_numbers_of_their_answers(equal: tuple[str, ...]) -> None:
    frame = answers()
    ours = fit(MODEL, Moments.from_dict(by_group(frame)), group_equal=equal)
    assert_same(ours, fit(MODEL, frame, group="g", group_equal=equal))


def test_group_partial_goes_with_moments_too() -> None:
    frame = answers()
    asked = {"group_equal": ["loadings"], "group_partial": ["F=~b"]}
    assert_same(fit(MODEL, Moments.from_dict(by_group(frame)), **asked), fit(MODEL, frame, group="g", **asked))


def test_groups_without_means_are_fitted_without_them() -> None:
    content = by_group(answers())
    for entry in content["groups"]:
        del entry["mean"]
    result = fit(MODEL, Moments.from_dict(content), group_equal=["loadings"])
    assert not (result.parameters["op"] == "~1").any()
    with_means = fit(MODEL, answers(), group="g", group_equal=["loadings"])
    assert result.fit["chisq"] == pytest.approx(with_means.fit["chisq"], rel=1e-7)
    with pytest.raises(ModelError, match='the moments have none: add "mean"'):
        fit(MODEL, Moments.from_dict(content), group_equal=["loadings", "intercepts"])


def test_the_same_moments_in_every_way_they_are_published() -> None:
    frame = answers()
    plain = published(frame)
    cor, sd = frame[ITEMS].corr().to_numpy(), frame[ITEMS].std().tolist()
    triangle = [row[: i + 1] for i, row in enumerate(plain["cov"])]
    ways: list[Any] = [
        plain | {"cov": triangle},
        {"n": 200.0, "names": ITEMS, "cor": cor.tolist(), "sd": sd, "mean": plain["mean"]},
        {"n": 200, "names": ITEMS, "correlations": cor.tolist(), "sds": sd, "means": plain["mean"]},
        {"n": 200, "names": ITEMS, "covariances": plain["cov"]},
        {"groups": [plain]},
        [plain],
        {"n": 200, "names": ["x", *ITEMS], "cor": np.pad(cor, (1, 0)).tolist(), "sd": [1, *sd]},
    ]
    ways[-1]["cor"][0][0] = 1
    expected = fit(MODEL, frame)
    for content in ways:
        assert_same(fit(MODEL, Moments.from_dict(content)), expected)


def test_groups_may_be_an_object_or_have_no_names() -> None:
    plain = published(answers())
    assert [g.name for g in Moments.from_dict({"groups": {"in": plain, "out": plain}}).groups] == ["in", "out"]
    assert [g.name for g in Moments.from_dict([plain, plain]).groups] == ["1", "2"]


_GOOD = {"n": 100, "names": ["a", "b"], "cov": [[1, 0.5], [0.5, 2]]}


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "expected an object"),
        ("text", "expected an object"),
        (3, "expected an object"),
        ([], "expected an object"),
        ({"groups": []}, "expected an object"),
        ({"groups": [1]}, "group 1: expected an object"),
        ({}, '"names" is missing'),
        ({"names": ["a", "b"], "cov": [[1, 0], [0, 1]]}, '"n" is missing'),
        (_GOOD | {"n": 1}, "whole number of at least 2"),
        (_GOOD | {"n": 10.5}, "whole number"),
        (_GOOD | {"n": "100"}, "whole number"),
        (_GOOD | {"n": True}, "whole number"),
        (_GOOD | {"n": float("nan")}, "whole number"),
        (_GOOD | {"names": "ab"}, "list of variables' names"),
        (_GOOD | {"names": [1, 2]}, "list of variables' names"),
        (_GOOD | {"names": ["a", "a"]}, "the name a occurs twice"),
        (_GOOD | {"cov": [[1, 0.5]]}, '"cov" must hold 2 by 2 numbers'),
        (_GOOD | {"cov": [[1, "x"], ["x", 1]]}, "2 by 2 numbers"),
        (_GOOD | {"cov": [["1", "0"], ["0", "1"]]}, "2 by 2 numbers"),
        (_GOOD | {"cov": [[1, None], [None, 1]]}, "2 by 2 numbers"),
        (_GOOD | {"cov": [[1, 10**400], [0, 1]]}, "2 by 2 numbers"),
        (_GOOD | {"cov": [[1, 0.5], [0.4, 1]]}, "not symmetric"),
        (_GOOD | {"cov": 7}, "2 by 2 numbers"),
        (_GOOD | {"mean": [1]}, '"mean" must hold 2 numbers'),
        ({"n": 100, "names": ["a", "b"]}, 'expected "cov", or "cor" with "sd"'),
        ({"n": 100, "names": ["a", "b"], "cor": [[1, 0], [0, 1]]}, 'expected "cov", or "cor" with "sd"'),
        ({"n": 9, "names": ["a", "b"], "cor": [[1, 1.2], [1.2, 1]], "sd": [1, 1]}, "none beyond one"),
        ({"n": 9, "names": ["a", "b"], "cor": [[2, 0], [0, 1]], "sd": [1, 1]}, "1 on the diagonal"),
        ({"n": 9, "names": ["a", "b"], "cor": [[1, 0], [0, 1]], "sd": [1, -1]}, "above nil"),
        ([_GOOD | {"name": "x"}, _GOOD | {"name": "x"}], "two groups are called 'x'"),
    ],
)
def test_moments_that_are_none_are_refused(content: Any, what: str) -> None:
    with pytest.raises(ModelError, match=what):
        Moments.from_dict(content)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["n", "names", "cov", "cor", "sd", "mean", "groups", "name"]), inner, max_size=6
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(_JSON)
def test_any_json_is_moments_or_refused_with_a_reason(content: Any) -> None:
    try:
        Moments.from_dict(content)
    except ModelError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"names": ["a", "b", "c", "d", "z"]}, "uses y, which the moments do not have"),
        ({"n": 5}, "5 persons for 5 variables"),
        ({"cov": np.ones((5, 5)).tolist()}, "linearly dependent"),
        ({"cov": (2 * np.eye(5) - 1).tolist()}, "not positive definite"),
        ({"cov": np.diag([1, 1, 1, 1, 0]).tolist()}, "y does not vary"),
    ],
)
def test_moments_that_cannot_carry_the_model_are_refused(change: dict[str, Any], what: str) -> None:
    with pytest.raises(ModelError, match=what):
        fit(MODEL, Moments.from_dict(published(answers()) | change))


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"group": "g"}, "group needs the persons' answers"),
        ({"cluster": "project"}, "cluster needs"),
        ({"missing": "fiml"}, "missing fiml needs"),
        ({"bootstrap": 10}, "bootstrap needs"),
        ({"estimator": "mlr"}, "estimator mlr needs"),
        ({"estimator": "dwls"}, "estimator dwls needs"),
        ({"errors": "robust"}, "se robust needs"),
        ({"ordered": ["a"], "estimator": "wlsmv"}, "ordered, estimator wlsmv needs"),
        ({"group_equal": ["loadings"]}, "need several groups"),
    ],
)
def test_what_needs_persons_is_refused_with_moments(asked: dict[str, Any], what: str) -> None:
    with pytest.raises(ModelError, match=what):
        fit(MODEL, Moments.from_dict(published(answers())), **asked)


# --- answers
def _changed(**columns: Any) -> pd.DataFrame:
    return answers().assign(**columns)


def _with_hole(column: str, rows: slice) -> pd.DataFrame:
    frame = answers()
    frame.loc[frame.index[rows], column] = np.nan
    return frame


@pytest.mark.parametrize(
    ("frame", "asked", "what"),
    [
        (answers().drop(columns="y"), {}, "uses y, which the data do not have. Check the spelling"),
        (_changed(c=2.0), {}, "c does not vary among the persons used"),
        (_changed(c=0.1), {}, "c does not vary"),
        (_changed(c=lambda d: d["a"] - d["b"]), {}, "a, b, c are linearly dependent"),
        (_changed(c="often"), {}, "c holds values that are not numbers"),
        (_changed(c=np.inf), {}, "c holds infinite values"),
        (_changed(c=lambda d: d["c"] * 1e200), {}, "c holds values too large to compute with"),
        (answers().iloc[:5], {}, "5 complete rows for 5 variables"),
        (answers().iloc[:0], {}, "no complete rows"),
        (_with_hole("b", slice(None)), {}, "Nobody answered every question"),
        (answers(), {"group": "town"}, r"no column town \(group\)"),
        (answers(), {"cluster": "town"}, r"no column town \(cluster\)"),
        (answers(), {"ordered": ["town"], "estimator": "wlsmv"}, r"no column town \(ordered\)"),
        (_changed(g="one"), {"group": "g"}, "holds 1 group: at least two"),
        (_changed(g=None), {"group": "g"}, "holds 0 group"),
        (_changed(g=["x"] + ["y"] * 199), {"group": "g"}, "1 person with usable answers in group x"),
        (_with_hole("b", slice(0, 200, 20)).assign(g=["x"] + ["y"] * 199), {"group": "g"}, "is nobody .* in group x"),
        (_changed(g=["x"] * 4 + ["y"] * 196), {"group": "g"}, "4 complete rows for 5 variables in group x"),
        (_changed(c=lambda d: np.where(d["g"] == "in", 3, d["c"])), {"group": "g"}, "c does not vary in group in"),
        (_changed(g=np.arange(200) % 3), {"group": "g", "cluster": "project"}, "more than one group"),
        (_changed(project=1), {"cluster": "project"}, "All persons are in one cluster"),
        (_changed(project=lambda d: d["g"]), {"group": "g", "cluster": "project"}, "in group in are in one cluster"),
        (answers(), {"group_equal": ["loadings"]}, "need several groups"),
        (_with_hole("b", slice(None)), {"missing": "fiml"}, "Nobody answered b"),
        (_with_hole("b", slice(0, 199)), {"missing": "fiml"}, "does not vary|Fewer than two persons"),
        (_with_hole("y", slice(0, 9)).assign(c=lambda d: 2 * d["a"]), {"missing": "fiml"}, "a, c are linearly"),
    ],
)  # fmt: skip
def test_answers_that_cannot_carry_the_model_are_refused(frame: pd.DataFrame, asked: dict[str, Any], what: str) -> None:
    with pytest.raises(ModelError, match=what):
        fit(MODEL, frame, **asked)


def test_two_items_never_answered_together_are_named() -> None:
    frame = answers()
    frame.loc[frame.index[:100], "a"] = np.nan
    frame.loc[frame.index[100:], "b"] = np.nan
    with pytest.raises(ModelError, match="Fewer than two persons answered both a and b"):
        fit(MODEL, frame, missing="fiml")


def test_a_name_two_columns_have_is_refused_where_it_is_used() -> None:
    frame = answers()
    twice = pd.concat([frame, frame[["a"]]], axis=1)
    with pytest.raises(ModelError, match="two columns called a"):
        fit(MODEL, twice)
    unused = pd.concat([frame, frame[["g"]]], axis=1)
    assert fit(MODEL, unused).converged
    with pytest.raises(ModelError, match="two columns called g"):
        fit(MODEL, unused, group="g")


@pytest.mark.parametrize("asked", [{"group": "g"}, {"cluster": "project"}])
def test_persons_of_no_known_group_or_cluster_are_left_out_and_counted(asked: dict[str, str]) -> None:
    (column,) = asked.values()
    frame = answers().astype({column: object})
    frame.loc[frame.index[:7], column] = None
    result = fit(MODEL, frame, **asked)
    assert (result.n_obs, result.n_left_out) == (193, 7)


def test_groups_come_in_the_order_of_the_rows_and_are_named_as_written() -> None:
    frame = _changed(g=np.where(np.arange(200) % 2, 1.0, 2.0))
    assert fit(MODEL, frame, group="g").groups == ("2", "1")


def test_units_however_small_are_no_reason_to_refuse() -> None:
    frame = answers()
    tiny = frame.assign(a=frame["a"] * 1e-7)
    assert fit(MODEL, tiny).fit["chisq"] == pytest.approx(fit(MODEL, frame).fit["chisq"], abs=1e-5)


@pytest.mark.parametrize("kind", ["int64", "Int64", "float32", "bool", "object", "string"])
def test_numbers_of_any_type_are_numbers(kind: str) -> None:
    codes = (answers()["a"] > 0.5).astype("int64")
    column = codes.astype(str).astype("string") if kind == "string" else codes.astype(kind)
    expected = fit(MODEL, _changed(a=codes))
    assert fit(MODEL, _changed(a=column)).fit["chisq"] == pytest.approx(expected.fit["chisq"], rel=1e-9)


@pytest.mark.parametrize(
    ("column", "what"),
    [
        ("x", "u holds values that are not numbers: give its codes"),
        (3, "u does not vary"),
        (lambda d: d["a"], "has 200 categories: treat it as continuous"),
    ],
)  # fmt: skip
def test_ordered_variables_must_have_categories(column: Any, what: str) -> None:
    with pytest.raises(ModelError, match=what):
        fit("F =~ u + v + w", answers().assign(u=column, v=1, w=2), ordered=["u"], estimator="wlsmv")
