"""Pages of single projects and corporations, and the page that lists them: what they say of made-up results."""

from __future__ import annotations

import importlib.util
import math
import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from pipeline.declare import Study
from pipeline.present.bundle import Bundle
from pipeline.present.context import Context
from pipeline.present.pages.units.entries import ascii_slug, units_of
from pipeline.present.pages.units.places import components_table, places_list, summary
from pipeline.present.pages.units.results import Estimate, Unit, others_estimate, others_of, side_of
from pipeline.present.pages.units.units import facts, response_table, results_table, trend_table, units_parts
from pipeline.present.pages.units.words import beside_kinds, lead, trend, uncapital
from pipeline.present.report import site
from pipeline.render.declaration import SiteDeclaration

MakeContext = Callable[..., Context]
Tables = dict[str, pd.DataFrame]
GOLDEN = Path(__file__).parent / "golden"
spec = importlib.util.spec_from_file_location("made_up_units", Path(__file__).parent / "made_up_units.py")
assert spec is not None and spec.loader is not None
made = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made)


@pytest.fixture
def units(tiny_study: Study, context_of: MakeContext, tables: Tables) -> MakeContext:
    """A function to the context of the made-up units, tables changed as asked."""
    made.with_toolbox(tiny_study)
    own = {
        "group_results": made.group_results(), "project_components": made.project_components(),
        "projects": made.projects(tables["projects"]),
    }  # fmt: skip

    def make(language: str = "en", **changed: pd.DataFrame) -> Context:
        return context_of(language, **{**own, **changed})

    return make


def past_the_gate(context: Context, name: str, table: pd.DataFrame) -> Context:
    """``context`` with another published table."""
    changed = {**context.bundle.tables, name: table if "suppressed" in table else table.assign(suppressed="")}
    return Context(context.study, Bundle(context.bundle.pool, changed, context.bundle.about), context.language)


def unit(context: Context, slug: str) -> Unit:
    return next(one for one in units_of(context.bundle) if one.slug == slug)


def cells(text: str, row: str) -> list[str]:
    soup = BeautifulSoup(text.split("```{=html}")[1].split("```")[0], "html.parser")
    found = next(tr for tr in soup.find_all("tr") if tr.th and tr.th.get_text(strip=True) == row)
    return [td.get_text(strip=True) for td in found.find_all("td")]


def test_every_project_and_corporation_has_a_page_and_a_name(units: MakeContext) -> None:
    context = units()
    entries = site(context.study, {"tiny": context.bundle})["pools"]["tiny"]["each"]
    assert [one["slug"] for one in entries["project"]][:2] == ["project-ash", "project-birch"]
    assert entries["project"][1]["name"] == dict.fromkeys(["nl", "en"], r"Birch \& \<Sons\> \*2\*")
    assert [one["slug"] for one in entries["corporation"]] == [
        "corporation-nobody-s-homes-made-up",
        "corporation-wohnen-sohne",
    ]
    content = site(context.study, {"tiny": context.bundle})
    assert SiteDeclaration.model_validate(content).pools["tiny"].each.keys() == {"project", "corporation"}
    parts = units_parts(context)
    assert {name.split("/")[0] for name in parts.texts} == {one.slug for one in units_of(context.bundle)}


