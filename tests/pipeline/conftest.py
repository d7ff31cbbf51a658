"""A whole study, tiny, for tests of anything that reads one, and the command as people type it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.declare import Study, load_study

sys.path.insert(0, str(Path(__file__).parent))

from cli_help import Run, Said

TINY_STUDY = Path(__file__).resolve().parents[1] / "fixtures" / "tiny_study"


@pytest.fixture
def tiny_folder(tmp_path: Path) -> Path:
    """A copy of the tiny study (tests/fixtures/tiny_study), free to change."""
    return Path(shutil.copytree(TINY_STUDY, tmp_path / "tiny_study"))


@pytest.fixture
def tiny_study(tiny_folder: Path) -> Study:
    """The tiny study's declarations, read from a copy of its folder."""
    return load_study(tiny_folder)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``magical-housing ARGUMENTS`` here."""
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "200")

    def run_it(*arguments: object) -> Said:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["magical-housing", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Said(code, said.out, said.err)

    return run_it
