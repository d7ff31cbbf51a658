"""Typed reading of everything a study declares: ``surveys/``, ``analysis/claims.yaml``, ``params.yaml``."""

from pipeline.declare.base import Text, in_language
from pipeline.declare.claims import Claim, Claims
from pipeline.declare.instrument import (
    AnswerScale,
    Category,
    Construct,
    DerivedScore,
    Instrument,
    InstrumentField,
    Reference,
)
from pipeline.declare.load import load_study, read_crosswalk, read_declaration, read_yaml
from pipeline.declare.params import MeasureParams, Params
from pipeline.declare.problems import DeclarationError, Problem
from pipeline.declare.registry import Project, Registry
from pipeline.declare.study import Profile, Study, StudyDeclaration, Trait, TraitLevel
from pipeline.declare.wave import CrosswalkRow, Wave

__all__ = [
    "AnswerScale", "Category", "Claim", "Claims", "Construct", "CrosswalkRow", "DeclarationError", "DerivedScore",
    "Instrument", "InstrumentField", "MeasureParams", "Params", "Problem", "Profile", "Project", "Reference",
    "Registry", "Study", "StudyDeclaration", "Text", "Trait", "TraitLevel", "Wave", "in_language", "load_study",
    "read_crosswalk", "read_declaration", "read_yaml",
]  # fmt: skip
