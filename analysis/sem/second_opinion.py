"""A second opinion on a fit: the same model by semopy, and how far apart the two are.

semopy fits single-group maximum likelihood of complete data. What it cannot do is a value with a reason, not an error:
a second opinion that is not to be had says nothing about the first.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analysis.sem.estimate import Estimated
from analysis.sem.observed import Array
from analysis.sem.scores import expected_information
from analysis.sem.start import starting_values
from analysis.sem.table import ParameterTable

_WORKER = Path(__file__).with_name("semopy_process.py")


@dataclass(frozen=True)
class SecondOpinion:
    """What semopy says beside a fit.

    ``available`` says whether there is a second opinion, ``reason`` why not. ``converged`` is semopy's own verdict.
    ``estimate_difference`` and ``se_difference`` are the largest absolute differences, in the parameters
    ``estimate_parameter`` and ``se_parameter`` (``lhs op rhs``); ``loss_difference`` is semopy's discrepancy F less
    ours (negative: it found a better solution). Numbers are NaN, and names empty, where there is nothing to compare.
    """

    available: bool
    reason: str
    version: str
    converged: bool
    estimate_difference: float
    estimate_parameter: str
    se_difference: float
    se_parameter: str
    loss_difference: float


def second_opinion(estimated: Estimated, *, seconds: float = 60.0) -> SecondOpinion:
    """Fit the model of ``estimated`` again with semopy, on the same sample moments, for at most ``seconds``.

    Standard errors are compared under expected information, whatever the fit reports.
    """
    return second_opinions([estimated], seconds=seconds)[0]


def second_opinions(fits: Sequence[Estimated], *, seconds: float = 60.0) -> list[SecondOpinion]:
    """``second_opinion`` on each fit, ``seconds`` for each; loading semopy takes seconds, so ask for many at once."""
    with asked_for(fits, seconds=seconds) as answered:
        return answered()


@contextmanager
def asked_for(fits: Sequence[Estimated], *, seconds: float = 60.0) -> Iterator[Callable[[], list[SecondOpinion]]]:
    """Ask for ``second_opinions`` and do something else in the block while semopy computes; the value waits for them.

    semopy runs in a process of its own, which a thread waits for; nothing of ours is computed beside the block.
    """
    reasons = [_beyond_semopy(fit) for fit in fits]
    requests = [_request(fit) for fit, reason in zip(fits, reasons, strict=True) if not reason]
    with ThreadPoolExecutor(max_workers=1) as aside:
        asked = aside.submit(_answers, requests, seconds)

        def answered() -> list[SecondOpinion]:
            answers = iter(asked.result())
            return [
                _none(reason) if reason else _compared(fit, next(answers))
                for fit, reason in zip(fits, reasons, strict=True)
            ]

        yield answered


def _compared(estimated: Estimated, answer: dict[str, Any]) -> SecondOpinion:
    if "error" in answer:
        return _none(answer["error"], answer.get("version", ""))
    index = _compared_parameters(estimated.table)
    theta, se = (np.array(answer[key], dtype=float) for key in ("theta", "se"))
    difference, parameter = _largest(estimated.table, index, theta - estimated.theta[index])
    se_difference, se_parameter = _largest(estimated.table, index, se - _standard_errors(estimated)[index])
    return SecondOpinion(
        True, "", answer["version"], answer["converged"], difference, parameter, se_difference, se_parameter,
        answer["loss"] - estimated.objective,
    )  # fmt: skip


def _compared_parameters(table: ParameterTable) -> list[int]:
    """The free parameters semopy has too: all but means."""
    return sorted({row.index for row in table.rows if row.index is not None and row.op != "~1"})


def _none(reason: str, version: str = "") -> SecondOpinion:
    nan = float("nan")
    return SecondOpinion(False, reason, version, False, nan, "", nan, "", nan)


def _beyond_semopy(estimated: Estimated) -> str:
    """Why semopy cannot fit this model; empty when it can."""
    table, options = estimated.table, estimated.options
    related = {name for row in table.rows if row.op in ("=~", "~") for name in (row.lhs, row.rhs)}
    reasons = (
        (not estimated.converged, "there is no converged fit to compare"),
        (options.estimator not in ("ML", "MLR", "MLM"), "semopy is asked for maximum likelihood only"),
        (len(table.groups) > 1, "semopy has no model of several groups"),
        (options.missing == "fiml" and _incomplete(estimated), "semopy's means under missing answers are wrong"),
        (bool(table.constraints), "semopy's constraints differ from the model's"),
        (not _saturated_means(table), "semopy has no structured means"),
        (table.n_free == 0, "the model has no free parameter"),
        (bool(set(table.names) - related), "semopy does not know variables that only have covariances"),
        (bool(estimated.at_bound.any()), "a parameter is held at its bound"),
    )  # fmt: skip
    return next((reason for applies, reason in reasons if applies), "")


def _incomplete(estimated: Estimated) -> bool:
    return any(group.data is not None and bool(np.isnan(group.data).any()) for group in estimated.sample.groups)


def _saturated_means(table: ParameterTable) -> bool:
    """Whether the means are no model: none, or every observed variable's intercept free and its own."""
    rows = [row for row in table.rows if row.op == "~1"]
    free = [row.index for row in rows if row.index is not None]
    own = len(set(free)) == len(free) and not set(free) & {row.index for row in table.rows if row.op != "~1"}
    return own and all(
        row.from_sample or (row.fixed == 0 if row.lhs in table.latent else row.index is not None) for row in rows
    )


