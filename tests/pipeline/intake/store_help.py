"""A study under DVC, and everything in it: what tests of the store compare."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline.intake import dvc_calls

TINY_STUDY = Path(__file__).resolve().parents[2] / "fixtures" / "tiny_study"


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
    # one answer differs, so that these bytes are nobody else's
    answers = (source / "responses.csv").read_text(encoding="utf-8").splitlines()
    (folder / "answers.csv").write_text("\n".join(answers[:-1]) + "\n", encoding="utf-8")
    return folder / "answers.csv", folder / "wave.yaml"


def copy_of(study: Path, target: Path) -> Path:
    """A copy of ``study`` with its DVC."""
    return Path(shutil.copytree(study, target))


def track_like_dvc(root: Path, path: Path) -> None:
    """What ``dvc add`` leaves behind, without the seconds it takes."""
    data = path.read_bytes()
    md5 = dvc_calls.md5_of(data)
    copy = dvc_calls.cached_copy(root / ".dvc" / "cache", md5)
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(data)
    text = f"outs:\n- md5: {md5}\n  size: {len(data)}\n  hash: md5\n  path: {path.name}\n"
    path.with_name(f"{path.name}.dvc").write_text(text, encoding="utf-8")


def run_like_dvc(_: Path, *arguments: str) -> str:
    """What ``dvc cache dir`` and ``dvc remote list`` say in a study without remotes."""
    return {("cache", "dir"): ".dvc/cache\n", ("remote", "list"): ""}[arguments]
