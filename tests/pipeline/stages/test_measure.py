"""Scores by hand, and reliability against independent computations from the same answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.artefacts import person_path, read_persons, read_table, table_path
from pipeline.declare import Study
from pipeline.stages import clean, measure, pool

WriteIngested = Callable[..., pd.DataFrame]
TABLES = ["reliability", "item_statistics", "factor_fit", "score_correlations"]

BY_HAND = """
project    consent language sat1 sat2 sat3 sat4 tie1 tie2 tie3 role     tenure years
ash        yes     nl       5    4    1    4    3    4    5    resident own    1.5
oak        yes     en       1    2    .    ?dont_know 1 2 1    resident rent   .
?not_asked yes     nl       2    ?not_asked . .  3    3    .    resident other  0
fir        yes     .        3.5  3    5    3    5    5    5    guest    .      3
"""


@pytest.fixture
def by_hand(tiny_study: Study, write_ingested: WriteIngested) -> pd.DataFrame:
    """The persons frame of the four persons above."""
    study = replace(tiny_study, waves={"tiny-2020": tiny_study.waves["tiny-2020"]})
    study = replace(study, params=study.params.model_copy(update={"pools": ["tiny"]}))
    write_ingested(study, "tiny-2020", BY_HAND)
    clean.run(study, wave="tiny-2020")
    pool.run(study)
    measure.run(study, pool="tiny")
    return read_persons(study.root, "persons", pool="tiny")


def cells(column: pd.Series) -> list[object]:
    """The cells of a column, None where there is nothing."""
    return [None if pd.isna(cell) else cell for cell in column]


def test_persons_have_their_project_traits_and_their_own(by_hand: pd.DataFrame) -> None:
    assert cells(by_hand["project"]) == ["ash", "oak", None, "fir"]
    assert cells(by_hand["place"]) == ["centre", "edge", None, "edge"]
    assert cells(by_hand["central"]) == [1, 0, None, 0]
    # `other` is neither level of the trait
    assert cells(by_hand["tenure"]) == ["own", "rent", None, None]
    assert cells(by_hand["owner"]) == [1, 0, None, None]
    assert cells(by_hand["analysed"]) == [True, True, True, False]


def test_items_are_reversed_and_scored_by_each_rule(by_hand: pd.DataFrame) -> None:
    assert cells(by_hand["sat3"]) == [5, None, None, 1]  # 6 - 1, 6 - 5
    assert cells(by_hand["sat1"]) == [5, 1, 2, 3.5]
    # (5+4+5+4)/4; (1+2)/2, half answered; one of four; (3.5+3+1+3)/4
    assert cells(by_hand["SAT"]) == [4.5, 1.5, None, 2.625]
    # sums of three, all required
    assert cells(by_hand["TIES"]) == [12, 4, None, 15]
    assert cells(by_hand["balance"]) == [-7.5, -2.5, None, -12.375]


def test_the_columns_of_the_persons_frame(by_hand: pd.DataFrame) -> None:
    assert list(by_hand.columns) == [
        "respondent", "wave", "project", "analysed", "place", "central", "tenure", "owner", "language", "role", "years",
        "sat1", "sat2", "sat3", "sat4", "tie1", "tie2", "tie3", "SAT", "TIES", "balance",
        "SAT_regression", "SAT_regression_se", "SAT_bartlett", "SAT_bartlett_se",
        "TIES_regression", "TIES_regression_se", "TIES_bartlett", "TIES_bartlett_se", "careless",
    ]  # fmt: skip
    assert by_hand["analysed"].dtype == bool
    assert by_hand["careless"].dtype == bool
    for name in ("central", "owner", "years", "sat1", "SAT", "TIES", "balance", "SAT_regression", "TIES_bartlett_se"):
        assert by_hand[name].dtype == "float64", name


def analysed_items(study: Study, names: list[str]) -> pd.DataFrame:
    """Answers of the residents after reversal, from the pool and without the stage."""
    pooled = read_persons(study.root, "pool", pool="tiny")
    residents = pooled[pooled["role"] == "resident"].copy()
    residents["sat3"] = 6 - residents["sat3"]
    return residents[[*names, "project", "tenure", "language"]]


def alpha(answers: pd.DataFrame) -> float:
    values = answers.to_numpy(dtype=float)
    k = values.shape[1]
    return k / (k - 1) * (1 - values.var(axis=0, ddof=1).sum() / values.sum(axis=1).var(ddof=1))


def overall(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of everybody."""
    return table[(table["trait"] == "all") & (table["level"] == "all")]


