"""Damages files in thousands of ways and sees that each of them gets a proper answer.

    python tests/fuzz/run.py --inputs 10000 --seconds 1500 --seed 1 --failures DIR

Prints how many inputs there were by format and outcome, and exits with 1 when something was not as it has to be. What
has to be true is in ``fuzz_judge.py``; README.md tells the rest.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import queue
import resource
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

MOST_SECONDS = 30.0
"""No input may take longer."""
_CONTEXT = multiprocessing.get_context("spawn")


@dataclass
class Outcome:
    """What came of all inputs. ``failures``: number of the input and what was wrong; ``slowest`` is in seconds,
    ``memory`` in megabytes (the largest process)."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    failures: list[tuple[str, str]] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")
    memory: float = 0.0

    @property
    def n_inputs(self) -> int:
        """How many inputs were judged."""
        return sum(self.counts.values())


def judge_chunk(chunk: int, whole_seed: int, report: Any, failures: Path | None) -> None:
    """Judge the inputs of one chunk; ``report`` each: ("start", number), ("end", number, form, how it ended, what is
    wrong)."""
    from fuzz_inputs import CHUNK, damaged, is_made_up, made_up

    position = 0

    def use(given: Any, chance: Random) -> None:
        nonlocal position
        number = f"{chunk}.{position}"
        position += 1
        report(("start", number))
        ended, wrong = _judged(given, chance)
        if wrong and failures is not None:
            _keep(failures, number, given, wrong)
        report(("end", number, given.form, ended, wrong))

    if is_made_up(chunk):
        made_up(chunk, whole_seed, use)
    else:
        for i in range(CHUNK):
            use(*damaged(chunk * CHUNK + i, whole_seed))


def _judged(given: Any, chance: Random) -> tuple[str, str]:
    """How an input ended, and the traceback when it ended badly."""
    from fuzz_judge import judge

    try:
        return judge(given, chance), ""
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - whatever it is, it is what is looked for
        return "failed", traceback.format_exc()


