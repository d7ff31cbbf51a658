"""Where everything of a wave stands in a study, and that these places are what they seem."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.intake import dvc_calls
from pipeline.intake.messages import RefusedError
from pipeline.intake.submission import crosswalk_file, wave_folder

RECEIPT = "receipt.json"


def receipt_file(root: Path, wave: str) -> Path:
    """Where a wave's receipt stands."""
    return wave_folder(root, wave) / RECEIPT


def history_file(root: Path) -> Path:
    """Where it is written down what was submitted, withdrawn and erased."""
    return root / "surveys" / "history.jsonl"


def yaml_of(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file; empty when there is none. Withdrawing has to work in a study with mistakes in it."""
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError):
        return {}
    return content if isinstance(content, dict) else {}


def params_text(root: Path) -> str:
    """The text of params.yaml; raises ``RefusedError`` when it cannot be read as a mapping with waves."""
    path = root / "params.yaml"
    content = yaml_of(path)
    if not isinstance(content.get("waves", None) or {}, dict) or not {"waves", "pools"} <= content.keys():
        raise RefusedError("params_unreadable", path=str(path))
    return path.read_bytes().decode("utf-8")


def declared_waves(root: Path) -> list[str]:
    """The waves of params.yaml. What cannot be the name of a folder is none."""
    waves = yaml_of(root / "params.yaml").get("waves") or {}
    return [wave for wave in waves if isinstance(wave, str) and Path(wave).name == wave and wave != ".."]


def known_waves(root: Path) -> list[str]:
    """Waves that are declared, and folders of waves that are not."""
    declared = declared_waves(root)
    folder = root / "surveys" / "waves"
    folders = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    return [*declared, *(name for name in folders if name not in declared)]


def simulated_waves(root: Path) -> set[str]:
    """Waves whose responses a stage makes."""
    return set((yaml_of(root / "params.yaml").get("simulate") or {}).get("waves") or {})


def declaration_of(root: Path, wave: str) -> dict[str, Any]:
    """What the wave's declaration says; empty when it cannot be read."""
    return yaml_of(wave_folder(root, wave) / "wave.yaml")


def pool_of(root: Path, wave: str) -> tuple[str | None, bool]:
    """The pool of ``wave``, and whether no other declared wave is in it."""
    others = [name for name in declared_waves(root) if name != wave]
    pools = {name: declaration_of(root, name).get("pool") for name in (*others, wave)}
    own, others_of = pools.pop(wave), set(pools.values())
    # a wave whose declaration cannot be read may be in any pool
    return own, own is not None and not others_of & {own, None}


def pointers(root: Path, wave: str) -> list[Path]:
    """The ``.dvc`` files in a wave's folder."""
    return sorted(wave_folder(root, wave).glob("*.dvc"))


def linked_places(root: Path, wave: str) -> list[Path]:
    """Places of ``wave`` that are symbolic links, below the study's folder: what is written there would land elsewhere.

    A file of responses may be a link into DVC's cache, when DVC is set up that way.
    """
    folder = wave_folder(root, wave)
    above = [folder, *folder.parents]
    places: list[Path] = [path for path in above[: above.index(root)] if path.is_symlink()]
    crosswalk = crosswalk_file(root, wave)
    more = [crosswalk.parent, crosswalk, root / "params.yaml", history_file(root), root / "dvc.lock"]
    places += [path for path in more if path.is_symlink()]
    if folder.is_dir() and not folder.is_symlink():
        places += [path for path in sorted(folder.iterdir()) if path.is_symlink() and not _in_cache(path)]
    return places


def _in_cache(path: Path) -> bool:
    """Whether a link leads into a folder laid out as DVC's cache."""
    return path.name.startswith("responses.") and path.resolve().parts[-4:-2] == ("files", "md5")


def refuse_links(root: Path, wave: str) -> None:
    """Raises ``RefusedError`` when a place of ``wave`` is a symbolic link."""
    for path in linked_places(root, wave):
        raise RefusedError("place_is_link", path=path.relative_to(root).as_posix())


def copies_of(root: Path, wave: str, cache: Path) -> Iterator[Path]:
    """DVC's copies of the wave's responses that no other wave shares."""
    others = {
        md5
        for path in (root / "surveys" / "waves").glob("*/*.dvc")
        if path.parent.name != wave
        for md5 in dvc_calls.tracked_md5(path)
    }
    for pointer in pointers(root, wave):
        for md5 in dvc_calls.tracked_md5(pointer):
            copy = dvc_calls.cached_copy(cache, md5)
            if md5 not in others and copy.exists():
                yield copy
