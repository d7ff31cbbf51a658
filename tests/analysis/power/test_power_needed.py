"""How many projects a claim asks for."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.power import Needed, projects_needed, smallest_that_tells
from analysis.power.needed import pooled

TRAITS = ["place", "building"]


def needed(sizes: list[int], supported: list[float], **other: float) -> Needed:
    asked = {"target": 0.8, "confidence": 0.95, "true_effect": 0.5, "smallest_effect": 0.2, "least": 2} | other
    n = int(asked.pop("n", 100))
    return projects_needed(sizes, supported, replications=[n] * len(sizes), **asked)  # type: ignore[arg-type]


def test_falling_shares_are_pooled() -> None:
    assert pooled(np.array([0.2, 0.6, 0.4, 0.9]), np.ones(4)).tolist() == [0.2, 0.5, 0.5, 0.9]
    assert pooled(np.array([0.9, 0.6, 0.3]), np.array([1.0, 1.0, 2.0])).tolist() == pytest.approx([0.525] * 3)
    assert pooled(np.array([0.1, 0.2]), np.ones(2)).tolist() == [0.1, 0.2]


def test_the_target_is_reached_between_two_sizes() -> None:
    found = needed([8, 12, 20], [0.4, 0.7, 0.9])
    assert (found.status, found.needed) == ("reached", 16.0)
    assert found.lower < 16 < found.upper
    assert needed([8, 12], [0.85, 0.95]).needed == 8.0


def test_more_replications_narrow_the_interval() -> None:
    few, many = (needed([8, 12, 20], [0.4, 0.7, 0.9], n=n) for n in (200, 5000))
    assert few.needed == many.needed
    assert many.upper - many.lower < few.upper - few.lower


def test_nothing_is_extrapolated() -> None:
    found = needed([8, 12], [0.2, 0.75])
    assert found.status == "beyond"
    assert np.isnan(found.needed)
    assert found.lower == 12.0
    assert np.isnan(found.upper)


def test_an_effect_no_larger_than_what_matters_is_never_supported_often() -> None:
    assert needed([8, 12], [0.3, 0.4], true_effect=0.2).status == "never"
    assert needed([8, 12], [0.3, 0.4], true_effect=-0.5).status == "never"
    assert needed([8, 12], [0.3, 0.9], true_effect=float("nan")).status == "reached"


def test_sizes_that_cannot_tell_do_not_count() -> None:
    # a line from nothing with 6 projects to .9 with 8 would reach the target at 8 already, and .7 at 8 between
    assert needed([6, 8], [0.0, 0.9], least=8).needed == 8.0
    assert needed([6], [0.0], least=8).status == "beyond"


def test_the_fewest_projects_that_can_tell_anything() -> None:
    assert smallest_that_tells(TRAITS, about=["place"], minimum_units=4, most=30) == 8
    assert smallest_that_tells(TRAITS, about=TRAITS, minimum_units=4, most=30) == 8
    assert smallest_that_tells(TRAITS, about=[], minimum_units=4, most=30) == 2
    assert smallest_that_tells(TRAITS, about=["place"], minimum_units=4, most=7) == 8
