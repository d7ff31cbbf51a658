"""Counts that can be made on the fingers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.describe import (
    band_labels,
    banded,
    codes_in_use,
    distribution,
    distribution_with_missing,
    missing_reasons,
    stacked,
)

NAN = float("nan")


def test_shares_are_among_those_who_answered() -> None:
    values = pd.Series(["b", "a", None, "b"], dtype="str")
    assert distribution(values, ["a", "b", "c"]).to_dict("list") == {
        "category": ["a", "b", "c"],
        "n": [1, 2, 0],
        "base": [3, 3, 3],
        "share": [pytest.approx(1 / 3), pytest.approx(2 / 3), 0],
    }


def test_nobody_answered() -> None:
    found = distribution(pd.Series([NAN, NAN]), [1.0, 2.0])
    assert found["base"].tolist() == [0, 0]
    assert found["n"].tolist() == [0, 0]
    assert found["share"].isna().all()


def test_missing_counts_who_was_asked_and_said_nothing() -> None:
    values = pd.Series(["a", "a", None, None, None], dtype="str")
    not_asked = pd.Series([False, False, False, True, True])
    found = distribution_with_missing(values, ["a", "b"], not_asked=not_asked)
    # two answers, one refusal, two never asked: the refusal is one of three
    assert found.to_dict("list") == {
        "category": ["a", "b", "(missing)"],
        "n": [2, 0, 1],
        "base": [2, 2, 3],
        "share": [1, 0, pytest.approx(1 / 3)],
    }
    everybody_said = distribution_with_missing(values[:2], ["a", "b"], not_asked=not_asked[:2])
    assert "(missing)" not in set(everybody_said["category"])


def test_bands_are_fixed_beforehand() -> None:
    assert band_labels(0, 40) == ["<1", "1–<2", "2–<5", "5–<10", "10–<20", "≥20"]
    assert band_labels(0, 5) == ["<1", "1–<2", "≥2"]
    assert band_labels(None, None) == ["<1", "1–<2", "2–<5", "5–<10", "≥10"]
    assert band_labels(0, 1) == ["all"]


def test_a_lower_end_belongs_to_its_band() -> None:
    found = banded(pd.Series([0.0, 0.9, 1.0, 1.99, 2.0, 19.9, 20.0, 40.0, NAN]), 0, 40)
    assert found.tolist()[:8] == ["<1", "<1", "1–<2", "1–<2", "2–<5", "10–<20", "≥20", "≥20"]
    assert found.isna().tolist() == [False] * 8 + [True]
    assert banded(pd.Series([0.5, NAN]), 0, 1).fillna("-").tolist() == ["all", "-"]


def test_every_band_has_a_label_and_every_value_a_band() -> None:
    for lower, upper in [(0, 40), (1, 120), (-5, 3), (None, 7), (0, None)]:
        values = pd.Series(np.linspace(-5, 130, 500)).clip(lower, upper)
        assert set(banded(values, lower, upper)) <= set(band_labels(lower, upper))


def test_half_points_stand_between_the_declared_codes() -> None:
    assert codes_in_use([1, 2, 3], pd.Series([2.5, 2.5, NAN, 1.0])) == [1, 2, 2.5, 3]


def test_reasons_are_among_those_who_were_asked() -> None:
    reasons = pd.DataFrame({"a": ["refused", None, "not_asked", "refused"], "b": [None] * 4}, dtype="str")
    found = missing_reasons(reasons, ["refused", "empty", "not_asked"], not_asked="not_asked")
    assert found["a"].to_dict("list") == {
        "reason": ["refused", "empty", "not_asked"],
        "n": [2, 0, 1],
        "base": [3, 3, 4],
        "share": [pytest.approx(2 / 3), 0, 0.25],
    }
    assert found["b"]["n"].tolist() == [0, 0, 0]
    assert found["b"]["base"].tolist() == [4, 4, 4]


def test_nobody_was_asked() -> None:
    found = missing_reasons(
        pd.DataFrame({"a": ["not_asked"]}, dtype="str"), ["refused", "not_asked"], not_asked="not_asked"
    )
    assert found["a"]["base"].tolist() == [0, 1]
    assert np.isnan(found["a"]["share"][0])
    assert found["a"]["share"][1] == 1


def test_parts_are_stacked_under_their_keys() -> None:
    parts = {("x", "1"): pd.DataFrame({"n": [1, 2]}), ("y", "2"): pd.DataFrame({"n": [3]})}
    assert stacked(parts, ["p", "q"]).to_dict("list") == {"n": [1, 2, 3], "p": ["x", "x", "y"], "q": ["1", "1", "2"]}
