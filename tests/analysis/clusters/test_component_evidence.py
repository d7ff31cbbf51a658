"""Projects with and without a component, on means that can be worked out by hand."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from analysis.clusters.component_evidence import (
    COLUMNS,
    EvidenceSettings,
    component_evidence,
    nearly_the_same,
    sd_of_everybody,
)

SETTINGS = EvidenceSettings(minimum_units=3, confidence=0.9, adjust="holm", draws=9999, seed=1)
PROJECTS = list("abcdefgh")
# with the garden 5, 6, 7, 6; without 1, 2, 3, 2
MEANS = dict(zip(PROJECTS, [5.0, 6.0, 7.0, 6.0, 1.0, 2.0, 3.0, 2.0], strict=True))


def frame_of(means: dict[str, float], outcome: str = "y") -> pd.DataFrame:
    return pd.DataFrame({"outcome": outcome, "project": list(means), "mean": list(means.values())})


def having(*names: str, unknown: tuple[str, ...] = (), component: str = "garden") -> pd.DataFrame:
    has = ["unknown" if p in unknown else "yes" if p in names else "no" for p in PROJECTS]
    return pd.DataFrame({"project": PROJECTS, "component": component, "kind": "component", "has": has})


NO_TRAITS = pd.DataFrame(columns=["trait", "project", "high"])


def test_difference_size_and_exact_p() -> None:
    table = component_evidence(frame_of(MEANS), having(*"abcd"), NO_TRAITS, sd={"y": 8.0}, settings=SETTINGS)
    assert list(table.columns) == COLUMNS
    row = table.iloc[0]
    assert (row["n_with"], row["n_without"], row["mean_with"], row["mean_without"]) == (4, 4, 6.0, 2.0)
    assert (row["difference"], row["effect_size"]) == (pytest.approx(4.0), pytest.approx(0.5))
    # of the 70 ways to choose four of eight, only the data's own and its mirror image divide them so far apart
    assert row["pvalue"] == pytest.approx(2 / 70)
    assert row["ci_lower"] < 4 < row["ci_upper"]
    assert row["ci_lower"] > 0
    assert row["effect_size_ci_lower"] == pytest.approx(row["ci_lower"] / 8)
    assert (row["alike"], row["refused"]) == ("", "")


def test_p_is_the_share_of_assignments_that_are_as_extreme() -> None:
    means = dict(zip(PROJECTS, [3.1, 2.2, 4.7, 1.9, 2.8, 3.9, 1.2, 2.5], strict=True))
    row = component_evidence(frame_of(means), having(*"ace"), NO_TRAITS, sd={}, settings=SETTINGS).iloc[0]
    values = np.array(list(means.values()))

    def welch(chosen: tuple[int, ...]) -> float:
        a, b = values[list(chosen)], np.delete(values, list(chosen))
        return abs(a.mean() - b.mean()) / np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))

    every = [welch(chosen) for chosen in combinations(range(8), 3)]
    assert row["pvalue"] == pytest.approx(np.mean(np.array(every) >= welch((0, 2, 4)) - 1e-9))
    assert np.isnan(row["effect_size"])


def test_not_known_and_hidden_projects_count_on_neither_side() -> None:
    hidden = MEANS | {"a": np.nan}
    row = component_evidence(
        frame_of(hidden), having(*"abcd", unknown=("h",)), NO_TRAITS, sd={"y": 1.0}, settings=SETTINGS
    ).iloc[0]
    assert (row["n_with"], row["n_without"]) == (3, 3)
    assert (row["mean_with"], row["mean_without"]) == (pytest.approx(19 / 3), 2.0)


@pytest.mark.parametrize(
    ("means", "components", "refused"),
    [
        (MEANS, having(*"abcd", unknown=tuple("efgh")), "too_few_projects"),
        (MEANS, having(*"ab"), "too_few_projects"),
        (MEANS, having(unknown=tuple(PROJECTS)), "empty"),
        (dict.fromkeys(PROJECTS, 2.0), having(*"abcd"), "no_variation"),
    ],
)
def test_what_cannot_be_compared_has_no_figures(
    means: dict[str, float], components: pd.DataFrame, refused: str
) -> None:
    row = component_evidence(frame_of(means), components, NO_TRAITS, sd={"y": 1.0}, settings=SETTINGS).iloc[0]
    assert row["refused"] == refused
    figures = ["mean_with", "mean_without", "difference", "effect_size", "ci_lower", "ci_upper", "pvalue"]
    assert row[[*figures, "pvalue_adjusted"]].isna().all()


def test_the_whole_table_is_one_family() -> None:
    means = pd.concat([frame_of(MEANS), frame_of(MEANS, "z")])
    components = pd.concat([having(*"abcd"), having("a", "c", "e", "g", component="laundry"), having(component="none")])
    table = component_evidence(means, components, NO_TRAITS, sd={}, settings=SETTINGS)
    assert list(table["component"]) == ["garden", "garden", "laundry", "laundry", "none", "none"]
    tested = table[table["refused"] == ""]
    assert len(tested) == 4
    assert tested["pvalue_adjusted"].min() == pytest.approx(4 * 2 / 70)


def test_the_same_seed_draws_the_same_and_every_component_its_own() -> None:
    few = EvidenceSettings(minimum_units=3, confidence=0.9, adjust="none", draws=60, seed=5)
    means = dict(zip(PROJECTS, [3.1, 2.2, 4.7, 1.9, 2.8, 3.9, 1.2, 2.5], strict=True))
    components = pd.concat([having(*"ace"), having(*"bdf", component="laundry")])
    twice = [component_evidence(frame_of(means), components, NO_TRAITS, sd={}, settings=few) for _ in range(2)]
    pd.testing.assert_frame_equal(*twice)
    alone = component_evidence(frame_of(means), components.iloc[8:], NO_TRAITS, sd={}, settings=few)
    assert alone["pvalue"].iloc[0] == twice[0]["pvalue"].iloc[1]


def test_the_trait_a_component_nearly_coincides_with() -> None:
    traits = pd.DataFrame(
        {
            "trait": ["place"] * 8 + ["building"] * 8,
            "project": PROJECTS * 2,
            "high": [1, 1, 1, 1, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0],
        }
    )
    table = component_evidence(frame_of(MEANS), having(*"abcd"), traits, sd={}, settings=SETTINGS)
    assert (table["alike"].iloc[0], table["phi"].iloc[0]) == ("place", pytest.approx(1.0))
    # d is turned round: a correlation of 3/√15 = .77 with place; with one more it is .58, and nothing is said
    one_off = having(*"abc").set_index("project")["has"].eq("yes").astype(float)
    assert nearly_the_same(one_off, traits) == ("place", pytest.approx(3 / np.sqrt(15)))
    two_off = having(*"ab").set_index("project")["has"].eq("yes").astype(float)
    assert nearly_the_same(two_off, traits) == ("", pytest.approx(1 / np.sqrt(3)))
    assert nearly_the_same(one_off * 0, traits)[0] == ""


def test_nothing_to_compare_is_an_empty_table() -> None:
    nothing = pd.DataFrame(columns=["project", "component", "kind", "has"])
    assert component_evidence(frame_of(MEANS), nothing, NO_TRAITS, sd={}, settings=SETTINGS).empty
    assert component_evidence(frame_of({}), having("a"), NO_TRAITS, sd={}, settings=SETTINGS).empty


def test_sd_of_groups_taken_together() -> None:
    values = np.random.default_rng(2).normal(3, 2, 50)
    groups = [values[:20], values[20:]]
    n, means, sds = (np.array([f(g) for g in groups]) for f in (len, np.mean, lambda g: np.std(g, ddof=1)))
    assert sd_of_everybody(n.astype(float), means, sds) == pytest.approx(np.std(values, ddof=1))
    assert np.isnan(sd_of_everybody(n.astype(float), means, np.array([1.0, np.nan])))
    assert np.isnan(sd_of_everybody(n[:1].astype(float), means[:1], sds[:1]))
