"""The rules of the verdict.

Verdict rules, version 2 (``RULES_VERSION``; what changed: at the end). The estimate is turned so that the claimed side
is positive; ``s`` is the claim's smallest effect of interest; the interval has the declared confidence.

1. No estimate, or none that can be trusted (refused contrast, model not fitted or inadmissible): *cannot tell*.
2. The whole interval lies below s: an effect that matters is ruled out. *Contradicted* when it also lies wholly below
   zero and reaches beyond -s, so that the opposite may matter; else *not supported*.
3. The whole interval lies above zero: *supported* when the estimate is at least s; *leaning* when it is smaller, since
   the direction is sure and the size is not.
4. The interval includes zero, and s: *leaning* when the estimate is at least s, else *cannot tell* (too imprecise).

Whoever looks at many claims finds something. *Supported* and *contradicted* therefore also need a p-value, adjusted for
how many were looked at, below alpha; else rule 3 says *leaning* and rule 2 *not supported*. What was looked at
together (``family_adjusted``): for a confirmatory claim all confirmatory claims of the study; for an exploratory one,
which nobody predicted, all outcomes its trait was compared on, or all exploratory claims about models. So among data
without any effect, one or more of the confirmatory claims is supported in at most alpha / 2 of the cases, as far as
the intervals are right.

A parameter of a model that does not describe the data says little, however precise. Where RMSEA exceeds 0.10 (Browne &
Cudeck 1993, p. 144) or CFI stays below 0.90 (Bentler & Bonett 1980, p. 600), *supported* becomes *leaning* and
*contradicted* becomes *cannot tell*. Both measures are their robust forms where the estimator has them.

Version 2: the interval of a claim about a model is that of the model's own errors, with their small-sample degrees of
freedom, where version 1 took persons as independent and the reference as normal; robust measures of fit where there
are any. The rules themselves are those of version 1.
"""

from __future__ import annotations

from typing import Literal

from analysis.claims.codes import Reason, Verdict
from analysis.claims.evidence import Evidence

RULES_VERSION = 2


def verdict(
    evidence: Evidence, *, sign: Literal[1, -1], smallest_effect: float, alpha: float
) -> tuple[Verdict, Reason]:
    """The verdict on one claim and the code of its deciding reason, by the rules at the head of this module."""
    if evidence.problem is not None:
        return "cannot_tell", evidence.problem
    decided, reason = _by_interval(evidence, sign=sign, smallest_effect=smallest_effect, alpha=alpha)
    if evidence.fits_badly and decided in ("supported", "contradicted"):
        return "leaning" if decided == "supported" else "cannot_tell", "model_fits_badly"
    return decided, reason


def _by_interval(
    evidence: Evidence, *, sign: Literal[1, -1], smallest_effect: float, alpha: float
) -> tuple[Verdict, Reason]:
    """Rules 2 to 4 and the adjusted p-value."""
    estimate = sign * evidence.estimate
    lower, upper = sorted((sign * evidence.ci_lower, sign * evidence.ci_upper))
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
    if estimate >= smallest_effect:
        return "leaning", "interval_includes_zero"
    return "cannot_tell", "too_imprecise"
