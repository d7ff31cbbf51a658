"""Where the hashes of tokens stand: outside git and DVC, readable by its owner alone."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

from pipeline.intake.messages import RefusedError

VARIABLE = "MAGICAL_HOUSING_SECRETS"


def default_folder() -> Path:
    """The folder of the environment, else one in the user's own configuration (XDG)."""
    if given := os.environ.get(VARIABLE):
        return Path(given)
    configured = os.environ.get("XDG_CONFIG_HOME") or ""
    base = Path(configured) if Path(configured).is_absolute() else Path.home() / ".config"
    return base / "magical-housing"


def prepared(folder: Path, *, study: Path) -> Path:
    """``folder``, made when it is not there, for its owner alone.

    Raises ``RefusedError`` for a link, a folder that others can read or that is somebody else's, one inside the study,
    and one inside a git work tree that does not ignore it.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise RefusedError("secrets_not_a_folder", folder=str(folder))
    place = folder.resolve()
    if place == study.resolve() or (_inside(place, study.resolve()) and not _ignored(place)):
        raise RefusedError("secrets_in_study", folder=str(folder))
    if not _ignored(place):
        raise RefusedError("secrets_in_git", folder=str(folder))
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    about = place.stat()
    if about.st_uid != os.getuid() or stat.S_IMODE(about.st_mode) & 0o077:
        raise RefusedError("secrets_open", folder=str(folder))
    return place


def _inside(place: Path, folder: Path) -> bool:
    return folder in place.parents


def _ignored(place: Path) -> bool:
    """Whether git would never take what stands at ``place``: no work tree is above it, or it is ignored there."""
    above = next((folder for folder in (place, *place.parents) if (folder / ".git").exists()), None)
    if above is None:
        return True
    asked = subprocess.run(
        ["git", "check-ignore", "--quiet", str(place / "tokens.json")], cwd=above, capture_output=True, check=False
    )
    return asked.returncode == 0
