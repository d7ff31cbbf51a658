"""Places of one profile compared within persons: means, differences, contrasts of differences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.clusters.contrasts import TraitColumns
from analysis.measurement.levels import (
    Group,
    Place,
    Profile,
    compared_persons,
    level_contrasts,
    level_differences,
    level_profiles,
    mean_over_units,
)

ORACLES = Path(__file__).resolve().parents[2] / "oracles" / "clustering"
REFERENCES: dict[str, Any] = json.loads((ORACLES / "levels.json").read_text(encoding="utf-8"))
TWO = Profile("cohesion", (Place("building", "near"), Place("street", "far")))
THREE = Profile("ties", (Place("near", "near"), Place("middle", "middle"), Place("far", "far")))
LIGGING = TraitColumns("ligging", "unit", "high", "in", "out")
BUILT = TraitColumns("bouw", "unit", "built", "yes", "no")
WOMAN = TraitColumns("gender", "person", "woman", "yes", "no")


def everybody(persons: pd.DataFrame) -> list[Group]:
    return [("all", "all", pd.Series(True, index=persons.index))]


def of_levels(persons: pd.DataFrame, column: str) -> list[Group]:
    known = persons[column].dropna().unique()
    return [*everybody(persons), *((column, str(level), persons[column] == level) for level in sorted(known))]


def differences(persons: pd.DataFrame, profile: Profile = TWO) -> pd.DataFrame:
    return level_differences(persons, [profile], everybody(persons), cluster="project", confidence=0.95)


@pytest.fixture
def residents() -> pd.DataFrame:
    """The persons of ``levels.csv``: eleven projects, two traits of projects, one of persons, scores missing."""
    frame = pd.read_csv(ORACLES / "levels.csv")
    frame["high"] = (frame["ligging"] == "in").astype(float)
    for trait in (BUILT, WOMAN):
        frame[trait.dummy] = frame[trait.dummy].astype(float)
        frame[trait.name] = frame[trait.dummy].map({1.0: "yes", 0.0: "no"})
    return frame


@pytest.fixture
def few() -> pd.DataFrame:
    """Three projects of two; differences 1 3, 0 2, 5 7, of project means 2, 1, 6."""
    return pd.DataFrame(
        {"near": [4.0, 5, 2, 5, 6, 9], "far": [3.0, 2, 2, 3, 1, 2], "project": ["a", "a", "b", "b", "c", "c"]}
    )


def test_difference_by_hand(few: pd.DataFrame) -> None:
    row = differences(few).iloc[0]
    assert (row["n_obs"], row["n_projects"], row["units"], row["df"], row["problem"]) == (6, 3, "projects", 2, "")
    assert row["difference"] == pytest.approx(3)
    assert row["se"] == pytest.approx(np.sqrt(7 / 3))  # of 2, 1, 6: variance 7
    assert row["sd"] == pytest.approx(np.std([1, 3, 0, 2, 5, 7], ddof=1))
    assert row["effect_size"] == pytest.approx(3 / row["sd"])
    assert row["ci_upper"] == pytest.approx(3 + 4.302652730 * row["se"])
    assert row["r"] == pytest.approx(few["near"].corr(few["far"]))


def test_only_persons_with_every_place_and_a_known_project_count(few: pd.DataFrame) -> None:
    more = pd.DataFrame({"near": [1.0, np.nan, 2], "far": [np.nan, 3, 2], "project": ["a", "b", None]})
    persons = pd.concat([few, more], ignore_index=True)
    assert len(compared_persons(persons, TWO, cluster="project")) == 6
    pd.testing.assert_frame_equal(differences(persons), differences(few))
    profiles = level_profiles(persons, [TWO], everybody(persons), cluster="project", confidence=0.95)
    assert profiles["n_obs"].tolist() == [6, 6]
    assert profiles["mean"].tolist() == pytest.approx([(4.5 + 3.5 + 7.5) / 3, (2.5 + 2.5 + 1.5) / 3])
    assert profiles["mean"].diff().iloc[1] == pytest.approx(-differences(few)["difference"].iloc[0])


def test_persons_are_the_units_where_no_project_is_known(few: pd.DataFrame) -> None:
    row = differences(few.assign(project=None)).iloc[0]
    assert (row["units"], row["n_projects"], row["df"]) == ("persons", 0, 5)
    assert row["se"] == pytest.approx(row["sd"] / np.sqrt(6))


def test_one_project_has_no_interval(few: pd.DataFrame) -> None:
    row = differences(few[few["project"] == "a"]).iloc[0]
    assert row["problem"] == "too_few_persons;too_few_projects"
    assert row["difference"] == 2
    assert row[["se", "ci_lower", "ci_upper", "pvalue", "r"]].isna().all()


def test_everybody_differs_alike(few: pd.DataFrame) -> None:
    row = differences(few.assign(far=few["near"] - 0.1)).iloc[0]
    assert row["problem"] == "no_variation"
    assert row["difference"] == pytest.approx(0.1)
    assert row["r"] == pytest.approx(1)
    assert row[["ci_lower", "ci_upper", "pvalue", "effect_size"]].isna().all()


def test_a_score_that_is_the_same_for_everybody(few: pd.DataFrame) -> None:
    row = differences(few.assign(far=2.0)).iloc[0]
    assert row["problem"] == "constant_score"
    assert np.isnan(row["r"]) and not np.isnan(row["pvalue"])


def test_the_wrong_way_round(few: pd.DataFrame) -> None:
    turned = Profile("cohesion", TWO.places[::-1])
    a, b = differences(few).iloc[0], differences(few, turned).iloc[0]
    assert b["difference"] == -a["difference"] and b["effect_size"] == -a["effect_size"]
    assert (b["ci_lower"], b["ci_upper"]) == (-a["ci_upper"], -a["ci_lower"])
    assert (b["r"], b["pvalue"]) == pytest.approx((a["r"], a["pvalue"]))


def test_nobody_has_every_place(few: pd.DataFrame) -> None:
    for persons in (few.assign(far=np.nan), few.drop(columns="far"), few.iloc[:0]):
        assert differences(persons).empty
        assert level_profiles(persons, [TWO], everybody(persons), cluster="project", confidence=0.95).empty
        made = level_contrasts(
            persons.assign(high=1.0, ligging="in"), [TWO], [LIGGING], cluster="project", minimum_units=2,
            confidence=0.95, adjust="holm",
        )  # fmt: skip
        assert made.empty and "profile" in made.columns


def test_a_level_nobody_has_is_left_out(few: pd.DataFrame) -> None:
    groups = [*everybody(few), ("place", "moon", pd.Series(False, index=few.index))]
    made = level_profiles(few, [TWO], groups, cluster="project", confidence=0.95)
    assert made[["trait", "level"]].drop_duplicates().to_numpy().tolist() == [["all", "all"]]


def test_mean_over_units_by_hand() -> None:
    found = mean_over_units(pd.Series([1.0, 3, 7]), pd.Series(["a", "a", "b"]), confidence=0.9)
    assert (found.units, found.n_projects, found.mean, found.se, found.df) == ("projects", 2, 4.5, 2.5, 1)
    assert found.ci_upper == pytest.approx(4.5 + 2.5 * 6.313751515)


@pytest.mark.parametrize("level", ["all", "in", "out"])
def test_differences_as_t_test_finds(residents: pd.DataFrame, level: str) -> None:
    made = level_differences(
        residents, [THREE], of_levels(residents, "ligging"), cluster="project", confidence=0.95
    ).query("level == @level")
    assert len(made) == 3
    for (_, row), reference in zip(made.iterrows(), REFERENCES["differences"][level], strict=True):
        assert (row["place_a"], row["place_b"]) == (reference["a"], reference["b"])
        assert (row["n_obs"], row["n_projects"]) == (reference["n"], reference["projects"])
        mine = [row[name] for name in ("difference", "se", "df", "pvalue", "ci_lower", "ci_upper", "sd", "r")]
        theirs = [reference[name] for name in ("difference", "se", "df", "p")] + reference["ci"]
        assert mine == pytest.approx([*theirs, reference["sd"], reference["r"]], rel=1e-9)
        assert row["effect_size"] == pytest.approx(reference["dz"], rel=1e-9)


def test_differences_of_persons_as_a_paired_t_test_finds(residents: pd.DataFrame) -> None:
    made = differences(residents.assign(project=None), THREE)
    for (_, row), reference in zip(made.iterrows(), REFERENCES["differences"]["all"], strict=True):
        mine = [row[name] for name in ("difference", "se", "df", "pvalue", "ci_lower", "ci_upper")]
        theirs = [reference["persons"][name] for name in ("difference", "se", "df", "p")]
        assert mine == pytest.approx(theirs + reference["persons"]["ci"], rel=1e-9)


@pytest.mark.parametrize("level", ["all", "in", "out"])
def test_profiles_as_t_test_finds(residents: pd.DataFrame, level: str) -> None:
    made = level_profiles(residents, [THREE], of_levels(residents, "ligging"), cluster="project", confidence=0.95)
    for (_, row), reference in zip(
        made.query("level == @level").iterrows(), REFERENCES["profiles"][level], strict=True
    ):
        assert (row["place"], row["n_obs"]) == (reference["place"], reference["n"])
        mine = [row[name] for name in ("mean", "sd", "ci_lower", "ci_upper")]
        assert mine == pytest.approx([reference["mean"], reference["sd"], *reference["ci"]], rel=1e-9)


@pytest.fixture
def contrasts(residents: pd.DataFrame) -> pd.DataFrame:
    return level_contrasts(
        residents, [THREE], [LIGGING, BUILT, WOMAN], cluster="project", minimum_units=4, confidence=0.95, adjust="holm"
    )


def test_contrasts_of_projects_as_lm_finds(contrasts: pd.DataFrame) -> None:
    for trait, key in (("ligging", "high"), ("bouw", "built")):
        of_trait = contrasts[contrasts["trait"] == trait]
        assert set(of_trait["method"]) == {"project_means"} and set(of_trait["refused"]) == {""}
        for (_, row), reference in zip(of_trait.iterrows(), REFERENCES["contrasts"], strict=True):
            assert (row["place_a"], row["place_b"], row["df"]) == (reference["a"], reference["b"], reference["df"])
            mine = [row[name] for name in ("estimate", "se", "pvalue", "ci_lower", "ci_upper")]
            theirs = [reference[key][name] for name in ("estimate", "se", "p")] + reference[key]["ci"]
            assert mine == pytest.approx(theirs, rel=1e-9)
            assert row["effect_size"] == pytest.approx(reference[key]["estimate"] / reference["sd"], rel=1e-9)
    adjusted = contrasts.loc[contrasts["trait"] == "ligging", "pvalue_adjusted"]
    assert adjusted.tolist() == pytest.approx(REFERENCES["holm_high"], rel=1e-9)


def test_contrasts_of_persons_as_lmer_finds(contrasts: pd.DataFrame) -> None:
    of_trait = contrasts[contrasts["trait"] == "gender"]
    assert set(of_trait["method"]) == {"mixed"}
    for (_, row), reference in zip(of_trait.iterrows(), REFERENCES["contrasts"], strict=True):
        assert row["estimate"] == pytest.approx(reference["woman"]["estimate"], abs=1e-6)
        assert row["se"] == pytest.approx(reference["woman"]["se"], rel=1e-5)


def test_a_trait_of_persons_where_no_project_is_known(residents: pd.DataFrame) -> None:
    made = level_contrasts(
        residents.assign(project=None), [THREE], [LIGGING, WOMAN], cluster="project", minimum_units=4,
        confidence=0.95, adjust="none",
    )  # fmt: skip
    of_persons, of_projects = (made[made["trait"] == trait] for trait in ("gender", "ligging"))
    assert set(of_persons["method"]) == {"persons"} and of_persons["estimate"].notna().all()
    assert set(of_projects["refused"]) == {"too_few_projects"} and of_projects["estimate"].isna().all()


def test_too_few_projects_are_refused(residents: pd.DataFrame) -> None:
    made = level_contrasts(
        residents[residents["project"] <= "q06"], [THREE], [LIGGING], cluster="project", minimum_units=4,
        confidence=0.95, adjust="holm",
    )  # fmt: skip
    assert made["refused"].tolist() == ["too_few_projects"] * 3
    assert made[["estimate", "pvalue", "pvalue_adjusted"]].isna().all(axis=None)


def test_traits_that_coincide_are_refused(residents: pd.DataFrame) -> None:
    same = residents.assign(built=residents["high"], bouw=residents["high"].map({1.0: "yes", 0.0: "no"}))
    made = level_contrasts(
        same, [THREE], [LIGGING, BUILT], cluster="project", minimum_units=4, confidence=0.95, adjust="holm"
    )
    assert set(made["refused"]) == {"confounded"}


def test_a_contrast_is_the_difference_between_two_differences(residents: pd.DataFrame) -> None:
    alone = level_contrasts(
        residents, [THREE], [LIGGING], cluster="project", minimum_units=4, confidence=0.95, adjust="none"
    )
    made = level_differences(
        residents, [THREE], of_levels(residents, "ligging"), cluster="project", confidence=0.95
    )  # fmt: skip
    inside, outside = (made.loc[made["level"] == level, "difference"].to_numpy(dtype=float) for level in ("in", "out"))
    assert alone["estimate"].tolist() == pytest.approx((inside - outside).tolist())
