"""Results from some of the persons: which are hidden for the few by whom they differ from others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.disclosure import Columns, Rounding, Scopes, Sizes, around, medians_to_hide, roughly, sizes_of_choice

WAVES = ("w1", "w2", "w3")
PROJECTS = {"a": "in", "b": "in", "c": "in", "d": "in", "e": "out", "f": "out", "g": "out", "h": "out"}
COLUMNS = Columns(
    claim="claim", waves="waves", base="n_obs", residents="residents", careless="careless", left_out="left_out",
    compared={"C": ["place"]},
)  # fmt: skip


def scopes(**n: int) -> Scopes:
    """20 of the analysed and 15 others in every project and wave; ``n``: other numbers, ``a_w1=4`` of the analysed,
    ``a_w1_others`` of the others, ``a_w1_flagged`` of the analysed who are flagged."""
    rows = []
    for wave in WAVES:
        for project, level in PROJECTS.items():
            cell = f"{project}_{wave}"
            for population, careless, size in (
                ("analysed", "false", n.get(cell, 20)), ("others", "false", n.get(f"{cell}_others", 15)),
                ("analysed", "true", n.get(f"{cell}_flagged", 0)),
            ):  # fmt: skip
                for variable, of in (("all", "all"), ("project", project), ("place", level)):
                    rows.append((wave, population, careless, variable, of, size))
    frame = pd.DataFrame(rows, columns=["wave", "population", "careless", "variable", "level", "n"])
    traits = {name: (level,) for name, level in PROJECTS.items()}
    return Scopes(Sizes(frame, WAVES), traits, ["place"], 10, Rounding(decimals=2, width=0.5))


def row(
    waves: str = "all", residents: str = "analysed", careless: str = "keep", left_out: str = "none", n_obs: int = 400
) -> pd.DataFrame:
    return pd.DataFrame(
        [("C", waves, residents, careless, left_out, n_obs)],
        columns=["claim", "waves", "residents", "careless", "left_out", "n_obs"],
    )


@pytest.mark.parametrize(
    ("n", "choices", "hidden"),
    [
        ({}, {}, False),
        ({}, {"left_out": "a"}, False),
        # 4 of the project in that wave
        ({"a_w1": 4}, {"left_out": "a", "waves": "w1", "n_obs": 130}, True),
        ({"a_w1": 4}, {"left_out": "g", "waves": "w1", "n_obs": 130}, False),
        # and so in another wave, lest all less the others tell; everybody together are 44
        ({"a_w1": 4}, {"left_out": "a", "waves": "w2", "n_obs": 130}, True),
        # half of the 16 have all the answers that this result stands on
        ({"a_w1": 16}, {"left_out": "a", "waves": "w1", "n_obs": 70}, True),
        ({"a_w1": 16}, {"left_out": "a", "waves": "w1", "n_obs": 140}, False),
        # 3 others in the project: with them and without them it tells of these
        ({"a_w1_others": 3}, {"left_out": "a", "waves": "w1", "residents": "all", "n_obs": 260}, True),
        ({"a_w1_others": 3}, {"left_out": "a", "waves": "w1", "n_obs": 140}, False),
        # 2 are flagged among 162: more than the rounding hides (50 for each); 4 among 164 are not
        ({"a_w1_flagged": 2}, {"waves": "w1", "careless": "drop", "n_obs": 160}, False),
        ({"a_w1_flagged": 4}, {"waves": "w1", "careless": "drop", "n_obs": 160}, True),
        ({"a_w1_flagged": 4}, {"waves": "w1", "careless": "keep", "n_obs": 164}, False),
        # a project that is not in the sizes
        ({}, {"left_out": "z"}, True),
        ({}, {"waves": "w9", "n_obs": 100}, True),
        # nobody stands behind a result that was refused
        ({}, {"left_out": "z", "n_obs": 0}, False),
    ],
)
def test_few_by_whom_results_differ_are_hidden(n: dict[str, int], choices: dict[str, str | int], hidden: bool) -> None:
    assert scopes(**n).rows_to_hide(row(**choices), COLUMNS).tolist() == [hidden]  # type: ignore[arg-type]


def test_a_small_level_hides_a_comparison() -> None:
    few = {f"{project}_w1": 2 for project, level in PROJECTS.items() if level == "in"}
    frame = row(waves="w1", n_obs=88)
    assert scopes(**few).rows_to_hide(frame, COLUMNS).tolist() == [True]
    elsewhere = Columns(claim="claim", waves="waves", base="n_obs", compared={})
    assert scopes(**few).rows_to_hide(frame, elsewhere).tolist() == [False]


def test_a_small_wave_is_not_told_by_the_others_and_all() -> None:
    small = {f"{project}_w2": 1 for project in PROJECTS}
    hidden = {
        choice: bool(scopes(**small).rows_to_hide(row(waves=choice, n_obs=100), COLUMNS)[0])
        for choice in ("all", *WAVES, "until:w1", "until:w2", "until:w3")
    }
    # w2 has 8 people: w1 hides with it, and what is not a wave alone might tell them apart
    assert hidden == {
        "all": False, "w1": True, "w2": True, "w3": False, "until:w1": True, "until:w2": True, "until:w3": False,
    }  # fmt: skip


def test_sizes_say_what_was_looked_at_and_nothing_of_whom_a_choice_left_out() -> None:
    frame = pd.DataFrame(
        {
            "waves": ["all", "all", "all", "w1", "w1"], "careless": ["keep", "drop", "keep", "drop", "keep"],
            "left_out": ["none", "none", "a", "none", "a"], "n_obs": [176.0, 175.0, 160.0, 60.0, np.nan],
        }
    )  # fmt: skip
    wanted = {"careless": ["keep", "-"], "left_out": ["none", "-"]}
    shown = sizes_of_choice(frame, column="n_obs", to=10, like=["waves"], nobody_out=wanted)
    assert shown.fillna(-1).tolist() == [180, 180, 180, -1, -1]


@pytest.mark.parametrize("flagged", range(10))
def test_an_attacker_who_knows_how_many_there_are_learns_no_number_of_careless_answers(flagged: int) -> None:
    """Whatever their number, the published sizes are the same."""
    frame = pd.DataFrame(
        {
            "waves": "all", "careless": ["keep", "drop", "drop"], "left_out": ["none", "none", "a"],
            "n_obs": [176.0, 176.0 - flagged, 150.0 - flagged],
        }
    )  # fmt: skip
    wanted = {"careless": ["keep", "-"], "left_out": ["none", "-"]}
    assert sizes_of_choice(frame, column="n_obs", to=10, like=["waves"], nobody_out=wanted).tolist() == [180] * 3


def test_roughly_rounds_halves_up() -> None:
    assert roughly(pd.Series([4, 5, 14.9, 15, 176]), 10).tolist() == [0, 10, 10, 20, 180]


def test_the_end_of_an_interval_does_not_tell_the_estimate_more_closely() -> None:
    """Estimates that round alike with the same width have the same ends."""
    estimates = pd.Series([0.2951, 0.3001, 0.3049])
    lower = around(estimates, estimates - 0.1234, 2)
    assert lower.tolist() == [0.18, 0.18, 0.18]
    assert (estimates - 0.1234).round(2).nunique() > 1


def test_a_median_over_hidden_results_is_hidden() -> None:
    results = pd.DataFrame(
        {
            "claim": "C", "left_out": ["a", "a", "b", "b", "b", "none"], "score": ["mean"] * 6,
            "status": ["ok", "ok", "ok", "ok", "failed", "ok"],
        }
    )  # fmt: skip
    choices = pd.DataFrame(
        [("C", "left_out", "a"), ("C", "left_out", "b"), ("C", "left_out", "none"), ("C", "score", "mean"),
         ("D", "score", "mean")],
        columns=["claim", "axis", "choice"],
    )  # fmt: skip
    hidden = np.array([True, True, True, False, True, False])
    found = medians_to_hide(choices, results, hidden, claim="claim", axis="axis", choice="choice")
    # of b one of the two that have an estimate; of the score three of five
    assert found.tolist() == [True, False, False, True, False]


@pytest.mark.parametrize(("repeats", "persons"), [(1, 200), (4, 500), (9, 750)])
def test_many_ways_of_calculating_one_difference_tell_it_more_closely(repeats: int, persons: float) -> None:
    # 4 persons, half a standard deviation, hundredths: 200 for one pair, else sqrt(6 repeats) / 1.96 times as many
    assert Rounding(2, 0.5).persons_for(4, repeats) == pytest.approx(persons, rel=0.001)
