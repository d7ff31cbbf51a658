"""``magical-housing check`` as an employee of a corporation types it."""

from __future__ import annotations

import io
import json
import random
import stat
from pathlib import Path

import pytest
from cli_help import Run
from openpyxl import load_workbook


def answers(study: Path, *, n_mails: int = 0, **cells: str) -> bytes:
    """A file of new answers; ``cells`` go in the third person's row, an e-mail address in the first ``n_mails``."""
    text = (study / "surveys" / "waves" / "tiny-2020" / "responses.csv").read_text(encoding="utf-8")
    heading, *people = [line.split(",") for line in text.splitlines()]
    draw = random.Random(7)
    scored = [i for i, name in enumerate(heading) if name.startswith(("sat", "tie"))]
    for i, row in enumerate(people):
        row[0] = f"r{i}"
        for at in scored:
            row[at] = str(draw.randint(1, 5))
    for name, cell in cells.items():
        people[2][heading.index(name)] = cell
    if n_mails:
        heading = ["contact", *heading]
        people = [[f"b{i}@voorbeeld.nl" if i < n_mails else "", *row] for i, row in enumerate(people)]
    return ("\n".join(",".join(row) for row in [heading, *people]) + "\n").encode()


@pytest.fixture
def study(tiny_folder: Path) -> Path:
    return tiny_folder


@pytest.fixture
def sent(study: Path, tmp_path: Path) -> Path:
    """A folder beside the study with a declaration in it."""
    folder = tmp_path / "sent"
    folder.mkdir()
    text = (study / "surveys" / "waves" / "tiny-2020" / "wave.yaml").read_text(encoding="utf-8")
    (folder / "wave.yaml").write_text(text.replace("wave: tiny-2020", "wave: tiny-2024"), encoding="utf-8")
    return folder


def test_a_good_file_says_what_to_type_next(run: Run, study: Path, sent: Path) -> None:
    (sent / "a b.csv").write_bytes(answers(study))
    said = run("check", sent / "a b.csv", "--declaration", sent / "wave.yaml", "--study", study)
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == "Deze golf kan worden ingediend"
    assert lines[1].startswith("Gelezen als: tekstbestand (CSV), ")
    command = f"  magical-housing submit '{sent}/a b.csv' --declaration {sent}/wave.yaml --study {study}"
    assert lines[-1] == command


def test_a_bad_file_is_told_in_lines_that_fit(
    run: Run, study: Path, sent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sent / "a.csv").write_bytes(answers(study, sat1="9", role="baas"))
    monkeypatch.chdir(sent)
    monkeypatch.setenv("COLUMNS", "80")
    said = run("check", "a.csv", "--declaration", "wave.yaml", "--study", "../tiny_study")
    assert said.code == 1
    assert said.out == ""
    lines = said.err.splitlines()
    assert lines[0] == "Nog niet: 2 dingen aanpassen"
    assert all(len(line) <= 80 for line in lines if "magical-housing" not in line)
    assert "     Waar:     kolom E (sat1), rij 4" in lines
    assert "baas" not in said.err
    assert "\x1b" not in said.err


def test_the_page_and_the_copy_are_written_where_asked(run: Run, study: Path, sent: Path) -> None:
    (sent / "a.csv").write_bytes(answers(study, sat1="9"))
    page, copy = sent / "antwoord.html", sent / "kopie.xlsx"
    said = run(
        "check", sent / "a.csv", "--declaration", sent / "wave.yaml", "--study", study, "--html", page, "--marked", copy
    )
    assert said.code == 1
    assert f"De pagina met dit antwoord:\n  {page}\n" in said.err
    assert str(copy) in said.err
    assert "Nog niet: 1 ding aanpassen" in page.read_text(encoding="utf-8")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    sheet = load_workbook(io.BytesIO(copy.read_bytes()))["Antwoorden"]
    assert sheet["E4"].value == 9
    assert sheet["E4"].comment
    assert sorted(path.name for path in sent.iterdir()) == ["a.csv", "antwoord.html", "kopie.xlsx", "wave.yaml"]


