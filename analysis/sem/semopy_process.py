"""semopy in a process of its own: a list of requests on standard input, an answer a line on standard output, in JSON.

semopy has no limit on its time, so the process that asks ends this one when it takes too long (``second_opinion``).
Nothing of this package is imported: what is compared with the engine is not computed by it.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections import defaultdict
from typing import Any

import numpy as np
import pandas as pd


def solve(request: dict[str, Any]) -> dict[str, Any]:
    """Fit the model of ``request`` by semopy.

    ``request``: ``rows`` (lhs, op, rhs, free parameter or null, fixed value), ``names`` and ``cov`` (p, p; divisor n)
    of the observed variables, ``n`` persons, ``start`` of the free parameters. The answer: ``converged``, ``theta`` and
    ``se`` in the order of ``start`` (null where semopy has none), ``loss`` and ``version``; or ``error``.
    """
    import semopy

    effects: dict[str, Any] = defaultdict(lambda: defaultdict(dict))
    for lhs, op, rhs, index, value in request["rows"]:
        effects[op][lhs][rhs] = f"theta{index}" if index is not None else value
    names, start = request["names"], request["start"]
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        model = semopy.Model((effects, defaultdict(list)), mimic_lavaan=True, cov_diag=True)
        for name, parameter in model.parameters.items():
            parameter.bound = (None, None)  # a negative variance is to be seen, not hidden at a bound of zero
            if parameter.active:
                # semopy's own search for starting values never returns for a factor without a fixed loading
                parameter.start = start[int(name.removeprefix("theta"))]
        try:
            found = model.fit(
                cov=pd.DataFrame(request["cov"], names, names), n_samples=request["n"],
                options={"maxiter": 1000, "ftol": 1e-13},
            )  # fmt: skip
        except np.linalg.LinAlgError:
            return {"version": semopy.__version__, "error": "semopy met a singular matrix on its way"}
        se = _errors(semopy, model)
    places = [int(n.removeprefix("theta")) for n, p in model.parameters.items() if p.active]
    return {
        "version": semopy.__version__, "converged": bool(found.success), "loss": float(found.fun),
        "theta": _in_order(places, model.param_vals), "se": _in_order(places, se),
    }  # fmt: skip


def _errors(semopy: Any, model: Any) -> Any:
    """semopy's standard errors; NaN when its information matrix is singular."""
    try:
        return semopy.stats.calc_se(model)
    except np.linalg.LinAlgError:
        return np.full(len(model.param_vals), np.nan)


def _in_order(places: list[int], values: Any) -> list[float | None]:
    """Values by parameter; ``None`` where there is no number."""
    found: list[float | None] = [None] * len(places)
    for place, value in zip(places, values, strict=True):
        found[place] = float(value) if np.isfinite(value) else None
    return found


if __name__ == "__main__":
    logging.getLogger().setLevel(logging.ERROR)
    for asked in json.load(sys.stdin):
        sys.stdout.write(json.dumps(solve(asked)) + "\n")
        sys.stdout.flush()
