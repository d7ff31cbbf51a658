"""Damaged files: whatever the bytes are, an answer and never an exception."""

from __future__ import annotations

import io

from hypothesis import given, settings
from hypothesis import strategies as st
from intake_help import GOOD, HEADING, csv_bytes, expectation
from intake_help import checked as check
from openpyxl import Workbook

from pipeline.intake.messages import answer


def workbook() -> bytes:
    book = Workbook()
    book.active.append(HEADING)
    for _ in range(5):
        book.active.append(GOOD)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


WHOLE = {"csv": csv_bytes(*[GOOD] * 5), "xlsx": workbook()}
DAMAGE = st.lists(
    st.tuples(st.integers(0, 10_000), st.integers(0, 40), st.binary(max_size=20)), min_size=1, max_size=6
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(WHOLE)), DAMAGE)
def test_damage_is_answered(form: str, damage: list[tuple[int, int, bytes]]) -> None:
    data = bytearray(WHOLE[form])
    for place, length, instead in damage:
        start = place % len(data)
        data[start : start + length] = instead
    outcome = check(bytes(data), f"answers.{form}", expectation(responses=f"responses.{form}"))
    assert outcome.problems or outcome.ingested_by_person is not None
    assert answer(outcome.problems, "nl")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.xlsx", "a.txt"]))
def test_any_bytes_are_answered(data: bytes, name: str) -> None:
    assert check(data, name).problems
