"""Who is left out and why, and who is flagged, in waves written by hand."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from pipeline.artefacts import person_path, read_persons, read_table, table_path
from pipeline.declare import Study
from pipeline.stages import clean

WAVE = "tiny-2020"
WriteIngested = Callable[..., pd.DataFrame]

# one person a line; `.` left blank, `?reason` missing for that reason
EVERY_REASON = """
source project consent language sat1 sat2 sat3 sat4 tie1 tie2 tie3 role     tenure years
a      ash     yes     nl       4    5    2    4    3    4    2    resident own    1.5
b      ash     no      nl       4    4    2    4    3    4    2    resident own    2
c      ash     .       nl       4    4    2    4    3    4    2    resident own    2
d      .       yes     nl       4    4    2    5    3    4    2    resident own    3
e      ?no_answer yes  nl       4    4    2    5    3    4    2    resident own    4
f      ?unreadable yes nl       4    4    2    5    3    4    2    resident own    5
g      ?not_asked yes  nl       4    4    2    5    3    4    1    resident own    6
h      oak     yes     en       4    4    2    5    3    4    2    .        own    7
i      oak     yes     en       4    4    2    .    .    .    .    resident own    8
i      oak     yes     en       4    4    2    5    1    1    1    resident own    8
a      oak     yes     en       1    1    4    1    1    2    1    resident rent   9
j      oak     yes     en       4    4    2    5    1    1    1    resident own    8
.      oak     yes     en       2    3    3    2    2    1    2    guest    other  .
.      oak     yes     en       2    2    3    1    2    1    2    guest    other  .
k      oak     yes     nl       3    3    3    3    3    3    3    guest    other  .
l      oak     yes     nl       3    3    3    3    3    3    3    guest    other  .
m      oak     yes     nl       ?dont_know ?dont_know ?dont_know ?no_answer 5 . ?not_asked resident own .
n      oak     yes     nl       4    4    ?not_asked ?not_asked . . .  resident own .
"""


@pytest.fixture
def cleaned(tiny_study: Study, write_ingested: WriteIngested) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Ingested, clean and flow of the wave above."""
    ingested = write_ingested(tiny_study, WAVE, EVERY_REASON)
    clean.run(tiny_study, wave=WAVE)
    return ingested, read_persons(tiny_study.root, "clean", wave=WAVE), read_table(tiny_study.root, "flow", wave=WAVE)


Cleaned = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def test_every_exclusion_has_its_reason(cleaned: Cleaned) -> None:
    _, kept, flow = cleaned
    assert flow.to_dict("split")["data"] == [
        [WAVE, "received", "", 18],
        [WAVE, "excluded", "no_consent", 2],  # b says no, c says nothing
        [WAVE, "excluded", "no_project", 3],  # d e f were asked; g was not
        [WAVE, "excluded", "no_population", 1],  # h
        # the first i: 3 of 7; m: 1 of 6 asked; n: 2 of 5 asked
        [WAVE, "excluded", "empty", 3],
        [WAVE, "excluded", "duplicate", 2],  # the second a; j, who is i to the last cell
        [WAVE, "kept", "", 7],
    ]
    # a, g, the complete i, two guests without an id who differ, k and l who agree in the middle throughout
    assert kept["respondent"].tolist() == [f"{WAVE}-{n}" for n in (1, 7, 10, 13, 14, 15, 16)]


def test_the_numbers_add_up(cleaned: Cleaned) -> None:
    ingested, kept, flow = cleaned
    n = flow.groupby("step")["n"].sum()
    assert n["received"] == n["excluded"] + n["kept"] == len(ingested)
    assert n["kept"] == len(kept)


