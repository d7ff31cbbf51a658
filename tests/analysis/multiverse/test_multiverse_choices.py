"""The cross of choices: what makes sense, how many there are, which are run."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.multiverse.choices import cross, drawn, main_specification
from analysis.multiverse.inputs import families
from analysis.multiverse.outcome import Found
from analysis.multiverse.rules import RULES
from analysis.multiverse.specification import AXES, Specification
from tests.analysis.multiverse import made

INPUTS = made.inputs()


def test_families_are_claims_that_one_fit_answers() -> None:
    assert families(INPUTS) == (made.UNIT, made.NEAR, made.PERSON, made.MODEL)


def test_a_key_names_every_choice_in_order() -> None:
    assert made.MAIN.key == "mean.ols.listwise.keep.analysed.none.-.project_means.all.none"
    assert Specification.of(made.MAIN.choices) == made.MAIN


def test_the_main_specifications() -> None:
    assert main_specification(INPUTS, made.UNIT) == made.MAIN
    assert main_specification(INPUTS, made.PERSON) == made.MAIN.choosing(clustering="mixed")
    nowhere = made.inputs(INPUTS.persons.assign(project=None))
    assert main_specification(nowhere, made.PERSON).clustering == "ignored"
    assert main_specification(nowhere, made.MODEL).clustering == "ignored"
    assert main_specification(INPUTS, made.MODEL).key == (
        "latent.mlr.fiml.keep.analysed.none.out.cluster_robust.all.none"
    )


@pytest.mark.parametrize("family", [made.UNIT, made.NEAR, made.PERSON, made.MODEL], ids=lambda f: f"{f.name} {f.of}")
def test_the_count_is_that_of_what_can_be_listed(family) -> None:
    crossed = cross(INPUTS, family)
    everything = [crossed.at(i) for i in range(crossed.n)]
    assert len(set(everything)) == crossed.n > 500
    assert everything[0] == crossed.main
    assert [crossed.index(s) for s in everything[::97]] == [*range(crossed.n)][::97]


def test_every_combination_of_an_effect_by_hand() -> None:
    """mean: 3 clusterings × listwise, imputation; sum: 3 × listwise; ml: 3 ways with missing answers; mlr: 3 × 2;
    sam and wlsmv: 3 × 2 each. Those × careless × residents × covariates × (4 choices of waves × 13 of projects)."""
    ways = 3 * 2 + 3 + 3 + 3 * 2 + 2 * (3 * 2)
    assert cross(INPUTS, made.UNIT).n == ways * 2**3 * 4 * 13 + 1  # until:w2 beside them


def test_what_makes_no_sense_is_not_there() -> None:
    for family in (made.UNIT, made.PERSON, made.MODEL):
        for way in cross(INPUTS, family).ways:
            assert (way.score == "ordinal") == (way.estimator == "wlsmv")
            assert way.missing != "fiml" or way.estimator in ("ml", "mlr")
            assert not (way.estimator == "ml" and way.clustering != "ignored")
            assert way.clustering != "project_means" or family is made.UNIT
            assert way.clustering != "mixed" or family is made.PERSON
            assert (way.alternative == "-") == (family.kind == "effect")
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.reason.endswith(".") for rule in RULES)


def test_choices_that_the_data_do_not_have() -> None:
    frame = INPUTS.persons.assign(careless=False, analysed=True, wave="w1")
    few = replace(INPUTS, persons=frame, waves=("w1",), adjusted_for=())
    crossed = cross(few, made.UNIT)
    assert {(w.careless, w.residents, w.covariates) for w in crossed.ways} == {("keep", "analysed", "none")}
    assert {waves for waves, _ in crossed.places} == {"all"}
    assert crossed.beside == ()


def test_a_project_is_left_out_of_waves_it_took_part_in() -> None:
    frame = INPUTS.persons
    frame = frame[(frame["project"] != "p00") | (frame["wave"] != "w2")]
    places = cross(made.inputs(frame), made.UNIT).places
    assert ("w2", "p00") not in places
    assert {("w1", "p00"), ("w2", "none"), ("all", "p00")} <= set(places)


def test_a_wave_that_did_not_ask_is_not_looked_at_by_itself() -> None:
    frame = INPUTS.persons.copy()
    frame.loc[frame["wave"] == "w3", "owner"] = np.nan
    frame.loc[frame["wave"] == "w1", made.SCALES["OUT"].item_names] = np.nan
    waves = {f.name + f.of: {w for w, _ in cross(made.inputs(frame), f).places} for f in families(INPUTS)}
    assert waves["HSperson"] == {"all", "w1", "w2"}
    assert waves["HSunit"] == waves["model"] == {"all", "w1", "w2", "w3"}
    silent = frame.assign(**dict.fromkeys([*made.SCALES["IN"].item_names, *made.SCALES["OUT"].item_names], np.nan))
    assert {w for w, _ in cross(made.inputs(silent), made.NEAR).places} == {"all"}


def test_scales_with_all_items_required_are_not_summed_too() -> None:
    strict = {name: replace(scale, minimum_answered="all") for name, scale in made.SCALES.items()}
    assert "sum" not in {way.score for way in cross(replace(INPUTS, scales=strict), made.UNIT).ways}


def test_two_items_are_no_factor() -> None:
    short = made.SCALES | {"HS": replace(made.SCALES["HS"], items=made.SCALES["HS"].items[:2])}
    assert {w.score for w in cross(replace(INPUTS, scales=short), made.UNIT).ways} == {"mean", "sum"}


def test_drawing_takes_the_main_one_then_the_nearest_then_others() -> None:
    crossed = cross(INPUTS, made.UNIT)
    found = drawn(crossed, n=200, seed=5)
    near = crossed.nearest()
    assert found[0] == crossed.main
    assert found[1 : 1 + len(near)] == near
    assert len(found) == len(set(found)) == 200
    assert found == drawn(crossed, n=200, seed=5)
    assert found != drawn(crossed, n=200, seed=6)
    assert near[-1].waves == "until:w2"


@pytest.mark.parametrize("family", [made.UNIT, made.MODEL], ids=lambda f: f.name)
def test_what_one_fit_answers_is_drawn_together(family) -> None:
    crossed = cross(INPUTS, family)
    found = drawn(crossed, n=150, seed=5)
    first = {crossed.main, *crossed.nearest()}
    others = [s for s in map(crossed.at, range(crossed.n)) if s not in first]
    whole, taken = (Counter(s.fit for s in some if s not in first) for some in (others, found))
    assert sum(whole.values()) > sum(taken.values()) == 150 - len(first)
    assert sum(taken[fit] < whole[fit] for fit in taken) <= 2
    assert len(taken) < 0.6 * sum(taken.values())


def test_errors_apart_a_fit_is_the_same() -> None:
    ml = made.MAIN.choosing(score="latent", estimator="ml", missing="fiml", clustering="ignored")
    assert ml.fit == ml.choosing(estimator="mlr", clustering="cluster_robust").fit
    for other in ({"estimator": "sam"}, {"missing": "listwise"}, {"waves": "w1"}, {"left_out": "p01"}):
        assert ml.fit != ml.choosing(**other).fit


def test_every_other_one_has_the_same_chance() -> None:
    crossed = cross(replace(INPUTS, choices=INPUTS.choices | {"left_out": ("none",)}), made.MODEL)
    n_first, draws = 1 + len(crossed.nearest()), 800
    n = n_first + 40
    times = Counter(s for seed in range(draws) for s in drawn(crossed, n=n, seed=seed)[n_first:])
    chance = 40 / (crossed.n - n_first)
    assert len(times) == crossed.n - n_first
    # of independent draws, the furthest of some hundreds lies within four or five standard errors
    furthest = max(abs(count / draws - chance) for count in times.values())
    assert furthest < 5 * np.sqrt(chance * (1 - chance) / draws)


@pytest.mark.parametrize("family", [made.UNIT, made.PERSON, made.MODEL], ids=lambda f: f"{f.name} {f.of}")
def test_the_nearest_make_every_choice_there_is(family) -> None:
    crossed = cross(INPUTS, family)
    everything = [crossed.at(i) for i in range(crossed.n)]
    near = [crossed.main, *crossed.nearest()]
    for axis in AXES:
        assert {getattr(s, axis) for s in near} == {getattr(s, axis) for s in everything}
    # where one axis alone can differ, one axis alone does
    assert crossed.main.choosing(careless="drop") in near


def test_a_cross_smaller_than_asked_is_run_whole() -> None:
    small = replace(INPUTS, choices={"score": ("mean", "sum"), "clustering": ("ignored",)})
    crossed = cross(small, made.UNIT)
    assert crossed.n == 4  # mean and sum, as the main one has it and with projects ignored
    for n in (0, 4, 1000):
        assert set(drawn(crossed, n=n, seed=1)) == {crossed.at(i) for i in range(4)}
    assert drawn(crossed, n=2, seed=1)[0] == crossed.main


def test_the_main_one_is_run_though_nobody_declared_it() -> None:
    other = replace(INPUTS, choices={"score": ("latent",), "estimator": ("sam",)})
    assert cross(other, made.UNIT).at(0) == made.MAIN


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 300), st.integers(0, 50))
def test_any_draw_is_of_the_cross_without_repetition(n: int, seed: int) -> None:
    crossed = cross(INPUTS, made.NEAR)
    found = drawn(crossed, n=n, seed=seed)
    assert len(set(found)) == len(found) == n
    assert all(crossed.at(crossed.index(s)) == s for s in found)


def test_outcomes_survive_being_written() -> None:
    found = Found(
        "A", made.MAIN, "ok", "", 10, 3, 0.1, 0.2, np.inf, -1 / 3, 0.5, 0.25, {"p1": 0.1 + 0.2}, np.arange(3.0)
    )
    back = Found.from_record(found.as_record())
    assert {**vars(back), "permuted": None} == {**vars(found), "permuted": None}
    assert back.permuted is not None and (back.permuted == np.arange(3.0)).all()
    refused = Found("A", made.MAIN, "refused", "confounded")
    assert np.isnan(Found.from_record(refused.as_record()).estimate)
