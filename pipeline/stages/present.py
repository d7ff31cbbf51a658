"""Stage present: published tables to everything the report's pages include.

``python -m pipeline.stages.present``: ``build/published/<pool>/`` of every pool to ``build/report-parts/`` (shape:
``reports/README.md``; names of the parts: ``reports/pages/README.md``). Reads no other result.
"""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TypeAlias

from pipeline.artefacts import write_text, yaml_text
from pipeline.declare import Study
from pipeline.present.bundle import Bundle, read_bundle
from pipeline.present.context import Context
from pipeline.present.pages.method.record import pool_files
from pipeline.present.report import report_parts, site
from pipeline.published import bundle_path, published_contracts
from pipeline.seal import write_seal
from pipeline.stages._run import run_stage

Variables: TypeAlias = dict[str, dict[str, str]]
"""Short values that page texts name, by language."""


def run(study: Study) -> None:
    """Write the parts of every pool and language anew, and seal them."""
    parts = study.root / "build" / "report-parts"
    shutil.rmtree(parts, ignore_errors=True)
    bundles = {pool: read_bundle(study.root, pool) for pool in study.params.pools}
    variables = dict(zip(bundles, _made_of_all(study, parts, list(bundles.values())), strict=True))
    write_text(parts / "_variables.yml", yaml_text(variables))
    write_text(parts / "site.yml", yaml_text(site(study, bundles)))
    write_seal(parts)


def _made_of_all(study: Study, parts: Path, bundles: list[Bundle]) -> list[Variables]:
    """``_make`` of every pool, half of them at a time in a process beside this one where there is another processor.

    Pools share no file and no figure. The process starts anew (``spawn``), as those of the stage measure.
    """
    beside = bundles[1::2] if (os.cpu_count() or 1) > 1 else []
    if not beside:
        return [_make(study, parts, bundle) for bundle in bundles]
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as other:
        asked = [other.submit(_make, study, parts, bundle) for bundle in beside]
        here = [_make(study, parts, bundle) for bundle in bundles[::2]]
        there = [future.result() for future in asked]
    return [there[i // 2] if i % 2 else here[i // 2] for i in range(len(bundles))]


def _make(study: Study, parts: Path, bundle: Bundle) -> Variables:
    """Write the parts and files of one pool in every language; its variables."""
    variables: Variables = {}
    for language in study.declaration.languages:
        made = report_parts(Context(study, bundle, language))
        for name, text in made.texts.items():
            write_text(parts / bundle.pool / language / f"{name}.md", text)
        for name, content in made.files.items():
            write_text(parts / "files" / bundle.pool / language / name, content)
        variables[language] = dict(sorted(made.variables.items()))
    for name, content in pool_files(study, bundle).items():
        write_text(parts / "files" / bundle.pool / name, content)
    _copy_tables(study.root, bundle.pool, parts / "files" / bundle.pool)
    return variables


def _copy_tables(root: Path, pool: str, target: Path) -> None:
    """The published tables, as they are, for downloading."""
    for name in published_contracts():
        shutil.copyfile(bundle_path(root, pool) / f"{name}.csv", target / f"{name}.csv")


if __name__ == "__main__":
    run_stage(run)
