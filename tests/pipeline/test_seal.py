"""A sealed folder: whatever is changed, lost or added afterwards is named."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.seal import break_seal, check_seal, write_seal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files, one in a folder of its own, sealed."""
    (tmp_path / "nl").mkdir()
    (tmp_path / "nl" / "lead.md").write_text("a", encoding="utf-8")
    (tmp_path / "means.csv").write_text("b", encoding="utf-8")
    write_seal(tmp_path)
    return tmp_path


def test_an_untouched_folder_passes_and_its_seal_is_the_same_again(folder: Path) -> None:
    check_seal(folder, stage="disclose")
    before = (folder / "seal.json").read_bytes()
    write_seal(folder)
    assert (folder / "seal.json").read_bytes() == before
    # sha256 of `a` and of `b`
    assert b'"means.csv": "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"' in before
    assert b'"nl/lead.md": "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"' in before


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda f: (f / "nl" / "lead.md").write_text("c"), r"nl/lead\.md was changed after it was sealed"),
        (lambda f: (f / "means.csv").unlink(), r"means\.csv is missing"),
        (lambda f: (f / "nl" / "more.md").write_text("c"), r"nl/more\.md was not made by disclose"),
        (lambda f: (f / "nl" / "seal.json").write_text("{}"), r"nl/seal\.json was not made by disclose"),
        (lambda f: os.link(f / "means.csv", f / "again.csv"), r"again\.csv was not made by disclose"),
        (break_seal, r"seal\.json is missing: disclose has not finished"),
        (lambda f: (f / "seal.json").write_text("[1"), r"seal\.json is not a seal"),
        (lambda f: (f / "seal.json").write_text('{"sha256": 3}'), r"seal\.json is not a seal"),
    ],
)
def test_a_folder_that_is_not_as_it_was_sealed_is_refused(
    folder: Path, change: Callable[[Path], object], problem: str
) -> None:
    change(folder)
    with pytest.raises(InputError, match=problem) as refused:
        check_seal(folder, stage="disclose")
    assert "Run the stage disclose again" in str(refused.value)
