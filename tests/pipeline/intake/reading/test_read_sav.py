"""SPSS files: labels, user-missing codes and ranges, dates."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from intake_help import GOOD, HEADING, codes, expectation
from intake_help import checked as check

from pipeline.intake.arrange import arrange
from pipeline.intake.problems import UnreadableError
from pipeline.intake.reading import apart
from pipeline.intake.reading import read_sav as reader
from pipeline.intake.reading.read_sav import read_sav
from pipeline.intake.source import Received, SourceTable
from pipeline.intake.table import Bounds

BOUNDS = Bounds(max_bytes=1_000_000, max_rows=1_000, max_columns=50)


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "code": [1.0, 98.0, 99.0, None],
            "text": ["x", "", "NA", "ÿ€"],
            "day": [date(2025, 1, 31), date(2025, 2, 1), None, None],
        }
    )


def written(frame: pd.DataFrame, path: Path, **options: object) -> bytes:
    pyreadstat.write_sav(frame, path, **options)
    return path.read_bytes()


def table(data: bytes) -> SourceTable:
    return arrange(read_sav(Received("f.sav", data), BOUNDS)[0])[0]


@pytest.mark.parametrize("compress", [False, True])
def test_cells_labels_and_missing_codes(frame: pd.DataFrame, tmp_path: Path, compress: bool) -> None:
    data = written(
        frame, tmp_path / "f.sav", compress=compress, column_labels={"code": "Hoe gaat het?"},
        missing_ranges={"code": [{"lo": 98, "hi": 99}], "text": ["NA"]},
        variable_value_labels={"code": {1.0: "goed", 98.0: "weet niet"}},
    )  # fmt: skip
    found = table(data)
    code, text, day = found.columns
    assert (code.letter, code.name, code.label) == ("", "code", "Hoe gaat het?")
    assert dict(code.value_labels) == {1.0: "goed", 98.0: "weet niet"}
    assert [code.declares_missing(c) for c in (1.0, 98.0, 98.5, 99.0, "98")] == [False, True, True, True, False]
    assert [text.declares_missing(c) for c in ("NA", "x", 1.0)] == [True, False, False]
    assert not day.declares_missing("2025-01-31")
    cells = found.cells_by_row.astype(object).where(found.cells_by_row.notna(), None)
    assert cells[0].tolist() == [1.0, 98.0, 99.0, None]
    assert cells[1].tolist() == ["x", None, "NA", "ÿ€"]
    assert cells[2].tolist() == ["2025-01-31", "2025-02-01", None, None]
    # SPSS numbers cases from 1, without a heading
    assert list(found.cells_by_row.index) == [1, 2, 3, 4]


def test_user_missing_codes_reach_the_ingested_frame_with_their_reason(tmp_path: Path) -> None:
    rows = pd.DataFrame([GOOD] * 5, columns=HEADING)
    rows["a1"] = [1.0, 98.0, 7.0, 8.0, None]
    data = written(
        rows, tmp_path / "f.sav", missing_ranges={"a1": [{"lo": 7, "hi": 9}, 98.0]},
        variable_value_labels={"a1": {1.0: "mee oneens", 8.0: "Weigert"}},
    )  # fmt: skip
    outcome = check(data, "f.sav", expectation(responses="responses.sav"))
    assert codes(outcome) == []
    assert outcome.ingested_by_person is not None
    reasons = outcome.ingested_by_person["a1__reason"].fillna("-")
    assert reasons.tolist() == ["-", "dont_know", "user_missing", "refused", "empty"]


def test_labels_that_contradict_the_codes_are_an_error_and_never_a_number(tmp_path: Path) -> None:
    rows = pd.DataFrame([GOOD] * 3, columns=HEADING)
    rows["a1"] = [1.0, 2.0, 3.0]
    data = written(
        rows, tmp_path / "f.sav", variable_value_labels={"a1": {1.0: "mee eens", 2.0: "neutraal", 3.0: "mee oneens"}}
    )
    outcome = check(data, "f.sav", expectation(responses="responses.sav"))
    assert codes(outcome) == ["labels_contradict"]
    assert outcome.problems[0].rows == (1, 3)
    assert outcome.ingested_by_person is not None
    assert outcome.ingested_by_person["a1"].isna().tolist() == [True, False, True]


@pytest.mark.parametrize("data", [b"$FL2" + b"x" * 300, b"$FL3", b"$FL2" + bytes(range(256)) * 4])
def test_what_is_no_spss_file_is_one_problem(data: bytes) -> None:
    with pytest.raises(UnreadableError) as stop:
        table(data)
    assert [problem.code for problem in stop.value.problems] == ["spss_unreadable"]


def test_text_called_sav_is_told_to_be_no_spss_file() -> None:
    assert codes(check(b"a,b\n1,2\n", "answers.sav")) == ["spss_unreadable"]


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("import os; os.abort()", "spss_unreadable"),
        ("import time; time.sleep(60)", "file_takes_too_long"),
        ("print('nonsense')", "spss_unreadable"),
        ("bytes(10**15)", "file_takes_too_much"),
    ],
)
def test_a_reader_that_crashes_hangs_or_babbles_takes_nothing_with_it(
    what: str, code: str, frame: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = tmp_path / "worker.py"
    worker.write_text(what, encoding="utf-8")
    monkeypatch.setattr(reader, "_WORKER", worker)
    monkeypatch.setattr(apart, "MOST_SECONDS", 2)
    with pytest.raises(UnreadableError) as stop:
        table(written(frame, tmp_path / "f.sav"))
    assert [problem.code for problem in stop.value.problems] == [code]


def test_a_file_beyond_the_bounds_is_not_read(frame: pd.DataFrame, tmp_path: Path) -> None:
    received = Received("f.sav", written(frame, tmp_path / "f.sav"))
    with pytest.raises(UnreadableError) as stop:
        read_sav(received, Bounds(max_bytes=1_000_000, max_rows=10, max_columns=2))
    assert [problem.code for problem in stop.value.problems] == ["too_many_columns"]
