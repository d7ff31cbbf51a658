"""What the record says of stages, in a small repository: which commit, which settings, and what does not change it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.report import Progress
from pipeline.declare import load_study
from pipeline.provenance import Provenance, read_provenance
from pipeline.stages import provenance

TINY_STUDY = Path(__file__).resolve().parents[2] / "fixtures" / "tiny_study"
DVC = """\
stages:
  ingest:
    foreach: ${waves}
    do:
      cmd: python -m pipeline.stages.ingest --wave ${key}
      deps:
        - ${code}/pipeline/ingest.py
        - surveys/crosswalks/${key}.csv
        - surveys/waves/${key}/${item.responses}
      params: [intake.minimum_answers]
      outs:
        - build/ingested/${key}.parquet: {cache: false}
  structure:
    matrix: {pool: "${pools}", model: "${models}"}
    cmd: >-
      python -m pipeline.stages.structure
      --pool ${item.pool} --model ${item.model}
    deps:
      - ${code}/pipeline/structure.py
      - analysis/models/${item.model}.lav
      - build/ingested
    params: ["waves.${key}", judge]
    outs: ["build/structure/${item.pool}/${item.model}.csv"]
    metrics: [metrics.json]
"""
LOCK = "numpy==2.0.0 \\\n    --hash=sha256:0\nruamel-yaml==0.18\nother==1\n"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The tiny study with a pipeline of two stages, not in git."""
    root = tmp_path / "study"
    shutil.copytree(TINY_STUDY, root)
    (root / "pipeline").mkdir()
    for name in ("ingest.py", "structure.py"):
        (root / "pipeline" / name).write_text(f"# {name}\n")
    (root / "dvc.yaml").write_text(DVC)
    (root / "pyproject.toml").write_text(
        '[project]\nname = "tiny"\nversion = "1.2"\nrequires-python = ">=3.11"\n'
        'dependencies = ["numpy>=2", "ruamel.yaml"]\n'
    )
    (root / "requirements.lock").write_text(LOCK)
    params = (root / "params.yaml").read_text()
    (root / "params.yaml").write_text("\n".join(line for line in params.splitlines() if not line.startswith("code:")))
    (root / ".gitignore").write_text("build/\n")
    return root


