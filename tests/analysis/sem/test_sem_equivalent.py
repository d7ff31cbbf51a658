"""Which models no data can tell apart, what they differ in, and what their defined effects run through."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.sem import fit
from analysis.sem.equivalent import chain_of, equally_well, own_parameters
from analysis.sem.syntax import parse
from analysis.sem.table import ParameterTable, build_table

# A, B and C in a row: three of the four ways to direct two arrows say that A and C have nothing in common but B
CHAIN, BACK, FORK, COLLIDER = "B ~ A\nC ~ B", "A ~ B\nB ~ C", "A ~ B\nC ~ B\nA ~~ 0*C", "B ~ A + C\nA ~~ 0*C"


@pytest.fixture(scope="module")
def persons() -> pd.DataFrame:
    """200 persons, in whom A, B and C are all correlated."""
    rng = np.random.default_rng(11)
    a = rng.normal(size=200)
    b = 0.6 * a + rng.normal(size=200)
    return pd.DataFrame({"A": a, "B": b, "C": 0.5 * b + 0.3 * a + rng.normal(size=200)})


def table(text: str) -> ParameterTable:
    return build_table(parse(text))


def test_arrows_that_no_data_can_direct_share_a_letter(persons: pd.DataFrame) -> None:
    # A ~~ A makes exogenous variables part of the model, so that every model is about the same moments
    results = [fit(f"{text}\nA ~~ A\nC ~~ C", persons) for text in (CHAIN, BACK, FORK, COLLIDER)]
    assert [result.fit["df"] for result in results] == [1, 1, 1, 1]
    assert equally_well(results) == ["a", "a", "a", "b"]


def test_the_same_misfit_of_other_moments_is_not_equivalence() -> None:
    # A with B and A with C correlate alike, so that leaving out either costs the same
    x = np.array([[1.0, 1, 1], [1, 1, -1], [1, -1, 1], [-1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, -1, -1], [-1, 1, 1]])
    data = pd.DataFrame(x, columns=["A", "B", "C"]) + 0.5 * pd.DataFrame({"A": x[:, 1] + x[:, 2], "B": 0, "C": 0})
    results = [fit(f"A ~~ 0*{gone}\nA ~~ {kept}\nB ~~ C", data) for gone, kept in (("B", "C"), ("C", "B"))]
    assert results[0].fit["chisq"] == pytest.approx(results[1].fit["chisq"], abs=1e-6)
    assert results[0].fit["chisq"] > 1
    assert equally_well(results) == ["a", "b"]


def test_no_letter_without_a_solution(persons: pd.DataFrame) -> None:
    result = fit(CHAIN, persons)
    assert equally_well([None, result, result]) == ["", "a", "a"]


def test_the_arrow_that_differs_is_found_whichever_way_it_points() -> None:
    texts = ["F =~ a + b + c\nG =~ d + e + f\n" + tail for tail in ("F ~~ G", "F ~ G", "G ~ F")]
    own = own_parameters([table(text) for text in texts])
    assert [[row.name for row in rows] for rows in own] == [["F ~~ G"], ["F ~ G"], ["G ~ F"]]


@pytest.mark.parametrize(
    ("effect", "chain"),
    [
        ("a*b", ["X", "M", "Y"]),
        ("b*a", ["X", "M", "Y"]),
        ("a*b*c", ["X", "M", "Y", "Z"]),
        ("a", ["X", "M"]),
        ("a*c", []),  # no chain: M is not Y
        ("a*d", []),  # two ends
        ("a + b", []),
        ("2*a*b", []),
        ("a*v", []),  # a variance is no arrow
    ],
)
def test_an_effect_runs_through_the_regressions_it_is_the_product_of(effect: str, chain: list[str]) -> None:
    model = f"M ~ a*X\nY ~ b*M\nZ ~ c*Y + d*X\nZ ~~ v*Z\neffect := {effect}"
    assert chain_of(table(model), "effect") == chain


def test_an_effect_made_of_another_effect_has_no_chain() -> None:
    assert chain_of(table("M ~ a*X\nY ~ b*M\nfirst := a*b\nsecond := first*b"), "second") == []
