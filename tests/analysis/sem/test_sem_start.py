"""Starting values: what was asked for, near the solution, the same in any units."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.sem import fit
from analysis.sem.fit import prepared
from analysis.sem.implied import ImpliedMoments
from analysis.sem.options import Options
from analysis.sem.start import starting_values


def answers() -> pd.DataFrame:
    """Six items of two factors, both of them of one higher factor."""
    rng = np.random.default_rng(8)
    general = rng.normal(size=400)
    factors = [0.8 * general + 0.6 * rng.normal(size=400) for _ in range(3)]
    return pd.DataFrame(
        {f"{name}{k}": 0.8 * f + 0.6 * rng.normal(size=400) for name, f in zip("abc", factors, strict=True)
         for k in (1, 2, 3)}
    )  # fmt: skip


THREE = "A =~ a1 + a2 + a3\nB =~ b1 + b2 + b3\nC =~ c1 + c2 + c3"


def start_of(model: str, frame: pd.DataFrame, **asked: object) -> dict[str, float]:
    table, sample = prepared(model, frame, Options.checked(**asked))
    theta = starting_values(table, sample)
    return {row.name: theta[row.index] for row in table.rows if row.index is not None}


def test_a_starting_value_asked_for_is_where_it_starts() -> None:
    start = start_of("A =~ a1 + start(0.3)*a2 + a3\na1 ~~ start(0.7)*a1\nA ~~ start(0.9)*A", answers())
    assert (start["A =~ a2"], start["a1 ~~ a1"], start["A ~~ A"]) == (0.3, 0.7, 0.9)


def test_of_three_items_the_loadings_start_at_the_solution() -> None:
    frame = answers()
    start = start_of("A =~ a1 + a2 + a3", frame)
    est = fit("A =~ a1 + a2 + a3", frame).parameters.set_index(["lhs", "op", "rhs"])["est"]
    assert start["A =~ a2"] == pytest.approx(est["A", "=~", "a2"], rel=1e-6)
    assert start["A =~ a3"] == pytest.approx(est["A", "=~", "a3"], rel=1e-6)


@pytest.mark.parametrize("std_lv", [False, True])
@pytest.mark.parametrize("model", [THREE, f"{THREE}\nG =~ A + B + C"])
def test_other_units_have_the_same_start_in_them(model: str, std_lv: bool) -> None:
    frame = answers()
    units = {name: 10.0 ** (k - 4) for k, name in enumerate(frame.columns)}
    plain, scaled = start_of(model, frame, std_lv=std_lv), start_of(model, frame * pd.Series(units), std_lv=std_lv)
    # a factor has the unit of its marker, or none
    factors = {"A": "a1", "B": "b1", "C": "c1", "G": "a1"}
    units |= {factor: 1.0 if std_lv else units[marker] for factor, marker in factors.items()}
    for name, value in plain.items():
        lhs, op, rhs = name.split()
        unit = units[rhs] / units[lhs] if op == "=~" else units[lhs] * units[rhs]
        assert scaled[name] == pytest.approx(value * unit, rel=1e-9), name


@pytest.mark.parametrize("model", ["A =~ 2*a1 + a2 + a3", "A =~ NA*a1 + 2*a2 + a3", "A =~ NA*a1 + a2 + a3\nA ~~ 1*A"])
def test_however_the_metric_is_set_the_start_implies_the_same_covariances(model: str) -> None:
    frame = answers()
    table, sample = prepared(model, frame, Options())
    usual_table, _ = prepared("A =~ a1 + a2 + a3", frame, Options())
    sigma, usual = (
        ImpliedMoments(t, sample).groups[0].matrices(starting_values(t, sample)).sigma for t in (table, usual_table)
    )
    off = ~np.eye(3, dtype=bool)
    np.testing.assert_allclose(sigma[off], usual[off], rtol=0.1)


@pytest.mark.parametrize("power", [-7, -3, 3, 7])
def test_units_change_nothing_that_has_none(power: int) -> None:
    frame = answers()
    model = f"{THREE}\nG =~ A + B + C"
    plain, scaled = fit(model, frame), fit(model, frame.assign(a1=frame["a1"] * 10.0**power))
    assert scaled.fit["chisq"] == pytest.approx(plain.fit["chisq"], abs=1e-5)
    np.testing.assert_allclose(scaled.parameters["std_all"], plain.parameters["std_all"], atol=1e-6)


def test_groups_start_with_what_is_common_to_them() -> None:
    frame = answers().assign(g=np.arange(400) % 2)
    one = [start_of("A =~ a1 + a2 + a3", part)["A =~ a2"] for _, part in frame.groupby("g", sort=False)]
    both = start_of("A =~ a1 + a2 + a3", frame, group="g", group_equal=["loadings"])
    assert both["A =~ a2"] == pytest.approx(np.mean(one))
