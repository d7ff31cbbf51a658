"""``magical-housing power``: sentences first, the tables behind them, every way of asking wrongly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from cli_help import Run

from pipeline.commands.power_summary import PHRASES, needed_in_words, waves_in_words

REPOSITORY = Path(__file__).resolve().parents[2]
SMALL = ("--study", REPOSITORY, "--projects", "8", "--per-project", "13", "--replications", "20", "--workers", "1")


def asked(run: Run, *options: Any) -> dict[str, Any]:
    said = run("power", *SMALL, *options, "--json", "-")
    assert said.code == 0, said.err
    content: dict[str, Any] = json.loads(said.out)
    return content


@pytest.fixture(scope="module")
def kept() -> dict[str, dict[str, Any]]:
    return {}


@pytest.fixture
def content(run: Run, kept: dict[str, dict[str, Any]], tmp_path: Path) -> dict[str, Any]:
    """The answer to one question, asked once."""
    if not kept:
        kept["answer"] = asked(run, "--effect", "C5=0.4", "--high", "construction=5", "--seed", "3", "--csv", tmp_path)
        kept["tables"] = {path.stem: pd.read_csv(path) for path in tmp_path.glob("*.csv")}
    return kept["answer"]


def test_the_contract(content: dict[str, Any], kept: dict[str, Any]) -> None:
    assert content["simulated"] is True
    assert (content["seed"], content["replications"], content["target"]) == (3, 20, 0.8)
    assert content["high"] == {"construction": 5}
    assert content["set"] == {"C5": 0.4}
    assert [row["claim"] for row in content["power"]] == [f"C{i}" for i in range(1, 9)]
    assert [row["status"] in ("reached", "beyond", "never") for row in content["power_needed"]] == [True] * 8
    assert set(kept["tables"]) == {"power", "power_needed"}
    assert kept["tables"]["power"]["supported"].tolist() == [row["supported"] for row in content["power"]]


def test_an_effect_that_is_set_is_what_there_is_to_find(content: dict[str, Any]) -> None:
    truth = {row["claim"]: row["true_effect"] for row in content["power"]}
    assert truth["C5"] == pytest.approx(0.4, abs=1e-6)
    assert truth["C2"] == pytest.approx(0.3)


def test_with_three_projects_of_a_kind_nothing_can_be_told(content: dict[str, Any]) -> None:
    # 5 of 8 are of one building method, 3 of the other
    failed = {row["claim"]: row["n_failed"] for row in content["power"]}
    assert (failed["C5"], failed["C6"], failed["C7"]) == (0, 20, 20)


def rows(**changed: Any) -> list[dict[str, Any]]:
    row = {
        "claim": "C1", "n_projects": 8, "n_per_project": 25, "effects": "1", "supported": 0.9, "n_failed": 0,
        "replications": 20, "supported_lower": 0.7, "supported_upper": 0.97,
    }  # fmt: skip
    refused = {"claim": "C5", "n_projects": 8, "supported": 0.0, "n_failed": 20}
    return [row | changed, row | changed | refused]


def test_the_sentences_a_corporation_plans_by() -> None:
    words = {"units": "projecten", "people": "statushouders"}
    assert waves_in_words(rows(), words, "nl") == [
        "Met 8 projecten van 25 statushouders (effecten als opgegeven): C1 is in 90 van de 100 golven te zien; over C5"
        " valt niets te zeggen."
    ]
    words = {"units": "projects", "people": "status holders"}
    (line,) = waves_in_words(rows(effects="0.5"), words, "en")
    assert line.startswith(
        "With 8 projects of 25 status holders each (effects 0.5 times as large): C1 is seen in 90 of"
    )


@pytest.mark.parametrize(
    ("status", "numbers", "said"),
    [
        ("reached", (12, 11, 15), "12 projects (between 11 and 15)"),
        ("reached", (12, 12, 12), "12 projects"),
        ("reached", (8, 8, 11), "8 projects or fewer"),
        ("reached", (12, 11, None), "12 projects (between 11 and more than 16)"),
        ("beyond", (None, None, None), "more than 16 projects"),
        ("never", (None, None, None), "never: the effect is no larger than what barely matters"),
    ],
)
def test_how_many_projects_are_needed_in_words(status: str, numbers: tuple[int | None, ...], said: str) -> None:
    needed = {"claim": "C1", "n_per_project": 25, "effects": "1", "status": status}
    needed |= dict(zip(("needed", "needed_lower", "needed_upper"), numbers, strict=True))  # type: ignore[arg-type]
    content = {"power": rows(n_projects=8) + rows(n_projects=16), "power_needed": [needed], "target": 0.8}
    words = {"units": "projects", "people": "status holders"}
    assert needed_in_words(content, words, {"C1": "A heading"}, "en")[1] == f"  C1  A heading: {said}"


def test_the_summary_says_that_it_is_simulated(run: Run) -> None:
    for language, said in (("nl", "geen cijfers van het onderzoek uit 2021"), ("en", "no figures of the 2021 study")):
        shown = run("power", *SMALL, "--language", language)
        assert shown.code == 0
        assert said in " ".join(shown.out.split())
        assert "C8" in shown.out


def test_every_phrase_is_there_in_both_languages() -> None:
    assert all(set(phrase) == {"nl", "en"} for phrase in PHRASES.values())


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--projects", "many"), 2, "expected whole numbers"),
        (("--projects", "1"), 2, "from 2 to 500"),
        (("--projects", "501"), 2, "from 2 to 500"),
        (("--projects", ""), 2, "expected up to 12"),
        (("--per-project", "0"), 2, "from 2 to"),
        (("--projects", "400", "--per-project", "100"), 2, "more than 20000 people"),
        (("--effects", "-1"), 2, "from 0 to 5"),
        (("--effects", "big"), 2, "expected a number"),
        (("--effects", "nan"), 2, "expected a number"),
        (("--effects", "4"), 1, "effects times 4"),
        (("--replications", "5"), 2, "20"),
        (("--target", "1.2"), 2, "between 0 and 1"),
        (("--answers", "all"), 2, "complete, as_given"),
        (("--effect", "C5"), 2, "ID=X"),
        (("--effect", "C9=0.2"), 2, "no claim of that id"),
        (("--effect", "C2=2"), 1, "--effect C2=2"),
        (("--high", "height=3"), 2, "no such trait"),
        (("--high", "location=9"), 2, "from 0 to 8"),
        (("--high", "location=2.5"), 2, "whole number"),
        (("--seed", "-1"), 2, "seed"),
    ],
)
def test_what_cannot_be_asked_is_refused(run: Run, options: tuple[str, ...], code: int, said: str) -> None:
    shown = run("power", *SMALL, *options)
    assert shown.code == code
    assert said in " ".join(shown.err.replace("│", " ").split())


def test_a_study_without_parameters_cannot_be_planned(run: Run, tiny_folder: Path) -> None:
    shown = run("power", "--study", tiny_folder)
    assert shown.code == 1
    assert "surveys/simulation.yaml" in shown.err
