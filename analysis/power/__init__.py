"""Power before fieldwork: what a wave of so many projects would tell, by simulation from declared parameters.

A *cell* is one planned size with one strength of the effects. Each replication draws the analysed of a wave, estimates
every claim and judges it by the rules of ``analysis.claims``; ``power`` counts the verdicts, ``needed`` reads off how
many projects a claim asks for. Robustness over choices (the specification curve) is no part of it.
"""

from analysis.power.count import Tally, power_rows
from analysis.power.effects import EffectError, scaled, with_effect
from analysis.power.needed import Needed, projects_needed, smallest_that_tells
from analysis.power.plan import Cell, PlanError, PlannedClaim, PowerInputs, batches, spread
from analysis.power.replicate import replicate
from analysis.power.truth import true_effect

__all__ = [
    "Cell",
    "EffectError",
    "Needed",
    "PlanError",
    "PlannedClaim",
    "PowerInputs",
    "Tally",
    "batches",
    "power_rows",
    "projects_needed",
    "replicate",
    "scaled",
    "smallest_that_tells",
    "spread",
    "true_effect",
    "with_effect",
]
