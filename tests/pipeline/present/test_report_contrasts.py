"""Differences counted in every way: those that claims are about, what they rest on, and what one project does."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.clusters.contrast import METHODS, NAIVE, Warned
from pipeline.present.context import Context
from pipeline.present.pages.model.directions import directions_parts
from pipeline.present.pages.projects.left_out import left_out_range
from pipeline.present.pages.projects.methods import (
    contrasts_table,
    designs_table,
    main_method,
    methods_parts,
    other_contrasts_table,
    warnings_told,
)
from pipeline.present.words import contrasts
from pipeline.present.words.contrasts import Pair, claimed_pairs, heading, method

MakeContext = Callable[..., Context]
Tables = dict[str, pd.DataFrame]
GOLDEN = Path(__file__).parent / "golden"
PLACE, TENURE = Pair("SAT", "place"), Pair("TIES", "tenure")


def test_the_naive_methods_are_those_of_the_analysis() -> None:
    assert contrasts.NAIVE == NAIVE


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_method_has_a_name(context: Callable[[str], Context], language: str) -> None:
    names = [method(context(language), name) for name in METHODS]
    assert len(set(names)) == len(METHODS)


def test_claims_say_which_differences_are_shown_in_every_way(context: Callable[[str], Context]) -> None:
    en = context("en")
    assert claimed_pairs(en) == [PLACE, TENURE]
    text = contrasts_table(en)
    assert heading(en, PLACE) in text.replace("&amp;", "&")
    # eight methods for a trait of projects, six for one of persons
    assert text.count('<tr><th scope="row"') == 8 + 6
    assert text.count(", too sure") == 4
    other = other_contrasts_table(en)
    # the other outcome of either trait, by the one method that would count
    assert other.count('<tr><th scope="row"') == 2
    assert "too sure" not in other


def test_a_difference_of_effects_belongs_to_the_claim_that_compares_them(
    context_of: MakeContext, tables: Tables
) -> None:
    table = tables["trait_contrasts"]
    difference = table[table["trait"] == "place"].assign(
        trait="place-tenure", n_projects_high=None, n_projects_low=None
    )
    made = context_of(trait_contrasts=pd.concat([table, difference], ignore_index=True))
    claims = made.study.claims
    turned = claims.claims[1].model_copy(update={"statement": "effect(tenure, SAT) > effect(place, SAT)"})
    study = replace(made.study, claims=claims.model_copy(update={"claims": [turned]}))
    made = replace(made, study=study)
    assert claimed_pairs(made) == [Pair("SAT", "tenure"), PLACE, Pair("SAT", "place-tenure")]


def test_warnings_name_what_they_are_about_and_the_smallest_p(context_of: MakeContext, tables: Tables) -> None:
    told = warnings_told(context_of("en"))
    assert told.startswith("Note: there are few projects,")
    assert "cannot give a p below 0.029, however large" in told
    near = tables["contrast_designs"].assign(warning="nearly_confounded")
    assert warnings_told(context_of("nl", contrast_designs=near)).startswith("Let op: kenmerken vallen bijna samen")
    none = tables["contrast_designs"].assign(warning="")
    assert warnings_told(context_of("en", contrast_designs=none)).startswith(
        "For the differences that claims are about"
    )


def test_what_one_project_does_is_told(context: Callable[[str], Context]) -> None:
    assert left_out_range(context("en"), PLACE) == ("+0.40 to +0.68", "0.100")
    assert left_out_range(context("en"), TENURE) == ("", "")
    assert "+0.40 to +0.68" in designs_table(context("en"))


def test_too_few_projects_to_leave_one_out(context_of: MakeContext, tables: Tables) -> None:
    table = tables["contrast_left_out"]
    alone = table["left_out"] != "(none)"
    figures = ["effect_size", "ci_lower", "ci_upper", "pvalue"]
    table.loc[alone, figures] = np.nan
    table.loc[alone, "refused"] = "too_few_projects"
    assert left_out_range(context_of("nl", contrast_left_out=table), PLACE) == ("te weinig projecten over", "")


def test_every_warning_has_a_phrase(context_of: MakeContext, tables: Tables) -> None:
    both = tables["contrast_designs"].assign(warning=";".join(Warned.__args__))  # type: ignore[attr-defined]
    assert "nearly coincides with another trait, few projects" in designs_table(context_of("en", contrast_designs=both))


def test_a_refused_method_gives_way_to_the_next_honest_one(context_of: MakeContext, tables: Tables) -> None:
    table = tables["trait_contrasts"]
    mixed = (table["trait"] == "tenure") & (table["method"] == "mixed")
    figures = [name for name in table.columns[table.columns.get_loc("estimate") :] if table[name].dtype == float]
    table.loc[mixed, figures] = np.nan
    table.loc[mixed, "refused"] = "no_clusters"
    assert main_method(context_of("en", trait_contrasts=table), Pair("SAT", "tenure")) == "persons"


@pytest.mark.parametrize("language", ["nl", "en"])
def test_parts_are_as_they_were_looked_at(context: Callable[[str], Context], language: str) -> None:
    """``GOLDEN=write pytest`` writes them anew; look at the difference before committing it."""
    parts = methods_parts(context(language))
    parts.take(directions_parts(context(language)))
    names = ["contrast-warnings", "table-contrasts", "table-designs", "directions-summary", "table-indirect"]
    made = {f"{name}.md": parts.texts[name] for name in names}
    made |= {name: parts.files[name] for name in ("methods.svg", "left-out-narrow.svg", "indirect.svg")}
    for name, content in made.items():
        path = GOLDEN / language / name
        if os.environ.get("GOLDEN") == "write":
            path.write_text(content, encoding="utf-8")
        assert content == path.read_text(encoding="utf-8"), name


def test_a_contrast_that_every_method_refuses_says_so_once(context_of: MakeContext, tables: Tables) -> None:
    refused = tables["trait_contrasts"].copy()
    figures = refused.select_dtypes("number").columns.difference(["n_obs", "n_obs_high", "n_obs_low"])
    refused[figures] = refused[figures].astype("float64")
    refused[figures] = float("nan")
    refused["refused"] = "too_few_projects"
    context = context_of("nl", trait_contrasts=refused)
    text = contrasts_table(context)
    assert text.count("te weinig projecten") == len(claimed_pairs(context)) > 0
    assert "Op elke manier" in text
