"""Other effects than the declared ones: all of them weaker or stronger, or one claim's own set to a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from pydantic import ValidationError
from scipy.optimize import brentq

from analysis.claims import Statement
from analysis.power.truth import true_effect
from analysis.simulate import Parameters
from analysis.simulate.parameters import disturbance_levels

Weights = Mapping[str, Mapping[str, float]]
REACH = 1.5
"""How far a parameter is moved to reach a wished effect; factors have variance 1."""


class EffectError(ValueError):
    """A study with such effects cannot be simulated; the message says why."""


def scaled(p: Parameters, factor: float) -> Parameters:
    """The same study with every path, effect of a trait and covariance times ``factor`` (0: nothing to find).

    Raises ``EffectError`` when such effects leave a factor no variance of its own.
    """
    factors = {
        name: replace(
            f,
            paths={other: factor * value for other, value in f.paths.items()},
            traits={trait: factor * value for trait, value in f.traits.items()},
        )
        for name, f in p.factors.items()
    }
    covariances = {a: {b: factor * value for b, value in row.items()} for a, row in p.covariances.items()}
    return _checked(lambda: replace(p, factors=factors, covariances=covariances), f"effects times {factor:g}")


def with_effect(p: Parameters, statement: Statement, value: float, *, weights: Weights) -> Parameters:
    """The same study in which the quantity ``statement`` speaks of is ``value``, in the metric of its verdict.

    One kind of parameter moves: the path itself, the covariance of two disturbances, or (for an effect of a trait, and
    for a difference its first trait) the trait's effects on every factor the score is made of, up for scores that count
    positively and down for the others. Other quantities that rest on it move along. Raises ``EffectError`` when no such
    study can be simulated, or the statement speaks of nothing the parameters declare.
    """
    if true_effect(p, statement, weights=weights) is None:
        raise EffectError(f"{' '.join(statement.names)}: the parameters declare nothing of that name")

    def missed(change: float) -> float:
        found = true_effect(_moved(p, statement, change, weights), statement, weights=weights)
        return (0.0 if found is None else found) - value

    what = f"{' '.join(statement.names)} = {value:g}"
    lower, upper = _possible(p, statement, weights)
    if missed(lower) * missed(upper) > 0:
        raise EffectError(f"{what}: such an effect leaves a factor no variance of its own")
    change = float(brentq(missed, lower, upper, xtol=1e-10))
    return _checked(lambda: _moved(p, statement, change, weights), what)


def _possible(p: Parameters, statement: Statement, weights: Weights) -> tuple[float, float]:
    """How far the parameter can move down and up with a study that can still be simulated."""
    ends = []
    for direction in (-REACH, REACH):
        reach = direction
        for _ in range(40):
            try:
                disturbance_levels(_moved(p, statement, reach, weights))
                break
            except ValueError:
                reach *= 0.9
        ends.append(reach)
    return ends[0], ends[1]


def _moved(p: Parameters, statement: Statement, change: float, weights: Weights) -> Parameters:
    """``p`` with the parameters behind ``statement`` changed by ``change``."""
    if statement.kind == "path":
        outcome, predictor = statement.names
        factor = p.factors[outcome]
        paths = {**factor.paths, predictor: factor.paths.get(predictor, 0.0) + change}
        return replace(p, factors={**p.factors, outcome: replace(factor, paths=paths)})
    if statement.kind == "correlation":
        a, b = statement.names
        first, second = (b, a) if a in p.covariances.get(b, {}) else (a, b)
        row = p.covariances.get(first, {})
        row = {**row, second: row.get(second, 0.0) + change}
        return replace(p, covariances={**p.covariances, first: row})
    trait, score = statement.names[0], statement.names[-1]
    factors = dict(p.factors)
    for name, sign in _signs(p, weights[score]).items():
        effect = factors[name].traits.get(trait, 0.0) + sign * change
        factors[name] = replace(factors[name], traits={**factors[name].traits, trait: effect})
    return replace(p, factors=factors)


def _signs(p: Parameters, weights: Mapping[str, float]) -> dict[str, float]:
    """Each factor a score is made of: 1 where more of it raises the score, -1 where it lowers it."""
    totals: dict[str, float] = {}
    for name, weight in weights.items():
        block, item = p.items[name]
        totals[block.factor] = totals.get(block.factor, 0.0) + weight * item.loading
    return {name: 1.0 if total > 0 else -1.0 for name, total in totals.items() if total}


def _checked(make: Callable[[], Parameters], what: str) -> Parameters:
    try:
        return make()
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ").splitlines()[0]
        raise EffectError(f"{what}: {reason}") from None
