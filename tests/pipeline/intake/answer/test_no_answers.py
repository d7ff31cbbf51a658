"""Whatever a file holds, no answer and no id comes out in the text, the page or the JSON."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_help import HEADING, csv_bytes, expectation
from intake_help import checked as check

from pipeline.intake.answer import as_json, html_page, marked_copy
from pipeline.intake.messages import answer
from pipeline.intake.words import LANGUAGES

# a mark that no sentence holds, in every shape that a check looks for
MARK = "zqx"
CELLS = st.one_of(
    st.sampled_from(["1", "2", "3", "ash", "woman", "", "7.5"]),
    st.integers(0, 999).map(lambda n: f"{MARK}{n}"),
    st.integers(0, 99).map(lambda n: f"{MARK}{n}@voorbeeld.nl"),
    st.integers(0, 99).map(lambda n: f"vrou{MARK}{n}"),
    st.integers(0, 99).map(lambda n: f"Dit is een lang {MARK} antwoord met {n} woorden over hoe het hier wonen is."),
    st.sampled_from([f"={MARK}()", f"<b>{MARK}</b>", f"{MARK} 06-12345678", f"2025-13-{MARK}"]),
)
HEADINGS = st.sampled_from([*HEADING, "e-mail", "naam", "opmerking", "datum", "x y", "IPAddress"])


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    extra = draw(st.lists(HEADINGS, max_size=4))
    heading = [*draw(st.permutations(HEADING)), *extra]
    n_rows = draw(st.integers(1, 6))
    rows = [draw(st.lists(CELLS, min_size=len(heading), max_size=len(heading))) for _ in range(n_rows)]
    return csv_bytes(*rows, heading=heading, delimiter=draw(st.sampled_from([";", "\t"])))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables())
def test_no_cell_is_shown(data: bytes) -> None:
    expected = expectation()
    outcome = check(data, expected=expected)
    for language in LANGUAGES:
        shown = [
            answer(outcome.problems, language),
            html_page(outcome, language),
            json.dumps(as_json(outcome, language), ensure_ascii=False),
        ]
        assert not any(MARK in text for text in shown)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables())
def test_the_marked_copy_can_be_made_of_anything_that_is_a_table(data: bytes) -> None:
    expected = expectation()
    outcome = check(data, expected=expected)
    assert (marked_copy(outcome, expected, "nl") is None) == (outcome.table is None)