SAT = ["sat1", "sat2", "sat3", "sat4"]


def test_alpha_by_group_is_that_of_the_answers(measured: Study) -> None:
    table = read_table(measured.root, "reliability", pool="tiny").set_index(["scale", "trait", "level"])
    items = analysed_items(measured, SAT)
    groups = {
        ("all", "all"): pd.Series(True, index=items.index),
        ("place", "centre"): items["project"].isin(["ash", "birch", "cedar", "elm"]),
        ("place", "edge"): items["project"].isin(["fir", "hazel", "larch", "oak"]),
        ("tenure", "own"): items["tenure"] == "own",
        ("tenure", "rent"): items["tenure"] == "rent",
        ("language", "nl"): items["language"] == "nl",
        ("language", "en"): items["language"] == "en",
    }
    assert list(table.loc["SAT"].index) == list(groups)
    for (trait, level), member in groups.items():
        complete = items.loc[member, SAT].dropna()
        row = table.loc[("SAT", trait, level)]
        assert row["n_obs"] == len(complete)
        assert row["alpha"] == pytest.approx(alpha(complete), abs=1e-9)
        assert row["alpha_ci_lower"] < row["alpha"] < row["alpha_ci_upper"]
        assert row["problem"] == ""


def test_scores_at_the_ends_and_their_mean(measured: Study) -> None:
    row = (
        read_table(measured.root, "reliability", pool="tiny")
        .set_index(["scale", "trait", "level"])
        .loc[("TIES", "all", "all")]
    )
    sums = (
        analysed_items(measured, ["tie1", "tie2", "tie3"])[["tie1", "tie2", "tie3"]].sum(axis=1, skipna=False).dropna()
    )
    assert row["n_scored"] == row["n_obs"] == len(sums)
    assert row["mean"] == pytest.approx(sums.mean())
    assert row["sd"] == pytest.approx(sums.std())
    assert row["floor_share"] == pytest.approx((sums == 3).mean())
    assert row["ceiling_share"] == pytest.approx((sums == 15).mean())


def test_items_stand_on_those_who_answered_all_of_the_scale(measured: Study) -> None:
    table = overall(read_table(measured.root, "item_statistics", pool="tiny")).set_index("item")
    complete = analysed_items(measured, SAT)[SAT].dropna()
    assert list(table.index) == [*SAT, "tie1", "tie2", "tie3"]
    assert table["reversed"].tolist() == ["false", "false", "true", *["false"] * 4]
    for item in SAT:
        others = complete.drop(columns=item)
        row = table.loc[item]
        assert row["n_obs"] == len(complete)
        assert row["mean"] == pytest.approx(complete[item].mean())
        assert row["item_rest"] == pytest.approx(np.corrcoef(complete[item], others.sum(axis=1))[0, 1])
        assert row["alpha_if_dropped"] == pytest.approx(alpha(others))
        assert row["loading_ci_lower"] < row["loading"] < row["loading_ci_upper"]


def test_items_by_level_and_language_stand_on_who_belongs_there(measured: Study) -> None:
    table = read_table(measured.root, "item_statistics", pool="tiny").set_index(["item", "trait", "level"])
    items = analysed_items(measured, SAT)
    groups = {
        ("place", "centre"): items["project"].isin(["ash", "birch", "cedar", "elm"]),
        ("tenure", "rent"): items["tenure"] == "rent",
        ("language", "en"): items["language"] == "en",
    }
    for (trait, level), member in groups.items():
        complete = items.loc[member, SAT].dropna()
        row = table.loc[("sat3", trait, level)]
        assert row["n_obs"] == len(complete)
        assert row["mean"] == pytest.approx(complete["sat3"].mean())
        assert row["alpha_if_dropped"] == pytest.approx(alpha(complete.drop(columns="sat3")))
        assert row["loading_ci_lower"] < row["loading"] < row["loading_ci_upper"]


def test_factor_models_have_a_test_only_where_there_is_one(measured: Study) -> None:
    table = read_table(measured.root, "factor_fit", pool="tiny").set_index("scale")
    assert table.loc["SAT", ["converged", "admissible", "message"]].tolist() == ["true", "true", ""]
    assert table.loc["SAT", "df"] == 2
    assert table.loc["SAT", ["chisq", "pvalue", "cfi", "rmsea", "srmr"]].notna().all()
    assert table.loc["TIES", "message"] == "just_identified"
    assert table.loc["TIES", "df"] == 0
    assert table.loc["TIES", ["chisq", "pvalue", "cfi", "rmsea", "srmr"]].isna().all()


