"""Submissions, erasures and withdrawals killed at random moments lose and corrupt nothing."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_help import HISTORY, contents, folders, sender_files, submit
from test_store_erase import CODE, PERSON, run_stages, traces, with_person

from pipeline.intake import store
from pipeline.intake.store import journal

WAVE = "surveys/waves/tiny-2024"
OF_SUBMISSION = {
    f"{WAVE}/wave.yaml", f"{WAVE}/responses.csv", f"{WAVE}/responses.csv.dvc", f"{WAVE}/receipt.json", HISTORY,
    "surveys/crosswalks/tiny-2024.csv",
}  # fmt: skip


NURSERY = """
import os, signal, sys
from pathlib import Path
import pandas, pyarrow, ruamel.yaml
import pipeline.commands.erase, pipeline.commands.submit, pipeline.commands.withdraw
from pipeline import cli
from pipeline.intake import dvc_calls, store
from store_help import run_like_dvc
dvc_calls.run = run_like_dvc
def change(*given, **options):
    Path(marker).touch()
    real(*given, **options)
place = sys.modules["pipeline.intake.store." + sys.argv[2]]
real, place.change = place.change, change
marker, sys.argv = sys.argv[1], ["magical-housing", *sys.argv[2:]]
for line in sys.stdin:
    if line == "wait\\n":
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    child = os.fork()
    if child:
        print(child, flush=True)
        continue
    signal.alarm(60)
    code = 99
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        cli.main()
        code = 0
    except SystemExit as end:
        code = end.code or 0
    finally:
        os._exit(code)
"""
"""Starts the command again and again, in processes of their own that have imported what they need: ``marker`` is there
once it has read and checked everything and begins to write."""


class Nursery:
    """Processes of one command."""

    def __init__(self, marker: Path, arguments: list[str]) -> None:
        self._marker = marker
        command = [sys.executable, "-c", NURSERY, str(marker), *arguments]
        paths = os.pathsep.join(str(Path(__file__).parents[up]) for up in (0, 3))
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": paths}
        )

    def _ask(self, what: str) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def start(self) -> int:
        """The id of a new one."""
        self._marker.unlink(missing_ok=True)
        return self._ask("go")

    def wait(self) -> int:
        """How the last one ended."""
        return self._ask("wait")

    def until_it_writes(self) -> None:
        """Wait for the moment when the last one begins to write."""
        until = time.monotonic() + 30
        while not self._marker.exists():
            assert time.monotonic() < until
            time.sleep(0.0005)

    def end(self) -> None:
        """No more of them."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)


@pytest.fixture
def nursery(study: Path, tmp_path: Path) -> Iterator[Nursery]:
    sender_files(study, tmp_path / "sender")
    arguments = ["submit", str(tmp_path / "sender" / "answers.csv"), "--declaration",
                 str(tmp_path / "sender" / "wave.yaml"), "--study", str(study)]  # fmt: skip
    one = Nursery(tmp_path / "marker", arguments)
    yield one
    one.end()


def assert_whole(study: Path, before: tuple[dict[str, bytes], set[str]], declaration: Path, answers: Path) -> bool:
    """Everything is as it was, or the wave is there as a whole; which of the two."""
    now = contents(study)
    if now == before[0]:
        assert folders(study) == before[1]
        return False
    changed = {name for name in now if now[name] != before[0].get(name)}
    copies = {name for name in changed if name.startswith(".dvc/cache/")}
    assert changed - copies == OF_SUBMISSION | {"params.yaml"}
    assert {now[name] for name in copies} == {answers.read_bytes()} == {now[f"{WAVE}/responses.csv"]}
    assert now[f"{WAVE}/wave.yaml"] == declaration.read_bytes()
    assert not store.verify(study).wrong
    return True


