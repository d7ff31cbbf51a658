"""The page of changes: the first report, a report after another one, and one that must hold nearly everything back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from pipeline.artefacts import table_contracts
from pipeline.present.bundle import Bundle
from pipeline.present.context import Context
from pipeline.present.pages.method.changes import changes_parts

MakeContext = Callable[[str], Context]


def rows(name: str, *told: tuple[object, ...]) -> pd.DataFrame:
    """Made-up rows of a published table; nobody stands behind them."""
    return pd.DataFrame(told, columns=list(table_contracts()[name].columns)).assign(suppressed="")


def earlier_tables() -> dict[str, pd.DataFrame]:
    """Two reports: the first on a wave that is gone, the second on one that was corrected and one that is as it was."""
    return {
        "earlier_waves": rows(
            "earlier_waves",
            ("r1", "tiny-2018", "1", "2018-03-01", "2018-03-31", "withdrawn"),
            ("r2", "tiny-2018", "2", "2018-03-01", "2018-03-31", "withdrawn"),
            ("r2", "tiny-2020", "2", "2020-03-01", "2020-03-31", "changed"),
        ),
        "earlier_verdicts": rows(
            "earlier_verdicts",
            ("r1", "T1", "contradicted", "clear_effect", 60, -0.2, -0.4, -0.1),
            ("r2", "T1", "leaning", "interval_includes_zero", 85, 0.31, -0.02, 0.64),
            ("r2", "T2", "leaning", "interval_includes_zero", None, None, None, None),
        ),
        "earlier_scales": rows("earlier_scales", ("r2", "SAT", 85, 0.7, 0.71, 3.25)),
    }


def earlier(**more: Any) -> dict[str, Any]:
    told = {
        "releases": [], "last": "r2", "rules_then": 2, "rules_now": 3, "held_back": {}, "share_held_back": 0.0,
        "nearly_all": False, "params": [{"key": "judge.alpha", "then": 0.1, "now": 0.05}],
    }  # fmt: skip
    return told | more


def after_another(context: Context, **more: Any) -> Context:
    """``context`` as if reports ``r1`` and ``r2`` had gone before."""
    bundle = context.bundle
    return replace(
        context,
        bundle=Bundle(bundle.pool, {**bundle.tables, **earlier_tables()}, {**bundle.about, "earlier": earlier(**more)}),
    )


def cells(markdown: str) -> list[list[str]]:
    """The rows of a table, as texts."""
    found = re.findall(r"<tr[^>]*>(.*?)</tr>", markdown, flags=re.S)
    return [
        [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.S)]
        for row in found
    ]


def test_the_first_report_says_so_and_shows_what_the_newest_wave_changed(context: MakeContext) -> None:
    parts = changes_parts(context("en"))
    text = parts.texts["changes-summary"]
    assert "This is the first report." in text
    assert "what the newest wave (2022) changed" in text
    # T1 was leaning and is supported, T2 could not be told and leans; of T3 only what stands now
    assert "Of the 2 verdicts 2 have changed: those on T1 and T2." in text
    picture = parts.files["changes.svg"]
    assert "leans to yes → supported" in picture
    assert "Up to 2020" in picture
    # that there is no earlier report is said once, without headings or tables that hold nothing
    assert parts.texts["changes-before"].startswith("The next report will show here")
    assert "#" not in parts.texts["changes-before"]
    assert "nothing is hidden for that reason yet" in parts.texts["changes-hidden"]


def test_one_wave_has_nothing_to_be_compared_with(context: MakeContext) -> None:
    made = context("nl")
    one = replace(
        made, bundle=replace(made.bundle, tables={**made.bundle.tables, "waves": made.bundle.tables["waves"].iloc[:1]})
    )
    parts = changes_parts(one)
    assert "Er is ook nog maar één meting. Na de volgende" in parts.texts["changes-summary"].replace("\\", "")
    assert not parts.files
    assert "{#fig-changes}" in parts.texts["figure-changes"] and "{#tbl-changes}" in parts.texts["table-changes"]


def test_a_later_report_is_set_beside_the_last_one(context: MakeContext) -> None:
    parts = changes_parts(after_another(context("en")))
    text = parts.texts["changes-summary"]
    assert "report before this one is called r2" in text
    assert "The wave 2022 is new." in text
    assert "The answers of the wave tiny-2020 were corrected since" in text
    assert "The wave tiny-2018 was withdrawn." in text
    assert "One of the 2 verdicts has changed: that on T1." in text
    table = cells(parts.texts["table-changes"])
    first = next(row for row in table if row[0].startswith("T1"))
    assert first[1] == "Leans to yes" and first[3] == "85" and first[4] == "Supported"
    assert "+0.31" in first[2] and "−0.20" not in first[2]  # the last report, not the first
    beside = parts.texts["changes-before"]
    assert re.findall(r"^#+ .*$", beside, flags=re.M) == [
        "### Scales {#sec-schalen-toen}",
        "### Rules and settings {#sec-instellingen}",
        "### Earlier reports {#sec-eerder}",
    ]
    numbered = re.findall(r"^::: \{#(tbl-[\w-]+)\}$", beside, flags=re.M)
    assert numbered == ["tbl-changes-scales", "tbl-changes-params", "tbl-releases"]
    scales, params, releases = map(cells, re.split(r"^### .*$", beside, flags=re.M)[1:])
    assert [row[1] for row in scales if row[0] and row[0] != "Scale"] == ["3.25"]
    assert ["judge.alpha", "0.1", "0.05"] in params
    assert ["Rules of the verdict", "version 2", "version 3"] in params
    assert [row[0] for row in releases[1:]] == ["r2", "r1"]
    assert re.search(r"tiny-2020 \(1 Mar\w* 2020 to 31 Mar\w* 2020; changed since\)", releases[1][2])


def test_numbers_of_settings_are_dutch_in_dutch(context: MakeContext) -> None:
    assert ["judge.alpha", "0,1", "0,05"] in cells(changes_parts(after_another(context("nl"))).texts["changes-before"])


def test_the_same_rules_and_waves_are_said(context: MakeContext) -> None:
    made = after_another(context("en"), rules_then=3, params=[])
    waves = [("r2", wave, "2", "2020-01-01", "2020-02-01", "kept") for wave in ("tiny-2020", "tiny-2022")]
    same = rows("earlier_waves", *waves)
    made = replace(made, bundle=replace(made.bundle, tables={**made.bundle.tables, "earlier_waves": same}))
    parts = changes_parts(made)
    assert "The waves are the same." in parts.texts["changes-summary"]
    assert "Rules and settings are the same" in parts.texts["changes-before"]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Keep using report r2"), ("nl", "Gebruik zolang het rapport r2")]
)
def test_a_report_that_must_hold_nearly_everything_back_says_what_to_do(
    context: MakeContext, language: str, words: str
) -> None:
    held = {"verdicts": 3, "item_distribution": 1200}
    made = after_another(context(language), held_back=held, share_held_back=0.93, nearly_all=True)
    text = changes_parts(made).texts["changes-hidden"]
    assert words in text.replace("\\", "")
    assert "93" in text and "`verdicts.csv`" in text