def _request(estimated: Estimated) -> dict[str, Any]:
    """What semopy is told: rows with parameters numbered anew, and the sample's covariances."""
    table, group = estimated.table, estimated.sample.groups[0]
    index = _compared_parameters(table)
    number = {old: new for new, old in enumerate(index)}
    told = []
    for row in table.rows:
        if row.op == "~1":
            continue
        value = row.fixed
        if row.from_sample:
            value = float(group.cov[table.observed.index(row.lhs), table.observed.index(row.rhs)])
        told.append((row.lhs, row.op, row.rhs, None if row.index is None else number[row.index], value))
    start = starting_values(table, estimated.sample)[index]
    return {
        "rows": told, "names": list(table.observed), "cov": group.cov.tolist(), "n": group.n, "start": start.tolist(),
    }  # fmt: skip


def _answers(requests: list[dict[str, Any]], seconds: float) -> list[dict[str, Any]]:
    """semopy's answers, ``error`` with a reason in place of one it did not give; what follows that is asked anew."""
    answers: list[dict[str, Any]] = []
    while len(answers) < len(requests):
        waiting = requests[len(answers) :]
        failed = ""
        try:
            done = subprocess.run(
                [sys.executable, str(_WORKER)], input=json.dumps(waiting).encode(), capture_output=True,
                timeout=seconds * len(waiting), check=False,
            )  # fmt: skip
            lines = done.stdout
        except subprocess.TimeoutExpired as late:
            lines, failed = late.stdout or b"", f"semopy did not finish within {seconds:g} seconds"
        found = [json.loads(line) for line in lines.splitlines(keepends=True) if line.endswith(b"\n")]
        answers += found
        if len(found) < len(waiting):
            answers.append({"error": failed or "semopy stopped with an error of its own"})
    return answers


def _standard_errors(estimated: Estimated) -> Array:
    """Standard errors of θ under expected information, (n_free,)."""
    return np.sqrt(np.diag(np.linalg.pinv(expected_information(estimated))) / estimated.n)


def _largest(table: ParameterTable, index: Sequence[int], differences: Array) -> tuple[float, str]:
    """The largest absolute difference and the parameter it is in."""
    size = np.abs(differences)
    if not np.isfinite(size).any():
        return float("nan"), ""
    worst = int(np.nanargmax(size))
    return float(size[worst]), table.first_row(index[worst]).name
