"""A change of many files happens as a whole or not at all, at whichever of its steps it is cut off or fails."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from store_help import checked_submission, contents, folders, sender_files

from pipeline.intake import store
from pipeline.intake.store import journal
from pipeline.intake.store.journal import Remove, Write

_PRIMITIVES = [
    (journal, "_write_through"), (journal, "_flush"), (Path, "replace"), (Path, "unlink"), (Path, "mkdir"),
    (shutil, "rmtree"),
]  # fmt: skip


def at_operation(n: int, then: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Do ``then`` in the place of the ``n``-th thing that is done to the disk; the count so far."""
    calls = [0]

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            calls[0] += 1
            if calls[0] == n:
                then()
            return real(*arguments, **options)

        return call

    for owner, name in _PRIMITIVES:
        monkeypatch.setattr(owner, name, counted(getattr(owner, name)))
    return calls


def cut_off_at(n: int, work: Callable[[], object]) -> bool:
    """Do ``work`` in a process of its own that is gone at its ``n``-th operation; whether it got that far."""
    child = os.fork()
    if not child:
        try:
            with pytest.MonkeyPatch.context() as monkeypatch:
                at_operation(n, lambda: os._exit(137), monkeypatch)
                work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 137


def fail() -> None:
    raise OSError(28, "No space left on device")


def state(root: Path) -> tuple[dict[str, bytes], set[str]]:
    return contents(root), folders(root)


@pytest.mark.usefixtures("quick")
def test_cut_off_anywhere_a_submission_is_there_as_a_whole_or_not_at_all(study: Path, tmp_path: Path) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    submission, checked = checked_submission(study, answers, declaration)
    before, after, seen = state(study), None, set()
    n = 0
    while True:
        n += 1
        if not cut_off_at(n, lambda: store.submit(submission, checked)):
            break
        with store.locked(study):
            pass
        assert not store.half_done(study)
        found = "tiny-2024" in (study / "params.yaml").read_text(encoding="utf-8")
        seen.add(found)
        if not found:
            assert state(study) == before
            continue
        receipt = store.read_receipt(study, "tiny-2024")
        assert receipt is not None
        assert receipt.is_of(submission, checked.received)  # type: ignore[arg-type]
        after = set(state(study)[0]) if after is None else after
        assert set(state(study)[0]) == after
        shutil.rmtree(study)
        _give_back(study, before)
    assert seen == {True, False}
    assert n > 30


def _give_back(root: Path, before: tuple[dict[str, bytes], set[str]]) -> None:
    for folder in before[1]:
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name, data in before[0].items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)


@pytest.mark.usefixtures("quick")
def test_a_failure_at_any_step_leaves_everything_as_it_was(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    submission, checked = checked_submission(study, answers, declaration)
    with store.locked(study):
        before = state(study)
    n = 0
    while True:
        n += 1
        with monkeypatch.context() as patched:
            at_operation(n, fail, patched)
            try:
                store.submit(submission, checked)
            except OSError:
                pass
            else:
                break
        if store.half_done(study):
            with store.locked(study):
                pass
        found = "tiny-2024" in (study / "params.yaml").read_text(encoding="utf-8")
        if found:
            # it failed at crossing out what was done
            store.withdraw(study, "tiny-2024")
            (study / "surveys" / "history.jsonl").unlink()
        assert state(study) == before
    assert n > 30


@pytest.mark.usefixtures("quick")
def test_cut_off_anywhere_a_withdrawal_is_finished_or_did_not_happen(study: Path) -> None:
    before = state(study)
    n = 0
    while True:
        n += 1
        if not cut_off_at(n, lambda: store.withdraw(study, "tiny-null-2022")):
            break
        with store.locked(study):
            pass
        if "tiny-null-2022" in (study / "params.yaml").read_text(encoding="utf-8"):
            assert state(study) == before
        else:
            left = {name: data for name, data in before[0].items() if "tiny-null" not in name}
            assert {*left, "surveys/history.jsonl"} == set(contents(study))
            (study / "surveys" / "history.jsonl").unlink()
            _give_back(study, before)
    assert n > 10


def test_a_change_can_be_made_twice(study: Path) -> None:
    new, old = study / "a" / "b", study / "params.yaml"
    with store.locked(study):
        journal.change(study, [Write(new, b"1", read_only=True), Remove(old), Remove(study / "nothing")])
        journal.change(study, [Write(new, b"2"), Remove(old), Remove(new.parent, if_empty=True)])
    assert new.read_bytes() == b"2"
    assert new.stat().st_mode & 0o200
    assert not old.exists()
    assert not store.half_done(study)
