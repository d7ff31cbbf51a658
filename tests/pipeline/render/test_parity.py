"""The embedded renderer says what genuine Quarto says: `tests/oracles/quarto/`."""

from __future__ import annotations

import filecmp
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipeline.render.embedded import render_embedded

REPOSITORY = Path(__file__).resolve().parents[3]
ORACLE = REPOSITORY / "tests" / "oracles" / "quarto"
SHARED = REPOSITORY.parent / "shared" / "quarto-parity"
EXPECTED: dict[str, dict[str, Any]] = json.loads((ORACLE / "expected.json").read_text(encoding="utf-8"))


def extractor(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("extract", folder / "extract.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("parity") / "site"
    render_embedded(ORACLE / "source", site)
    return site


def test_the_pages_are_quartos(rendered: Path) -> None:
    assert {str(path.relative_to(rendered)) for path in rendered.rglob("*.html")} == set(EXPECTED)


@pytest.mark.parametrize("page", EXPECTED)
@pytest.mark.parametrize("what", sorted(EXPECTED["nl/index.html"]))
def test_each_page_says_what_quarto_says(rendered: Path, page: str, what: str) -> None:
    found = extractor(ORACLE).page((rendered / page).read_text(encoding="utf-8"))
    assert found[what] == EXPECTED[page][what]


@pytest.mark.skipif(not SHARED.exists(), reason="../shared/quarto-parity is not beside this checkout")
def test_it_holds_for_the_shared_original_too(tmp_path: Path) -> None:
    render_embedded(SHARED / "source", tmp_path / "site")
    original = extractor(SHARED)
    found = {
        str(path.relative_to(tmp_path / "site")): original.page(path.read_text(encoding="utf-8"))
        for path in (tmp_path / "site").rglob("*.html")
    }
    assert found == json.loads((SHARED / "expected.json").read_text(encoding="utf-8"))


@pytest.mark.skipif(not SHARED.exists(), reason="../shared/quarto-parity is not beside this checkout")
def test_our_copy_is_the_shared_original() -> None:
    names = sorted(str(path.relative_to(SHARED)) for path in SHARED.rglob("*") if path.is_file())
    # importing the extractor above leaves its compiled form beside it, where the folder may be written
    names = [name for name in names if name not in ("README.md", "extract.py") and "__pycache__" not in name]
    assert filecmp.cmpfiles(SHARED, ORACLE, names, shallow=False) == (names, [], [])
