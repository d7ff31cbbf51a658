"""``magical-housing judge`` on made-up tables that passed the gate."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import pytest
from cli_help import Run

from pipeline.artefacts import empty_table, write_table
from pipeline.declare import load_study

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny study with published bundles of one of its pools; not to be changed."""
    folder = Path(shutil.copytree(TESTS / "fixtures" / "tiny_study", tmp_path_factory.mktemp("judge") / "study"))
    spec = importlib.util.spec_from_file_location("made_up_tables", TESTS / "pipeline" / "present" / "conftest.py")
    assert spec is not None and spec.loader is not None
    made_up = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made_up)
    made_up.publish(load_study(folder), made_up.made_up_tables(), "tiny")
    return folder


def test_every_claim_is_told(run: Run, published: Path) -> None:
    said = run("judge", "--study", str(published), "--pool", "tiny", "--language", "en")
    assert (said.code, said.err) == (0, "")
    text = said.out.replace("\u00a0", " ")
    assert "T1  Supported: Those who like it have ties" in text
    assert "Estimate +0.46 [+0.32, +0.60] (95% interval); 0.10 matters; n = 170, 8 projects." in text
    assert "97% of 512 defensible analyses point the way of the claim." in text
    assert "2020: leans to yes · 2022: supported · up to 2022: supported" in text
    assert "Whether other defensible analyses say the same was not examined." in text
    assert text.count("Cannot tell") == 1


def test_several_claims(run: Run, published: Path) -> None:
    said = run("judge", "--study", str(published), "--pool", "tiny", "--claim", "T1", "--claim", "T3")
    assert [line[:2] for line in said.out.splitlines() if line[:1] == "T"] == ["T1", "T3"]


def test_in_dutch_one_claim(run: Run, published: Path) -> None:
    said = run("judge", "--study", str(published), "--pool", "tiny", "--claim", "T3")
    assert said.code == 0
    assert "T3  Niet te zeggen: Kopers hebben meer banden" in said.out
    assert "T1" not in said.out and "is maar 16\u00a0%" in said.out


def test_json(run: Run, published: Path, tmp_path: Path) -> None:
    target = tmp_path / "verdicts.json"
    assert run("judge", "--study", str(published), "--pool", "tiny", "--json", str(target)).code == 0
    content = json.loads(target.read_text(encoding="utf-8"))
    assert content["rules"] == 3
    first, second, third = content["pools"]["tiny"]
    assert (first["claim"], first["verdict"], first["reason"], first["curve_share"]) == (
        "T1", "supported", "clear_effect", 0.97,
    )  # fmt: skip
    assert second["curve_share"] is None
    assert third["quality"] == ["unknown_alike:TIES-tenure"]
    assert first["history"][0] == {
        "wave": "tiny-2020", "scope": "alone", "verdict": "leaning", "reason": "interval_includes_zero",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--claim", "T9"], "There is no claim T9. Known: T1, T2, T3."),
        (["--claim", "T1", "--claim", "T9"], "There is no claim T9. Known: T1, T2, T3."),
        (["--pool", "nowhere"], "There is no pool nowhere. Known: tiny, tiny-null."),
        (["--pool", "tiny-null"], "Nothing has been judged on tiny-null yet: run `dvc repro` first."),
    ],
)
def test_bad_input(run: Run, published: Path, arguments: list[str], what: str) -> None:
    said = run("judge", "--study", str(published), "--language", "en", *arguments)
    assert (said.code, said.out) == (1, "")
    assert what in said.err


def test_what_has_not_passed_the_gate_is_not_shown(run: Run, published: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(published, tmp_path / "study"))
    shutil.rmtree(folder / "build" / "published")
    write_table(folder, "verdicts", empty_table("verdicts"), pool="tiny")
    said = run("judge", "--study", str(folder), "--pool", "tiny", "--language", "en")
    assert (said.code, said.out) == (1, "")
    assert "have not been published yet" in said.err
