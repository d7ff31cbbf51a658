"""A study with two corporations under DVC, and a desk over it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from desk_help import Office, office, two_corporations
from ready_workers import ReadyWorkers
from store_help import TINY_STUDY, copy_of

from pipeline.desk import tokens


@pytest.fixture(scope="session")
def shared_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study in which two corporations have projects; for tests that store nothing."""
    root = two_corporations(copy_of(TINY_STUDY, tmp_path_factory.mktemp("desk") / "study"))
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet"], cwd=root, check=True)
    return root


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Hashing that is quick: what makes guessing slow makes tests slow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(tokens._SCRYPT, "n", 2)
        yield


@pytest.fixture(scope="session")
def ready() -> Iterator[ReadyWorkers]:
    """A process from which the desk's are forked."""
    workers = ReadyWorkers()
    yield workers
    workers.end()


@pytest.fixture
def at_desk(shared_study: Path, tmp_path: Path) -> Iterator[Office]:
    """A desk of one's own over the shared study."""
    with office(shared_study, tmp_path) as opened:
        yield opened
