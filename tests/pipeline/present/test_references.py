"""What others answered to the same items, beside what was answered here."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.declare import Reference
from pipeline.present.context import Context
from pipeline.present.pages.scales.items import draw_items, item_figure
from pipeline.present.pages.scales.references import asked_by, compared, references_parts

MakeContext = Callable[..., Context]


def with_reference(context: Context, item: str = "sat1", **changes: Any) -> Context:
    """The same study, had its questionnaire said what others answered to ``item``."""
    reference = Reference.model_validate(
        {
            "value": 0.4, "categories": [4, 5], "what": {"nl": "eens", "en": "agree"}, "year": 2021,
            "population": {"nl": "anderen", "en": "others"}, "source": "tests", **changes,
        }
    )  # fmt: skip
    instrument = context.instrument
    fields = [f.model_copy(update={"reference": [reference]}) if f.name == item else f for f in instrument.fields]
    known = {**context.study.instruments, instrument.id: instrument.model_copy(update={"fields": fields})}
    return Context(dataclasses.replace(context.study, instruments=known), context.bundle, context.language)


def hiding(table: pd.DataFrame, item: str, category: str) -> pd.DataFrame:
    """``table`` with one answer to ``item`` hidden in every group."""
    hidden = (table["item"] == item) & (table["category"] == category)
    table = table.copy()
    table.loc[hidden, ["n", "share"]] = np.nan
    return table


def test_the_share_here_is_that_of_the_same_answers(context: Callable[[str], Context]) -> None:
    context_ = with_reference(context("en"))
    rows = context_.bundle.overall("item_distribution", item="sat1")
    by_hand = rows.loc[rows["category"].isin(["4", "5"]), "n"].sum() / rows["base"].iloc[0]
    (one,) = compared(context_, context_.instrument.field_named("sat1"))
    assert one.share == pytest.approx(by_hand, abs=1e-4)
    assert one.base == rows["base"].iloc[0]


def test_both_numbers_stand_in_the_table_with_who_the_others_are(context: Callable[[str], Context]) -> None:
    table = references_parts(with_reference(context("nl"))).texts["table-references"]
    assert re.findall(r"<td[^>]*>(.*?)</td>", table) == [
        "eens", "53,3\u00a0%", "180", "40,0\u00a0%", "anderen, 2021", "Made for tests",
    ]  # fmt: skip
    assert 'scope="colgroup" colspan="3">elders</th>' in table


def test_the_bar_says_how_many_others_and_the_description_both(context: Callable[[str], Context]) -> None:
    context_ = with_reference(context("en"))
    figure = item_figure(context_, "SAT")
    assert figure is not None
    assert [bar.elsewhere is not None for bar in figure.bars] == [True, False, False, False]
    drawing = draw_items(context_, figure, 720)
    assert "I like living here: agree here 53%, elsewhere 40%." in drawing.description
    assert ">40%</text>" in drawing.render()
    assert "others, 2021; source: Made for tests" in drawing.render()
    assert drawing.render().count("<polygon") == 2  # at the bar and in the legend


def test_a_hidden_answer_leaves_nothing_to_compare(context_of: MakeContext, tables: dict[str, pd.DataFrame]) -> None:
    table = hiding(tables["item_distribution"], "sat1", "5")
    context = with_reference(context_of("en", item_distribution=table))
    (one,) = compared(context, context.instrument.field_named("sat1"))
    assert one.share is None
    figure = item_figure(context, "SAT")
    assert figure is not None
    assert not figure.has_elsewhere
    texts = references_parts(context).texts
    assert "not shown, to protect them" in texts["references-summary"]
    assert "53" not in texts["table-references"]


def test_an_answer_hidden_at_the_other_end_hides_nothing(
    context_of: MakeContext, tables: dict[str, pd.DataFrame]
) -> None:
    table = hiding(tables["item_distribution"], "sat1", "1")
    context = with_reference(context_of("en", item_distribution=table))
    (one,) = compared(context, context.instrument.field_named("sat1"))
    assert one.share is not None


@pytest.mark.parametrize(("categories", "drawn"), [([1, 2], True), ([5], True), ([2, 3], False), ([1, 5], False)])
def test_only_answers_at_one_end_are_drawn(
    context: Callable[[str], Context], categories: list[int], drawn: bool
) -> None:
    figure = item_figure(with_reference(context("en"), categories=categories), "SAT")
    assert figure is not None
    assert figure.has_elsewhere is drawn


def test_a_study_that_declares_none_says_so(context: Callable[[str], Context]) -> None:
    parts = references_parts(context("nl"))
    assert not parts.files
    assert "geen antwoorden van elders" in parts.texts["references-summary"]
    assert "::: {#fig-references}" in parts.texts["figure-references"]
    assert "::: {#tbl-references}" in parts.texts["table-references"]


def test_a_source_is_named_in_the_readers_language(context: Callable[[str], Context]) -> None:
    declared = (
        "Statistics Netherlands (CBS): agreement with statements on social cohesion in the neighbourhood,"
        " by income, 2021"
    )
    assert asked_by(context("nl"), declared) == "CBS"
    assert asked_by(context("en"), declared) == "Statistics Netherlands (CBS)"
    assert asked_by(context("nl"), "Made for tests: 2021") == "Made for tests"
