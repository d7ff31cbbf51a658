"""The tables of claims and of sources on the page on method: in words, and in the language of the page."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.declare import load_study
from pipeline.present.context import Context, catalogue
from pipeline.present.pages.method.method import asked_from, claims_table, declared_text, sources_table, translated

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def shipped(context: Callable[[str], Context]) -> Context:
    """The shipped study, in Dutch; of the bundle only the name of its pool is asked."""
    study = load_study(ROOT)
    bundle = dataclasses.replace(context("nl").bundle, pool=study.params.pools[0])
    return Context(study, bundle, "nl")


def test_claims_are_named_and_their_statements_explained(context: Callable[[str], Context]) -> None:
    table = claims_table(context("en"))
    assert "T1 Those who like it have ties" in table
    assert "TIES ~ SAT &gt; 0</td>" in table
    assert r"`SAT` = " in table.split("In the statements:")[1]
    # what was predicted stands apart from what was not
    kinds = re.findall(r"<strong>([^<]+)</strong>", table)
    assert kinds == list(dict.fromkeys(kinds))
    assert kinds[0] == "Confirmatory"


def test_every_source_and_term_of_the_shipped_questionnaire_has_dutch_words(shipped: Context) -> None:
    declared = {text for source in shipped.instrument.sources.values() for text in (source.citation, source.licence)}
    said = {key.removeprefix("declared ") for key in catalogue() if key.startswith("declared ")}
    assert declared == said
    for text in said:
        assert catalogue()[f"declared {text}"]["en"] == text


def test_the_dutch_table_of_sources_has_no_english_words_around_titles(shipped: Context) -> None:
    table = sources_table(shipped)
    assert 'lang="en"' not in table
    assert not re.search(
        r"\b(the|of this|with|from|questions)\b", re.sub("The Satisfaction with Life Scale", "", table)
    )


def test_a_source_tells_which_scales_it_is_asked_for(shipped: Context) -> None:
    assert asked_from(shipped, "housing_index") == "Tevredenheid met wonen"
    assert asked_from(shipped, "background") == "achtergrond"
    assert asked_from(shipped, "ties").endswith("; en nog 4 schalen")
    # where only the answers of others come from
    assert asked_from(shipped, "cbs_cohesion_2021") == ""
    assert "Geen vragen" in sources_table(shipped)


def test_languages_of_one_status_stand_together(shipped: Context) -> None:
    assert translated(shipped, shipped.instrument.sources["cbs_neighbourhood"]) == (
        "Nederlands: origineel; Engels: concept; Arabisch en Tigrinya: ontbreekt"
    )


def test_what_has_no_words_stands_in_english_and_says_so(context: Callable[[str], Context]) -> None:
    assert declared_text(context("nl"), "by <us>") == '<span lang="en">by &lt;us&gt;</span>'
    assert declared_text(context("en"), "by <us>") == "by &lt;us&gt;"
