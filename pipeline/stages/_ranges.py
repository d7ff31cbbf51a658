"""Which scores there can be: the declared range of every scale, and the ends that a difference of scales can reach."""

from __future__ import annotations

from pipeline.declare import Instrument


def score_ranges(instrument: Instrument) -> dict[str, tuple[float, float]]:
    """The lowest and the highest possible score of every construct and derived score, by name."""
    ranges = {scale.name: (float(scale.lower), float(scale.upper)) for scale in instrument.constructs}
    for derived in instrument.derived:
        plus, minus = _mean_range(ranges, derived.plus), _mean_range(ranges, derived.minus)
        ranges[derived.name] = (plus[0] - minus[1], plus[1] - minus[0])
    return ranges


def _mean_range(ranges: dict[str, tuple[float, float]], names: list[str]) -> tuple[float, float]:
    """The ends of the mean of several scores; zeros without any."""
    if not names:
        return 0.0, 0.0
    return sum(ranges[n][0] for n in names) / len(names), sum(ranges[n][1] for n in names) / len(names)
