"""From answers to scale scores, and how far the scales can be trusted.

``python -m pipeline.stages.measure --pool NAME``: ``pool`` to ``persons`` and the tables below
``build/measure/<pool>/tables`` (pipeline/contracts/tables.yaml), each made by a part of ``pipeline/stages/_measure``.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from pipeline.artefacts import read_persons, with_empty_figures, write_persons, write_table
from pipeline.declare import Study
from pipeline.stages._measure.dimensions import dimension_tables
from pipeline.stages._measure.inputs import MakeTables, Measured, Tables
from pipeline.stages._measure.ladders import ladder_tables
from pipeline.stages._measure.levels import level_tables
from pipeline.stages._measure.missing import missing_tables
from pipeline.stages._measure.persons import persons_frame
from pipeline.stages._measure.reliability import reliability_tables
from pipeline.stages._measure.scores import score_tables
from pipeline.stages._measure.validity import validity_tables
from pipeline.stages._run import run_stage
from pipeline.stages._scales import differences_of, scales_of

# the longest first
PARTS: tuple[MakeTables, ...] = (
    ladder_tables,
    reliability_tables,
    dimension_tables,
    validity_tables,
    missing_tables,
    score_tables,
    level_tables,
)


def run(study: Study, pool: str) -> None:
    """Measure one pool."""
    measured = prepare(study, pool)
    write_persons(study.root, "persons", measured.persons, pool=pool)
    for tables in made_by(measured, processes=study.params.measure.processes):
        for name, table in tables.items():
            write_table(study.root, name, with_empty_figures(name, table), pool=pool)


def made_by(measured: Measured, *, processes: int) -> list[Tables]:
    """The tables of every part. Further ``processes`` take one part each, the longest; this one makes the rest.

    A part needs what is in ``measured`` and nothing else, so where it is made changes no figure. Processes start anew
    (``spawn``): forking one whose libraries have threads of their own may hang.
    """
    beside = min(processes, len(PARTS)) - 1
    if not beside:
        return [part(measured) for part in PARTS]
    with ProcessPoolExecutor(max_workers=beside, mp_context=get_context("spawn")) as others:
        asked = [others.submit(part, measured) for part in PARTS[:beside]]
        own = [part(measured) for part in PARTS[beside:]]
        return [*(future.result() for future in asked), *own]


def prepare(study: Study, pool: str) -> Measured:
    """The answers of one pool with everything that is scored from them; nothing is written."""
    instrument = study.instrument_of_pool(pool)
    scales, differences = scales_of(instrument), differences_of(instrument)
    pooled = read_persons(study.root, "pool", pool=pool)
    persons = persons_frame(study, instrument, pooled, scales, differences)
    analysed = persons[persons["analysed"]].reset_index(drop=True)
    return Measured(study, pool, instrument, scales, differences, pooled, persons, analysed)


if __name__ == "__main__":
    run_stage(run, "pool")
