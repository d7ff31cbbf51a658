"""Tasks give the same results however they are done, and are done once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import work_tasks

from pipeline.work import WorkError, finished, run_tasks

SEEDED = [{"seed": seed} for seed in (5, 3, 9, 1, 7)]


def lines(path: Path) -> list[int]:
    """The tasks that were done, sorted."""
    return sorted(int(line) for line in path.read_text().split()) if path.exists() else []


def test_same_results_for_any_number_of_workers_and_any_order() -> None:
    alone = run_tasks(work_tasks.drawn_mean, SEEDED, key=1, workers=1, label="x")
    two = run_tasks(work_tasks.drawn_mean, SEEDED, key=1, workers=2, label="x", weights=[1, 5, 2, 4, 3])
    assert json.dumps(alone) == json.dumps(two)
    assert [result["seed"] for result in alone] == [5, 3, 9, 1, 7]
    backwards = run_tasks(work_tasks.drawn_mean, SEEDED[::-1], key=1, workers=1, label="x")
    assert json.dumps(backwards[::-1]) == json.dumps(alone)


@pytest.mark.parametrize("workers", [1, 2])
def test_shared_reaches_every_worker(workers: int) -> None:
    for factor in (1.0, 2.0):  # twice in one process: the second run must not see what the first one shared
        shared = {"numbers": np.full(4, factor)}
        results = run_tasks(work_tasks.shared_sum, [1, 2, 3], key=0, workers=workers, label="x", shared=shared)
        assert results == [4 * factor, 8 * factor, 12 * factor]


def test_finished_tasks_are_not_done_again(tmp_path: Path) -> None:
    done, store = tmp_path / "done", tmp_path / "work"

    def run(key: int, tasks: list[int]) -> list[int]:
        return run_tasks(work_tasks.counted, tasks, key=key, workers=1, label="count", shared=str(done), store=store)

    assert run(1, [0, 1, 2]) == run(1, [0, 1, 2]) == [0, 1, 2]
    assert lines(done) == [0, 1, 2]
    run(2, [0, 1, 2])  # another key, so other results
    assert lines(done) == [0, 0, 1, 1, 2, 2]
    run(1, [0, 1])  # other tasks
    assert lines(done) == [0, 0, 0, 1, 1, 1, 2, 2]
    finished(store, "count")
    assert list(store.iterdir()) == []


@pytest.mark.parametrize("damage", [b"", b"{}\n1", b'{"run": "x", "task": 1, "sha256": "y"}\n1', b"\xff\xfe"])
def test_a_damaged_file_is_computed_again(tmp_path: Path, damage: bytes) -> None:
    done, store = tmp_path / "done", tmp_path / "work"
    arguments = {"key": 1, "workers": 1, "label": "count", "shared": str(done), "store": store}
    run_tasks(work_tasks.counted, [0, 1, 2], **arguments)
    second = sorted(store.glob("count/*/*.json"))[1]
    second.write_bytes(damage)
    assert run_tasks(work_tasks.counted, [0, 1, 2], **arguments) == [0, 1, 2]
    assert lines(done) == [0, 1, 1, 2]


def test_a_changed_result_on_disk_is_not_believed(tmp_path: Path) -> None:
    done, store = tmp_path / "done", tmp_path / "work"
    arguments = {"key": 1, "workers": 1, "label": "count", "shared": str(done), "store": store}
    run_tasks(work_tasks.counted, [0, 1], **arguments)
    second = sorted(store.glob("count/*/*.json"))[1]
    second.write_text(second.read_text().replace("\n1", "\n8"))
    assert run_tasks(work_tasks.counted, [0, 1], **arguments) == [0, 1]


def test_a_dead_worker_is_told_and_the_rest_kept(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match="a worker process died"):
        run_tasks(work_tasks.dies, list(range(6)), key=1, workers=2, label="dies", store=tmp_path)


def test_a_defect_keeps_its_traceback() -> None:
    for workers in (1, 2):
        with pytest.raises(ZeroDivisionError):
            run_tasks(work_tasks.fails, [1, 2], key=1, workers=workers, label="fails")


def test_stopping_by_hand_tells_what_is_kept(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match=r"stopped with 3 of 6 tasks finished\. They are kept"):
        run_tasks(work_tasks.interrupted, list(range(6)), key=1, workers=1, label="stopped", store=tmp_path)
    assert len(list(tmp_path.glob("stopped/*/*.json"))) == 3


SLOWLY = """
import signal
import sys
# whoever starts tests in the background of a shell starts them deaf to Ctrl-C
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, sys.argv[1])
import work_tasks
from pathlib import Path
from pipeline.errors import InputError
from pipeline.work import run_tasks, store
store.code_version = lambda: "the same for both runs, whoever edits sources meanwhile"
try:
    print(run_tasks(work_tasks.counted_slowly, list(range(12)), key=1, workers=2, label="slow", shared=sys.argv[2],
                    store=Path(sys.argv[3])))
except InputError as error:
    print(error, file=sys.stderr)
    sys.exit(1)
"""


def start(tmp_path: Path) -> subprocess.Popen[str]:
    """A process of its own group that does twelve slow tasks with two workers."""
    return subprocess.Popen(
        [sys.executable, "-c", SLOWLY, str(Path(__file__).parent), str(tmp_path / "done"), str(tmp_path / "work")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
        start_new_session=True,
    )


def wait_for_tasks(tmp_path: Path, least: int) -> None:
    """Until so many finished tasks are kept."""
    until = time.monotonic() + 60
    while len(list((tmp_path / "work").glob("slow/*/*.json"))) < least:
        assert time.monotonic() < until, "no task was finished within a minute"
        time.sleep(0.02)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_work_that_was_killed_goes_on_where_it_was(tmp_path: Path, how: signal.Signals) -> None:
    first = start(tmp_path)
    wait_for_tasks(tmp_path, 3)
    os.killpg(first.pid, how)
    _, told = first.communicate(timeout=60)
    if how is signal.SIGINT:
        assert first.returncode == 1
        assert "tasks finished. They are kept" in told
        assert "Traceback" not in told
    kept = len(list((tmp_path / "work").glob("slow/*/*.json")))
    assert 3 <= kept < 12
    (tmp_path / "done").unlink()
    second = start(tmp_path)
    printed, told = second.communicate(timeout=60)
    assert second.returncode == 0, told
    assert printed.strip() == str(list(range(12)))
    assert len(lines(tmp_path / "done")) == 12 - kept
