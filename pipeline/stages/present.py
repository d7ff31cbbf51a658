"""Stage present: published tables to everything the report's pages include.

``python -m pipeline.stages.present``: ``build/published/<pool>/`` of every pool to ``build/report-parts/`` (shape:
``reports/README.md``; names of the parts: ``reports/pages/README.md``). Reads no other result.
"""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.artefacts import write_text
from pipeline.declare import Study
from pipeline.present.bundle import read_bundle
from pipeline.present.context import Context
from pipeline.present.report import report_parts, site
from pipeline.published import bundle_path, published_contracts
from pipeline.stages._run import run_stage


def run(study: Study) -> None:
    """Write the parts of every pool and language, anew."""
    parts = study.root / "build" / "report-parts"
    shutil.rmtree(parts, ignore_errors=True)
    bundles = {pool: read_bundle(study.root, pool) for pool in study.params.pools}
    variables: dict[str, dict[str, Any]] = {}
    for pool, bundle in bundles.items():
        variables[pool] = {}
        for language in study.declaration.languages:
            made = report_parts(Context(study, bundle, language))
            for name, text in made.texts.items():
                write_text(parts / pool / language / f"{name}.md", text)
            for name, content in made.files.items():
                write_text(parts / "files" / pool / language / name, content)
            variables[pool][language] = dict(sorted(made.variables.items()))
        _copy_tables(study.root, pool, parts / "files" / pool)
    write_text(parts / "_variables.yml", _yaml(variables))
    write_text(parts / "site.yml", _yaml(site(study, bundles)))


def _copy_tables(root: Path, pool: str, target: Path) -> None:
    """The published tables, as they are, for downloading."""
    for name in published_contracts():
        shutil.copyfile(bundle_path(root, pool) / f"{name}.csv", target / f"{name}.csv")


def _yaml(content: Any) -> str:
    stream = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 10_000
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.dump(content, stream)
    return stream.getvalue()


if __name__ == "__main__":
    run_stage(run)
