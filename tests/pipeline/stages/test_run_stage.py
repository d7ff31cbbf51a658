"""What every stage says to wrong names and to bad declarations."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipeline.declare import Study
from pipeline.stages._run import run_stage


def stage(monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str, keys: tuple[str, ...]) -> list[str]:
    """Run a stage that only says with what it was called; return that."""
    called: list[str] = []

    def run(study: Study, **names: str) -> None:
        """Do nothing."""
        called.extend([study.declaration.name, *names.values()])

    monkeypatch.setattr(sys, "argv", ["stage", "--study", str(folder), *arguments])
    run_stage(run, *keys)
    return called


def test_a_declared_name_is_passed_on(monkeypatch: pytest.MonkeyPatch, tiny_folder: Path) -> None:
    assert stage(monkeypatch, tiny_folder, "--wave", "tiny-2022", keys=("wave",)) == ["tiny", "tiny-2022"]
    arguments = ["--pool", "tiny-null", "--model", "tiny"]
    assert stage(monkeypatch, tiny_folder, *arguments, keys=("pool", "model")) == ["tiny", "tiny-null", "tiny"]


@pytest.mark.parametrize(("key", "known"), [("wave", "tiny-2020, tiny-2022"), ("pool", "tiny-null"), ("model", "tiny")])
def test_an_undeclared_name_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, tiny_folder: Path, capsys: pytest.CaptureFixture[str], key: str, known: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        stage(monkeypatch, tiny_folder, f"--{key}", "nobody", keys=(key,))
    assert caught.value.code == 2
    assert known in capsys.readouterr().err


def test_a_bad_declaration_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, tiny_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tiny_folder / "surveys" / "study.yaml").write_text("name: tiny\n", encoding="utf-8")
    with pytest.raises(SystemExit) as caught:
        stage(monkeypatch, tiny_folder, keys=())
    assert caught.value.code == 1
    message = capsys.readouterr().err
    assert "study.yaml" in message
    assert "Traceback" not in message
