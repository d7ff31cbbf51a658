"""Progress says how long it still takes, and nothing where there is nothing worth saying."""

from __future__ import annotations

import pytest

from pipeline.work import progress
from pipeline.work.progress import WorkProgress


def test_time_left_follows_the_pace_so_far() -> None:
    with WorkProgress("stress", 10) as shown:
        shown.advance(2)
        assert shown.line(30.0) == "stress: 20%, 2:00 left"


def test_short_work_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with WorkProgress("stress", 2) as shown:
        shown.advance(1)
        shown.advance(1)
    assert capsys.readouterr() == ("", "")


def test_without_a_terminal_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with WorkProgress("stress", 100) as shown:
        for second in range(1, 41):
            now[0] = float(second)
            shown.advance(1)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["stress: 15%, 1:25 left", "stress: 30%, 1:10 left"]


def test_on_a_terminal_a_bar(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with WorkProgress("stress", 2) as shown:
        now[0] = 5.0
        shown.advance(1)
        assert shown._bar is not None
    with WorkProgress("stress", 2, shown=False) as hidden:
        now[0] = 10.0
        hidden.advance(1)
        assert hidden._bar is None
