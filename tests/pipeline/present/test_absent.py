"""What a report says where all of its results are hidden."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.present.absent import all_hidden, untold
from pipeline.present.bundle import Bundle
from pipeline.present.context import Context
from pipeline.present.markup.markdown import Column
from pipeline.present.markup.tables import numbered_table

Of = Callable[[str], Context]

WHY = "This result is not shown, to protect residents."


def with_tables(context: Context, **tables: pd.DataFrame) -> Context:
    bundle = context.bundle
    return replace(context, bundle=Bundle(bundle.pool, {**bundle.tables, **tables}, bundle.about))


def hidden(context: Context) -> Context:
    """The same, without any number of persons."""
    tables = context.bundle.tables
    return with_tables(
        context,
        response_flow=tables["response_flow"].assign(n=np.nan, suppressed="cell"),
        composition=tables["composition"].assign(n=np.nan, base=np.nan, suppressed="group"),
    )


def test_what_is_hidden_is_not_called_impossible(context: Of) -> None:
    english = context("en")
    assert not all_hidden(english)
    assert untold(english, "alike unknown") == english.say("alike unknown")
    assert untold(hidden(english), "alike unknown") == WHY


def test_without_a_flow_nothing_is_known_to_be_hidden(context: Of) -> None:
    english = hidden(context("en"))
    assert not all_hidden(with_tables(english, response_flow=english.bundle.tables["response_flow"].iloc[:0]))


def test_a_table_without_rows_is_not_called_unmeasured(context: Of) -> None:
    english, columns = context("en"), [Column("Outcome", figures=False), Column("Mean")]
    assert english.say("nothing measured") in numbered_table(english, "tbl-made-up", "Made up.", columns, [])
    assert english.say("table hidden") in numbered_table(hidden(english), "tbl-made-up", "Made up.", columns, [])
