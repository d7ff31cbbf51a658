"""``questionnaire`` and ``template`` as people type them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fieldwork_help import REPOSITORY
from openpyxl import load_workbook
from typer.testing import CliRunner

from pipeline.cli import application
from pipeline.intake.messages import RefusedError

TINY = REPOSITORY / "tests" / "fixtures" / "tiny_study"
Ran = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ran:
    """Runs a command in an empty folder: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, study: Path = TINY) -> tuple[int, str, str]:
        result = CliRunner().invoke(application(arguments), [*arguments, "--study", str(study)])
        if isinstance(result.exception, RefusedError):
            return 1, result.stdout, result.exception.in_language("nl")
        return result.exit_code, result.stdout, result.stderr

    return call


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("xlsform", "vragenlijst-xlsform.xlsx"), ("limesurvey", "vragenlijst.lss"), ("docx", "vragenlijst.docx"),
        ("xlsx", "vragenlijst-nakijken.xlsx"),
    ],
)  # fmt: skip
def test_each_form_is_written(run: Ran, tmp_path: Path, form: str, name: str) -> None:
    code, out, err = run("questionnaire", "--as", form, "--language", "nl,en")
    assert code == 0
    assert name in out
    assert (tmp_path / name).stat().st_size > 1000
    assert "Niet getoetst in het Engels: " in err
    assert not list(tmp_path.glob(".*.part"))


def test_limesurvey_comes_with_its_crosswalk(run: Ran, tmp_path: Path) -> None:
    _, out, _ = run("questionnaire", "--as", "limesurvey", "--out", "q.lss")
    assert "--crosswalk q.crosswalk.csv" in out
    assert "response_id" in (tmp_path / "q.crosswalk.csv").read_text(encoding="utf-8")


def test_a_language_without_texts_is_told_in_one_sentence(run: Ran) -> None:
    code, _, err = run("questionnaire", "--as", "docx", "--language", "ar", study=REPOSITORY)
    assert code == 0
    assert "Geen tekst in het Arabisch: 68 van de 68 vragen. Die staan er in het Nederlands met een merk erbij." in err


def test_english_is_spoken_where_english_comes_first(run: Ran) -> None:
    _, out, _ = run("questionnaire", "--as", "docx", "--language", "en")
    assert out.startswith("The questionnaire is in vragenlijst.docx")


@pytest.mark.parametrize("command", [("questionnaire", "--as", "docx"), ("template", "--projects", "ash")])
def test_nothing_is_written_over_somebodys_work(run: Ran, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "there.file").write_text("work", encoding="utf-8")
    code, _, err = run(*command, "--out", "there.file")
    assert code == 1
    assert "there.file" in err
    assert (tmp_path / "there.file").read_text(encoding="utf-8") == "work"
    assert run(*command, "--out", "there.file", "--overwrite")[0] == 0


def test_a_folder_that_is_not_there_is_made(run: Ran, tmp_path: Path) -> None:
    assert run("questionnaire", "--as", "xlsx", "--out", "new/q.xlsx")[0] == 0
    assert (tmp_path / "new" / "q.xlsx").is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("questionnaire", "--as", "pdf"), 2, ""),
        (("questionnaire",), 2, ""),
        (("questionnaire", "--as", "docx", "--language", "fr"), 1, "kent de taal fr niet. Wel: nl, en."),
        (("questionnaire", "--as", "docx", "--projects", "nowhere"), 1, "Het project nowhere is er niet."),
        (("questionnaire", "--as", "docx", "--instrument", "none@1"), 1, "De vragenlijst none@1 is er niet."),
        (("template",), 1, "Noem de projecten"),
        (("template", "--corporation", "Niemand"), 1, "De corporatie Niemand staat niet in"),
    ],
)
def test_what_cannot_be_is_refused(run: Ran, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    found, _, err = run(*arguments)
    assert found == code
    assert said in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("language", "sheet"), [("nl", "Golf"), ("en", "Wave")])
def test_the_template_is_written(run: Ran, tmp_path: Path, language: str, sheet: str) -> None:
    code, out, _ = run("template", "--projects", "ash", "--language", language)
    assert code == 0
    assert "levering.xlsx" in out
    assert sheet in load_workbook(tmp_path / "levering.xlsx").sheetnames
