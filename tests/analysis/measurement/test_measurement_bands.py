"""Bands of scores by hand: SWLS (Diener 2006), WHO-5 (Topp et al. 2015), and scores that no band was made for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.measurement.bands import OUTSIDE, Band, band_counts, band_of

NAN = float("nan")
SWLS = [Band(5, 9), Band(10, 14), Band(15, 19), Band(20, 20), Band(21, 25), Band(26, 30), Band(31, 35)]
WHO5 = [Band(0, 50), Band(51, 100)]


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (5, "5-9"), (9, "5-9"), (10, "10-14"), (14, "10-14"), (15, "15-19"), (19, "15-19"), (20, "20-20"),
        (21, "21-25"), (25, "21-25"), (26, "26-30"), (30, "26-30"), (31, "31-35"), (35, "31-35"),
    ],
)  # fmt: skip
def test_the_ends_of_every_swls_band(score: float, band: str) -> None:
    assert band_of(pd.Series([float(score)]), SWLS).tolist() == [band]


def test_well_being_of_fifty_is_low_and_of_fifty_two_is_not() -> None:
    # the score moves in steps of four: 48, 52; fifty can only come of half points or proration
    assert band_of(pd.Series([0.0, 48, 50, 52, 100]), WHO5).tolist() == ["0-50", "0-50", "0-50", "51-100", "51-100"]


def test_a_score_between_two_bands_is_in_the_lower_one() -> None:
    assert band_of(pd.Series([9.5, 20.75, 50.4, 9.999]), SWLS).tolist()[:2] == ["5-9", "20-20"]
    assert band_of(pd.Series([50.4]), WHO5).tolist() == ["0-50"]


def test_a_score_that_is_a_rounding_error_short_of_a_band_is_in_it() -> None:
    assert band_of(pd.Series([10 - 1e-14, 35 + 1e-14]), SWLS).tolist() == ["10-14", "31-35"]


def test_no_score_no_band_and_a_score_beyond_all_bands_is_named() -> None:
    found = band_of(pd.Series([NAN, 4.0, 36.0, 20.0]), SWLS)
    assert found.isna().tolist() == [True, False, False, False]
    assert found.tolist()[1:] == [OUTSIDE, OUTSIDE, "20-20"]


def test_counts_hold_bands_nobody_is_in() -> None:
    table = band_counts(pd.Series([5.0, 9, 20, NAN, 35]), SWLS)
    assert table["band"].tolist() == [band.name for band in SWLS]
    assert table["n"].tolist() == [2, 0, 0, 1, 0, 0, 1]
    assert table["base"].tolist() == [4] * 7
    assert table["share"].tolist() == [0.5, 0, 0, 0.25, 0, 0, 0.25]


def test_counts_of_nobody_have_no_shares() -> None:
    table = band_counts(pd.Series([NAN, NAN]), WHO5)
    assert table[["n", "base"]].to_numpy().tolist() == [[0, 0], [0, 0]]
    assert table["share"].isna().all()


def test_scores_in_no_band_are_counted_apart() -> None:
    assert band_counts(pd.Series([4.0, 5.0]), SWLS).iloc[-1].tolist() == [OUTSIDE, 1, 2, 0.5]


def test_names_are_written_as_a_person_would() -> None:
    assert [Band(0, 50).name, Band(2.5, 3).name] == ["0-50", "2.5-3"]


@given(st.lists(st.one_of(st.floats(-5, 45), st.just(NAN)), max_size=30))
def test_everybody_with_a_score_is_counted_once(scores: list[float]) -> None:
    table = band_counts(pd.Series(scores, dtype=float), SWLS)
    assert table["n"].sum() == np.isfinite(scores).sum()
    assert (table["base"] == table["n"].sum()).all()
