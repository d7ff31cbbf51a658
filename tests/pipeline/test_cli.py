"""The command as people type it: answers, exit codes, nothing stored when something is wrong."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cli_help import Run
from openpyxl import Workbook

from pipeline.intake import dvc_calls

REPOSITORY = Path(__file__).resolve().parents[2]
COMMANDS = [
    "check",
    "submit",
    "waves",
    "withdraw",
    "erase",
    "verify",
    "history",
    "report",
    "release",
    "fit",
    "invariance",
    "stress",
]


@pytest.fixture(scope="session")
def dvc_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder with a DVC repository in it."""
    root = tmp_path_factory.mktemp("dvc-template")
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet"], cwd=root, check=True)
    return root


@pytest.fixture
def study(tiny_folder: Path, dvc_template: Path) -> Path:
    """The tiny study under DVC."""
    for path in sorted(dvc_template.rglob("*")):
        if path.is_file():
            target = tiny_folder / path.relative_to(dvc_template)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return tiny_folder


def tree(root: Path) -> dict[str, bytes]:
    scratch = root / ".dvc" / "tmp"
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and scratch not in path.parents
    }


def answers(study: Path) -> list[list[str]]:
    """The heading and the rows of a file: those of a wave that is there, turned around, so that it is another wave."""
    text = (study / "surveys" / "waves" / "tiny-2020" / "responses.csv").read_text(encoding="utf-8")
    heading, *rows = [line.split(",") for line in text.splitlines()]
    turned = [[f"b{row[0]}", *(str(6 - int(c)) if c in set("12345") else c for c in row[1:])] for row in rows]
    return [heading, *turned]


def csv_of(rows: list[list[str]], delimiter: str = ",") -> bytes:
    return ("\n".join(delimiter.join(row) for row in rows) + "\n").encode()


def declaration(study: Path, folder: Path, responses: str = "responses.csv") -> Path:
    text = (study / "surveys" / "waves" / "tiny-2020" / "wave.yaml").read_text(encoding="utf-8")
    path = folder / "wave.yaml"
    text = text.replace("wave: tiny-2020", "wave: tiny-2024").replace("responses.csv", responses)
    path.write_text(text, encoding="utf-8")
    return path


def with_cell(rows: list[list[str]], row: int, column: str, cell: str) -> list[list[str]]:
    changed = [list(r) for r in rows]
    changed[row - 1][rows[0].index(column)] = cell
    return changed


def bad_files(study: Path) -> dict[str, tuple[str, bytes, list[str]]]:
    """What people send by mistake: name, bytes, and the code of each problem."""
    rows = answers(study)
    heading, people = rows[0], rows[1:]
    mails = [[*heading, "contact"], *([*row, f"bewoner{i}@voorbeeld.nl"] for i, row in enumerate(people))]
    renamed = [[name.replace("sat3", "vertrek") for name in heading], *people]
    twice = [[*heading, "sat3"], *([*row, "1"] for row in people)]
    two = with_cell(with_cell(rows, 5, "sat1", "41"), 7, "role", "directeur")
    mixed = "9-1,elm,yes,nl,één\n".encode() + "9-2,elm,yes,nl,één\n".encode("latin-1")
    return {
        "an empty file": ("a.csv", b"", ["file_empty"]),
        "a binary": ("a.csv", bytes(range(256)) * 64, ["binary_file"]),
        "a 0-byte XLSX": ("a.xlsx", b"", ["file_empty"]),
        "a heading alone": ("a.csv", csv_of(rows[:1]), ["no_rows"]),
        "a renamed column": ("a.csv", csv_of(renamed), ["column_missing"]),
        "a duplicate header": ("a.csv", csv_of(twice), ["column_duplicated"]),
        "an unknown project": ("a.csv", csv_of(with_cell(rows, 5, "project", "Kasteel X")), ["project_unknown"]),
        "a code out of range": ("a.csv", csv_of(with_cell(rows, 5, "sat1", "41")), ["out_of_range"]),
        "mixed encodings": ("a.csv", csv_of(rows[:3]) + mixed, ["encoding_mixed"]),
        "e-mail addresses": ("a.csv", csv_of(mails), ["personal_email"]),
        "two things at once": ("a.csv", csv_of(two), ["out_of_range", "unreadable"]),
    }


