"""Counting verdicts over replications, with the uncertainty that so many replications leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from analysis.claims import Verdict
from analysis.distributions import norm
from analysis.power.plan import Cell, PowerInputs
from analysis.power.truth import score_weights, true_effect


@dataclass(frozen=True)
class Tally:
    """One claim in one cell. Shares of ``replications`` by verdict; ``detected``: the interval, before any adjustment,
    on the claimed side of nil; ``half_width``: median half width of the interval; ``n_failed``: nothing estimated."""

    claim: str
    cell: Cell
    replications: int
    true_effect: float
    shares: Mapping[str, float]
    detected: float
    supported_lower: float
    supported_upper: float
    half_width: float
    n_failed: int


def wilson(share: float, n: float, *, confidence: float) -> tuple[float, float]:
    """The score interval of a share of ``n`` (Wilson 1927, JASA 22, 209-212)."""
    z = float(norm.ppf(0.5 + confidence / 2))
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return float(max(centre - half, 0.0)), float(min(centre + half, 1.0))


def power_rows(inputs: PowerInputs, results: Sequence[Mapping[str, Any]], cells: Sequence[Cell]) -> list[Tally]:
    """The results of ``replicate`` put together: claims as declared, within each the ``cells`` in their order."""
    from analysis.power.effects import scaled

    weights = score_weights(inputs.items, inputs.scales, inputs.differences)
    truth = {
        factor: {claim.id: true_effect(scaled(inputs.parameters, factor), claim.statement, weights=weights)
                 for claim in inputs.claims}
        for factor in dict.fromkeys(cell.effects for cell in cells)
    }  # fmt: skip
    by_cell: dict[str, list[Mapping[str, Any]]] = {}
    for result in results:
        by_cell.setdefault(Cell(**result["cell"]).key, []).append(result["claims"])
    rows = []
    for claim in inputs.claims:
        for cell in cells:
            parts = [part[claim.id] for part in by_cell[cell.key]]
            effect = truth[cell.effects][claim.id]
            rows.append(_tally(claim.id, cell, parts, np.nan if effect is None else effect, inputs.confidence))
    return rows


def _tally(
    claim: str, cell: Cell, parts: Sequence[Mapping[str, Any]], effect: float, confidence: float
) -> Tally:  # fmt: skip
    joined = {name: [value for part in parts for value in part[name]] for name in parts[0]}
    n = len(joined["verdicts"])
    shares = {name: joined["verdicts"].count(name) / n for name in get_args(Verdict)}
    lower, upper = wilson(shares["supported"], n, confidence=confidence)
    widths = joined["half_widths"]
    return Tally(
        claim, cell, n, effect, shares, sum(joined["detected"]) / n, lower, upper,
        float(np.median(widths)) if widths else np.nan, sum(joined["failed"]),
    )  # fmt: skip
