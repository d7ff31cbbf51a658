"""The stage stress on the tiny study: nothing is left out, and how the work is done changes nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.multiverse.specification import AXES
from pipeline.artefacts import read_persons, read_table, table_path
from pipeline.declare import Study, load_study
from pipeline.errors import InputError
from pipeline.stages import stress
from pipeline.stages._stress.inputs import content_of, inputs_of
from pipeline.stages._stress.tables import TABLES
from pipeline.work import WorkError, run

REPOSITORY = Path(__file__).resolve().parents[3]
CLAIMS = ["T1", "T2", "T3"]


@pytest.fixture(scope="module")
def stressed(measured_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The measured tiny study after the stage; not to be changed."""
    study = load_study(Path(shutil.copytree(measured_folder, tmp_path_factory.mktemp("stressed") / "tiny_study")))
    stress.run(study, pool="tiny", workers=1)
    return study


def written(study: Study) -> dict[str, bytes]:
    """The bytes of the tables."""
    return {name: table_path(study.root, name, pool="tiny").read_bytes() for name in TABLES}


def test_every_claim_has_all_its_specifications(stressed: Study) -> None:
    assert stressed.params.stress is not None
    specifications = read_table(stressed.root, "specifications", pool="tiny")
    assert list(dict.fromkeys(specifications["claim"])) == CLAIMS
    by_claim = specifications.groupby("claim")
    assert by_claim.size().tolist() == [stressed.params.stress.specifications] * 3
    assert by_claim["specification"].nunique().tolist() == by_claim.size().tolist()
    assert by_claim["main"].first().tolist() == ["true"] * 3
    assert (specifications["main"] == "true").sum() == 3
    ok = specifications["status"] == "ok"
    assert specifications.loc[ok, ["estimate", "se", "ci_lower", "ci_upper", "pvalue"]].notna().all(axis=None)
    assert specifications.loc[~ok, ["estimate", "se", "pvalue"]].isna().all(axis=None)
    assert (specifications.loc[~ok, "reason"] != "").all()


def test_the_curve_counts_what_the_specifications_say(stressed: Study) -> None:
    specifications = read_table(stressed.root, "specifications", pool="tiny")
    curves = read_table(stressed.root, "specification_curves", pool="tiny").set_index("claim")
    assert curves.index.tolist() == CLAIMS
    for claim, own in specifications.groupby("claim"):
        curve = curves.loc[claim]
        assert (curve["n_run"], curve["n_ok"]) == (len(own), (own["status"] == "ok").sum())
        assert curve["n_ok"] + curve["n_inadmissible"] + curve["n_failed"] == curve["n_run"] <= curve["n_cross"]
        assert curve["median"] == pytest.approx(own["estimate"].median())
        assert curve["share_claimed"] == (own["estimate"].dropna() > 0).mean()
    assert curves["scheme"].tolist() == ["signs", "permutation", "signs"]
    # four projects in the centre of eight: 70 ways; eight projects have 256 signs, of which 100 are drawn
    assert curves["n_draws"].tolist() == [100, 70, 100]
    assert curves["exact"].tolist() == ["no", "yes", "no"]
    assert (curves["pvalue_median"] >= curves["minimum_pvalue"]).all()


def test_what_was_simulated_is_found_whatever_is_chosen(stressed: Study) -> None:
    curves = read_table(stressed.root, "specification_curves", pool="tiny").set_index("claim")
    assert (curves["share_claimed"] == 1.0).all()
    assert (curves["pvalue_median"] < 0.05).all()


def test_every_choice_made_is_summed_up(stressed: Study) -> None:
    specifications = read_table(stressed.root, "specifications", pool="tiny")
    choices = read_table(stressed.root, "specification_choices", pool="tiny")
    made = {
        (row["claim"], axis, row[axis])
        for row in specifications.to_dict("records")
        for axis in AXES
        if row[axis] != "-"
    }
    assert set(zip(choices["claim"], choices["axis"], choices["choice"], strict=True)) == made
    per_axis = choices.groupby(["claim", "axis"])["n"].sum()
    assert (per_axis == 16).all()
    assert choices["explained"].dropna().between(0, 1).all()


def test_without_declared_choices_the_tables_are_empty(measured: Study) -> None:
    params = measured.root / "params.yaml"
    text = params.read_text()
    params.write_text(text[: text.index("stress:")] + text[text.index("judge:") :])
    stress.run(load_study(measured.root), pool="tiny")
    assert all(read_table(measured.root, name, pool="tiny").empty for name in TABLES)


def test_before_measure_it_says_what_to_run(measured: Study) -> None:
    shutil.rmtree(measured.root / "build" / "measure")
    with pytest.raises(InputError, match="first run `dvc repro measure@tiny`"):
        stress.run(measured, pool="tiny")


