"""What the report says of measurement: sentences, marks and words for what stands in the way."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from pipeline.declare import Profile
from pipeline.present.context import Context
from pipeline.present.pages.alike.ladder_tables import (
    compared_means,
    cutoffs_list,
    ladders_table,
    latent_means_summary,
)
from pipeline.present.pages.alike.ladders import Climbed, alike_summary, climbed, ladders_summary
from pipeline.present.pages.projects.clustering import clustering_summary, clustering_table
from pipeline.present.pages.projects.profiles import contrasts_table, profile_sentence
from pipeline.present.pages.respondents.nonresponse import (
    languages_table,
    methods_table,
    nonresponse_summary,
    patterns_table,
)
from pipeline.present.pages.scales.dimensions import dimensions_summary, exploratory_table
from pipeline.present.pages.scales.loadings import loading_sections
from pipeline.present.pages.scales.scores import bands_figure, reversal_table
from pipeline.present.pages.scales.validity import discriminant, shared_table

MakeContext = Callable[..., Context]
Tables = dict[str, pd.DataFrame]


def changed(context: Context, **tables: pd.DataFrame) -> Context:
    """The context of a bundle with other tables in it, as they are: what the gate hides is not tested with this."""
    marked = {name: table.assign(suppressed="") for name, table in tables.items()}
    bundle = dataclasses.replace(context.bundle, tables={**context.bundle.tables, **marked})
    return dataclasses.replace(context, bundle=bundle)


def continuous(context: Context) -> list[Climbed]:
    return list(climbed(context, "continuous", primary=True))


def cells_of(text: str, row: str) -> list[str]:
    """The cells of the first row of a table in ``text`` whose heading is ``row``."""
    line = next(line for line in text.splitlines() if f">{row}</th>" in line)
    return re.findall(r"<td[^>]*>(.*?)</td>", line)


def test_a_ladder_tells_how_each_step_ended(context: Callable[[str], Context]) -> None:
    found = {(one.variable, one.scale): one for one in continuous(context("en"))}
    assert found["place", "SAT"].steps == dict.fromkeys(("configural", "metric", "scalar", "strict"), "yes")
    partly = found["tenure", "SAT"]
    assert list(partly.steps.values()) == ["yes", "yes", "partly", "no"]
    assert (partly.freed, partly.allows) == ("sat2", "means_partial")
    refused = found["language", "SAT"]
    assert (refused.refused, refused.steps, refused.omitted) == ("too_few", {}, "en:too_few")


def test_what_may_be_compared_is_said_by_variable_with_items_and_reasons(context: Callable[[str], Context]) -> None:
    text = ladders_summary(context("en"), continuous(context("en"))).replace("\\", "")
    place, tenure, *of_tenure, language, refused, omitted = text.strip().splitlines()
    assert place == "- **Place**: Both scales: no difference to be seen. Scores may be compared too."
    assert tenure == "- **Owning or renting**:"  # what is told of it stands below it, a sentence a line
    assert any("not all questions work alike" in line for line in of_tenure)
    assert "    - In satisfaction this does not work the same everywhere: ‘My dwelling suits me’." in of_tenure
    assert language == "- **Language of the questionnaire**:"
    assert refused.endswith("not examined (too few people).")
    assert omitted == "    - Left out: English (too few people)."


def test_a_ladder_that_allows_less_with_ordered_answers_is_told_beside_the_other(
    context: Callable[[str], Context],
) -> None:
    of_place = [one for one in continuous(context("en")) if one.variable == "place"]
    assert {one.allows for one in of_place} == {"scores"}
    ordered = [dataclasses.replace(of_place[0], allows="nothing"), dataclasses.replace(of_place[1], allows="scores")]
    text = ladders_summary(context("en"), of_place, ordered)
    name = context("en").scale(of_place[0].scale).lower()
    assert f"instead of numbers, less may be compared: {name} (nothing)." in text.replace("\\", "")
    assert "less may be compared" not in ladders_summary(context("en"), of_place, ordered[1:])


def test_one_sentence_counts_all_comparisons(context: Callable[[str], Context]) -> None:
    assert alike_summary(context("en"), continuous(context("en"))) == (
        "We checked whether two scales measure the same in every group, by place, owning or renting and language of the"
        " questionnaire: six comparisons in all. In two means may be compared, in two only with care (not all questions"
        " work alike) and two could not be examined."
    )


def test_a_hidden_ladder_shows_nothing_and_says_so(context_of: MakeContext, tables: Tables) -> None:
    hidden = tables["invariance"].assign(n_smallest=7)
    context = context_of("en", invariance=hidden)
    ladders = continuous(context)
    assert {one.refused for one in ladders if one.variable != "language"} == {"hidden"}
    assert "not shown" in ladders_summary(context, ladders)
    text = ladders_table(context)
    assert "17.3" not in text and "0.992" not in text


def test_the_cut_offs_name_their_source(context: Callable[[str], Context]) -> None:
    lines = cutoffs_list(context("en")).replace("\\", "").strip().splitlines()
    measures = "CFI at most 0.005 lower, RMSEA at most 0.010 higher and SRMR at most 0.025 higher"
    assert lines[0] == f"- Equal loadings: {measures} (Chen 2007)."
    assert len(lines) == 2


def test_the_steps_of_all_ladders_stand_in_one_table(context: Callable[[str], Context]) -> None:
    text = ladders_table(context("nl"))
    assert "Tevredenheid · Ligging · antwoorden als getallen (n = 180 in 2 groepen, kleinste 90)" in text
    found = cells_of(text, "gelijke intercepten, deels")
    assert [found[4], *found[6:9]] == ["17,3 (3)", "−0,004", "+0,024", "+0,008"]
    assert "niet gelijk: ‘Mijn woning bevalt mij’" in text


def test_of_two_models_the_picture_shows_the_one_that_may_be_compared(
    context: Callable[[str], Context], tables: Tables
) -> None:
    means = tables["latent_means"]
    twice = pd.concat([means, means[means["model"] == "partial"].assign(model="scalar", allowed="false", mean=-0.9)])
    shown = compared_means(changed(context("en"), latent_means=twice))
    assert set(shown["allowed"]) == {"true"}
    assert len(shown) == len(compared_means(context("en")))
    neither = means.assign(allowed="false")
    assert len(compared_means(changed(context("en"), latent_means=neither))) == len(shown)


def test_a_question_that_loads_elsewhere_is_marked_and_named(context: Callable[[str], Context]) -> None:
    text = exploratory_table(context("en"), "all", "declared", "tbl-exploratory")
    assert cells_of(text, "I would recommend it.") == ["0.70", "0.40 ◄", "0.47", "0.72"]
    assert cells_of(text, "I like living here.") == ["0.70", "0.05", "0.47", "0.72"]
    assert dimensions_summary(context("en")) == (
        "Together, the questions of the two scales measure two things, as many as there are scales."
        " These questions belong to another scale (too): ‘I would recommend it’."
    )


def test_loadings_show_both_models_side_by_side(context: Callable[[str], Context]) -> None:
    row = loading_sections(context("en"))[0].rows[3]
    assert [(mark.value, mark.hollow, mark.small) for mark in row.marks] == [
        (0.71, False, False), (0.4, False, True), (0.7, True, False),
    ]  # fmt: skip


def test_each_pair_gets_its_verdict_closest_first(
    context: Callable[[str], Context], context_of: MakeContext, tables: Tables
) -> None:
    assert discriminant(context("en")).replace("\\", "") == (
        "- **Satisfaction and ties**: The questions clearly keep these two apart."
        " Correlation without measurement error: 0.51 [0.38, 0.64].\n"
    )
    same = tables["discriminant_validity"].assign(r_latent=0.97, verdict="not_distinct")
    assert "do not keep these two apart" in discriminant(changed(context("en"), discriminant_validity=same))
    few = tables["discriminant_validity"].assign(n_obs=8, n_obs_htmt=8)
    text = discriminant(context_of("en", discriminant_validity=few))
    assert "too few people" in text and "0.51" not in text


def test_what_a_question_shares_is_told_of_the_closest_pair(context: Callable[[str], Context]) -> None:
    assert cells_of(shared_table(context("en")), "I would recommend it.") == [
        "belongs to Ties too", "9.3", "0.002", "+0.24", "0.43",
    ]  # fmt: skip


def test_bands_are_bars_by_group_with_their_labels(
    context: Callable[[str], Context], context_of: MakeContext, tables: Tables
) -> None:
    english = context("en")
    scale = next(scale for scale in english.instrument.constructs if scale.bands)
    figure = bands_figure(english, scale)
    assert figure is not None
    assert figure.categories == ["few (3–8)", "many (9–15)"]
    assert [bar.label for bar in figure.bars][:2] == ["Everybody (n = 180)", "In the centre (n = 90)"]
    assert [round(segment.share, 3) for segment in figure.bars[0].segments or []] == [0.389, 0.611]
    nobody = tables["score_bands"].assign(base=6, n=3)
    assert bands_figure(context_of("en", score_bands=nobody), scale) is None


def test_a_scale_without_its_reversals_is_held_beside_itself(context: Callable[[str], Context]) -> None:
    found = cells_of(reversal_table(context("en")), "Satisfaction")
    assert found == ["‘I want to leave’", "174", "0.81 → 0.24", "0.61 → −0.61", "yes"]


def profile_of(context: Context) -> tuple[Context, Profile]:
    places = [
        {"name": "near", "score": "SAT", "label": {"nl": "dichtbij", "en": "near"}},
        {"name": "far", "score": "balance", "label": {"nl": "ver weg", "en": "far away"}},
    ]
    profile = Profile.model_validate({"name": "ties", "title": {"nl": "Banden", "en": "Ties"}, "places": places})
    declaration = context.study.declaration.model_copy(update={"profiles": [profile]})
    return Context(
        dataclasses.replace(context.study, declaration=declaration), context.bundle, context.language
    ), profile


def test_places_are_compared_in_words_and_over_kinds_after_adjustment(
    context: Callable[[str], Context], tables: Tables
) -> None:
    told = profile_sentence(*profile_of(context("en")))
    assert told == (
        "‘near’ scores higher than ‘far away’ (+0.71 [+0.38, +1.04] points)."
        " Whether that differs between kinds of projects is not sure."
    )
    sure = tables["level_contrasts"].assign(pvalue_adjusted=0.01)
    told = profile_sentence(*profile_of(changed(context("en"), level_contrasts=sure)))
    assert told.endswith("The difference (‘near’ minus ‘far away’) is larger in the group ‘in the centre’.")
    unsure = tables["level_differences"].assign(ci_lower=-0.2)
    assert "there is no clear difference" in profile_sentence(
        *profile_of(changed(context("en"), level_differences=unsure))
    )


def test_a_refused_contrast_of_places_says_why(context: Callable[[str], Context]) -> None:
    found = cells_of(contrasts_table(context("en")), "Owning or renting")
    assert found[:2] == ["persons within projects", "projects unknown"]


def test_likeness_is_told_in_people(context: Callable[[str], Context], tables: Tables) -> None:
    assert clustering_summary(context("en")) == (
        "People of the same project are most alike in satisfaction: 5% of the differences lie between projects."
        " The answers of 180 people count there as those of 86 people who share nothing."
    )
    none = tables["clustering"].assign(problem="too_few_projects", icc=np.nan, effective_n=np.nan)
    few = changed(context("en"), clustering=none)
    assert "cannot be told" in clustering_summary(few)
    assert "too few projects" in clustering_table(few)


def test_open_answers_are_told_by_language_where_there_are_several(
    context: Callable[[str], Context], tables: Tables
) -> None:
    assert nonresponse_summary(context("en")) == (
        "In the questionnaire in English 9% of the questions were left open, in Dutch 5%."
    )
    table = tables["missing_by_group"]
    one = changed(context("en"), missing_by_group=table[table["variable"] != "language"])
    assert nonresponse_summary(one) == "Of the questions asked, 3% to 6% were left open, by group."


def test_ways_of_dealing_with_open_answers_stand_side_by_side(context: Callable[[str], Context]) -> None:
    found = cells_of(methods_table(context("en")), "Place: in the centre minus at the edge")
    assert found == ["0.52\u00a0[0.25,\u00a00.79]".replace("\u00a0[", " [")] * 3 + ["8%"]


def test_open_answers_by_language_begin_with_all_questions_together(context: Callable[[str], Context]) -> None:
    found = cells_of(languages_table(context("en")), "Share of the questions asked that were left open")
    assert "9%" in found and "5%" in found
    assert len(cells_of(languages_table(context("en")), "People (n)")) == len(found)


def test_patterns_that_few_people_have_are_counted_not_shown(context_of: MakeContext, tables: Tables) -> None:
    table = tables["missing_patterns"]
    rare = table.assign(n=[*table["n"][:1], *[3] * (len(table) - 1)])
    text = patterns_table(context_of("en", missing_patterns=rare))
    assert "left out" in text
    assert ">x<" not in text


def test_the_summary_of_latent_means_names_the_largest_difference(context: Callable[[str], Context]) -> None:
    assert re.search(r"The largest is .*: [+−]\d.* standard deviations\.", latent_means_summary(context("en")))


def test_what_is_said_of_every_step_is_said_once_above_the_ladder(context: Callable[[str], Context]) -> None:
    table = context("en").bundle.tables["invariance"]
    always = table.assign(message=table["message"].where(table["pvalue_diff"].isna(), "residents_as_independent"))
    text = ladders_table(changed(context("en"), invariance=always))
    said = "test as if people shared nothing"
    assert f"{said}</strong>" in text and f"{said}</td>" not in text
