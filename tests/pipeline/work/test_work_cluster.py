"""The same tasks on a Dask cluster of two worker processes on this machine."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator

import numpy as np
import pytest
import work_tasks

from pipeline.work import WorkError, backends, run_tasks

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

SEEDED = [{"seed": seed} for seed in (5, 3, 9, 1, 7)]


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a scheduler with two workers, on loopback."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


def test_a_cluster_gives_the_same_results(scheduler: str) -> None:
    here = run_tasks(work_tasks.drawn_mean, SEEDED, key=1, workers=1, label="x")
    there = run_tasks(work_tasks.drawn_mean, SEEDED, key=1, workers=1, label="x", scheduler=scheduler)
    assert json.dumps(there) == json.dumps(here)


def test_shared_reaches_the_cluster(scheduler: str) -> None:
    shared = {"numbers": np.full(4, 2.0)}
    results = run_tasks(
        work_tasks.shared_sum, [1, 2, 3], key=0, workers=1, label="x", shared=shared, scheduler=scheduler
    )
    assert results == [8.0, 16.0, 24.0]


def test_a_defect_on_the_cluster_keeps_its_kind(scheduler: str) -> None:
    with pytest.raises(ZeroDivisionError):
        run_tasks(work_tasks.fails, [1, 2], key=1, workers=1, label="fails", scheduler=scheduler)


def test_workers_with_another_version_are_refused(scheduler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "code_version", lambda: "another", raising=True)
    with pytest.raises(WorkError, match=r"2 of 2 workers at .* do not have this version of the program"):
        run_tasks(work_tasks.drawn_mean, SEEDED, key=1, workers=1, label="x", scheduler=scheduler)


def test_a_scheduler_without_workers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "CONNECT_SECONDS", 1)
    with (
        distributed.LocalCluster(n_workers=0, processes=False, host="tcp://127.0.0.1", dashboard_address=None) as empty,
        pytest.raises(WorkError, match="has no workers"),
    ):
        run_tasks(work_tasks.drawn_mean, SEEDED, key=1, workers=1, label="x", scheduler=empty.scheduler_address)


def test_a_scheduler_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "CONNECT_SECONDS", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(WorkError, match=f"no Dask scheduler answers at {address} within 1 seconds"):
        run_tasks(work_tasks.drawn_mean, SEEDED, key=1, workers=1, label="x", scheduler=address)


def test_an_address_that_is_none_is_told() -> None:
    with pytest.raises(WorkError, match=r"expected its address as tcp://HOST:PORT"):
        run_tasks(work_tasks.drawn_mean, SEEDED, key=1, workers=1, label="x", scheduler="udp://nowhere")


def test_without_the_extra_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(WorkError, match=r"magical-housing\[cluster\]"):
        run_tasks(work_tasks.drawn_mean, SEEDED, key=1, workers=1, label="x", scheduler="tcp://127.0.0.1:1")
