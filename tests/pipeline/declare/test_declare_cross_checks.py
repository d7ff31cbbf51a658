"""What must hold between the files of a study: each file alone is right, together they are not."""

# ruff: noqa: E501 - one case a line reads better than a wrapped one

from __future__ import annotations

import re
from pathlib import Path

import pytest
from declare_help import only_problem, problems_of, spoil

from pipeline.declare import load_study

WAVE_2020, WAVE_NULL = (f"surveys/waves/{name}/wave.yaml" for name in ("tiny-2020", "tiny-null-2022"))
STUDY, PROJECTS, CLAIMS, PARAMS = "surveys/study.yaml", "surveys/projects.yaml", "analysis/claims.yaml", "params.yaml"
TINY = "surveys/instruments/tiny@1.yaml"


def test_a_study_that_hangs_together_is_loaded_in_the_order_of_params(tiny_folder: Path) -> None:
    study = load_study(tiny_folder)
    assert list(study.waves) == ["tiny-2020", "tiny-2022", "tiny-null-2022"]
    assert [wave.wave for wave in study.waves_of("tiny")] == ["tiny-2020", "tiny-2022"]
    assert study.instrument_of_pool("tiny-null").id == "tiny@1"
    assert study.crosswalks["tiny-2020"] == []
    assert study.trait_named("place").levels[0].value == "centre"
    assert study.responses_path("tiny-2020") == tiny_folder / "surveys/waves/tiny-2020/responses.csv"
    assert "TIES ~ SAT" in study.models["tiny"]


