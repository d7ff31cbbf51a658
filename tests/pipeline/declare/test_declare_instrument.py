"""What must hold inside a questionnaire, a registry, a study and a list of claims."""

# ruff: noqa: E501 - one case a line reads better than a wrapped one

from __future__ import annotations

from pathlib import Path

import pytest
from declare_help import only_problem, problems_of, spoil

from pipeline.declare import Category, Instrument, InstrumentField, load_study, read_declaration
from pipeline.declare.instrument import MissingValue

REFERENCE = "reference: [{value: 0.656, categories: [4, 5], what: {nl: eens, en: agree}, population: {nl: anderen, en: others}, year: 2021, source: tests}]"
TINY = "surveys/instruments/tiny@1.yaml"


@pytest.mark.parametrize(
    ("old", "new", "key", "code"),
    [
        # names
        ("{name: tie2,", "{name: tie1,", "fields[tie1].name", "twice"),
        ("{name: years,", "{name: wave,", "fields[wave].name", "reserved_name"),
        ("{name: years,", "{name: flag_years,", "fields[flag_years].name", "reserved_name"),
        ("{value: 98, reason: dont_know", "{value: 97, reason: dont_know", "missingValues[1].value", "twice"),
        ("{value: 98, reason: dont_know", "{value: 98, reason: no_answer", "missingValues[2].reason", "twice"),
        ("{value: 98, reason: dont_know", "{value: 98, reason: out_of_range", "missingValues[1].reason", "reserved_reason"),
        # roles
        ("{name: years, role: background", "{name: years, role: consent", "fields[years]", "consent_category"),
        ("role: source_id, type: string", "role: project, type: string", "fields[project].role", "one_of_role"),
        # answers
        ("{value: 2, label: {nl: oneens", "{value: 1, label: {nl: oneens", "scales.agree5.categories[1].value", "twice"),
        ("{value: 2, label: {nl: oneens", "{value: 6, label: {nl: oneens", "scales.agree5.categories", "scale_order"),
        ("{value: 2, label: {nl: oneens", '{value: "2", label: {nl: oneens', "scales.agree5.categories", "scale_codes"),
        ("{nl: oneens, en: disagree}", "{nl: Helemaal Oneens, en: disagree}", "scales.agree5.categories[1].label.nl", "label_twice"),
        ("{nl: oneens, en: disagree}", "{nl: oneens}", "scales.agree5.categories[1].label", "label_languages"),
        ("{nl: oneens, en: disagree}", "{nl: oneens, en: ''}", "scales.agree5.categories[1].label.en", "text_length"),
        # fields
        ("{name: sat1, role: item, type: integer, scale: agree5", "{name: sat1, role: item, type: integer, scale: agree7", "fields[sat1].scale", "unknown_scale"),
        ("{name: sat1, role: item, type: integer, scale: agree5", "{name: sat1, role: item, type: string, scale: agree5", "fields[sat1].type", "scale_type"),
        ("{name: sat2, role: item, type: integer, scale: agree5,", "{name: sat2, role: item, type: integer,", "fields[sat2]", "item_needs"),
        ("{name: tie3, role: item, type: integer, scale: agree5, block: ties, source: tests", "{name: tie3, role: item, type: integer, scale: agree5, block: ties, source: books", "fields[tie3].source", "unknown_source"),
        ("maximum: 40", "maximum: -1", "fields[years].constraints", "bounds_order"),
        ("type: number, constraints", "type: string, constraints", "fields[years].constraints", "bounds_type"),
        ("type: number, constraints", "type: number, categories: [{value: 1, label: {nl: een, en: one}}], constraints", "fields[years].categories", "categories_type"),
        ("type: number, constraints", "type: number, reversed: true, constraints", "fields[years].reversed", "reversed_item"),
        ("maximum: 40", "maximum: 98", "missingValues[0].value", "missing_code_clash"),
        ("maximum: 40", "maximum: .nan", "fields[years].constraints.maximum", "number_expected"),
        # what others answered
        *(("{name: sat1, role: item,", f"{{name: sat1, {REFERENCE.replace(old, new)}, role: item,", f"fields[sat1].reference[0]{key}", code) for old, new, key, code in (
            ("source: tests", "source: books", ".source", "unknown_source"),
            ("[4, 5]", "[4, 6]", ".categories[1]", "reference_answers"),
            ("[4, 5]", "[4, 4]", ".categories[1]", "twice"),
            ("[4, 5]", "[]", ".categories", "nothing_in_it"),
            ("0.656", "65.6", ".value", "bound"),
            ("2021", "21", ".year", "bound"),
        )),
        ("{name: years, role: background,", f"{{name: years, {REFERENCE}, role: background,", "fields[years].reference[0]", "reference_item"),
        # scores
        ("items: [sat1, sat2, sat3, sat4]", "items: [sat1, sat2, sat3, sat5]", "constructs[SAT].items[3]", "unknown_items"),
        ("items: [sat1, sat2, sat3, sat4]", "items: [sat1, sat2, sat3, sat3]", "constructs[SAT].items[3]", "twice"),
        ("items: [sat1, sat2, sat3, sat4]", "items: [sat1, sat2, sat3, years]", "constructs[SAT].items[3]", "not_an_item"),
        ("    minimum_answered: half", "    minimum_answered: 5", "constructs[SAT].minimum_answered", "minimum_answered"),
        ("    minimum_answered: half", "    minimum_answered: most", "constructs[SAT].minimum_answered", "minimum_answered_form"),
        ("    minimum_answered: half", "    minimum_answered: true", "constructs[SAT].minimum_answered", "minimum_answered_form"),
        ("    lower: 1\n", "    lower: 0\n", "constructs[SAT].lower", "score_range"),
        ("    rule: mean\n", "    rule: mean\n    multiply: 2\n", "constructs[SAT].lower", "score_range"),
        ("{lower: 9, upper: 15", "{lower: 8, upper: 15", "constructs[TIES].bands[1].lower", "bands_overlap"),
        ("{lower: 9, upper: 15", "{lower: 9, upper: 16", "constructs[TIES].bands[1]", "bands_outside"),
        ("{lower: 9, upper: 15", "{lower: 10, upper: 15", "constructs[TIES].bands[1].lower", "bands_gap"),
        ("{lower: 3, upper: 8", "{lower: 8, upper: 3", "constructs[TIES].bands[0]", "bounds_order"),
        ("    rule: mean\n", "    rule: mean\n    agrees_with: TIE\n", "constructs[SAT].agrees_with", "unknown_scores"),
        ("    rule: mean\n", "    rule: mean\n    agrees_with: SAT\n", "constructs[SAT].agrees_with", "agrees_with_itself"),
        ("  - name: TIES\n", "  - name: SAT_regression_se\n", "constructs[SAT_regression_se].name", "reserved_name"),
        ("    plus: [SAT]", "    plus: [SATT]", "derived[balance].plus[0]", "unknown_scores"),
        # wording
        ("translations: {nl: original, en: draft}", "translations: {nl: original, en: absent}", "languages.en", "status_too_good"),
        ("en: I like living here.", "ar: نعم", "fields[sat1].title", "status_without_text"),
    ],
)  # fmt: skip
def test_a_questionnaire_that_does_not_hang_together(
    tiny_folder: Path, old: str, new: str, key: str, code: str
) -> None:
    spoil(tiny_folder, TINY, old, new)
    problems = [problem for problem in problems_of(tiny_folder) if problem.path == tiny_folder / TINY]
    assert (key, code) in [(problem.key, problem.code) for problem in problems]


