"""How much worse a step of a ladder may fit and still hold: published cut-offs as data, each with its source.

A step holds by fit where no measure passes its cut-off. Chen (2007, p. 501) takes CFI for the main criterion and the
other two beside it; but for ordered items CFI hardly moves where thresholds differ a good deal (its baseline is too
bad; Rutkowski & Svetina 2017 put the fall they allow at .004), so RMSEA and SRMR have a say of their own here, and the
test guards against the false alarms they give with few persons.

None was made for few persons and few degrees of freedom at once, where RMSEA in particular moves by itself (Kenny,
Kaniskan & McCoach 2015); that is why no step fails by fit alone (``ladders``). Meade, Johnson & Braddy (2008)
ask for a fall of CFI of no more than .002, which is for samples of many hundreds a group and long scales, and is not
used here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MANY_GROUPS = 10
"""From how many groups on cut-offs found for many are used (Rutkowski & Svetina 2014 studied ten and twenty)."""
SMALL_SAMPLE = 300
"""Up to how many persons in all Chen's (2007, p. 501) cut-offs for small samples are used."""
UNEQUAL = 3.0
"""From which ratio of the largest to the smallest group on those are used too."""


_ROUNDING = 1e-9


@dataclass(frozen=True)
class Change:
    """How far CFI may fall, and RMSEA and SRMR may rise; NaN for a measure the source says nothing about."""

    cfi: float
    rmsea: float
    srmr: float = float("nan")

    def holds(self, changes: Mapping[str, float]) -> bool:
        """Whether a step holds by fit, with these ``cfi_diff``, ``rmsea_diff`` and ``srmr_diff`` (this step less the
        one before)."""
        worse = {"cfi": -changes["cfi_diff"], "rmsea": changes["rmsea_diff"], "srmr": changes["srmr_diff"]}
        return not any(worse[name] > getattr(self, name) + _ROUNDING for name in worse)


@dataclass(frozen=True)
class CutoffRule:
    """``loadings``: for the step that makes loadings equal; ``later``: for thresholds, intercepts and residuals.
    ``source`` is a key of the bibliography."""

    source: str
    loadings: Change
    later: Change

    def of(self, step: str) -> Change:
        """The cut-offs of a step."""
        return self.loadings if step == "metric" else self.later


# Chen (2007), Structural Equation Modeling 14, 464-504, p. 501. The fall of CFI by .010 is Cheung & Rensvold's (2002,
# Structural Equation Modeling 9, 233-255, p. 251) too
LARGE_SAMPLE = CutoffRule("chen2007", Change(0.010, 0.015, 0.030), Change(0.010, 0.015, 0.010))
SMALL_OR_UNEQUAL = CutoffRule("chen2007", Change(0.005, 0.010, 0.025), Change(0.005, 0.010, 0.005))
# Rutkowski & Svetina (2014), Educational and Psychological Measurement 74, 31-57: means of many countries
MANY = CutoffRule("rutkowski2014", Change(0.020, 0.030), Change(0.010, 0.010))
# Rutkowski & Svetina (2017), Applied Measurement in Education 30, 39-51: ordered items, many countries
MANY_ORDERED = CutoffRule("rutkowski2017", Change(0.004, 0.050), Change(0.004, 0.010))

CONFIGURAL_CFI = 0.95
CONFIGURAL_SRMR = 0.08
"""A configural model that its test rejects is good enough with CFI of at least .95 and SRMR of at most .08 (Hu &
Bentler 1999, p. 27). RMSEA is left out: with one factor of few items it rejects good models (Kenny et al. 2015)."""


def cutoffs_for(n_by_group: Sequence[int], *, ordered: bool) -> CutoffRule:
    """The cut-offs for groups of these sizes and this kind of answers."""
    if len(n_by_group) >= MANY_GROUPS:
        return MANY_ORDERED if ordered else MANY
    small = sum(n_by_group) <= SMALL_SAMPLE or max(n_by_group) > UNEQUAL * min(n_by_group)
    return SMALL_OR_UNEQUAL if small else LARGE_SAMPLE
