"""The one way heavy work is done: a function, its tasks, and where to do them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from pipeline.work.backends import WorkError, results_here, results_of_cluster, results_of_processes
from pipeline.work.progress import WorkProgress
from pipeline.work.store import WorkStore, run_digest


def run_tasks(
    function: Callable[..., Any],
    tasks: Sequence[Any],
    *,
    key: Any,
    workers: int,
    label: str,
    shared: Any = None,
    weights: Sequence[float] | None = None,
    scheduler: str | None = None,
    store: Path | None = None,
    progress: bool = True,
) -> list[Any]:
    """What ``function`` returns for each of ``tasks``, in their order, through JSON (tuples become lists).

    Parameters
    ----------
    function : a function of a module: of (task), or of (shared, task) when ``shared`` is given. What it returns must be
        JSON-able (NaN may be in it) and, as it may be kept on disk, not be about persons. Whatever is random in it has
        to come from a seed in the task.
    tasks : JSON-able.
    key : JSON-able; what determines the results besides the tasks and the code: a digest of the bytes of the inputs,
        parameters.
    workers : processes of this machine; 1 is this process. Results are the same for any number.
    label : what the work is called: in the progress, and as a folder of ``store``.
    shared : what all tasks need, sent to every worker once and never written to disk.
    weights : how long each task is expected to take, in any unit; the longest are done first.
    scheduler : address of a Dask scheduler (``tcp://host:port``) whose workers do the tasks instead.
    store : folder (``build/work``) that keeps finished tasks until :func:`finished` is called; ``None``: nowhere.
    progress : whether to tell how far the work is, once it takes longer than two seconds.

    Raises
    ------
    WorkError : stopped by hand, a worker that died, a cluster that cannot be reached. What was finished is kept.
    """
    kept = None if store is None else _store(store, label, key, tasks, function)
    found = {} if kept is None else {i: text for i in range(len(tasks)) if (text := kept.read(i)) is not None}
    weight = [1.0] * len(tasks) if weights is None else [float(w) for w in weights]
    left = sorted((i for i in range(len(tasks)) if i not in found), key=lambda i: (-weight[i], i))
    call = partial(_as_json, function, shared is not None)
    numbered = [(i, tasks[i]) for i in left]
    with WorkProgress(label, sum(weight[i] for i in left), shown=progress) as shown:
        try:
            for task, text in _results(call, shared, numbered, workers=workers, scheduler=scheduler):
                found[task] = text
                if kept is not None:
                    kept.write(task, text)
                shown.advance(weight[task])
        except KeyboardInterrupt as error:
            raise WorkError(
                f"{label}: stopped with {len(found)} of {len(tasks)} tasks finished"
                + (". They are kept: run it again to go on." if kept is not None else ".")
            ) from error
    return [json.loads(found[i]) for i in range(len(tasks))]


def finished(store: Path, label: str) -> None:
    """Remove what ``store`` keeps of ``label``: its tables have been written."""
    WorkStore(store, label, "").forget()


def _store(store: Path, label: str, key: Any, tasks: Sequence[Any], function: Callable[..., Any]) -> WorkStore:
    name = f"{function.__module__}.{function.__qualname__}"
    return WorkStore(store, label, run_digest(key, tasks, name))


def _results(
    call: Callable[[Any, Any], Any], shared: Any, tasks: list[Any], *, workers: int, scheduler: str | None
) -> Iterator[Any]:
    """Number and JSON of each finished task, as they come."""
    if not tasks:
        return iter(())
    if scheduler is not None:
        return results_of_cluster(call, shared, tasks, scheduler=scheduler)
    if workers == 1 or len(tasks) == 1:
        return results_here(call, shared, tasks)
    return results_of_processes(call, shared, tasks, workers=min(workers, len(tasks)))


def _as_json(function: Callable[..., Any], takes_shared: bool, shared: Any, task: tuple[int, Any]) -> tuple[int, str]:
    """The number of the task and the JSON of its result; one thread, as sums of many differ in their last bits."""
    number, content = task
    with threadpool_limits(limits=1):
        result = function(shared, content) if takes_shared else function(content)
    return number, json.dumps(result)
