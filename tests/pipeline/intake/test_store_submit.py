"""Adding a wave is all or nothing, once, by one at a time."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cli_help import Run
from filelock import FileLock
from store_help import HISTORY, checked_submission, contents, folders, sender_files, submit

from pipeline.declare import load_study
from pipeline.intake import dvc_calls, store
from pipeline.intake.messages import RefusedError
from pipeline.intake.source import Received
from pipeline.intake.store import journal
from pipeline.intake.submission import read_submission

WAVE = "surveys/waves/tiny-2024"


@pytest.mark.usefixtures("quick")
def test_a_wave_is_stored_with_all_that_belongs_to_it(study: Path, tmp_path: Path) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    before = contents(study)
    stored = submit(study, answers, declaration)
    after = contents(study)
    data = answers.read_bytes()
    md5 = dvc_calls.md5_of(data)
    new = {
        f"{WAVE}/wave.yaml": declaration.read_bytes(),
        f"{WAVE}/responses.csv": data,
        f".dvc/cache/files/md5/{md5[:2]}/{md5[2:]}": data,
    }
    assert {name: after[name] for name in new} == new
    assert md5.encode() in after[f"{WAVE}/responses.csv.dvc"]
    # the header alone: every column is called as in the questionnaire
    assert after["surveys/crosswalks/tiny-2024.csv"] == before["surveys/crosswalks/tiny-2020.csv"]
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {"params.yaml"}
    in_git = {f"{WAVE}/responses.csv.dvc", f"{WAVE}/receipt.json", "surveys/crosswalks/tiny-2024.csv", HISTORY}
    assert set(after) - set(before) == {*new, *in_git}
    assert {path.as_posix() for path in stored.files} == {*in_git, f"{WAVE}/wave.yaml", "params.yaml"}
    assert list(load_study(study).waves) == ["tiny-2020", "tiny-2022", "tiny-null-2022", "tiny-2024"]


def test_dvc_has_it_as_if_it_had_been_added_by_hand(study: Path, tmp_path: Path) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    submit(study, answers, declaration)
    responses = study / WAVE / "responses.csv"
    ours = contents(study)
    assert "up to date" in dvc_calls.run(study, "status", f"{WAVE}/responses.csv.dvc")
    responses.unlink()
    dvc_calls.run(study, "checkout", f"{WAVE}/responses.csv.dvc")
    assert responses.read_bytes() == answers.read_bytes()
    dvc_calls.run(study, "add", "--quiet", f"{WAVE}/responses.csv")
    assert contents(study) == ours
    md5 = dvc_calls.md5_of(answers.read_bytes())
    copy = dvc_calls.cached_copy(study / ".dvc" / "cache", md5)
    assert copy.stat().st_mode & 0o777 == 0o444


@pytest.mark.usefixtures("quick")
def test_a_declaration_that_was_prepared_in_its_place_is_stored_there(study: Path, tmp_path: Path) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    prepared = study / WAVE / "wave.yaml"
    prepared.parent.mkdir()
    prepared.write_bytes(declaration.read_bytes())
    submit(study, answers, prepared)
    assert "tiny-2024" in load_study(study).waves


@pytest.mark.usefixtures("quick")
def test_the_same_again_changes_nothing(study: Path, tmp_path: Path) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    first = submit(study, answers, declaration)
    before = contents(study)
    submission = read_submission(study, declaration=declaration, crosswalk=None, language="en")
    again = store.already_stored(submission, Received("other name.csv", answers.read_bytes()))
    assert again is not None
    assert again.already
    assert again.receipt == first.receipt
    assert contents(study) == before
    # another file, another declaration: that is not the same
    other = Received("a.csv", answers.read_bytes() + b"\n")
    assert store.already_stored(submission, other) is None
    text = declaration.read_text(encoding="utf-8")
    declaration.write_text(f"{text}notes: later\n", encoding="utf-8")
    later = read_submission(study, declaration=declaration, crosswalk=None, language="en")
    assert store.already_stored(later, Received("a.csv", answers.read_bytes())) is None


@pytest.mark.usefixtures("quick")
def test_who_was_slower_is_told_that_it_is_there(study: Path, tmp_path: Path) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    same = checked_submission(study, answers, declaration)
    other_file, other_declaration = sender_files(study, tmp_path / "other", like="tiny-2022")
    other = checked_submission(study, other_file, other_declaration)
    first = store.submit(*same)
    before = contents(study)
    again = store.submit(*same)
    assert (again.already, again.receipt) == (True, first.receipt)
    with pytest.raises(RefusedError) as refused:
        store.submit(*other)
    assert refused.value.key == "wave_there"
    assert contents(study) == before


@pytest.mark.usefixtures("quick")
def test_bytes_that_another_wave_has_too_stay_in_the_cache(study: Path, tmp_path: Path) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    _, again = sender_files(study, tmp_path / "other", wave="tiny-2025")
    # what two senders send at the same time, so that neither is told of the other
    first, second = checked_submission(study, answers, declaration), checked_submission(study, answers, again)
    store.submit(*first)
    store.submit(*second)
    assert not store.withdraw(study, "tiny-2024").copy_removed
    copy = dvc_calls.cached_copy(study / ".dvc" / "cache", dvc_calls.md5_of(answers.read_bytes()))
    assert copy.exists()
    assert store.withdraw(study, "tiny-2025").copy_removed
    assert not copy.exists()


@pytest.mark.usefixtures("quick")
def test_a_second_submitter_waits_and_is_told(study: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    monkeypatch.setattr(journal, "_SECONDS_TO_WAIT", 0.1)
    before = contents(study)
    with FileLock(dvc_calls.scratch_folder(study) / journal.LOCK), pytest.raises(RefusedError) as refused:
        submit(study, answers, declaration)
    assert refused.value.key == "store_busy"
    assert contents(study) == before


SUBMIT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from store_help import run_like_dvc, submit
from pipeline.intake import dvc_calls
dvc_calls.run = run_like_dvc
submit(*map(Path, sys.argv[2:5]))
"""


