"""Profiles of a study: the same thing asked of several places."""

from __future__ import annotations

from pathlib import Path

import pytest
from declare_help import only_problem, spoil

from pipeline.declare import load_study

STUDY, TINY = "surveys/study.yaml", "surveys/instruments/tiny@1.yaml"
LAST = "languages: [nl, en]"
PROFILE = """
profiles:
  - name: content
    title: {nl: Tevreden, en: Content}
    places:
      - {name: here, score: SAT, label: {nl: hier, en: here}}
      - {name: there, score: TIES, label: {nl: daar, en: there}}
"""


@pytest.fixture
def profiled(tiny_folder: Path) -> Path:
    """The tiny study with a profile of two scales, which have one range for once."""
    spoil(tiny_folder, TINY, "rule: sum\n    minimum_answered: all\n    lower: 3\n    upper: 15", "rule: mean\n"
          "    minimum_answered: all\n    lower: 1\n    upper: 5")  # fmt: skip
    spoil(tiny_folder, TINY, "lower: 3, upper: 8", "lower: 1, upper: 2")
    spoil(tiny_folder, TINY, "lower: 9, upper: 15", "lower: 3, upper: 5")
    spoil(tiny_folder, STUDY, LAST, LAST + PROFILE)
    return tiny_folder


def test_a_profile_is_read(profiled: Path) -> None:
    (profile,) = load_study(profiled).declaration.profiles
    assert [(place.name, place.score) for place in profile.places] == [("here", "SAT"), ("there", "TIES")]


def test_a_study_need_not_have_profiles(tiny_folder: Path) -> None:
    assert load_study(tiny_folder).declaration.profiles == []


@pytest.mark.parametrize(
    ("old", "new", "key", "code"),
    [
        ("score: TIES", "score: TIE", "profiles[content].places[there].score", "outcome_absent"),
        ("score: TIES", "score: SAT", "profiles[content].places[there].score", "twice"),
        ("name: there", "name: here", "profiles[content].places[here].name", "twice"),
        ("name: there", "name: project", "profiles[content].places[project].name", "reserved_name"),
        ("name: content", "name: all", "profiles[all].name", "reserved_name"),
        ("label: {nl: daar, en: there}", "label: {en: there}", "profiles[content].places[there].label", "text_missing"),
        ("title: {nl: Tevreden, en: Content}", "title: {en: Content}", "profiles[content].title", "text_missing"),
    ],
)
def test_a_profile_that_does_not_fit(profiled: Path, old: str, new: str, key: str, code: str) -> None:
    line = spoil(profiled, STUDY, old, new)
    problem = only_problem(profiled)
    assert (problem.code, problem.path, problem.key, problem.line) == (code, profiled / STUDY, key, line)


def test_places_whose_scores_have_another_range(tiny_folder: Path) -> None:
    spoil(tiny_folder, STUDY, LAST, LAST + PROFILE)  # a mean from 1 to 5, a sum from 3 to 15
    problem = only_problem(tiny_folder)
    assert (problem.code, problem.key) == ("profile_range", "profiles[content].places[there].score")
    assert "TIES" in problem.in_language("nl") and "SAT" in problem.in_language("en")


def test_one_place_is_no_profile(profiled: Path) -> None:
    spoil(profiled, STUDY, "      - {name: there, score: TIES, label: {nl: daar, en: there}}\n", "")
    assert only_problem(profiled).key == "profiles[content].places"


def test_two_profiles_of_one_name(profiled: Path) -> None:
    again = PROFILE.replace("\nprofiles:\n", "")
    spoil(profiled, STUDY, PROFILE, PROFILE.rstrip("\n") + "\n" + again)
    problem = only_problem(profiled)
    assert (problem.code, problem.key) == ("twice", "profiles[content].name")
