"""The tables on missing answers: by hand, in agreement with what stage describe counts, and through the gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.disclosure import Thresholds, audit, protect_tables
from pipeline.artefacts import read_table, table_contracts
from pipeline.declare import Study
from pipeline.published import MARK, links_between, published_contracts, table_rule
from pipeline.stages import clean, describe, measure, pool
from pipeline.stages._measure.inputs import Measured
from pipeline.stages._measure.missing import answers_of, dummies, imputed, missing_tables

WriteIngested = Callable[..., pd.DataFrame]
NAMES = ["missing_by_language", "missing_by_group", "missing_patterns", "missing_tests", "missing_methods"]

BY_HAND = """
project consent language sat1 sat2 sat3 sat4 tie1 tie2 tie3 role     tenure years
ash     yes     nl       5    4    1    4    3    4    5    resident own    1.5
ash     yes     nl       1    2    .    ?dont_know 1 2 1    resident rent   .
oak     yes     en       2    ?not_asked . 3  3    3    .    resident other  0
oak     yes     .        3    3    5    3    .    5    5    resident .      3
fir     yes     en       3    3    5    3    5    5    5    guest    .      3
"""


@pytest.fixture
def by_hand(tiny_study: Study, write_ingested: WriteIngested) -> Measured:
    """The four residents and the guest above."""
    study = replace(tiny_study, waves={"tiny-2020": tiny_study.waves["tiny-2020"]})
    study = replace(study, params=study.params.model_copy(update={"pools": ["tiny"]}))
    write_ingested(study, "tiny-2020", BY_HAND)
    clean.run(study, wave="tiny-2020")
    pool.run(study)
    return measure.prepare(study, "tiny")


def rows(table: pd.DataFrame, *columns: str, **where: str) -> list[tuple[object, ...]]:
    for column, value in where.items():
        table = table[table[column] == value]
    return [tuple(None if pd.isna(v) else v for v in row) for row in table[list(columns)].to_numpy(dtype=object)]


def test_counts_by_hand(by_hand: Measured) -> None:
    found = missing_tables(by_hand)
    languages = found["missing_by_language"]
    columns = ("language", "n", "base", "share")
    # of four residents one has no known language; the guest is not of the population
    assert rows(languages, *columns, item="sat3") == [("all", 2, 4, 0.5), ("nl", 1, 2, 0.5), ("en", 1, 1, 1.0)]
    # nobody of `en` was asked sat2
    assert rows(languages, *columns, item="sat2") == [("all", 0, 3, 0.0), ("nl", 0, 2, 0.0)]
    groups = found["missing_by_group"]
    assert rows(groups, "variable", "level", "n_obs", "n_items", "rate", scale="SAT") == [
        ("all", "all", 4, 4, 3 / 15), ("project", "ash", 2, 4, 2 / 8), ("project", "oak", 2, 4, 1 / 7),
        ("wave", "tiny-2020", 4, 4, 3 / 15),
    ]  # fmt: skip
    assert rows(groups, "n_items", "rate", scale="all", level="all") == [(7, 5 / 27)]
    # by language over all items alone: a scale's rate less its shown counts would be a hidden count
    assert rows(groups, "scale", "level", "n_obs", "n_items", "rate", variable="language") == [
        ("all", "nl", 2, 7, 2 / 14), ("all", "en", 1, 6, 2 / 6),
    ]  # fmt: skip
    assert rows(found["missing_patterns"], "set", "pattern", "n", "base") == [
        ("primary", "(none)", 1, 4), ("primary", "(other)", 3, 4),
    ]  # fmt: skip


def test_too_few_persons_have_no_tests_and_no_estimates(by_hand: Measured) -> None:
    found = missing_tables(by_hand)
    assert set(found["missing_tests"]["problem"]) == {"too_few_persons"}
    assert set(found["missing_methods"]["problem"]) == {"too_few_persons"}
    assert found["missing_tests"]["chisq"].isna().all()
    assert found["missing_methods"][["estimate", "se", "ci_lower", "missing_information"]].isna().all(axis=None)


def test_tables_have_their_contracts_columns(measured: Study) -> None:
    found = missing_tables(measure.prepare(measured, "tiny"))
    assert list(found) == NAMES
    for name, table in found.items():
        assert set(table.columns) == set(table_contracts()[name].columns)
        assert not table.duplicated(table_contracts()[name].with_role("key")).any()


def test_the_stage_writes_them_and_agrees_with_describe(measured: Study) -> None:
    describe.run(measured, "tiny")
    tables = {name: read_table(measured.root, name, pool="tiny") for name in [*NAMES, "missing_by_item"]}
    reasons = tables["missing_by_item"].query("reason != 'not_asked'").groupby(["scale", "item"])
    everybody = tables["missing_by_language"].query("language == 'all'").set_index(["scale", "item"])
    assert len(everybody) == 7
    pd.testing.assert_series_equal(
        reasons["n"].sum().reindex(everybody.index), everybody["n"], check_dtype=False, check_names=False
    )
    assert (reasons["base"].first().reindex(everybody.index) == everybody["base"]).all()
    languages = tables["missing_by_language"].query("language != 'all'").groupby(["scale", "item"])
    assert (languages["base"].sum().reindex(everybody.index) <= everybody["base"]).all()
    whole = tables["missing_by_group"].query("scale == 'all' and variable == 'all'")
    assert whole["rate"].iloc[0] == pytest.approx(everybody["n"].sum() / everybody["base"].sum())
    methods = tables["missing_methods"].query("problem != 'not_asked'")
    assert set(methods["method"]) == {"listwise", "fiml", "imputation"}
    assert set(methods["quantity"]) == {"mean", "place", "tenure"}
    told = methods["estimate"].notna()
    assert told.any()
    assert (methods.loc[told, "ci_lower"] < methods.loc[told, "ci_upper"]).all()
    assert (methods.loc[~told, "problem"] != "").all()


def test_the_same_tables_twice(measured: Study) -> None:
    """Whatever state the global generator is in."""
    prepared = measure.prepare(measured, "tiny")
    np.random.seed(1)
    first = missing_tables(prepared)
    np.random.seed(2)
    for name, table in missing_tables(prepared).items():
        pd.testing.assert_frame_equal(table, first[name])


def without_asking(prepared: Measured, items: list[str], persons: pd.Series[bool]) -> Measured:
    """As if ``items`` had not been asked of ``persons`` (rows of all)."""
    pooled, analysed = prepared.pooled.copy(), prepared.analysed.copy()
    of_analysed = persons[prepared.persons["analysed"]].to_numpy()
    for item in items:
        pooled.loc[persons, f"{item}__reason"] = "not_asked"
        analysed.loc[of_analysed, item] = np.nan
    return replace(prepared, pooled=pooled, analysed=analysed)


def test_a_scale_nobody_was_asked_is_named(measured: Study) -> None:
    prepared = measure.prepare(measured, "tiny")
    everybody = pd.Series(True, index=prepared.pooled.index)
    found = missing_tables(without_asking(prepared, ["tie2"], everybody))
    assert rows(found["missing_tests"], "n_obs", "chisq", "problem", set="TIES") == [(0, None, "not_asked")]
    assert rows(found["missing_tests"], "problem", set="all") == [("not_asked",)]
    ties = found["missing_methods"].query("scale == 'TIES'")
    assert set(ties["problem"]) == {"not_asked"}
    assert ties["estimate"].isna().all()
    assert found["missing_methods"].query("scale == 'SAT'")["estimate"].notna().any()
    assert "tie2" not in set(found["missing_by_language"]["item"])


def test_a_wave_that_was_not_asked_is_no_nonresponse(measured: Study) -> None:
    prepared = measure.prepare(measured, "tiny")
    wave = prepared.pooled["wave"].iloc[0]
    fewer = without_asking(prepared, ["tie1", "tie2", "tie3"], prepared.pooled["wave"] == wave)
    found = missing_tables(fewer)
    assert rows(found["missing_by_group"], "n_obs", scale="TIES", variable="wave", level=str(wave)) == []
    others = int((fewer.analysed["wave"] != wave).sum())
    assert rows(found["missing_by_group"], "n_obs", scale="TIES", variable="all") == [(others,)]
    ties = found["missing_methods"].query("scale == 'TIES' and method == 'imputation' and quantity == 'mean'")
    assert ties["n_obs"].to_list() == [
        int(((fewer.analysed["wave"] != wave) & fewer.analysed["project"].notna()).sum())
    ]


def test_with_nothing_asked_or_nobody_there_are_columns_and_no_figures(measured: Study) -> None:
    prepared = measure.prepare(measured, "tiny")
    everybody = pd.Series(True, index=prepared.pooled.index)
    items = list(answers_of(prepared).given.columns)
    nobody = replace(prepared, analysed=prepared.analysed[:0], persons=prepared.persons.assign(analysed=False))
    for without in (without_asking(prepared, items, everybody), nobody):
        for name, table in missing_tables(without).items():
            contract = table_contracts()[name]
            assert list(table.columns) == list(contract.columns)
            assert table[contract.with_role("statistic")].isna().all(axis=None)


def test_persons_of_no_known_project_are_left_out_and_that_is_said(measured: Study) -> None:
    prepared = measure.prepare(measured, "tiny")
    assert not prepared.analysed["project"].isna().any()
    unplaced = prepared.analysed["project"].where(prepared.analysed.index >= 7)
    found = missing_tables(replace(prepared, analysed=prepared.analysed.assign(project=unplaced)))["missing_methods"]
    told = found[found["estimate"].notna()]
    assert told["problem"].str.contains("unplaced_left_out").all()
    mean = told.query("quantity == 'mean' and method == 'imputation' and scale == 'SAT'")
    assert mean["n_obs"].to_list() == [len(prepared.analysed) - 7]
    assert not missing_tables(prepared)["missing_methods"]["problem"].str.contains("unplaced").any()


def test_a_language_that_answered_nothing_is_counted(measured: Study) -> None:
    prepared = measure.prepare(measured, "tiny")
    analysed = prepared.analysed.copy()
    analysed.loc[analysed["language"] == "en", ["sat1", "sat2", "sat3", "sat4"]] = np.nan
    found = missing_tables(replace(prepared, analysed=analysed))
    english = found["missing_by_language"].query("scale == 'SAT' and language == 'en'")
    assert len(english) == 4
    assert (english["n"] == english["base"]).all()
    sat = found["missing_methods"].query("scale == 'SAT'")
    assert sat.query("quantity == 'mean'")["estimate"].notna().all()


def test_few_persons_are_imputed_without_their_projects(measured: Study) -> None:
    prepared = measure.prepare(measured, "tiny")
    answers = answers_of(prepared)
    filled, codes = imputed(prepared, answers)
    assert set(filled) == set(answers.given.columns)
    few = prepared.analysed.index < 60
    kept = prepared.persons["analysed"].to_numpy().copy()
    kept[np.flatnonzero(kept)[60:]] = False
    persons = prepared.persons.assign(analysed=kept)
    fewer = replace(prepared, persons=persons, analysed=prepared.analysed[few].reset_index(drop=True))
    filled, codes = imputed(fewer, answers_of(fewer))
    assert codes == ("imputed_without_projects",)
    assert next(iter(filled.values())).shape == (fewer.params.imputations, 60)


def test_what_is_not_known_is_a_value_of_its_own() -> None:
    found = dummies(
        pd.DataFrame({"language": ["nl", "en", None, "nl"], "wave": ["a", "a", "a", "a"]}), ["language", "wave"]
    )
    assert found.to_numpy().tolist() == [[0, 1], [1, 0], [0, 0], [0, 1]]


# --- through the gate: one item, three languages
def protected(open_by_language: dict[str, tuple[int, int]]) -> pd.DataFrame:
    """``missing_by_language`` as published, beside the distribution that gives the item's total away."""
    whole = tuple(sum(column) for column in zip(*open_by_language.values(), strict=True))
    counted = {"all": whole, **open_by_language}
    languages = pd.DataFrame(
        [("S", "i1", name, n, base, n / base) for name, (n, base) in counted.items()],
        columns=list(table_contracts()["missing_by_language"].columns),
    )
    answered = whole[1] - whole[0]
    distribution = pd.DataFrame(
        [
            ("S", "i1", "false", "all", "all", code, n, answered, n / answered)
            for code, n in ((1, 50), (2, answered - 50))
        ],
        columns=list(table_contracts()["item_distribution"].columns),
    )
    tables = {"missing_by_language": languages, "item_distribution": distribution}
    rules = {name: table_rule(published_contracts()[name]) for name in tables}
    links = links_between(pd.DataFrame({"project": [], "trait": [], "level": []}))
    found = protect_tables(tables, rules, links, Thresholds(10, 5), [])
    audit(found, Thresholds(10, 5))
    return found.tables["missing_by_language"].set_index("language")


