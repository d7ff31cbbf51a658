"""What the curve, the quality of measurement and power do to a verdict; and that they only take away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from analysis.claims import Curve, Evidence, power_to_find, verdict
from analysis.claims.quality import fault_of

SUPPORTED = Evidence(
    "sd", "projects", "project_means", estimate=0.5, se=0.2, df=9, ci_lower=0.1, ci_upper=0.9, pvalue_adjusted=0.01
)
CONTRADICTED = replace(SUPPORTED, estimate=-0.5, ci_lower=-0.9, ci_upper=-0.1)
CLEAR = Curve(500, 500, 0.95, 0.004, 0.001)


def judged(evidence: Evidence, **more: Any) -> tuple[str, str]:
    return verdict(evidence, sign=1, smallest_effect=0.2, alpha=0.05, **more)


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        (None, ("supported", "clear_effect")),
        (CLEAR, ("supported", "clear_effect")),
        (replace(CLEAR, share_claimed=0.8), ("supported", "clear_effect")),
        (replace(CLEAR, share_claimed=0.799), ("leaning", "depends_on_choices")),
        (replace(CLEAR, share_claimed=np.nan), ("leaning", "depends_on_choices")),
        (replace(CLEAR, n_run=625, share_claimed=1.0), ("supported", "clear_effect")),
        (replace(CLEAR, n_run=626, share_claimed=1.0), ("leaning", "depends_on_choices")),  # those without an estimate
        (replace(CLEAR, pvalue=0.05), ("leaning", "not_over_all_choices")),
        (replace(CLEAR, pvalue=np.nan), ("leaning", "not_over_all_choices")),
        (replace(CLEAR, pvalue=0.3, minimum_pvalue=0.05), ("supported", "clear_effect")),  # it could not have told
        (replace(CLEAR, pvalue=np.nan, minimum_pvalue=np.nan), ("supported", "clear_effect")),  # there was no test
        (replace(CLEAR, n_specifications=0, share_claimed=np.nan), ("supported", "clear_effect")),
    ],
)
def test_support_must_stand_over_the_curve(curve: Curve | None, expected: tuple[str, str]) -> None:
    assert judged(SUPPORTED, curve=curve) == expected


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        (replace(CLEAR, share_claimed=0.1, pvalue=0.999), ("contradicted", "opposite_effect")),
        (replace(CLEAR, share_claimed=0.21, pvalue=0.999), ("not_supported", "depends_on_choices")),
        # of a thousand assignments, 951 lie at least as far towards the claim: 50 lie at least as far the other way
        (replace(CLEAR, share_claimed=0.1, pvalue=0.951), ("not_supported", "not_over_all_choices")),
        (replace(CLEAR, share_claimed=0.1, pvalue=0.952), ("contradicted", "opposite_effect")),
    ],
)
def test_contradiction_must_stand_over_the_curve_too(curve: Curve, expected: tuple[str, str]) -> None:
    assert judged(CONTRADICTED, curve=curve) == expected


def test_the_share_that_is_asked_is_declared() -> None:
    curve = replace(CLEAR, share_claimed=0.85)
    assert judged(SUPPORTED, curve=curve, minimum_share=0.9) == ("leaning", "depends_on_choices")


@pytest.mark.parametrize(
    ("quality", "reason"),
    [
        (["unreliable:A"], "measured_poorly"),
        (["not_alike:A-place", "not_distinct:A-B"], "not_distinct"),
        (["not_alike:A-place"], "not_measured_alike"),
    ],
)
def test_faults_of_measurement_take_away(quality: list[str], reason: str) -> None:
    assert judged(SUPPORTED, quality=quality) == ("leaning", reason)
    assert judged(CONTRADICTED, quality=quality) == ("cannot_tell", reason)
    weak = replace(SUPPORTED, ci_lower=-0.1)
    assert judged(weak, quality=quality) == judged(weak) == ("leaning", "interval_includes_zero")


def test_what_could_not_be_examined_is_no_fault() -> None:
    unknown = ["doubtful:A-B", "unknown_alike:A-place", "unknown_reliability:A", "unknown_distinct:A-B"]
    assert fault_of(unknown) is None
    assert judged(SUPPORTED, quality=unknown) == ("supported", "clear_effect")


def test_the_first_of_several_doubts_gives_the_reason() -> None:
    curve = replace(CLEAR, share_claimed=0.1)
    badly = replace(SUPPORTED, fits_badly=True)
    assert judged(badly, curve=curve, quality=["unreliable:A"]) == ("leaning", "model_fits_badly")
    assert judged(SUPPORTED, curve=curve, quality=["unreliable:A"]) == ("leaning", "measured_poorly")


def test_power_by_hand() -> None:
    # an effect of 2.801585 standard errors is found in .80 of draws: 1.959964 + .841621, the other side hardly ever
    assert power_to_find(2.801585, se=1.0, df=np.nan, alpha=0.05) == pytest.approx(0.80, abs=1e-6)
    assert power_to_find(0.0, se=1.0, df=7.0, alpha=0.05) == pytest.approx(0.025)
    # R 4.2.2: pt(qt(.975, 9), 9, ncp = 2, lower.tail = FALSE)
    assert power_to_find(0.4, se=0.2, df=9.0, alpha=0.05) == pytest.approx(0.431246007088, abs=1e-10)
    assert np.isnan(power_to_find(0.2, se=np.nan, df=9.0, alpha=0.05))


def test_power_tells_the_two_kinds_of_cannot_tell_apart() -> None:
    # the smallest effect is 3.1 standard errors, the interval 2 * 1.96: both zero and s lie in it
    precise = Evidence("sd", "persons", "mixed", estimate=0.1, se=0.2 / 3.1, df=np.nan, ci_lower=-0.03, ci_upper=0.23)
    assert norm.sf(1.959964 - 3.1) > 0.8
    assert judged(precise) == ("cannot_tell", "lies_between")
    assert judged(replace(precise, se=0.2 / 2.5)) == ("cannot_tell", "too_imprecise")
    assert judged(replace(precise, df=4.0)) == ("cannot_tell", "too_imprecise")


def test_an_estimate_without_an_interval_tells_nothing() -> None:
    unknown = replace(SUPPORTED, se=np.nan, ci_lower=np.nan, ci_upper=np.nan, pvalue=np.nan, pvalue_adjusted=np.nan)
    for estimate in (0.5, 0.1, -0.5):
        assert judged(replace(unknown, estimate=estimate)) == ("cannot_tell", "too_imprecise")


shares = st.one_of(st.floats(0, 1), st.just(float("nan")))
codes = st.sampled_from(["unreliable:A", "not_distinct:A-B", "not_alike:A-t", "doubtful:A-B", "unknown_alike:A-t"])


@settings(max_examples=500, deadline=None, derandomize=True)
@given(
    estimate=st.floats(-1, 1),
    half=st.floats(0.001, 1),
    pvalue=st.floats(0, 1),
    df=st.one_of(st.floats(1, 50), st.just(float("nan"))),
    sign=st.sampled_from([1, -1]),
    badly=st.booleans(),
    curve=st.builds(Curve, st.integers(1000, 1200), st.integers(0, 1000), shares, shares, shares),
    quality=st.sets(codes),
    share=st.floats(0.5, 1),
)
def test_curve_and_quality_never_promote(
    estimate: float, half: float, pvalue: float, df: float, sign: Any, badly: bool, curve: Curve, quality: set[str],
    share: float,
) -> None:  # fmt: skip
    """So how often a claim is supported where nothing is to be found is bounded by how often it is without them."""
    evidence = Evidence(
        "sd", "projects", "project_means", estimate=estimate, se=half / 2, df=df, ci_lower=estimate - half,
        ci_upper=estimate + half, pvalue_adjusted=pvalue, fits_badly=badly,
    )  # fmt: skip
    asked: dict[str, Any] = {"sign": sign, "smallest_effect": 0.2, "alpha": 0.05, "minimum_share": share}
    alone, _ = verdict(evidence, **asked)
    taken = {
        "supported": {"leaning"}, "contradicted": {"cannot_tell", "not_supported"}, "not_supported": {"cannot_tell"},
    }  # fmt: skip
    allowed = {alone} | taken.get(alone, set())
    for more in ({"curve": curve}, {"quality": quality}, {"curve": curve, "quality": quality}):
        assert verdict(evidence, **asked, **more)[0] in allowed