def test_what_is_kept_is_as_it_came(cleaned: Cleaned) -> None:
    ingested, kept, _ = cleaned
    same = ingested[ingested["respondent"].isin(kept["respondent"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept[ingested.columns], same, check_dtype=False)
    assert [c for c in kept.columns if c not in ingested] == [
        "flag_longstring", "flag_irv", "flag_contradiction", "careless",
    ]  # fmt: skip


def test_flags_delete_nobody(tiny_study: Study, write_ingested: WriteIngested) -> None:
    write_ingested(
        tiny_study,
        WAVE,
        """
        project consent language sat1 sat2 sat3 sat4 tie1 tie2 tie3 role     tenure years
        ash     yes     nl       4    4    4    4    4    4    4    resident own    1
        ash     yes     nl       4    5    2    4    3    4    2    resident own    1
        ash     yes     nl       5    4    4    5    3    4    2    resident own    1
        """,
    )
    clean.run(tiny_study, wave=WAVE)
    kept = read_persons(tiny_study.root, "clean", wave=WAVE)
    # the blocks of this questionnaire are too short for long strings
    assert kept["flag_longstring"].tolist() == [False, False, False]
    assert kept["flag_irv"].tolist() == [True, False, False]
    # `I want to leave` answered like `I like living here`
    assert kept["flag_contradiction"].tolist() == [True, False, True]
    assert kept["careless"].tolist() == [True, False, False]


def test_a_wave_that_did_not_ask_the_project_keeps_its_persons(
    tiny_study: Study, write_ingested: WriteIngested
) -> None:
    write_ingested(
        tiny_study,
        WAVE,
        """
        consent language sat1 sat2 sat3 sat4 tie1 tie2 tie3 role
        yes     nl       4    5    2    4    3    4    2    resident
        yes     nl       4    5    2    3    3    4    2    guest
        """,
    )
    clean.run(tiny_study, wave=WAVE)
    assert len(read_persons(tiny_study.root, "clean", wave=WAVE)) == 2


def test_a_project_that_is_not_in_the_wave_is_no_project(tiny_study: Study, write_ingested: WriteIngested) -> None:
    write_ingested(
        tiny_study,
        WAVE,
        """
        project consent sat1 sat2 sat3 sat4 tie1 tie2 tie3 role
        ash     yes     4    5    2    4    3    4    2    resident
        willow  yes     4    5    2    3    3    4    2    resident
        """,
    )
    clean.run(tiny_study, wave=WAVE)
    flow = read_table(tiny_study.root, "flow", wave=WAVE)
    assert flow.loc[flow["reason"] == "no_project", "n"].tolist() == [1]


def test_consent_that_was_not_asked_is_not_given(tiny_study: Study, write_ingested: WriteIngested) -> None:
    write_ingested(
        tiny_study,
        WAVE,
        """
        project sat1 sat2 sat3 sat4 tie1 tie2 tie3 role
        ash     4    5    2    4    3    4    2    resident
        """,
    )
    clean.run(tiny_study, wave=WAVE)
    assert read_table(tiny_study.root, "flow", wave=WAVE)["n"].tolist() == [1, 1, 0]
    assert read_persons(tiny_study.root, "clean", wave=WAVE).empty


def test_a_wave_of_nobody(tiny_study: Study, write_ingested: WriteIngested) -> None:
    write_ingested(tiny_study, WAVE, "project consent sat1 sat2 sat3 sat4 tie1 tie2 tie3 role\n")
    clean.run(tiny_study, wave=WAVE)
    assert read_table(tiny_study.root, "flow", wave=WAVE)[["step", "n"]].to_dict("list") == {
        "step": ["received", "kept"], "n": [0, 0],
    }  # fmt: skip


def test_only_the_later_of_two_is_left_out_whatever_else_comes_between(
    tiny_study: Study, write_ingested: WriteIngested
) -> None:
    write_ingested(
        tiny_study,
        WAVE,
        """
        project consent sat1 sat2 sat3 sat4 tie1 tie2 tie3 role     tenure
        ash     yes     4    5    2    4    3    4    2    resident own
        oak     yes     4    5    2    4    3    4    2    resident own
        ash     yes     4    5    2    4    3    4    .    resident own
        ash     yes     4    5    2    4    3    4    2    resident rent
        ash     yes     4    5    2    4    3    4    2    resident own
        """,
    )
    clean.run(tiny_study, wave=WAVE)
    # another project, an item less, another tenure: somebody else
    kept = read_persons(tiny_study.root, "clean", wave=WAVE)
    assert kept["respondent"].tolist() == [f"{WAVE}-{n}" for n in (1, 2, 3, 4)]


def test_the_same_bytes_twice(tiny_study: Study, cleaned: Cleaned) -> None:
    paths = [person_path(tiny_study.root, "clean", wave=WAVE), table_path(tiny_study.root, "flow", wave=WAVE)]
    first = [path.read_bytes() for path in paths]
    clean.run(tiny_study, wave=WAVE)
    assert [path.read_bytes() for path in paths] == first
