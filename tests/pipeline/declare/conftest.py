"""What the tests of declarations share: a small study to spoil, and helpers that can be imported."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

TINY_STUDY = Path(__file__).resolve().parents[2] / "fixtures" / "tiny_study"


@pytest.fixture
def tiny_folder(tmp_path: Path) -> Path:
    """A copy of the tiny study (tests/fixtures/tiny_study), free to change."""
    return Path(shutil.copytree(TINY_STUDY, tmp_path / "tiny_study"))
