"""A study under DVC, and everything in it: what tests of the store compare."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from pipeline.intake import store
from pipeline.intake.check import Checked
from pipeline.intake.checks.of_submission import check_submission
from pipeline.intake.submission import Submission, read_submission

TINY_STUDY = Path(__file__).resolve().parents[2] / "fixtures" / "tiny_study"
HISTORY = "surveys/history.jsonl"


def contents(root: Path) -> dict[str, bytes]:
    """Every file below ``root`` by its path, but for what DVC scribbles for itself."""
    scratch = root / ".dvc" / "tmp"
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and scratch not in path.parents
    }


def folders(root: Path) -> set[str]:
    """Every folder below ``root``, but for what DVC scribbles for itself and folders of its cache."""
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_dir() and ".dvc" not in path.parts}


def sender_files(study: Path, folder: Path, *, wave: str = "tiny-2024", like: str = "tiny-2020") -> tuple[Path, Path]:
    """What a sender has: a file of answers and a wave.yaml, outside the study."""
    folder.mkdir(exist_ok=True)
    source = study / "surveys" / "waves" / like
    text = (source / "wave.yaml").read_text(encoding="utf-8").replace(f"wave: {like}", f"wave: {wave}")
    (folder / "wave.yaml").write_text(text, encoding="utf-8")
    rows = (source / "responses.csv").read_text(encoding="utf-8").splitlines()
    answers = [rows[0], *(_other_person(row) for row in rows[1:-1])]
    (folder / "answers.csv").write_text("\n".join(answers) + "\n", encoding="utf-8")
    return folder / "answers.csv", folder / "wave.yaml"


def _other_person(row: str) -> str:
    """A row with other answers, so that nobody takes the wave for one that is there already."""
    code, *cells = row.split(",")
    return ",".join([f"b{code}", *(str(6 - int(cell)) if cell in set("12345") else cell for cell in cells)])


def copy_of(study: Path, target: Path) -> Path:
    """A copy of ``study`` with its DVC."""
    return Path(shutil.copytree(study, target, symlinks=True))


def checked_submission(study: Path, answers: Path, declaration: Path) -> tuple[Submission, Checked]:
    """What a sender wants to add, found acceptable: what the store is given."""
    submission = read_submission(study, declaration=declaration, crosswalk=None, language="en")
    assert submission.declared == ()
    checked = check_submission(submission, answers)
    assert checked.acceptable, checked.problems
    return submission, checked


def submit(study: Path, answers: Path, declaration: Path, **options: Any) -> store.Stored:
    """Check and store."""
    submission, checked = checked_submission(study, answers, declaration)
    return store.submit(submission, checked, **options)


def run_like_dvc(root: Path, *arguments: str) -> str:
    """What ``dvc cache dir`` and ``dvc remote list`` say in a study without remotes."""
    return {("cache", "dir"): f"{root.resolve()}/.dvc/cache\n", ("remote", "list"): ""}[arguments]
