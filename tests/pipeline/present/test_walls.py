"""Who may import whom in what presents results: pages stand on what is shared, and on nothing of one another."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import pipeline.present.report

PRESENT = Path(pipeline.present.report.__file__).parent
MODULES = sorted(path.relative_to(PRESENT).as_posix() for path in PRESENT.rglob("*.py"))


def imported(module: str) -> set[str]:
    """What ``module`` imports of this package, as paths in it."""
    tree = ast.parse((PRESENT / module).read_text(encoding="utf-8"))
    named = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    return {name.removeprefix("pipeline.present.").replace(".", "/") for name in named if "pipeline.present." in name}


def test_there_are_modules_and_imports_to_look_at() -> None:
    assert {name.split("/")[0] for name in MODULES} >= {"pages", "drawing", "markup", "words", "archive"}
    assert "pages/front/front" in imported("report.py")


@pytest.mark.parametrize("module", [name for name in MODULES if name != "report.py"])
def test_no_module_reaches_into_a_page_that_is_not_its_own(module: str) -> None:
    page = "/".join(module.split("/")[:2]) + "/" if module.startswith("pages/") else None
    others = {name for name in imported(module) if name.startswith("pages/")}
    assert {name for name in others if page is None or not name.startswith(page)} == set()
