"""The front page: the answer, the facts, a row per claim."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from pipeline.present.bundle import Bundle
from pipeline.present.claims import effect_of
from pipeline.present.context import Context
from pipeline.present.drawing.effects import WIDTH, Effect, effect_picture, shared_axis
from pipeline.present.drawing.svg import text_width
from pipeline.present.pages.front.front import claims, facts, lead, legend
from pipeline.present.words.reasons import reason_of

MakeContext = Callable[..., Context]


def with_verdicts(tables: dict[str, pd.DataFrame], *found: str) -> pd.DataFrame:
    return tables["verdicts"].assign(verdict=list(found))


def test_the_lead_counts_the_verdicts(context: Callable[[str], Context]) -> None:
    assert lead(context("nl")) == (
        "Van de drie conclusies wordt er één door deze gesimuleerde gegevens gesteund."
        " Eén neigt naar ja en van één is het niet te zeggen."
        " Het duidelijkst gesteund is: *Wie graag woont heeft banden*."
    )
    assert lead(context("en")) == (
        "Of the three claims, one is supported by these simulated data."
        " One leans to yes and for one it cannot be told. Most clearly supported is: *Those who like it have ties*."
    )


@pytest.mark.parametrize(
    ("found", "start"),
    [
        (("supported",) * 3, "Alle drie conclusies worden door deze gesimuleerde gegevens gesteund. Het duidelijkst"),
        (("supported", "supported", "contradicted"), "Van de drie conclusies worden er twee door deze gesimuleerde"
         " gegevens gesteund. Eén wordt weersproken. Het"),
        (("cannot_tell",) * 3, "Van geen van de drie conclusies is met deze gesimuleerde gegevens te zeggen of"
         " ze klopt."),
        (("not_supported", "not_supported", "leaning"), "Geen van de drie conclusies wordt door deze gesimuleerde"
         " gegevens gesteund. Eén neigt naar ja en twee houden geen stand."),
    ],
)  # fmt: skip
def test_the_lead_in_every_case(
    context_of: MakeContext, tables: dict[str, pd.DataFrame], found: tuple[str, ...], start: str
) -> None:
    assert lead(context_of("nl", verdicts=with_verdicts(tables, *found))).startswith(start)


def test_four_facts(context: Callable[[str], Context]) -> None:
    told = re.findall(r"<div><b>(.*?)</b><span>(.*?)</span></div>", facts(context("nl")))
    assert [(b.replace("\u00a0", " "), s.replace("\u00a0", " ")) for b, s in told] == [
        ("180", "bewoners in deze analyse"),
        ("8", "projecten: 4 in het centrum, 4 aan de rand"),
        ("2", "metingen, 2020 tot 2022"),
        ("ruim 4 op de 5", "van wie gevraagd is, deden mee"),  # 260 of 320
    ]


def test_claims_are_grouped_by_verdict_with_word_sign_and_colour(context: Callable[[str], Context]) -> None:
    text = claims(context("nl"))
    assert re.findall(r'<article class="claim (\w+)" id="(\w+)"', text) == [
        ("supported", "t1"), ("leaning", "t2"), ("cannot_tell", "t3"),
    ]  # fmt: skip
    assert re.findall(r'<h3 class="claims">(.*?)</h3>', text) == [
        "Wat standhoudt", "Wat neigt naar ja", "Wat niet te zeggen is",
    ]  # fmt: skip
    assert re.findall(r'<span class="chip (\w+)"><svg .*?</svg>(.*?)</span>', text) == [
        ("supported", "Gesteund"), ("leaning", "Neigt naar ja"), ("cannot_tell", "Niet te zeggen"),
    ]  # fmt: skip
    assert text.count('<path d="M') == 3
    assert "T3 · verkennend" in text
    assert 'aria-label="Schatting +0,46, 95\u00a0%-interval van +0,32 tot +0,60"' in text
    assert text.count('href="model.qmd#tbl-coefficients"') == 1
    assert text.count('href="projects.qmd#tbl-contrasts"') == 2


def test_a_group_without_claims_has_no_heading_and_confirmatory_claims_come_first(
    context: Callable[[str], Context],
) -> None:
    english = context("en")
    verdicts = english.bundle.tables["verdicts"].assign(verdict=["contradicted", "not_supported", "not_supported"])
    bundle = Bundle(english.bundle.pool, {**english.bundle.tables, "verdicts": verdicts}, english.bundle.about)
    text = claims(replace(english, bundle=bundle))
    assert re.findall(r'<h3 class="claims">(.*?)</h3>', text) == ["What does not hold"]
    assert re.findall(r'id="(t\d)"', text) == ["t1", "t2", "t3"]


def test_how_large_is_said_where_there_is_something_to_size(context: Callable[[str], Context]) -> None:
    rows = re.findall(r"<article.*?</article>", claims(context("nl")))
    assert [("Hoe groot?" in row) for row in rows] == [True, True, False]  # of what cannot be told no size is told
    assert ["Hoe zeker?" in row for row in rows] == [True] * 3


def test_the_curve_is_linked_only_where_the_report_has_its_page(context_of: MakeContext) -> None:
    english = context_of("en")
    assert "robustness.qmd" not in claims(english)
    page = english.study.root / "reports" / "pages" / "en" / "robustness.qmd"
    page.parent.mkdir(parents=True)
    page.write_text("---\ntitle: Robustness\n---\n", encoding="utf-8")
    known = set(english.bundle.tables["specification_curves"]["claim"])
    assert known
    linked = re.findall(r'href="robustness\.qmd#sec-curve-(\w+)"', claims(english))
    assert set(linked) == {name.lower() for name in known}


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("supported", "De conclusie wordt door deze gesimuleerde gegevens gesteund."),
        ("leaning", "De conclusie lijkt te kloppen, maar zeker is dat met deze gesimuleerde gegevens niet."),
        ("cannot_tell", "Of de conclusie klopt, is met deze gesimuleerde gegevens niet te zeggen."),
        ("not_supported", "De conclusie wordt door deze gesimuleerde gegevens niet gesteund."),
        ("contradicted", "De conclusie wordt door deze gesimuleerde gegevens weersproken."),
    ],
)
def test_a_study_with_one_claim_is_told_of_in_one_sentence(
    context: Callable[[str], Context], verdict: str, said: str
) -> None:
    dutch = context("nl")
    one = dutch.study.claims.model_copy(update={"claims": dutch.study.claims.claims[:1]})
    verdicts = dutch.bundle.tables["verdicts"].assign(verdict=verdict)
    bundle = Bundle(dutch.bundle.pool, {**dutch.bundle.tables, "verdicts": verdicts}, dutch.bundle.about)
    assert lead(replace(dutch, study=replace(dutch.study, claims=one), bundle=bundle)) == said


class _Balanced(HTMLParser):
    """Raises when tags do not nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_rows_are_well_formed(context: Callable[[str], Context]) -> None:
    parser = _Balanced()
    parser.feed(claims(context("en")).removeprefix("```{=html}\n").removesuffix("\n```\n"))
    assert parser.open == []


