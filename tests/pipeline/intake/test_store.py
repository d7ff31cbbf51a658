"""Adding a wave is all or nothing; withdrawing one leaves nobody behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from store_help import contents, folders, run_like_dvc, sender_files, track_like_dvc

from pipeline.declare import load_study
from pipeline.declare.problems import DeclarationError
from pipeline.intake import dvc_calls, store
from pipeline.intake.checks.of_submission import check_submission
from pipeline.intake.messages import RefusedError
from pipeline.intake.submission import read_submission


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No DVC program: its files are written as it writes them."""
    monkeypatch.setattr(dvc_calls, "run", run_like_dvc)


def submit(study: Path, answers: Path, declaration: Path, **options: Any) -> list[Path]:
    submission = read_submission(study, declaration=declaration, crosswalk=None, language="en")
    assert submission.declared == ()
    checked = check_submission(submission, answers, declaration=declaration)
    assert checked.problems == ()
    assert checked.received is not None
    return store.submit(submission, checked.received, declaration=declaration.read_bytes(), **options)


def test_a_wave_is_stored_with_all_that_belongs_to_it(study: Path, tmp_path: Path) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    before = contents(study)
    written = submit(study, answers, declaration)
    after = contents(study)
    data = answers.read_bytes()
    md5 = dvc_calls.md5_of(data)
    new = {
        "surveys/waves/tiny-2024/wave.yaml": declaration.read_bytes(),
        "surveys/waves/tiny-2024/responses.csv": data,
        f".dvc/cache/files/md5/{md5[:2]}/{md5[2:]}": data,
    }
    assert {name: after[name] for name in new} == new
    assert md5.encode() in after["surveys/waves/tiny-2024/responses.csv.dvc"]
    # the header alone: every column is called as in the questionnaire
    assert after["surveys/crosswalks/tiny-2024.csv"] == before["surveys/crosswalks/tiny-2020.csv"]
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {"params.yaml"}
    assert set(after) - set(before) == {
        *new, "surveys/waves/tiny-2024/responses.csv.dvc", "surveys/crosswalks/tiny-2024.csv",
    }  # fmt: skip
    assert {path.as_posix() for path in written} >= {"params.yaml", "surveys/crosswalks/tiny-2024.csv"}
    assert list(load_study(study).waves) == ["tiny-2020", "tiny-2022", "tiny-null-2022", "tiny-2024"]


class BrokenOffError(Exception):
    """What a test breaks off with."""


def _fail(*_: Any, **__: Any) -> None:
    raise BrokenOffError


def _fail_on_call(n: int, real: Callable[..., Any]) -> Callable[..., Any]:
    calls = [0]

    def call(*arguments: Any, **options: Any) -> Any:
        calls[0] += 1
        if calls[0] == n:
            raise BrokenOffError
        return real(*arguments, **options)

    return call


def _track_then_fail(root: Path, path: Path) -> None:
    track_like_dvc(root, path)
    raise KeyboardInterrupt


def _write_params_then_nothing(root: Path, text: str) -> None:
    raise OSError(28, "No space left on device")