def test_a_small_count_of_a_language_does_not_follow_from_the_others() -> None:
    found = protected({"nl": (2, 80), "en": (9, 70), "ar": (30, 90)})
    assert found.loc["all", "n"] == 41
    assert found["n"].isna()["nl"]
    assert found.loc[["en", "ar"], "n"].isna().sum() == 1  # else nl = 41 - 9 - 30
    assert found["base"].notna().all()


def test_nobody_or_everybody_in_a_language_says_nothing_of_a_person() -> None:
    found = protected({"nl": (0, 80), "en": (20, 20), "ar": (30, 90)})
    assert (found[MARK] == "").all()


def test_a_small_language_is_hidden_with_another() -> None:
    found = protected({"nl": (12, 80), "en": (11, 70), "ti": (6, 8)})
    assert found.loc[["ti", "en"], ["n", "base", "share"]].isna().all(axis=None)
    assert found.loc[["all", "nl"], ["n", "base", "share"]].notna().all(axis=None)


def test_patterns_add_up_to_everybody() -> None:
    table = pd.DataFrame(
        [("primary", name, n, 100, n / 100) for name, n in (("(none)", 60), ("A", 25), ("B", 12), ("(other)", 3))],
        columns=list(table_contracts()["missing_patterns"].columns),
    )
    rule = table_rule(published_contracts()["missing_patterns"])
    links = links_between(pd.DataFrame({"project": [], "trait": [], "level": []}))
    found = protect_tables({"missing_patterns": table}, {"missing_patterns": rule}, links, Thresholds(10, 5), [])
    hidden = found.tables["missing_patterns"].set_index("pattern")["n"].isna()
    assert hidden["(other)"]
    assert hidden.sum() == 2
