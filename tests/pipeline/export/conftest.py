"""The small report in one piece, as HTML and as PDF, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.export.pages import Selection, select
from pipeline.export.pdf import Printed, printable
from pipeline.export.single import single_file


@pytest.fixture(scope="session")
def small_root(small_site: Path) -> Path:
    """The folder of the small report, as a study has it."""
    return small_site.parents[1]


@pytest.fixture(scope="session")
def theme(small_root: Path) -> Path:
    return small_root / "reports" / "theme"


@pytest.fixture(scope="session")
def selection(small_root: Path) -> Selection:
    return select(small_root, pool="simulated", language="nl")


@pytest.fixture(scope="session")
def one_file(selection: Selection, theme: Path) -> str:
    return single_file(selection, theme=theme)


@pytest.fixture(scope="session")
def printed(selection: Selection, theme: Path) -> Printed:
    return printable(selection, theme=theme)
