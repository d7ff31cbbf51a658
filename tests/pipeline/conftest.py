"""A whole study, tiny, for tests of anything that reads one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.declare import Study, load_study

TINY_STUDY = Path(__file__).resolve().parents[1] / "fixtures" / "tiny_study"


@pytest.fixture
def tiny_folder(tmp_path: Path) -> Path:
    """A copy of the tiny study (tests/fixtures/tiny_study), free to change."""
    return Path(shutil.copytree(TINY_STUDY, tmp_path / "tiny_study"))


@pytest.fixture
def tiny_study(tiny_folder: Path) -> Study:
    """The tiny study's declarations, read from a copy of its folder."""
    return load_study(tiny_folder)