BREAKS: dict[str, Callable[[pytest.MonkeyPatch], dict[str, Any]]] = {
    "wave.yaml": lambda m: m.setattr(store, "_write_bytes", _fail_on_call(1, store._write_bytes)) or {},
    "responses": lambda m: m.setattr(store, "_write_bytes", _fail_on_call(2, store._write_bytes)) or {},
    "crosswalk": lambda m: m.setattr(store, "crosswalk_text", _fail) or {},
    "dvc": lambda _: {"track": _fail},
    "after dvc": lambda _: {"track": _track_then_fail},
    "params text": lambda m: m.setattr(store, "with_wave", _fail) or {},
    "params file": lambda m: m.setattr(store, "write_params", _write_params_then_nothing) or {},
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("step", BREAKS)
def test_a_failure_at_any_step_leaves_everything_as_it_was(
    step: str, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    before = contents(study), folders(study)
    options = BREAKS[step](monkeypatch)
    with pytest.raises((BrokenOffError, KeyboardInterrupt, OSError)):
        submit(study, answers, declaration, **({"track": track_like_dvc} | options))
    assert (contents(study), folders(study)) == before
    # and the next attempt succeeds
    monkeypatch.undo()
    monkeypatch.setattr(dvc_calls, "run", run_like_dvc)
    submit(study, answers, declaration, track=track_like_dvc)
    assert "tiny-2024" in load_study(study).waves


@pytest.mark.usefixtures("quick")
def test_a_failure_keeps_a_declaration_that_was_prepared_in_its_place(study: Path, tmp_path: Path) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    prepared = study / "surveys" / "waves" / "tiny-2024" / "wave.yaml"
    prepared.parent.mkdir()
    prepared.write_bytes(declaration.read_bytes())
    before = contents(study)
    with pytest.raises(BrokenOffError):
        submit(study, answers, prepared, track=_fail)
    assert contents(study) == before
    submit(study, answers, prepared, track=track_like_dvc)
    assert "tiny-2024" in load_study(study).waves


@pytest.mark.usefixtures("quick")
def test_bytes_that_another_wave_has_too_stay_in_the_cache(study: Path, tmp_path: Path) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    submit(study, answers, declaration, track=track_like_dvc)
    _, again = sender_files(study, tmp_path / "other", wave="tiny-2025")
    before = contents(study)
    with pytest.raises(KeyboardInterrupt):
        submit(study, answers, again, track=_track_then_fail)
    assert contents(study) == before
    submit(study, answers, again, track=track_like_dvc)
    assert not store.withdraw(study, "tiny-2024").copy_removed
    copy = dvc_calls.cached_copy(study / ".dvc" / "cache", dvc_calls.md5_of(answers.read_bytes()))
    assert copy.exists()
    assert store.withdraw(study, "tiny-2025").copy_removed
    assert not copy.exists()


KILL = """
import os, sys
from pathlib import Path
from pipeline.intake import dvc_calls, store
from pipeline.intake.checks.of_submission import check_submission
from pipeline.intake.submission import read_submission
study, answers, declaration, moment = *map(Path, sys.argv[1:4]), sys.argv[4]
die = lambda *_: os._exit(137)
def track(root, path):
    if moment == "before dvc":
        die()
    dvc_calls.track(root, path)
    if moment == "after dvc":
        die()
write_params = store.write_params
def write_then_die(root, text):
    write_params(root, text)
    die()
if moment == "after params":
    store.write_params = write_then_die
submission = read_submission(study, declaration=declaration, crosswalk=None, language="en")
received = check_submission(submission, answers, declaration=declaration).received
store.submit(submission, received, declaration=declaration.read_bytes(), track=track)
"""


@pytest.mark.parametrize("moment", ["before dvc", "after dvc", "after params"])
def test_what_a_killed_submission_left_is_undone_or_kept_by_the_next_command(
    moment: str, study: Path, tmp_path: Path
) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    before = contents(study), folders(study)
    arguments = [sys.executable, "-c", KILL, str(study), str(answers), str(declaration), moment]
    assert subprocess.run(arguments, check=False).returncode == 137
    assert (contents(study), folders(study)) != before
    with store.locked(study):
        pass
    if moment == "after params":
        assert "tiny-2024" in load_study(study).waves
    else:
        assert (contents(study), folders(study)) == before
    assert not (study / ".dvc" / "tmp" / "submitting.json").exists()


@pytest.mark.usefixtures("quick")
def test_a_second_submitter_waits_and_is_told(study: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    monkeypatch.setattr(store, "_SECONDS_TO_WAIT", 0.1)
    before = contents(study)
    with FileLock(dvc_calls.scratch_folder(study) / "waves.lock"), pytest.raises(RefusedError) as refused:
        submit(study, answers, declaration)
    assert refused.value.key == "store_busy"
    assert contents(study) == before


def test_outside_dvc_nothing_is_stored(tiny_folder: Path, tmp_path: Path) -> None:
    answers, declaration = sender_files(tiny_folder, tmp_path / "sender")
    before = contents(tiny_folder)
    with pytest.raises(RefusedError) as refused:
        submit(tiny_folder, answers, declaration)
    assert refused.value.key == "no_dvc"
    assert contents(tiny_folder) == before


# --- the declaration


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


# --- withdrawing


@pytest.mark.usefixtures("quick")
def test_withdrawing_takes_away_everything_of_the_wave(study: Path, tmp_path: Path) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    before = contents(study), folders(study)
    submit(study, answers, declaration, track=track_like_dvc)
    made = [
        "build/ingested/tiny-2024.parquet", "build/ingested/tiny-2024.problems.json", "build/clean/tiny-2024.parquet",
        "build/clean/tiny-2024.flow.csv", "build/pool/tiny.parquet", "build/measure/tiny/persons.parquet",
    ]  # fmt: skip
    others = ["build/ingested/tiny-2020.parquet", "build/measure/tiny/reliability.csv", "build/pool/tiny-null.parquet"]
    for name in (*made, *others):
        (study / name).parent.mkdir(parents=True, exist_ok=True)
        (study / name).write_bytes(b"persons")
    done = store.withdraw(study, "tiny-2024")
    assert (done.copy_removed, done.pool, done.remotes) == (True, None, False)
    assert {path.as_posix() for path in done.removed} == {
        "surveys/waves/tiny-2024", "surveys/crosswalks/tiny-2024.csv", *made,
    }  # fmt: skip
    assert contents(study) == before[0] | dict.fromkeys(others, b"persons")


@pytest.mark.usefixtures("quick")
def test_the_last_wave_of_a_pool_takes_the_pool_and_all_made_of_it(study: Path) -> None:
    for name in ("build/measure/tiny-null/persons.parquet", "build/judge/tiny-null/verdicts.csv",
                 "build/published/tiny-null/about.json", "reports/metrics/tiny-null.json",
                 "build/judge/tiny/verdicts.csv"):  # fmt: skip
        (study / name).parent.mkdir(parents=True, exist_ok=True)
        (study / name).write_text("x")
    done = store.withdraw(study, "tiny-null-2022")
    assert done.pool == "tiny-null"
    left = contents(study)
    assert not [name for name in left if "tiny-null" in name]
    assert "build/judge/tiny/verdicts.csv" in left
    assert load_study(study).params.pools == ["tiny"]


LOCK = """\
schema: '2.0'
stages:
  ingest@tiny-null-2022:
    cmd: python -m pipeline.stages.ingest --wave tiny-null-2022
    deps:
    - path: surveys/waves/tiny-null-2022/wave.yaml
      md5: 0123
  ingest@tiny-2022:
    cmd: python -m pipeline.stages.ingest --wave tiny-2022
  structure@tiny-null-tiny:
    cmd: python -m pipeline.stages.structure --pool tiny-null --model tiny
  measure@tiny-null:
    cmd: python -m pipeline.stages.measure --pool tiny-null
  structure@tiny-tiny:
    cmd: python -m pipeline.stages.structure --pool tiny --model tiny
  pool:
    cmd: python -m pipeline.stages.pool
"""


@pytest.mark.usefixtures("quick")
def test_dvc_forgets_the_stages_that_are_gone(study: Path) -> None:
    shipped = Path(__file__).resolve().parents[3] / "dvc.yaml"
    (study / "dvc.yaml").write_bytes(shipped.read_bytes())
    (study / "dvc.lock").write_text(LOCK, encoding="utf-8")
    store.withdraw(study, "tiny-null-2022")
    left = (study / "dvc.lock").read_text(encoding="utf-8")
    assert "tiny-null" not in left
    assert left.splitlines()[:4] == [
        "schema: '2.0'", "stages:", "  ingest@tiny-2022:",
        "    cmd: python -m pipeline.stages.ingest --wave tiny-2022",
    ]  # fmt: skip
    assert left.count("cmd:") == 3


@pytest.mark.usefixtures("quick")
def test_a_withdrawal_that_was_cut_off_is_finished_by_doing_it_again(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    before = contents(study)
    submit(study, answers, declaration, track=track_like_dvc)
    monkeypatch.setattr(store, "_remove_copies", _fail)
    with pytest.raises(BrokenOffError):
        store.withdraw(study, "tiny-2024")
    assert "tiny-2024" not in load_study(study).waves
    monkeypatch.undo()
    monkeypatch.setattr(dvc_calls, "run", run_like_dvc)
    store.withdraw(study, "tiny-2024")
    assert contents(study) == before


@pytest.mark.usefixtures("quick")
def test_withdrawing_works_in_a_study_with_mistakes_in_it(study: Path) -> None:
    (study / "surveys" / "study.yaml").write_text("name: [", encoding="utf-8")
    (study / "surveys" / "waves" / "tiny-2022" / "wave.yaml").write_text("wave: [", encoding="utf-8")
    # the wave that cannot be read may be in the same pool, so the pool stays
    assert store.withdraw(study, "tiny-2020").pool is None
    assert store.withdraw(study, "tiny-2022").pool is None
    assert not (study / "surveys" / "waves" / "tiny-2022").exists()


@pytest.mark.usefixtures("quick")
def test_a_wave_that_is_not_there_cannot_be_withdrawn(study: Path) -> None:
    before = contents(study)
    for name in ("tiny-1999", "../waves/tiny-2020", ""):
        with pytest.raises(RefusedError) as refused:
            store.withdraw(study, name)
        assert refused.value.key == "wave_unknown"
    assert contents(study) == before


def test_a_remote_is_mentioned(study: Path, tmp_path: Path) -> None:
    dvc_calls.run(study, "remote", "add", "-d", "far", str(tmp_path / "remote"))
    assert store.withdraw(study, "tiny-2020").remotes