def test_the_copy_never_comes_into_the_study_nor_over_the_file(run: Run, study: Path, sent: Path) -> None:
    file = sent / "a.csv"
    file.write_bytes(answers(study))
    inside = run("check", file, "--study", study, "--marked", study / "build" / "kopie.xlsx")
    assert inside.code == 1
    assert "mag niet in de map van de studie" in inside.err
    assert not (study / "build" / "kopie.xlsx").exists()
    over = run("check", file, "--study", study, "--html", file, "--language", "en")
    assert over.code == 1
    assert "is your own file" in over.err
    assert file.read_bytes() == answers(study)
    assert run("check", file, "--study", study, "--marked", sent / "kopie.csv").code == 2


def test_without_refused_columns(run: Run, study: Path, sent: Path) -> None:
    file = sent / "a.csv"
    file.write_bytes(answers(study, n_mails=30))
    arguments = ["check", file, "--declaration", sent / "wave.yaml", "--study", study]
    asked = run(*arguments)
    assert asked.code == 1
    assert asked.err.splitlines()[0] == "Nog niet: 1 ding aanpassen"
    assert asked.err.rstrip().endswith("--drop-refused")
    left_out = run(*arguments, "--drop-refused")
    assert left_out.code == 0
    assert left_out.out.splitlines()[0] == "Deze golf kan worden ingediend"
    assert "Weggelaten bij het indienen: A (contact)." in " ".join(left_out.out.split())
    assert left_out.out.rstrip().endswith("--drop-refused")
    told = json.loads(run(*arguments, "--drop-refused", "--json").out)
    assert told["left_out"] == [{"letter": "A", "name": "contact"}]
    assert told["acceptable"]


def test_json_in_both_languages(run: Run, study: Path, sent: Path) -> None:
    file = sent / "a.csv"
    file.write_bytes(answers(study, sat1="9"))
    for language, sentence in (("nl", "Nog niet: 1 ding aanpassen"), ("en", "Not yet: 1 thing to change")):
        said = run("check", file, "--instrument", "tiny@1", "--study", study, "--json", "--language", language)
        told = json.loads(said.out)
        assert (said.code, said.err, told["verdict"], told["language"]) == (1, "", sentence, language)
        assert told["next"]["command"].startswith("magical-housing check ")


def test_a_declaration_that_is_not_filled_in_gets_the_verdict_too(run: Run, study: Path, sent: Path) -> None:
    (sent / "a.csv").write_bytes(answers(study))
    wave = sent / "wave.yaml"
    wave.write_text(wave.read_text(encoding="utf-8").replace("corporation: ", "corpration: "), encoding="utf-8")
    said = run("check", sent / "a.csv", "--declaration", wave, "--study", study)
    assert said.code == 1
    assert said.err.splitlines()[0] == "Nog niet: 2 dingen aanpassen"
    assert "corpration" in said.err


def test_an_unreadable_file_has_no_copy_and_a_page_that_says_so(run: Run, study: Path, sent: Path) -> None:
    file = sent / "a.csv"
    file.write_bytes(bytes(range(256)) * 40)
    page, copy = sent / "p.html", sent / "k.xlsx"
    said = run("check", file, "--study", study, "--html", page, "--marked", copy)
    assert said.code == 1
    assert "geen gemarkeerde kopie" in said.err
    assert not copy.exists()
    assert "Nog niet: 1 ding aanpassen" in page.read_text(encoding="utf-8")


def test_help_has_an_example_in_both_languages(run: Run) -> None:
    said = run("check", "--help")
    assert said.code == 0
    assert "Voorbeeld:" in said.out
    assert "Example:" in said.out
    for option in ("--html", "--marked", "--drop-refused", "--json", "--language", "--declaration"):
        assert option in said.out
