"""``magical-housing invariance --search`` and over several groupings: the contract, and what the screen says."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from analysis.measurement.ladder_groups import Refusal
from analysis.measurement.ladders import ALLOWS, ladder
from analysis.measurement.rungs import Message
from pipeline.commands import ladder_summary
from pipeline.commands.ladder_summary import print_searched

MODEL = "F =~ x1 + x2 + x3 + x4"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "m.lav"
    path.write_text(MODEL, encoding="utf-8")
    return path


def answers(shift: float = 0.8) -> pd.DataFrame:
    """Four items of one factor; one is answered higher by ``shift`` in the groups later of ``place``."""
    rng = np.random.default_rng(6)
    f = rng.normal(size=500)
    later = np.arange(500) % 2
    frame = pd.DataFrame({f"x{k}": f + 0.8 * rng.normal(size=500) for k in range(1, 5)})
    frame["x2"] += shift * later
    return frame.assign(place=np.where(later, "ash", "elm"), tongue=np.where(np.arange(500) % 3, "nl", "en"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    answers().to_csv(tmp_path / "d.csv", index=False)
    return tmp_path / "d.csv"


Run = Callable[..., Any]


def test_the_search_names_the_item_and_says_what_is_left(run: Run, model: Path, data: Path) -> None:
    english = run("invariance", model, data, "--group", "place", "--search", "--language", "en")
    assert (english.code, english.err) == (0, "")
    assert english.out.splitlines()[0] == (
        "place: means can be compared, but only without what differs of these items: x2."
    )
    assert "scalar*" in english.out and "Chen 2007" in english.out
    dutch = run("invariance", model, data, "--group", "place", "--search")
    assert dutch.out.splitlines()[0] == (
        "place: gemiddelden zijn te vergelijken, maar alleen zonder wat van deze vragen verschilt: x2."
    )


def test_the_answer_of_a_search_has_the_steps_and_every_test(run: Run, model: Path, data: Path) -> None:
    asked = ("invariance", model, data, "--group", "place", "--estimator", "mlr")
    content = json.loads(run(*asked, "--search", "--json", "-").out)
    known = json.loads(run(*asked, "--json", "-").out)
    assert set(known) <= set(content)
    assert [(step["step"], step["partial"]) for step in content["steps"]] == [
        ("configural", False), ("metric", False), ("scalar", False), ("scalar", True), ("strict", False),
    ]  # fmt: skip
    for ours, plain in zip(content["steps"][:3], known["steps"], strict=False):
        for name in ("chisq", "df", "cfi", "rmsea", "srmr", "chisq_diff", "pvalue_diff", "cfi_diff"):
            assert ours.get(name) == pytest.approx(plain.get(name), rel=1e-5, abs=1e-7) if name in plain else True
    assert content["allows"] == "means_partial" and content["freed"] == {"x2": "scalar"}
    tests = content["searches"]["scalar"]["tests"]
    assert [test["item"] for test in tests if test["freed"]] == ["x2"]
    assert {test["item"] for test in tests} == {"x1", "x2", "x3", "x4"}
    assert content["cutoffs"]["source"] == "chen2007"
    expected = ladder(MODEL, answers(), group="place", estimator="mlr")
    partial = expected.rung("scalar")
    assert partial is not None and partial.result is not None
    assert content["fits"]["scalar"]["fit"]["chisq_scaled"] == pytest.approx(partial.result.fit["chisq_scaled"])


@pytest.mark.parametrize("search", [[], ["--search"]])
def test_several_groupings_stand_in_one_table(search: list[str], run: Run, model: Path, data: Path) -> None:
    groups = ("--group", "place", "--group", "tongue")
    said = run("invariance", model, data, *groups, *search, "--language", "en")
    assert said.code == 0
    for line in ("place metric", "tongue metric", "place strict", "tongue strict"):
        assert sum(row.startswith(line) for row in said.out.splitlines()) == 2  # fit, and change
    content = json.loads(run("invariance", model, data, *groups, *search, "--json", "-").out)
    assert content["groups"] == ["place", "tongue"]
    assert {step["group"] for step in content["steps"]} == {"place", "tongue"}
    for name, found in zip(content["groups"], content["ladders"], strict=True):
        alone = json.loads(run("invariance", model, data, "--group", name, *search, "--json", "-").out)
        assert found == alone


def test_the_answer_for_one_grouping_says_which(run: Run, model: Path, data: Path) -> None:
    content = json.loads(run("invariance", model, data, "--group", "place", "--json", "-").out)
    assert content["group"] == "place"


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--group", "place", "--search", "--group-partial", "x2~1"], 2, "leave --group-partial out"),
        (["--group", "place", "--group", "town", "--search"], 1, "no column town"),
        (["--group", "place", "--search", "--estimator", "sam"], 1, "choose ml or mlr"),
    ],
)
def test_a_search_refuses_what_makes_no_sense(
    options: list[str], code: int, said: str, run: Run, model: Path, data: Path
) -> None:
    done = run("invariance", model, data, *options)
    assert (done.code, done.out) == (code, "")
    assert said in done.err


@pytest.mark.parametrize("search", [[], ["--search"]])
def test_a_group_of_few_is_refused_by_name(search: list[str], run: Run, model: Path, tmp_path: Path) -> None:
    frame = answers().assign(place=np.where(np.arange(500) < 12, "ash", "elm"))
    frame.to_csv(tmp_path / "d.csv", index=False)
    asked = ("invariance", model, tmp_path / "d.csv", "--group", "place", *search, "--language", "en")
    done = run(*asked)
    assert (done.code, done.out) == (1, "")
    assert "The group ash of place has 12 persons with usable answers, fewer than 30 (--minimum-n)" in done.err
    assert run(*asked, "--minimum-n", "12").code == 0


def test_what_is_not_held_equal_must_be_in_the_model(run: Run, model: Path, data: Path) -> None:
    for text, said in (("x9~1", "no such parameter"), ("rubbish", "expected a parameter such as")):
        done = run("invariance", model, data, "--group", "place", "--group-partial", text)
        assert (done.code, done.out) == (1, "") and said in done.err
    assert run("invariance", model, data, "--group", "place", "--group-partial", "x2~1").code == 0


def test_every_code_of_a_step_has_its_words() -> None:
    """But for those that only the stage says: of project types, and of answers merged beforehand."""
    by_stage = {"categories_merged", "residents_as_independent", "freed_beyond_projects", "freed_within_projects"}
    assert set(ladder_summary._MESSAGES) == set(get_args(Message)) - by_stage
    assert set(ladder_summary._ALLOWS) == set(ALLOWS)
    of_levels = {"single_group", "too_few_items", "too_few", "unanswered_item", "constant_item"}
    assert set(ladder_summary._REFUSED) == set(get_args(Refusal)) - of_levels
    for words in (ladder_summary._MESSAGES, ladder_summary._ALLOWS, ladder_summary._REFUSED):
        assert all(set(text) == {"nl", "en"} for text in words.values())


def test_a_ladder_that_ends_says_why_at_any_width() -> None:
    frame = answers(2.0)
    frame.loc[frame["place"] == "ash", "x3"] -= 2.0
    frame.loc[frame["place"] == "ash", "x4"] += 4.0
    found = {"place": ladder(MODEL, frame, group="place", estimator="mlr")}
    for width in (160, 60):
        console = Console(width=width, record=True, soft_wrap=True, force_terminal=True, file=io.StringIO())
        print_searched(console, found, "en")
        said = console.export_text()
        assert said.startswith("place: relations can be compared, means cannot.")
        flat = " ".join(said.split())
        assert "only two items are still equal" in flat and "strict: not reached: a step before it fails." in flat
