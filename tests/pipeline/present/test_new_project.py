"""The page on new projects: advice and findings side by side, and never taken for one another."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup, Tag

from pipeline.present.bundle import Bundle
from pipeline.present.context import Context
from pipeline.present.pages.new_project.components import components_figure, components_table
from pipeline.present.pages.new_project.new_project import conditions, new_project_parts, note_on_data, summary
from pipeline.present.parts import Parts
from pipeline.present.words.components import outcome_of

Of = Callable[[str], Context]

spec = importlib.util.spec_from_file_location("made_up_toolbox", Path(__file__).parent / "made_up_toolbox.py")
assert spec is not None and spec.loader is not None
made_up = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made_up)
ROWS, evidence, with_toolbox = made_up.ROWS, made_up.evidence, made_up.with_toolbox


def cards(context: Context) -> dict[str, tuple[str, str]]:
    """Words of the advice and of the finding of every card, by condition."""
    soup = BeautifulSoup(conditions(context), "lxml")
    return {
        str(card["id"]): (words_of(card.select_one(".booklet")), words_of(card.select_one(".measured")))
        for card in soup.select("article.advice")
    }


def words_of(tag: Tag | None) -> str:
    assert tag is not None
    return tag.get_text(" ", strip=True)


def test_every_condition_says_what_is_advised_and_what_was_found(context: Of) -> None:
    found = cards(with_toolbox(context("nl")))
    assert list(found) == ["condition-near", "condition-lasting", "condition-helped"]
    assert found["condition-near"][0] == "Advies uit een verzonnen boek Alles is dichtbij."
    # the trait's own claim, T2, leans; the difference of 0.55 sd is told from the published contrast
    assert found["condition-near"][1].startswith("Gevonden in deze metingen Neigt naar ja Een duidelijk verschil:")
    lasting = unescape(found["condition-lasting"][1]).replace("\u00a0", " ")
    assert "Juist andersom In de 4 projecten die dit hebben scoren bewoners gemiddeld 0,9 punt lager op" in lasting
    assert "dan in de 4 zonder (95 %-interval −1,30 tot −0,50, op een schaal van 1 tot 5)." in lasting
    assert "Dat is waarschijnlijk geen toeval. Maar het kan ook komen door iets anders" in lasting
    assert found["condition-helped"][1] == (
        "Gevonden in deze metingen Niet te zeggen Er zijn te weinig projecten om te vergelijken: 7 met, 1 zonder,"
        " en van 0 is het niet bekend. Bekijk de cijfers"
    )


def test_advice_and_finding_are_told_apart_by_word_sign_and_frame(context: Of) -> None:
    soup = BeautifulSoup(conditions(with_toolbox(context("en"))), "lxml")
    for card in soup.select("article.advice"):
        advice, measured = card.select_one(".booklet .tag"), card.select_one(".measured .tag")
        assert advice is not None and measured is not None
        assert advice.get_text(strip=True) == "Advice from a made-up book"
        assert measured.get_text(strip=True) == "Found in these waves"
        assert advice.select_one("path")["d"] != measured.select_one("path")["d"]  # type: ignore[index]
        assert card.select(".booklet .chip") == []  # a verdict is never told of advice


@pytest.mark.parametrize(
    ("pvalue", "effect", "state", "chip"),
    [
        (0.02, 1.0, "supported", "Difference seen"), (0.02, -1.0, "contradicted", "The other way round"),
        (0.05, 1.0, "cannot_tell", "Not sure"), (0.049, 0.19, "leaning", "Not sure"),
    ],
)  # fmt: skip
def test_a_difference_is_seen_when_it_is_not_chance_and_matters(
    context: Of, pvalue: float, effect: float, state: str, chip: str
) -> None:
    row = [*ROWS["lasting", "condition"]]
    row[7], row[11] = effect, pvalue
    soup = BeautifulSoup(conditions(with_toolbox(context("en"), rows=evidence(lasting=tuple(row)))), "lxml")
    found = soup.select_one("#condition-lasting .chip")
    assert found is not None
    assert found["class"] == ["chip", state]
    assert found.get_text(strip=True) == chip


def test_a_part_that_is_nearly_a_trait_is_said_to_be(context: Of) -> None:
    row = (*ROWS["lasting", "condition"][:12], "place", 0.9, "")
    assert "Nearly the same projects also differ in place" in conditions(
        with_toolbox(context("en"), rows=evidence(lasting=row))
    )


def test_nothing_is_counted_as_seen_but_what_is(context: Of) -> None:
    english = context("en")
    assert "None of the three conditions is clearly seen in these simulated data." in summary(with_toolbox(english))
    seen = evidence(lasting=ROWS["laundry", "component"])
    assert "One of the three conditions is clearly seen" in summary(with_toolbox(english, rows=seen))
    both = evidence(lasting=ROWS["laundry", "component"], helped=ROWS["laundry", "component"])
    assert "Two of the three conditions are clearly seen" in summary(with_toolbox(english, rows=both))


def test_conditions_that_rest_on_one_claim_are_not_counted_as_two_findings(context: Of) -> None:
    english = with_toolbox(context("en"))
    near, lasting, helped = made_up.TOOLBOX.conditions
    conditions_by_place = [near, lasting.model_copy(update={"trait": "place"}), helped]
    toolbox = made_up.TOOLBOX.model_copy(update={"conditions": conditions_by_place})
    declaration = english.study.declaration.model_copy(update={"toolbox": toolbox})
    verdicts = english.bundle.tables["verdicts"].assign(verdict="supported")
    bundle = Bundle(english.bundle.pool, {**english.bundle.tables, "verdicts": verdicts}, english.bundle.about)
    both = replace(english, study=replace(english.study, declaration=declaration), bundle=bundle)
    assert "Two of the three conditions are clearly seen" in summary(both)
    assert "But they rest on one and the same finding." in summary(both)
    told = cards(both)
    assert "A clear difference" in told["condition-near"][1]
    assert re.search(r"In standard deviations: \+[\d.]+ \(95% interval", told["condition-near"][1])
    assert told["condition-lasting"][1].startswith("Found in these waves Supported This rests on the same comparison")
    seen = evidence(lasting=ROWS["laundry", "component"], helped=ROWS["laundry", "component"])
    assert "one and the same finding" not in summary(with_toolbox(context("en"), rows=seen))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_simulated_findings_advise_nobody(context: Of, language: str) -> None:
    told = note_on_data(with_toolbox(context(language)))
    assert told.startswith("::: {.callout-important}")
    assert ("Bouw hier niet op" if language == "nl" else "Do not build on it") in told
    real = note_on_data(with_toolbox(context(language), simulated=False))
    assert "computer" not in real and "callout-note" in real


def test_the_picture_holds_what_could_be_compared_and_the_list_the_rest(context: Of) -> None:
    parts = Parts()
    text = components_figure(parts, with_toolbox(context("en")))
    drawn = re.findall(r"<text[^>]*>(.*?)</text>", parts.files["evidence.svg"])
    words = " ".join(drawn).replace("\u00a0", " ")
    for name in ("Laundry &lt;room&gt; (4 with", "Garden (5 with", "Lasting (4 with"):
        assert name in words
    assert "Doctor" not in words and "Helped" not in words
    assert "- Doctor (not\u00a0known)" in text
    assert re.search(r"- Helped .*7\u00a0with,\u00a01\u00a0without", text)
    description = re.search(r'alt="(.*?)"', text)
    assert description is not None
    assert "Probably not chance: laundry &lt;room&gt; +1.00 [+0.60, +1.40]; lasting −1.00" in description.group(1)
    assert "May be chance: garden +0.11 [−0.30, +0.50]" in description.group(1)


def test_what_the_picture_shows_is_said_before_it(context: Of) -> None:
    text = components_figure(Parts(), with_toolbox(context("en")))
    said = text[: text.index("::: {#fig-evidence}")].replace("\\", "")
    assert said.startswith("Five of the 7 components and conditions can be compared. The difference is probably not")
    assert "chance for: ‘laundry <room>’ and ‘lasting’. It may be chance for: ‘garden’, " in said
    bare = with_toolbox(context("en"), rows=evidence().iloc[:0])
    assert components_figure(Parts(), bare).startswith("Of no component are there enough projects")


def test_the_table_holds_every_part(context: Of) -> None:
    soup = BeautifulSoup(components_table(with_toolbox(context("en"))), "lxml")
    rows = {words_of(row.select_one("th[scope=row]")): row for row in soup.select("tbody tr") if row.find("td")}
    assert list(rows) == ["Laundry <room>", "Garden", "In the centre", "Doctor", "Near", "Lasting", "Helped"]
    assert "too few projects" in rows["Helped"].get_text()
    assert "nearly the same as place" in rows["Garden"].get_text()
    assert "nearly the same as place; judged as claim T2" in rows["In the centre"].get_text()


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_study_without_a_toolbox_has_nothing_to_show(context: Of, language: str) -> None:
    parts = new_project_parts(context(language))
    assert all(text.strip() for text in parts.texts.values())
    assert parts.files == {}
    assert "<article" not in parts.texts["new-project-conditions"]


def test_nothing_can_be_told_when_nothing_is_published(context: Of) -> None:
    bare = with_toolbox(context("en"), rows=evidence().iloc[:0])
    found = cards(bare)
    assert "Cannot tell" in found["condition-lasting"][1]
    assert "of none of the projects is it known" in found["condition-lasting"][1]
    assert new_project_parts(bare).files == {}


def test_where_no_outcome_of_a_project_may_be_shown_one_sentence_says_so(context: Of) -> None:
    full = with_toolbox(context("en"))
    evidence = full.bundle.tables["component_evidence"].assign(n_with=0, n_without=0, refused="empty")
    projects = list(full.bundle.tables["projects"]["project"])
    results = pd.DataFrame({"group": projects, "outcome": outcome_of(full), "mean": float("nan")})
    results = results.assign(division="project", wave="all")
    tables = {**full.bundle.tables, "component_evidence": evidence, "group_results": results}
    hidden = replace(full, bundle=Bundle("tiny", tables, full.bundle.about))
    figure = components_figure(Parts(), hidden)
    assert "the outcome is shown of none of the projects" in figure
    assert "not known" not in figure and "(0" not in figure
    assert hidden.say("table hidden") in components_table(hidden)
    assert "Of too few projects the outcome may be shown" in cards(hidden)["condition-helped"][1]
