"""After an erasure nothing in the study holds the person, and everybody else is as before."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from openpyxl import Workbook
from store_help import HISTORY, contents, sender_files, submit
from test_store_journal import cut_off_at

from pipeline.declare import load_study
from pipeline.errors import InputError
from pipeline.intake import dvc_calls, store
from pipeline.intake.messages import RefusedError
from pipeline.stages import clean, ingest, pool

CODE, PERSON = "zz-417", ["zz-417", "elm", "yes", "nl", "5", "1", "5", "1", "5", "1", "5", "resident", "own", "3.77"]
WAVE = "surveys/waves/tiny-2024"


def with_person(answers: Path) -> Path:
    """One row more, whose answers are nobody else's."""
    rows = list(csv.reader(io.StringIO(answers.read_text(encoding="utf-8"))))
    rows.insert(5, PERSON)
    answers.write_text("".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    return answers


def everything(path: Path) -> Iterator[bytes]:
    """The bytes of a file, and what it holds where they say nothing by themselves."""
    data = path.read_bytes()
    yield data
    if data.startswith(b"PK"):
        with zipfile.ZipFile(path) as members:
            yield from map(members.read, members.namelist())
    elif data.startswith(b"PAR1"):
        yield pd.read_parquet(path).to_csv().encode()


def traces(root: Path, *signs: str) -> list[str]:
    """Files below ``root`` that hold one of ``signs``."""
    return [
        path.relative_to(root).as_posix()
        for path in sorted(root.rglob("*"))
        if path.is_file() and any(sign.encode() in part for part in everything(path) for sign in signs)
    ]


def run_stages(study: Path, wave: str) -> str:
    """What a small run leaves behind: real frames, and files as the later stages and DVC write them; the person's
    hash."""
    declared = load_study(study)
    for name in declared.waves:
        ingest.run(declared, wave=name)
        clean.run(declared, wave=name)
    pool.run(declared)
    frame = pd.read_parquet(study / "build" / "ingested" / f"{wave}.parquet")
    person = str(frame.loc[(frame["years"] - 3.77).abs() < 1e-9, "respondent"].iloc[0])
    made = ["build/measure/tiny/persons.csv", "build/describe/tiny/t.csv", "build/published/tiny/t.csv",
            "build/report-parts/tiny/t.csv", "build/site/nl/i.md", "build/work/fits/0", "build/odd/one.txt",
            "build/stress/tiny/c.csv", "reports/_site/index.html", "reports/metrics/tiny.json",
            ".dvc/tmp/exps/copy.csv", ".dvc/cache/runs/ab/cd/ef"]  # fmt: skip
    kept = ["build/power/t.csv", "build/measure/tiny-null/t.csv", "reports/metrics/tiny-null.json"]
    for name in (*made, *kept):
        (study / name).parent.mkdir(parents=True, exist_ok=True)
        (study / name).write_text(person if name in made else "kept", encoding="utf-8")
    copies = {name: cached(study, f"{person} {name}" if "null" not in name else name) for name in
              ("describe", "old", "member", "null")}  # fmt: skip
    folder = cached(study, json.dumps([{"md5": copies["member"], "relpath": "a"}]), suffix=".dir")
    lock = {
        "describe@tiny": ("build/clean", "build/describe/tiny", copies["describe"]),
        "judge@tiny": ("build/describe/tiny", "build/judge/tiny", folder),
        "measure@tiny-null": ("build/pool/tiny-null.parquet", "build/measure/tiny-null/t.csv", copies["null"]),
    }
    text = "schema: '2.0'\nstages:\n"
    for name, (dep, out, md5) in lock.items():
        text += f"  {name}:\n    cmd: x\n    deps:\n    - path: {dep}\n      md5: 00\n"
        text += f"    outs:\n    - path: {out}\n      hash: md5\n      md5: {md5}\n"
    (study / "dvc.lock").write_text(text, encoding="utf-8")
    return person


def cached(study: Path, text: str, suffix: str = "") -> str:
    md5 = dvc_calls.md5_of(text.encode()) + suffix
    copy = dvc_calls.cached_copy(study / ".dvc" / "cache", md5)
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(text, encoding="utf-8")
    return md5


@pytest.fixture
def two_studies(study: Path, study_under_dvc: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A study with the person in a wave, after a run; and one to which the wave was submitted without."""
    import shutil

    other = Path(shutil.copytree(study_under_dvc, tmp_path / "without"))
    submit(other, *sender_files(other, tmp_path / "other"))
    answers, declaration = sender_files(study, tmp_path / "sender")
    submit(study, with_person(answers), declaration)
    return study, other


@pytest.mark.usefixtures("quick")
def test_nothing_holds_the_person_and_all_else_is_as_if_they_had_never_been(two_studies: tuple[Path, Path]) -> None:
    study, without = two_studies
    person = run_stages(study, "tiny-2024")
    signs = (CODE, person, ",".join(PERSON[4:11]), "3.77")
    assert len(traces(study, *signs)) >= 20
    done = store.erase(study, CODE)
    assert done.rows == {"tiny-2024": 1}
    assert traces(study, *signs) == []
    left = contents(study)
    assert left["build/power/t.csv"] == left["build/measure/tiny-null/t.csv"] == b"kept"
    assert "measure@tiny-null" in left["dvc.lock"].decode()
    assert "@tiny:" not in left["dvc.lock"].decode()
    assert (study / "build" / "ingested" / "tiny-2020.parquet").exists()
    assert dvc_calls.cached_copy(study / ".dvc" / "cache", dvc_calls.md5_of(b"null")).exists()
    plain = contents(without)
    of_receipts = {HISTORY, f"{WAVE}/receipt.json"}
    same = {name for name in plain if name not in of_receipts}
    assert {name: left[name] for name in same} == {name: plain[name] for name in same}
    receipt, other = store.read_receipt(study, "tiny-2024"), store.read_receipt(without, "tiny-2024")
    assert receipt is not None
    assert other is not None
    assert (receipt.stored, receipt.rows, receipt.erased) == (other.stored, other.rows, 1)
    assert (receipt.received, receipt.salt) == (None, "")
    event = store.read_history(study)[-1]
    assert (event.what, event.rows, event.receipt) == ("erased", 1, receipt.number)
    assert CODE not in left[HISTORY].decode()
    assert not store.verify(study).wrong


@pytest.mark.usefixtures("quick")
def test_who_is_not_there_is_in_no_wave(study: Path, tmp_path: Path) -> None:
    submit(study, *sender_files(study, tmp_path / "sender"))
    before = contents(study)
    for code in ("nobody", "", "larch", "response_id", "na"):
        assert store.erase(study, code).rows == {}
    assert contents(study) == before


@pytest.mark.usefixtures("quick")
def test_case_counts_where_it_tells_codes_apart(study: Path, tmp_path: Path) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    rows = answers.read_text(encoding="utf-8").splitlines()
    rows[1] = "R_aB" + rows[1][rows[1].index(",") :]
    rows[2] = "R_Ab" + rows[2][rows[2].index(",") :]
    answers.write_text("\n".join(rows) + "\n", encoding="utf-8")
    submit(study, answers, declaration)
    assert store.erase(study, "r_ab").rows == {}
    assert store.erase(study, " R_aB ").rows == {"tiny-2024": 1}
    assert store.erase(study, "r_ab").rows == {"tiny-2024": 1}


@pytest.mark.usefixtures("quick")
def test_the_only_one_in_another_wave_too(study: Path) -> None:
    """Waves from before there were receipts, in more than one of which somebody is."""
    for name in ("tiny-2020", "tiny-2022"):
        with_person(study / "surveys" / "waves" / name / "responses.csv")
    assert store.erase(study, CODE, wave="tiny-2022").rows == {"tiny-2022": 1}
    assert store.erase(study, CODE).rows == {"tiny-2020": 1}
    assert [event.wave for event in store.read_history(study)] == ["tiny-2022", "tiny-2020"]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("kind", ["xlsx", "sav"])
def test_out_of_a_workbook_and_an_spss_file(kind: str, study: Path, tmp_path: Path) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    rows = list(csv.reader(io.StringIO(with_person(answers).read_text(encoding="utf-8"))))
    file = answers.with_suffix(f".{kind}")
    if kind == "xlsx":
        book = Workbook()
        for row in rows:
            book.active.append(row)
        book.save(file)
    else:
        pyreadstat.write_sav(pd.DataFrame(rows[1:], columns=rows[0]), file)
    text = declaration.read_text(encoding="utf-8").replace("responses.csv", f"responses.{kind}")
    declaration.write_text(text, encoding="utf-8")
    submit(study, file, declaration)
    assert store.erase(study, CODE).rows == {"tiny-2024": 1}
    assert traces(study, CODE) == []
    declared = load_study(study)
    ingest.run(declared, wave="tiny-2024")
    assert len(pd.read_parquet(study / "build" / "ingested" / "tiny-2024.parquet")) == len(rows) - 2
    assert not store.verify(study).wrong


@pytest.mark.usefixtures("quick")
def test_a_wave_that_is_not_here_is_fetched_first(study: Path, tmp_path: Path) -> None:
    submit(study, *sender_files(study, tmp_path / "sender"))
    (study / WAVE / "responses.csv").unlink()
    before = contents(study)
    with pytest.raises(RefusedError) as refused:
        store.erase(study, CODE)
    assert refused.value.key == "wave_not_here"
    with pytest.raises(InputError):
        store.erase(study, CODE, wave="nowhere")
    assert contents(study) == before


@pytest.mark.usefixtures("quick")
def test_waves_without_codes_are_named(study: Path) -> None:
    folder = study / "surveys" / "waves" / "tiny-2022" / "responses.csv"
    rows = list(csv.reader(io.StringIO(folder.read_text(encoding="utf-8"))))
    folder.write_text("".join(",".join(row[1:]) + "\n" for row in rows), encoding="utf-8")
    assert store.look_for(study, CODE).without_codes == ("tiny-2022",)


@pytest.mark.usefixtures("quick")
def test_files_of_other_branches_stay_in_the_cache(study: Path, tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@t", *arguments]
        subprocess.run(command, cwd=study, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    other = cached(study, "of a branch")
    pointer = study / "surveys" / "waves" / "branch-1" / "responses.csv.dvc"
    pointer.parent.mkdir()
    pointer.write_bytes(dvc_calls.pointer("responses.csv", md5=other, size=11))
    git("add", "surveys/waves/branch-1")
    git("commit", "-qm", "another branch")
    git("rm", "-rq", "surveys/waves/branch-1")
    git("commit", "-qm", "this one")
    answers, declaration = sender_files(study, tmp_path / "sender")
    submit(study, with_person(answers), declaration)
    gone = cached(study, "of a stage, some time ago")
    store.erase(study, CODE)
    assert dvc_calls.cached_copy(study / ".dvc" / "cache", other).exists()
    assert not dvc_calls.cached_copy(study / ".dvc" / "cache", gone).exists()


@pytest.mark.usefixtures("quick")
def test_cut_off_anywhere_an_erasure_is_finished_or_did_not_happen(study: Path, tmp_path: Path) -> None:
    import shutil

    answers, declaration = sender_files(study, tmp_path / "sender")
    submit(study, with_person(answers), declaration)
    person = run_stages(study, "tiny-2024")
    before = tmp_path / "before"
    shutil.copytree(study, before)
    was = contents(study)
    outcomes = set()
    # some moments: every one of them is tried with a submission, and a change is a change
    for n in (2, 12, 22, 40, 70):
        if not cut_off_at(n, lambda: store.erase(study, CODE)):
            break
        with store.locked(study):
            pass
        erased = CODE not in (study / WAVE / "responses.csv").read_text(encoding="utf-8")
        outcomes.add(erased)
        if not erased:
            assert contents(study) == was
            continue
        assert traces(study, CODE, person) == []
        assert store.read_history(study)[-1].what == "erased"
        shutil.rmtree(study)
        shutil.copytree(before, study)
    assert outcomes == {True, False}
