"""A declaration and a crosswalk held against the study, from files or from nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from store_help import sender_files

from pipeline.declare.problems import DeclarationError
from pipeline.intake.submission import read_submission, submission_from, with_responses


def declared_codes(study: Path, declaration: Path, old: str, new: str) -> set[str]:
    text = declaration.read_text(encoding="utf-8")
    assert old in text
    declaration.write_text(text.replace(old, new), encoding="utf-8")
    submission = read_submission(study, declaration=declaration, crosswalk=None, language="nl")
    return {problem.code for problem in submission.declared}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("instrument: tiny@1", "instrument: tiny@9", "wave_instrument"),
        ("  ash: {invited: 20}", "  beech: {invited: 20}", "wave_project"),
        ("origin: simulated", "origin: residents", "pool_origins"),
    ],
)
def test_a_declaration_that_does_not_fit_the_study_is_told(
    old: str, new: str, code: str, study: Path, tmp_path: Path
) -> None:
    _, declaration = sender_files(study, tmp_path / "sender")
    assert code in declared_codes(study, declaration, old, new)


def test_a_crosswalk_that_does_not_fit_is_told_by_the_senders_own_file(study: Path, tmp_path: Path) -> None:
    _, declaration = sender_files(study, tmp_path / "sender")
    crosswalk = tmp_path / "omzetten.csv"
    header = (study / "surveys" / "crosswalks" / "tiny-2020.csv").read_text(encoding="utf-8").strip()
    crosswalk.write_text(f"{header}\nvraag,,,,sat9,,,\n", encoding="utf-8")
    submission = read_submission(study, declaration=declaration, crosswalk=crosswalk, language="nl")
    assert [(p.code, p.path, p.line) for p in submission.declared] == [("crosswalk_target", crosswalk, 2)]


def test_a_declaration_that_cannot_be_read_says_so_in_the_language(study: Path, tmp_path: Path) -> None:
    _, declaration = sender_files(study, tmp_path / "sender")
    declaration.write_text("wave: [", encoding="utf-8")
    with pytest.raises(DeclarationError):
        read_submission(study, declaration=declaration, crosswalk=None, language="nl")


def test_a_declaration_that_is_in_no_file_says_the_same(study: Path, tmp_path: Path) -> None:
    _, declaration = sender_files(study, tmp_path / "sender")
    read = read_submission(study, declaration=declaration, crosswalk=None, language="nl")
    given = submission_from(study, declaration=declaration.read_bytes(), crosswalk=None, language="nl")
    assert given == read
    assert given.declaration == declaration.read_bytes()


@pytest.mark.parametrize("content", [b"wave: [", b"\xff\xfe", b"", b"wave: " + b"x" * 3_000_000])
def test_what_is_wrong_with_it_is_told_by_the_name_of_a_declaration(content: bytes, study: Path) -> None:
    with pytest.raises(DeclarationError) as refused:
        submission_from(study, declaration=content, crosswalk=None, language="nl")
    assert {problem.path for problem in refused.value.problems} == {Path("wave.yaml")}


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "a/b", "x\\0y", "CON.", "..", "sim 1"])
def test_a_wave_whose_name_is_no_name_is_refused(name: str, study: Path, tmp_path: Path) -> None:
    _, declaration = sender_files(study, tmp_path / "sender")
    text = declaration.read_text(encoding="utf-8").replace("wave: tiny-2024", f'wave: "{name}"')
    with pytest.raises(DeclarationError):
        submission_from(study, declaration=text.encode(), crosswalk=None, language="nl")


@pytest.mark.parametrize("name", ["../responses.csv", "/responses.csv", "responses.py", ".dvc"])
def test_responses_cannot_be_called_out_of_their_folder(name: str, study: Path, tmp_path: Path) -> None:
    _, declaration = sender_files(study, tmp_path / "sender")
    text = declaration.read_text(encoding="utf-8").replace("responses: responses.csv", f"responses: {name}")
    with pytest.raises(DeclarationError):
        submission_from(study, declaration=text.encode(), crosswalk=None, language="nl")


def test_responses_get_another_name_and_all_else_stays(study: Path, tmp_path: Path) -> None:
    _, declaration = sender_files(study, tmp_path / "sender")
    given = submission_from(study, declaration=declaration.read_bytes(), crosswalk=None, language="nl")
    renamed = with_responses(given, "responses.xlsx", language="nl")
    assert renamed.wave.responses == "responses.xlsx"
    assert renamed.declaration == given.declaration.replace(b"responses: responses.csv", b"responses: responses.xlsx")
    assert with_responses(given, "responses.csv", language="nl") is given
