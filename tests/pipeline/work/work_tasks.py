"""Functions of tasks that worker processes can import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np


def drawn_mean(task: dict[str, int]) -> dict[str, Any]:
    """The mean of numbers drawn from the task's own seed, and a NaN."""
    draws = np.random.default_rng(task["seed"]).normal(size=1000)
    return {"seed": task["seed"], "mean": float(draws @ np.ones(1000)), "none": float("nan")}


def shared_sum(shared: dict[str, Any], task: int) -> float:
    """The sum of what all tasks share, times the task."""
    return float(shared["numbers"].sum()) * task


def counted(shared: str, task: int) -> int:
    """The task; leaves a line in the file ``shared`` that it was done."""
    with Path(shared).open("a") as lines:
        lines.write(f"{task}\n")
    return task


def counted_slowly(shared: str, task: int) -> int:
    """As :func:`counted`, in a fifth of a second."""
    time.sleep(0.2)
    return counted(shared, task)


def dies(task: int) -> int:
    """Kills the process that does the third task."""
    if task == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def fails(task: int) -> int:
    """Fails with a defect."""
    raise ZeroDivisionError(task)


def interrupted(task: int) -> int:
    """As if somebody pressed Ctrl-C during the third task."""
    if task == 3:
        raise KeyboardInterrupt
    return task
