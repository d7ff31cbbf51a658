"""Structural equation modelling: a model in lavaan syntax and a data frame in, one frozen result out."""

from analysis.sem.errors import ModelError
from analysis.sem.fit import FitResult, fit
from analysis.sem.syntax import parse, without_terms

__all__ = ["FitResult", "ModelError", "fit", "parse", "without_terms"]
