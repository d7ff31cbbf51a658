"""lavaan syntax to statements."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.sem import ModelError, parse, without_terms
from analysis.sem.table import build_table


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


def _values(model: str) -> list[tuple[object, ...]]:
    (statement,) = parse(model)
    return [modifier.values for term in statement.terms for modifier in term.modifiers]


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1.0), ("-0.5", -0.5), ("(+2)", 2.0), (".5", 0.5), ("1.5e-1", 0.15), ("1/2", 0.5), ("2*3", 6.0), ("(2)", 2.0),
     ("-2^2", -4.0), ("2^-1", 0.5), ("2^3^2", 512.0), ("sqrt(4)", 2.0), ("2*-3*0.5", -3.0), ("(1+2)*3", 9.0)],
)  # fmt: skip
def test_a_fixed_value_may_be_arithmetic_on_numbers(text: str, value: float) -> None:
    assert _values(f"F =~ {text}*a") == [(value,)]


def test_modifiers() -> None:
    assert _values("F =~ NA*a + l*b + c(x,y)*d + c(1,NA)*e") == [(None,), ("l",), ("x", "y"), (1.0, None)]
    kinds = [(m.kind, m.values) for t in parse('y ~ start(0.5)*a + label("k")*b + "a b"*d + equal("F=~a")*e')[0].terms
             for m in t.modifiers]  # fmt: skip
    assert kinds == [("start", (0.5,)), ("label", ("k",)), ("label", ("ab",)), ("equal", ("F=~a",))]


def test_several_modifiers_gather_on_one_term() -> None:
    (statement,) = parse("F =~ a + l*b + start(0.7)*b")
    assert [(t.name, [m.kind for m in t.modifiers]) for t in statement.terms] == [
        ("a", []), ("b", ["label", "start"]),
    ]  # fmt: skip


def test_intercepts_stand_apart() -> None:
    assert _said("y ~ 1 + a*x\nz ~ 0 + x\nw ~ m*1") == ["y ~ a*x", "y ~ 1", "z ~ x", "z ~ 0.0*1", "w ~ m*1"]


def test_thresholds_scales_and_constraints() -> None:
    model = "u | t1 + a*t2\nu ~*~ NA*u\na == 2*b\na+b<3; b > exp(a)"
    assert _said(model) == ["u | t1 + a*t2", "u ~*~ NA*u", "a == 2*b", "a+b < 3", "b > exp(a)"]


def test_spaces_that_come_with_copied_text_are_spaces() -> None:
    assert _said("\ufeffF\u00a0=~ a\r\n  + b\r\n".lstrip("\ufeff")) == ["F =~ a + b"]


@pytest.mark.parametrize(
    ("model", "place", "offender"),
    [
        ("a ~ b\nc ~ d ~ e", "line 2, column 7", "'~'"),
        ("a ~ b +", "line 1, column 7", "'+'"),
        ("a ~ + b", "line 1, column 5", "'+'"),
        ("~ b", "line 1, column 1", "'~'"),
        ("a b ~ c", "line 1, column 3", "'b'"),
        ("a ~ b\n  a ~ $x", "line 2, column 7", "'$'"),
        ("hello", "line 1, column 1", "'hello'"),
        ("a ~", "line 1, column 3", "'~'"),
        ("a + ~ b", "line 1, column 3", "'+'"),
        ("a ~ 2", "line 1, column 5", "'2'"),
        ("a =~ 1", "line 1, column 6", "'1'"),
        ("a ~ b b", "line 1, column 5", "'b'"),
        ("a ~ x*y*b", "line 1, column 9", "two labels"),
        ("a ~ x*b + c(k,l)*b", "line 1, column 18", "two labels"),
        ("a ~ 1*b + NA*b", "line 1, column 14", "two fixed values"),
        ("a ~ b + b", "line 1, column 9", "twice"),
        ("f <~ a", "line 1, column 3", "formative"),
        ("group: 1", "line 1, column 1", "blocks"),
        ("a ~ b:c", "line 1, column 5", "'b'"),
        ("a ~ lower(0)*b", "line 1, column 5", "'lower'"),
        ("a ~ c(x,1)*b", "line 1, column 5", "mixed"),
        ("a ~ start(x)*b", "line 1, column 5", "expected numbers"),
        ("a ~ start()*b", "line 1, column 5", "between the parentheses"),
        ("a ~ start(c())*b", "line 1, column 5", "between the parentheses"),
        ("a ~ c(1,,2)*b", "line 1, column 7", "separated by commas"),
        ("a ~ c(1*b", "line 1, column 5", "variable"),
        ("a ~ c(1)2*b", "line 1, column 9", "expected ) after '2'"),
        ("a ~ start(c(1)2)*b", "line 1, column 15", "expected ) after '2'"),
        ("a ~ *b", "line 1, column 5", "expected `modifier*variable`"),
        ("a ~ 1/0*b", "line 1, column 5", "finite"),
        ("a ~ 9e999*b", "line 1, column 5", "finite"),
        ("a ~ (1/x)*b", "line 1, column 8", "'x'"),
        ("a ~ equal(2)*b", "line 1, column 5", "quoted parameter"),
        ('a ~ ""*b', "line 1, column 5", "between the quotes"),
        ("x := (a", "line 1, column 6", "'('"),
        ("x := a)", "line 1, column 7", "')'"),
        ("x := a - ", "line 1, column 8", "'-'"),
        ("x := a b", "line 1, column 8", "'b'"),
        ("x := open(a)", "line 1, column 6", "'open'"),
        ("x := 'a'", "line 1, column 6", "\"'a'\""),
        ("x := a[1]", "line 1, column 7", "'['"),
        ("x + y := a", "line 1, column 3", "'+'"),
        ("2 := a", "line 1, column 1", "'2'"),
        ("a == ", "line 1, column 3", "'=='"),
        ("a < b < c", "line 1, column 7", "'<'"),
        ("x := " + "(" * 101 + "a" + ")" * 101, "line 1, column 106", "deep"),
        ("x := a" + " + a" * 1000, "line 1, column 4006", "at most 2000"),
    ],
)
def test_errors_name_line_column_and_text(model: str, place: str, offender: str) -> None:
    with pytest.raises(ModelError) as caught:
        parse(model)
    assert place in str(caught.value)
    assert offender in str(caught.value)


# pieces of the language, so that what is made of them is often nearly right
_PIECES = st.sampled_from(
    ["=~", "~", "~~", "~1", "|", "~*~", ":=", "==", "<", ">", "<~", "+", "-", "*", "/", "^", "(", ")", ",", ":", ";",
     "\n", "#", "!", " ", "a", "b", "f", "t1", "1", "0", "0.5", "1e9", "NA", "c", "c(", "start(", "label(", "equal(",
     '"a"', "'", "sqrt(", "exp(", "é", "$", "\x00", "\u2028", "9" * 40]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(_PIECES, max_size=40).map("".join) | st.text(max_size=80))
def test_whatever_is_written_is_read_or_refused_with_a_reason(model: str) -> None:
    try:
        statements = parse(model)
        build_table(statements, groups=("g", "h"))
    except ModelError as error:
        assert str(error)


@settings(max_examples=100, deadline=None)
@given(st.lists(_PIECES, max_size=30).map("".join))
def test_what_was_read_reads_the_same_when_written_again(model: str) -> None:
    try:
        statements = parse(model)
    except ModelError:
        return
    again = parse("\n".join(map(str, statements)))
    assert list(map(str, again)) == list(map(str, statements))


@pytest.mark.parametrize(
    "model",
    ["(" * 50_000, "a ~ " + "(" * 50_000 + "b", "x := " + "-" * 50_000 + "a", "x := " + "a^" * 50_000 + "a",
     "a ~ " + "1*" * 10_000 + "b", "a =~ " + "+".join(f"x{i}" for i in range(20_000)), "a" * 500_000,
     "\n".join(f"f{i} =~ x{i}" for i in range(20_000)), "x := 9" + "^9" * 900 + "\na ~ b", '"' * 50_000],
    ids=["parentheses", "in a term", "signs", "powers", "factors", "terms", "name", "single items", "tower", "quotes"],
)  # fmt: skip
def test_absurd_models_are_dealt_with_at_once(model: str) -> None:
    begun = time.perf_counter()
    with contextlib.suppress(ModelError):
        build_table(parse(model))
    assert time.perf_counter() - begun < 10  # a second at most; a machine may be busy


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


def test_without_terms_takes_what_hangs_on_the_labels_of_any_group() -> None:
    model = "y ~ c(a,b)*x + z\nd := a - b\na == b\n"
    assert without_terms(model, ["x"]) == "y ~ z\n"


def test_without_terms_leaves_something() -> None:
    with pytest.raises(ModelError, match="Nothing is left"):
        without_terms("y ~ x", ["x"])
