"""What the figure of a claim is measured in, which way round it is told, and what simulated answers were made with."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from pipeline.declare import Claim
from pipeline.declare.study import PoolLabel
from pipeline.present.context import Context
from pipeline.present.drawing.effects import Effect
from pipeline.present.pages.front.front import claims, front_parts, made_with
from pipeline.present.words.measures import measure_of, turned_said

Of = Callable[[str], Context]


def claiming(context: Context, statement: str) -> Claim:
    return context.study.claims.claims[0].model_copy(update={"statement": statement})


@pytest.mark.parametrize(
    ("statement", "nl", "en"),
    [
        ("TIES ~ SAT > 0", "gestandaardiseerd pad", "standardised path"),
        ("cor(TIES, SAT) > 0", "correlatie", "correlation"),
        ("SAT_TIES > 0", "gestandaardiseerd", "standardised"),
        ("effect(place, SAT) > 0", "standaarddeviaties: ‘in het centrum’ min ‘aan de rand’",
         "standard deviations: ‘in the centre’ minus ‘at the edge’"),
        ("effect(place, SAT) < 0", "standaarddeviaties: ‘aan de rand’ min ‘in het centrum’",
         "standard deviations: ‘at the edge’ minus ‘in the centre’"),
        ("effect(place, SAT) > effect(tenure, SAT)", "standaarddeviaties: ‘ligging’ min ‘koop of huur’",
         "standard deviations: ‘place’ minus ‘owning or renting’"),
        ("difference(TIES ~ SAT, place) > 0", "verschil van gestandaardiseerde paden",
         "difference of standardised paths"),
    ],
)  # fmt: skip
def test_every_figure_has_a_unit(context: Of, statement: str, nl: str, en: str) -> None:
    for language, said in (("nl", nl), ("en", en)):
        found = context(language)
        assert measure_of(found, claiming(found, statement)) == said


def test_a_claim_that_something_is_lower_says_how_the_tables_have_it(context: Of) -> None:
    english = context("en")
    effect = Effect(-0.38, -0.57, -0.18, 0.2, -1)
    assert turned_said(english, claiming(english, "effect(place, SAT) < 0"), effect) == (
        "(the tables have it the other way round, ‘in the centre’ minus ‘at the edge’: −0.38)"
    )
    assert turned_said(english, claiming(english, "TIES ~ SAT < 0"), effect) == (
        "(the tables have it the other way round: −0.38)"
    )
    upward = replace(effect, sign=1)
    assert turned_said(english, claiming(english, "effect(place, SAT) > 0"), upward) == ""


def test_the_unit_stands_below_the_figures_of_every_claim(context: Of) -> None:
    text = claims(context("en"))
    assert len(re.findall(r'<p class="figures"><span.*?</span><br/>(standard deviations|standardised path)', text)) == 3


@pytest.mark.parametrize("language", ["nl", "en"])
def test_what_simulated_answers_were_made_with_is_said_at_once(context: Of, language: str) -> None:
    plain = context(language)
    assert made_with(plain) == ""  # this study declares nothing of its pool
    text = PoolLabel.model_validate({
        "name": {"nl": "N", "en": "N"}, "description": {"nl": "Zonder verband.", "en": "Without effects."},
    })  # fmt: skip
    declaration = plain.study.declaration.model_copy(update={"pools": {plain.bundle.pool: text}})
    declared = replace(plain, study=replace(plain.study, declaration=declaration))
    said = {"nl": "Zonder verband. Over echte bewoners zegt het niets.",
            "en": "Without effects. It says nothing about real residents."}[language]  # fmt: skip
    assert said in front_parts(declared).texts["lead"]
