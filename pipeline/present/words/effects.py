"""How large an effect is, in words a reader can place: points of a scale, or how often one person is above another.

Three ways, each for what it is right for:

- a difference between groups in points of its scale, and as the chance that somebody of one group scores higher than
  somebody of the other (common language effect size: McGraw & Wong, 1992, Psychological Bulletin 111, 361-365);
- a correlation as the chance that, of two people, the one who is higher on one thing is higher on the other too
  (Dunlap, 1994, Psychological Bulletin 116, 509-511);
- a path as points of the outcome's scale for a point of the predictor's, others in the equation being equal.

The two chances take scores to be normal (together normal, for the second); the report says so. A binomial effect size
display is not used: it holds for two halves of equal size alone, and makes .30 look like curing people.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import pandas as pd

from analysis.claims.statement import Statement, parse_statement
from pipeline.declare import Claim
from pipeline.present.context import Context
from pipeline.present.words.numbers import about, size_of_effect


def chance_higher(difference: float, sd_high: float, sd_low: float) -> float:
    """The chance that a random member of the one group scores above one of the other, both normal.

    The difference of two independent normal scores is normal, with mean ``difference`` and variance
    ``sd_high ** 2 + sd_low ** 2`` (McGraw & Wong, 1992). With both 1, ``difference`` is a standardised one.
    """
    return NormalDist().cdf(difference / math.hypot(sd_high, sd_low))


def chance_concordant(correlation: float) -> float:
    """The chance that, of two random people, the one higher on one variable is higher on the other (Dunlap, 1994).

    Half plus ``arcsin(r) / pi``, of two variables that are normal together.
    """
    return 0.5 + math.asin(min(max(correlation, -1.0), 1.0)) / math.pi


def points_for_a_point(
    standardised: float, sd_outcome: float, sd_predictor: float, reliabilities: tuple[float, float] = (1.0, 1.0)
) -> float:
    """A standardised coefficient in points of the outcome's score for a point of the predictor's.

    Of constructs without measurement error a score's standard deviation is too large: its true part has
    ``sd * sqrt(reliability)`` (``reliabilities``: outcome, predictor).
    """
    ratio = math.sqrt(reliabilities[0] / reliabilities[1])
    return standardised * ratio * sd_outcome / sd_predictor


def effect_in_words(context: Context, claim: Claim, estimate: float) -> str:
    """The size of the effect a claim stands on: its name, and where it can be placed, what it comes to."""
    row = context.bundle.row("verdicts", claim=claim.id)
    if row is None or math.isnan(estimate):
        return ""
    metric = str(row["metric"]) if row["metric"] in ("std_all", "sd") else "sd"
    size = context.say(f"size {metric} {size_of_effect(estimate, metric)}")
    told = _placed(context, claim, row, estimate)
    return context.say("effect placed", size=size, told=told) if told else context.say("effect named", size=size)


def _placed(context: Context, claim: Claim, row: pd.Series, estimate: float) -> str:
    """What it comes to; empty where the units do not allow it."""
    statement = parse_statement(claim.statement, outcome=claim.outcome)
    if statement.kind == "effect":
        return difference_in_words(context, statement.names[0], statement.names[1], str(row["method"]))
    if statement.kind == "difference":
        return _differing_effects(context, statement, str(row["method"]))
    if statement.kind == "correlation":
        return _concordance(context, statement.names, estimate)
    return _slope(context, statement, estimate, str(claim.model)) if statement.kind == "path" else ""


def difference_in_words(context: Context, trait: str, outcome: str, method: str) -> str:
    """A difference between the levels of a trait: points of the scale, and how often the one is above the other."""
    points = _points(context, trait, outcome, method)
    declared = context.trait_or_none(trait)
    if points is None or declared is None:
        return ""
    upper, lower = (declared.high, declared.low) if points > 0 else (declared.low, declared.high)
    levels = {"level": context.text(upper.label), "other": context.text(lower.label)}
    shown = in_points(context, outcome, abs(points))
    told = context.say("effect points", points=shown, scale=scale_of(context, outcome))
    sds = [_sd_of_level(context, outcome, trait, level.value) for level in declared.levels]
    if any(map(math.isnan, sds)):
        return told
    chance = in_hundred(context, chance_higher(abs(points), *sds))
    return f"{told} {context.say('effect chance groups', chance=chance, **levels)}"


def points_said(context: Context, trait: str, outcome: str, method: str) -> str:
    """`` (bijna 0,8 punt op een schaal van 1 tot 5)`` behind a difference in a sentence; empty without a scale."""
    points = _points(context, trait, outcome, method)
    if points is None:
        return ""
    return context.say(
        "effect aside", points=in_points(context, outcome, abs(points)), scale=scale_of(context, outcome)
    )


def in_hundred(context: Context, chance: float) -> str:
    """``62 van de 100``; never 0 or 100."""
    return context.say("in hundred", n=min(max(round(100 * chance), 1), 99))


def _differing_effects(context: Context, statement: Statement, method: str) -> str:
    """The difference between the effects of two traits on one outcome, in points of its scale."""
    first, second, outcome = statement.names
    points = _points(context, f"{first}-{second}", outcome, method)
    if points is None:
        return ""
    larger, smaller = (first, second) if points > 0 else (second, first)
    return context.say(
        "effect points apart", points=in_points(context, outcome, abs(points)), scale=scale_of(context, outcome),
        larger=context.trait(larger).lower(), smaller=context.trait(smaller).lower(),
    )  # fmt: skip


def _concordance(context: Context, names: Sequence[str], estimate: float) -> str:
    first, second = (lowered(context.variable(name)) for name in names)
    key = "effect chance together" if estimate > 0 else "effect chance apart"
    chance = in_hundred(context, chance_concordant(abs(estimate)))
    return context.say(key, chance=chance, first=first, second=second, people=context.people)


def _slope(context: Context, statement: Statement, estimate: float, model: str) -> str:
    """A path between two scales, in points; other predictors of the same outcome are named as held equal."""
    outcome, predictor = statement.names
    scores = [context.bundle.overall("reliability", scale=name) for name in (outcome, predictor)]
    if any(score.empty or score[["sd", "omega"]].iloc[0].isna().any() for score in scores):
        return ""
    sds, omegas = zip(*((float(s["sd"].iloc[0]), float(s["omega"].iloc[0])) for s in scores), strict=True)
    if min(*sds, *omegas) <= 0:
        return ""
    points = points_for_a_point(estimate, sds[0], sds[1], (omegas[0], omegas[1]))
    arrows = context.bundle.overall("parameters", model=model, lhs=outcome, op="~")
    others = [lowered(context.variable(str(name))) for name in arrows["rhs"] if name != predictor]
    equal = context.say("effect slope equal", others=context.listed(others)) if others else ""
    return context.say(
        "effect slope higher" if points > 0 else "effect slope lower", equal=equal,
        points=in_points(context, outcome, abs(points)), scale=_ends_of(context, outcome),
        predictor=lowered(context.variable(predictor)), predictor_scale=_ends_of(context, predictor),
        outcome=lowered(context.variable(outcome)),
    )  # fmt: skip


def _points(context: Context, trait: str, outcome: str, method: str) -> float | None:
    """The published difference in points of the outcome; None where there is none, or the outcome has no scale."""
    row = context.bundle.row("trait_contrasts", trait=trait, outcome=outcome, method=method)
    known = row is not None and pd.notna(row["estimate"]) and score_range(context, outcome) is not None
    return float(row["estimate"]) if known and row is not None else None


def _sd_of_level(context: Context, outcome: str, trait: str, level: str) -> float:
    row = context.bundle.row("trait_means", outcome=outcome, trait=trait, level=level)
    return math.nan if row is None or not row["sd"] > 0 else float(row["sd"])


def in_points(context: Context, outcome: str, points: float) -> str:
    """``bijna 0,8 punt``: to a tenth of a point, to whole points on scales of more than twenty steps."""
    ends = score_range(context, outcome) or (0.0, 10.0)
    step, decimals = (1.0, 0) if ends[1] - ends[0] > 40 else (0.1, 1)
    if points < step / 2:
        return context.say("points less", number=context.numbers.number(step, decimals))
    key = "points one" if math.isclose(points, 1.0, abs_tol=step / 2) else "points"
    return context.say(key, number=about(points, step, context.language, decimals))


def scale_of(context: Context, outcome: str) -> str:
    """``een schaal van 1 tot 5``."""
    return context.say("scale from", ends=_ends_of(context, outcome))


def _ends_of(context: Context, outcome: str) -> str:
    """``1 tot 5``."""
    ends = score_range(context, outcome) or (0.0, 10.0)
    shown = [context.numbers.number(end, 0 if float(end).is_integer() else 1) for end in ends]
    return context.say("scale ends", lower=shown[0], upper=shown[1])


def lowered(title: str) -> str:
    """A title inside a sentence: its first letter small, unless the word is an abbreviation."""
    return title if title[1:2].isupper() or title[1:2].isdigit() else title[:1].lower() + title[1:]


def score_range(context: Context, name: str) -> tuple[float, float] | None:
    """Lowest and highest score there can be; of a difference, the ends it can reach."""
    constructs = {scale.name: scale for scale in context.instrument.constructs}
    if name in constructs:
        return constructs[name].lower, constructs[name].upper
    for derived in context.instrument.derived:
        if derived.name == name:
            ends = [[constructs[n] for n in names] for names in (derived.plus, derived.minus)]
            plus, minus = (
                (sum(c.lower for c in scales) / len(scales), sum(c.upper for c in scales) / len(scales))
                if scales
                else (0.0, 0.0)
                for scales in ends
            )
            return plus[0] - minus[1], plus[1] - minus[0]
    return None