KINDS = [
    "an empty file", "a binary", "a 0-byte XLSX", "a heading alone", "a renamed column", "a duplicate header",
    "an unknown project", "a code out of range", "mixed encodings", "e-mail addresses", "two things at once",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_file_gets_one_message_per_problem_and_nothing_is_stored(
    kind: str, run: Run, study: Path, tmp_path: Path
) -> None:
    name, data, codes = bad_files(study)[kind]
    file, wave = tmp_path / name, declaration(study, tmp_path)
    file.write_bytes(data)
    before = tree(study)

    checked = run("check", file, "--declaration", wave, "--study", study, "--json")
    found = json.loads(checked.out)
    assert checked.code == 1
    assert [p["code"] for p in found["problems"] if p["severity"] == "error"] == codes
    assert not found["acceptable"]

    said = run("submit", file, "--declaration", wave, "--study", study)
    assert said.code == 1
    assert said.out == ""
    things = "1 ding" if len(codes) == 1 else f"{len(codes)} dingen"
    assert said.err.splitlines()[0] == f"Nog niet: {things} aanpassen"
    assert sum(line.lstrip()[:2] in {f"{n}." for n in range(1, 9)} for line in said.err.splitlines()) == len(codes)
    assert said.err.rstrip().endswith("Er is niets opgeslagen.")
    # a folder and a checksum may have any number
    shown = (said.err + checked.out).replace(str(tmp_path), "").replace(found["sha256"] or "no checksum", "")
    for answer in ("Kasteel", "41", "directeur", "voorbeeld.nl"):
        assert answer not in shown
    assert tree(study) == before

    english = run("check", file, "--declaration", wave, "--study", study, "--language", "en")
    assert english.err.splitlines()[0].startswith("Not yet: ")


def test_a_100_000_row_file_is_refused_and_still_checked(run: Run, study: Path, tmp_path: Path) -> None:
    params = study / "params.yaml"
    params.write_text(params.read_text().replace("max_bytes: 1000000", "max_bytes: 100000000"), encoding="utf-8")
    rows = answers(study)
    many = [rows[0], *(rows[1:] * 900)[:99_999], with_cell(rows, 2, "sat1", "41")[1]]
    file, wave = tmp_path / "a.csv", declaration(study, tmp_path)
    file.write_bytes(csv_of(many))
    before = tree(study)
    said = run("submit", file, "--declaration", wave, "--study", study)
    assert said.code == 1
    assert "Nog niet: 4 dingen aanpassen" in said.err
    assert "100.000 rijen met antwoorden; er mogen er 1.000 zijn" in said.err
    assert "maar er zijn 160 bewoners uitgenodigd" in said.err
    words = " ".join(said.err.split())
    assert "1 antwoord op sat1 kan niet bij deze vraag" in words
    assert "100001" in words.replace("100.001", "100001")
    assert tree(study) == before


def test_a_good_file_can_be_submitted_shown_and_withdrawn(run: Run, study: Path, tmp_path: Path) -> None:
    file, wave = tmp_path / "answers.csv", declaration(study, tmp_path)
    # as a Dutch spreadsheet writes it: semicolons and decimal commas
    rows = [[cell.replace(".", ",") for cell in row] for row in answers(study)]
    file.write_bytes(csv_of(rows, ";"))
    before = tree(study)

    checked = run("check", file, "--declaration", wave, "--study", study)
    assert (checked.code, checked.err) == (0, "")
    assert checked.out.splitlines()[0] == "Deze golf kan worden ingediend"
    assert "scheidingsteken ‘;’" in checked.out
    assert "decimaalteken ‘,’" in checked.out
    assert tree(study) == before

    stored = run("submit", file, "--declaration", wave, "--study", study)
    assert stored.code == 0
    assert "De golf tiny-2024 is opgeslagen: 112 rijen." in stored.out
    assert (study / "surveys" / "waves" / "tiny-2024" / "responses.csv").read_bytes() == file.read_bytes()

    listed = json.loads(run("waves", "--study", study, "--json").out)
    assert [w["wave"] for w in listed] == ["tiny-2020", "tiny-2022", "tiny-null-2022", "tiny-2024"]
    assert listed[-1].pop("receipt") in stored.out
    assert listed[-1] == {
        "wave": "tiny-2024", "pool": "tiny", "origin": "simulated", "instrument": "tiny@1", "start": "2020-03-01",
        "end": "2020-03-31", "invited": 160, "projects": 8, "stored": True,
    }  # fmt: skip
    again = run("submit", file, "--declaration", wave, "--study", study)
    assert again.code == 0
    assert "Deze golf is al ingediend: tiny-2024, 112 rijen." in again.out
    (file.parent / "other.csv").write_bytes(file.read_bytes() + b"\r\n")
    another = run("submit", file.parent / "other.csv", "--declaration", wave, "--study", study)
    assert another.code == 1
    assert "De golf tiny-2024 is er al." in another.err
    verified = run("verify", "--study", study)
    assert (verified.code, verified.out.splitlines()[0]) == (0, "De opslag klopt. Bekeken golven: 4; niets mis.")
    assert run("check", file, "--wave", "tiny-2024", "--study", study).code == 0

    refused = run("withdraw", "tiny-2024", "--study", study)
    assert refused.code == 1
    assert "--yes" in refused.err
    gone = run("withdraw", "tiny-2024", "--yes", "--study", study)
    assert gone.code == 0
    assert "De kopie in de DVC-cache op deze computer is verwijderd." in gone.out
    events = [line.split()[3:5] for line in run("history", "--study", study).out.splitlines()]
    assert events == [["wat", "rijen"], ["ingediend", "112"], ["teruggetrokken", "Nobody"]]
    left = tree(study)
    left.pop("surveys/history.jsonl")
    assert left == before


def test_what_fits_no_declaration_is_told_with_the_rest(run: Run, study: Path, tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    file.write_bytes(csv_of(with_cell(answers(study), 5, "sat1", "41")))
    wave = declaration(study, tmp_path, "antwoorden.csv")
    wave.write_text(wave.read_text().replace("  oak:", "  beech:"), encoding="utf-8")
    before = tree(study)
    said = run("submit", file, "--declaration", wave, "--study", study)
    assert said.code == 1
    for part in ("beech", "`responses: responses.csv`", "sat1", "wave.yaml:"):
        assert part in said.err
    assert tree(study) == before
    found = json.loads(run("check", file, "--declaration", wave, "--study", study, "--json").out)
    assert [p["code"] for p in found["declaration_problems"]] == ["wave_project"]
    assert [p["code"] for p in found["problems"]] == [
        "responses_name", "project_not_in_wave", "out_of_range", "project_without_rows",
    ]  # fmt: skip


def test_a_workbook_with_labels_and_a_crosswalk_in_semicolons(run: Run, study: Path, tmp_path: Path) -> None:
    rows = answers(study)
    labels = {"1": "Helemaal oneens", "2": "oneens", "3": "geen van beide", "4": "eens", "5": "helemaal eens"}
    book = Workbook()
    sheet = book.active
    sheet.title = "Antwoorden"
    sheet.append(["Ik woon hier graag." if name == "sat1" else name for name in rows[0]])
    place = rows[0].index("sat1")
    for row in rows[1:]:
        sheet.append([labels.get(cell, cell) if i == place else cell for i, cell in enumerate(row)])
    stream = io.BytesIO()
    book.save(stream)
    (tmp_path / "answers.xlsx").write_bytes(stream.getvalue())
    header = (study / "surveys" / "crosswalks" / "tiny-2020.csv").read_text(encoding="utf-8").strip()
    crosswalk = tmp_path / "omzetten.csv"
    crosswalk.write_text(f"{header.replace(',', ';')}\nIk woon hier graag.;;;;sat1;;;\n", encoding="utf-8")
    wave = declaration(study, tmp_path, "responses.xlsx")
    said = run("submit", tmp_path / "answers.xlsx", "--declaration", wave, "--crosswalk", crosswalk, "--study", study)
    assert (said.code, said.err) == (0, "")
    # kept as the study's own reader wants it
    kept = (study / "surveys" / "crosswalks" / "tiny-2024.csv").read_text(encoding="utf-8")
    assert kept == f"{header}\nIk woon hier graag.,,,,sat1,,,\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, run: Run) -> None:
    said = run(command, "--help")
    assert said.code == 0
    assert f"magical-housing {command}" in said.out.split("Example:")[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"], ["check"], ["check", "a.csv", "--language", "de"], ["submit", "a.csv"], ["withdraw"],
        ["fit", "a.lav"],
        ["check", "a.csv", "--wave", "w", "--instrument", "i@1"], ["check", "a.csv", "--crosswalk", "c.csv"],
        ["waves", "--study", "no/such/folder"], ["waves", "--nonsense"],
    ],
)  # fmt: skip
def test_wrong_usage_is_2(arguments: list[str], run: Run) -> None:
    assert run(*arguments).code == 2


def test_what_is_not_there_is_1_in_the_language_asked_for(run: Run, study: Path, tmp_path: Path) -> None:
    nobody = run("check", "a.csv", "--wave", "tiny-1999", "--study", study)
    assert (nobody.code, nobody.out) == (1, "")
    assert nobody.err.startswith("De golf tiny-1999 is er niet.")
    english = run("withdraw", "tiny-1999", "--yes", "--study", study, "--language=en")
    assert english.err.startswith("There is no wave tiny-1999.")
    assert run("check", "a.csv", "--instrument", "tiny@7", "--study", study).code == 1
    missing = run("check", tmp_path / "nothing.csv", "--study", study)
    assert missing.code == 1
    assert "Het bestand is er niet" in missing.err
    no_study = run("waves", "--study", tmp_path)
    assert no_study.code == 1
    assert "params.yaml" in no_study.err


def test_a_file_can_be_checked_against_a_questionnaire_alone(run: Run, study: Path, tmp_path: Path) -> None:
    file = tmp_path / "answers.csv"
    file.write_bytes(csv_of(answers(study)))
    said = run("check", file, "--instrument", "tiny@1", "--study", study)
    assert said.out.splitlines()[0] == "Dit bestand kan worden gelezen"
    # the only questionnaire there is need not be named
    assert run("check", file, "--study", study).code == 0


def test_waves_as_a_table(run: Run, study: Path) -> None:
    said = run("waves", "--study", study)
    heading, *rows = said.out.splitlines()
    assert heading.split() == [
        "golf", "groep", "herkomst", "vragenlijst", "veldwerk", "uitgenodigd", "projecten", "antwoorden",
        "ontvangstbewijs",
    ]  # fmt: skip
    assert [row.split()[0] for row in rows] == ["tiny-2020", "tiny-2022", "tiny-null-2022"]
    assert "aanwezig" in rows[0]
    (study / "surveys" / "waves" / "tiny-2020" / "responses.csv").unlink()
    assert "missing" in run("waves", "--study", study, "--language", "en").out.splitlines()[1]


# --- report


@pytest.fixture
def small_pipeline(dvc_template: Path, tmp_path: Path) -> Path:
    """A folder whose `dvc repro` makes a front page in two stages."""
    root = tmp_path / "pipeline"
    subprocess.run(["cp", "-r", str(dvc_template), str(root)], check=True)
    (root / "input.txt").write_text("1\n")
    (root / "first.py").write_text(
        "from pathlib import Path\nn = int(Path('input.txt').read_text())\nPath('middle.txt').write_text(str(n))\n"
    )
    (root / "second.py").write_text(
        "import sys\nfrom pathlib import Path\n"
        "if Path('middle.txt').read_text() == '13':\n    sys.exit('wave w: rij 4 kan niet')\n"
        "page = Path('reports/_site/index.html')\n"
        "page.parent.mkdir(parents=True, exist_ok=True)\npage.write_text('x')\n"
    )
    (root / "dvc.yaml").write_text(
        "stages:\n"
        "  first:\n    cmd: python first.py\n    deps: [input.txt]\n    outs: [middle.txt]\n"
        "  second:\n    cmd: python second.py\n    deps: [middle.txt]\n    outs: [reports/_site]\n"
    )
    return root


def test_report_runs_what_changed_says_so_and_says_where_the_report_is(run: Run, small_pipeline: Path) -> None:
    page = (small_pipeline / "reports" / "_site" / "index.html").as_posix()
    first = run("report", "--study", small_pipeline)
    assert (first.code, page in first.out) == (0, True)
    assert "2 stappen uitgevoerd." in first.out
    assert [line.split()[0] for line in first.err.splitlines()] == ["first", "second"]
    again = run("report", "--study", small_pipeline)
    assert again.code == 0
    assert "Er is niets veranderd" in again.out
    assert page in again.out


def test_a_stage_that_fails_is_named_with_what_it_said(run: Run, small_pipeline: Path) -> None:
    (small_pipeline / "input.txt").write_text("13\n")
    said = run("report", "--study", small_pipeline, "--language", "en")
    assert (said.code, said.out) == (1, "")
    assert "Stage second failed. What it said:" in said.err
    assert "wave w: rij 4 kan niet" in said.err


def test_a_pipeline_that_cannot_start_is_told(run: Run, small_pipeline: Path) -> None:
    (small_pipeline / "dvc.yaml").write_text("stages: [\n")
    said = run("report", "--study", small_pipeline)
    assert said.code == 1
    assert "dvc.yaml" in said.err


def test_report_outside_dvc_is_refused(run: Run, tmp_path: Path) -> None:
    said = run("report", "--study", tmp_path)
    assert said.code == 1
    assert "geen DVC" in said.err


def test_stages_run_in_calm_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    surroundings = dvc_calls.environment()
    assert surroundings["PATH"].split(":")[0] == str(Path(sys.executable).parent)
    assert surroundings["PATH"].endswith(":/usr/bin")
    calm = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg", "PYTHONHASHSEED": "0"}
    assert {name: surroundings[name] for name in calm} == calm


def test_the_installed_command_is_this_one() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "magical-housing"), "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert all(command in done.stdout for command in COMMANDS)
