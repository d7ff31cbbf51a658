"""What there is to find in a planned wave, in the metric in which its claims are judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.claims import Statement
from analysis.measurement.scoring import Difference, Item, Scale
from analysis.simulate import Parameters, true_model_effects, true_score_effects


def score_weights(
    items: Sequence[Item], scales: Sequence[Scale], differences: Sequence[Difference]
) -> dict[str, dict[str, float]]:
    """Every scale and derived score as a linear combination of item codes as asked, up to a constant.

    A reversed item has a negative weight.
    """
    sign = {item.name: -1.0 if item.reversed else 1.0 for item in items}
    weights: dict[str, dict[str, float]] = {}
    for scale in scales:
        total = len(scale.items) if scale.rule == "mean" else 1
        weights[scale.name] = {name: sign[name] * scale.multiply / total for name in scale.item_names}
    for difference in differences:
        combined: dict[str, float] = {}
        for names, direction in ((difference.plus, 1.0), (difference.minus, -1.0)):
            for name in names:
                for item, weight in weights[name].items():
                    combined[item] = combined.get(item, 0.0) + direction * weight / len(names)
        weights[difference.name] = combined
    return weights


def true_effect(
    p: Parameters, statement: Statement, *, weights: Mapping[str, Mapping[str, float]]
) -> float | None:  # fmt: skip
    """The quantity ``statement`` speaks of, as simulated (not turned to the claimed side); in a balanced design.

    ``weights``: scores as combinations of item codes (``score_weights``). ``None`` where the parameters declare no such
    quantity.
    """
    names = statement.names
    if statement.kind in ("path", "correlation"):
        left, right = names
        name = f"{left} ~ {right}" if statement.kind == "path" else f"cor({left}, {right})"
        effects = true_model_effects(p)
        if name in effects:
            return effects[name]
        # a path between declared factors that is not among the paths is nil
        return 0.0 if statement.kind == "path" and {left, right} <= set(p.factors) else None
    if statement.kind not in ("effect", "difference"):
        return None
    score = names[-1]
    if score not in weights:
        return None
    effects = true_score_effects(p, weights_by_score={score: weights[score]})
    if statement.kind == "effect":
        return effects.get(f"effect({names[0]}, {score})")
    return effects.get(f"effect({names[0]}, {score}) - effect({names[1]}, {score})")
