"""What the report says of every claim under every choice: sentences, curves, tables, and when there is nothing."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from pipeline.declare import Claim
from pipeline.present.context import Context
from pipeline.present.pages.robustness.curve_figure import Choice, Choices, Curve, draw_curve
from pipeline.present.pages.robustness.curve_tables import (
    choices_table,
    counts_table,
    joint_table,
    shares_table,
    without_table,
)
from pipeline.present.pages.robustness.curves import choice_title, curve_of, shown_of
from pipeline.present.pages.robustness.robustness import claim_figure, overview_figure, robustness_parts, summary
from pipeline.present.parts import Parts
from pipeline.present.report import report_parts

MakeContext = Callable[..., Context]
Tables = dict[str, pd.DataFrame]


def changed(context: Context, **tables: pd.DataFrame) -> Context:
    """The context of a bundle with other tables in it, as they are: what the gate hides is not tested with this."""
    bundle = dataclasses.replace(context.bundle, tables={**context.bundle.tables, **tables})
    return dataclasses.replace(context, bundle=bundle)


def claim_of(context: Context, name: str) -> Claim:
    return next(claim for claim in context.study.claims.claims if claim.id == name)


def test_the_summary_counts_ways_and_claims(context: Callable[[str], Context]) -> None:
    text = summary(context("en"))
    # 72 + 79 + 3 ways; two of three claims reach 80 %, one of them clearly
    assert "154 calculations in all. For 2 of the 3 claims at least 80% of those ways" in text
    assert "For 1 of these at least 80% do so clearly." in text
    assert "wijst minstens 80 % van die manieren" in summary(context("nl")).replace("\u00a0", " ")


def test_agreement_that_could_not_be_tested_is_no_chance_ruled_out(context: Callable[[str], Context]) -> None:
    shown = context("en")
    curves = shown.bundle.tables["specification_curves"].copy()
    curves[["pvalue_median", "minimum_pvalue"]] = 0.05
    few = changed(shown, specification_curves=curves)
    assert f"For 3 that cannot be tested with so few {shown.units}." in joint_table(few)
    assert "For none of the 3 claims can it be ruled out" in joint_table(few)
    assert "For 1 of the 3 claims chance alone rarely gives such a picture" in joint_table(shown)
    text = claim_figure(Parts(), few, claim_of(few, "T1")).replace("\\", "").replace("\u00a0", " ")
    assert "p cannot get smaller than 0.050 here (p = 0.050)" in text
    assert "may be chance too" not in text


def test_ways_without_a_result_are_on_no_side(context: Callable[[str], Context]) -> None:
    shown = context("en")
    curves = shown.bundle.tables["specification_curves"].copy()
    curves["n_run"] = curves["n_run"] * 2
    assert "For none of the 3 claims" in summary(changed(shown, specification_curves=curves))


def test_every_curve_is_folded_below_its_heading_and_its_sentence(context: Callable[[str], Context]) -> None:
    text = robustness_parts(context("en")).texts["figures-curves"]
    assert text.count('<details class="fold">') == text.count("</details>") == 3
    for claim in ("t1", "t2", "t3"):
        heading, figure = text.index(f"{{#sec-curve-{claim}}}"), text.index(f"::: {{#fig-curve-{claim}}}")
        assert heading < text.index("<summary>", heading) < figure < text.index("</details>", figure)
    assert "### T1 Those who like it have ties {#sec-curve-t1}" in text
    assert "100% of the 71 ways point the way the claim does, 99% do so clearly; 95% of the results lie between" in text
    assert "<summary>No way gave a usable result.</summary>" in text


def test_the_overview_names_every_claim_and_leads_to_its_curve(context: Callable[[str], Context]) -> None:
    table = shares_table(context("en"))
    assert '<a href="#sec-curve-t1">T1 Those who like it have ties</a>' in table
    assert re.findall(r'<td class="num">([^<]*)</td>', table)[:3] == ["100%", "99%", "100%"]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_no_table_names_a_claim_by_its_id_alone(context: Callable[[str], Context], language: str) -> None:
    for text in robustness_parts(context(language)).texts.values():
        assert not re.search(r">T[123]<", text)


def test_no_probability_is_nothing(context: Callable[[str], Context]) -> None:
    for language in ("nl", "en"):
        for text in robustness_parts(context(language)).texts.values():
            assert not re.search(r"\b0[.,]000\b", text)
    assert "(p = 0.001)" in claim_figure(Parts(), context("en"), claim_of(context("en"), "T1")).replace("\u00a0", " ")


def test_a_curve_is_sorted_and_knows_its_main_analysis(context: Callable[[str], Context]) -> None:
    curve = curve_of(context("en"), claim_of(context("en"), "T2"))
    assert curve is not None
    assert (np.diff(curve.estimates) >= 0).all()
    assert curve.main is not None and curve.estimates[curve.main] == 0.5
    assert curve.sign == 1
    axes = {choices.heading: [row.label for row in choices.rows] for choices in curve.dashboard}
    assert axes["Score"] == ["mean", "sum", "in a model"]
    assert axes["Waves"] == ["all together", "2020", "2022", "earlier ones"]
    assert [row.label for row in curve.dashboard[-1].rows] == ["all of them", "one left out"]
    # every estimate made one choice on every axis
    for choices in curve.dashboard[1:]:
        assert (np.sum([row.made for row in choices.rows], axis=0) == 1).all(), choices.heading


def test_equal_estimates_do_not_stand_by_their_choices(context: Callable[[str], Context]) -> None:
    shown = context("en")
    table = shown.bundle.tables["specifications"].copy()
    table.loc[table["claim"] == "T2", "estimate"] = 0.3
    rows = shown_of(changed(shown, specifications=table), claim_of(shown, "T2"))
    scores = rows["score"].to_numpy()
    assert (scores[1:] != scores[:-1]).sum() > 10


def test_the_caption_counts_what_is_not_there(context: Callable[[str], Context]) -> None:
    shown = context("en")
    table = shown.bundle.tables["specifications"].copy()
    hidden = table.index[(table["claim"] == "T2") & (table["status"] == "ok")][:5]
    table.loc[hidden, ["estimate", "se", "ci_lower", "ci_upper", "pvalue", "n_obs"]] = np.nan
    table.loc[hidden, "suppressed"] = "group"
    text = claim_figure(Parts(), changed(shown, specifications=table), claim_of(shown, "T2"))
    assert "72 ways of calculating" in text
    assert "Without a usable result: 2." in text
    assert "Not shown, to protect residents: 5." in text
    assert re.search(r"<td class=\"num\">5</td></tr>", counts_table(changed(shown, specifications=table)))


def test_alternative_text_tells_the_finding(context: Callable[[str], Context]) -> None:
    parts = Parts()
    text = claim_figure(parts, context("en"), claim_of(context("en"), "T1"))
    alternative = re.search(r'alt="([^"]*)"', text)
    assert alternative is not None
    assert alternative[1].startswith("71 results from low to high, from 0.36 to 0.52, the middle one 0.44. 100% lie")
    assert "The main analysis gives" in alternative[1]
    assert set(parts.files) == {"curve-t1.svg", "curve-t1-narrow.svg"}


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_claim_without_any_result_keeps_its_number(context: Callable[[str], Context], language: str) -> None:
    parts = Parts()
    text = claim_figure(parts, context(language), claim_of(context(language), "T3"))
    assert "::: {#fig-curve-t3}" in text
    assert ("gave a usable result. So there is no picture" if language == "en" else "dus geen plaatje") in text
    assert not parts.files
    assert without_table(context(language)).count("<tr>") == 1 + 3 + 3
    assert ("too few people" if language == "en" else "te weinig mensen") in without_table(context(language))


def test_without_the_stage_the_page_says_so(context: Callable[[str], Context]) -> None:
    shown = context("nl")
    names = ("specifications", "specification_curves", "specification_choices")
    nothing = changed(shown, **{name: shown.bundle.tables[name].iloc[:0] for name in names})
    parts = robustness_parts(nothing)
    assert "niet op meer dan één manier nagerekend" in parts.texts["robustness-summary"]
    assert not parts.files
    found = re.findall(r"^::: \{#((?:fig|tbl)[\w-]+)\}$", "\n".join(parts.texts.values()), flags=re.MULTILINE)
    whole = re.findall(
        r"^::: \{#((?:fig|tbl)[\w-]+)\}$", "\n".join(robustness_parts(shown).texts.values()), flags=re.MULTILINE
    )
    assert found == whole


def test_hidden_curves_say_why(context: Callable[[str], Context]) -> None:
    shown = context("en")
    curves, rows = (shown.bundle.tables[name].copy() for name in ("specification_curves", "specifications"))
    curves[["median", "lower", "upper", "share_claimed", "share_significant", "share_matters"]] = np.nan
    rows[["estimate", "ci_lower", "ci_upper", "pvalue", "n_obs"]] = np.nan
    hidden = changed(
        shown, specification_curves=curves.assign(suppressed="cell"), specifications=rows.assign(suppressed="group")
    )
    parts = robustness_parts(hidden)
    assert parts.texts["figures-curves"].count("<summary>Not shown, to protect residents.</summary>") == 3
    assert not parts.files
    assert '<td class="num">x</td>' in joint_table(hidden)
    lead = parts.texts["robustness-summary"]
    assert "What came of it is not shown, to protect residents" in lead and "For none" not in lead


def test_the_choice_that_explains_most_comes_first(context: Callable[[str], Context]) -> None:
    text = choices_table(context("en"))
    assert text.index("Projects" if "Projects" in text else "Units") < text.index("Neighbours are alike")
    cells = re.findall(r"<tr><th scope=\"row\"[^>]*>([^<]*)</th><td class=\"num\">([^<]*)</td>", text)
    assert [share for _, share in cells[:2]] == ["45%", "35%"]


def test_overview_gives_the_share_of_every_claim(context: Callable[[str], Context]) -> None:
    parts = Parts()
    text = overview_figure(parts, context("en"))
    assert "Those who like it have ties: 0.44 (0.36 to 0.52), 100%" in text
    assert "95%" in parts.files["curves.svg"]


def test_what_choices_are_called(context: Callable[[str], Context]) -> None:
    shown = context("en")
    assert choice_title(shown, "left_out", "oak") == "without Oak"
    assert choice_title(shown, "waves", "until:tiny-2020") == "up to 2020"
    assert choice_title(shown, "residents", "analysed") == shown.people


def many(n: int) -> Curve:
    rng = np.random.default_rng(7)
    estimates = np.sort(rng.normal(0.3, 0.2, n))
    groups = [
        Choices(f"axis {i}", [Choice(f"choice {j}", made == j) for j in range(4)])
        for i, made in enumerate(rng.integers(0, 4, (10, n)))
    ]
    return Curve("T", "D", estimates, estimates - 0.3, estimates + 0.3, np.abs(estimates) > 0.3, n // 2, 1, 0.2, groups)


@pytest.mark.parametrize("width", [720, 310])
def test_five_hundred_ways_are_a_small_picture_within_its_frame(
    context: Callable[[str], Context], width: float
) -> None:
    drawing = draw_curve(context("nl"), many(500), width)
    svg = drawing.render()
    assert len(svg) < 80_000
    root = ElementTree.fromstring(svg)  # noqa: S314  our own
    assert len(list(root.iter())) < 400
    for text in root.iter("{http://www.w3.org/2000/svg}text"):
        assert 0 <= float(text.get("x", "0")) <= width
        assert 0 <= float(text.get("y", "0")) <= drawing.height
    # one estimate draws too
    assert draw_curve(context("nl"), many(1), width).render()


def test_significance_is_told_without_colour(context: Callable[[str], Context]) -> None:
    curve = curve_of(context("en"), claim_of(context("en"), "T2"))
    assert curve is not None
    clear = curve.dashboard[0].rows[0]
    assert clear.label == "clear"
    assert clear.made.tolist() == curve.significant.tolist()
    svg = draw_curve(context("en"), curve, 720).render()
    # rings are drawn twice, in the colour and in that of the card
    assert svg.count('stroke-linecap="round"') == 3 + bool(curve.against.any())


def test_every_page_part_is_made_once(context: Callable[[str], Context]) -> None:
    texts = report_parts(context("en")).texts
    assert {"robustness-summary", "figure-curves", "figures-curves", "table-curves-shares", "table-choices"} <= set(
        texts
    )
