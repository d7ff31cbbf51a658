"""Means that mostly one person makes, of groups that overlap, and of nearly the same persons twice; small enough to
check by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.clusters.largest import largest_share
from analysis.disclosure import (
    Beside,
    DisclosureError,
    GroupMeans,
    Links,
    Nearly,
    TableRule,
    Thresholds,
    audit,
    decimals_beside,
    protect_tables,
)
from analysis.disclosure.means import mean_system, told

LIMITS = Thresholds(minimum_group=10, minimum_cell=5, dominance_share=0.5)
KEYS = ("outcome", "division", "group", "wave")
RULE = TableRule(
    "g", KEYS, ("n",), statistics=("mean", "low", "high"), repeated=True, dominant=("largest_share",)
)  # fmt: skip


def link(**members: set[str]) -> GroupMeans:
    """Groups of the division ``kind``, by name."""
    return GroupMeans(
        table="g", outcome="outcome", division="division", group="group", wave="wave", base="n", mean="mean",
        interval=("low", "high"), unit="project", whole="all", decimals=2, width=0.125,
        members={("kind", name): frozenset(of) for name, of in members.items()}, ranges={"y": (1.0, 5.0)},
    )  # fmt: skip


def groups(sizes: dict[str, int], means: dict[str, float], **members: set[str]) -> pd.DataFrame:
    """Everybody, every project and every group of ``members``, in one wave; the mean of several is that of theirs."""
    of = {("all", "all"): set(sizes), **{("project", p): {p} for p in sizes}}
    of |= {("kind", name): some for name, some in members.items()}
    rows = [
        ("y", division, group, wave, sum(sizes[p] for p in some), np.mean([means[p] for p in some]))
        for (division, group), some in of.items()
        for wave in ("all", "w")
    ]
    frame = pd.DataFrame(rows, columns=[*KEYS, "n", "mean"])
    return frame.assign(low=frame["mean"] - 0.3, high=frame["mean"] + 0.3, largest_share=0.1)


def shown_groups(frame: pd.DataFrame, means: GroupMeans) -> set[str]:
    """Groups whose mean is shown in the wave; every mean is checked again by the audit."""
    result = protect_tables({"g": frame}, {"g": RULE}, Links(means=means), LIMITS)
    audit(result, LIMITS)
    table = result.tables["g"]
    assert (table["mean"].isna() == table["n"].isna()).all()
    of_wave = table[(table["wave"] == "w") & table["mean"].notna()]
    return set(of_wave["group"])


@pytest.mark.parametrize(
    ("scores", "lowest", "share"),
    [
        ([0.0] * 9 + [100.0], 0.0, 1.0),
        ([1.0, 2.0, 3.0], 1.0, 2 / 3),
        ([5.0] * 20, 1.0, 0.05),
        ([1.0] * 12, 1.0, 1.0),  # nobody above the lowest: the mean is everybody's score
        ([2.0, np.nan], 1.0, 1.0),
    ],
)
def test_the_largest_share_of_a_sum_above_the_lowest_score(scores: list[float], lowest: float, share: float) -> None:
    assert largest_share(pd.Series(scores), lowest) == pytest.approx(share)


def test_there_is_no_share_of_nobody_or_above_what_is_not_known() -> None:
    assert np.isnan(largest_share(pd.Series([np.nan]), 1.0))
    assert np.isnan(largest_share(pd.Series([3.0]), np.nan))


@pytest.mark.parametrize(("share", "gone"), [(0.5, False), (0.51, True), (1.0, True)])
def test_a_mean_of_which_one_person_makes_the_most_is_hidden(share: float, gone: bool) -> None:
    sizes, means = dict.fromkeys("abcd", 20), {"a": 2.0, "b": 3.0, "c": 3.5, "d": 4.0}
    frame = groups(sizes, means)
    frame.loc[(frame["group"] == "a") & (frame["wave"] == "w"), "largest_share"] = share
    frame.loc[(frame["group"] == "a") & (frame["wave"] == "all"), "largest_share"] = share
    shown = shown_groups(frame, link())
    assert ("a" not in shown) == gone
    # everybody's mean less the others' would be a's: somebody goes with it
    assert len(shown) == (5 if not gone else 3)


def test_a_mean_of_scores_that_are_all_alike_is_hidden() -> None:
    sizes, means = dict.fromkeys("abcd", 20), {"a": 5.0, "b": 3.0, "c": 3.5, "d": 4.0}
    frame = groups(sizes, means)
    frame.loc[frame["group"] == "a", ["low", "high"]] = 5.0
    assert "a" not in shown_groups(frame, link())
    # of several projects an interval without width says that these are alike, not their people
    frame = groups(sizes, dict.fromkeys("abcd", 3.0))
    frame.loc[frame["group"] == "all", ["low", "high"]] = 3.0
    assert shown_groups(frame, link()) == {"all", *"abcd"}


def test_the_column_of_shares_is_never_a_figure() -> None:
    assert "largest_share" not in RULE.numbers


def test_a_project_of_few_goes_with_the_smallest_that_gives_it_away() -> None:
    sizes = {"a": 7, "b": 12, "c": 30, "d": 40}
    means = {"a": 2.0, "b": 3.0, "c": 3.5, "d": 4.0}
    assert shown_groups(groups(sizes, means), link()) == {"all", "c", "d"}


def test_overlapping_groups_are_solved_together() -> None:
    # a is 7 of few. Its owner has a, b and c; its kind is a and b alone: with kind, owner and everybody, two hidden
    # projects are not enough unless the pair is hidden within the kind
    sizes = {"a": 7, "b": 12, "c": 11, "d": 40, "e": 30}
    means = {"a": 2.0, "b": 3.0, "c": 3.5, "d": 4.0, "e": 2.5}
    members = {"owner": {"a", "b", "c"}, "kind": {"a", "b"}, "other": {"b", "c"}}
    shown = shown_groups(groups(sizes, means, **members), link(**members))
    assert "a" not in shown
    # owner less other is a, all less the others is a: whatever is shown, one of each pair is not
    assert not {"owner", "other"} <= shown
    assert not {"kind", "b"} <= shown
    assert not {"all", "b", "c", "d", "e"} <= shown


def test_what_can_be_told_is_an_interval() -> None:
    """Of a (7 of 100 in one wave) and b the sum is known: 2 * 2.5; b can be no more than 5."""
    frame = groups({"a": 7, "b": 12}, {"a": 1.2, "b": 3.8})
    system = mean_system({"g": frame}, link())
    hidden = {"g": (frame["division"] == "project").to_numpy()}
    mean = next(m for m in system.means["y"] if frame["group"].iloc[m.spot[1]] == "a")
    low, high, narrowing = told(system, "y", mean, hidden)
    assert (low, high) == pytest.approx((1.0, 4.01), abs=1e-4)  # 2 * 2.505 - 1
    assert {frame["group"].iloc[m.spot[1]] for m in narrowing} == {"all"}


def test_intervals_around_groups_with_a_hidden_project_are_hidden() -> None:
    sizes, means = {"a": 7, "b": 12, "c": 30, "d": 40}, {"a": 2.0, "b": 3.0, "c": 3.5, "d": 4.0}
    members = {"with": {"a", "b", "c"}, "without": {"c", "d"}}
    frame = groups(sizes, means, **members)
    result = protect_tables({"g": frame}, {"g": RULE}, Links(means=link(**members)), LIMITS)
    table = result.tables["g"]
    everybody, without = table[table["group"] == "all"], table[table["group"] == "without"]
    assert bool(everybody[["low", "high"]].isna().to_numpy().all())
    assert everybody["mean"].tolist() == [3.125, 3.125]
    assert everybody["suppressed"].tolist() == ["cell", "cell"]
    assert bool(without[["low", "high"]].notna().to_numpy().all())


def test_the_audit_finds_a_mean_that_was_shown_again() -> None:
    frame = groups({"a": 7, "b": 12, "c": 30, "d": 40}, {"a": 2.0, "b": 3.0, "c": 3.5, "d": 4.0})
    result = protect_tables({"g": frame}, {"g": RULE}, Links(means=link()), LIMITS)
    table = result.tables["g"]
    again = (table["group"] == "b").to_numpy()
    table.loc[again, ["n", "mean"]] = frame.loc[again, ["n", "mean"]]
    table.loc[again, "suppressed"] = ""
    with pytest.raises(DisclosureError, match="a hidden mean can be told too closely: table g") as caught:
        audit(result, LIMITS)
    assert "2.0" not in str(caught.value)


# nearly the same persons ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "few", "decimals"),
    [
        (1000, 0, 2),  # nobody differs
        (1000, 5, 2),  # a range of 1000 * 0.01 / 5 = 2 for the mean of the five: wider than one standard deviation
        (100, 5, 1),  # 0.2 with two decimals, 2 with one
        (30, 5, -1),  # 0.6 even with one decimal
        (30, 3, 1),
        (30, 10, 2),  # ten may be told of
    ],
)
def test_decimals_leave_a_range_for_the_few_who_differ(n: int, few: int, decimals: int) -> None:
    statistics = pd.DataFrame({"item": ["i"], "n_obs": [n], "mean": [3.14], "sd": [1.0]})
    answers = pd.DataFrame({"item": ["i", "i"], "n": [n, few], "base": [n + few] * 2})
    exact = Nearly("s", ("mean", "sd"), "sd", "n_obs", (Beside("d", {"item": "item"}, "base"),), 2, 1.0)
    assert decimals_beside({"s": statistics, "d": answers}, exact, minimum_group=10).tolist() == [decimals]


def test_a_mean_beside_another_rounded_mean_may_keep_more_decimals() -> None:
    # 50 and 54 persons, 2 decimals each: (0.5 + 0.54) / 4 = 0.26; one decimal: (5 + 0.54) / 4 = 1.4
    frames = {
        "s": pd.DataFrame({"scale": ["x"], "n_obs": [50], "mean": [3.14], "sd": [1.0]}),
        "r": pd.DataFrame({"scale": ["x"], "n_scored": [54]}),
    }
    rounded = Nearly("s", ("mean", "sd"), "sd", "n_obs", (Beside("r", {"scale": "scale"}, "n_scored", 2),), 2, 1.0)
    assert decimals_beside(frames, rounded, minimum_group=10).tolist() == [1]
    # 0.2 standard deviations are left with two decimals, but not one: more than asked for here
    narrower = Nearly("s", ("mean", "sd"), "sd", "n_obs", rounded.beside, 2, 0.25)
    assert decimals_beside(frames, narrower, minimum_group=10).tolist() == [2]


def test_figures_that_no_rounding_hides_are_hidden() -> None:
    statistics = pd.DataFrame({"item": ["i", "j"], "n_obs": [30, 30], "mean": [3.1, 3.2], "sd": [1.0, 1.0]})
    answers = pd.DataFrame({"item": ["i", "j"], "base": [35, 30]})
    rules = {
        "s": TableRule("s", ("item",), ("n_obs",), statistics=("mean", "sd")),
        "d": TableRule("d", ("item",), ("base",)),
    }
    nearly = Nearly("s", ("mean", "sd"), "sd", "n_obs", (Beside("d", {"item": "item"}, "base"),), 2, 1.0)
    tables = protect_tables({"s": statistics, "d": answers}, rules, Links(nearly=(nearly,)), LIMITS).tables
    assert tables["s"]["mean"].isna().tolist() == tables["s"]["sd"].isna().tolist() == [True, False]
    assert tables["s"]["suppressed"].tolist() == ["cell", ""]
