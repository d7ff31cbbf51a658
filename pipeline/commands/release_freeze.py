"""Keeping what is published now as a release: all of it, or nothing."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.claims import RULES_VERSION
from pipeline.artefacts import write_json
from pipeline.declare import Study
from pipeline.errors import InputError
from pipeline.intake.messages import RefusedError
from pipeline.provenance import read_provenance
from pipeline.published import bundle_path, read_about
from pipeline.releases import DESCRIPTION, read_releases, releases_path
from pipeline.seal import check_seal

LONGEST = 40
TELLING = ("clean", "measure", "compare", "structure", "directions", "stress", "judge", "disclose")
"""Parts of ``params.yaml`` that figures depend on."""
_NAME = re.compile(r"[a-z0-9]+(?:[-.][a-z0-9]+)*")


def freeze(study: Study, name: str, *, looser: bool = False) -> Path:
    """Keep what is published now as the release ``name``: all of it, or nothing.

    Raises ``RefusedError`` when the name cannot be one or is taken, when a pool has not been published or is not what
    the waves are now, and when limits were looser on purpose and ``looser`` does not say that this is meant.
    """
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        raise RefusedError("release_name", name=name)
    before = read_releases(study.root)
    target = releases_path(study.root) / name
    if target.exists():
        raise RefusedError("release_taken", name=name)
    if not study.params.pools:
        raise RefusedError("release_nothing")
    abouts = {pool: _current(study, pool) for pool in study.params.pools}
    loose = [pool for pool, about in abouts.items() if about["looser_on_purpose"]]
    if loose and not looser:
        raise RefusedError("release_looser", pools=", ".join(loose))
    beside = target.with_name(f".{name}.{os.getpid()}.part")
    try:
        for pool in abouts:
            shutil.copytree(bundle_path(study.root, pool), beside / pool)
            check_seal(beside / pool, stage="disclose")
        write_json(beside / DESCRIPTION, _description(study, name, len(before) + 1, abouts))
        beside.rename(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return target


def _current(study: Study, pool: str) -> dict[str, Any]:
    """``about.json`` of a pool that is published and up to date with its waves."""
    folder = bundle_path(study.root, pool)
    if not (folder / "about.json").is_file():
        raise RefusedError("release_unpublished", pool=pool)
    try:
        check_seal(folder, stage="disclose")
    except InputError:
        raise RefusedError("release_seal", pool=pool) from None
    about = read_about(study.root, pool)
    waves = {str(wave["wave"]): str(wave["sha256"]) for wave in about["waves"]}
    if list(waves) != [wave.wave for wave in study.waves_of(pool)]:
        raise RefusedError("release_old", pool=pool)
    for wave, sha256 in waves.items():
        responses = study.responses_path(wave)
        if responses.is_file() and hashlib.sha256(responses.read_bytes()).hexdigest() != sha256:
            raise RefusedError("release_old", pool=pool)
    return about


def _description(study: Study, name: str, number: int, abouts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    kept = ("waves", "minimum_group", "minimum_cell", "looser_on_purpose", "simulated")
    provenance, params = read_provenance(study.root), study.params.model_dump(mode="json")
    return {
        "name": name,
        "number": number,
        "study": study.declaration.name,
        "pools": {pool: {key: about[key] for key in kept} for pool, about in abouts.items()},
        "params": {stage: params[stage] for stage in TELLING},
        "rules": RULES_VERSION,
        "version": provenance.version,
        "commit": provenance.commit,
    }
