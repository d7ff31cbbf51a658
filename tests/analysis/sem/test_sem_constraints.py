"""Constraints and defined parameters: arithmetic, derivatives, and what they do to a fit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.sem import ModelError, fit, parse
from analysis.sem.constraints import Constraints, null_space
from analysis.sem.defined import chained, evaluate
from analysis.sem.expression import expression_of
from analysis.sem.table import ParameterTable, build_table

MODEL = "F =~ i1 + a*i2 + b*i3 + d*i4\ni1 ~~ v*i1\nF ~~ w*F\nprod := a*b/w\n"


def _table(constraints: str) -> ParameterTable:
    return build_table(parse(MODEL + constraints))


def one_factor(n: int = 250, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=n)
    loadings = {"i1": 1.0, "i2": 0.7, "i3": 0.9, "i4": 1.2}
    return pd.DataFrame({name: k * factor + rng.normal(size=n) for name, k in loadings.items()})


# --- arithmetic
@pytest.mark.parametrize(
    ("text", "value"),
    [("a+b*2", 8.0), ("(a+b)*2", 10.0), ("a-b-1", -2.0), ("a/b/2", 1 / 3), ("-a^2", -4.0), ("2^-a", 0.25),
     ("2^a^b", 256.0), ("a--b", 5.0), ("+a", 2.0), ("sqrt(a*8)", 4.0), ("exp(log(b))", 3.0), ("abs(a-b)", 1.0),
     ("1e1*a", 20.0), ("(-a)^3", -8.0), ("0^a", 0), ("a^0", 1), ("-(a)", -2), ("a^0.5*a^0.5", 2.0), ("0^0.5", 0.0)],
)  # fmt: skip
def test_arithmetic_is_that_of_r(text: str, value: float) -> None:
    assert evaluate("m", text, {"a": 2, "b": 3}) == pytest.approx(value)


@pytest.mark.parametrize("text", ["sqrt(-a)", "log(a-2)", "(-a)^0.5", "a/(a-2)", "1/0", "log(0)", "9^9^9^9 - 9^9^9^9"])
def test_what_has_no_real_value_is_not_a_number(text: str) -> None:
    value = evaluate("m", text, {"a": 2.0})
    assert np.isnan(value.real) and np.isnan(value.imag)


def test_a_stack_of_parameters_is_evaluated_together() -> None:
    a, b = np.array([1.0, 2.0, -3.0]), np.array([0.5, 1.0, 2.0])
    found = chained({"p": "a*b", "q": "p^2 + sqrt(a)"}, {"a": a, "b": b})
    np.testing.assert_allclose(found["p"], a * b)
    np.testing.assert_allclose(found["q"][:2], (a * b)[:2] ** 2 + np.sqrt(a[:2]))
    assert np.isnan(found["q"][2])


@pytest.mark.parametrize(
    "text", ["", "a b", "open(a)", "a.__class__", "(a", "a)", "a[0]", "lambda: a", "'a'", "a if b"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match="m :="):
        evaluate("m", text, {"a": 1, "b": 1})


_LEAF = st.sampled_from(["a", "b", "2", "0.5", "3"])
_TREES = st.recursive(
    _LEAF,
    lambda inner: (
        st.builds("({}{}{})".format, inner, st.sampled_from("+-*/"), inner)
        | st.builds("-{}".format, inner)
        | st.builds("{}^2".format, inner.filter(lambda text: not text.startswith("-")))
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(_TREES)
def test_arithmetic_is_pythons_where_the_two_agree(text: str) -> None:
    names = {"a": 1.3, "b": -0.7}
    try:
        expected = float(eval(text.replace("^", "**"), {"__builtins__": {}}, names))  # noqa: S307 - text made above
    except ZeroDivisionError:
        return
    assert expression_of(text).value(names).real == pytest.approx(expected, rel=1e-9, abs=1e-9)


# --- derivatives
NONLINEAR = "a == b^2\nexp(a) - d*b == 1\nprod == 2\nv > 0\na + b < 3\nv > sqrt(w)*abs(d)\nprod < v/w"


def test_jacobians_agree_with_finite_differences() -> None:
    constraints = Constraints(_table(NONLINEAR))
    theta = np.linspace(0.4, 1.6, constraints.n_free)
    step = 1e-6
    shifts = step * np.eye(len(theta))
    for value, jacobian in (
        (constraints.equality, constraints.equality_jacobian),
        (constraints.inequality, constraints.inequality_jacobian),
    ):
        numeric = np.array([(value(theta + s) - value(theta - s)) / (2 * step) for s in shifts]).T
        np.testing.assert_allclose(jacobian(theta), numeric, rtol=1e-7, atol=1e-7)
        np.testing.assert_allclose(value(np.stack([theta, 2 * theta])), [value(theta), value(2 * theta)])
    assert (constraints.n_equality, constraints.n_inequality) == (3, 4)


def test_inequalities_are_not_negative_where_they_hold() -> None:
    table = _table("a > 0.5\nb < 1")
    index = {row.label: row.index for row in table.rows if row.label}
    theta = np.zeros(table.n_free)
    theta[index["a"]], theta[index["b"]] = 0.7, 1.5
    np.testing.assert_allclose(Constraints(table).inequality(theta), [0.2, -0.5])


def test_slacks_name_the_constraints() -> None:
    table = _table("a == b\na > 0.5\nb < 1")
    index = {row.label: row.index for row in table.rows if row.label}
    theta = np.zeros(table.n_free)
    theta[index["a"]], theta[index["b"]] = 0.75, 0.5
    assert Constraints(table).slacks(theta) == [("a == b", 0.25), ("a > 0.5", 0.25), ("b < 1", 0.5)]


def test_linearity_is_recognised() -> None:
    assert Constraints(_table("a + 2*b == 3\na - d == w/2")).is_linear
    assert not Constraints(_table("a*b == 3")).is_linear


def test_the_null_space_of_repeated_rows_counts_them_once() -> None:
    rows = np.array([[1.0, -1.0, 0.0], [2.0, -2.0, 0.0]])
    basis = null_space(rows)
    assert basis.shape == (3, 2)
    np.testing.assert_allclose(rows @ basis, 0, atol=1e-14)
    np.testing.assert_allclose(null_space(np.zeros((0, 2))), np.eye(2))


# --- in a fit
def test_an_equality_is_the_same_as_a_shared_label() -> None:
    frame = one_factor()
    by_label = fit("F =~ i1 + a*i2 + a*i3 + i4", frame)
    by_constraint = fit("F =~ i1 + a*i2 + b*i3 + i4\na == b", frame)
    assert by_constraint.fit["chisq"] == pytest.approx(by_label.fit["chisq"], abs=1e-7)
    assert (by_constraint.fit["npar"], by_constraint.fit["df"]) == (by_label.fit["npar"], by_label.fit["df"])
    for column in ("est", "se", "std_all"):
        np.testing.assert_allclose(by_constraint.parameters[column], by_label.parameters[column], rtol=1e-5)


def test_a_fixed_value_by_constraint_is_the_same_as_fixing() -> None:
    frame = one_factor()
    fixed = fit("F =~ i1 + 0.8*i2 + i3 + i4", frame)
    held = fit("F =~ i1 + a*i2 + i3 + i4\na == 0.8", frame)
    assert held.fit["chisq"] == pytest.approx(fixed.fit["chisq"], abs=1e-7)
    assert held.fit["df"] == fixed.fit["df"]


def test_a_nonlinear_equality_holds_and_costs_one_degree_of_freedom() -> None:
    frame = one_factor()
    free, held = fit(MODEL, frame), fit(MODEL + "a*b == 0.5", frame)
    p = held.parameters.set_index("label")["est"]
    assert p["a"] * p["b"] == pytest.approx(0.5, abs=1e-7)
    assert held.fit["df"] == free.fit["df"] + 1
    assert held.fit["chisq"] > free.fit["chisq"]


def test_an_inequality_that_does_not_bind_changes_nothing() -> None:
    frame = one_factor()
    free, loose = fit(MODEL, frame), fit(MODEL + "a > 0.01\nv > 0", frame)
    assert loose.fit["chisq"] == pytest.approx(free.fit["chisq"], abs=1e-7)
    assert loose.fit["df"] == free.fit["df"]


def test_an_inequality_that_binds_holds_with_equality() -> None:
    frame = one_factor()
    bound = fit(MODEL + "a > 1.5", frame)
    assert bound.converged
    assert bound.parameters.set_index("label").loc["a", "est"] == pytest.approx(1.5, abs=1e-6)
    assert bound.fit["chisq"] == pytest.approx(fit(MODEL + "a == 1.5", frame).fit["chisq"], abs=1e-5)


def test_repeating_an_equality_does_not_count_twice() -> None:
    frame = one_factor()
    once, twice = fit(MODEL + "a == b", frame), fit(MODEL + "a == b\n2*a == 2*b", frame)
    assert twice.fit["npar"] == once.fit["npar"]
    assert twice.fit["chisq"] == pytest.approx(once.fit["chisq"], abs=1e-7)


def test_groups_held_equal_by_hand_are_those_held_equal_by_option() -> None:
    frame = pd.concat([one_factor(200, 1).assign(g="x"), one_factor(150, 2).assign(g="y")])
    by_hand = fit(
        "F =~ i1 + c(a1,a2)*i2 + c(b1,b2)*i3 + c(d1,d2)*i4\na1 == a2\nb1 == b2\nd1 == d2", frame, group="g"
    )  # fmt: skip
    by_option = fit("F =~ i1 + i2 + i3 + i4", frame, group="g", group_equal=["loadings"])
    assert by_hand.fit["chisq"] == pytest.approx(by_option.fit["chisq"], abs=1e-6)
    assert by_hand.fit["df"] == by_option.fit["df"]
    np.testing.assert_allclose(by_hand.parameters["se"], by_option.parameters["se"], rtol=1e-5)


def test_defined_parameters_use_earlier_ones() -> None:
    p = fit(MODEL + "twice := 2*prod\nroot := sqrt(-twice)", one_factor()).parameters.set_index("lhs")
    assert p.loc["twice", "est"] == pytest.approx(2 * p.loc["prod", "est"])
    assert p.loc["twice", "se"] == pytest.approx(2 * p.loc["prod", "se"])
    assert p.loc["root", ["est", "se"]].isna().all()
