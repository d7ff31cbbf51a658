"""The tables that tell who answered, for a handful of persons written by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pandas as pd
import pytest

from pipeline.artefacts import read_persons, read_table, table_contracts, table_path
from pipeline.declare import Study
from pipeline.stages import clean, describe, measure, pool

WriteIngested = Callable[..., pd.DataFrame]
TABLES = [
    "response_flow", "response_by_project", "composition", "item_distribution", "missing_by_item", "waves", "projects",
    "project_traits",
]  # fmt: skip

FIRST = """
project consent language sat1 sat2 sat3 sat4 tie1 tie2 tie3 role     tenure     years
ash     yes     nl       5    4    1    4    3    4    5    resident own        0.5
ash     yes     nl       5    4    2    .    3    4    5    resident rent       1
oak     yes     en       1    2    4    ?dont_know 1 2 1    resident ?no_answer 7
oak     yes     en       4    4    2    4    4    4    4    guest    other      12
oak     no      en       4    4    2    4    4    4    4    guest    other      12
"""
# this wave asked neither the project nor sat2, tenure and years; somebody put a half point
SECOND = """
consent language sat1 sat3 sat4 tie1 tie2 tie3 role
yes     nl       4.5  1    4    3    4    5    resident
yes     nl       2    1    .    3    4    5    resident
"""


@pytest.fixture
def described(tiny_study: Study, write_ingested: WriteIngested) -> dict[str, pd.DataFrame]:
    """The tables of pool `tiny` for the persons above."""
    for wave, answers in {"tiny-2020": FIRST, "tiny-2022": SECOND, "tiny-null-2022": FIRST}.items():
        write_ingested(tiny_study, wave, answers)
        clean.run(tiny_study, wave=wave)
    pool.run(tiny_study)
    measure.run(tiny_study, pool="tiny")
    describe.run(tiny_study, pool="tiny")
    return {name: read_table(tiny_study.root, name, pool="tiny") for name in TABLES}


def rows(frame: pd.DataFrame, *columns: str, **where: str) -> list[tuple[object, ...]]:
    """The cells of ``columns`` in the rows where these columns have these values; None where there is nothing."""
    for column, value in where.items():
        frame = frame[frame[column] == value]
    cells = frame[list(columns)].astype(object).where(frame[list(columns)].notna(), None)
    return [tuple(row) for row in cells.to_numpy().tolist()]


def test_the_flow_of_each_wave(described: dict[str, pd.DataFrame]) -> None:
    assert rows(described["response_flow"], "wave", "step", "reason", "n") == [
        ("tiny-2020", "invited", "", 160),
        ("tiny-2020", "received", "", 5),
        ("tiny-2020", "excluded", "no_consent", 1),
        ("tiny-2020", "kept", "", 4),
        ("tiny-2020", "analysed", "", 3),
        ("tiny-2022", "invited", "", 160),
        ("tiny-2022", "received", "", 2),
        ("tiny-2022", "kept", "", 2),
        ("tiny-2022", "analysed", "", 2),
    ]


def test_response_where_the_project_is_known(described: dict[str, pd.DataFrame]) -> None:
    found = described["response_by_project"]
    # the second wave did not ask: no rows, rather than eight projects with nobody
    assert set(found["wave"]) == {"tiny-2020"}
    assert len(found) == 8
    assert rows(found, "invited", "received", "response_rate", project="ash") == [(20, 2, 0.1)]
    assert rows(found, "invited", "received", "response_rate", project="elm") == [(20, 0, 0)]


def test_an_unknown_number_of_invited_is_left_open(tiny_study: Study, described: dict[str, pd.DataFrame]) -> None:
    wave = tiny_study.waves["tiny-2020"]
    unknown = {name: part.model_copy(update={"invited": None}) for name, part in wave.projects.items()}
    tiny_study.waves["tiny-2020"] = wave.model_copy(update={"projects": unknown})
    describe.run(tiny_study, pool="tiny")
    flow = read_table(tiny_study.root, "response_flow", pool="tiny")
    assert "invited" not in set(flow.loc[flow["wave"] == "tiny-2020", "step"])
    by_project = read_table(tiny_study.root, "response_by_project", pool="tiny")
    assert by_project["response_rate"].isna().all()
    waves = read_table(tiny_study.root, "waves", pool="tiny")
    assert rows(waves, "invited") == [(None,), (160,)]


def test_composition_counts_those_who_were_asked(described: dict[str, pd.DataFrame]) -> None:
    found = described["composition"]
    third = pytest.approx(1 / 3)
    # two of three said; the two of the second wave were not asked
    assert rows(found, "category", "n", "base", "share", population="analysed", dimension="tenure") == [
        ("own", 1, 2, 0.5), ("rent", 1, 2, 0.5), ("other", 0, 2, 0), ("(missing)", 1, 3, third),
    ]  # fmt: skip
    assert rows(found, "category", "n", population="analysed", dimension="years") == [
        ("<1", 1), ("1–<2", 1), ("2–<5", 0), ("5–<10", 1), ("10–<20", 0), ("≥20", 0),
    ]  # fmt: skip
    assert rows(found, "category", "n", population="others", dimension="years")[4] == ("10–<20", 1)
    assert rows(found, "category", "n", population="all", dimension="language") == [("nl", 4), ("en", 2)]
    assert rows(found, "category", "n", population="all", dimension="wave") == [("tiny-2020", 4), ("tiny-2022", 2)]
    assert rows(found, "category", "n", "base", population="analysed", dimension="place") == [
        ("centre", 2, 3), ("edge", 1, 3),
    ]  # fmt: skip
    projects = dict(rows(found, "category", "n", population="all", dimension="project"))
    assert projects == dict.fromkeys(["birch", "cedar", "elm", "fir", "hazel", "larch"], 0) | {"ash": 2, "oak": 2}


def test_populations_add_up(described: dict[str, pd.DataFrame]) -> None:
    found = described["composition"]
    # what makes the population is the same for everybody in it
    assert set(found.loc[found["dimension"] == "role", "population"]) == {"all"}
    n = found[found["dimension"] != "role"].pivot_table(
        index=["dimension", "category"], columns="population", values="n", aggfunc="sum", fill_value=0
    )
    assert (n["analysed"] + n["others"] == n["all"]).all()


def test_answers_are_counted_as_asked(described: dict[str, pd.DataFrame]) -> None:
    found = described["item_distribution"]
    # among the five residents; the half point has a row of its own in every level
    assert rows(found, "category", "n", "base", "share", item="sat1", trait="all") == [
        ("1", 1, 5, 0.2), ("2", 1, 5, 0.2), ("3", 0, 5, 0), ("4", 0, 5, 0), ("4.5", 1, 5, 0.2), ("5", 2, 5, 0.4),
    ]  # fmt: skip
    assert rows(found, "category", "n", item="sat1", trait="place", level="centre") == [
        ("1", 0), ("2", 0), ("3", 0), ("4", 0), ("4.5", 0), ("5", 2),
    ]  # fmt: skip
    # sat3 is reversed when scored, not here
    assert rows(found, "category", "n", item="sat3", trait="all") == [
        ("1", 3), ("2", 1), ("3", 0), ("4", 1), ("5", 0),
    ]  # fmt: skip
    assert set(found.loc[found["item"] == "sat3", "reversed"]) == {"true"}
    assert set(found.loc[found["item"] != "sat3", "reversed"]) == {"false"}
    assert set(found.loc[found["item"].str.startswith("sat"), "scale"]) == {"SAT"}
    assert rows(found, "n", "base", "share", item="sat4", trait="tenure", level="rent") == [(0, 0, None)] * 5


def test_reasons_for_no_answer(described: dict[str, pd.DataFrame]) -> None:
    found = described["missing_by_item"]
    # sat4: one does not know, two left it blank, of five who were asked
    assert rows(found, "reason", "n", "base", "share", item="sat4") == [
        ("not_asked", 0, 5, 0), ("dont_know", 1, 5, 0.2), ("empty", 2, 5, 0.4),
    ]  # fmt: skip
    # sat2: the two of the second wave were not asked, which is no nonresponse of the other three
    assert rows(found, "reason", "n", "base", "share", item="sat2") == [
        ("not_asked", 2, 5, 0.4), ("dont_know", 0, 3, 0), ("empty", 0, 3, 0),
    ]  # fmt: skip


def test_facts_of_waves_and_projects(tiny_study: Study, described: dict[str, pd.DataFrame]) -> None:
    waves = described["waves"].set_index("wave")
    stored = tiny_study.responses_path("tiny-2020").read_bytes()
    assert waves.loc["tiny-2020"].to_dict() == {
        "corporation": "Nobody (made up)", "instrument": "tiny@1", "origin": "simulated", "start": "2020-03-01",
        "end": "2020-03-31", "mode": "online;paper", "languages": "nl;en", "projects": 8, "invited": 160, "received": 5,
        "sha256": hashlib.sha256(stored).hexdigest(),
    }  # fmt: skip
    assert list(waves.index) == ["tiny-2020", "tiny-2022"]
    ash, birch = rows(described["projects"], *table_contracts()["projects"].columns)[:2]
    assert ash == ("ash", "Ash (made up)", "Nowhere", "Nobody", "true", 20, "temporary", "living_room;laundry")
    assert birch == ("birch", "Birch (made up)", "Nowhere", "", "true", 30, "", "")
    assert rows(described["project_traits"], "project", "trait", "level")[3:5] == [
        ("elm", "place", "centre"), ("fir", "place", "edge"),
    ]  # fmt: skip


def test_an_item_of_no_scale_is_counted_too(tiny_study: Study, described: dict[str, pd.DataFrame]) -> None:
    instrument = tiny_study.instruments["tiny@1"]
    tiny_study.instruments["tiny@1"] = instrument.model_copy(
        update={"constructs": instrument.constructs[:1], "derived": []}
    )
    describe.run(tiny_study, pool="tiny")
    found = read_table(tiny_study.root, "item_distribution", pool="tiny")
    assert set(found.loc[found["item"].str.startswith("tie"), "scale"]) == {""}
    assert rows(found, "n", item="tie1", trait="all") == rows(
        described["item_distribution"], "n", item="tie1", trait="all"
    )


def test_with_no_population_declared_there_are_no_others(measured: Study) -> None:
    population = measured.declaration.population.model_copy(update={"variable": None, "equals": None})
    everybody = measured.declaration.model_copy(update={"population": population})
    study = type(measured)(**{**vars(measured), "declaration": everybody})
    measure.run(study, pool="tiny")
    describe.run(study, pool="tiny")
    found = read_table(study.root, "composition", pool="tiny")
    assert set(found["population"]) == {"analysed", "all"}


def test_counts_agree_with_the_persons(measured: Study) -> None:
    describe.run(measured, pool="tiny")
    tables = {name: read_table(measured.root, name, pool="tiny") for name in TABLES}
    persons = read_persons(measured.root, "persons", pool="tiny")
    analysed = persons[persons["analysed"]]
    answered = tables["item_distribution"].query("trait == 'all'").groupby("item")["n"].sum()
    missing = tables["missing_by_item"].groupby("item")["n"].sum()
    assert (answered + missing == len(analysed)).all()
    for level in ("centre", "edge"):
        part = tables["item_distribution"].query("trait == 'place' and level == @level and item == 'sat1'")
        assert part["n"].sum() == analysed.loc[analysed["place"] == level, "sat1"].notna().sum()
    kept = tables["response_flow"].query("step == 'kept'").set_index("wave")["n"]
    assert tables["response_by_project"].groupby("wave")["received"].sum().to_dict() == kept.to_dict()
    shares = tables["composition"].query("category != '(missing)'").groupby(["population", "dimension"])["share"].sum()
    assert shares.to_numpy() == pytest.approx(1)


def test_the_order_of_persons_changes_no_table(measured: Study) -> None:
    describe.run(measured, pool="tiny")
    paths = [table_path(measured.root, name, pool="tiny") for name in TABLES]
    before = [path.read_bytes() for path in paths]
    for wave in measured.waves_of("tiny"):
        path = measured.root / "build" / "clean" / f"{wave.wave}.parquet"
        pd.read_parquet(path).sample(frac=1, random_state=1).to_parquet(path, index=False)
    pool.run(measured)
    measure.run(measured, pool="tiny")
    describe.run(measured, pool="tiny")
    assert [path.read_bytes() for path in paths] == before
