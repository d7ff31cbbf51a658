"""The rules of the verdict.

Version 3 (``RULES_VERSION``; what changed: at the end). The estimate is turned so that the claimed side is positive;
``s`` is the claim's smallest effect of interest; the interval has the declared confidence and allows for projects.

1. No estimate, or none that can be trusted (refused contrast, model not fitted or inadmissible): *cannot tell*. Nor
   where there is an estimate without an interval.
2. The whole interval lies below s: an effect that matters is ruled out. *Contradicted* when it also lies wholly below
   zero and reaches beyond -s, so that the opposite may matter; else *not supported*.
3. The whole interval lies above zero: *supported* when the estimate is at least s; *leaning* when it is smaller, since
   the direction is sure and the size is not.
4. The interval includes zero, and s: *leaning* when the estimate is at least s and at least two thirds of the
   interval's half width (an interval of some 80 % would then lie above zero), else *cannot tell*. The reason is the
   power of this very test to find s (``analysis.claims.power``). Below .80 these data could not have told
   (``too_imprecise``); from .80 on they could have, and the truth seems to lie in between (``lies_between``).

What follows only takes away: no rule below makes a claim *supported* or *contradicted* that the ones above do not.

5. Whoever looks at many claims finds something. *Supported* and *contradicted* need a p-value, adjusted for how many
   were looked at, below alpha; else rule 3 says *leaning* and rule 2 *not supported*. What was looked at together
   (``family_adjusted``): for a confirmatory claim all confirmatory claims of the study; for an exploratory one, which
   nobody predicted, all outcomes its trait was compared on, or all exploratory claims about models. So among data
   without any effect, one or more of the confirmatory claims is supported in at most alpha / 2 of the cases, as far as
   the intervals are right.
6. A parameter of a model that does not describe the data says little, however precise. Where RMSEA exceeds 0.10 (Browne
   & Cudeck 1993, p. 144) or CFI stays below 0.90 (Bentler & Bonett 1980, p. 600), *supported* becomes *leaning*,
   *contradicted* and *not supported* become *cannot tell*. Both measures are their robust forms where the estimator
   has them.
7. Nor does a scale that measures badly. With one of these faults (``analysis.claims.quality``), in this order,
   *supported* becomes *leaning*, *contradicted* and *not supported* become *cannot tell*: a scale the claim speaks of
   is not reliable (``measured_poorly``); two constructs it relates cannot be told apart (``not_distinct``); the levels
   of a trait it compares do not answer alike (``not_measured_alike``). What could not be examined is no fault, but is
   named.
8. The main analysis is one of many defensible ones. Where there is a specification curve, *supported* needs at least
   ``minimum_share`` of the specifications on the claimed side (else *leaning*, ``depends_on_choices``; one without an
   estimate is on neither side), and a joint p-value below alpha (else *leaning*, ``not_over_all_choices``): that of the
   median of all specifications, one-sided, had nothing been there to find (Simonsohn, Simmons & Nelson 2020). With so
   few projects that no p could have been below alpha, the joint test is passed over. *Contradicted* needs the same on
   the other side; else it becomes *not supported*. Without a curve the rule is passed over, and the sentence says so.

Where several of the rules 5 to 8 take away, the first gives the reason; each alone would have done.

Version 3: power tells the two kinds of *cannot tell* apart; rules 7 and 8 are new. Version 2: the interval of a claim
about a model is that of the model's own errors, with their small-sample degrees of freedom, where version 1 took
persons as independent and the reference as normal; robust measures of fit where there are any.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from analysis.claims.codes import Reason, Verdict
from analysis.claims.evidence import Evidence
from analysis.claims.power import ENOUGH, power_to_find
from analysis.claims.quality import fault_of

RULES_VERSION = 3
MINIMUM_SHARE = 0.8
LEANING_REACH = 2 / 3
"""How much of the half width of its interval an estimate must reach to lean to its side."""


@dataclass(frozen=True)
class Curve:
    """What the specification curve of a claim says (``specification_curves``).

    Of ``n_run`` specifications ``n_specifications`` have an estimate, ``share_claimed`` of these on the claimed side.
    ``pvalue`` is the joint one of
    the median, one-sided towards the claim, ``minimum_pvalue`` the smallest it could have been; NaN without a test.
    """

    n_run: int
    n_specifications: int
    share_claimed: float
    pvalue: float
    minimum_pvalue: float

    @property
    def share_of_all(self) -> float:
        """On the claimed side, of all that were run: one without an estimate is on no side."""
        return self.share_claimed * self.n_specifications / self.n_run

    def other_side(self) -> Curve:
        """The same curve seen from the opposite of the claim; the assignment that is the data counts on both sides."""
        opposite = min(1.0, 1.0 - self.pvalue + self.minimum_pvalue)
        return Curve(self.n_run, self.n_specifications, 1.0 - self.share_claimed, opposite, self.minimum_pvalue)


def verdict(
    evidence: Evidence,
    *,
    sign: Literal[1, -1],
    smallest_effect: float,
    alpha: float,
    curve: Curve | None = None,
    minimum_share: float = MINIMUM_SHARE,
    quality: Collection[str] = (),
) -> tuple[Verdict, Reason]:
    """The verdict on one claim and the code of its deciding reason, by the rules at the head of this module.

    ``quality``: codes of ``analysis.claims.quality``. Without ``curve`` rule 8 is passed over.
    """
    if evidence.problem is not None:
        return "cannot_tell", evidence.problem
    decided, reason = _by_interval(evidence, sign=sign, smallest_effect=smallest_effect, alpha=alpha)
    if decided in ("leaning", "cannot_tell"):
        return decided, reason
    fault: Reason | None = "model_fits_badly" if evidence.fits_badly else fault_of(quality)
    if fault is not None:
        return "leaning" if decided == "supported" else "cannot_tell", fault
    if decided != "not_supported" and curve is not None and curve.n_specifications > 0:
        seen = curve if decided == "supported" else curve.other_side()
        doubt = _doubt(seen, minimum_share=minimum_share, alpha=alpha)
        if doubt is not None:
            return "leaning" if decided == "supported" else "not_supported", doubt
    return decided, reason


def _by_interval(
    evidence: Evidence, *, sign: Literal[1, -1], smallest_effect: float, alpha: float
) -> tuple[Verdict, Reason]:
    """Rules 1 (an interval) to 5."""
    estimate = sign * evidence.estimate
    lower, upper = sorted((sign * evidence.ci_lower, sign * evidence.ci_upper))
    if math.isnan(lower) or math.isnan(upper):
        return "cannot_tell", "too_imprecise"
    adjusted_away = not evidence.pvalue_adjusted < alpha
    if upper < smallest_effect:
        opposite = upper < 0 and lower < -smallest_effect
        return ("contradicted", "opposite_effect") if opposite and not adjusted_away else (
            "not_supported", "effect_too_small"
        )  # fmt: skip
    if lower > 0:
        if estimate < smallest_effect:
            return "leaning", "size_uncertain"
        return ("leaning", "not_after_adjustment") if adjusted_away else ("supported", "clear_effect")
    if estimate >= max(smallest_effect, LEANING_REACH * (upper - lower) / 2):
        return "leaning", "interval_includes_zero"
    power = power_to_find(smallest_effect, se=evidence.se, df=evidence.df, alpha=alpha)
    return "cannot_tell", "lies_between" if power >= ENOUGH else "too_imprecise"


def _doubt(curve: Curve, *, minimum_share: float, alpha: float) -> Reason | None:
    """Rule 8 for a curve seen from the side of the verdict: the code of what it lacks, ``None`` when nothing."""
    if not curve.share_of_all >= minimum_share:
        return "depends_on_choices"
    could_tell = curve.minimum_pvalue < alpha  # not where it is NaN: there was no joint test
    return "not_over_all_choices" if could_tell and not curve.pvalue < alpha else None
