"""How large an effect is, in words: the figures by hand, and that the words never say more than the figures."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.present.bundle import Bundle
from pipeline.present.context import Context
from pipeline.present.words.effects import (
    chance_concordant,
    chance_higher,
    difference_in_words,
    effect_in_words,
    in_hundred,
    in_points,
    lowered,
    points_for_a_point,
    points_said,
)

Of = Callable[[str], Context]


def test_chance_of_scoring_higher() -> None:
    # McGraw & Wong (1992), their first example: men 69.7 (sd 2.8) and women 64.3 (2.6) inches tall, z = 5.4 / 3.82: .92
    assert chance_higher(69.7 - 64.3, 2.8, 2.6) == pytest.approx(0.92, abs=0.005)
    # the normal distribution at 0.2, 0.5 and 0.8 over the root of two: .556, .638, .714
    assert [round(chance_higher(d, 1, 1), 3) for d in (0.2, 0.5, 0.8)] == [0.556, 0.638, 0.714]
    assert chance_higher(0, 0.7, 1.3) == 0.5


def test_chance_of_being_higher_on_both() -> None:
    # arcsin(.5) is a sixth of pi: half and a sixth
    assert chance_concordant(0.5) == pytest.approx(2 / 3)
    assert [chance_concordant(r) for r in (0, 1, -1)] == [0.5, 1.0, 0.0]
    assert chance_concordant(0.3) == pytest.approx(0.597, abs=0.0005)


@given(st.floats(-5, 5), st.floats(0.1, 3), st.floats(0.1, 3))
def test_the_chances_of_the_one_and_the_other_make_up_the_whole(d: float, a: float, b: float) -> None:
    assert chance_higher(d, a, b) + chance_higher(-d, b, a) == pytest.approx(1)


def test_points_for_a_point() -> None:
    # 0.3 sd for a sd; a sd of the outcome is 5 points, of the predictor 1: 1.5 points for a point
    assert points_for_a_point(0.3, 5, 1) == pytest.approx(1.5)
    # of what is measured without error: sd times the root of the reliability, 5 * .9 and 1 * .8
    assert points_for_a_point(0.3, 5, 1, (0.81, 0.64)) == pytest.approx(0.3 * 4.5 / 0.8)


def scored(context: Context) -> Context:
    """SAT with a standard deviation of 0.8 and omega .64, TIES of 1 and .81."""
    reliability = context.bundle.tables["reliability"]
    of_ties = reliability["scale"] == "TIES"
    return bundle_with(
        context,
        reliability=reliability.assign(
            sd=of_ties.map({True: 1.0, False: 0.8}), omega=of_ties.map({True: 0.81, False: 0.64})
        ),
    )


def test_a_path_in_points_of_both_scales(context: Of) -> None:
    dutch = scored(context("nl"))
    claim = dutch.study.claims.claims[0]  # TIES ~ SAT
    names = [lowered(dutch.variable(name)) for name in ("SAT", "TIES")]
    # 0.46 * (1 * .9) / (0.8 * .8) = 0.647
    assert effect_in_words(dutch, claim, 0.46) == (
        f"Een duidelijk verband: wie 1 punt hoger scoort op {names[0]} (1 tot 5), scoort gemiddeld ruim 0,6 punt hoger"
        f" op {names[1]} (3 tot 15)."
    )
    assert "gemiddeld ruim 0,6 punt lager op" in effect_in_words(dutch, claim, -0.46)


def test_other_predictors_are_named_as_held_equal(context: Of) -> None:
    english = scored(context("en"))
    paths = english.bundle.tables["parameters"]
    other = paths[(paths["lhs"] == "TIES") & (paths["op"] == "~") & (paths["trait"] == "all")].assign(rhs="central")
    with_other = bundle_with(english, parameters=pd.concat([paths, other]))
    claim = english.study.claims.claims[0]
    assert effect_in_words(with_other, claim, 0.46).endswith(", with the same score on in the centre.")
    assert "with the same score" not in effect_in_words(english, claim, 0.46)


def test_a_path_without_what_it_takes_has_its_size_alone(context: Of) -> None:
    english = scored(context("en"))
    reliability = english.bundle.tables["reliability"]
    without = bundle_with(english, reliability=reliability.assign(omega=math.nan))
    assert effect_in_words(without, english.study.claims.claims[0], 0.46) == "A clear relation."
    assert effect_in_words(english, english.study.claims.claims[0], math.nan) == ""


def test_a_difference_in_points_and_as_a_chance(context: Of) -> None:
    plain = context("nl")
    dutch = bundle_with(
        plain, trait_contrasts=plain.bundle.tables["trait_contrasts"].assign(estimate=0.495),
        trait_means=plain.bundle.tables["trait_means"].assign(sd=0.9),
    )  # fmt: skip
    # both levels have a standard deviation of 0.9: 0.495 / 1.273 = 0.389, the normal distribution there: .651
    said = "gemiddeld bijna 0,5 punt op een schaal van 1 tot 5. Loot uit elke groep één mens: 65 van de 100 keer scoort"
    told = difference_in_words(dutch, "place", "SAT", "project_means")
    assert told == f"{said} die van ‘in het centrum’ hoger."
    contrasts = dutch.bundle.tables["trait_contrasts"]
    turned = bundle_with(dutch, trait_contrasts=contrasts.assign(estimate=-contrasts["estimate"]))
    assert difference_in_words(turned, "place", "SAT", "project_means") == f"{said} die van ‘aan de rand’ hoger."
    means = dutch.bundle.tables["trait_means"]
    without = bundle_with(dutch, trait_means=means.assign(sd=math.nan))
    assert (
        difference_in_words(without, "place", "SAT", "project_means")
        == "gemiddeld bijna 0,5 punt op een schaal van 1 tot 5."
    )
    assert difference_in_words(dutch, "place", "nothing", "project_means") == ""


@pytest.mark.parametrize(
    ("statement", "model", "estimate", "nl"),
    [
        ("cor(SAT, TIES) > 0", "tiny", 0.5,
         "wie van twee willekeurige mensen hoger scoort op SAT, scoort 67 van de 100 keer ook hoger op TIES."),
        ("cor(SAT, TIES) > 0", "tiny", -0.5,
         "wie van twee willekeurige mensen hoger scoort op SAT, scoort 67 van de 100 keer juist lager op TIES."),
    ],
)  # fmt: skip
def test_a_correlation_as_a_chance(context: Of, statement: str, model: str, estimate: float, nl: str) -> None:
    dutch = context("nl")
    claim = dutch.study.claims.claims[0].model_copy(update={"statement": statement, "model": model})
    for name in ("SAT", "TIES"):
        nl = nl.replace(name, lowered(dutch.variable(name)))
    assert effect_in_words(dutch, claim, estimate).endswith(nl)


def test_points_behind_a_difference_in_a_sentence(context: Of) -> None:
    contrasts = context("en").bundle.tables["trait_contrasts"].assign(estimate=-0.31)
    english = bundle_with(context("en"), trait_contrasts=contrasts)
    assert points_said(english, "place", "SAT", "project_means") == " (just over 0.3 points on a scale from 1 to 5)"
    assert points_said(english, "place", "nothing", "project_means") == ""


def test_chances_are_never_nothing_or_everything(context: Of) -> None:
    dutch = context("nl")
    assert in_hundred(dutch, 0.9999) == "99 van de 100 keer"
    assert in_hundred(dutch, 0.0001) == "1 van de 100 keer"


@pytest.mark.parametrize(
    ("points", "nl", "en"),
    [
        (0.04, "minder dan 0,1 punt", "less than 0.1 points"), (0.3, "0,3 punt", "0.3 points"),
        (0.49, "bijna 0,5 punt", "nearly 0.5 points"), (0.51, "ruim 0,5 punt", "just over 0.5 points"),
        (0.98, "bijna 1 punt", "nearly 1 point"), (1.31, "ruim 1,3 punt", "just over 1.3 points"),
    ],
)  # fmt: skip
def test_points(context: Of, points: float, nl: str, en: str) -> None:
    assert in_points(context("nl"), "SAT", points) == nl
    assert in_points(context("en"), "SAT", points) == en


def test_titles_inside_a_sentence() -> None:
    assert [lowered(title) for title in ("Samenhang in de buurt", "WHO-5", "")] == [
        "samenhang in de buurt",
        "WHO-5",
        "",
    ]


def bundle_with(context: Context, **tables: pd.DataFrame) -> Context:
    bundle = context.bundle
    return replace(context, bundle=Bundle(bundle.pool, {**bundle.tables, **tables}, bundle.about))
