"""Where tasks are done: in this process, in worker processes of this machine, or on a Dask cluster, through joblib.

What all tasks share is handed to a worker once, in memory. joblib's habit of laying large arrays on disk for its
workers is switched off: what tasks share may be about persons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from pipeline.errors import InputError
from pipeline.work import store
from pipeline.work.store import code_version

CONNECT_SECONDS = 15
"""How long a scheduler, and then its first worker, is waited for."""

Call = Callable[[Any], Any]
Done = Iterator[Any]


class WorkError(InputError):
    """Work that could not be started or was broken off, through no defect of the program: by hand, a killed worker, a
    cluster that is not there."""


class _Shared:
    """What all tasks share. Compared by identity: joblib compares what it is given, and frames do not compare."""

    def __init__(self, value: Any) -> None:
        self.value = value


_shared_here: _Shared | None = None


def _share(shared: _Shared) -> None:
    """Start of a worker process: keep what the tasks share."""
    global _shared_here
    _shared_here = shared


def _with_shared_here(function: Callable[[Any, Any], Any], task: Any) -> Any:
    """``function`` of what this worker process was started with."""
    return function(None if _shared_here is None else _shared_here.value, task)


def results_here(function: Callable[[Any, Any], Any], shared: Any, tasks: Iterable[Any]) -> Done:
    """One task after the other in this process."""
    return (function(shared, task) for task in tasks)


def results_of_processes(
    function: Callable[[Any, Any], Any], shared: Any, tasks: Iterable[Any], *, workers: int
) -> Done:
    """As they come from ``workers`` processes of this machine. Raises ``WorkError`` when one of them dies."""
    from joblib import Parallel, delayed, parallel_config
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    with parallel_config(
        "loky",
        n_jobs=workers,
        inner_max_num_threads=1,
        max_nbytes=None,
        initializer=_share,
        initargs=(_Shared(shared),),
    ):
        calls = (delayed(_with_shared_here)(function, task) for task in tasks)
        done = Parallel(return_as="generator_unordered", batch_size=1)(calls)
    try:
        yield from done
    except TerminatedWorkerError as error:
        raise WorkError(
            "a worker process died, killed or out of memory. What was finished is kept: run it again to go on, with"
            " fewer workers when memory is short."
        ) from error


def results_of_cluster(
    function: Callable[[Any, Any], Any], shared: Any, tasks: Iterable[Any], *, scheduler: str
) -> Done:
    """As they come from the workers of the Dask cluster whose scheduler is at ``scheduler`` (``tcp://host:port``).

    Raises ``WorkError`` when `distributed` is not installed, when the scheduler or a worker is not there within
    ``CONNECT_SECONDS``, when a worker runs another version of this program, and when the cluster breaks down.
    """
    with _client(scheduler) as client:
        from distributed.client import FutureCancelledError
        from distributed.comm.core import CommClosedError
        from distributed.scheduler import KilledWorker
        from joblib import Parallel, delayed, parallel_config

        holder = _Shared(shared)
        try:
            with parallel_config("dask", client=client, scatter=[holder], wait_for_workers_timeout=CONNECT_SECONDS):
                calls = (delayed(_with_given)(function, holder, task) for task in tasks)
                yield from Parallel(return_as="generator_unordered", batch_size=1)(calls)
        except (CommClosedError, FutureCancelledError, KilledWorker) as error:
            raise WorkError(
                f"the cluster of {scheduler} broke down ({type(error).__name__}). What was finished is kept: run it"
                " again to go on."
            ) from error


def _with_given(function: Callable[[Any, Any], Any], shared: _Shared, task: Any) -> Any:
    """``function`` of what was sent to the cluster's workers."""
    return function(shared.value, task)


@contextmanager
def _client(scheduler: str) -> Iterator[Any]:
    """A connection to the cluster whose workers all run this very program."""
    try:
        from distributed import Client
    except ImportError as error:
        raise WorkError(
            "--scheduler needs the package distributed: pip install 'magical-housing[cluster]', here and on the workers"
        ) from error
    try:
        client = Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise WorkError(
            f"no Dask scheduler answers at {scheduler} within {CONNECT_SECONDS} seconds; expected its address as"
            " tcp://HOST:PORT"
        ) from error
    with client:
        _check_workers(client, scheduler)
        yield client


def _check_workers(client: Any, scheduler: str) -> None:
    """Wait for a first worker; refuse workers that would compute something else than this machine."""
    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except TimeoutError as error:
        raise WorkError(
            f"the Dask scheduler at {scheduler} has no workers; start them (dask worker {scheduler})"
        ) from error
    here, there = code_version(), client.run(store.code_version, on_error="return")
    other = sorted(worker for worker, version in there.items() if version != here)
    if other:
        raise WorkError(
            f"{len(other)} of {len(there)} workers at {scheduler} do not have this version of the program:"
            f" {', '.join(other)}. Install the same checkout there with the same requirements.lock."
        )