@pytest.mark.usefixtures("quick")
def test_twenty_kills_lose_and_corrupt_nothing(study: Path, tmp_path: Path, nursery: Nursery) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    with store.locked(study):
        pass
    before, kept = (contents(study), folders(study)), tmp_path / "kept"
    shutil.copytree(study, kept)

    nursery.start()
    began = time.monotonic()
    nursery.until_it_writes()
    until_change = time.monotonic() - began
    assert nursery.wait() == 0
    whole = time.monotonic() - began
    assert assert_whole(study, before, declaration, answers)

    drawn = random.Random(20211)
    # half of them anywhere, half of them while it writes
    moments = [(False, drawn.uniform(0, whole)) for _ in range(10)]
    moments += [(True, drawn.uniform(0, whole - until_change)) for _ in range(10)]
    outcomes = []
    for from_change, seconds in moments:
        shutil.rmtree(study)
        shutil.copytree(kept, study)
        child = nursery.start()
        if from_change:
            nursery.until_it_writes()
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)  # and nothing that it may have started
        assert nursery.wait() in (-signal.SIGKILL, 0)
        with store.locked(study):
            pass
        outcomes.append(assert_whole(study, before, declaration, answers))
    assert False in outcomes
    # whatever the last one left, the next attempt succeeds
    nursery.start()
    assert nursery.wait() == 0
    assert assert_whole(study, before, declaration, answers)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("command", ["erase", "withdraw"])
def test_kills_leave_nobody_half_erased(
    study: Path, tmp_path: Path, command: str, kills: int = 6, seed: int = 7
) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    submit(study, with_person(answers), declaration)
    signs = [CODE, ",".join(PERSON[4:11]), "3.77"]
    if command == "erase":  # a withdrawal leaves tables of the pool, which the next run makes anew
        signs.append(run_stages(study, "tiny-2024"))
    with store.locked(study):
        pass
    before, kept = contents(study), tmp_path / "kept"
    shutil.copytree(study, kept)
    asked = ["tiny-2024"] if command == "withdraw" else ["--respondent", CODE]
    nursery = Nursery(tmp_path / "marker", [command, *asked, "--yes", "--study", str(study)])
    try:
        nursery.start()
        nursery.until_it_writes()
        began = time.monotonic()
        assert nursery.wait() == 0
        writing = time.monotonic() - began
        assert traces(study, *signs) == []
        drawn, as_before = random.Random(seed), 0
        for number in range(kills):
            shutil.rmtree(study)
            shutil.copytree(kept, study)
            child = nursery.start()
            nursery.until_it_writes()
            until = time.monotonic() + drawn.uniform(0, writing)
            while time.monotonic() < until:
                # half of them once it is decided on, a moment later
                if number % 2 and (study / ".dvc" / "tmp" / journal.STAGING / "change.json").exists():
                    time.sleep(drawn.uniform(0, writing / 4))
                    break
                time.sleep(0.0005)
            os.kill(child, signal.SIGKILL)
            nursery.wait()
            with store.locked(study):  # as the next command does, whichever it is
                pass
            nothing_happened = contents(study) == before
            as_before += nothing_happened
            assert nothing_happened or traces(study, *signs) == []
            assert not store.verify(study).wrong
    finally:
        nursery.end()
    print(command, as_before, "of", kills)


def test_the_program_itself_killed_while_it_writes(study: Path, tmp_path: Path) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    program = [str(Path(sys.executable).parent / "magical-housing"), "submit", str(answers), "--declaration",
               str(declaration), "--study", str(study)]  # fmt: skip
    before = contents(study), folders(study)
    process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    staging = study / ".dvc" / "tmp" / journal.STAGING
    while not staging.exists() and process.poll() is None:
        time.sleep(0.0005)
    process.kill()
    assert process.wait() in (-signal.SIGKILL, 0)
    with store.locked(study):
        pass
    assert_whole(study, before, declaration, answers)
    again = subprocess.run(program, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert assert_whole(study, before, declaration, answers)
