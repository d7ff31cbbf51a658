"""What is wrong with a store is found, whichever part of it it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from store_help import HISTORY, contents, sender_files, submit

from pipeline.intake import dvc_calls, store
from pipeline.intake.store import journal
from pipeline.intake.words import LANGUAGES, catalogue

WAVE = Path("surveys/waves/tiny-2024")


def _append(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"\n#x\n")


def _copy(study: Path) -> Path:
    md5 = dvc_calls.tracked_md5(study / WAVE / "responses.csv.dvc")[0]
    return dvc_calls.cached_copy(study / ".dvc" / "cache", md5)


def _link(study: Path) -> None:
    path = study / WAVE / "receipt.json"
    path.rename(study / "elsewhere.json")
    path.symlink_to(study / "elsewhere.json")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "changed": lambda study: _append(study / WAVE / "responses.csv"),
    "changed ": lambda study: _append(study / WAVE / "wave.yaml"),
    "changed  ": lambda study: _append(study / "surveys" / "crosswalks" / "tiny-2024.csv"),
    "copy_damaged": lambda study: _append(_copy(study)),
    "not_pulled": lambda study: (study / WAVE / "responses.csv").unlink(),
    "not_in_dvc": lambda study: (study / WAVE / "responses.csv.dvc").unlink(),
    "dvc_has_another": lambda study: (study / WAVE / "responses.csv.dvc").write_bytes(
        dvc_calls.pointer("responses.csv", md5="0" * 32, size=1)
    ),
    "no_declaration": lambda study: (study / WAVE / "wave.yaml").unlink(),
    "receipt_damaged": lambda study: (study / WAVE / "receipt.json").write_text("{}"),
    "not_in_history": lambda study: (study / HISTORY).unlink(),
    "history_damaged": lambda study: _append(study / HISTORY),
    "undeclared": lambda study: (study / "surveys" / "waves" / "forgotten").mkdir(),
    "half_done": lambda study: (study / ".dvc" / "tmp" / journal.STAGING).mkdir(),
    "is_link": _link,
    "writable": lambda study: (study / WAVE / "responses.csv").chmod(0o666),
    "lost": lambda study: (study / "surveys" / "waves" / "tiny-2020" / "responses.csv").unlink(),
}


@pytest.mark.usefixtures("quick")
def test_each_damage_is_found_and_nothing_is_changed(study: Path, tmp_path: Path) -> None:
    submit(study, *sender_files(study, tmp_path / "sender"))
    sound = store.verify(study)
    assert not sound.wrong
    assert {(f.code, f.wave) for f in sound.findings} == {
        ("no_receipt", name) for name in ("tiny-2020", "tiny-2022", "tiny-null-2022")
    }
    import shutil

    for code, damage in DAMAGES.items():
        damaged = tmp_path / "damaged"
        shutil.copytree(study, damaged, symlinks=True)
        damage(damaged)
        before = contents(damaged)
        found = [finding.code for finding in store.verify(damaged).wrong]
        assert code.strip() in found, (code, found)
        assert contents(damaged) == before
        shutil.rmtree(damaged)


@pytest.mark.usefixtures("quick")
def test_a_simulated_wave_needs_no_receipt(study: Path) -> None:
    params = study / "params.yaml"
    text = params.read_text(encoding="utf-8")
    params.write_text(f"{text}\nsimulate:\n  waves:\n    tiny-2020: {{responses: responses.csv}}\n", encoding="utf-8")
    (study / "surveys" / "waves" / "tiny-2020" / "responses.csv").unlink()
    found = store.verify(study)
    assert not found.wrong
    assert ("simulated", "tiny-2020") in {(f.code, f.wave) for f in found.findings}


def test_every_finding_can_be_said() -> None:
    source = Path(store.__file__).with_name("verify.py").read_text(encoding="utf-8")
    for language in LANGUAGES:
        texts = catalogue()["commands"][language]["verify"]
        assert all(f'"{code}"' in source for code in texts)
        assert {code.strip() for code in DAMAGES} <= set(texts)


@pytest.mark.usefixtures("quick")
def test_a_line_that_is_no_event_hides_no_other(study: Path, tmp_path: Path) -> None:
    submit(study, *sender_files(study, tmp_path / "sender"))
    path = study / HISTORY
    path.write_bytes(b"nonsense\n" + path.read_bytes())
    assert [event.what for event in store.read_history(study)] == ["submitted"]
    store.withdraw(study, "tiny-2024")
    lines = path.read_bytes().splitlines()
    assert lines[0] == b"nonsense"
    assert [json.loads(line)["what"] for line in lines[1:]] == ["submitted", "withdrawn"]
