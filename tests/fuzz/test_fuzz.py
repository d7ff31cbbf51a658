"""A short run of the harness, and that it finds what it is there to find."""

from __future__ import annotations

import time
from random import Random
from unittest import mock

import fuzz_judge
import pytest
from fuzz_inputs import damaged, is_made_up, made_up
from fuzz_judge import BrokenError, Input, judge
from fuzz_sources import TINY, sources

SEED, MOST_INPUTS, MOST_SECONDS = 7, 300, 6.0


def test_a_few_hundred_inputs_get_a_proper_answer() -> None:
    started = time.monotonic()
    for number in range(MOST_INPUTS):
        given, chance = damaged(number, SEED)
        judge(given, chance)
        if time.monotonic() - started > MOST_SECONDS and number > 30:
            break


def test_tables_that_are_made_up_get_a_proper_answer() -> None:
    ends: list[str] = []
    made_up(3, SEED, lambda given, chance: ends.append(judge(given, chance)))
    assert len(ends) > 10


def test_an_input_is_the_same_for_the_same_seed() -> None:
    numbers = [n for n in range(120) if not is_made_up(n // 25)][:40]
    assert [damaged(n, 3)[0] for n in numbers] == [damaged(n, 3)[0] for n in numbers]
    assert [damaged(n, 3)[0] for n in numbers] != [damaged(n, 4)[0] for n in numbers]
    assert {source.form for source in sources()} == {"csv", "xlsx", "ods", "xls", "sav"}


def answers() -> Input:
    data = (TINY / "surveys" / "waves" / "tiny-2020" / "responses.csv").read_bytes()
    return Input(data.replace(b",own,", b",geheim-antwoord,", 1), "csv", "tiny", "answers.csv")


@pytest.mark.parametrize("way", ["answer", "html_page"])
def test_an_answer_that_says_a_cell_is_found(way: str) -> None:
    with mock.patch.object(fuzz_judge, way, lambda *_, **__: "Er staat geheim-antwoord."), pytest.raises(BrokenError):
        judge(answers(), Random(0))


def test_a_whole_file_ends_well() -> None:
    # now and then it is held against another questionnaire
    ends = [judge(answers(), Random(i)) for i in range(12)]
    assert {"good", "errors"} & set(ends)
    assert sum(end in ("good", "errors") or end.startswith(("command", "submit")) for end in ends) > 6
