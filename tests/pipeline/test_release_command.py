"""``magical-housing release``: keeps what is published, whole or not at all, and the gate reads it back."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from cli_help import Run

from pipeline.declare import load_study
from pipeline.errors import InputError
from pipeline.published import MARK, read_about, read_published
from pipeline.releases import read_released, read_releases
from pipeline.seal import write_seal
from pipeline.stages import disclose

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def made_up() -> ModuleType:
    spec = importlib.util.spec_from_file_location("made_up_tables", TESTS / "pipeline" / "present" / "conftest.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def published(made_up: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny study with both pools published; not to be changed."""
    folder = Path(shutil.copytree(TESTS / "fixtures" / "tiny_study", tmp_path_factory.mktemp("release") / "study"))
    study = load_study(folder)
    for pool in study.params.pools:
        tables = made_up.made_up_tables()
        waves = [wave.wave for wave in study.waves_of(pool)]
        tables["waves"] = tables["waves"].iloc[: len(waves)].assign(wave=waves)
        tables["waves"]["sha256"] = [_checksum(study.responses_path(wave)) for wave in waves]
        made_up.publish(study, tables, pool)
    return folder


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def study(published: Path, tmp_path: Path) -> Path:
    """A copy of it, free to change."""
    return Path(shutil.copytree(published, tmp_path / "study"))


def test_a_release_is_the_bundle_as_it_is(run: Run, study: Path) -> None:
    said = run("release", "2022-1", "--study", study)
    assert (said.code, said.err) == (0, "")
    assert "reports/releases/2022-1" in said.out
    kept = study / "reports" / "releases" / "2022-1"
    for pool in ("tiny", "tiny-null"):
        bundle = study / "build" / "published" / pool
        assert {p.name: p.read_bytes() for p in bundle.iterdir()} == {
            p.name: p.read_bytes() for p in (kept / pool).iterdir()
        }
    about = json.loads((kept / "release.json").read_text(encoding="utf-8"))
    assert (about["number"], about["pools"]["tiny"]["minimum_group"]) == (1, 10)
    assert run("release", "2022-2", "--study", study, "--language", "en", "--json").code == 0
    listed = run("release", "--list", "--study", study, "--language", "en")
    assert "2 reports kept:" in listed.out
    assert listed.out.index("1. 2022-1") < listed.out.index("2. 2022-2")
    assert json.loads(run("release", "--list", "--study", study, "--json").out)["releases"][1]["number"] == 2


def test_a_name_is_taken_once(run: Run, study: Path) -> None:
    assert run("release", "r", "--study", study).code == 0
    said = run("release", "r", "--study", study, "--language", "en")
    assert said.code == 1
    assert "There is a report r already" in said.err


@pytest.mark.parametrize("name", ["../r", "R 1", "", ".r", "a" * 41, "r/"])
def test_a_name_that_is_no_folder_name_is_refused(run: Run, study: Path, name: str) -> None:
    said = run("release", name, "--study", study)
    assert said.code == 1
    assert "kan geen naam van een rapport zijn" in said.err
    assert [path.name for path in (study / "reports" / "releases").iterdir()] == ["README.md"]


def test_wrong_usage(run: Run, study: Path) -> None:
    assert run("release", "--study", study).code == 2
    assert run("release", "r", "--list", "--study", study).code == 2


def test_figures_that_were_changed_by_hand_are_not_kept(run: Run, study: Path) -> None:
    path = study / "build" / "published" / "tiny" / "verdicts.csv"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    said = run("release", "r", "--study", study, "--language", "en")
    assert said.code == 1
    assert "not as they left the disclosure gate" in said.err
    assert not (study / "reports" / "releases" / "r").exists()


def test_figures_of_other_answers_are_not_kept(run: Run, study: Path) -> None:
    path = load_study(study).responses_path("tiny-2020")
    path.write_bytes(path.read_bytes() + b"\n")
    assert "zijn van andere golven" in run("release", "r", "--study", study).err


def test_nothing_published_is_said(run: Run, study: Path) -> None:
    shutil.rmtree(study / "build" / "published" / "tiny-null")
    said = run("release", "r", "--study", study, "--language", "en")
    assert (said.code, "The figures of tiny-null are not published yet" in said.err) == (1, True)
    assert [path.name for path in (study / "reports" / "releases").iterdir()] == ["README.md"]


