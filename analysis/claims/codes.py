"""The codes of verdicts and of what decided them."""

from __future__ import annotations

from typing import Literal

Verdict = Literal["supported", "leaning", "not_supported", "contradicted", "cannot_tell"]
Reason = Literal[
    "clear_effect",  # supported: interval on the claimed side, estimate large enough to matter
    "size_uncertain",  # leaning: direction sure, size not
    "interval_includes_zero",  # leaning: large enough to matter, direction not sure
    "not_after_adjustment",  # leaning: clear on its own, not among all that was looked at
    "model_fits_badly",  # leaning or cannot tell: clear, but in a model that does not describe the data
    "measured_poorly",  # leaning or cannot tell: clear, but a scale it stands on is not reliable
    "not_distinct",  # the same: two constructs it relates cannot be told apart
    "not_measured_alike",  # the same: the kinds compared do not answer alike
    "depends_on_choices",  # leaning or not supported: clear, but not in enough of the defensible analyses
    "not_over_all_choices",  # the same: clear, but all defensible analyses together may be chance
    "effect_too_small",  # not supported: an effect that matters is ruled out
    "opposite_effect",  # contradicted: interval wholly on the other side
    "too_imprecise",  # cannot tell: nothing and an effect that matters are both possible, and power is low
    "lies_between",  # cannot tell: the same, though these data could have told
    "too_few_projects", "too_few_persons", "no_clusters", "confounded", "no_variation",  # cannot tell: refused
    "no_data",  # cannot tell: the outcome was not measured
    "model_not_fitted", "model_inadmissible",  # cannot tell: no solution, or one that cannot be true
]  # fmt: skip
Kind = Literal["confirmatory", "exploratory"]
