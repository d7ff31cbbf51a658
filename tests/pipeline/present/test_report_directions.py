"""Which way an arrow points, and what runs through something else: said as they stand in the tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from pipeline.present.context import Context
from pipeline.present.pages.model.directions import (
    chain_in_words,
    directions_summary,
    directions_table,
    indirect_table,
    path_in_words,
)
from pipeline.present.report import report_parts

MakeContext = Callable[..., Context]
Tables = dict[str, pd.DataFrame]


def test_paths_and_chains_are_told_in_words(context: Callable[[str], Context]) -> None:
    en = context("en")
    sat, ties = en.scale("SAT"), en.scale("TIES")
    assert path_in_words(en, "TIES ~ SAT") == f"{sat} → {ties}"
    assert path_in_words(en, "TIES ~~ SAT; SAT ~ central") == f"{ties} ↔ {sat}; {en.variable('central')} → {sat}"
    assert chain_in_words(en, "central -> SAT -> TIES") == f"{en.variable('central')} → {sat} → {ties}"
    assert chain_in_words(en, "p+q") == "p+q"


def test_the_summary_says_that_data_cannot_choose_and_why_the_main_model_is_another(
    context: Callable[[str], Context],
) -> None:
    same, beside = directions_summary(context("en"))
    assert same.startswith("The two models fit the answers exactly equally well: χ² (with degrees of freedom) is ")
    assert "So these data cannot choose a direction." in same
    # one degree of freedom more: one arrow less; 3,089.1 is more than 3,085.2
    assert "leaves out one arrow" in beside
    assert "lower is better: 3,089.1 against 3,085.2." in beside
    assert beside.endswith("By this measure the larger model is better.")
    assert "kunnen dus geen richting kiezen" in directions_summary(context("nl"))[0]


@pytest.mark.parametrize(
    ("letters", "beginning"),
    [
        (["a", "b"], "The models do not fit the answers equally well."),
        (["", ""], "The models with another direction could not be fitted"),
        (["a", ""], "The models do not fit the answers equally well."),
    ],
)
def test_the_summary_claims_no_more_than_the_letters(
    context_of: MakeContext, tables: Tables, letters: list[str], beginning: str
) -> None:
    changed = tables["directions"].assign(equivalent=letters)
    (told,) = directions_summary(context_of(directions=changed))
    assert told.startswith(beginning)


def test_without_models_the_page_says_so(context_of: MakeContext, tables: Tables) -> None:
    empty = {name: tables[name].iloc[:0] for name in ("directions", "indirect_effects")}
    parts = report_parts(context_of("nl", **empty))
    assert parts.texts["directions-summary"].startswith("Voor deze gegevens is er geen model met een andere richting")
    for part in ("table-directions", "table-indirect", "figure-indirect"):
        assert "::: {#" in parts.texts[part]
    assert "indirect.svg" not in parts.files


def test_the_main_model_stands_below_the_directions(context: Callable[[str], Context]) -> None:
    text = directions_table(context("en"))
    assert text.index("Fit equally well") < text.index("For comparison")
    assert "0.46 [0.32, 0.60]" in text.replace("\u00a0", " ")
    assert "3,089.1" in text


def test_sets_that_fit_equally_well_have_letters_only_where_there_are_several(
    context: Callable[[str], Context], context_of: MakeContext, tables: Tables
) -> None:
    assert "Fit equally well (" not in directions_table(context("en"))
    other = tables["directions"].assign(equivalent="b", model=tables["directions"]["model"] + "_too")
    text = directions_table(context_of(directions=pd.concat([tables["directions"], other], ignore_index=True)))
    assert text.index("Fit equally well (a)") < text.index("Fit equally well (b)")


def test_an_effect_without_draws_says_why_and_keeps_the_formula(context_of: MakeContext, tables: Tables) -> None:
    nothing = dict.fromkeys(("ci_lower", "ci_upper"), np.nan)
    few = tables["indirect_effects"].assign(message="few_projects", method="delta", n_draws=0, n_failed=0, **nothing)
    text = indirect_table(context_of(indirect_effects=few)).replace("\u00a0", " ")
    assert "too few projects to draw from" in text
    assert "0.06 [−0.02, 0.13]" in text


def test_failed_draws_are_told(context: Callable[[str], Context]) -> None:
    assert "1,000 (4 without a solution)" in indirect_table(context("en"))