def test_two_at_once_are_both_stored_and_never_mixed(study: Path, tmp_path: Path) -> None:
    first = sender_files(study, tmp_path / "sender")
    second = sender_files(study, tmp_path / "other", wave="tiny-2026", like="tiny-2022")
    here = str(Path(__file__).parent)
    running = [
        subprocess.Popen([sys.executable, "-c", SUBMIT, here, str(study), *map(str, files)])
        for files in (first, second)
    ]
    assert [process.wait(60) for process in running] == [0, 0]
    assert {"tiny-2024", "tiny-2026"} <= set(load_study(study).waves)
    for (answers, declaration), wave in ((first, "tiny-2024"), (second, "tiny-2026")):
        folder = study / "surveys" / "waves" / wave
        assert (folder / "responses.csv").read_bytes() == answers.read_bytes()
        assert (folder / "wave.yaml").read_bytes() == declaration.read_bytes()
    assert sorted(event.wave for event in store.read_history(study)) == ["tiny-2024", "tiny-2026"]


def test_outside_dvc_nothing_is_stored(tiny_folder: Path, tmp_path: Path, quick: None) -> None:
    answers, declaration = sender_files(tiny_folder, tmp_path / "sender")
    before = contents(tiny_folder)
    with pytest.raises(RefusedError) as refused:
        submit(tiny_folder, answers, declaration)
    assert refused.value.key == "no_dvc"
    assert contents(tiny_folder) == before


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("place", ["surveys/waves", "surveys/crosswalks", WAVE, "surveys/crosswalks/tiny-2024.csv"])
def test_nothing_is_written_through_a_link(place: str, study: Path, tmp_path: Path) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    elsewhere = tmp_path / "elsewhere"
    if place.endswith(".csv"):
        elsewhere.write_bytes(b"")
    elif (study / place).exists():
        (study / place).rename(elsewhere)
    else:
        elsewhere.mkdir()
    (study / place).symlink_to(elsewhere)
    before = contents(elsewhere) if elsewhere.is_dir() else elsewhere.read_bytes()
    with pytest.raises((RefusedError, AssertionError)) as refused:
        submit(study, answers, declaration)
    assert getattr(refused.value, "key", "place_is_link") == "place_is_link"
    assert (contents(elsewhere) if elsewhere.is_dir() else elsewhere.read_bytes()) == before