def _keep(folder: Path, number: str, given: Any, wrong: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{number}.{given.form}").write_bytes(given.data)
    (folder / f"{number}.txt").write_text(f"name {given.name!r}, study {given.study!r}\n{wrong}", encoding="utf-8")


def _work(tasks: Any, told: Any, name: int, whole_seed: int, failures: Path | None) -> None:
    """A worker: judges chunks until there are none."""
    from fuzz_judge import remove_store

    try:
        while (chunk := tasks.get()) is not None:
            judge_chunk(chunk, whole_seed, lambda message: told.put((name, *message)), failures)
            told.put((name, "chunk", chunk))
    finally:
        remove_store()
        usage = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        told.put((name, "memory", max(usage)))


class _Crew:
    """Workers, what each is busy with since when, and the watch over them."""

    def __init__(self, n_workers: int, whole_seed: int, failures: Path | None) -> None:
        self.told: Any = _CONTEXT.Queue()
        self.tasks: Any = _CONTEXT.Queue()
        self.outcome = Outcome()
        self._with = (whole_seed, failures)
        self._names = iter(range(1_000_000))
        self.workers: dict[int, BaseProcess] = {}
        self.busy: dict[int, tuple[str, float]] = {}
        for _ in range(n_workers):
            self.start()

    def start(self) -> None:
        name = next(self._names)
        worker = _CONTEXT.Process(target=_work, args=(self.tasks, self.told, name, *self._with), daemon=False)
        worker.start()
        self.workers[name] = worker

    def hear(self, message: tuple[Any, ...]) -> None:
        name, kind, *rest = message
        if kind == "start":
            self.busy[name] = (rest[0], time.monotonic())
        elif kind == "end":
            number, form, ended, wrong = rest
            seconds = time.monotonic() - self.busy.pop(name, (number, time.monotonic()))[1]
            self.outcome.counts[form, ended] += 1
            self.outcome.slowest = max(self.outcome.slowest, (seconds, f"{number} ({form})"))
            if wrong:
                self.outcome.failures.append((number, wrong))
        elif kind == "memory":
            self.outcome.memory = max(self.outcome.memory, rest[0])
            self.busy.pop(name, None)
            self.workers.pop(name, None)

    def watch(self) -> None:
        """Kill a worker whose input takes too long, and replace one that died."""
        for name, worker in list(self.workers.items()):
            number, since = self.busy.get(name, ("", time.monotonic()))
            hangs = time.monotonic() - since > MOST_SECONDS
            if hangs or (number and not worker.is_alive()):
                worker.kill()
                worker.join()
                what = f"took more than {MOST_SECONDS:.0f} s" if hangs else f"killed the process ({worker.exitcode})"
                self.outcome.failures.append((number, what))
                self.outcome.counts["", what] += 1
                self.busy.pop(name, None)
                del self.workers[name]
                self.start()


def run(n_inputs: int, seconds: float, whole_seed: int, failures: Path | None, n_workers: int = 2) -> Outcome:
    """Judge about ``n_inputs`` inputs, or as many as ``seconds`` allow."""
    chunk_size = 25
    started = time.monotonic()
    crew = _Crew(n_workers, whole_seed, failures)
    chunks = iter(range(-(-n_inputs // chunk_size)))
    waiting = 0
    told_at = started
    while crew.workers:
        out_of_time = time.monotonic() - started > seconds
        while waiting < n_workers:
            chunk = None if out_of_time else next(chunks, None)
            crew.tasks.put(chunk)
            waiting += 1
        try:
            message = crew.told.get(timeout=1.0)
            waiting -= message[1] == "chunk"
            crew.hear(message)
        except queue.Empty:
            pass
        crew.watch()
        if time.monotonic() - told_at > 60:
            told_at = time.monotonic()
            print(
                f"{told_at - started:.0f} s: {crew.outcome.n_inputs} inputs, {len(crew.outcome.failures)} failures",
                flush=True,
            )
    return crew.outcome


def tell(outcome: Outcome, seconds: float) -> None:
    """Print the counts, and the first lines of what went wrong."""
    forms = sorted({form for form, _ in outcome.counts})
    totals = {form: sum(n for (f, _), n in outcome.counts.items() if f == form) for form in forms}
    print(f"{outcome.n_inputs} inputs in {seconds:.0f} s; slowest {outcome.slowest[0]:.1f} s: {outcome.slowest[1]}; "
          f"{outcome.memory:.0f} MB at most")  # fmt: skip
    print(json.dumps({form or "-": n for form, n in totals.items()}))
    by_outcome = Counter[str]()
    for (_, ended), n in outcome.counts.items():
        by_outcome[ended] += n
    for ended, n in by_outcome.most_common():
        shares = ", ".join(f"{form} {outcome.counts[form, ended]}" for form in forms if outcome.counts[form, ended])
        print(f"{n:7} {ended}  ({shares})")
    print(f"{len(outcome.failures)} failures")
    for number, wrong in outcome.failures[:20]:
        print(f"--- {number}: {wrong.strip().splitlines()[-1][:200]}")


def main() -> None:
    """Read the options, run, print, and exit with 1 when anything failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=1500.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--failures", type=Path, default=None, help="a folder for the inputs that failed")
    parser.add_argument("--only", default="", help="one input again, by its number (12.3)")
    options = parser.parse_args()
    started = time.monotonic()
    if options.only:
        chunk, _ = options.only.split(".")
        judge_chunk(int(chunk), options.seed, _print_one(options.only), options.failures)
        return
    outcome = run(options.inputs, options.seconds, options.seed, options.failures, options.workers)
    tell(outcome, time.monotonic() - started)
    sys.exit(1 if outcome.failures else 0)


def _print_one(number: str) -> Any:
    """Prints what is reported of input ``number``."""
    return lambda message: print(*message) if message[1] == number else None


if __name__ == "__main__":
    main()
