"""What tests of the engine share: the data and the references of ``tests/oracles/difference``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for modules that tests share

ORACLES = Path(__file__).resolve().parents[2] / "oracles"


@pytest.fixture(scope="session")
def difference_frames() -> dict[str, pd.DataFrame]:
    """The data frames that the references of ``tests/oracles/difference`` were made on, by name."""
    frames = {name: pd.read_csv(ORACLES / "difference" / f"{name}.csv") for name in ("skewed", "answers", "burns")}
    return frames | {name: pd.read_csv(ORACLES / "lavaan" / f"{name}.csv") for name in ("holzinger", "democracy")}


@pytest.fixture(scope="session")
def difference_reference() -> Callable[[str], Any]:
    """A function from the name of a reference in ``tests/oracles/difference`` to its content."""

    def read(name: str) -> Any:
        return json.loads((ORACLES / "difference" / f"{name}.json").read_text())

    return read


@pytest.fixture(scope="session")
def as_options() -> Callable[[dict[str, Any] | None], dict[str, Any]]:
    """A function from a reference's options to those of ``fit``: lists become tuples."""

    def convert(asked: dict[str, Any] | None) -> dict[str, Any]:
        return {name: tuple(v) if isinstance(v, list) else v for name, v in (asked or {}).items()}

    return convert
