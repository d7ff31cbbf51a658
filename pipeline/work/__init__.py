"""Heavy work in tasks: on this machine's processors or a cluster's, resumable, with the same numbers anywhere.

Nothing here knows what a task computes. A task is plain data and carries its own seed, so its result depends on
neither the number of workers nor the order in which tasks are done.
"""

from pipeline.work.backends import WorkError
from pipeline.work.run import finished, run_tasks

__all__ = ["WorkError", "finished", "run_tasks"]