def test_scores_correlate_as_the_answers_say(measured: Study) -> None:
    table = read_table(measured.root, "score_correlations", pool="tiny")
    persons = read_persons(measured.root, "persons", pool="tiny")
    both = persons.loc[persons["analysed"], ["SAT", "TIES"]].dropna()
    # scales with scales; a difference is made of them and would correlate with itself
    assert table[["scale_a", "scale_b"]].to_numpy().tolist() == [["SAT", "TIES"]]
    assert table.loc[0, "n_obs"] == len(both)
    assert table.loc[0, "r"] == pytest.approx(np.corrcoef(both["SAT"], both["TIES"])[0, 1])


def test_a_level_below_the_minimum_has_no_figures(measured: Study) -> None:
    stricter = measured.params.model_copy(
        update={"measure": measured.params.measure.model_copy(update={"minimum_n": 120})}
    )
    measure.run(replace(measured, params=stricter), pool="tiny")
    table = read_table(measured.root, "reliability", pool="tiny").set_index(["scale", "trait", "level"])
    assert table.loc[("SAT", "all", "all"), "problem"] == ""
    small = table.loc[("SAT", "tenure", "rent")]
    assert small["n_obs"] > 0
    assert small["problem"] == "too_few"
    assert small[["alpha", "omega", "mean", "floor_share"]].isna().all()


def test_a_scale_without_its_reversals_would_be_noticed(measured: Study) -> None:
    instrument = measured.instruments["tiny@1"]
    unreversed = instrument.model_copy(
        update={"fields": [field.model_copy(update={"reversed": False}) for field in instrument.fields]}
    )
    measure.run(replace(measured, instruments={"tiny@1": unreversed}), pool="tiny")
    items = overall(read_table(measured.root, "item_statistics", pool="tiny")).set_index("item")
    assert items["problem"].to_dict() == dict.fromkeys(items.index, "") | {"sat3": "negative_item_rest"}
    reliability = read_table(measured.root, "reliability", pool="tiny").set_index(["scale", "trait", "level"])
    assert reliability.loc[("SAT", "all", "all"), "problem"] == "negative_item_rest"
    assert reliability.loc[("TIES", "all", "all"), "problem"] == ""


def test_the_order_of_persons_changes_no_number(measured: Study) -> None:
    before = {name: read_table(measured.root, name, pool="tiny") for name in TABLES}
    path = person_path(measured.root, "pool", pool="tiny")
    pd.read_parquet(path).sample(frac=1, random_state=4).to_parquet(path, index=False)
    measure.run(measured, pool="tiny")
    for name, table in before.items():
        pd.testing.assert_frame_equal(read_table(measured.root, name, pool="tiny"), table, rtol=1e-6)


def test_no_table_holds_anything_of_one_person(measured: Study) -> None:
    respondents = read_persons(measured.root, "persons", pool="tiny")["respondent"].tolist()
    for name in TABLES:
        text = table_path(measured.root, name, pool="tiny").read_text()
        assert not [respondent for respondent in respondents if respondent in text]


def test_the_same_bytes_twice(measured: Study) -> None:
    paths = [person_path(measured.root, "persons", pool="tiny")]
    paths += [table_path(measured.root, name, pool="tiny") for name in TABLES]
    first = {path: path.read_bytes() for path in paths}
    measure.run(measured, pool="tiny")
    assert first == {path: path.read_bytes() for path in paths}


def test_nobody_is_analysed_who_is_not_of_the_population(measured: Study) -> None:
    population = measured.declaration.population.model_copy(update={"variable": None, "equals": None})
    everybody = replace(measured, declaration=measured.declaration.model_copy(update={"population": population}))
    measure.run(everybody, pool="tiny")
    assert read_persons(measured.root, "persons", pool="tiny")["analysed"].all()


def test_the_stages_write_below_build_alone(measured: Study) -> None:
    assert {path.name for path in measured.root.iterdir()} == {
        "README.md", "analysis", "build", "make_responses.py", "params.yaml", "reports", "surveys",
    }  # fmt: skip


def test_a_second_process_changes_no_byte(measured: Study) -> None:
    def tables() -> dict[str, bytes]:
        folder = table_path(measured.root, "reliability", pool="tiny").parent
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}

    alone = tables()
    shared = measured.params.measure.model_copy(update={"processes": 2})
    study = replace(measured, params=measured.params.model_copy(update={"measure": shared}))
    measure.run(study, pool="tiny")
    assert tables() == alone
    assert len(alone) > 20
