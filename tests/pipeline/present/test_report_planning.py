"""The page on the next wave: what the simulated tables say, and that they are simulated."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from pipeline.artefacts import empty_table
from pipeline.present.context import Context
from pipeline.present.pages.planning.planning import (
    needed_table,
    planning_few,
    planning_parts,
    planning_summary,
    power_table,
)
from pipeline.present.pages.planning.power_figure import described

MakeContext = Callable[..., Context]
Tables = dict[str, pd.DataFrame]
GOLDEN = Path(__file__).parent / "golden"
PAGES = Path(__file__).resolve().parents[3] / "reports" / "pages"


def cells(table: str, row: int) -> list[str]:
    """Texts of the cells of a row (headings not counted)."""
    rows = [line for line in table.splitlines() if line.startswith('<tr><th scope="row"')]
    return re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", rows[row])


def test_the_summary_says_how_many_projects_show_how_many_claims(context: Callable[[str], Context]) -> None:
    as_declared, half = planning_summary(context("en")).strip().split("\n\n")
    assert as_declared.startswith("::: {.lead}\nIf the effects are as large as declared, 19 projects")
    assert "every claim is then supported in at least 80%" in as_declared
    assert "half as large, even 20 projects" in half
    assert "no claim" in half


def test_claims_of_which_few_projects_tell_nothing_are_named(context: Callable[[str], Context]) -> None:
    few = planning_few(context("en"))
    assert few.startswith("With fewer than 8 projects nothing can be told about these claims")
    assert re.findall(r"^- (T\d) \w+", few, flags=re.MULTILINE) == ["T1", "T3"]
    assert "Met minder dan 8 projecten valt over deze conclusies niets te zeggen" in planning_few(context("nl"))


def test_where_every_wave_can_tell_nothing_is_said_of_few(context_of: MakeContext, tables: Tables) -> None:
    made = context_of(power=tables["power"].assign(n_failed=0))
    assert planning_few(made) == ""
    assert "0%:" not in planning_parts(made).texts["figure-power"]


def test_claims_that_no_size_shows_are_counted_by_why(context_of: MakeContext, tables: Tables) -> None:
    needed = tables["power_needed"].copy()
    needed.loc[needed["claim"] == "T3", ["status", "needed"]] = ["beyond", None]
    made = context_of(power_needed=needed)
    (first, *_) = planning_summary(made).split("\n\n")
    assert "10 projects" in first
    assert "two of the three claims" in first
    assert "For one more even 20 projects are too few." in first
    needed.loc[needed["claim"] == "T3", "status"] = "never"
    assert "For one the effect itself is then too small to matter." in planning_summary(context_of(power_needed=needed))


def test_relations_and_differences_stand_apart(context: Callable[[str], Context]) -> None:
    table = needed_table(context("en"))
    first, second = table.index("Association, from −1 to 1"), table.index("Difference in standard deviations")
    assert first < table.index(">T1 ") < second < table.index(">T2 ") < table.index(">T3 ")


def test_a_number_of_projects_has_its_interval_or_a_reason(context: Callable[[str], Context]) -> None:
    table = needed_table(context("en"))
    assert cells(table, 0)[1:] == ["0.60", "10 [9 to 13]".replace("9 to", "9\u00a0to").replace("to 13", "to\u00a013"),
                                   "0.30", "more than 20"]  # fmt: skip
    assert cells(table, 2)[1:] == ["−0.36", "19 [16\u00a0to\u00a0more\u00a0than\u00a020]", "−0.18", "never"]


def test_a_number_that_the_least_wave_reaches_may_be_smaller(context_of: MakeContext, tables: Tables) -> None:
    needed = tables["power_needed"].copy()
    needed.loc[0, ["needed", "needed_lower", "needed_upper"]] = 6
    needed.loc[2, ["needed", "needed_lower", "needed_upper"]] = 8
    table = needed_table(context_of(power_needed=needed))
    assert (cells(table, 0)[2], cells(table, 1)[2]) == ("6 or fewer", "8")


def test_every_simulated_verdict_is_in_the_table(context: Callable[[str], Context]) -> None:
    table = power_table(context("en"))
    assert cells(table, 0) == ["6", "0 [0,\u00a010]", "0%", "0%", "0%", "100%", "."]
    assert cells(table, 1)[:3] == ["8", "70 [60,\u00a080]", "15%"]
    assert re.findall(r"<strong>(T\d) [^<(]*\(([^<]*)\)</strong>", table)[:3] == [
        ("T1", "effects as large as declared"), ("T1", "effects half as large"), ("T2", "effects as large as declared"),
    ]  # fmt: skip
    assert table.count('<tr><th scope="row"') == 24


def test_several_numbers_of_people_stand_beside_each_other(context_of: MakeContext, tables: Tables) -> None:
    doubled = {
        name: pd.concat([tables[name], tables[name].assign(n_per_project=40)], ignore_index=True)
        for name in ("power", "power_needed")
    }
    made = context_of(**doubled)
    table = needed_table(made)
    assert f"· 25 {made.people}</strong>" in table
    assert f"· 40 {made.people}</strong>" in table
    assert "40" in power_table(made)
    # sentences and the picture speak of the first
    assert planning_summary(made).count("25") == 2


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_picture_tells_what_it_shows(context: Callable[[str], Context], language: str) -> None:
    parts = planning_parts(context(language))
    assert {"power.svg", "power-narrow.svg"} == set(parts.files)
    picture = parts.files["power.svg"]
    alternative = re.search(r'alt="([^"]+)"', parts.texts["figure-power"])
    assert alternative is not None
    assert "70" in alternative.group(1)
    assert f'<desc id="d">{alternative.group(1).split(".")[0]}' in picture.replace("&#x27;", "'")
    # solid for effects as declared, dashed for the others; a dashed line for the target in each panel
    assert len(re.findall(r"<polyline[^>]*/>", picture)) == 6
    assert len(re.findall(r"<polyline[^>]*dasharray[^>]*/>", picture)) == 3
    assert float(re.search(r'width="([\d.]+)"', parts.files["power-narrow.svg"]).group(1)) < 400  # type: ignore[union-attr]


def test_the_caption_says_that_nobody_answered(context: Callable[[str], Context]) -> None:
    assert "Simulated" in planning_parts(context("en")).texts["figure-power"]
    assert "Gesimuleerd" in planning_parts(context("nl")).texts["figure-power"]


def test_a_study_without_a_plan_says_so(context_of: MakeContext) -> None:
    made = context_of(power=empty_table("power"), power_needed=empty_table("power_needed"))
    parts = planning_parts(made)
    assert not parts.files
    assert all("has not been simulated" in text for text in parts.texts.values())
    assert "{#fig-power}" in parts.texts["figure-power"]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_page_says_what_these_figures_are_not(language: str) -> None:
    page = (PAGES / language / "planning.qmd").read_text(encoding="utf-8")
    said = {
        "nl": ("geen cijfers van het onderzoek uit 2021", "Meer mensen per project helpen daar niet tegen"),
        "en": ("no figures of the 2021 study", "More people in each project do not help"),
    }[language]
    assert all(sentence in page for sentence in said)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_parts_are_as_they_were_looked_at(context: Callable[[str], Context], language: str) -> None:
    """``GOLDEN=write pytest`` writes them anew; look at the difference before committing it."""
    parts = planning_parts(context(language))
    made = {f"{name}.md": parts.texts[name] for name in ("planning-summary", "planning-few", "table-needed")}
    made |= {"power-narrow.svg": parts.files["power-narrow.svg"]}
    folder = GOLDEN / language
    for name, content in made.items():
        if os.environ.get("GOLDEN") == "write":
            (folder / name).write_text(content, encoding="utf-8")
        assert content == (folder / name).read_text(encoding="utf-8"), name


def test_a_description_gives_every_share(context: Callable[[str], Context]) -> None:
    assert described(context("en"), [], 0.8).startswith("Share of simulated waves")
