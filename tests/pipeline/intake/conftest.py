"""Makes the helpers importable; a tiny study under DVC."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from store_help import TINY_STUDY, copy_of, run_like_dvc

from pipeline.intake import dvc_calls


@pytest.fixture(scope="session")
def study_under_dvc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny study with a DVC repository in it, to be copied."""
    root = copy_of(TINY_STUDY, tmp_path_factory.mktemp("under-dvc") / "study")
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet"], cwd=root, check=True)
    return root


@pytest.fixture
def study(study_under_dvc: Path, tmp_path: Path) -> Path:
    """A study of one's own, under DVC."""
    return copy_of(study_under_dvc, tmp_path / "study")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No DVC program: what the store asks of it is answered at once."""
    monkeypatch.setattr(dvc_calls, "run", run_like_dvc)
