"""The same model with other directions, and effects that run through others."""

from __future__ import annotations

from pipeline.artefacts import empty_table, write_table
from pipeline.declare import Study
from pipeline.stages._run import run_stage


def run(study: Study, *, pool: str) -> None:
    """Write the tables of ``pool``."""
    for name in ["directions", "indirect_effects"]:
        write_table(study.root, name, empty_table(name), pool=pool)


if __name__ == "__main__":
    run_stage(run, "pool")