def test_pools_may_be_listed_in_any_order(tiny_folder: Path) -> None:
    spoil(tiny_folder, PARAMS, "pools: [tiny, tiny-null]", "pools: [tiny-null, tiny]")
    assert load_study(tiny_folder).params.pools == ["tiny-null", "tiny"]


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "code"),
    [
        # waves
        (WAVE_2020, "wave: tiny-2020", "wave: tiny-2021", "wave", "wave_folder"),
        (WAVE_2020, "responses: responses.csv", "responses: other.csv", "responses", "wave_responses"),
        (WAVE_NULL, "instrument: tiny@1", "instrument: tiny@2", "instrument", "wave_instrument"),
        (WAVE_2020, "languages: [nl, en]", "languages: [nl, ti]", "languages[1]", "wave_language"),
        (WAVE_2020, "  oak: {invited: 20}", "  oka: {invited: 20}", "projects.oka", "wave_project"),
        # registry
        (PROJECTS, "simulated: true, traits: {place: edge}, tenure: indefinite", "simulated: true, traits: {}", "projects[fir].traits", "no_trait"),
        (PROJECTS, "simulated: true, traits: {place: edge}, tenure: indefinite", "simulated: true, traits: {place: rim}", "projects[fir].traits.place", "unknown_level"),
        (PROJECTS, "simulated: true, traits: {place: edge}, tenure: indefinite", "simulated: true, traits: {place: edge, size: big}", "projects[fir].traits.size", "unknown_trait"),
        # study
        (STUDY, "  variable: role", "  variable: rol", "population.variable", "variable_absent"),
        (STUDY, "  equals: resident", "  equals: residents", "population.equals", "category_absent"),
        (STUDY, "    variable: tenure", "    variable: tenancy", "traits[tenure].variable", "variable_absent"),
        (STUDY, "{value: own,", "{value: owned,", "traits[tenure].high.value", "category_absent"),
        (STUDY, "outcomes: [SAT, TIES]", "outcomes: [SAT, TIES, JOY]", "outcomes[2]", "outcome_absent"),
        (STUDY, "dummy: owner", "dummy: years", "traits[tenure].dummy", "column_clash"),
        (STUDY, "dummy: owner", "dummy: place", "traits[tenure].dummy", "twice"),
        (STUDY, "others: {nl: gasten, en: guests}", "others: {nl: gasten}", "population.others", "text_missing"),
        (STUDY, "languages: [nl, en]", "languages: [nl, en]\nmodels: {huge: {title: {nl: Groot, en: Huge}}}", "models.huge", "model_absent"),
        (STUDY, "languages: [nl, en]", "languages: [nl, en]\nmodels: {tiny: {title: {nl: Klein}}}", "models.tiny.title", "text_missing"),
        # params
        (PARAMS, "pools: [tiny, tiny-null]", "pools: [tiny, tiny-null, tiny-two]", "pools[2]", "pool_undeclared"),
        (PARAMS, "pools: [tiny, tiny-null]", "pools: [tiny, tiny-null, tiny]", "pools[2]", "twice"),
        (PARAMS, "pools: [tiny, tiny-null]", "pools: [tiny]", "pools", "pool_unlisted"),
        (PARAMS, "models: [tiny]", "models: [tiny, large]", "models[1]", "model_absent"),
        (PARAMS, "  minimum_n: 10\n\n", "  minimum_n: 10\n  overlapping: [[SAT, TIE]]\n\n", "measure.overlapping[0]", "outcome_absent"),
        # claims
        (CLAIMS, "model: tiny", "model: large", "claims[T1].model", "claim_model"),
        (CLAIMS, "    model: tiny\n", "", "claims[T1]", "claim_needs_model"),
        (CLAIMS, "effect(place, SAT) > 0", "effect(location, SAT) > 0", "claims[T2].statement", "claim_trait"),
        (CLAIMS, "effect(place, SAT) > 0", "effect(place) > 0", "claims[T2].statement", "claim_needs_outcome"),
        (CLAIMS, "TIES ~ SAT > 0", "difference(TIES ~ SAT, colour) > 0", "claims[T1].statement", "claim_trait"),
        (CLAIMS, "effect(place, SAT) > 0", "effect(place, JOY) > 0", "claims[T2].statement", "claim_outcome"),
        (CLAIMS, "{nl: Liever in het centrum, en: Rather in the centre}", "{en: Rather in the centre}", "claims[T2].text.heading", "text_missing"),
        # instruments
        (TINY, "title: {nl: Tevredenheid, en: Satisfaction}", "title: {nl: Tevredenheid}", "constructs[SAT].title", "text_missing"),
        (TINY, "version: 1", "version: 2", "name", "instrument_file"),
    ],
)  # fmt: skip
def test_files_that_contradict_each_other(
    tiny_folder: Path, file: str, old: str, new: str, key: str, code: str
) -> None:
    spoil(tiny_folder, file, old, new)
    problem = next(p for p in problems_of(tiny_folder) if p.code == code)
    assert (problem.path, problem.key) == (tiny_folder / file, key)
    # what the key ends on stands on the line that is named: a key, or the name of a member of a list
    last = re.sub(r"\[\d+\]$", "", key).rstrip("]").replace("[", ".").rsplit(".", 1)[-1]
    lines = (tiny_folder / file).read_text(encoding="utf-8").splitlines()
    assert problem.line is not None
    assert last in lines[problem.line - 1]


def test_a_missing_wave_declaration_and_crosswalk_are_told_together(tiny_folder: Path) -> None:
    (tiny_folder / WAVE_2020).unlink()
    (tiny_folder / "surveys/crosswalks/tiny-2022.csv").unlink()
    assert {(p.path.name, p.code) for p in problems_of(tiny_folder)} == {
        ("wave.yaml", "file_absent"),
        ("tiny-2022.csv", "crosswalk_absent"),
    }


def test_problems_of_several_files_are_told_at_once(tiny_folder: Path) -> None:
    spoil(tiny_folder, WAVE_2020, "mode: [online, paper]", "mode: phone")
    spoil(tiny_folder, STUDY, "outcomes: [SAT, TIES]", "outcomes: [JOY]")
    spoil(tiny_folder, CLAIMS, "version: 1", "version: one")
    spoil(tiny_folder, PARAMS, "models: [tiny]", "models: [large]")
    assert {(p.path.name, p.code) for p in problems_of(tiny_folder)} == {
        ("wave.yaml", "list_expected"),
        ("study.yaml", "outcome_absent"),
        ("claims.yaml", "whole_expected"),
        ("params.yaml", "model_absent"),
    }


