"""Makes the helpers importable; the shipped questionnaire and the files derived from it, made once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))

from derived_files import Derived, every_file

from pipeline.declare import Study, load_study

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="session")
def shipped() -> Study:
    """The study of this repository."""
    return load_study(ROOT)


@pytest.fixture(scope="session")
def derived(shipped: Study) -> dict[str, Derived]:
    """Every derived file by name."""
    projects = {p.id: p.name for p in shipped.registry.projects if p.simulated}
    return {one.name: one for one in every_file(next(iter(shipped.instruments.values())), projects)}