def test_the_line_is_that_of_the_field(tiny_folder: Path) -> None:
    line = spoil(tiny_folder, TINY, "maximum: 40", "maximum: 98")
    clashes = [p for p in problems_of(tiny_folder) if p.code == "missing_code_clash"]
    assert {p.line for p in clashes} == {7, 8}  # the codes 97 and 98, which are now also years
    assert line == 58


def test_a_wrong_value_hides_no_wrong_reference(tiny_folder: Path) -> None:
    spoil(tiny_folder, TINY, "maximum: 40", "maximum: forty")
    spoil(tiny_folder, TINY, "items: [sat1, sat2, sat3, sat4]", "items: [sat1, sat2, sat3, years, sat9]")
    spoil(tiny_folder, TINY, "name: TIES\n", "name: 9TIES\n")
    said = {(p.key, p.code) for p in problems_of(tiny_folder)}
    assert said == {
        ("fields[years].constraints.maximum", "number_expected"),
        ("constructs[SAT].items[4]", "unknown_items"),  # `years` is known, whatever else is wrong with it
        ("constructs[9TIES].name", "construct_form"),
        ("derived[balance].minus[0]", "unknown_scores"),
    }


def test_mixed_answer_scales_in_one_score(tiny_folder: Path) -> None:
    spoil(
        tiny_folder, TINY, "sources:\n",
        "  yesno2:\n    categories: [{value: 0, label: {nl: n, en: n}}, {value: 1, label: {nl: j, en: y}}]\nsources:\n",
    )  # fmt: skip
    spoil(
        tiny_folder,
        TINY,
        "{name: sat1, role: item, type: integer, scale: agree5",
        "{name: sat1, role: item, type: integer, scale: yesno2",
    )
    assert only_problem(tiny_folder).code == "mixed_scales"


def test_a_text_without_a_status_is_refused(tiny_folder: Path) -> None:
    spoil(tiny_folder, TINY, "en: I like living here.", "en: I like living here., ar: نعم")
    assert {p.code for p in problems_of(tiny_folder)} == {"text_language", "text_without_status"}


def test_half_points_and_reach_of_a_sum(tiny_folder: Path) -> None:
    instrument = read_declaration(tiny_folder / TINY, Instrument)
    ties = instrument.construct_named("TIES")
    assert (ties.lower, ties.upper) == (3, 15)  # three items of 1 to 5
    assert instrument.id == "tiny@1"
    assert [c.value for c in instrument.categories_of(instrument.field_named("sat1"))] == [1, 2, 3, 4, 5]
    assert instrument.field_named("years").maximum == 40
    assert instrument.field_named("project").required
    with pytest.raises(KeyError):
        instrument.field_named("nothing")


