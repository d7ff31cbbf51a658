"""All parts of the report: there in every language and every situation, saying only what was published."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.artefacts import table_contracts
from pipeline.declare import Study, load_study
from pipeline.present.absent import lone_told
from pipeline.present.bundle import read_bundle
from pipeline.present.context import Context
from pipeline.present.markup.html_table import Column
from pipeline.present.markup.tables import numbered_table
from pipeline.present.pages.model.estimation import estimation_table, second_opinion
from pipeline.present.pages.model.fit import fit_table, problems
from pipeline.present.pages.model.joint import differences_summary, differences_table, joint_fit_table
from pipeline.present.pages.projects.methods import contrasts_table
from pipeline.present.pages.respondents.respondents import flow_table
from pipeline.present.report import report_parts, site
from pipeline.stages import present

MakeContext = Callable[..., Context]
Tables = dict[str, pd.DataFrame]
REPOSITORY = Path(__file__).resolve().parents[3]
PAGES = REPOSITORY / "reports" / "pages"
GOLDEN = Path(__file__).parent / "golden"


def documented_parts() -> set[str]:
    """Names in the table of parts of reports/pages/README.md."""
    lines = (PAGES / "README.md").read_text(encoding="utf-8").split("## Parts")[1].split("## Variables")[0].splitlines()
    return {name for line in lines if line.startswith("| `") for name in re.findall(r"`([\w-]+)`", line.split("|")[1])}


def base_name(part: str) -> str:
    """The name of a part; of one of a project or corporation (``<slug>/<part>``), that of all of its kind."""
    return part.rsplit("/", 1)[-1]


def by_page(texts: dict[str, str]) -> list[dict[str, str]]:
    """Parts that may stand together: those of all pages but of single projects, and those of each of these."""
    folders = sorted({name.rpartition("/")[0] for name in texts})
    return [{name: text for name, text in texts.items() if name.rpartition("/")[0] == folder} for folder in folders]


def identifiers(texts: dict[str, str]) -> list[str]:
    return re.findall(r"^::: \{#([\w-]+)\}$", "\n".join(texts.values()), flags=re.MULTILINE)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_documented_part_is_made_and_no_other(context: Callable[[str], Context], language: str) -> None:
    parts = report_parts(context(language))
    assert set(map(base_name, parts.texts)) == documented_parts()
    assert all(text.strip() and text.endswith("\n") for text in parts.texts.values())
    for texts in by_page(parts.texts):
        found = identifiers(texts)
        assert len(found) == len(set(found))
    variables = (PAGES / "README.md").read_text(encoding="utf-8").split("## Variables")[1].split("## Files")[0]
    assert set(parts.variables) == set(re.search(r": `([\w ]+)`\.", variables).group(1).split())  # type: ignore[union-attr]


def test_both_languages_have_the_same_parts_pictures_and_identifiers(context: Callable[[str], Context]) -> None:
    dutch, english = report_parts(context("nl")), report_parts(context("en"))
    assert dutch.texts.keys() == english.texts.keys()
    assert dutch.files.keys() == english.files.keys()
    assert identifiers(dutch.texts) == identifiers(english.texts)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_pages_use_parts_variables_and_citations_that_exist(
    context: Callable[[str], Context], language: str
) -> None:
    parts = report_parts(context(language))
    keys = set(re.findall(r"@\w+\{(\w+),", (REPOSITORY / "reports" / "references.bib").read_text(encoding="utf-8")))
    pages = {path.name: path.read_text(encoding="utf-8") for path in sorted((PAGES / language).glob("*.qmd"))}
    assert set(pages) == {
        "index.qmd", "respondents.qmd", "scales.qmd", "alike.qmd", "projects.qmd", "model.qmd", "method.qmd",
        "robustness.qmd", "planning.qmd", "data.qmd", "new-project.qmd", "limitations.qmd", "glossary.qmd",
        "places.qmd", "project.qmd", "corporation.qmd", "changes.qmd",
    }  # fmt: skip
    used: set[str] = set()
    texts = {base_name(part): text for part, text in parts.texts.items()}
    for name, text in pages.items():
        assert re.findall(r"_parts/@POOL@/(\w+)/", text).count(language) == text.count("_parts/"), name
        included = re.findall(r"_parts/@POOL@/\w+/(?:@EACH@/)?([\w-]+)\.md", text)
        used |= set(included)
        assert set(re.findall(r"var @POOL@\.(\w+)\.", text)) <= {language}, name
        assert set(re.findall(r"var @POOL@\.\w+\.(\w+)", text)) <= set(parts.variables), name
        body = text.split("---", 2)[2]
        cited = set(re.findall(r"@(\w[\w-]*)", re.sub("@[A-Z]+@", "", body)))
        there = set(identifiers({part: texts[part] for part in included}))
        references = {key for key in cited if key.startswith(("fig-", "tbl-"))}
        assert references <= there | {"fig-items-hs"}, name
        assert cited - references <= keys, name
    assert used == set(texts)


def test_page_texts_hold_no_number_that_data_could_change() -> None:
    for path in sorted(PAGES.glob("*/*.qmd")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(n = |r = |α = )\d", text), path


def test_pages_of_both_languages_have_the_same_anchors_and_parts() -> None:
    for dutch in sorted((PAGES / "nl").glob("*.qmd")):
        english = PAGES / "en" / dutch.name
        for pattern in (r"\{#([\w-]+)\}", r"/([\w-]+)\.md >", r"\{\.callout-\w+", r"@\w+\d{4}"):
            found = [re.findall(pattern, path.read_text(encoding="utf-8")) for path in (dutch, english)]
            if dutch.stem == "glossary":  # its words stand in the order of each language's alphabet
                found = [sorted(names) for names in found]
            assert found[0] == found[1], (dutch.name, pattern)


def hidden(tables: Tables) -> Tables:
    """The same study with a handful of persons: nothing may be shown."""
    shrunk = {}
    for name, table in tables.items():
        shrunk[name] = table.copy()
        bases = ("n_obs", "n_obs_high", "n_obs_low", "n_scored", "n_smallest", "n_obs_htmt", "n_obs_confirmatory")
        for column in (*bases, "n_obs_other", "base", "received"):
            if column in table:
                shrunk[name][column] = 8
        if "n" in table:
            shrunk[name]["n"] = 2
            if "share" in table:
                shrunk[name]["share"] = 2 / 8
    flow = shrunk["response_flow"]
    flow["n"] = flow["step"].map({"invited": 160, "received": 8, "excluded": 1, "kept": 6, "analysed": 4})
    return shrunk


def without_results(tables: Tables) -> Tables:
    """Nobody to say anything about: no scale, no model, no comparison."""
    emptied = {name: table.copy() for name, table in tables.items()}
    for name in ("item_distribution", "missing_by_item", "score_correlations", "trait_means", "clustering"):
        emptied[name] = emptied[name].iloc[:0]
    for name in ("parameters", "trait_contrasts", "composition", "joint_fit", "path_differences", "second_opinions"):
        emptied[name] = emptied[name].iloc[:0]
    for name, contract in table_contracts().items():
        if contract.path.startswith("measure/") and name not in ("reliability", "item_statistics", "factor_fit"):
            emptied[name] = emptied[name].iloc[:0]
    emptied["clustering_by_project"] = emptied["clustering_by_project"].iloc[:0]
    fit = emptied["model_fit"]
    figures = list(fit.columns)[list(fit.columns).index("npar") :]
    emptied["model_fit"] = fit.assign(**dict.fromkeys(figures, np.nan), converged="false", admissible="false", n_obs=0)
    for name in ("reliability", "item_statistics", "factor_fit"):
        numbers = emptied[name].select_dtypes("number").columns.difference(["n_items"])
        emptied[name] = emptied[name].astype(dict.fromkeys(numbers, "float64"))
        emptied[name][numbers] = np.nan
    judged = emptied["verdicts"]
    numbers = judged.select_dtypes("number").columns.difference(["smallest_effect"])
    judged = judged.astype(dict.fromkeys(numbers, "float64"))
    judged[numbers] = np.nan
    emptied["verdicts"] = judged.assign(verdict="cannot_tell", reason="no_data", n_obs=0)
    return emptied


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("situation", [hidden, without_results])
def test_a_report_without_results_still_has_every_part_and_says_why(
    context_of: MakeContext, context: Callable[[str], Context], tables: Tables, situation: Callable[[Tables], Tables],
    language: str,
) -> None:  # fmt: skip
    full = report_parts(context(language))
    parts = report_parts(context_of(language, **situation(tables)))
    assert set(parts.texts) == set(full.texts)
    # how many other exploratory solutions there are depends on the answers
    others = {name for name in identifiers(full.texts) if re.fullmatch(r"tbl-exploratory-\d+", name)}
    assert set(identifiers(full.texts)) - others == set(identifiers(parts.texts)) - others
    for name, text in parts.texts.items():
        assert text.strip(), name
        assert not re.search(r"\bnan\b|\bNone\b(?! of)|<NA>", text), name


def test_nothing_of_a_few_people_gets_into_the_report(context_of: MakeContext, tables: Tables) -> None:
    parts = report_parts(context_of("en", **hidden(tables)))
    everything = "\n".join([*parts.texts.values(), *parts.files.values(), *parts.variables.values()])
    for figure in ("0.46", "0.81", "3.46", "0.61", "2.70", "0.51", "7.31", "0.00012", "25%", "0.47", "0.021", "0.992"):
        assert figure not in everything
    assert parts.variables["n_analysed"] == "< 10"


def test_an_inadmissible_solution_is_named_and_never_printed(context_of: MakeContext, tables: Tables) -> None:
    fit = tables["model_fit"]
    bad = fit["trait"] == "all"
    fit.loc[bad, ["admissible", "message"]] = [
        "false",
        "The estimated variance of SAT (SAT ~~ SAT) is negative. Usual causes: …",
    ]
    context = context_of("en", model_fit=fit)
    parts = report_parts(context)
    assert "0.46" not in parts.texts["figure-paths"]
    assert "no solution that can be true" in parts.texts["figure-paths"]
    assert "paths.svg" not in parts.files
    row = next(line for line in parts.texts["table-coefficients"].splitlines() if "Satisfaction → Ties" in line)
    assert re.findall(r'class="num interval">(.*?)<', row)[0] == "."
    assert "the variance of ‘Satisfaction’ comes out below zero" in problems(context)
    assert "de variantie van ‘Tevredenheid’ komt onder nul uit" in problems(context_of("nl", model_fit=fit))
    assert "no solution that can be true" in fit_table(context)


def cells_of(text: str, row: str) -> list[str]:
    """The cells of the first row of a table in ``text`` whose heading is ``row``."""
    line = next(line for line in text.splitlines() if f'<th scope="row">{row}<' in line or f">{row}</th>" in line)
    return re.findall(r"<td[^>]*>(.*?)</td>", line)


def test_how_a_model_was_estimated_is_told_group_by_group(context_of: MakeContext, tables: Tables) -> None:
    fit = tables["model_fit"]
    fit.loc[fit["level"] == "rent", ["errors", "note"]] = ["robust", "few_projects"]
    rows = tables["parameters"]
    rows.loc[(rows["level"] == "all") & (rows["op"] == "~"), "std_all_df_t"] = 4.25
    rows.loc[rows["level"] == "rent", ["df_t", "std_all_df_t"]] = np.nan
    text = estimation_table(context_of("nl", model_fit=fit, parameters=rows))
    assert cells_of(text, "Iedereen") == [
        "MLR, alle antwoorden", "170", "8", "per project, ook bij weinig projecten (CR2)", "4,2 tot 6,9",
    ]  # fmt: skip
    robust = "robuust, alsof mensen geen project delen; te weinig projecten om er rekening mee te houden"
    assert cells_of(text, "Huur")[-2:] == [robust, "–"]
    assert cells_of(text, "Koop")[-1] == "6,9"


def test_the_second_program_is_told_with_the_largest_difference(context_of: MakeContext, tables: Tables) -> None:
    told = second_opinion(context_of("en"))
    assert "semopy 2.3.11" in told and "(5 in all)" in told
    assert "in an estimate is 0.00012, in a standard error <\u00a00.00001" in told
    assert "use incomplete answers too" in told
    asked = tables["second_opinions"]
    asked.loc[0, ["available", "reason", "program"]] = ["false", "semopy did not finish within 60 seconds", "semopy"]
    asked.loc[0, ["estimate_difference", "se_difference", "loss_difference"]] = np.nan
    asked.loc[1, "converged"] = "false"
    told = second_opinion(context_of("en", second_opinions=asked))
    assert "(4 in all)" in told and "For 1 of them" in told and "For 1 other models it gave no answer" in told
    fit = tables["model_fit"].assign(estimator="ML", missing="listwise")
    assert "to the same people" in second_opinion(context_of("en", model_fit=fit))
    nothing = asked.assign(available="false", **dict.fromkeys(["estimate_difference", "se_difference"], np.nan))
    assert (
        second_opinion(context_of("en", second_opinions=nothing)) == "There is no second estimate by another program."
    )


def test_differences_between_paths_are_tested_not_read_off(context_of: MakeContext, tables: Tables) -> None:
    context = context_of("en")
    assert differences_summary(context) == "Stronger in one group: Satisfaction → Ties for ‘owners’."
    text = differences_table(context)
    assert "Owning or renting: owners (first) and renters (second)" in text
    assert cells_of(text, "Satisfaction → Ties") == ["0.51", "0.41", "+0.10 [−0.28, +0.48]", "5.2", "0.533"]
    none = tables["path_differences"].assign(pvalue_adjusted=0.2)
    assert "no arrow" in differences_summary(context_of("en", path_differences=none))


def test_joint_models_stand_step_by_step(context_of: MakeContext, tables: Tables) -> None:
    joint = tables["joint_fit"]
    bad = (joint["trait"] == "tenure") & (joint["equal"] == "loadings")
    joint.loc[bad, ["admissible", "difference_chisq", "difference_pvalue"]] = ["false", np.nan, np.nan]
    text = joint_fit_table(context_of("en", joint_fit=joint))
    assert cells_of(text, "nothing") == ["80", "80", "14.2 (13)", "0.360", "1.00", "0.02", "", "", ""]
    assert cells_of(text, "loadings") == ["80", "80", "14.2 (13)", "0.360", "1.00", "0.02", "7.3 (5)", "0.199", ""]
    assert "no solution that can be true" in text


def test_the_fit_is_shown_in_its_robust_form_where_there_is_one(context_of: MakeContext, tables: Tables) -> None:
    assert cells_of(fit_table(context_of("en")), "Everybody")[1:6] == ["14.2 (13)", "0.360", "1.00", "0.99", "0.02"]
    robust = ["chisq_scaled", "chisq_scaling_factor", "pvalue_scaled", "cfi_robust", "tli_robust", "rmsea_robust"]
    plain = tables["model_fit"].assign(**dict.fromkeys(robust, np.nan))
    found = cells_of(fit_table(context_of("en", model_fit=plain)), "Everybody")[1:6]
    assert found == ["15.1 (13)", "0.302", "0.98", "0.97", "0.03 [0.00, 0.08]"]


def test_a_refused_comparison_says_why_in_place_of_a_number(context_of: MakeContext, tables: Tables) -> None:
    contrasts = tables["trait_contrasts"]
    refused = contrasts["method"] == "project_means"
    numbers = ["estimate", "se", "statistic", "df", "pvalue", "pvalue_adjusted", "ci_lower", "ci_upper", "effect_size",
               "effect_size_ci_lower", "effect_size_ci_upper"]  # fmt: skip
    contrasts.loc[refused, numbers] = np.nan
    contrasts.loc[refused, "refused"] = "too_few_projects"
    text = contrasts_table(context_of("nl", trait_contrasts=contrasts))
    assert text.count("<td>te weinig projecten</td>") + text.count('">te weinig projecten</td>') == 1


def test_hidden_figures_are_marked_and_explained(context_of: MakeContext, tables: Tables) -> None:
    flow = tables["response_flow"]
    flow.loc[(flow["wave"] == "tiny-2020") & (flow["reason"] == "empty"), "n"] = 4
    flow.loc[(flow["wave"] == "tiny-2020") & (flow["reason"] == "no_consent"), "n"] = 16
    text = flow_table(context_of("nl", response_flow=flow))
    assert text.count('<td class="num">x</td>') == 4  # in the wave, and in all waves together
    assert text.endswith("::: {.note}\nx = niet getoond, om bewoners te beschermen.\n:::\n")


def test_what_is_unknown_is_told_apart_from_what_does_not_apply(context_of: MakeContext) -> None:
    context = context_of("nl")
    columns = [Column("a", figures=False), Column("b"), Column("c", figures=False)]
    both = numbered_table(context, "tbl-a", "A.", columns, [["– A", ".", "op zich – ja"], ["B", "–", ""]])
    assert "‘.’ = onbekend of niet te berekenen. ‘–’ = niet van toepassing." in both.replace("\\", "")
    neither = numbered_table(context, "tbl-a", "A.", columns, [["– A", "1", "op zich – ja"]])
    assert ".note" not in neither


def test_where_most_figures_are_hidden_a_sentence_says_how_many_and_why(context_of: MakeContext) -> None:
    columns = [Column("a", figures=False), Column("b"), Column("c")]
    text = numbered_table(context_of("en"), "tbl-a", "A.", columns, [["A", "x", "x"], ["B", "1", "x"]])
    assert "3 of the 4 figures in this table are not shown" in text
    half = numbered_table(context_of("en"), "tbl-a", "A.", columns, [["A", "2", "x"], ["B", "1", "x"]])
    assert "not shown, to protect residents" in half and "of the 4" not in half


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_table_of_hidden_figures_alone_is_one_sentence(
    context_of: MakeContext, tables: Tables, language: str
) -> None:
    context = context_of(language, **hidden(tables))
    assert context.say("table hidden") in report_parts(context).texts["table-coefficients"]
    assert "<table" not in report_parts(context).texts["table-coefficients"]
    columns = [Column("a", figures=False), Column("b"), Column("c")]
    for rows, collapsed in (
        ([["A", "x", "x"], ["B", ".", "x"]], True),
        ([["A", "x", "x"], ["B", "1", "x"]], False),
        ([["A", ".", "."], ["B", ".", "."]], False),
    ):
        text = numbered_table(context, "tbl-a", "A.", columns, rows)
        assert (context.say("table hidden") in text, "<table" not in text) == (collapsed, collapsed)


def test_the_site_says_that_data_are_simulated(published_folder: Path) -> None:
    study = load_study(published_folder)
    content = site(study, {pool: read_bundle(published_folder, pool) for pool in study.params.pools})
    assert content["languages"] == ["nl", "en"]
    assert list(content["pools"]) == ["tiny", "tiny-null"]
    for entry in content["pools"].values():
        assert entry["simulated"]
        assert "Gesimuleerde gegevens" in entry["banner"]["nl"]
        assert entry["footer"]["en"].startswith("Simulated data: waves tiny-2020 and tiny-2022 · checksums of the ")


def test_limits_that_are_looser_on_purpose_are_printed_on_every_page(
    tiny_study: Study, context_of: MakeContext
) -> None:
    loose = tiny_study.params.disclose.model_copy(update={"minimum_cell": 3, "looser_on_purpose": True})
    params = tiny_study.params.model_copy(update={"disclose": loose})
    object.__setattr__(tiny_study, "params", params)
    context = context_of("nl")
    content = site(context.study, {"tiny": context.bundle})
    assert "met opzet zichtbaar" in content["pools"]["tiny"]["banner"]["nl"]
    assert "met opzet ruimer" in report_parts(context).texts["disclosure"]


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_stage_reads_published_tables_only_and_writes_the_same_bytes_twice(
    published_folder: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    for root in (first, second):
        for folder in ("surveys", "analysis", "build/published"):
            (root / folder).parent.mkdir(parents=True, exist_ok=True)
            (root / folder).symlink_to(published_folder / folder)
        (root / "params.yaml").write_bytes((published_folder / "params.yaml").read_bytes())
    # what an earlier run left of a pool that is gone
    stale = second / "build" / "report-parts" / "gone-pool" / "nl" / "lead.md"
    stale.parent.mkdir(parents=True)
    stale.write_text("old", encoding="utf-8")
    for root in (first, second):
        present.run(load_study(root))
    made = files_below(first / "build" / "report-parts")
    assert made == files_below(second / "build" / "report-parts")
    assert {
        "site.yml",
        "_variables.yml",
        "tiny/nl/claims.md",
        "files/tiny/verdicts.csv",
        "files/tiny/en/flow.svg",
    } <= set(made)
    published = (published_folder / "build" / "published" / "tiny" / "verdicts.csv").read_bytes()
    assert made["files/tiny/verdicts.csv"] == published


GOLDEN_TEXTS = ["lead", "facts", "claims", "table-reliability", "table-coefficients", "table-flow", "scales-list"]
GOLDEN_TEXTS += ["alike-summary", "ladders-summary", "ladders-cutoffs", "table-exploratory", "discriminant"]
GOLDEN_TEXTS += ["robustness-summary", "table-curves-joint"]
GOLDEN_FILES = [
    "paths.svg",
    "flow-narrow.svg",
    "items-sat.svg",
    "ladders.svg",
    "reliability-narrow.svg",
    "curve-t2.svg",
]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_parts_are_as_they_were_looked_at(context: Callable[[str], Context], language: str) -> None:
    """``GOLDEN=write pytest`` writes them anew; look at the difference before committing it."""
    parts = report_parts(context(language))
    made = {f"{name}.md": parts.texts[name] for name in GOLDEN_TEXTS} | {
        name: parts.files[name] for name in GOLDEN_FILES
    }
    folder = GOLDEN / language
    if os.environ.get("GOLDEN") == "write":
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in made.items():
            (folder / name).write_text(content, encoding="utf-8")
    for name, content in made.items():
        assert content == (folder / name).read_text(encoding="utf-8"), name


def of_one_kind(tables: Tables) -> Tables:
    """The same study with every project at the edge: nothing to compare by place."""
    traits = tables["project_traits"].copy()
    traits.loc[traits["trait"] == "place", "level"] = "edge"
    return {**tables, "project_traits": traits}


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_study_of_one_kind_of_projects_names_no_other_kind(
    context_of: MakeContext, tables: Tables, language: str
) -> None:
    context = context_of(language, **of_one_kind(tables))
    place = next(trait for trait in context.study.declaration.traits if trait.name == "place")
    parts = report_parts(context)
    other = context.text(place.high.label)
    told = lone_told(context)
    assert other in told
    for part in ("comparison-summary", "alike-summary"):
        assert told in parts.texts[part].replace("\\", "")
    for part in ("table-means", "table-reliability-groups", "table-model-fit", "figures-means",
                 "table-estimation", "figure-methods", "table-profile-differences", "figures-bands"):  # fmt: skip
        assert other.lower() not in parts.texts[part].lower(), part


def test_a_scale_that_nobody_was_asked_about_says_so_and_stands_in_no_table(
    context_of: MakeContext, tables: Tables
) -> None:
    asked = tables["missing_by_item"].copy()
    asked.loc[asked["scale"] == "TIES", ["reason", "n", "share"]] = ["not_asked", 192, 1.0]  # of all 192
    asked = asked.drop_duplicates(["item", "reason"])
    parts = report_parts(context_of("en", missing_by_item=asked))
    assert "Not asked: ties." in parts.texts["scales-summary"]
    assert "These questions were not asked in the waves of this report." in parts.texts["figures-items"]
    assert "Ties" not in parts.texts["table-reliability"] and "Ties" not in parts.texts["table-items"]
