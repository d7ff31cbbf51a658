"""What a planned wave could tell, by simulation from the declared parameters."""

from __future__ import annotations

from pipeline.artefacts import empty_table, write_table
from pipeline.declare import Study
from pipeline.stages._run import run_stage


def run(study: Study) -> None:
    """Write the tables of power, which belong to no pool."""
    for name in ["power", "power_needed"]:
        write_table(study.root, name, empty_table(name))


if __name__ == "__main__":
    run_stage(run)
