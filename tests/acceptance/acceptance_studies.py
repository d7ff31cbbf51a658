"""A study in a folder of its own, run through DVC as its user would run it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = REPOSITORY.parent / "shared"


def environment() -> dict[str, str]:
    """The surroundings of a run: this interpreter first on the PATH, one thread, no display."""
    return os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
        "PYTHONHASHSEED": "0",
        # dvc.lock and git must not depend on who runs the tests
        "GIT_CONFIG_GLOBAL": os.devnull,
    }


@dataclass(frozen=True)
class StudyFolder:
    """A study's folder and the commands a person types in it."""

    root: Path

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run ``command`` in the folder; a failure shows what it printed."""
        done = subprocess.run(command, cwd=self.root, env=environment(), capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def command(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """``magical-housing ARGUMENTS``."""
        return self.run("magical-housing", *arguments, check=check)

    def repro(self, *arguments: str) -> list[str]:
        """``dvc repro``; the names of the stages that ran (or, with ``--dry``, would run)."""
        output = self.run("dvc", "repro", *arguments).stdout
        return re.findall(r"^Running stage '([^']+)'", output, flags=re.MULTILINE)


def copy_of_repository(target: Path) -> StudyFolder:
    """Every file git would track here, in a git repository of its own: what a fresh clone holds."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, names):
        source = REPOSITORY / name
        if source.is_symlink() or source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name, follow_symlinks=False)
    study = StudyFolder(target)
    study.run("git", "init", "--quiet", "--initial-branch=main")
    study.run("git", "-c", "user.name=t", "-c", "user.email=t@localhost", "add", "--all")
    study.run("git", "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "--quiet", "-m", "copy")
    return study


def somerville(target: Path) -> StudyFolder:
    """The Somerville study with the city's real file in place of each wave's responses."""
    shutil.copytree(Path(__file__).parent / "somerville", target, symlinks=False, dirs_exist_ok=True)
    params = target / "params.yaml"
    params.write_text(params.read_text().replace("code: ../../..", f"code: {REPOSITORY}"))
    for wave in sorted((target / "surveys" / "waves").iterdir()):
        shutil.copy2(SHARED / "data" / "somerville_happiness_2011_2013_2015.csv", wave / "responses.csv")
    study = StudyFolder(target)
    study.run("dvc", "init", "--no-scm", "--quiet")
    return study
