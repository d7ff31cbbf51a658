"""Statements to a parameter table, with lavaan's defaults."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.sem import ModelError, parse
from analysis.sem.table import ParameterTable, build_table, observed_of


def _table(model: str) -> ParameterTable:
    return build_table(parse(model))


def _free(model: str) -> list[str]:
    return [row.name for row in _table(model).rows if row.index is not None]


def test_a_factor_gets_a_marker_and_variances() -> None:
    table = _table("F =~ a + b + c")
    assert table.rows[0].fixed == 1.0
    assert _free("F =~ a + b + c") == ["F =~ b", "F =~ c", "a ~~ a", "b ~~ b", "c ~~ c", "F ~~ F"]


def test_exogenous_latents_covary_and_so_do_final_outcomes() -> None:
    model = "F =~ a + b\nG =~ c + d\nH =~ e + f\nI =~ g + h\nH ~ F\nI ~ G"
    assert {"F ~~ G", "H ~~ I"} <= set(_free(model))
    assert not {"F ~~ H", "G ~~ I"} & set(_free(model))


def test_an_outcome_that_predicts_has_no_automatic_covariance() -> None:
    assert "F ~~ y" not in _free("y ~ x\nz ~ y")
    assert "y ~~ z" not in _free("y ~ x\nz ~ y")
    assert "y ~~ z" in _free("y ~ x\nz ~ x")


def test_covariates_are_fixed_to_the_sample() -> None:
    table = _table("F =~ a + b + c\nF ~ x + z")
    assert table.covariates == ("x", "z")
    assert [row.name for row in table.rows if row.from_sample] == ["x ~~ x", "x ~~ z", "z ~~ z"]


def test_a_covariate_with_a_stated_variance_is_modelled() -> None:
    table = _table("y ~ x\nx ~~ x")
    assert table.covariates == ()
    assert table.n_free == 3


def test_equal_labels_share_a_parameter() -> None:
    table = _table("F =~ a + l*b + l*c")
    assert table.n_free == 5 and table.rows[1].index == table.rows[2].index


@pytest.mark.parametrize(
    ("model", "what"),
    [
        ("a ~ b\na ~ b", "a ~ b is stated twice"),
        ("F =~ a + b\na ~~ b\nb ~~ a", "b ~~ a is stated twice"),
        ("a ~ a", "regressed on itself"),
        ("a ~ l*b\nl := 2", "defined twice"),
        ("a ~ l*b\nm := 2*q", "no parameter has the label 'q'"),
        ("a ~ l*b\nl == q", "line 2, column 6: no parameter has the label 'q'"),
        ("a ~ l*b\nl == m\nm := l + q", "line 3, column 10: no parameter has the label 'q'"),
        ("a ~ l*b + 2*b\nl == 2", "holds no free parameter"),
        ("a ~ l*b\n1 == 1", "holds no free parameter"),
        ("F =~ F", "measured by itself"),
        ("F =~ a + b\na | t1", "not ordered"),
        ("a ~ c(1,2)*b", "line 1, column 12: a ~ b: 2 values in c\\(\\) for 1 group"),
        ('a ~ b + equal("a~q")*c', 'equal\\("a~q"\\) on a ~ c: the model has no such parameter'),
        ("F =~ a + l*b + 2*b + l*c + 3*c", "fixed to 2, and fixed to 3"),
    ],
)
def test_nonsense_is_refused(model: str, what: str) -> None:
    with pytest.raises(ModelError, match=what):
        _table(model)


def test_equal_may_name_what_is_itself_equal() -> None:
    table = _table('F =~ a + b + equal("F=~b")*c + equal("F=~c")*d')
    assert len({row.index for row in table.rows[1:4]}) == 1
    with pytest.raises(ModelError, match="goes round in a circle"):
        _table('F =~ a + equal("F=~c")*b + equal("F=~b")*c')


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"ordered": ["z"]}, "z: declared ordered, but not an observed variable"),
        ({"ordered": ["F"]}, "F: declared ordered"),
        ({"group_equal": ["everything"]}, "'everything' is not known: choose from loadings"),
        ({"group_partial": ["loadings"]}, "expected a parameter such as"),
        ({"group_partial": ["F=~z"]}, "the model has no such parameter"),
    ],
)
def test_options_that_name_nothing_are_refused(options: dict[str, Any], what: str) -> None:
    with pytest.raises(ModelError, match=what):
        build_table(parse("F =~ a + b + c"), groups=("g", "h"), **options)


@pytest.mark.parametrize(
    ("model", "what"),
    [
        ("F =~ u + v\nu | t3", "line 2, column 5: u has 3 categories, so its thresholds are t1 to t2; found 't3'"),
        ("F =~ u + v\nv | t2", "its thresholds are t1; found 't2'"),
        ("F =~ u + v\nu | x", "found 'x'"),
        ("F =~ u + v\nu | t0", "found 't0'"),
        ("F =~ u + v\nu ~*~ v", "expected u ~\\*~ u"),
        ("F =~ u + v\ny ~ u", "cannot predict"),
    ],
)
def test_thresholds_and_scales_must_exist(model: str, what: str) -> None:
    with pytest.raises(ModelError, match=what):
        build_table(parse(model), ordered=["u", "v"], categories={"u": 3, "v": 2})


def test_no_more_variables_than_can_be_fitted() -> None:
    with pytest.raises(ModelError, match="1001 variables; 1000 are the most"):
        _table("F =~ " + "+".join(f"x{i}" for i in range(1000)))


def test_bounds_keep_variances_from_below_zero_and_nothing_else() -> None:
    table = build_table(parse("F =~ a + b + c"), bounds=True)
    assert {row.name for row in table.rows if row.lower == 0} == {"a ~~ a", "b ~~ b", "c ~~ c", "F ~~ F"}
    assert {row.lower for row in table.rows if row.op == "=~"} == {float("-inf")}


def test_what_a_default_does_unexpectedly_is_said() -> None:
    def remarks(model: str, **options: Any) -> str:
        return " ".join(build_table(parse(model), **options).remarks)

    assert remarks("F =~ a + b + c\nF ~ x") == ""
    assert "mean of x" in remarks("y ~ x + z\nx ~~ x")
    assert "(l)" in remarks("F =~ a + l*b", groups=("g", "h"))
    assert remarks("F =~ a + c(l,m)*b", groups=("g", "h")) == ""


def test_observed_variables_in_order_of_mention() -> None:
    assert observed_of(parse("F =~ u2 + u1\nF ~ x\nu1 | t1\ny ~ F")) == ("u2", "u1", "x", "y")
