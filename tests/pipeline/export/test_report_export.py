"""``magical-housing report --single-file`` and ``--pdf``: what they write, say and refuse."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cli_help import Run

from pipeline.commands import report as command
from pipeline.commands.report import Progress
from pipeline.export.pdf import MARK
from pipeline.export.single import GENERATOR

ONE_FILE, PDF = "magical-housing-simulated-nl.html", "magical-housing-simulated-nl.pdf"


@pytest.fixture
def study(small_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small report as a study in which nothing has to run again."""
    root = Path(shutil.copytree(small_root, tmp_path / "study"))
    (root / ".dvc").mkdir()
    monkeypatch.setattr(command, "_repro", lambda *_: (Progress(), 0))
    return root


def test_both_forms_with_their_size_and_place(run: Run, study: Path, one_file: str) -> None:
    said = run("report", "--study", study, "--single-file", "--pdf")
    assert said.code == 0, said.err
    html, pdf = study / "reports" / ONE_FILE, study / "reports" / PDF
    assert html.read_text(encoding="utf-8") == one_file
    assert pdf.read_bytes().startswith(b"%PDF")
    lines = said.out.splitlines()
    assert lines[-2] == f"Eén bestand om te mailen ({round(len(one_file.encode()) / 1000)} kB): {html.as_posix()}"
    assert lines[-1].startswith("PDF om te printen (")
    assert lines[-1].endswith(pdf.as_posix())
    assert sorted(path.name for path in html.parent.iterdir() if path.name.startswith(("magical", "."))) == [
        ONE_FILE, PDF,
    ]  # fmt: skip
    assert run("report", "--study", study, "--single-file", "--pdf").code == 0


def test_another_pool_language_and_place(run: Run, study: Path, tmp_path: Path) -> None:
    target = tmp_path / "mail.html"
    target.write_text("somebody's")
    said = run(
        "report", "--study", study, "--single-file", "--pool", "simulated-null", "--language", "en",
        "--only", "scales", "--out", target,
    )  # fmt: skip
    assert said.code == 0, said.err
    html = target.read_text(encoding="utf-8")
    assert '<html lang="en">' in html
    assert "Simulated without effects" in html
    assert 'id="page-scales"' in html
    assert 'id="page-index"' not in html


@pytest.mark.parametrize(("option", "name", "mark"), [("--single-file", ONE_FILE, GENERATOR), ("--pdf", PDF, MARK)])
def test_what_is_not_ours_is_left_alone(run: Run, study: Path, option: str, name: str, mark: str) -> None:
    target = study / "reports" / name
    target.write_text("somebody's")
    said = run("report", "--study", study, option)
    assert said.code == 1
    assert "er is niets overschreven" in said.err
    assert target.read_text() == "somebody's"
    target.write_text(f"ours: {mark}")
    assert run("report", "--study", study, option).code == 0
    assert target.read_bytes()[:9] != b"ours: mag"


@pytest.mark.parametrize(
    ("arguments", "code", "said_so"),
    [
        (["--pool", "x"], 2, "--pool goes with --single-file or --pdf"),
        (["--only", "x"], 2, "--only goes with --single-file or --pdf"),
        (["--single-file", "--pdf", "--out", "x.html"], 2, "one file cannot be both"),
        (["--single-file", "--pool", "x"], 1, "There is no pool x. Known: simulated, simulated-null."),
        (["--pdf", "--only", "x"], 1, "There are no such pages: x."),
        (["--pdf", "--out", "."], 1, "is a folder"),
        (["--single-file", "--out", "none/x.html"], 1, "there is no folder none"),
    ],
)
def test_what_cannot_be_is_told(run: Run, study: Path, arguments: list[str], code: int, said_so: str) -> None:
    said = run("report", "--study", study, "--language", "en", *arguments)
    assert said.code == code
    assert said_so in " ".join(said.err.replace("│", " ").split())
    assert not list((study / "reports").glob("magical-housing-*"))


def test_help_shows_both(run: Run) -> None:
    said = run("report", "--help")
    assert "report --single-file" in said.out
    assert "report --pdf" in said.out
