"""Simulated waves from declared parameters: latent variables, ordinal answers, and how real residents fill in forms.

``parameters`` says in which metric everything is declared, ``truth`` what an analysis should find.
"""

from analysis.simulate.parameters import ParameterError, Parameters, read_parameters, without_effects
from analysis.simulate.truth import true_effects, true_model_effects, true_score_effects
from analysis.simulate.wave import ProjectDesign, SimulatedWave, WaveDesign, simulate_wave

__all__ = [
    "ParameterError",
    "Parameters",
    "ProjectDesign",
    "SimulatedWave",
    "WaveDesign",
    "read_parameters",
    "simulate_wave",
    "true_effects",
    "true_model_effects",
    "true_score_effects",
    "without_effects",
]