def test_looser_limits_are_kept_on_purpose_alone(run: Run, study: Path) -> None:
    folder = study / "build" / "published" / "tiny"
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    (folder / "about.json").write_text(json.dumps(about | {"looser_on_purpose": True}), encoding="utf-8")
    write_seal(folder)
    assert run("release", "r", "--study", study).code == 1
    assert run("release", "r", "--looser", "--study", study).code == 0


def test_without_a_release_the_list_says_how(run: Run, study: Path) -> None:
    said = run("release", "--list", "--study", study)
    assert (said.code, "magical-housing release NAAM" in said.err) == (1, True)
    shutil.rmtree(study / "reports" / "releases")
    assert read_releases(study) == []


def test_a_release_that_was_changed_is_refused(run: Run, study: Path) -> None:
    run("release", "r", "--study", study)
    path = study / "reports" / "releases" / "r" / "tiny" / "verdicts.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("supported", "leaning"), encoding="utf-8")
    with pytest.raises(InputError, match=r"verdicts.csv was changed.*A release stays as it was published"):
        read_releases(study)


def test_tables_of_an_older_report_may_lack_columns(run: Run, study: Path) -> None:
    run("release", "r", "--study", study)
    folder = study / "reports" / "releases" / "r" / "tiny"
    verdicts = pd.read_csv(folder / "verdicts.csv", dtype=str, keep_default_na=False).drop(columns="quality")
    verdicts.assign(gone="x").to_csv(folder / "verdicts.csv", index=False)
    (folder / "trait_means.csv").unlink()
    write_seal(folder)
    tables = read_released(study, read_releases(study)[0], "tiny")
    assert "quality" not in tables["verdicts"] and "gone" not in tables["verdicts"]
    assert tables["verdicts"]["n_obs"].dtype == float or tables["verdicts"]["n_obs"].dtype == int
    assert "trait_means" not in tables


# --- the stage disclose, after a release ---


def test_the_same_report_again_shows_the_same(run: Run, study: Path) -> None:
    before = read_published(study, "tiny", "item_distribution")
    run("release", "r", "--study", study)
    disclose.run(load_study(study), "tiny")
    pd.testing.assert_frame_equal(read_published(study, "tiny", "item_distribution"), before)
    about = read_about(study, "tiny")["earlier"]
    assert (about["last"], about["held_back"], about["nearly_all"]) == ("r", {}, False)
    waves = read_published(study, "tiny", "earlier_waves")
    assert set(waves["status"]) == {"kept"}
    then = read_published(study, "tiny", "earlier_verdicts")
    now = read_published(study, "tiny", "verdicts")
    pd.testing.assert_frame_equal(then[["claim", "verdict", "estimate"]], now[["claim", "verdict", "estimate"]])


def test_after_one_resident_is_erased_figures_are_held_back_and_that_is_said(
    run: Run, study: Path, made_up: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    run("release", "r", "--study", study)
    declared = load_study(study)
    tables = made_up.made_up_tables()
    tables["waves"]["sha256"] = ["c" * 64, _checksum(declared.responses_path("tiny-2022"))]
    made_up.publish(declared, tables)
    assert "Keep r in use, and publish again after the next wave." in capsys.readouterr().err
    for name in ("item_distribution", "reliability", "parameters", "trait_means", "specifications"):
        table = read_published(study, "tiny", name)
        assert (table[MARK] == "group").all(), name
    verdicts = read_published(study, "tiny", "verdicts")
    assert verdicts["estimate"].isna().all() and (verdicts["verdict"] != "").all()
    by_wave = read_published(study, "tiny", "response_by_project").set_index("wave")
    assert by_wave.loc["tiny-2020", "received"].isna().all()
    assert by_wave.loc["tiny-2022", "received"].notna().any()
    about = read_about(study, "tiny")["earlier"]
    assert about["nearly_all"] and about["held_back"]["verdicts"] > 0
    assert set(read_published(study, "tiny", "earlier_waves")["status"]) == {"changed", "kept"}
