"""The deciding reason, how sure a verdict is, and what each wave says, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pandas as pd
import pytest

from analysis.claims import Reason
from analysis.claims.quality import FAULTS
from pipeline.present.bundle import Bundle
from pipeline.present.context import Context
from pipeline.present.pages.front.front import evidence_page
from pipeline.present.words.history import history_table, wave_labels
from pipeline.present.words.reasons import again_of, reason_of, sureness_of, ways_of

Of = Callable[[str], Context]


def told(context: Context, place: int = 0) -> str:
    return reason_of(context, context.study.claims.claims[place], 0.46).replace("\u00a0", " ")


def with_first(context: Context, **changed: Any) -> Context:
    """The published bundle with other values in the verdict on T1."""
    verdicts = context.bundle.tables["verdicts"].astype(object)
    for name, value in changed.items():
        verdicts.loc[0, name] = value
    return with_tables(context, verdicts=verdicts)


def with_tables(context: Context, **tables: pd.DataFrame) -> Context:
    bundle = context.bundle
    return replace(context, bundle=Bundle(bundle.pool, {**bundle.tables, **tables}, bundle.about))


@pytest.mark.parametrize(
    ("changed", "nl", "en"),
    [
        (
            {"verdict": "leaning", "reason": "depends_on_choices", "curve_share": 0.61},
            "Maar van de 512 analyses die ook verdedigbaar zijn, wijst 61 % die kant op. Wij vragen 80 %.",
            "But of the 512 analyses that can be defended too, 61% point that way. We ask for 80%.",
        ),
        (
            {"verdict": "not_supported", "reason": "depends_on_choices", "curve_share": 0.61},
            "wijst de andere kant op. Maar van de 512 analyses die ook verdedigbaar zijn, doet 39 % dat.",
            "The main analysis points the other way. But of the 512 analyses that can be defended too, 39% do.",
        ),
        (
            {"verdict": "leaning", "reason": "not_over_all_choices", "curve_pvalue": 0.07},
            "Maar alle 512 verdedigbare analyses samen kunnen toeval zijn (p = 0,070).",
            "But all 512 defensible analyses together may be chance (p = 0.070).",
        ),
        (
            {"verdict": "cannot_tell", "reason": "too_imprecise", "power": 0.31},
            "De kans dat deze gegevens iets laten zien dat groot genoeg is om ertoe te doen, is maar 31 %.",
            "The chance that these data show something large enough to matter is only 31%.",
        ),
        (
            {"verdict": "cannot_tell", "reason": "too_imprecise", "power": 0.31, "units": "projects"},
            "Acht projecten zijn te weinig: de kans dat ze een verschil laten zien dat ertoe doet, is maar 31 %.",
            "Eight projects are too few: the chance that they show a difference that matters is only 31%.",
        ),
        (
            {"verdict": "cannot_tell", "reason": "lies_between", "power": 0.84},
            "De kans dat deze gegevens iets laten zien dat ertoe doet, is 84 %.",
            "The chance that these data show something that matters is 84%.",
        ),
    ],
)
def test_the_reason_names_its_numbers(context: Of, changed: dict[str, Any], nl: str, en: str) -> None:
    assert nl in told(with_first(context("nl"), **changed))
    assert en in told(with_first(context("en"), **changed))


@pytest.mark.parametrize(
    ("code", "about"),
    [("unreliable:TIES", ["TIES"]), ("not_distinct:TIES-SAT", ["TIES", "SAT"]), ("not_alike:SAT-place", ["SAT"])],
)
def test_a_fault_of_measurement_names_the_scales(context: Of, code: str, about: list[str]) -> None:
    reason = FAULTS[code.partition(":")[0]]
    found = with_first(context("en"), reason=reason, quality=f"{code};unknown_alike:SAT-tenure")
    assert found.listed([found.scale(name) for name in about]) in told(found)


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("reason", get_args(Reason))
def test_every_reason_can_be_told_of_a_row_without_figures(context: Of, reason: str, language: str) -> None:
    figures = ("power", "curve_share", "curve_pvalue", "n_specifications", "n_projects")
    nothing = dict.fromkeys(figures, float("nan"))
    text = told(with_first(context(language), reason=reason, quality="", **nothing))
    assert text and "nan" not in text and "{" not in text


def test_how_sure(context: Of) -> None:
    english = context("en")
    first, second, third = english.study.claims.claims
    assert sureness_of(english, first) == (
        "97% of 512 defensible analyses point the way of the claim. Chance of seeing what just matters: 23%."
    )
    assert sureness_of(english, second).startswith("Whether other defensible analyses say the same was not examined.")
    assert sureness_of(english, third) == "48% of 512 defensible analyses point the way of the claim."  # power is told


def test_a_joint_test_that_could_not_have_told_is_named(context: Of) -> None:
    english = context("en")
    curve = english.bundle.tables["specification_curves"].iloc[:0].reindex(range(1)).assign(claim="T1")
    claim = english.study.claims.claims[0]
    said = "Whether all those ways together may be chance cannot be tested with so few projects."
    assert said in sureness_of(with_tables(english, specification_curves=curve.assign(minimum_pvalue=0.05)), claim)
    assert said not in sureness_of(with_tables(english, specification_curves=curve.assign(minimum_pvalue=0.04)), claim)


def test_nothing_is_sure_of_a_hidden_estimate(context: Of) -> None:
    found = with_first(context("en"), suppressed="group", estimate=float("nan"))
    assert sureness_of(found, found.study.claims.claims[0]) == ""
    assert told(found) == "The figure is not shown here, because it stands on too few people."


@pytest.mark.parametrize(
    ("share", "nl", "en"),
    [
        (1.0, "Alle 512 verdedigbare", "All 512 defensible"),
        (0.994, "Bijna alle 512 verdedigbare", "Nearly all 512 defensible"),
        (0.95, "wijst ruim 9 op de 10 de kant", "just over 9 in 10 point the same way"),
        (0.61, "wijst ruim 3 op de 5 de kant", "just over 3 in 5 point the same way"),
        (0.008, "wijst er bijna geen de kant", "hardly any points the same way"),
        (0.0, "wijst er niet één de kant", "none points the same way"),
    ],
)
def test_how_many_ways_of_calculating_agree(context: Of, share: float, nl: str, en: str) -> None:
    for language, said in (("nl", nl), ("en", en)):
        found = with_first(context(language), curve_share=share)  # 512 ways
        assert said in ways_of(found, found.study.claims.claims[0])


@pytest.mark.parametrize(
    ("verdict", "clear", "said"),
    [
        ("leaning", 0.048, "point the same way as the claim. It is clear in hardly any of them."),
        ("cannot_tell", 0.0, "point the same way as the claim. It is clear in none of them."),
        ("cannot_tell", 1.0, "point the same way as the claim. It is clear in all of them."),
        ("cannot_tell", float("nan"), "point the same way as the claim."),
        ("supported", 0.9, "point the same way as the claim."),
    ],
)
def test_pointing_somewhere_is_not_told_as_finding_something(
    context: Of, verdict: str, clear: float, said: str
) -> None:
    found = with_first(context("en"), verdict=verdict, curve_share=0.94)
    curve = found.bundle.tables["specification_curves"].iloc[:0].reindex(range(1))
    curves = curve.assign(claim="T1", share_significant=clear, minimum_pvalue=0.001)
    assert ways_of(with_tables(found, specification_curves=curves), found.study.claims.claims[0]).endswith(said)


def test_ways_are_not_told_of_where_none_is_known_or_shown(context: Of) -> None:
    nothing = float("nan")
    for changed in ({"curve_share": nothing}, {"estimate": nothing}, {"n_specifications": nothing}):
        found = with_first(context("en"), **changed)
        assert ways_of(found, found.study.claims.claims[0]) == ""


def test_in_how_many_waves_it_is_seen_again(context: Of) -> None:
    dutch, english = context("nl"), context("en")
    first, _, third = dutch.study.claims.claims
    assert (
        again_of(dutch, first) == "Van de twee metingen apart zegt er één hetzelfde."
    )  # leans in 2020, stands in 2022
    assert again_of(english, first) == "Of the two waves alone, one says the same."
    assert again_of(dutch, third) == ""  # nothing can be told, so there is nothing to see again
    leans, falls = (with_first(english, verdict=verdict) for verdict in ("leaning", "contradicted"))
    assert again_of(leans, first) == "Of the two waves alone, one says the same."
    assert again_of(falls, first) == "None of the two waves alone says the same: one wave is small."


def test_in_a_few_words(context: Of) -> None:
    english = context("en")
    claim = english.study.claims.claims[0]
    assert reason_of(english, claim, 0.46, short=True) == "This is probably not chance."
    counted = with_first(english, units="projects")
    assert reason_of(counted, claim, 0.46, short=True) == "It still holds when counted by project."
    long = with_first(english, reason="opposite_effect")
    assert reason_of(long, claim, 0.46, short=True) == told(long)  # no shorter words: the usual ones


def test_waves_that_begin_in_one_year_go_by_their_names(context: Of) -> None:
    english = context("en")
    waves = english.bundle.tables["waves"].assign(start=["2020-03-01", "2020-09-01"])
    names = {"tiny-2020": "tiny-2020", "tiny-2022": "tiny-2022"}
    assert wave_labels(with_tables(english, waves=waves)) == names


def test_the_table_of_waves(context: Of) -> None:
    text = history_table(context("en"))
    assert [head for head in ("2020", "2022", "Up to 2022") if f">{head}</th>" in text] == [
        "2020",
        "2022",
        "Up to 2022",
    ]
    assert "Up to 2020" not in text  # the first wave so far is the first wave
    assert text.count("Leans to yes") == 2  # T1 in 2020, T2 up to 2022


def test_of_one_wave_the_claims_say_all(context: Of) -> None:
    english = context("en")
    history = english.bundle.tables["verdict_history"].query("wave == 'tiny-2022' and scope == 'so_far'")
    one = with_tables(english, waves=english.bundle.tables["waves"].iloc[[1]], verdict_history=history)
    text = history_table(one)
    assert "<td" not in text
    assert "Its verdicts stand above" in text


@pytest.mark.parametrize(
    ("changed", "page"),
    [
        ({"statement": "difference(TIES ~ SAT, place) > 0"}, "model.qmd#tbl-path-differences"),
        ({"statement": "through > 0", "model": "other"}, "model.qmd#tbl-indirect"),
        ({"statement": "TIES ~ SAT > 0", "model": "other"}, "model.qmd#tbl-directions"),
        ({"statement": "effect(place) > 0", "model": None, "outcome": "SAT"}, "projects.qmd#tbl-contrasts"),
    ],
)
def test_every_kind_of_claim_has_a_page_with_its_evidence(context: Of, changed: dict[str, Any], page: str) -> None:
    english = context("en")
    claim = english.study.claims.claims[0].model_copy(update=changed)
    assert evidence_page(english, claim) == page