def test_git_never_takes_up_what_residents_answered(study: Path, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=study, check=True)
    answers, declaration = sender_files(study, tmp_path / "sender")
    stored = submit(study, answers, declaration)
    told = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=all", WAVE],
        cwd=study, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert {line.split("/")[-1] for line in told.stdout.splitlines()} == {
        ".gitignore", "receipt.json", "responses.csv.dvc", "wave.yaml",
    }  # fmt: skip
    assert Path(WAVE, ".gitignore") in stored.files


@pytest.mark.usefixtures("quick")
def test_what_git_ignores_already_is_left_to_it(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q"], cwd=study, check=True)
    (study / ".gitignore").write_text("surveys/waves/*/responses.*\n!surveys/waves/*/responses.*.dvc\n")
    answers, declaration = sender_files(study, tmp_path / "sender")
    monkeypatch.chdir(study)
    assert Path(WAVE, ".gitignore") not in submit(Path(), answers, declaration).files


@pytest.mark.usefixtures("quick")
def test_the_receipt_says_who_what_and_how_much_and_nothing_of_a_resident(study: Path, tmp_path: Path) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    receipt = submit(study, answers, declaration, by="  Wijkteam \n Noord ").receipt
    assert receipt == store.read_receipt(study, "tiny-2024")
    assert (receipt.by, receipt.corporation, receipt.wave) == ("Wijkteam Noord", "Nobody (made up)", "tiny-2024")
    rows = answers.read_text(encoding="utf-8").splitlines()
    assert (receipt.rows, receipt.columns) == (len(rows) - 1, len(rows[0].split(",")))
    assert receipt.received is not None
    assert receipt.received.sha256 == receipt.stored.sha256 == Received("", answers.read_bytes()).sha256
    text = (study / WAVE / "receipt.json").read_text(encoding="utf-8")
    ids = [row.split(",")[0] for row in rows[1:]]
    assert not [name for name in ids if f'"{name}"' in text]
    assert set(json.loads(text)) == set(store.Receipt.model_fields)
    (event,) = store.read_history(study, corporation="Nobody (made up)")
    assert (event.what, event.receipt, event.rows, event.by) == ("submitted", receipt.number, len(ids), receipt.by)
    assert store.read_history(study, corporation="Somebody") == []
    assert store.waves_of(study, "Nobody (made up)")[-1] == "tiny-2024"


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("by", ["x" * 121, "a\u202eb", "a\x00b"])
def test_who_submits_has_a_name(by: str, study: Path, tmp_path: Path) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    before = contents(study), folders(study)
    with pytest.raises(RefusedError) as refused:
        submit(study, answers, declaration, by=by)
    assert refused.value.key == "by_not_a_name"
    assert (contents(study), folders(study)) == before


@pytest.mark.usefixtures("quick")
def test_every_number_is_another(study: Path, tmp_path: Path) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    numbers = set()
    for _ in range(3):
        numbers.add(submit(study, answers, declaration).receipt.number)
        store.withdraw(study, "tiny-2024")
    assert len(numbers) == 3
    assert all(len(number) == 9 and number[4] == "-" for number in numbers)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("language", "said"), [("nl", "de schijf is vol"), ("en", "the disk is full")])
def test_a_full_disk_is_said_and_nothing_is_changed(
    run: Run, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    before = contents(study), folders(study)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(journal, "_write_through", full)
    told = run("submit", answers, "--declaration", declaration, "--study", study, "--language", language)
    assert told.code == 1
    assert said in told.err
    assert (contents(study), folders(study)) == before
