"""The declarations this repository ships: exact wordings, honest statuses, facts, and that they hang together."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from pipeline.declare import Claims, Instrument, Registry, StudyDeclaration, load_study, read_declaration
from pipeline.declare.registry import Component, Condition

ROOT = Path(__file__).resolve().parents[3]

CBS = [
    "Ik heb veel contact met andere buurtbewoners.",
    "In deze buurt gaat men op een prettige manier met elkaar om.",
    "Ik woon in een gezellige buurt waar mensen elkaar helpen en samen dingen doen.",
    "Mensen kennen elkaar in deze buurt nauwelijks.",
    "Ik ben tevreden met de bevolkingssamenstelling in deze buurt.",
    "Ik voel mij thuis in deze buurt.",
]
SWLS = [
    "In most ways my life is close to my ideal.",
    "The conditions of my life are excellent.",
    "I am satisfied with my life.",
    "So far I have gotten the important things I want in life.",
    "If I could live my life over, I would change almost nothing.",
]


@pytest.fixture(scope="module")
def magic_mix() -> Instrument:
    return read_declaration(ROOT / "surveys" / "instruments" / "magic-mix@1.yaml", Instrument)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return read_declaration(ROOT / "surveys" / "projects.yaml", Registry)


@pytest.fixture(scope="module")
def claims() -> Claims:
    return read_declaration(ROOT / "analysis" / "claims.yaml", Claims)


@pytest.mark.parametrize("folder", [".", "tests/acceptance/somerville"])
def test_the_studies_of_this_repository_load(folder: str) -> None:
    study = load_study(ROOT / folder)
    assert list(study.waves) == list(study.params.waves)


# --- the questionnaire


def test_the_items_are_all_there_in_their_order(magic_mix: Instrument) -> None:
    ties = [f"{kind}_{level}{n}" for kind, level, n in product(("bo", "br"), "cbn", range(1, 5))]
    facets = ("size", "outdoor", "rent", "privacy", "noise", "upkeep", "location", "safety")
    assert [field.name for field in magic_mix.with_role("item")] == [
        *(f"hs{n}" for n in range(1, 5)), "hs_dwelling", "hs_environment", *(f"hsf_{f}" for f in facets),
        *(f"scb{n}" for n in range(1, 7)), *(f"scn{n}" for n in range(1, 7)), *ties,
        *(f"swls{n}" for n in range(1, 6)), *(f"who{n}" for n in range(1, 6)),
    ]  # fmt: skip
    assert [field.name for field in magic_mix.with_role("background")] == [
        "role", "age_band", "gender", "household", "time_in_project", "country_group",
    ]  # fmt: skip
    assert [magic_mix.with_role(role)[0].name for role in ("project", "language", "consent", "source_id")] == [
        "project", "language", "consent", "response_id",
    ]  # fmt: skip


def test_the_wordings_of_cbs_and_swls_are_exact(magic_mix: Instrument) -> None:
    assert [magic_mix.field_named(f"scn{n}").title["nl"] for n in range(1, 7)] == CBS
    assert [magic_mix.field_named(f"swls{n}").title["en"] for n in range(1, 6)] == SWLS


def test_cohesion_is_asked_of_the_building_as_of_the_neighbourhood(magic_mix: Instrument) -> None:
    for n in range(1, 7):
        building = magic_mix.field_named(f"scb{n}").title
        assert "gebouw" in building["nl"]
        assert "building" in building["en"]
        assert magic_mix.field_named(f"scb{n}").reversed == magic_mix.field_named(f"scn{n}").reversed


def test_what_others_answered_stands_at_the_statements_on_the_neighbourhood_alone(magic_mix: Instrument) -> None:
    # agreed with in the lowest income fifth, 2021: pleasant manner, help each other, hardly know each other, at home
    shares = {field.name: [r.value for r in field.reference] for field in magic_mix.fields if field.reference}
    assert shares == {"scn2": [0.656], "scn3": [0.513], "scn4": [0.342], "scn6": [0.523]}
    for name in shares:
        (reference,) = magic_mix.field_named(name).reference
        assert (reference.year, reference.categories) == (2021, [4, 5])
        assert {"nl", "en"} <= set(reference.what) & set(reference.population)


def test_exactly_these_items_are_reversed(magic_mix: Instrument) -> None:
    reversed_items = {field.name for field in magic_mix.fields if field.reversed}
    assert reversed_items == {"scb4", "scn4", "hs_dwelling", "hs_environment"}


@pytest.mark.parametrize(
    ("scale", "codes", "first", "last"),
    [
        ("agree5", [1, 2, 3, 4, 5], "helemaal mee oneens", "helemaal mee eens"),
        ("satisfied5", [1, 2, 3, 4, 5], "zeer tevreden", "zeer ontevreden"),
        ("agree7", [1, 2, 3, 4, 5, 6, 7], "helemaal mee oneens", "helemaal mee eens"),
        ("how_often6", [0, 1, 2, 3, 4, 5], "nooit", "altijd"),
    ],
)
def test_answer_scales(magic_mix: Instrument, scale: str, codes: list[int], first: str, last: str) -> None:
    categories = magic_mix.scales[scale].categories
    assert [category.value for category in categories] == codes
    assert (categories[0].label["nl"], categories[-1].label["nl"]) == (first, last)
    assert all(set(category.label) == {"nl", "en", "ar", "ti"} for category in categories)
    # nobody who speaks these languages has looked at the labels
    assert {magic_mix.scales[scale].translations[language] for language in ("ar", "ti")} == {"draft"}


@pytest.mark.parametrize(
    ("prefix", "scale"),
    [("hs1", "agree5"), ("hs_", "satisfied5"), ("hsf_", "agree5"), ("sc", "agree5"), ("bo_", "agree5"),
     ("br_", "agree5"), ("swls", "agree7"), ("who", "how_often6")],
)  # fmt: skip
def test_which_answers_go_with_which_items(magic_mix: Instrument, prefix: str, scale: str) -> None:
    items = [field for field in magic_mix.with_role("item") if field.name.startswith(prefix)]
    assert items
    assert {item.scale for item in items} == {scale}


def test_reasons_for_no_answer(magic_mix: Instrument) -> None:
    assert {missing.reason: missing.value for missing in magic_mix.missing_values} == {
        "not_asked": 97, "dont_know": 98, "no_answer": 99,
    }  # fmt: skip
    assert all(set(missing.label) == {"nl", "en", "ar", "ti"} for missing in magic_mix.missing_values)


def test_constructs_and_how_they_are_scored(magic_mix: Instrument) -> None:
    scored = {
        c.name: (c.items[0], len(c.items), c.rule, c.minimum_answered, c.lower, c.upper) for c in magic_mix.constructs
    }
    assert scored == {
        "HS": ("hs1", 4, "mean", "half", 1, 5),
        "SC": ("scb1", 6, "mean", "half", 1, 5),
        "SB": ("bo_b1", 4, "mean", "half", 1, 5),
        "SWB": ("swls1", 5, "sum", "all", 5, 35),
        "HS_woon": ("hs_dwelling", 2, "mean", "all", 1, 5),
        "HS_facets": ("hsf_size", 8, "mean", "half", 1, 5),
        "SC_neighbourhood": ("scn1", 6, "mean", "half", 1, 5),
        "bonds_cluster": ("bo_c1", 4, "mean", "half", 1, 5),
        "bonds_neighbourhood": ("bo_n1", 4, "mean", "half", 1, 5),
        "bridges_cluster": ("br_c1", 4, "mean", "half", 1, 5),
        "bridges_block": ("br_b1", 4, "mean", "half", 1, 5),
        "bridges_neighbourhood": ("br_n1", 4, "mean", "half", 1, 5),
        "WHO5": ("who1", 5, "sum", "all", 0, 100),
    }
    assert [c.name for c in magic_mix.constructs if c.primary] == ["HS", "SC", "SB", "SWB"]
    assert magic_mix.construct_named("WHO5").multiply == 4
    (derived,) = magic_mix.derived
    assert (derived.name, derived.plus, derived.minus) == (
        "ties_inside_minus_outside", ["bridges_cluster", "bridges_block"], ["bridges_neighbourhood"],
    )  # fmt: skip


def test_every_item_but_none_twice_is_in_a_scale(magic_mix: Instrument) -> None:
    scored = [item for construct in magic_mix.constructs for item in construct.items]
    assert sorted(scored) == sorted(field.name for field in magic_mix.with_role("item"))


def test_bands_are_the_documented_ones(magic_mix: Instrument) -> None:
    bands = [(band.lower, band.upper) for band in magic_mix.construct_named("SWB").bands]
    assert bands == [(5, 9), (10, 14), (15, 19), (20, 20), (21, 25), (26, 30), (31, 35)]
    assert magic_mix.construct_named("SWB").bands[3].label["en"] == "neutral"
    low = magic_mix.construct_named("WHO5").bands[0]
    assert (low.lower, low.upper, low.label["en"]) == (0, 50, "low")


def test_only_who5_is_optional(magic_mix: Instrument) -> None:
    optional = {field.name for field in magic_mix.with_role("item") if field.optional}
    assert optional == {f"who{n}" for n in range(1, 6)}


def test_every_item_has_a_source_with_a_licence(magic_mix: Instrument) -> None:
    for field in magic_mix.with_role("item"):
        assert field.source is not None
        assert magic_mix.sources[field.source].licence


def test_what_is_not_validated_does_not_say_it_is(magic_mix: Instrument) -> None:
    statuses = {
        (name, language): status
        for name, source in magic_mix.sources.items()
        for language, status in source.translations.items()
    }
    assert "validated" not in statuses.values()
    originals = {key for key, status in statuses.items() if status == "original"}
    assert originals == {("cbs_neighbourhood", "nl"), ("swls", "en"), ("who5", "en")}
    for name in magic_mix.sources:
        assert (statuses[name, "ar"], statuses[name, "ti"]) == ("absent", "absent")
    assert magic_mix.languages == {"nl": "draft", "en": "draft", "ar": "absent", "ti": "absent"}
    assert all({"ar", "ti"}.isdisjoint(field.title) for field in magic_mix.with_role("item"))


def test_the_questions_on_ties_say_they_are_bespoke(magic_mix: Instrument) -> None:
    source = magic_mix.sources["ties"]
    assert "Bespoke" in source.citation
    assert source.notes is not None
    assert "No published scale" in source.notes["en"]
    assert "geen gepubliceerde schaal" in source.notes["nl"]


def test_ties_are_the_same_questions_of_two_groups_at_three_levels(magic_mix: Instrument) -> None:
    for language, like, unlike in [
        ("en", "people from my own country or family", "other people (not from my own country or family)"),
        ("nl", "mensen uit mijn eigen land of familie", "andere mensen (niet uit mijn eigen land of familie)"),
    ]:
        for level, n in product("cbn", range(1, 5)):
            bond = magic_mix.field_named(f"bo_{level}{n}").title[language]
            assert magic_mix.field_named(f"br_{level}{n}").title[language] == bond.replace(like, unlike)


# --- the registry


def test_the_four_described_projects_are_facts_with_a_source(registry: Registry) -> None:
    described = {project.id: project for project in registry.projects if project.described}
    facts = {
        name: (p.traits["construction"], p.traits["location"], p.dwellings, p.tenure) for name, p in described.items()
    }
    assert facts == {
        "zanderwierde": ("repurposed", "in_neighbourhood", 20, None),
        "set-ijburg": ("modular", "in_neighbourhood", 141, "temporary"),
        "baak-zuid": ("repurposed", "in_neighbourhood", 35, None),
        "soza": ("repurposed", "isolated", None, "temporary"),
    }  # fmt: skip
    for project in described.values():
        assert project.source
        assert not project.simulated
        assert project.mix is None  # the booklet gives no shares per project
        assert project.opened is None
        assert project.reciprocity_hours_per_month is None
    # shares a bathroom per cluster; stands where nobody else lives; is let under the vacancy act
    assert described["soza"].components["own_bathroom"] is False
    assert described["soza"].conditions["close_to_neighbours"] is False
    assert described["soza"].conditions["for_an_indefinite_period"] is False
    # not stated, so not known
    assert "own_kitchen" not in described["soza"].components
    assert "near_public_transport" not in described["zanderwierde"].components


def test_the_made_up_projects_are_two_by_two_balanced_and_say_so(registry: Registry) -> None:
    made_up = [project for project in registry.projects if project.simulated]
    cells = [(p.traits["construction"], p.traits["location"]) for p in made_up]
    assert len(made_up) == 12
    assert {cell: cells.count(cell) for cell in cells} == dict.fromkeys(
        product(("modular", "repurposed"), ("in_neighbourhood", "isolated")), 3
    )
    real_places = {project.municipality for project in registry.projects if project.described}
    for project in made_up:
        assert re.fullmatch(r"sim-p\d\d", project.id)
        assert "verzonnen" in project.name
        assert project.municipality not in real_places
        assert not project.described


def test_nineteen_components_and_five_conditions() -> None:
    from typing import get_args

    assert (len(get_args(Component)), len(get_args(Condition))) == (19, 5)


# --- the study and its claims


def test_the_study_says_whose_answers_and_what_is_compared() -> None:
    study = read_declaration(ROOT / "surveys" / "study.yaml", StudyDeclaration)
    assert (study.population.variable, study.population.equals) == ("role", "status_holder")
    assert [(t.name, t.of, t.dummy, t.high.value, t.low.value) for t in study.traits] == [
        ("location", "unit", "in_neighbourhood", "in_neighbourhood", "isolated"),
        ("construction", "unit", "repurposed", "repurposed", "modular"),
    ]
    assert [level.colour for trait in study.traits for level in trait.levels] == [
        "#0b6e5f", "#b45309", "#3a7f9c", "#7a5ea8",
    ]  # fmt: skip
    assert study.languages == ["nl", "en"]


def test_the_eight_claims_are_the_studys(claims: Claims) -> None:
    assert {claim.id: (claim.statement, claim.model, claim.kind) for claim in claims.claims} == {
        "C1": ("cor(HS, SC) > 0", "measurement", "confirmatory"),
        "C2": ("SWB ~ HS > 0", "main", "confirmatory"),
        "C3": ("SWB ~ SC > 0", "main", "confirmatory"),
        "C4": ("SB ~ HS > 0", "main", "confirmatory"),
        "C5": ("effect(location, HS) > 0", None, "confirmatory"),
        "C6": ("effect(construction, HS) > 0", None, "confirmatory"),
        "C7": ("effect(location, HS) > effect(construction, HS)", None, "confirmatory"),
        "C8": ("effect(location, ties_inside_minus_outside) < 0", None, "exploratory"),
    }


def test_small_effects_are_set_per_metric(claims: Claims) -> None:
    assert {claim.smallest_effect for claim in claims.claims if claim.model} == {0.10}
    assert {claim.smallest_effect for claim in claims.claims if not claim.model} == {0.20}


def test_claims_read_as_plain_sentences(claims: Claims) -> None:
    for claim in claims.claims:
        for language in ("nl", "en"):
            assert claim.text.sentence[language].endswith(".")
            assert len(claim.text.sentence[language].split()) <= 27
            assert not re.search(r"\b(HS|SC|SB|SWB)\b|\d", claim.text.sentence[language] + claim.text.heading[language])


def test_every_statement_can_be_judged(claims: Claims) -> None:
    from analysis.claims import parse_statement

    for claim in claims.claims:
        assert parse_statement(claim.statement).about_model == (claim.model is not None)
