"""What the page on who took part says: bands in words, where groups differ, which part of every project took part."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from pipeline.present.context import Context
from pipeline.present.pages.respondents.composition import category_title, composition_summary, left_out, panels
from pipeline.present.pages.respondents.respondents import composition_caption, composition_table
from pipeline.present.pages.respondents.response import response_figure, response_summary, response_table, responses
from pipeline.present.parts import Parts

MakeContext = Callable[..., Context]
Tables = dict[str, pd.DataFrame]


@pytest.mark.parametrize(
    ("band", "dutch", "english"),
    [
        ("<1", "minder dan 1", "less than 1"),
        ("1–<2", "1 tot 2", "1 to less than 2"),
        ("0.5–<10", "0,5 tot 10", "0.5 to less than 10"),
        ("≥20", "20 of meer", "20 or more"),
        ("all", "iedereen", "everybody"),
    ],
)
def test_bands_are_said_as_one_would(context: Callable[[str], Context], band: str, dutch: str, english: str) -> None:
    if band == "all":  # no band: as any other answer
        assert category_title(context("en"), "years", band) == context("en").category("years", band)
        return
    assert category_title(context("nl"), "years", band) == dutch
    assert category_title(context("en"), "years", band) == english


def test_the_summary_names_only_what_is_shown_of_both(context: Callable[[str], Context]) -> None:
    english = context("en")
    told = composition_summary(english)
    assert told.endswith(".")
    for panel in panels(english):
        for label, analysed, others in panel.rows:
            if analysed is None or others is None:
                assert f"‘{panel.title}’: {label} " not in told


def test_a_variable_without_any_share_is_one_line_and_named_below_the_picture(
    context_of: MakeContext, tables: Tables
) -> None:
    table = tables["composition"]
    name = next(name for name in dict.fromkeys(table["dimension"]) if left_out_when_hidden(context_of, table, name))
    context = context_of("en", composition=few_in(table, name))
    title = context.question(name)
    assert left_out(context) == [title]
    assert f"‘{title}’" in composition_caption(context)
    assert composition_table(context).count(">all answers</th>") == 1


def few_in(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Every answer to ``name`` given by so few that none may be shown."""
    return table.assign(n=table["n"].where(table["dimension"] != name, 2))


def left_out_when_hidden(context_of: MakeContext, table: pd.DataFrame, name: str) -> bool:
    context = context_of("en", composition=few_in(table, name))
    return left_out(context) == [context.question(name)]


def test_every_project_has_its_share_in_picture_and_table(context: Callable[[str], Context]) -> None:
    english, parts = context("en"), Parts()
    found = [one for one in responses(english) if one.share is not None]
    assert found and all(0 < (one.share or 0) <= 1 for one in found)
    text = response_figure(parts, english)
    assert "response.svg" in parts.files and "response-narrow.svg" in parts.files
    assert all(english.numbers.share(one.share or 0) in response_table(english) for one in found)
    lowest = min(one.share or 0 for one in found)
    assert english.numbers.share(lowest) in response_summary(english)
    assert "fig-response" in text


def test_without_numbers_invited_there_is_no_share(context_of: MakeContext, tables: Tables) -> None:
    context = context_of("en", response_by_project=tables["response_by_project"].assign(invited=float("nan")))
    assert "not known" in response_summary(context)
    assert "<picture" not in response_figure(Parts(), context)
