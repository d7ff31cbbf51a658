"""Submitting, verifying and erasing as people type it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cli_help import Run

TINY = Path(__file__).resolve().parents[1] / "fixtures" / "tiny_study"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The tiny study under DVC."""
    root = Path(shutil.copytree(TINY, tmp_path / "study"))
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet"], cwd=root, check=True)
    return root


@pytest.fixture
def sent(study: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A file with e-mail addresses in it, and its declaration."""
    source = study / "surveys" / "waves" / "tiny-2020"
    heading, *rows = (source / "responses.csv").read_text(encoding="utf-8").splitlines()
    lines = [heading.replace("project", "project,contact", 1)]
    for n, row in enumerate(rows):
        code, *cells = row.split(",")
        turned = [str(6 - int(cell)) if cell in set("12345") else cell for cell in cells]
        lines.append(",".join([f"b{code}", turned[0], f"bewoner{n}@voorbeeld.nl", *turned[1:]]))
    file, declaration = tmp_path / "answers.csv", tmp_path / "wave.yaml"
    file.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8", newline="")
    text = (source / "wave.yaml").read_text(encoding="utf-8").replace("wave: tiny-2020", "wave: tiny-2024")
    declaration.write_text(text, encoding="utf-8")
    return file, declaration


def tree(root: Path) -> dict[str, bytes]:
    scratch = root / ".dvc" / "tmp"
    files = (path for path in sorted(root.rglob("*")) if path.is_file() and scratch not in path.parents)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def test_refused_columns_stop_a_submission_unless_they_are_left_out(
    run: Run, study: Path, sent: tuple[Path, Path]
) -> None:
    file, declaration = sent
    before, bytes_sent = tree(study), file.read_bytes()
    arguments = ["submit", file, "--declaration", declaration, "--study", study]
    refused = run(*arguments)
    assert refused.code == 1
    assert "--drop-refused" in refused.err
    assert tree(study) == before

    stored = run(*arguments, "--drop-refused", "--by", "Afdeling wonen")
    assert stored.code == 0, stored.err
    assert "1 kolom is weggelaten en niet opgeslagen: C." in stored.out
    assert "Ingediend door Afdeling wonen" in stored.out
    kept = tree(study)
    lines = bytes_sent.decode().split("\r\n")
    cut = "\r\n".join(",".join(cell for i, cell in enumerate(line.split(",")) if i != 2) for line in lines)
    assert kept["surveys/waves/tiny-2024/responses.csv"] == cut.encode()
    assert b"voorbeeld.nl" not in b"".join(kept.values())
    assert file.read_bytes() == bytes_sent

    again = json.loads(run(*arguments, "--json").out)
    assert (again["already"], again["receipt"]["refused"]) == (True, ["C"])
    assert tree(study) == kept
    assert run("verify", "--study", study).code == 0


def test_one_resident_is_erased_and_nobody_else_is_told_of(run: Run, study: Path, sent: tuple[Path, Path]) -> None:
    file, declaration = sent
    run("submit", file, "--declaration", declaration, "--study", study, "--drop-refused")
    code = file.read_text(encoding="utf-8").splitlines()[3].split(",")[0]
    before = tree(study)
    nobody = run("erase", "--respondent", "nobody-here", "--yes", "--study", study)
    assert (nobody.code, nobody.out) == (1, "")
    assert nobody.err.strip() == "Er zijn geen rijen met deze code. Er is niets gewist."
    unsure = run("erase", "--respondent", code, "--study", study)
    assert unsure.code == 1
    assert "--yes" in unsure.err
    assert tree(study) == before

    done = run("erase", "--respondent", code, "--yes", "--study", study, "--language", "en")
    assert done.code == 0, done.err
    assert done.out.splitlines()[0].startswith("Erased: tiny-2024: 1 row.")
    assert code not in done.out + done.err + unsure.err
    assert f"\n{code},".encode() not in b"".join(tree(study).values())
    assert "rijen gewist" in run("history", "--wave", "tiny-2024", "--study", study).out
    assert run("verify", "--study", study).code == 0


def test_a_damaged_store_is_1(run: Run, study: Path) -> None:
    (study / "surveys" / "waves" / "forgotten").mkdir()
    found = run("verify", "--study", study)
    assert (found.code, found.out) == (1, "")
    assert found.err.splitlines()[0] == "De opslag klopt niet: 1 ding is mis."
    assert "forgotten" in found.err
    told = json.loads(run("verify", "--json", "--language", "en", "--study", study).out)
    assert [one["code"] for one in told["findings"] if one["kind"] == "wrong"] == ["undeclared"]


def test_without_a_declaration_it_is_wrong_usage(run: Run, study: Path, sent: tuple[Path, Path]) -> None:
    assert run("submit", sent[0], "--study", study).code == 2
    assert run("history", "--study", study).out.strip() == "Er is nog niets ingediend, teruggetrokken of gewist."