def git(root: Path, *arguments: str) -> str:
    surroundings = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    identity = ("-c", "user.name=t", "-c", "user.email=t@localhost")
    done = subprocess.run(
        ["git", "-C", str(root), *identity, *arguments], env=surroundings, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(root: Path) -> str:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", "x")
    return git(root, "rev-parse", "HEAD")


def recorded(root: Path) -> Provenance:
    provenance.run(load_study(root))
    return read_provenance(root)


def commits(root: Path) -> list[str | None]:
    found = recorded(root)
    return [found.commit, *(stage.commit for stage in found.stages)]


def test_a_stage_as_dvc_has_it(study: Path) -> None:
    ingest, structure = recorded(study).stages
    assert ingest.command == "python -m pipeline.stages.ingest --wave @WAVE@"
    assert ingest.each == ("wave",)
    assert ingest.code == ("pipeline/ingest.py",)
    assert ingest.declarations == ("surveys/crosswalks/@WAVE@.csv",)
    assert ingest.inputs == ("surveys/waves/@WAVE@/@RESPONSES@",)  # answers are no declaration: they are not in git
    assert ingest.outputs == ("build/ingested/@WAVE@.parquet",)
    minimum = load_study(study).params.intake.minimum_answers
    assert ingest.params == {"intake.minimum_answers": minimum}
    assert structure.command == "python -m pipeline.stages.structure --pool @POOL@ --model @MODEL@"
    assert structure.each == ("pool", "model")
    assert structure.outputs == ("build/structure/@POOL@/@MODEL@.csv", "metrics.json")
    assert set(structure.params) == {"waves", "judge"}


def test_versions_are_those_of_the_lock(study: Path) -> None:
    found = recorded(study)
    assert (found.version, found.python) == ("1.2", ">=3.11")
    assert found.libraries == {"numpy": "2.0.0", "ruamel-yaml": "0.18"}
    assert len(found.lock) == 64


def test_without_git_no_commit_is_named(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "repository_of", lambda _: None)
    found = recorded(study)
    assert (found.history, found.commit, found.changed) == ("none", None, False)
    assert [stage.commit for stage in found.stages] == [None, None]


def test_the_commit_is_the_last_that_changed_what_a_stage_is_made_of(study: Path) -> None:
    git(study, "init", "--quiet")
    first = commit(study)
    assert commits(study) == [first] * 3
    assert recorded(study).date == git(study, "log", "-1", "--format=%cs")
    (study / "pipeline" / "structure.py").write_text("# otherwise\n")
    second = commit(study)
    assert commits(study) == [second, first, second]
    (study / "surveys" / "crosswalks").mkdir(exist_ok=True)
    wave = next(iter(load_study(study).waves))
    crosswalk = study / "surveys" / "crosswalks" / f"{wave}.csv"
    crosswalk.write_text(crosswalk.read_text() + "\n" if crosswalk.exists() else "")
    assert crosswalk.exists()
    third = commit(study)
    assert commits(study) == [third, third, second]


def test_what_a_run_leaves_behind_changes_nothing(study: Path) -> None:
    """Code is committed, the pipeline is run, and its lock and metrics are committed after: the record names the code,
    before and after, and in a clone of the later commit."""
    git(study, "init", "--quiet")
    code = commit(study)
    assert commits(study)[0] == code
    before = (study / "build" / "provenance.json").read_bytes()
    (study / "dvc.lock").write_text("schema: '2.0'\n")
    (study / "metrics.json").write_text("{}")
    later = commit(study)
    assert later != code
    recorded(study)
    assert (study / "build" / "provenance.json").read_bytes() == before
    clone = study.parent / "clone"
    git(study, "clone", "--quiet", str(study), str(clone))
    recorded(clone)
    assert (clone / "build" / "provenance.json").read_bytes() == before
    assert git(clone, "status", "--porcelain") == ""


@pytest.mark.parametrize("change", ["edit", "new", "gone"])
def test_a_working_tree_that_is_not_as_committed_is_said(study: Path, change: str) -> None:
    (study / "pipeline" / "ingest.py").unlink()
    (study / "pipeline" / "ingest.py").mkdir()  # a folder of code
    file = study / "pipeline" / "ingest.py" / "a.py"
    file.write_text("1\n")
    git(study, "init", "--quiet")
    first = commit(study)
    assert [stage.changed for stage in recorded(study).stages] == [False, False]
    if change == "edit":
        file.write_text("2\n")
    elif change == "new":
        file.with_name("b.py").write_text("1\n")
    else:
        file.unlink()
    found = recorded(study)
    assert [stage.changed for stage in found.stages] == [True, False]
    assert found.changed
    assert found.commit == first


def test_a_shallow_clone_says_that_it_does_not_know(study: Path) -> None:
    git(study, "init", "--quiet")
    commit(study)
    (study / "pipeline" / "structure.py").write_text("# otherwise\n")
    commit(study)
    clone = study.parent / "clone"
    git(study, "clone", "--quiet", "--depth", "1", f"file://{study}", str(clone))
    found = recorded(clone)
    assert (found.history, found.commit, found.stages[0].commit) == ("shallow", None, None)


def test_a_study_beside_the_code_has_the_commit_of_both(study: Path, tmp_path: Path) -> None:
    """A study in a folder below the code's, in one repository: ``code: ../..``."""
    root = tmp_path / "studies" / "one"
    shutil.copytree(study, root, ignore=shutil.ignore_patterns("pipeline", "pyproject.toml", "requirements.lock"))
    shutil.copytree(study / "pipeline", tmp_path / "pipeline")
    (root / "params.yaml").write_text("code: ../..\n" + (root / "params.yaml").read_text())
    git(tmp_path, "init", "--quiet")
    first = commit(tmp_path)
    assert commits(root) == [first] * 3
    (root / "analysis" / "models" / "new.lav").write_text("a ~ b\n")
    second = commit(tmp_path)
    assert commits(root) == [second, first, second]


def test_nothing_recorded_is_not_the_same_as_no_git(tmp_path: Path) -> None:
    assert read_provenance(tmp_path) == Provenance()
    assert read_provenance(tmp_path).history == "unrecorded"


def test_the_record_has_no_place_of_this_machine(study: Path) -> None:
    recorded(study)
    text = (study / "build" / "provenance.json").read_text(encoding="utf-8")
    assert str(study) not in text
    content: dict[str, Any] = json.loads(text)
    assert [stage["name"] for stage in content["stages"]] == ["ingest", "structure"]


def test_the_shipped_stages_are_all_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of this repository's own ``dvc.yaml``: every token is said, and every stage but the record itself has inputs."""
    written: list[Provenance] = []
    monkeypatch.setattr(provenance, "write_provenance", lambda _, found: written.append(found))
    monkeypatch.setattr(provenance, "repository_of", lambda _: None)
    provenance.run(load_study(Path(__file__).resolve().parents[3]))
    (found,) = written
    assert {"simulate", "disclose", "provenance", "render"} <= {stage.name for stage in found.stages}
    assert "$" not in json.dumps([stage.command for stage in found.stages])
    for stage in found.stages:
        assert not any("$" in path for path in (*stage.declarations, *stage.inputs, *stage.outputs))
        assert all(value is not None for value in stage.params.values()), stage.name


def test_looking_at_git_is_no_work_redone() -> None:
    progress = Progress()
    for line in ("Running stage 'provenance':", "> python -m pipeline.stages.provenance"):
        progress.take(line)
    assert progress.redone == []
    progress.take("Running stage 'present':")
    assert progress.redone == ["present"]
