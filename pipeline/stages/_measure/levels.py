"""Tables on the same thing at several places, compared within persons."""

from __future__ import annotations

from analysis.measurement.levels import (
    Place,
    Profile,
    level_contrasts,
    level_differences,
    level_profiles,
)
from pipeline.stages._measure.inputs import LANGUAGE, Measured, Tables, groups
from pipeline.stages._traits import trait_columns

CLUSTER = "project"


def level_tables(measured: Measured) -> Tables:
    """``level_profiles``, ``level_differences``, ``level_contrasts``; empty in a study without profiles."""
    study, analysed = measured.study, measured.analysed
    profiles = [
        Profile(profile.name, tuple(Place(place.name, place.score) for place in profile.places))
        for profile in study.declaration.profiles
    ]
    members = [group for group in groups(study, measured.instrument, analysed) if group[0] != LANGUAGE]
    confidence = measured.params.confidence
    return {
        "level_profiles": level_profiles(analysed, profiles, members, cluster=CLUSTER, confidence=confidence),
        "level_differences": level_differences(analysed, profiles, members, cluster=CLUSTER, confidence=confidence),
        "level_contrasts": level_contrasts(
            analysed, profiles, [trait_columns(trait) for trait in study.declaration.traits], cluster=CLUSTER,
            minimum_units=study.params.compare.minimum_units, confidence=confidence, adjust=study.params.compare.adjust,
        ),
    }  # fmt: skip
