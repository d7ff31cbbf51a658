"""``magical-housing map`` on the tiny study, as people run it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from cli_help import Run

from pipeline.declare import load_study

N = 12


@pytest.fixture
def export(tiny_folder: Path, tmp_path: Path) -> Path:
    """An export of the tiny questionnaire with headings of its own and one question too many."""
    instrument = next(iter(load_study(tiny_folder).instruments.values()))
    project = load_study(tiny_folder).registry.projects[0]
    columns: dict[str, list[str]] = {}
    for field in instrument.fields:
        codes = [str(c.value).removesuffix(".0") for c in instrument.categories_of(field)]
        cells = [project.name] if field.role == "project" else codes or ["1"]
        heading = field.title.get("nl") or next(iter(field.title.values()))
        columns[heading] = [cells[i % len(cells)] for i in range(N)]
    columns["Tijdstempel"] = [f"2026-03-{1 + i:02d} 10:00:00" for i in range(N)]
    columns["E-mailadres"] = [f"p{i}@example.org" for i in range(N)]
    path = tmp_path / "antwoorden.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def test_one_sentence_first_then_a_table_then_what_to_do(run: Run, tiny_folder: Path, export: Path) -> None:
    target = export.with_name("omzettabel.csv")
    said = run("map", export, "--study", tiny_folder, "--out", target)
    assert (said.code, said.err) == (0, "")
    first, *rest = said.out.splitlines()
    assert first.split(" ")[1] == "van" and "vragen gevonden" in first
    assert any(line.startswith("zeker ") for line in rest)
    assert "Persoonsgegevens, die niet mee mogen: E-mailadres." in rest
    assert "magical-housing check" in rest[-1] and str(target) in rest[-1]
    assert target.read_bytes().startswith(b"\xef\xbb\xbfvar_name_orig;")
    assert "@example" not in said.out + target.read_text(encoding="utf-8-sig")


def test_what_is_there_is_not_written_over(run: Run, tiny_folder: Path, export: Path) -> None:
    target = export.with_name("omzettabel.csv")
    target.write_text("van mij", encoding="utf-8")
    said = run("map", export, "--study", tiny_folder, "--out", target, "--language", "en")
    assert said.code == 1
    assert "may hold your corrections" in said.err
    assert target.read_text(encoding="utf-8") == "van mij"


def test_json_tells_columns_and_counts_only(run: Run, tiny_folder: Path, export: Path) -> None:
    said = run("map", export, "--study", tiny_folder, "--out", export.with_name("x.csv"), "--json", "--language", "en")
    told = json.loads(said.out)
    assert told["fits"] and told["found"] == len([c for c in told["columns"] if c["kind"] == "column"])
    assert sum(told["lines"].values()) >= len(told["columns"])
    assert set(told["columns"][0]) == {"column", "variable", "kind", "certainty", "why", "said", "answers"}


def test_another_questionnaires_file_is_told_and_nothing_is_written(
    run: Run, tiny_folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "anders.csv"
    other.write_text("kleur,vorm\n" + "rood,rond\nblauw,vierkant\n" * 6, encoding="utf-8")
    target = tmp_path / "omzettabel.csv"
    said = run("map", other, "--study", tiny_folder, "--out", target)
    assert said.code == 1
    assert said.err.startswith("Dit bestand past niet bij vragenlijst tiny@1")
    assert "--anyway" in said.err and f"magical-housing instrument {other}" in said.err
    assert not target.exists()


def test_another_questionnaires_file_is_mapped_anyway_with_every_line_to_look_at(
    run: Run, tiny_folder: Path, tmp_path: Path
) -> None:
    other, target = tmp_path / "anders.csv", tmp_path / "omzettabel.csv"
    other.write_text("kleur,vorm\n" + "rood,rond\nblauw,vierkant\n" * 6, encoding="utf-8")
    said = run("map", other, "--study", tiny_folder, "--out", target, "--anyway")
    assert said.code == 0, said.err
    lines = list(csv.DictReader(target.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    assert {line["var_name_orig"] for line in lines} >= {"kleur", "vorm"}
    assert {line["certainty"] for line in lines} == {"controleer"}
    assert "--declaration-draft wave.yaml" in said.out


def test_a_file_that_cannot_be_read_is_answered_as_check_does(run: Run, tiny_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "leeg.csv").write_bytes(b"")
    said = run("map", tmp_path / "leeg.csv", "--study", tiny_folder, "--out", tmp_path / "x.csv")
    assert said.code == 1
    assert "leeg" in said.err and "Traceback" not in said.err


@pytest.mark.parametrize("options", [["--wave", "a", "--instrument", "b"], ["--nonsense"]])
def test_wrong_usage(run: Run, tiny_folder: Path, export: Path, options: list[str]) -> None:
    assert run("map", export, "--study", tiny_folder, *options).code == 2


def test_unknown_names_are_told_with_those_there_are(run: Run, tiny_folder: Path, export: Path) -> None:
    there = ("--study", tiny_folder, "--out", export.with_name("x.csv"), "--language", "en")
    assert "There are: tiny@1" in run("map", export, *there, "--instrument", "other@1").err
    assert "There is no wave 1999" in run("map", export, *there, "--like", "1999").err
    assert (
        "ends in .csv or .xlsx" in run("map", export, "--study", tiny_folder, "--out", "x.txt", "--language", "en").err
    )


def test_a_draft_says_what_to_fill_in_and_is_refused_until_then(run: Run, tiny_folder: Path, export: Path) -> None:
    target, draft = export.with_name("o.xlsx"), export.with_name("wave.yaml")
    said = run("map", export, "--study", tiny_folder, "--out", target, "--declaration-draft", draft)
    assert said.code == 0
    text = draft.read_text(encoding="utf-8")
    assert "start: '2026-03-01'" in text or "start: 2026-03-01" in text
    assert "instrument: tiny@1" in text and "Uw organisatie" in text and "Your organisation" in text
    checked = run("check", export, "--study", tiny_folder, "--declaration", draft, "--crosswalk", target)
    assert checked.code == 1
    assert "nog in te vullen: naam van de golf" in " ".join(checked.err.split())
    filled = text.replace("'VUL IN: naam van de golf, zoals park-2026'", "proef-2026")
    filled = filled.replace("'VUL IN: naam van de woningcorporatie'", "Niemand")
    filled = filled.replace("'VUL IN: bestaande groep of nieuwe naam, zoals residents'", "residents")
    filled = filled.replace("'VUL IN: online, paper of interview'", "online")
    draft.write_text(filled, encoding="utf-8")
    checked = run("check", export, "--study", tiny_folder, "--declaration", draft, "--crosswalk", target)
    assert "VUL IN" not in checked.err and "nog in te vullen" not in checked.err
    assert "E-mailadres" in checked.err, "what was left out is refused all the same"


def test_lines_nobody_looked_at_stop_a_check(run: Run, tiny_folder: Path, export: Path) -> None:
    target, draft = export.with_name("o.csv"), export.with_name("wave.yaml")
    run("map", export, "--study", tiny_folder, "--out", target, "--declaration-draft", draft)
    text = draft.read_text(encoding="utf-8")
    text = re.sub("'VUL IN: online[^']*'", "online", text)
    draft.write_text(re.sub("'VUL IN[^']*'", "proef-2026", text), encoding="utf-8")
    lines = target.read_text(encoding="utf-8-sig").splitlines()
    lines[1] = lines[1].replace(";zeker;", ";controleer;").replace(";waarschijnlijk;", ";controleer;")
    target.write_text("\n".join(lines), encoding="utf-8-sig")
    said = run("check", export, "--study", tiny_folder, "--declaration", draft, "--crosswalk", target)
    assert said.code == 1
    assert "voorgestelde regels zijn nog niet bekeken" in " ".join(said.err.split())


def test_where_nothing_fits_no_draft_is_written_either(run: Run, tiny_folder: Path, tmp_path: Path) -> None:
    other, draft = tmp_path / "anders.csv", tmp_path / "wave.yaml"
    other.write_text("kleur,vorm\n" + "rood,rond\nblauw,vierkant\n" * 6, encoding="utf-8")
    target = tmp_path / "omzettabel.csv"
    assert run("map", other, "--study", tiny_folder, "--out", target, "--declaration-draft", draft).code == 1
    assert not target.exists() and not draft.exists()
