"""Every claim under every defensible choice.

``python -m pipeline.stages.stress --pool NAME [--workers N] [--scheduler tcp://HOST:PORT]``: ``persons`` to the tables
``specifications``, ``specification_curves`` and ``specification_choices``. Where the work is done changes no figure.
What does is in ``params.yaml`` alone, so that the tables are always those of the declared numbers; for others, and for
single claims, there is ``magical-housing stress``, which writes elsewhere.

Fitted specifications are kept below ``build/work`` until the tables stand: run again, the stage goes on where it was.
"""

from __future__ import annotations

from pipeline.artefacts import empty_table, write_table
from pipeline.declare import Study
from pipeline.stages._run import run_stage
from pipeline.stages._stress.inputs import inputs_of
from pipeline.stages._stress.tables import TABLES, tables_of
from pipeline.stages._stress.work import stressed
from pipeline.work import finished


def run(study: Study, *, pool: str, workers: int | None = None, scheduler: str | None = None) -> None:
    """Write the tables of ``pool``; empty ones where ``params.yaml`` declares no ``stress``."""
    params = study.params.stress
    if params is None:
        for name in TABLES:
            write_table(study.root, name, empty_table(name), pool=pool)
        return
    inputs = inputs_of(study, pool, params)
    label, store = f"stress-{pool}", study.root / "build" / "work"
    results = stressed(
        inputs,
        specifications=params.specifications,
        workers=workers or params.workers,
        label=label,
        scheduler=scheduler,
        store=store,
    )
    for name, table in tables_of(inputs, results).items():
        write_table(study.root, name, table, pool=pool)
    finished(store, label)


if __name__ == "__main__":
    run_stage(run, "pool", workers=int, scheduler=str)
