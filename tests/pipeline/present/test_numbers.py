"""Numbers in Dutch and English."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.present.words.numbers import (
    DUTCH,
    ENGLISH,
    about,
    about_count,
    date_in_words,
    in_words,
    locale_of,
    share_in_words,
    size_of_effect,
)


@pytest.mark.parametrize(
    ("value", "decimals", "signed", "dutch", "english"),
    [
        (0.421, 2, False, "0,42", "0.42"),
        (0.421, 2, True, "+0,42", "+0.42"),
        (-0.421, 2, True, "−0,42", "−0.42"),  # a minus sign, not a hyphen
        (-0.004, 2, True, "0,00", "0.00"),  # no sign on nothing
        (0.0, 1, True, "0,0", "0.0"),
        (1234567.891, 1, False, "1.234.567,9", "1,234,567.9"),
        (-1234, 0, False, "−1.234", "−1,234"),
    ],
)
def test_numbers(value: float, decimals: int, signed: bool, dutch: str, english: str) -> None:
    assert DUTCH.number(value, decimals, signed=signed) == dutch
    assert ENGLISH.number(value, decimals, signed=signed) == english


@pytest.mark.parametrize(
    ("value", "dutch"),
    [
        (0.0, "0,000"), (0.0004, "< 0,001"), (0.000499, "< 0,001"), (0.0005, "0,001"), (0.0361, "0,036"),
        (0.9994, "0,999"), (0.9996, "> 0,999"), (1.0, "> 0,999"),
    ],
)  # fmt: skip
def test_no_p_is_nothing_and_none_is_certain(value: float, dutch: str) -> None:
    expected = "< 0,001" if value == 0 else dutch
    assert DUTCH.pvalue(value).replace("\u00a0", " ") == expected


@pytest.mark.parametrize(
    ("value", "decimals", "dutch", "english"),
    [
        (0.58, 0, "58 %", "58%"), (0.0, 0, "0 %", "0%"), (1.0, 0, "100 %", "100%"),
        (0.004, 0, "< 1 %", "< 1%"), (0.996, 0, "> 99 %", "> 99%"), (0.0004, 1, "< 0,1 %", "< 0.1%"),
        (0.005, 0, "< 1 %", "< 1%"), (0.995, 0, "> 99 %", "> 99%"),
    ],
)  # fmt: skip
def test_shares_are_never_rounded_to_nobody_or_everybody(value: float, decimals: int, dutch: str, english: str) -> None:
    assert DUTCH.share(value, decimals).replace("\u00a0", " ") == dutch
    assert ENGLISH.share(value, decimals).replace("\u00a0", " ") == english


@given(st.floats(1e-9, 1 - 1e-9), st.integers(0, 2))
def test_a_share_between_nobody_and_everybody_says_so(value: float, decimals: int) -> None:
    assert ENGLISH.share(value, decimals) not in (ENGLISH.share(0, decimals), ENGLISH.share(1, decimals))


@given(st.floats(-1e6, 1e6), st.integers(0, 4))
def test_a_dutch_number_is_the_english_one_with_its_marks_swapped(value: float, decimals: int) -> None:
    swapped = str.maketrans(",.", ".,")
    assert DUTCH.number(value, decimals).translate(swapped) == ENGLISH.number(value, decimals)


def test_intervals_and_estimates() -> None:
    assert DUTCH.interval(-0.09, 0.51, signed=True) == "[−0,09; +0,51]"
    assert ENGLISH.estimate(0.21, -0.09, 0.51) == "0.21 [−0.09, 0.51]"


def test_words_dates_and_sizes() -> None:
    assert [in_words(n, "nl") for n in (0, 1, 12, 13, 1200)] == ["nul", "één", "twaalf", "13", "1.200"]
    assert in_words(3, "fr") == "three"
    assert locale_of("fr") is ENGLISH
    assert date_in_words("2021-03-05", "nl") == "5 mrt. 2021"
    assert date_in_words("2021-03-05", "en") == "5 Mar 2021"
    assert [size_of_effect(v, "std_all") for v in (0.05, -0.1, 0.3, -0.5)] == ["none", "small", "medium", "large"]
    assert [size_of_effect(v, "sd") for v in (0.1, 0.2, -0.5, 0.8, float("nan"))] == [
        "none", "small", "medium", "large", "none",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("count", "nl", "en"),
    [
        (0, "0", "0"), (49, "49", "49"), (50, "50", "50"),
        (51, "ruim 50", "just over 50"), (58, "bijna 60", "nearly 60"),
        (100, "100", "100"), (319, "bijna 320", "nearly 320"), (899, "bijna 900", "nearly 900"), (900, "900", "900"),
        (902, "ruim 900", "just over 900"), (998, "bijna 1.000", "nearly 1,000"),
        (1234, "ruim 1.200", "just over 1,200"),
    ],
)  # fmt: skip
def test_counts_in_running_text(count: int, nl: str, en: str) -> None:
    assert about_count(count, "nl") == nl
    assert about_count(count, "en") == en


@given(st.integers(0, 10**7))
def test_a_rounded_count_says_nothing_false(count: int) -> None:
    words = about_count(count, "nl").replace(".", "").split()
    named, side = int(words[-1]), words[0]
    assert {"ruim": named < count, "bijna": named > count}.get(side, named == count)
    assert abs(named - count) <= count / 20


@given(st.floats(0.001, 10, allow_nan=False), st.booleans())
def test_a_rounded_figure_says_nothing_false(value: float, negative: bool) -> None:
    text = about(-value if negative else value, 0.1, "en", 1)
    named = abs(float(text.split()[-1].replace("−", "-")))
    if text.startswith("just over"):
        assert named < value
    elif text.startswith("nearly"):
        assert named > value
    else:
        assert named == pytest.approx(value)
    assert abs(named - value) <= 0.05 + 1e-9


@pytest.mark.parametrize(
    ("share", "nl", "en"),
    [
        (0.0, "geen", "none"), (0.002, "bijna geen", "hardly any"), (0.0499, "bijna geen", "hardly any"),
        (0.05, "bijna 1 op de 10", "nearly 1 in 10"), (0.25, "1 op de 4", "1 in 4"),
        (0.26, "ruim 1 op de 4", "just over 1 in 4"),
        (1 / 3, "1 op de 3", "1 in 3"), (0.48, "bijna de helft", "nearly half"), (0.5, "de helft", "half"),
        (0.504, "de helft", "half"), (0.51, "ruim de helft", "just over half"),
        (0.61, "ruim 3 op de 5", "just over 3 in 5"),
        (0.65, "bijna 2 op de 3", "nearly 2 in 3"), (0.95, "ruim 9 op de 10", "just over 9 in 10"),
        (0.9501, "bijna allemaal", "nearly all"), (0.9999, "bijna allemaal", "nearly all"), (1.0, "allemaal", "all"),
    ],
)  # fmt: skip
def test_shares_in_words(share: float, nl: str, en: str) -> None:
    assert share_in_words(share, "nl") == nl
    assert share_in_words(share, "en") == en


@given(st.floats(0.05, 0.95))
def test_a_share_in_words_says_nothing_false(share: float) -> None:
    text = share_in_words(share, "en")
    *_, n, of = ["1", "2"] if text.endswith("half") else text.replace(" in ", " ").split()
    named = int(n) / int(of)
    side = {"just over": named < share, "nearly": named > share}
    assert next((holds for word, holds in side.items() if text.startswith(word)), abs(named - share) < 0.005)
    assert abs(named - share) <= 0.051