def test_codes_are_numbers_or_texts_and_nothing_else() -> None:
    assert Category(value=1, label={"nl": "een"}).value == 1.0
    assert MissingValue(value="NA", reason="not_asked", label={"en": "not asked"}).value == "NA"
    for wrong in (True, None, "", float("nan"), [1]):
        with pytest.raises(ValueError, match="expected a number or a text"):
            Category(value=wrong, label={"nl": "een"})


def test_models_can_be_made_in_code_as_well() -> None:
    field = InstrumentField(name="x", role="background", type="number", title={"en": "X"}, constraints={"minimum": 0})
    assert (field.minimum, field.maximum, field.required) == (0, None, False)


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "code"),
    [
        ("surveys/projects.yaml", "{id: birch,", "{id: ash,", "projects[ash].id", "twice"),
        ("surveys/projects.yaml", "dwellings: 20,", "dwellings: 20, described: true, source: x,", "projects[ash].described", "project_both"),
        ("surveys/projects.yaml", "dwellings: 20,", "dwellings: 20, opened: 2020, closed: 2019,", "projects[ash].closed", "project_years"),
        ("surveys/projects.yaml", "dwellings: 20,", "dwellings: 20, mix: {status_holders: 0.6, students: 0.5},", "projects[ash].mix", "mix_sum"),
        ("surveys/projects.yaml", "{living_room: true,", "{living_rooom: true,", "projects[ash].components.living_rooom", "choice_expected"),
        ("surveys/projects.yaml", "{living_room: true,", "{living_room: perhaps,", "projects[ash].components.living_room", "yes_no_expected"),
        ("surveys/study.yaml", "  equals: resident\n", "", "population", "both_or_none"),
        ("surveys/study.yaml", "    variable: tenure\n", "", "traits[tenure].of", "person_trait_variable"),
        ("surveys/study.yaml", "{value: edge,", "{value: centre,", "traits[place].low.value", "levels_equal"),
        ("surveys/study.yaml", "dummy: owner", "dummy: central", "traits[tenure].dummy", "twice"),
        ("surveys/study.yaml", "dummy: owner", "dummy: careless", "traits[tenure].dummy", "reserved_name"),
        ("surveys/study.yaml", "outcomes: [SAT, TIES]", "outcomes: [SAT, SAT]", "outcomes[1]", "twice"),
        ("surveys/study.yaml", '"#0b6e5f"', "green", "traits[place].high.colour", "colour_form"),
        ("analysis/claims.yaml", "  - id: T2", "  - id: T1", "claims[T1].id", "twice"),
        ("analysis/claims.yaml", "  - id: T2", "  - id: t2", "claims[t2].id", "claim_form"),
        ("params.yaml", "minimum_group: 10", "minimum_group: 9", "disclose.minimum_group", "looser_disclosure"),
        ("params.yaml", "minimum_cell: 5", "minimum_cell: 1", "disclose.minimum_cell", "looser_disclosure"),
        ("params.yaml", "adjust: holm", "adjust: bonferroni", "compare.adjust", "choice_expected"),
        ("params.yaml", "tiny-null-2022: {responses: responses.csv}", "tiny-null-2022: {responses: /etc/passwd}", "waves.tiny-null-2022.responses", "file_name_form"),
    ],
)  # fmt: skip
def test_other_declarations_that_contradict_themselves(
    tiny_folder: Path, file: str, old: str, new: str, key: str, code: str
) -> None:
    line = spoil(tiny_folder, file, old, new)
    problem = next(p for p in problems_of(tiny_folder) if p.code == code)
    assert (problem.path, problem.key) == (tiny_folder / file, key)
    assert problem.line is not None
    assert abs(problem.line - line) <= 3  # the very line, or that of the block it stands in


def test_described_projects_need_a_source(tiny_folder: Path) -> None:
    spoil(
        tiny_folder,
        "surveys/projects.yaml",
        "simulated: true, traits: {place: centre}, dwellings: 30",
        "described: true, traits: {place: centre}",
    )
    assert "project_source" in {p.code for p in problems_of(tiny_folder)}


def test_looser_disclosure_on_purpose_is_allowed(tiny_folder: Path) -> None:
    spoil(tiny_folder, "params.yaml", "minimum_group: 10", "minimum_group: 9\n  looser_on_purpose: true")
    assert load_study(tiny_folder).params.disclose.minimum_group == 9


def test_what_others_answered_belongs_to_an_item(tiny_folder: Path) -> None:
    spoil(tiny_folder, TINY, "{name: sat1, role: item,", f"{{name: sat1, {REFERENCE}, role: item,")
    instrument = read_declaration(tiny_folder / TINY, Instrument)
    (reference,) = instrument.field_named("sat1").reference
    assert (reference.value, reference.categories, reference.year) == (0.656, [4, 5], 2021)
    assert instrument.field_named("sat2").reference == []
