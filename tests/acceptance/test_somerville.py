"""The Somerville happiness survey, from the city's own file to a rendered report, by stages that know nothing of it.

What is expected is computed here from the raw file, without the pipeline.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from acceptance_studies import SHARED, StudyFolder, somerville

RAW = SHARED / "data" / "somerville_happiness_2011_2013_2015.csv"
ITEMS = {
    "happy": "How.happy.do.you.feel.right.now.",
    "life": "How.satisfied.are.you.with.your.life.in.general.",
    "city": "How.satisfied.are.you.with.Somerville.as.a.place.to.live.",
}
pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not RAW.exists(), reason="../shared/data is not beside this checkout"),
]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    study = somerville(tmp_path_factory.mktemp("somerville") / "study")
    study.command("report")
    return study


@pytest.fixture(scope="module")
def raw_by_person() -> list[dict[str, str]]:
    with RAW.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def on_scale(cell: str, *, upper: float) -> float | None:
    """The answer when it is one: 1 to ``upper`` in half points."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if 1 <= value <= upper and value * 2 == int(value * 2) else None


def ingested(study: StudyFolder, year: int) -> pd.DataFrame:
    return pd.read_parquet(study.root / "build" / "ingested" / f"somerville-{year}.parquet")


def test_counts_per_wave_are_those_of_the_file(study: StudyFolder, raw_by_person: list[dict[str, str]]) -> None:
    flow = pd.read_csv(study.root / "build" / "describe" / "somerville" / "response_flow.csv", dtype=str)
    received = flow[flow["step"] == "received"].set_index("wave")["n"].astype(int)
    for year in (2011, 2013, 2015):
        assert received[f"somerville-{year}"] == sum(row["Year"] == str(year) for row in raw_by_person)
    for wave, steps in flow.groupby("wave"):
        n = steps.set_index("step")["n"].astype(int)
        assert n["received"] == n["kept"] + n.get("excluded", pd.Series([0])).sum(), wave


def test_the_reliability_of_satisfaction_is_that_of_the_file(
    study: StudyFolder, raw_by_person: list[dict[str, str]]
) -> None:
    kept = set()
    for year in (2011, 2013, 2015):
        clean = pd.read_parquet(study.root / "build" / "clean" / f"somerville-{year}.parquet")
        everybody = ingested(study, year)
        rows = [row for row in raw_by_person if row["Year"] == str(year)]
        stayed = set(clean["respondent"])
        # ingest keeps the file's order, so a person is a place in the file
        kept |= {
            id(row) for row, respondent in zip(rows, everybody["respondent"], strict=True) if respondent in stayed
        }  # fmt: skip
    answers = [
        [on_scale(row[column], upper=10) for column in ITEMS.values()] for row in raw_by_person if id(row) in kept
    ]
    complete = np.array([a for a in answers if None not in a], dtype=float)
    k = complete.shape[1]
    alpha = k / (k - 1) * (1 - complete.var(axis=0, ddof=1).sum() / complete.sum(axis=1).var(ddof=1))

    table = pd.read_csv(study.root / "build" / "measure" / "somerville" / "tables" / "reliability.csv")
    row = table[(table["scale"] == "satisfaction") & (table["trait"] == "all")].iloc[0]
    assert row["n_obs"] == len(complete)
    assert row["alpha"] == pytest.approx(alpha, abs=1e-9)


@pytest.mark.parametrize("item", ITEMS)
def test_impossible_values_are_set_aside_and_reported_with_row_and_column(
    study: StudyFolder, raw_by_person: list[dict[str, str]], item: str
) -> None:
    column = ITEMS[item]
    for year in (2011, 2013, 2015):
        # the heading is row 1 of the file
        impossible = [
            number for number, row in enumerate(raw_by_person, start=2)
            if row["Year"] == str(year) and row[column].strip() and on_scale(row[column], upper=10) is None
        ]  # fmt: skip
        frame = ingested(study, year)
        assert (frame[f"{item}__reason"] == "out_of_range").sum() == len(impossible)
        problems = json.loads((study.root / "build" / "ingested" / f"somerville-{year}.problems.json").read_text())
        found = [p for p in problems["problems"] if p["code"] == "out_of_range" and p["column"] == column]
        if impossible:
            assert found[0]["count"] == len(impossible)
            assert found[0]["rows"] == impossible[: len(found[0]["rows"])]
            assert found[0]["rows"]
        else:
            assert not found


def test_half_points_are_kept(study: StudyFolder, raw_by_person: list[dict[str, str]]) -> None:
    expected = sum(
        value is not None and value != int(value)
        for row in raw_by_person
        if row["Year"] == "2011"
        for value in [on_scale(row[ITEMS["life"]], upper=10)]
    )
    life = ingested(study, 2011)["life"].dropna()
    assert expected > 0
    assert (life != life.round()).sum() == expected


def test_questions_2011_did_not_ask_are_not_asked(study: StudyFolder) -> None:
    frame = ingested(study, 2011)
    for name in ("neighbourhood", "safety_night", "tenure", "ward", "housing_cost"):
        assert (frame[f"{name}__reason"] == "not_asked").all(), name


def test_it_ends_in_a_report(study: StudyFolder) -> None:
    front = study.root / "reports" / "_site" / "en" / "somerville" / "index.html"
    text = front.read_text(encoding="utf-8")
    assert "Owners like their neighbourhood better" in text
    assert "Magic Mix" not in text


def test_a_browser_finds_nothing_wrong(study: StudyFolder, wrong_in_browser: Callable[[Path], list[str]]) -> None:
    assert wrong_in_browser(study.root / "reports" / "_site") == []


def test_a_second_run_runs_nothing(study: StudyFolder) -> None:
    assert study.repro() == ["provenance"]  # looks at git every time


def test_no_stage_module_knows_a_study() -> None:
    # declarations may explain themselves with an example; what works on data may not know whose they are
    for folder in ("analysis", "pipeline/stages", "pipeline/intake", "pipeline/present", "pipeline/render"):
        for path in Path(__file__).resolve().parents[2].joinpath(folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8").lower()
            for word in ("somerville", "magic mix", "magic-mix", "status_holder", "in_neighbourhood", "repurposed"):
                assert word not in text, f"{path} mentions {word}"
