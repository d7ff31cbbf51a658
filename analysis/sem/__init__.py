"""Structural equation modelling: a model in lavaan syntax and data in, one frozen result out."""

from analysis.sem.errors import ModelError
from analysis.sem.fit import fit, observed_variables
from analysis.sem.moments import Moments
from analysis.sem.result import FitResult
from analysis.sem.syntax import parse, without_terms

__all__ = ["FitResult", "ModelError", "Moments", "fit", "observed_variables", "parse", "without_terms"]
