"""Withdrawing a wave leaves nobody of it behind."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from store_help import HISTORY, contents, folders, sender_files, submit

from pipeline.declare import load_study
from pipeline.intake import dvc_calls, store
from pipeline.intake.messages import RefusedError


@pytest.mark.usefixtures("quick")
def test_withdrawing_takes_away_everything_of_the_wave(study: Path, tmp_path: Path) -> None:
    answers, declaration = sender_files(study, tmp_path / "sender")
    before = contents(study), folders(study)
    submit(study, answers, declaration)
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
    left = contents(study)
    events = [json.loads(line) for line in left.pop(HISTORY).splitlines()]
    assert left == before[0] | dict.fromkeys(others, b"persons")
    assert [(event["what"], event["wave"]) for event in events] == [
        ("submitted", "tiny-2024"),
        ("withdrawn", "tiny-2024"),
    ]
    assert events[0]["receipt"] == events[1]["receipt"] == done.receipt


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
    assert done.receipt == ""
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


@pytest.mark.usefixtures("quick")
def test_nothing_is_withdrawn_while_dvc_runs_stages(study: Path) -> None:
    held = {"write": {"build/pool": {"pid": os.getpid(), "cmd": "dvc repro"}}, "read": {}}
    scratch = dvc_calls.scratch_folder(study)
    (scratch / "rwlock").write_text(json.dumps(held), encoding="utf-8")
    with pytest.raises(RefusedError) as refused:
        store.withdraw(study, "tiny-2020")
    assert refused.value.key == "dvc_busy"
    # who held it is no more
    held["write"]["build/pool"]["pid"] = 2**22 + 1
    (scratch / "rwlock").write_text(json.dumps(held), encoding="utf-8")
    store.withdraw(study, "tiny-2020")


@pytest.mark.usefixtures("quick")
def test_what_a_link_leads_to_is_not_withdrawn(study: Path, tmp_path: Path) -> None:
    folder, elsewhere = study / "surveys" / "waves" / "tiny-2020", tmp_path / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    with pytest.raises(RefusedError) as refused:
        store.withdraw(study, "tiny-2020")
    assert refused.value.key == "place_is_link"
    assert (elsewhere / "wave.yaml").exists()


@pytest.mark.usefixtures("quick")
def test_a_name_in_params_that_leads_elsewhere_is_no_wave(study: Path) -> None:
    params = study / "params.yaml"
    text = params.read_text(encoding="utf-8").replace("  tiny-2020:", "  ../../analysis:")
    params.write_text(text, encoding="utf-8")
    with pytest.raises(RefusedError):
        store.withdraw(study, "../../analysis")
    assert (study / "analysis").is_dir()