def test_a_broken_instrument_is_not_called_unknown(tiny_folder: Path) -> None:
    spoil(tiny_folder, TINY, "    rule: sum", "    rule: product")
    assert only_problem(tiny_folder).code == "choice_expected"


def test_a_pool_has_one_origin(tiny_folder: Path) -> None:
    spoil(tiny_folder, WAVE_2020, "origin: simulated", "origin: public")
    by_code = {p.code: p for p in problems_of(tiny_folder)}
    # every wave that is not like the pool's first one is told, and made-up projects are no public ones
    assert by_code["pool_origins"].path.parent.name == "tiny-2022"
    assert by_code["wave_simulated_project"].path.parent.name == "tiny-2020"
    assert set(by_code) == {"pool_origins", "wave_simulated_project"}


def test_a_pool_has_one_instrument(tiny_folder: Path) -> None:
    second = tiny_folder / "surveys/instruments/tiny@2.yaml"
    second.write_text(
        (tiny_folder / TINY).read_text(encoding="utf-8").replace("version: 1", "version: 2"), encoding="utf-8"
    )
    spoil(tiny_folder, WAVE_NULL, "instrument: tiny@1", "instrument: tiny@2")
    load_study(tiny_folder)  # another pool may have another instrument
    spoil(tiny_folder, WAVE_2020, "instrument: tiny@1", "instrument: tiny@2")
    problem = only_problem(tiny_folder)
    assert (problem.code, problem.path.parent.name) == ("pool_instruments", "tiny-2022")


@pytest.mark.parametrize("origin", ["residents", "public"])
def test_made_up_projects_never_take_part_in_real_waves(tiny_folder: Path, origin: str) -> None:
    spoil(tiny_folder, WAVE_NULL, "origin: simulated", f"origin: {origin}")
    problems = problems_of(tiny_folder)
    assert [p.code for p in problems] == ["wave_simulated_project"] * 8
    assert f"origin: {origin}" in problems[0].in_language("nl")


def test_real_projects_never_take_part_in_simulated_waves(tiny_folder: Path) -> None:
    spoil(tiny_folder, PROJECTS, "simulated: true, traits: {place: edge}, tenure: indefinite", "traits: {place: edge}")
    problems = problems_of(tiny_folder)
    assert {(p.code, p.key) for p in problems} == {("wave_real_project", "projects.fir")}
    assert len(problems) == 3  # in each of the three waves


def test_simulating_never_overwrites_the_answers_of_residents(tiny_folder: Path) -> None:
    path = tiny_folder / PARAMS
    path.write_text(
        path.read_text(encoding="utf-8") + "simulate:\n  waves:\n    tiny-null-2022: {responses: responses.csv}\n"
    )
    load_study(tiny_folder)
    spoil(tiny_folder, WAVE_NULL, "origin: simulated", "origin: residents")
    problem = next(p for p in problems_of(tiny_folder) if p.code == "simulated_origin")
    assert (problem.path.name, problem.key) == ("params.yaml", "simulate.waves.tiny-null-2022")


def test_a_project_of_no_wave_need_not_have_every_trait(tiny_folder: Path) -> None:
    path = tiny_folder / PROJECTS
    path.write_text(path.read_text(encoding="utf-8") + "  - {id: yew, name: Yew, traits: {}}\n", encoding="utf-8")
    assert load_study(tiny_folder).registry.project_named("yew").traits == {}
    with pytest.raises(KeyError):
        load_study(tiny_folder).registry.project_named("palm")


def test_a_study_without_traits_of_persons_or_population_loads(tiny_folder: Path) -> None:
    spoil(tiny_folder, STUDY, "  variable: role\n  equals: resident\n", "")
    assert load_study(tiny_folder).declaration.population.variable is None


def test_the_message_is_in_the_language_asked_for(tiny_folder: Path) -> None:
    spoil(tiny_folder, STUDY, "outcomes: [SAT, TIES]", "outcomes: [SAT, TIE]")
    with pytest.raises(Exception, match="is geen schaal van vragenlijst tiny@1 \\(bedoelt u `TIES`\\?\\)"):
        load_study(tiny_folder, language="nl")
