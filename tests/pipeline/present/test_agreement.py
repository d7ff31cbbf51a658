"""What the pictures of kinds of projects show, in sentences: which differences are clear, and whether that holds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from pipeline.present.context import Context
from pipeline.present.pages.projects.agreement import left_out_told, ways_told
from pipeline.present.pages.projects.left_out import NOBODY
from pipeline.present.pages.projects.projects import summary
from pipeline.present.words.contrasts import Pair

MakeContext = Callable[..., Context]
Tables = dict[str, pd.DataFrame]
PLACE = Pair("SAT", "place")


def of(table: pd.DataFrame, **values: str) -> pd.Series:
    """Which rows of ``table`` have these values."""
    return (table[list(values)] == pd.Series(values)).all(axis=1)


def test_clear_differences_are_told_by_trait_with_the_higher_kind_first(
    context_of: MakeContext, tables: Tables
) -> None:
    table = tables["trait_contrasts"].assign(pvalue_adjusted=0.2)
    clear = of(table, trait="place", method="project_means")
    table.loc[clear, "pvalue_adjusted"] = 0.01
    table.loc[clear & (table["outcome"] == "TIES"), ["effect_size", "estimate"]] = [-0.5, -0.4]
    told = summary(context_of("en", trait_contrasts=table))
    assert told.startswith("We compared two outcomes by")
    assert "Two of the four differences are clear" in told
    assert "- **Place**: ‘in the centre’ scores higher than ‘at the edge’ on satisfaction (" in told
    assert told.index("On ties (") < told.index("scores lower.")
    assert told.endswith("The other differences may be chance.")
    only = table.assign(pvalue_adjusted=0.2)
    only.loc[clear & (only["outcome"] == "TIES"), "pvalue_adjusted"] = 0.01
    told = summary(context_of("nl", trait_contrasts=only.assign(effect_size=-only["effect_size"].abs())))
    assert "Eén van de vier verschillen is duidelijk" in told
    assert "‘in het centrum’ scoort lager dan ‘aan de rand’ op banden" in told


def test_no_difference_and_none_that_is_known_are_told_apart(context_of: MakeContext, tables: Tables) -> None:
    table = tables["trait_contrasts"]
    assert "No difference is sure enough" in summary(context_of("en", trait_contrasts=table.assign(pvalue_adjusted=1)))
    hidden = table.assign(n_obs=8)
    assert "Whether they differ is not shown here" in summary(context_of("en", trait_contrasts=hidden))


@pytest.mark.parametrize(
    ("pvalue", "turned", "way", "clear"),
    [
        (0.01, False, "all 8 ways point the same way", "it is clear in every way (unadjusted p < 0.05)"),
        (0.2, False, "all 8 ways point the same way", "None of the 6 ways that allow for projects gives a clear"),
        (0.01, True, "not all ways point the same way (7 up, 1 down)", "it is clear in every way"),
    ],
)
def test_whether_the_ways_of_counting_agree(
    context_of: MakeContext, tables: Tables, pvalue: float, turned: bool, way: str, clear: str
) -> None:
    table = tables["trait_contrasts"].assign(pvalue=pvalue)
    table["effect_size"] = table["effect_size"].abs()
    if turned:
        table.loc[table["method"] == "persons", "effect_size"] *= -1
    told = ways_told(context_of("en", trait_contrasts=table), PLACE)
    assert told.startswith(way)
    assert clear in told


def test_whether_one_project_turns_a_difference(context_of: MakeContext, tables: Tables) -> None:
    table = tables["contrast_left_out"]
    alone = table["left_out"] != NOBODY
    told = left_out_told(context_of("en"), [PLACE])
    assert told.startswith("Whichever project we leave out: the difference that claims are about is not reversed.")
    clear = table.assign(pvalue=np.where(alone, 0.2, 0.01))
    told = left_out_told(context_of("en", contrast_left_out=clear), [PLACE])
    assert "not always clear any more (unadjusted p < 0.05) for ‘Satisfaction: in the centre minus at the edge’" in told
    table.loc[table.index[alone][0], "effect_size"] = -0.1
    assert left_out_told(context_of("nl", contrast_left_out=table), [PLACE]).startswith(
        "Zonder één project kan het verschil omdraaien bij ‘Tevredenheid: in het centrum min aan de rand’."
    )
    assert "cannot be computed, or is not shown" in left_out_told(context_of("en"), [])
