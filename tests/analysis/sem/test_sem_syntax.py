"""lavaan syntax to statements."""

from __future__ import annotations

import pytest

from analysis.sem import ModelError, parse, without_terms


def _said(model: str) -> list[str]:
    return [str(statement) for statement in parse(model)]


def test_statements_comments_and_line_breaks() -> None:
    model = """
    # measurement
    HS =~ hs1 + hs2 +   ! goes on
          hs3
    SB ~ a*HS
         + 0.5*SC; SB ~~ NA*SB
    ind := a * 2
    """
    assert _said(model) == ["HS =~ hs1 + hs2 + hs3", "SB ~ a*HS + 0.5*SC", "SB ~~ NA*SB", "ind := a*2"]


def test_several_left_hand_names_make_a_statement_each() -> None:
    assert _said("a + b ~ c") == ["a ~ c", "b ~ c"]


def test_negative_fixed_value() -> None:
    (statement,) = parse("F =~ 1*a + -0.5*b")
    assert [term.fixed for term in statement.terms] == [1.0, -0.5]


@pytest.mark.parametrize(
    ("model", "place", "offender"),
    [
        ("a ~ b\nc ~ d ~ e", "line 2, column 5", "'d'"),
        ("a ~ b +", "line 1, column 7", "'+'"),
        ("a ~ + b", "line 1, column 5", "'+'"),
        ("~ b", "line 1, column 1", "'~'"),
        ("a b ~ c", "line 1, column 3", "'b'"),
        ("a ~ b\n  a ~ $x", "line 2, column 7", "'$'"),
        ("a ~ 1", "line 1, column 5", "'1'"),
        ("a | t1", "line 1, column 3", "'|'"),
        ("a == b", "line 1, column 3", "'=='"),
        ("a ~ c(x,y)*b", "line 1, column 5", "'c'"),
        ("hello", "line 1, column 1", "'hello'"),
        ("a ~", "line 1, column 3", "'~'"),
        ("a + ~ b", "line 1, column 3", "'+'"),
        ("a ~ 2", "line 1, column 5", "'2'"),
        ("a ~ b b", "line 1, column 5", "'b'"),
        ("a ~ x*y*b", "line 1, column 5", "'x'"),
    ],
)
def test_errors_name_line_column_and_text(model: str, place: str, offender: str) -> None:
    with pytest.raises(ModelError) as caught:
        parse(model)
    assert place in str(caught.value)
    assert offender in str(caught.value)


def test_an_empty_model_is_refused() -> None:
    with pytest.raises(ModelError, match="empty"):
        parse("# nothing\n")


def test_without_terms_takes_out_covariates_and_what_hangs_on_them() -> None:
    model = """
    HS =~ h1 + h2
    HS ~ a*location + b*construction
    SB ~ location
    difference := a - b
    twice := 2*difference
    c2 := b*2
    """
    assert without_terms(model, ["location"]).splitlines() == [
        "HS =~ h1 + h2",
        "HS ~ b*construction",
        "c2 := b*2",
    ]


def test_without_terms_keeps_a_label_that_another_term_still_has() -> None:
    assert "twice := 2*a" in without_terms("y ~ a*x + a*z\ntwice := 2*a", ["z"])


def test_without_terms_leaves_something() -> None:
    with pytest.raises(ModelError, match="Nothing is left"):
        without_terms("y ~ x", ["x"])
