"""What the stages made of waves: which outputs hold somebody of a wave, and what DVC remembers of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pipeline.artefacts import PERSON_FRAMES
from pipeline.intake.store.places import declared_waves, pool_of, yaml_of
from pipeline.intake.submission import crosswalk_file, wave_folder

_BY_WAVE = ("ingested", "clean")
_OF_NOBODY = ("power",)
"""Outputs that are made from declared parameters alone."""


def stages_of(root: Path, wave: str, pool: str | None) -> set[str]:
    """Names of the stages that are there for ``wave`` (and for ``pool``) alone, as DVC makes them of dvc.yaml."""
    keys = {wave}
    if pool is not None:
        keys |= {pool, *(f"{pool}-{model}" for model in yaml_of(root / "params.yaml").get("models") or [])}
    return {f"{stage}@{key}" for stage in yaml_of(root / "dvc.yaml").get("stages") or {} for key in keys}


def places_of(root: Path, wave: str, pool: str | None, *, last_of_pool: bool) -> list[Path]:
    """What there is of the wave: its folder and crosswalk, its outputs, the frames of persons it was pooled into, and,
    where the pool goes with it, everything made of the pool."""
    build = root / "build"
    places = [wave_folder(root, wave), crosswalk_file(root, wave)]
    places += [path for stage in _BY_WAVE for path in sorted((build / stage).glob(f"{wave}.*"))]
    if pool is not None:
        places += [build / PERSON_FRAMES[frame].format(pool=pool) for frame in ("pool", "persons")]
    if pool is not None and last_of_pool:
        places += sorted(path for path in build.glob(f"*/{pool}") if path.is_dir())
        places.append(root / "reports" / "metrics" / f"{pool}.json")
    return _outermost(path for path in places if path.exists() or path.is_symlink())


def made_from(root: Path, waves: Iterable[str]) -> list[Path]:
    """Everything that may hold something of a person of ``waves``, outermost places only.

    Whatever stands under ``build/`` and is not plainly of other waves or other pools counts, whoever put it there.
    """
    erased = set(waves)
    others = set(declared_waves(root)) - erased
    pools = {pool_of(root, wave)[0] for wave in erased}
    other_pools = {pool for wave in others if (pool := pool_of(root, wave)[0]) is not None} - pools
    build = root / "build"
    # of a wave whose declaration cannot be read nobody knows the pool
    sure = None not in pools
    places = []
    for folder in sorted(build.iterdir()) if build.is_dir() else ():
        if folder.name in _OF_NOBODY:
            continue
        if folder.name in _BY_WAVE:
            kept = [path for path in folder.iterdir() if any(path.name.startswith(f"{wave}.") for wave in others)]
        elif sure and folder.is_dir() and not folder.is_symlink():
            kept = [path for path in folder.iterdir() if path.stem in other_pools]
        else:
            kept = []
        if kept and folder.name not in ("work", "report-parts", "site"):
            places += [path for path in sorted(folder.iterdir()) if path not in kept]
        else:
            places.append(folder)
    metrics = root / "reports" / "metrics"
    places += [path for path in sorted(metrics.glob("*.json")) if not (sure and path.stem in other_pools)]
    site = root / "reports" / "_site"
    return [*places, *([site] if site.exists() else [])]


def _outermost(paths: Iterable[Path]) -> list[Path]:
    kept: list[Path] = []
    for path in paths:
        if not any(above in kept for above in path.parents):
            kept.append(path)
    return kept


def stages_touching(root: Path, places: Iterable[Path]) -> set[str]:
    """Stages of ``dvc.lock`` that read or wrote one of ``places``, or something in or around it."""
    relative = [place.relative_to(root) for place in places]
    return {
        name
        for name, stage in _locked(root).items()
        if any(_overlap(Path(path), place) for path in _paths(stage) for place in relative)
    }


def outputs(root: Path, *, without: Iterable[str] = ()) -> Iterator[str]:
    """Checksums of the outputs in ``dvc.lock`` but for the stages ``without``."""
    left_out = set(without)
    for name, stage in _locked(root).items():
        if name not in left_out:
            yield from (str(out["md5"]) for out in stage.get("outs") or () if "md5" in out)


def _locked(root: Path) -> dict[str, Any]:
    stages = yaml_of(root / "dvc.lock").get("stages")
    return stages if isinstance(stages, dict) else {}


def _paths(stage: dict[str, Any]) -> Iterator[str]:
    for kind in ("deps", "outs"):
        yield from (str(one["path"]) for one in stage.get(kind) or () if "path" in one)


def _overlap(one: Path, other: Path) -> bool:
    return one == other or one in other.parents or other in one.parents