def test_a_hidden_estimate_says_so_and_draws_no_number(
    context_of: MakeContext, tables: dict[str, pd.DataFrame]
) -> None:
    # 6 owners: their mean is hidden, so the difference with renters is, so the verdict's figures are
    means = tables["trait_means"]
    means.loc[means["level"] == "own", "n_obs"] = 6
    context = context_of("en", trait_means=means)
    claim = context.study.claims.claims[2]
    assert effect_of(context, claim) is None
    assert (
        reason_of(context, claim, float("nan")) == "The figure is not shown here, because it stands on too few people."
    )
    text = claims(context)
    card = text[text.index('id="t3"') :].partition("</article>")[0]
    assert "Estimate not shown" in card and '<svg class="effect' not in card
    assert "0.11" not in text


@pytest.mark.parametrize("language", ["nl", "en"])
def test_where_nothing_can_be_told_the_lead_says_so_and_why_once(
    context_of: MakeContext, tables: dict[str, pd.DataFrame], language: str
) -> None:
    judged = tables["verdicts"]
    figures = ["estimate", "ci_lower", "ci_upper"]
    open_ones = judged.assign(verdict="cannot_tell", reason="no_data", **dict.fromkeys(figures, math.nan))
    context = context_of(language, verdicts=open_ones)
    start, why = {
        "nl": ("Van geen van de drie conclusies", "Dit is in deze gegevens niet gemeten."),
        "en": ("These simulated data cannot tell for any of the three claims", "This was not measured in these data."),
    }[language]
    assert lead(context).startswith(start)
    assert lead(context).endswith(why)
    assert context.say("claims legend none") in legend(context) and "<svg" not in legend(context)
    # with another reason for one of them the lead gives none
    other = open_ones.copy()
    other.loc[other.index[0], "reason"] = "model_not_fitted"
    assert why not in lead(context_of(language, verdicts=other))


def test_right_is_what_the_claim_says(context: Callable[[str], Context]) -> None:
    """A claim that something is lower: a negative estimate stands right of zero, and reads as a plus: as claimed."""
    english = context("en")
    effect = Effect(-0.4, -0.6, -0.2, 0.2, -1)
    axis = shared_axis([effect])
    markup = effect_picture(english, "supported", effect, 0.2, axis)
    dot = float(re.search(r'class="estimate" cx="([\d.]+)"', markup).group(1))  # type: ignore[union-attr]
    assert dot > axis.at(0)
    assert "+0.40" in markup and "+0.20 to +0.60" in markup and "−" not in markup


@pytest.mark.parametrize("estimate", [-3.0, -1.0, 0.0, 0.5, 1.0, 3.0])
def test_nothing_runs_out_of_the_small_picture(context: Callable[[str], Context], estimate: float) -> None:
    effect = Effect(estimate, estimate - 0.5, estimate + 0.5, 0.2, 1)
    markup = effect_picture(context("nl"), "leaning", effect, 0.2, shared_axis([effect]), metric="std_all")
    for place in re.findall(r'(?:x1|x2|cx)="([\d.-]+)"', markup):
        assert 0 <= float(place) <= WIDTH
    found = re.search(r'<text class="num dim" x="([\d.]+)".*?>(.*?)</text>', markup)
    assert found is not None
    middle, half = float(found.group(1)), text_width(found.group(2), 13) / 2
    assert found.group(2) == "geen verband"
    assert half - 0.1 <= middle <= WIDTH - half + 0.1
    # an interval that goes on beyond the axis ends in the head of an arrow
    assert ("<path" in markup) == (abs(estimate) > 1.5)


def test_verdicts_without_estimates_say_once_why_these_are_not_shown(context_of: MakeContext) -> None:
    of = context_of("nl")
    verdicts = of.bundle.tables["verdicts"].copy()
    figures = ["estimate", "ci_lower", "ci_upper", "n_obs"]
    verdicts[figures] = float("nan")
    tables = {**of.bundle.tables, "verdicts": verdicts.assign(suppressed="group")}
    hidden = replace(of, bundle=Bundle("tiny", tables, of.bundle.about))
    assert legend(hidden).count("om bewoners te beschermen") == 1
    rows = claims(hidden)
    assert rows.count("Schatting niet getoond") == len(of.study.claims.claims)
    assert "te weinig mensen" not in rows
