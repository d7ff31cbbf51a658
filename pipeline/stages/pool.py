"""Bring the kept questionnaires of each pool's declared waves together.

``python -m pipeline.stages.pool``: ``clean`` of every declared wave to ``pool`` of every declared pool. The waves come
from ``params.yaml``, never from a folder listing, so that a withdrawn wave vanishes; and so does a pool. That the waves
of a pool share their origin and instrument is checked when the declarations are read.
"""

from __future__ import annotations

import pandas as pd

from pipeline.artefacts import person_path, read_persons, write_persons
from pipeline.declare import Instrument, Study
from pipeline.declare.names import NOT_ASKED
from pipeline.stages._answers import frame_fields, is_numeric, reason_column
from pipeline.stages._run import run_stage

IDENTITY = ["respondent", "source", "wave", "project"]
FLAGS = ["flag_longstring", "flag_irv", "flag_contradiction", "careless"]


def run(study: Study) -> None:
    """Pool the declared waves."""
    for pool in study.params.pools:
        instrument = study.instrument_of_pool(pool)
        waves = [
            with_all_columns(read_persons(study.root, "clean", wave=w.wave), instrument) for w in study.waves_of(pool)
        ]
        write_persons(study.root, "pool", pd.concat(waves, ignore_index=True), pool=pool)
    declared = {person_path(study.root, "pool", pool=pool) for pool in study.params.pools}
    folder = person_path(study.root, "pool", pool="any").parent
    folder.mkdir(parents=True, exist_ok=True)  # with no pool left, an empty folder is the output
    for path in folder.glob("*.parquet"):
        if path not in declared:
            path.unlink()


def with_all_columns(clean: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """One wave's persons with a column, and a reason beside it, for every variable of the instrument.

    A variable the wave does not have was not asked. Types are the declared ones, so that a column nobody answered in
    one wave does not change the others'.
    """
    columns: dict[str, pd.Series] = {name: clean[name].astype("str") for name in IDENTITY}
    for field in frame_fields(instrument):
        if field.name in clean.columns:
            value, reason = clean[field.name], clean[reason_column(field.name)]
        else:
            value, reason = pd.Series(None, index=clean.index), pd.Series(NOT_ASKED, index=clean.index)
        # a project field called `project` holds what the identity column already does
        columns.setdefault(field.name, value.astype("float64" if is_numeric(field) else "str"))
        columns[reason_column(field.name)] = reason.astype("str")
    columns |= {name: clean[name].astype(bool) for name in FLAGS}
    return pd.DataFrame(columns, index=clean.index)


if __name__ == "__main__":
    run_stage(run)