def test_names_that_would_share_a_page_get_numbers(units: MakeContext, tables: Tables) -> None:
    names = ["Één Huis", "een-huis", "متحد", "متحد ٢", "", "", "", ""]
    found = units_of(past_the_gate(units(), "projects", tables["projects"].assign(corporation=names)).bundle)
    slugs = [one.slug for one in found if one.kind == "corporation"]
    assert slugs == ["corporation-een-huis", "corporation-een-huis-2", "corporation", "corporation-2"]
    assert all(re.fullmatch(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*", slug) for slug in slugs)
    assert ascii_slug("Wohnen & Söhne") == "wohnen-sohne"


def test_without_corporations_there_is_no_such_page(context_of: MakeContext) -> None:
    context = context_of("en")
    alone = past_the_gate(context, "projects", context.bundle.tables["projects"].assign(corporation=""))
    assert list(site(alone.study, {"tiny": alone.bundle})["pools"]["tiny"]["each"]) == ["project"]
    assert len(re.findall(r"^- ", places_list(alone), flags=re.MULTILINE)) == 8


def test_a_project_below_all_others_is_said_to_be(units: MakeContext) -> None:
    context = units()
    told = lead(context, unit(context, "project-ash"))
    assert told == (
        "Ash lies clearly below the other projects on: satisfaction. On the other outcome there is no clear "
        "difference: what is to be seen may be chance."
    )
    assert "(at the edge), Ash lies clearly lower on satisfaction." in beside_kinds(
        context, unit(context, "project-ash")
    )
    told = lead(context, unit(context, "project-birch"))
    assert told.startswith("On none of the two outcomes is Birch & <Sons> *2* clearly different from the other ")
    table = made.group_results()
    ties = (table["group"] == "ash") & (table["wave"] == "all") & (table["outcome"] == "TIES")
    table.loc[ties, ["mean", "ci_lower", "ci_upper"]] = [9.0, 8.0, 10.0]
    told = lead(past_the_gate(context, "group_results", table), unit(context, "project-ash"))
    assert told == "Ash lies clearly above the other projects on: ties. Clearly below them on: satisfaction."
    dutch = units("nl")
    assert lead(dutch, unit(dutch, "project-ash")).startswith("Ash ligt duidelijk lager dan de andere projecten op: ")


def test_others_are_the_others_and_each_counts_once(units: MakeContext) -> None:
    context = units()
    ash = unit(context, "project-ash")
    edge, every = others_of(context, ash)
    assert (edge.projects, len(every.projects)) == (("cedar", "fir", "larch"), 7)
    found = others_estimate(context, edge, "SAT")
    # 3.8, three times
    assert (found.mean, found.lower, found.n) == (pytest.approx(3.8), pytest.approx(3.8), 3)
    assert others_estimate(context, every, "SAT").mean == pytest.approx(np.mean([3.7, 3.8, 3.8, 3.8, 4.0, 3.8, 4.1]))
    nobodys = unit(context, "corporation-nobody-s-homes-made-up")
    (rest,) = others_of(context, nobodys)
    assert set(rest.projects) == {"cedar", "elm", "fir", "hazel", "larch", "oak"}


@pytest.mark.parametrize(
    ("own", "others", "side"),
    [
        ((3, 2, 4), (4.5, 4, 5), "alike"), ((3, 2, 4), (4.5, 4.1, 5), "lower"), ((5.2, 5.1, 6), (4.5, 4, 5), "higher"),
        ((3, math.nan, math.nan), (4.5, 4, 5), "unknown"), ((3, 2, 4), (9, math.nan, math.nan), "unknown"),
    ],
)  # fmt: skip
def test_apart_are_intervals_that_do_not_touch(own: tuple[float, ...], others: tuple[float, ...], side: str) -> None:
    assert side_of(Estimate(*own), Estimate(*others)) == side


def test_the_tables_say_the_same_in_figures(units: MakeContext) -> None:
    context = units()
    ash = unit(context, "project-ash")
    row = cells(results_table(context, ash), "Satisfaction")
    # 22 persons with an sd of 0.8; three others at the edge, seven in all
    assert row[0].replace("\u00a0", " ") == "2.20 [1.85, 2.55]"
    assert row[1] == "22"
    assert row[2].replace("\u00a0", " ") == "3.80 [3.80, 3.80]"
    assert "All other projects (7)</th>" in results_table(context, ash)
    # where one of the others may not be shown on one outcome, every cell says how many there are
    table = context.bundle.tables["group_results"].copy()
    table.loc[(table["group"] == "oak") & (table["outcome"] == "TIES"), "mean"] = np.nan
    text = results_table(past_the_gate(context, "group_results", table), ash)
    assert [cells(text, name)[3].split()[-1] for name in ("Satisfaction", "Ties")] == ["(7)", "(6)"]
    assert trend_table(context, ash).count(">2020<") == 2
    response = response_table(context, unit(context, "corporation-nobody-s-homes-made-up"))
    assert cells(response, "Ash") == ["40", "28", "70%"]
    assert cells(response_table(context, ash), "2020") == ["20", "14", "70%"]


def test_what_changed_from_wave_to_wave(units: MakeContext) -> None:
    context = units()
    ash = unit(context, "project-ash")
    assert trend(context, ash).startswith("On none of the two outcomes is there a clear change from the first wave to ")
    table = made.group_results()
    later = (table["group"] == "ash") & (table["wave"] == "tiny-2022") & (table["outcome"] == "SAT")
    table.loc[later, ["mean", "ci_lower", "ci_upper"]] = [4.0, 3.5, 4.5]
    table.loc[(table["group"] == "ash") & (table["wave"] == "all"), ["mean", "ci_lower", "ci_upper"]] = [3.0, 2.5, 3.5]
    told = trend(past_the_gate(context, "group_results", table), ash)
    assert "this clearly rose: satisfaction." in told
    assert "Between 2020 and 2022 there is no clear change on one outcome." in told


def test_a_small_project_and_what_would_give_it_away_are_hidden(units: MakeContext, tables: Tables) -> None:
    results = made.group_results(made.N | {"oak": 3})  # six in all, three a wave
    # the other tables of the same people are about more of them
    others = {name: tables[name].iloc[:0] for name in ("trait_means", "reliability")}
    context = units(group_results=results, **others)
    published = context.bundle.tables["group_results"]
    shown = published[published["mean"].notna()]
    assert "oak" not in set(shown.loc[shown["division"] == "project", "group"])
    # everybody, their sizes and the other seven would tell of oak: another must be hidden beside it, or the whole
    over_all = shown[(shown["outcome"] == "SAT") & (shown["wave"] == "all")]
    projects = set(over_all.loc[over_all["division"] == "project", "group"])
    assert len(projects) < 7 or not (over_all["division"] == "all").any()
    # likewise within the centre, whose other three are birch, elm and hazel
    centre = ((over_all["division"] == "place") & (over_all["group"] == "centre")).any()
    assert not (centre and {"birch", "elm", "hazel"} <= projects)
    oak = unit(context, "project-oak")
    told = lead(context, oak)
    assert told.startswith("We show no results of Oak. There are too few answers (fewer than 10)")
    parts = units_parts(context)
    assert "To protect residents there is no picture here" in parts.texts["project-oak/figure-unit-results"]
    assert trend(context, oak) == "Results of fewer than two waves may be shown. So no trend can be seen."
    assert not any("oak" in name for name in parts.files)
    assert cells(parts.texts["project-oak/table-unit-results"], "Satisfaction")[:2] == ["x", "x"]
    # others are those that are shown, and not the ones that are hidden for oak's sake
    others = others_estimate(context, others_of(context, oak)[-1], "SAT")
    assert others.n == len(projects)


def test_a_report_without_results_has_every_part(units: MakeContext) -> None:
    nothing = made.group_results().iloc[:0]
    parts = units_parts(past_the_gate(units("nl"), "group_results", nothing))
    assert all(text.strip() and text.endswith("\n") for text in parts.texts.values())
    assert "geen antwoorden" in parts.texts["project-ash/unit-lead"]
    assert not parts.files


@pytest.mark.parametrize("language", ["nl", "en"])
def test_units_of_a_study_without_toolbox_have_every_part(context_of: MakeContext, language: str) -> None:
    parts = units_parts(context_of(language))
    assert all(text.strip() and text.endswith("\n") for text in parts.texts.values())


def test_names_are_escaped_wherever_they_stand(units: MakeContext) -> None:
    context = units()
    parts = units_parts(context)
    for text in (*parts.texts.values(), *parts.files.values(), components_table(context), places_list(context)):
        assert "<Sons>" not in text.replace("\\<Sons\\>", "")
        assert " *2*" not in re.sub(r"```.*?```", "", text, flags=re.DOTALL) or text.startswith("<svg")
    assert "laundry &lt;room&gt;" in components_table(context)


def test_the_grid_is_a_table_whose_marks_are_read_out(units: MakeContext) -> None:
    text = components_table(units())
    assert text.startswith("::: {#tbl-components}")
    soup = BeautifulSoup(text, "html.parser")
    assert [th.get_text() for th in soup.thead.find_all("th")][1:3] == ["Ash", "Birch & <Sons> *2*"]
    assert all(th.get("scope") for th in soup.find_all("th"))
    row = next(tr for tr in soup.find_all("tr") if tr.th.get_text() == "laundry <room>")
    marks = [(td["class"], td.span["aria-label"], td.span.get_text()) for td in row.find_all("td")[:-1]]
    assert marks[:3] == [(["has"], "yes", "●"), (["hasnot"], "no", "○"), (["unknown"], "not known", "–")]
    assert row.find_all("td")[-1].get_text() == "1 of 2"
    headings = [th.get_text() for th in soup.find_all("th", scope="colgroup")]
    assert headings == ["Rooms", "Other components", "Conditions"]


def test_the_list_names_every_project_once_below_its_corporation(units: MakeContext) -> None:
    text = places_list(units())
    assert len(re.findall(r"^ +- ", text, flags=re.MULTILINE)) == 8
    assert (
        text.index("Nobody\\'s Homes") < text.index("Ash") < text.index("Wohnen") < text.index("No corporation known")
    )
    assert summary(units()) == "8 projects take part, of two corporations, in two municipalities."


def test_who_took_part_is_hidden_with_a_hidden_wave(units: MakeContext) -> None:
    context = units()
    ash = unit(context, "project-ash")
    assert "<b>28</b>" in facts(context, ash)
    table = context.bundle.tables["response_by_project"].copy()
    table.loc[table["project"] == "ash", ["received", "suppressed"]] = [np.nan, "group"]
    hidden = past_the_gate(context, "response_by_project", table)
    assert "<b>not shown</b>" in facts(hidden, ash)
    assert cells(response_table(hidden, ash), "2020") == ["20", "x", "x"]


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("slug", ["project-ash", "corporation-nobody-s-homes-made-up"])
def test_golden_parts(units: MakeContext, slug: str, language: str) -> None:
    parts = units_parts(units(language))
    found = {name.split("/")[1] + ".md": text for name, text in parts.texts.items() if name.startswith(f"{slug}/")}
    found |= {name.removeprefix(f"{slug}-"): text for name, text in parts.files.items() if name.startswith(slug)}
    folder = GOLDEN / language / "units" / slug
    if os.environ.get("GOLDEN") == "write":
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in found.items():
            (folder / name).write_text(text, encoding="utf-8")
    assert found == {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}


def test_both_languages_have_the_same_parts_and_pictures(units: MakeContext) -> None:
    dutch, english = units_parts(units("nl")), units_parts(units("en"))
    assert dutch.texts.keys() == english.texts.keys()
    assert dutch.files.keys() == english.files.keys()
    assert {name.removesuffix("-narrow.svg") for name in dutch.files if "narrow" in name} == {
        name.removesuffix(".svg") for name in dutch.files if "narrow" not in name
    }


def test_inside_a_sentence() -> None:
    assert [uncapital(text) for text in ("Ties", "WHO-5", "B1")] == ["ties", "WHO-5", "B1"]
