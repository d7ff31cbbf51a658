"""Statements to a parameter table, with lavaan's defaults."""

from __future__ import annotations

import pytest

from analysis.sem import ModelError, parse
from analysis.sem.table import ParameterTable, build_table


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
        ("a ~ l*b\nm := open(l)", "only"),
        ("a ~ l*b\nm := (l", "cannot read"),
        ("a ~ l*b\nm := l -", "after|cannot read"),
    ],
)
def test_nonsense_is_refused(model: str, what: str) -> None:
    with pytest.raises(ModelError, match=what):
        _table(model)