def test_what_is_not_in_the_data_is_told_all_at_once(measured: Study) -> None:
    params = measured.root / "params.yaml"
    wrong = "adjusted_for: [years, shoe_size]\n  alternatives: {other: {SAT: NONE}}"
    params.write_text(params.read_text().replace("adjusted_for: [years]", wrong))
    with pytest.raises(InputError, match=r"shoe_size in these data\n.*alternatives.other: .* no construct NONE$"):
        stress.run(load_study(measured.root), pool="tiny")


def test_the_digest_follows_answers_and_declarations(measured: Study) -> None:
    params = measured.params.stress
    assert params is not None
    inputs = inputs_of(measured, "tiny", params)
    assert content_of(inputs) == content_of(inputs_of(measured, "tiny", params))
    other = inputs_of(measured, "tiny", params.model_copy(update={"seed": 2}))
    assert content_of(inputs) != content_of(other)
    inputs.persons.loc[0, "sat1"] = 6 - inputs.persons.loc[0, "sat1"]
    assert content_of(inputs) != content_of(inputs_of(measured, "tiny", params))


def test_two_workers_write_the_same_bytes(stressed: Study, measured: Study) -> None:
    stress.run(measured, pool="tiny", workers=2)
    assert written(measured) == written(stressed)


def test_a_cluster_writes_the_same_bytes(stressed: Study, measured: Study) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        stress.run(measured, pool="tiny", scheduler=cluster.scheduler_address)
    assert written(measured) == written(stressed)


def test_what_is_kept_holds_projects_and_no_person(measured: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stress, "finished", lambda *_: None)
    stress.run(measured, pool="tiny", workers=1)
    kept = [path.read_text() for path in (measured.root / "build" / "work" / "stress-tiny").glob("*/*.json")]
    assert len(kept) > 3
    respondents = read_persons(measured.root, "persons", pool="tiny")["respondent"]
    assert not any(respondent in text for text in kept for respondent in respondents)


def test_killed_midway_it_goes_on_and_writes_the_same_bytes(
    stressed: Study, measured: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = measured.root / "build" / "work" / "stress-tiny"
    arguments = ["--study", str(measured.root), "--pool", "tiny", "--workers", "2"]
    first = subprocess.Popen(
        [sys.executable, "-m", "pipeline.stages.stress", *arguments],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    until = time.monotonic() + 120
    while len(list(work.glob("*/*.json"))) < 3:
        assert first.poll() is None, "the stage ended before it was killed"
        assert time.monotonic() < until, "nothing was finished within two minutes"
        time.sleep(0.005)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait(timeout=60)
    assert not table_path(measured.root, "specifications", pool="tiny").exists()
    kept = {int(path.stem) for path in work.glob("*/*.json")}
    done: list[int] = []
    do = run._as_json

    def counted(function: Any, takes_shared: bool, shared: Any, task: tuple[int, Any]) -> tuple[int, str]:
        done.append(task[0])
        return do(function, takes_shared, shared, task)

    monkeypatch.setattr(run, "_as_json", counted)
    stress.run(measured, pool="tiny", workers=1)
    assert len(kept) >= 3
    assert kept.isdisjoint(done)
    assert sorted(kept | set(done)) == list(range(len(kept) + len(done)))
    assert written(measured) == written(stressed)
    assert not work.exists()


def test_an_unreachable_cluster_ends_with_a_message(measured: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.work.backends.CONNECT_SECONDS", 1)
    with pytest.raises(WorkError, match="no Dask scheduler answers"):
        stress.run(measured, pool="tiny", scheduler="tcp://127.0.0.1:9")
    assert not table_path(measured.root, "specifications", pool="tiny").exists()


def test_the_tables_have_no_rows_of_other_claims(measured: Study) -> None:
    params = measured.params.stress
    assert params is not None
    inputs = inputs_of(measured, "tiny", params, claims=["T2"])
    assert [claim.id for claim in inputs.claims] == ["T2"]
    with pytest.raises(InputError, match=r"no claim T9 in analysis/claims\.yaml; there are T1, T2, T3"):
        inputs_of(measured, "tiny", params, claims=["T2", "T9"])


def test_claims_apart_are_what_they_are_together(stressed: Study, measured: Study) -> None:
    from pipeline.stages._stress.tables import tables_of
    from pipeline.stages._stress.work import stressed as work

    params = measured.params.stress
    assert params is not None
    inputs = inputs_of(measured, "tiny", params, claims=["T2"])
    results = work(inputs, specifications=params.specifications, workers=1, label="apart")
    alone = tables_of(inputs, results)["specifications"]["estimate"].astype(float)
    together = read_table(stressed.root, "specifications", pool="tiny")
    expected = together.loc[together["claim"] == "T2", "estimate"]
    assert alone.tolist() == pytest.approx(expected.tolist(), rel=1e-9, nan_ok=True)
    assert isinstance(expected, pd.Series)
